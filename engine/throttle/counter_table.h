// Counter table: a lock-free map from alert key to one small word, for tens of millions of keys.
//
// Open addressing with slots of 16 bytes: the device, and a word that holds a 19-bit tag (which
// stands for code and recipient) beside a 44-bit value. The value means nothing to the table; zero
// stands for "no such key". Four slots share a bucket, which is one cache line: a key is nearly
// always found with one access to memory. Keys are spread over segments that grow, shrink and drop
// what is over one at a time, so that no step is long and no memory is held twice.
//
// Promises
//   - Update is atomic per key: any thread may update any key, and no update is lost, also while a
//     segment is being rebuilt. Readers never block a writer, and no thread ever waits for another.
//   - A slot, once taken by a device, stays with it until the segment is rebuilt; so a key has one
//     slot, the first on its path that could take it.
// Does not promise
//   - that ForEach sees one instant: it sees each key's word at some time during the call.
//
// How a segment is rebuilt. Every word of the old one is frozen (a bit), after which it cannot
// change; the words still wanted are copied into a successor, where an insert that finds its key
// does nothing; then the successor takes the old one's place. Any thread that meets a frozen word
// does the same steps and goes on: doing them twice is harmless, so nobody waits.
//
// Threads: any number, each holding a Pin while it calls. SetHorizon and Sweep: one thread.
//
// Layer: engine/throttle (engine/base).
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/functional/function_ref.h"

#include "engine/base/epochs.h"
#include "engine/base/units.h"

namespace weir {

class CounterTable {
 private:
  struct Bucket;

 public:
  static constexpr int kValueBits = 44;
  static constexpr int kTagBits = 19;
  static constexpr uint64_t kMaxValue = (uint64_t{1} << kValueBits) - 1;
  static constexpr uint32_t kMaxTag = (uint32_t{1} << kTagBits) - 1;
  static constexpr size_t kSegments = 1024;

  // `device` and `tag` are not zero.
  struct Key {
    uint64_t device = 0;
    uint32_t tag = 0;
  };

  // Says which keys can be dropped. Called by any thread while a segment is rebuilt.
  class Expiry {
   public:
    virtual ~Expiry() = default;
    // Whether the key behaves at `horizon`, and ever after, as if it had never been seen.
    virtual bool IsOver(uint32_t tag, uint64_t value, TimeMs horizon) const = 0;
  };

  // Where a key is looked for first. Good for as long as the pin under which it was made.
  class Place {
   private:
    friend class CounterTable;

    Bucket* bucket_ = nullptr;
  };

  // `expiry` outlives the table.
  explicit CounterTable(const Expiry& expiry);
  CounterTable(const CounterTable&) = delete;
  CounterTable& operator=(const CounterTable&) = delete;
  ~CounterTable();

  // Required around every call below but Sweep, and for as long as nothing read may be freed.
  [[nodiscard]] Epochs::Pin Enter() const { return epochs_.Enter(); }

  // Sets the key's value to `next(value)` and returns the value before. `next` is a pure function,
  // called again if another thread came between; zero removes the key.
  template <typename Next>
  uint64_t Update(const Key& key, Next&& next) {
    return Update(key, Locate(key), next);
  }

  // The same for a key whose place is known already.
  template <typename Next>
  uint64_t Update(const Key& key, Place place, Next&& next);

  // The place of a key, which the processor is asked for: call it for some keys before they are
  // updated one after the other, so that their accesses to memory overlap.
  Place Locate(const Key& key) const {
    const uint64_t hash = Hash(key);
    Segment* segment = roots_[hash >> kSegmentShift].load(std::memory_order_seq_cst);
    Place place;
    place.bucket_ = &segment->buckets[FirstBucket(hash, segment->bucket_count)];
    __builtin_prefetch(place.bucket_, 1);
    return place;
  }

  // The key's value; zero if it is not there.
  uint64_t Find(const Key& key) const;

  // Calls `visit` for every key of one segment, below kSegments.
  using Visitor = absl::FunctionRef<void(const Key&, uint64_t value)>;
  void ForEachIn(size_t segment, Visitor visit) const;
  void ForEach(Visitor visit) const;

  // The segment that holds a key.
  static size_t SegmentOf(const Key& key) { return Hash(key) >> kSegmentShift; }

  // From now on a rebuild drops the keys that are over at `horizon`. Never moves back.
  void SetHorizon(TimeMs horizon);

  // Looks at about `slots` slots, going round the table from call to call, and rebuilds the
  // segments that have come to hold mostly nothing. Frees what nobody reads any more.
  void Sweep(size_t slots);

  // Bytes of the slots, as they are now.
  size_t MemoryBytes() const;

 private:
  static constexpr int kSegmentShift = 54;  // the top 10 bits of the hash choose the segment
  static constexpr uint64_t kFrozen = uint64_t{1} << 63;
  static_assert(size_t{1} << (64 - kSegmentShift) == kSegments);
  static_assert(kValueBits + kTagBits + 1 == 64);

  struct Slot {
    std::atomic<uint64_t> device;  // zero: free
    std::atomic<uint64_t> word;    // frozen bit, tag, value; tag zero: taken but not yet used
  };

  static constexpr size_t kBucketSlots = 4;

  struct alignas(64) Bucket {
    std::array<Slot, kBucketSlots> slots;
  };

  struct Segment : Retirable {
    Segment(size_t buckets_wanted, TimeMs horizon_at);

