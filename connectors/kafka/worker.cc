#include "connectors/kafka/worker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "connectors/kafka/failpoints.h"
#include "connectors/kafka/partition_progress.h"
#include "connectors/kafka/policy_change.h"
#include "connectors/kafka/standing_commits.h"
#include "connectors/kafka/topic_facts.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

// A round is decided and written before more is read.
constexpr size_t kRoundRecords = 4096;
constexpr size_t kRoundBytes = size_t{4} << 20;

constexpr std::chrono::milliseconds kTickEvery{500};
constexpr int kAskMs = 10000;
constexpr int kIdleAskMs = 1000;
constexpr int kWakeMs = 200;

// An idle partition moves with the wall clock, but stays behind it, and only if the two agree.
constexpr DurationMs kIdleBehind{10 * kSecond.value};
constexpr DurationMs kIdleWithin = kDay;

LogLevel LevelOf(int syslog_level) {
  return syslog_level <= 3   ? LogLevel::kError
         : syslog_level == 4 ? LogLevel::kWarning
                             : LogLevel::kInfo;
}

// Errors of a consumer that pass by themselves; librdkafka goes on trying.
bool Passes(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      return false;
    default:
      return true;
  }
}

}  // namespace

WorkerSession::WorkerSession(const ServiceSetup& setup, size_t worker, WorkerWatch& watch)
    : setup_(setup),
      worker_(worker),
      name_(absl::StrCat(setup.settings.instance, ".", worker)),
      watch_(watch),
      decoder_(setup.topics.input, setup.cluster.largest_original) {}

WorkerSession::~WorkerSession() {
  if (restorer_ != nullptr) {
    restorer_->Cancel();
  }
  if (consumer_ != nullptr) {
    // Gives up what is still assigned, by OnRebalance.
    rd_kafka_consumer_close(consumer_.get());
  }
  for (auto& [number, slot] : slots_) {
    GiveUp(std::move(slot.ready));
  }
}

absl::Status WorkerSession::Run() {
  WEIR_RETURN_IF_ERROR(Connect());
  failed_ = Flow();
  return failed_;
}

absl::Status WorkerSession::Connect() {
  callbacks_.log = [this](int level, absl::string_view text) {
    watch_.Log(LevelOf(level), absl::StrCat("consumer: ", text));
  };
  callbacks_.error = [this](rd_kafka_t* /*client*/, rd_kafka_resp_err_t error,
                            absl::string_view reason) {
    doubtful_ = true;
    watch_.Log(LogLevel::kWarning,
               absl::StrCat("consumer: ", reason, " (", rd_kafka_err2name(error), ")"));
  };
  callbacks_.rebalance = [this](rd_kafka_t* /*client*/, rd_kafka_resp_err_t event,
                                rd_kafka_topic_partition_list_t* partitions) {
    OnRebalance(event, partitions);
  };
  WEIR_ASSIGN_OR_RETURN(
      consumer_, setup_.properties.MakeConsumer(setup_.settings.group, name_, callbacks_, true));
  log_ = std::make_unique<KafkaLog>(
      KafkaLog::Settings{
          .transactional_id = absl::StrCat(setup_.settings.group, "/", name_),
          .topics = setup_.topics,
          .cluster = setup_.cluster,
          .notices = setup_.settings.notices,
      },
      setup_.properties, consumer_.get(), watch_);
  log_->Tell([this](int32_t partition, const Results& results) { OnDecided(partition, results); });
  WEIR_RETURN_IF_ERROR(log_->Start());
  protocol_ =
      std::make_unique<CommitProtocol>(*log_, static_cast<uint32_t>(setup_.cluster.partitions));
  restorer_ = std::make_unique<Restorer>(setup_, watch_);
  const PartitionList topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), setup_.topics.input.c_str(),
                                    RD_KAFKA_PARTITION_UA);
  return ToStatus(rd_kafka_subscribe(consumer_.get(), topics.get()),
                  absl::StrCat("subscribing to ", setup_.topics.input));
}

absl::Status WorkerSession::Flow() {
  while (!setup_.stopping.load()) {
    WEIR_RETURN_IF_ERROR(Step());
  }
  static_cast<void>(Failpoint("stopping"));
  return Commit();
}

