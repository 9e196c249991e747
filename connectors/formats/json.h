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

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>

#include "absl/strings/string_view.h"

#include "connectors/formats/arena.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

// How many bytes behind a text must be readable; their content does not matter.
constexpr size_t kJsonPadding = 64;

// How deep arrays and objects may be nested, the outermost object included.
constexpr int kMaxJsonDepth = 64;

// The names that Weir looks for at the top of an object, those of an envelope included.
enum class JsonField : uint8_t {
  kType,
  kDevice,
  kCode,
  kRecipient,
  kCounter,
  kReceived,
  kDeviceTime,
  kPayload,
  kDeviceType,
  kStatus,
  kRequestId,
  kSrv,
  kResponseCode,
  kTopic,
  kPartition,
  kOffset,
  kTs,
  kKey,
  kDuisBody,  // the message of a DUIS document, written as JSON: no record, but known for one
  kCount,     // how many there are; also: a name that is none of them
};

// A set of names.
class JsonFieldSet {
 public:
  constexpr JsonFieldSet() = default;

  constexpr JsonFieldSet(std::initializer_list<JsonField> fields) {
    for (const JsonField field : fields) {
      Add(field);
    }
  }

  constexpr void Add(JsonField field) { bits_ |= uint32_t{1} << static_cast<unsigned>(field); }

  constexpr void Remove(JsonField field) {
    bits_ &= ~(uint32_t{1} << static_cast<unsigned>(field));
  }

  constexpr bool Has(JsonField field) const {
    return (bits_ >> static_cast<unsigned>(field) & 1) != 0;
  }

  constexpr bool Meets(JsonFieldSet other) const { return (bits_ & other.bits_) != 0; }

 private:
  uint32_t bits_ = 0;
};

// What stands behind a name. Left uninitialised by default: many are made and few are used.
struct JsonValue {
  enum class Kind : uint8_t {
    kString,    // text()
    kUnsigned,  // `number`
    kNegative,  // a whole number below zero
    kOther,     // any other number, true, false, an array or an object
  };

  Kind kind;
  const char* data;  // of a string, escapes resolved
  uint64_t number;   // the length of a string

  absl::string_view text() const { return {data, number}; }
};

// The fields of one object; strings view the parser that read it, until it reads again.
// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): present_ says which of values_ are set
class JsonObject {
 public:
  void Clear() {
    seen_ = {};
    present_ = {};
    repeated_ = {};
  }

  // Where to put the value of that name. The last one is kept.
  JsonValue& Add(JsonField field) {
    if (seen_.Has(field)) {
      repeated_.Add(field);
    }
    seen_.Add(field);
    present_.Add(field);
    return values_[static_cast<size_t>(field)];
  }

  // Says that what stands there counts as no value: null.
  void SetAbsent(JsonField field) { present_.Remove(field); }

  // Nullptr if there is no value.
  const JsonValue* Find(JsonField field) const {
    return present_.Has(field) ? &values_[static_cast<size_t>(field)] : nullptr;
  }

  // Names that stand in the object, with or without a value.
  JsonFieldSet seen() const { return seen_; }

  // Names that stand in it more than once.
  JsonFieldSet repeated() const { return repeated_; }

 private:
  JsonFieldSet seen_;
  JsonFieldSet present_;
  JsonFieldSet repeated_;
  std::array<JsonValue, static_cast<size_t>(JsonField::kCount)> values_;
};

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

 private:
  struct Buffers;

  std::unique_ptr<Buffers> buffers_;
};

// The event of one record. kJsonPadding bytes behind `text` must be readable. The event views
// `arena` only. `envelope_time` is when the log got the record, where the log says so; it takes
// precedence over the field `received`, which must be readable all the same.
Event DecodeJson(absl::string_view text, JsonParser& parser, Arena& arena,
                 std::optional<TimeMs> envelope_time);

// The event of an object that has been read.
Event DecodeJsonObject(const JsonObject& object, Arena& arena, std::optional<TimeMs> envelope_time);

}  // namespace weir
