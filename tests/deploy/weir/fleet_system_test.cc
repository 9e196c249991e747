// Goal: the other records of a synthetic fleet are in order, the same for the same options, and
// whole; months and meter point numbers are right. Method: whole systems at once; dates and numbers
// worked out by hand.

#include "deploy/weir/fleet_system.h"

#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "deploy/weir/fleet_home.h"
#include "deploy/weir/fleet_inventory.h"
#include "deploy/weir/fleet_mpxn.h"
#include "deploy/weir/fleet_parties.h"
#include "deploy/weir/system_message.h"
#include "engine/base/units.h"

namespace weir {
namespace {

std::vector<SystemRecord> All(const FleetOptions& options) {
  FleetSystem system(options);
  std::vector<SystemRecord> records;
  for (const SystemRecord* next = system.Next(); next != nullptr; next = system.Next()) {
    records.push_back(*next);
    system.Pop();
  }
  EXPECT_EQ(system.counts().all(), records.size());
  return records;
}

std::string Text(const std::vector<SystemRecord>& records) {
  std::string text;
  for (const SystemRecord& record : records) {
    AppendSystemMessage(record, Format::kJson, text);
    text.push_back('\n');
  }
  return text;
}

TEST(FleetSystem, IsEmptyUnlessAskedFor) {
  EXPECT_TRUE(All({.devices = 300}).empty());
}

TEST(FleetSystem, IsInOrderAndWithinTheDuration) {
  const FleetOptions options = {.devices = 900, .duration = {3 * kDay.value}, .system = 300};
  const std::vector<SystemRecord> records = All(options);
  EXPECT_GT(records.size(), 300u * 10);
  TimeMs last = options.start;
  for (const SystemRecord& record : records) {
    EXPECT_GE(record.received, last);
    last = record.received;
  }
  EXPECT_LT(last, options.start + options.duration);
}

TEST(FleetSystem, FollowsFromTheOptions) {
  FleetOptions options = {.devices = 300, .duration = {2 * kDay.value}, .system = 60};
  const std::string text = Text(All(options));
  EXPECT_EQ(Text(All(options)), text);
  options.alerts_per_device_day = 50;
  EXPECT_EQ(Text(All(options)), text) << "whatever else is asked for";
  options.seed = 2;
  EXPECT_NE(Text(All(options)), text);
}

TEST(FleetSystem, RequestIdsStandForOneRequest) {
  std::set<std::pair<RequestId, absl::string_view>> asked;
  std::set<RequestId> ids;
  for (const SystemRecord& record : All({.devices = 3000, .system = 1000})) {
    if (const auto* said = std::get_if<SystemRequest>(&record.what)) {
      asked.insert({said->request.id, said->request.srv});
      ids.insert(said->request.id);
    }
  }
  EXPECT_GT(ids.size(), 1000u);
  EXPECT_EQ(asked.size(), ids.size());
}

TEST(FleetHome, CountsCalendarMonths) {
  const auto add = [](const char* time, int months) {
    return FormatTime(AddMonths(*ParseTime(time), months));
  };
  EXPECT_EQ(add("2016-12-02T10:00:00.001Z", 36), "2019-12-02T10:00:00.001Z");
  EXPECT_EQ(add("2016-02-29T23:59:59Z", 36), "2019-02-28T23:59:59.000Z");
  EXPECT_EQ(add("2016-02-29T00:00:00Z", 48), "2020-02-29T00:00:00.000Z");
  EXPECT_EQ(add("2019-12-31T12:00:00Z", 2), "2020-02-29T12:00:00.000Z");
  EXPECT_EQ(add("2019-12-31T12:00:00Z", -1), "2019-11-30T12:00:00.000Z");
  EXPECT_EQ(add("2019-01-31T12:00:00Z", -36), "2016-01-31T12:00:00.000Z");
}

TEST(FleetMpxn, HasCheckDigits) {
  EXPECT_EQ(FleetMprn(39384244), "3938424403");  // a published one
  // 1*3 + 4*5 = 23; 23 mod 11 = 1.
  EXPECT_EQ(FleetMpan(14, 0), "1400000000001");
  // 1*3 + 0 + 1*43 = 46; 46 mod 11 = 2.
  EXPECT_EQ(FleetMpan(10, 1), "1000000000012");
  EXPECT_EQ(FleetMpan(10, 30'000'000'001), "1000000000012") << "the last ten digits";
}

TEST(FleetParties, AreDifferentOnes) {
  std::set<Eui64> ids;
  std::set<std::string> distributors;
  for (const Party& party : FleetParties()) {
    EXPECT_TRUE(ids.insert(party.id).second) << FormatEui64(party.id);
    EXPECT_EQ(party.distributors.empty(), party.role != Role::kEd);
    for (const std::string& distributor : party.distributors) {
      EXPECT_TRUE(distributors.insert(distributor).second) << distributor;
    }
  }
  EXPECT_GT(ids.size(), 200u);
}

TEST(FleetInventory, ARecordFollowsFromItsNumber) {
  const FleetOptions options;
  const FleetInventory inventory(options, 1000);
  std::string first;
  inventory.Append(731, first);
  std::string again;
  inventory.Append(730, again);
  again.clear();
  inventory.Append(731, again);
  EXPECT_EQ(again, first);
  EXPECT_NE(first.find(FormatEui64(inventory.DeviceOf(731))), std::string::npos);
  EXPECT_NE(first.find(FormatTime(inventory.ReceivedOf(731))), std::string::npos);
}

}  // namespace
}  // namespace weir
