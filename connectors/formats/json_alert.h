// Reads an alert out of its JSON object in one pass, several times as fast as by way of a
// JsonObject (json_plain.h): nearly all records are alerts, whose fields are written in one way.
//
// Promises: what it reads, DecodeJsonObject makes of the same object alike.
// Does not promise: to read every alert; it says so, and what it was given decides nothing.
//
// Threads: one owner.
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

#include "connectors/formats/arena.h"
#include "engine/alert/event.h"
#include "engine/base/swar.h"
#include "engine/base/units.h"

namespace weir {

constexpr size_t kDateSize = 11;  // of a time, with its T

// The day that was read last, which the next time nearly always lies in.
class DayMemo {
 public:
  // When the day of `2019-11-29T` begins, in milliseconds since 1970; negative if there is none.
  int64_t DayOf(const char* text) {
    if (LoadWord(text) == front_ && LoadWord(text + 3) == back_) {
      return day_;
    }
    return Read(text);
  }

 private:
  int64_t Read(const char* text);

  uint64_t front_ = WordOf("1970-01-");  // the first eight of its characters
  uint64_t back_ = WordOf("0-01-01T");   // the last eight
  int64_t day_ = 0;
};

class JsonAlertReader {
 public:
  // How the fields are read: as the processor can do it best, or in a way that each can.
  enum class Way { kBest, kPortable };

  explicit JsonAlertReader(Way way = Way::kBest);

  // Whether `text` was such an alert, which is in `event` then; if not, that means nothing.
  // kJsonPadding bytes behind `text` must be readable. The alert views the arena only.
  // `envelope_time` takes precedence over the field `received`.
  bool Read(absl::string_view text, std::optional<TimeMs> envelope_time, Arena& arena,
            Event& event) {
    Alert& alert = event.emplace<Alert>();
    if (!read_(text, *this, arena, alert)) {
      return false;
    }
    if (envelope_time) {
      alert.received = *envelope_time;
    }
    return alert.received || alert.device_time;
  }

  // Of what was read last, without an envelope: whether the text is what AppendForwarded writes of
  // the alert, but for the line feed.
  bool is_verbatim() const { return is_verbatim_; }

 private:
  using ReadFields = bool (*)(absl::string_view text, JsonAlertReader& reader, Arena& arena,
                              Alert& alert);

  template <typename Text>
  friend class AlertFields;

  ReadFields read_;
  DayMemo received_;
  DayMemo device_time_;
  bool is_verbatim_ = false;
};

}  // namespace weir
