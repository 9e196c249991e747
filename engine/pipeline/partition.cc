#include "engine/pipeline/partition.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/base/wire.h"
#include "engine/pipeline/event_time.h"

namespace weir {

namespace {

// Names of the state's sections; the store gives them back in this order.
constexpr absl::string_view kHead = Partition::kPastSections[0];
constexpr absl::string_view kVersions = Partition::kPastSections[1];
constexpr absl::string_view kThrottle = "c";

// The name of the entry of the version with this index.
std::string VersionEntry(size_t index) {
  return absl::StrCat(kVersions, OrderedName(index));
}

constexpr absl::string_view kForceHint =
    "give the policy it was decided under, or --force to end the open episodes and go on under the "
    "new one";

}  // namespace

Partition::Partition(const PolicySchedule& schedule, const SystemRules& rules, size_t shards)
    : schedule_(&schedule),
      progress_{StreamClock(schedule.max_ahead), {}},
      accepted_(progress_),
      throttle_(schedule, shards),
      registry_(rules),
      past_duplicate_window_(schedule.duplicate_window),
      past_max_ahead_(schedule.max_ahead) {}

// The clock has moved, with the record with this index, or stayed. Gives now().
inline TimeMs Partition::FollowClock(uint32_t index) {
  TimeMs now = *progress_.clock.now();
  if (progress_.fired_to) {
    if (*progress_.fired_to <= now) {
      progress_.fired_to.reset();
    } else {
      now = *progress_.fired_to;
    }
  }
  timeline_.Add(index, now);
  return now;
}

inline void Partition::Take(const Record& record, const Alert& alert, uint32_t index) {
  const bool timed = Observe(alert, progress_.clock);
  WEIR_CHECK(timed);  // without any time it is a dead letter
  const TimeMs now = FollowClock(index);
  arrivals_.push_back(
      {.alert = &alert, .now = now, .position = record.origin.offset, .record = index});
  if (registry_.Concerns(alert)) {
    registry_.Add(index, record.number, now);
  }
}

void Partition::Take(const Record& record, const OtherEvent& event, uint32_t index) {
  ++progress_.counts.other;
  if (Observe(event, progress_.clock)) {
    FollowClock(index);
  }
  // An inventory record is never a duplicate.
  if (!std::holds_alternative<const DeviceRecord*>(event.what)) {
    arrivals_.push_back({.other = &event,
                         .now = now().value_or(TimeMs{}),
                         .position = record.origin.offset,
                         .record = index});
  }
  registry_.Add(index, record.number, now());
}

inline void Partition::Take(const Record& record, uint32_t index) {
  if (const auto* alert = std::get_if<Alert>(&record.event)) {
    Take(record, *alert, index);
  } else if (const auto* other = std::get_if<OtherEvent>(&record.event)) {
    Take(record, *other, index);
  } else {
    ++progress_.counts.dead;
  }
}

void Partition::Begin(absl::Span<const Record> records, absl::Span<const uint32_t> mine,
                      absl::Span<Verdict> verdicts) {
  arrivals_.clear();
  timeline_.Clear();
  registry_.Begin();
  records_ = records;
  verdicts_ = verdicts;
  arrivals_.Reserve(mine.size());
  progress_.counts.read += mine.size();
  for (const uint32_t index : mine) {
    Take(records[index], index);
  }
  throttle_.Begin({.arrivals = arrivals_, .timeline = &timeline_, .verdicts = verdicts});
}

void Partition::BeginIdle(TimeMs until) {
  arrivals_.clear();
  timeline_.Clear();
  registry_.Begin();
  records_ = {};
  verdicts_ = {};
  if (stream_time() && *stream_time() < until) {
    progress_.clock.MoveTo(until);
    FollowClock(0);
  }
  throttle_.Begin({.arrivals = arrivals_, .timeline = &timeline_, .verdicts = {}});
}

bool Partition::DealOut() {
  if (throttle_.DealOut()) {
    return true;
  }
  registry_.Process(records_, verdicts_, timeline_);
  return false;
}

ReadCounts Partition::counts() const {
  ReadCounts counts = progress_.counts;
  counts.other -= registry_.totals().duplicates;
  return counts;
}

std::optional<TimeMs> Partition::NextDue() const {
  if (!stream_time()) {
    return std::nullopt;
  }
  const std::optional<TimeMs> alerts = throttle_.NextDue();
  const std::optional<TimeMs> others = registry_.NextDue();
  return alerts && others ? std::min(alerts, others) : alerts ? alerts : others;
}

std::optional<TimeMs> Partition::TimeAfter(absl::Span<const Record> records) const {
  StreamClock clock = progress_.clock;
  for (const Record& record : records) {
    if (const auto* alert = std::get_if<Alert>(&record.event)) {
      static_cast<void>(Observe(*alert, clock));
    } else if (const auto* other = std::get_if<OtherEvent>(&record.event)) {
      static_cast<void>(Observe(*other, clock));
    }
  }
  return clock.now();
}

bool Partition::FireSome(TimeMs by, size_t limit) {
  // Those of alerts first: how far they have come is how far everything has.
  const size_t alerts = throttle_.CountDue(by, limit);
  std::optional<TimeMs> last = throttle_.FireSome(by, limit);
  if (alerts < limit) {
    last = std::max(last, registry_.FireSome(throttle_.UpToNextVersion(by), limit - alerts));
  }
  if (last) {
    progress_.fired_to = std::max(progress_.fired_to, last);
  }
  return IsMoreDue(by, 0);
}

bool Partition::IsMoreDue(TimeMs by, size_t limit) const {
  const size_t alerts = throttle_.CountDue(by, limit + 1);
  return alerts > limit ||
         alerts + registry_.CountDue(throttle_.UpToNextVersion(by), limit + 1 - alerts) > limit;
}

void Partition::Accept() {
  accepted_ = progress_;
  while (past_.size() < throttle_.versions_in_force()) {
    past_.push_back(schedule_->versions[past_.size()]);
  }
  stored_versions_ = past_.size();
  throttle_.Accept(progress_.clock.now().value_or(TimeMs{}));
  registry_.Accept();
}

void Partition::Rollback() {
  progress_ = accepted_;
  throttle_.Rollback();
  registry_.Rollback(now().value_or(TimeMs{}));
}

void Partition::Export(uint64_t number, const StateScope& scope) const {
  scope.Put(kHead, EncodeHead());
  for (size_t i = past_.size(); i < throttle_.versions_in_force(); ++i) {
    scope.Put(VersionEntry(i), schedule_->versions[i].Encode());
  }
  // After a forced resumption there may be fewer than before.
  for (size_t i = throttle_.versions_in_force(); i < stored_versions_; ++i) {
    scope.Erase(VersionEntry(i));
  }
  throttle_.Export(number, scope.Inner(kThrottle));
  registry_.Export(scope.Inner(kRegistry));
}

void Partition::ExportUpkeep(uint64_t number, const StateScope& scope) {
  throttle_.ExportUpkeep(number, progress_.clock.now().value_or(TimeMs{}), scope.Inner(kThrottle));
}

Lifetime Partition::LifetimeOf(absl::string_view name) {
  return absl::StartsWith(name, kThrottle) ? Throttle::LifetimeOf(name.substr(kThrottle.size()))
                                           : Lifetime::kLasting;
}

std::string Partition::EncodeHead() const {
  std::string head;
  progress_.clock.Encode(head);
  PutU64(progress_.counts.read, head);
  PutU64(progress_.counts.dead, head);
  PutU64(progress_.counts.other, head);
  PutI64(schedule_->duplicate_window.value, head);
  PutI64(schedule_->max_ahead.value, head);
  PutU8(progress_.fired_to ? 1 : 0, head);
  PutI64(progress_.fired_to.value_or(TimeMs{}).value, head);
  return head;
}

absl::Status Partition::LoadHead(absl::string_view value) {
  WireReader in(value);
  const bool times = progress_.clock.Decode(in);
  progress_.counts = {.read = in.U64(), .dead = in.U64(), .other = in.U64()};
  past_duplicate_window_ = DurationMs{in.I64()};
  past_max_ahead_ = DurationMs{in.I64()};
  const bool ahead = in.U8() != 0;
  const TimeMs fired_to{in.I64()};
  progress_.fired_to = ahead ? std::make_optional(fired_to) : std::nullopt;
  head_loaded_ = true;
  return in.done() && times && IsTime(fired_to)
             ? absl::OkStatus()
             : absl::DataLossError("the head of a partition kept in the state is damaged");
}

absl::Status Partition::Load(absl::string_view name, absl::string_view value) {
  const absl::string_view section = name.substr(0, 1);
  const absl::string_view rest = name.substr(section.size());
  if (section == kHead) {
    return LoadHead(value);
  }
  if (section == kVersions) {
    WEIR_ASSIGN_OR_RETURN(PolicyVersion version, PolicyVersion::Decode(value));
    past_.push_back(std::move(version));
    ++stored_versions_;
    return absl::OkStatus();
  }
  if (section == kThrottle) {
    return throttle_.Load(rest, value);
  }
  if (section == kRegistry) {
    return registry_.Load(rest, value);
  }
  return absl::DataLossError(absl::StrCat("the state holds an unknown entry '", name, "'"));
}

PolicySchedule Partition::Past() const {
  return {
      .versions = past_, .duplicate_window = past_duplicate_window_, .max_ahead = past_max_ahead_};
}

void Partition::GoOnWith(const PolicySchedule& schedule) {
  for (size_t i = 0; i < past_.size(); ++i) {
    WEIR_CHECK(schedule.versions[i].DecidesLike(past_[i]));
  }
  WEIR_CHECK(schedule.max_ahead == schedule_->max_ahead);
  schedule_ = &schedule;
  throttle_.GoOnWith(schedule);
}

absl::Status Partition::CheckPast() const {
  const size_t in_force = schedule_->TakenEffectBy(progress_.clock.now().value_or(TimeMs{}));
  for (size_t i = 0; i < past_.size(); ++i) {
    if (i >= in_force || !past_[i].DecidesLike(schedule_->versions[i])) {
      return absl::FailedPreconditionError(
          absl::StrCat("the state was decided under a policy version effective from ",
                       VersionName(past_[i]), " that the policy given ",
                       i >= in_force ? "does not have" : "says otherwise about", ": ", kForceHint));
    }
  }
  if (in_force > past_.size() && progress_.clock.now()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the policy version effective from ", VersionName(schedule_->versions[past_.size()]),
        " lies in the past of the state, which was decided without it: ", kForceHint));
  }
  if (past_duplicate_window_ != schedule_->duplicate_window ||
      past_max_ahead_ != schedule_->max_ahead) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the state was decided with duplicate_window ", FormatDuration(past_duplicate_window_),
        " and max_ahead ", FormatDuration(past_max_ahead_), ", the policy given has ",
        FormatDuration(schedule_->duplicate_window), " and ", FormatDuration(schedule_->max_ahead),
        ": ", kForceHint));
  }
  return absl::OkStatus();
}

absl::Status Partition::FinishLoad(bool force) {
  if (!head_loaded_) {
    return absl::DataLossError("the head of a partition is missing in the state");
  }
  absl::Status past = CheckPast();
  if (!past.ok() && !force) {
    return past;
  }
  const TimeMs stream_time = progress_.clock.now().value_or(TimeMs{});
  WEIR_RETURN_IF_ERROR(throttle_.CheckLoaded(past_.empty() ? nullptr : &past_.back(),
                                             now().value_or(TimeMs{}),
                                             progress_.fired_to.has_value()));
  accepted_ = progress_;
  throttle_.FinishLoad(stream_time);
  registry_.FinishLoad(now().value_or(TimeMs{}));
  if (!past.ok()) {
    throttle_.StartAfresh(past_.empty() ? nullptr : &past_.back(), stream_time);
    past_.clear();  // so that the next commit writes the schedule's
    progress_.fired_to.reset();
  }
  return absl::OkStatus();
}

}  // namespace weir
