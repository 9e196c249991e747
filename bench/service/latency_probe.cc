// Writes records to the input of a service at a steady rate, reads what it forwards, and prints how
// long they took: from the time at which each was due to be written until a reader of committed
// records has it, both by one clock of this process.
//
// All must be forwarded unchanged and in order, in one partition; anything else is an error. The
// time at which a record was due counts, so that one that was held up on its way into the log
// counts as late. Before that the first records are written and waited for, since whatever is done
// for the first time, by a new topic above all, takes long.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include <librdkafka/rdkafka.h>

#include "bench/service/plain_producer.h"
#include "connectors/kafka/handles.h"
#include "connectors/kafka/properties.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr int kTickMs = 5;  // between two batches of records
constexpr int kStepMs = 1;
constexpr int kFlushMs = 20000;
constexpr int kPollMs = 100;
constexpr std::chrono::seconds kPatience{60};  // between two records that come back
constexpr size_t kFirst = 1000;                // records, before the time runs

struct Options {
  std::string bootstrap;
  std::string input;
  std::string output;
  std::string lines_file;
  double rate = 1000;
  double seconds = 10;
  double skipped = 1;  // seconds at the start, which do not count
};

struct Line {
  std::string key;
  std::string value;
};

class Probe {
 public:
  explicit Probe(Options options) : options_(std::move(options)) {}

  absl::Status Run();

 private:
  absl::Status ReadLines();
  absl::StatusOr<KafkaHandle> MakeReader(const KafkaProperties& properties);
  absl::Status Write();
  absl::Status Read(rd_kafka_t* reader);
  absl::Status Take(const rd_kafka_message_t& message);

  // In seconds since the time runs; the first ones are due before that.
  double Due(size_t number) const {
    constexpr double kTick = kTickMs / 1e3;
    const double since = static_cast<double>(std::max(number, kFirst) - kFirst) / options_.rate;
    return std::floor(since / kTick) * kTick;
  }

  double Now() const { return Seconds(Clock::now() - began_.load()).count(); }

  bool FirstAreBack() const { return came_back_.load() >= kFirst; }

  void Print();

  const Options options_;
  std::vector<Line> lines_;
  ClientCallbacks callbacks_;
  std::atomic<Clock::time_point> began_{};
  std::atomic<size_t> came_back_{0};
  std::atomic<bool> failed_{false};
  std::vector<double> latencies_;  // of all records, in order
  double worst_start_ = 0;         // how much later than due one was handed to the producer
};

absl::Status Probe::ReadLines() {
  const size_t wanted = kFirst + static_cast<size_t>(options_.rate * options_.seconds);
  std::ifstream file(options_.lines_file);
  for (std::string text; lines_.size() < wanted && std::getline(file, text);) {
    const size_t tab = text.find('\t');
    if (tab == std::string::npos) {
      return absl::InvalidArgumentError(absl::StrCat("no key and tab: ", text));
    }
    lines_.push_back({.key = text.substr(0, tab), .value = text.substr(tab + 1)});
  }
  return lines_.size() == wanted
             ? absl::OkStatus()
             : absl::OutOfRangeError(
                   absl::StrCat(options_.lines_file, " has ", lines_.size(), " lines of ", wanted));
}

