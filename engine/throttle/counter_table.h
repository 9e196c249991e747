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
// change; the words still wanted are copied into a successor that nobody else knows yet; then the
// successor takes the old one's place. Any thread that meets a frozen word does the same steps, and
// goes on with the successor that came first, so nobody waits.
//
// Threads: any number, each holding a Pin while it calls. SetHorizon and Sweep: one thread.
//
// Layer: engine/throttle (engine/alert, engine/base).
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/functional/function_ref.h"

#include "engine/base/aligned_array.h"
#include "engine/base/epochs.h"
#include "engine/base/units.h"
#include "engine/throttle/dealing.h"

namespace weir {

class CounterTable {
 private:
  struct Slot;
  struct Bucket;
  struct Segment;

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

  // Where a key stands, as far as is known. Good for as long as the pin under which it was made.
  class Place {
   private:
    friend class CounterTable;

    Segment* segment_ = nullptr;
    Bucket* home_ = nullptr;  // its first bucket
    Bucket* next_ = nullptr;  // where to look next
    Slot* slot_ = nullptr;    // once found
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
    Place place = Locate(key);
    Approach(key, place);
    return Update(key, place, next);
  }

  // The same for a key whose place has been sought. For many keys it is best to locate some, then
  // to approach them, and then to update them: then their accesses to memory overlap.
  template <typename Next>
  uint64_t Update(const Key& key, const Place& place, Next&& next);

  // Where to look for a key first; asks the processor for it.
  Place Locate(const Key& key) const {
    const Home home(key);
    Place place;
    place.segment_ = roots_[home.segment].load(std::memory_order_seq_cst);
    place.home_ = place.segment_->BucketOf(home);
    place.next_ = place.home_;
    __builtin_prefetch(place.home_, 1);
    return place;
  }

  // Looks there; asks for the next place to look if the key is further on.
  static void Approach(const Key& key, Place& place) {
    place.slot_ = Match(*place.home_, key);
    // Without a branch, for the same reason: what is there already is asked for again.
    const bool further = (place.slot_ == nullptr) & IsFull(*place.home_);
    place.next_ = further ? place.segment_->After(place.home_) : place.home_;
    __builtin_prefetch(place.next_, 1);
  }

  // The key's value; zero if it is not there.
  uint64_t Find(const Key& key) const;

  // Calls `visit` for every key of one segment, below kSegments.
  using Visitor = absl::FunctionRef<void(const Key&, uint64_t value)>;
  void ForEachIn(size_t segment, Visitor visit) const;
  void ForEach(Visitor visit) const;

  // The segment that holds a key.
  static size_t SegmentOf(const Key& key) { return Home(key).segment; }

  // From now on a rebuild drops the keys that are over at `horizon`. Never moves back.
  void SetHorizon(TimeMs horizon);

  // Before others know the table its owner fills it so, without a Pin and in half the time of
  // Update.

  // Asks the processor for where the key is looked for first.
  void Prefetch(const Key& key) const { static_cast<void>(Locate(key)); }

  // Sets the key's value.
  void Put(const Key& key, uint64_t value);

  // Makes room for so many keys in a segment, no fewer than it has; it keeps these.
  void Reserve(size_t segment, size_t keys);

  // Looks at about `slots` slots, going round the table from call to call, and rebuilds the
  // segments that have come to hold mostly nothing. Frees what nobody reads any more.
  void Sweep(size_t slots);

  // Bytes of the slots, as they are now.
  size_t MemoryBytes() const;

  // Keys that have a slot, with those that are over and not yet dropped.
  size_t KeysHeld() const;

 private:
  static constexpr int kSegmentShift = 54;  // the top 10 bits of the device's hash
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

  // Where a key belongs. Its segment depends on the device alone, and in the way in which devices
  // are dealt to shards, so that threads that have different shards meet in no segment; its bucket
  // depends on all of it.
  struct Home {
    explicit Home(const Key& key) {
      const uint64_t device = DeviceHash(Eui64{key.device});
      segment = device >> kSegmentShift;
      constexpr uint64_t kOdd1 = 0xD6E8FEB86659FD93;
      constexpr uint64_t kOdd2 = 0x9E3779B97F4A7C15;
      const uint64_t mixed = ((device ^ device >> 32) + key.tag * kOdd1) * kOdd2;
      hash = (mixed ^ mixed >> 29) * kOdd1 >> 32;
    }

    // Without a division: the hash has 32 bits.
    size_t BucketOf(size_t buckets) const { return hash * buckets >> 32; }

    size_t segment = 0;
    uint64_t hash = 0;
  };

  struct Segment : Retirable {
    explicit Segment(size_t bucket_count) : buckets(bucket_count) {}

    size_t capacity() const { return buckets.size() * kBucketSlots; }

    Bucket* BucketOf(const Home& home) const { return &buckets[home.BucketOf(buckets.size())]; }

    // The bucket in which a key is that has found this one full.
    Bucket* After(Bucket* bucket) const {
      return bucket + 1 == buckets.end() ? bucket + 1 - buckets.size() : bucket + 1;
    }

    // Calls `visit(slot)` for every slot.
    template <typename Visit>
    void ForEachSlot(Visit&& visit) const {
      for (Bucket& bucket : buckets) {
        std::for_each(bucket.slots.begin(), bucket.slots.end(), visit);
      }
    }

    const AlignedArray<Bucket> buckets;
    std::atomic<size_t> used{0};  // slots taken
  };

  static uint64_t TagPart(uint64_t word) { return (word & ~kFrozen) >> kValueBits; }

  static uint64_t ValuePart(uint64_t word) { return word & kMaxValue; }

  static constexpr uint64_t Word(uint32_t tag, uint64_t value) {
    return uint64_t{tag} << kValueBits | value;
  }

