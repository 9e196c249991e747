// The floor of any service that is exactly once with librdkafka: consumes, produces and commits as
// the service does, and neither parses nor decides. bench/service measures it beside `weir serve`.
//
// Its clients are made by the code that makes the service's, it polls in the same way, commits at
// the same times, and writes to the same topics: the records that the service forwarded, and beside
// them as many events, and as much into the changelogs, as the service wrote for the same input.
// Prints `assigned` when it has its partition, and runs until SIGTERM.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include <librdkafka/rdkafka.h>

#include "bench/service/plain_producer.h"
#include "connectors/kafka/handles.h"
#include "connectors/kafka/properties.h"
#include "connectors/kafka/standing_commits.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

using Clock = std::chrono::steady_clock;

// As in connectors/kafka/worker.cc and kafka_log.cc.
constexpr size_t kRoundRecords = 4096;
constexpr size_t kRoundBytes = size_t{4} << 20;
constexpr size_t kLargestDelta = size_t{512} << 10;
constexpr int kIdlePollMs = 100;
constexpr int kWaitMs = 20000;
constexpr int kRoomMs = 200;

std::atomic<bool> stopping{false};

struct Options {
  std::string bootstrap;
  std::string group;
  std::string input;
  std::string prefix;
  int64_t interval_ms = 100;
  size_t commit_records = 50000;
  bool plain = false;
  std::string forwards_file;   // for each offset `1` if it is forwarded; without it all are
  double events = 0;           // of each record
  std::string event;           // the text of one
  std::string changelog_file;  // what stands in the records of both changelogs
  double delta_bytes = 0;      // of each record
  double states = 0;           // records for the state, of each commit
  size_t state_bytes = 0;      // of each of these
};

// Adds shares up to whole things.
class Owed {
 public:
  explicit Owed(double of_each) : of_each_(of_each) {}

  size_t Take(size_t records) {
    owed_ += of_each_ * static_cast<double>(records);
    const auto whole = static_cast<size_t>(owed_);
    owed_ -= static_cast<double>(whole);
    return whole;
  }

 private:
  double of_each_;
  double owed_ = 0;
};

// Without a name there is nothing.
absl::StatusOr<std::string> ReadFile(const std::string& name) {
  if (name.empty()) {
    return std::string();
  }
  std::ifstream file(name, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (text.empty()) {
    return absl::NotFoundError(absl::StrCat("nothing in ", name));
  }
  return text;
}

class BareLoop {
 public:
  explicit BareLoop(Options options) : options_(std::move(options)) {}

  ~BareLoop();
  BareLoop(const BareLoop&) = delete;
  BareLoop& operator=(const BareLoop&) = delete;
  BareLoop(BareLoop&&) = delete;
  BareLoop& operator=(BareLoop&&) = delete;

  absl::Status Run();

 private:
  absl::Status Connect();
  absl::Status MakeProducer(const KafkaProperties& properties);
  void OnRebalance(rd_kafka_resp_err_t event, rd_kafka_topic_partition_list_t* partitions);
  absl::Status ReadRound();
  int PollMs() const;
  absl::Status Pass(const rd_kafka_message_t& message);
  bool IsForwarded(int64_t offset) const;
  absl::Status EnsureBegun();
  bool CommitIsDue() const;
  absl::Status Commit();
  absl::Status WriteChanges();
  absl::string_view TakeChanges(size_t most);
  absl::Status EndTransaction(rd_kafka_topic_partition_list_t* offsets);
  absl::Status EndPlainly(rd_kafka_topic_partition_list_t* offsets);
  absl::Status Produce(rd_kafka_topic_t* topic, absl::string_view key, absl::string_view value);

  const Options options_;
  std::string changelog_;
  size_t changelog_at_ = 0;
  std::string forwards_;
  Owed events_{options_.events};
  Owed delta_bytes_{options_.delta_bytes};
  Owed states_{options_.states};

  ClientCallbacks callbacks_;
  absl::Status failed_;
  KafkaHandle producer_;
  KafkaHandle consumer_;
  TopicHandle forwarded_;
  TopicHandle episodes_;
  TopicHandle deltas_;
  TopicHandle state_;
  GroupMetadata member_;

  bool open_ = false;
  Clock::time_point opened_at_;
  size_t batch_records_ = 0;
  StandingCommit standing_;  // as it will stand
};

BareLoop::~BareLoop() {
  if (consumer_ != nullptr) {
    rd_kafka_consumer_close(consumer_.get());
  }
}

absl::Status BareLoop::Run() {
  WEIR_RETURN_IF_ERROR(Connect());
  while (!stopping.load()) {
    WEIR_RETURN_IF_ERROR(ReadRound());
    if (CommitIsDue()) {
      WEIR_RETURN_IF_ERROR(Commit());
    }
  }
  return open_ ? Commit() : absl::OkStatus();
}

absl::Status BareLoop::Connect() {
  WEIR_ASSIGN_OR_RETURN(forwards_, ReadFile(options_.forwards_file));
  WEIR_ASSIGN_OR_RETURN(changelog_, ReadFile(options_.changelog_file));
  if (changelog_.empty() && options_.delta_bytes + options_.states > 0) {
    return absl::InvalidArgumentError("nothing to write into the changelogs");
  }
  callbacks_.rebalance = [this](rd_kafka_t* /*client*/, rd_kafka_resp_err_t event,
                                rd_kafka_topic_partition_list_t* partitions) {
    OnRebalance(event, partitions);
  };
  callbacks_.delivery_failure = [this](const rd_kafka_message_t& message) {
    failed_.Update(ToStatus(message.err, "writing"));
  };
  WEIR_ASSIGN_OR_RETURN(
      const KafkaProperties properties,
      KafkaProperties::Check({{"bootstrap.servers", options_.bootstrap}},
                             [](absl::string_view name) { return std::string(name); }));
  WEIR_ASSIGN_OR_RETURN(consumer_,
                        properties.MakeConsumer(options_.group, "bare.0", callbacks_, true));
  WEIR_RETURN_IF_ERROR(MakeProducer(properties));
  const PartitionList topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), options_.input.c_str(), RD_KAFKA_PARTITION_UA);
  return ToStatus(rd_kafka_subscribe(consumer_.get(), topics.get()), "subscribing");
}

