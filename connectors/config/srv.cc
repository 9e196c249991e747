#include "connectors/config/srv.h"

#include <algorithm>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"

#include "connectors/config/known_srvs.h"

namespace weir {

namespace {

constexpr size_t kMostParts = 4;
constexpr size_t kMostDigits = 3;
constexpr absl::string_view kDigits = "0123456789";

bool IsPart(absl::string_view text) {
  return !text.empty() && text.size() <= kMostDigits && text[0] != '0' &&
         text.find_first_not_of(kDigits) == absl::string_view::npos;
}

}  // namespace

bool IsSrv(absl::string_view text) {
  constexpr size_t kLongest = kMostParts * (kMostDigits + 1) - 1;
  if (text.size() > kLongest) {
    return false;
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  return parts.size() <= kMostParts && std::all_of(parts.begin(), parts.end(), IsPart);
}

bool IsKnownSrv(absl::string_view srv) {
  const absl::Span<const absl::string_view> known = KnownSrvs();
  return std::find(known.begin(), known.end(), srv) != known.end();
}

std::string UnknownSrvRemark(absl::string_view shown) {
  return absl::StrCat("no version of DUIS has the SRV ", shown);
}

bool MustBeQuoted(absl::string_view text, bool quoted) {
  double number = 0;
  return !quoted && !text.empty() && kDigits.find(text[0]) != absl::string_view::npos &&
         absl::SimpleAtod(text, &number);
}

std::optional<std::string> ReadSrv(const YamlNode& node, YamlProblems& problems) {
  if (node.kind != YamlNode::Kind::kText || !IsSrv(node.text)) {
    AddUnexpected(node, kExpectedSrv, problems);
    return std::nullopt;
  }
  if (MustBeQuoted(node.text, node.quoted)) {
    problems.Add(node.line, absl::StrCat(Quoted(node.key), " is ", node.Found(),
                                         ", which YAML takes for a number: write it in quotes"));
    return std::nullopt;
  }
  return node.text;
}

}  // namespace weir
