// Goal: a policy file is read as POLICY.md says, all its mistakes are told with their lines, and no
// bytes whatever bring the reader down.
// Method: tables of good and bad files; the examples and tables of POLICY.md; random bytes, and
// random changes to a good file (WEIR_SEED repeats a run).

#include "connectors/config/policy_file.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "connectors/config/config_text.h"
#include "connectors/config/yaml_reader.h"
#include "engine/alert/alert_code.h"
#include "engine/base/units.h"
#include "tests/support/random.h"

namespace weir {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

AlertCode Code(absl::string_view text) {
  return ParseAlertCode(text).value();
}

std::vector<std::string> Problems(absl::string_view text) {
  const absl::StatusOr<PolicySchedule> schedule = ParsePolicy(text, "p.yaml");
  if (schedule.ok()) {
    return {};
  }
  EXPECT_EQ(schedule.status().code(), absl::StatusCode::kInvalidArgument);
  return absl::StrSplit(schedule.status().message(), '\n');
}

// The schedule of a text that must be right.
PolicySchedule Parsed(absl::string_view text) {
  absl::StatusOr<PolicySchedule> schedule = ParsePolicy(text, "p.yaml");
  EXPECT_TRUE(schedule.ok()) << schedule.status() << "\n" << text;
  return schedule.ok() ? *std::move(schedule) : PolicySchedule::Default();
}

// A file with one version that says `body`, a flow map without its braces. All in line 2.
std::string OneVersion(absl::string_view body) {
  return absl::StrCat("policies:\n- {effective_from: 2019-11-29T00:00:00Z, ", body, "}\n");
}

PolicyVersion Version(absl::string_view body) {
  return Parsed(OneVersion(body)).versions.at(0);
}

CodePolicy Limits(absl::string_view body, absl::string_view code = "8F3F") {
  return Version(body).policy(Code(code));
}

std::string FileText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string Manual() {
  return FileText(absl::StrCat(WEIR_SOURCE_DIR, "/connectors/config/POLICY.md"));
}

std::vector<std::string> ManualExamples() {
  std::vector<std::string> examples;
  bool inside = false;
  for (const absl::string_view line : absl::StrSplit(Manual(), '\n')) {
    if (!inside && line == "```yaml") {
      inside = true;
      examples.emplace_back();
    } else if (inside && line == "```") {
      inside = false;
    } else if (inside) {
      absl::StrAppend(&examples.back(), line, "\n");
    }
  }
  EXPECT_FALSE(inside);
  return examples;
}

// The third column of the rows that begin with `name` in backquotes, its own backquotes taken off.
std::map<std::string, std::string> ManualDefaults() {
  std::map<std::string, std::string> defaults;
  for (const absl::string_view line : absl::StrSplit(Manual(), '\n')) {
    const std::vector<absl::string_view> cells = absl::StrSplit(line, " | ");
    absl::string_view name = cells[0];
    if (cells.size() == 4 && absl::ConsumePrefix(&name, "| `") && absl::ConsumeSuffix(&name, "`")) {
      absl::string_view value = cells[2];
      absl::ConsumePrefix(&value, "`");
      absl::ConsumeSuffix(&value, "`");
      EXPECT_TRUE(defaults.try_emplace(std::string(name), value).second) << line;
    }
  }
  return defaults;
}

// --------------------------------------------------------------------------------------------
// Good files.

TEST(PolicyFile, SmallestFileSaysTheDefaults) {
  const PolicySchedule schedule = Parsed("policies: [{effective_from: 2019-11-29T00:00:00Z}]");
  ASSERT_THAT(schedule.versions, SizeIs(1));
  const PolicyVersion& version = schedule.versions[0];
  EXPECT_EQ(version.effective_from(), ParseTime("2019-11-29T00:00:00Z"));
  EXPECT_EQ(version.note(), "");
  EXPECT_EQ(schedule.duplicate_window, PolicySchedule().duplicate_window);
  EXPECT_EQ(schedule.max_ahead, PolicySchedule().max_ahead);
  PolicyRules rules;
  rules.effective_from = version.effective_from();
  EXPECT_TRUE(version.DecidesLike(PolicyVersion(rules)));
}

TEST(PolicyFile, ReadsEveryField) {
  const CodePolicy all = {.threshold = 65535,
                          .window = DurationMs{7 * kDay.value},
                          .window_kind = WindowKind::kSliding,
                          .clear = 0,
                          .forward = {.kind = Forward::Kind::kOneIn, .n = 2},
                          .last_word = false};
  EXPECT_EQ(Limits("default: {threshold: 65535, window: 7d, window_kind: sliding, clear: 0, "
                   "forward: {one_in: 2}, last_word: false}"),
            all);
  EXPECT_EQ(Limits("codes: {8F3F: {threshold: 65535, window: 168h, window_kind: sliding, clear: 0, "
                   "forward: {one_in: 2}, last_word: false}}"),
            all);
  EXPECT_EQ(Limits("default: {window: 1s}").window, kSecond);
  EXPECT_EQ(Limits("default: {forward: none}").forward.kind, Forward::Kind::kNone);
  EXPECT_EQ(Limits("default: {forward: {one_in: 5}}, codes: {8F3F: {forward: first_per_window}}"),
            CodePolicy());
  EXPECT_EQ(Limits("default: {window_kind: sliding}, codes: {8F3F: {window_kind: tumbling}}"),
            CodePolicy());
  EXPECT_EQ(Version("note: 'a: # b'").note(), "a: # b");
  EXPECT_EQ(Version("note: 2019").note(), "2019");
  EXPECT_EQ(Version("pairs: together").counted_as(Code("808D")), Code("8020"));
  EXPECT_EQ(Version("pairs: apart").counted_as(Code("808D")), Code("808D"));
}

TEST(PolicyFile, ReadsTheSettingsOfTheFile) {
  const std::string version = "policies: [{effective_from: 2019-11-29T00:00:00Z}]\n";
  for (const char* off : {"0", "0s", "0d"}) {
    EXPECT_EQ(Parsed(absl::StrCat(version, "duplicate_window: ", off)).duplicate_window,
              DurationMs{0});
  }
  EXPECT_EQ(Parsed(version + "duplicate_window: 2d").duplicate_window, DurationMs{2 * kDay.value});
  EXPECT_EQ(Parsed(version + "max_ahead: 3650d").max_ahead, DurationMs{3650 * kDay.value});
  EXPECT_EQ(Parsed(version + "max_ahead: 1s").max_ahead, kSecond);
}

TEST(PolicyFile, ReadsJsonAndOddButValidYaml) {
  const std::string json =
      R"({"duplicate_window":"30s","policies":[{"effective_from":"2019-11-29T00:00:00.000Z",)"
      R"("codes":{"8020":{"threshold":3,"last_word":true,"forward":{"one_in":4}}},)"
      R"("excluded":["8F35-8F3C"],"note":"back\\slash \"x\""}]})";
  const PolicySchedule schedule = Parsed(json);
  EXPECT_EQ(schedule.versions.at(0).policy(Code("8020")).threshold, 3U);
  EXPECT_EQ(schedule.versions.at(0).note(), R"(back\slash "x")");
  for (const char* text : {"\xEF\xBB\xBFpolicies:\r\n- effective_from: 2019-11-29T00:00:00Z\r\n",
                           "---\npolicies:\n  - effective_from: '2019-11-29T00:00:00Z'\n...\n",
                           "# why\npolicies:\n- &a\n  effective_from: 2019-11-29T00:00:00Z # x"}) {
    EXPECT_THAT(Parsed(text).versions, SizeIs(1)) << text;
  }
}

