#include "connectors/config/service_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

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
constexpr size_t kMaxPartyNameBytes = 200;

constexpr std::array<absl::string_view, 4> kFileKeys = {"kafka", "service", "policy", "parties"};
constexpr std::array<absl::string_view, 12> kServiceKeys = {
    "instance",   "group", "workers",     "input",  "prefix", "archive",
    "timestamps", "idle",  "stop_within", "commit", "state",  "http"};
constexpr std::array<absl::string_view, 2> kCommitKeys = {"interval", "records"};
constexpr std::array<absl::string_view, 2> kStateKeys = {"dir", "interval"};
constexpr std::array<absl::string_view, 1> kHttpKeys = {"listen"};
constexpr std::array<absl::string_view, 4> kPartyKeys = {"id", "role", "name", "distributors"};
constexpr std::array<absl::string_view, 3> kPolicyFileKeys = {"policies", "duplicate_window",
                                                              "max_ahead"};

constexpr std::array<absl::string_view, 7> kRoles = {"IS", "GS", "ES", "ED", "GT", "RSA", "OU"};
constexpr absl::string_view kNetworkOperator = "ED";

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

absl::string_view WhereKeyBelongs(absl::string_view key) {
  if (Contains(kFileKeys, key)) {
    return "it belongs at the top of the file";
  }
  if (Contains(kPolicyFileKeys, key)) {
    return "it belongs in the policy file, which `policy` names";
  }
  if (Contains(kServiceKeys, key)) {
    return "it belongs in `service`";
  }
  if (key == "listen") {
    return "it belongs in `service`, in `http`";
  }
  return absl::StrContains(key, '.') ? "the properties of librdkafka belong in `kafka`" : "";
}

bool IsNameText(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::string_view("._-").find(c) != absl::string_view::npos;
  });
}

// A path of the file, which is relative to the file's folder.
std::string PathBeside(absl::string_view file_name, absl::string_view path) {
  const size_t slash = file_name.rfind('/');
  if (absl::StartsWith(path, "/") || slash == absl::string_view::npos) {
    return std::string(path);
  }
  return absl::StrCat(file_name.substr(0, slash + 1), path);
}

template <typename T>
void Assign(std::optional<T> value, T& target) {
  if (value) {
    target = *std::move(value);
  }
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
  void CheckInput(const YamlNode& service);
  void ReadParties(const YamlNode& parties);
  void ReadParty(const YamlNode& node);
  void ReadPartyId(const YamlNode& node, Party& party);
  void ReadPartyName(const YamlNode& node, Party& party);
  void ReadDistributors(const YamlNode& node, Party& party);
  void ReadDistributor(const YamlNode& node, Party& party);
  void ReadName(const YamlNode& node, NumberRange bytes, std::string& name);
  void ReadPath(const YamlNode& node, absl::string_view example, std::string& path);

  // A value that must be there; null, and a problem, if it is not.
  const YamlNode* Require(const YamlNode& map, absl::string_view key, absl::string_view advice);

  const Lookups& lookups_;
  YamlProblems& problems_;
  YamlProblems& remarks_;
  ServiceConfig& config_;
  absl::flat_hash_map<Eui64, int> party_lines_;
  absl::flat_hash_map<std::string, int> distributor_lines_;
};

const YamlNode* ServiceReader::Require(const YamlNode& map, absl::string_view key,
                                       absl::string_view advice) {
  const YamlNode* node = map.Find(key);
  if (node == nullptr) {
    problems_.Add(map.line, absl::StrCat(Quoted(key), " is missing: ", advice));
  }
  return node;
}

void ServiceReader::Read(const YamlNode& root) {
  CheckKeys(root, kFileKeys, WhereKeyBelongs, problems_);
  if (const YamlNode* kafka = Require(
          root, "kafka", "give a map of librdkafka's properties, `bootstrap.servers` at least");
      kafka != nullptr) {
    ReadKafka(*kafka);
  }
  if (const YamlNode* service =
          Require(root, "service", "give a map that has `instance` and `state` at least");
      service != nullptr) {
    ReadService(*service);
  }
  if (const YamlNode* policy = root.Find("policy"); policy != nullptr) {
    ReadPath(*policy, "policy.yaml", config_.policy);
    config_.policy_line = policy->line;
  }
  if (const YamlNode* parties = root.Find("parties"); parties != nullptr) {
    ReadParties(*parties);
  }
}

// --------------------------------------------------------------------------------------------
// kafka

