// Goal: the metadata of an offset gives back the number of its commit, and nothing that somebody
// else wrote there passes for one.

#include "connectors/kafka/standing_commits.h"

#include <cstdint>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

TEST(StandingCommits, MetadataGivesBackTheNumber) {
  for (const uint64_t number : {uint64_t{1}, uint64_t{42}, UINT64_MAX}) {
    EXPECT_EQ(ParseCommitMetadata(CommitMetadata(number)), std::make_optional(number));
  }
}

TEST(StandingCommits, ForeignMetadataIsNone) {
  for (const char* text :
       {"", "42", "weir 1 commit ", "weir 1 commit 0", "weir 1 commit -1", "weir 1 commit 4x",
        "weir 2 commit 4", "weir 1 commit 18446744073709551616"}) {
    EXPECT_EQ(ParseCommitMetadata(text), std::nullopt) << text;
  }
}

TEST(StandingCommits, OffsetsCarryTheirNumbers) {
  const std::vector<StandingCommit> commits = {
      {.partition = 2, .number = 7, .next_offset = 70},
      {.partition = 5, .number = 1, .next_offset = 0},
  };
  const PartitionList list = OffsetsOf("meter.events", commits);
  ASSERT_EQ(list->cnt, 2);
  for (int i = 0; i < 2; ++i) {
    const rd_kafka_topic_partition_t& one = list->elems[i];
    EXPECT_STREQ(one.topic, "meter.events");
    EXPECT_EQ(one.partition, commits[static_cast<size_t>(i)].partition);
    EXPECT_EQ(one.offset, commits[static_cast<size_t>(i)].next_offset);
    EXPECT_EQ(ParseCommitMetadata({static_cast<const char*>(one.metadata), one.metadata_size}),
              std::make_optional(commits[static_cast<size_t>(i)].number));
  }
}

}  // namespace
}  // namespace weir
