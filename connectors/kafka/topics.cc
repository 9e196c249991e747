#include "connectors/kafka/topics.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "connectors/kafka/handles.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

constexpr absl::string_view kRemedy =
    "deploy/kafka/topics.sh makes the topics that are missing; settings are changed with "
    "kafka-configs.sh";

// N58 and removals, with their headers and what Kafka puts around them, are far smaller.
constexpr int64_t kLargestNotice = 8192;

// The number of a partition has 16 bits in the counters of notices.
constexpr int32_t kMostPartitions = 65536;

// ---- Judging one topic after the other

// Collects what is wrong.
class Judge {
 public:
  Judge(const TopicFactsByName& facts, int32_t partitions)
      : facts_(facts), partitions_(partitions) {}

  // Nullptr if the topic cannot be judged, which is a problem then.
  const TopicFacts* Find(const std::string& topic) {
    const auto found = facts_.find(topic);
    if (found == facts_.end() || IsMissing(found->second.error)) {
      Add(topic, "there is no such topic");
      return nullptr;
    }
    if (found->second.error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      AddError(topic, "looking at it", "Describe", found->second.error);
      return nullptr;
    }
    return &found->second;
  }

  void Add(const std::string& topic, absl::string_view problem) {
    problems_.push_back(absl::StrCat(topic, ": ", problem));
  }

  // As many partitions as the input: a result goes to the partition that its record came from.
  void CheckPartitions(const std::string& topic) {
    const TopicFacts* const fact = Find(topic);
    if (fact != nullptr && partitions_ != 0 && fact->partitions != partitions_) {
      Add(topic, absl::StrCat("it has ", fact->partitions, " partitions, and the input has ",
                              partitions_, ": both need the same number"));
    }
  }

  // Adds a problem, and `why`, unless the setting is `expected`.
  void Expect(const std::string& topic, const std::string& setting, absl::string_view expected,
              absl::string_view why) {
    const std::optional<std::string> value = Setting(topic, setting);
    if (value && *value != expected) {
      Add(topic, absl::StrCat(setting, " is ", *value, ", and must be ", expected, ": ", why));
    }
  }

  // A topic from which nothing may vanish because something newer has the same key.
  void ExpectNoCompaction(const std::string& topic) {
    const std::optional<std::string> policy = Setting(topic, "cleanup.policy");
    if (policy && absl::StrContains(*policy, "compact")) {
      Add(topic, absl::StrCat("cleanup.policy is ", *policy,
                              ", and must be delete: compaction would drop all but the last "
                              "record of a device"));
    }
  }

  // Zero if it is not known, which is a problem by then.
  int64_t Number(const std::string& topic, const std::string& setting) {
    const std::optional<std::string> value = Setting(topic, setting);
    int64_t number = 0;
    if (value && !absl::SimpleAtoi(*value, &number)) {
      Add(topic, absl::StrCat(setting, " is ", *value, ", which is no number"));
    }
    return number;
  }

  size_t LargestMessage(const std::string& topic) {
    return static_cast<size_t>(std::max<int64_t>(Number(topic, "max.message.bytes"), 0));
  }

  // The least of several topics.
  size_t LargestMessage(absl::Span<const std::string> topics) {
    size_t least = std::numeric_limits<size_t>::max();
    for (const std::string& topic : topics) {
      least = std::min(least, LargestMessage(topic));
    }
    return least;
  }

  // What the service writes by itself is small, but it must fit.
  void ExpectRoom(const std::string& topic, int64_t least) {
    const std::optional<std::string> value = Setting(topic, "max.message.bytes");
    int64_t largest = 0;
    if (value && absl::SimpleAtoi(*value, &largest) && largest < least) {
      Add(topic, absl::StrCat("max.message.bytes is ", largest, ", and must be at least ", least,
                              ": a notice must fit"));
    }
  }

  // The settings of a topic that could be looked at may still be hidden.
  void CheckSettingsAreKnown(const std::string& topic) {
    const auto found = facts_.find(topic);
    if (found != facts_.end() && found->second.error == RD_KAFKA_RESP_ERR_NO_ERROR &&
        found->second.settings_error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      AddError(topic, "reading its settings", "DescribeConfigs", found->second.settings_error);
    }
  }

  absl::Status status() const {
    if (problems_.empty()) {
      return absl::OkStatus();
    }
    return absl::FailedPreconditionError(absl::StrCat("the topics are not as they must be (",
                                                      kRemedy, "):\n  ",
                                                      absl::StrJoin(problems_, "\n  ")));
  }

 private:
  static bool IsMissing(rd_kafka_resp_err_t error) {
    return error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
  }

  void AddError(const std::string& topic, absl::string_view attempted, absl::string_view operation,
                rd_kafka_resp_err_t error) {
    const bool denied = error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
                        error == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
    // Of a topic that one may not look at, Kafka does not say whether it is there.
    Add(topic, denied
                   ? absl::StrCat(attempted, " is not allowed: grant ", operation,
                                  " on it (deploy/kafka/topics.sh --acls)",
                                  operation == "Describe" ? ", and make it if there is none" : "")
                   : std::string(ToStatus(error, attempted).message()));
  }

  std::optional<std::string> Setting(const std::string& topic, const std::string& setting) {
    const auto found = facts_.find(topic);
    if (found == facts_.end() || found->second.error != RD_KAFKA_RESP_ERR_NO_ERROR ||
        found->second.settings_error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return std::nullopt;
    }
    const auto value = found->second.settings.find(setting);
    if (value == found->second.settings.end()) {
      Add(topic, absl::StrCat("the cluster does not tell its ", setting));
      return std::nullopt;
    }
    return value->second;
  }

  const TopicFactsByName& facts_;
  int32_t partitions_;
  std::vector<std::string> problems_;
};

