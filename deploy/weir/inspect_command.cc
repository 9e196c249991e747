#include "deploy/weir/inspect_command.h"

#include <cstdint>
#include <cstdio>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "connectors/capture/capture_position.h"
#include "connectors/config/system_file.h"
#include "connectors/rocksdb/rocksdb_store.h"
#include "deploy/weir/exit_codes.h"
#include "deploy/weir/inspect_devices_json.h"
#include "deploy/weir/inspect_devices_text.h"
#include "deploy/weir/inspect_json.h"
#include "deploy/weir/inspect_text.h"
#include "deploy/weir/inspected_state.h"
#include "deploy/weir/option_checks.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

constexpr size_t kTop = 10;  // of the lists of the overview

// A device, what is storming, or an MPxN is asked for by itself.
bool IsOverview(const InspectArguments& arguments) {
  return arguments.device.empty() && arguments.mpxn.empty() && !arguments.storming;
}

// What is not loaded, as far as it is asked for.
absl::Status LookUp(const InspectArguments& arguments, const SystemRules& rules, Store& store,
                    InspectedState& state) {
  const InspectedDevices devices(*state.inspection, rules, store);
  if (const std::optional<Eui64> device = ParseEui64(arguments.device); device) {
    WEIR_ASSIGN_OR_RETURN(state.devices, devices.InventoryOf(*device));
    WEIR_ASSIGN_OR_RETURN(state.gas_flows, devices.GasFlowOf(*device));
    WEIR_ASSIGN_OR_RETURN(state.requests, devices.RequestsOf(*device));
  }
  if (!arguments.mpxn.empty()) {
    WEIR_ASSIGN_OR_RETURN(state.devices, devices.WithMpxn(arguments.mpxn));
  }
  for (uint32_t i = 0; IsOverview(arguments) && i < state.inspection->partitions(); ++i) {
    WEIR_ASSIGN_OR_RETURN(const DeviceCounts counts, devices.Count(i));
    state.counts.push_back(counts);
  }
  return absl::OkStatus();
}

absl::Status ReadOnce(const InspectArguments& arguments, const SystemRules& rules,
                      InspectedState& state) {
  state = {.directory = arguments.state};
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<Store> store,
                        OpenRocksDbStoreForReading(state.directory));
  WEIR_ASSIGN_OR_RETURN(state.inspection, Inspection::Read(*store));
  if (state.inspection->commits() == 0) {
    return absl::OkStatus();
  }
  std::optional<CapturePosition> position = DecodePosition(state.inspection->position());
  if (!position) {
    return absl::DataLossError("the position of the source kept in the state is damaged");
  }
  state.position = *std::move(position);
  return LookUp(arguments, rules, *store, state);
}

// A replay that goes on beside puts files away now and then.
absl::Status ReadState(const InspectArguments& arguments, const SystemRules& rules,
                       InspectedState& state) {
  constexpr int kAttempts = 10;
  absl::Status read;
  for (int i = 0; i < kAttempts; ++i) {
    read = ReadOnce(arguments, rules, state);
    if (!absl::IsAborted(read)) {
      return read;
    }
  }
  return read;
}

absl::string_view WhatToDo(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kNotFound:
      return ": give the directory that weir replay --state was given";
    case absl::StatusCode::kDataLoss:
      return ": it cannot be trusted; replay the captures again with another --state directory";
    default:
      return "";
  }
}

int Complain(const absl::Status& status, const std::string& directory) {
  const bool says_where = absl::StrContains(status.message(), directory);
  const std::string message = absl::StrCat(says_where ? "" : directory, says_where ? "" : ": ",
                                           status.message(), WhatToDo(status.code()));
  static_cast<void>(std::fprintf(stderr, "weir inspect: %s\n", message.c_str()));
  return kExitFailed;
}

