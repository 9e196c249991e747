#include "connectors/config/service_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "connectors/config/config_fields.h"
#include "connectors/config/config_text.h"
#include "connectors/config/listen_address.h"
#include "connectors/config/yaml_reader.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

constexpr absl::string_view kServiceFile = "service configuration";

constexpr NumberRange kWorkers = {1, 64};
constexpr NumberRange kCommitRecords = {1, 1'000'000};
constexpr DurationRange kCommitIntervals = {DurationMs{1}, DurationMs{5 * kSecond.value}};
constexpr DurationRange kStateIntervals = {DurationMs{100}, DurationMs{10 * kMinute.value}};
constexpr DurationRange kIdles = {DurationMs{0}, kDay};
constexpr DurationMs kShortestIdle = kSecond;  // but for 0, which is never
constexpr DurationRange kStopWithins = {kSecond, DurationMs{10 * kMinute.value}};

// A topic's name has at most 249 bytes; what Weir adds to a group or a prefix has at most 49.
constexpr NumberRange kNameBytes = {1, 200};
constexpr NumberRange kTopicBytes = {1, 249};
constexpr NumberRange kPrefixBytes = {0, 200};

constexpr std::array<absl::string_view, 2> kCommitKeys = {"interval", "records"};
constexpr std::array<absl::string_view, 2> kStateKeys = {"dir", "interval"};
constexpr std::array<absl::string_view, 1> kHttpKeys = {"listen"};
constexpr std::array<absl::string_view, 2> kLogKeys = {"format", "level"};

// In the order of LogFormat and of LogThreshold.
constexpr std::array<absl::string_view, 2> kLogFormats = {"text", "json"};
constexpr std::array<absl::string_view, 3> kLogLevels = {"info", "warning", "error"};

// What Weir writes, but for enp.<EUI-64>. Read again, it would go round in a circle.
constexpr std::array<absl::string_view, 8> kOutputs = {
    "alerts.forwarded",  "alerts.consolidated", "throttle.episodes", "enp.unrouted",
    "requests.accepted", "requests.rejected",   "inventory.removed", "dead.letter"};
constexpr std::array<absl::string_view, 2> kChangelogs = {".deltas", ".state"};

constexpr std::array<absl::string_view, 5> kSecrets = {
    "sasl.password", "sasl.oauthbearer.client.secret", "ssl.key.password", "ssl.key.pem",
    "ssl.keystore.password"};
constexpr absl::string_view kFilePrefix = "file:";

template <size_t N>
bool Contains(const std::array<absl::string_view, N>& words, absl::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool IsNameText(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::string_view("._-").find(c) != absl::string_view::npos;
  });
}

class ServiceReader {
 public:
  ServiceReader(const Lookups& lookups, YamlProblems& problems, YamlProblems& remarks,
                ServiceConfig& config)
      : lookups_(lookups), problems_(problems), remarks_(remarks), config_(config) {}

  void Read(const YamlNode& root);

 private:
  void ReadKafka(const YamlNode& kafka);
  void ReadProperty(const YamlNode& node);
  std::optional<std::string> SecretOf(const YamlNode& node);
  void ReadService(const YamlNode& service);
  void ReadTopics(const YamlNode& service);
  void ReadTimes(const YamlNode& service);
  void ReadCommit(const YamlNode& commit);
  void ReadState(const YamlNode& state);
  void ReadHttp(const YamlNode& http);
  void ReadLog(const YamlNode& log);
  void CheckInput(const YamlNode& service);
  void ReadName(const YamlNode& node, NumberRange bytes, std::string& name);

  const Lookups& lookups_;
  YamlProblems& problems_;
  YamlProblems& remarks_;
  ServiceConfig& config_;
};

void ServiceReader::Read(const YamlNode& root) {
  CheckKeys(root, kFileKeys, WhereKeyBelongs, problems_);
  if (const YamlNode* kafka =
          Require(root, "kafka",
                  "give a map of librdkafka's properties, `bootstrap.servers` at least", problems_);
      kafka != nullptr) {
    ReadKafka(*kafka);
  }
  if (const YamlNode* service = Require(
          root, "service", "give a map that has `instance` and `state` at least", problems_);
      service != nullptr) {
    ReadService(*service);
  }
  if (const YamlNode* shadow = root.Find("shadow_policy"); shadow != nullptr) {
    ReadPath(*shadow, "candidate.yaml", config_.file_name, problems_, config_.shadow_policy);
    config_.shadow_policy_line = shadow->line;
  }
  ReadSystemPart(root, problems_, remarks_, config_);
}

