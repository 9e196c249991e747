#include "deploy/weir/tune_command.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "connectors/capture/capture_source.h"
#include "connectors/capture/output_file.h"
#include "connectors/capture/output_files.h"
#include "connectors/threads/thread_team.h"
#include "deploy/weir/exit_codes.h"
#include "deploy/weir/format_option.h"
#include "deploy/weir/option_checks.h"
#include "deploy/weir/progress.h"
#include "deploy/weir/report_file.h"
#include "deploy/weir/tune_csv.h"
#include "deploy/weir/tune_json.h"
#include "deploy/weir/tune_plan.h"
#include "deploy/weir/tune_policy.h"
#include "deploy/weir/tune_report.h"
#include "deploy/weir/tune_text.h"
#include "engine/base/status_macros.h"
#include "engine/pipeline/replay.h"
#include "engine/tune/activity_sink.h"
#include "engine/tune/proposal.h"
#include "engine/tune/sweep.h"

namespace weir {

namespace {

constexpr size_t kBatchRecords = 32768;
constexpr size_t kMostThreads = 32;

constexpr const char* kFooter =
    "Every setting, that is every combination of the lists, is tried on every alert in one pass:\n"
    "what it comes to is what `weir replay` with that policy would say, alert for alert.\n"
    "\n"
    "The policy of --policy or --config, its newest version, gives exclusions, pairs, "
    "duplicate_window\n"
    "and max_ahead, and the limits of codes that --code leaves out. It is taken to hold for all "
    "of\n"
    "the capture, whatever its date. Without --code all codes are compared, and limits that it "
    "has\n"
    "for single codes give way.\n"
    "\n"
    "Recommended is the setting that comes nearest to holding back as much as any, throttling no\n"
    "device and letting nothing wait; with --target, of those that meet all targets, that under\n"
    "which alerts wait least. Codes get a setting of their own only where that clearly pays.\n"
    "\n"
    "Measures for targets: held_back (share of all alerts), passed, copies, consolidated,\n"
    "unrepresented, episodes, devices, recipients, peak_after (alerts passed on in the busiest\n"
    "minute), delay_median, delay_p99, delay_worst (from an alert held back to its copy); with\n"
    ">=, <=, > or <. Alerts and devices are counts (20), or shares with a point or in percent\n"
    "(0.001, 0.1%). Exit code 1 if no setting meets the targets; no policy is written then.\n"
    "\n"
    "Examples:\n"
    "  weir tune capture.jsonl\n"
    "  weir tune --threshold 5,10,20 --window 10m,1h --forward first_per_window,one_in:100 "
    "day1.jsonl.zst day2.jsonl.zst\n"
    "  weir tune --target 'held_back>=0.5, delay_p99<=1h' --write-policy new.yaml "
    "capture.jsonl\n"
    "  weir tune --policy policy.yaml --code 8F3F,8020 --window 10m,30m,1h capture.jsonl\n"
    "  weir tune --report report.html --write-policy new.yaml capture.jsonl\n"
    "  weir tune --csv capture.jsonl > settings.csv\n"
    "  kcat -C -J -e -t meter.events | weir tune -";

int Complain(absl::string_view problem, int exit_code) {
  static_cast<void>(std::fprintf(stderr, "weir tune: %s\n", std::string(problem).c_str()));
  return exit_code;
}

int Complain(const std::vector<std::string>& problems) {
  return Complain(absl::StrJoin(problems, "\nweir tune: "), kExitUsage);
}

// Whether both name the same file that is there.
bool IsSameFile(const std::string& a, const std::string& b) {
  std::error_code error;
  return !a.empty() && !b.empty() && std::filesystem::equivalent(a, b, error);
}

// A file that must not be overwritten, and a folder that is not there, are told before the work.
void CheckWritten(const TuneArguments& arguments, absl::string_view option, const std::string& file,
                  const std::string& base, std::vector<std::string>& problems) {
  if (file.empty()) {
    return;
  }
  bool is_read = IsSameFile(file, base) || IsSameFile(file, arguments.config);
  for (const std::string& capture : arguments.captures) {
    is_read = is_read || IsSameFile(file, capture);
  }
  if (is_read) {
    problems.push_back(
        absl::StrCat(option, ": ", file, " is read by this command: write to another file"));
  }
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder, error)) {
    problems.push_back(absl::StrCat(option, ": there is no directory ", folder.string()));
  } else if (std::filesystem::is_directory(file, error)) {
    problems.push_back(absl::StrCat(option, ": ", file, " is a directory"));
  }
}