absl::Status BareLoop::MakeProducer(const KafkaProperties& properties) {
  if (options_.plain) {
    WEIR_ASSIGN_OR_RETURN(producer_, MakePlainProducer(options_.bootstrap, {}, callbacks_));
  } else {
    const BatchLimits limits{.smallest_topic = kTopicsTake, .largest_topic = kTopicsTake};
    WEIR_ASSIGN_OR_RETURN(producer_, properties.MakeProducer(absl::StrCat(options_.group, "/bare"),
                                                             limits, callbacks_));
    const ErrorHandle error(rd_kafka_init_transactions(producer_.get(), kWaitMs));
    WEIR_RETURN_IF_ERROR(ToStatus(error.get(), "taking over the transactional id"));
  }
  const auto open = [this](const std::string& name) {
    return TopicHandle(rd_kafka_topic_new(producer_.get(), name.c_str(), nullptr));
  };
  forwarded_ = open(options_.prefix + "alerts.forwarded");
  episodes_ = open(options_.prefix + "throttle.episodes");
  deltas_ = open(options_.group + ".deltas");
  state_ = open(options_.group + ".state");
  return absl::OkStatus();
}

// Always from the beginning of its one partition.
void BareLoop::OnRebalance(rd_kafka_resp_err_t event, rd_kafka_topic_partition_list_t* partitions) {
  if (event != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    rd_kafka_assign(consumer_.get(), nullptr);
    return;
  }
  if (partitions->cnt != 1) {
    failed_.Update(absl::FailedPreconditionError("the input must have one partition"));
    return;
  }
  standing_.partition = partitions->elems[0].partition;
  partitions->elems[0].offset = RD_KAFKA_OFFSET_BEGINNING;
  member_.reset(rd_kafka_consumer_group_metadata(consumer_.get()));
  failed_.Update(ToStatus(rd_kafka_assign(consumer_.get(), partitions), "taking the partition"));
  static_cast<void>(std::puts("assigned"));
  static_cast<void>(std::fflush(stdout));
}

absl::Status BareLoop::ReadRound() {
  size_t bytes = 0;
  int timeout = PollMs();
  for (size_t read = 0; read < kRoundRecords && bytes < kRoundBytes; ++read) {
    const MessageHandle message(rd_kafka_consumer_poll(consumer_.get(), timeout));
    WEIR_RETURN_IF_ERROR(failed_);
    if (message == nullptr) {
      break;
    }
    timeout = 0;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      bytes += message->len + message->key_len;
      WEIR_RETURN_IF_ERROR(Pass(*message));
    } else if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      return ToStatus(message->err, "reading");
    }
  }
  rd_kafka_poll(producer_.get(), 0);
  return failed_;
}

int BareLoop::PollMs() const {
  if (!open_) {
    return kIdlePollMs;
  }
  const auto due = opened_at_ + std::chrono::milliseconds(options_.interval_ms);
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(due - Clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, kIdlePollMs));
}

absl::Status BareLoop::Pass(const rd_kafka_message_t& message) {
  WEIR_RETURN_IF_ERROR(EnsureBegun());
  ++batch_records_;
  standing_.next_offset = message.offset + 1;
  const absl::string_view key(static_cast<const char*>(message.key), message.key_len);
  if (IsForwarded(message.offset)) {
    WEIR_RETURN_IF_ERROR(
        Produce(forwarded_.get(), key, {static_cast<const char*>(message.payload), message.len}));
  }
  if (events_.Take(1) > 0) {
    WEIR_RETURN_IF_ERROR(Produce(episodes_.get(), key, options_.event));
  }
  return absl::OkStatus();
}

bool BareLoop::IsForwarded(int64_t offset) const {
  const auto at = static_cast<size_t>(offset);
  return at >= forwards_.size() || forwards_[at] == '1';
}

