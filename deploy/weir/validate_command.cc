#include "deploy/weir/validate_command.h"

#include <cstdio>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "connectors/config/config_text.h"
#include "connectors/config/policy_file.h"
#include "connectors/config/service_file.h"
#include "connectors/config/system_file.h"
#include "deploy/weir/exit_codes.h"
#include "deploy/weir/system_text.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

void AppendRemarks(const std::string& remarks, std::string& out) {
  if (!remarks.empty()) {
    absl::StrAppend(&out, "\nbut note:\n", remarks);
  }
}

std::string PolicyText(const std::string& file, const PolicySchedule& schedule,
                       const std::string& remarks) {
  std::string text = absl::StrCat(file, ": a policy of ",
                                  Counted(schedule.versions.size(), "version", "versions"));
  for (const PolicyVersion& version : schedule.versions) {
    absl::StrAppend(&text, "\n  from ", FormatTime(version.effective_from().value_or(TimeMs{})),
                    version.note().empty() ? "" : ": ", version.note());
  }
  AppendRemarks(remarks, text);
  return text;
}

// Shows none of Kafka's properties: there are secrets among them.
std::string ServiceText(const ServiceConfig& config, const std::string& remarks) {
  std::string text =
      absl::StrCat(config.file_name, ": a service configuration\n  instance ", config.instance,
                   " of group ", config.group, ", ", Counted(config.workers, "worker", "workers"),
                   "\n  reads ", config.input, ", keeps its state in ", config.state_dir, "\n  ",
                   Counted(config.kafka.size(), "property", "properties"), " of librdkafka\n",
                   SystemText(config));
  AppendRemarks(remarks, text);
  return text;
}

absl::StatusOr<std::string> CheckPolicy(absl::string_view text, const std::string& file) {
  std::string remarks;
  const absl::StatusOr<PolicySchedule> schedule = ParsePolicy(text, file, &remarks);
  WEIR_RETURN_IF_ERROR(schedule.status());
  return PolicyText(file, *schedule, remarks);
}

// A policy file that a configuration names, under a key in a line of its own.
struct NamedPolicy {
  absl::string_view key;
  const std::string& path;
  int line = 0;
};

// What is said of a configuration, and of a policy that it names, if it names one.
absl::StatusOr<std::string> WithPolicy(const absl::StatusOr<std::string>& text,
                                       const SystemConfig& config, const NamedPolicy& named) {
  if (!text.ok() || named.path.empty()) {
    return text;
  }
  std::string remarks;
  const absl::StatusOr<PolicySchedule> schedule = ReadPolicyFile(named.path, &remarks);
  if (!schedule.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(schedule.status().message(), "\n",
                                                   config.file_name, ":", named.line, ": `",
                                                   named.key, "` names a file that is not right"));
  }
  return absl::StrCat(*text, "\n", PolicyText(named.path, *schedule, remarks));
}

absl::StatusOr<std::string> WithLivePolicy(std::string text, const SystemConfig& config) {
  return WithPolicy(std::move(text), config, {"policy", config.policy, config.policy_line});
}

absl::StatusOr<std::string> CheckService(absl::string_view text, const std::string& file) {
  std::string remarks;
  const absl::StatusOr<ServiceConfig> config = ParseService(text, file, SystemLookups(), &remarks);
  WEIR_RETURN_IF_ERROR(config.status());
  return WithPolicy(WithLivePolicy(ServiceText(*config, remarks), *config), *config,
                    {"shadow_policy", config->shadow_policy, config->shadow_policy_line});
}

absl::StatusOr<std::string> CheckSystem(absl::string_view text, const std::string& file) {
  std::string remarks;
  const absl::StatusOr<SystemConfig> config = ParseSystem(text, file, SystemLookups(), &remarks);
  WEIR_RETURN_IF_ERROR(config.status());
  std::string checked = absl::StrCat(file, ": a configuration for replays\n", SystemText(*config));
  AppendRemarks(remarks, checked);
  return WithLivePolicy(std::move(checked), *config);
}

// What the file says, in short, or everything that is wrong with it.
absl::StatusOr<std::string> CheckFile(const std::string& file) {
  const absl::StatusOr<std::string> text = ReadConfigText(file, "file");
  WEIR_RETURN_IF_ERROR(text.status());
  if (IsServiceConfig(*text)) {
    return CheckService(*text, file);
  }
  return IsSystemConfig(*text) ? CheckSystem(*text, file) : CheckPolicy(*text, file);
}

}  // namespace

CLI::App* AddValidate(CLI::App& root, ValidateArguments& arguments) {
  CLI::App* app = root.add_subcommand(
      "validate",
      "Check policy files and configurations, and list everything that is wrong with them");
  app->add_option("files", arguments.files, "Policy files and configurations")
      ->required()
      ->type_name("FILE");
  app->footer(
      "A file that has `service` or `kafka` is taken for a service configuration, one that has\n"
      "`parties`, `policy` or rules alone for a configuration for replays, and the policy file "
      "that\n"
      "either names is checked as well; any other is taken for a policy. Variables and files that\n"
      "hold secrets are looked up, and never shown. Whether librdkafka knows its properties\n"
      "and Kafka can be reached shows only when the service starts.\n"
      "The exit code is 78 if any file is wrong.\n"
      "Example:\n"
      "  weir validate weir.yaml policy.yaml");
  return app;
}

int RunValidate(const ValidateArguments& arguments) {
  int exit_code = kExitDone;
  for (const std::string& file : arguments.files) {
    const absl::StatusOr<std::string> checked = CheckFile(file);
    if (checked.ok()) {
      static_cast<void>(std::printf("%s\n", checked->c_str()));
    } else {
      const std::string message(checked.status().message());
      static_cast<void>(std::fprintf(stderr, "%s\n", message.c_str()));
      exit_code = kExitConfiguration;
    }
  }
  if (std::fflush(stdout) != 0) {
    static_cast<void>(std::fputs("weir validate: writing to standard output failed\n", stderr));
    return kExitFailed;
  }
  return exit_code;
}

}  // namespace weir
