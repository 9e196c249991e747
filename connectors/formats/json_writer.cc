#include "connectors/formats/json_writer.h"

#include <xxhash.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "connectors/formats/alert_text_avx2.h"
#include "connectors/formats/avx2.h"
#include "connectors/formats/binary_text.h"
#include "connectors/formats/format.h"
#include "connectors/formats/utf8.h"
#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"
#include "engine/base/check.h"
#include "engine/base/units.h"

namespace weir {

namespace {

constexpr const char* kLowerHexDigits = "0123456789abcdef";

template <typename Integer>
void AppendNumber(Integer number, std::string& out) {
  // Written in place: a buffer filled byte by byte is slow to copy.
  constexpr size_t kLongest = 20;
  const size_t begin = out.size();
  out.resize(begin + kLongest);
  const std::to_chars_result result = std::to_chars(&out[begin], &out[begin] + kLongest, number);
  out.resize(static_cast<size_t>(result.ptr - out.data()));
}

// ---- Fields; `name` is everything that stands before the value: `,"name":"`.

template <size_t N>
void AppendId(const char (&name)[N], Eui64 id, std::string& out) {
  out.append(name, N - 1);
  AppendEui64(id, out);
  out.push_back('"');
}

template <size_t N>
void AppendTimeField(const char (&name)[N], TimeMs time, std::string& out) {
  out.append(name, N - 1);
  AppendTime(time, out);
  out.push_back('"');
}

template <size_t N, typename Integer>
void AppendNumberField(const char (&name)[N], Integer number, std::string& out) {
  out.append(name, N - 1);
  AppendNumber(number, out);
}

// Copies a literal to `out` and returns its end.
template <size_t N>
char* Put(const char (&text)[N], char* out) {
  std::memcpy(out, text, N - 1);
  return out + (N - 1);
}

// As PutEui64.
char* PutId(Eui64 id, char* out) {
#ifdef WEIR_HAS_AVX2
  if (HasAvx2()) {
    return Avx2Text::PutId(id, out);
  }
#endif
  return PutEui64(id, out);
}

// More than all fields of an alert take but the payload.
constexpr size_t kFieldsBuffer = 320;

// The fields of an alert, from the opening brace on and without the last quote. All of them are
// strings, so that a name brings the quote of the value before it along.
void AppendAlertFields(const Alert& alert, std::string& out) {
  std::array<char, kFieldsBuffer> text;  // NOLINT(*-member-init): written up to `end` only
  char* end = text.data();
  if (alert.device) {
    end = PutId(*alert.device, Put("{\"device\":\"", end));
    end = Put("\",\"code\":\"", end);
  } else {
    end = Put("{\"code\":\"", end);
  }
  end = PutAlertCode(alert.code, end);
  if (alert.recipient) {
    end = PutId(*alert.recipient, Put("\",\"recipient\":\"", end));
  }
  if (alert.counter) {
    // A string: not every reader keeps 64 bits of a number.
    end = Put("\",\"counter\":\"", end);
    end = std::to_chars(end, text.data() + text.size(), *alert.counter).ptr;
  }
  if (alert.received) {
    end = PutTime(*alert.received, Put("\",\"received\":\"", end));
  }
  if (alert.device_time) {
    end = PutTime(*alert.device_time, Put("\",\"device_time\":\"", end));
  }
  out.append(text.data(), static_cast<size_t>(end - text.data()));
  if (!alert.payload.empty()) {
    out.append("\",\"payload\":\"");
    AppendBase64(alert.payload, out);
  }
}

absl::string_view KindName(EpisodeEvent::Kind kind) {
  switch (kind) {
    case EpisodeEvent::Kind::kStarted:
      return "started";
    case EpisodeEvent::Kind::kContinuing:
      return "continuing";
    case EpisodeEvent::Kind::kEnded:
      return "ended";
    case EpisodeEvent::Kind::kExcludedStorm:
      return "excluded_storm";
  }
  WEIR_CHECK(false);
}

absl::string_view ReasonName(EpisodeEvent::Reason reason) {
  switch (reason) {
    case EpisodeEvent::Reason::kClear:
      return "clear";
    case EpisodeEvent::Reason::kPolicy:
      return "policy";
  }
  WEIR_CHECK(false);
}

// ---- Strings

constexpr bool IsPlain(char c) {
  return c >= ' ' && c != '"' && c != '\\' && static_cast<unsigned char>(c) < 0x80;
}

void AppendEscape(char c, std::string& out) {
  out.push_back('\\');
  switch (c) {
    case '"':
    case '\\':
      out.push_back(c);
      return;
    case '\b':
      out.push_back('b');
      return;
    case '\f':
      out.push_back('f');
      return;
    case '\n':
      out.push_back('n');
      return;
    case '\r':
      out.push_back('r');
      return;
    case '\t':
      out.push_back('t');
      return;
    default:
      out.append("u00");
      out.push_back(kLowerHexDigits[c >> 4 & 0xF]);
      out.push_back(kLowerHexDigits[c & 0xF]);
  }
}

// The canonical form: 32 hex digits, the high half first.
void AppendDigest(absl::string_view bytes, std::string& out) {
  XXH128_canonical_t digest;
  XXH128_canonicalFromHash(&digest, XXH3_128bits(bytes.data(), bytes.size()));
  for (const unsigned char byte : digest.digest) {
    out.push_back(kLowerHexDigits[byte >> 4]);
    out.push_back(kLowerHexDigits[byte & 0xF]);
  }
}

}  // namespace

void AppendForwarded(const Alert& alert, std::string& out) {
  AppendAlertFields(alert, out);
  out.append("\"}\n");
}

void AppendForwardedCopy(const Alert& alert, const CopyMark& mark, std::string& out) {
  AppendAlertFields(alert, out);
  AppendNumberField("\",\"throttled_alert_sequence_id\":", mark.sequence_id, out);
  AppendNumberField(",\"throttled_alert_count\":", mark.count, out);
  out.append("}\n");
}

void AppendEpisode(const EpisodeEvent& event, std::string& out) {
  using Kind = EpisodeEvent::Kind;
  out.append("{\"event\":\"");
  out.append(KindName(event.kind).data(), KindName(event.kind).size());
  AppendTimeField("\",\"at\":\"", event.at, out);
  AppendId(",\"device\":\"", event.key.device, out);
  out.append(",\"code\":\"");
  AppendAlertCode(event.key.code, out);
  out.push_back('"');
  if (event.key.recipient.value != 0) {
    AppendId(",\"recipient\":\"", event.key.recipient, out);
  }
  if (event.started && event.kind != Kind::kExcludedStorm) {
    AppendTimeField(",\"started\":\"", *event.started, out);
  }
  if (event.kind == Kind::kEnded) {
    AppendTimeField(",\"ended\":\"", event.at, out);
    out.append(",\"reason\":");
    AppendJsonString(ReasonName(event.reason), out);
  }
  if (event.policy) {
    AppendTimeField(",\"policy\":\"", *event.policy, out);
  }
  if (!event.note.empty()) {
    out.append(",\"note\":");
    AppendJsonString(event.note, out);
  }
  if (event.kind == Kind::kContinuing || event.kind == Kind::kEnded) {
    AppendNumberField(",\"alerts\":", event.counts.alerts, out);
    AppendNumberField(",\"copies\":", event.counts.copies, out);
    AppendNumberField(",\"consolidated\":", event.counts.consolidated(), out);
    if (event.counts.copies > 0) {
      // Copies are numbered from 1 without a gap.
      AppendNumberField(",\"last_sequence_id\":", event.counts.copies, out);
    }
  }
  out.append("}\n");
}

void AppendDeadLetter(const Record& record, DeadReason reason, std::string& out,
                      size_t most_bytes) {
  const Origin& origin = record.origin;
  out.push_back('{');
  if (!origin.capture.empty()) {
    out.append("\"capture\":");
    AppendJsonString(origin.capture, out);
    AppendNumberField(",\"line\":", origin.line, out);
    out.push_back(',');
  }
  if (!origin.topic.empty()) {
    out.append("\"topic\":");
    AppendJsonString(origin.topic, out);
    AppendNumberField(",\"partition\":", origin.partition, out);
    out.push_back(',');
  }
  AppendNumberField("\"offset\":", origin.offset, out);
  out.append(",\"reason\":");
  AppendJsonString(DeadReasonName(reason), out);
  out.append(",\"bytes\":\"");
  AppendBase64(record.bytes.substr(0, most_bytes), out);
  out.push_back('"');
  if (record.bytes.size() > most_bytes) {
    AppendNumberField(",\"length\":", record.bytes.size(), out);
    out.append(",\"digest\":\"xxh3_128:");
    AppendDigest(record.bytes, out);
    out.push_back('"');
  }
  out.append("}\n");
}

void AppendJsonString(absl::string_view text, std::string& out) {
  out.push_back('"');
  size_t position = 0;
  while (position < text.size()) {
    size_t plain = position;
    while (plain < text.size() && IsPlain(text[plain])) {
      ++plain;
    }
    out.append(text.data() + position, plain - position);
    position = plain;
    if (position == text.size()) {
      break;
    }
    const char c = text[position];
    if (static_cast<unsigned char>(c) < 0x80) {
      AppendEscape(c, out);
      ++position;
      continue;
    }
    const Utf8Character character = ReadUtf8Character(text.substr(position));
    if (character.valid) {
      out.append(text.data() + position, character.size);
    } else {
      out.append(kReplacement.data(), kReplacement.size());
    }
    position += character.size;
  }
  out.push_back('"');
}

}  // namespace weir
