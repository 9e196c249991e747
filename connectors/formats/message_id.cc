#include "connectors/formats/message_id.h"

namespace weir {

std::optional<MessageId> ParseMessageId(absl::string_view text) {
  const size_t first = text.find(':');
  const size_t second = first == absl::string_view::npos ? first : text.find(':', first + 1);
  if (second == absl::string_view::npos) {
    return std::nullopt;
  }
  const std::optional<Eui64> originator = ParseEui64(text.substr(0, first));
  const std::optional<Eui64> target = ParseEui64(text.substr(first + 1, second - first - 1));
  const std::optional<uint64_t> counter = ParseUnsigned(text.substr(second + 1));
  if (!originator || !target || !counter) {
    return std::nullopt;
  }
  return MessageId{.originator = *originator, .target = *target, .counter = *counter};
}

}  // namespace weir
