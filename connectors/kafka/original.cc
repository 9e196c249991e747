#include "connectors/kafka/original.h"

#include <cstring>
#include <limits>

#include "connectors/formats/json.h"

namespace weir {

namespace {

constexpr uint8_t kHasKey = 1;
constexpr uint8_t kHasValue = 2;
constexpr uint32_t kNull = std::numeric_limits<uint32_t>::max();
constexpr size_t kWord = sizeof(uint32_t);
constexpr size_t kHeadSize = 1 + 2 * kWord;

// One that librdkafka gave: each part of a message is shorter than 2 GiB.
struct Header {
  absl::string_view name;
  absl::string_view value;
  bool null = false;
};

absl::string_view ViewOf(const void* data, size_t size) {
  return data == nullptr ? absl::string_view()
                         : absl::string_view(static_cast<const char*>(data), size);
}

std::optional<Header> HeaderAt(const rd_kafka_headers_t* headers, size_t index) {
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  if (rd_kafka_header_get_all(headers, index, &name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::nullopt;
  }
  return Header{name, ViewOf(value, size), value == nullptr};
}

// Nullptr if the message has none, which librdkafka knows without looking at its bytes.
const rd_kafka_headers_t* HeadersOf(const rd_kafka_message_t& message) {
  rd_kafka_headers_t* headers = nullptr;
  return rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR ? headers
                                                                                    : nullptr;
}

size_t SizeOf(const rd_kafka_headers_t* headers) {
  size_t size = 0;
  for (size_t i = 0; const std::optional<Header> header = HeaderAt(headers, i); ++i) {
    size += 2 * kWord + header->name.size() + header->value.size();
  }
  return size;
}

char* Put(absl::string_view bytes, char* out) {
  // The view of nothing has no address to copy from.
  if (!bytes.empty()) {
    std::memcpy(out, bytes.data(), bytes.size());
  }
  return out + bytes.size();
}

char* PutWord(size_t word, char* out) {
  const auto small = static_cast<uint32_t>(word);
  std::memcpy(out, &small, kWord);
  return out + kWord;
}

char* PutHeaders(const rd_kafka_headers_t* headers, char* out) {
  for (size_t i = 0; const std::optional<Header> header = HeaderAt(headers, i); ++i) {
    out = PutWord(header->name.size(), out);
    out = PutWord(header->null ? kNull : header->value.size(), out);
    out = Put(header->name, out);
    out = Put(header->value, out);
  }
  return out;
}

// `size` bytes from the front of `rest`, if it has as many.
bool Take(size_t size, absl::string_view& rest, absl::string_view& taken) {
  if (rest.size() < size) {
    return false;
  }
  taken = rest.substr(0, size);
  rest.remove_prefix(size);
  return true;
}

bool TakeWord(absl::string_view& rest, uint32_t& word) {
  absl::string_view bytes;
  if (!Take(kWord, rest, bytes)) {
    return false;
  }
  std::memcpy(&word, bytes.data(), kWord);
  return true;
}

bool AreHeaders(absl::string_view bytes) {
  OriginalHeaders headers(bytes);
  while (headers.Next()) {
  }
  return headers.done();
}

}  // namespace

std::optional<OriginalHeader> OriginalHeaders::Next() {
  absl::string_view rest = rest_;
  uint32_t name_size = 0;
  uint32_t value_size = 0;
  OriginalHeader header;
  if (!TakeWord(rest, name_size) || !TakeWord(rest, value_size) ||
      !Take(name_size, rest, header.name)) {
    return std::nullopt;
  }
  if (value_size != kNull && !Take(value_size, rest, header.value.emplace())) {
    return std::nullopt;
  }
  rest_ = rest;
  return header;
}

absl::string_view LayDown(const rd_kafka_message_t& message, Arena& arena,
                          absl::string_view* value) {
  const rd_kafka_headers_t* const headers = HeadersOf(message);
  const size_t headers_size = headers == nullptr ? 0 : SizeOf(headers);
  const absl::string_view key = ViewOf(message.key, message.key_len);
  const absl::string_view payload = ViewOf(message.payload, message.len);
  const size_t size = kHeadSize + key.size() + headers_size + payload.size();
  char* const blob = arena.Allocate(size + kJsonPadding);
  *blob = static_cast<char>((message.key == nullptr ? 0 : kHasKey) |
                            (message.payload == nullptr ? 0 : kHasValue));
  char* out = PutWord(headers_size, PutWord(key.size(), blob + 1));
  out = Put(key, out);
  if (headers != nullptr) {
    out = PutHeaders(headers, out);
  }
  char* const end = Put(payload, out);
  std::memset(end, 0, kJsonPadding);
  *value = {out, payload.size()};
  return {blob, size};
}

std::optional<OriginalMessage> ReadOriginal(absl::string_view blob) {
  absl::string_view rest = blob;
  absl::string_view flags;
  uint32_t key_size = 0;
  uint32_t headers_size = 0;
  absl::string_view key;
  OriginalMessage message;
  if (!Take(1, rest, flags) || !TakeWord(rest, key_size) || !TakeWord(rest, headers_size) ||
      !Take(key_size, rest, key) || !Take(headers_size, rest, message.header_bytes)) {
    return std::nullopt;
  }
  const auto bits = static_cast<uint8_t>(flags.front());
  const bool has_key = (bits & kHasKey) != 0;
  const bool has_value = (bits & kHasValue) != 0;
  if (bits > (kHasKey | kHasValue) || (!has_key && !key.empty()) || (!has_value && !rest.empty()) ||
      !AreHeaders(message.header_bytes)) {
    return std::nullopt;
  }
  if (has_key) {
    message.key = key;
  }
  if (has_value) {
    message.value = rest;
  }
  return message;
}

}  // namespace weir