void ServiceReader::ReadKafka(const YamlNode& kafka) {
  if (!ExpectMap(kafka, "a map of librdkafka's properties, such as {bootstrap.servers: \"h:9092\"}",
                 problems_)) {
    return;
  }
  if (kafka.Find("metadata.broker.list") == nullptr) {  // librdkafka's other name for it
    Require(kafka, "bootstrap.servers", "give the brokers to start from, such as \"host:9092\"");
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
  if (const YamlNode* instance = Require(
          service, "instance", "give this process a name of its own that it keeps, such as weir-0");
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
                                      "{dir: /var/lib/weir}");
      state != nullptr) {
    ReadState(*state);
  }
  if (const YamlNode* http = service.Find("http"); http != nullptr) {
    ReadHttp(*http);
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
  if (const YamlNode* dir =
          Require(state, "dir", "give the folder to keep the state in, such as /var/lib/weir");
      dir != nullptr) {
    ReadPath(*dir, "/var/lib/weir", config_.state_dir);
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

void ServiceReader::ReadPath(const YamlNode& node, absl::string_view example, std::string& path) {
  const std::optional<std::string> text =
      ReadText(node, absl::StrCat("a path such as ", example), problems_);
  if (text) {
    path = PathBeside(config_.file_name, *text);
  }
}

// --------------------------------------------------------------------------------------------
// parties

void ServiceReader::ReadParties(const YamlNode& parties) {
  constexpr absl::string_view kExample =
      "{id: 90-B3-D5-1F-30-02-00-00, role: ED, name: Example Networks, distributors: [\"14\"]}";
  if (parties.kind != YamlNode::Kind::kList) {
    AddUnexpected(parties, absl::StrCat("a list of parties such as ", kExample), problems_);
    return;
  }
  for (const YamlNode& party : parties.items) {
    if (party.kind == YamlNode::Kind::kMap) {
      ReadParty(party);
    } else if (party.kind != YamlNode::Kind::kRefused) {
      problems_.Add(party.line, absl::StrCat("a party is ", party.Found(),
                                             ", expected a map such as ", kExample));
    }
  }
}

void ServiceReader::ReadParty(const YamlNode& node) {
  CheckKeys(node, kPartyKeys, WhereKeyBelongs, problems_);
  Party party;
  if (const YamlNode* id =
          Require(node, "id", "give the party's EUI-64, such as 90-B3-D5-1F-30-02-00-00");
      id != nullptr) {
    ReadPartyId(*id, party);
  }
  const YamlNode* role = Require(node, "role", "give the party's role, such as ED");
  if (role != nullptr) {
    if (const std::optional<size_t> word = ReadWord(*role, kRoles, problems_); word) {
      party.role = std::string(kRoles[*word]);
    }
  }
  if (const YamlNode* name = node.Find("name"); name != nullptr) {
    ReadPartyName(*name, party);
  }
  if (const YamlNode* distributors = node.Find("distributors"); distributors != nullptr) {
    ReadDistributors(*distributors, party);
    if (!party.distributors.empty() && !party.role.empty() && party.role != kNetworkOperator) {
      problems_.Add(distributors->line,
                    absl::StrCat("`distributors` is given for a party of role ", party.role,
                                 ", expected it for role ED alone: they are the network operator's "
                                 "part of an MPAN"));
    }
  }
  config_.parties.push_back(std::move(party));
}

void ServiceReader::ReadPartyId(const YamlNode& node, Party& party) {
  const std::optional<Eui64> id =
      node.kind == YamlNode::Kind::kText ? ParseEui64(node.text) : std::nullopt;
  if (!id) {
    AddUnexpected(node, "an EUI-64 such as 90-B3-D5-1F-30-02-00-00", problems_);
    return;
  }
  const auto [first, is_new] = party_lines_.try_emplace(*id, node.line);
  if (!is_new) {
    problems_.Add(node.line, absl::StrCat("`id` is ", node.Found(), ", the party of line ",
                                          first->second, ": keep one of them"));
  }
  party.id = *id;
}

void ServiceReader::ReadPartyName(const YamlNode& node, Party& party) {
  if (node.kind == YamlNode::Kind::kText && node.text.size() <= kMaxPartyNameBytes) {
    party.name = node.text;
    return;
  }
  AddUnexpected(node, absl::StrCat("text of at most ", kMaxPartyNameBytes, " bytes"), problems_);
}

void ServiceReader::ReadDistributors(const YamlNode& node, Party& party) {
  if (node.kind != YamlNode::Kind::kList) {
    AddUnexpected(node, "a list of distributor ids such as [\"14\", \"22\"]", problems_);
    return;
  }
  for (const YamlNode& item : node.items) {
    ReadDistributor(item, party);
  }
}

void ServiceReader::ReadDistributor(const YamlNode& node, Party& party) {
  if (node.kind == YamlNode::Kind::kRefused) {
    return;
  }
  const bool two_digits = node.text.size() == 2 &&
                          absl::ascii_isdigit(static_cast<unsigned char>(node.text[0])) &&
                          absl::ascii_isdigit(static_cast<unsigned char>(node.text[1]));
  if (!two_digits) {
    problems_.Add(node.line, absl::StrCat("`distributors` has ", node.Found(),
                                          ", expected the two digits that an MPAN begins with"));
    return;
  }
  const auto [first, is_new] = distributor_lines_.try_emplace(node.text, node.line);
  if (!is_new) {
    problems_.Add(node.line,
                  absl::StrCat("`distributors` has ", node.Found(), ", which line ", first->second,
                               " has already: a meter has one network operator"));
  }
  party.distributors.push_back(node.text);
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
