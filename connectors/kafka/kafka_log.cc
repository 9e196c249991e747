#include "connectors/kafka/kafka_log.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "connectors/formats/json_writer.h"
#include "connectors/formats/notice_duis.h"
#include "connectors/formats/notice_json.h"
#include "connectors/kafka/failpoints.h"
#include "connectors/kafka/standing_commits.h"
#include "engine/alert/catalogue.h"
#include "engine/alert/eui64.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

using Clock = std::chrono::steady_clock;

// Calls that wait do so in steps, so that callbacks are served between them.
constexpr int kStepMs = 200;

// A transaction that has been open for longer is not added to: its end would come too late.
constexpr std::chrono::milliseconds kOpenFor{kTransactionTimeoutMs * 8 / 10};

// A commit that took longer may have been asked for twice on the way.
constexpr std::chrono::seconds kQuickCommit{3};

constexpr int kInitMs = 2 * kTransactionTimeoutMs;
constexpr int kStandingMs = 10000;
constexpr int kAbortMs = 3000;

absl::Status Simulated(absl::string_view name) {
  return absl::InternalError(absl::StrCat("failpoint ", name));
}

// Repeats a call, whose arguments stay the same, while its error may pass.
template <typename Call>
absl::Status Retried(Clock::time_point until, absl::string_view attempted, Call&& call) {
  for (;;) {
    const ErrorHandle error(call());
    if (error == nullptr) {
      return absl::OkStatus();
    }
    if (rd_kafka_error_is_retriable(error.get()) == 0 || Clock::now() >= until) {
      return ToStatus(error.get(), attempted);
    }
  }
}

// librdkafka copies what it is given, and does not write to it.
char* Mutable(absl::string_view text) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): librdkafka's parameters are not const
  return const_cast<char*>(text.data());
}

}  // namespace

// Turns the results of a round into messages.
class KafkaLog::Encoder {
 public:
  Encoder(KafkaLog& log, int32_t partition) : log_(log), partition_(partition) {}

  void Forward(const Alert& alert, const Record& /*record*/) {
    ++log_.counts_.forwarded;
    Pass(Stream::kForwarded, alert, nullptr);
  }

  void ForwardCopy(const Alert& alert, const CopyMark& mark) {
    ++log_.counts_.copies;
    Pass(Stream::kForwarded, alert, &mark);
  }

  void Consolidate(const Alert& alert, const Record& /*record*/) {
    ++log_.counts_.consolidated;
    std::vector<uint64_t>& by_code = log_.counts_.consolidated_of;
    if (by_code.empty()) {
      by_code.resize(CatalogueCodes().size() + 1);
    }
    ++by_code[PlaceInCatalogue(alert.code)];
    if (!log_.settings_.topics.consolidated.empty()) {
      Pass(Stream::kConsolidated, alert, nullptr);
    }
  }

  void Duplicate(const Alert& /*alert*/) { ++log_.counts_.duplicates; }

  void Episode(const EpisodeEvent& event) {
    log_.counts_.episodes_started += event.kind == EpisodeEvent::Kind::kStarted ? 1 : 0;
    log_.counts_.episodes_ended += event.kind == EpisodeEvent::Kind::kEnded ? 1 : 0;
    text_.clear();
    AppendEpisode(event, text_);
    const std::string key = FormatEui64(event.key.device);
    Send(Stream::kEpisodes, key, absl::StripSuffix(text_, "\n"));
  }

  void DeadLetter(const Record& record, DeadReason reason) {
    ++log_.counts_.dead[reason];
    text_.clear();
    AppendDeadLetter(record, reason, text_, log_.MostDeadBytes());
    Send(Stream::kDeadLetters, std::nullopt, absl::StripSuffix(text_, "\n"));
  }

  void Switched(const SwitchNotice& notice) {
    ++(notice.unrouted ? log_.counts_.switched_unrouted : log_.counts_.switched_routed);
    text_.clear();
    if (log_.settings_.notices == NoticeFormat::kDuis) {
      AppendSwitchNoticeDuis(notice, text_);
    } else {
      AppendSwitchNotice(notice, text_);
    }
    SendToOperator(notice.unrouted ? std::nullopt : notice.network_operator,
                   FormatEui64(notice.device), absl::StripSuffix(text_, "\n"), HeadersOf(notice));
  }

