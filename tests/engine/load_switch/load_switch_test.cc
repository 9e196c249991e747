#include "engine/load_switch/load_switch.h"

#include <map>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "tests/support/random.h"

namespace weir {
namespace {

constexpr Eui64 kSupplier{0x90B3D51F30010000};
constexpr Eui64 kMeter{0x00DB1234567890A0};
constexpr TimeMs kRelease{1574985600000};
constexpr TimeMs kNow{kRelease.value + 100 * kDay.value};

TimeMs Days(int64_t days) {
  return TimeMs{kNow.value + days * kDay.value};
}

RequestId Id(uint64_t counter) {
  return {.party = kSupplier, .device = kMeter, .counter = counter};
}

class LoadSwitchTest : public testing::Test {
 protected:
  // Each gives what follows, as `srv@days`, days since kNow; empty if nothing does.
  std::string OnRequest(uint64_t counter, absl::string_view srv, int64_t execute_in,
                        TimeMs now = kNow, std::optional<uint32_t> instructions = std::nullopt) {
    Request request;
    request.id = Id(counter);
    request.srv = srv;
    request.execute_at = Days(execute_in);
    request.instructions = instructions;
    return Text(load_switch_.OnRequest(request, type_, Advance(now)));
  }

  std::string OnResponse(uint64_t counter, absl::string_view srv, TimeMs now = kNow,
                         absl::string_view code = "I0") {
    return Text(load_switch_.OnResponse({.id = Id(counter), .srv = srv, .code = code}, type_,
                                        Advance(now)));
  }

  std::string OnOutcome(uint64_t counter, const Outcome& outcome, TimeMs now = kNow) {
    Outcome mine = outcome;
    mine.id = Id(counter);
    return Text(load_switch_.OnOutcome(mine, type_, Advance(now)));
  }

  // What has happened by itself up to then.
  std::string FiredBy(TimeMs now) {
    fired_.clear();
    Advance(now);
    return fired_;
  }

  static Outcome Done(std::optional<uint32_t> number, std::optional<uint32_t> of = std::nullopt) {
    Outcome outcome{.id = {}, .succeeded = true};
    outcome.instruction = number;
    outcome.instructions = of;
    return outcome;
  }

  static Outcome Failed(std::optional<uint32_t> number) {
    Outcome outcome = Done(number);
    outcome.succeeded = false;
    return outcome;
  }

  // As a device alert tells it.
  static Outcome Bare(uint16_t message_code, absl::string_view content) {
    Outcome outcome = Done(std::nullopt);
    outcome.report.message_code = message_code;
    outcome.report.instruction = content;
    return outcome;
  }

  LoadSwitchRules rules_;
  LoadSwitch load_switch_{rules_};
  std::optional<DeviceType> type_ = DeviceType::kEsme;

 private:
  TimeMs Advance(TimeMs now) {
    while (load_switch_.NextDue() && *load_switch_.NextDue() <= now) {
      absl::StrAppend(&fired_, Text(load_switch_.FireNext()));
    }
    return now;
  }

  static std::string Text(const std::optional<SwitchChange>& change) {
    return change ? absl::StrCat(change->srv, "@",
                                 (change->changed_at.value - kNow.value) / kDay.value)
                  : "";
  }

