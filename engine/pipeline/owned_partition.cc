#include "engine/pipeline/owned_partition.h"

#include <utility>

#include "engine/throttle/adopted_schedule.h"

namespace weir {

namespace {

// The deltas of a partition are told apart by age in about so many steps.
constexpr int64_t kAgeSteps = 64;

}  // namespace

void OwnedPartition::ContinueFrom(uint64_t oldest_delta) {
  deltas_.assign(1, {.number = oldest_delta, .newest = state_->stream_time().value_or(TimeMs{})});
}

std::string OwnedPartition::Adopt(const PolicySchedule& given) {
  std::string remarks;
  auto adopted = std::make_unique<PolicySchedule>(
      AdoptSchedule(state_->Past(), given, state_->now(), remarks));
  state_->GoOnWith(*adopted);
  schedule_ = std::move(adopted);
  return remarks;
}

void OwnedPartition::SetCandidate(std::shared_ptr<const PolicyVersion> candidate) {
  if (candidate == nullptr) {
    shadow_.reset();
  } else if (shadow_ == nullptr || shadow_->candidate() != candidate) {
    shadow_ = std::make_unique<Shadow>(std::move(candidate), state_->throttle(), state_->now());
  }
}

void OwnedPartition::TellShadow(absl::Span<const Verdict> verdicts) {
  if (shadow_ != nullptr) {
    shadow_->Follow(state_->arrivals(), state_->timeline(), verdicts);
  }
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
  if (shadow_ != nullptr) {
    shadow_->Accept(state_->stream_time().value_or(TimeMs{}));
  }
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
  if (shadow_ != nullptr) {
    shadow_->Rollback();
  }
  position_ = standing_.next_offset;
}

}  // namespace weir
