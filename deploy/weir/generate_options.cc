#include "deploy/weir/generate_options.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "connectors/formats/format.h"
#include "engine/base/units.h"

namespace weir {

namespace {

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
    return ParseFormat(text)
               ? std::string()
               : absl::StrCat("'", text, "' cannot be generated; give json, kcat, gbcs or duis");
  };
  return CLI::Validator(check, "FORMAT");
}

CLI::Validator IsPayloadFormat() {
  const auto check = [](const std::string& text) {
    const std::optional<Format> format = ParseFormat(text);
    return format && *format != Format::kKcat
               ? std::string()
               : absl::StrCat("'", text, "' cannot be a payload; give json, gbcs or duis");
  };
  return CLI::Validator(check, "FORMAT");
}

CLI::Validator IsAtMost(const char* name, uint64_t first, uint64_t last) {
  return CLI::Range(first, last).description(absl::StrCat(name, " (", first, " to ", last, ")"));
}

// CLI::Range takes what is no number.
CLI::Validator IsNumberUpTo(double last) {
  const auto check = [last](const std::string& text) {
    double number = 0;
    return absl::SimpleAtod(text, &number) && number >= 0 && number <= last
               ? std::string()
               : absl::StrCat("'", text, "' is no number from 0 to ", last);
  };
  return CLI::Validator(check, absl::StrCat("NUMBER (0 to ", last, ")"));
}

// ---- What there is

void AddFleet(CLI::App& command, FleetOptions& fleet) {
  command
      .add_option("--devices", fleet.devices,
                  "How many devices report: a third each electricity meters, gas meters and "
                  "communications hubs")
      ->check(IsAtMost("NUMBER", 1, kMaxFleetDevices))
      ->capture_default_str();
  command
      .add_option_function<std::string>(
          "--duration",
          [&fleet](const std::string& text) { fleet.duration = *ParseDuration(text); },
          "How much time the alerts cover, such as 90s, 10m, 12h or 1d")
      ->check(IsDuration())
      ->default_str(FormatDuration(fleet.duration));
  command
      .add_option_function<std::string>(
          "--start", [&fleet](const std::string& text) { fleet.start = *ParseTime(text); },
          "When the time that they cover begins")
      ->check(IsTime())
      ->default_str(FormatTime(fleet.start));
  command
      .add_option("--seed", fleet.seed,
                  "Another number gives other alerts, of the same devices and the same kind")
      ->capture_default_str();
}

void AddTraffic(CLI::App& command, FleetOptions& fleet) {
  command
      .add_option("--rate", fleet.alerts_per_device_day,
                  "Alerts per device and day besides all that follows. The whole fleet of Great "
                  "Britain had about 1, storms included, in July 2022")
      ->check(IsNumberUpTo(kMaxFleetRate))
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
  command
      .add_option("--flapping", fleet.flapping,
                  "How many devices flap, at some time: each alternates two codes that clear each "
                  "other, such as 8020 and 808D, every 5 to 60 s for 1h to 6h, which passes the "
                  "default threshold")
      ->check(IsAtMost("NUMBER", 0, kMaxFleetFlapping))
      ->capture_default_str();
  command
      .add_option("--unknown-codes", fleet.unknown_codes,
                  "Alerts of codes that no table names, as a share of those that --rate asks for "
                  "and besides them")
      ->check(IsNumberUpTo(1))
      ->capture_default_str();
}

void AddSystem(CLI::App& command, GenerateArguments& arguments) {
  command
      .add_option(
          "--system", arguments.fleet.system,
          "In how many of the homes, three devices each, there are other records as well: what "
          "the inventory knows of their devices, service requests, responses and outcomes about "
          "load switching, reads of network operators, returned hubs and gas flow, and devices "
          "that stay pending. About 13 records a home; faults such as --late concern alerts only")
      ->check(IsAtMost("NUMBER", 0, kMaxFleetSystem))
      ->capture_default_str();
  command.add_option(
      "--expect", arguments.expect,
      "Write what must come of the records of --system into this file: a JSON line for each "
      "request that is judged, notice of a change, response that goes on, device that is removed");
  command.add_option("--parties", arguments.parties,
                     "Write the parties of the fleet into this file, as weir replay --config "
                     "reads it");
  command
      .add_option("--inventory", arguments.inventory,
                  "Write so many records about as many devices, received evenly over the duration, "
                  "and nothing else; json in every format")
      ->check(IsAtMost("NUMBER", 0, kMaxFleetInventory))
      ->capture_default_str();
}

// ---- What may happen to it

