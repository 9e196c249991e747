// Goal: what is counted is what the page says, every metric is there from the start, and METRICS.md
// lists them all as they are.
// Method: every function is called once, with amounts that differ; the page is read back.

#include "connectors/http/metrics.h"

#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "connectors/http/http_server.h"
#include "engine/alert/catalogue.h"

#include "httplib.h"

namespace weir {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

// The page's samples, by name and labels as they are written.
std::map<std::string, double> Samples(const Metrics& metrics) {
  std::map<std::string, double> samples;
  for (const absl::string_view line : absl::StrSplit(metrics.Text(), '\n', absl::SkipEmpty())) {
    const size_t blank = line.rfind(' ');
    double value = 0;
    if (line[0] != '#') {
      EXPECT_TRUE(absl::SimpleAtod(line.substr(blank + 1), &value)) << line;
      EXPECT_TRUE(samples.emplace(line.substr(0, blank), value).second) << line;
    }
  }
  return samples;
}

// Every function once, for worker 1 and partition 7.
void CallAll(Metrics& metrics) {
  metrics.AddRead(1, 2, 3);
  metrics.AddAlerts(1, Verdict::kForward, 4);
  metrics.AddAlerts(1, Verdict::kCopy, 5);
  metrics.AddAlerts(1, Verdict::kConsolidate, 6);
  metrics.AddAlerts(1, Verdict::kDuplicate, 7);
  metrics.AddEpisodesStarted(1, 8);
  metrics.AddEpisodesEnded(1, 9);
  metrics.AddDeadLetters(1, DeadReason::kBadJson, 10);
  metrics.AddSwitchNotices(1, true, 23);
  metrics.AddSwitchNotices(1, false, 24);
  metrics.AddRequests(1, RequestReason::kEligible, 25);
  metrics.AddRequests(1, RequestReason::kNotInNetwork, 26);
  metrics.AddRemovals(1, 27);
  metrics.AddProduced(1, OutputStream::kForwarded, 11);
  metrics.AddProduced(1, OutputStream::kDeadLetter, 12);
  metrics.AddChangelogBytes(1, Changelog::kDeltas, 13);
  metrics.AddChangelogBytes(1, Changelog::kState, 14);
  metrics.AddCommit(1, CommitOutcome::kDone, 0.02, 15);
  metrics.AddCommit(1, CommitOutcome::kRolledBack, 0.2, 16);
  metrics.AddCommit(1, CommitOutcome::kResolvedDone, 2, 0);
  metrics.AddCommit(1, CommitOutcome::kLost, 20, 2000000);
  metrics.AddStoreWrite(1);
  metrics.AddStoreFailure(1);
  metrics.SetStoreDegraded(1, true);
  metrics.AddFence(1);
  metrics.AddRebalance(1);
  metrics.AddProducerRestart(1);
  metrics.AddIdleAdvance(1);
  metrics.SetPartitions(1, 17, 18);
  metrics.SetLag(7, 19, DurationMs{1500});
  metrics.SetStreamTime(7, TimeMs{1575028800123});
  metrics.SetOpenEpisodes(7, 20);
  metrics.SetLiveKeys(7, 21);
  metrics.SetPolicy("00c0ffee", TimeMs{1});
  metrics.SetPolicy("0badf00d", TimeMs{1575028800500});
  metrics.AddPolicyReload(PolicyUse::kLive, PolicyReloadOutcome::kApplied);
  metrics.AddPolicyReload(PolicyUse::kShadow, PolicyReloadOutcome::kRefused);
  metrics.SetPolicyRefused(PolicyUse::kShadow, true);
  metrics.SetPolicyInForce(7, TimeMs{1574985600000});
  metrics.SetShadow(PolicyUse::kLive, {.alerts = 60, .forwarded = 30, .copies = 10, .started = 3});
  metrics.SetShadow(PolicyUse::kShadow, {.alerts = 60, .forwarded = 50, .copies = 9, .started = 2});
  metrics.SetRestore(7, 22, 30, 0.25);
  metrics.SetReady(true);
  metrics.SetTableBytes(7, 31);
  metrics.SetStarted(TimeMs{1575028800500});
  metrics.SetLastCommit(1, TimeMs{1575028800250});
  metrics.AddConsolidated(PlaceInCatalogue(*ParseAlertCode("8F3F")), 28);
  metrics.AddConsolidated(CatalogueCodes().size(), 29);
  metrics.SetRecent(7, {{.code = ParseAlertCode("AD1"), .alerts = 33, .devices = 32}});
}

TEST(Metrics, SaysWhatWasCounted) {
  Metrics metrics(2, "1.2.3");
  CallAll(metrics);
  const std::map<std::string, double> samples = Samples(metrics);
  const std::vector<std::pair<std::string, double>> expected = {
      {"weir_build_info{version=\"1.2.3\"}", 1},
      {"weir_ready", 1},
      {"weir_policy_info{digest=\"0badf00d\"}", 1},
      {"weir_policy_loaded_timestamp_seconds", 1575028800.5},
      {"weir_policy_reloads_total{outcome=\"applied\",policy=\"live\"}", 1},
      {"weir_policy_reloads_total{outcome=\"refused\",policy=\"shadow\"}", 1},
      {"weir_policy_reloads_total{outcome=\"unchanged\",policy=\"live\"}", 0},
      {"weir_policy_refused{policy=\"live\"}", 0},
      {"weir_policy_refused{policy=\"shadow\"}", 1},
      {"weir_policy_in_force_timestamp_seconds{partition=\"7\"}", 1574985600},
      {"weir_shadow_alerts{policy=\"live\",verdict=\"consolidated\"}", 20},
      {"weir_shadow_alerts{policy=\"shadow\",verdict=\"forwarded\"}", 50},
      {"weir_shadow_alerts{policy=\"shadow\",verdict=\"copy\"}", 9},
      {"weir_shadow_episodes_started{policy=\"live\"}", 3},
      {"weir_shadow_episodes_started{policy=\"shadow\"}", 2},
      {"weir_records_read_total{worker=\"1\"}", 2},
      {"weir_records_read_total{worker=\"0\"}", 0},
      {"weir_read_bytes_total{worker=\"1\"}", 3},
      {"weir_alerts_total{verdict=\"forwarded\",worker=\"1\"}", 4},
      {"weir_alerts_total{verdict=\"copy\",worker=\"1\"}", 5},
      {"weir_alerts_total{verdict=\"consolidated\",worker=\"1\"}", 6},
      {"weir_alerts_total{verdict=\"duplicate\",worker=\"1\"}", 7},
      {"weir_episodes_started_total{worker=\"1\"}", 8},
      {"weir_episodes_ended_total{worker=\"1\"}", 9},
      {"weir_dead_letters_total{reason=\"bad_json\",worker=\"1\"}", 10},
      {"weir_dead_letters_total{reason=\"bad_json\",worker=\"0\"}", 0},
      {"weir_switch_notices_total{routed=\"true\",worker=\"1\"}", 23},
      {"weir_switch_notices_total{routed=\"false\",worker=\"1\"}", 24},
      {"weir_requests_total{decision=\"accepted\",reason=\"eligible\",worker=\"1\"}", 25},
      {"weir_requests_total{decision=\"rejected\",reason=\"not_in_network\",worker=\"1\"}", 26},
      {"weir_requests_total{decision=\"accepted\",reason=\"not_governed\",worker=\"1\"}", 0},
      {"weir_requests_total{decision=\"rejected\",reason=\"device_unknown\",worker=\"0\"}", 0},
      {"weir_removals_total{worker=\"1\"}", 27},
      {"weir_records_produced_total{stream=\"alerts.forwarded\",worker=\"1\"}", 11},
      {"weir_records_produced_total{stream=\"dead.letter\",worker=\"1\"}", 12},
      {"weir_changelog_bytes_total{changelog=\"deltas\",worker=\"1\"}", 13},
      {"weir_changelog_bytes_total{changelog=\"state\",worker=\"1\"}", 14},
      {"weir_commits_total{outcome=\"done\",worker=\"1\"}", 1},
      {"weir_commits_total{outcome=\"rolled_back\",worker=\"1\"}", 1},
      {"weir_commits_total{outcome=\"resolved_done\",worker=\"1\"}", 1},
      {"weir_commits_total{outcome=\"lost\",worker=\"1\"}", 1},
      {"weir_commits_total{outcome=\"lost\",worker=\"0\"}", 0},
      {"weir_commit_duration_seconds_count{worker=\"1\"}", 4},
      {"weir_commit_duration_seconds_sum{worker=\"1\"}", 22.22},
      {"weir_commit_duration_seconds_bucket{worker=\"1\",le=\"0.025\"}", 1},
      {"weir_commit_duration_seconds_bucket{worker=\"1\",le=\"10\"}", 3},
      {"weir_commit_duration_seconds_bucket{worker=\"1\",le=\"+Inf\"}", 4},
      {"weir_commit_records_sum{worker=\"1\"}", 2000031},
      {"weir_commit_records_bucket{worker=\"1\",le=\"0\"}", 1},
      {"weir_commit_records_bucket{worker=\"1\",le=\"100\"}", 3},
      {"weir_store_writes_total{worker=\"1\"}", 1},
      {"weir_store_failures_total{worker=\"1\"}", 1},
      {"weir_store_degraded{worker=\"1\"}", 1},
      {"weir_store_degraded{worker=\"0\"}", 0},
      {"weir_fences_total{worker=\"1\"}", 1},
      {"weir_rebalances_total{worker=\"1\"}", 1},
      {"weir_producer_restarts_total{worker=\"1\"}", 1},
      {"weir_idle_advances_total{worker=\"1\"}", 1},
      {"weir_partitions_owned{worker=\"1\"}", 17},
      {"weir_partitions_restoring{worker=\"1\"}", 18},
      {"weir_lag_records{partition=\"7\"}", 19},
      {"weir_lag_seconds{partition=\"7\"}", 1.5},
      {"weir_stream_timestamp_seconds{partition=\"7\"}", 1575028800.123},
      {"weir_open_episodes{partition=\"7\"}", 20},
      {"weir_live_keys{partition=\"7\"}", 21},
      {"weir_restore_records{partition=\"7\"}", 22},
      {"weir_restore_target_records{partition=\"7\"}", 30},
      {"weir_counter_table_bytes{partition=\"7\"}", 31},
      {"weir_start_timestamp_seconds", 1575028800.5},
      {"weir_last_commit_timestamp_seconds{worker=\"1\"}", 1575028800.25},
      {"weir_last_commit_timestamp_seconds{worker=\"0\"}", 0},
      {"weir_code_consolidated_alerts_total{code=\"8F3F\"}", 28},
      {"weir_code_consolidated_alerts_total{code=\"other\"}", 29},
      {"weir_recent_alerts{code=\"AD1\"}", 33},
      {"weir_recent_devices{code=\"AD1\"}", 32},
      {"weir_restore_duration_seconds{partition=\"7\"}", 0.25}};
  for (const auto& [name, value] : expected) {
    EXPECT_THAT(samples, Contains(Pair(name, value)));
  }
}

TEST(Metrics, WhatBelongsToAWorkerIsThereFromTheStart) {
  Metrics called(2, "v");
  CallAll(called);
  const std::map<std::string, double> before = Samples(Metrics(2, "v"));
  for (const auto& [name, value] : Samples(called)) {
    if (name.find("partition=") == std::string::npos && name.find("digest=") == std::string::npos &&
        !name.starts_with("weir_recent_") && name != "weir_memory_resident_bytes") {
      EXPECT_THAT(before, Contains(Pair(name, name.find("version=") == std::string::npos ? 0 : 1)));
    }
  }
}

TEST(Metrics, ForgetsAPartitionAndTakesItAgain) {
  Metrics metrics(1, "v");
  metrics.SetLag(3, 1, kSecond);
  metrics.SetLag(4, 2, kSecond);
  metrics.SetRestore(3, 5, 5, 1);
  metrics.ForgetPartition(3);
  metrics.ForgetPartition(99);
  EXPECT_THAT(metrics.Text(), Not(HasSubstr("partition=\"3\"")));
  EXPECT_THAT(Samples(metrics), Contains(Pair("weir_lag_records{partition=\"4\"}", 2)));
  metrics.SetLag(3, 6, kSecond);
  EXPECT_THAT(Samples(metrics), Contains(Pair("weir_lag_records{partition=\"3\"}", 6)));
}

TEST(Metrics, SumsWhatCameInLatelyOverThePartitions) {
  const auto storm = ParseAlertCode("8F3F");
  const auto outage = ParseAlertCode("AD1");
  Metrics metrics(1, "v");
  EXPECT_THAT(metrics.Text(), Not(HasSubstr("weir_recent_alerts{")));
  metrics.SetRecent(3, {{.code = storm, .alerts = 10, .devices = 1},
                        {.code = std::nullopt, .alerts = 4, .devices = 2}});
  metrics.SetRecent(
      4, {{.code = storm, .alerts = 5, .devices = 2}, {.code = outage, .alerts = 7, .devices = 7}});
  const auto told = [&](const std::string& name, const std::string& code) {
    return Samples(metrics).at(absl::StrCat("weir_recent_", name, "{code=\"", code, "\"}"));
  };
  EXPECT_EQ(told("alerts", "8F3F"), 15);
  EXPECT_EQ(told("devices", "8F3F"), 3);
  EXPECT_EQ(told("alerts", "other"), 4);
  // Instead of what it told before.
  metrics.SetRecent(4, {{.code = storm, .alerts = 6, .devices = 3}});
  EXPECT_EQ(told("alerts", "8F3F"), 16);
  EXPECT_EQ(told("alerts", "AD1"), 0);
  metrics.ForgetPartition(3);
  metrics.ForgetPartition(3);
  EXPECT_EQ(told("alerts", "8F3F"), 6);
  EXPECT_EQ(told("devices", "8F3F"), 3);
  EXPECT_EQ(told("devices", "other"), 0);
}

TEST(Metrics, SayHowMuchMemoryIsResident) {
  const double told = Samples(Metrics(1, "v")).at("weir_memory_resident_bytes");
  EXPECT_GT(told, 1 << 20);
  EXPECT_LT(told, 64.0 * (1 << 30));
}

TEST(Metrics, CountsExactlyFromSeveralThreads) {
  constexpr int kTimes = 2000;
  Metrics metrics(2, "v");
  std::vector<std::thread> threads;
  for (size_t i = 0; i < 4; ++i) {
    threads.emplace_back([&metrics, i] {
      for (int n = 0; n < kTimes; ++n) {
        metrics.AddRead(i % 2, 1, 10);
        metrics.AddDeadLetters(0, DeadReason::kBadTime, 1);
        metrics.AddCommit(0, CommitOutcome::kDone, 0.01, 1);
        metrics.SetLag(static_cast<int32_t>(i), 1, kSecond);
        if (n % 100 == 0) {
          metrics.ForgetPartition(static_cast<int32_t>((i + 1) % 4));
          EXPECT_THAT(metrics.Text(), HasSubstr("weir_records_read_total"));
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  const std::map<std::string, double> samples = Samples(metrics);
  EXPECT_THAT(samples, Contains(Pair("weir_records_read_total{worker=\"0\"}", 2 * kTimes)));
  EXPECT_THAT(samples, Contains(Pair("weir_read_bytes_total{worker=\"1\"}", 20 * kTimes)));
  EXPECT_THAT(samples, Contains(Pair("weir_dead_letters_total{reason=\"bad_time\",worker=\"0\"}",
                                     4 * kTimes)));
  EXPECT_THAT(samples,
              Contains(Pair("weir_commit_duration_seconds_count{worker=\"0\"}", 4 * kTimes)));
}

TEST(Metrics, AreServed) {
  Metrics metrics(1, "v");
  metrics.AddFence(0);
  // Kept, since the memory that it tells changes.
  std::mutex mutex;
  std::string page;
  const auto server = HttpServer::Start(
      "127.0.0.1", 0,
      {{"/metrics", std::string(Metrics::kContentType), [&](const HttpQuery& /*query*/) {
          const std::lock_guard lock(mutex);
          page = metrics.Text();
          return HttpAnswer{200, page};
        }}});
  ASSERT_TRUE(server.ok()) << server.status();
  httplib::Client client("127.0.0.1", (*server)->port());
  const httplib::Result result = client.Get("/metrics");
  ASSERT_TRUE(result);
  EXPECT_THAT(result->body, HasSubstr("weir_fences_total{worker=\"0\"} 1"));
  const std::lock_guard lock(mutex);
  EXPECT_EQ(result->body, page);
  EXPECT_EQ(result->get_header_value("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
}

// --------------------------------------------------------------------------------------------
// METRICS.md.

std::vector<std::string> ManualLines() {
  const std::string path = absl::StrCat(WEIR_SOURCE_DIR, "/connectors/http/METRICS.md");
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  std::stringstream text;
  text << in.rdbuf();
  return absl::StrSplit(text.str(), '\n');
}

struct Described {
  std::string type;
  std::string labels;  // "outcome, worker"
  std::string help;

  friend bool operator==(const Described&, const Described&) = default;

  friend void PrintTo(const Described& described, std::ostream* out) {
    *out << described.type << " | " << described.labels << " | " << described.help;
  }
};

std::map<std::string, Described> FromManual() {
  std::map<std::string, Described> metrics;
  for (const std::string& line : ManualLines()) {
    const std::vector<std::string> cells = absl::StrSplit(line, " | ");
    absl::string_view name = cells[0];
    if (cells.size() == 4 && absl::ConsumePrefix(&name, "| `weir_") &&
        absl::ConsumeSuffix(&name, "`")) {
      metrics[absl::StrCat("weir_", name)] = {cells[1], absl::StrReplaceAll(cells[2], {{"`", ""}}),
                                              std::string(absl::StripSuffix(cells[3], " |"))};
    }
  }
  return metrics;
}

// The labels of a sample but for those of a histogram's own.
std::string LabelNames(absl::string_view sample) {
  std::set<std::string> names;
  const size_t brace = sample.find('{');
  if (brace == absl::string_view::npos) {
    return "";
  }
  sample = absl::StripSuffix(sample.substr(brace + 1), "}");
  for (const absl::string_view label : absl::StrSplit(sample, ',')) {
    names.emplace(label.substr(0, label.find('=')));
  }
  names.erase("le");
  return absl::StrJoin(names, ", ");
}

std::map<std::string, Described> FromPage(const Metrics& metrics) {
  std::map<std::string, Described> described;
  std::string name;
  for (absl::string_view line : absl::StrSplit(metrics.Text(), '\n', absl::SkipEmpty())) {
    const bool is_help = absl::ConsumePrefix(&line, "# HELP ");
    const bool is_type = absl::ConsumePrefix(&line, "# TYPE ");
    const size_t blank = line.find(' ');
    if (is_help) {
      name = std::string(line.substr(0, blank));
      described[name].help = std::string(line.substr(blank + 1));
    } else if (is_type) {
      described[name].type = std::string(line.substr(blank + 1));
    } else {
      described[name].labels = LabelNames(line.substr(0, line.rfind(' ')));
    }
  }
  return described;
}

TEST(MetricsManual, ListsEveryMetricAsItIs) {
  Metrics metrics(2, "v");
  CallAll(metrics);
  EXPECT_EQ(FromManual(), FromPage(metrics));
}

TEST(MetricsManual, NamesFollowTheConventions) {
  for (const auto& [name, described] : FromManual()) {
    EXPECT_EQ(name.ends_with("_total"), described.type == "counter") << name;
    EXPECT_TRUE(described.help.ends_with(".")) << name;
    EXPECT_EQ(name.find("_ms"), std::string::npos) << name;
  }
}

TEST(MetricsManual, ListsEveryValueOfALabel) {
  std::map<std::string, std::set<std::string>> listed;
  for (const std::string& line : ManualLines()) {
    const std::vector<std::string> cells = absl::StrSplit(line, " | ");
    absl::string_view name = cells[0];
    if (cells.size() == 2 && absl::ConsumePrefix(&name, "| `") && absl::ConsumeSuffix(&name, "`")) {
      const std::vector<std::string> parts = absl::StrSplit(cells[1], '`');
      for (size_t i = 1; i < parts.size(); i += 2) {
        listed[std::string(name)].insert(parts[i]);
      }
    }
  }
  std::map<std::string, std::set<std::string>> given;
  for (const auto& [sample, value] : Samples(Metrics(1, "v"))) {
    for (const char* label :
         {"verdict", "outcome", "stream", "changelog", "routed", "decision", "policy"}) {
      const size_t at = sample.find(absl::StrCat("{", label, "=\""));
      if (at != std::string::npos) {
        const std::vector<std::string> parts = absl::StrSplit(sample.substr(at), '"');
        given[label].insert(parts[1]);
      }
    }
  }
  EXPECT_EQ(listed, given);
}

TEST(MetricsManual, EveryReasonIsThereFromTheStart) {
  std::set<std::string> given;
  for (const auto& [sample, value] : Samples(Metrics(1, "v"))) {
    if (sample.starts_with("weir_dead_letters_total")) {
      const std::vector<std::string> parts = absl::StrSplit(sample, '"');
      given.insert(parts[1]);
    }
  }
  std::set<std::string> documented;
  std::ifstream in(absl::StrCat(WEIR_SOURCE_DIR, "/connectors/formats/FORMATS.md"));
  std::stringstream text;
  text << in.rdbuf();
  const std::vector<std::string> sections = absl::StrSplit(text.str(), "\n## ");
  for (absl::string_view section : sections) {
    if (absl::ConsumePrefix(&section, "What cannot be decoded")) {
      for (absl::string_view line : absl::StrSplit(section, '\n')) {
        if (absl::ConsumePrefix(&line, "| `")) {
          documented.emplace(line.substr(0, line.find('`')));
        }
      }
    }
  }
  EXPECT_FALSE(documented.empty());
  EXPECT_EQ(given, documented);
}

}  // namespace
}  // namespace weir
