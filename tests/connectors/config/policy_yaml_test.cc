// Goal: a policy that is written and read back decides as before.
// Method: random rules (WEIR_SEED repeats a run), and a small file in full.

#include "connectors/config/policy_yaml.h"

#include <string>

#include "gtest/gtest.h"

#include "connectors/config/policy_file.h"
#include "engine/tune/sweep_plan.h"
#include "tests/support/logs.h"
#include "tests/support/random.h"

namespace weir {
namespace {

std::vector<bool> RandomExclusions(Random& random) {
  std::vector<bool> excluded(AlertCode::kCount, random.OneIn(4));
  const uint64_t flips = random.OneIn(3) ? 0 : random.Below(random.OneIn(2) ? 10 : 2000);
  for (uint64_t i = 0; i < flips; ++i) {
    // Also around where kinds of codes meet.
    const uint64_t code =
        random.OneIn(3) ? 4090 + random.Below(12) : random.Below(AlertCode::kCount);
    excluded[code] = !excluded[code];
  }
  return random.OneIn(4) ? DefaultExclusions() : excluded;
}

std::string RandomNote(Random& random) {
  constexpr const char* kPieces[] = {"a",    "\"", "\\", "#", ": ", "\n",       "\x01",
                                     "\x7F", "'",  "{",  " ", "\t", "\xC3\xA9", "~"};
  std::string note;
  for (uint64_t i = random.Below(12); i > 0; --i) {
    note += kPieces[random.Below(14)];
  }
  return note;
}

WrittenPolicy RandomWritten(Random& random) {
  WrittenPolicy policy;
  if (random.OneIn(2)) {
    policy.comment = {"made up", "", "for a test: of {this}"};
  }
  policy.duplicate_window = DurationMs{static_cast<int64_t>(random.Below(3)) * kMinute.value};
  policy.max_ahead = DurationMs{static_cast<int64_t>(1000 + random.Below(1'000'000))};
  policy.rules.effective_from = TimeMs{static_cast<int64_t>(random.Below(2'000'000'000'000))};
  policy.rules.note = RandomNote(random);
  policy.rules.pairs_together = random.OneIn(2);
  policy.rules.fallback = RandomPolicy(random);
  policy.rules.excluded = RandomExclusions(random);
  for (uint64_t i = random.Below(8); i > 0; --i) {
    const AlertCode code = AlertCode::FromIndex(static_cast<uint16_t>(
        random.OneIn(3) ? 4090 + random.Below(12) : random.Below(AlertCode::kCount)));
    policy.rules.codes[code] = RandomPolicy(random);
    if (random.OneIn(2)) {
      policy.code_comments[code] = "why: {so}";
    }
  }
  return policy;
}

TEST(PolicyYaml, ReadsBackAsItWas) {
  Random random = Random::FromEnvironment(3);
  SCOPED_TRACE(random.seed_text());
  for (int round = 0; round < Rounds(1000); ++round) {
    const WrittenPolicy policy = RandomWritten(random);
    const std::string text = PolicyYaml(policy);
    const absl::StatusOr<PolicySchedule> schedule = ParsePolicy(text, "p.yaml");
    ASSERT_TRUE(schedule.ok()) << schedule.status() << "\n" << text;
    ASSERT_EQ(schedule->versions.size(), 1U);
    const PolicyVersion& version = schedule->versions[0];
    EXPECT_TRUE(version.DecidesLike(PolicyVersion(policy.rules))) << text;
    EXPECT_EQ(version.effective_from(), policy.rules.effective_from);
    EXPECT_EQ(version.note(), policy.rules.note) << text;
    EXPECT_EQ(schedule->duplicate_window, policy.duplicate_window);
    EXPECT_EQ(schedule->max_ahead, policy.max_ahead);
    EXPECT_TRUE(PolicyVersion(RulesOf(version)).DecidesLike(version));
    ASSERT_FALSE(testing::Test::HasFailure());
  }
}

TEST(PolicyYaml, SaysWhatIsNotInherited) {
  WrittenPolicy policy;
  policy.comment = {"Two lines,", "of comment."};
  policy.rules.note = "as \"agreed\"";
  policy.rules.pairs_together = true;
  policy.rules.fallback.forward.kind = Forward::Kind::kNone;
  policy.rules.excluded.assign(AlertCode::kCount, false);
  for (const char* code : {"8F66", "8F67", "8FFF", "AD1", "N1"}) {
    policy.rules.excluded[ParseAlertCode(code)->index()] = true;
  }
  const AlertCode code = *ParseAlertCode("8F3F");
  policy.rules.codes[code] = {.threshold = 3,
                              .window = DurationMs{10 * kMinute.value},
                              .window_kind = WindowKind::kSliding,
                              .clear = 1,
                              .forward = {.kind = Forward::Kind::kNone}};
  policy.code_comments[code] = "storms";
  EXPECT_EQ(PolicyYaml(policy), R"(# Two lines,
# of comment.

duplicate_window: 1h
max_ahead: 1d

policies:
  - effective_from: 1970-01-01T00:00:00Z
    note: "as \"agreed\""
    pairs: together
    default: {threshold: 10, window: 1h, forward: none}
    excluded: [8F66-8F67, 8FFF, AD1, N1]
    codes:
      8F3F: {threshold: 3, window: 10m, window_kind: sliding, clear: 1, forward: none}  # storms
)");
}

}  // namespace
}  // namespace weir