void AddFaults(CLI::App& command, FleetOptions& fleet) {
  command
      .add_option("--duplicates", fleet.duplicates,
                  "The share of device alerts that is delivered a second time within 5m, the same "
                  "but for the time received")
      ->check(IsNumberUpTo(1))
      ->capture_default_str();
  command
      .add_option(
          "--late", fleet.late,
          "The share of alerts that is held up for as long as 10m: they stand behind alerts "
          "received after them")
      ->check(IsNumberUpTo(1))
      ->capture_default_str();
  command
      .add_option("--wrong-clocks", fleet.wrong_clocks,
                  "How many devices have a wrong clock, which is 30 days to 15 years behind or 1 "
                  "day to 10 years ahead")
      ->check(IsAtMost("NUMBER", 0, kMaxFleetWrongClocks))
      ->capture_default_str();
  command
      .add_option(
          "--far-ahead", fleet.far_ahead,
          "How many devices send three more alerts that are stamped, when received, with a "
          "time 2 to 30 days ahead. A replay ignores the times of one such device; with two "
          "or more it believes them, and takes all that follows for late")
      ->check(IsAtMost("NUMBER", 0, kMaxFleetFarAhead))
      ->capture_default_str();
}

// ---- How it is written

void AddLayout(CLI::App& command, GenerateArguments& arguments) {
  RecordLayout& layout = arguments.layout;
  command
      .add_option_function<std::string>(
          "--format", [&layout](const std::string& name) { layout.format = *ParseFormat(name); },
          "How an alert is written, one a line: json; kcat, what kcat -J prints of a topic; gbcs, "
          "the time received, a tab and the device's message in hexadecimal; duis, an XML "
          "document. gbcs leaves out DCC alerts, for which it has no form; in duis each has a "
          "counter, the DCC's own. Of what --system adds, records about devices are json in every "
          "format, and in gbcs all that are no alerts; in duis a request is json if it says what "
          "DUIS has no place for")
      ->check(IsFormat())
      ->default_str("json");
  command.add_flag("--payloads", arguments.fleet.payloads,
                   "Give each device alert that is written as json its GBCS message, unsigned: two "
                   "to three times the bytes. gbcs and duis have it anyway");
  command
      .add_option(
          "--partitions", layout.partitions,
          "With --format kcat, how many partitions the topic has. A replay takes each for a "
          "log of its own")
      ->check(IsAtMost("NUMBER", 1, kMaxPartitions))
      ->capture_default_str();
  command
      .add_option_function<std::string>(
          "--payload-format",
          [&layout](const std::string& name) { layout.payload = *ParseFormat(name); },
          "With --format kcat, how the payload is written: json, gbcs or duis")
      ->check(IsPayloadFormat())
      ->default_str("json");
  command.add_flag("--keyed", layout.keyed,
                   "Write the device and a tab before each message, as kcat -P -K '\\t' wants it "
                   "for a topic; gbcs then without the time received, which the log sets. Not with "
                   "--format kcat");
}

}  // namespace

CLI::App* AddGenerate(CLI::App& root, GenerateArguments& arguments) {
  CLI::App* command = root.add_subcommand(
      "generate",
      "Write the alerts and other records of a synthetic fleet to standard output, one a line, in "
      "the order of a "
      "log. The same options always give the same bytes, and an option for one kind of alerts "
      "leaves the others as they are.");
  AddFleet(*command, arguments.fleet);
  AddTraffic(*command, arguments.fleet);
  AddSystem(*command, arguments);
  AddFaults(*command, arguments.fleet);
  AddLayout(*command, arguments);
  command->footer(
      "Examples:\n"
      "  weir generate --devices 1000 --duration 1h --storms 2 > small.jsonl\n"
      "  weir generate --devices 100000 --duration 1d --storms 150 > capture.jsonl\n"
      "      about a million alerts, more than half of them in storms\n"
      "  weir generate --duration 7d --rate 0.5 --outages 7 --payloads | weir decode\n"
      "  weir generate --flapping 5 --duplicates 0.01 --late 0.02 | weir replay -\n"
      "      what an upstream that delivers at least once makes of it\n"
      "  weir generate --unknown-codes 0.01 --wrong-clocks 10 --far-ahead 1 | weir replay -\n"
      "  weir generate --format kcat --partitions 8 --payload-format gbcs > topic.jsonl\n"
      "  weir generate --format gbcs --storms 0 | weir decode\n"
      "  weir generate --format duis --devices 30 > documents.xml\n"
      "  weir generate --system 500 --parties parties.yaml --expect expected.jsonl > all.jsonl\n"
      "      weir replay --config parties.yaml --out result all.jsonl finds what is expected\n"
      "  weir generate --inventory 100000 --parties parties.yaml > inventory.jsonl");
  return command;
}

}  // namespace weir
