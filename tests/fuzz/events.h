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
#include "connectors/formats/request_report.h"
#include "engine/base/check.h"
#include "engine/pipeline/record.h"
#include "tests/support/event_text.h"

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

inline bool IsText(absl::string_view text, size_t shortest, size_t longest) {
  return text.size() >= shortest && text.size() <= longest;
}

// Whether what a record says is within the limits of its kind.
struct CheckRecord {
  void operator()(const DeviceRecord* device) const {
    WEIR_CHECK(!DeviceTypeName(device->type).empty() && !DeviceStatusName(device->status).empty());
    WEIR_CHECK(IsReadableTime(device->status_since) && IsReadableTime(device->added));
    WEIR_CHECK(device->mpxns.size() <= DeviceRecord::kMostMpxns);
    for (const absl::string_view mpxn : device->mpxns) {
      WEIR_CHECK(IsText(mpxn, 1, DeviceRecord::kLongestMpxn));
    }
    WEIR_CHECK(IsText(device->gbcs_version, 0, DeviceRecord::kLongestText));
    WEIR_CHECK(IsText(device->variant, 0, DeviceRecord::kLongestText));
  }

  void operator()(const Request* request) const {
    WEIR_CHECK(IsText(request->srv, 1, kLongestSrv) && IsReadableTime(request->execute_at));
    WEIR_CHECK(!request->role || !RoleName(*request->role).empty());
    WEIR_CHECK(!request->gas_flow_rate || !request->gas_flow_rate->text.empty());
  }

  void operator()(const Response* response) const {
    WEIR_CHECK(IsText(response->srv, 1, kLongestSrv));
    WEIR_CHECK(IsText(response->code, 1, kLongestResponseCode));
    WEIR_CHECK(response->payload.size() <= kMaxMessageBytes);
  }

  void operator()(const Outcome* outcome) const {
    WEIR_CHECK(IsText(outcome->srv, 0, kLongestSrv));
    WEIR_CHECK((outcome->report.message_code == 0) == outcome->report.instruction.empty());
  }
};

// Whether an event is as the decoders promise, whatever they read.
inline void CheckEvent(const Event& event) {
  if (const auto* alert = std::get_if<Alert>(&event)) {
    WEIR_CHECK(alert->code.index() < AlertCode::kCount);
    WEIR_CHECK(alert->device || !alert->code.is_device());
    WEIR_CHECK(alert->received || alert->device_time);
    WEIR_CHECK(IsReadableTime(alert->received) && IsReadableTime(alert->device_time));
    WEIR_CHECK(alert->payload.size() <= kMaxMessageBytes);
    WEIR_CHECK(alert->report == nullptr || IsOutcomeCode(alert->code));
    WEIR_CHECK(alert->report == nullptr || alert->report->message_code != 0);
  } else if (const auto* other = std::get_if<OtherEvent>(&event)) {
    WEIR_CHECK(other->device && IsReadableTime(other->received));
    std::visit(CheckRecord(), other->what);
  } else {
    WEIR_CHECK(!DeadReasonName(std::get<DeadReason>(event)).empty());
  }
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

// Whether what is printed of a record that is no alert is read again as the same record, as far as
// JSON can say it.
inline void CheckPrintedAgain(const OtherEvent& event) {
  const SpareArena arena;
  Decoder decoder(Format::kJson);
  Record record;
  record.event = event;
  std::string printed;
  AppendDecoded(record, printed);
  CheckSame(TextOf(SayableInJson(event, *arena)),
            TextOf(DecodePadded(printed, '"', decoder, *arena)));
}

// Whether an alert that is written, unchanged or as a copy, is read again as the same alert.
inline void CheckWritten(const Event& event) {
  const auto* alert = std::get_if<Alert>(&event);
  if (const auto* other = std::get_if<OtherEvent>(&event)) {
    CheckPrintedAgain(*other);
  }
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
