// Writes messages as `kcat -J` prints them, for captures and for synthetic traffic.
//
// Gives one object on one line, with the fields that DecodeKcat reads and `tstype`, that is read
// back to the same envelope and message. A key or a payload that is not UTF-8 is written in base64,
// as `key_base64` and `payload_base64`, since JSON has no other way to say it.
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
  absl::string_view topic;  // not empty, UTF-8
  int32_t partition = 0;
  int64_t offset = 0;
  std::optional<TimeMs> time{};            // of the message, if it has any
  bool is_append_time = false;             // the log's own, not the one of whoever made the message
  std::optional<absl::string_view> key{};  // printed as null if there is none
  std::optional<absl::string_view> payload{};  // likewise
};

void AppendKcat(const KcatRecord& record, std::string& out);

}  // namespace weir
