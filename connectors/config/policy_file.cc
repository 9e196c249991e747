#include "connectors/config/policy_file.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "connectors/config/config_text.h"
#include "connectors/config/yaml_reader.h"
#include "engine/alert/alert_code.h"
#include "engine/alert/catalogue.h"
#include "engine/base/status_macros.h"
#include "engine/base/units.h"

namespace weir {

namespace {

constexpr NumberRange kThresholds = {1, 65535};
constexpr NumberRange kClears = {0, 65535};  // and at most the threshold
constexpr NumberRange kOneIn = {2, 1'000'000'000};
constexpr DurationRange kWindows = {kSecond, DurationMs{7 * kDay.value}};
constexpr DurationRange kDuplicateWindows = {DurationMs{0}, DurationMs{2 * kDay.value}};
constexpr DurationRange kMaxAheads = {kSecond, DurationMs{3650 * kDay.value}};
constexpr size_t kMaxNoteBytes = 500;  // it is repeated in every event of an episode

constexpr std::array<absl::string_view, 3> kFileKeys = {"policies", "duplicate_window",
                                                        "max_ahead"};
constexpr std::array<absl::string_view, 6> kVersionKeys = {"effective_from", "note",     "pairs",
                                                           "default",        "excluded", "codes"};
constexpr std::array<absl::string_view, 6> kLimitKeys = {"threshold", "window",  "window_kind",
                                                         "clear",     "forward", "last_word"};
constexpr absl::string_view kPolicyFile = "policy file";
constexpr absl::string_view kOneInKey = "one_in";
constexpr absl::string_view kAll = "all";

constexpr absl::string_view kExpectedCode = "a code such as 8F36, AD1 or N58";

template <size_t N>
bool Contains(const std::array<absl::string_view, N>& words, absl::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

absl::string_view WhereKeyBelongs(absl::string_view key) {
  if (Contains(kFileKeys, key)) {
    return "it belongs at the top of the file";
  }
  if (Contains(kVersionKeys, key)) {
    return "it belongs in a version, an entry of `policies`";
  }
  if (Contains(kLimitKeys, key)) {
    return "it belongs in `default`, or under a code in `codes`";
  }
  return ParseAlertCode(key) ? "the policy of a code belongs under `codes`" : "";
}

// The limits of a code or of `default`, with what is needed to say where they come from.
struct Limits {
  CodePolicy policy;
  bool threshold_known = true;  // false: what stands there was reported
  int threshold_line = 0;       // 0: the built-in value
  int clear_line = 0;           // 0: not given, and so the same as the threshold
};

template <typename T>
void Assign(const std::optional<T>& value, T& target) {
  target = value.value_or(target);
}

// A code, or the codes from one to another of the same family.
struct CodeRange {
  AlertCode first;
  AlertCode last;
};

// Device alerts, AD1 and the N alerts are told apart by how their codes begin.
char Family(AlertCode code) {
  return FormatAlertCode(code).front();
}

class PolicyReader {
 public:
  PolicyReader(YamlProblems& problems, YamlProblems& remarks)
      : problems_(problems), remarks_(remarks) {}

  std::vector<PolicyRules> ReadVersions(const YamlNode& policies);

 private:
  PolicyRules ReadVersion(const YamlNode& version);
  std::optional<TimeMs> ReadEffectiveFrom(const YamlNode& version);
  void ReadNote(const YamlNode& node, std::string& note);
  void ReadExcluded(const YamlNode& node, std::vector<bool>& excluded);
  std::optional<CodeRange> ReadCodeRange(const YamlNode& item);
  void ReadCodes(const YamlNode& codes, const Limits& fallback, PolicyRules& rules);
  Limits ReadLimits(const YamlNode& node, const Limits& base);
  void SettleClear(const YamlNode& node, bool inherited, Limits& limits);
  void ReadForward(const YamlNode& node, Forward& forward);

  YamlProblems& problems_;
  YamlProblems& remarks_;
  std::optional<TimeMs> last_date_;  // of the versions so far
  int last_date_line_ = 0;
};

std::vector<PolicyRules> PolicyReader::ReadVersions(const YamlNode& policies) {
  std::vector<PolicyRules> versions;
  if (policies.kind != YamlNode::Kind::kList || policies.items.empty()) {
    if (policies.kind != YamlNode::Kind::kRefused) {
      const std::string found =
          policies.kind == YamlNode::Kind::kList ? "an empty list" : policies.Found();
      problems_.Add(policies.line,
                    absl::StrCat("`policies` is ", found,
                                 ", expected a list of versions, each starting with `- "
                                 "effective_from:`"));
    }
    return versions;
  }
  if (policies.items.size() > kMaxPolicyVersions) {
    problems_.Add(policies.items[kMaxPolicyVersions].line,
                  absl::StrCat("this is version ", kMaxPolicyVersions + 1, " of ",
                               policies.items.size(), ", expected at most ", kMaxPolicyVersions));
    return versions;
  }
  for (const YamlNode& version : policies.items) {
    if (version.kind == YamlNode::Kind::kMap) {
      versions.push_back(ReadVersion(version));
    } else if (version.kind != YamlNode::Kind::kRefused) {
      problems_.Add(version.line, absl::StrCat("a version is ", version.Found(),
                                               ", expected a map that has `effective_from`"));
    }
  }
  return versions;
}

PolicyRules PolicyReader::ReadVersion(const YamlNode& version) {
  constexpr std::array<absl::string_view, 2> kPairs = {"apart", "together"};
  CheckKeys(version, kVersionKeys, WhereKeyBelongs, problems_);
  PolicyRules rules;
  rules.effective_from = ReadEffectiveFrom(version);
  if (const YamlNode* note = version.Find("note"); note != nullptr) {
    ReadNote(*note, rules.note);
  }
  if (const YamlNode* pairs = version.Find("pairs"); pairs != nullptr) {
    rules.pairs_together = ReadWord(*pairs, kPairs, problems_).value_or(0) == 1;
  }
  if (const YamlNode* excluded = version.Find("excluded"); excluded != nullptr) {
    ReadExcluded(*excluded, rules.excluded);
  }
  Limits fallback;
  if (const YamlNode* node = version.Find("default"); node != nullptr) {
    fallback = ReadLimits(*node, fallback);
  }
  rules.fallback = fallback.policy;
  if (const YamlNode* codes = version.Find("codes"); codes != nullptr) {
    ReadCodes(*codes, fallback, rules);
  }
  return rules;
}

std::optional<TimeMs> PolicyReader::ReadEffectiveFrom(const YamlNode& version) {
  const YamlNode* node = version.Find("effective_from");
  if (node == nullptr) {
    problems_.Add(version.line,
                  "the version has no `effective_from`: give the UTC time from which it holds, "
                  "such as 2019-11-29T00:00:00Z");
    return std::nullopt;
  }
  const std::optional<TimeMs> date = ReadTime(*node, problems_);
  if (!date) {
    return std::nullopt;
  }
  if (last_date_ && *date <= *last_date_) {
    problems_.Add(node->line,
                  absl::StrCat("`effective_from` is ", node->Found(), ", expected a time after ",
                               FormatTime(*last_date_), " of the version before (line ",
                               last_date_line_, "): list the versions oldest first"));
    return date;
  }
  last_date_ = date;
  last_date_line_ = node->line;
  return date;
}

void PolicyReader::ReadNote(const YamlNode& node, std::string& note) {
  if (node.kind == YamlNode::Kind::kText && node.text.size() <= kMaxNoteBytes) {
    note = node.text;
  } else if (node.kind == YamlNode::Kind::kText) {
    problems_.Add(node.line, absl::StrCat("`note` has ", node.text.size(),
                                          " bytes, expected at most ", kMaxNoteBytes));
  } else if (node.kind != YamlNode::Kind::kRefused) {
    problems_.Add(node.line, absl::StrCat("`note` is ", node.Found(), ", expected text"));
  }
}

void PolicyReader::ReadExcluded(const YamlNode& node, std::vector<bool>& excluded) {
  if (node.kind == YamlNode::Kind::kRefused) {
    return;
  }
  if (node.kind == YamlNode::Kind::kText && node.text == kAll) {
    excluded.assign(AlertCode::kCount, true);
    return;
  }
  if (node.kind != YamlNode::Kind::kList) {
    problems_.Add(node.line,
                  absl::StrCat("`excluded` is ", node.Found(),
                               ", expected a list such as [8F0A, 8F35-8F3C, N1-N57], or all: write "
                               "[] to exclude nothing, or leave the key out for the default list"));
    return;
  }
  excluded.assign(AlertCode::kCount, false);
  for (const YamlNode& item : node.items) {
    if (const std::optional<CodeRange> range = ReadCodeRange(item); range) {
      std::fill(excluded.begin() + range->first.index(), excluded.begin() + range->last.index() + 1,
                true);
    }
  }
}

std::optional<CodeRange> PolicyReader::ReadCodeRange(const YamlNode& item) {
  if (item.kind == YamlNode::Kind::kRefused) {
    return std::nullopt;
  }
  if (item.text == kAll) {
    return CodeRange{AlertCode::FromIndex(0), AlertCode::FromIndex(AlertCode::kCount - 1)};
  }
  const absl::string_view text = item.text;
  const size_t dash = std::min(text.find('-'), text.size());
  const auto first = ParseAlertCode(absl::StripAsciiWhitespace(text.substr(0, dash)));
  const auto last = dash == text.size()
                        ? first
                        : ParseAlertCode(absl::StripAsciiWhitespace(text.substr(dash + 1)));
  if (!first || !last) {
    problems_.Add(item.line, absl::StrCat("`excluded` has ", item.Found(), ", expected ",
                                          kExpectedCode, ", or a range such as 8F35-8F3C"));
    return std::nullopt;
  }
  if (Family(*first) != Family(*last)) {
    problems_.Add(item.line,
                  absl::StrCat("the range ", item.Found(),
                               " joins codes of different kinds, expected two device alerts "
                               "(8F35-8F3C) or two N alerts (N1-N57): list the kinds apart"));
    return std::nullopt;
  }
  if (*last < *first) {
    problems_.Add(item.line,
                  absl::StrCat("the range ", item.Found(), " ends before it starts, expected ",
                               FormatAlertCode(*last), "-", FormatAlertCode(*first)));
    return std::nullopt;
  }
  return CodeRange{*first, *last};
}

void PolicyReader::ReadCodes(const YamlNode& codes, const Limits& fallback, PolicyRules& rules) {
  if (!ExpectMap(codes, "policies by code, indented below it, such as `8F3F: {threshold: 3}`",
                 problems_)) {
    return;
  }
  absl::flat_hash_map<AlertCode, const YamlNode*> seen;
  for (const YamlNode& node : codes.items) {
    const std::optional<AlertCode> code = ParseAlertCode(node.key);
    if (!code) {
      problems_.Add(node.line,
                    absl::StrCat("`codes` has ", Quoted(node.key), ", expected ", kExpectedCode,
                                 Contains(kLimitKeys, node.key)
                                     ? ": a policy goes below its code, indented further"
                                     : ""));
      continue;
    }
    const auto [first, is_new] = seen.try_emplace(*code, &node);
    if (!is_new) {
      problems_.Add(node.line, absl::StrCat(Quoted(node.key), " is the same code as ",
                                            Quoted(first->second->key), " in line ",
                                            first->second->line, ": keep one of them"));
      continue;
    }
    const std::optional<AlertCode> partner = PairedCode(*code);
    if (rules.pairs_together && partner && *partner < *code) {
      const std::string lower = FormatAlertCode(*partner);
      remarks_.Add(node.line,
                   absl::StrCat(FormatAlertCode(*code), " is counted as ", lower,
                                " because pairs are together, so what stands here has no effect: "
                                "give the policy of ",
                                lower));
    }
    rules.codes[*code] = ReadLimits(node, fallback).policy;
  }
}

Limits PolicyReader::ReadLimits(const YamlNode& node, const Limits& base) {
  constexpr std::array<absl::string_view, 2> kKinds = {"tumbling", "sliding"};
  if (!ExpectMap(node, "a policy such as {threshold: 5, window: 30m}", problems_)) {
    return base;
  }
  CheckKeys(node, kLimitKeys, WhereKeyBelongs, problems_);
  Limits limits = base;
  CodePolicy& policy = limits.policy;
  if (const YamlNode* threshold = node.Find("threshold"); threshold != nullptr) {
    const std::optional<uint64_t> value = ReadNumber(*threshold, kThresholds, problems_);
    limits.threshold_known = value.has_value();
    limits.threshold_line = threshold->line;
    Assign(value, policy.threshold);
  }
  if (const YamlNode* window = node.Find("window"); window != nullptr) {
    Assign(ReadDuration(*window, kWindows, problems_), policy.window);
  }
  if (const YamlNode* kind = node.Find("window_kind"); kind != nullptr) {
    const std::optional<size_t> word = ReadWord(*kind, kKinds, problems_);
    policy.window_kind = word == size_t{1} ? WindowKind::kSliding : WindowKind::kTumbling;
  }
  if (const YamlNode* forward = node.Find("forward"); forward != nullptr) {
    ReadForward(*forward, policy.forward);
  }
  if (const YamlNode* last_word = node.Find("last_word"); last_word != nullptr) {
    Assign(ReadBool(*last_word, problems_), policy.last_word);
  }
  const YamlNode* clear = node.Find("clear");
  if (clear != nullptr) {
    const std::optional<uint64_t> value = ReadNumber(*clear, kClears, problems_);
    limits.clear_line = value ? clear->line : 0;
    Assign(value, policy.clear);
  }
  SettleClear(node, clear == nullptr, limits);
  return limits;
}

// Makes `clear` what it is when nobody gave it, and checks it when somebody did.
void PolicyReader::SettleClear(const YamlNode& node, bool inherited, Limits& limits) {
  CodePolicy& policy = limits.policy;
  const bool given = limits.clear_line != 0;
  if (given && (policy.clear <= policy.threshold || !limits.threshold_known)) {
    return;
  }
  if (given && inherited) {
    problems_.Add(node.line, absl::StrCat(Quoted(node.key), " has `threshold` ", policy.threshold,
                                          " and inherits `clear` ", policy.clear, " from line ",
                                          limits.clear_line, ", expected a `clear` of 0 to ",
                                          policy.threshold, ": give `clear` here as well"));
  } else if (given) {
    const std::string origin = limits.threshold_line == 0
                                   ? std::string("built in")
                                   : absl::StrCat("line ", limits.threshold_line);
    problems_.Add(limits.clear_line,
                  absl::StrCat("`clear` is ", policy.clear, ", expected 0 to ", policy.threshold,
                               ", the `threshold` (", origin, ")"));
  }
  // After a problem as well, so that it is told once and not again for each code that inherits it.
  limits.clear_line = 0;
  policy.clear = policy.threshold;
}

void PolicyReader::ReadForward(const YamlNode& node, Forward& forward) {
  constexpr std::array<absl::string_view, 1> kMapKeys = {kOneInKey};
  if (node.kind == YamlNode::Kind::kRefused) {
    return;
  }
  if (node.text == "first_per_window" || node.text == "none") {
    forward = {.kind = node.text == "none" ? Forward::Kind::kNone : Forward::Kind::kFirstPerWindow};
    return;
  }
  const YamlNode* one_in = node.Find(kOneInKey);
  if (node.kind == YamlNode::Kind::kMap) {
    CheckKeys(node, kMapKeys, WhereKeyBelongs, problems_);
  }
  if (one_in == nullptr) {
    problems_.Add(node.line,
                  absl::StrCat("`forward` is ", node.Found(),
                               node.kind == YamlNode::Kind::kMap ? " without `one_in`" : "",
                               ", expected first_per_window, none or {one_in: 100}"));
    return;
  }
  if (const std::optional<uint64_t> n = ReadNumber(*one_in, kOneIn, problems_); n) {
    forward = {.kind = Forward::Kind::kOneIn, .n = *n};
  }
}

}  // namespace

absl::StatusOr<PolicySchedule> ParsePolicy(absl::string_view text, absl::string_view file_name,
                                           std::string* remarks) {
  WEIR_RETURN_IF_ERROR(CheckConfigSize(text, file_name, kPolicyFile));
  YamlProblems problems(file_name);
  YamlProblems told(file_name);
  const std::optional<YamlNode> root = ReadYaml(text, problems);
  if (!root || root->kind == YamlNode::Kind::kRefused) {
    return problems.ToStatus();
  }
  PolicySchedule schedule;
  std::vector<PolicyRules> versions;
  if (root->kind != YamlNode::Kind::kMap) {
    problems.Add(root->line, absl::StrCat("the file is ", root->Found(),
                                          ", expected a map that starts with `policies:`"));
  } else {
    CheckKeys(*root, kFileKeys, WhereKeyBelongs, problems);
    if (const YamlNode* window = root->Find("duplicate_window"); window != nullptr) {
      Assign(ReadDuration(*window, kDuplicateWindows, problems), schedule.duplicate_window);
    }
    if (const YamlNode* ahead = root->Find("max_ahead"); ahead != nullptr) {
      Assign(ReadDuration(*ahead, kMaxAheads, problems), schedule.max_ahead);
    }
    if (const YamlNode* policies = root->Find("policies"); policies != nullptr) {
      versions = PolicyReader(problems, told).ReadVersions(*policies);
    } else {
      problems.Add(root->line, "`policies` is missing, expected a list of at least one version");
    }
  }
  WEIR_RETURN_IF_ERROR(problems.ToStatus());
  if (remarks != nullptr) {
    *remarks = std::string(told.ToStatus().message());
  }
  // Only now: a resolved version is large, and there may be many.
  schedule.versions.reserve(versions.size());
  for (const PolicyRules& rules : versions) {
    schedule.versions.emplace_back(rules);
  }
  return schedule;
}

absl::StatusOr<PolicySchedule> ReadPolicyFile(const std::string& path, std::string* remarks) {
  const absl::StatusOr<std::string> text = ReadConfigText(path, kPolicyFile);
  WEIR_RETURN_IF_ERROR(text.status());
  return ParsePolicy(*text, path, remarks);
}

}  // namespace weir
