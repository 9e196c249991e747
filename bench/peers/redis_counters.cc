// The replay of a capture as it is done with counters in Redis: bench/compare.sh measures it beside
// `weir replay`, whose reader, decoder and clock it uses.
//
//     redis_counters --socket PATH --how incr|script --functions FILE --out FILE CAPTURE...
//
// HOW is one of
//   incr    a counter for each key and window, counted by INCR and dropped by EXPIRE: alerts up to
//           the threshold pass, the others are gone. No copies, no last words, no accounts
//   script  the whole rule, by the functions of FILE (throttle.lua), which runs in the server
//
// Commands go out in batches, and a batch is on its way while the replies to the one before are
// read. Writes the alerts that pass as `weir replay` does, and prints how many there were. Neither
// notices duplicates, nor does a crash leave outputs and counters that belong together. What Redis
// forgets by itself it forgets by its own clock, not by the times of the alerts.

#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "connectors/capture/capture_source.h"
#include "connectors/capture/output_file.h"
#include "connectors/formats/json_writer.h"
#include "engine/base/status_macros.h"
#include "engine/base/team.h"
#include "engine/base/wire.h"
#include "engine/pipeline/stream_clock.h"

#include <hiredis/hiredis.h>

namespace weir {

namespace {

constexpr int64_t kKeptWindows = 2;  // for which a calm key stays

struct Options {
  std::string socket;
  std::string how = "incr";
  std::string functions;
  std::string out;
  uint32_t threshold = 10;
  int64_t window_ms = kHour.value;
  size_t batch = 1024;  // alerts that are sent at once
  size_t call = 256;    // of them, that one call of a function is about at most
  std::vector<std::string> captures;
};

struct Totals {
  uint64_t alerts = 0;
  uint64_t forwarded = 0;
  uint64_t copies = 0;
  uint64_t consolidated = 0;
  uint64_t other = 0;  // dead letters and records that are no alerts
};

// ---- Talking to the server

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

using Reply = std::unique_ptr<redisReply, FreeReply>;

absl::string_view TextOf(const redisReply& reply) {
  return {reply.str, reply.len};
}

class Server {
 public:
  absl::Status Connect(const std::string& socket) {
    context_.reset(redisConnectUnix(socket.c_str()));
    return context_ == nullptr ? absl::ResourceExhaustedError("no memory") : StatusOf();
  }

  // Puts a command behind those that wait to be sent, in the protocol's own form.
  void Begin(size_t words) { absl::StrAppend(&waiting_, "*", words, "\r\n"); }

  void Word(absl::string_view word) {
    absl::StrAppend(&waiting_, "$", word.size(), "\r\n", word, "\r\n");
  }

  void Command(std::initializer_list<absl::string_view> words) {
    Begin(words.size());
    for (const absl::string_view word : words) {
      Word(word);
    }
  }

