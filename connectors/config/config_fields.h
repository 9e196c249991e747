// What the readers of configuration files have in common: where a key belongs, values that must be
// there, and paths.
//
// Layer: connectors/config (engine/base).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

#include "connectors/config/yaml_reader.h"

namespace weir {

// At the top of a service's configuration.
constexpr std::array<absl::string_view, 9> kFileKeys = {
    "kafka",   "service",     "policy",         "shadow_policy", "parties",
    "notices", "eligibility", "load_switching", "inventory"};

// In `service`.
constexpr std::array<absl::string_view, 13> kServiceKeys = {
    "instance", "group",       "workers", "input", "prefix", "archive", "timestamps",
    "idle",     "stop_within", "commit",  "state", "http",   "log"};

// A KeyHint for all keys of a service's configuration.
absl::string_view WhereKeyBelongs(absl::string_view key);

// A value that must be there; null, and a problem, if it is not.
const YamlNode* Require(const YamlNode& map, absl::string_view key, absl::string_view advice,
                        YamlProblems& problems);

// A path of the file, which is relative to the file's folder.
std::string PathBeside(absl::string_view file_name, absl::string_view path);

// Such a path, if the node is one.
void ReadPath(const YamlNode& node, absl::string_view example, absl::string_view file_name,
              YamlProblems& problems, std::string& path);

template <typename T>
void Assign(std::optional<T> value, T& target) {
  if (value) {
    target = *std::move(value);
  }
}

}  // namespace weir
