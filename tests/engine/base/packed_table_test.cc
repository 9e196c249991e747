#include "engine/base/packed_table.h"

#include <map>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "tests/support/random.h"

namespace weir {
namespace {

using Model = std::map<std::string, std::string>;

Model Content(const PackedTable& table) {
  Model content;
  table.ForEach([&](absl::string_view key, absl::string_view value) {
    EXPECT_TRUE(content.emplace(key, value).second) << key << " stands twice";
  });
  return content;
}

// What the open batch would write, over what was written before it.
Model Written(const PackedTable& table, Model before) {
  StateBatch batch;
  table.Export(StateScope(batch, ""));
  for (const StateBatch::Change& change : batch.changes()) {
    if (change.value) {
      before[change.key] = *change.value;
    } else {
      before.erase(change.key);
    }
  }
  return before;
}

TEST(PackedTable, IsAMapThatCanBeUndone) {
  Random random = Random::FromEnvironment(1);
  SCOPED_TRACE(random.seed_text());
  for (int round = 0; round < Rounds(200); ++round) {
    PackedTable table(4);
    Model accepted;
    for (int batch = 0; batch < 10; ++batch) {
      Model model = accepted;
      for (uint64_t i = random.Below(60); i > 0; --i) {
        const std::string key = absl::StrCat(1000 + random.Below(random.OneIn(2) ? 20 : 3000));
        if (random.OneIn(3)) {
          model.erase(key);
          table.Erase(key);
        } else {
          model[key] = std::string(random.Below(40), static_cast<char>('a' + random.Below(26)));
          table.Put(key, model[key]);
        }
        const auto expected = model.find(key);
        ASSERT_EQ(table.Find(key), expected == model.end()
                                       ? std::nullopt
                                       : std::make_optional<absl::string_view>(expected->second));
      }
      ASSERT_EQ(Content(table), model);
      ASSERT_EQ(table.size(), model.size());
      ASSERT_EQ(Written(table, accepted), model);
      if (random.OneIn(3)) {
        table.Rollback([](absl::string_view, std::optional<absl::string_view>,
                          std::optional<absl::string_view>) {});
        ASSERT_EQ(Content(table), accepted);
      } else {
        table.Accept();
        accepted = model;
      }
      ASSERT_EQ(Written(table, accepted), accepted) << "nothing is left of the batch";
    }
  }
}

TEST(PackedTable, ARollbackTellsEachStepBack) {
  PackedTable table(1);
  table.Put("a", "1");
  table.Accept();
  table.Put("a", "2");
  table.Erase("a");
  table.Put("b", "3");
  std::string steps;
  table.Rollback([&](absl::string_view key, std::optional<absl::string_view> now,
                     std::optional<absl::string_view> before) {
    absl::StrAppend(&steps, key, ":", now.value_or("-"), ">", before.value_or("-"), " ");
  });
  EXPECT_EQ(steps, "b:3>- a:->2 a:2>1 ");
  EXPECT_EQ(table.Find("a"), "1");
}

}  // namespace
}  // namespace weir
