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

}  // namespace

std::string SummaryJson(const Summary& summary) {
  std::string out = absl::StrCat("{\n  \"read\": ", summary.read, ",\n  \"dead\": ", summary.dead,
                                 ",\n  \"duplicates\": ", summary.totals.duplicates,
                                 ",\n  \"other\": ", summary.other, ",\n",
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
