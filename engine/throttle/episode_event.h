// What is told about an episode: one record of the stream `throttle.episodes`.
//
// Layer: engine/throttle (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

#include "engine/alert/alert_key.h"
#include "engine/base/units.h"

namespace weir {

struct EpisodeEvent {
  enum class Kind : uint8_t {
    kStarted,        // throttling of the key begins at `at`
    kContinuing,     // a window ended at `at` and the episode goes on
    kEnded,          // throttling of the key ended at `at`
    kExcludedStorm,  // an excluded key passed its threshold in this window
  };
  enum class Reason : uint8_t {
    kClear,   // a window held at most `clear` alerts
    kPolicy,  // a policy version changed what holds for the code
  };

  // From the starting alert on; `copies` includes the last word.
  struct Counts {
    uint64_t alerts = 0;
    uint64_t copies = 0;

    uint64_t consolidated() const { return alerts - copies; }
  };

  Kind kind = Kind::kStarted;
  TimeMs at;
  AlertKey key;
  std::optional<TimeMs> started;   // of every kind but kExcludedStorm
  Reason reason = Reason::kClear;  // of kEnded
  Counts counts;                   // of kContinuing and kEnded
  std::optional<TimeMs> policy;    // effective date of the version in force; none for the defaults
  absl::string_view note;          // that version's note
};

}  // namespace weir
