#include "deploy/weir/serve_command.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "connectors/http/http_server.h"
#include "connectors/http/metrics.h"
#include "connectors/kafka/crash_marks.h"
#include "connectors/kafka/service.h"
#include "connectors/rocksdb/rocksdb_store_home.h"
#include "deploy/console/console_page.h"
#include "deploy/weir/api_pages.h"
#include "deploy/weir/exit_codes.h"
#include "deploy/weir/kafka_command.h"
#include "deploy/weir/policy_reload.h"
#include "deploy/weir/serve_watch.h"
#include "deploy/weir/service_log.h"
#include "deploy/weir/state_directory.h"
#include "deploy/weir/wall_clock.h"
#include "engine/base/status_macros.h"

#include "spdlog/spdlog.h"

namespace weir {

namespace {

constexpr absl::Duration kClusterAnswers = absl::Seconds(15);

// A worker that has not said for so long that it is alive will not mend by itself.
constexpr std::chrono::seconds kLongestSilence{120};

Topics TopicsOf(const ServiceConfig& config) {
  return NameTopics({.group = config.group,
                     .prefix = config.prefix,
                     .input = config.input,
                     .archive = config.archive,
                     .operators = config.system.parties.Operators()});
}

struct Reached {
  Cluster cluster;
  std::string id;  // of the cluster
};

absl::StatusOr<Reached> Reach(const ConfiguredService& configured, const Topics& topics) {
  ClientCallbacks callbacks;
  callbacks.log = LogOfClient;
  WEIR_ASSIGN_OR_RETURN(const KafkaHandle admin, configured.properties->MakeAdmin(callbacks));
  Reached reached;
  WEIR_ASSIGN_OR_RETURN(
      reached.cluster,
      CheckTopics(admin.get(), topics, configured.config.timestamps == TimestampKind::kCreateTime,
                  kClusterAnswers));
  char* const id = rd_kafka_clusterid(admin.get(), 10000);
  if (id == nullptr) {
    return absl::UnavailableError("the cluster did not say its id");
  }
  reached.id = id;
  rd_kafka_mem_free(admin.get(), id);
  return reached;
}

// What is made of several workers' is made when it is asked for.
std::string MetricsText(Metrics& metrics, const std::vector<std::unique_ptr<ServeWatch>>& watches) {
  Comparison comparison;
  for (const auto& watch : watches) {
    for (const PartitionProgress& progress : watch->Progress()) {
      comparison += progress.comparison.value_or(Comparison());
    }
  }
  metrics.SetReady(NotReady(watches).empty() && !StopAsked());
  metrics.SetShadow(PolicyUse::kLive, comparison.live);
  metrics.SetShadow(PolicyUse::kShadow, comparison.candidate);
  return metrics.Text();
}

std::vector<HttpPage> PagesOf(Metrics& metrics, const ServedState& state) {
  const std::vector<std::unique_ptr<ServeWatch>>& watches = state.watches;
  const auto live = [&watches](const HttpQuery& /*query*/) {
    for (const auto& watch : watches) {
      if (watch->silent_for() > kLongestSilence) {
        return HttpAnswer{503, "a worker does not move\n"};
      }
    }
    return HttpAnswer{200, "alive\n"};
  };
  const auto ready = [&watches](const HttpQuery& /*query*/) {
    const std::vector<std::string> reasons = NotReady(watches);
    return reasons.empty() && !StopAsked() ? HttpAnswer{200, "ready\n"}
           : StopAsked()                   ? HttpAnswer{503, "stopping\n"}
                                           : HttpAnswer{503, absl::StrJoin(reasons, "\n") + "\n"};
  };
  const std::string text = "text/plain; charset=utf-8";
  std::vector<HttpPage> pages = ApiPages(state);
  pages.push_back({"/", "text/html; charset=utf-8", [](const HttpQuery& /*query*/) {
                     return HttpAnswer{200, std::string(ConsolePage())};
                   }});
  pages.push_back({"/metrics", std::string(Metrics::kContentType),
                   [&metrics, &watches](const HttpQuery& /*query*/) {
                     return HttpAnswer{200, MetricsText(metrics, watches)};
                   }});
  pages.push_back({"/livez", text, live});
  pages.push_back({"/readyz", text, ready});
  return pages;
}

// Until the stop is asked for and done. A worker that hangs, now or then, ends the process: what
// it leaves is what a crash leaves.
void WaitForTheEnd(Service& service, const std::vector<std::unique_ptr<ServeWatch>>& watches,
                   PolicyReload& reload, std::chrono::milliseconds stop_within) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kLook{100};
  std::optional<Clock::time_point> deadline;
  while (!service.HasEnded(kLook)) {
    if (StopAsked() && !deadline) {
      spdlog::info("stopping: finishing what is open");
      deadline = Clock::now() + stop_within;
    }
    if (!StopAsked()) {
      reload.Look(TakeReloadAsked());
    }
    if (deadline && Clock::now() > *deadline) {
      spdlog::error(
          "the service did not stop within {} ms; the next start takes up from the last "
          "commit",
          stop_within.count());
      std::_Exit(kExitFailed);
    }
    for (const auto& watch : watches) {
      if (watch->silent_for() > kLongestSilence) {
        spdlog::critical(
            "a worker has not moved for {} s; the process ends, so that another one "
            "takes over",
            kLongestSilence.count());
        std::_Exit(kExitFailed);
      }
    }
  }
}

absl::Status Serve(const ConfiguredService& configured) {
  const ServiceConfig& config = configured.config;
  const Topics topics = TopicsOf(config);
  WEIR_ASSIGN_OR_RETURN(const Reached reached, Reach(configured, topics));
  const std::string log = absl::StrCat(reached.id, "/", config.input, "/", config.group);
  WEIR_RETURN_IF_ERROR(PrepareStateDirectory(config.state_dir));
  RocksDbStoreHome stores(absl::StrCat(config.state_dir, "/partitions"));
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<CrashMarks> crash_marks,
                        CrashMarks::Open(absl::StrCat(config.state_dir, "/crashes"), log));
  Metrics metrics(config.workers, WEIR_VERSION);
  std::vector<std::unique_ptr<ServeWatch>> watches;
  std::vector<WorkerWatch*> views;
  for (size_t worker = 0; worker < config.workers; ++worker) {
    watches.push_back(std::make_unique<ServeWatch>(worker, metrics));
    views.push_back(watches.back().get());
  }
  LivePolicies policies(
      {std::make_shared<PolicySchedule>(configured.policy),
       configured.shadow_policy ? CandidateOf(*configured.shadow_policy) : nullptr});
  Errands errands(config.workers);
  PolicyReload reload({.live = config.policy,
                       .shadow = config.shadow_policy,
                       .shadow_holds = configured.shadow_policy.value_or(PolicySchedule())},
                      policies, errands, metrics, WallClockNow);
  const ServedState state{.config = config,
                          .watches = watches,
                          .policies = policies,
                          .reload = reload,
                          .errands = errands,
                          .started = WallClockNow(),
                          .clock = WallClockNow};
  metrics.SetStarted(state.started);
  WEIR_ASSIGN_OR_RETURN(
      const std::unique_ptr<HttpServer> http,
      HttpServer::Start(config.http_host, config.http_port, PagesOf(metrics, state)));
  WEIR_ASSIGN_OR_RETURN(
      const std::unique_ptr<Housekeeping> housekeeping,
      Housekeeping::Start(*configured.properties, topics, config.state_interval, WallClockNow));
  ParkedPartitions parked;
  const ServiceSetup setup{
      .settings = {.group = config.group,
                   .instance = config.instance,
                   .commit_interval = std::chrono::milliseconds(config.commit_interval.value),
                   .commit_records = config.commit_records,
                   .idle_after = std::chrono::milliseconds(config.idle.value),
                   .notices = config.notices.value_or(NoticeFormat::kDuis)},
      .topics = topics,
      .cluster = reached.cluster,
      .log = log,
      .properties = *configured.properties,
      .policies = policies,
      .errands = errands,
      .rules = config.system,
      .stores = stores,
      .parked = parked,
      .housekeeping = *housekeeping,
      .crash_marks = *crash_marks,
      .clock = WallClockNow,
      .stopping = StopAsked()};
  spdlog::info(
      "weir {} serves {} ({} partitions) as {} of group {} with {} workers; "
      "http://{}:{}/metrics",
      WEIR_VERSION, config.input, reached.cluster.partitions, config.instance, config.group,
      config.workers, config.http_host, http->port());
  {
    Service service(setup, views);
    WaitForTheEnd(service, watches, reload, std::chrono::milliseconds(config.stop_within.value));
  }
  spdlog::info("stopped");
  return absl::OkStatus();
}