  std::string fired_;
};

TEST_F(LoadSwitchTest, ASuccessfulResponseIsAChangeOnce) {
  EXPECT_EQ(OnResponse(1, "6.14.1", kNow, "E65"), "");
  EXPECT_EQ(OnResponse(1, "6.14.1", kNow, "I99"), "");
  EXPECT_EQ(OnResponse(1, "6.14.1"), "6.14.1@0");
  EXPECT_EQ(OnResponse(1, "6.14.1"), "");
  EXPECT_EQ(OnResponse(1, "6.14.1", TimeMs{Days(30).value - 1}), "");
  EXPECT_EQ(OnResponse(1, "6.14.1", Days(30)), "6.14.1@30") << "forgotten after 30 days";
  EXPECT_EQ(OnResponse(2, "6.13"), "") << "no trigger";
}

TEST_F(LoadSwitchTest, AFutureDatedRequestChangesWhenAllOutcomesAreThere) {
  EXPECT_EQ(OnRequest(1, "6.14.2", 5), "");
  EXPECT_EQ(OnResponse(1, "6.14.2"), "") << "acknowledged";
  EXPECT_EQ(OnOutcome(1, Done(2), Days(5)), "");
  EXPECT_EQ(OnOutcome(1, Done(2), Days(5)), "") << "the same once more";
  EXPECT_EQ(OnOutcome(1, Failed(1), Days(6)), "6.14.2@5");
  EXPECT_EQ(OnOutcome(1, Done(3), Days(6)), "") << "later ones change nothing";
  EXPECT_EQ(FiredBy(Days(35)), "");
}

TEST_F(LoadSwitchTest, LostOutcomesAreWaitedForTwoDays) {
  OnRequest(1, "6.14.2", 5);
  EXPECT_EQ(OnOutcome(1, Done(1), Days(5)), "");
  EXPECT_EQ(FiredBy(TimeMs{Days(7).value - 1}), "");
  EXPECT_EQ(FiredBy(Days(7)), "6.14.2@5");
  EXPECT_EQ(OnOutcome(1, Done(2), Days(8)), "");
}

TEST_F(LoadSwitchTest, FailedOutcomesAreNoChange) {
  OnRequest(1, "6.14.2", 5);
  EXPECT_EQ(OnOutcome(1, Failed(1), Days(5)), "");
  EXPECT_EQ(OnOutcome(1, Failed(2), Days(5)), "");
  EXPECT_EQ(OnResponse(1, "6.14.2", Days(6)), "") << "it is done with";
}

TEST_F(LoadSwitchTest, HowManyInstructionsThereAre) {
  // By the outcome, else by the request, else by the table.
  OnRequest(1, "6.14.2", 5, kNow, 3);
  EXPECT_EQ(OnOutcome(1, Done(1, 1), Days(5)), "6.14.2@5");
  OnRequest(2, "6.14.2", 5, Days(5), 1);
  EXPECT_EQ(OnOutcome(2, Done(1), Days(5)), "6.14.2@5");
  OnRequest(3, "6.14.2", 5, Days(5));
  EXPECT_EQ(OnOutcome(3, Done(1, 0), Days(5)), "");
  EXPECT_EQ(OnOutcome(3, Done(2), Days(5)), "6.14.2@5");
  OnRequest(4, "6.14.3", 5, Days(5));
  const TimeMs later = *ParseTime("2021-02-01T00:00:00Z");
  EXPECT_EQ(OnOutcome(4, Done(1), Days(5)), "") << "before the date of 6.14.3";
  Outcome outcome = Done(1);
  outcome.srv = "6.14.3";
  EXPECT_NE(OnOutcome(5, outcome, later), "");
}

TEST_F(LoadSwitchTest, BareOutcomesAreToldByTheMessageCode) {
  EXPECT_EQ(OnOutcome(1, Bare(0x0054, "calendar")), "");
  EXPECT_EQ(OnOutcome(1, Bare(0x0054, "calendar")), "");
  EXPECT_EQ(OnOutcome(1, Bare(0x0054, "special days")), "6.14.2@0");
  EXPECT_EQ(OnOutcome(2, Bare(0x0019, "tariff")), "") << "of no trigger";
  EXPECT_EQ(load_switch_.size(), 1U);
}

TEST_F(LoadSwitchTest, AnOutcomeBeforeItsRequestOpensIt) {
  EXPECT_EQ(OnOutcome(1, Bare(0x0054, "calendar")), "");
  EXPECT_EQ(OnResponse(1, "6.14.2"), "") << "it is known to be future-dated";
  EXPECT_EQ(OnRequest(1, "6.14.2", 5, kNow, 1), "6.14.2@0") << "and has one instruction";
}

TEST_F(LoadSwitchTest, AnOpenRequestExpires) {
  OnRequest(1, "6.14.2", 5);
  EXPECT_EQ(FiredBy(Days(7)), "");
  EXPECT_EQ(load_switch_.size(), 0U);
  EXPECT_EQ(OnResponse(1, "6.14.2", Days(7)), "6.14.2@7") << "as if it was never seen";
  EXPECT_EQ(OnRequest(2, "6.14.2", 3, Days(7)), "");
  EXPECT_EQ(load_switch_.size(), 1U) << "its time was over when it came";
}

TEST_F(LoadSwitchTest, WhatTheDccSchedulesIsDoneWhenItIsAnswered) {
  OnRequest(1, "7.9", 5);
  EXPECT_EQ(OnResponse(1, "7.9", Days(1)), "");
  EXPECT_EQ(OnResponse(1, "7.9", Days(5)), "7.9@5");
  EXPECT_EQ(OnResponse(1, "7.9", Days(5)), "");
}

TEST_F(LoadSwitchTest, JoinsAreForLoadControlSwitches) {
  EXPECT_EQ(OnResponse(1, "8.7.1"), "");
  type_ = std::nullopt;
  EXPECT_EQ(OnResponse(1, "8.7.1"), "");
  type_ = DeviceType::kHcalcs;
  EXPECT_EQ(OnResponse(1, "8.7.1"), "8.7.1@0");
}

TEST_F(LoadSwitchTest, BeforeTheReleaseNobodyIsTold) {
  const TimeMs before{kRelease.value - 1};
  EXPECT_EQ(OnResponse(1, "6.14.1", before), "");
  EXPECT_EQ(OnResponse(1, "6.14.1", kRelease), "") << "the change is known";
  EXPECT_NE(OnResponse(2, "6.14.1", kRelease), "");
}

TEST(LoadSwitch, AnAlertTriggersOnceIfItIsSwitchedOn) {
  LoadSwitchRules rules;
  Alert alert;
  alert.device = kMeter;
  alert.code = *ParseAlertCode("8131");
  alert.counter = 9;
  EXPECT_FALSE(LoadSwitch(rules).IsTrigger(alert.code));
  rules.alerts[0].on = true;
  LoadSwitch load_switch(rules);
  ASSERT_TRUE(load_switch.IsTrigger(alert.code));
  EXPECT_TRUE(load_switch.OnAlert(alert, kNow).has_value());
  EXPECT_FALSE(load_switch.OnAlert(alert, kNow).has_value());
  // A request of the same counter is something else.
  EXPECT_TRUE(
      load_switch
          .OnResponse(
              {.id = {.party = {}, .device = kMeter, .counter = 9}, .srv = "6.14.1", .code = "I0"},
              DeviceType::kEsme, kNow)
          .has_value());
}

TEST(SwitchRequest, SurvivesTheStore) {
  Random random = Random::FromEnvironment(2);
  SCOPED_TRACE(random.seed_text());
  for (int i = 0; i < 1000; ++i) {
    SwitchRequest request{.srv = "6.14.2", .was_seen = random.OneIn(2)};
    const auto time = [&] { return TimeMs{static_cast<int64_t>(random.Below(1U << 30))}; };
    request.execute_at = time();
    for (uint64_t n = random.Below(4); n > 0; --n) {
      request.Add({.number = random.OneIn(2) ? std::make_optional<uint32_t>(n) : std::nullopt,
                   .content = random.OneIn(2) ? std::make_optional(random.Next()) : std::nullopt,
                   .succeeded = random.OneIn(2)},
                  time());
    }
    if (random.OneIn(2)) {
      request.done_at = time();
    }
    request.total = random.OneIn(2) ? std::nullopt : std::make_optional<uint32_t>(7);
    const std::string value = request.Encode();
    ASSERT_EQ(SwitchRequest::Decode(value), request);
    ASSERT_FALSE(SwitchRequest::Decode(absl::string_view(value).substr(0, value.size() - 1)));
  }
  const RequestId id = Id(77);
  EXPECT_EQ(ParseRequestName(RequestName(id)), id);
  EXPECT_FALSE(ParseRequestName(RequestName(id) + "x"));
}

}  // namespace
}  // namespace weir