absl::Status WorkerSession::Step() {
  watch_.Beat();
  const size_t read = ReadRound();
  WEIR_RETURN_IF_ERROR(failed_);
  if (read > 0) {
    static_cast<void>(Failpoint("polled"));
    WEIR_RETURN_IF_ERROR(ProcessRound());
  }
  if (CommitIsDue()) {
    WEIR_RETURN_IF_ERROR(Commit());
  }
  WEIR_RETURN_IF_ERROR(TakeRestored());
  if (setup_.errands.IsAny(worker_)) {
    WEIR_RETURN_IF_ERROR(DoErrands());
  }
  return Clock::now() >= next_tick_ ? Tick() : absl::OkStatus();
}

// ---- Records

size_t WorkerSession::ReadRound() {
  ForgetRound();
  size_t read = 0;
  // Waits for the first one, but no longer than until there is something else to do.
  auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(kTickEvery);
  if (protocol_->in_batch()) {
    wait = std::chrono::ceil<std::chrono::milliseconds>(next_commit_ - Clock::now());
  }
  int timeout = static_cast<int>(std::clamp(wait.count(), int64_t{0}, int64_t{100}));
  // A commit is due when the batch has that many.
  const size_t most = std::clamp(setup_.settings.commit_records - protocol_->batch_records(),
                                 size_t{1}, kRoundRecords);
  while (read < most && round_bytes_ < kRoundBytes) {
    const MessageHandle message(rd_kafka_consumer_poll(consumer_.get(), timeout));
    if (message == nullptr || !failed_.ok()) {
      break;
    }
    timeout = 0;
    read += TakeMessage(*message) ? 1U : 0U;
  }
  if (read > 0) {
    watch_.OnRead(read, round_bytes_);
  }
  return read;
}

// Whether it was a record, and one to be processed.
bool WorkerSession::TakeMessage(const rd_kafka_message_t& message) {
  const auto slot = slots_.find(message.partition);
  const bool is_ours = slot != slots_.end() && slot->second.ready.owned != nullptr;
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    return is_ours && TakeRecord(message, slot->second);
  }
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (is_ours) {
      slot->second.end = message.offset;
    }
    return false;
  }
  const absl::Status status =
      ToStatus(message.err, absl::StrCat("reading ", setup_.topics.input, " [", message.partition,
                                         "]: ", rd_kafka_message_errstr(&message)));
  if (Passes(message.err)) {
    doubtful_ = true;
    watch_.Log(LogLevel::kWarning, status.message());
  } else {
    failed_.Update(status);
  }
  return false;
}

bool WorkerSession::TakeRecord(const rd_kafka_message_t& message, Slot& slot) {
  const int64_t expected =
      slot.round.empty() ? slot.ready.owned->position() : slot.round.back().origin.offset + 1;
  if (message.offset < expected) {
    return false;  // read before a rewind
  }
  if (slot.must_reappear >= 0 && message.offset > slot.must_reappear) {
    failed_.Update(absl::InternalError(
        absl::StrCat("after a rewind of ", setup_.topics.input, " [", message.partition,
                     "] to offset ", slot.must_reappear, " reading went on at ", message.offset)));
    return false;
  }
  slot.must_reappear = -1;
  slot.end = -1;
  round_bytes_ += message.len + message.key_len;
  Record& record = slot.round.emplace_back();
  setup_.crash_marks.At(message.partition, message.offset, message.offset);
  if (setup_.crash_marks.IsPoison(message.partition, message.offset)) {
    decoder_.Refuse(message, DeadReason::kCrashed, arena_, record);
  } else {
    FailpointAtRecord(message.offset);
    decoder_.Decode(message, arena_, record);
  }
  CrashMarks::Done();
  slot.newest_time = rd_kafka_message_timestamp(&message, nullptr);
  return true;
}

