#include "connectors/formats/decoder.h"

#include <variant>

#include "absl/strings/strip.h"

#include "connectors/formats/alert_text.h"
#include "connectors/formats/alert_text_avx2.h"
#include "connectors/formats/avx2.h"
#include "connectors/formats/duis.h"
#include "connectors/formats/kcat.h"
#include "connectors/formats/kcat_line.h"
#include "connectors/formats/log_message.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

namespace {

#ifdef WEIR_HAS_AVX2

WEIR_AVX2 bool ReadOfDayWithAvx2(const char* text, int64_t& ms) {
  return Avx2Text::OfDay<'\t'>(text, ms);
}

#endif

// The time of day that stands before a tab, as OfDay has it.
bool ReadOfDay(const char* text, int64_t& ms) {
#ifdef WEIR_HAS_AVX2
  if (HasAvx2()) {
    return ReadOfDayWithAvx2(text, ms);
  }
#endif
  return PortableText::OfDay<'\t'>(text, ms);
}

// The event of a message behind a time, which is none if it could not be read.
Event DecodeReceived(absl::string_view message, Arena& arena, std::optional<TimeMs> received) {
  Event event = DecodeGbcsText(message, arena, received);
  const DeadReason* reason = std::get_if<DeadReason>(&event);
  const bool readable = reason == nullptr || *reason != DeadReason::kBadPayload;
  if (!received && readable) {
    event = DeadReason::kBadTime;
  }
  return event;
}

}  // namespace

Decoder::Decoder(std::optional<Format> forced) : forced_(forced) {}

bool Decoder::Decode(absl::string_view line, Arena& arena, Envelope& envelope, Event& event) {
  const absl::string_view text = Trim(absl::StripPrefix(line, kByteOrderMark));
  const char first = text.empty() ? '\0' : text.front();
  if (first == '{') {
    if (May(Format::kKcat) && BeginsLikeKcat(text.data()) &&
        DecodeUsualKcat(text, parser_, arena, envelope, event)) {
      return false;
    }
    if (May(Format::kJson) && parser_.ReadAlert(text, arena, std::nullopt, event)) {
      envelope = Envelope();
      return parser_.is_verbatim() && text.size() == line.size();
    }
  } else if (first != '<' && May(Format::kGbcs)) {
    envelope = Envelope();
    event = DecodeGbcsLine(text, arena);
    if (!forced_) {
      TellNotReadable(event);
    }
    return false;
  }
  DecodeText(text, arena, envelope, event);
  return false;
}

void Decoder::DecodeText(absl::string_view text, Arena& arena, Envelope& envelope, Event& event) {
  const Decoded decoded = DecodeAs(text, arena);
  envelope = decoded.envelope;
  event = decoded.event;
}

// What Decode has not read: of a format that is not known it begins with `{` or `<`.
Decoded Decoder::DecodeAs(absl::string_view text, Arena& arena) {
  if (!forced_ && text.front() == '{') {
    return DecodeObject(text, arena);
  }
  switch (forced_.value_or(Format::kDuis)) {
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

// `[received<TAB>]message`.
Event Decoder::DecodeGbcsLine(absl::string_view line, Arena& arena) {
  // As nearly all lines begin.
  if (line.size() > kTimeTextSize && line[kTimeTextSize] == '\t') {
    const int64_t day = received_.DayOf(line.data());
    int64_t of_day = 0;
    if (day >= 0 && ReadOfDay(line.data() + kDateSize, of_day)) {
      return DecodeReceived(Trim(line.substr(kTimeTextSize + 1)), arena, TimeMs{day + of_day});
    }
  }
  const size_t tab = line.find('\t');
  if (tab == absl::string_view::npos) {
    return DecodeGbcsText(line, arena, std::nullopt);
  }
  return DecodeReceived(Trim(line.substr(tab + 1)), arena, ParseTime(Trim(line.substr(0, tab))));
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