  void Removed(const RemovalNotice& notice) {
    ++log_.counts_.removals;
    text_.clear();
    if (log_.settings_.notices == NoticeFormat::kDuis) {
      AppendRemovalNoticeDuis(notice, text_);
    } else {
      AppendRemovalNotice(notice, text_);
    }
    Send(Stream::kInventoryRemoved, FormatEui64(notice.device), absl::StripSuffix(text_, "\n"));
  }

  void Respond(const Record& record, const ResponseNotice& notice) {
    const OriginalMessage original = OriginalOf(std::get<OtherEvent>(record.event).original);
    Added added;
    if (notice.unrouted) {
      added.emplace_back(kReasonHeader, UnroutedReasonName(*notice.unrouted));
    }
    SendToOperator(notice.unrouted ? std::nullopt : std::make_optional(notice.network_operator),
                   original.key, original.value, HeadersOf(original, added));
  }

  void Judge(const Record& record, const RequestNotice& notice) {
    ++log_.counts_.requests[static_cast<size_t>(notice.reason)];
    const OriginalMessage original = OriginalOf(std::get<OtherEvent>(record.event).original);
    const bool accepted = IsAccepted(notice.reason);
    Send(accepted ? Stream::kRequestsAccepted : Stream::kRequestsRejected, original.key,
         original.value,
         HeadersOf(original, {{kDecisionHeader, accepted ? "accepted" : "rejected"},
                              {kReasonHeader, std::string(RequestReasonName(notice.reason))}}));
  }

  // The first error.
  const absl::Status& status() const { return status_; }

 private:
  // Headers that are new.
  using Added = std::vector<std::pair<absl::string_view, std::string>>;

  void Pass(Stream stream, const Alert& alert, const CopyMark* mark) {
    const OriginalMessage original = OriginalOf(alert.original);
    Added added;
    if (mark != nullptr) {
      added = {{kSequenceHeader, absl::StrCat(mark->sequence_id)},
               {kCountHeader, absl::StrCat(mark->count)}};
    }
    Send(stream, original.key, original.value, HeadersOf(original, added));
  }

  static OriginalMessage OriginalOf(absl::string_view blob) {
    const std::optional<OriginalMessage> original = ReadOriginal(blob);
    WEIR_CHECK(original.has_value());
    return *original;
  }

  static HeadersHandle HeadersOf(const SwitchNotice& notice) {
    Added added;
    if (!notice.mpan.empty()) {
      added.emplace_back("mpan", notice.mpan);
    }
    if (!notice.srv.empty()) {
      added.emplace_back("srv", notice.srv);
    }
    if (notice.alert) {
      added.emplace_back("alert", FormatAlertCode(*notice.alert));
    }
    added.emplace_back("changed-at", FormatTime(notice.changed_at));
    if (notice.request) {
      added.emplace_back("request-id", TextOf(*notice.request));
    }
    if (notice.unrouted) {
      added.emplace_back(kReasonHeader, UnroutedReasonName(*notice.unrouted));
    }
    return HeadersOf(OriginalMessage{}, added);
  }

  static std::string TextOf(const RequestId& id) {
    return absl::StrCat(FormatEui64(id.party), ":", FormatEui64(id.device), ":", id.counter);
  }

  // Those of the original, and what is new behind them; null if there are none.
  static HeadersHandle HeadersOf(const OriginalMessage& original, const Added& added) {
    if (original.header_bytes.empty() && added.empty()) {
      return nullptr;
    }
    HeadersHandle headers(rd_kafka_headers_new(8));
    OriginalHeaders rest = original.headers();
    for (std::optional<OriginalHeader> header = rest.Next(); header; header = rest.Next()) {
      Add(header->name, header->value, headers.get());
    }
    for (const auto& [name, value] : added) {
      Add(name, value, headers.get());
    }
    return headers;
  }

