// Goal: a service's configuration is read as CONFIG.md says, all its mistakes are told with their
// lines, and no message shows what is in a variable or a file.
// Method: tables of good and bad files, with an environment and files made up; the examples and
// tables of CONFIG.md; random changes to good files (WEIR_SEED repeats a run).

#include "connectors/config/service_file.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "connectors/config/config_text.h"
#include "tests/connectors/config/manual.h"
#include "tests/support/random.h"

namespace weir {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr char kSecret[] = "Hunter2-never-shown";

// An environment and files that no test can change.
Lookups MadeUp() {
  return {.variable = [](const std::string& name) -> std::optional<std::string> {
            const std::map<std::string, std::string> variables = {{"KAFKA_SERVERS", "a:1,b:2"},
                                                                  {"KAFKA_PASSWORD", kSecret},
                                                                  {"HOSTNAME", "host-3"},
                                                                  {"EMPTY", ""},
                                                                  {"NESTED", "${HOSTNAME}"},
                                                                  {"N", "3"},
                                                                  {"FILE", "file:/secret"},
                                                                  {"_a1", "x"},
                                                                  {"LONG", {}}};
            if (name == "LONG") {
              return std::string(600000, 'x');
            }
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::make_optional(found->second);
          },
          .secret = [](const std::string& path) -> absl::StatusOr<std::string> {
            if (!absl::StrContains(path, "none") && !absl::EndsWith(path, "/")) {
              return absl::StrCat("content of ", path);
            }
            return absl::InvalidArgumentError("cannot be read: No such file or directory");
          }};
}

constexpr char kKafka[] = "kafka: {bootstrap.servers: 'h:1'}\n";
constexpr char kService[] = "service: {instance: i, state: {dir: d}}\n";

absl::StatusOr<ServiceConfig> Parse(absl::string_view text, std::string* remarks = nullptr) {
  return ParseService(text, "f/s.yaml", MadeUp(), remarks);
}

// The configuration of a text that must be right.
ServiceConfig Parsed(absl::string_view text) {
  absl::StatusOr<ServiceConfig> config = Parse(text);
  EXPECT_TRUE(config.ok()) << config.status() << "\n" << text;
  return config.ok() ? *std::move(config) : ServiceConfig();
}

// With more in `service`, all of which is in line 2.
std::string WithService(absl::string_view body) {
  return absl::StrCat(kKafka, "service: {instance: i, state: {dir: d}, ", body, "}\n");
}

ServiceConfig Service(absl::string_view body) {
  return Parsed(WithService(body));
}

// With more in `kafka`, all of which is in line 2.
std::string WithKafka(absl::string_view body) {
  return absl::StrCat(kService, "kafka: {bootstrap.servers: 'h:1', ", body, "}\n");
}

std::string WithParties(absl::string_view list) {
  return absl::StrCat(kKafka, kService, "parties: ", list, "\n");
}

std::vector<std::string> Problems(absl::string_view text) {
  const absl::Status status = Parse(text).status();
  if (status.ok()) {
    return {};
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr(kSecret)));
  return absl::StrSplit(status.message(), '\n');
}

std::string Remarks(absl::string_view text) {
  std::string remarks = "left from before";
  EXPECT_TRUE(Parse(text, &remarks).ok()) << text;
  return remarks;
}

struct BadFile {
  std::string text;
  int line;
  std::vector<std::string> words;  // of the only problem
};

void ExpectProblems(const std::vector<BadFile>& files) {
  for (const BadFile& file : files) {
    const std::vector<std::string> problems = Problems(file.text);
    ASSERT_THAT(problems, SizeIs(1)) << file.text << absl::StrJoin(problems, "\n");
    EXPECT_THAT(problems[0], StartsWith(absl::StrCat("f/s.yaml:", file.line, ": "))) << file.text;
    for (const std::string& word : file.words) {
      EXPECT_THAT(problems[0], HasSubstr(word)) << file.text;
    }
  }
}

// --------------------------------------------------------------------------------------------
// Good files.

