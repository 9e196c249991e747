// Goal: what must come of records follows the rules: when requests are settled, what a repetition
// changes, when a device's time is over. Method: few records by hand, times in minutes, and the
// lines that come.

#include "deploy/weir/fleet_expectation.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

#include "deploy/weir/fleet_parties.h"
#include "engine/base/units.h"

namespace weir {
namespace {

constexpr Eui64 kMeter{0x02DB0000000001A0};
constexpr Eui64 kOther{0x02DB0000000002A0};
constexpr Eui64 kSupplier = PartyId(FleetParty::kSupplier, 3);
constexpr Eui64 kOperator = PartyId(FleetParty::kNetworkOperator, 4);
constexpr RequestId kId = {.party = kSupplier, .device = kMeter, .counter = 7};
constexpr int64_t kDayOfMinutes = 24 * 60;

class FleetExpectationTest : public testing::Test {
 protected:
  // What comes of a record that stands at a time; `comes_again` as in FleetSystem.
  template <typename What>
  std::string At(int64_t minute, What what, bool comes_again = false, Eui64 device = kMeter) {
    const SystemRecord record = {.received = Time(minute),
                                 .device = device,
                                 .comes_again = comes_again,
                                 .what = std::move(what)};
    std::string out;
    expectation_.Take(0, record, record.received, out);
    return out;
  }

  // What comes by then.
  std::string Until(int64_t minute) {
    std::string out;
    expectation_.TakeAlert(0, kOther, Time(minute), out);
    return out;
  }

  // Day by day, as stream time does not believe a single step of more.
  std::string UntilDay(int64_t day) {
    std::string out;
    for (int64_t next = 0; next <= day * 2; ++next) {
      out += Until(next * kDayOfMinutes / 2);
    }
    return out;
  }

  static TimeMs Time(int64_t minute) {
    return *ParseTime("2019-12-02T00:00:00Z") + DurationMs{minute * kMinute.value};
  }

  static SystemDevice Meter() {
    SystemDevice meter;
    meter.network_operator = kOperator;
    return meter;
  }

  static SystemRequest Later(int64_t minute) {
    SystemRequest asked;
    asked.request.id = kId;
    asked.request.srv = "6.14.2";
    asked.request.execute_at = Time(minute);
    return asked;
  }

  static SystemResponse Done() {
    SystemResponse answer;
    answer.response.id = kId;
    answer.response.srv = "6.14.2";
    answer.response.code = "I0";
    return answer;
  }

  static SystemOutcome Outcome(uint32_t instruction, bool succeeded) {
    SystemOutcome outcome;
    outcome.outcome.id = kId;
    outcome.outcome.srv = "6.14.2";
    outcome.outcome.instruction = instruction;
    outcome.outcome.succeeded = succeeded;
    return outcome;
  }

  static bool IsNotice(absl::string_view text) {
    return text == absl::StrCat(R"({"stream":"enp.)", FormatEui64(kOperator),
                                R"(","device":"02-DB-00-00-00-00-01-A0","request_id":")",
                                FormatEui64(kSupplier), ":", FormatEui64(kMeter),
                                R"(:7","recipient":")", FormatEui64(kOperator), "\"}\n");
  }

  FleetExpectation expectation_{1};
};

TEST_F(FleetExpectationTest, AChangeComesWithTheLastOutcome) {
  At(0, Meter());
  EXPECT_NE(At(1, Later(60)), "");
  EXPECT_EQ(At(2, Done()), "") << "acknowledged, not done";
  EXPECT_EQ(At(61, Outcome(2, true)), "");
  EXPECT_EQ(At(62, Outcome(2, true)), "") << "the same again";
  EXPECT_TRUE(IsNotice(At(63, Outcome(1, false))));
  EXPECT_EQ(At(64, Outcome(1, true)), "") << "settled";
  EXPECT_EQ(UntilDay(5), "");
}

TEST_F(FleetExpectationTest, WhereOneIsLostItComesTwoDaysLater) {
  At(0, Meter());
  At(1, Later(60));
  EXPECT_EQ(At(60, Outcome(1, true)), "");
  EXPECT_EQ(Until(60 + kDayOfMinutes), "");
  EXPECT_EQ(Until(59 + 2 * kDayOfMinutes), "");
  EXPECT_TRUE(IsNotice(Until(60 + 2 * kDayOfMinutes)));
}

TEST_F(FleetExpectationTest, NothingChangesWhereAllFailed) {
  At(0, Meter());
  EXPECT_EQ(At(60, Outcome(1, false)), "");
  EXPECT_EQ(At(61, Outcome(2, false)), "");
  EXPECT_EQ(At(62, Done()), "") << "known, and done";
}

TEST_F(FleetExpectationTest, TheResponseToWhatNobodySawIsAChange) {
  At(0, Meter());
  EXPECT_TRUE(IsNotice(At(2, Done(), true)));
  EXPECT_EQ(At(4, Done(), true), "") << "a duplicate";
  EXPECT_EQ(At(300, Done(), true), "") << "done";
}

TEST_F(FleetExpectationTest, AMeterNobodyToldOfIsUnrouted) {
  EXPECT_NE(At(2, Done()).find(R"("stream":"enp.unrouted")"), std::string::npos);
}

TEST_F(FleetExpectationTest, ARequestIsJudgedAgainOnceItIsNoDuplicate) {
  EXPECT_NE(At(1, Later(600), true), "");
  EXPECT_EQ(At(60, Later(600), true), "");
  EXPECT_NE(At(61, Later(600), true), "");
}

TEST_F(FleetExpectationTest, ADeviceIsRemovedAfterThirtySixMonths) {
  SystemDevice device;
  device.status = DeviceStatus::kPending;
  device.added = *ParseTime("2016-12-02T10:00:00Z");
  device.added_by = kSupplier;
  EXPECT_EQ(At(0, device), "");
  EXPECT_EQ(Until(10 * 60 - 1), "");
  EXPECT_EQ(Until(10 * 60),
            absl::StrCat(R"({"stream":"inventory.removed","device":"02-DB-00-00-00-00-01-A0",)",
                         R"("recipient":")", FormatEui64(kSupplier), "\"}\n"));
  device.added = *ParseTime("2016-12-02T00:00:00Z");
  EXPECT_NE(At(700, device), "") << "it was over already";
  device.status = DeviceStatus::kCommissioned;
  EXPECT_EQ(At(701, device), "");
}

}  // namespace
}  // namespace weir
