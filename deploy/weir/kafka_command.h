// What commands that meet Kafka begin with: the configuration, a log, signals that ask for a stop.
//
// Layer: deploy/weir.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "connectors/config/service_file.h"
#include "connectors/kafka/properties.h"
#include "engine/throttle/policy.h"

namespace weir {

// What is read from files before anything is connected to.
struct ConfiguredService {
  ServiceConfig config;
  PolicySchedule policy = PolicySchedule::Default();
  std::optional<PolicySchedule> shadow_policy;
  std::optional<KafkaProperties> properties;
  std::string remarks;  // what is right but hardly meant; may be empty
};

// InvalidArgument with all that is wrong, one problem a line.
absl::StatusOr<ConfiguredService> ReadConfigured(const std::string& path);

// To the log.
void LogRemarks(const ConfiguredService& configured);

// The log goes to standard error from now on.
void LogToStandardError();

// A line of librdkafka's, into the log.
void LogOfClient(int level, absl::string_view text);

// SIGTERM and SIGINT ask for a stop from now on, and a broken pipe is an error like others.
void StopOnSignals();

// Whether a stop has been asked for.
const std::atomic<bool>& StopAsked();

// SIGHUP asks for policies to be read again from now on; whether it has since the last call.
void ReloadOnSignal();
bool TakeReloadAsked();

}  // namespace weir
