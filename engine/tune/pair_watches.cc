#include "engine/tune/pair_watches.h"

#include <algorithm>
#include <tuple>

namespace weir {

PairWatches::View PairWatches::Planned(AlertCode lower, Pair& pair) const {
  return {books_.planned.PairOf(lower, pair.settings), pair.wrong.planned};
}

PairWatches::View PairWatches::Otherwise(AlertCode lower, Pair& pair) const {
  return {books_.otherwise.PairOf(lower, pair.settings), pair.wrong.otherwise};
}

// ---- Alerts and words

void PairWatches::Take(const AlertKey& key, Pair& pair, AlertCode code, TimeMs now,
                       const BothWays<const HeldBack*>& held) {
  const bool changes = pair.last != code;
  if (held.planned != nullptr || pair.wrong.planned != nullptr) {
    TakeAlert(Planned(key.code, pair), changes, now, held.planned);
  }
  if (held.otherwise != nullptr || pair.wrong.otherwise != nullptr) {
    TakeAlert(Otherwise(key.code, pair), changes, now, held.otherwise);
  }
  pair.last = code;
}

void PairWatches::TakeAlert(const View& view, bool changes, TimeMs now, const HeldBack* held) {
  for (size_t i = 0; i < view.counts.size(); ++i) {
    const bool passes = held == nullptr || (*held)[held->size() == 1 ? 0 : i] == 0;
    const bool was_wrong = view.wrong != nullptr && view.wrong->since[i] != Wrong::kRight;
    // Told nothing, a receiver is right if the device says again what it was told last.
    const bool is_right = passes || was_wrong == changes;
    if (is_right == was_wrong) {
      Learn(view, i, is_right, now);
    }
  }
}

void PairWatches::Take(BothWays<std::vector<Word>>& words) {
  TakeWords(&PairWatches::Planned, words.planned);
  TakeWords(&PairWatches::Otherwise, words.otherwise);
}

void PairWatches::TakeWords(View (PairWatches::*way)(AlertCode, Pair&) const,
                            std::vector<Word>& words) {
  std::sort(words.begin(), words.end(), [](const Word& a, const Word& b) {
    return std::tie(a.at, a.position) < std::tie(b.at, b.position);
  });
  for (const Word& word : words) {
    // An alert was held back, so the pair is known.
    Pair& pair = pairs_.find(word.pair)->second;
    const View view = (this->*way)(word.pair.code, pair);
    const size_t first = word.setting.value_or(0);
    const size_t end = word.setting ? first + 1 : pair.settings;
    for (size_t setting = first; setting < end; ++setting) {
      Learn(view, setting, word.code == pair.last, word.at);
    }
  }
  words.clear();
}

void PairWatches::Learn(const View& view, size_t setting, bool is_right, TimeMs at) {
  Slot& wrong = view.wrong;
  PairCounts& counts = view.counts[setting];
  const bool was_right = wrong == nullptr || wrong->since[setting] == Wrong::kRight;
  if (is_right == was_right) {
    return;
  }
  if (!is_right) {
    if (wrong == nullptr) {
      wrong = std::make_unique<Wrong>();
      wrong->since.assign(view.counts.size(), Wrong::kRight);
    }
    ++counts.wrong;
    wrong->since[setting] = at.value;
    ++wrong->count;
    return;
  }
  counts.longest = std::max(counts.longest, at - TimeMs{wrong->since[setting]});
  wrong->since[setting] = Wrong::kRight;
  if (--wrong->count == 0) {
    wrong.reset();
  }
}

// ---- The end

void PairWatches::Forget(absl::FunctionRef<bool(const AlertKey& pair)> is_quiet) {
  absl::erase_if(pairs_, [&](const auto& entry) {
    const BothWays<Slot>& wrong = entry.second.wrong;
    return wrong.planned == nullptr && wrong.otherwise == nullptr && is_quiet(entry.first);
  });
}

void PairWatches::Finish(TimeMs now) {
  for (auto& [key, pair] : pairs_) {
    if (pair.wrong.planned != nullptr) {
      Finish(Planned(key.code, pair), now);
    }
    if (pair.wrong.otherwise != nullptr) {
      Finish(Otherwise(key.code, pair), now);
    }
  }
}

void PairWatches::Finish(const View& view, TimeMs now) {
  for (size_t i = 0; i < view.counts.size(); ++i) {
    if (view.wrong->since[i] != Wrong::kRight) {
      ++view.counts[i].open;
      view.counts[i].longest = std::max(view.counts[i].longest, now - TimeMs{view.wrong->since[i]});
    }
  }
}

}  // namespace weir
