// Reads what a configuration file says of the system beside Kafka and the service itself: parties,
// rules, how notices are written, which policy counts. A replay needs no more; a service's
// configuration has it too.
//
// CONFIG.md in this folder is the reference for those who write one.
//
// Promises: any bytes give a configuration or an error; all values of a configuration lie within
// their ranges, and paths are relative to nothing but the working directory.
// Errors: InvalidArgument that lists all problems at once, one `file:line: problem` a line;
// NotFound for a file that does not exist.
//
// Layer: connectors/config (connectors/formats, engine/pipeline and what system_rules.h is made
// of).
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "connectors/config/lookups.h"
#include "connectors/config/yaml_reader.h"
#include "connectors/formats/notice_format.h"
#include "engine/pipeline/system_rules.h"

namespace weir {

struct SystemConfig {
  // As messages call the file.
  std::string file_name;

  SystemRules system;
  std::optional<NoticeFormat> notices;  // nothing: the file does not say

  std::string policy;   // path of the policy file; empty: the default policy
  int policy_line = 0;  // where it is named
};

// `kafka` and `service` may be there or not, and are not looked at: neither the variables nor the
// files that they name need be there. The rest is as in ParseService.
absl::StatusOr<SystemConfig> ParseSystem(absl::string_view text, absl::string_view file_name,
                                         const Lookups& lookups, std::string* remarks = nullptr);

// With the environment and the files of this machine.
absl::StatusOr<SystemConfig> ReadSystemFile(const std::string& path,
                                            std::string* remarks = nullptr);

// Whether the text has one of the keys `policy`, `parties`, `notices` and so on, and so is no
// policy.
bool IsSystemConfig(absl::string_view text);

// Reads that part of a file whose variables are replaced. Keys at the top are not checked here.
void ReadSystemPart(const YamlNode& root, YamlProblems& problems, YamlProblems& remarks,
                    SystemConfig& config);

}  // namespace weir
