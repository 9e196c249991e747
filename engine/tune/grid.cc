#include "engine/tune/grid.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace weir {

namespace {

// A `clear` that is to be as the threshold, before that is known.
constexpr uint64_t kAsThreshold = UINT64_MAX;

// Each of `settings` with each of `values` put in.
template <typename Value, typename Put>
std::vector<CodePolicy> Each(const std::vector<CodePolicy>& settings,
                             const std::vector<Value>& values, Put&& put) {
  std::vector<CodePolicy> all;
  for (const CodePolicy& setting : settings) {
    for (const Value& value : values) {
      all.push_back(setting);
      put(value, all.back());
    }
  }
  return all;
}

}  // namespace

std::vector<CodePolicy> SettingsOf(const Grid& grid) {
  std::vector<CodePolicy> all(1);
  all = Each(all, grid.windows, [](DurationMs window, CodePolicy& s) { s.window = window; });
  all = Each(all, grid.window_kinds, [](WindowKind kind, CodePolicy& s) { s.window_kind = kind; });
  all =
      Each(all, grid.forwards, [](const Forward& forward, CodePolicy& s) { s.forward = forward; });
  all = Each(all, grid.clears, [](const std::optional<uint64_t>& clear, CodePolicy& s) {
    s.clear = clear.value_or(kAsThreshold);
  });
  all = Each(all, grid.last_words, [](bool last_word, CodePolicy& s) { s.last_word = last_word; });
  all = Each(all, grid.thresholds, [](uint64_t threshold, CodePolicy& s) {
    s.threshold = threshold;
    s.clear = s.clear == kAsThreshold ? threshold : s.clear;
  });
  std::vector<CodePolicy> settings;
  for (const CodePolicy& setting : all) {
    if (setting.clear <= setting.threshold &&
        std::find(settings.begin(), settings.end(), setting) == settings.end()) {
      settings.push_back(setting);
    }
  }
  return settings;
}

std::string SettingName(const CodePolicy& setting) {
  std::string name = absl::StrCat(setting.threshold, " in ", FormatDuration(setting.window), ", ",
                                  ForwardName(setting.forward));
  if (setting.window_kind == WindowKind::kSliding) {
    absl::StrAppend(&name, ", sliding");
  }
  if (setting.clear != setting.threshold) {
    absl::StrAppend(&name, ", clear ", setting.clear);
  }
  if (!setting.last_word) {
    absl::StrAppend(&name, ", no last word");
  }
  return name;
}

std::string ForwardWord(const Forward& forward) {
  return forward.kind == Forward::Kind::kOneIn ? absl::StrCat("one_in:", forward.n)
                                               : ForwardName(forward);
}

std::string ForwardName(const Forward& forward) {
  switch (forward.kind) {
    case Forward::Kind::kFirstPerWindow:
      return "first_per_window";
    case Forward::Kind::kOneIn:
      return absl::StrCat("one_in: ", forward.n);
    case Forward::Kind::kNone:
      return "none";
  }
  return "";
}

}  // namespace weir
