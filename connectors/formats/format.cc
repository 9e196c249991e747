#include "connectors/formats/format.h"

#include <array>

#include "engine/base/check.h"

namespace weir {

absl::string_view FormatName(Format format) {
  switch (format) {
    case Format::kJson:
      return "json";
    case Format::kKcat:
      return "kcat";
    case Format::kGbcs:
      return "gbcs";
    case Format::kDuis:
      return "duis";
  }
  WEIR_CHECK(false);
}

std::optional<Format> ParseFormat(absl::string_view name) {
  constexpr std::array<Format, 4> kFormats = {Format::kJson, Format::kKcat, Format::kGbcs,
                                              Format::kDuis};
  for (const Format format : kFormats) {
    if (FormatName(format) == name) {
      return format;
    }
  }
  return std::nullopt;
}

}  // namespace weir
