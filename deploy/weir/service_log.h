// The service's log: lines of text for people, or JSON objects for what gathers logs.
//
// Whatever is logged by spdlog is written so, librdkafka's messages and other parts' included.
//
// Threads: any, once it is set.
//
// Layer: deploy/weir (connectors/config, connectors/formats, engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

#include "connectors/config/service_file.h"
#include "engine/base/units.h"

#include "spdlog/common.h"

namespace weir {

// What a line is about, beside its message.
struct LogFields {
  std::optional<size_t> worker{};
  std::optional<int32_t> partition{};
};

// Of the log of this process, from now on.
void SetLog(LogFormat format, LogThreshold level);

bool LogsJson();

// Text names the worker before the message.
void LogWith(spdlog::level::level_enum level, const LogFields& fields, absl::string_view message);

// One line, with its line feed; `message` may hold any bytes.
std::string LogLineJson(TimeMs time, absl::string_view level, const LogFields& fields,
                        absl::string_view message);

}  // namespace weir
