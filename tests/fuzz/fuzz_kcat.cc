// Goal: a kcat envelope gives the event of its payload, or says why not.
// Method: any bytes as a line; the same bytes as the payload of an envelope that is right, against
// the payload decoded by itself.

#include <cstddef>
#include <cstdint>
#include <string>

#include "connectors/formats/duis.h"
#include "connectors/formats/kcat.h"
#include "tests/fuzz/events.h"

namespace weir {
namespace {

constexpr TimeMs kReceived{1575280800000};  // 2019-12-02T10:00:00Z

Event Alone(absl::string_view payload, JsonParser& parser, Arena& arena) {
  if (payload.empty()) {
    return DeadReason::kMissingField;
  }
  const absl::string_view text = Trim(payload);
  if (!text.empty() && text.front() == '{') {
    const PaddedText padded(text, FillFor(text, 0));
    return DecodeJson(padded.view(), parser, arena, kReceived);
  }
  if (!text.empty() && text.front() == '<') {
    return DecodeDuis(text, arena, kReceived);
  }
  const Event event = DecodeGbcsText(text, arena, kReceived);
  const auto* reason = std::get_if<DeadReason>(&event);
  return reason != nullptr && *reason == DeadReason::kBadPayload ? Event(DeadReason::kNotReadable)
                                                                 : event;
}

void CheckWrapped(absl::string_view input) {
  std::string line =
      absl::StrCat("{\"topic\":\"alerts\",\"partition\":3,\"offset\":7,\"ts\":", kReceived.value,
                   ",\"key\":null,\"payload\":");
  AppendJsonString(input, line);
  line.push_back('}');
  // The payload as it is read: bytes outside UTF-8 have been replaced.
  const PaddedText padded(line, FillFor(line, 0));
  JsonParser parser;
  JsonObject object;
  WEIR_CHECK(!parser.Read(padded.view(), object));
  const std::string payload(object.Find(JsonField::kPayload)->text());
  const SpareArena arena;
  const Event alone = Alone(payload, parser, *arena);
  CheckSame(absl::StrCat("alerts/3/7 ", TextOf(alone)), CheckLine(line, Format::kKcat));
  CheckSame(absl::StrCat("alerts/3/7 ", TextOf(alone)), CheckLine(line, std::nullopt));
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  weir::CheckLine(input, weir::Format::kKcat);
  weir::CheckWrapped(input);
  return 0;
}