TEST(ServiceFile, SmallestFileSaysTheDefaults) {
  const ServiceConfig config = Parsed(absl::StrCat(kKafka, kService));
  EXPECT_EQ(config.file_name, "f/s.yaml");
  EXPECT_THAT(config.kafka, ElementsAre(Pair("bootstrap.servers", "h:1")));
  EXPECT_EQ(config.instance, "i");
  EXPECT_EQ(config.group, "weir");
  EXPECT_EQ(config.workers, 1U);
  EXPECT_EQ(config.input, "meter.events");
  EXPECT_EQ(config.prefix, "");
  EXPECT_FALSE(config.archive);
  EXPECT_EQ(config.timestamps, TimestampKind::kLogAppendTime);
  EXPECT_EQ(config.idle, kMinute);
  EXPECT_EQ(config.stop_within, DurationMs{30000});
  EXPECT_EQ(config.commit_interval, DurationMs{100});
  EXPECT_EQ(config.commit_records, 50000U);
  EXPECT_EQ(config.state_dir, "f/d");
  EXPECT_EQ(config.state_interval, DurationMs{10000});
  EXPECT_EQ(config.http_host, "127.0.0.1");
  EXPECT_EQ(config.http_port, 9464);
  EXPECT_EQ(config.policy, "");
  EXPECT_THAT(config.system.parties.all(), IsEmpty());
  EXPECT_EQ(config.notices, std::nullopt);
}

TEST(ServiceFile, ReadsEveryField) {
  const ServiceConfig config = Parsed(absl::StrCat(
      kKafka,
      "service: {instance: a.b_c-9, group: g, workers: 64, input: in, prefix: p., archive: true,\n"
      "  timestamps: create_time, idle: 0, stop_within: 10m, commit: {interval: 1ms,\n"
      "  records: 1000000}, state: {dir: /s, interval: 10m}, http: {listen: '[::1]:0'}}\n"
      "policy: ../p.yaml\n"
      "notices: json\n"
      "inventory: {remove: false}\n"
      "parties: [{id: 90b3d51f30020000, role: ED, name: N, distributors: [\"14\", 05]},\n"
      "  {id: 90-B3-D5-1F-30-03-00-00, role: OU}]\n"));
  EXPECT_EQ(config.instance, "a.b_c-9");
  EXPECT_EQ(config.group, "g");
  EXPECT_EQ(config.workers, 64U);
  EXPECT_EQ(config.input, "in");
  EXPECT_EQ(config.prefix, "p.");
  EXPECT_TRUE(config.archive);
  EXPECT_EQ(config.timestamps, TimestampKind::kCreateTime);
  EXPECT_EQ(config.idle, DurationMs{0});
  EXPECT_EQ(config.stop_within, DurationMs{600000});
  EXPECT_EQ(config.commit_interval, DurationMs{1});
  EXPECT_EQ(config.commit_records, 1000000U);
  EXPECT_EQ(config.state_dir, "/s");
  EXPECT_EQ(config.state_interval, DurationMs{600000});
  EXPECT_EQ(config.http_host, "::1");
  EXPECT_EQ(config.http_port, 0);
  EXPECT_EQ(config.policy, "f/../p.yaml");
  EXPECT_EQ(config.policy_line, 5);
  EXPECT_EQ(config.notices, NoticeFormat::kJson);
  EXPECT_FALSE(config.system.pending.remove);
  const std::vector<Party>& parties = config.system.parties.all();
  ASSERT_THAT(parties, SizeIs(2));
  EXPECT_EQ(parties[0].id, ParseEui64("90-B3-D5-1F-30-02-00-00"));
  EXPECT_EQ(parties[0].role, Role::kEd);
  EXPECT_EQ(parties[0].name, "N");
  EXPECT_THAT(parties[0].distributors, ElementsAre("14", "05"));
  EXPECT_EQ(parties[1].role, Role::kOu);
  EXPECT_THAT(parties[1].distributors, IsEmpty());
}

TEST(ServiceFile, PassesPropertiesOnAsTheyAreWritten) {
  const ServiceConfig config = Parsed(
      "kafka:\n"
      "  bootstrap.servers: h:1\n"
      "  linger.ms: 0005\n"
      "  enable.idempotence: true\n"
      "\n"
      "  debug: 'a,b'\n"
      "  client.rack: ''\n"
      "service: {instance: i, state: {dir: d}}\n");
  EXPECT_THAT(config.kafka, ElementsAre(Pair("bootstrap.servers", "h:1"), Pair("client.rack", ""),
                                        Pair("debug", "a,b"), Pair("enable.idempotence", "true"),
                                        Pair("linger.ms", "0005")));
  EXPECT_EQ(config.PlaceOfKafka("linger.ms"), "f/s.yaml:3");
  EXPECT_EQ(config.PlaceOfKafka("debug"), "f/s.yaml:6");
  EXPECT_EQ(config.PlaceOfKafka("acks"), "f/s.yaml");
}

TEST(ServiceFile, KnowsTheOldNameOfTheBrokers) {
  Parsed(absl::StrCat("kafka: {metadata.broker.list: 'h:1'}\n", kService));
}

