#include "connectors/kafka/standing_commits.h"

#include <cstdlib>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "engine/base/check.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

constexpr absl::string_view kMetadataHead = "weir 1 commit ";

absl::StatusOr<StandingCommit> ToStandingCommit(const rd_kafka_topic_partition_t& committed) {
  StandingCommit standing{.partition = committed.partition};
  WEIR_RETURN_IF_ERROR(
      ToStatus(committed.err, absl::StrCat("reading the committed offset of ", committed.topic,
                                           " [", committed.partition, "]")));
  if (committed.offset < 0) {
    return standing;
  }
  const std::optional<uint64_t> number =
      ParseCommitMetadata({static_cast<const char*>(committed.metadata), committed.metadata_size});
  if (!number) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the group's offset ", committed.offset, " of ", committed.topic, " [", committed.partition,
        "] was not committed by weir, so no state belongs to it: use another service.group, or "
        "delete the group's offsets to begin anew"));
  }
  standing.number = *number;
  standing.next_offset = committed.offset;
  return standing;
}

}  // namespace

std::string CommitMetadata(uint64_t number) {
  return absl::StrCat(kMetadataHead, number);
}

std::optional<uint64_t> ParseCommitMetadata(absl::string_view metadata) {
  uint64_t number = 0;
  const bool ours = absl::ConsumePrefix(&metadata, kMetadataHead) &&
                    absl::SimpleAtoi(metadata, &number) && number > 0;
  return ours ? std::make_optional(number) : std::nullopt;
}

PartitionList OffsetsOf(const std::string& topic, absl::Span<const StandingCommit> commits) {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(commits.size())));
  for (const StandingCommit& commit : commits) {
    rd_kafka_topic_partition_t* added =
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), commit.partition);
    added->offset = commit.next_offset;
    // librdkafka gives it back with the list.
    const std::string metadata = CommitMetadata(commit.number);
    added->metadata = strdup(metadata.c_str());
    WEIR_CHECK(added->metadata != nullptr);
    added->metadata_size = metadata.size();
  }
  return list;
}

absl::StatusOr<std::vector<StandingCommit>> ReadStandingCommits(
    rd_kafka_t* consumer, const std::string& topic, absl::Span<const int32_t> partitions,
    int timeout_ms) {
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const int32_t partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  }
  WEIR_RETURN_IF_ERROR(ToStatus(rd_kafka_committed(consumer, list.get(), timeout_ms),
                                absl::StrCat("reading the group's committed offsets of ", topic)));
  std::vector<StandingCommit> standing;
  for (int i = 0; i < list->cnt; ++i) {
    WEIR_ASSIGN_OR_RETURN(standing.emplace_back(), ToStandingCommit(list->elems[i]));
  }
  return standing;
}

}  // namespace weir
