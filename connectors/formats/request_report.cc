#include "connectors/formats/request_report.h"

#include <variant>

namespace weir {

namespace {

constexpr uint16_t kElectricityOutcome = 0x00CC;
constexpr uint16_t kGasOutcome = 0x00CD;

constexpr size_t kCodeSize = 2;
constexpr size_t kCounterSize = 8;

uint64_t LoadBig(absl::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) {
    value = value << 8 | static_cast<uint8_t>(byte);
  }
  return value;
}

// How a body begins, its length included, and how many bytes name what was to be changed: class,
// OBIS code and attribute, or cluster, frame control and command.
struct Layout {
  absl::string_view head;
  size_t instruction_size = 0;
};

std::optional<Layout> LayoutOf(const GbcsMessage& message) {
  if (message.message_code == kElectricityOutcome && message.encoding == GbcsEncoding::kDlms) {
    return Layout{.head = "\x09\x13", .instruction_size = 9};
  }
  if (message.message_code == kGasOutcome && message.encoding == GbcsEncoding::kGbz) {
    return Layout{.head = "\x0E", .instruction_size = 4};
  }
  return std::nullopt;
}

}  // namespace

std::optional<RequestReport> ReadRequestReport(const GbcsMessage& message) {
  const std::optional<Layout> layout = LayoutOf(message);
  absl::string_view body = message.body;
  if (!layout || body.substr(0, layout->head.size()) != layout->head) {
    return std::nullopt;
  }
  body.remove_prefix(layout->head.size());
  if (body.size() < kCodeSize + kCounterSize + layout->instruction_size) {
    return std::nullopt;
  }
  const RequestReport report = {
      .message_code = static_cast<uint16_t>(LoadBig(body.substr(0, kCodeSize))),
      .counter = LoadBig(body.substr(kCodeSize, kCounterSize)),
      .instruction = body.substr(kCodeSize + kCounterSize, layout->instruction_size)};
  // No command has that code: it stands for a report that says nothing.
  return report.message_code == 0 ? std::nullopt : std::make_optional(report);
}

std::optional<RequestReport> ReadRequestReport(absl::string_view bytes) {
  const std::variant<GbcsMessage, DeadReason> decoded = DecodeGbcs(bytes);
  const auto* message = std::get_if<GbcsMessage>(&decoded);
  return message == nullptr ? std::nullopt : ReadRequestReport(*message);
}

}  // namespace weir
