#include "bench/micro/contestants.h"

#include <array>

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

// How many keys are prefetched before the first of them is counted, as the shards of the throttle
// do.
constexpr size_t kGroup = 64;

template <typename Take>
void ForEachGroup(KeyBatch batch, Take&& take) {
  for (size_t begin = 0; begin < batch.size(); begin += kGroup) {
    take(batch.subspan(begin, kGroup));
  }
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

WordCounter::WordCounter() : policy_(Limits()), codec_(policy_), clock_(policy_.window) {}

uint64_t WordCounter::Next(uint64_t before) {
  const int64_t window = clock_.At(kNow);
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
    std::array<CounterTable::Place, kGroup> places;
    ForEachGroup(batch, [&](KeyBatch group) {
      if (prefetching_ == Prefetching::kNone) {
        for (const CounterTable::Key& key : group) {
          table_.Update(key, [&](uint64_t before) { return counter_.Next(before); });
        }
        return;
      }
      for (size_t i = 0; i < group.size(); ++i) {
        places[i] = table_.Locate(group[i]);
      }
      for (size_t i = 0; i < group.size(); ++i) {
        CounterTable::Approach(group[i], places[i]);
      }
      for (size_t i = 0; i < group.size(); ++i) {
        table_.Update(group[i], places[i], [&](uint64_t before) { return counter_.Next(before); });
      }
    });
  }
  // Only frees what growing has left behind.
  table_.Sweep(0);
}

// ---- The throttle

ThrottleContestant::ThrottleContestant(const Workload& workload)
    : schedule_(Schedule()), throttle_(schedule_, 1) {
  for (uint32_t i = 0; i < kPairs; ++i) {
    const std::optional<AlertCode> code = AlertCode::FromDevice(0x8F00 + i % 20);
    pairs_.push_back({.device = {}, .code = *code, .recipient = Eui64{0x90B3D51F30000000 + i}});
  }
  Fill(workload, *this);
  throttle_.Accept(kNow);
}

void ThrottleContestant::Decide(KeyBatch batch) {
  alerts_.resize(batch.size());
  arrivals_.resize(batch.size());
  verdicts_.resize(batch.size());
  for (uint32_t i = 0; i < batch.size(); ++i) {
    const AlertKey& pair = pairs_[batch[i].tag - 1];
    alerts_[i].device = Eui64{batch[i].device};
    alerts_[i].code = pair.code;
    alerts_[i].recipient = pair.recipient;
    alerts_[i].received = kNow;
    arrivals_[i] = {.alert = &alerts_[i], .now = kNow, .position = position_++, .record = i};
  }
  Timeline timeline;
  timeline.Add(0, kNow);
  throttle_.Begin(
      {.arrivals = arrivals_, .timeline = &timeline, .verdicts = absl::MakeSpan(verdicts_)});
  while (throttle_.DealOut()) {
    throttle_.Decide(0);
  }
  // Of a run in which every alert passes unchanged, anything else would be another measurement.
  for (const Verdict verdict : verdicts_) {
    WEIR_CHECK(verdict == Verdict::kForward);
  }
  if (throttle_.journal_size() >= kMostUncommitted) {
    throttle_.Accept(kNow);
  }
}

// ---- A map of Abseil

FlatMapContestant::FlatMapContestant(const Workload& workload, Prefetching prefetching)
    : prefetching_(prefetching) {
  Fill(workload, *this);
}

void FlatMapContestant::Decide(KeyBatch batch) {
  ForEachGroup(batch, [&](KeyBatch group) {
    if (prefetching_ == Prefetching::kGroup) {
      for (const CounterTable::Key& key : group) {
        map_.prefetch(KeyHash(key));
      }
    }
    for (const CounterTable::Key& key : group) {
      uint64_t& word = map_[KeyHash(key)];
      word = counter_.Next(word);
    }
  });
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
  ForEachGroup(batch, [&](KeyBatch group) {
    if (prefetching_ == Prefetching::kGroup) {
      for (const CounterTable::Key& key : group) {
        __builtin_prefetch(&WordOf(key), 1);
      }
    }
    for (const CounterTable::Key& key : group) {
      ++WordOf(key);
    }
  });
}

}  // namespace weir