absl::StatusOr<KafkaHandle> Probe::MakeReader(const KafkaProperties& properties) {
  WEIR_ASSIGN_OR_RETURN(KafkaHandle reader, properties.MakeReader("latency-probe", callbacks_));
  const PartitionList partitions(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(partitions.get(), options_.output.c_str(), 0)->offset = 0;
  WEIR_RETURN_IF_ERROR(ToStatus(rd_kafka_assign(reader.get(), partitions.get()), "reading"));
  return reader;
}

absl::Status Probe::Write() {
  ClientCallbacks callbacks;
  absl::Status failed;
  callbacks.delivery_failure = [&](const rd_kafka_message_t& message) {
    failed.Update(ToStatus(message.err, "writing"));
  };
  // Those of a tick are a batch, and no batch waits: while one lingers for less than a millisecond,
  // or for those in flight, librdkafka 2.0 goes round and takes the processor from the broker.
  WEIR_ASSIGN_OR_RETURN(KafkaHandle producer,
                        MakePlainProducer(options_.bootstrap,
                                          {{"enable.idempotence", "false"},
                                           {"linger.ms", "0"},
                                           {"max.in.flight.requests.per.connection", "1000"}},
                                          callbacks));
  const TopicHandle topic(rd_kafka_topic_new(producer.get(), options_.input.c_str(), nullptr));
  bool runs = false;
  for (size_t next = 0; next < lines_.size() && failed.ok() && !failed_.load();) {
    if (!runs && FirstAreBack()) {
      runs = true;
      began_ = Clock::now();
    }
    const size_t end = runs ? lines_.size() : kFirst;
    const double now = Now();
    for (; next < end && Due(next) <= now && failed.ok(); ++next) {
      worst_start_ = std::max(worst_start_, runs ? now - Due(next) : 0);
      failed.Update(
          ToStatus(ProduceCopy(topic.get(), 0, lines_[next].key, lines_[next].value), "writing"));
    }
    rd_kafka_poll(producer.get(), kStepMs);
  }
  failed.Update(ToStatus(rd_kafka_flush(producer.get(), kFlushMs), "flushing"));
  return failed;
}

absl::Status Probe::Read(rd_kafka_t* reader) {
  Clock::time_point last = Clock::now();
  while (latencies_.size() < lines_.size()) {
    const MessageHandle message(rd_kafka_consumer_poll(reader, kPollMs));
    if (message != nullptr && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      WEIR_RETURN_IF_ERROR(Take(*message));
      last = Clock::now();
    }
    if (Clock::now() > last + kPatience || failed_.load()) {
      return absl::DeadlineExceededError(
          absl::StrCat(latencies_.size(), " of ", lines_.size(), " records were forwarded"));
    }
  }
  return absl::OkStatus();
}

absl::Status Probe::Take(const rd_kafka_message_t& message) {
  WEIR_RETURN_IF_ERROR(ToStatus(message.err, "reading"));
  const absl::string_view value(static_cast<const char*>(message.payload), message.len);
  if (value != lines_[latencies_.size()].value) {
    return absl::DataLossError(absl::StrCat("record ", latencies_.size(), " came back as ", value));
  }
  latencies_.push_back(Now() - Due(latencies_.size()));
  came_back_ = latencies_.size();
  return absl::OkStatus();
}

absl::Status Probe::Run() {
  WEIR_RETURN_IF_ERROR(ReadLines());
  latencies_.reserve(lines_.size());
  WEIR_ASSIGN_OR_RETURN(
      const KafkaProperties properties,
      KafkaProperties::Check({{"bootstrap.servers", options_.bootstrap}},
                             [](absl::string_view name) { return std::string(name); }));
  WEIR_ASSIGN_OR_RETURN(const KafkaHandle reader, MakeReader(properties));
  began_ = Clock::now();
  absl::Status written;
  std::thread writer([&] {
    written = Write();
    failed_ = failed_ || !written.ok();
  });
  const absl::Status read = Read(reader.get());
  failed_ = failed_ || !read.ok();
  writer.join();
  rd_kafka_consumer_close(reader.get());
  WEIR_RETURN_IF_ERROR(written);
  WEIR_RETURN_IF_ERROR(read);
  Print();
  return absl::OkStatus();
}

void Probe::Print() {
  std::vector<double> counted(
      latencies_.begin() +
          static_cast<ptrdiff_t>(kFirst + static_cast<size_t>(options_.rate * options_.skipped)),
      latencies_.end());
  std::sort(counted.begin(), counted.end());
  const auto at = [&](double share) {
    const double rank = std::ceil(share * static_cast<double>(counted.size()));
    return counted[static_cast<size_t>(std::max(rank, 1.0)) - 1];
  };
  static_cast<void>(std::printf(
      R"({"records":%zu,"p50":%.6f,"p95":%.6f,"p99":%.6f,"p999":%.6f,"max":%.6f,)"
      R"("worst_start":%.6f})"
      "\n",
      counted.size(), at(0.5), at(0.95), at(0.99), at(0.999), counted.back(), worst_start_));
}

int Main(int argc, char** argv) {
  CLI::App app("Prints how long records take through a service");
  Options options;
  app.add_option("--bootstrap", options.bootstrap)->required();
  app.add_option("--input", options.input)->required();
  app.add_option("--output", options.output)->required();
  app.add_option("--lines", options.lines_file, "key, tab and value, one a line")->required();
  app.add_option("--rate", options.rate, "records a second")->check(CLI::PositiveNumber);
  app.add_option("--seconds", options.seconds)->check(CLI::PositiveNumber);
  app.add_option("--skipped", options.skipped, "seconds at the start, which do not count");
  CLI11_PARSE(app, argc, argv);
  if (options.skipped < 0 || options.skipped >= options.seconds) {
    static_cast<void>(std::fputs("latency_probe: --skipped leaves nothing to count\n", stderr));
    return 2;
  }
  const absl::Status status = Probe(std::move(options)).Run();
  if (!status.ok()) {
    static_cast<void>(std::fprintf(stderr, "latency_probe: %s\n", status.ToString().c_str()));
  }
  return status.ok() ? 0 : 1;
}

}  // namespace

}  // namespace weir

int main(int argc, char** argv) {
  try {
    return weir::Main(argc, argv);
  } catch (const std::exception& error) {
    static_cast<void>(std::fprintf(stderr, "latency_probe: %s\n", error.what()));
    return 1;
  }
}
