#include "engine/throttle/duplicates.h"

// The hash of a message is of one size, for which its inlined code is a third of a call.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <type_traits>
#include <utility>
#include <variant>

#include "engine/base/check.h"
#include "engine/throttle/dealing.h"

namespace weir {

namespace {

constexpr size_t kSmallestIndex = 1024;

// The index is made anew when it is fuller than 3/4, to be at most half full then.
constexpr bool IsCrowded(size_t used, size_t slots) {
  return used * 4 > slots * 3;
}

constexpr size_t SlotsFor(size_t sightings) {
  return std::max(kSmallestIndex, std::bit_ceil(2 * sightings));
}

}  // namespace

// Apart, so that most alerts, which have none, do without its registers.
ABSL_ATTRIBUTE_NOINLINE static XXH128_hash_t HashOf(absl::string_view payload) {
  return XXH3_128bits(payload.data(), payload.size());
}

std::optional<Fingerprint> FingerprintOf(const Alert& alert) {
  if (!alert.counter && alert.payload.empty()) {
    return std::nullopt;
  }
  const XXH128_hash_t payload = alert.payload.empty() ? XXH128_hash_t{} : HashOf(alert.payload);
  const uint64_t present = (alert.device ? 1U : 0U) | (alert.recipient ? 2U : 0U) |
                           (alert.counter ? 4U : 0U) | (alert.device_time ? 8U : 0U);
  const Eui64 device = alert.device.value_or(Eui64{});
  const std::array<uint64_t, 8> message = {
      payload.high64,
      payload.low64,
      present << 32 | alert.code.index(),
      device.value,
      alert.recipient.value_or(Eui64{}).value,
      alert.counter.value_or(0),
      static_cast<uint64_t>(alert.device_time.value_or(TimeMs{}).value),
      alert.payload.size(),
  };
  const XXH128_hash_t id = XXH3_128bits(message.data(), sizeof message);
  return Fingerprint{.high = (id.high64 & ~uint64_t{0xFFFF}) | DeviceBits(device), .low = id.low64};
}

namespace {

void PutMember(std::optional<uint64_t> number, std::string& out) {
  PutU8(number ? 1 : 0, out);
  PutU64(number.value_or(0), out);
}

void PutId(const RequestId& id, std::string& out) {
  PutWords({id.party.value, id.device.value, id.counter}, out);
}

std::optional<uint64_t> NumberOf(std::optional<TimeMs> time) {
  return time ? std::make_optional(static_cast<uint64_t>(time->value)) : std::nullopt;
}

void PutContent(const Request& request, std::string& out) {
  PutId(request.id, out);
  PutBytes(request.srv, out);
  PutMember(request.role ? std::make_optional(static_cast<uint64_t>(*request.role)) : std::nullopt,
            out);
  PutMember(request.supplier ? std::make_optional(request.supplier->value) : std::nullopt, out);
  PutMember(NumberOf(request.execute_at), out);
  PutMember(request.instructions, out);
  if (request.gas_flow_rate) {
    PutU8(request.gas_flow_rate->is_decimal ? 1 : 0, out);
    PutBytes(request.gas_flow_rate->text, out);
  }
}

void PutContent(const Response& response, std::string& out) {
  PutId(response.id, out);
  PutBytes(response.srv, out);
  PutBytes(response.code, out);
  PutBytes(response.payload, out);
}

void PutContent(const Outcome& outcome, std::string& out) {
  PutId(outcome.id, out);
  PutBytes(outcome.srv, out);
  PutU8(outcome.succeeded ? 1 : 0, out);
  PutMember(outcome.instruction, out);
  PutMember(outcome.instructions, out);
  PutU64(outcome.report.message_code, out);
  PutU64(outcome.report.counter, out);
  PutBytes(outcome.report.instruction, out);
}

}  // namespace

std::optional<Fingerprint> FingerprintOf(const OtherEvent& event) {
  if (std::holds_alternative<const DeviceRecord*>(event.what)) {
    return std::nullopt;
  }
  const Eui64 device = event.device.value_or(Eui64{});
  std::string content;
  PutU64(event.what.index(), content);
  PutU64(device.value, content);
  std::visit(
      [&content](const auto* what) {
        if constexpr (!std::is_same_v<decltype(what), const DeviceRecord*>) {
          PutContent(*what, content);
        }
      },
      event.what);
  const XXH128_hash_t id = XXH3_128bits(content.data(), content.size());
  return Fingerprint{.high = (id.high64 & ~uint64_t{0xFFFF}) | DeviceBits(device), .low = id.low64};
}

std::optional<Sighting> Sighting::Decode(WireReader& in) {
  const Sighting sighting{{in.U64(), in.U64()}, TimeMs{in.I64()}};
  return in.ok() && IsTime(sighting.at) ? std::make_optional(sighting) : std::nullopt;
}

Duplicates::Duplicates(DurationMs window) : window_(window) {
  MakeIndex(kSmallestIndex);
}

bool Duplicates::Remembers(Slot slot, const Fingerprint& id, TimeMs now) const {
  const uint32_t place = PlaceOf(slot);
  return place < seen_.size() && seen_[place].id == id && !IsOver(seen_[place], now);
}

inline void Duplicates::Add(const Sighting& sighting, size_t slot) {
  // A slot tells so many sightings apart.
  WEIR_CHECK(seen_.size() < UINT32_MAX);
  index_[slot] = SlotOf(sighting.id, first_ + seen_.size());
  seen_.push_back(sighting);
  ++used_;
  if (IsCrowded(used_, mask_ + 1)) {
    RemakeIndex();
  }
}

bool Duplicates::IsDuplicate(const Fingerprint& id, TimeMs now) {
  if (window_.value == 0) {
    return false;
  }
  size_t place = FirstSlot(TagOf(id));
  for (; index_[place] != 0; place = NextSlot(place)) {
    const Slot slot = index_[place];
    if (TagOf(slot) == TagOf(id) && Remembers(slot, id, now)) {
      return true;
    }
  }
  Add({id, now}, place);
  ++batch_size_;
  return false;
}

void Duplicates::MakeIndex(size_t slots) {
  index_.assign(slots, 0);
  mask_ = slots - 1;
  used_ = 0;
}

size_t Duplicates::FreeSlot(uint64_t tag) const {
  size_t slot = FirstSlot(tag);
  while (index_[slot] != 0) {
    slot = NextSlot(slot);
  }
  return slot;
}

void Duplicates::PutInIndex(Slot slot) {
  index_[FreeSlot(TagOf(slot))] = slot;
  ++used_;
}

void Duplicates::RemakeIndex() {
  const std::vector<Slot> before = std::move(index_);
  MakeIndex(SlotsFor(seen_.size()));
  if (index_is_true_) {
    for (const Slot slot : before) {
      if (slot != 0 && PlaceOf(slot) < seen_.size()) {
        PutInIndex(slot);
      }
    }
  } else {
    for (size_t i = 0; i < seen_.size(); ++i) {
      PutInIndex(SlotOf(seen_[i].id, first_ + i));
    }
  }
  index_is_true_ = true;
}

void Duplicates::Accept(TimeMs now) {
  batch_size_ = 0;
  for (; !seen_.empty() && IsOver(seen_.front(), now); ++first_) {
    seen_.pop_front();
  }
}

void Duplicates::Rollback() {
  index_is_true_ = index_is_true_ && batch_size_ == 0;
  seen_.Truncate(seen_.size() - batch_size_);
  batch_size_ = 0;
}

void Duplicates::Load(const Sighting& sighting) {
  Add(sighting, FreeSlot(TagOf(sighting.id)));
}

}  // namespace weir