absl::Status WorkerSession::ProcessRound() {
  for (auto& [number, slot] : slots_) {
    if (slot.round.empty()) {
      continue;
    }
    const absl::StatusOr<bool> stands = ProcessSlot(slot);
    WEIR_RETURN_IF_ERROR(stands.status());
    if (!*stands) {
      return Rewind();
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> WorkerSession::ProcessSlot(Slot& slot) {
  slot.last_record = Clock::now();
  if (slot.batch_first < 0) {
    slot.batch_first = slot.round.front().origin.offset;
  }
  if (!setup_.crash_marks.HasMarks(slot.ready.owned->number(), slot.round.front().origin.offset)) {
    return Decide(slot, slot.round);
  }
  // One at a time, so that the next mark would name one.
  for (const Record& record : slot.round) {
    WEIR_ASSIGN_OR_RETURN(const bool stands, Decide(slot, absl::MakeConstSpan(&record, 1)));
    if (!stands) {
      return false;
    }
  }
  return true;
}

absl::StatusOr<bool> WorkerSession::Decide(Slot& slot, absl::Span<const Record> records) {
  setup_.crash_marks.At(slot.ready.owned->number(), records.front().origin.offset,
                        records.back().origin.offset);
  absl::StatusOr<bool> stands = protocol_->Process(*slot.ready.owned, records);
  CrashMarks::Done();
  return stands;
}

void WorkerSession::OnDecided(int32_t partition, const Results& results) {
  ReadyPartition& ready = slots_.at(partition).ready;
  if (const std::optional<TimeMs> now = ready.owned->state().stream_time()) {
    ready.recent.Take(results, *now);
  }
}

void WorkerSession::ForgetRound() {
  for (auto& [number, slot] : slots_) {
    slot.round.clear();
  }
  round_bytes_ = 0;
  arena_.Clear();
}

bool WorkerSession::CommitIsDue() const {
  return protocol_->in_batch() && (protocol_->batch_records() >= setup_.settings.commit_records ||
                                   Clock::now() >= next_commit_);
}

absl::Status WorkerSession::Commit() {
  if (!protocol_->in_batch()) {
    return absl::OkStatus();
  }
  next_commit_ = Clock::now() + setup_.settings.commit_interval;
  WEIR_ASSIGN_OR_RETURN(const bool stands, protocol_->Commit());
  if (!stands) {
    return Rewind();
  }
  static_cast<void>(Failpoint("accepted"));
  for (auto& [number, slot] : slots_) {
    slot.batch_first = -1;
  }
  return absl::OkStatus();
}

// What was undone, and what had been read behind it, is read again.
absl::Status WorkerSession::Rewind() {
  static_cast<void>(protocol_->TakeRewound());
  ForgetRound();
  std::vector<int32_t> numbers;
  for (auto& [number, slot] : slots_) {
    if (slot.ready.owned != nullptr) {
      numbers.push_back(number);
      // A commit in the midst of the batch has left its first record behind.
      slot.must_reappear = slot.batch_first >= slot.ready.owned->position() ? slot.batch_first : -1;
      slot.batch_first = -1;
      slot.end = -1;
    }
  }
  return SeekTo(numbers);
}

absl::Status WorkerSession::SeekTo(absl::Span<const int32_t> partitions) {
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const int32_t number : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), setup_.topics.input.c_str(), number)->offset =
        slots_.at(number).ready.owned->position();
  }
  const ErrorHandle error(rd_kafka_seek_partitions(consumer_.get(), list.get(), kAskMs));
  WEIR_RETURN_IF_ERROR(ToStatus(error.get(), absl::StrCat("going back in ", setup_.topics.input)));
  for (int i = 0; i < list->cnt; ++i) {
    WEIR_RETURN_IF_ERROR(ToStatus(
        list->elems[i].err,
        absl::StrCat("going back in ", setup_.topics.input, " [", list->elems[i].partition, "]")));
  }
  return absl::OkStatus();
}

// ---- Partitions

void WorkerSession::OnRebalance(rd_kafka_resp_err_t event,
                                rd_kafka_topic_partition_list_t* partitions) {
  if (event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && failed_.ok()) {
    failed_.Update(Assign(partitions));
  } else {
    if (failed_.ok()) {
      failed_.Update(Revoke());
    }
    rd_kafka_assign(consumer_.get(), nullptr);
  }
  // A topic that is gone leaves its members without partitions.
  doubtful_ = doubtful_ || slots_.empty();
  // First what is owned: a member of the group that restores nothing is ready.
  Tell();
  watch_.OnRebalance();
}

