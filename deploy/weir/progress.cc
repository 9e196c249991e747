#include "deploy/weir/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "deploy/weir/text.h"

namespace weir {

namespace {

constexpr std::chrono::seconds kQuiet{1};
constexpr std::chrono::milliseconds kTerminalStep{200};
constexpr std::chrono::seconds kLineStep{3};

std::string Bar(uint64_t done, uint64_t total) {
  constexpr size_t kWidth = 30;
  const size_t filled = static_cast<size_t>(std::min(done, total) * kWidth / total);
  return absl::StrCat("[", std::string(filled, '#'), std::string(kWidth - filled, '.'), "] ");
}

// `, 1m 20s left`; empty if nobody knows.
std::string Remaining(uint64_t done, uint64_t total, double seconds) {
  if (done == 0 || total <= done) {
    return "";
  }
  const double left = seconds * static_cast<double>(total - done) / static_cast<double>(done);
  const auto whole = static_cast<uint64_t>(left) + 1;
  return whole < 60 ? absl::StrCat(", ", whole, "s left")
                    : absl::StrCat(", ", whole / 60, "m ", whole % 60, "s left");
}

}  // namespace

Progress::Progress(std::string what, std::string unit)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      terminal_(isatty(STDERR_FILENO) == 1),
      started_(Clock::now()),
      next_(started_ + kQuiet) {}

void Progress::Update(uint64_t count, uint64_t done, uint64_t total) {
  const Clock::time_point now = Clock::now();
  if (now < next_) {
    return;
  }
  next_ = now + (terminal_ ? Clock::duration(kTerminalStep) : Clock::duration(kLineStep));
  Print(count, done, total, std::chrono::duration<double>(now - started_).count());
}

void Progress::Print(uint64_t count, uint64_t done, uint64_t total, double seconds) {
  std::string line = what_;
  if (total > 0) {
    absl::StrAppend(&line, " ", terminal_ ? Bar(done, total) : "");
    absl::StrAppendFormat(
        &line, "%3.0f %%",
        100.0 * static_cast<double>(std::min(done, total)) / static_cast<double>(total));
  }
  absl::StrAppend(
      &line, ", ", WithThousands(count), " ", unit_,
      absl::StrFormat(", %s a second", WithThousands(static_cast<uint64_t>(
                                           static_cast<double>(count) / std::max(seconds, 0.001)))),
      Remaining(done, total, seconds));
  absl::FPrintF(stderr, "%s%s%s", terminal_ ? "\r\033[K" : "", line, terminal_ ? "" : "\n");
  printed_ = true;
}

void Progress::Finish() {
  if (printed_ && terminal_) {
    absl::FPrintF(stderr, "\r\033[K");
  }
}

}  // namespace weir