  static void Add(absl::string_view name, std::optional<absl::string_view> value,
                  rd_kafka_headers_t* headers) {
    rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()),
                        value ? value->data() : nullptr,
                        value ? static_cast<ssize_t>(value->size()) : 0);
  }

  // To nobody's topic if there is no party. The engine routes to parties that are configured, and
  // each of those has a topic.
  void SendToOperator(std::optional<Eui64> party, std::optional<absl::string_view> key,
                      std::optional<absl::string_view> value, HeadersHandle headers) {
    rd_kafka_topic_t* topic = TopicOf(Stream::kEnp);
    if (party) {
      const auto found = log_.operators_.find(*party);
      WEIR_CHECK(found != log_.operators_.end());
      topic = found->second.get();
    }
    SendTo(topic, Stream::kEnp, key, value, std::move(headers));
  }

  rd_kafka_topic_t* TopicOf(Stream stream) const {
    return log_.streams_[static_cast<size_t>(stream)].get();
  }

  void Send(Stream stream, std::optional<absl::string_view> key,
            std::optional<absl::string_view> value, HeadersHandle headers = nullptr) {
    SendTo(TopicOf(stream), stream, key, value, std::move(headers));
  }

  void SendTo(rd_kafka_topic_t* topic, Stream stream, std::optional<absl::string_view> key,
              std::optional<absl::string_view> value, HeadersHandle headers) {
    if (!status_.ok()) {
      return;
    }
    status_ = log_.Produce({.topic = topic,
                            .partition = partition_,
                            .key = key,
                            .value = value,
                            .headers = headers.get()});
    if (status_.ok()) {
      static_cast<void>(headers.release());
      ++log_.counts_.produced[static_cast<size_t>(stream)];
    }
  }

  KafkaLog& log_;
  const int32_t partition_;
  std::string text_;
  absl::Status status_;
};

KafkaLog::KafkaLog(Settings settings, const KafkaProperties& properties, rd_kafka_t* consumer,
                   WorkerWatch& watch)
    : settings_(std::move(settings)), properties_(properties), consumer_(consumer), watch_(watch) {
  callbacks_.log = [this](int level, absl::string_view text) {
    watch_.Log(level <= 3   ? LogLevel::kError
               : level == 4 ? LogLevel::kWarning
                            : LogLevel::kInfo,
               absl::StrCat("producer: ", text));
  };
  callbacks_.error = [this](rd_kafka_t* /*client*/, rd_kafka_resp_err_t error,
                            absl::string_view reason) {
    // While a commit is under way a lost connection may mean that it is asked for once more.
    doubtful_ = true;
    watch_.Log(LogLevel::kWarning,
               absl::StrCat("producer: ", reason, " (", rd_kafka_err2name(error), ")"));
  };
  callbacks_.delivery_failure = [this](const rd_kafka_message_t& message) {
    // What rd_kafka_message_errstr gives for a message of a producer is the record itself.
    const std::string failure =
        absl::StrCat("writing to ", rd_kafka_topic_name(message.rkt), " [", message.partition,
                     "] fails: ", rd_kafka_err2str(message.err));
    if (undelivered_.insert(failure).second) {
      watch_.Log(LogLevel::kError, failure);
    }
  };
}

KafkaLog::~KafkaLog() {
  DropProducer();
}

// ---- Producers

absl::Status KafkaLog::Start() {
  return MakeProducer();
}

absl::Status KafkaLog::MakeProducer() {
  DropProducer();
  const Cluster& cluster = settings_.cluster;
  const OriginalLimits& original = cluster.largest_original;
  const size_t largest =
      std::max({original.alert, original.request, original.response, cluster.largest_dead_letter,
                cluster.largest_delta, cluster.largest_state});
  WEIR_ASSIGN_OR_RETURN(
      producer_,
      properties_.MakeProducer(settings_.transactional_id,
                               {.smallest_topic = cluster.smallest_topic, .largest_topic = largest},
                               callbacks_));
  const Topics& topics = settings_.topics;
  const auto open = [this](const std::string& name) {
    return TopicHandle(name.empty() ? nullptr
                                    : rd_kafka_topic_new(producer_.get(), name.c_str(), nullptr));
  };
  streams_ = {open(topics.forwarded),    open(topics.consolidated), open(topics.episodes),
              open(topics.dead_letters), open(topics.unrouted),     open(topics.accepted),
              open(topics.rejected),     open(topics.removed)};
  for (const OperatorTopic& each : topics.operators) {
    operators_.emplace(each.party, open(each.name));
  }
  changelogs_ = {open(topics.deltas), open(topics.state)};
  watch_.OnProducerMade();
  rd_kafka_t* const producer = producer_.get();
  absl::Status ready =
      Retried(Clock::now() + std::chrono::milliseconds(kInitMs),
              absl::StrCat("taking over the transactional id ", settings_.transactional_id),
              [&] { return rd_kafka_init_transactions(producer, kInitMs); });
  doubtful_ = !ready.ok();
  return ready;
}

