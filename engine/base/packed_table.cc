#include "engine/base/packed_table.h"

#include <cstring>
#include <limits>

#include "engine/base/check.h"

namespace weir {

PackedTable::Packed::Packed(absl::string_view key, absl::string_view value)
    : bytes_(new char[kHead + key.size() + value.size()]) {
  WEIR_CHECK(value.size() <= std::numeric_limits<uint16_t>::max());
  const auto size = static_cast<uint16_t>(value.size());
  std::memcpy(bytes_.get(), &size, kHead);
  std::memcpy(bytes_.get() + kHead, key.data(), key.size());
  std::memcpy(bytes_.get() + kHead + key.size(), value.data(), value.size());
}

absl::string_view PackedTable::Packed::value(size_t key_size) const {
  uint16_t size = 0;
  std::memcpy(&size, bytes_.get(), kHead);
  return {bytes_.get() + kHead + key_size, size};
}

PackedTable::PackedTable(size_t key_size) : key_size_(key_size) {
  segments_.reserve(kSegments);
  for (size_t i = 0; i < kSegments; ++i) {
    segments_.emplace_back(0, Hash{key_size}, Equal{key_size});
  }
}

PackedTable::Segment& PackedTable::SegmentOf(absl::string_view key) {
  // Other bits of the hash than those by which a segment places its records.
  return segments_[Hash{key_size_}(key) >> (std::numeric_limits<size_t>::digits - kSegmentBits)];
}

const PackedTable::Segment& PackedTable::SegmentOf(absl::string_view key) const {
  return const_cast<PackedTable*>(this)->SegmentOf(key);  // NOLINT(*-const-cast): only finds it
}

std::optional<absl::string_view> PackedTable::Find(absl::string_view key) const {
  const Segment& segment = SegmentOf(key);
  const auto found = segment.find(key);
  return found == segment.end() ? std::nullopt : std::make_optional(found->value(key_size_));
}

void PackedTable::Put(absl::string_view key, absl::string_view value) {
  Note(key);
  Load(key, value);
}

void PackedTable::Erase(absl::string_view key) {
  Segment& segment = SegmentOf(key);
  if (const auto found = segment.find(key); found != segment.end()) {
    Note(key);
    segment.erase(found);
  }
}

void PackedTable::Load(absl::string_view key, absl::string_view value) {
  WEIR_CHECK(key.size() == key_size_);
  Segment& segment = SegmentOf(key);
  Packed packed(key, value);
  if (const auto found = segment.find(key); found != segment.end()) {
    segment.erase(found);
  }
  segment.insert(std::move(packed));
}

// What stands there before the batch changes it.
void PackedTable::Note(absl::string_view key) {
  const std::optional<absl::string_view> before = Find(key);
  journal_.push_back({.key = std::string(key),
                      .before = before ? std::make_optional<std::string>(*before) : std::nullopt});
}

void PackedTable::Restore(const Change& change) {
  if (change.before) {
    Load(change.key, *change.before);
  } else {
    SegmentOf(change.key).erase(change.key);
  }
}

void PackedTable::Export(const StateScope& scope) const {
  ForEachChange([&](absl::string_view key, std::optional<absl::string_view> value) {
    if (value) {
      scope.Put(key, std::string(*value));
    } else {
      scope.Erase(key);
    }
  });
}

size_t PackedTable::size() const {
  size_t size = 0;
  for (const Segment& segment : segments_) {
    size += segment.size();
  }
  return size;
}

}  // namespace weir
