// Goal: the format of each line is found by itself, and no line changes what another gives.
// Method: several lines with one decoder, each against a decoder of its own; all results read again
// at the end, when their lines are long gone.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"

#include "connectors/formats/decoder.h"
#include "tests/fuzz/events.h"

namespace weir {
namespace {

// What `weir decode` prints of a line is one JSON object.
void CheckPrinted(absl::string_view line, const Decoded& decoded) {
  Record record;
  record.event = decoded.event;
  record.bytes = line;
  if (decoded.envelope.present) {
    record.origin.topic = decoded.envelope.topic;
    record.origin.partition = decoded.envelope.partition;
    record.origin.offset = decoded.envelope.offset;
  }
  CheckPrintedRecord(record);
}

void CheckLines(absl::string_view input) {
  const SpareArena arena;
  Decoder decoder(std::nullopt);
  std::vector<Decoded> results;
  std::vector<std::string> texts;
  for (const absl::string_view line : absl::StrSplit(input, '\n')) {
    results.push_back(DecodePadded(line, FillFor(line, texts.size()), decoder, *arena));
    texts.push_back(CheckLine(line, std::nullopt));
    CheckSame(texts.back(), TextOf(results.back()));
    CheckPrinted(line, results.back());
  }
  for (size_t i = 0; i < results.size(); ++i) {
    CheckSame(texts[i], TextOf(results[i]));
  }
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::CheckLines({reinterpret_cast<const char*>(data), size});
  return 0;
}