// --------------------------------------------------------------------------------------------
// kafka

void ServiceReader::ReadKafka(const YamlNode& kafka) {
  if (!ExpectMap(kafka, "a map of librdkafka's properties, such as {bootstrap.servers: \"h:9092\"}",
                 problems_)) {
    return;
  }
  if (kafka.Find("metadata.broker.list") == nullptr) {  // librdkafka's other name for it
    Require(kafka, "bootstrap.servers", "give the brokers to start from, such as \"host:9092\"",
            problems_);
  }
  for (const YamlNode& node : kafka.items) {
    ReadProperty(node);
  }
}

// No message shows a value: it may be a secret, in a property whose name is misspelt too.
void ServiceReader::ReadProperty(const YamlNode& node) {
  if (node.key.empty() || !IsNameText(node.key)) {
    problems_.Add(node.line, absl::StrCat("`kafka` has ", Quoted(node.key),
                                          ", expected the name of a property of librdkafka"));
    return;
  }
  if (node.kind == YamlNode::Kind::kRefused) {
    return;
  }
  if (node.kind != YamlNode::Kind::kText) {
    AddUnexpected(node,
                  "text, a number, true or false: write the names of properties out, dots "
                  "included",
                  problems_);
    return;
  }
  const bool is_secret = Contains(kSecrets, node.key);
  if (is_secret && node.text.empty()) {
    problems_.Add(node.line, absl::StrCat(Quoted(node.key), " is empty, expected the secret"));
    return;
  }
  std::string value = node.text;
  if (absl::StartsWith(value, kFilePrefix)) {
    std::optional<std::string> secret = SecretOf(node);
    if (!secret) {
      return;
    }
    value = *std::move(secret);
  } else if (is_secret && node.written.empty()) {
    remarks_.Add(node.line, absl::StrCat(Quoted(node.key),
                                         " stands here in the open: take it from a file "
                                         "(`file:/path`) or from the environment (`${NAME}`)"));
  }
  config_.kafka[node.key] = std::move(value);
  config_.kafka_lines[node.key] = node.line;
}

std::optional<std::string> ServiceReader::SecretOf(const YamlNode& node) {
  const std::string path = PathBeside(config_.file_name, absl::StripPrefix(node.text, kFilePrefix));
  absl::StatusOr<std::string> secret = lookups_.secret(path);
  if (secret.ok()) {
    return *std::move(secret);
  }
  // A path with variables is shown as it was written: a secret may have been put there by mistake.
  const std::string named = node.written.empty() ? path : node.written;
  problems_.Add(node.line, absl::StrCat(Quoted(node.key), ": the file ", named, " ",
                                        secret.status().message()));
  return std::nullopt;
}

// --------------------------------------------------------------------------------------------
// service

void ServiceReader::ReadService(const YamlNode& service) {
  if (!ExpectMap(service, "a map that has `instance` and `state` at least", problems_)) {
    return;
  }
  CheckKeys(service, kServiceKeys, WhereKeyBelongs, problems_);
  if (const YamlNode* instance =
          Require(service, "instance",
                  "give this process a name of its own that it keeps, such as weir-0", problems_);
      instance != nullptr) {
    ReadName(*instance, kNameBytes, config_.instance);
  }
  if (const YamlNode* workers = service.Find("workers"); workers != nullptr) {
    Assign(ReadNumber(*workers, kWorkers, problems_), config_.workers);
  }
  ReadTopics(service);
  ReadTimes(service);
  if (const YamlNode* commit = service.Find("commit"); commit != nullptr) {
    ReadCommit(*commit);
  }
  if (const YamlNode* state = Require(service, "state",
                                      "give the folder to keep the state in, such as "
                                      "{dir: /var/lib/weir}",
                                      problems_);
      state != nullptr) {
    ReadState(*state);
  }
  if (const YamlNode* http = service.Find("http"); http != nullptr) {
    ReadHttp(*http);
  }
  if (const YamlNode* log = service.Find("log"); log != nullptr) {
    ReadLog(*log);
  }
}