    size_t capacity() const { return bucket_count * kBucketSlots; }

    // Calls `visit(Slot&)` for every slot.
    template <typename Visit>
    void ForEachSlot(Visit&& visit) const {
      for (size_t i = 0; i < bucket_count; ++i) {
        for (Slot& slot : buckets[i].slots) {
          visit(slot);
        }
      }
    }

    const size_t bucket_count;
    const TimeMs horizon;  // keys over at this time were not copied into it
    const std::unique_ptr<Bucket[]> buckets;
    std::atomic<size_t> used{0};  // slots taken
    std::atomic<Segment*> successor{nullptr};
  };

  // Two rounds of multiply and fold: every bit of device and tag reaches the top bits, which choose
  // the segment, and the bits below, which choose the bucket.
  static uint64_t Hash(const Key& key) {
    constexpr uint64_t kOdd1 = 0x9E3779B97F4A7C15;
    constexpr uint64_t kOdd2 = 0xD6E8FEB86659FD93;
    uint64_t h = (key.device ^ (uint64_t{key.tag} << 45 | key.tag)) * kOdd1;
    h = (h ^ (h >> 32)) * kOdd2;
    h = (h ^ (h >> 29)) * kOdd1;
    return h ^ (h >> 32);
  }

  // Maps the hash bits below the segment's onto 0..buckets-1 without a division.
  static size_t FirstBucket(uint64_t hash, size_t buckets) {
    return static_cast<size_t>(((hash << (64 - kSegmentShift)) >> 32) * buckets >> 32);
  }

  static uint64_t TagPart(uint64_t word) { return (word & ~kFrozen) >> kValueBits; }

  static uint64_t ValuePart(uint64_t word) { return word & kMaxValue; }

  static uint64_t Word(uint32_t tag, uint64_t value) { return uint64_t{tag} << kValueBits | value; }

  // The slot that holds the key, if it stands in this bucket. Without branches on what the slots
  // hold, which no processor could predict.
  static Slot* Match(Bucket& bucket, const Key& key) {
    unsigned matches = 0;
    for (size_t i = 0; i < kBucketSlots; ++i) {
      const Slot& slot = bucket.slots[i];
      const bool same_device = slot.device.load(std::memory_order_acquire) == key.device;
      const bool same_tag = TagPart(slot.word.load(std::memory_order_acquire)) == key.tag;
      matches |= static_cast<unsigned>(same_device && same_tag) << i;
    }
    return matches == 0 ? nullptr : &bucket.slots[static_cast<size_t>(std::countr_zero(matches))];
  }

  // The slot of the key, or the first that can take it, made the key's device's; null if full.
  static Slot* Claim(Segment& segment, const Key& key, uint64_t hash);
  static const Slot* Lookup(const Segment& segment, const Key& key, uint64_t hash);

  // Puts the word into the segment unless its key is there already.
  static void CopyIn(Segment& segment, const Key& key, uint64_t value);
  static bool IsCrowded(const Segment& segment);
  // How many buckets are made for so many keys.
  static size_t BucketsFor(size_t keys);

  // As Update, for a key that stands outside its first bucket, is new, or is being moved.
  template <typename Next>
  uint64_t UpdateAnywhere(const Key& key, Next&& next);

  size_t CountLive(const Segment& segment, TimeMs horizon) const;

  // Replaces `segment` by a successor of the right size, together with whoever else does.
  void Rebuild(std::atomic<Segment*>& root, Segment* segment);

  const Expiry& expiry_;
  Epochs epochs_;
  std::atomic<int64_t> horizon_{0};
  size_t sweep_next_ = 0;
  std::array<std::atomic<Segment*>, kSegments> roots_;
};

template <typename Next>
uint64_t CounterTable::Update(const Key& key, Place place, Next&& next) {
  Slot* slot = Match(*place.bucket_, key);
  if (slot != nullptr) {
    // Its tag stays what it is, so that only the frozen bit matters.
    uint64_t word = slot->word.load(std::memory_order_acquire);
    while ((word & kFrozen) == 0) {
      const uint64_t before = ValuePart(word);
      if (slot->word.compare_exchange_weak(word, Word(key.tag, next(before)),
                                           std::memory_order_acq_rel, std::memory_order_acquire)) {
        return before;
      }
    }
  }
  return UpdateAnywhere(key, next);
}

template <typename Next>
uint64_t CounterTable::UpdateAnywhere(const Key& key, Next&& next) {
  const uint64_t hash = Hash(key);
  std::atomic<Segment*>& root = roots_[hash >> kSegmentShift];
  for (;;) {
    Segment* segment = root.load(std::memory_order_seq_cst);
    Slot* slot = Claim(*segment, key, hash);
    uint64_t word = slot == nullptr ? kFrozen : slot->word.load(std::memory_order_acquire);
    // Another key of the same device may take the slot first: then Claim has to look again.
    while ((word & kFrozen) == 0 && (word == 0 || TagPart(word) == key.tag)) {
      const uint64_t before = ValuePart(word);
      if (slot->word.compare_exchange_weak(word, Word(key.tag, next(before)),
                                           std::memory_order_acq_rel, std::memory_order_acquire)) {
        if (IsCrowded(*segment)) {
          Rebuild(root, segment);
        }
        return before;
      }
    }
    if ((word & kFrozen) != 0) {
      Rebuild(root, segment);
    }
  }
}

}  // namespace weir
