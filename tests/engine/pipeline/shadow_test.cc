// Goal: a shadow says of its candidate what a replay under it says, and of the policy in force what
// became of the same alerts; and it changes nothing.
// Method: random logs under random policies, in rounds, commits and rollbacks of random sizes, with
// a shadow and without, against a partition that decides under the candidate; worked examples.

#include "engine/pipeline/shadow.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "gtest/gtest.h"

#include "engine/pipeline/decider.h"
#include "engine/pipeline/owned_partition.h"
#include "tests/support/logs.h"
#include "tests/support/memory_ports.h"
#include "tests/support/partition_run.h"
#include "tests/support/random.h"

namespace weir {
namespace {

using Figures = std::map<AlertCode, Comparison>;

// An owned partition, as the commit protocol drives it.
class OwnedRun {
 public:
  explicit OwnedRun(const PolicySchedule& schedule)
      : owned_({.partition = 0, .number = 0, .next_offset = 0}, schedule, DefaultRules()) {}

  void Round(absl::Span<const Record> records) {
    const Results results = decider_.Decide(owned_.state(), records);
    owned_.TellShadow(results.verdicts);
  }

  void Accept() { owned_.Accept(owned_.HeadOf(1), owned_.Export()); }

  OwnedPartition& owned() { return owned_; }

  Figures figures() const {
    Figures figures;
    owned_.shadow()->AddTo(owned_.state().throttle(), figures);
    return figures;
  }

 private:
  OwnedPartition owned_;
  Decider decider_;
};

std::shared_ptr<const PolicyVersion> Newest(const PolicySchedule& schedule) {
  return std::make_shared<PolicyVersion>(schedule.versions.back());
}

// Without duplicates, which a shadow is not shown.
std::vector<CodeTotals> TotalsOf(const Partition& partition) {
  std::vector<CodeTotals> codes = partition.throttle().TotalsByCode();
  for (CodeTotals& code : codes) {
    code.duplicates = 0;
  }
  return codes;
}

void ExpectSame(const Figures& figures, const std::vector<CodeTotals>& live,
                const std::vector<CodeTotals>& candidate) {
  for (uint16_t index = 0; index < AlertCode::kCount; ++index) {
    const auto found = figures.find(AlertCode::FromIndex(index));
    const Comparison code = found == figures.end() ? Comparison() : found->second;
    ASSERT_EQ(code.live, live[index]) << FormatAlertCode(AlertCode::FromIndex(index));
    ASSERT_EQ(code.candidate, candidate[index]) << FormatAlertCode(AlertCode::FromIndex(index));
  }
}

TEST(Shadow, SaysWhatAReplayUnderTheCandidateSays) {
  Random random = Random::FromEnvironment(21);
  SCOPED_TRACE(random.seed_text());
  for (int round = 0; round < Rounds(40); ++round) {
    const PolicySchedule schedule = RandomSchedule(random);
    const std::shared_ptr<const PolicyVersion> candidate = Newest(RandomSchedule(random));
    const std::vector<Record> log = RandomLog(random, 1000);
    OwnedRun run(schedule);
    run.owned().SetCandidate(candidate);
    for (size_t next = 0; next < log.size();) {
      const auto batch = absl::MakeConstSpan(log).subspan(next, 1 + random.Below(100));
      run.Round(batch);
      if (random.OneIn(4)) {
        run.owned().Rollback();
      } else {
        next += batch.size();
        run.Accept();
      }
    }
    PolicySchedule always = schedule;
    always.versions = {candidate->WithoutDate()};
    PartitionRun under_candidate(always);
    under_candidate.Round(log);
    PartitionRun without(schedule);
    without.Round(log);
    ExpectSame(run.figures(), TotalsOf(without.partition()), TotalsOf(under_candidate.partition()));
  }
}

Alert StormAlert(int second) {
  Alert alert;
  alert.device = Eui64{1};
  alert.code = *ParseAlertCode("8F3F");
  alert.received = TimeMs{kStart.value + second * kSecond.value};
  return alert;
}

std::vector<Record> StormSeconds(int begin, int end) {
  std::vector<Record> records;
  for (int second = begin; second < end; ++second) {
    records.emplace_back().event = StormAlert(second);
  }
  return records;
}

std::shared_ptr<const PolicyVersion> WithThreshold(uint64_t threshold) {
  PolicyRules rules;
  rules.fallback.threshold = threshold;
  rules.effective_from = TimeMs{kStart.value + 365 * kDay.value};  // it is to be seen before that
  return std::make_shared<PolicyVersion>(rules);
}

TEST(Shadow, BeginsWithTheNextAlertAndAnewWithAnotherCandidate) {
  const AlertCode code = *ParseAlertCode("8F3F");
  OwnedRun run(PolicySchedule::Default());  // ten an hour
  run.Round(StormSeconds(0, 20));
  run.Accept();
  run.owned().SetCandidate(WithThreshold(3));
  EXPECT_EQ(run.owned().shadow()->since(), TimeMs{kStart.value + 19 * kSecond.value});
  EXPECT_TRUE(run.figures().size() <= 1);
  run.Round(StormSeconds(20, 30));
  run.Accept();
  const Comparison first = run.figures().at(code);
  EXPECT_EQ(first.live.alerts, 10U);
  EXPECT_EQ(first.live.forwarded, 0U);  // its episode goes on
  EXPECT_EQ(first.candidate.alerts, 10U);
  EXPECT_EQ(first.candidate.forwarded, 3U);
  EXPECT_EQ(first.candidate.started, 1U);

  const std::shared_ptr<const PolicyVersion> other = WithThreshold(5);
  run.owned().SetCandidate(other);
  run.Round(StormSeconds(30, 38));
  run.Accept();
  run.owned().SetCandidate(other);  // the same again changes nothing
  EXPECT_EQ(run.figures().at(code).candidate.forwarded, 5U);
  EXPECT_EQ(run.figures().at(code).candidate.alerts, 8U);
  run.owned().SetCandidate(nullptr);
  EXPECT_EQ(run.owned().shadow(), nullptr);
}

TEST(Shadow, AnExcludedCandidateHoldsNothingBack) {
  PolicyRules rules;
  rules.excluded = std::vector<bool>(AlertCode::kCount, true);
  OwnedRun run(PolicySchedule::Default());
  run.owned().SetCandidate(std::make_shared<PolicyVersion>(rules));
  run.Round(StormSeconds(0, 100));
  run.Accept();
  const Comparison code = run.figures().at(*ParseAlertCode("8F3F"));
  EXPECT_EQ(code.candidate.forwarded, 100U);
  EXPECT_LT(code.live.forwarded, 20U);
}

}  // namespace
}  // namespace weir
