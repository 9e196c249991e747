// What the harnesses of the formats share: texts of exactly their size, and what holds for every
// decoded event.
//
// What does not hold is a broken invariant and ends the process, which is how libFuzzer learns of
// it.
//
// Layer: tests.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "connectors/formats/arena.h"
#include "connectors/formats/binary_text.h"
#include "connectors/formats/decoded_json.h"
#include "connectors/formats/decoder.h"
#include "connectors/formats/json.h"
#include "connectors/formats/json_writer.h"
#include "engine/base/check.h"
#include "engine/pipeline/record.h"

namespace weir {

// A text in a block of its own with the padding that the decoders ask for and not a byte more, so
// that the address sanitizer sees every step outside. The padding is filled with one character.
class PaddedText {
 public:
  PaddedText(absl::string_view text, char fill)
      : size_(text.size()), block_(new char[text.size() + kJsonPadding]) {
    text.copy(block_.get(), size_);
    std::memset(block_.get() + size_, fill, kJsonPadding);
  }

  absl::string_view view() const { return {block_.get(), size_}; }

 private:
  size_t size_;
  std::unique_ptr<char[]> block_;
};

// An arena that was used before: making its first block anew takes longer than decoding a record.
class SpareArena {
 public:
  SpareArena() {
    if (Spares().empty()) {
      Spares().push_back(std::make_unique<Arena>());
    }
    arena_ = std::move(Spares().back());
    Spares().pop_back();
  }

  ~SpareArena() {
    arena_->Clear();
    Spares().push_back(std::move(arena_));
  }

  SpareArena(const SpareArena&) = delete;
  SpareArena& operator=(const SpareArena&) = delete;

  Arena& operator*() const { return *arena_; }

 private:
  static std::vector<std::unique_ptr<Arena>>& Spares() {
    static auto* const spares = new std::vector<std::unique_ptr<Arena>>;
    return *spares;
  }

  std::unique_ptr<Arena> arena_;
};

// Fills that would continue a text if anybody read on behind it.
constexpr char kFills[] = {'\0', '"', '}', '0', '\\', ' ', '=', '\xFF'};

inline char FillFor(absl::string_view text, size_t variant) {
  return kFills[(text.size() + variant) % sizeof kFills];
}

// What `weir decode` prints of a record is one line of JSON.
inline void CheckPrintedRecord(const Record& record) {
  std::string printed;
  AppendDecoded(record, printed);
  WEIR_CHECK(printed.find('\n') == printed.size() - 1);
  const PaddedText padded(printed, FillFor(printed, 0));
  JsonParser parser;
  JsonObject object;
  WEIR_CHECK(!parser.Read(padded.view(), object));
}

// Ends the process unless both are the same, and shows them.
inline void CheckSame(absl::string_view one, absl::string_view other) {
  if (one != other) {
    const std::string shown = absl::StrCat("one:   ", one, "\nother: ", other, "\n");
    static_cast<void>(std::fwrite(shown.data(), 1, shown.size(), stderr));
  }
  WEIR_CHECK(one == other);
}

inline bool IsReadableTime(std::optional<TimeMs> time) {
  return !time || (*time >= TimeMs{0} && *time <= kLatestTime);
}

// Whether an event is as the decoders promise, whatever they read.
inline void CheckEvent(const Event& event) {
  if (const auto* alert = std::get_if<Alert>(&event)) {
    WEIR_CHECK(alert->code.index() < AlertCode::kCount);
    WEIR_CHECK(alert->device || !alert->code.is_device());
    WEIR_CHECK(alert->received || alert->device_time);
    WEIR_CHECK(IsReadableTime(alert->received) && IsReadableTime(alert->device_time));
    WEIR_CHECK(alert->payload.size() <= kMaxMessageBytes);
  } else if (const auto* other = std::get_if<OtherEvent>(&event)) {
    WEIR_CHECK(other->device && IsReadableTime(other->received));
  } else {
    WEIR_CHECK(!DeadReasonName(std::get<DeadReason>(event)).empty());
  }
}

// Everything that an event says, for comparing; reads every byte that it views.
inline std::string TextOf(const Event& event) {
  const auto append = [](absl::string_view name, const auto& value, std::string& out) {
    if (value) {
      absl::StrAppend(&out, " ", name, " ", value->value);
    }
  };
  std::string out;
  if (const auto* alert = std::get_if<Alert>(&event)) {
    absl::StrAppend(&out, "alert ", FormatAlertCode(alert->code));
    append("device", alert->device, out);
    append("recipient", alert->recipient, out);
    append("received", alert->received, out);
    append("device_time", alert->device_time, out);
    if (alert->counter) {
      absl::StrAppend(&out, " counter ", *alert->counter);
    }
    out.append(" payload ");
    AppendHex(alert->payload, out);
  } else if (const auto* other = std::get_if<OtherEvent>(&event)) {
    absl::StrAppend(&out, "other ", other->what.index());
    append("device", other->device, out);
    append("received", other->received, out);
  } else {
    absl::StrAppend(&out, "dead ", DeadReasonName(std::get<DeadReason>(event)));
  }
  return out;
}

inline std::string TextOf(const Decoded& decoded) {
  const Envelope& envelope = decoded.envelope;
  return envelope.present ? absl::StrCat(envelope.topic, "/", envelope.partition, "/",
                                         envelope.offset, " ", TextOf(decoded.event))
                          : TextOf(decoded.event);
}

// Decodes `line` out of a block of its own, which is gone when this returns: a result may view the
// arena only.
inline Decoded DecodePadded(absl::string_view line, char fill, Decoder& decoder, Arena& arena) {
  const PaddedText text(line, fill);
  Decoded decoded = decoder.Decode(text.view(), arena);
  CheckEvent(decoded.event);
  WEIR_CHECK(!decoded.envelope.present ||
             (!decoded.envelope.topic.empty() && decoded.envelope.partition >= 0 &&
              decoded.envelope.offset >= 0));
  return decoded;
}

// Whether an alert that is written, unchanged or as a copy, is read again as the same alert.
inline void CheckWritten(const Event& event) {
  const auto* alert = std::get_if<Alert>(&event);
  if (alert == nullptr) {
    return;
  }
  const SpareArena arena;
  Decoder decoder(std::nullopt);
  std::string forwarded;
  std::string copy;
  AppendForwarded(*alert, forwarded);
  AppendForwardedCopy(*alert, {.sequence_id = 1, .count = UINT64_MAX}, copy);
  for (const std::string& line : {forwarded, copy}) {
    WEIR_CHECK(line.find('\n') == line.size() - 1);
    CheckSame(TextOf(event), TextOf(DecodePadded(line, '"', decoder, *arena)));
  }
}

// What holds for any line and any format, asked for or found: the result depends on the line only,
// and what is written of it is read again. Gives the result as a text.
inline std::string CheckLine(absl::string_view line, std::optional<Format> forced) {
  const SpareArena arena;
  Decoder decoder(forced);
  const Decoded first = DecodePadded(line, FillFor(line, 0), decoder, *arena);
  std::string text = TextOf(first);
  const Decoded second = DecodePadded(line, FillFor(line, 1), decoder, *arena);
  CheckSame(text, TextOf(second));
  CheckSame(text, TextOf(first));
  CheckWritten(first.event);
  return text;
}

}  // namespace weir
