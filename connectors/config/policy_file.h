// Reads the policy file: the dated versions of the throttling policy, in YAML.
//
// POLICY.md in this folder is the reference for those who write one.
//
// Promises: any bytes give a schedule or an error. A schedule has at least one version, its dates
// ascend, and all its values lie within their ranges.
// Errors: InvalidArgument that lists all problems at once, one `file:line: problem` a line;
// NotFound for a file that does not exist.
//
// Layer: connectors/config (engine/throttle, engine/alert, engine/base).
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/throttle/policy.h"

namespace weir {

constexpr size_t kMaxPolicyVersions = 10000;

// `file_name` is what messages call the file. `remarks`, if given, becomes what is right but hardly
// meant, one `file:line: remark` a line; empty if nothing is.
absl::StatusOr<PolicySchedule> ParsePolicy(absl::string_view text, absl::string_view file_name,
                                           std::string* remarks = nullptr);

absl::StatusOr<PolicySchedule> ReadPolicyFile(const std::string& path,
                                              std::string* remarks = nullptr);

}  // namespace weir
