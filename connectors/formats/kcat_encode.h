// Writes records as `kcat -J` prints them, for synthetic traffic and for tests.
//
// Gives one object on one line, with the fields that DecodeKcat reads and `tstype`, that is read
// back to the same envelope and message. Bytes that are not UTF-8 become U+FFFD, as JSON has no way
// to say them.
//
// Source: kcat 1.7, json.c (fields of the envelope).
//
// Layer: connectors/formats (engine/base).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

#include "engine/base/units.h"

namespace weir {

struct KcatRecord {
  absl::string_view topic;  // not empty
  int32_t partition = 0;
  int64_t offset = 0;
  TimeMs time;                           // when whoever created the message says that was
  std::optional<absl::string_view> key;  // printed as null if there is none
  absl::string_view payload;             // not empty
};

void AppendKcat(const KcatRecord& record, std::string& out);

}  // namespace weir
