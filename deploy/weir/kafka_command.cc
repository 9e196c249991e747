#include "deploy/weir/kafka_command.h"

#include <csignal>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "connectors/config/policy_file.h"
#include "connectors/kafka/failpoints.h"
#include "engine/base/status_macros.h"

#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace weir {

namespace {

constexpr int kWarning = 4;  // in syslog

std::atomic<bool> stopping = false;
std::atomic<bool> reload_asked = false;

void OnStopSignal(int /*signal*/) {
  stopping = true;
}

void OnReloadSignal(int /*signal*/) {
  reload_asked = true;
}

// Remarks go behind `remarks`.
absl::StatusOr<PolicySchedule> ReadPolicy(const std::string& path, std::string& remarks) {
  std::string of_policy;
  absl::StatusOr<PolicySchedule> policy = ReadPolicyFile(path, &of_policy);
  absl::StrAppend(&remarks, remarks.empty() || of_policy.empty() ? "" : "\n", of_policy);
  return policy;
}

}  // namespace

absl::StatusOr<ConfiguredService> ReadConfigured(const std::string& path) {
  ConfiguredService configured;
  std::string& remarks = configured.remarks;
  WEIR_ASSIGN_OR_RETURN(configured.config, ReadServiceFile(path, &remarks));
  const ServiceConfig& config = configured.config;
  if (!config.policy.empty()) {
    WEIR_ASSIGN_OR_RETURN(configured.policy, ReadPolicy(config.policy, remarks));
  }
  if (!config.shadow_policy.empty()) {
    WEIR_ASSIGN_OR_RETURN(configured.shadow_policy, ReadPolicy(config.shadow_policy, remarks));
  }
  WEIR_ASSIGN_OR_RETURN(configured.properties,
                        KafkaProperties::Check(config.kafka, [&config](absl::string_view property) {
                          return config.PlaceOfKafka(std::string(property));
                        }));
  WEIR_RETURN_IF_ERROR(ReadFailpoints());
  return configured;
}

void LogRemarks(const ConfiguredService& configured) {
  if (!configured.remarks.empty()) {
    spdlog::warn("{}", configured.remarks);
  }
}

void LogToStandardError() {
  auto logger =
      std::make_shared<spdlog::logger>("weir", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

void LogOfClient(int level, absl::string_view text) {
  spdlog::log(level <= kWarning ? spdlog::level::warn : spdlog::level::info, "{}",
              std::string(text));
}

void StopOnSignals() {
  struct sigaction action = {};
  action.sa_handler = OnStopSignal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
}

const std::atomic<bool>& StopAsked() {
  return stopping;
}

void ReloadOnSignal() {
  struct sigaction action = {};
  action.sa_handler = OnReloadSignal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGHUP, &action, nullptr);
}

bool TakeReloadAsked() {
  return reload_asked.exchange(false);
}

}  // namespace weir
