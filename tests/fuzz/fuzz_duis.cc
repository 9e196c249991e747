// Goal: a DUIS document gives the event that it says, or a reason why not.
// Method: any bytes as a document; what passes the check of the text must be parsed; a document
// with something behind it; alerts that are written as documents again; what `weir decode` prints.

#include <cstddef>
#include <cstdint>
#include <string>

#include "connectors/formats/duis.h"
#include "connectors/formats/duis_encode.h"
#include "connectors/formats/log_message.h"
#include "connectors/formats/xml_check.h"
#include "tests/fuzz/events.h"

namespace weir {
namespace {

bool IsDead(const Event& event, DeadReason reason) {
  const auto* dead = std::get_if<DeadReason>(&event);
  return dead != nullptr && *dead == reason;
}

// The check and the parser agree about what a document is.
void CheckParsed(absl::string_view text, const Event& event) {
  if (text.size() <= kMaxMessageBytes) {
    const std::optional<DeadReason> bad = CheckXml(text);
    WEIR_CHECK(bad ? IsDead(event, *bad) : !IsDead(event, DeadReason::kBadXml));
  }
}

// Comments and blanks behind a document change nothing; anything else makes it none.
void CheckTail(absl::string_view text, const Event& event, Arena& arena) {
  constexpr size_t kRoom = 64;
  if (CheckXml(text) || text.size() + kRoom > kMaxMessageBytes) {
    return;
  }
  const std::string harmless = absl::StrCat(text, " <!-- > --><?x y?>\n");
  CheckSame(TextOf(event), TextOf(DecodeDuis(harmless, arena, std::nullopt)));
  for (const char* tail : {"<a/>", "x", "&amp;", "<![CDATA[]]>", "</Response>", "<!DOCTYPE a>"}) {
    const Event spoilt = DecodeDuis(absl::StrCat(text, tail), arena, std::nullopt);
    WEIR_CHECK(IsDead(spoilt, DeadReason::kBadXml) || IsDead(spoilt, DeadReason::kDoctype));
  }
}

// A DCC alert may be of another code than its body's, and of most there is no device's time to
// keep.
bool KeepsDeviceTime(AlertCode code) {
  return code.is_device() || code == ParseAlertCode("N39") || code == ParseAlertCode("N62");
}

// An alert that is written as a document is read again as the same alert.
void CheckWrittenAsDuis(const Event& event, Arena& arena) {
  const auto* read = std::get_if<Alert>(&event);
  if (read == nullptr || !read->recipient) {
    return;
  }
  Alert alert = *read;
  if (!KeepsDeviceTime(alert.code)) {
    alert.device_time.reset();
  }
  const CopyMark mark{.sequence_id = alert.counter.value_or(1), .count = UINT64_MAX};
  for (const std::optional<CopyMark>& copy : {std::optional<CopyMark>(), std::optional(mark)}) {
    std::string line;
    WEIR_CHECK(AppendDuis(alert, copy, line) == IsWrittenAsDuis(alert.code) || !alert.device);
    if (!line.empty()) {
      WEIR_CHECK(line.find('\n') == line.size() - 1);
      CheckSame(TextOf(alert), TextOf(DecodeDuis(Trim(line), arena, std::nullopt)));
    }
  }
}

void CheckPrinted(absl::string_view text, const Event& event) {
  Record record;
  record.event = event;
  record.bytes = text;
  CheckPrintedRecord(record);
}

void CheckDocument(absl::string_view input) {
  CheckLine(input, Format::kDuis);
  const SpareArena arena;
  const Event event = DecodeDuis(input, *arena, std::nullopt);
  CheckEvent(event);
  CheckParsed(input, event);
  CheckTail(input, event, *arena);
  CheckWrittenAsDuis(event, *arena);
  CheckPrinted(input, event);
  if (!input.empty() && input.front() == '<') {
    CheckSame(CheckLine(input, Format::kDuis), CheckLine(input, std::nullopt));
  }
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::CheckDocument({reinterpret_cast<const char*>(data), size});
  return 0;
}
