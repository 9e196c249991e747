// Goal: alerts by code are counted exactly over the buckets of the running three minutes, devices
// as closely as the sketch promises, whatever time does.
// Method: known alerts at the borders of buckets; random logs (WEIR_SEED repeats a run) against a
// list of everything that was counted.

#include "engine/pipeline/recent_codes.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/alert/catalogue.h"
#include "tests/support/random.h"

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Eui64 kDevice{0x90B3D51F30000001};
constexpr Eui64 kOther{0x90B3D51F30000002};
constexpr int64_t kHalfMinute = 30000;
constexpr TimeMs kBegin{52500960 * kHalfMinute};  // of a bucket, in 2019

AlertCode Code(absl::string_view text) {
  return *ParseAlertCode(text);
}

RecentCode Told(absl::string_view code, uint64_t alerts, uint64_t devices) {
  return {.code = Code(code), .alerts = alerts, .devices = devices};
}

TimeMs At(int64_t milliseconds) {
  return TimeMs{kBegin.value + milliseconds};
}

TEST(RecentCodes, AreNoneAtFirst) {
  RecentCodes recent;
  EXPECT_THAT(recent.Told(), IsEmpty());
  recent.MoveTo(kBegin);
  EXPECT_THAT(recent.Told(), IsEmpty());
}

TEST(RecentCodes, AreToldByCodeAndTheOthersTogether) {
  ASSERT_EQ(AlertCodeName(Code("8FFE")), "");
  ASSERT_EQ(AlertCodeName(Code("N7")), "");
  RecentCodes recent;
  recent.MoveTo(kBegin);
  recent.Count(Code("AD1"), std::nullopt);
  recent.Count(Code("8F3F"), kDevice);
  recent.Count(Code("8F3F"), kDevice);
  recent.Count(Code("8FFE"), kDevice);
  recent.Count(Code("N7"), kOther);
  recent.Count(Code("8020"), kDevice);
  recent.Count(Code("8020"), kOther);
  EXPECT_THAT(recent.Told(), ElementsAre(Told("8020", 2, 2), Told("8F3F", 2, 1), Told("AD1", 1, 0),
                                         RecentCode{.code = {}, .alerts = 2, .devices = 2}));
}

TEST(RecentCodes, ABucketGoesAsAWhole) {
  RecentCodes recent;
  recent.MoveTo(At(0));
  recent.Count(Code("8F3F"), kDevice);
  recent.MoveTo(At(kHalfMinute - 1));
  recent.Count(Code("8F3F"), kDevice);
  recent.MoveTo(At(kHalfMinute));
  recent.Count(Code("8F3F"), kOther);
  recent.MoveTo(At(6 * kHalfMinute - 1));
  EXPECT_THAT(recent.Told(), ElementsAre(Told("8F3F", 3, 2)));
  recent.MoveTo(At(6 * kHalfMinute));
  EXPECT_THAT(recent.Told(), ElementsAre(Told("8F3F", 1, 1)));
  recent.MoveTo(At(7 * kHalfMinute - 1));
  EXPECT_THAT(recent.Told(), ElementsAre(Told("8F3F", 1, 1)));
  recent.MoveTo(At(7 * kHalfMinute));
  EXPECT_THAT(recent.Told(), IsEmpty());
}

TEST(RecentCodes, StayWhileTimeStandsStillOrGoesBack) {
  RecentCodes recent;
  recent.MoveTo(At(100 * kHalfMinute));
  for (uint64_t n = 1; n <= 1000; ++n) {
    recent.Count(Code("8F3F"), kDevice);
    recent.MoveTo(At(static_cast<int64_t>(1000 - n) * 50));
    EXPECT_THAT(recent.Told(), ElementsAre(Told("8F3F", n, 1)));
  }
}

TEST(RecentCodes, AreGoneAfterAJump) {
  for (const int64_t jump : {6 * kHalfMinute, 7 * kHalfMinute, 2 * kDay.value}) {
    RecentCodes recent;
    recent.MoveTo(At(kHalfMinute - 1));
    recent.Count(Code("8F3F"), kDevice);
    recent.MoveTo(At(kHalfMinute - 1 + jump));
    EXPECT_THAT(recent.Told(), IsEmpty()) << jump;
    recent.Count(Code("8F3F"), kOther);
    EXPECT_THAT(recent.Told(), ElementsAre(Told("8F3F", 1, 1))) << jump;
  }
}

// What was counted, with the number of its bucket.
struct Counted {
  int64_t bucket;
  AlertCode code;
  std::optional<Eui64> device;
};

// By code; those that are in no catalogue under nothing.
using Exact = std::map<std::optional<AlertCode>, std::pair<uint64_t, std::set<Eui64>>>;