absl::Status WorkerSession::Assign(rd_kafka_topic_partition_list_t* partitions) {
  watch_.Log(LogLevel::kInfo, absl::StrCat(name_, " is assigned ", partitions->cnt,
                                           " partitions of ", setup_.topics.input));
  GroupMetadata member(rd_kafka_consumer_group_metadata(consumer_.get()));
  char* const id = rd_kafka_memberid(consumer_.get());
  const bool known = member != nullptr && id != nullptr && *id != '\0';
  rd_kafka_mem_free(consumer_.get(), id);
  if (!known) {
    return absl::InternalError("assigned partitions without being a member of the group");
  }
  log_->JoinGroup(std::move(member));
  std::vector<int32_t> numbers;
  numbers.reserve(static_cast<size_t>(partitions->cnt));
  for (int i = 0; i < partitions->cnt; ++i) {
    numbers.push_back(partitions->elems[i].partition);
  }
  WEIR_ASSIGN_OR_RETURN(std::vector<StandingCommit> standing,
                        ReadStandingCommits(consumer_.get(), setup_.topics.input, numbers, kAskMs));
  std::vector<int32_t> cold;
  for (size_t i = 0; i < standing.size(); ++i) {
    WEIR_RETURN_IF_ERROR(FindStart(standing[i]));
    partitions->elems[i].offset = standing[i].next_offset;
    Slot& slot = slots_[standing[i].partition];
    slot.last_record = Clock::now();
    if (!TakeWarm(standing[i], slot)) {
      cold.push_back(standing[i].partition);
      restorer_->Ask(standing[i]);
    }
  }
  static_cast<void>(Failpoint("assigned"));
  WEIR_RETURN_IF_ERROR(ToStatus(rd_kafka_assign(consumer_.get(), partitions),
                                absl::StrCat("taking partitions of ", setup_.topics.input)));
  return SetPaused(cold, true);
}

// A partition without any commit is read from its beginning.
absl::Status WorkerSession::FindStart(StandingCommit& standing) {
  if (standing.number > 0) {
    return absl::OkStatus();
  }
  int64_t high = 0;
  return ToStatus(
      rd_kafka_query_watermark_offsets(consumer_.get(), setup_.topics.input.c_str(),
                                       standing.partition, &standing.next_offset, &high, kAskMs),
      absl::StrCat("asking where ", setup_.topics.input, " [", standing.partition, "] begins"));
}

bool WorkerSession::TakeWarm(const StandingCommit& standing, Slot& slot) {
  ReadyPartition parked = setup_.parked.Take(standing.partition);
  if (parked.owned == nullptr) {
    return false;
  }
  if (parked.owned->standing() != standing) {
    GiveUp(std::move(parked));
    return false;
  }
  slot.ready = std::move(parked);
  GoByPolicies(slot.ready);
  setup_.housekeeping.Add(slot.ready.follower, watch_);
  return true;
}

// Another worker may have these partitions next: what is open is finished, or dropped.
absl::Status WorkerSession::Revoke() {
  static_cast<void>(Failpoint("revoking"));
  ForgetRound();
  const bool lost = rd_kafka_assignment_lost(consumer_.get()) != 0;
  absl::Status ended = lost ? protocol_->Undo() : protocol_->Commit().status();
  static_cast<void>(protocol_->TakeRewound());
  restorer_->Cancel();
  for (auto& [number, slot] : slots_) {
    watch_.OnGone(number);
    if (slot.ready.owned == nullptr) {
      continue;
    }
    if (ended.ok()) {
      setup_.parked.Park(std::move(slot.ready));
    } else {
      GiveUp(std::move(slot.ready));
    }
  }
  slots_.clear();
  return ended;
}

absl::Status WorkerSession::TakeRestored() {
  std::vector<int32_t> ready;
  for (ReadyPartition& partition : restorer_->Take()) {
    const int32_t number = partition.owned->number();
    Slot& slot = slots_.at(number);
    slot.ready = std::move(partition);
    slot.ready.owned->set_follower(slot.ready.follower);
    GoByPolicies(slot.ready);  // others than when it was restored
    setup_.housekeeping.Add(slot.ready.follower, watch_);
    slot.last_record = Clock::now();
    ready.push_back(number);
  }
  if (ready.empty()) {
    return absl::OkStatus();
  }
  WEIR_RETURN_IF_ERROR(SetPaused(ready, false));
  for (const int32_t number : ready) {
    WakeReader(number);
  }
  Tell();
  return absl::OkStatus();
}

void WorkerSession::GoByPolicies(ReadyPartition& partition) {
  const std::string remarks = GoBy(setup_.policies.now(), partition);
  if (!remarks.empty()) {
    watch_.Log(LogLevel::kWarning,
               absl::StrCat("partition ", partition.owned->number(),
                            " goes on under the policy that it was decided under: ", remarks));
  }
}

absl::Status WorkerSession::DoErrands() {
  WEIR_RETURN_IF_ERROR(Commit());
  std::vector<ReadyPartition*> partitions;
  for (auto& [number, slot] : slots_) {
    if (slot.ready.owned != nullptr) {
      partitions.push_back(&slot.ready);
    }
  }
  setup_.errands.Do(worker_, partitions);
  return absl::OkStatus();
}