TEST(PolicyFile, CodesAreReadAsTheyAreWritten) {
  for (const char* spelling : {"8020", "\"8020\"", "'8020'", "0x8020", "0X8020"}) {
    EXPECT_EQ(Limits(absl::StrCat("codes: {", spelling, ": {threshold: 2}}"), "8020").threshold, 2U)
        << spelling;
  }
  // To other readers of YAML these are numbers.
  EXPECT_EQ(Limits("codes: {8e10: {threshold: 2}}", "8E10").threshold, 2U);
  EXPECT_EQ(Limits("codes: {8E01: {threshold: 2}}", "8E01").threshold, 2U);
  EXPECT_TRUE(Version("excluded: [8e10]").excluded(Code("8E10")));
  EXPECT_EQ(Limits("codes: {ad1: {threshold: 2}, n58: {threshold: 4}}", "AD1").threshold, 2U);
  EXPECT_EQ(Limits("codes: {ad1: {threshold: 2}, n58: {threshold: 4}}", "N58").threshold, 4U);
}

TEST(PolicyFile, CodeInheritsFromDefaultAndThatFromTheBuiltIn) {
  const absl::string_view body =
      "default: {window: 10m, forward: none, last_word: false}, codes: {8F3F: {threshold: 3, "
      "forward: {one_in: 7}}}";
  EXPECT_EQ(Limits(body), (CodePolicy{.threshold = 3,
                                      .window = DurationMs{10 * kMinute.value},
                                      .clear = 3,
                                      .forward = {.kind = Forward::Kind::kOneIn, .n = 7},
                                      .last_word = false}));
  EXPECT_EQ(Limits(body, "8F77").threshold, CodePolicy().threshold);
  EXPECT_EQ(Limits(body, "8F77").forward.kind, Forward::Kind::kNone);
}

