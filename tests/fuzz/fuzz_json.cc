// Goal: the JSON format is read as it promises, and strings that Weir writes are JSON.
// Method: any bytes as a line, read alike by the readers of alerts and of plain objects and by the
// general parser; the same bytes as the content of a string.

#include <cstddef>
#include <cstdint>
#include <string>

#include "connectors/formats/json.h"
#include "connectors/formats/json_alert.h"
#include "connectors/formats/json_plain.h"
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

bool IsSame(const JsonValue* a, const JsonValue* b) {
  if (a == nullptr || b == nullptr) {
    return a == b;
  }
  const bool same_kind = a->kind == b->kind;
  return same_kind &&
         (a->kind == JsonValue::Kind::kString ? a->text() == b->text() : a->number == b->number);
}

// What the plain reader takes, the general parser reads alike.
void CheckPlain(absl::string_view text) {
  const PaddedText padded(text, FillFor(text, 0));
  JsonObject plain;
  Arena unescaped;
  if (!ReadPlainObject(padded.view(), plain, unescaped)) {
    return;
  }
  // A line feed is nothing to the one, and too much for the other.
  std::string spaced = "\n";
  spaced.append(text.data(), text.size());
  const PaddedText padded_again(spaced, FillFor(spaced, 0));
  JsonParser parser;
  JsonObject general;
  WEIR_CHECK(!parser.Read(padded_again.view(), general));
  for (size_t i = 0; i < static_cast<size_t>(JsonField::kCount); ++i) {
    const auto field = static_cast<JsonField>(i);
    WEIR_CHECK(IsSame(plain.Find(field), general.Find(field)));
    WEIR_CHECK(plain.repeated().Has(field) == general.repeated().Has(field));
  }
}

// What the reader of alerts takes, in whichever way, the general parser reads alike.
void CheckAlert(absl::string_view text) {
  const PaddedText padded(text, FillFor(text, 0));
  const SpareArena arena;
  std::string spaced = "\n";
  spaced.append(text.data(), text.size());
  const PaddedText padded_again(spaced, FillFor(spaced, 0));
  for (const auto way : {JsonAlertReader::Way::kBest, JsonAlertReader::Way::kPortable}) {
    JsonAlertReader reader(way);
    Event event;
    if (!reader.Read(padded.view(), std::nullopt, *arena, event)) {
      continue;
    }
    JsonParser parser;
    JsonObject object;
    WEIR_CHECK(!parser.Read(padded_again.view(), object));
    CheckSame(TextOf(event), TextOf(DecodeJsonObject(object, *arena, std::nullopt)));
  }
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  weir::CheckLine(input, weir::Format::kJson);
  weir::CheckPlain(input);
  weir::CheckAlert(input);
  weir::CheckString(input);
  return 0;
}
