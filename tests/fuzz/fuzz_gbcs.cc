// Goal: a GBCS message is decoded within its bytes, the same in binary and as text, and what is
// decoded can be encoded again.
// Method: any bytes as a message, out of a block of their size; the same message in hexadecimal and
// base64; the same bytes as text.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "connectors/formats/gbcs.h"
#include "connectors/formats/gbcs_encode.h"
#include "connectors/formats/log_message.h"
#include "tests/fuzz/events.h"

namespace weir {
namespace {

constexpr TimeMs kReceived{1575280800000};  // 2019-12-02T10:00:00Z

bool LiesWithin(absl::string_view view, absl::string_view whole) {
  return view.empty() ||
         (view.data() >= whole.data() && view.data() + view.size() <= whole.data() + whole.size());
}

// Everything that the encoder takes.
std::string TextOf(const GbcsMessage& message) {
  const auto id = [](std::optional<Eui64> value) {
    return value ? FormatEui64(*value) : std::string("none");
  };
  const auto number = [](const auto& value) {
    return value ? absl::StrCat(*value) : std::string("none");
  };
  std::string out = absl::StrCat(
      message.mac ? "mac " : "signed ", GbcsEncodingName(message.encoding), " ",
      message.message_code, " ", message.counter, " ", FormatEui64(message.originator), " ",
      FormatEui64(message.target), " ", id(message.supplementary_party), " ",
      number(message.supplementary_party_counter), " ",
      number(message.supplementary_originator_counter), " ", FormatAlertCode(message.code), " ");
  absl::StrAppend(&out, message.device_time ? FormatTime(*message.device_time) : "open", " ");
  AppendHex(message.body, out);
  return out;
}

void CheckEncoded(const GbcsMessage& message) {
  constexpr size_t kRoomForHeaders = 1000;
  if (message.body.size() > kMaxGbcsContent - kRoomForHeaders) {
    return;
  }
  const std::string encoded =
      EncodeGbcs({.mac = message.mac,
                  .counter = message.counter,
                  .originator = message.originator,
                  .target = message.target,
                  .message_code = message.message_code,
                  .header_time = message.device_time,
                  .supplementary_party = message.supplementary_party,
                  .supplementary_party_counter = message.supplementary_party_counter,
                  .supplementary_originator_counter = message.supplementary_originator_counter,
                  .certificate = {},
                  .encoding = message.encoding,
                  .code = message.code,
                  .device_time = message.device_time,
                  .elements = 1,
                  .body = message.body});
  const auto decoded = DecodeGbcs(encoded);
  const auto* again = std::get_if<GbcsMessage>(&decoded);
  WEIR_CHECK(again != nullptr);
  CheckSame(TextOf(message), TextOf(*again));
}

void CheckMessage(const GbcsMessage& message, const Event& event, absl::string_view bytes) {
  WEIR_CHECK(message.cra == kCraAlert && message.code.is_device());
  WEIR_CHECK(LiesWithin(message.payload, bytes) && LiesWithin(message.body, message.payload));
  WEIR_CHECK(IsReadableTime(message.device_time));
  const auto* alert = std::get_if<Alert>(&event);
  WEIR_CHECK(alert != nullptr);
  WEIR_CHECK(alert->payload.data() == bytes.data() && alert->payload.size() == bytes.size());
  WEIR_CHECK(alert->device == message.originator && alert->recipient == message.target);
  WEIR_CHECK(alert->code == message.code && alert->counter == message.counter);
  WEIR_CHECK(alert->received == kReceived && alert->device_time == message.device_time);
  CheckEncoded(message);
}

// The event of a message, with what it says of a request.
Event EventOf(absl::string_view bytes, std::optional<TimeMs> received, Arena& arena) {
  Event event = GbcsToEvent(bytes, received);
  if (auto* alert = std::get_if<Alert>(&event)) {
    AddRequestReport(*alert, arena);
  }
  return event;
}

// A message as text is the same event as its bytes.
void CheckAsText(absl::string_view bytes) {
  const SpareArena arena;
  const Event event = EventOf(bytes, kReceived, *arena);
  const Event expected = bytes.empty() ? Event(DeadReason::kBadPayload) : event;
  std::string hex;
  AppendHex(bytes, hex);
  CheckSame(TextOf(expected), TextOf(DecodeGbcsText(hex, *arena, kReceived)));
  std::string base64;
  AppendBase64(bytes, base64);
  // A short text may be both, and is hexadecimal then.
  if (base64.find_first_not_of("0123456789ABCDEFabcdef") != std::string::npos) {
    CheckSame(TextOf(expected), TextOf(DecodeGbcsText(base64, *arena, kReceived)));
  }
  if (!bytes.empty()) {
    CheckSame(TextOf(EventOf(bytes, std::nullopt, *arena)), CheckLine(hex, Format::kGbcs));
    CheckSame(TextOf(event),
              CheckLine(absl::StrCat(FormatTime(kReceived), "\t", hex), std::nullopt));
  }
}

void CheckBytes(absl::string_view input) {
  const std::unique_ptr<char[]> block(new char[input.size()]);
  std::copy(input.begin(), input.end(), block.get());
  const absl::string_view bytes(block.get(), input.size());
  const auto decoded = DecodeGbcs(bytes);
  const SpareArena arena;
  const Event event = EventOf(bytes, kReceived, *arena);
  CheckEvent(event);
  CheckEvent(EventOf(bytes, std::nullopt, *arena));
  if (const auto* message = std::get_if<GbcsMessage>(&decoded)) {
    CheckMessage(*message, event, bytes);
  } else {
    WEIR_CHECK(std::get<DeadReason>(event) == std::get<DeadReason>(decoded));
  }
  CheckWritten(event);
  CheckAsText(bytes);
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  weir::CheckBytes(input);
  weir::CheckLine(input, weir::Format::kGbcs);
  return 0;
}
