#include "connectors/config/role_word.h"

#include <array>
#include <cstddef>

namespace weir {

namespace {

std::array<absl::string_view, kRoles> RoleNames() {
  std::array<absl::string_view, kRoles> names;
  for (size_t i = 0; i < kRoles; ++i) {
    names[i] = RoleName(static_cast<Role>(i));
  }
  return names;
}

}  // namespace

std::optional<Role> ReadRole(const YamlNode& node, YamlProblems& problems) {
  const std::optional<size_t> word = ReadWord(node, RoleNames(), problems);
  return word ? std::make_optional(static_cast<Role>(*word)) : std::nullopt;
}

std::optional<Role> ReadRoleOf(const YamlNode& list, const YamlNode& item, YamlProblems& problems) {
  YamlNode named = item;
  named.key = list.key;
  return ReadRole(named, problems);
}

}  // namespace weir
