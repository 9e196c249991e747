// The fields of one JSON object, as far as Weir looks at them.
//
// Layer: connectors/formats.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace weir {

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
  kStatusSince,
  kAdded,
  kAddedBy,
  kMpxn,
  kNetworkOperator,
  kSupplier,
  kSupplierAgent,
  kGbcsVersion,
  kVariant,
  kRemoved,
  kRole,
  kExecuteAt,
  kInstruction,
  kInstructions,
  kGasFlowRate,
  kTopic,
  kPartition,
  kOffset,
  kTs,
  kKey,
  kPayloadBase64,
  kKeyBase64,
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

  constexpr void Add(JsonField field) { bits_ |= uint64_t{1} << static_cast<unsigned>(field); }

  constexpr void Remove(JsonField field) {
    bits_ &= ~(uint64_t{1} << static_cast<unsigned>(field));
  }

  constexpr bool Has(JsonField field) const {
    return (bits_ >> static_cast<unsigned>(field) & 1) != 0;
  }

  constexpr bool Meets(JsonFieldSet other) const { return (bits_ & other.bits_) != 0; }

 private:
  static_assert(static_cast<unsigned>(JsonField::kCount) <= 64);

  uint64_t bits_ = 0;
};

// What stands behind a name. Left uninitialised by default: many are made and few are used.
struct JsonValue {
  enum class Kind : uint8_t {
    kString,    // text()
    kUnsigned,  // `number`
    kNegative,  // a whole number below zero
    kBool,      // `number`: 0 or 1
    kList,      // items(): an array of at most kMostItems; lists in it are kOther
    kOther,     // any other number, a longer array or an object
  };

  // No list that Weir looks at is as long.
  static constexpr size_t kMostItems = 16;

  Kind kind;
  const char* data;  // of a string, escapes resolved; of a list, its items
  uint64_t number;   // the length of a string or of a list

  absl::string_view text() const { return {data, number}; }

  absl::Span<const JsonValue> items() const {
    return {reinterpret_cast<const JsonValue*>(data), number};
  }
};

// The fields of one object. Strings view the text that was read, or the parser that read it until
// it reads again; so do lists.
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

// Which field a name is; kCount if none.
JsonField FieldOf(absl::string_view name);

}  // namespace weir