std::string Show(const InspectArguments& arguments, const InspectedState& state) {
  // What is asked for by itself is shown as a whole.
  const size_t top = arguments.top.value_or(IsOverview(arguments) ? kTop : SIZE_MAX);
  if (IsOverview(arguments)) {
    return arguments.json ? OverviewJson(state, top) : OverviewText(state, top);
  }
  if (arguments.storming) {
    return arguments.json ? StormingJson(state, top) : StormingText(state, top);
  }
  if (!arguments.mpxn.empty()) {
    return arguments.json ? DevicesJson(state, top) : DevicesText(state, top);
  }
  const Eui64 device = *ParseEui64(arguments.device);
  return arguments.json ? DeviceJson(state, device, top) : DeviceText(state, device, top);
}

std::string CheckEui64(const std::string& text) {
  return ParseEui64(text)
             ? std::string()
             : absl::StrCat("'", text, "' is no EUI-64: give eight hexadecimal pairs, ",
                            "such as 00-DB-12-34-56-78-90-A0");
}

}  // namespace

CLI::App* AddInspect(CLI::App& root, InspectArguments& arguments) {
  CLI::App* app = root.add_subcommand(
      "inspect",
      "Show what a state directory holds: where it stands, what is throttled now, which devices "
      "stormed");
  app->add_option("--state", arguments.state, "The directory that weir replay --state keeps")
      ->required()
      ->type_name("DIR")
      ->check(CheckNotEmpty);
  CLI::Option* device =
      app->add_option(
             "--device", arguments.device,
             "Everything about one device: the counts of its keys, its open episodes, what\n"
             "the inventory knows of it, load switching, its gas flow rate")
          ->type_name("EUI")
          ->check(CheckEui64);
  app->add_flag("--storming", arguments.storming,
                "Every key that is throttled, most held back first")
      ->excludes(device);
  app->add_option("--mpxn", arguments.mpxn, "The devices that have this MPxN among theirs")
      ->type_name("TEXT")
      ->check(CheckNotEmpty)
      ->excludes(device)
      ->excludes("--storming");
  app->add_option("--config", arguments.config,
                  "Parties and rules, by which it is told whose a device is and how long it may be "
                  "pending; without it there are no parties, and the rules of the release hold")
      ->type_name("FILE")
      ->check(CheckNotEmpty);
  app->add_option("--top", arguments.top,
                  "How many entries of each list are shown; without it 10, and all of them with "
                  "--device, --storming or --mpxn")
      ->type_name("N")
      ->check(CLI::Range(size_t{1}, size_t{1000000000}));
  app->add_flag("--json", arguments.json,
                "Print JSON: one object, with --storming or --mpxn one a line");
  app->footer(
      "Nothing in the directory is changed, and no policy is needed: the state knows the versions\n"
      "that have taken effect. What is shown is the last commit. A replay may go on beside: it is\n"
      "not disturbed, and what it commits meanwhile is not shown. All times are UTC; \"now\" is "
      "the\n"
      "stream time of the partition, the largest received time that it has seen.\n"
      "Examples:\n"
      "  weir inspect --state state\n"
      "  weir inspect --state state --storming --top 20\n"
      "  weir inspect --state state --device 00-DB-12-34-56-78-90-A0\n"
      "  weir inspect --state state --mpxn 1012345678901\n"
      "  weir inspect --state state --storming --json | jq -r .device    # who storms now");
  return app;
}

int RunInspect(const InspectArguments& arguments) {
  SystemConfig config;
  if (!arguments.config.empty()) {
    absl::StatusOr<SystemConfig> read = ReadSystemFile(arguments.config);
    if (!read.ok()) {
      static_cast<void>(
          std::fprintf(stderr, "weir inspect: %s\n", std::string(read.status().message()).c_str()));
      return kExitConfiguration;
    }
    config = *std::move(read);
  }
  InspectedState state;
  if (const absl::Status read = ReadState(arguments, config.system, state); !read.ok()) {
    return Complain(read, arguments.state);
  }
  const std::string text = Show(arguments, state);
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    static_cast<void>(std::fputs("weir inspect: writing to standard output failed\n", stderr));
    return kExitFailed;
  }
  return kExitDone;
}

}  // namespace weir
