#include "deploy/weir/summary_text.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "deploy/weir/text.h"
#include "engine/alert/catalogue.h"

namespace weir {

namespace {

constexpr size_t kRows = 10;  // of each table

std::string Share(uint64_t part, uint64_t whole) {
  return whole == 0 ? ""
                    : absl::StrFormat("%5.1f %%", 100.0 * static_cast<double>(part) /
                                                      static_cast<double>(whole));
}

void AppendCodes(const Summary& summary, std::string& out) {
  std::vector<std::pair<AlertCode, CodeTotals>> codes;
  for (const auto& entry : summary.codes) {
    if (entry.second.consolidated() > 0) {
      codes.push_back(entry);
    }
  }
  std::stable_sort(codes.begin(), codes.end(), [](const auto& a, const auto& b) {
    return a.second.consolidated() > b.second.consolidated();
  });
  if (codes.empty()) {
    return;
  }
  absl::StrAppend(&out, "\ncodes that stormed most\n");
  absl::StrAppendFormat(&out, "  %-5s %13s %13s %9s  %s\n", "code", "alerts", "held back",
                        "episodes", "name");
  for (size_t i = 0; i < std::min(kRows, codes.size()); ++i) {
    const auto& [code, totals] = codes[i];
    const absl::string_view name = AlertCodeName(code);
    absl::StrAppendFormat(&out, "  %-5s %13s %13s %9s  %s\n", FormatAlertCode(code),
                          WithThousands(totals.alerts), WithThousands(totals.consolidated()),
                          WithThousands(totals.started),
                          name.empty() ? "(not in the catalogue)" : name);
  }
}

// `9 accepted, 3 rejected: 2 not_in_network, 1 device_unknown`.
std::string Judged(const RegistryTotals& totals) {
  uint64_t accepted = 0;
  std::string rejected;
  for (size_t i = 0; i < kRequestReasons; ++i) {
    const auto reason = static_cast<RequestReason>(i);
    if (IsAccepted(reason)) {
      accepted += totals.judged[i];
    } else if (totals.judged[i] > 0) {
      absl::StrAppend(&rejected, rejected.empty() ? "" : ", ", WithThousands(totals.judged[i]), " ",
                      RequestReasonName(reason));
    }
  }
  return absl::StrCat(WithThousands(accepted), " accepted, ",
                      WithThousands(totals.requests - accepted), " rejected",
                      rejected.empty() ? "" : ": ", rejected);
}

// What the other records were and what came of them; nothing if there were none.
void AppendOthers(const Summary& summary, std::string& out) {
  const RegistryTotals& totals = summary.registry;
  if (totals == RegistryTotals{}) {
    return;
  }
  AppendFigure("  about devices", totals.devices, "", out);
  AppendFigure("  requests", totals.requests, Judged(totals), out);
  AppendFigure("  responses", totals.responses,
               absl::StrCat(WithThousands(totals.responses_routed), " to network operators, ",
                            WithThousands(totals.responses_unrouted), " unrouted"),
               out);
  AppendFigure("  outcomes", totals.outcomes, "", out);
  AppendFigure("load switching notices", totals.switch_notices,
               absl::StrCat("N58, ", WithThousands(totals.switch_unrouted), " of them unrouted"),
               out);
  AppendFigure("removed while pending", totals.removals, "", out);
}

}  // namespace

void AppendFigure(absl::string_view name, uint64_t count, absl::string_view rest,
                  std::string& out) {
  absl::StrAppendFormat(&out, "  %-22s %15s%s%s\n", name, WithThousands(count),
                        rest.empty() ? "" : "  ", rest);
}

void AppendTotals(const Summary& summary, std::string& out) {
  const CodeTotals& totals = summary.totals;
  AppendFigure("records read", summary.read, "", out);
  AppendFigure("dead letters", summary.dead, "", out);
  AppendFigure("duplicates dropped", summary.duplicates(), "", out);
  AppendFigure("other records", summary.other, "", out);
  AppendOthers(summary, out);
  AppendFigure("alerts", totals.alerts, "", out);
  AppendFigure("  forwarded unchanged", totals.forwarded, Share(totals.forwarded, totals.alerts),
               out);
  AppendFigure("  forwarded as copies", totals.copies, Share(totals.copies, totals.alerts), out);
  AppendFigure("  held back", totals.consolidated(), Share(totals.consolidated(), totals.alerts),
               out);
  AppendFigure(
      "episodes started", totals.started,
      absl::StrCat(WithThousands(totals.ended), " ended, ", WithThousands(totals.open),
                   " still open with ", WithThousands(totals.pending), " alerts not yet in a copy"),
      out);
  if (totals.unrepresented > 0) {
    AppendFigure("  in no copy", totals.unrepresented, "held back where last_word is false", out);
  }
}

void AppendStormedDevices(const Summary& summary, size_t rows, std::string& out) {
  if (summary.storms.empty()) {
    return;
  }
  absl::StrAppend(&out, "\ndevices that stormed most, of ", WithThousands(summary.storms.size()),
                  "\n");
  absl::StrAppendFormat(&out, "  %-23s %15s %13s %9s\n", "device", "storm alerts", "held back",
                        "episodes");
  for (size_t i = 0; i < std::min(rows, summary.storms.size()); ++i) {
    const auto& [device, storms] = summary.storms[i];
    absl::StrAppendFormat(&out, "  %-23s %15s %13s %9s\n", FormatEui64(device),
                          WithThousands(storms.alerts), WithThousands(storms.consolidated),
                          WithThousands(storms.episodes));
  }
}

std::string SummaryText(const Summary& summary) {
  std::string out;
  AppendTotals(summary, out);
  AppendCodes(summary, out);
  AppendStormedDevices(summary, kRows, out);
  return out;
}

}  // namespace weir
