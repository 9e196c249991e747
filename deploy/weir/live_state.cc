#include "deploy/weir/live_state.h"

#include <algorithm>
#include <chrono>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"

#include "deploy/weir/json_object.h"
#include "deploy/weir/key_json.h"
#include "engine/alert/eui64.h"
#include "engine/base/status_macros.h"
#include "engine/pipeline/inspected_key.h"

namespace weir {

namespace {

// Less than an HTTP request may take.
constexpr std::chrono::milliseconds kAnswerWithin{3000};

using Partitions = absl::Span<ReadyPartition* const>;

bool Matches(const InspectedKey& key, const EpisodeFilter& filter) {
  return (!filter.code || key.key.code == *filter.code) &&
         (!filter.device || key.key.device == *filter.device);
}

std::string EpisodeJson(const InspectedKey& key) {
  std::string out;
  {
    JsonObject object(out);
    AppendKeyName(key, object);
    object.Number("partition", key.partition);
    object.Time("started", key.episode->started);
    object.Time("stream_time", key.now);
    object.Number("threshold", key.policy->threshold);
    AppendKeyPolicy(key, object);
    AppendEpisodeCount(*key.episode, object);
    object.Time("next_timer", key.open->due());
  }
  return out;
}

// The first of a list under an order, in that order.
template <typename Entries, typename Before>
void KeepFirst(Entries& entries, size_t most, Before before) {
  const auto middle = entries.begin() + static_cast<std::ptrdiff_t>(std::min(most, entries.size()));
  std::partial_sort(entries.begin(), middle, entries.end(), before);
  entries.erase(middle, entries.end());
}

bool ToldFirst(const LiveEpisodes::Told& a, const LiveEpisodes::Told& b) {
  return std::tie(b.consolidated, a.key) < std::tie(a.consolidated, b.key);
}

template <typename Name>
bool HoldsBackMost(const std::pair<Name, Throttled>& a, const std::pair<Name, Throttled>& b) {
  return std::tie(b.second.consolidated, a.first) < std::tie(a.second.consolidated, b.first);
}

// Of one worker. Views its partitions.
class Gathered {
 public:
  void Add(const std::vector<InspectedKey>& keys, const EpisodeFilter& filter) {
    for (const InspectedKey& key : keys) {
      if (Matches(key, filter)) {
        Add(key);
      }
    }
  }

  // A device is in one partition, so that devices can be added up.
  LiveEpisodes Tell(size_t top) {
    LiveEpisodes told;
    told.all.devices = devices_.size();
    for (auto& [device, of_device] : devices_) {
      told.all.episodes += of_device.episodes;
      told.all.consolidated += of_device.consolidated;
      std::sort(of_device.codes.begin(), of_device.codes.end());
      of_device.codes.erase(std::unique(of_device.codes.begin(), of_device.codes.end()),
                            of_device.codes.end());
      for (const AlertCode code : of_device.codes) {
        ++codes_[code].devices;
      }
    }
    told.codes.assign(codes_.begin(), codes_.end());
    told.devices.assign(std::make_move_iterator(devices_.begin()),
                        std::make_move_iterator(devices_.end()));
    KeepFirst(told.devices, top, HoldsBackMost<Eui64>);
    KeepFirst(keys_, top, HoldsBackMore);
    for (const InspectedKey& key : keys_) {
      told.top.push_back({key.episode->consolidated(), key.key, EpisodeJson(key)});
    }
    return told;
  }

 private:
  void Add(const InspectedKey& key) {
    keys_.push_back(key);
    Throttled& of_code = codes_[key.key.code];
    Throttled& of_device = devices_[key.key.device];
    ++of_code.episodes;
    ++of_device.episodes;
    of_code.consolidated += key.episode->consolidated();
    of_device.consolidated += key.episode->consolidated();
    of_device.codes.push_back(key.key.code);
  }

