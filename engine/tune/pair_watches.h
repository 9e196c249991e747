// Pairs of codes that clear each other, such as 8020 (started) and 808D (ended): whether what a
// receiver was told last is what the device said last.
//
// A receiver is wrong, under some setting, from an alert held back whose partner it has got last,
// until it is told or the device says that again. Both ways of counting are watched: the codes
// apart, and together.
//
// Memory: 48 bytes for each pair of a device, and some 60 as long as a receiver is wrong under some
// setting.
//
// Threads: one owner.
//
// Layer: engine/tune (engine/alert, engine/base).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/inlined_vector.h"

#include "engine/alert/alert_code.h"
#include "engine/base/units.h"
#include "engine/tune/setting_set.h"
#include "engine/tune/sweep_book.h"

namespace weir {

// What a sweep counts by, or where it writes to.
template <typename What>
struct BothWays {
  What planned;
  What otherwise;  // with the codes of pairs counted the other way
};

class PairWatches {
 public:
  // Of a pair, for as long as it is watched.
  using Number = uint32_t;

  // A copy at the end of an episode.
  struct Word {
    Number pair = 0;
    std::optional<size_t> setting;  // nothing: all
    AlertCode code;
    TimeMs at;
    uint64_t position = 0;  // of the alert, in the order of all alerts
  };

  // Settings under which a receiver has been wrong since the same time.
  struct Spell {
    TimeMs since;
    SettingSet who;  // one at least
  };

  // Of a pair counted one way, the receiver's spells: null if there is none.
  using Spells = std::unique_ptr<absl::InlinedVector<Spell, 1>>;

  struct Pair {
    AlertCode lower;        // of the two codes
    AlertCode last;         // that the device said
    uint32_t settings = 1;  // how many the pair has
    BothWays<Spells> wrong{};
    // Of the lower and of the higher code, counted apart: may have a storm.
    std::array<bool, 2> storms{};
    // Where its keys are counted, by whoever does so: apart, two places from here on, and together.
    uint32_t apart = 0;
    uint32_t together = 0;
  };

  // `books` outlive it.
  explicit PairWatches(BothWays<SweepBook>& books) : books_(books) {}

  // Begins to watch a pair.
  Number Add(Pair pair);

  // Ends that.
  void Remove(Number pair);

  Pair& Of(Number pair) { return pairs_[pair]; }

  // Asks the processor for what Of gives.
  void Prefetch(Number pair) const { __builtin_prefetch(&pairs_[pair]); }

  // An alert of the pair, and who it was held back from; null: nobody. All words before it have
  // been taken.
  void Take(Pair& pair, AlertCode code, TimeMs now, const BothWays<const SettingSet*>& held);

  // Words said since, which are taken out.
  void Take(BothWays<std::vector<Word>>& words);

  // Whether nobody is wrong about a pair.
  static bool IsQuiet(const Pair& pair) {
    return pair.wrong.planned == nullptr && pair.wrong.otherwise == nullptr;
  }

  // At the end, when stream time is `now`: who is wrong stays so.
  void Finish(TimeMs now);

 private:
  // What is known of a pair, counted one way, and where it is written down.
  struct View {
    SweepBook& book;
    AlertCode lower;
    size_t settings = 0;
    Spells& wrong;
  };

  View Planned(Pair& pair) const {
    return {books_.planned, pair.lower, pair.settings, pair.wrong.planned};
  }

  View Otherwise(Pair& pair) const {
    return {books_.otherwise, pair.lower, pair.settings, pair.wrong.otherwise};
  }

  static void TakeAlert(const View& view, bool changes, TimeMs now, const SettingSet* held);
  void TakeWords(View (PairWatches::*way)(Pair&) const, std::vector<Word>& words);
  static void Learn(const View& view, size_t setting, bool is_right, TimeMs at);
  static void Finish(const View& view, TimeMs now);

  BothWays<SweepBook>& books_;
  std::vector<Pair> pairs_;  // by number
  std::vector<Number> free_;
};

using LastWords = std::vector<PairWatches::Word>;

}  // namespace weir
