// Goal: the rules that only show from inside: what state is held, and that it goes away.
// Method: worked examples on the throttle alone. What it decides is held by the golden scenarios
// and by the independent model (tests/golden, tests/model).

#include "engine/throttle/throttle.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace weir {
namespace {

class Lines : public ThrottleOutput {
 public:
  void Forward(const Alert& /*alert*/) override { text += "F"; }

  void ForwardCopy(const Alert& /*alert*/, const CopyMark& mark) override {
    absl::StrAppend(&text, "C", mark.count);
  }

  void Consolidate(const Alert& /*alert*/) override { text += "."; }

  void Episode(const EpisodeEvent& event) override { text += "([]!"[static_cast<int>(event.kind)]; }

  std::string text;
};

class ThrottleTest : public testing::Test {
 protected:
  void Build(const CodePolicy& policy) {
    PolicyRules rules;
    rules.fallback = policy;
    schedule_.versions.clear();
    schedule_.versions.emplace_back(rules);
    throttle_ = std::make_unique<Throttle>(schedule_, totals_);
  }

  void Send(uint64_t device, int64_t at, absl::string_view code = "8F3F") {
    Alert alert;
    alert.device = Eui64{device};
    alert.code = *ParseAlertCode(code);
    alert.received = TimeMs{at};
    const Epochs::Pin pin = throttle_->Enter();
    throttle_->Advance(TimeMs{at}, out_);
    throttle_->Decide(alert, position_++, TimeMs{at}, out_);
  }

  PolicySchedule schedule_;
  Totals totals_;
  std::unique_ptr<Throttle> throttle_;
  Lines out_;
  int64_t position_ = 0;
};

TEST_F(ThrottleTest, AnEpisodeFromStartToLastWord) {
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
  EXPECT_EQ(throttle_->open_keys().size(), 0U);
}

TEST_F(ThrottleTest, CountsTooLargeForTheTableAreKeptExactlyAndGoBackIntoIt) {
  // A second's windows leave five bits for a sliding count.
  Build({.threshold = 100, .window = kSecond, .window_kind = WindowKind::kSliding, .clear = 100});
  for (int i = 0; i < 100; ++i) {
    Send(1, 0);
  }
  EXPECT_EQ(out_.text, std::string(100, 'F'));
  EXPECT_EQ(throttle_->open_keys().size(), 1U);
  // Half of the previous window's hundred still overlaps.
  for (int i = 0; i < 51; ++i) {
    Send(1, 1500);
  }
  EXPECT_EQ(out_.text, std::string(150, 'F') + "(.");
  Send(2, 100000);
  EXPECT_EQ(throttle_->open_keys().size(), 0U);
}

TEST_F(ThrottleTest, AnEpisodeInTheSlidingWindowMayEndWithItsFirst) {
  Build({.threshold = 4, .window = kSecond, .window_kind = WindowKind::kSliding, .clear = 4});
  for (int i = 0; i < 4; ++i) {
    Send(1, 900);
  }
  Send(1, 1000);
  EXPECT_EQ(out_.text, "FFFF(.");
  Send(1, 2000);
  EXPECT_EQ(out_.text, "FFFF(.C1]F");
}

TEST_F(ThrottleTest, AnExcludedKeyTellsOfItsStormOncePerWindow) {
  Build({.threshold = 1, .window = kMinute, .clear = 1});
  for (int i = 0; i < 4; ++i) {
    Send(1, i, "8F36");
  }
  Send(1, kMinute.value, "8F36");
  Send(1, kMinute.value, "8F36");
  EXPECT_EQ(out_.text, "F!FFFF!F");
}

TEST_F(ThrottleTest, DeviceZeroIsThrottledLikeAnyOther) {
  Build({.threshold = 1, .window = kMinute, .clear = 1});
  for (int i = 0; i < 3; ++i) {
    Send(0, i);
  }
  EXPECT_EQ(out_.text, "F(..");
  Send(0, 2 * kMinute.value);
  EXPECT_EQ(out_.text, "F(..[C2]F");  // the window between held nothing
}

TEST_F(ThrottleTest, RollbackPutsEverythingBack) {
  Build({.threshold = 2, .window = kMinute, .clear = 2});
  Send(1, 0);
  Send(1, 1);
  throttle_->Accept(TimeMs{1});
  totals_.Accept();
  for (int round = 0; round < 3; ++round) {
    out_.text.clear();
    Send(1, 2);
    Send(1, kMinute.value + 5);
    Send(2, 5 * kMinute.value);
    EXPECT_EQ(out_.text, "(.[C2]F");
    throttle_->Rollback();
    totals_.Rollback();
    EXPECT_EQ(throttle_->open_keys().size(), 0U);
    EXPECT_EQ(totals_.codes()[ParseAlertCode("8F3F")->index()].alerts, 2U);
  }
}

}  // namespace
}  // namespace weir