void KafkaLog::DropProducer() {
  if (producer_ == nullptr) {
    return;
  }
  if (std::exchange(open_, false)) {
    // The next producer aborts it all the same. But librdkafka 2.0 may end the process if a client
    // goes while it still adds partitions to a transaction.
    const ErrorHandle unheard(rd_kafka_abort_transaction(producer_.get(), kAbortMs));
  }
  rd_kafka_purge(producer_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  for (TopicHandle& handle : streams_) {
    handle.reset();
  }
  operators_.clear();
  for (TopicHandle& handle : changelogs_) {
    handle.reset();
  }
  producer_.reset();
}

// ---- Transactions

absl::Status KafkaLog::EnsureBegun() {
  if (open_) {
    return absl::OkStatus();
  }
  if (producer_ == nullptr || doubtful_) {
    WEIR_RETURN_IF_ERROR(MakeProducer());
  }
  const ErrorHandle error(rd_kafka_begin_transaction(producer_.get()));
  WEIR_RETURN_IF_ERROR(ToStatus(error.get(), "beginning a transaction"));
  open_ = true;
  opened_at_ = Clock::now();
  counts_ = {};
  attempted_.clear();
  undelivered_.clear();
  return Failpoint("begun") ? Simulated("begun") : absl::OkStatus();
}

absl::Status KafkaLog::Write(int32_t partition, const Results& results) {
  WEIR_RETURN_IF_ERROR(EnsureBegun());
  if (listener_) {
    listener_(partition, results);
  }
  Encoder encoder(*this, partition);
  Visit(results, encoder);
  counts_.records += results.records.size();
  rd_kafka_poll(producer_.get(), 0);
  WEIR_RETURN_IF_ERROR(encoder.status());
  return Failpoint("produced") ? Simulated("produced") : absl::OkStatus();
}

absl::Status KafkaLog::WriteChanges(int32_t partition, absl::Span<const ChangelogRecord> records) {
  WEIR_RETURN_IF_ERROR(EnsureBegun());
  for (const ChangelogRecord& record : records) {
    const size_t topic = static_cast<size_t>(record.topic);
    WEIR_RETURN_IF_ERROR(Produce(
        {.topic = changelogs_[topic].get(),
         .partition = partition,
         .key = record.key.empty() ? std::nullopt : std::optional<absl::string_view>(record.key),
         .value = record.value ? std::optional<absl::string_view>(*record.value) : std::nullopt}));
    counts_.changelog_bytes[topic] += record.key.size() + record.value.value_or("").size();
  }
  return Failpoint("changes_sent") ? Simulated("changes_sent") : absl::OkStatus();
}

// Of a record's bytes, so that their base64 and what is said beside it fit into the topic.
size_t KafkaLog::MostDeadBytes() const {
  constexpr size_t kBeside = 4096;
  const size_t largest = settings_.cluster.largest_dead_letter;
  return std::min(kMaxMessageBytes, largest > kBeside ? (largest - kBeside) / 4 * 3 : 0);
}

size_t KafkaLog::LargestDelta() const {
  // Room for what Kafka puts around a record, and no larger than what goes well together in a
  // batch.
  constexpr size_t kAround = 512;
  constexpr size_t kHandy = size_t{512} << 10;
  return std::min(kHandy, settings_.cluster.largest_delta - kAround);
}

// Waits for room, since the queue is bounded, but not beyond the time of the transaction.
absl::Status KafkaLog::Produce(const Message& message) {
  for (;;) {
    const rd_kafka_resp_err_t error = TryToProduce(producer_.get(), message);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      return absl::OkStatus();
    }
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL || Clock::now() - opened_at_ > kOpenFor) {
      return ToStatus(error, absl::StrCat("writing to ", rd_kafka_topic_name(message.topic), " [",
                                          message.partition, "]"));
    }
    watch_.Beat();
    rd_kafka_poll(producer_.get(), kStepMs);
  }
}