TEST(PolicyFile, ClearFollowsTheThresholdUnlessGiven) {
  struct {
    absl::string_view body;
    uint64_t clear = 0;
  } const cases[] = {
      {"default: {threshold: 20}", 20},
      {"default: {clear: 4}", 4},
      {"default: {threshold: 20, clear: 0}", 0},
      {"codes: {8F3F: {threshold: 30}}", 30},
      {"codes: {8F3F: {threshold: 3}}", 3},
      {"default: {threshold: 20}, codes: {8F3F: {threshold: 3}}", 3},
      {"default: {threshold: 20}, codes: {8F3F: {window: 1m}}", 20},
      {"default: {clear: 4}, codes: {8F3F: {threshold: 30}}", 4},
      {"default: {clear: 4}, codes: {8F3F: {threshold: 4}}", 4},
      {"default: {clear: 4}, codes: {8F3F: {threshold: 3, clear: 3}}", 3},
      {"default: {threshold: 20}, codes: {8F3F: {clear: 15}}", 15},
      // The order in the file does not matter.
      {"codes: {8F3F: {clear: 15}}, default: {threshold: 20}", 15},
  };

  for (const auto& test : cases) {
    EXPECT_EQ(Limits(test.body).clear, test.clear) << test.body;
  }
}

TEST(PolicyFile, VersionsStandAlone) {
  const PolicySchedule schedule = Parsed(
      "policies:\n"
      "- effective_from: 2019-11-29T00:00:00Z\n"
      "  default: {threshold: 3}\n"
      "  excluded: []\n"
      "- effective_from: 2019-11-29T00:00:00.001Z\n");
  ASSERT_THAT(schedule.versions, SizeIs(2));
  EXPECT_EQ(schedule.versions[1].policy(Code("8F3F")), CodePolicy());
  EXPECT_TRUE(schedule.versions[1].excluded(Code("8F35")));
}

std::string Excluded(absl::string_view list) {
  const PolicyVersion version = Version(absl::StrCat("excluded: ", list));
  std::vector<std::string> codes;
  for (uint16_t i = 0; i < AlertCode::kCount; ++i) {
    if (version.excluded(AlertCode::FromIndex(i))) {
      codes.push_back(FormatAlertCode(AlertCode::FromIndex(i)));
    }
  }
  return codes.size() == AlertCode::kCount ? "everything" : absl::StrJoin(codes, " ");
}

TEST(PolicyFile, ReadsExclusions) {
  struct {
    absl::string_view list;
    absl::string_view excluded;
  } const cases[] = {
      {"[]", ""},
      {"[8F36]", "8F36"},
      {"[8F3B-8F3D, ad1, \"8020\"]", "8020 8F3B 8F3C 8F3D AD1"},
      {"[8000-8000, 8FFF, N999]", "8000 8FFF N999"},
      {"[N1-N3, n2 - n4, AD1-AD1]", "AD1 N1 N2 N3 N4"},
      {"[0x8F36-0x8F37]", "8F36 8F37"},
      {"all", "everything"},
      {"[all]", "everything"},
      {"[8F36, all]", "everything"},
      {"[8000-8FFF, AD1, N1-N999]", "everything"},
  };

  for (const auto& test : cases) {
    EXPECT_EQ(Excluded(test.list), test.excluded) << test.list;
  }
}

// --------------------------------------------------------------------------------------------
// Bad files.

struct BadFile {
  absl::string_view text;
  int line;
  std::vector<std::string> words;  // of the only problem
};

void ExpectProblem(absl::string_view text, int line, const std::vector<std::string>& words) {
  const std::vector<std::string> problems = Problems(text);
  ASSERT_THAT(problems, SizeIs(1)) << text;
  EXPECT_THAT(problems[0], StartsWith(absl::StrCat("p.yaml:", line, ": "))) << text;
  for (const std::string& word : words) {
    EXPECT_THAT(problems[0], HasSubstr(word)) << text;
  }
}

