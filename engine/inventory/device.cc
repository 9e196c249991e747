#include "engine/inventory/device.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/wire.h"

namespace weir {

namespace {

// ---- Pieces

constexpr size_t kTimeBytes = 6;  // up to the year 9999

void PutShort(uint64_t value, size_t bytes, std::string& out) {
  for (size_t i = 0; i < bytes; ++i) {
    PutU8(static_cast<uint8_t>(value >> (8 * i)), out);
  }
}

uint64_t ReadShort(size_t bytes, WireReader& in) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) {
    value |= uint64_t{in.U8()} << (8 * i);
  }
  return value;
}

void PutTime(TimeMs time, std::string& out) {
  PutShort(static_cast<uint64_t>(time.value), kTimeBytes, out);
}

TimeMs ReadTime(WireReader& in) {
  return TimeMs{static_cast<int64_t>(ReadShort(kTimeBytes, in))};
}

// Digits are a number, and anything else is a text. The head says which, and how long it is.
constexpr size_t kNumberBytes = 6;  // of 13 digits
constexpr uint8_t kIsText = 0x80;

bool IsNumber(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void PutMpxn(absl::string_view mpxn, std::string& out) {
  const bool is_number = IsNumber(mpxn);
  PutU8(static_cast<uint8_t>(mpxn.size() | (is_number ? 0 : kIsText)), out);
  if (!is_number) {
    out.append(mpxn.data(), mpxn.size());
    return;
  }
  uint64_t number = 0;
  for (const char digit : mpxn) {
    number = number * 10 + static_cast<uint64_t>(digit - '0');
  }
  PutShort(number, kNumberBytes, out);
}

std::string ReadMpxn(WireReader& in) {
  const uint8_t head = in.U8();
  std::string mpxn(std::min<size_t>(head & (kIsText - 1U), DeviceRecord::kLongestMpxn), '0');
  if ((head & kIsText) != 0) {
    for (char& c : mpxn) {
      c = static_cast<char>(in.U8());
    }
    return mpxn;
  }
  uint64_t number = ReadShort(kNumberBytes, in);
  for (auto digit = mpxn.rbegin(); digit != mpxn.rend(); ++digit, number /= 10) {
    *digit = static_cast<char>('0' + number % 10);
  }
  return mpxn;
}

// ---- Whole devices
//
// `put_shared` and `read_shared` write and read what devices share: ids and texts, as bytes.

// Which of the members are there, as bits of the head's second and third byte.
enum Presence : unsigned {
  kStatusSince,
  kAdded,
  kAddedBy,
  kNetworkOperator,
  kSupplier,
  kSupplierAgent,
  kGbcsVersion,
  kVariant,
  kMpxns,
  kHistory,
  kPresences,
};

uint16_t PresencesOf(const Device& device) {
  unsigned bits = 0;
  const auto note = [&bits](Presence presence, bool is_there) {
    bits |= (is_there ? 1U : 0U) << presence;
  };
  note(kStatusSince, device.status_since.has_value());
  note(kAdded, device.added.has_value());
  note(kAddedBy, device.added_by.has_value());
  note(kNetworkOperator, device.network_operator.has_value());
  note(kSupplier, device.supplier.has_value());
  note(kSupplierAgent, device.supplier_agent.has_value());
  note(kGbcsVersion, !device.gbcs_version.empty());
  note(kVariant, !device.variant.empty());
  note(kMpxns, !device.mpxns.empty());
  note(kHistory, !device.history.empty());
  return static_cast<uint16_t>(bits);
}

void PutHistory(const std::vector<Device::PastStatus>& history, std::string& out) {
  PutU8(static_cast<uint8_t>(history.size()), out);
  for (const Device::PastStatus& past : history) {
    PutU8(static_cast<uint8_t>(past.status), out);
    PutU8(past.since ? 1 : 0, out);
    PutTime(past.since.value_or(TimeMs{}), out);
  }
}

std::optional<DeviceStatus> StatusFrom(uint8_t number) {
  return number <= static_cast<uint8_t>(DeviceStatus::kRecovered)
             ? std::make_optional(static_cast<DeviceStatus>(number))
             : std::nullopt;
}

bool ReadHistory(WireReader& in, std::vector<Device::PastStatus>& history) {
  const uint8_t count = in.U8();
  bool valid = count <= Device::kMostHistory;
  for (uint8_t i = 0; valid && i < count; ++i) {
    const std::optional<DeviceStatus> status = StatusFrom(in.U8());
    const bool has_since = in.U8() != 0;
    const TimeMs since = ReadTime(in);
    valid = status && IsTime(since);
    history.push_back({.status = status.value_or(DeviceStatus::kPending),
                       .since = has_since ? std::make_optional(since) : std::nullopt});
  }
  return valid;
}

template <typename PutShared>
std::string Encode(const Device& device, PutShared&& put_shared) {
  std::string out;
  PutU8(static_cast<uint8_t>(static_cast<unsigned>(device.type) |
                             static_cast<unsigned>(device.status) << 4),
        out);
  PutShort(PresencesOf(device), sizeof(uint16_t), out);
  for (const std::optional<TimeMs>& time : {device.status_since, device.added}) {
    if (time) {
      PutTime(*time, out);
    }
  }
  for (const std::optional<Eui64>& id :
       {device.added_by, device.network_operator, device.supplier, device.supplier_agent}) {
    if (id) {
      std::string bytes;
      PutU64(id->value, bytes);
      put_shared(bytes, out);
    }
  }
  for (const std::string* text : {&device.gbcs_version, &device.variant}) {
    if (!text->empty()) {
      put_shared(*text, out);
    }
  }
  if (!device.mpxns.empty()) {
    PutU8(static_cast<uint8_t>(device.mpxns.size()), out);
    for (const std::string& mpxn : device.mpxns) {
      PutMpxn(mpxn, out);
    }
  }
  if (!device.history.empty()) {
    PutHistory(device.history, out);
  }
  return out;
}

// Whether all of `bytes` are a device.
template <typename ReadShared>
bool Decode(absl::string_view bytes, ReadShared&& read_shared, Device& device) {
  WireReader in(bytes);
  const uint8_t head = in.U8();
  const auto presences = static_cast<uint16_t>(ReadShort(sizeof(uint16_t), in));
  const auto has = [presences](Presence presence) { return (presences >> presence & 1) != 0; };
  const std::optional<DeviceStatus> status = StatusFrom(head >> 4);
  bool valid = status && (head & 0xF) <= static_cast<uint8_t>(DeviceType::kCad) &&
               presences >> kPresences == 0;
  device.type = static_cast<DeviceType>(head & 0xF);
  device.status = status.value_or(DeviceStatus::kPending);
  const auto read_time = [&](Presence presence, std::optional<TimeMs>& time) {
    if (has(presence)) {
      time = ReadTime(in);
      valid = valid && IsTime(*time);
    }
  };
  const auto read_id = [&](Presence presence, std::optional<Eui64>& id) {
    if (has(presence)) {
      WireReader bytes_of_id(read_shared(in));
      id = Eui64{bytes_of_id.U64()};
      valid = valid && bytes_of_id.done();
    }
  };
  const auto read_text = [&](Presence presence, std::string& text) {
    if (has(presence)) {
      text = std::string(read_shared(in));
    }
  };
  read_time(kStatusSince, device.status_since);
  read_time(kAdded, device.added);
  read_id(kAddedBy, device.added_by);
  read_id(kNetworkOperator, device.network_operator);
  read_id(kSupplier, device.supplier);
  read_id(kSupplierAgent, device.supplier_agent);
  read_text(kGbcsVersion, device.gbcs_version);
  read_text(kVariant, device.variant);
  if (has(kMpxns)) {
    const uint8_t count = in.U8();
    valid = valid && count <= DeviceRecord::kMostMpxns;
    for (uint8_t i = 0; valid && i < count; ++i) {
      device.mpxns.push_back(ReadMpxn(in));
    }
  }
  if (has(kHistory)) {
    valid = valid && ReadHistory(in, device.history);
  }
  return valid && in.done();
}

// Numbers below 128 take a byte, those below 16,384 two, and so on.
void PutVarint(uint32_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) {
    PutU8(static_cast<uint8_t>(value | 0x80), out);
  }
  PutU8(static_cast<uint8_t>(value), out);
}

