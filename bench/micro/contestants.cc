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

// How many keys are prefetched before the first of them is counted, as the shards of the throttle
// do.
constexpr size_t kGroup = 64;

template <typename Take>
void ForEachGroup(KeyBatch batch, Take&& take) {
  for (size_t begin = 0; begin < batch.size(); begin += kGroup) {
    take(batch.subspan(begin, kGroup));
  }
}

template <typename Contestant>
void Fill(const Workload& workload, Contestant& contestant, const Turn& turn = {}) {
  workload.ForEachToFill([&](KeyBatch batch) { contestant.Decide(batch, turn); });
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

TableContestant::TableContestant(const Workload& workload) : table_(*this) {
  Fill(workload, *this);
}

bool TableContestant::IsOver(uint32_t /*tag*/, uint64_t value, TimeMs horizon) const {
  return counters_.front().IsOver(value, horizon);
}

void TableContestant::Decide(KeyBatch batch, const Turn& turn) {
  {
    const Epochs::Pin pin = table_.Enter();
    ForEachGroup(batch, [&](KeyBatch group) { DecideGroup(group, turn); });
  }
  // Only frees what growing has left behind, and belongs to one thread.
  if (turn.thread == 0) {
    table_.Sweep(0);
  }
}

void TableContestant::DecideGroup(KeyBatch group, const Turn& turn) {
  WordCounter& counter = counters_[turn.thread];
  const auto next = [&](uint64_t before) { return counter.Next(before); };
  if (turn.prefetching == Prefetching::kNone) {
    for (const CounterTable::Key& key : group) {
      table_.Update(key, next);
    }
    return;
  }
  std::array<CounterTable::Place, kGroup> places;
  for (size_t i = 0; i < group.size(); ++i) {
    places[i] = table_.Locate(group[i]);
  }
  for (size_t i = 0; i < group.size(); ++i) {
    CounterTable::Approach(group[i], places[i]);
  }
  for (size_t i = 0; i < group.size(); ++i) {
    table_.Update(group[i], places[i], next);
  }
}

// ---- The throttle

ThrottleContestant::ThrottleContestant(const Workload& workload, Team& team)
    : team_(team), schedule_(Schedule()), throttle_(schedule_, team.size()) {
  for (uint32_t i = 0; i < kPairs; ++i) {
    const std::optional<AlertCode> code = AlertCode::FromDevice(0x8F00 + i % 20);
    pairs_.push_back({.device = {}, .code = *code, .recipient = Eui64{0x90B3D51F30000000 + i}});
  }
  Fill(workload, *this);
  throttle_.Accept(kNow);
}

void ThrottleContestant::MakeArrivals(KeyBatch batch, size_t part) {
  const size_t parts = throttle_.shards();
  const size_t end = batch.size() * (part + 1) / parts;
  for (size_t i = batch.size() * part / parts; i < end; ++i) {
    const AlertKey& pair = pairs_[batch[i].tag - 1];
    alerts_[i].device = Eui64{batch[i].device};
    alerts_[i].code = pair.code;
    alerts_[i].recipient = pair.recipient;
    alerts_[i].received = kNow;
    arrivals_[i] = {.alert = &alerts_[i],
                    .now = kNow,
                    .position = position_ + static_cast<int64_t>(i),
                    .record = static_cast<uint32_t>(i)};
  }
}

void ThrottleContestant::Decide(KeyBatch batch, const Turn& /*turn*/) {
  alerts_.resize(batch.size());
  arrivals_.resize(batch.size());
  verdicts_.resize(batch.size());
  team_.Run(throttle_.shards(), [&](size_t part) { MakeArrivals(batch, part); });
  position_ += static_cast<int64_t>(batch.size());
  Timeline timeline;
  timeline.Add(0, kNow);
  throttle_.Begin(
      {.arrivals = arrivals_, .timeline = &timeline, .verdicts = absl::MakeSpan(verdicts_)});
  while (throttle_.DealOut()) {
    team_.Run(throttle_.shards(), [&](size_t shard) { throttle_.Decide(shard); });
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

FlatMapContestant::FlatMapContestant(absl::Span<const Workload> workloads)
    : own_(workloads.size()) {
  for (size_t i = 0; i < workloads.size(); ++i) {
    Fill(workloads[i], *this, {.thread = i, .threads = workloads.size()});
  }
}

void FlatMapContestant::Decide(KeyBatch batch, const Turn& turn) {
  Own& own = own_[turn.thread];
  ForEachGroup(batch, [&](KeyBatch group) {
    if (turn.prefetching == Prefetching::kGroup) {
      for (const CounterTable::Key& key : group) {
        own.map.prefetch(KeyHash(key));
      }
    }
    for (const CounterTable::Key& key : group) {
      uint64_t& word = own.map[KeyHash(key)];
      word = own.counter.Next(word);
    }
  });
}

// A slot and a control byte for each place; the few bytes besides do not matter.
size_t FlatMapContestant::bytes() const {
  size_t bytes = 0;
  for (const Own& own : own_) {
    bytes += own.map.capacity() * (sizeof(decltype(own.map)::value_type) + 1);
  }
  return bytes;
}

// ---- An array

ArrayContestant::ArrayContestant(const Workload& workload, size_t bytes)
    : lines_(bytes / sizeof(Line) + bytes / sizeof(Line) % 2) {
  Fill(workload, *this);
}

uint64_t& ArrayContestant::WordOf(const CounterTable::Key& key, const Turn& turn) {
  const uint64_t hash = KeyHash(key);
  // The upper half of the product maps the hash onto 0..size-1.
  size_t line = (hash >> 32) * lines_.size() >> 32;
  if (turn.threads > 1) {
    line = (line & ~size_t{1}) | turn.thread;
  }
  return lines_[line].words[hash % std::tuple_size_v<decltype(Line::words)>];
}

void ArrayContestant::Decide(KeyBatch batch, const Turn& turn) {
  ForEachGroup(batch, [&](KeyBatch group) {
    if (turn.prefetching == Prefetching::kGroup) {
      for (const CounterTable::Key& key : group) {
        __builtin_prefetch(&WordOf(key, turn), 1);
      }
    }
    for (const CounterTable::Key& key : group) {
      ++WordOf(key, turn);
    }
  });
}

}  // namespace weir
