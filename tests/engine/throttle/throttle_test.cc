// Goal: the rules that only show from inside: what state is held, and that it goes away.
// Method: worked examples on the throttle alone, with one shard and with several. What it decides
// is held by the golden scenarios and by the independent model (tests/golden, tests/model).

#include "engine/throttle/throttle.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "gtest/gtest.h"

#include "engine/pipeline/results.h"

namespace weir {
namespace {

// One sign for each result.
struct Lines {
  void Forward(const Alert& /*alert*/, const Record& /*record*/) { text += "F"; }

  void ForwardCopy(const Alert& /*alert*/, const CopyMark& mark) {
    absl::StrAppend(&text, "C", mark.count);
  }

  void Consolidate(const Alert& /*alert*/, const Record& /*record*/) { text += "."; }

  void Duplicate(const Alert& /*alert*/) {}

  void Episode(const EpisodeEvent& event) { text += "([]!"[static_cast<int>(event.kind)]; }

  void DeadLetter(const Record& /*record*/, DeadReason /*reason*/) { text += "D"; }

  void Switched(const SwitchNotice& /*notice*/) {}

  void Removed(const RemovalNotice& /*notice*/) {}

  void Respond(const Record& /*record*/, const ResponseNotice& /*notice*/) {}

  void Judge(const Record& /*record*/, const RequestNotice& /*notice*/) {}

  std::string text;
};

class ThrottleTest : public testing::TestWithParam<size_t> {
 protected:
  void Build(const CodePolicy& policy) {
    PolicyRules rules;
    rules.fallback = policy;
    schedule_.versions.clear();
    schedule_.versions.emplace_back(rules);
    throttle_ = std::make_unique<Throttle>(schedule_, GetParam());
  }

  // A round of one alert.
  void Send(uint64_t device, int64_t at, absl::string_view code = "8F3F") {
    Alert alert;
    alert.device = Eui64{device};
    alert.code = *ParseAlertCode(code);
    alert.received = TimeMs{at};
    now_ = std::max(now_, at);
    const Arrival arrival{.alert = &alert, .now = TimeMs{now_}, .position = position_++};
    Timeline timeline;
    timeline.Add(0, TimeMs{now_});
    Verdict verdict{};
    throttle_->Begin({.arrivals = absl::MakeConstSpan(&arrival, 1),
                      .timeline = &timeline,
                      .verdicts = absl::MakeSpan(&verdict, 1)});
    while (throttle_->DealOut()) {
      for (size_t shard = 0; shard < throttle_->shards(); ++shard) {
        throttle_->Decide(shard);
      }
    }
    Record record;
    record.event = alert;
    std::vector<LedgerEntry> ledger;
    throttle_->MoveLedgersTo(ledger);
    PutInOrder(ledger);
    Visit(Results{.records = absl::MakeConstSpan(&record, 1),
                  .verdicts = absl::MakeConstSpan(&verdict, 1),
                  .ledger = ledger},
          out_);
  }

  size_t OpenKeyCount() const {
    size_t count = 0;
    throttle_->ForEachOpenKey([&](const AlertKey&, const OpenKey&) { ++count; });
    return count;
  }

  PolicySchedule schedule_;
  std::unique_ptr<Throttle> throttle_;
  Lines out_;
  int64_t now_ = 0;
  int64_t position_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Shards, ThrottleTest, testing::Values(1, 4));

TEST_P(ThrottleTest, AnEpisodeFromStartToLastWord) {
  Build({.threshold = 2, .window = kMinute, .clear = 2});
  for (int64_t i = 0; i < 5; ++i) {
    Send(1, i);
  }
  EXPECT_EQ(out_.text, "FF(...");
  Send(1, kMinute.value);  // a later window: its first alert passes as a copy of four
  EXPECT_EQ(out_.text, "FF(...[C4");
  Send(1, kMinute.value + 1);
  Send(2, 2 * kMinute.value);
  EXPECT_EQ(out_.text, "FF(...[C4.C1]F");
  EXPECT_EQ(OpenKeyCount(), 0U);
}

TEST_P(ThrottleTest, CountsTooLargeForTheTableAreKeptExactlyAndGoBackIntoIt) {
  // A second's windows leave five bits for a sliding count.
  Build({.threshold = 100, .window = kSecond, .window_kind = WindowKind::kSliding, .clear = 100});
  for (int i = 0; i < 100; ++i) {
    Send(1, 0);
  }
  EXPECT_EQ(out_.text, std::string(100, 'F'));
  EXPECT_EQ(OpenKeyCount(), 1U);
  // Half of the previous window's hundred still overlaps.
  for (int i = 0; i < 51; ++i) {
    Send(1, 1500);
  }
  EXPECT_EQ(out_.text, std::string(150, 'F') + "(.");
  Send(2, 100000);
  EXPECT_EQ(OpenKeyCount(), 0U);
}

TEST_P(ThrottleTest, AnEpisodeInTheSlidingWindowMayEndWithItsFirst) {
  Build({.threshold = 4, .window = kSecond, .window_kind = WindowKind::kSliding, .clear = 4});
  for (int i = 0; i < 4; ++i) {
    Send(1, 900);
  }
  Send(1, 1000);
  EXPECT_EQ(out_.text, "FFFF(.");
  Send(1, 2000);
  EXPECT_EQ(out_.text, "FFFF(.C1]F");
}

TEST_P(ThrottleTest, AnExcludedKeyTellsOfItsStormOncePerWindow) {
  Build({.threshold = 1, .window = kMinute, .clear = 1});
  for (int i = 0; i < 4; ++i) {
    Send(1, i, "8F36");
  }
  Send(1, kMinute.value, "8F36");
  Send(1, kMinute.value, "8F36");
  EXPECT_EQ(out_.text, "F!FFFF!F");
}

TEST_P(ThrottleTest, DeviceZeroIsThrottledLikeAnyOther) {
  Build({.threshold = 1, .window = kMinute, .clear = 1});
  for (int i = 0; i < 3; ++i) {
    Send(0, i);
  }
  EXPECT_EQ(out_.text, "F(..");
  Send(0, 2 * kMinute.value);
  EXPECT_EQ(out_.text, "F(..[C2]F");  // the window between held nothing
}

TEST_P(ThrottleTest, RollbackPutsEverythingBack) {
  Build({.threshold = 2, .window = kMinute, .clear = 2});
  Send(1, 0);
  Send(1, 1);
  throttle_->Accept(TimeMs{1});
  for (int round = 0; round < 3; ++round) {
    out_.text.clear();
    Send(1, 2);
    Send(1, kMinute.value + 5);
    Send(2, 5 * kMinute.value);
    EXPECT_EQ(out_.text, "(.[C2]F");
    throttle_->Rollback();
    now_ = 1;
    EXPECT_EQ(OpenKeyCount(), 0U);
    EXPECT_EQ(throttle_->TotalsByCode()[ParseAlertCode("8F3F")->index()].alerts, 2U);
  }
}

}  // namespace
}  // namespace weir
