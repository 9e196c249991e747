#include "connectors/formats/decoder.h"

#include <variant>

#include "absl/strings/strip.h"

#include "connectors/formats/duis.h"
#include "connectors/formats/kcat.h"
#include "connectors/formats/kcat_line.h"
#include "connectors/formats/log_message.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

namespace {

// `[received<TAB>]message`.
Event DecodeGbcsLine(absl::string_view line, Arena& arena) {
  const size_t tab = line.find('\t');
  if (tab == absl::string_view::npos) {
    return DecodeGbcsText(line, arena, std::nullopt);
  }
  const std::optional<TimeMs> received = ParseTime(Trim(line.substr(0, tab)));
  const Event event = DecodeGbcsText(Trim(line.substr(tab + 1)), arena, received);
  const DeadReason* reason = std::get_if<DeadReason>(&event);
  const bool readable = reason == nullptr || *reason != DeadReason::kBadPayload;
  return !received && readable ? Event(DeadReason::kBadTime) : event;
}

// A line that is neither hexadecimal nor base64 is of no format at all.
Event OrNotReadable(const Event& event) {
  const DeadReason* reason = std::get_if<DeadReason>(&event);
  return reason != nullptr && *reason == DeadReason::kBadPayload ? Event(DeadReason::kNotReadable)
                                                                 : event;
}

}  // namespace

Decoder::Decoder(std::optional<Format> forced) : forced_(forced) {}

bool Decoder::Decode(absl::string_view line, Arena& arena, Envelope& envelope, Event& event) {
  const absl::string_view text = Trim(absl::StripPrefix(line, kByteOrderMark));
  const bool may_be_kcat = !forced_ || *forced_ == Format::kKcat;
  if (may_be_kcat && BeginsLikeKcat(text.data()) &&
      DecodeUsualKcat(text, parser_, arena, envelope, event)) {
    return false;
  }
  const bool may_be_json = !forced_ || *forced_ == Format::kJson;
  if (may_be_json && parser_.ReadAlert(text, arena, std::nullopt, event)) {
    envelope = Envelope();
    return parser_.is_verbatim() && text.size() == line.size();
  }
  DecodeText(text, arena, envelope, event);
  return false;
}

void Decoder::DecodeText(absl::string_view text, Arena& arena, Envelope& envelope, Event& event) {
  const Decoded decoded = DecodeAs(text, arena);
  envelope = decoded.envelope;
  event = decoded.event;
}

Decoded Decoder::DecodeAs(absl::string_view text, Arena& arena) {
  if (!forced_) {
    return DecodeAny(text, arena);
  }
  switch (*forced_) {
    case Format::kJson:
      return {.envelope = {}, .event = DecodeJson(text, parser_, arena, std::nullopt)};
    case Format::kKcat:
      return DecodeKcat(text, parser_, arena);
    case Format::kGbcs:
      return {.envelope = {}, .event = DecodeGbcsLine(text, arena)};
    case Format::kDuis:
      return {.envelope = {}, .event = DecodeDuis(text, arena, std::nullopt)};
  }
  return {.envelope = {}, .event = DeadReason::kNotReadable};
}

Decoded Decoder::DecodeAny(absl::string_view line, Arena& arena) {
  const char first = line.empty() ? '\0' : line.front();
  if (first == '{') {
    return DecodeObject(line, arena);
  }
  if (first == '<') {
    return {.envelope = {}, .event = DecodeDuis(line, arena, std::nullopt)};
  }
  return {.envelope = {}, .event = OrNotReadable(DecodeGbcsLine(line, arena))};
}

Decoded Decoder::DecodeObject(absl::string_view line, Arena& arena) {
  if (line.size() > kMaxKcatLine) {
    return {.envelope = {}, .event = DeadReason::kTooLong};
  }
  JsonObject object;
  const std::optional<DeadReason> bad = parser_.Read(line, object);
  if (!bad && IsKcat(object)) {
    return DecodeKcatObject(object, parser_, arena);
  }
  // Only an envelope may be longer than that.
  if (line.size() > kMaxJsonBytes) {
    return {.envelope = {}, .event = DeadReason::kTooLong};
  }
  return {.envelope = {},
          .event = bad ? Event(*bad) : DecodeJsonObject(object, arena, std::nullopt)};
}

}  // namespace weir