  absl::Status Send() {
    if (redisAppendFormattedCommand(context_.get(), waiting_.data(), waiting_.size()) != REDIS_OK) {
      return StatusOf();
    }
    waiting_.clear();
    for (int done = 0; done == 0;) {
      if (redisBufferWrite(context_.get(), &done) != REDIS_OK) {
        return StatusOf();
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Reply> Receive() {
    void* reply = nullptr;
    if (redisGetReply(context_.get(), &reply) != REDIS_OK) {
      return StatusOf();
    }
    Reply got(static_cast<redisReply*>(reply));
    if (got->type == REDIS_REPLY_ERROR) {
      return absl::InternalError(TextOf(*got));
    }
    return got;
  }

 private:
  absl::Status StatusOf() const {
    return context_->err == 0 ? absl::OkStatus() : absl::UnavailableError(context_->errstr);
  }

  std::unique_ptr<redisContext, FreeContext> context_;
  std::string waiting_;
};

// ---- What waits for replies

// One command that was sent.
struct Asked {
  enum class Kind : uint8_t { kPing, kIncrement, kExpire, kCount, kFinish };

  Kind kind = Kind::kPing;
  size_t alerts = 0;  // that it is about: the next ones of its batch
  std::string key{};  // of what is incremented
};

struct Batch {
  std::string lines;  // of the alerts, as they are forwarded
  std::vector<size_t> ends;
  std::vector<Asked> asked;
};

class Counters {
 public:
  explicit Counters(Options options) : options_(std::move(options)) {}

  absl::StatusOr<Totals> Run();

 private:
  absl::Status LoadFunctions();
  absl::Status Ask(const std::vector<Record>& records);
  void AskToExpire();
  void AskAbout(const Record& record, const Alert& alert);
  void AskToPass();
  void AskToIncrement(std::string key);
  void AskToCount(const Record& record, std::string key);
  void AskToFinish();
  void EndCall();
  absl::Status TakeReplies();
  void Take(const Asked& asked, size_t first, const redisReply& reply);
  void TakeVerdict(absl::string_view line, const redisReply& verdict);
  void Pass(absl::string_view line);
  void PassCopy(absl::string_view line, int64_t sequence, int64_t count);

  bool by_script() const { return options_.how == "script"; }

  // One call of the function `count`, which is still growing: keys, and what stands behind them.
  struct Call {
    std::vector<std::string> keys;
    std::vector<std::string> places;
    size_t first = 0;  // of its alerts in the batch
  };

  const Options options_;
  const std::string threshold_ = absl::StrCat(options_.threshold);
  const std::string kept_seconds_ = absl::StrCat(kKeptWindows * options_.window_ms / 1000);
  TeamOfOne team_;
  Server server_;
  std::unique_ptr<OutputFile> out_;
  StreamClock clock_{kDay};
  std::optional<int64_t> window_;  // of stream time
  Call call_;
  std::vector<std::string> new_keys_;  // among those that were incremented
  Batch sent_;                         // and not answered
  Batch next_;
  Totals totals_;
};

absl::string_view LineOf(const Batch& batch, size_t number) {
  const size_t begin = number == 0 ? 0 : batch.ends[number - 1];
  return absl::string_view(batch.lines).substr(begin, batch.ends[number] - begin);
}

absl::Status Counters::LoadFunctions() {
  std::ifstream file(options_.functions, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  if (text.empty()) {
    return absl::NotFoundError(absl::StrCat("nothing in ", options_.functions));
  }
  server_.Command({"FUNCTION", "LOAD", "REPLACE", text});
  WEIR_RETURN_IF_ERROR(server_.Send());
  return server_.Receive().status();
}

absl::StatusOr<Totals> Counters::Run() {
  WEIR_RETURN_IF_ERROR(server_.Connect(options_.socket));
  if (by_script()) {
    WEIR_RETURN_IF_ERROR(LoadFunctions());
  }
  WEIR_ASSIGN_OR_RETURN(out_, OutputFile::Open(options_.out, team_));
  WEIR_RETURN_IF_ERROR(out_->Reopen(0));
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<CaptureSource> source,
                        CaptureSource::Open(options_.captures, std::nullopt, team_));
  std::vector<Record> records;
  do {
    records.clear();
    WEIR_RETURN_IF_ERROR(source->Read(options_.batch, records));
    WEIR_RETURN_IF_ERROR(Ask(records));
    WEIR_RETURN_IF_ERROR(TakeReplies());
    std::swap(sent_, next_);
    out_->WriteIfMany();
  } while (!sent_.asked.empty() || !records.empty());
  WEIR_RETURN_IF_ERROR(out_->Flush());
  return totals_;
}

// Leaves in `next_` what was asked.
absl::Status Counters::Ask(const std::vector<Record>& records) {
  next_.lines.clear();
  next_.ends.clear();
  next_.asked.clear();
  AskToExpire();
  for (const Record& record : records) {
    if (const auto* alert = std::get_if<Alert>(&record.event)) {
      AskAbout(record, *alert);
    } else {
      ++totals_.other;
    }
  }
  EndCall();
  return next_.asked.empty() ? absl::OkStatus() : server_.Send();
}

void Counters::AskToExpire() {
  for (const std::string& key : new_keys_) {
    server_.Command({"EXPIRE", key, kept_seconds_});
    next_.asked.push_back({.kind = Asked::Kind::kExpire});
  }
  new_keys_.clear();
}

void Counters::AskAbout(const Record& record, const Alert& alert) {
  ++totals_.alerts;
  if (const std::optional<TimeMs> at = alert.received ? alert.received : alert.device_time) {
    clock_.Observe(*at, alert.device);
  }
  const int64_t window = clock_.now().value_or(TimeMs{}).value / options_.window_ms;
  if (window_ != window) {
    EndCall();
    window_ = window;
    AskToFinish();
  }
  AppendForwarded(alert, next_.lines);
  next_.ends.push_back(next_.lines.size());
  if (!alert.device) {
    AskToPass();
    return;
  }
  std::string key;
  PutU64(alert.device->value, key);
  PutU32(alert.code.index(), key);
  PutU64(alert.recipient.value_or(Eui64{}).value, key);
  if (by_script()) {
    AskToCount(record, std::move(key));
  } else {
    AskToIncrement(std::move(key));
  }
}

// It is not counted, and keeps its place.
void Counters::AskToPass() {
  EndCall();
  server_.Command({"PING"});
  next_.asked.push_back({.kind = Asked::Kind::kPing, .alerts = 1});
}

void Counters::AskToIncrement(std::string key) {
  PutU32(static_cast<uint32_t>(*window_), key);
  server_.Command({"INCR", key});
  next_.asked.push_back({.kind = Asked::Kind::kIncrement, .alerts = 1, .key = std::move(key)});
}

void Counters::AskToCount(const Record& record, std::string key) {
  if (call_.keys.empty()) {
    call_.first = next_.ends.size() - 1;
  }
  call_.keys.push_back(std::move(key));
  call_.places.push_back(absl::StrCat(record.origin.offset));
  if (call_.keys.size() >= options_.call) {
    EndCall();
  }
}

void Counters::AskToFinish() {
  if (by_script()) {
    server_.Command({"FCALL", "finish", "0", absl::StrCat(*window_)});
    next_.asked.push_back({.kind = Asked::Kind::kFinish});
  }
}

void Counters::EndCall() {
  const size_t count = call_.keys.size();
  if (count == 0) {
    return;
  }
  server_.Begin(6 + 3 * count);
  for (const absl::string_view word : {"FCALL", "count"}) {
    server_.Word(word);
  }
  server_.Word(absl::StrCat(count));
  for (const std::string& key : call_.keys) {
    server_.Word(key);
  }
  for (const std::string& word : {absl::StrCat(*window_), threshold_, kept_seconds_}) {
    server_.Word(word);
  }
  for (size_t i = 0; i < count; ++i) {
    server_.Word(call_.places[i]);
    server_.Word(LineOf(next_, call_.first + i));
  }
  next_.asked.push_back({.kind = Asked::Kind::kCount, .alerts = count});
  call_ = {};
}

absl::Status Counters::TakeReplies() {
  size_t first = 0;
  for (const Asked& asked : sent_.asked) {
    WEIR_ASSIGN_OR_RETURN(const Reply reply, server_.Receive());
    Take(asked, first, *reply);
    first += asked.alerts;
  }
  return absl::OkStatus();
}

// `first`: of the alerts that it is about.
void Counters::Take(const Asked& asked, size_t first, const redisReply& reply) {
  switch (asked.kind) {
    case Asked::Kind::kExpire:
      break;
    case Asked::Kind::kPing:
      Pass(LineOf(sent_, first));
      break;
    case Asked::Kind::kIncrement:
      if (reply.integer == 1) {
        new_keys_.push_back(asked.key);
      }
      if (reply.integer <= options_.threshold) {
        Pass(LineOf(sent_, first));
      } else {
        ++totals_.consolidated;
      }
      break;
    case Asked::Kind::kCount:
      for (size_t i = 0; i < asked.alerts; ++i) {
        TakeVerdict(LineOf(sent_, first + i), *reply.element[i]);
      }
      break;
    case Asked::Kind::kFinish:
      for (size_t i = 0; i < reply.elements; ++i) {
        const redisReply& word = *reply.element[i];
        PassCopy(TextOf(*word.element[0]), word.element[1]->integer, word.element[2]->integer);
        --totals_.consolidated;  // it was counted as such before
      }
      break;
  }
}

void Counters::TakeVerdict(absl::string_view line, const redisReply& verdict) {
  if (verdict.type == REDIS_REPLY_ARRAY) {
    PassCopy(line, verdict.element[0]->integer, verdict.element[1]->integer);
  } else if (verdict.integer == 1) {
    Pass(line);
  } else {
    ++totals_.consolidated;
  }
}

void Counters::Pass(absl::string_view line) {
  ++totals_.forwarded;
  out_->buffer().append(line.data(), line.size());
}

// As AppendForwardedCopy writes it, from what AppendForwarded has written.
void Counters::PassCopy(absl::string_view line, int64_t sequence, int64_t count) {
  ++totals_.copies;
  line.remove_suffix(std::strlen("}\n"));
  absl::StrAppend(&out_->buffer(), line, R"(,"throttled_alert_sequence_id":)", sequence,
                  R"(,"throttled_alert_count":)", count, "}\n");
}

int Main(int argc, char** argv) {
  CLI::App app("Replays captures with counters in Redis");
  Options options;
  app.add_option("--socket", options.socket, "of the server")->required();
  app.add_option("--how", options.how)->check(CLI::IsMember({"incr", "script"}));
  app.add_option("--functions", options.functions, "what `script` runs in the server");
  app.add_option("--out", options.out, "the alerts that pass")->required();
  app.add_option("--threshold", options.threshold)->check(CLI::PositiveNumber);
  app.add_option("--window-ms", options.window_ms)->check(CLI::PositiveNumber);
  app.add_option("--batch", options.batch, "alerts sent at once")->check(CLI::PositiveNumber);
  app.add_option("--call", options.call, "alerts in a call of a function")
      ->check(CLI::PositiveNumber);
  app.add_option("captures", options.captures)->required();
  CLI11_PARSE(app, argc, argv);
  const absl::StatusOr<Totals> totals = Counters(std::move(options)).Run();
  if (!totals.ok()) {
    static_cast<void>(
        std::fprintf(stderr, "redis_counters: %s\n", totals.status().ToString().c_str()));
    return 1;
  }
  static_cast<void>(
      std::puts(absl::StrCat(R"({"alerts":)", totals->alerts, R"(,"forwarded":)", totals->forwarded,
                             R"(,"copies":)", totals->copies, R"(,"consolidated":)",
                             totals->consolidated, R"(,"other":)", totals->other, "}")
                    .c_str()));
  return 0;
}

}  // namespace

}  // namespace weir

int main(int argc, char** argv) {
  try {
    return weir::Main(argc, argv);
  } catch (const std::exception& error) {
    static_cast<void>(std::fprintf(stderr, "redis_counters: %s\n", error.what()));
    return 1;
  }
}
