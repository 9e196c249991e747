// What happened when and to whom in a replay: the story that a report tells beside the summary.
//
// Takes the results of the replay's rounds, in order. Times are stream time.
//
// Memory: grows with the minutes in which codes are seen, with devices that storm and with alerts
// that no copy stands for yet.
//
// Threads: one owner.
//
// Layer: engine/tune (engine/alert, engine/base, engine/pipeline, engine/throttle).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "engine/alert/alert_code.h"
#include "engine/alert/alert_key.h"
#include "engine/alert/eui64.h"
#include "engine/base/units.h"
#include "engine/pipeline/results.h"
#include "engine/pipeline/stream_clock.h"
#include "engine/throttle/episode_event.h"
#include "engine/throttle/ledger.h"
#include "engine/throttle/policy.h"
#include "engine/tune/delays.h"

namespace weir {

// Alerts received, without duplicates, and passed on in one minute or more.
struct Traffic {
  uint64_t received = 0;
  uint64_t passed = 0;

  Traffic& operator+=(const Traffic& other) {
    received += other.received;
    passed += other.passed;
    return *this;
  }
};

// By minutes since the epoch; those without traffic are left out.
using TrafficByMinute = std::map<int64_t, Traffic>;

// The busiest minute: the most received and the most passed on.
Traffic PeakOf(const TrafficByMinute& minutes);

// An episode, over or open.
struct EpisodeStory {
  AlertKey key;
  TimeMs started;
  std::optional<TimeMs> ended;
  EpisodeEvent::Reason reason = EpisodeEvent::Reason::kClear;  // if it has ended
  EpisodeEvent::Counts counts;
};

// One device, from its first episode on.
struct DeviceStory {
  std::set<AlertCode> codes;  // it stormed with
  uint64_t episodes = 0;
  uint64_t alerts = 0;  // decided in episodes
  uint64_t consolidated = 0;
  TrafficByMinute minutes;
};

class Activity {
 public:
  // How many episodes are kept, those that held back most; the others are counted.
  static constexpr size_t kMostEpisodes = 60;

  explicit Activity(DurationMs max_ahead) : max_ahead_(max_ahead) {}

  void Take(const Results& results);

  // First and last stream time; nothing as long as there is none.
  std::optional<TimeMs> first() const { return first_; }

  std::optional<TimeMs> last() const { return last_; }

  // Of all codes.
  TrafficByMinute Minutes() const;

  // Codes of which there was an alert.
  const std::map<AlertCode, TrafficByMinute>& codes() const { return codes_; }

  const absl::flat_hash_map<Eui64, DeviceStory>& devices() const { return devices_; }

  const std::set<Eui64>& recipients() const { return recipients_; }

  // Devices that had an episode with alerts of a code.
  size_t DevicesOf(AlertCode code) const;

  // By alerts held back, most first. Includes those that are open.
  std::vector<EpisodeStory> Episodes() const;

  uint64_t episodes() const { return episodes_; }

  // From each consolidated alert to the next copy.
  const Delays& delays() const { return delays_; }

 private:
  using Key = std::pair<uint32_t, AlertKey>;  // with the partition

  // An episode under way.
  struct Open {
    EpisodeStory story;
    std::vector<TimeMs> waiting;  // of the alerts that no copy stands for yet
  };

  void Take(uint32_t partition, const LedgerEntry& entry);
  void Take(uint32_t partition, const EpisodeEvent& event);
  void Take(uint32_t partition, const LedgerOrder& order, const LastWord& word);
  void Take(const Record& record, Verdict verdict);
  void Throttled(uint32_t partition, const Alert& alert, Verdict verdict, TimeMs now);
  void Release(Open& open, TimeMs at);
  void Keep(const EpisodeStory& story);
  Open* FindOpen(uint32_t partition, const Alert& alert);

  DurationMs max_ahead_;
  std::map<uint32_t, StreamClock> clocks_;  // by partition
  std::optional<TimeMs> first_;
  std::optional<TimeMs> last_;
  std::map<AlertCode, TrafficByMinute> codes_;
  absl::flat_hash_map<Eui64, DeviceStory> devices_;
  std::set<Eui64> recipients_;
  absl::flat_hash_map<Key, Open> open_;
  std::vector<EpisodeStory> kept_;  // a heap, with the one that held back least in front
  uint64_t episodes_ = 0;
  Delays delays_;
};

}  // namespace weir