rd_kafka_resp_err_t KafkaLog::TryToProduce(rd_kafka_t* producer, const Message& message) {
  const absl::string_view value = message.value.value_or(absl::string_view());
  void* const value_data = message.value ? Mutable(value) : nullptr;
  const absl::string_view key = message.key.value_or(absl::string_view());
  const char* const key_data = message.key ? key.data() : nullptr;
  if (message.headers == nullptr) {
    return rd_kafka_produce(message.topic, message.partition, RD_KAFKA_MSG_F_COPY, value_data,
                            value.size(), key_data, key.size(), nullptr) == 0
               ? RD_KAFKA_RESP_ERR_NO_ERROR
               : rd_kafka_last_error();
  }
  std::array<rd_kafka_vu_t, 6> parts{};
  parts[0].vtype = RD_KAFKA_VTYPE_RKT;
  parts[0].u.rkt = message.topic;
  parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  parts[1].u.i32 = message.partition;
  parts[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[2].u.i = RD_KAFKA_MSG_F_COPY;
  parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[3].u.mem = {value_data, value.size()};
  parts[4].vtype = RD_KAFKA_VTYPE_KEY;
  parts[4].u.mem = {message.key ? Mutable(key) : nullptr, key.size()};
  parts[5].vtype = RD_KAFKA_VTYPE_HEADERS;
  parts[5].u.headers = message.headers;
  const ErrorHandle error(rd_kafka_produceva(producer, parts.data(), parts.size()));
  return error == nullptr ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(error.get());
}

absl::Status KafkaLog::Commit(absl::Span<const StandingCommit> commits) {
  WEIR_CHECK(open_);
  const Clock::time_point began = Clock::now();
  doubtful_ = false;
  attempted_.assign(commits.begin(), commits.end());
  WEIR_RETURN_IF_ERROR(SendOffsets(commits));
  if (Failpoint("offsets_sent")) {
    return Simulated("offsets_sent");
  }
  WEIR_RETURN_IF_ERROR(EndTransaction());
  open_ = false;
  doubtful_ = doubtful_ || Clock::now() - began > kQuickCommit;
  if (Failpoint("committed")) {
    return Simulated("committed");
  }
  TellEnd(TransactionEnd::kDone);
  return absl::OkStatus();
}

void KafkaLog::TellEnd(TransactionEnd end) {
  watch_.OnTransaction(end, std::chrono::duration<double>(Clock::now() - opened_at_).count(),
                       counts_);
}

absl::Status KafkaLog::SendOffsets(absl::Span<const StandingCommit> commits) {
  // An empty list, or a member that nobody knows, would be passed over without an error.
  WEIR_CHECK(!commits.empty());
  if (member_ == nullptr) {
    return absl::FailedPreconditionError("this worker is not a member of the group");
  }
  const PartitionList offsets = OffsetsOf(settings_.topics.input, commits);
  WEIR_CHECK(offsets->cnt == static_cast<int>(commits.size()));
  const Clock::time_point until = opened_at_ + std::chrono::milliseconds(kTransactionTimeoutMs);
  return Retried(until, "adding offsets to a transaction", [&] {
    return rd_kafka_send_offsets_to_transaction(producer_.get(), offsets.get(), member_.get(),
                                                kTransactionTimeoutMs);
  });
}

absl::Status KafkaLog::EndTransaction() {
  const Clock::time_point until = opened_at_ + std::chrono::milliseconds(kTransactionTimeoutMs);
  if (Failpoint("committing")) {
    // Under way, and nobody waits for the answer.
    const ErrorHandle unheard(rd_kafka_commit_transaction(producer_.get(), 1));
    return Simulated("committing");
  }
  return Retried(until, "committing a transaction",
                 [&] { return rd_kafka_commit_transaction(producer_.get(), -1); });
}

// Not by the broker, which also fences a producer whose transaction took too long.
bool KafkaLog::IsFenced() const {
  if (producer_ == nullptr) {
    return false;
  }
  char reason[256] = "";
  const rd_kafka_resp_err_t error = rd_kafka_fatal_error(producer_.get(), reason, sizeof reason);
  return error == RD_KAFKA_RESP_ERR__FENCED &&
         Clock::now() - opened_at_ < std::chrono::milliseconds(kTransactionTimeoutMs);
}

absl::StatusOr<std::vector<StandingCommit>> KafkaLog::Settle(absl::Span<const int32_t> partitions) {
  if (Failpoint("settling")) {
    return Simulated("settling");
  }
  if (IsFenced()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "another producer has taken over the transactional id ", settings_.transactional_id,
        ": does another process have the same service.group and service.instance?"));
  }
  const Clock::time_point until = Clock::now() + kSettleFor;
  for (;;) {
    watch_.Beat();
    absl::Status status = MakeProducer();
    if (status.ok()) {
      absl::StatusOr<std::vector<StandingCommit>> standing =
          ReadStandingCommits(consumer_, settings_.topics.input, partitions, kStandingMs);
      if (standing.ok()) {
        watch_.OnTrouble(absl::OkStatus());
        TellEnd(*standing == attempted_ ? TransactionEnd::kSettledDone : TransactionEnd::kUndone);
        return standing;
      }
      status = standing.status();
    }
    watch_.Log(LogLevel::kWarning, absl::StrCat("finding out what stands: ", status.message()));
    watch_.OnTrouble(status);
    if (status.code() != absl::StatusCode::kUnavailable || Clock::now() >= until) {
      return status;
    }
  }
}

}  // namespace weir
