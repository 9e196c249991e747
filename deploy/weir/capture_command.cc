#include "deploy/weir/capture_command.h"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "connectors/capture/capture_writer.h"
#include "connectors/formats/kcat_encode.h"
#include "connectors/kafka/topic_reader.h"
#include "connectors/threads/thread_team.h"
#include "deploy/weir/exit_codes.h"
#include "deploy/weir/kafka_command.h"
#include "deploy/weir/progress.h"
#include "deploy/weir/text.h"
#include "engine/base/status_macros.h"
#include "engine/base/units.h"

namespace weir {

namespace {

constexpr size_t kThreads = 2;  // one reads, the other writes
constexpr std::chrono::seconds kWrittenWithin{10};

std::optional<absl::string_view> BytesOf(const void* bytes, size_t size) {
  return bytes == nullptr
             ? std::nullopt
             : std::make_optional(absl::string_view(static_cast<const char*>(bytes), size));
}

void AppendMessage(const rd_kafka_message_t& message, std::string& out) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const int64_t time = rd_kafka_message_timestamp(&message, &type);
  const bool has_time = type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && time >= 0;
  AppendKcat({.topic = rd_kafka_topic_name(message.rkt),
              .partition = message.partition,
              .offset = message.offset,
              .time = has_time ? std::make_optional(TimeMs{time}) : std::nullopt,
              .is_append_time = type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME,
              .key = BytesOf(message.key, message.key_len),
              .payload = BytesOf(message.payload, message.len)},
             out);
}

// Until the topic's end or a stop; how many messages were written.
absl::StatusOr<uint64_t> Record(TopicReader& reader, CaptureWriter& writer) {
  using Clock = std::chrono::steady_clock;
  Progress progress("capturing", "messages");
  uint64_t messages = 0;
  Clock::time_point flushed = Clock::now();
  while (!reader.is_done() && !StopAsked()) {
    WEIR_ASSIGN_OR_RETURN(const MessageHandle message, reader.Next());
    if (message != nullptr) {
      AppendMessage(*message, writer.buffer());
      ++messages;
      writer.WriteIfMany();
    }
    if (const Clock::time_point now = Clock::now(); now - flushed >= kWrittenWithin) {
      WEIR_RETURN_IF_ERROR(writer.Flush());
      flushed = now;
    }
    progress.Update(messages, reader.passed(), reader.offsets());
  }
  WEIR_RETURN_IF_ERROR(writer.Flush());
  progress.Finish();
  return messages;
}

absl::Status Capture(const CaptureArguments& arguments, const ConfiguredService& configured) {
  ClientCallbacks callbacks;
  callbacks.log = LogOfClient;
  const ServiceConfig& config = configured.config;
  WEIR_ASSIGN_OR_RETURN(
      const std::unique_ptr<TopicReader> reader,
      TopicReader::Open(
          *configured.properties, config.group,
          {.topic = config.input,
           .since = arguments.since.empty() ? std::nullopt : ParseTime(arguments.since),
           .follow = arguments.follow},
          callbacks));
  // Not before, so that a cluster that cannot be reached leaves no file behind.
  const std::unique_ptr<Team> team = MakeThreadTeam(kThreads);
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<CaptureWriter> writer,
                        CaptureWriter::Open(arguments.out, *team));
  WEIR_ASSIGN_OR_RETURN(const uint64_t messages, Record(*reader, *writer));
  absl::FPrintF(stderr, "captured %s messages of %d partitions of %s in %s%s\n",
                WithThousands(messages), reader->partitions(), config.input, arguments.out,
                reader->is_done() || arguments.follow
                    ? ""
                    : absl::StrCat("; stopped at ", WithThousands(reader->passed()), " of ",
                                   WithThousands(reader->offsets()), " offsets"));
  return absl::OkStatus();
}

int Complain(const absl::Status& status, int exit_code) {
  static_cast<void>(
      std::fprintf(stderr, "weir capture: %s\n", std::string(status.message()).c_str()));
  return exit_code;
}

std::string CheckTime(const std::string& text) {
  return ParseTime(text) ? std::string()
                         : absl::StrCat("'", text, "' is no time such as 2019-12-02T10:00:00Z");
}

}  // namespace

CLI::App* AddCapture(CLI::App& root, CaptureArguments& arguments) {
  CLI::App* app = root.add_subcommand(
      "capture", "Record what the event topic holds into a file that weir replay and tune read");
  app->add_option("--config", arguments.config,
                  "The service's configuration: which brokers and which topic")
      ->required()
      ->type_name("FILE");
  app->add_option("--out", arguments.out,
                  "The capture, which must not be there yet; compressed if it ends in .zst or .gz")
      ->required()
      ->type_name("FILE");
  app->add_option("--since", arguments.since,
                  "Begin in each partition with the first message not before this time, by the "
                  "log's time stamps; without it, with the first that there is")
      ->type_name("TIME")
      ->check(CLI::Validator(CheckTime, ""));
  app->add_flag("--follow", arguments.follow,
                "Go on with what comes in, until SIGTERM or Ctrl-C; without it, up to the end of "
                "each partition as it is now");
  app->footer(
      "Reads beside the service and disturbs nothing: no offset is committed, no group is joined.\n"
      "What has been written can be read at any time, also if the capture is ended by force: all\n"
      "but the last ten seconds. Lines are as kcat -J prints them; each partition is replayed by\n"
      "itself, so that the verdicts are those of the service, if it began where the capture does.\n"
      "\n"
      "Example:\n"
      "  weir capture --config weir.yaml --out monday.jsonl.zst --since 2019-12-02T00:00:00Z\n"
      "  weir tune --report thresholds.html monday.jsonl.zst");
  return app;
}

int RunCapture(const CaptureArguments& arguments) {
  LogToStandardError();
  const absl::StatusOr<ConfiguredService> configured = ReadConfigured(arguments.config);
  if (!configured.ok()) {
    return Complain(configured.status(), kExitConfiguration);
  }
  LogRemarks(*configured);
  StopOnSignals();
  const absl::Status captured = Capture(arguments, *configured);
  return captured.ok() ? kExitDone : Complain(captured, kExitFailed);
}

}  // namespace weir
