#include "deploy/weir/generate_command.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

#include "connectors/formats/format.h"
#include "deploy/weir/exit_codes.h"
#include "deploy/weir/fleet.h"
#include "deploy/weir/fleet_expectation.h"
#include "deploy/weir/fleet_parties.h"
#include "deploy/weir/fleet_system.h"
#include "deploy/weir/generate_inventory.h"
#include "deploy/weir/generate_output.h"
#include "deploy/weir/progress.h"
#include "deploy/weir/record_writer.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

namespace {

using Clock = std::chrono::steady_clock;

// Adds `count` of something, if there is any.
void AppendCount(uint64_t count, const char* what, absl::string_view& separator,
                 std::string& text) {
  if (count > 0) {
    absl::StrAppend(&text, separator, count, what);
    separator = ", ";
  }
}

std::string Describe(const FleetCounts& counts) {
  const std::array<const char*, kFleetKinds> kinds = {" background",         " in storms",
                                                      " about outages",      " flapping",
                                                      " with unknown codes", " received far ahead"};
  std::string text = absl::StrCat(counts.all(), " alerts");
  absl::string_view separator = ": ";
  for (size_t kind = 0; kind < kFleetKinds; ++kind) {
    AppendCount(counts.kinds[kind], kinds[kind], separator, text);
  }
  AppendCount(counts.duplicates, " delivered again", separator, text);
  separator = "; of all these ";
  AppendCount(counts.late, " late", separator, text);
  AppendCount(counts.wrong_clock, " by wrong clocks", separator, text);
  return text;
}

// `50 device records, 20 requests, ...`; nothing if there are none.
std::string DescribeSystem(const SystemCounts& counts, uint64_t expected) {
  if (counts.all() == 0) {
    return {};
  }
  std::string text = absl::StrCat("; ", counts.all(), " other records");
  absl::string_view separator = ": ";
  AppendCount(counts.devices, " about devices", separator, text);
  AppendCount(counts.requests, " requests", separator, text);
  AppendCount(counts.responses, " responses", separator, text);
  AppendCount(counts.outcomes, " outcomes", separator, text);
  separator = "; ";
  AppendCount(expected, " lines expected", separator, text);
  return text;
}

std::string DescribeLeftOut(uint64_t count, const RecordLayout& layout) {
  const absl::string_view format = FormatName(MessageFormat(layout));
  return count == 0 ? std::string()
                    : absl::StrCat("; ", count, " DCC alerts left out, for which ", format,
                                   " has no form");
}

void TellResult(const std::string& what, uint64_t bytes, Clock::time_point started) {
  SayGenerated(absl::StrFormat("weir generate: %s; %.1f MB in %.1f s\n", what,
                               static_cast<double>(bytes) / 1e6,
                               std::chrono::duration<double>(Clock::now() - started).count()));
}

// A fleet on its way into a capture: its alerts, and its other records between them.
class Generating {
 public:
  Generating(const FleetOptions& options, const RecordLayout& layout, SideFile& expected)
      : start_(options.start),
        duration_(options.duration),
        fleet_(options),
        system_(options),
        writer_(layout),
        expectation_(layout.partitions),
        expected_(expected) {}

  void Run(GenerateOutput& out) {
    Progress progress("generating", "alerts");
    KeptAlert alert;
    for (bool more = true, fine = true; more && fine;) {
      while (block_.size() < kGenerateBlock && (more = fleet_.Next(alert))) {
        AddSystem(start_ + fleet_.covered());
        Add(alert);
      }
      if (!more) {
        AddSystem(kLatestTime);
      }
      fine = Flush(out) && (more || out.Flush());
      if (more && fine) {
        progress.Update(fleet_.counts().all(), static_cast<uint64_t>(fleet_.covered().value),
                        static_cast<uint64_t>(duration_.value));
      }
    }
    progress.Finish();
  }

  std::string Describe(const RecordLayout& layout) const {
    return weir::Describe(fleet_.counts()) +
           DescribeSystem(system_.counts(), expectation_.lines()) +
           DescribeLeftOut(writer_.left_out(), layout);
  }

 private:
  void Add(const KeptAlert& alert) {
    if (writer_.Append(View(alert), block_) && expected_.is_there()) {
      expectation_.TakeAlert(writer_.PartitionOf(alert.device), alert.device, *alert.received,
                             lines_);
    }
  }

  // All that is received up to that time.
  void AddSystem(TimeMs until) {
    for (const SystemRecord* next = system_.Next(); next != nullptr && next->received <= until;
         next = system_.Next()) {
      const std::optional<TimeMs> received = writer_.Append(*next, block_);
      if (expected_.is_there()) {
        expectation_.Take(writer_.PartitionOf(next->device), *next, received, lines_);
      }
      system_.Pop();
    }
  }

  bool Flush(GenerateOutput& out) {
    expected_.Write(lines_);
    lines_.clear();
    const bool fine = out.Write(block_);
    block_.clear();
    return fine;
  }

  const TimeMs start_;
  const DurationMs duration_;
  Fleet fleet_;
  FleetSystem system_;
  RecordWriter writer_;
  FleetExpectation expectation_;
  SideFile& expected_;
  std::string block_;
  std::string lines_;
};

absl::Status CheckExpected(const GenerateArguments& arguments) {
  if (arguments.expect.empty()) {
    return absl::OkStatus();
  }
  if (arguments.inventory > 0 || arguments.layout.keyed || arguments.fleet.far_ahead > 1) {
    return absl::InvalidArgumentError(
        "what must come of it is known without --inventory, without --keyed, where the log gives "
        "the times, and with --far-ahead 1 at most");
  }
  return absl::OkStatus();
}

}  // namespace

int RunGenerate(const GenerateArguments& arguments, std::FILE* file) {
  FleetOptions options = arguments.fleet;
  options.payloads = options.payloads || NeedsPayloads(arguments.layout);
  absl::Status status = CheckFleetOptions(options);
  status.Update(CheckLayout(arguments.layout));
  status.Update(CheckExpected(arguments));
  if (!status.ok()) {
    SayGenerated(absl::StrCat("weir generate: ", status.message(), "\n"));
    return kExitUsage;
  }
  const BrokenPipesIgnored guard;
  const Clock::time_point started = Clock::now();
  SideFile parties(arguments.parties);
  parties.Write(arguments.parties.empty() ? std::string() : FleetPartiesFile());
  SideFile expected(arguments.expect);
  if (!parties.Finish() || (!arguments.expect.empty() && !expected.is_there())) {
    expected.Finish();
    return kExitFailed;
  }
  GenerateOutput out(file);
  std::string made;
  if (arguments.inventory > 0) {
    GenerateInventory(arguments, out);
    made = absl::StrCat(arguments.inventory, " records about devices");
  } else {
    Generating generating(options, arguments.layout, expected);
    generating.Run(out);
    made = generating.Describe(arguments.layout);
  }
  if (out.Finish() != kExitDone || !expected.Finish()) {
    return kExitFailed;
  }
  TellResult(made, out.bytes(), started);
  return kExitDone;
}

}  // namespace weir