TEST(PolicyFile, TellsWhatIsWrongWithTheFile) {
  const std::vector<BadFile> files = {
      {"", 1, {"the file is empty", "policies:"}},
      {"# nothing\n", 1, {"the file is empty"}},
      {"- a\n", 1, {"the file is a list"}},
      {"policies", 1, {"the file is `policies`"}},
      {"max_ahead: 1d\n", 1, {"`policies` is missing"}},
      {"max_ahead: 1d\npolicies:\n", 2, {"`policies` is empty"}},
      {"policies: []\n", 1, {"`policies` is an empty list"}},
      {"policies: {effective_from: 2019-11-29T00:00:00Z}\n", 1, {"a map", "a list of versions"}},
      {"policies:\n- 1\n- effective_from: 2019-11-29T00:00:00Z", 2, {"a version is `1`"}},
      {"policies:\n- effective_from: 2019-11-29T00:00:00Z\n bad: [\n", 3, {"YAML"}},
      {"policies:\n- effective_from: 2019-11-29T00:00:00Z\n}\n", 3, {"YAML", "brackets"}},
      {"{max_ahead: 1d}\n]\n", 2, {"YAML", "brackets"}},
      {"policies:\n- effective_from: 2019-11-29T00:00:00Z\n---\na: 1", 3, {"single"}},
      {"policies:\n- !v {effective_from: 2019-11-29T00:00:00Z}", 2, {"tags"}},
      {"policies:\n- {effective_from: 2019-11-29T00:00:00Z, note: &n x}\n- *n\n", 3, {"aliases"}},
      {"policies:\n- {effective_from: 2019-11-29T00:00:00Z, note: \xA3}", 2, {"0xa3", "UTF-8"}},
      {absl::string_view("policies:\n\n\0", 12), 3, {"0x00", "control"}},
      {"policies: []\x04\n", 1, {"0x04"}},
  };
  for (const BadFile& file : files) {
    ExpectProblem(file.text, file.line, file.words);
  }
}

TEST(PolicyFile, RefusesDeepNestingOnce) {
  const std::string deep = OneVersion("note: [[[[[[1], {a: [{b: 2}]}]]]]]");
  EXPECT_THAT(Problems(deep), ElementsAre(AllOf(StartsWith("p.yaml:2: "), HasSubstr("nested")),
                                          AllOf(StartsWith("p.yaml:2: "), HasSubstr("nested")),
                                          HasSubstr("`note` is a list")));
}

TEST(PolicyFile, TellsWhatIsWrongWithASettingOfTheFile) {
  const std::string version = "policies: [{effective_from: 2019-11-29T00:00:00Z}]\n";
  const std::vector<BadFile> files = {
      {"duplicate_window: 49h", 2, {"`49h`", "0ms to 2d"}},
      {"duplicate_window: 3600", 2, {"`3600`", "90s, 10m, 1h, 7d"}},
      {"max_ahead: 0", 2, {"`max_ahead`", "90s, 10m, 1h, 7d", "1s to 3650d"}},
      {"max_ahead: 3651d", 2, {"`3651d`", "1s to 3650d"}},
      {"max_ahed: 1d", 2, {"`max_ahed` is not known here", "did you mean `max_ahead`?"}},
      {"threshold: 3", 2, {"`threshold`", "belongs in `default`"}},
      {"codes: {}", 2, {"`codes`", "belongs in a version"}},
      {"colour: red", 2, {"`colour`", "policies, duplicate_window or max_ahead"}},
      {"policies: []", 2, {"`policies` is given twice", "line 1"}},
      {"? [a]\n: 1", 2, {"a key is a list"}},
  };
  for (const BadFile& file : files) {
    ExpectProblem(version + std::string(file.text), file.line, file.words);
  }
}

