#include "connectors/formats/summary_json.h"

#include "absl/strings/str_cat.h"

namespace weir {

namespace {

// The members that totals of one code and of all codes share.
std::string Members(const CodeTotals& totals, absl::string_view indent) {
  return absl::StrCat(indent, "\"alerts\": ", totals.alerts, ",\n",                //
                      indent, "\"forwarded\": ", totals.forwarded, ",\n",          //
                      indent, "\"copies\": ", totals.copies, ",\n",                //
                      indent, "\"consolidated\": ", totals.consolidated(), ",\n",  //
                      indent, "\"pending\": ", totals.pending, ",\n",              //
                      indent, "\"unrepresented\": ", totals.unrepresented, ",\n",  //
                      indent, "\"episodes\": {\"started\": ", totals.started,
                      ", \"ended\": ", totals.ended, ", \"open\": ", totals.open, "}");
}

std::string Groups(const RegistryTotals& totals) {
  std::string out;
  for (const FigureGroup& group : FiguresOf(totals)) {
    absl::StrAppend(&out, "  \"", group.name, "\": {");
    absl::string_view separator;
    for (const auto& [name, count] : group.figures) {
      absl::StrAppend(&out, separator, "\"", name, "\": ", count);
      separator = ", ";
    }
    absl::StrAppend(&out, "},\n");
  }
  return out;
}

}  // namespace

std::vector<FigureGroup> FiguresOf(const RegistryTotals& totals) {
  FigureGroup accepted{.name = "requests_accepted", .figures = {}};
  FigureGroup rejected{.name = "requests_rejected", .figures = {}};
  for (size_t i = 0; i < kRequestReasons; ++i) {
    const auto reason = static_cast<RequestReason>(i);
    FigureGroup& decision = IsAccepted(reason) ? accepted : rejected;
    decision.figures.emplace_back(RequestReasonName(reason), totals.judged[i]);
  }
  return {
      {.name = "others",
       .figures = {{"devices", totals.devices},
                   {"requests", totals.requests},
                   {"responses", totals.responses},
                   {"outcomes", totals.outcomes},
                   {"duplicates", totals.duplicates}}},
      std::move(accepted),
      std::move(rejected),
      {.name = "responses_to_operators",
       .figures = {{"routed", totals.responses_routed}, {"unrouted", totals.responses_unrouted}}},
      {.name = "load_switching",
       .figures = {{"routed", totals.switch_notices - totals.switch_unrouted},
                   {"unrouted", totals.switch_unrouted}}},
      {.name = "pending_devices", .figures = {{"removed", totals.removals}}},
  };
}

std::string SummaryJson(const Summary& summary) {
  std::string out = absl::StrCat("{\n  \"read\": ", summary.read, ",\n  \"dead\": ", summary.dead,
                                 ",\n  \"duplicates\": ", summary.duplicates(),
                                 ",\n  \"other\": ", summary.other, ",\n", Groups(summary.registry),
                                 Members(summary.totals, "  "), ",\n  \"codes\": {");
  absl::string_view separator = "\n";
  for (const auto& [code, totals] : summary.codes) {
    absl::StrAppend(&out, separator, "    \"", FormatAlertCode(code), "\": {\n",
                    "      \"duplicates\": ", totals.duplicates, ",\n", Members(totals, "      "),
                    "\n    }");
    separator = ",\n";
  }
  absl::StrAppend(&out, summary.codes.empty() ? "" : "\n  ", "}\n}\n");
  return out;
}

}  // namespace weir
