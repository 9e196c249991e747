// Which messages have been seen within the duplicate window.
//
// A message is what the device sent: everything of the alert but when the log received it, so that
// a redelivery is recognised. It is remembered by a 128-bit fingerprint. A message with neither
// originator counter nor payload has no identity and is never a duplicate: when in doubt, deliver.
// A dropped duplicate does not renew what is remembered, so nothing repeats for ever unseen.
//
// The sightings stand in a queue in the order of their times; an index over it says where a
// fingerprint may stand. Only the queue counts: what the index says of a sighting that is gone, or
// whose place another has taken, is seen through and forgotten when the index is made anew. So a
// rollback cuts the queue, and expiry shortens it, and neither touches the index. What is in the
// index also says where it stands in another one, so that making it anew goes through memory in
// order.
//
// Memory: 24 bytes a message of the window, and 11 to 32 for the index.
//
// Threads: one owner.
//
// Layer: engine/throttle (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/attributes.h"

#include "engine/alert/event.h"
#include "engine/base/chunked_queue.h"
#include "engine/base/units.h"
#include "engine/base/wire.h"

namespace weir {

// The identity of a message: 112 bits of a hash, and 16 by which messages are dealt to shards.
struct Fingerprint {
  uint64_t high = 0;  // its lowest 16 bits are the DeviceBits of the message's device
  uint64_t low = 0;

  uint16_t device_bits() const { return static_cast<uint16_t>(high); }

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

// Nothing for a message without identity. The same on every machine and in every version.
std::optional<Fingerprint> FingerprintOf(const Alert& alert);

// The same of a request, a response or an outcome; an inventory record has no identity.
std::optional<Fingerprint> FingerprintOf(const OtherEvent& event);

// When a message was seen.
struct Sighting {
  Fingerprint id;
  TimeMs at;

  static constexpr size_t kBytes = 24;  // encoded

  void Encode(std::string& out) const {
    PutWords({id.high, id.low, static_cast<uint64_t>(at.value)}, out);
  }

  // Nothing if the bytes end or are no sighting.
  static std::optional<Sighting> Decode(WireReader& in);
};

class Duplicates {
 public:
  // A window of zero finds none.
  explicit Duplicates(DurationMs window);

  // Asks the processor for what IsDuplicate will look at. Always inline: gcc 12 takes a function
  // that only prefetches for one without effect, and drops the calls of it.
  ABSL_ATTRIBUTE_ALWAYS_INLINE void Prefetch(const Fingerprint& id) const {
    __builtin_prefetch(&index_[FirstSlot(TagOf(id))]);
  }

  // Whether the message was seen less than the window before `now`; remembers it if not. `now` is
  // stream time: never before that of the last call.
  bool IsDuplicate(const Fingerprint& id, TimeMs now);

  // Messages that are remembered.
  size_t size() const { return seen_.size(); }

  // How many of them were seen in the open batch.
  size_t batch_size() const { return batch_size_; }

  // When the last of those was seen; nothing if there is none.
  std::optional<TimeMs> newest_of_batch() const {
    return batch_size_ == 0 ? std::nullopt : std::make_optional(seen_.back().at);
  }

  // Calls `visit` for each of those.
  template <typename Visit>
  void ForEachOfBatch(Visit&& visit) const {
    for (size_t i = seen_.size() - batch_size_; i < seen_.size(); ++i) {
      visit(seen_[i]);
    }
  }

  void Accept(TimeMs now);
  void Rollback();

  // Takes up a sighting of an earlier run; those of one batch come in order.
  void Load(const Sighting& sighting);

 private:
  // Of a sighting: the upper half of its fingerprint's lower word, which says where in the index it
  // belongs as well, and the lower half of its number. Zero: no sighting has been put here.
  using Slot = uint64_t;

  static constexpr uint64_t kUsed = uint64_t{1} << 63;

  static Slot SlotOf(const Fingerprint& id, uint64_t number) {
    return TagOf(id) << 32 | (number & UINT32_MAX);
  }

  static uint64_t TagOf(const Fingerprint& id) { return (id.low | kUsed) >> 32; }

  static uint64_t TagOf(Slot slot) { return slot >> 32; }

  size_t FirstSlot(uint64_t tag) const { return tag & mask_; }

  size_t NextSlot(size_t slot) const { return (slot + 1) & mask_; }

  // Where in the queue the sighting of a slot is, if that is below its size.
  uint32_t PlaceOf(Slot slot) const { return static_cast<uint32_t>(slot - first_); }

  bool IsOver(const Sighting& sighting, TimeMs now) const { return now - sighting.at >= window_; }

  // Whether a slot is that of the message, and remembers it at `now`.
  inline bool Remembers(Slot slot, const Fingerprint& id, TimeMs now) const;

  // Remembers a sighting, with the slot found free for it.
  ABSL_ATTRIBUTE_ALWAYS_INLINE void Add(const Sighting& sighting, size_t slot);
  void MakeIndex(size_t slots);
  size_t FreeSlot(uint64_t tag) const;
  void PutInIndex(Slot slot);
  ABSL_ATTRIBUTE_NOINLINE void RemakeIndex();

  DurationMs window_;
  ChunkedQueue<Sighting> seen_;
  uint64_t first_ = 0;     // number of the sighting at the front; they are numbered as they come
  size_t batch_size_ = 0;  // how many at the back are of the open batch
  std::vector<Slot> index_;
  size_t mask_ = 0;  // one less than its size
  size_t used_ = 0;  // slots that are not zero
  // Whether what the index says of a place in the queue is of the sighting that is there.
  bool index_is_true_ = true;
};

}  // namespace weir
