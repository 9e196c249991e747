// Writes the members of one JSON object, in the order of the calls, for lines that are few.
//
// What is absent or empty is left out. Names are plain ASCII.
//
// Threads: one owner.
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "engine/alert/eui64.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

class JsonMembers {
 public:
  // Goes on with an object in `out`, which is open; `first` says that no member stands in it.
  JsonMembers(std::string& out, bool first) : out_(out), first_(first) {}

  void Text(absl::string_view name, absl::string_view text);
  void Texts(absl::string_view name, absl::Span<const absl::string_view> texts);
  void Id(absl::string_view name, std::optional<Eui64> id);
  void Time(absl::string_view name, std::optional<TimeMs> time);

  // A number of up to 32 bits, which every reader keeps.
  void Number(absl::string_view name, std::optional<uint64_t> number);

  // A number of 64 bits, as a string.
  void Counter(absl::string_view name, std::optional<uint64_t> number);

  // In base64.
  void Bytes(absl::string_view name, absl::string_view bytes);

  // `PARTY:DEVICE:COUNTER`.
  void Request(absl::string_view name, const RequestId& id);

  // The name; what follows is the value, which the caller writes.
  std::string& Member(absl::string_view name);

 private:
  std::string& out_;
  bool first_;
};

}  // namespace weir
