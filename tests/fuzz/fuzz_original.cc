// Goal: bytes from the state are a message or none, and what is one lies within them.
// Method: any bytes as a blob, out of a block of their size; what was read, put together again.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "connectors/kafka/original.h"
#include "engine/base/check.h"

namespace weir {
namespace {

// The bytes of a message but for its flags and sizes; reads every byte that it views.
std::string BytesOf(const OriginalMessage& message) {
  std::string bytes(message.key.value_or(""));
  OriginalHeaders headers = message.headers();
  size_t left = message.header_bytes.size();
  while (const std::optional<OriginalHeader> header = headers.Next()) {
    constexpr size_t kSizes = 8;
    const absl::string_view value = header->value.value_or("");
    bytes.append(header->name.data(), header->name.size());
    bytes.append(value.data(), value.size());
    WEIR_CHECK(left >= kSizes + header->name.size() + value.size());
    left -= kSizes + header->name.size() + value.size();
  }
  WEIR_CHECK(headers.done() && left == 0);
  const absl::string_view value = message.value.value_or("");
  bytes.append(value.data(), value.size());
  return bytes;
}

void CheckBlob(absl::string_view blob) {
  const std::optional<OriginalMessage> message = ReadOriginal(blob);
  if (message) {
    constexpr size_t kHead = 9;
    const size_t parts = message->key.value_or("").size() + message->header_bytes.size() +
                         message->value.value_or("").size();
    WEIR_CHECK(kHead + parts == blob.size());
    WEIR_CHECK(BytesOf(*message).size() <= parts);
  }
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A block of this size, so that the address sanitizer sees every step outside.
  const std::unique_ptr<char[]> block(new char[size]);
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  input.copy(block.get(), size);
  weir::CheckBlob({block.get(), size});
  return 0;
}
