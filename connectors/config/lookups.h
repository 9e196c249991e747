// What a configuration file may take from outside of itself: environment variables, and files that
// hold a secret.
//
// Promises: what was looked up is never part of a message, nor is it looked into for more
// variables.
// Errors: problems that name the variable or the path.
//
// Layer: connectors/config (engine/base).
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "connectors/config/yaml_reader.h"

namespace weir {

constexpr size_t kMaxSecretBytes = size_t{64} << 10;

struct Lookups {
  // Nothing if there is no such variable.
  std::function<std::optional<std::string>(const std::string& name)> variable;

  // The secret in a file, or why there is none: "cannot be read: Permission denied". The status
  // does not name the file.
  std::function<absl::StatusOr<std::string>(const std::string& path)> secret;
};

// The environment and the files of this machine. The environment must not change meanwhile.
Lookups SystemLookups();

// The content of a file without its last line feed. Refused, because it is hardly meant: a file
// that is empty, that others than its owner and its group may read or write, that holds a zero
// byte, or that is no regular file.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path);

// Replaces each `${NAME}` in a text of the tree by what `lookups` has for it, and each `$${` by
// `${`. A text with a problem is refused. Keys stay as they are.
void ReplaceVariables(YamlNode& root, const Lookups& lookups, YamlProblems& problems);

}  // namespace weir
