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
  }
  WEIR_CHECK(false);
}

std::optional<Format> ParseFormat(absl::string_view name) {
  constexpr std::array<Format, 3> kFormats = {Format::kJson, Format::kKcat, Format::kGbcs};
  for (const Format format : kFormats) {
    if (FormatName(format) == name) {
      return format;
    }
  }
  return std::nullopt;
}

}  // namespace weir
