// Reads the fields of one JSON record by what each must be.
//
// A reader keeps the first fault; what it reads after one means nothing, so that a decoder checks
// once, at its end. `null` counts as absent. Inline: the fields of an alert are read millions of
// times a second.
//
// Threads: one owner.
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "absl/strings/string_view.h"

#include "connectors/formats/arena.h"
#include "connectors/formats/binary_text.h"
#include "connectors/formats/format.h"
#include "connectors/formats/json_object.h"
#include "connectors/formats/message_id.h"
#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

class JsonFieldReader {
 public:
  JsonFieldReader(const JsonObject& object, Arena& arena) : object_(object), arena_(arena) {}

  std::optional<DeadReason> fault() const { return fault_; }

  void Fail(DeadReason reason) {
    if (!fault_) {
      fault_ = reason;
    }
  }

  // A repeated field leaves open which of its values is meant.
  void RejectRepeated(JsonFieldSet fields) {
    if (object_.repeated().Meets(fields)) {
      Fail(DeadReason::kBadField);
    }
  }

  bool Require(JsonField field) {
    if (object_.Find(field) == nullptr) {
      Fail(DeadReason::kMissingField);
      return false;
    }
    return true;
  }

  // These set `out` if there is a value, and leave it alone if there is none.

  void Id(JsonField field, std::optional<Eui64>& out) {
    if (const std::optional<absl::string_view> text = String(field, DeadReason::kBadField); text) {
      Set(ParseEui64(*text), DeadReason::kBadField, out);
    }
  }

  void Time(JsonField field, std::optional<TimeMs>& out) {
    if (const std::optional<absl::string_view> text = String(field, DeadReason::kBadTime); text) {
      Set(ParseTime(*text), DeadReason::kBadTime, out);
    }
  }

  void Code(AlertCode& out) {
    Require(JsonField::kCode);
    const std::optional<absl::string_view> text = String(JsonField::kCode, DeadReason::kBadField);
    if (text) {
      Set(ParseAlertCode(*text), DeadReason::kBadCode, out);
    }
  }

  // A counter is a string, since not every JSON library keeps 64 bits of a number, or a number.
  void Counter(std::optional<uint64_t>& out) {
    const JsonValue* value = object_.Find(JsonField::kCounter);
    if (value != nullptr && value->kind == JsonValue::Kind::kUnsigned) {
      out.emplace(value->number);
      return;
    }
    const std::optional<absl::string_view> text =
        String(JsonField::kCounter, DeadReason::kBadField);
    if (text) {
      Set(ParseUnsigned(*text), DeadReason::kBadField, out);
    }
  }

  void Payload(absl::string_view& out) {
    const std::optional<absl::string_view> text =
        String(JsonField::kPayload, DeadReason::kBadField);
    if (text) {
      Set(Base64ToBytes(*text, arena_), DeadReason::kBadPayload, out);
      if (out.size() > kMaxMessageBytes) {
        Fail(DeadReason::kTooLong);
      }
    }
  }

  // `PARTY:DEVICE:COUNTER`.
  void Request(RequestId& out) {
    Require(JsonField::kRequestId);
    const std::optional<absl::string_view> text =
        String(JsonField::kRequestId, DeadReason::kBadField);
    if (text) {
      const std::optional<MessageId> id = ParseMessageId(*text);
      Set(id ? std::make_optional(RequestIdOf(*id)) : std::nullopt, DeadReason::kBadField, out);
    }
  }

  // A text of some length, in the arena.
  void Text(JsonField field, size_t shortest, size_t longest, absl::string_view& out) {
    if (const std::optional<absl::string_view> text = String(field, DeadReason::kBadField); text) {
      Set(Checked(*text, shortest, longest), DeadReason::kBadField, out);
    }
  }

  // What `parse` makes of a text.
  template <typename T, typename Out>
  void Parsed(JsonField field, std::optional<T> (*parse)(absl::string_view), Out& out) {
    if (const std::optional<absl::string_view> text = String(field, DeadReason::kBadField); text) {
      Set(parse(*text), DeadReason::kBadField, out);
    }
  }

  void Bool(JsonField field, bool& out) {
    const JsonValue* value = object_.Find(field);
    if (value != nullptr && value->kind != JsonValue::Kind::kBool) {
      Fail(DeadReason::kBadField);
    } else if (value != nullptr) {
      out = value->number != 0;
    }
  }

  // A number of 32 bits.
  void Number(JsonField field, std::optional<uint32_t>& out) {
    const JsonValue* value = object_.Find(field);
    if (value == nullptr) {
      return;
    }
    if (value->kind != JsonValue::Kind::kUnsigned ||
        value->number > std::numeric_limits<uint32_t>::max()) {
      Fail(DeadReason::kBadField);
      return;
    }
    out = static_cast<uint32_t>(value->number);
  }

  // A list of texts, each of one byte at least.
  void Texts(JsonField field, size_t most, size_t longest,
             absl::Span<const absl::string_view>& out) {
    const JsonValue* value = object_.Find(field);
    if (value == nullptr) {
      return;
    }
    if (value->kind != JsonValue::Kind::kList || value->number > most) {
      Fail(DeadReason::kBadField);
      return;
    }
    const absl::Span<absl::string_view> texts = arena_.MakeSpan<absl::string_view>(value->number);
    for (size_t i = 0; i < texts.size(); ++i) {
      const JsonValue& item = value->items()[i];
      const bool is_text = item.kind == JsonValue::Kind::kString;
      Set(is_text ? Checked(item.text(), 1, longest) : std::nullopt, DeadReason::kBadField,
          texts[i]);
    }
    out = texts;
  }

  const JsonValue* Find(JsonField field) const { return object_.Find(field); }

  Arena& arena() const { return arena_; }

 private:
  // Nothing if there is no value, or with a fault if it is no string.
  std::optional<absl::string_view> String(JsonField field, DeadReason reason) {
    const JsonValue* value = object_.Find(field);
    if (value == nullptr) {
      return std::nullopt;
    }
    if (value->kind != JsonValue::Kind::kString) {
      Fail(reason);
      return std::nullopt;
    }
    return value->text();
  }

  // The text in the arena, if its length will do.
  std::optional<absl::string_view> Checked(absl::string_view text, size_t shortest,
                                           size_t longest) {
    return text.size() < shortest || text.size() > longest ? std::nullopt
                                                           : std::make_optional(arena_.Copy(text));
  }

  template <typename T, typename Out>
  void Set(const std::optional<T>& parsed, DeadReason reason, Out& out) {
    if (parsed) {
      out = *parsed;
    } else {
      Fail(reason);
    }
  }

  const JsonObject& object_;
  Arena& arena_;
  std::optional<DeadReason> fault_;
};

}  // namespace weir
