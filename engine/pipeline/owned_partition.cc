#include "engine/pipeline/owned_partition.h"

#include <utility>

namespace weir {

namespace {

// The deltas of a partition are told apart by age in about so many steps.
constexpr int64_t kAgeSteps = 64;

}  // namespace

void OwnedPartition::ContinueFrom(uint64_t oldest_delta) {
  deltas_.assign(1, {.number = oldest_delta, .newest = state_->stream_time().value_or(TimeMs{})});
}

StateBatch OwnedPartition::Export() const {
  StateBatch delta;
  state_->Export(standing_.number + 1, StateScope(delta, ""));
  return delta;
}

Head OwnedPartition::HeadOf(uint32_t partitions) const {
  return {.number = standing_.number + 1,
          .from_offset = standing_.next_offset,
          .next_offset = position_,
          .partitions = partitions,
          .oldest_delta = oldest_delta()};
}

void OwnedPartition::Accept(const Head& head, StateBatch delta) {
  standing_ = Next();
  if (follower_ != nullptr) {
    StateBatch upkeep;
    state_->ExportUpkeep(standing_.number, StateScope(upkeep, ""));
    follower_->Follow(head, std::move(delta), std::move(upkeep));
  }
  state_->Accept();
  KeepAccountOfDelta(standing_.number);
}

void OwnedPartition::KeepAccountOfDelta(uint64_t number) {
  const TimeMs now = state_->stream_time().value_or(TimeMs{});
  const DurationMs kept_for = state_->KeptFor();
  const bool joins_the_last = deltas_.size() > 1 && now - deltas_[deltas_.size() - 2].newest <
                                                        DurationMs{kept_for.value / kAgeSteps};
  if (joins_the_last) {
    deltas_.back().newest = now;
  } else {
    deltas_.push_back({.number = number, .newest = now});
  }
  while (deltas_.size() > 1 && now - deltas_.front().newest > kept_for) {
    deltas_.pop_front();
  }
}

void OwnedPartition::Rollback() {
  state_->Rollback();
  position_ = standing_.next_offset;
}

}  // namespace weir
