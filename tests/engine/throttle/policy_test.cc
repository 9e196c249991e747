// Goal: versions resolve every code as the policy reference says, and survive the store.
// Method: worked examples on the codes that matter; damage at every byte.

#include "engine/throttle/policy.h"

#include "gtest/gtest.h"

namespace weir {
namespace {

AlertCode Code(absl::string_view text) {
  return *ParseAlertCode(text);
}

TEST(Policy, TheDefaultsExcludeWhatCarriesContent) {
  const PolicyVersion version{PolicyRules{}};
  for (const char* code : {"8F0A", "8F12", "8F1C", "8F2C", "8F35", "8F36", "8F3C", "8F66", "8F67",
                           "8F72", "8F75", "8F84", "8F8B", "AD1", "N1", "N58", "N999"}) {
    EXPECT_TRUE(version.excluded(Code(code))) << code;
  }
  for (const char* code : {"8F0B", "8F34", "8F3D", "8F3F", "8F74", "8F83", "8F8C", "8020", "810E",
                           "8000", "8FFF", "N39", "N54", "N62"}) {
    EXPECT_FALSE(version.excluded(Code(code))) << code;
  }
  EXPECT_EQ(version.policy(Code("8020")), CodePolicy{});
  EXPECT_EQ(version.effective_from(), std::nullopt);
}

PolicyRules Rules(TimeMs effective_from) {
  PolicyRules rules;
  rules.effective_from = effective_from;
  rules.codes[Code("8020")] = {.threshold = 3, .clear = 1};
  return rules;
}

TEST(Policy, PairsAreCountedUnderTheLowerCodeByItsPolicy) {
  PolicyRules rules = Rules(TimeMs{1});
  EXPECT_EQ(PolicyVersion(rules).counted_as(Code("808D")), Code("808D"));
  EXPECT_EQ(PolicyVersion(rules).policy(Code("808D")).threshold, 10U);
  rules.pairs_together = true;
  const PolicyVersion together(rules);
  EXPECT_EQ(together.counted_as(Code("808D")), Code("8020"));
  EXPECT_EQ(together.counted_as(Code("8020")), Code("8020"));
  EXPECT_EQ(together.policy(Code("808D")).threshold, 3U);
  EXPECT_EQ(together.counted_as(Code("8F3F")), Code("8F3F"));
  // 8F75 pairs with 81BC and is excluded by itself, not by its partner.
  EXPECT_EQ(together.counted_as(Code("8F75")), Code("81BC"));
  EXPECT_TRUE(together.excluded(Code("8F75")));
  EXPECT_FALSE(together.excluded(Code("81BC")));
}

TEST(Policy, AVersionTouchesOnlyTheKeysOfCodesThatDiffer) {
  PolicyRules rules = Rules(TimeMs{1});
  const PolicyVersion first(rules);
  rules.effective_from = TimeMs{2};
  rules.note = "nothing but a note";
  const PolicyVersion same(rules);
  const std::vector<bool> none(AlertCode::kCount, false);
  EXPECT_EQ(same.KeysTouchedAfter(first), none);
  rules.excluded[Code("8F3F").index()] = true;
  std::vector<bool> expected = none;
  expected[Code("8F3F").index()] = true;
  EXPECT_EQ(PolicyVersion(rules).KeysTouchedAfter(first), expected);
  rules = Rules(TimeMs{3});
  rules.pairs_together = true;
  const std::vector<bool> touched = PolicyVersion(rules).KeysTouchedAfter(first);
  EXPECT_TRUE(touched[Code("8020").index()]);
  EXPECT_TRUE(touched[Code("808D").index()]);
  EXPECT_FALSE(touched[Code("8F3F").index()]);
}

TEST(Policy, TheVersionInForceIsTheNewestThatHasTakenEffect) {
  PolicySchedule schedule;
  schedule.versions.emplace_back(Rules(TimeMs{10}));
  schedule.versions.emplace_back(Rules(TimeMs{20}));
  EXPECT_EQ(schedule.TakenEffectBy(TimeMs{9}), 0U);
  EXPECT_EQ(schedule.TakenEffectBy(TimeMs{10}), 1U);
  EXPECT_EQ(schedule.TakenEffectBy(TimeMs{19}), 1U);
  EXPECT_EQ(schedule.TakenEffectBy(TimeMs{20}), 2U);
  EXPECT_EQ(PolicySchedule::Default().TakenEffectBy(TimeMs{0}), 1U);
}

TEST(Policy, SurvivesTheStoreAndNoticesDamage) {
  PolicyRules rules = Rules(TimeMs{7});
  rules.note = "first version";
  rules.pairs_together = true;
  rules.codes[Code("N39")] = {.forward = {.kind = Forward::Kind::kOneIn, .n = 9},
                              .last_word = false};
  const PolicyVersion version(rules);
  const std::string bytes = version.Encode();
  const absl::StatusOr<PolicyVersion> back = PolicyVersion::Decode(bytes);
  ASSERT_TRUE(back.ok());
  EXPECT_TRUE(back->DecidesLike(version));
  EXPECT_EQ(back->note(), "first version");
  EXPECT_FALSE(back->DecidesLike(PolicyVersion(PolicyRules{})));
  for (size_t size = 0; size < bytes.size(); size += 7) {
    EXPECT_FALSE(PolicyVersion::Decode(absl::string_view(bytes).substr(0, size)).ok());
  }
}

}  // namespace
}  // namespace weir