void ServiceReader::ReadTopics(const YamlNode& service) {
  if (const YamlNode* group = service.Find("group"); group != nullptr) {
    ReadName(*group, kNameBytes, config_.group);
  }
  if (const YamlNode* input = service.Find("input"); input != nullptr) {
    ReadName(*input, kTopicBytes, config_.input);
  }
  if (const YamlNode* prefix = service.Find("prefix"); prefix != nullptr) {
    ReadName(*prefix, kPrefixBytes, config_.prefix);
  }
  if (const YamlNode* archive = service.Find("archive"); archive != nullptr) {
    Assign(ReadBool(*archive, problems_), config_.archive);
  }
  CheckInput(service);
}

void ServiceReader::CheckInput(const YamlNode& service) {
  absl::string_view stream = config_.input;
  const bool is_output = absl::ConsumePrefix(&stream, config_.prefix) &&
                         (Contains(kOutputs, stream) || absl::StartsWith(stream, "enp."));
  absl::string_view suffix = config_.input;
  const bool is_changelog =
      absl::ConsumePrefix(&suffix, config_.group) && Contains(kChangelogs, suffix);
  if (is_output || is_changelog) {
    const YamlNode* input = service.Find("input");
    problems_.Add(input == nullptr ? service.line : input->line,
                  absl::StrCat("`input` is a topic that Weir writes itself, under this `",
                               is_output ? "prefix" : "group",
                               "`, expected the topic that the alerts come in"));
  }
}

void ServiceReader::ReadTimes(const YamlNode& service) {
  constexpr std::array<absl::string_view, 2> kKinds = {"log_append_time", "create_time"};
  if (const YamlNode* timestamps = service.Find("timestamps"); timestamps != nullptr) {
    const std::optional<size_t> word = ReadWord(*timestamps, kKinds, problems_);
    config_.timestamps =
        word == size_t{1} ? TimestampKind::kCreateTime : TimestampKind::kLogAppendTime;
  }
  if (const YamlNode* idle = service.Find("idle"); idle != nullptr) {
    Assign(ReadDuration(*idle, kIdles, problems_), config_.idle);
    if (config_.idle > DurationMs{0} && config_.idle < kShortestIdle) {
      AddUnexpected(*idle, "a duration of 1s to 1d, or 0 for never", problems_);
    }
  }
  if (const YamlNode* stop_within = service.Find("stop_within"); stop_within != nullptr) {
    Assign(ReadDuration(*stop_within, kStopWithins, problems_), config_.stop_within);
  }
}

void ServiceReader::ReadCommit(const YamlNode& commit) {
  if (!ExpectMap(commit, "a map such as {interval: 100ms, records: 50000}", problems_)) {
    return;
  }
  CheckKeys(commit, kCommitKeys, WhereKeyBelongs, problems_);
  if (const YamlNode* interval = commit.Find("interval"); interval != nullptr) {
    Assign(ReadDuration(*interval, kCommitIntervals, problems_), config_.commit_interval);
  }
  if (const YamlNode* records = commit.Find("records"); records != nullptr) {
    Assign(ReadNumber(*records, kCommitRecords, problems_), config_.commit_records);
  }
}

void ServiceReader::ReadState(const YamlNode& state) {
  if (!ExpectMap(state, "a map such as {dir: /var/lib/weir}", problems_)) {
    return;
  }
  CheckKeys(state, kStateKeys, WhereKeyBelongs, problems_);
  if (const YamlNode* dir = Require(
          state, "dir", "give the folder to keep the state in, such as /var/lib/weir", problems_);
      dir != nullptr) {
    ReadPath(*dir, "/var/lib/weir", config_.file_name, problems_, config_.state_dir);
  }
  if (const YamlNode* interval = state.Find("interval"); interval != nullptr) {
    Assign(ReadDuration(*interval, kStateIntervals, problems_), config_.state_interval);
  }
}