TEST(PolicyFile, TellsWhatIsWrongWithAVersion) {
  const std::vector<BadFile> bodies = {
      {"pears: apart", 2, {"`pears` is not known here", "did you mean `pairs`?"}},
      {"treshold: 1", 2, {"`treshold`", "expected effective_from, note"}},
      {"window: 1h", 2, {"`window`", "belongs in `default`"}},
      {"8F3F: {threshold: 1}", 2, {"`8F3F`", "belongs under `codes`"}},
      {"max_ahead: 1h", 2, {"`max_ahead`", "top of the file"}},
      {"pairs: togehter", 2, {"apart or together", "did you mean together?"}},
      {"pairs:", 2, {"`pairs` is empty"}},
      {"note: [a]", 2, {"`note` is a list", "text"}},
      {"note:", 2, {"`note` is empty"}},
      {"default: 10", 2, {"`default` is `10`", "{threshold: 5, window: 30m}"}},
      {"default:", 2, {"`default` is empty"}},
      {"codes: [8F3F]", 2, {"`codes` is a list"}},
      {"codes:", 2, {"`codes` is empty"}},
      {"codes: {8F3F: }", 2, {"`8F3F` is empty"}},
      {"codes: {7F3F: {}}", 2, {"`7F3F`", "a code such as 8F36"}},
      {"codes: {threshold: 3}", 2, {"`threshold`", "below its code"}},
      {"codes: {N1000: {}}", 2, {"`N1000`"}},
      {"codes: {8F3F-8F41: {}}", 2, {"`8F3F-8F41`"}},
      {"codes: {8F3F: {}, 0x8f3f: {}}", 2, {"`0x8f3f` is the same code as `8F3F` in line 2"}},
      {"codes: {8F3F: {}, '8F3F': {}}", 2, {"`8F3F` is given twice"}},
      {"excluded:", 2, {"`excluded` is empty", "[]", "default list"}},
      {"excluded: 8F36", 2, {"`8F36`", "a list"}},
      {"excluded: none", 2, {"`none`", "[] to exclude nothing"}},
      {"excluded: {8F36: 1}", 2, {"a map"}},
      {"excluded: [8F36, 8G36]", 2, {"`8G36`", "range"}},
      {"excluded: [8F36-]", 2, {"`8F36-`"}},
      {"excluded: [8F36-8F37-8F38]", 2, {"`8F36-8F37-8F38`"}},
      {"excluded: [8F3C-8F35]", 2, {"ends before it starts", "expected 8F35-8F3C"}},
      {"excluded: [8FF0-N3]", 2, {"different kinds"}},
      {"excluded: [AD1-N3]", 2, {"different kinds"}},
      {"excluded: [[8F36]]", 2, {"a list"}},
      {"excluded: [~]", 2, {"empty"}},
  };
  for (const BadFile& body : bodies) {
    ExpectProblem(OneVersion(body.text), body.line, body.words);
  }
  ExpectProblem(OneVersion(absl::StrCat("note: ", std::string(501, 'x'))), 2, {"501", "500"});
}

TEST(PolicyFile, RemarksOnAPolicyWithoutEffect) {
  const auto remarks = [](absl::string_view body) {
    std::string text = "left from before";
    EXPECT_TRUE(ParsePolicy(OneVersion(body), "p.yaml", &text).ok());
    return text;
  };
  EXPECT_THAT(remarks("pairs: together, codes: {808D: {threshold: 3}}"),
              testing::StartsWith("p.yaml:2: 808D is counted as 8020"));
  EXPECT_EQ(remarks("pairs: together, codes: {8020: {threshold: 3}}"), "");
  EXPECT_EQ(remarks("pairs: apart, codes: {808D: {threshold: 3}}"), "");
}

TEST(PolicyFile, TellsWhatIsWrongWithLimits) {
  const std::vector<BadFile> limits = {
      {"threshold: 0", 0, {"`threshold` is `0`", "1 to 65535"}},
      {"threshold: 65536", 0, {"1 to 65535"}},
      {"threshold: -1", 0, {"1 to 65535"}},
      {"threshold: 1e3", 0, {"1 to 65535"}},
      {"threshold: 010", 0, {"1 to 65535"}},
      {"threshold: 99999999999999999999", 0, {"1 to 65535"}},
      {"threshold: ten", 0, {"`ten`", "whole number"}},
      {"threshold: [1]", 0, {"a list"}},
      {"threshold:", 0, {"empty"}},
      {"thresholds: 1", 0, {"`thresholds`", "did you mean `threshold`?"}},
      {"window: 60", 0, {"`60`", "a duration such as 90s, 10m, 1h, 7d"}},
      {"window: 10 min", 0, {"`10 min`", "without a blank"}},
      {"window: 0", 0, {"a duration such as"}},
      {"window: 999ms", 0, {"1s to 7d"}},
      {"window: 8d", 0, {"`8d`", "1s to 7d"}},
      {"window_kind: slidding", 0, {"tumbling or sliding", "did you mean sliding?"}},
      {"clear: 11", 0, {"`clear` is 11", "0 to 10", "built in"}},
      {"threshold: 3, clear: 4", 0, {"`clear` is 4", "0 to 3", "line 2"}},
      {"clear: x", 0, {"`x`", "whole number"}},
      {"threshold: x, clear: 4000", 0, {"`threshold`"}},
      {"forward: all", 0, {"first_per_window, none or {one_in: 100}"}},
      {"forward: one_in", 0, {"{one_in: 100}"}},
      {"forward: {}", 0, {"without `one_in`"}},
      {"forward:", 0, {"`forward` is empty"}},
      {"forward: {one_in: 1}", 0, {"`one_in` is `1`", "from 2"}},
      {"forward: {one_in: 2, n: 3}", 0, {"`n` is not known here"}},
      {"last_word: yes", 0, {"`yes`", "false or true"}},
      {"last_word: ture", 0, {"did you mean true?"}},
      {"clear: 1, clear: 2", 0, {"given twice"}},
      {"pairs: together", 0, {"belongs in a version"}},
  };
  for (const BadFile& test : limits) {
    ExpectProblem(OneVersion(absl::StrCat("default: {", test.text, "}")), 2, test.words);
    ExpectProblem(OneVersion(absl::StrCat("codes: {8F3F: {", test.text, "}}")), 2, test.words);
  }
}

