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

constexpr size_t SlotsFor(size_t keys) {
  return std::max(kMinSlots, keys <= kSmall ? keys * 5 / 2 : keys * 3 / 2 + 1);
}

constexpr bool IsMostlyEmpty(size_t wanted, size_t capacity) {
  return capacity > kMinSlots && wanted * 4 < capacity;
}

}  // namespace

size_t CounterTable::BucketsFor(size_t keys) {
  return (SlotsFor(keys) + kBucketSlots - 1) / kBucketSlots;
}

CounterTable::CounterTable(const Expiry& expiry) : expiry_(expiry) {
  for (auto& root : roots_) {
    root.store(std::make_unique<Segment>(BucketsFor(0)).release());
  }
}

CounterTable::~CounterTable() {
  for (auto& root : roots_) {
    const std::unique_ptr<Segment> segment(root.load());
  }
}

CounterTable::Slot* CounterTable::Claim(Segment& segment, const Key& key, Bucket* home) {
  Bucket* bucket = home;
  do {
    for (Slot& slot : bucket->slots) {
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
    bucket = segment.After(bucket);
  } while (bucket != home);
  return nullptr;
}

CounterTable::Slot* CounterTable::Lookup(const Segment& segment, const Key& key, Bucket*& bucket) {
  const Bucket* const first = bucket;
  do {
    if (Slot* const slot = Match(*bucket, key); slot != nullptr) {
      return slot;
    }
    if (!IsFull(*bucket)) {
      return nullptr;
    }
    bucket = segment.After(bucket);
  } while (bucket != first);
  return nullptr;
}

uint64_t CounterTable::Find(const Key& key) const {
  const Home home(key);
  const Segment* segment = roots_[home.segment].load(std::memory_order_seq_cst);
  Bucket* bucket = segment->BucketOf(home);
  const Slot* slot = Lookup(*segment, key, bucket);
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

std::vector<CounterTable::Content> CounterTable::Freeze(Segment& segment) const {
  const TimeMs horizon{horizon_.load(std::memory_order_acquire)};
  std::vector<Content> live;
  live.reserve(segment.capacity());
  segment.ForEachSlot([&](Slot& slot) {
    slot.word.fetch_or(kFrozen, std::memory_order_acq_rel);
    const uint64_t word = slot.word.load(std::memory_order_acquire) & ~kFrozen;
    if (IsLive(word, horizon)) {
      live.push_back({slot.device.load(std::memory_order_acquire), word});
    }
  });
  return live;
}

void CounterTable::PutNew(const Content& content, Segment& segment) {
  const Key key{.device = content.device, .tag = static_cast<uint32_t>(TagPart(content.word))};
  Bucket* bucket = segment.BucketOf(Home(key));
  while (IsFull(*bucket)) {
    bucket = segment.After(bucket);
  }
  Occupy(*bucket, content);
}

void CounterTable::Rebuild(std::atomic<Segment*>& root, Segment* segment) {
  if (root.load(std::memory_order_seq_cst) != segment) {
    return;
  }
  const std::vector<Content> live = Freeze(*segment);
  auto successor = std::make_unique<Segment>(BucketsFor(live.size()));
  for (const Content& each : live) {
    PutNew(each, *successor);
  }
  successor->used.store(live.size(), std::memory_order_relaxed);
  Segment* expected = segment;
  if (root.compare_exchange_strong(expected, successor.get(), std::memory_order_seq_cst)) {
    static_cast<void>(successor.release());
    epochs_.Retire(segment);
  }
}

void CounterTable::SetHorizon(TimeMs horizon) {
  WEIR_CHECK(horizon.value >= horizon_.load(std::memory_order_relaxed));
  horizon_.store(horizon.value, std::memory_order_release);
}

void CounterTable::Put(const Key& key, uint64_t value) {
  const Home home(key);
  Segment& segment = *roots_[home.segment].load(std::memory_order_relaxed);
  Bucket* bucket = segment.BucketOf(home);
  const uint64_t word = Word(key.tag, value);
  if (Slot* const slot = Lookup(segment, key, bucket); slot != nullptr) {
    slot->word.store(word, std::memory_order_relaxed);
    return;
  }
  WEIR_CHECK(!IsFull(*bucket));  // it grows before it is full
  Occupy(*bucket, {key.device, word});
  const size_t used = segment.used.load(std::memory_order_relaxed) + 1;
  segment.used.store(used, std::memory_order_relaxed);
  if (IsCrowded(segment)) {
    Reserve(home.segment, used);
  }
}

void CounterTable::Reserve(size_t segment, size_t keys) {
  std::atomic<Segment*>& root = roots_[segment];
  const std::unique_ptr<Segment> before(root.load(std::memory_order_relaxed));
  auto made = std::make_unique<Segment>(BucketsFor(keys));
  size_t kept = 0;
  before->ForEachSlot([&](const Slot& slot) {
    const uint64_t word = slot.word.load(std::memory_order_relaxed);
    if (ValuePart(word) != 0) {
      ++kept;
      WEIR_CHECK(kept <= keys);
      PutNew({slot.device.load(std::memory_order_relaxed), word}, *made);
    }
  });
  made->used.store(kept, std::memory_order_relaxed);
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
    segment->ForEachSlot([&](const Slot& slot) {
      live += IsLive(slot.word.load(std::memory_order_acquire), horizon) ? 1U : 0U;
    });
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