TEST(ServiceFile, PathsAreRelativeToTheFile) {
  struct {
    std::string file, path, expected;
  } const cases[] = {{"s.yaml", "p", "p"},
                     {"a/b/s.yaml", "p", "a/b/p"},
                     {"/s.yaml", "p", "/p"},
                     {"./s.yaml", "../p", "./../p"},
                     {"a/s.yaml", "/p/q", "/p/q"}};

  for (const auto& test : cases) {
    const std::string text =
        absl::StrCat("kafka: {bootstrap.servers: h, ssl.key.pem: 'file:", test.path, "-secret'}\n",
                     "service: {instance: i, state: {dir: ", test.path, "}}\npolicy: ", test.path);
    const absl::StatusOr<ServiceConfig> config = ParseService(text, test.file, MadeUp());
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(config->policy, test.expected);
    EXPECT_EQ(config->state_dir, test.expected);
    EXPECT_EQ(config->kafka.at("ssl.key.pem"),
              absl::StrCat("content of ", test.expected, "-secret"));
  }
}

TEST(ServiceFile, ReadsAddressesToListenOn) {
  struct {
    absl::string_view text, host;
    int port = 0;
  } const cases[] = {{"0.0.0.0:1", "0.0.0.0", 1},         {"[::]:65535", "::", 65535},
                     {"localhost:80", "localhost", 80},   {"a-b.c:80", "a-b.c", 80},
                     {"[fe80::1]:9464", "fe80::1", 9464}, {"127.0.0.1:0", "127.0.0.1", 0}};

  for (const auto& test : cases) {
    const ServiceConfig config = Service(absl::StrCat("http: {listen: '", test.text, "'}"));
    EXPECT_EQ(config.http_host, test.host);
    EXPECT_EQ(config.http_port, test.port);
  }
}

TEST(ServiceFile, TellsAConfigurationFromAPolicy) {
  EXPECT_TRUE(IsServiceConfig(absl::StrCat(kKafka, kService)));
  EXPECT_TRUE(IsServiceConfig("service:\n"));
  EXPECT_TRUE(IsServiceConfig("{\"policies\": [], \"kafka\": 1}"));
  EXPECT_FALSE(IsServiceConfig("policies: []\n"));
  EXPECT_FALSE(IsServiceConfig("policies: {service: 1, kafka: 2}\n"));
  EXPECT_FALSE(IsServiceConfig("[service, kafka]"));
  EXPECT_FALSE(IsServiceConfig(""));
  EXPECT_FALSE(IsServiceConfig("service: ["));
}

// --------------------------------------------------------------------------------------------
// Variables and secrets.

TEST(ServiceFile, ReplacesVariables) {
  struct {
    absl::string_view written, value;
  } const cases[] = {{"${KAFKA_SERVERS}", "a:1,b:2"},
                     {"x${N}y${N}z", "x3y3z"},
                     {"${_a1}", "x"},
                     {"${EMPTY}", ""},
                     {"${NESTED}", "${HOSTNAME}"},
                     {"$${HOSTNAME}", "${HOSTNAME}"},
                     {"$$${N}", "$${N}"},
                     {"$${${N}}", "${3}"},
                     {"$N $ $$ {N}", "$N $ $$ {N}"},
                     {"$", "$"},
                     {"a$${", "a${"}};

  for (const auto& test : cases) {
    const ServiceConfig config = Parsed(WithKafka(absl::StrCat("client.id: '", test.written, "'")));
    EXPECT_EQ(config.kafka.at("client.id"), test.value) << test.written;
  }
}

TEST(ServiceFile, ReplacesVariablesInEveryValue) {
  const ServiceConfig config = Parsed(
      "kafka: {bootstrap.servers: '${KAFKA_SERVERS}'}\n"
      "service: {instance: '${HOSTNAME}', workers: '${N}', state: {dir: '/v/${HOSTNAME}'}}\n"
      "parties: [{id: '90b3d51f3002000${N}', role: ED, distributors: ['1${N}']}]\n");
  EXPECT_EQ(config.instance, "host-3");
  EXPECT_EQ(config.workers, 3U);
  EXPECT_EQ(config.state_dir, "/v/host-3");
  EXPECT_THAT(config.system.parties.all().at(0).distributors, ElementsAre("13"));
}

TEST(ServiceFile, DoesNotReplaceKeys) {
  ExpectProblems({{WithKafka("'${N}': 1"), 2, {"`${N}`", "a property of librdkafka"}}});
}

