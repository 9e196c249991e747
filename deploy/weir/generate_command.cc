#include "deploy/weir/generate_command.h"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

#include "connectors/formats/json_writer.h"
#include "deploy/weir/exit_codes.h"
#include "deploy/weir/progress.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kBlockSize = size_t{1} << 20;

// While it lives, writing to a pipe that nobody reads fails with EPIPE and does not end the
// process.
class BrokenPipesIgnored {
 public:
  BrokenPipesIgnored() {
    struct sigaction ignore {};

    ignore.sa_handler = SIG_IGN;
    restore_ = sigaction(SIGPIPE, &ignore, &before_) == 0;
  }

  ~BrokenPipesIgnored() {
    if (restore_) {
      sigaction(SIGPIPE, &before_, nullptr);
    }
  }

  BrokenPipesIgnored(const BrokenPipesIgnored&) = delete;
  BrokenPipesIgnored& operator=(const BrokenPipesIgnored&) = delete;
  BrokenPipesIgnored(BrokenPipesIgnored&&) = delete;
  BrokenPipesIgnored& operator=(BrokenPipesIgnored&&) = delete;

 private:
  struct sigaction before_ {};

  bool restore_ = false;
};

// Nothing can be told if standard error cannot be written.
void Say(const std::string& text) {
  static_cast<void>(std::fputs(text.c_str(), stderr));
}

bool Write(absl::string_view block, std::FILE* out) {
  return std::fwrite(block.data(), 1, block.size(), out) == block.size();
}

int OutputFailed(int error) {
  if (error != EPIPE) {
    Say(absl::StrCat(
        "weir generate: cannot write the alerts: ", std::generic_category().message(error), "\n"));
  }
  return kExitFailed;
}

void TellResult(const FleetCounts& counts, uint64_t bytes, double seconds) {
  Say(
      absl::StrFormat("weir generate: %d alerts: %d background, %d in storms, %d about outages; "
                      "%.1f MB in %.1f s\n",
                      counts.all(), counts.background, counts.storm, counts.outage,
                      static_cast<double>(bytes) / 1e6, seconds));
}

// ---- The command line

CLI::Validator IsDuration() {
  const auto check = [](const std::string& text) {
    const std::optional<DurationMs> duration = ParseDuration(text);
    if (duration && duration->value > 0 && *duration <= kMaxFleetDuration) {
      return std::string();
    }
    return absl::StrCat("'", text, "' is no duration from 1ms to ",
                        FormatDuration(kMaxFleetDuration),
                        "; write a whole number and a unit, such as 90s, 10m, 12h or 1d");
  };
  return CLI::Validator(check, "DURATION");
}

CLI::Validator IsTime() {
  const auto check = [](const std::string& text) {
    return ParseTime(text) ? std::string()
                           : absl::StrCat("'", text, "' is no time; write it like ",
                                          "2019-12-02T00:00:00Z, with Z for UTC or an offset");
  };
  return CLI::Validator(check, "TIME");
}

CLI::Validator IsFormat() {
  const auto check = [](const std::string& text) {
    return text == "json" ? std::string()
                          : absl::StrCat("'", text, "' cannot be generated; json is what there is");
  };
  return CLI::Validator(check, "FORMAT");
}

CLI::Validator IsAtMost(const char* name, uint64_t first, uint64_t last) {
  return CLI::Range(first, last).description(absl::StrCat(name, " (", first, " to ", last, ")"));
}

// CLI::Range takes what is no number.
CLI::Validator IsRate() {
  const auto check = [](const std::string& text) {
    double rate = 0;
    return absl::SimpleAtod(text, &rate) && rate >= 0 && rate <= kMaxFleetRate
               ? std::string()
               : absl::StrCat("'", text, "' is no number from 0 to ", kMaxFleetRate);
  };
  return CLI::Validator(check, absl::StrCat("NUMBER (0 to ", kMaxFleetRate, ")"));
}

