// Reads the service's configuration file, in YAML: where Kafka is, what to read, where to keep what
// is known, and the rules of the system.
//
// CONFIG.md in this folder is the reference for those who write one.
//
// Promises: any bytes give a configuration or an error; all values of a configuration lie within
// their ranges, and paths are relative to nothing but the working directory. Secrets are in `kafka`
// and nowhere else: not in a message, whatever is wrong with them.
// Errors: InvalidArgument that lists all problems at once, one `file:line: problem` a line;
// NotFound for a file that does not exist.
//
// Layer: connectors/config (as system_file.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "connectors/config/lookups.h"
#include "connectors/config/system_file.h"
#include "engine/base/units.h"

namespace weir {

// Whose time counts as the time at which the log got a record.
enum class TimestampKind : uint8_t { kLogAppendTime, kCreateTime };

// How the log is written, and from which level on.
enum class LogFormat : uint8_t { kText, kJson };
enum class LogThreshold : uint8_t { kInfo, kWarning, kError };

// What the system does is here as well, as in a configuration for replays.
struct ServiceConfig : SystemConfig {
  // Properties of librdkafka, secrets among them, and the lines that they stand in. Whether
  // librdkafka knows them and Weir leaves them to the user is not checked here.
  std::map<std::string, std::string> kafka;
  std::map<std::string, int> kafka_lines;

  std::string shadow_policy;  // path of a policy file of which the newest version is a candidate
  int shadow_policy_line = 0;

  std::string instance;
  std::string group = "weir";
  uint64_t workers = 1;
  std::string input = "meter.events";
  std::string prefix;    // of the names of output topics
  bool archive = false;  // whether to write alerts.consolidated
  TimestampKind timestamps = TimestampKind::kLogAppendTime;
  DurationMs idle = kMinute;  // after which a partition moves with the clock; 0: never
  DurationMs stop_within{30 * kSecond.value};

  DurationMs commit_interval{100};
  uint64_t commit_records = 50000;

  std::string state_dir;
  DurationMs state_interval{10 * kSecond.value};

  std::string http_host = "127.0.0.1";  // without brackets
  uint16_t http_port = 9464;            // 0: any that is free

  LogFormat log_format = LogFormat::kText;
  LogThreshold log_level = LogThreshold::kInfo;

  // `file:line` of a property of `kafka`, for messages about it; the file for any other.
  std::string PlaceOfKafka(const std::string& property) const;
};

// `file_name` is what messages call the file, and paths are relative to its folder. `remarks`, if
// given, becomes what is right but hardly meant, one `file:line: remark` a line; empty if nothing
// is.
absl::StatusOr<ServiceConfig> ParseService(absl::string_view text, absl::string_view file_name,
                                           const Lookups& lookups, std::string* remarks = nullptr);

// With the environment and the files of this machine.
absl::StatusOr<ServiceConfig> ReadServiceFile(const std::string& path,
                                              std::string* remarks = nullptr);

// Whether the text means to be a service's configuration, and not a policy: it has the key
// `service` or `kafka`.
bool IsServiceConfig(absl::string_view text);

}  // namespace weir