// librdkafka 2.0 takes up to a second to read on in a partition that is resumed, unless it has
// something else to ask its leader. What comes of it does not matter.
void WorkerSession::WakeReader(int32_t partition) {
  int64_t low = 0;
  int64_t high = 0;
  static_cast<void>(rd_kafka_query_watermark_offsets(consumer_.get(), setup_.topics.input.c_str(),
                                                     partition, &low, &high, kWakeMs));
}

absl::Status WorkerSession::SetPaused(absl::Span<const int32_t> partitions, bool paused) {
  if (partitions.empty()) {
    return absl::OkStatus();
  }
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const int32_t number : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), setup_.topics.input.c_str(), number);
  }
  return ToStatus(
      paused ? rd_kafka_pause_partitions(consumer_.get(), list.get())
             : rd_kafka_resume_partitions(consumer_.get(), list.get()),
      absl::StrCat(paused ? "pausing" : "resuming", " partitions of ", setup_.topics.input));
}

// Closes its store, so that whoever has the partition next can open it.
void WorkerSession::GiveUp(ReadyPartition partition) {
  if (partition.owned != nullptr) {
    setup_.housekeeping.Remove(partition.owned->number());
  }
}

// ---- Time

absl::Status WorkerSession::Tick() {
  next_tick_ = Clock::now() + kTickEvery;
  for (ReadyPartition stale = setup_.parked.TakeStale(); stale.owned != nullptr;
       stale = setup_.parked.TakeStale()) {
    GiveUp(std::move(stale));
  }
  for (auto& [number, slot] : slots_) {
    if (slot.ready.owned != nullptr) {
      WEIR_RETURN_IF_ERROR(AdvanceIdle(slot));
    }
  }
  CheckCluster();
  Tell();
  return absl::OkStatus();
}

// Nothing says that a broker is there again, or a topic: it is asked for while there is doubt.
void WorkerSession::CheckCluster() {
  if (!doubtful_) {
    return;
  }
  const absl::Status answer =
      AskForTopic(consumer_.get(), setup_.topics.input, absl::Milliseconds(kIdleAskMs));
  doubtful_ = !answer.ok();
  watch_.OnTrouble(answer);
}

// The only use of the wall clock: what is due in a partition where nothing arrives happens all the
// same. Asking the broker once more makes sure that nothing does.
absl::Status WorkerSession::AdvanceIdle(Slot& slot) {
  const Partition& state = slot.ready.owned->state();
  const TimeMs until = TimeMs{setup_.clock().value - kIdleBehind.value};
  const std::optional<TimeMs> now = state.stream_time();
  const std::optional<TimeMs> due = state.NextDue();
  const bool idle = setup_.settings.idle_after.count() > 0 && slot.end >= 0 &&
                    Clock::now() - slot.last_record >= setup_.settings.idle_after;
  if (!idle || !now || !due || *due > until || until - *now > kIdleWithin) {
    return absl::OkStatus();
  }
  int64_t low = 0;
  int64_t high = 0;
  const rd_kafka_resp_err_t asked =
      rd_kafka_query_watermark_offsets(consumer_.get(), setup_.topics.input.c_str(),
                                       slot.ready.owned->number(), &low, &high, kIdleAskMs);
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR || high != slot.end) {
    return absl::OkStatus();
  }
  watch_.OnIdleAdvance();
  WEIR_ASSIGN_OR_RETURN(const bool stands, protocol_->Idle(*slot.ready.owned, until));
  return stands ? absl::OkStatus() : Rewind();
}

void WorkerSession::Tell() {
  uint64_t restoring = 0;
  for (const auto& [number, slot] : slots_) {
    if (slot.ready.owned != nullptr) {
      TellProgress(slot);
    } else {
      ++restoring;
    }
  }
  watch_.OnPartitions(slots_.size(), restoring);
}

void WorkerSession::TellProgress(const Slot& slot) {
  const OwnedPartition& owned = *slot.ready.owned;
  PartitionProgress progress = ProgressOf(slot.ready);
  int64_t low = 0;
  int64_t high = 0;
  const rd_kafka_resp_err_t known = rd_kafka_get_watermark_offsets(
      consumer_.get(), setup_.topics.input.c_str(), owned.number(), &low, &high);
  // At the end of the partition, what is between is no record.
  if (known == RD_KAFKA_RESP_ERR_NO_ERROR && high > owned.position() && slot.end != high) {
    progress.lag = static_cast<uint64_t>(high - owned.position());
    progress.lag_time = setup_.clock() - TimeMs{slot.newest_time};
  }
  watch_.OnProgress(progress);
}

}  // namespace weir
