// Pairs of codes that clear each other, such as 8020 (started) and 808D (ended): whether what a
// receiver was told last is what the device said last.
//
// A receiver is wrong, under some setting, from an alert held back whose partner it has got last,
// until it is told or the device says that again. Both ways of counting are watched: the codes
// apart, and together.
//
// Memory: about 60 bytes for each pair of a device, and 8 for each setting as long as the receiver
// is wrong under one.
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

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"

#include "engine/alert/alert_key.h"
#include "engine/base/units.h"
#include "engine/tune/sweep_book.h"

namespace weir {

// What a sweep counts by, or where it writes to.
template <typename What>
struct BothWays {
  What planned;
  What otherwise;  // with the codes of pairs counted the other way
};

// For each setting, whether an alert was held back; with one entry, for all.
using HeldBack = std::vector<uint8_t>;

class PairWatches {
 public:
  // A copy at the end of an episode.
  struct Word {
    AlertKey pair;                  // the key, with the pair's lower code
    std::optional<size_t> setting;  // nothing: all
    AlertCode code;
    TimeMs at;
    uint64_t position = 0;  // of the alert, in the order of all alerts
  };

  // Who is wrong, counted one way: one at least.
  struct Wrong {
    static constexpr int64_t kRight = -1;

    std::vector<int64_t> since;  // by setting, in ms or kRight
    size_t count = 0;            // of those who are wrong
  };

  struct Pair {
    AlertCode last;                            // that the device said
    size_t settings = 1;                       // how many the pair has
    BothWays<std::unique_ptr<Wrong>> wrong{};  // null: nobody is
    // Of the lower and of the higher code, counted apart: may have a storm.
    std::array<bool, 2> storms{};
  };

  // `books` outlive it.
  explicit PairWatches(BothWays<SweepBook>& books) : books_(books) {}

  // What is known of a pair, of which there is an alert of `code`. Stays there until there is one
  // of another pair.
  Pair& Of(const AlertKey& pair, AlertCode code, size_t settings) {
    return pairs_.try_emplace(pair, Pair{.last = code, .settings = settings}).first->second;
  }

  void Prefetch(const AlertKey& pair) const { pairs_.prefetch(pair); }

  // An alert of the pair; null: nobody's was held back. All words before it have been taken.
  void Take(const AlertKey& key, Pair& pair, AlertCode code, TimeMs now,
            const BothWays<const HeldBack*>& held);

  // Words said since, which are taken out.
  void Take(BothWays<std::vector<Word>>& words);

  // Forgets the pairs of which nobody is wrong and whose next alert will pass under all settings,
  // which `is_quiet` says.
  void Forget(absl::FunctionRef<bool(const AlertKey& pair)> is_quiet);

  // At the end, when stream time is `now`: who is wrong stays so.
  void Finish(TimeMs now);

 private:
  using Slot = std::unique_ptr<Wrong>;

  // What is known of a pair, counted one way, and where it is written down.
  struct View {
    std::vector<PairCounts>& counts;  // by setting
    Slot& wrong;
  };

  View Planned(AlertCode lower, Pair& pair) const;
  View Otherwise(AlertCode lower, Pair& pair) const;
  static void TakeAlert(const View& view, bool changes, TimeMs now, const HeldBack* held);
  void TakeWords(View (PairWatches::*way)(AlertCode, Pair&) const, std::vector<Word>& words);
  static void Learn(const View& view, size_t setting, bool is_right, TimeMs at);
  static void Finish(const View& view, TimeMs now);

  BothWays<SweepBook>& books_;
  absl::flat_hash_map<AlertKey, Pair> pairs_;  // by their lower codes
};

using LastWords = std::vector<PairWatches::Word>;

}  // namespace weir
