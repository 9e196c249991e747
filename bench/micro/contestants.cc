#include "bench/micro/contestants.h"

#include "engine/base/check.h"

namespace weir {

namespace {

constexpr TimeMs kNow{1575244800000};  // 2019-12-02T00:00:00Z

// As the replay does without a state.
constexpr size_t kMostUncommitted = 2000000;

// The default policy but for the threshold, which no key reaches in a run of any length.
CodePolicy Limits() {
  CodePolicy policy;
  policy.threshold = 65535;
  policy.clear = 65535;
  return policy;
}

PolicySchedule Schedule() {
  PolicyRules rules;
  rules.fallback = Limits();
  PolicySchedule schedule;
  schedule.versions.emplace_back(rules);
  return schedule;
}

// In an order of its own: with open addressing the keys that come last stand furthest from where
// they belong, and a stretch of the workload must not be made of those alone.
template <typename Contestant>
void Fill(const Workload& workload, Contestant& contestant) {
  std::vector<CounterTable::Key> batch;
  for (size_t i = 0; i < workload.keys().size(); ++i) {
    batch.push_back(Workload::KeyToFill(i));
    if (batch.size() == workload.batch()) {
      contestant.Decide(batch);
      batch.clear();
    }
  }
  contestant.Decide(batch);
}

}  // namespace

// ---- The arithmetic of counting

WordCounter::WordCounter() : policy_(Limits()), codec_(policy_) {}

uint64_t WordCounter::Next(uint64_t before) {
  const int64_t window = WindowOf(kNow, policy_.window);
  WindowCount count = before == 0 ? WindowCount{.window = window} : codec_.Unpack(before);
  RollTo(window, count);
  ++count.current;
  beyond_ += Measure(count, policy_, kNow) > policy_.threshold ? uint64_t{1} : uint64_t{0};
  return codec_.Pack(count).value_or(CounterTable::kMaxValue);
}

// ---- The counter table

TableContestant::TableContestant(const Workload& workload, Prefetching prefetching)
    : table_(*this), prefetching_(prefetching) {
  Fill(workload, *this);
  table_.Sweep(0);
}

bool TableContestant::IsOver(uint32_t /*tag*/, uint64_t value, TimeMs horizon) const {
  return counter_.IsOver(value, horizon);
}

void TableContestant::Decide(KeyBatch batch) {
  {
    const Epochs::Pin pin = table_.Enter();
    if (prefetching_ == Prefetching::kBatch) {
      for (const CounterTable::Key& key : batch) {
        table_.Prefetch(key);
      }
    }
    for (const CounterTable::Key& key : batch) {
      table_.Update(key, [&](uint64_t before) { return counter_.Next(before); });
    }
  }
  // Only frees what growing has left behind.
  table_.Sweep(0);
}

// ---- The throttle

ThrottleContestant::ThrottleContestant(const Workload& workload)
    : schedule_(Schedule()), throttle_(schedule_, totals_) {
  for (uint32_t i = 0; i < kPairs; ++i) {
    const std::optional<AlertCode> code = AlertCode::FromDevice(0x8F00 + i % 20);
    pairs_.push_back({.device = {}, .code = *code, .recipient = Eui64{0x90B3D51F30000000 + i}});
  }
  throttle_.Advance(kNow, *this);
  Fill(workload, *this);
  throttle_.Accept(kNow);
}

void ThrottleContestant::Decide(KeyBatch batch) {
  {
    const Epochs::Pin pin = throttle_.Enter();
    Alert alert;
    alert.received = kNow;
    const auto take = [&](const CounterTable::Key& key) {
      alert.device = Eui64{key.device};
      alert.code = pairs_[key.tag - 1].code;
      alert.recipient = pairs_[key.tag - 1].recipient;
    };
    for (const CounterTable::Key& key : batch) {
      take(key);
      throttle_.Prefetch(alert);
    }
    for (const CounterTable::Key& key : batch) {
      take(key);
      throttle_.Advance(kNow, *this);
      throttle_.Decide(alert, position_++, kNow, *this);
    }
  }
  if (throttle_.journal_size() >= kMostUncommitted) {
    totals_.Accept();
    throttle_.Accept(kNow);
  }
}

// Of a run in which every alert passes unchanged, anything else would be another measurement.

void ThrottleContestant::ForwardCopy(const Alert& /*alert*/, const CopyMark& /*mark*/) {
  WEIR_CHECK(false);
}

void ThrottleContestant::Consolidate(const Alert& /*alert*/) {
  WEIR_CHECK(false);
}

void ThrottleContestant::Episode(const EpisodeEvent& /*event*/) {
  WEIR_CHECK(false);
}

// ---- A map of Abseil

FlatMapContestant::FlatMapContestant(const Workload& workload, Prefetching prefetching)
    : prefetching_(prefetching) {
  Fill(workload, *this);
}

void FlatMapContestant::Decide(KeyBatch batch) {
  if (prefetching_ == Prefetching::kBatch) {
    for (const CounterTable::Key& key : batch) {
      map_.prefetch(KeyHash(key));
    }
  }
  for (const CounterTable::Key& key : batch) {
    uint64_t& word = map_[KeyHash(key)];
    word = counter_.Next(word);
  }
}

// A slot and a control byte for each place; the few bytes besides do not matter.
size_t FlatMapContestant::bytes() const {
  return map_.capacity() * (sizeof(decltype(map_)::value_type) + 1);
}

// ---- An array

ArrayContestant::ArrayContestant(const Workload& workload, Prefetching prefetching, size_t bytes)
    : words_(bytes / sizeof(uint64_t)), prefetching_(prefetching) {
  Fill(workload, *this);
}

uint64_t& ArrayContestant::WordOf(const CounterTable::Key& key) {
  // The upper half of the product maps the hash onto 0..size-1.
  const uint64_t hash = KeyHash(key) >> 32;
  return words_[hash * words_.size() >> 32];
}

void ArrayContestant::Decide(KeyBatch batch) {
  if (prefetching_ == Prefetching::kBatch) {
    for (const CounterTable::Key& key : batch) {
      __builtin_prefetch(&WordOf(key), 1);
    }
  }
  for (const CounterTable::Key& key : batch) {
    ++WordOf(key);
  }
}

}  // namespace weir