uint32_t ReadVarint(WireReader& in) {
  uint32_t value = 0;
  for (unsigned shift = 0; shift < 32; shift += 7) {
    const uint8_t byte = in.U8();
    value |= uint32_t{byte & 0x7FU} << shift;
    if (byte < 0x80) {
      break;
    }
  }
  return value;
}

}  // namespace

std::string DeviceName(Eui64 id) {
  return OrderedName(id.value);
}

std::optional<Eui64> ParseDeviceName(absl::string_view name) {
  WireReader in(name);
  const Eui64 id{in.OrderedU64()};
  return in.done() ? std::make_optional(id) : std::nullopt;
}

std::string EncodeDevice(const Device& device) {
  return Encode(device, [](absl::string_view bytes, std::string& out) { PutBytes(bytes, out); });
}

std::optional<Device> DecodeDevice(absl::string_view bytes) {
  Device device;
  const bool valid = Decode(
      bytes, [](WireReader& in) { return in.Bytes(); }, device);
  return valid ? std::make_optional(std::move(device)) : std::nullopt;
}

std::string DevicePacker::Pack(const Device& device) {
  return Encode(device, [this](absl::string_view bytes, std::string& out) {
    const auto [entry, is_new] = numbers_.try_emplace(bytes, static_cast<uint32_t>(shared_.size()));
    if (is_new) {
      shared_.emplace_back(bytes);
    }
    PutVarint(entry->second, out);
  });
}

Device DevicePacker::Unpack(absl::string_view bytes) const {
  Device device;
  const bool valid = Decode(
      bytes, [this](WireReader& in) { return absl::string_view(shared_[ReadVarint(in)]); }, device);
  WEIR_CHECK(valid);
  return device;
}

DeviceStatus DevicePacker::StatusOf(absl::string_view bytes) {
  return static_cast<DeviceStatus>(static_cast<uint8_t>(bytes[0]) >> 4);
}

}  // namespace weir