TEST(PolicyFile, SaysWhereAClearAboveTheThresholdCameFrom) {
  EXPECT_THAT(Problems("policies:\n"
                       "- effective_from: 2019-11-29T00:00:00Z\n"
                       "  codes:\n"
                       "    8F3F:\n"
                       "      threshold: 3\n"
                       "    8F77: {threshold: 9}\n"
                       "    8F78:\n"
                       "      window: 1m\n"
                       "      clear: 10\n"
                       "  default:\n"
                       "    threshold: 9\n"
                       "    clear: 8\n"),
              ElementsAre(AllOf(StartsWith("p.yaml:4: `8F3F` has `threshold` 3"),
                                HasSubstr("inherits `clear` 8 from line 12"), HasSubstr("0 to 3")),
                          AllOf(StartsWith("p.yaml:9: `clear` is 10"), HasSubstr("0 to 9"),
                                HasSubstr("line 11"))));
  // What is wrong in `default` is told there, and not again for each code.
  EXPECT_THAT(Problems("policies:\n"
                       "- effective_from: 2019-11-29T00:00:00Z\n"
                       "  default: {clear: 12}\n"
                       "  codes: {8F3F: {threshold: 3}, 8F77: {window: 1m}}\n"),
              ElementsAre(StartsWith("p.yaml:3: `clear` is 12")));
  EXPECT_THAT(Problems("policies:\n"
                       "- effective_from: 2019-11-29T00:00:00Z\n"
                       "  default: {threshold: many}\n"
                       "  codes: {8F3F: {clear: 300}}\n"),
              ElementsAre(StartsWith("p.yaml:3: `threshold` is `many`")));
}

TEST(PolicyFile, DatesAscend) {
  EXPECT_THAT(
      Problems("policies:\n"
               "- effective_from: 2019-11-29T00:00:00Z\n"
               "- note: none\n"
               "- effective_from: 2019-11-29\n"
               "- effective_from: 2019-11-29T01:00:00+01:00\n"
               "- effective_from: 2018-01-01T00:00:00Z\n"
               "- effective_from: 2019-12-01T00:00:00Z\n"),
      ElementsAre(AllOf(StartsWith("p.yaml:3: "), HasSubstr("no `effective_from`")),
                  AllOf(StartsWith("p.yaml:4: "), HasSubstr("such as 2019-11-29T00:00:00Z")),
                  AllOf(StartsWith("p.yaml:5: "), HasSubstr("(line 2)"), HasSubstr("oldest first")),
                  AllOf(StartsWith("p.yaml:6: "), HasSubstr("2019-11-29T00:00:00.000Z"))));
}

TEST(PolicyFile, TellsAllProblemsInOrderOfTheirLines) {
  EXPECT_THAT(Problems("max_ahead: soon\n"
                       "policies:\n"
                       "  - effective_from: yesterday\n"
                       "    codes:\n"
                       "      8F3F: {threshold: 0, windw: 1h}\n"
                       "      xyz: {threshold: 1}\n"
                       "    default:\n"
                       "      threshold: 5\n"
                       "      threshold: 6\n"
                       "    excluded:\n"
                       "      - 8F36\n"
                       "      - foo\n"
                       "duplicate: 1h\n"),
              ElementsAre(StartsWith("p.yaml:1: `max_ahead` is `soon`"),
                          StartsWith("p.yaml:3: `effective_from` is `yesterday`"),
                          StartsWith("p.yaml:5: `windw` is not known here"),
                          StartsWith("p.yaml:5: `threshold` is `0`"),
                          StartsWith("p.yaml:6: `codes` has `xyz`"),
                          StartsWith("p.yaml:9: `threshold` is given twice"),
                          StartsWith("p.yaml:12: `excluded` has `foo`"),
                          StartsWith("p.yaml:13: `duplicate` is not known here")));
}