absl::Status BareLoop::EnsureBegun() {
  if (open_) {
    return absl::OkStatus();
  }
  if (!options_.plain) {
    const ErrorHandle error(rd_kafka_begin_transaction(producer_.get()));
    WEIR_RETURN_IF_ERROR(ToStatus(error.get(), "beginning a transaction"));
  }
  open_ = true;
  opened_at_ = Clock::now();
  return absl::OkStatus();
}

bool BareLoop::CommitIsDue() const {
  return open_ && (batch_records_ >= options_.commit_records ||
                   Clock::now() - opened_at_ >= std::chrono::milliseconds(options_.interval_ms));
}

absl::Status BareLoop::Commit() {
  WEIR_RETURN_IF_ERROR(WriteChanges());
  ++standing_.number;
  const PartitionList offsets = OffsetsOf(options_.input, absl::MakeConstSpan(&standing_, 1));
  WEIR_RETURN_IF_ERROR(options_.plain ? EndPlainly(offsets.get()) : EndTransaction(offsets.get()));
  open_ = false;
  batch_records_ = 0;
  return failed_;
}

absl::Status BareLoop::WriteChanges() {
  size_t owed = delta_bytes_.Take(batch_records_);
  while (owed > 0) {
    const absl::string_view piece = TakeChanges(std::min(owed, kLargestDelta));
    WEIR_RETURN_IF_ERROR(Produce(deltas_.get(), {}, piece));
    owed -= piece.size();
  }
  for (size_t left = states_.Take(1); left > 0; --left) {
    const std::string key = left == 1 ? "head" : absl::StrCat("entry", left);
    WEIR_RETURN_IF_ERROR(Produce(state_.get(), key, TakeChanges(options_.state_bytes)));
  }
  return absl::OkStatus();
}

// So many of the bytes that there are, round and round.
absl::string_view BareLoop::TakeChanges(size_t most) {
  const absl::string_view piece = absl::string_view(changelog_).substr(changelog_at_, most);
  changelog_at_ = (changelog_at_ + piece.size()) % changelog_.size();
  return piece;
}

absl::Status BareLoop::EndTransaction(rd_kafka_topic_partition_list_t* offsets) {
  const ErrorHandle sent(
      rd_kafka_send_offsets_to_transaction(producer_.get(), offsets, member_.get(), kWaitMs));
  WEIR_RETURN_IF_ERROR(ToStatus(sent.get(), "adding offsets to a transaction"));
  const ErrorHandle ended(rd_kafka_commit_transaction(producer_.get(), -1));
  return ToStatus(ended.get(), "committing a transaction");
}

absl::Status BareLoop::EndPlainly(rd_kafka_topic_partition_list_t* offsets) {
  WEIR_RETURN_IF_ERROR(ToStatus(rd_kafka_flush(producer_.get(), kWaitMs), "flushing"));
  return ToStatus(rd_kafka_commit(consumer_.get(), offsets, 0), "committing offsets");
}

absl::Status BareLoop::Produce(rd_kafka_topic_t* topic, absl::string_view key,
                               absl::string_view value) {
  for (;;) {
    const rd_kafka_resp_err_t error = ProduceCopy(topic, standing_.partition, key, value);
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return ToStatus(error, "writing");
    }
    rd_kafka_poll(producer_.get(), kRoomMs);
    WEIR_RETURN_IF_ERROR(failed_);
  }
}

void Stop(int /*number*/) {
  stopping.store(true);
}

int Main(int argc, char** argv) {
  CLI::App app("Consumes, produces and commits as `weir serve` does, and nothing else");
  Options options;
  app.add_option("--bootstrap", options.bootstrap)->required();
  app.add_option("--group", options.group)->required();
  app.add_option("--input", options.input)->required();
  app.add_option("--prefix", options.prefix)->required();
  app.add_option("--interval", options.interval_ms, "of commits, in milliseconds");
  app.add_option("--records", options.commit_records, "of a commit at most");
  app.add_option("--forwards", options.forwards_file, "for each offset 1 if it is forwarded");
  app.add_option("--events", options.events, "events per record");
  app.add_option("--event", options.event, "the text of an event");
  app.add_option("--changelog", options.changelog_file, "what to write into the changelogs");
  app.add_option("--delta-bytes", options.delta_bytes, "per record");
  app.add_option("--states", options.states, "records for the state per commit");
  app.add_option("--state-bytes", options.state_bytes, "of each of these");
  app.add_flag("--plain", options.plain, "without transactions");
  CLI11_PARSE(app, argc, argv);
  static_cast<void>(std::signal(SIGTERM, Stop));
  BareLoop loop(std::move(options));
  const absl::Status status = loop.Run();
  if (!status.ok()) {
    static_cast<void>(std::fprintf(stderr, "bare_loop: %s\n", status.ToString().c_str()));
  }
  return status.ok() ? 0 : 1;
}

}  // namespace

}  // namespace weir

int main(int argc, char** argv) {
  try {
    return weir::Main(argc, argv);
  } catch (const std::exception& error) {
    static_cast<void>(std::fprintf(stderr, "bare_loop: %s\n", error.what()));
    return 1;
  }
}
