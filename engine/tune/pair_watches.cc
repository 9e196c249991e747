#include "engine/tune/pair_watches.h"

#include <algorithm>
#include <bit>
#include <tuple>
#include <utility>

#include "engine/base/check.h"

namespace weir {

namespace {

// A set of one stands for all; null for nobody.
uint64_t WordOf(const SettingSet* set, size_t word) {
  if (set == nullptr) {
    return 0;
  }
  return set->size() == 1 ? (set->Contains(0) ? ~uint64_t{0} : 0) : set->word(word);
}

uint64_t WordOf(const PairWatches::Spells& spells, size_t word) {
  uint64_t all = 0;
  if (spells != nullptr) {
    for (const PairWatches::Spell& spell : *spells) {
      all |= spell.who.word(word);
    }
  }
  return all;
}

}  // namespace

PairWatches::Number PairWatches::Add(Pair pair) {
  if (free_.empty()) {
    WEIR_CHECK(pairs_.size() < UINT32_MAX);
    free_.push_back(static_cast<Number>(pairs_.size()));
    pairs_.emplace_back();
  }
  const Number number = free_.back();
  free_.pop_back();
  pairs_[number] = std::move(pair);
  return number;
}

void PairWatches::Remove(Number pair) {
  pairs_[pair] = Pair();
  free_.push_back(pair);
}

// ---- Alerts and words

void PairWatches::Take(Pair& pair, AlertCode code, TimeMs now,
                       const BothWays<const SettingSet*>& held) {
  const bool changes = pair.last != code;
  if (held.planned != nullptr || pair.wrong.planned != nullptr) {
    TakeAlert(Planned(pair), changes, now, held.planned);
  }
  if (held.otherwise != nullptr || pair.wrong.otherwise != nullptr) {
    TakeAlert(Otherwise(pair), changes, now, held.otherwise);
  }
  pair.last = code;
}

// Told nothing, a receiver is right if the device says again what it was told last.
void PairWatches::TakeAlert(const View& view, bool changes, TimeMs now, const SettingSet* held) {
  for (size_t begin = 0; begin < view.settings; begin += SettingSet::kWordBits) {
    const size_t word = begin / SettingSet::kWordBits;
    const uint64_t wrong = WordOf(view.wrong, word);
    const uint64_t becomes_wrong = WordOf(held, word) & (changes ? ~wrong : wrong);
    uint64_t differ = becomes_wrong ^ wrong;
    if (view.settings - begin < SettingSet::kWordBits) {
      differ &= (uint64_t{1} << (view.settings - begin)) - 1;
    }
    for (; differ != 0; differ &= differ - 1) {
      const auto bit = static_cast<size_t>(std::countr_zero(differ));
      Learn(view, begin + bit, (becomes_wrong >> bit & 1) == 0, now);
    }
  }
}

void PairWatches::Take(BothWays<std::vector<Word>>& words) {
  TakeWords(&PairWatches::Planned, words.planned);
  TakeWords(&PairWatches::Otherwise, words.otherwise);
}

void PairWatches::TakeWords(View (PairWatches::*way)(Pair&) const, std::vector<Word>& words) {
  if (words.empty()) {
    return;
  }
  std::sort(words.begin(), words.end(), [](const Word& a, const Word& b) {
    return std::tie(a.at, a.position) < std::tie(b.at, b.position);
  });
  for (const Word& word : words) {
    Pair& pair = pairs_[word.pair];
    const View view = (this->*way)(pair);
    const size_t first = word.setting.value_or(0);
    const size_t end = word.setting ? first + 1 : pair.settings;
    for (size_t setting = first; setting < end; ++setting) {
      Learn(view, setting, word.code == pair.last, word.at);
    }
  }
  words.clear();
}

void PairWatches::Learn(const View& view, size_t setting, bool is_right, TimeMs at) {
  if (view.wrong == nullptr) {
    if (is_right) {
      return;
    }
    view.wrong = std::make_unique<absl::InlinedVector<Spell, 1>>();
  }
  absl::InlinedVector<Spell, 1>& spells = *view.wrong;
  const auto spell = std::find_if(spells.begin(), spells.end(),
                                  [&](const Spell& each) { return each.who.Contains(setting); });
  if (is_right == (spell == spells.end())) {
    return;
  }
  PairCounts& counts = view.book.PairOf(view.lower, view.settings)[setting];
  if (!is_right) {
    ++counts.wrong;
    if (spells.empty() || spells.back().since != at) {
      spells.push_back({.since = at, .who = SettingSet(view.settings)});
    }
    spells.back().who.Add(setting);
    return;
  }
  counts.longest = std::max(counts.longest, at - spell->since);
  spell->who.Remove(setting);
  if (spell->who.none()) {
    spells.erase(spell);
  }
  if (spells.empty()) {
    view.wrong.reset();
  }
}

// ---- The end

void PairWatches::Finish(TimeMs now) {
  for (Pair& pair : pairs_) {
    Finish(Planned(pair), now);
    Finish(Otherwise(pair), now);
  }
}

void PairWatches::Finish(const View& view, TimeMs now) {
  if (view.wrong == nullptr) {
    return;
  }
  std::vector<PairCounts>& counts = view.book.PairOf(view.lower, view.settings);
  for (const Spell& spell : *view.wrong) {
    for (size_t i = 0; i < view.settings; ++i) {
      if (spell.who.Contains(i)) {
        ++counts[i].open;
        counts[i].longest = std::max(counts[i].longest, now - spell.since);
      }
    }
  }
}

}  // namespace weir
