#include "connectors/config/config_fields.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

namespace weir {

namespace {

struct Place {
  absl::Span<const absl::string_view> keys;
  absl::string_view text;
};

constexpr std::array<absl::string_view, 3> kPolicyFileKeys = {"policies", "duplicate_window",
                                                              "max_ahead"};
constexpr std::array<absl::string_view, 2> kEligibilityKeys = {"rules", "decimal_gas_flow_from"};
constexpr std::array<absl::string_view, 5> kInventoryKeys = {"pending", "remove", "notify",
                                                             "recipient", "alert_code"};

bool Contains(absl::Span<const absl::string_view> words, absl::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

absl::string_view WhereKeyBelongs(absl::string_view key) {
  const Place places[] = {
      {kFileKeys, "it belongs at the top of the file"},
      {kPolicyFileKeys, "it belongs in the policy file, which `policy` names"},
      {kServiceKeys, "it belongs in `service`"},
      {kEligibilityKeys, "it belongs in `eligibility`"},
      {kInventoryKeys, "it belongs in `inventory`"},
  };

  for (const Place& place : places) {
    if (Contains(place.keys, key)) {
      return place.text;
    }
  }
  if (key == "listen") {
    return "it belongs in `service`, in `http`";
  }
  if (key == "triggers") {
    return "it belongs in `load_switching`";
  }
  return absl::StrContains(key, '.') ? "the properties of librdkafka belong in `kafka`" : "";
}

const YamlNode* Require(const YamlNode& map, absl::string_view key, absl::string_view advice,
                        YamlProblems& problems) {
  const YamlNode* node = map.Find(key);
  if (node == nullptr) {
    problems.Add(map.line, absl::StrCat(Quoted(key), " is missing: ", advice));
  }
  return node;
}

std::string PathBeside(absl::string_view file_name, absl::string_view path) {
  const size_t slash = file_name.rfind('/');
  if (absl::StartsWith(path, "/") || slash == absl::string_view::npos) {
    return std::string(path);
  }
  return absl::StrCat(file_name.substr(0, slash + 1), path);
}

void ReadPath(const YamlNode& node, absl::string_view example, absl::string_view file_name,
              YamlProblems& problems, std::string& path) {
  const std::optional<std::string> text =
      ReadText(node, absl::StrCat("a path such as ", example), problems);
  if (text) {
    path = PathBeside(file_name, *text);
  }
}

}  // namespace weir
