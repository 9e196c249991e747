#include "deploy/weir/generate_command.h"

#include <signal.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

#include "connectors/formats/format.h"
#include "deploy/weir/exit_codes.h"
#include "deploy/weir/fleet.h"
#include "deploy/weir/progress.h"
#include "deploy/weir/record_writer.h"
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

void TellResult(const FleetCounts& counts, const std::string& left_out, uint64_t bytes,
                double seconds) {
  Say(absl::StrFormat("weir generate: %s%s; %.1f MB in %.1f s\n", Describe(counts), left_out,
                      static_cast<double>(bytes) / 1e6, seconds));
}

std::string DescribeLeftOut(uint64_t count, const RecordLayout& layout) {
  const absl::string_view format = FormatName(MessageFormat(layout));
  return count == 0 ? std::string()
                    : absl::StrCat("; ", count, " DCC alerts left out, for which ", format,
                                   " has no form");
}

// Writes all alerts. The number of the error if that fails, else 0.
int WriteAlerts(DurationMs duration, Fleet& fleet, RecordWriter& writer, std::FILE* out,
                uint64_t& bytes) {
  Progress progress("generating", "alerts");
  KeptAlert alert;
  std::string block;
  int error = 0;
  for (bool more = true; more && error == 0;) {
    block.clear();
    while (block.size() < kBlockSize && (more = fleet.Next(alert))) {
      writer.Append(View(alert), block);
    }
    bytes += block.size();
    const bool written = Write(block, out) && (more || std::fflush(out) == 0);
    error = written ? 0 : errno;
    if (more && written) {
      progress.Update(fleet.counts().all(), static_cast<uint64_t>(fleet.covered().value),
                      static_cast<uint64_t>(duration.value));
    }
  }
  progress.Finish();
  return error;
}

}  // namespace

int RunGenerate(const GenerateArguments& arguments, std::FILE* out) {
  FleetOptions options = arguments.fleet;
  options.payloads = options.payloads || NeedsPayloads(arguments.layout);
  absl::Status status = CheckFleetOptions(options);
  status.Update(CheckLayout(arguments.layout));
  if (!status.ok()) {
    Say(absl::StrCat("weir generate: ", status.message(), "\n"));
    return kExitUsage;
  }
  const BrokenPipesIgnored guard;
  const Clock::time_point started = Clock::now();
  Fleet fleet(options);
  RecordWriter writer(arguments.layout);
  uint64_t bytes = 0;
  if (const int error = WriteAlerts(options.duration, fleet, writer, out, bytes); error != 0) {
    return OutputFailed(error);
  }
  TellResult(fleet.counts(), DescribeLeftOut(writer.left_out(), arguments.layout), bytes,
             std::chrono::duration<double>(Clock::now() - started).count());
  return kExitDone;
}

}  // namespace weir
