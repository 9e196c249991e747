// Goal: a crash of this process marks the records that it was at; a kill from outside marks none;
// three marks, one of which names a record alone, make it poison. Method: children that crash, over
// one file.

#include "connectors/kafka/crash_marks.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

#include "gtest/gtest.h"

#include "tests/connectors/capture/scratch.h"

#include <sys/wait.h>

namespace weir {
namespace {

class CrashMarksTest : public testing::Test {
 protected:
  std::unique_ptr<CrashMarks> Open(const std::string& log = "log") {
    absl::StatusOr<std::unique_ptr<CrashMarks>> marks =
        CrashMarks::Open(scratch_.Path("crashes"), log);
    EXPECT_TRUE(marks.ok()) << marks.status();
    return *std::move(marks);
  }

  // In a child that is at these records of partition 3; the signal that ended it.
  int Die(int64_t first, int64_t last, const std::function<void()>& end) {
    const pid_t child = fork();
    if (child == 0) {
      const std::unique_ptr<CrashMarks> marks = Open();
      marks->At(3, first, last);
      end();
      std::_Exit(0);
    }
    return SignalThatEnded(child);
  }

  static int SignalThatEnded(pid_t child) {
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }

  Scratch scratch_;
};

TEST_F(CrashMarksTest, ThreeCrashesAtARecordMakeItPoison) {
  EXPECT_EQ(Die(10, 90, [] { std::abort(); }), SIGABRT);
  EXPECT_TRUE(Open()->HasMarks(3, 57));
  EXPECT_FALSE(Open()->HasMarks(3, 91));
  EXPECT_FALSE(Open()->HasMarks(2, 57));
  EXPECT_EQ(Die(57, 57, [] { std::raise(SIGSEGV); }), SIGSEGV);
  EXPECT_FALSE(Open()->IsPoison(3, 57));
  EXPECT_EQ(Die(57, 57, [] { std::abort(); }), SIGABRT);
  EXPECT_TRUE(Open()->IsPoison(3, 57));
  EXPECT_FALSE(Open()->IsPoison(3, 58));
  EXPECT_FALSE(Open()->IsPoison(2, 57));
  EXPECT_FALSE(Open("another log")->IsPoison(3, 57));
}

TEST_F(CrashMarksTest, ManyCrashesInARangeCondemnNoRecord) {
  for (int i = 0; i < 5; ++i) {
    Die(10, 90, [] { std::abort(); });
  }
  EXPECT_FALSE(Open()->IsPoison(3, 57));
}

TEST_F(CrashMarksTest, AKillFromOutsideLeavesNoMark) {
  EXPECT_EQ(Die(57, 57, [] { std::raise(SIGKILL); }), SIGKILL);
  int ends[2] = {};
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const std::unique_ptr<CrashMarks> marks = Open();
    marks->At(3, 57, 57);
    [[maybe_unused]] const ssize_t told = write(ends[1], "x", 1);
    for (;;) {
      pause();
    }
  }
  char ready = 0;
  ASSERT_EQ(read(ends[0], &ready, 1), 1);
  ASSERT_EQ(kill(child, SIGSEGV), 0);
  EXPECT_EQ(SignalThatEnded(child), SIGSEGV);
  EXPECT_FALSE(Open()->HasMarks(3, 57));
  close(ends[0]);
  close(ends[1]);
}

TEST_F(CrashMarksTest, ACrashBetweenRecordsLeavesNoMark) {
  Die(57, 57, [] {
    CrashMarks::Done();
    std::abort();
  });
  EXPECT_FALSE(Open()->HasMarks(3, 57));
}

}  // namespace
}  // namespace weir