TEST(ServiceFile, TellsWhatIsWrongWithVariables) {
  ExpectProblems({
      {WithKafka("client.id: '${MISSING}'"), 2, {"`MISSING`", "is not set", "`$${`"}},
      {WithKafka("client.id: 'a${'"), 2, {"name of an environment variable"}},
      {WithKafka("client.id: '${}'"), 2, {"name of an environment variable"}},
      {WithKafka("client.id: '${1A}'"), 2, {"name of an environment variable"}},
      {WithKafka("client.id: '${A-B}'"), 2, {"name of an environment variable"}},
      {WithKafka("client.id: '${ N }'"), 2, {"name of an environment variable"}},
      {WithKafka("a: '${LONG}', b: '${LONG}'"), 2, {"`LONG`", "1048576 bytes"}},
      {WithKafka("client.id: \"a\\0b\""), 2, {"`client.id`", "zero byte"}},
      {WithParties("[{id: '${MISSING}', role: IS}]"), 3, {"is not set"}},
  });
}

TEST(ServiceFile, NeverShowsWhatTookTheVariablesPlace) {
  ExpectProblems({
      {WithService("workers: '${KAFKA_PASSWORD}'"), 2, {"`workers` is `${KAFKA_PASSWORD}` (its"}},
      {WithService("archive: '${KAFKA_PASSWORD}'"), 2, {"false or true"}},
      {WithService("idle: '${KAFKA_PASSWORD}'"), 2, {"`${KAFKA_PASSWORD}`"}},
      {WithService("group: '${KAFKA_PASSWORD}!'"), 2, {"`${KAFKA_PASSWORD}!`"}},
      {WithService("http: {listen: '${KAFKA_PASSWORD}'}"), 2, {"`${KAFKA_PASSWORD}`"}},
      {WithKafka("sasl.password: 'file:none/${KAFKA_PASSWORD}'"),
       2,
       {"file:none/${KAFKA_PASSWORD} "}},
      {WithParties("['${KAFKA_PASSWORD}']"), 3, {"`${KAFKA_PASSWORD}`"}},
      {WithParties("[{id: '${KAFKA_PASSWORD}', role: ED}]"), 3, {"`${KAFKA_PASSWORD}`"}},
      {WithParties("[{id: 90b3d51f30020000, role: ED, distributors: ['${KAFKA_PASSWORD}']}]"),
       3,
       {"`${KAFKA_PASSWORD}`"}},
  });
}

TEST(ServiceFile, ReadsSecretsFromFiles) {
  const ServiceConfig config =
      Parsed(WithKafka("sasl.password: file:/a/secret, ssl.key.pem: 'file:secret', "
                       "sasl.username: '${FILE}', client.id: 'FILE:x'"));
  EXPECT_EQ(config.kafka.at("sasl.password"), "content of /a/secret");
  EXPECT_EQ(config.kafka.at("ssl.key.pem"), "content of f/secret");
  EXPECT_EQ(config.kafka.at("sasl.username"), "content of /secret");
  EXPECT_EQ(config.kafka.at("client.id"), "FILE:x");
}

TEST(ServiceFile, TellsWhatIsWrongWithSecrets) {
  ExpectProblems({
      {WithKafka("sasl.password: file:/none"),
       2,
       {"`sasl.password`: the file /none cannot be read: No such file"}},
      {WithKafka("sasl.password: file:none"), 2, {"the file f/none "}},
      {WithKafka("sasl.password: 'file:'"), 2, {"the file f/ "}},
      {WithKafka("sasl.password: ''"), 2, {"`sasl.password` is empty"}},
      {WithKafka("ssl.key.password: '${EMPTY}'"), 2, {"`ssl.key.password` is empty"}},
      {WithKafka(absl::StrCat("sasl.password: [", kSecret, "]")), 2, {"is a list"}},
      {WithKafka(absl::StrCat("sasl: {password: ", kSecret, "}")), 2, {"is a map", "dots"}},
  });
}

TEST(ServiceFile, RemarksOnSecretsInTheOpen) {
  EXPECT_THAT(Remarks(WithKafka(absl::StrCat("sasl.password: ", kSecret))),
              AllOf(StartsWith("f/s.yaml:2: `sasl.password` stands here in the open"),
                    Not(HasSubstr(kSecret))));
  EXPECT_EQ(Remarks(WithKafka("sasl.password: '${KAFKA_PASSWORD}'")), "");
  EXPECT_EQ(Remarks(WithKafka("sasl.password: file:/secret")), "");
  EXPECT_EQ(Remarks(WithKafka("sasl.username: me")), "");
}

// --------------------------------------------------------------------------------------------
// Bad files.

