// Goal: any text is a configuration whose values all lie within their ranges, or problems that each
// name a line of the file and show no secret; nothing is thrown, and work is in proportion to the
// text. What a service reads of the rules, a replay reads too.
// Method: any bytes as a configuration, with an environment and files made up. Time and
// memory are limited by libFuzzer's own limits.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "connectors/config/service_file.h"
#include "connectors/config/srv.h"
#include "connectors/config/system_file.h"
#include "engine/base/check.h"

namespace weir {
namespace {

constexpr absl::string_view kFile = "s.yaml";
// Longer than what a mutation is likely to write by itself.
constexpr absl::string_view kSecret = "pq9Secret7xz";

// One variable that is set, any that begins with N is a number, and the rest is not set; files are
// there unless their name ends with x.
Lookups MadeUp() {
  return {.variable = [](const std::string& name) -> std::optional<std::string> {
            if (absl::StartsWith(name, "N")) {
              return name.size() > 1 ? name.substr(1) : "1";
            }
            return name == "S" ? std::make_optional(std::string(kSecret)) : std::nullopt;
          },
          .secret = [](const std::string& path) -> absl::StatusOr<std::string> {
            if (absl::EndsWith(path, "x")) {
              return absl::InvalidArgumentError("cannot be read");
            }
            return std::string(kSecret);
          }};
}

// `s.yaml:LINE: text`, with a line that the file has.
bool NamesLine(absl::string_view message, int64_t lines) {
  const bool named = absl::ConsumePrefix(&message, kFile) && absl::ConsumePrefix(&message, ":");
  const size_t end = std::min(message.find(": "), message.size());
  int64_t line = 0;
  return named && message.size() > end + 2 && absl::SimpleAtoi(message.substr(0, end), &line) &&
         line >= 1 && line <= lines;
}

void CheckMessages(absl::string_view messages, absl::string_view text) {
  WEIR_CHECK(absl::StrContains(text, kSecret) || !absl::StrContains(messages, kSecret));
  const int64_t lines = std::count(text.begin(), text.end(), '\n') + 1;
  for (const absl::string_view message : absl::StrSplit(messages, '\n')) {
    const bool of_file = absl::StartsWith(message, "s.yaml: and ") ||
                         absl::StartsWith(message, "s.yaml: the file is larger ");
    WEIR_CHECK(of_file || NamesLine(message, lines));
  }
}

bool IsWithin(DurationMs value, DurationMs first, DurationMs last) {
  return value >= first && value <= last;
}

void CheckConfig(const ServiceConfig& config) {
  WEIR_CHECK(!config.instance.empty() && config.instance.size() <= 200);
  WEIR_CHECK(!config.group.empty() && config.group.size() <= 200);
  WEIR_CHECK(!config.input.empty() && config.input.size() <= 249);
  WEIR_CHECK(config.prefix.size() <= 200);
  WEIR_CHECK(config.workers >= 1 && config.workers <= 64);
  WEIR_CHECK(config.idle == DurationMs{0} || IsWithin(config.idle, kSecond, kDay));
  WEIR_CHECK(IsWithin(config.stop_within, kSecond, DurationMs{10 * kMinute.value}));
  WEIR_CHECK(IsWithin(config.commit_interval, DurationMs{1}, DurationMs{5 * kSecond.value}));
  WEIR_CHECK(config.commit_records >= 1 && config.commit_records <= 1'000'000);
  WEIR_CHECK(IsWithin(config.state_interval, DurationMs{100}, DurationMs{10 * kMinute.value}));
  WEIR_CHECK(!config.state_dir.empty() && !config.http_host.empty());
  WEIR_CHECK(!config.kafka.empty() && config.kafka.size() == config.kafka_lines.size());
  for (const auto& [property, value] : config.kafka) {
    WEIR_CHECK(!property.empty() && config.kafka_lines.at(property) >= 1);
    WEIR_CHECK(!absl::StrContains(property, '\0') && !absl::StrContains(value, '\0'));
  }
}

void CheckParties(const Parties& parties) {
  std::set<Eui64> ids;
  std::set<std::string> distributors;
  for (const Party& party : parties.all()) {
    WEIR_CHECK(ids.insert(party.id).second && party.name.size() <= 200);
    WEIR_CHECK(party.role == Role::kEd || party.distributors.empty());
    for (const std::string& distributor : party.distributors) {
      WEIR_CHECK(distributor.size() == 2 && distributors.insert(distributor).second);
    }
  }
}

void CheckEligibility(const EligibilityTable& table) {
  WEIR_CHECK(table.rules().size() >= EligibilityTable::OfTheRelease().size());
  std::set<std::tuple<std::string, Role, TimeMs>> rules;
  for (const EligibilityRule& rule : table.rules()) {
    WEIR_CHECK(IsSrv(rule.srv) && IsTime(rule.from) && rule.condition <= Condition::kNever);
    WEIR_CHECK(rules.insert({rule.srv, rule.role, rule.from}).second);
  }
}

void CheckTriggers(const LoadSwitchRules& rules) {
  std::set<std::string> srvs;
  std::set<uint16_t> message_codes;
  for (const SwitchTrigger& trigger : rules.triggers) {
    WEIR_CHECK(IsSrv(trigger.srv) && srvs.insert(trigger.srv).second && IsTime(trigger.from));
    WEIR_CHECK(trigger.instructions >= 1 && trigger.instructions <= 256);
    WEIR_CHECK(!trigger.on || !trigger.message_code ||
               message_codes.insert(*trigger.message_code).second);
  }
  std::set<AlertCode> alerts;
  for (const SwitchAlert& alert : rules.alerts) {
    WEIR_CHECK(alert.code.is_device() && alerts.insert(alert.code).second && IsTime(alert.from));
  }
}

void CheckPending(const PendingRules& rules) {
  WEIR_CHECK(!rules.periods.empty() && !rules.code.is_device());
  std::optional<TimeMs> before;
  for (const PendingPeriod& period : rules.periods) {
    WEIR_CHECK(IsTime(period.from) && (!before || *before < period.from));
    WEIR_CHECK(period.months >= 1 && period.months <= 1200);
    before = period.from;
  }
}

void CheckSystem(const SystemConfig& config) {
  CheckParties(config.system.parties);
  CheckEligibility(config.system.eligibility);
  CheckTriggers(config.system.load_switch);
  CheckPending(config.system.pending);
}

void CheckService(absl::string_view text) {
  std::string remarks;
  const absl::StatusOr<ServiceConfig> config = ParseService(text, kFile, MadeUp(), &remarks);
  if (!config.ok()) {
    WEIR_CHECK(config.status().code() == absl::StatusCode::kInvalidArgument);
    CheckMessages(config.status().message(), text);
    return;
  }
  WEIR_CHECK(IsServiceConfig(text));
  if (!remarks.empty()) {
    CheckMessages(remarks, text);
  }
  CheckConfig(*config);
  CheckSystem(*config);
  WEIR_CHECK(ParseSystem(text, kFile, MadeUp()).ok());
}

void CheckWithoutService(absl::string_view text) {
  std::string remarks;
  const absl::StatusOr<SystemConfig> config = ParseSystem(text, kFile, MadeUp(), &remarks);
  if (!config.ok()) {
    WEIR_CHECK(config.status().code() == absl::StatusCode::kInvalidArgument);
    CheckMessages(config.status().message(), text);
    return;
  }
  if (!remarks.empty()) {
    CheckMessages(remarks, text);
  }
  CheckSystem(*config);
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  weir::CheckService(text);
  weir::CheckWithoutService(text);
  return 0;
}