  // The slot that holds the key, if it stands in this bucket. Without branches on what the slots
  // hold, which no processor could predict.
  ABSL_ATTRIBUTE_ALWAYS_INLINE static Slot* Match(Bucket& bucket, const Key& key) {
    constexpr uint64_t kTag = Word(kMaxTag, 0);
    const uint64_t tag = Word(key.tag, 0);
    const auto match = [&](size_t i) {
      const Slot& slot = bucket.slots[i];
      const uint64_t device = slot.device.load(std::memory_order_acquire);
      const uint64_t word = slot.word.load(std::memory_order_acquire);
      const uint64_t difference = (device ^ key.device) | ((word ^ tag) & kTag);
      return static_cast<unsigned>(difference == 0) << i;
    };
    static_assert(kBucketSlots == 4);
    const unsigned matches = match(0) | match(1) | match(2) | match(3);
    return matches == 0 ? nullptr : &bucket.slots[static_cast<size_t>(std::countr_zero(matches))];
  }

  // Slots are taken in order: behind a free one there is nothing.
  static bool IsFull(const Bucket& bucket) {
    return bucket.slots.back().device.load(std::memory_order_acquire) != 0;
  }

  // The slot of the key, or the first that can take it, made the key's device's; null if full.
  // `home` is the key's.
  static Slot* Claim(Segment& segment, const Key& key, Bucket* home);

  // The slot of the key; null if there is none. `bucket` is the key's first one, and then the one
  // in which the search ended.
  static Slot* Lookup(const Segment& segment, const Key& key, Bucket*& bucket);

  static bool IsCrowded(const Segment& segment) {
    return IsAbove(segment.used.load(std::memory_order_relaxed), segment.capacity());
  }

  // A segment is rebuilt when more than 4/5 of its slots are taken.
  static constexpr bool IsAbove(size_t used, size_t capacity) { return used * 5 > capacity * 4; }

  // How many buckets are made for so many keys.
  static size_t BucketsFor(size_t keys);

  // As Update, for a key that stands further on, is new, or is being moved.
  template <typename Next>
  uint64_t UpdateAnywhere(Key key, const Place& place, Next next);

  // What a slot holds.
  struct Content {
    uint64_t device = 0;
    uint64_t word = 0;  // not frozen
  };

  // Whether a key with this word is wanted in a successor.
  bool IsLive(uint64_t word, TimeMs horizon) const {
    return ValuePart(word) != 0 &&
           !expiry_.IsOver(static_cast<uint32_t>(TagPart(word)), ValuePart(word), horizon);
  }

  // Freezes the segment, and gives what is live in it.
  std::vector<Content> Freeze(Segment& segment) const;

  // Puts a key into a bucket that has a free slot and that nobody else knows. Without branches on
  // how many are taken.
  static void Occupy(Bucket& bucket, const Content& content) {
    size_t taken = 0;
    for (const Slot& slot : bucket.slots) {
      taken += slot.device.load(std::memory_order_relaxed) != 0 ? 1U : 0U;
    }
    Slot& slot = bucket.slots[taken];
    slot.device.store(content.device, std::memory_order_relaxed);
    slot.word.store(content.word, std::memory_order_relaxed);
  }

  // Puts a key that is not there into a segment that nobody else knows, and that has room.
  static void PutNew(const Content& content, Segment& segment);

  // Replaces `segment` by a successor of the right size, unless another thread has.
  void Rebuild(std::atomic<Segment*>& root, Segment* segment);

  void Rebuild(const Key& key, Segment* segment) { Rebuild(roots_[SegmentOf(key)], segment); }

  const Expiry& expiry_;
  Epochs epochs_;
  std::atomic<int64_t> horizon_{0};
  size_t sweep_next_ = 0;
  std::array<std::atomic<Segment*>, kSegments> roots_;
};

template <typename Next>
ABSL_ATTRIBUTE_ALWAYS_INLINE inline uint64_t CounterTable::Update(const Key& key,
                                                                  const Place& place, Next&& next) {
  Slot* slot = place.slot_;
  if (slot == nullptr && place.next_ != place.home_) {
    slot = Match(*place.next_, key);
  }
  if (slot != nullptr) {
    // Its tag stays what it is, so that only the frozen bit matters.
    uint64_t word = slot->word.load(std::memory_order_acquire);
    while ((word & kFrozen) == 0) {
      const uint64_t before = ValuePart(word);
      const uint64_t after = next(before);
      if (after == before ||
          slot->word.compare_exchange_weak(word, Word(key.tag, after), std::memory_order_acq_rel,
                                           std::memory_order_acquire)) {
        return before;
      }
    }
  }
  return UpdateAnywhere(key, place, next);
}

template <typename Next>
uint64_t CounterTable::UpdateAnywhere(Key key, const Place& place, Next next) {
  for (Place now = place;; now = Locate(key)) {
    Segment& segment = *now.segment_;
    Slot* slot = Claim(segment, key, now.home_);
    uint64_t word = slot == nullptr ? kFrozen : slot->word.load(std::memory_order_acquire);
    // Another key of the same device may take the slot first: then Claim has to look again.
    while ((word & kFrozen) == 0 && (word == 0 || TagPart(word) == key.tag)) {
      const uint64_t before = ValuePart(word);
      if (slot->word.compare_exchange_weak(word, Word(key.tag, next(before)),
                                           std::memory_order_acq_rel, std::memory_order_acquire)) {
        if (IsCrowded(segment)) {
          Rebuild(key, &segment);
        }
        return before;
      }
    }
    if ((word & kFrozen) != 0) {
      Rebuild(key, &segment);
    }
  }
}

}  // namespace weir
