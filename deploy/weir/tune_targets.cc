#include "deploy/weir/tune_targets.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "deploy/weir/text.h"
#include "deploy/weir/tune_report.h"
#include "engine/base/units.h"

namespace weir {

namespace {

struct ComparisonSign {
  absl::string_view text;
  Target::Comparison comparison{};
};

// Longest first.
constexpr ComparisonSign kSigns[] = {{">=", Target::Comparison::kAtLeast},
                                     {"<=", Target::Comparison::kAtMost},
                                     {">", Target::Comparison::kMore},
                                     {"<", Target::Comparison::kLess}};

std::string MeasureNames() {
  std::string names;
  for (size_t i = 0; i < kMeasures; ++i) {
    absl::StrAppend(&names,
                    i == 0               ? ""
                    : i + 1 == kMeasures ? " or "
                                         : ", ",
                    MeasureName(static_cast<SweepMeasure>(i)));
  }
  return names;
}

bool IsDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

// Digits with a point among them, or not.
std::optional<double> DecimalOf(absl::string_view text, absl::string_view exponent) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('.', 1));
  const bool has_point = parts.first.size() != text.size();
  double number = 0;
  const bool is_decimal = IsDigits(parts.first) && (!has_point || IsDigits(parts.second));
  return is_decimal && absl::SimpleAtod(absl::StrCat(text, exponent), &number)
             ? std::make_optional(number)
             : std::nullopt;
}

// Sets quantity and value; false if the text is not what the measure takes.
bool ReadValue(absl::string_view text, Target& target) {
  if (QuantityOf(target.measure) == Quantity::kDuration) {
    const std::optional<DurationMs> duration = text == "0" ? DurationMs{0} : ParseDuration(text);
    target.quantity = Quantity::kDuration;
    target.value = static_cast<double>(duration.value_or(DurationMs{}).value);
    return duration.has_value();
  }
  absl::string_view number = text;
  const bool is_percent = absl::ConsumeSuffix(&number, "%");
  const std::optional<double> value =
      DecimalOf(absl::StripAsciiWhitespace(number), is_percent ? "e-2" : "");
  const bool is_share = is_percent || number.find('.') != absl::string_view::npos ||
                        QuantityOf(target.measure) == Quantity::kShare;
  target.quantity = is_share ? Quantity::kShare : Quantity::kCount;
  target.value = value.value_or(0);
  return value && (!is_share || (HasShare(target.measure) && *value <= 1));
}

absl::string_view ExpectedOf(SweepMeasure measure) {
  if (QuantityOf(measure) == Quantity::kDuration) {
    return "a duration, such as 10m or 1h";
  }
  if (QuantityOf(measure) == Quantity::kShare) {
    return "a share of all alerts, such as 0.9 or 90%";
  }
  if (measure == SweepMeasure::kDevices) {
    return "a number such as 20, or a share of the devices that sent an alert such as 0.001 or "
           "0.1%";
  }
  return HasShare(measure) ? "a number such as 20, or a share of all alerts such as 0.2 or 20%"
                           : "a number such as 20";
}

std::optional<Target> ReadTarget(absl::string_view text, std::string& problem) {
  const size_t at = text.find_first_of("<>");
  const absl::string_view name = absl::StripAsciiWhitespace(text.substr(0, at));
  const std::optional<SweepMeasure> measure = ParseMeasure(name);
  if (at == absl::string_view::npos || name.empty()) {
    problem = absl::StrCat(
        "'", text,
        "' is not a target such as held_back>=0.9: a measure, one of >= <= > <, a value");
    return std::nullopt;
  }
  if (!measure) {
    problem = absl::StrCat("'", name, "' is no measure: give ", MeasureNames());
    return std::nullopt;
  }
  Target target;
  target.measure = *measure;
  absl::string_view rest = text.substr(at);
  for (const ComparisonSign& sign : kSigns) {
    if (absl::ConsumePrefix(&rest, sign.text)) {
      target.comparison = sign.comparison;
      target.text = absl::StrCat(name, sign.text);
      break;
    }
  }
  rest = absl::StripAsciiWhitespace(rest);
  if (!ReadValue(rest, target)) {
    problem = absl::StrCat("'", text, "': '", rest, "' is not ", ExpectedOf(*measure));
    return std::nullopt;
  }
  absl::StrAppend(&target.text, rest);
  return target;
}

}  // namespace

void ReadTargets(absl::string_view list, std::vector<Target>& targets,
                 std::vector<std::string>& problems) {
  if (absl::StripAsciiWhitespace(list).empty()) {
    return;
  }
  for (const absl::string_view text : absl::StrSplit(list, ',')) {
    std::string problem;
    std::optional<Target> target = ReadTarget(absl::StripAsciiWhitespace(text), problem);
    if (!target) {
      problems.push_back(absl::StrCat("--target: ", problem));
    } else if (std::none_of(targets.begin(), targets.end(),
                            [&](const Target& each) { return each.text == target->text; })) {
      targets.push_back(*std::move(target));
    }
  }
}

std::string ReachedText(const Target& target, double reached) {
  if (std::isinf(reached)) {
    return "never";
  }
  switch (target.quantity) {
    case Quantity::kShare:
      return absl::StrFormat("%.6g", reached);
    case Quantity::kDuration:
      return ShortWait(DurationMs{static_cast<int64_t>(reached)});
    case Quantity::kCount:
      break;
  }
  return WithThousands(static_cast<uint64_t>(reached));
}

}  // namespace weir
