// The keys that need more than a counter: those in an episode, and the few whose counts are too
// large for the compact form. With the timers of their windows' ends, and a journal.
//
// Every open key has one timer: the end of its current window. Timers are taken out in order of
// (due time, input position of the key's last counted alert).
//
// Threads: one owner.
//
// Layer: engine/throttle (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/node_hash_map.h"
#include "absl/strings/string_view.h"

#include "engine/alert/alert_key.h"
#include "engine/alert/event.h"
#include "engine/base/state_batch.h"
#include "engine/base/units.h"
#include "engine/throttle/window_count.h"

namespace weir {

// What is known of a key while it is throttled.
struct Episode {
  TimeMs started;
  int64_t started_window = 0;
  uint64_t alerts = 0;    // from the starting alert on
  uint64_t sequence = 0;  // of the last copy, and so the number of copies
  uint64_t pending = 0;   // alerts since the last copy
  KeptAlert last{};       // the last consolidated alert; meaningful while pending > 0

  uint64_t consolidated() const { return alerts - sequence; }
};

struct OpenKey {
  WindowCount count;
  DurationMs window;          // length of its windows, by the policy it is counted under
  int64_t last_position = 0;  // input position of the key's last counted alert
  std::optional<Episode> episode{};

  // When the current window ends.
  TimeMs due() const { return TimeMs{(count.window + 1) * window.value}; }
};

// An entry of the store.
struct NamedOpenKey {
  AlertKey key;
  OpenKey open;
};

// Nothing if the entry is damaged.
std::optional<NamedOpenKey> DecodeOpenKey(absl::string_view name, absl::string_view value);

class OpenKeys {
 public:
  // The key's state; null if it is not open.
  const OpenKey* Find(const AlertKey& key) const;

  // For changing it, except for count.window; null if the key is not open.
  OpenKey* TouchIfOpen(const AlertKey& key);

  // The same where the key is known to be open.
  OpenKey& Touch(const AlertKey& key);

  // Opens a key that is not open.
  OpenKey& Open(const AlertKey& key, OpenKey state);

  // Moves an open key to its next window.
  void EnterNextWindow(const AlertKey& key);

  void Close(const AlertKey& key);

  // Whether a key is due at or before `now`.
  bool IsAnyDueBy(TimeMs now) const { return next_due_ <= now; }

  // How many keys are; counts no further than `limit`.
  size_t CountDue(TimeMs now, size_t limit) const;

  // The earliest due time; nothing if no key is open.
  std::optional<TimeMs> NextDue() const;

  // The keys due at NextDue(), in the order in which they are to be handled. Their timers stay: the
  // caller closes each key or moves it to its next window.
  std::vector<AlertKey> DueNext() const;

  // The keys whose code is set (by AlertCode::index()), in order of their last alert's position.
  std::vector<AlertKey> WithCodes(const std::vector<bool>& codes) const;

  // Every open key, in no particular order.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (const auto& [key, entry] : keys_) {
      visit(key, entry.state);
    }
  }

  size_t size() const { return keys_.size(); }

  void Accept();
  void Rollback();
  void Export(const StateScope& scope) const;
  // Takes up what Export wrote; not part of a batch.
  void Load(const AlertKey& key, OpenKey open);

 private:
  struct Entry {
    OpenKey state;
    uint64_t batch = 0;  // in which it was last journalled
  };

  struct Change {
    AlertKey key;
    std::optional<OpenKey> before;  // none: it was not open
  };

  struct Timer {
    TimeMs due;
    AlertKey key;

    friend auto operator<=>(const Timer&, const Timer&) = default;
  };

  static constexpr TimeMs kNever{INT64_MAX};

  void AddTimer(const Timer& timer);
  void RemoveTimer(const Timer& timer);
  std::vector<AlertKey> InOrderOfPosition(std::vector<AlertKey> keys) const;

  absl::node_hash_map<AlertKey, Entry> keys_;
  absl::btree_set<Timer> timers_;
  TimeMs next_due_ = kNever;  // of the first timer
  std::vector<Change> journal_;
  uint64_t batch_ = 1;
};

}  // namespace weir