  std::vector<InspectedKey> keys_;
  std::map<AlertCode, Throttled> codes_;
  absl::flat_hash_map<Eui64, Throttled> devices_;
};

void operator+=(Throttled& all, const Throttled& some) {
  all.episodes += some.episodes;
  all.devices += some.devices;
  all.consolidated += some.consolidated;
}

template <typename T>
void Append(std::vector<T>& some, std::vector<T>& all) {
  all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
}

LiveEpisodes Together(std::vector<LiveEpisodes>& workers, size_t top) {
  LiveEpisodes all;
  std::map<AlertCode, Throttled> codes;
  for (LiveEpisodes& of_worker : workers) {
    all.all += of_worker.all;
    Append(of_worker.top, all.top);
    Append(of_worker.devices, all.devices);
    for (const auto& [code, of_code] : of_worker.codes) {
      codes[code] += of_code;
    }
  }
  all.codes.assign(codes.begin(), codes.end());
  KeepFirst(all.top, top, ToldFirst);
  KeepFirst(all.codes, top, HoldsBackMost<AlertCode>);
  KeepFirst(all.devices, top, HoldsBackMost<Eui64>);
  return all;
}

std::string DeviceJson(const OwnedPartition& owned, Eui64 device,
                       const std::vector<InspectedKey>& keys) {
  std::string out;
  {
    JsonObject object(out);
    object.Text("device", FormatEui64(device));
    object.Number("partition", static_cast<uint64_t>(owned.number()));
    object.Time("stream_time", owned.state().now());
    AppendList(keys, keys.size(), object.Member("keys"), [&](const InspectedKey& key) {
      JsonObject of_key(out);
      AppendKeyName(key, of_key);
      AppendKeyPolicy(key, of_key);
      AppendKeyCount(key, of_key);
    });
  }
  return out;
}

}  // namespace

absl::StatusOr<LiveEpisodes> AskForEpisodes(Errands& errands, const EpisodeFilter& filter) {
  std::vector<LiveEpisodes> workers(errands.workers());
  WEIR_RETURN_IF_ERROR(errands.Run(
      [&](size_t worker, Partitions partitions) {
        Gathered gathered;
        for (const ReadyPartition* partition : partitions) {
          gathered.Add(EpisodesOf(partition->owned->state(),
                                  static_cast<uint32_t>(partition->owned->number())),
                       filter);
        }
        workers[worker] = gathered.Tell(filter.top);
      },
      kAnswerWithin));
  return Together(workers, filter.top);
}

absl::StatusOr<std::optional<std::string>> AskForDevice(Errands& errands, Eui64 device) {
  std::vector<std::optional<std::string>> workers(errands.workers());
  WEIR_RETURN_IF_ERROR(errands.Run(
      [&](size_t worker, Partitions partitions) {
        for (const ReadyPartition* partition : partitions) {
          const OwnedPartition& owned = *partition->owned;
          const std::vector<InspectedKey> keys =
              KeysOf(owned.state(), static_cast<uint32_t>(owned.number()), device);
          if (!keys.empty()) {
            workers[worker] = DeviceJson(owned, device, keys);
          }
        }
      },
      kAnswerWithin));
  for (std::optional<std::string>& of_worker : workers) {
    if (of_worker) {
      return std::move(of_worker);
    }
  }
  return std::optional<std::string>();
}

absl::StatusOr<LiveComparison> AskForComparison(Errands& errands) {
  std::vector<LiveComparison> workers(errands.workers());
  WEIR_RETURN_IF_ERROR(errands.Run(
      [&](size_t worker, Partitions partitions) {
        LiveComparison& told = workers[worker];
        for (const ReadyPartition* partition : partitions) {
          if (const Shadow* shadow = partition->owned->shadow(); shadow != nullptr) {
            told.candidate = shadow->candidate();
            told.since = std::max(told.since, shadow->since());
            shadow->AddTo(partition->owned->state().throttle(), told.codes);
          }
        }
      },
      kAnswerWithin));
  LiveComparison all;
  for (const LiveComparison& of_worker : workers) {
    all.candidate = of_worker.candidate != nullptr ? of_worker.candidate : all.candidate;
    all.since = std::max(all.since, of_worker.since);
    for (const auto& [code, comparison] : of_worker.codes) {
      all.codes[code] += comparison;
    }
  }
  return all;
}

}  // namespace weir
