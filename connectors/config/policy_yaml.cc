#include "connectors/config/policy_yaml.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace weir {

namespace {

constexpr size_t kColumns = 100;

// In double quotes.
std::string QuotedText(absl::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      absl::StrAppend(&out, "\\", absl::string_view(&c, 1));
    } else if (byte < 0x20 || byte == 0x7F) {
      absl::StrAppendFormat(&out, "\\x%02X", byte);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
  return out;
}

std::string TimeText(TimeMs time) {
  const std::string text = FormatTime(time);
  absl::string_view rest = text;
  return absl::ConsumeSuffix(&rest, ".000Z") ? absl::StrCat(rest, "Z") : text;
}

std::string ForwardText(const Forward& forward) {
  switch (forward.kind) {
    case Forward::Kind::kOneIn:
      return absl::StrCat("{one_in: ", forward.n, "}");
    case Forward::Kind::kNone:
      return "none";
    case Forward::Kind::kFirstPerWindow:
      break;
  }
  return "first_per_window";
}

// What is inherited is said only if it is another.
std::string LimitsText(const CodePolicy& policy, const CodePolicy& inherited, bool inherits_clear) {
  std::string out =
      absl::StrCat("{threshold: ", policy.threshold, ", window: ", FormatDuration(policy.window));
  if (policy.window_kind != inherited.window_kind) {
    absl::StrAppend(&out, ", window_kind: ",
                    policy.window_kind == WindowKind::kSliding ? "sliding" : "tumbling");
  }
  if (policy.clear != policy.threshold || inherits_clear) {
    absl::StrAppend(&out, ", clear: ", policy.clear);
  }
  absl::StrAppend(&out, ", forward: ", ForwardText(policy.forward));
  if (policy.last_word != inherited.last_word) {
    absl::StrAppend(&out, ", last_word: ", policy.last_word ? "true" : "false");
  }
  return absl::StrCat(out, "}");
}

// Codes of a kind stand together: device alerts, AD1, N alerts.
char Kind(uint16_t index) {
  return FormatAlertCode(AlertCode::FromIndex(index)).front();
}

std::vector<std::string> RangesOf(const std::vector<bool>& codes) {
  std::vector<std::string> ranges;
  for (uint16_t first = 0; first < AlertCode::kCount; ++first) {
    if (!codes[first]) {
      continue;
    }
    uint16_t last = first;
    while (last + 1 < AlertCode::kCount && codes[last + 1U] &&
           Kind(static_cast<uint16_t>(last + 1)) == Kind(first)) {
      ++last;
    }
    std::string& text = ranges.emplace_back(FormatAlertCode(AlertCode::FromIndex(first)));
    if (last > first) {
      absl::StrAppend(&text, "-", FormatAlertCode(AlertCode::FromIndex(last)));
    }
    first = last;
  }
  return ranges;
}

void AppendExcluded(const std::vector<bool>& excluded, std::string& out) {
  if (excluded == DefaultExclusions()) {
    out.append("    # excluded: the default list\n");
    return;
  }
  if (std::count(excluded.begin(), excluded.end(), false) == 0) {
    out.append("    excluded: all\n");
    return;
  }
  constexpr absl::string_view kBegin = "    excluded: [";
  std::string line(kBegin);
  absl::string_view separator;
  for (const std::string& range : RangesOf(excluded)) {
    absl::StrAppend(&line, separator);
    if (line.size() + range.size() + 2 > kColumns) {
      absl::StrAppend(&out, absl::StripTrailingAsciiWhitespace(line), "\n");
      line.assign(kBegin.size(), ' ');
    }
    line.append(range);
    separator = ", ";
  }
  absl::StrAppend(&out, line, "]\n");
}

void AppendCodes(const WrittenPolicy& policy, std::string& out) {
  const CodePolicy& fallback = policy.rules.fallback;
  const bool inherits_clear = fallback.clear != fallback.threshold;
  if (!policy.rules.codes.empty()) {
    out.append("    codes:\n");
  }
  for (const auto& [code, limits] : policy.rules.codes) {
    absl::StrAppend(&out, "      ", FormatAlertCode(code), ": ",
                    LimitsText(limits, fallback, inherits_clear));
    const auto comment = policy.code_comments.find(code);
    if (comment != policy.code_comments.end()) {
      absl::StrAppend(&out, "  # ", comment->second);
    }
    out.push_back('\n');
  }
}

}  // namespace

std::string PolicyYaml(const WrittenPolicy& policy) {
  const PolicyRules& rules = policy.rules;
  std::string out;
  for (const std::string& line : policy.comment) {
    absl::StrAppend(&out, "#", line.empty() ? "" : " ", line, "\n");
  }
  absl::StrAppend(
      &out, out.empty() ? "" : "\n", "duplicate_window: ", FormatDuration(policy.duplicate_window),
      "\nmax_ahead: ", FormatDuration(policy.max_ahead),
      "\n\npolicies:\n  - effective_from: ", TimeText(rules.effective_from.value_or(TimeMs{})),
      "\n");
  if (!rules.note.empty()) {
    absl::StrAppend(&out, "    note: ", QuotedText(rules.note), "\n");
  }
  if (rules.pairs_together) {
    out.append("    pairs: together\n");
  }
  absl::StrAppend(&out, "    default: ", LimitsText(rules.fallback, CodePolicy{}, false), "\n");
  AppendExcluded(rules.excluded, out);
  AppendCodes(policy, out);
  return out;
}

}  // namespace weir