TEST(ServiceFile, TellsWhatIsWrongWithTheFile) {
  ExpectProblems({
      {"", 1, {"the file is empty", "`kafka:`"}},
      {"- a\n", 1, {"the file is a list"}},
      {kKafka, 1, {"`service` is missing", "`instance`"}},
      {kService, 1, {"`kafka` is missing", "`bootstrap.servers`"}},
      {absl::StrCat(kKafka, "service:\n"), 2, {"`service` is empty"}},
      {absl::StrCat(kKafka, "service: [i]\n"), 2, {"`service` is a list"}},
      {absl::StrCat(kService, "kafka: h:1\n"), 2, {"`kafka` is `h:1`", "a map"}},
      {absl::StrCat(kService, "kafka: {}\n"), 2, {"`bootstrap.servers` is missing"}},
      {absl::StrCat(kKafka, kService, "policy:\n"), 3, {"`policy` is empty", "path"}},
      {absl::StrCat(kKafka, kService, "policy: ''\n"), 3, {"`policy` is ``"}},
      {absl::StrCat(kKafka, kService, "policy: [a]\n"), 3, {"`policy` is a list"}},
      {absl::StrCat(kKafka, kService, "policies: []\n"), 3, {"`policies`", "the policy file"}},
      {absl::StrCat(kKafka, kService, "workers: 2\n"), 3, {"`workers`", "belongs in `service`"}},
      {absl::StrCat(kKafka, kService, "listen: 2\n"), 3, {"belongs in `service`, in `http`"}},
      {absl::StrCat(kKafka, kService, "sasl.x: 2\n"), 3, {"`sasl.x`", "belong in `kafka`"}},
      {absl::StrCat(kKafka, kService, "party: []\n"),
       3,
       {"kafka, service, policy, shadow_policy, parties, notices"}},
      {absl::StrCat(kKafka, kService, "partys: []\n"), 3, {"did you mean `parties`?"}},
      {absl::StrCat(kKafka, kService, "a: [\n"), 4, {"YAML"}},
      {WithKafka("a b: c"), 2, {"`a b`", "a property of librdkafka"}},
      {WithKafka("'': c"), 2, {"``", "a property of librdkafka"}},
      {WithKafka("a:"), 2, {"`a` is empty", "text, a number"}},
  });
}

TEST(ServiceFile, TellsWhatIsWrongWithTheService) {
  ExpectProblems({
      {absl::StrCat(kKafka, "service: {state: {dir: d}}"), 2, {"`instance` is missing"}},
      {absl::StrCat(kKafka, "service: {instance: i}"), 2, {"`state` is missing"}},
      {absl::StrCat(kKafka, "service: {instance: i, state: {}}"), 2, {"`dir` is missing"}},
      {absl::StrCat(kKafka, "service: {instance: i, state: /d}"), 2, {"`state` is `/d`", "a map"}},
      {absl::StrCat(kKafka, "service: {instance: i, state: {dir: }}"), 2, {"`dir` is empty"}},
      {absl::StrCat(kKafka, "service: {instance: '', state: {dir: d}}"), 2, {"`instance` is ``"}},
      {absl::StrCat(kKafka, "service: {instance: a/b, state: {dir: d}}"), 2, {"`a/b`", "letters"}},
      {absl::StrCat(kKafka, "service: {instance: .., state: {dir: d}}"), 2, {"`..`"}},
      {WithService("group: a b"), 2, {"`group` is `a b`", "1 to 200 letters"}},
      {WithService(absl::StrCat("group: ", std::string(201, 'x'))), 2, {"1 to 200"}},
      {WithService(absl::StrCat("input: ", std::string(250, 'x'))), 2, {"1 to 249"}},
      {WithService("prefix: a#"), 2, {"`a#`", "0 to 200"}},
      {WithService("workers: 0"), 2, {"1 to 64"}},
      {WithService("workers: 65"), 2, {"1 to 64"}},
      {WithService("archive: maybe"), 2, {"`maybe`", "false or true"}},
      {WithService("log: {format: xml}"), 2, {"text or json"}},
      {WithService("log: {level: debug}"), 2, {"info, warning or error"}},
      {WithService("log: json"), 2, {"{format: json, level: info}"}},
      {WithService("timestamps: append_time"), 2, {"log_append_time or create_time"}},
      {WithService("idle: 999ms"), 2, {"`999ms`", "1s to 1d, or 0 for never"}},
      {WithService("idle: 2d"), 2, {"0ms to 1d"}},
      {WithService("stop_within: 0"), 2, {"1s to 10m"}},
      {WithService("stop_within: 11m"), 2, {"1s to 10m"}},
      {WithService("commit: 1s"), 2, {"`commit` is `1s`", "{interval: 100ms"}},
      {WithService("commit: {interval: 0}"), 2, {"1ms to 5s"}},
      {WithService("commit: {interval: 6s}"), 2, {"1ms to 5s"}},
      {WithService("commit: {records: 0}"), 2, {"1 to 1000000"}},
      {WithService("commit: {records: 1000001}"), 2, {"1 to 1000000"}},
      {WithService("commit: {every: 1s}"), 2, {"`every`", "interval or records"}},
      {WithService("commit: {workers: 2}"), 2, {"`workers`", "belongs in `service`"}},
      {absl::StrCat(kKafka, "service: {instance: i, state: {dir: d, interval: 99ms}}"),
       2,
       {"100ms to 10m"}},
      {WithService("http: 9464"), 2, {"`http` is `9464`", "{listen: "}},
      {WithService("http: {port: 1}"), 2, {"`port` is not known"}},
      {WithService("kafka: {}"), 2, {"`kafka`", "top of the file"}},
      {WithService("wrokers: 2"), 2, {"did you mean `workers`?"}},
  });
}

