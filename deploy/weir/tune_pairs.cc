#include "deploy/weir/tune_pairs.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "deploy/weir/text.h"
#include "engine/alert/catalogue.h"

namespace weir {

namespace {

constexpr size_t kPairs = 5;  // two rows each

using NamedPair = std::pair<AlertCode, PairResult>;

std::vector<NamedPair> PairsUnder(const TuneReport& report, const Choice& choice) {
  std::vector<NamedPair> pairs;
  for (const AlertCode lower : report.result.Pairs()) {
    const PairResult result = report.result.OfPair(lower, choice.Of(lower));
    if (result.apart.counts.wrong + result.together.counts.wrong > 0) {
      pairs.emplace_back(lower, result);
    }
  }
  const auto wrong = [](const NamedPair& pair) {
    return pair.second.apart.counts.wrong + pair.second.together.counts.wrong;
  };
  std::stable_sort(pairs.begin(), pairs.end(),
                   [&](const NamedPair& a, const NamedPair& b) { return wrong(a) > wrong(b); });
  return pairs;
}

void AppendRow(const std::string& name, absl::string_view way, const PairTally& tally,
               std::string& out) {
  absl::StrAppendFormat(&out, "  %-9s  %-8s %12s %12s %8s %12s\n", name, way,
                        WithThousands(tally.consolidated), WithThousands(tally.counts.wrong),
                        ShortWait(tally.counts.longest), WithThousands(tally.counts.open));
}

}  // namespace

std::string PairName(AlertCode lower) {
  return absl::StrCat(FormatAlertCode(lower), " ", FormatAlertCode(*PairedCode(lower)));
}

void AppendPairs(const TuneReport& report, const Choice& choice, std::string& out) {
  const std::vector<NamedPair> pairs = PairsUnder(report, choice);
  if (pairs.empty()) {
    return;
  }
  absl::StrAppend(&out, "\ncodes that clear each other, ", pairs.size(),
                  pairs.size() == 1 ? " pair" : " pairs", "; the policy has them ",
                  report.plan.base.pairs_together ? "together" : "apart",
                  "\n  wrong: times that a receiver's last word of the two was not the device's\n");
  absl::StrAppendFormat(&out, "  %-9s  %-8s %12s %12s %8s %12s\n", "codes", "counted", "held back",
                        "wrong", "longest", "at the end");
  for (size_t i = 0; i < std::min(kPairs, pairs.size()); ++i) {
    AppendRow(PairName(pairs[i].first), "apart", pairs[i].second.apart, out);
    AppendRow("", "together", pairs[i].second.together, out);
  }
}

}  // namespace weir