TEST(PolicyFile, ListsOnlySoManyProblems) {
  std::string list;
  for (int i = 0; i < 250; ++i) {
    absl::StrAppend(&list, "x", i, ", ");
  }
  const std::vector<std::string> problems =
      Problems(OneVersion(absl::StrCat("excluded: [", list, "]")));
  ASSERT_THAT(problems, SizeIs(YamlProblems::kMaxTold + 1));
  EXPECT_EQ(problems.back(), "p.yaml: and 150 more");
}

TEST(PolicyFile, ShowsLongAndOddTextsSafely) {
  const std::vector<std::string> problems =
      Problems(OneVersion(absl::StrCat("\"a\\n\\0\\x1b\": 1, pairs: ", std::string(1000, 'x'))));
  ASSERT_THAT(problems, SizeIs(2));
  for (const std::string& problem : problems) {
    EXPECT_LT(problem.size(), 200U);
    EXPECT_THAT(problem, Not(HasSubstr("\x1b")));
  }
}

TEST(PolicyFile, HasLimits) {
  std::string many = "policies:\n";
  for (size_t i = 0; i <= kMaxPolicyVersions; ++i) {
    absl::StrAppend(&many, "- effective_from: ", FormatTime(TimeMs{static_cast<int64_t>(i) * 1000}),
                    "\n");
  }
  ExpectProblem(many, static_cast<int>(kMaxPolicyVersions) + 2, {"10001", "at most 10000"});

  std::string large = OneVersion("note: x");
  large.resize(kMaxConfigBytes, '\n');
  EXPECT_THAT(Problems(large), SizeIs(0));
  large.push_back('\n');
  EXPECT_THAT(Problems(large), ElementsAre(HasSubstr("larger than 1048576 bytes")));
}

TEST(PolicyFile, RefusesWhatWouldTakeLongOrMuchStack) {
  constexpr size_t kLength = 200000;
  const std::vector<std::string> patterns = {"[", "{",   "- ", "? ", "[a, ", "{a: ", "&a ",
                                             "!", "a: ", "\"", "'",  "|\n ", "]",    "%"};
  for (const std::string& pattern : patterns) {
    std::string text;
    while (text.size() < kLength) {
      text += pattern;
    }
    EXPECT_FALSE(ParsePolicy(text, "p.yaml").ok()) << pattern;
  }
  // A bomb: each alias stands for ten of the line before.
  std::string bomb = "a0: &a0 x\n";
  for (int i = 1; i < 30; ++i) {
    absl::StrAppend(&bomb, "a", i, ": &a", i, " [");
    for (int j = 0; j < 10; ++j) {
      absl::StrAppend(&bomb, "*a", i - 1, ", ");
    }
    absl::StrAppend(&bomb, "]\n");
  }
  EXPECT_FALSE(ParsePolicy(bomb, "p.yaml").ok());
}

// --------------------------------------------------------------------------------------------
// Files on disk.

TEST(PolicyFile, ReadsAFileAndNamesItInProblems) {
  const std::string path = ::testing::TempDir() + "/weir_policy_file_test.yaml";
  std::ofstream(path) << OneVersion("note: kept");
  const absl::StatusOr<PolicySchedule> good = ReadPolicyFile(path);
  ASSERT_TRUE(good.ok()) << good.status();
  EXPECT_EQ(good->versions.at(0).note(), "kept");

  std::ofstream(path) << OneVersion("nite: kept");
  EXPECT_THAT(std::string(ReadPolicyFile(path).status().message()),
              AllOf(StartsWith(path + ":2: "), HasSubstr("`note`")));
  ASSERT_EQ(std::remove(path.c_str()), 0);

  const absl::Status missing = ReadPolicyFile(path).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()),
              AllOf(HasSubstr(path), HasSubstr("No such file or directory")));
  const absl::Status folder = ReadPolicyFile(::testing::TempDir()).status();
  EXPECT_EQ(folder.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(folder.message()),
              AllOf(HasSubstr(::testing::TempDir()), HasSubstr("Is a directory")));
}

TEST(PolicyFile, ReadsNoMoreThanItMust) {
  EXPECT_THAT(std::string(ReadPolicyFile("/dev/zero").status().message()),
              HasSubstr("larger than 1048576 bytes"));
}

// --------------------------------------------------------------------------------------------
// POLICY.md.

TEST(PolicyManual, ItsExamplesAreRight) {
  const std::vector<std::string> examples = ManualExamples();
  EXPECT_GE(examples.size(), 5U);
  for (const std::string& example : examples) {
    Parsed(example);
  }
}