TEST(ServiceFile, RefusesAddressesThatAreNone) {
  for (const char* text : {"9464",          "localhost",
                           ":9464",         "localhost:",
                           "h:65536",       "h:-1",
                           "h:1x",          "h: 1",
                           "::1:9464",      "[::1]",
                           "[::1:9464",     "::1]:9464",
                           "[localhost]:1", "[127.0.0.1]:1",
                           "256.0.0.1:1",   "1.2.3:1",
                           "a_b:1",         "a b:1",
                           "http://h:1",    "[]:1",
                           "h:000001",      "h:99999999999999999999"}) {
    ExpectProblems({{WithService(absl::StrCat("http: {listen: '", text, "'}")), 2, {"host:port"}}});
  }
}

TEST(ServiceFile, RefusesToReadWhatItWrites) {
  for (const char* body :
       {"input: alerts.forwarded", "input: enp.90-B3-D5-1F-30-02-00-00", "input: weir.deltas",
        "input: g.state, group: g", "input: p.dead.letter, prefix: p.",
        "prefix: p-, input: p-throttle.episodes"}) {
    ExpectProblems({{WithService(body), 2, {"`input` is a topic that Weir writes itself"}}});
  }
  for (const char* body :
       {"input: alerts.forwarded, prefix: p.", "input: p.meter.events, prefix: p.",
        "input: weir.deltas, group: g", "input: dead.letter.replayed"}) {
    EXPECT_THAT(Problems(WithService(body)), IsEmpty()) << body;
  }
}

TEST(ServiceFile, TellsWhatIsWrongWithParties) {
  const std::string id = "id: 90B3D51F30020000";
  ExpectProblems({
      {WithParties("{}"), 3, {"`parties` is a map", "a list of parties"}},
      {WithParties(""), 3, {"`parties` is empty"}},
      {WithParties("[a]"), 3, {"a party is `a`"}},
      {WithParties("[{role: ED}]"), 3, {"`id` is missing"}},
      {WithParties(absl::StrCat("[{", id, "}]")), 3, {"`role` is missing"}},
      {WithParties("[{id: 90-B3, role: ED}]"), 3, {"`90-B3`", "an EUI-64"}},
      {WithParties(absl::StrCat("[{", id, ", role: DNO}]")), 3, {"`DNO`", "IS, GS, ES, ED"}},
      {WithParties(absl::StrCat("[{", id, ", role: ED, name: [a]}]")), 3, {"`name` is a list"}},
      {WithParties(absl::StrCat("[{", id, ", role: ED, mpan: 1}]")), 3, {"`mpan`", "id, role"}},
      {WithParties(absl::StrCat("[{", id, ", role: ED, distributors: \"14\"}]")),
       3,
       {"`distributors` is `14`", "a list"}},
      {WithParties(absl::StrCat("[{", id, ", role: ED, distributors: [1]}]")), 3, {"two digits"}},
      {WithParties(absl::StrCat("[{", id, ", role: ED, distributors: [1x]}]")), 3, {"`1x`"}},
      {WithParties(absl::StrCat("[{", id, ", role: ED, distributors: [[14]]}]")), 3, {"a list"}},
      {WithParties(absl::StrCat("[{", id, ", role: IS, distributors: [14]}]")),
       3,
       {"role IS", "role ED alone"}},
      {WithParties(absl::StrCat("[{", id, ", role: ED, distributors: [14, 14]}]")),
       3,
       {"`14`", "line 3", "one network operator"}},
  });
  ExpectProblems({
      {WithParties(
           absl::StrCat("\n- {", id, ", role: ED}\n- {id: 90-b3-d5-1f-30-02-00-00,", " role: GS}")),
       5,
       {"the party of line 4", "keep one"}},
      {WithParties(absl::StrCat("\n- {", id, ", role: ED, distributors: [14]}\n",
                                "- {id: 90B3D51F30020001, role: ED, distributors: [15, 14]}")),
       5,
       {"`14`", "line 4 has already"}},
  });
}

