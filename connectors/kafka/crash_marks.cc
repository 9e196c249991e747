#include "connectors/kafka/crash_marks.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <system_error>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"

#include "engine/base/check.h"

#include "xxhash.h"

namespace weir {

namespace {

constexpr std::array<int, 5> kFaults = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};

// Where the thread is; read by the handler on the same thread.
struct Place {
  volatile sig_atomic_t is_set = 0;
  int32_t partition = 0;
  int64_t first = 0;
  int64_t last = 0;
};

thread_local Place place;

std::atomic<int> mark_file = -1;
std::atomic<uint64_t> mark_log = 0;

bool CameFromOutside(const siginfo_t& info) {
  return info.si_code <= 0 && info.si_pid != getpid();
}

}  // namespace

// Only what may be called from a signal handler.
struct FaultHandler {
  static void Handle(int signal, siginfo_t* info, void* /*context*/) {
    if (place.is_set != 0 && !CameFromOutside(*info)) {
      const CrashMarks::Mark mark{.log = mark_log.load(std::memory_order_relaxed),
                                  .partition = place.partition,
                                  .first = place.first,
                                  .last = place.last};
      // Nobody could be told of a failure.
      [[maybe_unused]] const ssize_t written =
          write(mark_file.load(std::memory_order_relaxed), &mark, sizeof mark);
    }
    // The default action takes over: a core, and the signal as the cause of death.
    static_cast<void>(std::signal(signal, SIG_DFL));
    static_cast<void>(std::raise(signal));
  }
};

CrashMarks::CrashMarks(int file, uint64_t log, std::vector<Mark> marks)
    : file_(file), marks_(std::move(marks)) {
  mark_file = file;
  mark_log = log;
  struct sigaction action = {};
  action.sa_sigaction = FaultHandler::Handle;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  for (const int fault : kFaults) {
    WEIR_CHECK(sigaction(fault, &action, nullptr) == 0);
  }
}

CrashMarks::~CrashMarks() {
  for (const int fault : kFaults) {
    static_cast<void>(std::signal(fault, SIG_DFL));
  }
  mark_file = -1;
  close(file_);
}

absl::StatusOr<std::unique_ptr<CrashMarks>> CrashMarks::Open(const std::string& path,
                                                             const std::string& log) {
  const uint64_t hash = XXH3_64bits(log.data(), log.size());
  absl::StatusOr<std::vector<Mark>> marks = Read(path, hash);
  if (!marks.ok()) {
    return marks.status();
  }
  const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (file < 0) {
    return absl::UnavailableError(absl::StrCat("opening the crash marks ", path, ": ",
                                               std::generic_category().message(errno)));
  }
  return absl::WrapUnique(new CrashMarks(file, hash, *std::move(marks)));
}

absl::StatusOr<std::vector<CrashMarks::Mark>> CrashMarks::Read(const std::string& path,
                                                               uint64_t log) {
  std::vector<Mark> marks;
  std::ifstream file(path, std::ios::binary);
  Mark mark;
  // A mark cut short by a crash within a crash is the last one and means nothing.
  while (file.read(reinterpret_cast<char*>(&mark), sizeof mark)) {
    if (mark.log == log) {
      marks.push_back(mark);
    }
  }
  if (file.bad()) {
    return absl::UnavailableError(absl::StrCat("reading the crash marks ", path));
  }
  return marks;
}

void CrashMarks::At(int32_t partition, int64_t first, int64_t last) const {
  place.is_set = 0;
  place.partition = partition;
  place.first = first;
  place.last = last;
  place.is_set = 1;
}

void CrashMarks::Done() {
  place.is_set = 0;
}

bool CrashMarks::HasMarks(int32_t partition, int64_t offset) const {
  return std::any_of(marks_.begin(), marks_.end(), [&](const Mark& mark) {
    return mark.partition == partition && mark.last >= offset;
  });
}

bool CrashMarks::IsPoison(int32_t partition, int64_t offset) const {
  int under = 0;
  int alone = 0;
  for (const Mark& mark : marks_) {
    const bool covers = mark.partition == partition && mark.first <= offset && offset <= mark.last;
    under += covers ? 1 : 0;
    alone += covers && mark.first == mark.last ? 1 : 0;
  }
  return under >= kMostCrashes && alone > 0;
}

}  // namespace weir
