// What the group's committed offsets say: up to where the commits of partitions reach.
//
// The offset is the next one to read, and its metadata carries the number of the commit. What is
// read is stable: the offsets of a transaction that is under way are waited for.
//
// Errors: Unavailable if the group's coordinator cannot be reached; FailedPrecondition if an offset
// was committed by somebody else than Weir.
//
// Layer: connectors/kafka (engine/pipeline).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include <librdkafka/rdkafka.h>

#include "connectors/kafka/handles.h"
#include "engine/pipeline/commit_log.h"

namespace weir {

std::string CommitMetadata(uint64_t number);

// Nothing if Weir has not written it.
std::optional<uint64_t> ParseCommitMetadata(absl::string_view metadata);

// The list that commits these offsets of `topic`.
PartitionList OffsetsOf(const std::string& topic, absl::Span<const StandingCommit> commits);

// Asks by `consumer`, a member of the group; in the order of `partitions`.
absl::StatusOr<std::vector<StandingCommit>> ReadStandingCommits(
    rd_kafka_t* consumer, const std::string& topic, absl::Span<const int32_t> partitions,
    int timeout_ms);

}  // namespace weir