void ServiceReader::ReadHttp(const YamlNode& http) {
  if (!ExpectMap(http, "a map such as {listen: \"127.0.0.1:9464\"}", problems_)) {
    return;
  }
  CheckKeys(http, kHttpKeys, WhereKeyBelongs, problems_);
  const YamlNode* listen = http.Find("listen");
  if (listen == nullptr) {
    return;
  }
  std::optional<ListenAddress> address =
      listen->kind == YamlNode::Kind::kText ? ParseListenAddress(listen->text) : std::nullopt;
  if (!address) {
    AddUnexpected(*listen,
                  "host:port, such as 127.0.0.1:9464, [::1]:9464 or, for every address of this "
                  "machine, 0.0.0.0:9464; port 0 takes any that is free",
                  problems_);
    return;
  }
  config_.http_host = std::move(address->host);
  config_.http_port = address->port;
}

void ServiceReader::ReadLog(const YamlNode& log) {
  if (!ExpectMap(log, "a map such as {format: json, level: info}", problems_)) {
    return;
  }
  CheckKeys(log, kLogKeys, WhereKeyBelongs, problems_);
  if (const YamlNode* format = log.Find("format"); format != nullptr) {
    const std::optional<size_t> word = ReadWord(*format, kLogFormats, problems_);
    config_.log_format = static_cast<LogFormat>(word.value_or(0));
  }
  if (const YamlNode* level = log.Find("level"); level != nullptr) {
    const std::optional<size_t> word = ReadWord(*level, kLogLevels, problems_);
    config_.log_level = static_cast<LogThreshold>(word.value_or(0));
  }
}

void ServiceReader::ReadName(const YamlNode& node, NumberRange bytes, std::string& name) {
  const bool is_name = node.kind == YamlNode::Kind::kText && IsNameText(node.text) &&
                       node.text.size() >= bytes.first && node.text.size() <= bytes.last &&
                       node.text != "." && node.text != "..";
  if (is_name) {
    name = node.text;
    return;
  }
  AddUnexpected(node,
                absl::StrCat("a name of ", bytes.first, " to ", bytes.last,
                             " letters, digits, dots, underscores and dashes"),
                problems_);
}

}  // namespace

std::string ServiceConfig::PlaceOfKafka(const std::string& property) const {
  const auto found = kafka_lines.find(property);
  return found == kafka_lines.end() ? file_name : absl::StrCat(file_name, ":", found->second);
}

absl::StatusOr<ServiceConfig> ParseService(absl::string_view text, absl::string_view file_name,
                                           const Lookups& lookups, std::string* remarks) {
  WEIR_RETURN_IF_ERROR(CheckConfigSize(text, file_name, kServiceFile));
  YamlProblems problems(file_name);
  YamlProblems told(file_name);
  std::optional<YamlNode> root = ReadYaml(text, problems);
  if (!root || root->kind == YamlNode::Kind::kRefused) {
    return problems.ToStatus();
  }
  ServiceConfig config;
  config.file_name = std::string(file_name);
  if (root->kind != YamlNode::Kind::kMap) {
    problems.Add(root->line, absl::StrCat("the file is ", root->Found(),
                                          ", expected a map that has `kafka:` and `service:`"));
  } else {
    ReplaceVariables(*root, lookups, problems);
    ServiceReader(lookups, problems, told, config).Read(*root);
  }
  WEIR_RETURN_IF_ERROR(problems.ToStatus());
  if (remarks != nullptr) {
    *remarks = std::string(told.ToStatus().message());
  }
  return config;
}

absl::StatusOr<ServiceConfig> ReadServiceFile(const std::string& path, std::string* remarks) {
  const absl::StatusOr<std::string> text = ReadConfigText(path, kServiceFile);
  WEIR_RETURN_IF_ERROR(text.status());
  return ParseService(*text, path, SystemLookups(), remarks);
}

bool IsServiceConfig(absl::string_view text) {
  if (text.size() > kMaxConfigBytes) {
    return false;
  }
  YamlProblems ignored("");
  const std::optional<YamlNode> root = ReadYaml(text, ignored);
  return root && (root->Find("service") != nullptr || root->Find("kafka") != nullptr);
}

}  // namespace weir
