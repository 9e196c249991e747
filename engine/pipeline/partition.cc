#include "engine/pipeline/partition.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/base/wire.h"

namespace weir {

namespace {

// Names of the state's sections; the store gives them back in this order.
constexpr absl::string_view kHead = "a";
constexpr absl::string_view kVersions = "b";
constexpr absl::string_view kTotals = "c";
constexpr absl::string_view kThrottle = "d";
constexpr absl::string_view kSeen = "e";

std::string VersionName(const PolicyVersion& version) {
  return version.effective_from() ? FormatTime(*version.effective_from())
                                  : std::string("the built-in defaults");
}

constexpr absl::string_view kForceHint =
    "give the policy it was decided under, or --force to end the open episodes and go on under the "
    "new one";

}  // namespace

Partition::Partition(const PolicySchedule& schedule)
    : schedule_(schedule),
      progress_{StreamClock(schedule.max_ahead), {}},
      accepted_(progress_),
      duplicates_(schedule.duplicate_window),
      throttle_(schedule, totals_),
      past_duplicate_window_(schedule.duplicate_window),
      past_max_ahead_(schedule.max_ahead) {}

void Partition::Prefetch(const Record& record) {
  if (const auto* alert = std::get_if<Alert>(&record.event)) {
    throttle_.Prefetch(*alert);
  }
}

void Partition::Process(const Record& record, Sink& sink) {
  ++progress_.counts.read;
  if (const auto* alert = std::get_if<Alert>(&record.event)) {
    ProcessAlert(*alert, record.origin.offset, sink);
  } else if (const auto* other = std::get_if<OtherEvent>(&record.event)) {
    ++progress_.counts.other;
    if (other->received) {
      progress_.clock.Observe(*other->received, other->device);
      throttle_.Advance(*progress_.clock.now(), sink);
    }
  } else {
    ++progress_.counts.dead;
    sink.DeadLetter(record, std::get<DeadReason>(record.event));
  }
}

void Partition::ProcessAlert(const Alert& alert, int64_t position, Sink& sink) {
  const std::optional<TimeMs> at = alert.received ? alert.received : alert.device_time;
  WEIR_CHECK(at.has_value());  // without any time it is a dead letter
  progress_.clock.Observe(*at, alert.device);
  const TimeMs now = *progress_.clock.now();
  throttle_.Advance(now, sink);
  if (duplicates_.IsDuplicate(alert, now)) {
    ++totals_.Of(alert.code).duplicates;
    return;
  }
  throttle_.Decide(alert, position, now, sink);
}

void Partition::Accept() {
  const TimeMs now = progress_.clock.now().value_or(TimeMs{});
  accepted_ = progress_;
  totals_.Accept();
  duplicates_.Accept(now);
  throttle_.Accept(now);
}

void Partition::Rollback() {
  progress_ = accepted_;
  totals_.Rollback();
  duplicates_.Rollback();
  throttle_.Rollback();
}

void Partition::Export(uint64_t number, const StateScope& scope) {
  scope.Put(kHead, EncodeHead());
  for (; past_.size() < throttle_.versions_in_force();) {
    std::string name(kVersions);
    PutOrderedU64(past_.size(), name);
    past_.push_back(schedule_.versions[past_.size()]);
    scope.Put(name, past_.back().Encode());
  }
  // After a forced resumption there may be fewer than before.
  for (size_t i = past_.size(); i < stored_versions_; ++i) {
    std::string name(kVersions);
    PutOrderedU64(i, name);
    scope.Erase(name);
  }
  stored_versions_ = past_.size();
  totals_.Export(scope.Inner(kTotals));
  throttle_.Export(number, scope.Inner(kThrottle));
  duplicates_.Export(number, progress_.clock.now().value_or(TimeMs{}), scope.Inner(kSeen));
}

std::string Partition::EncodeHead() const {
  std::string head;
  progress_.clock.Encode(head);
  PutU64(progress_.counts.read, head);
  PutU64(progress_.counts.dead, head);
  PutU64(progress_.counts.other, head);
  PutI64(schedule_.duplicate_window.value, head);
  PutI64(schedule_.max_ahead.value, head);
  return head;
}

absl::Status Partition::LoadHead(absl::string_view value) {
  WireReader in(value);
  const bool times = progress_.clock.Decode(in);
  progress_.counts = {.read = in.U64(), .dead = in.U64(), .other = in.U64()};
  past_duplicate_window_ = DurationMs{in.I64()};
  past_max_ahead_ = DurationMs{in.I64()};
  head_loaded_ = true;
  return in.done() && times
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
  if (section == kTotals) {
    return totals_.Load(rest, value);
  }
  if (section == kThrottle) {
    return throttle_.Load(rest, value);
  }
  if (section == kSeen) {
    return duplicates_.Load(rest, value);
  }
  return absl::DataLossError(absl::StrCat("the state holds an unknown entry '", name, "'"));
}

absl::Status Partition::CheckPast() const {
  const size_t in_force = schedule_.TakenEffectBy(progress_.clock.now().value_or(TimeMs{}));
  for (size_t i = 0; i < past_.size(); ++i) {
    if (i >= in_force || !past_[i].DecidesLike(schedule_.versions[i])) {
      return absl::FailedPreconditionError(
          absl::StrCat("the state was decided under a policy version effective from ",
                       VersionName(past_[i]), " that the policy given ",
                       i >= in_force ? "does not have" : "says otherwise about", ": ", kForceHint));
    }
  }
  if (in_force > past_.size() && progress_.clock.now()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the policy version effective from ", VersionName(schedule_.versions[past_.size()]),
        " lies in the past of the state, which was decided without it: ", kForceHint));
  }
  if (past_duplicate_window_ != schedule_.duplicate_window ||
      past_max_ahead_ != schedule_.max_ahead) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the state was decided with duplicate_window ", FormatDuration(past_duplicate_window_),
        " and max_ahead ", FormatDuration(past_max_ahead_), ", the policy given has ",
        FormatDuration(schedule_.duplicate_window), " and ", FormatDuration(schedule_.max_ahead),
        ": ", kForceHint));
  }
  return absl::OkStatus();
}

absl::Status Partition::FinishLoad(bool force, Sink& sink) {
  if (!head_loaded_) {
    return absl::DataLossError("the head of a partition is missing in the state");
  }
  absl::Status past = CheckPast();
  if (!past.ok() && !force) {
    return past;
  }
  const TimeMs now = progress_.clock.now().value_or(TimeMs{});
  WEIR_RETURN_IF_ERROR(throttle_.CheckLoaded(past_.empty() ? nullptr : &past_.back(), now));
  accepted_ = progress_;
  totals_.Accept();
  duplicates_.Accept(now);
  throttle_.FinishLoad(now);
  if (!past.ok()) {
    throttle_.StartAfresh(past_.empty() ? nullptr : &past_.back(), now, sink);
    past_.clear();  // so that the next commit writes the schedule's
  }
  return absl::OkStatus();
}

std::vector<CodeTotals> Partition::TotalsByCode() const {
  std::vector<CodeTotals> codes = totals_.codes();
  throttle_.AddOpenTo(codes);
  return codes;
}

}  // namespace weir
