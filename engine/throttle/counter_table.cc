#include "engine/throttle/counter_table.h"

#include <algorithm>

#include "engine/base/check.h"

namespace weir {

namespace {

constexpr size_t kMinSlots = 16;

// A segment is rebuilt when more than 4/5 of its slots are taken, to be 2/3 full afterwards:
// between 20 and 24 bytes a key. A small one, whose memory does not matter, is 2/5 full afterwards,
// so that a table that grows copies its keys less often. It shrinks when less than 1/4 of its slots
// is wanted.
constexpr size_t kSmall = 512;  // keys

constexpr bool IsAbove(size_t used, size_t capacity) {
  return used * 5 > capacity * 4;
}

constexpr size_t SlotsFor(size_t keys) {
  return std::max(kMinSlots, keys <= kSmall ? keys * 5 / 2 : keys * 3 / 2 + 1);
}

constexpr bool IsMostlyEmpty(size_t wanted, size_t capacity) {
  return capacity > kMinSlots && wanted * 4 < capacity;
}

}  // namespace

CounterTable::Segment::Segment(size_t buckets_wanted, TimeMs horizon_at)
    : bucket_count(buckets_wanted),
      horizon(horizon_at),
      buckets(std::make_unique<Bucket[]>(buckets_wanted)) {}

size_t CounterTable::BucketsFor(size_t keys) {
  return (SlotsFor(keys) + kBucketSlots - 1) / kBucketSlots;
}

CounterTable::CounterTable(const Expiry& expiry) : expiry_(expiry) {
  for (auto& root : roots_) {
    root.store(std::make_unique<Segment>(BucketsFor(0), TimeMs{}).release());
  }
}

CounterTable::~CounterTable() {
  for (auto& root : roots_) {
    const std::unique_ptr<Segment> segment(root.load());
  }
}

CounterTable::Slot* CounterTable::Claim(Segment& segment, const Key& key, const Home& home) {
  size_t index = home.BucketOf(segment.bucket_count);
  for (size_t probes = 0; probes < segment.bucket_count; ++probes) {
    for (Slot& slot : segment.buckets[index].slots) {
      uint64_t device = slot.device.load(std::memory_order_acquire);
      if (device == 0 &&
          slot.device.compare_exchange_strong(device, key.device, std::memory_order_acq_rel,
                                              std::memory_order_acquire)) {
        segment.used.fetch_add(1, std::memory_order_relaxed);
        return &slot;
      }
      if (device == key.device) {
        const uint64_t word = slot.word.load(std::memory_order_acquire);
        const uint64_t tag = TagPart(word);
        if (tag == key.tag || tag == 0) {
          return &slot;
        }
      }
    }
    index = NextBucket(segment, index);
  }
  return nullptr;
}

const CounterTable::Slot* CounterTable::Lookup(const Segment& segment, const Key& key,
                                               const Home& home) {
  size_t index = home.BucketOf(segment.bucket_count);
  for (size_t probes = 0; probes < segment.bucket_count; ++probes) {
    Bucket& bucket = segment.buckets[index];
    if (const Slot* slot = Match(bucket, key); slot != nullptr) {
      return slot;
    }
    if (!IsFull(bucket)) {
      return nullptr;
    }
    index = NextBucket(segment, index);
  }
  return nullptr;
}

uint64_t CounterTable::Find(const Key& key) const {
  const Home home(key);
  const Segment* segment = roots_[home.segment].load(std::memory_order_seq_cst);
  const Slot* slot = Lookup(*segment, key, home);
  return slot == nullptr ? 0 : ValuePart(slot->word.load(std::memory_order_acquire));
}

void CounterTable::ForEachIn(size_t segment_index, Visitor visit) const {
  const Segment* segment = roots_[segment_index].load(std::memory_order_seq_cst);
  segment->ForEachSlot([&](const Slot& slot) {
    const uint64_t word = slot.word.load(std::memory_order_acquire);
    if (ValuePart(word) != 0) {
      visit({.device = slot.device.load(std::memory_order_acquire),
             .tag = static_cast<uint32_t>(TagPart(word))},
            ValuePart(word));
    }
  });
}

void CounterTable::ForEach(Visitor visit) const {
  for (size_t i = 0; i < kSegments; ++i) {
    ForEachIn(i, visit);
  }
}

bool CounterTable::IsCrowded(const Segment& segment) {
  return IsAbove(segment.used.load(std::memory_order_relaxed), segment.capacity());
}

void CounterTable::CopyIn(Segment& segment, const Key& key, uint64_t value) {
  const Home home(key);
  for (;;) {
    Slot* slot = Claim(segment, key, home);
    WEIR_CHECK(slot != nullptr);  // the successor was made to hold every live key
    uint64_t word = slot->word.load(std::memory_order_acquire);
    if (TagPart(word) == key.tag) {
      return;  // another thread has copied it, and it may have been updated since
    }
    if (word == 0 &&
        slot->word.compare_exchange_strong(word, Word(key.tag, value), std::memory_order_acq_rel)) {
      return;
    }
    // A frozen successor has been filled by others, so the key would have been found.
    WEIR_CHECK(word != kFrozen);
  }
}

template <typename Visit>
void CounterTable::ForEachLive(const Segment& segment, TimeMs horizon, Visit&& visit) const {
  segment.ForEachSlot([&](const Slot& slot) {
    const uint64_t word = slot.word.load(std::memory_order_acquire);
    const uint64_t value = ValuePart(word);
    const auto tag = static_cast<uint32_t>(TagPart(word));
    if (value != 0 && !expiry_.IsOver(tag, value, horizon)) {
      visit(Key{.device = slot.device.load(std::memory_order_acquire), .tag = tag}, value);
    }
  });
}

// Gives the frozen segment its successor, if it has none, of the right size for what is live.
CounterTable::Segment& CounterTable::SuccessorOf(Segment& segment,
                                                 std::vector<LiveKey>& live) const {
  Segment* successor = segment.successor.load(std::memory_order_acquire);
  if (successor == nullptr) {
    const TimeMs horizon{horizon_.load(std::memory_order_acquire)};
    ForEachLive(segment, horizon, [&](const Key& key, uint64_t value) {
      live.push_back({key, value});
    });
    auto made = std::make_unique<Segment>(BucketsFor(live.size()), horizon);
    if (segment.successor.compare_exchange_strong(successor, made.get(),
                                                  std::memory_order_acq_rel)) {
      return *made.release();
    }
    live.clear();
  }
  // Another thread's: what is live is a matter of its horizon.
  ForEachLive(segment, successor->horizon, [&](const Key& key, uint64_t value) {
    live.push_back({key, value});
  });
  return *successor;
}

void CounterTable::Rebuild(std::atomic<Segment*>& root, Segment* segment) {
  segment->ForEachSlot([](Slot& slot) { slot.word.fetch_or(kFrozen, std::memory_order_acq_rel); });
  std::vector<LiveKey> live;
  live.reserve(segment->capacity());
  Segment& successor = SuccessorOf(*segment, live);
  for (const LiveKey& each : live) {
    CopyIn(successor, each.key, each.value);
  }
  Segment* expected = segment;
  if (root.compare_exchange_strong(expected, &successor, std::memory_order_seq_cst)) {
    epochs_.Retire(segment);
  }
}

void CounterTable::SetHorizon(TimeMs horizon) {
  WEIR_CHECK(horizon.value >= horizon_.load(std::memory_order_relaxed));
  horizon_.store(horizon.value, std::memory_order_release);
}

void CounterTable::Put(const Key& key, uint64_t value) {
  const size_t at = SegmentOf(key);
  Segment& segment = *roots_[at].load(std::memory_order_relaxed);
  PutIn(segment, key, value);
  if (IsCrowded(segment)) {
    Reserve(at, segment.used.load(std::memory_order_relaxed));
  }
}

void CounterTable::PutIn(Segment& segment, const Key& key, uint64_t value) {
  Slot* const slot = Claim(segment, key, Home(key));
  WEIR_CHECK(slot != nullptr);  // it grows before it is full
  slot->word.store(Word(key.tag, value), std::memory_order_relaxed);
}

void CounterTable::Reserve(size_t segment, size_t keys) {
  std::atomic<Segment*>& root = roots_[segment];
  const std::unique_ptr<Segment> before(root.load(std::memory_order_relaxed));
  auto made = std::make_unique<Segment>(BucketsFor(keys), before->horizon);
  before->ForEachSlot([&](const Slot& slot) {
    const uint64_t word = slot.word.load(std::memory_order_relaxed);
    if (ValuePart(word) != 0) {
      PutIn(*made,
            {.device = slot.device.load(std::memory_order_relaxed),
             .tag = static_cast<uint32_t>(TagPart(word))},
            ValuePart(word));
    }
  });
  root.store(made.release(), std::memory_order_relaxed);
}

void CounterTable::Sweep(size_t slots) {
  const TimeMs horizon{horizon_.load(std::memory_order_relaxed)};
  for (size_t looked = 0, segments = 0; looked < slots && segments < kSegments; ++segments) {
    std::atomic<Segment*>& root = roots_[sweep_next_];
    sweep_next_ = (sweep_next_ + 1) % kSegments;
    const Epochs::Pin pin = Enter();
    Segment* segment = root.load(std::memory_order_seq_cst);
    looked += segment->capacity();
    size_t live = 0;
    ForEachLive(*segment, horizon, [&](const Key& /*key*/, uint64_t /*value*/) { ++live; });
    if (IsMostlyEmpty(live, segment->capacity())) {
      Rebuild(root, segment);
    }
  }
  epochs_.Collect();
}

size_t CounterTable::MemoryBytes() const {
  size_t slots = 0;
  for (const auto& root : roots_) {
    slots += root.load(std::memory_order_seq_cst)->capacity();
  }
  return slots * sizeof(Slot);
}

size_t CounterTable::KeysHeld() const {
  const Epochs::Pin pin = Enter();
  size_t keys = 0;
  for (const auto& root : roots_) {
    keys += root.load(std::memory_order_seq_cst)->used.load(std::memory_order_relaxed);
  }
  return keys;
}

}  // namespace weir