TEST(ServiceFile, TellsAllProblemsInOrderOfTheirLines) {
  EXPECT_THAT(
      Problems("parties: [{id: x, role: ED}]\n"
               "kafka:\n"
               "  sasl.password: file:none\n"
               "  client.id: ${MISSING}\n"
               "service:\n"
               "  instance: ?!\n"
               "  workers: many\n"),
      ElementsAre(StartsWith("f/s.yaml:1: `id` is `x`"),
                  StartsWith("f/s.yaml:2: `bootstrap.servers` is missing"),
                  StartsWith("f/s.yaml:3: `sasl.password`"),
                  StartsWith("f/s.yaml:4: the environment variable `MISSING`"),
                  StartsWith("f/s.yaml:5: `state` is missing"),
                  StartsWith("f/s.yaml:6: `instance`"), StartsWith("f/s.yaml:7: `workers`")));
}

TEST(ServiceFile, HasLimits) {
  std::string large = absl::StrCat(kKafka, kService);
  large.resize(kMaxConfigBytes, '\n');
  EXPECT_THAT(Problems(large), IsEmpty());
  large.push_back('\n');
  EXPECT_THAT(Problems(large), ElementsAre(HasSubstr("larger than 1048576 bytes")));
}

// --------------------------------------------------------------------------------------------
// CONFIG.md.

std::set<std::string> KnownKeysOf(absl::string_view text) {
  return KnownKeys(Problems(text));
}

std::vector<ManualRow> ServiceRows() {
  return ManualTable("In `service`:");
}

std::vector<ManualRow> InnerRows() {
  return ManualTable("In `commit`, `state`, `http` and `log`:");
}

TEST(ServiceFile, ReadsHowTheLogIsWritten) {
  const ServiceConfig config = Parsed(WithService("log: {format: json, level: error}"));
  EXPECT_EQ(config.log_format, LogFormat::kJson);
  EXPECT_EQ(config.log_level, LogThreshold::kError);
  EXPECT_EQ(Parsed(WithService("log: {level: warning}")).log_level, LogThreshold::kWarning);
  EXPECT_EQ(Parsed(WithService("log: {level: warning}")).log_format, LogFormat::kText);
}

TEST(ServiceManual, ItsExamplesAreRight) {
  const std::vector<std::string> examples = ManualExamples();
  size_t services = 0;
  for (const std::string& example : examples) {
    if (IsServiceConfig(example)) {
      ++services;
      Parsed(example);
    }
  }
  EXPECT_GE(services, 4U);
}

TEST(ServiceManual, ItsTablesHaveEveryKey) {
  EXPECT_EQ(KeysOf(ManualTable("At the top of the file:")), KnownKeysOf("zzzzzz: 1"));
  EXPECT_EQ(KeysOf(ServiceRows()), KnownKeysOf(WithService("zzzzzz: 1")));
  EXPECT_EQ(KeysOf(InnerRows(), "commit."), KnownKeysOf(WithService("commit: {zzzzzz: 1}")));
  EXPECT_EQ(KeysOf(InnerRows(), "state."),
            KnownKeysOf(absl::StrCat(kKafka, "service: {state: {zzzzzz: 1}}")));
  EXPECT_EQ(KeysOf(InnerRows(), "http."), KnownKeysOf(WithService("http: {zzzzzz: 1}")));
  EXPECT_EQ(KeysOf(InnerRows(), "log."), KnownKeysOf(WithService("log: {zzzzzz: 1}")));
  EXPECT_EQ(KeysOf(ManualTable("In each party:")), KnownKeysOf(WithParties("[{zzzzzz: 1}]")));
}

