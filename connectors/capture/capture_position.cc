#include "connectors/capture/capture_position.h"

#include <utility>

#include "engine/base/wire.h"

namespace weir {

namespace {

constexpr uint8_t kVersion = 1;

}  // namespace

std::string EncodePosition(const CapturePosition& position) {
  std::string out;
  PutU8(kVersion, out);
  PutU64(position.captures.size(), out);
  for (const CapturePosition::Capture& capture : position.captures) {
    PutBytes(capture.name, out);
    PutU64(capture.size, out);
  }
  PutU64(position.last.start, out);
  PutU64(position.last.number, out);
  PutU64(position.last.hash, out);
  PutI64(position.next_offset, out);
  PutU64(position.partitions.size(), out);
  for (const PartitionName& name : position.partitions) {
    PutBytes(name.topic, out);
    PutU32(static_cast<uint32_t>(name.partition), out);
  }
  return out;
}

std::optional<CapturePosition> DecodePosition(absl::string_view bytes) {
  WireReader reader(bytes);
  if (reader.U8() != kVersion) {
    return std::nullopt;
  }
  CapturePosition position;
  const uint64_t captures = reader.U64();
  for (uint64_t i = 0; i < captures && reader.ok(); ++i) {
    std::string name(reader.Bytes());
    position.captures.push_back({.name = std::move(name), .size = reader.U64()});
  }
  position.last = {.start = reader.U64(), .number = reader.U64(), .hash = reader.U64()};
  position.next_offset = reader.I64();
  const uint64_t partitions = reader.U64();
  for (uint64_t i = 0; i < partitions && reader.ok(); ++i) {
    std::string topic(reader.Bytes());
    position.partitions.push_back(
        {.topic = std::move(topic), .partition = static_cast<int32_t>(reader.U32())});
  }
  if (!reader.done()) {
    return std::nullopt;
  }
  return position;
}

}  // namespace weir
