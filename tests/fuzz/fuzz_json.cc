// Goal: the JSON format is read as it promises, and strings that Weir writes are JSON.
// Method: any bytes as a line; the same bytes as the content of a string.

#include <cstddef>
#include <cstdint>
#include <string>

#include "connectors/formats/json.h"
#include "connectors/formats/json_writer.h"
#include "tests/fuzz/events.h"

namespace weir {
namespace {

// Bytes outside UTF-8 are replaced when they are written: what is read again is not always `text`,
// but from then on it stays the same.
void CheckString(absl::string_view text) {
  std::string line = "{\"topic\":";
  AppendJsonString(text, line);
  line.push_back('}');
  const PaddedText padded(line, FillFor(line, 0));
  JsonParser parser;
  JsonObject object;
  WEIR_CHECK(!parser.Read(padded.view(), object));
  const JsonValue* value = object.Find(JsonField::kTopic);
  WEIR_CHECK(value != nullptr && value->kind == JsonValue::Kind::kString);
  std::string again = "{\"topic\":";
  AppendJsonString(value->text(), again);
  again.push_back('}');
  CheckSame(line, again);
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  weir::CheckLine(input, weir::Format::kJson);
  weir::CheckString(input);
  return 0;
}