TEST(ServiceManual, ItsTablesHaveTheDefaults) {
  std::map<std::string, std::string> initial;
  for (const std::vector<ManualRow>& rows : {ServiceRows(), InnerRows()}) {
    for (const ManualRow& row : rows) {
      initial[row.key] = row.initial;
    }
  }
  const ServiceConfig config;
  EXPECT_EQ(initial["instance"], "required");
  EXPECT_EQ(initial["group"], config.group);
  EXPECT_EQ(initial["workers"], absl::StrCat(config.workers));
  EXPECT_EQ(initial["input"], config.input);
  EXPECT_EQ(initial["prefix"], config.prefix.empty() ? "empty" : config.prefix);
  EXPECT_EQ(initial["archive"], config.archive ? "true" : "false");
  EXPECT_EQ(initial["timestamps"],
            config.timestamps == TimestampKind::kLogAppendTime ? "log_append_time" : "create_time");
  EXPECT_EQ(initial["idle"], FormatDuration(config.idle));
  EXPECT_EQ(initial["stop_within"], FormatDuration(config.stop_within));
  EXPECT_EQ(initial["commit.interval"], FormatDuration(config.commit_interval));
  EXPECT_EQ(initial["commit.records"], absl::StrCat(config.commit_records));
  EXPECT_EQ(initial["state.dir"], "required");
  EXPECT_EQ(initial["state.interval"], FormatDuration(config.state_interval));
  EXPECT_EQ(initial["log.format"], config.log_format == LogFormat::kText ? "text" : "json");
  EXPECT_EQ(initial["log.level"], config.log_level == LogThreshold::kInfo ? "info" : "warning");
  EXPECT_EQ(initial["http.listen"], absl::StrCat(config.http_host, ":", config.http_port));
}

// The problem that a value that no key takes gives for a key of the service.
std::string ProblemOf(const std::string& key) {
  const std::vector<std::string> path = absl::StrSplit(key, '.');
  const std::string inner = absl::StrCat(path.back(), ": ['?']");
  const std::string body = path.size() == 1 ? inner : absl::StrCat(path[0], ": {", inner, "}");
  const std::string all =
      absl::StrJoin(Problems(absl::StrCat(kKafka, "service: {", body, "}")), "\n");
  const size_t at = all.find(absl::StrCat("`", path.back(), "` is a list"));
  EXPECT_NE(at, std::string::npos) << all;
  return at == std::string::npos ? "" : all.substr(at, all.find('\n', at) - at);
}

TEST(ServiceManual, ItsRangesAreWhatMessagesSay) {
  size_t ranges = 0;
  for (const std::vector<ManualRow>& rows : {ServiceRows(), InnerRows()}) {
    for (const ManualRow& row : rows) {
      const std::vector<std::string> words = absl::StrSplit(row.range, ' ');
      if (words.size() >= 3 && words[1] == "to") {
        ++ranges;
        EXPECT_THAT(ProblemOf(row.key), HasSubstr(absl::StrCat(words[0], " to ", words[2])));
      }
    }
  }
  EXPECT_EQ(ranges, 9U);
}

TEST(ServiceManual, ItsRolesAreThose) {
  for (const ManualRow& row : ManualTable("In each party:")) {
    if (row.key != "role") {
      continue;
    }
    const std::string roles = absl::StrReplaceAll(row.range, {{"`", ""}});
    EXPECT_THAT(Problems(WithParties("[{id: 90b3d51f30020000, role: ZZZZ}]")),
                ElementsAre(HasSubstr(absl::StrReplaceAll(roles, {{", OU", " or OU"}}))));
  }
}

TEST(ServiceManual, ItNamesTheSecrets) {
  const std::string manual = Manual();
  for (const char* name : {"sasl.password", "sasl.oauthbearer.client.secret", "ssl.key.password",
                           "ssl.key.pem", "ssl.keystore.password"}) {
    EXPECT_NE(Remarks(WithKafka(absl::StrCat(name, ": x"))), "") << name;
    EXPECT_THAT(manual, HasSubstr(absl::StrCat("`", name, "`")));
  }
}

// --------------------------------------------------------------------------------------------
// Random input.

TEST(ServiceFile, RandomChangesToAGoodFileNeverCrash) {
  Random random = Random::FromEnvironment(20191130);
  SCOPED_TRACE(random.seed_text());
  const std::vector<std::string> examples = ManualExamples();
  ASSERT_FALSE(examples.empty());
  for (int run = 0; run < 5000; ++run) {
    std::string text = examples[random.Below(examples.size())];
    for (uint64_t changes = 1 + random.Below(4); changes > 0 && !text.empty(); --changes) {
      const size_t at = random.Below(text.size());
      const size_t length = random.Below(12);
      if (random.OneIn(3)) {
        text.erase(at, length);
      } else if (random.OneIn(2)) {
        text.insert(at, text.substr(random.Below(text.size()), length));
      } else {
        text.insert(at, 1, "{}[]:,-?&*!|>'\"%@`# \n\t$"[random.Below(24)]);
      }
    }
    const absl::Status status = Parse(text).status();
    EXPECT_TRUE(status.ok() || absl::StartsWith(status.message(), "f/s.yaml:")) << run;
  }
}

}  // namespace
}  // namespace weir
