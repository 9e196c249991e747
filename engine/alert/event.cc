#include "engine/alert/event.h"

#include "engine/base/check.h"

namespace weir {

absl::string_view DeadReasonName(DeadReason reason) {
  switch (reason) {
    case DeadReason::kNotReadable:
      return "not_readable";
    case DeadReason::kBadJson:
      return "bad_json";
    case DeadReason::kBadUtf8:
      return "bad_utf8";
    case DeadReason::kTooLong:
      return "too_long";
    case DeadReason::kTooDeep:
      return "too_deep";
    case DeadReason::kUnknownType:
      return "unknown_type";
    case DeadReason::kMissingField:
      return "missing_field";
    case DeadReason::kBadField:
      return "bad_field";
    case DeadReason::kNoTime:
      return "no_time";
    case DeadReason::kBadTime:
      return "bad_time";
    case DeadReason::kBadCode:
      return "bad_code";
    case DeadReason::kBadPayload:
      return "bad_payload";
    case DeadReason::kBadEnvelope:
      return "bad_envelope";
    case DeadReason::kBadGbcs:
      return "bad_gbcs";
    case DeadReason::kNotAnAlert:
      return "not_an_alert";
    case DeadReason::kBlockTransfer:
      return "block_transfer";
    case DeadReason::kKeyMismatch:
      return "key_mismatch";
    case DeadReason::kBadXml:
      return "bad_xml";
    case DeadReason::kDoctype:
      return "doctype";
    case DeadReason::kDuisMismatch:
      return "duis_mismatch";
    case DeadReason::kDuisInJson:
      return "duis_in_json";
    case DeadReason::kTooLarge:
      return "too_large";
    case DeadReason::kCrashed:
      return "crashed";
  }
  WEIR_CHECK(false);
}

}  // namespace weir
