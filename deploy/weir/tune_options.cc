#include "deploy/weir/tune_options.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "deploy/weir/tune_targets.h"
#include "engine/alert/alert_code.h"
#include "engine/base/units.h"

namespace weir {

namespace {

constexpr uint64_t kMostThreshold = 65535;
constexpr uint64_t kMostOneIn = 1'000'000'000;
constexpr DurationMs kLongestWindow{7 * kDay.value};

std::optional<uint64_t> NumberIn(absl::string_view text, uint64_t first, uint64_t last) {
  uint64_t number = 0;
  const bool is_number =
      !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
  return is_number && absl::SimpleAtoi(text, &number) && number >= first && number <= last
             ? std::make_optional(number)
             : std::nullopt;
}

std::optional<uint64_t> ThresholdOf(absl::string_view text) {
  return NumberIn(text, 1, kMostThreshold);
}

std::optional<DurationMs> WindowLengthOf(absl::string_view text) {
  const std::optional<DurationMs> window = ParseDuration(text);
  return window && *window >= kSecond && *window <= kLongestWindow ? window : std::nullopt;
}

std::optional<Forward> ForwardOf(absl::string_view text) {
  if (text == "first_per_window") {
    return Forward{};
  }
  if (text == "none") {
    return Forward{.kind = Forward::Kind::kNone};
  }
  const bool is_one_in = absl::ConsumePrefix(&text, "one_in:");
  const std::optional<uint64_t> n =
      NumberIn(absl::StripLeadingAsciiWhitespace(text), 2, kMostOneIn);
  return is_one_in && n ? std::make_optional(Forward{.kind = Forward::Kind::kOneIn, .n = *n})
                        : std::nullopt;
}

// Nothing within: as the threshold.
std::optional<std::optional<uint64_t>> ClearOf(absl::string_view text) {
  if (text == "threshold") {
    return std::optional<uint64_t>();
  }
  const std::optional<uint64_t> number = NumberIn(text, 0, kMostThreshold);
  return number ? std::make_optional(number) : std::nullopt;
}

std::optional<WindowKind> WindowKindOf(absl::string_view text) {
  return text == "tumbling"  ? std::make_optional(WindowKind::kTumbling)
         : text == "sliding" ? std::make_optional(WindowKind::kSliding)
                             : std::nullopt;
}

std::optional<bool> BoolOf(absl::string_view text) {
  return text == "true"    ? std::make_optional(true)
         : text == "false" ? std::make_optional(false)
                           : std::nullopt;
}

// A list as it was given.
struct GivenList {
  absl::string_view option;
  absl::string_view expected;  // what each item has to be
  absl::string_view text;
};

// Puts the items of a list in place of what `items` holds, each once; if the list is not empty.
template <typename Item, typename Parse>
void ReadList(const GivenList& list, Parse&& parse, std::vector<Item>& items,
              std::vector<std::string>& problems) {
  if (list.text.empty()) {
    return;
  }
  items.clear();
  for (absl::string_view text : absl::StrSplit(list.text, ',')) {
    text = absl::StripAsciiWhitespace(text);
    const std::optional<Item> item = parse(text);
    if (!item) {
      problems.push_back(absl::StrCat(list.option, ": '", text, "' is not ", list.expected));
    } else if (std::find(items.begin(), items.end(), *item) == items.end()) {
      items.push_back(*item);
    }
  }
}

// A clear that is above every threshold belongs to no setting.
void CheckClears(const Grid& grid, std::vector<std::string>& problems) {
  if (grid.thresholds.empty()) {
    return;
  }
  const uint64_t most = *std::max_element(grid.thresholds.begin(), grid.thresholds.end());
  for (const std::optional<uint64_t>& clear : grid.clears) {
    if (clear && *clear > most) {
      problems.push_back(
          absl::StrCat("--clear: ", *clear, " is above every threshold: the largest is ", most));
    }
  }
}

Grid ReadGrid(const TuneLists& lists, std::vector<std::string>& problems) {
  Grid grid;
  ReadList({"--threshold", "a number from 1 to 65535",
            lists.thresholds.empty() ? kDefaultThresholds : lists.thresholds},
           ThresholdOf, grid.thresholds, problems);
  ReadList({"--window", "a duration from 1s to 7d, such as 10m or 1h",
            lists.windows.empty() ? kDefaultWindows : lists.windows},
           WindowLengthOf, grid.windows, problems);
  ReadList({"--forward", "first_per_window, none or one_in:N with N from 2 to 1000000000",
            lists.forwards},
           ForwardOf, grid.forwards, problems);
  ReadList({"--clear", "`threshold` or a number from 0 to 65535", lists.clears}, ClearOf,
           grid.clears, problems);
  ReadList({"--window-kind", "tumbling or sliding", lists.window_kinds}, WindowKindOf,
           grid.window_kinds, problems);
  ReadList({"--last-word", "true or false", lists.last_words}, BoolOf, grid.last_words, problems);
  CheckClears(grid, problems);
  return grid;
}

// How many settings a grid may come to, before they are made.
size_t MostOf(const Grid& grid) {
  return grid.thresholds.size() * grid.windows.size() * grid.forwards.size() * grid.clears.size() *
         grid.window_kinds.size() * grid.last_words.size();
}

void ReadCodes(absl::string_view list, TuneChoices& choices, std::vector<std::string>& problems) {
  if (list.empty()) {
    return;
  }
  choices.codes.emplace(AlertCode::kCount, false);
  choices.named.assign(AlertCode::kCount, false);
  for (absl::string_view text : absl::StrSplit(list, ',')) {
    text = absl::StripAsciiWhitespace(text);
    const std::pair<absl::string_view, absl::string_view> ends =
        absl::StrSplit(text, absl::MaxSplits('-', 1));
    const bool is_range = ends.first.size() != text.size();
    const auto first = ParseAlertCode(absl::StripAsciiWhitespace(ends.first));
    const auto last = is_range ? ParseAlertCode(absl::StripAsciiWhitespace(ends.second)) : first;
    if (!first || !last) {
      problems.push_back(absl::StrCat("--code: '", text,
                                      "' is not a code such as 8F36, AD1 or N58, nor a range such "
                                      "as 8F35-8F3C"));
    } else if (FormatAlertCode(*first).front() != FormatAlertCode(*last).front()) {
      problems.push_back(absl::StrCat("--code: '", text,
                                      "' joins codes of different kinds: list the kinds apart"));
    } else if (*last < *first) {
      problems.push_back(absl::StrCat("--code: '", text, "' ends before it starts"));
    } else {
      std::fill(choices.codes->begin() + first->index(), choices.codes->begin() + last->index() + 1,
                true);
      choices.named[first->index()] = choices.named[first->index()] || !is_range;
    }
  }
}

}  // namespace

std::optional<TuneChoices> ReadTuneLists(const TuneLists& lists,
                                         std::vector<std::string>& problems) {
  const size_t before = problems.size();
  TuneChoices choices;
  const Grid grid = ReadGrid(lists, problems);
  if (problems.size() == before) {
    // What is far too much is not made.
    const size_t most = MostOf(grid);
    choices.settings = most <= 8 * kMostSettings ? SettingsOf(grid) : std::vector<CodePolicy>();
    const size_t count = std::max(choices.settings.size(), choices.settings.empty() ? most : 0);
    if (count > kMostSettings) {
      problems.push_back(absl::StrCat("the lists make ", count, " settings, more than the ",
                                      kMostSettings, " that one run compares: give fewer"));
    }
  }
  ReadCodes(lists.codes, choices, problems);
  ReadTargets(lists.targets, choices.targets, problems);
  return problems.size() == before ? std::make_optional(std::move(choices)) : std::nullopt;
}

}  // namespace weir
