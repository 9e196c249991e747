#include "engine/throttle/counters.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/wire.h"
#include "engine/throttle/dealing.h"

namespace weir {

namespace {

// A counter in the store: the device, then tag and value as in a slot.
constexpr size_t kCounterBytes = 16;

// Words ahead of which the processor is asked for where they go.
constexpr size_t kAhead = 16;

void PutCounter(uint64_t device, uint64_t packed, std::string& out) {
  PutWords({device, packed}, out);
}

absl::Status Damaged() {
  return absl::DataLossError("the counters kept in the state are damaged");
}

}  // namespace

Counters::Counters(const Owner& owner, size_t shards, size_t some_gathered)
    : owner_(owner),
      tags_(CounterTable::kMaxTag),
      table_(*this),
      journals_(shards),
      removed_codes_(AlertCode::kCount),
      removal_number_(AlertCode::kCount),
      most_gathered_(some_gathered) {}

size_t Counters::journal_size() const {
  size_t size = 0;
  for (const Journal& journal : journals_) {
    size += journal.changes.size();
  }
  return size;
}

bool Counters::IsOver(uint32_t tag, uint64_t value, TimeMs horizon) const {
  return owner_.IsOver(tags_.CodeOf(tag), value, horizon);
}

void Counters::RemoveCodes(const std::vector<bool>& codes) {
  const Epochs::Pin pin = table_.Enter();
  std::vector<CounterTable::Key> doomed;
  table_.ForEach([&](const CounterTable::Key& key, uint64_t /*value*/) {
    if (codes[tags_.CodeOf(key.tag).index()]) {
      doomed.push_back(key);
    }
  });
  for (const CounterTable::Key& key : doomed) {
    Update(ShardOf(Eui64{key.device}, journals_.size()), key,
           [](uint64_t /*before*/) { return uint64_t{0}; });
  }
  for (size_t i = 0; i < codes.size(); ++i) {
    removed_codes_[i] = removed_codes_[i] || codes[i];
  }
}

void Counters::Accept(TimeMs now) {
  const size_t touched = journal_size();
  for (Journal& journal : journals_) {
    journal.changes.clear();
  }
  removed_codes_.assign(AlertCode::kCount, false);
  table_.SetHorizon(now);
  // As many slots as words were written: what a flood has filled is looked at again in time, and a
  // quiet partition does nothing.
  table_.Sweep(touched);
  tags_.Accept();
}

void Counters::Rollback() {
  removed_codes_.assign(AlertCode::kCount, false);
  const Epochs::Pin pin = table_.Enter();
  for (Journal& journal : journals_) {
    for (; !journal.changes.empty(); journal.changes.pop_back()) {
      const Change& change = journal.changes.back();
      const CounterTable::Key key{.device = change.device, .tag = TagPart(change.before)};
      table_.Update(key, [&](uint64_t /*now*/) { return ValuePart(change.before); });
    }
  }
  // The tags come last: until here the table may ask what one stands for.
  tags_.Rollback();
}

void Counters::ExportRemovals(uint64_t number, const StateScope& scope) const {
  for (size_t i = 0; i < removed_codes_.size(); ++i) {
    if (removed_codes_[i]) {
      std::string value;
      PutU64(number, value);
      scope.Put(OrderedName(i), std::move(value));
    }
  }
}

void Counters::ExportDelta(uint64_t number, const StateScope& deltas) const {
  std::string words;
  words.reserve(journal_size() * kCounterBytes);
  // In the order in which they changed, so that of several words of a key the last one holds.
  for (const Journal& journal : journals_) {
    for (const Change& change : journal.changes) {
      PutCounter(change.device, change.after, words);
    }
  }
  if (!words.empty()) {
    deltas.Put(OrderedName(number), std::move(words));
  }
}

void Counters::ExportUpkeep(uint64_t number, const StateScope& deltas, const StateScope& images) {
  const size_t touched = journal_size();
  if (touched > 0) {
    deltas_.push_back(number);
  }
  const Epochs::Pin pin = table_.Enter();
  size_t budget = touched + 1;
  for (size_t i = 0; budget > 0 && i < CounterTable::kSegments; ++i) {
    const size_t written = ExportImage(next_image_, number, images);
    budget -= std::min(budget, written + 1);
    image_number_[next_image_] = number;
    next_image_ = (next_image_ + 1) % CounterTable::kSegments;
  }
  const uint64_t oldest = *std::min_element(image_number_.begin(), image_number_.end());
  for (; !deltas_.empty() && deltas_.front() <= oldest; deltas_.pop_front()) {
    deltas.Erase(OrderedName(deltas_.front()));
  }
}

size_t Counters::ExportImage(size_t segment, uint64_t number, const StateScope& images) const {
  std::string image;
  PutU64(number, image);
  size_t words = 0;
  table_.ForEachIn(segment, [&](const CounterTable::Key& key, uint64_t value) {
    PutCounter(key.device, Packed(key.tag, value), image);
    ++words;
  });
  images.Put(OrderedName(segment), std::move(image));
  return words;
}

absl::Status Counters::LoadTag(absl::string_view name, absl::string_view value) {
  return tags_.Load(name, value);
}

absl::Status Counters::LoadRemoval(absl::string_view name, absl::string_view value) {
  WireReader key(name);
  WireReader in(value);
  const uint64_t code = key.OrderedU64();
  const uint64_t number = in.U64();
  if (!key.done() || !in.done() || code >= removal_number_.size()) {
    return Damaged();
  }
  removal_number_[code] = number;
  return absl::OkStatus();
}

absl::Status Counters::LoadImage(absl::string_view name, absl::string_view value) {
  WireReader position(name);
  WireReader in(value);
  const uint64_t segment = position.OrderedU64();
  const uint64_t number = in.U64();
  if (!position.done() || !in.ok() || segment >= CounterTable::kSegments) {
    return Damaged();
  }
  WEIR_CHECK(image_number_[segment] == 0);
  // An image has the order of a table, in which a small one would fill up from its front.
  table_.Reserve(segment, in.rest().size() / kCounterBytes);
  absl::Status read =
      ReadWords(in.rest(), number, [&](const CounterTable::Key& key, uint64_t word) {
        const bool belongs = CounterTable::SegmentOf(key) == segment;
        if (belongs) {
          table_.Put(key, ValuePart(word));
        }
        return belongs;
      });
  image_number_[segment] = number;
  return read;
}

absl::Status Counters::LoadDelta(absl::string_view name, absl::string_view value) {
  WireReader position(name);
  const uint64_t number = position.OrderedU64();
  if (!position.done()) {
    return Damaged();
  }
  deltas_.push_back(number);
  if (gathered_.empty()) {
    gathered_.resize(CounterTable::kSegments);
    // A few bytes for each of the keys that the images have.
    most_gathered_ = std::max(most_gathered_, table_.KeysHeld() / 4);
  }
  return ReadWords(value, number, [&](const CounterTable::Key& key, uint64_t word) {
    const size_t segment = CounterTable::SegmentOf(key);
    if (number > image_number_[segment]) {
      gathered_[segment].push_back({key.device, word});
      if (++gathered_words_ == most_gathered_) {
        PutGathered();
      }
    }
    return true;
  });
}

void Counters::FinishLoad() {
  PutGathered();
  std::vector<PlainVector<Gathered>>().swap(gathered_);
}

void Counters::PutGathered() {
  for (PlainVector<Gathered>& words : gathered_) {
    for (size_t i = 0; i < words.size(); ++i) {
      table_.Prefetch(KeyOf(words[std::min(i + kAhead, words.size() - 1)]));
      table_.Put(KeyOf(words[i]), ValuePart(words[i].word));
    }
    words.clear();
  }
  gathered_words_ = 0;
}

template <typename Take>
absl::Status Counters::ReadWords(absl::string_view words, uint64_t number, Take take) const {
  if (words.size() % kCounterBytes != 0) {
    return Damaged();
  }
  for (WireReader in(words); !in.rest().empty();) {
    const uint64_t device = in.U64();
    const uint64_t word = in.U64();
    const CounterTable::Key key{.device = device, .tag = TagPart(word)};
    if (device == 0 || key.tag == 0 || !tags_.Knows(key.tag)) {
      return Damaged();
    }
    if (number >= removal_number_[tags_.CodeOf(key.tag).index()] && !take(key, word)) {
      return Damaged();
    }
  }
  return absl::OkStatus();
}

}  // namespace weir