Exact Count(const std::deque<Counted>& log, int64_t bucket) {
  Exact exact;
  for (const Counted& each : log) {
    if (each.bucket > bucket - static_cast<int64_t>(RecentCodes::kBuckets)) {
      const bool known = !AlertCodeName(each.code).empty();
      auto& [alerts, devices] = exact[known ? std::make_optional(each.code) : std::nullopt];
      ++alerts;
      if (each.device) {
        devices.insert(*each.device);
      }
    }
  }
  return exact;
}

TEST(RecentCodes, AreThoseOfARandomLog) {
  Random random = Random::FromEnvironment(20191129);
  SCOPED_TRACE(random.seed_text());
  for (int run = 0; run < 20; ++run) {
    RecentCodes recent;
    std::deque<Counted> log;
    int64_t now = kBegin.value + static_cast<int64_t>(random.Below(1000000));
    const uint64_t devices = uint64_t{1} << random.Below(14);
    const uint64_t longest_step = uint64_t{1} << random.Below(12);
    for (int step = 0; step < 4000; ++step) {
      now += static_cast<int64_t>(random.OneIn(1000) ? random.Below(400000)
                                                     : random.Below(longest_step));
      recent.MoveTo(TimeMs{now});
      const AlertCode code = AlertCode::FromIndex(static_cast<uint16_t>(random.Below(40)));
      const auto device =
          random.OneIn(50) ? std::nullopt : std::make_optional(Eui64{random.Below(devices)});
      recent.Count(code, device);
      log.push_back({now / kHalfMinute, code, device});
      if (step % 500 != 499) {
        continue;
      }
      const Exact exact = Count(log, now / kHalfMinute);
      const std::vector<RecentCode> told = recent.Told();
      ASSERT_EQ(told.size(), exact.size());
      for (const RecentCode& each : told) {
        ASSERT_TRUE(exact.contains(each.code));
        const auto& [alerts, of] = exact.at(each.code);
        EXPECT_EQ(each.alerts, alerts);
        const auto number = static_cast<double>(of.size());
        EXPECT_NEAR(static_cast<double>(each.devices), number, 2 + 5 * 0.0325 * number);
      }
    }
  }
}

// What was decided of a round.
struct Round {
  std::vector<Record> records;
  std::vector<Verdict> verdicts;

  void Add(absl::string_view code, std::optional<Eui64> device, TimeMs at,
           Verdict verdict = Verdict::kForward) {
    Alert alert;
    alert.device = device;
    alert.code = Code(code);
    alert.received = at;
    records.emplace_back().event = alert;
    verdicts.push_back(verdict);
  }

  Results results() const {
    return {.records = records, .verdicts = verdicts, .ledger = {}, .notices = {}};
  }
};

TEST(RecentCodes, OfARoundAreItsAlertsButForDuplicates) {
  Round round;
  round.Add("8F3F", kDevice, At(10));
  round.Add("8F3F", kOther, At(20), Verdict::kCopy);
  round.Add("8F3F", kOther, At(30), Verdict::kConsolidate);
  round.Add("8F3F", Eui64{7}, At(40), Verdict::kDuplicate);
  round.records.emplace_back().event = DeadReason::kBadJson;
  round.records.emplace_back().event = OtherEvent{};
  round.verdicts.resize(round.records.size());
  RecentCodes recent;
  recent.Take(round.results(), At(40));
  EXPECT_THAT(recent.Told(), ElementsAre(Told("8F3F", 3, 2)));
}

TEST(RecentCodes, OfARoundAreAtTheTimeThatEachBrought) {
  Round round;
  round.Add("8010", kDevice, At(0));
  round.Add("8F3F", kDevice, At(2 * kHalfMinute));
  // Late: processed at the stream time as it stands.
  round.Add("8011", kDevice, At(1));
  // Too far ahead to move stream time, and one that names no device.
  round.Add("8013", kDevice, At(2 * kDay.value));
  round.Add("AD1", std::nullopt, At(5 * kHalfMinute));
  round.Add("8014", kDevice, At(6 * kHalfMinute));
  RecentCodes recent;
  recent.Take(round.results(), At(6 * kHalfMinute));
  EXPECT_THAT(recent.Told(), ElementsAre(Told("8011", 1, 1), Told("8013", 1, 1), Told("8014", 1, 1),
                                         Told("8F3F", 1, 1), Told("AD1", 1, 0)));
  // All but the last one were in the third bucket. A round without records lets time pass.
  recent.Take({}, At(8 * kHalfMinute));
  EXPECT_THAT(recent.Told(), ElementsAre(Told("8014", 1, 1)));
}

}  // namespace
}  // namespace weir