std::vector<std::string> OutputsOfAlerts(const Topics& topics) {
  std::vector<std::string> outputs = {topics.forwarded};
  if (!topics.consolidated.empty()) {
    outputs.push_back(topics.consolidated);
  }
  return outputs;
}

std::vector<std::string> OutputsOfRequests(const Topics& topics) {
  return {topics.accepted, topics.rejected};
}

std::vector<std::string> OutputsOfOperators(const Topics& topics) {
  std::vector<std::string> outputs = {topics.unrouted};
  for (const OperatorTopic& each : topics.operators) {
    outputs.push_back(each.name);
  }
  return outputs;
}

// Those that results go to.
std::vector<std::string> Outputs(const Topics& topics) {
  std::vector<std::string> outputs = {topics.episodes, topics.dead_letters, topics.removed};
  for (const auto& names :
       {OutputsOfAlerts(topics), OutputsOfRequests(topics), OutputsOfOperators(topics)}) {
    outputs.insert(outputs.end(), names.begin(), names.end());
  }
  return outputs;
}

void JudgeInput(const Topics& topics, int32_t partitions, bool create_time, Judge& judge) {
  if (partitions > kMostPartitions) {
    judge.Add(topics.input,
              absl::StrCat("it has ", partitions, " partitions, and may have at most ",
                           kMostPartitions, ": the counters of notices begin with their number"));
  }
  judge.ExpectNoCompaction(topics.input);
  if (create_time) {
    judge.Expect(topics.input, "message.timestamp.type", "CreateTime",
                 "service.timestamps is create_time");
  } else {
    judge.Expect(topics.input, "message.timestamp.type", "LogAppendTime",
                 "the received time is when the log got the record; service.timestamps: "
                 "create_time takes the producer's time instead");
  }
}

void JudgeChangelogs(const Topics& topics, Judge& judge) {
  constexpr absl::string_view kTrimmed =
      "the service deletes what it needs no more, and anything else may be needed";
  judge.Expect(topics.deltas, "cleanup.policy", "delete",
               "each delta is needed, and not only the last one of a key");
  judge.Expect(topics.deltas, "retention.ms", "-1", kTrimmed);
  judge.Expect(topics.deltas, "retention.bytes", "-1", kTrimmed);
  judge.Expect(topics.state, "cleanup.policy", "compact",
               "the last value of each key is kept for ever");
}

}  // namespace

Topics NameTopics(const TopicNaming& naming) {
  const auto output = [&naming](absl::string_view name) {
    return absl::StrCat(naming.prefix, name);
  };
  Topics topics;
  topics.input = std::string(naming.input);
  topics.forwarded = output("alerts.forwarded");
  topics.consolidated = naming.archive ? output("alerts.consolidated") : "";
  topics.episodes = output("throttle.episodes");
  topics.dead_letters = output("dead.letter");
  topics.accepted = output("requests.accepted");
  topics.rejected = output("requests.rejected");
  topics.removed = output("inventory.removed");
  topics.unrouted = output("enp.unrouted");
  for (const Eui64 party : naming.operators) {
    topics.operators.push_back({party, output(absl::StrCat("enp.", FormatEui64(party)))});
  }
  topics.deltas = absl::StrCat(naming.group, ".deltas");
  topics.state = absl::StrCat(naming.group, ".state");
  return topics;
}

std::vector<std::string> ListTopics(const Topics& topics) {
  std::vector<std::string> names = Outputs(topics);
  names.insert(names.end(), {topics.input, topics.deltas, topics.state});
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

absl::StatusOr<Cluster> JudgeTopics(const Topics& topics, bool create_time,
                                    const TopicFactsByName& facts) {
  const auto input = facts.find(topics.input);
  const int32_t partitions = input == facts.end() ? 0 : input->second.partitions;
  Judge judge(facts, partitions);
  for (const std::string& topic : ListTopics(topics)) {
    judge.CheckPartitions(topic);
    judge.CheckSettingsAreKnown(topic);
  }
  JudgeInput(topics, partitions, create_time, judge);
  for (const std::string& topic : Outputs(topics)) {
    judge.ExpectNoCompaction(topic);
  }
  JudgeChangelogs(topics, judge);
  judge.ExpectRoom(topics.removed, kLargestNotice);
  for (const std::string& topic : OutputsOfOperators(topics)) {
    judge.ExpectRoom(topic, kLargestNotice);
  }
  Cluster cluster = {
      .partitions = partitions,
      .largest_original = {.alert = judge.LargestMessage(OutputsOfAlerts(topics)),
                           .request = judge.LargestMessage(OutputsOfRequests(topics)),
                           .response = judge.LargestMessage(OutputsOfOperators(topics))},
      .largest_dead_letter = judge.LargestMessage(topics.dead_letters),
      .largest_delta = judge.LargestMessage(topics.deltas),
      .largest_state = judge.LargestMessage(topics.state),
      .delete_retention = DurationMs{judge.Number(topics.state, "delete.retention.ms")}};
  const OriginalLimits& original = cluster.largest_original;
  cluster.smallest_topic =
      std::min({original.alert, original.request, original.response,
                judge.LargestMessage(topics.episodes), judge.LargestMessage(topics.removed),
                cluster.largest_dead_letter, cluster.largest_delta, cluster.largest_state});
  WEIR_RETURN_IF_ERROR(judge.status());
  return cluster;
}

absl::StatusOr<Cluster> CheckTopics(rd_kafka_t* admin, const Topics& topics, bool create_time,
                                    absl::Duration timeout) {
  WEIR_ASSIGN_OR_RETURN(const TopicFactsByName facts,
                        AskTopics(admin, ListTopics(topics), timeout));
  return JudgeTopics(topics, create_time, facts);
}

}  // namespace weir
