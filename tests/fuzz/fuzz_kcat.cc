// Goal: a kcat envelope gives the event of its payload, or says why not.
// Method: any bytes as a line; the same bytes as the payload of an envelope that is right, against
// the payload decoded by itself.

#include <cstddef>
#include <cstdint>
#include <string>

#include "connectors/formats/log_message.h"
#include "tests/fuzz/events.h"

namespace weir {
namespace {

constexpr TimeMs kReceived{1575280800000};  // 2019-12-02T10:00:00Z

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
  const PaddedText value(payload, FillFor(payload, 0));
  const SpareArena arena;
  const Event alone = DecodeLogMessage({"", value.view(), kReceived.value}, parser, *arena);
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
