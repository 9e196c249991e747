// Which messages have been seen within the duplicate window.
//
// A message is what the device sent: everything of the alert but when the log received it, so that
// a redelivery is recognised. It is remembered by a 128-bit fingerprint. A message with neither
// originator counter nor payload has no identity and is never a duplicate: when in doubt, deliver.
// A dropped duplicate does not renew what is remembered, so nothing repeats for ever unseen.
//
// Memory: about 70 bytes a message of the window.
//
// Threads: one owner.
//
// Layer: engine/throttle (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"

#include "engine/alert/event.h"
#include "engine/base/state_batch.h"
#include "engine/base/units.h"

namespace weir {

// The identity of a message.
struct Fingerprint {
  uint64_t high = 0;
  uint64_t low = 0;

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;

  template <typename H>
  friend H AbslHashValue(H state, const Fingerprint& id) {
    return H::combine(std::move(state), id.low);
  }
};

// Nothing for a message without identity. The same on every machine and in every version.
std::optional<Fingerprint> FingerprintOf(const Alert& alert);

class Duplicates {
 public:
  // A window of zero finds none.
  explicit Duplicates(DurationMs window) : window_(window) {}

  // Whether the alert was seen less than the window before `now`; remembers it if not. `now` is
  // stream time: never before that of the last call.
  bool IsDuplicate(const Alert& alert, TimeMs now);

  size_t size() const { return seen_.size(); }

  void Accept(TimeMs now);
  void Rollback();

  // Writes what was seen since the last Accept as commit `number`, and erases what is over at
  // `now`.
  void Export(uint64_t number, TimeMs now, const StateScope& scope);

  // In order of the commits' numbers.
  absl::Status Load(absl::string_view name, absl::string_view value);

 private:
  struct Sighting {
    Fingerprint id;
    TimeMs at;
  };

  struct Change {
    Fingerprint id;
    std::optional<TimeMs> before;  // when it had been seen
  };

  struct Chunk {
    uint64_t number = 0;  // of the commit
    TimeMs newest;
  };

  bool IsOver(TimeMs seen, TimeMs now) const { return now - seen >= window_; }

  void Forget(TimeMs now);

  DurationMs window_;
  absl::flat_hash_map<Fingerprint, TimeMs> seen_;
  std::deque<Sighting> order_;  // ascending by time; the last journal_.size() are this batch's
  std::vector<Change> journal_;
  std::deque<Chunk> chunks_;  // in the store
};

}  // namespace weir
