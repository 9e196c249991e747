// Reads the JSON format: one object a record.
//
// Promises: any bytes give an event; an event other than a DeadReason is given only if the text is
// one JSON object (RFC 8259) in UTF-8 to its last byte, fields that Weir does not use included.
// Nothing is allocated once the buffers have grown to the largest record.
// Does not promise: which of several faults of one record is told, except that the length comes
// first, then the text, then the fields.
// Errors: a DeadReason. A field that Weir uses and that stands twice is kBadField; an escape that
// names half a surrogate pair is kBadJson.
// Source: RFC 8259 (the grammar), RFC 4648 (base64).
//
// Threads: a parser has one owner.
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/strings/string_view.h"

#include "connectors/formats/arena.h"
#include "connectors/formats/format.h"
#include "connectors/formats/json_alert.h"
#include "connectors/formats/json_object.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

// How many bytes behind a text must be readable; their content does not matter.
constexpr size_t kJsonPadding = 64;

// How deep arrays and objects may be nested, the outermost object included.
constexpr int kMaxJsonDepth = 64;

// The buffers of reading, kept from record to record.
class JsonParser {
 public:
  JsonParser();
  ~JsonParser();
  JsonParser(const JsonParser&) = delete;
  JsonParser& operator=(const JsonParser&) = delete;
  JsonParser(JsonParser&&) noexcept;
  JsonParser& operator=(JsonParser&&) noexcept;

  // Checks the whole text and notes its fields. Nothing if all is well. kJsonPadding bytes behind
  // `text` must be readable. The length is the caller's matter.
  std::optional<DeadReason> Read(absl::string_view text, JsonObject& object);

  // Whether `text` is an alert as nearly all are, which is in `event` then; if not, that means
  // nothing and Read decides. kJsonPadding bytes behind `text` must be readable.
  bool ReadAlert(absl::string_view text, Arena& arena, std::optional<TimeMs> envelope_time,
                 Event& event) {
    return text.size() <= kMaxJsonBytes && alerts_.Read(text, envelope_time, arena, event);
  }

  // Of the alert that was read last, without an envelope; see JsonAlertReader.
  bool is_verbatim() const { return alerts_.is_verbatim(); }

 private:
  struct Buffers;

  std::unique_ptr<Buffers> buffers_;
  JsonAlertReader alerts_;
};

// The event of one record. kJsonPadding bytes behind `text` must be readable. The event views
// `arena` only. `envelope_time` is when the log got the record, where the log says so; it takes
// precedence over the field `received`, which must be readable all the same.
Event DecodeJson(absl::string_view text, JsonParser& parser, Arena& arena,
                 std::optional<TimeMs> envelope_time);

// The event of an object that has been read.
Event DecodeJsonObject(const JsonObject& object, Arena& arena, std::optional<TimeMs> envelope_time);

}  // namespace weir