void CheckReport(const TuneArguments& arguments, std::vector<std::string>& problems) {
  const std::vector<std::string>& captures = arguments.captures;
  if (!arguments.report.empty() &&
      std::find(captures.begin(), captures.end(), "-") != captures.end()) {
    problems.push_back(
        "--report: it needs a second pass, and standard input can be read only once: save it to a "
        "file first");
  }
}

absl::StatusOr<SweepResult> RunSweep(const TuneArguments& arguments, const SweepPlan& plan) {
  const std::unique_ptr<Team> team = MakeThreadTeam(arguments.threads);
  WEIR_ASSIGN_OR_RETURN(
      const std::unique_ptr<CaptureSource> source,
      CaptureSource::Open(arguments.captures, ParseFormat(arguments.format), *team));
  Sweep sweep(plan, *source, *team);
  Progress progress("comparing", "records");
  uint64_t records = 0;
  for (bool more = true; more;) {
    WEIR_ASSIGN_OR_RETURN(const size_t batch, sweep.Step(kBatchRecords));
    records += batch;
    more = batch > 0;
    progress.Update(records, source->consumed(), source->total().value_or(0));
  }
  progress.Finish();
  return sweep.Finish();
}

// The captures once more, under what is recommended, or else under the policy to start from.
absl::Status WriteTuneReport(const TuneArguments& arguments, const TuneReport& report,
                             const std::string& policy) {
  PolicyRules base = report.plan.base;
  base.effective_from.reset();
  PolicySchedule schedule;
  schedule.versions.emplace_back(base);
  if (report.proposal.choice) {
    schedule = ScheduleOf(report.plan, *report.proposal.choice);
  }
  const std::unique_ptr<Team> team = MakeThreadTeam(arguments.threads);
  WEIR_ASSIGN_OR_RETURN(
      const std::unique_ptr<CaptureSource> source,
      CaptureSource::Open(arguments.captures, ParseFormat(arguments.format), *team));
  const SystemRules rules;
  NoOutput nowhere;
  Activity activity(schedule.max_ahead);
  ActivitySink sink(activity, nowhere);
  Replay replay(schedule, rules, *source, sink, nullptr, *team);
  WEIR_RETURN_IF_ERROR(replay.Resume(false));
  Progress progress("replaying for the report", "records");
  uint64_t records = 0;
  for (bool more = true; more;) {
    WEIR_ASSIGN_OR_RETURN(const size_t batch, replay.Step(kBatchRecords));
    WEIR_RETURN_IF_ERROR(replay.Commit());
    records += batch;
    more = batch > 0;
    progress.Update(records, source->consumed(), source->total().value_or(0));
  }
  progress.Finish();
  return WriteReport(arguments.report,
                     {.captures = arguments.captures,
                      .schedule = schedule,
                      .policy = report.base,
                      .summary = replay.Summarise(),
                      .activity = activity},
                     TuneReportJson(report, policy));
}

absl::Status Print(const std::string& text) {
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  return written ? absl::OkStatus() : absl::UnavailableError("writing to standard output failed");
}

// Writes the policy first, so that what is printed can say that it is there.
absl::Status Tell(const TuneArguments& arguments, const TuneReport& report) {
  const std::string policy = report.proposal.choice ? ProposedPolicy(report) : "";
  absl::Status written;
  if (!arguments.write_policy.empty() && !policy.empty()) {
    written = WriteFileAtomically(arguments.write_policy, policy);
  }
  const std::string file = written.ok() ? arguments.write_policy : "";
  WEIR_RETURN_IF_ERROR(Print(arguments.json  ? TuneJson(report, policy)
                             : arguments.csv ? TuneCsv(report)
                                             : TuneText(report, file)));
  if (!arguments.report.empty()) {
    written.Update(WriteTuneReport(arguments, report, policy));
  }
  return written;
}

// What was asked for, and is not there.
absl::Status CheckFound(const TuneArguments& arguments, const TuneReport& report) {
  const Proposal& proposal = report.proposal;
  if (proposal.choice || (arguments.write_policy.empty() && report.targets.empty())) {
    return absl::OkStatus();
  }
  const char* reason = proposal.nearest ? "no setting meets the targets" : "no alert was read";
  return absl::NotFoundError(
      absl::StrCat(reason, arguments.write_policy.empty() ? "" : ", so no policy is written"));
}

