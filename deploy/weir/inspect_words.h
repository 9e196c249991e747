// Words and lines that `weir inspect` prints for people in more than one place.
//
// Layer: deploy/weir (connectors/formats, engine/base).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

#include "connectors/formats/json_writer.h"
#include "deploy/weir/inspected_state.h"
#include "deploy/weir/text.h"
#include "engine/base/units.h"

namespace weir {

// Text of others, which may hold anything: quoted and escaped as in JSON.
inline std::string Quoted(absl::string_view text) {
  std::string out;
  AppendJsonString(text, out);
  return out;
}

inline std::string TimeText(std::optional<TimeMs> time) {
  return time ? FormatTime(std::min(*time, kLatestTime)) : std::string("not known");
}

inline std::string Plural(uint64_t count, absl::string_view one) {
  return absl::StrCat(WithThousands(count), " ", one, count == 1 ? "" : "s");
}

inline void AppendFact(absl::string_view name, absl::string_view fact, std::string& out) {
  absl::StrAppendFormat(&out, "  %-22s %s\n", name, fact);
}

// `topic "meter.events", partition 3`.
inline std::string PartitionText(const InspectedState& state, uint32_t index) {
  const PartitionName* name = state.NameOf(index);
  return name == nullptr
             ? "records that name no topic"
             : absl::StrCat("topic ", Quoted(name->topic), ", partition ", name->partition);
}

inline std::string FirstOf(size_t entries, size_t top) {
  return entries > top ? absl::StrCat("the first ", WithThousands(top), " of ") : "";
}

}  // namespace weir