void AddTraffic(CLI::App& command, FleetOptions& fleet) {
  command
      .add_option("--devices", fleet.devices,
                  "How many devices report: a third each electricity meters, gas meters and "
                  "communications hubs")
      ->check(IsAtMost("NUMBER", 1, kMaxFleetDevices))
      ->capture_default_str();
  command
      .add_option("--rate", fleet.alerts_per_device_day,
                  "Alerts per device and day besides storms and outages. The whole fleet of Great "
                  "Britain had about 1, storms included, in July 2022")
      ->check(IsRate())
      ->capture_default_str();
  CLI::Option* const storms =
      command
          .add_option(
              "--storms", fleet.storms,
              "How many devices storm, at some time: each repeats one code every 1 to 10 s for "
              "10m to 7h30m, which makes about 3700 alerts if the duration has room for that")
          ->check(IsAtMost("NUMBER", 0, kMaxFleetStorms))
          ->capture_default_str();
  // So that a small fleet needs no other option.
  command.parse_complete_callback([storms, &fleet] {
    fleet.storms = storms->empty() ? std::min(fleet.storms, fleet.devices) : fleet.storms;
  });
  command
      .add_option("--outages", fleet.outages,
                  "How many power outages there are: in each the hubs of 5 % of the homes send AD1 "
                  "within 3 minutes, and later their meters 8F36 and voltage alerts")
      ->check(IsAtMost("NUMBER", 0, kMaxFleetOutages))
      ->capture_default_str();
}

}  // namespace

CLI::App* AddGenerate(CLI::App& root, GenerateArguments& arguments) {
  FleetOptions& fleet = arguments.fleet;
  CLI::App* command = root.add_subcommand(
      "generate",
      "Write the alerts of a synthetic fleet to standard output, one JSON object a line, in the "
      "order in which they are received. The same options always give the same bytes.");
  AddTraffic(*command, fleet);
  command
      ->add_option_function<std::string>(
          "--duration",
          [&fleet](const std::string& text) { fleet.duration = *ParseDuration(text); },
          "How much time the alerts cover, such as 90s, 10m, 12h or 1d")
      ->check(IsDuration())
      ->default_str(FormatDuration(fleet.duration));
  command
      ->add_option_function<std::string>(
          "--start", [&fleet](const std::string& text) { fleet.start = *ParseTime(text); },
          "When the time that they cover begins")
      ->check(IsTime())
      ->default_str(FormatTime(fleet.start));
  command
      ->add_option("--seed", fleet.seed,
                   "Another number gives other alerts, of the same devices and the same kind")
      ->capture_default_str();
  command->add_flag("--payloads", fleet.payloads,
                    "Give each device alert its GBCS message, unsigned: two to three times the "
                    "bytes");
  command->add_option("--format", arguments.format, "How an alert is written; only json for now")
      ->check(IsFormat())
      ->capture_default_str();
  command->footer(
      "Examples:\n"
      "  weir generate --devices 1000 --duration 1h --storms 2 > small.jsonl\n"
      "  weir generate --devices 100000 --duration 1d --storms 150 > capture.jsonl\n"
      "      about a million alerts, more than half of them in storms\n"
      "  weir generate --duration 7d --rate 0.5 --outages 7 --payloads | weir decode");
  return command;
}

int RunGenerate(const FleetOptions& options, std::FILE* out) {
  if (const absl::Status status = CheckFleetOptions(options); !status.ok()) {
    Say(absl::StrCat("weir generate: ", status.message(), "\n"));
    return kExitUsage;
  }
  const BrokenPipesIgnored guard;
  const Clock::time_point started = Clock::now();
  Progress progress("generating", "alerts");
  Fleet fleet(options);
  KeptAlert alert;
  std::string block;
  uint64_t bytes = 0;
  bool more = true;
  while (more) {
    block.clear();
    while (block.size() < kBlockSize && (more = fleet.Next(alert))) {
      AppendForwarded(View(alert), block);
    }
    bytes += block.size();
    if (!Write(block, out)) {
      const int error = errno;
      progress.Finish();
      return OutputFailed(error);
    }
    if (more) {
      progress.Update(fleet.counts().all(),
                      static_cast<uint64_t>((*alert.received - options.start).value),
                      static_cast<uint64_t>(options.duration.value));
    }
  }
  if (std::fflush(out) != 0) {
    const int error = errno;
    progress.Finish();
    return OutputFailed(error);
  }
  progress.Finish();
  TellResult(fleet.counts(), bytes, std::chrono::duration<double>(Clock::now() - started).count());
  return kExitDone;
}

}  // namespace weir