void AddLists(CLI::App& app, TuneLists& lists) {
  const auto add = [&app](const char* name, std::string& list, const char* what) {
    return app.add_option(name, list, what)
        ->type_name("LIST")
        ->join(',')
        ->check([](const std::string& text) {
          return text.empty() ? std::string("the list is empty: give it items, or leave it out")
                              : std::string();
        });
  };
  add("--threshold", lists.thresholds,
      "How many alerts pass in one window before the rest are held back, 1 to 65535")
      ->default_str(kDefaultThresholds);
  add("--window", lists.windows, "Lengths of the windows, 1s to 7d")->default_str(kDefaultWindows);
  add("--forward", lists.forwards,
      "What passes during an episode: first_per_window, one_in:N, none")
      ->default_str("first_per_window");
  add("--clear", lists.clears,
      "With how many alerts in a window an episode ends, at most: numbers, or `threshold`")
      ->default_str("threshold");
  add("--window-kind", lists.window_kinds, "tumbling, sliding")->default_str("tumbling");
  add("--last-word", lists.last_words,
      "Whether the last alert held back is forwarded at the end of an episode: true, false")
      ->default_str("true");
  add("--code", lists.codes,
      "The codes to compare settings for, such as 8F3F,8020-802F; without it all. Of a range, "
      "excluded codes are passed over; with pairs together, a code stands for its pair");
  add("--target", lists.targets,
      "What the recommended policy has to meet, such as 'held_back>=0.9, devices<=0.1%'");
}

}  // namespace

CLI::App* AddTune(CLI::App& root, TuneArguments& arguments) {
  CLI::App* app = root.add_subcommand(
      "tune",
      "Compare thresholds, windows and what passes over captured alerts, all in one pass, and "
      "recommend a policy");
  app->add_option("captures", arguments.captures,
                  "Captures, in order; .gz and .zst are unpacked, - is standard input")
      ->required()
      ->type_name("CAPTURE");
  AddLists(*app, arguments.lists);
  app->add_option("--policy", arguments.policy,
                  "The policy to start from; without it that which --config names, or the built-in "
                  "defaults")
      ->type_name("FILE")
      ->check(CheckNotEmpty);
  app->add_option("--config", arguments.config, "A configuration, whose policy to start from")
      ->type_name("FILE")
      ->check(CheckNotEmpty);
  AddFormatOption(*app, arguments.format);
  app->add_option("--write-policy", arguments.write_policy,
                  "Write the recommended policy to this file, for weir replay and weir validate")
      ->type_name("FILE")
      ->check(CheckNotEmpty);
  app->add_option("--report", arguments.report,
                  "Write a report to look at, one HTML file; it reads the captures once more")
      ->type_name("FILE")
      ->check(CheckNotEmpty);
  app->add_option("--threads", arguments.threads,
                  "How many threads work; results do not depend on it")
      ->type_name("NUMBER")
      ->check(CLI::Range(size_t{1}, kMostThreads))
      ->capture_default_str();
  CLI::Option* const json =
      app->add_flag("--json", arguments.json, "Print everything as JSON, by setting and code");
  app->add_flag("--csv", arguments.csv, "Print a row for each setting and code")->excludes(json);
  app->footer(kFooter);
  return app;
}

int RunTune(const TuneArguments& arguments) {
  std::vector<std::string> problems;
  const std::optional<TuneChoices> choices = ReadTuneLists(arguments.lists, problems);
  if (!choices) {
    return Complain(problems);
  }
  BasePolicy base;
  if (const absl::Status read = ReadBasePolicy(arguments.policy, arguments.config, base);
      !read.ok()) {
    return Complain(read.message(), kExitConfiguration);
  }
  const SweepPlan plan = PlanOf(base, *choices, problems);
  CheckWritten(arguments, "--write-policy", arguments.write_policy, base.file, problems);
  CheckWritten(arguments, "--report", arguments.report, base.file, problems);
  CheckReport(arguments, problems);
  if (!problems.empty()) {
    return Complain(problems);
  }
  absl::StatusOr<SweepResult> result = RunSweep(arguments, plan);
  if (!result.ok()) {
    return Complain(result.status().message(), kExitFailed);
  }
  Proposal proposal = Propose(plan, *result, choices->targets);
  const TuneReport report{.captures = arguments.captures,
                          .base = base.file,
                          .plan = plan,
                          .targets = choices->targets,
                          .result = *std::move(result),
                          .proposal = std::move(proposal)};
  absl::Status told = Tell(arguments, report);
  told.Update(CheckFound(arguments, report));
  return told.ok() ? kExitDone : Complain(told.message(), kExitFailed);
}

}  // namespace weir
