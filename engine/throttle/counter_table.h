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
// Layer: engine/throttle (engine/alert, engine/base).
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"

#include "engine/base/epochs.h"
#include "engine/base/units.h"
#include "engine/throttle/dealing.h"

namespace weir {

class CounterTable {
 private:
  struct Slot;
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
    size_t bucket_ = 0;     // where to look next
    Slot* slot_ = nullptr;  // once found
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

  // The same for a key whose place has been sought. For many keys it is best to locate some, then
  // to approach them, and then to update them: then their accesses to memory overlap.
  template <typename Next>
  uint64_t Update(const Key& key, const Place& place, Next&& next);

  // Where to look for a key first; asks the processor for it.
  Place Locate(const Key& key) const {
    const Home home(key);
    Place place;
    place.segment_ = roots_[home.segment].load(std::memory_order_seq_cst);
    place.bucket_ = home.BucketOf(place.segment_->bucket_count);
    __builtin_prefetch(&place.segment_->buckets[place.bucket_], 1);
    return place;
  }

  // Looks there; asks for the next place to look if the key is further on.
  static void Approach(const Key& key, Place& place) {
    Segment& segment = *place.segment_;
    Bucket& bucket = segment.buckets[place.bucket_];
    place.slot_ = Match(bucket, key);
    // Without a branch, for the same reason: what is there already is asked for again.
    const bool further = (place.slot_ == nullptr) & IsFull(bucket);
    place.bucket_ = further ? NextBucket(segment, place.bucket_) : place.bucket_;
    __builtin_prefetch(&segment.buckets[place.bucket_], 1);
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

  static uint64_t TagPart(uint64_t word) { return (word & ~kFrozen) >> kValueBits; }

  static uint64_t ValuePart(uint64_t word) { return word & kMaxValue; }

  static uint64_t Word(uint32_t tag, uint64_t value) { return uint64_t{tag} << kValueBits | value; }

  // The slot that holds the key, if it stands in this bucket. Without branches on what the slots
  // hold, which no processor could predict.
  static Slot* Match(Bucket& bucket, const Key& key) {
    const auto match = [&](size_t i) {
      const Slot& slot = bucket.slots[i];
      const bool same_device = slot.device.load(std::memory_order_acquire) == key.device;
      const bool same_tag = TagPart(slot.word.load(std::memory_order_acquire)) == key.tag;
      return static_cast<unsigned>(same_device & same_tag) << i;
    };
    static_assert(kBucketSlots == 4);
    const unsigned matches = match(0) | match(1) | match(2) | match(3);
    return matches == 0 ? nullptr : &bucket.slots[static_cast<size_t>(std::countr_zero(matches))];
  }

  // Slots are taken in order: behind a free one there is nothing.
  static bool IsFull(const Bucket& bucket) {
    return bucket.slots.back().device.load(std::memory_order_acquire) != 0;
  }

  static size_t NextBucket(const Segment& segment, size_t bucket) {
    return bucket + 1 == segment.bucket_count ? 0 : bucket + 1;
  }

  // The slot of the key, or the first that can take it, made the key's device's; null if full.
  static Slot* Claim(Segment& segment, const Key& key, const Home& home);
  static const Slot* Lookup(const Segment& segment, const Key& key, const Home& home);

  // Puts the word into the segment unless its key is there already.
  static void CopyIn(Segment& segment, const Key& key, uint64_t value);
  // The owner alone: sets the key's word.
  static void PutIn(Segment& segment, const Key& key, uint64_t value);
  static bool IsCrowded(const Segment& segment);
  // How many buckets are made for so many keys.
  static size_t BucketsFor(size_t keys);

  // As Update, for a key that stands further on, is new, or is being moved.
  template <typename Next>
  uint64_t UpdateAnywhere(const Key& key, Next&& next);

  struct LiveKey {
    Key key;
    uint64_t value = 0;
  };

  // Calls `visit(key, value)` for every key of the segment that is not over at the horizon.
  template <typename Visit>
  void ForEachLive(const Segment& segment, TimeMs horizon, Visit&& visit) const;

  Segment& SuccessorOf(Segment& segment, std::vector<LiveKey>& live) const;

  // Replaces `segment` by a successor of the right size, together with whoever else does.
  void Rebuild(std::atomic<Segment*>& root, Segment* segment);

  const Expiry& expiry_;
  Epochs epochs_;
  std::atomic<int64_t> horizon_{0};
  size_t sweep_next_ = 0;
  std::array<std::atomic<Segment*>, kSegments> roots_;
};

template <typename Next>
uint64_t CounterTable::Update(const Key& key, const Place& place, Next&& next) {
  Slot* slot = place.slot_;
  if (slot == nullptr) {
    slot = Match(place.segment_->buckets[place.bucket_], key);
  }
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
  const Home home(key);
  std::atomic<Segment*>& root = roots_[home.segment];
  for (;;) {
    Segment* segment = root.load(std::memory_order_seq_cst);
    Slot* slot = Claim(*segment, key, home);
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
