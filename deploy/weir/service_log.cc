#include "deploy/weir/service_log.h"

#include <atomic>
#include <chrono>
#include <memory>

#include "deploy/weir/json_object.h"

#include "spdlog/formatter.h"
#include "spdlog/spdlog.h"

namespace weir {

namespace {

std::atomic<bool> logs_json = false;

// Those of the line that this thread is logging: spdlog hands a message on, and nothing beside it.
thread_local const LogFields* fields_of_line = nullptr;

class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& line, spdlog::memory_buf_t& out) override {
    const TimeMs time{
        std::chrono::duration_cast<std::chrono::milliseconds>(line.time.time_since_epoch())
            .count()};
    const spdlog::string_view_t level = spdlog::level::to_string_view(line.level);
    const std::string text = LogLineJson(time, {level.data(), level.size()},
                                         fields_of_line == nullptr ? LogFields{} : *fields_of_line,
                                         {line.payload.data(), line.payload.size()});
    out.append(text.data(), text.data() + text.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }
};

spdlog::level::level_enum LevelOf(LogThreshold level) {
  switch (level) {
    case LogThreshold::kInfo:
      return spdlog::level::info;
    case LogThreshold::kWarning:
      return spdlog::level::warn;
    case LogThreshold::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

void SetLog(LogFormat format, LogThreshold level) {
  logs_json = format == LogFormat::kJson;
  if (logs_json) {
    spdlog::set_formatter(std::make_unique<JsonFormatter>());
  }
  spdlog::set_level(LevelOf(level));
}

bool LogsJson() {
  return logs_json;
}

void LogWith(spdlog::level::level_enum level, const LogFields& fields, absl::string_view message) {
  const spdlog::string_view_t text(message.data(), message.size());
  if (!LogsJson() && fields.worker) {
    spdlog::log(level, "worker={} {}", *fields.worker, text);
    return;
  }
  fields_of_line = &fields;
  spdlog::log(level, "{}", text);
  fields_of_line = nullptr;
}

std::string LogLineJson(TimeMs time, absl::string_view level, const LogFields& fields,
                        absl::string_view message) {
  std::string line;
  {
    JsonObject object(line);
    object.Time("time", time);
    object.Text("level", level);
    if (fields.worker) {
      object.Number("worker", *fields.worker);
    }
    if (fields.partition) {
      absl::StrAppend(&object.Member("partition"), *fields.partition);
    }
    object.Text("message", message);
  }
  line.push_back('\n');
  return line;
}

}  // namespace weir