int Complain(const absl::Status& status, int exit_code) {
  if (LogsJson()) {
    spdlog::critical("{}", std::string(status.message()));
    return exit_code;
  }
  static_cast<void>(
      std::fprintf(stderr, "weir serve: %s\n", std::string(status.message()).c_str()));
  return exit_code;
}

}  // namespace

CLI::App* AddServe(CLI::App& root, ServeArguments& arguments) {
  CLI::App* app = root.add_subcommand(
      "serve", "Run as a Kafka consumer service: throttle the event topic, exactly once");
  app->add_option("--config", arguments.config, "The service's configuration, in YAML")
      ->required()
      ->type_name("FILE");
  app->footer(
      "Every file named in the configuration is checked, and so are the topics, before the first\n"
      "record is read. SIGTERM or Ctrl-C finishes what is open and stops. The service says how it\n"
      "is under http://127.0.0.1:9464/metrics, /livez and /readyz (service.http).\n"
      "\n"
      "Example:\n"
      "  weir validate weir.yaml && weir serve --config weir.yaml");
  return app;
}

int RunServe(const ServeArguments& arguments) {
  LogToStandardError();
  const absl::StatusOr<ConfiguredService> configured = ReadConfigured(arguments.config);
  if (!configured.ok()) {
    return Complain(configured.status(), kExitConfiguration);
  }
  SetLog(configured->config.log_format, configured->config.log_level);
  LogRemarks(*configured);
  StopOnSignals();
  ReloadOnSignal();
  const absl::Status served = Serve(*configured);
  return served.ok() ? kExitDone : Complain(served, kExitFailed);
}

}  // namespace weir
