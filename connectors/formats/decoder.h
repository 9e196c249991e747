// Turns a line of a capture into an event, whatever its format.
//
// The format is found for each line by itself, so that captures may mix them and a result never
// depends on the lines before. A line that begins with `{` is JSON or what kcat prints, told apart
// by IsKcat; one that begins with `<` is a DUIS document; any other is a GBCS message in
// hexadecimal or base64, behind the time at which it was received and a tab if there is one.
//
// Promises: any bytes give an event.
// Errors: a DeadReason. kNotReadable only if no format was asked for and none fits; a line that
// begins like JSON but is cut short is kBadJson.
//
// Threads: one owner.
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <optional>

#include "absl/strings/string_view.h"

#include "connectors/formats/arena.h"
#include "connectors/formats/format.h"
#include "connectors/formats/json.h"
#include "connectors/formats/json_alert.h"

namespace weir {

// What some programs put before a text in UTF-8.
constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

class Decoder {
 public:
  // Reads only the format `forced`, if there is one.
  explicit Decoder(std::optional<Format> forced);

  // `line` comes without its terminator, and kJsonPadding bytes behind it must be readable. A byte
  // order mark before it and blanks around it are ignored. The result views `arena` only.
  Decoded Decode(absl::string_view line, Arena& arena) {
    Decoded decoded;
    Decode(line, arena, decoded.envelope, decoded.event);
    return decoded;
  }

  // The same where the caller wants it: moving an event takes a good part of what reading one does.
  // Whether the line is what AppendForwarded writes of the alert, but for the line feed.
  bool Decode(absl::string_view line, Arena& arena, Envelope& envelope, Event& event);

 private:
  // Whether records of that format are read.
  bool May(Format format) const { return !forced_ || *forced_ == format; }

  void DecodeText(absl::string_view text, Arena& arena, Envelope& envelope, Event& event);
  Decoded DecodeAs(absl::string_view text, Arena& arena);
  Decoded DecodeObject(absl::string_view line, Arena& arena);
  Event DecodeGbcsLine(absl::string_view line, Arena& arena);

  std::optional<Format> forced_;
  JsonParser parser_;
  DayMemo received_;  // of lines that begin with a time
};

}  // namespace weir
