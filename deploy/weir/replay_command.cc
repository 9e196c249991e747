#include "deploy/weir/replay_command.h"

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"

#include "connectors/capture/capture_source.h"
#include "connectors/capture/output_file.h"
#include "connectors/capture/output_files.h"
#include "connectors/config/policy_file.h"
#include "connectors/config/system_file.h"
#include "connectors/formats/summary_json.h"
#include "connectors/rocksdb/rocksdb_store.h"
#include "connectors/threads/thread_team.h"
#include "deploy/weir/exit_codes.h"
#include "deploy/weir/format_option.h"
#include "deploy/weir/option_checks.h"
#include "deploy/weir/progress.h"
#include "deploy/weir/report_file.h"
#include "deploy/weir/summary_text.h"
#include "deploy/weir/text.h"
#include "engine/base/status_macros.h"
#include "engine/pipeline/replay.h"
#include "engine/tune/activity_sink.h"

namespace weir {

namespace {

// For each thread: what it reads, decides and writes of them stays in its cache meanwhile.
constexpr size_t kBatchRecords = 2048;
constexpr size_t kMostThreads = 32;
// Bounds the memory of what can still be undone. Without a state a commit costs little.
constexpr size_t kMostUncommitted = 2000000;
constexpr size_t kMostUncommittedWithoutState = 200000;

// Everything a replay is made of, in the order in which it must go away.
struct Wiring {
  SystemConfig config;
  PolicySchedule schedule;
  std::string policy;  // path of its file; empty: the built-in defaults
  std::unique_ptr<Team> team;
  std::unique_ptr<CaptureSource> source;
  std::unique_ptr<Sink> sink;
  std::unique_ptr<Activity> activity;  // of what a report tells
  std::unique_ptr<Sink> watched_sink;  // lets the activity see what goes to the sink
  std::unique_ptr<Store> store;
  std::unique_ptr<Replay> replay;
};

void Note(const std::string& remarks) {
  if (!remarks.empty()) {
    static_cast<void>(std::fprintf(stderr, "%s\n", remarks.c_str()));
  }
}

// A policy that is given counts, and else that of the configuration.
absl::Status Configure(const ReplayArguments& arguments, Wiring& wiring) {
  wiring.schedule = PolicySchedule::Default();
  std::string remarks;
  if (!arguments.config.empty()) {
    WEIR_ASSIGN_OR_RETURN(wiring.config, ReadSystemFile(arguments.config, &remarks));
    Note(remarks);
  }
  wiring.policy = arguments.policy.empty() ? wiring.config.policy : arguments.policy;
  if (!wiring.policy.empty()) {
    WEIR_ASSIGN_OR_RETURN(wiring.schedule, ReadPolicyFile(wiring.policy, &remarks));
    Note(remarks);
  }
  return absl::OkStatus();
}

absl::Status Connect(const ReplayArguments& arguments, Wiring& wiring) {
  wiring.team = MakeThreadTeam(arguments.threads);
  WEIR_ASSIGN_OR_RETURN(
      wiring.source,
      CaptureSource::Open(arguments.captures, ParseFormat(arguments.format), *wiring.team));
  if (arguments.out.empty()) {
    wiring.sink = std::make_unique<NoOutput>();
  } else {
    const OutputChoice choice = {.archive = arguments.archive,
                                 .operators = wiring.config.system.parties.Operators(),
                                 .notices = wiring.config.notices.value_or(NoticeFormat::kJson)};
    WEIR_ASSIGN_OR_RETURN(wiring.sink, OutputFiles::Open(arguments.out, choice, *wiring.team));
  }
  if (!arguments.state.empty()) {
    WEIR_ASSIGN_OR_RETURN(wiring.store, OpenRocksDbStore(arguments.state));
  }
  Sink* sink = wiring.sink.get();
  if (!arguments.report.empty()) {
    wiring.activity = std::make_unique<Activity>(wiring.schedule.max_ahead);
    wiring.watched_sink = std::make_unique<ActivitySink>(*wiring.activity, *wiring.sink);
    sink = wiring.watched_sink.get();
  }
  wiring.replay = std::make_unique<Replay>(wiring.schedule, wiring.config.system, *wiring.source,
                                           *sink, wiring.store.get(), *wiring.team);
  return wiring.replay->Resume(arguments.force);
}

absl::Status RunToTheEnd(const ReplayArguments& arguments, Wiring& wiring) {
  using Clock = std::chrono::steady_clock;
  const std::chrono::milliseconds commit_every(ParseDuration(arguments.commit_every)->value);
  Replay& replay = *wiring.replay;
  Progress progress("replaying", "records");
  uint64_t records = 0;
  Clock::time_point committed = Clock::now();
  for (bool more = true; more;) {
    WEIR_ASSIGN_OR_RETURN(const size_t batch, replay.Step(kBatchRecords * arguments.threads));
    records += batch;
    more = batch > 0;
    const Clock::time_point now = Clock::now();
    const bool due = wiring.store != nullptr && now - committed >= commit_every;
    const size_t most = wiring.store == nullptr ? kMostUncommittedWithoutState : kMostUncommitted;
    if (!more || due || replay.uncommitted() >= most) {
      WEIR_RETURN_IF_ERROR(replay.Commit());
      committed = now;
    }
    progress.Update(records, wiring.source->consumed(), wiring.source->total().value_or(0));
  }
  WEIR_RETURN_IF_ERROR(replay.AwaitCommit());
  progress.Finish();
  return absl::OkStatus();
}

absl::Status Report(const ReplayArguments& arguments, const Wiring& wiring) {
  const Summary summary = wiring.replay->Summarise();
  const std::string json = SummaryJson(summary);
  if (!arguments.report.empty()) {
    WEIR_RETURN_IF_ERROR(WriteReport(arguments.report,
                                     {.captures = arguments.captures,
                                      .schedule = wiring.schedule,
                                      .policy = wiring.policy,
                                      .summary = summary,
                                      .activity = *wiring.activity},
                                     ""));
  }
  if (!arguments.out.empty()) {
    WEIR_RETURN_IF_ERROR(WriteFileAtomically(absl::StrCat(arguments.out, "/summary.json"), json));
  }
  std::string text = arguments.json ? json : SummaryText(summary);
  if (!arguments.json && wiring.replay->resumed_at() > 0) {
    text = absl::StrCat("continued behind the ", WithThousands(wiring.replay->resumed_at()),
                        " records of earlier runs; the figures are of all runs together\n", text);
  }
  if (!arguments.json && !arguments.out.empty()) {
    absl::StrAppend(&text, "\nresults in ", arguments.out,
                    ": alerts.forwarded, throttle.episodes, dead.letter, ",
                    arguments.archive ? "alerts.consolidated, " : "",
                    "requests.accepted, requests.rejected, inventory.removed, enp.*, "
                    "summary.json\n");
  }
  if (!arguments.json && !arguments.report.empty()) {
    absl::StrAppend(&text, "\na report to look at: ", arguments.report, "\n");
  }
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  return written ? absl::OkStatus()
                 : absl::UnavailableError("writing the summary to standard output failed");
}

int Complain(const absl::Status& status, int exit_code) {
  static_cast<void>(
      std::fprintf(stderr, "weir replay: %s\n", std::string(status.message()).c_str()));
  return exit_code;
}

}  // namespace

CLI::App* AddReplay(CLI::App& root, ReplayArguments& arguments) {
  CLI::App* app = root.add_subcommand(
      "replay",
      "Run captured alerts through the throttling engine: what would be forwarded, what "
      "held back, which devices stormed");
  app->add_option("captures", arguments.captures,
                  "Captures, in order; .gz and .zst are unpacked, - is standard input")
      ->required()
      ->type_name("CAPTURE");
  app->add_option("--config", arguments.config,
                  "Parties and rules: a service configuration, or one without `kafka` and "
                  "`service`; without it there are no parties, and the rules of the release hold")
      ->type_name("FILE")
      ->check(CheckNotEmpty);
  app->add_option("--policy", arguments.policy,
                  "Thresholds, windows and exclusions; without it those that --config names, or "
                  "the built-in defaults hold")
      ->type_name("FILE")
      ->check(CheckNotEmpty);
  AddFormatOption(*app, arguments.format);
  app->add_option(
         "--out", arguments.out,
         "Write the streams (alerts.forwarded, throttle.episodes, dead.letter, requests.*, "
         "inventory.removed, enp.*) and a summary.json here; results of an earlier run "
         "are replaced")
      ->type_name("DIR")
      ->check(CheckNotEmpty);
  CLI::Option* const state =
      app->add_option("--state", arguments.state,
                      "Keep state here, so that the same command continues where it stopped")
          ->type_name("DIR")
          ->check(CheckNotEmpty);
  app->add_option("--report", arguments.report,
                  "Write a report to look at, one HTML file; of one whole run, so without --state")
      ->type_name("FILE")
      ->check(CheckNotEmpty)
      ->excludes(state);
  app->add_option("--commit-every", arguments.commit_every,
                  "How much work a crash may cost at most; results do not depend on it")
      ->type_name("DURATION")
      ->capture_default_str()
      ->check([](const std::string& text) {
        const std::optional<DurationMs> interval = ParseDuration(text);
        return interval && *interval >= DurationMs{1} && *interval <= kHour
                   ? std::string()
                   : absl::StrCat("'", text, "' is not a duration from 1ms to 1h");
      });
  app->add_option("--threads", arguments.threads,
                  "How many threads work; results do not depend on it")
      ->type_name("NUMBER")
      ->check(CLI::Range(size_t{1}, kMostThreads))
      ->capture_default_str();
  app->add_flag("--archive", arguments.archive,
                "Write the alerts that were held back as well: alerts.consolidated");
  app->add_flag("--force", arguments.force,
                "Continue a state that was decided under another policy: open episodes end");
  app->add_flag("--json", arguments.json, "Print the summary as JSON");
  app->footer(
      "Examples:\n"
      "  weir replay capture.jsonl\n"
      "  weir replay --policy policy.yaml --out results day1.jsonl.zst day2.jsonl.zst\n"
      "  weir replay --config weir.yaml --out results capture.jsonl\n"
      "  weir replay --policy policy.yaml --report report.html capture.jsonl\n"
      "  kcat -C -J -e -t meter.events | weir replay --out results -\n"
      "  weir replay --state state --out results capture.jsonl    # stop it, run it again");
  return app;
}

int RunReplay(const ReplayArguments& arguments) {
  Wiring wiring;
  if (const absl::Status configured = Configure(arguments, wiring); !configured.ok()) {
    return Complain(configured, kExitConfiguration);
  }
  if (const absl::Status connected = Connect(arguments, wiring); !connected.ok()) {
    return Complain(connected, kExitFailed);
  }
  if (const absl::Status ran = RunToTheEnd(arguments, wiring); !ran.ok()) {
    return Complain(ran, kExitFailed);
  }
  if (const absl::Status reported = Report(arguments, wiring); !reported.ok()) {
    return Complain(reported, kExitFailed);
  }
  return kExitDone;
}

}  // namespace weir