TEST(PolicyManual, ItsListOfExclusionsIsTheDefault) {
  bool found = false;
  for (const std::string& example : ManualExamples()) {
    if (!absl::StrContains(example, "the default list, written out")) {
      continue;
    }
    found = true;
    const PolicyVersion version = Parsed(example).versions.at(0);
    const std::vector<bool> expected = DefaultExclusions();
    for (uint16_t i = 0; i < AlertCode::kCount; ++i) {
      const AlertCode code = AlertCode::FromIndex(i);
      EXPECT_EQ(version.excluded(code), expected[i]) << FormatAlertCode(code);
    }
  }
  EXPECT_TRUE(found);
}

TEST(PolicyManual, ItsTablesHaveTheDefaults) {
  std::map<std::string, std::string> defaults = ManualDefaults();
  const CodePolicy policy;
  const PolicySchedule schedule;
  EXPECT_EQ(defaults["threshold"], absl::StrCat(policy.threshold));
  EXPECT_EQ(defaults["window"], FormatDuration(policy.window));
  EXPECT_EQ(defaults["window_kind"],
            policy.window_kind == WindowKind::kTumbling ? "tumbling" : "sliding");
  EXPECT_EQ(defaults["clear"], "the threshold");
  EXPECT_EQ(policy.clear, policy.threshold);
  EXPECT_EQ(defaults["forward"],
            policy.forward.kind == Forward::Kind::kFirstPerWindow ? "first_per_window" : "other");
  EXPECT_EQ(defaults["last_word"], policy.last_word ? "true" : "false");
  EXPECT_EQ(defaults["duplicate_window"], FormatDuration(schedule.duplicate_window));
  EXPECT_EQ(defaults["max_ahead"], FormatDuration(schedule.max_ahead));
  EXPECT_EQ(defaults["pairs"], PolicyRules().pairs_together ? "together" : "apart");
}

// --------------------------------------------------------------------------------------------
// Random input.

TEST(PolicyFile, RandomBytesNeverCrash) {
  Random random = Random::FromEnvironment(20191129);
  SCOPED_TRACE(random.seed_text());
  const std::vector<absl::string_view> tokens = {"policies:",
                                                 "\n",
                                                 "- ",
                                                 "effective_from: ",
                                                 "2019-11-29T00:00:00Z",
                                                 "codes:",
                                                 "8F3F:",
                                                 "  ",
                                                 "excluded: ",
                                                 "all",
                                                 "[",
                                                 "]",
                                                 "{",
                                                 "}",
                                                 ", ",
                                                 ": ",
                                                 "? ",
                                                 "&a ",
                                                 "*a ",
                                                 "!t ",
                                                 "---\n",
                                                 "...\n",
                                                 "\"",
                                                 "'",
                                                 "|\n",
                                                 ">-\n",
                                                 "#",
                                                 "%",
                                                 "~",
                                                 "default: ",
                                                 "threshold",
                                                 "\\x",
                                                 "\r\n",
                                                 "\t",
                                                 "forward: "};
  for (int run = 0; run < 20000; ++run) {
    std::string text;
    const uint64_t length = random.Below(40);
    for (uint64_t i = 0; i < length; ++i) {
      if (random.OneIn(10)) {
        text.push_back(static_cast<char>(random.Below(256)));
      } else {
        text.append(std::string(tokens[random.Below(tokens.size())]));
      }
    }
    const absl::Status status = ParsePolicy(text, "p.yaml").status();
    EXPECT_TRUE(status.ok() || absl::StartsWith(status.message(), "p.yaml:")) << run;
  }
}

TEST(PolicyFile, RandomChangesToAGoodFileNeverCrash) {
  Random random = Random::FromEnvironment(20191130);
  SCOPED_TRACE(random.seed_text());
  const std::vector<std::string> examples = ManualExamples();
  ASSERT_FALSE(examples.empty());
  for (int run = 0; run < 5000; ++run) {
    std::string text = examples[random.Below(examples.size())];
    for (uint64_t changes = 1 + random.Below(4); changes > 0 && !text.empty(); --changes) {
      const size_t at = random.Below(text.size());
      const size_t length = random.Below(12);
      switch (random.Below(4)) {
        case 0:
          text[at] = static_cast<char>(random.Below(256));
          break;
        case 1:
          text.erase(at, length);
          break;
        case 2:
          text.insert(at, text.substr(random.Below(text.size()), length));
          break;
        default:
          text.insert(at, 1, "{}[]:,-?&*!|>'\"%@`# \n\t"[random.Below(23)]);
          break;
      }
    }
    const absl::Status status = ParsePolicy(text, "p.yaml").status();
    EXPECT_TRUE(status.ok() || absl::StartsWith(status.message(), "p.yaml:")) << run;
  }
}

}  // namespace
}  // namespace weir
