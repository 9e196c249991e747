#include "engine/pipeline/inspection.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/alert/catalogue.h"
#include "engine/base/status_macros.h"

namespace weir {

absl::StatusOr<std::unique_ptr<Inspection>> Inspection::Read(Store& store) {
  std::unique_ptr<Inspection> inspection(new Inspection());
  WEIR_RETURN_IF_ERROR(inspection->Load(store));
  return inspection;
}

absl::Status Inspection::Load(Store& store) {
  WEIR_ASSIGN_OR_RETURN(commit_, ReadCommit(store));
  if (commit_.number == 0) {
    return absl::OkStatus();
  }
  WEIR_RETURN_IF_ERROR(LoadPartitionsWithoutDevices(
      store, [&](uint32_t index) { return PartitionAt(store, index); }));
  WEIR_RETURN_IF_ERROR(LoadStorms(store, ended_));
  for (const auto& loaded : loaded_) {
    WEIR_RETURN_IF_ERROR(Finish(*loaded));
  }
  return absl::OkStatus();
}

// A partition is made under the versions that the store has for it, which therefore come first.
absl::StatusOr<Partition*> Inspection::PartitionAt(Store& store, uint32_t index) {
  if (index == loaded_.size()) {
    const PolicySchedule none;
    const SystemRules rules;
    Partition reader(none, rules, Loaded::kShards);
    WEIR_RETURN_IF_ERROR(LoadPast(store, index, reader));
    loaded_.push_back(std::make_unique<Loaded>(reader.Past()));
  }
  return loaded_[index]->partition.get();
}

absl::Status Inspection::Finish(Loaded& loaded) {
  const absl::Status finished = loaded.partition->FinishLoad(false);
  // It cannot differ from its own versions, unless they are not in order.
  return absl::IsFailedPrecondition(finished)
             ? absl::DataLossError("the policy versions kept in the state are damaged")
             : finished;
}

TimeMs Inspection::now(uint32_t index) const {
  return std::max(partition(index).stream_time(), partition(index).fired_to()).value_or(TimeMs{});
}

Summary Inspection::Summarise() const {
  std::vector<const Partition*> partitions;
  for (const auto& loaded : loaded_) {
    partitions.push_back(loaded->partition.get());
  }
  return weir::Summarise(partitions, ended_);
}

Summary Inspection::Summarise(uint32_t index) const {
  return weir::Summarise({loaded_[index]->partition.get()}, StormTally());
}

DeviceStorms Inspection::StormsOf(Eui64 device) const {
  const auto ended = ended_.devices().find(device);
  DeviceStorms storms = ended == ended_.devices().end() ? DeviceStorms() : ended->second;
  for (const auto& loaded : loaded_) {
    loaded->partition->throttle().ForEachOpenKey([&](const AlertKey& key, const OpenKey& open) {
      if (key.device == device && open.episode) {
        storms += StormOf(*open.episode);
      }
    });
  }
  return storms;
}

uint64_t Inspection::CountKeys(uint32_t index) const {
  uint64_t keys = 0;
  partition(index).throttle().ForEachKey(now(index),
                                         [&](const AlertKey& /*key*/, const WindowCount& /*count*/,
                                             const OpenKey* /*open*/) { ++keys; });
  return keys;
}

std::vector<InspectedKey> Inspection::KeysOf(Eui64 device) const {
  std::vector<InspectedKey> keys;
  for (uint32_t i = 0; i < partitions(); ++i) {
    partition(i).throttle().ForEachKey(
        now(i), [&](const AlertKey& key, const WindowCount& count, const OpenKey* open) {
          if (key.device == device) {
            keys.push_back(KeyIn(i, key, count, open));
          }
        });
  }
  std::sort(keys.begin(), keys.end(), [](const InspectedKey& a, const InspectedKey& b) {
    return std::tie(a.key, a.partition) < std::tie(b.key, b.partition);
  });
  return keys;
}

std::vector<InspectedKey> Inspection::Episodes() const {
  std::vector<InspectedKey> keys;
  for (uint32_t i = 0; i < partitions(); ++i) {
    partition(i).throttle().ForEachOpenKey([&](const AlertKey& key, const OpenKey& open) {
      if (open.episode) {
        keys.push_back(KeyIn(i, key, open.count, &open));
      }
    });
  }
  std::sort(keys.begin(), keys.end(), [](const InspectedKey& a, const InspectedKey& b) {
    const uint64_t consolidated_a = a.episode->consolidated();
    const uint64_t consolidated_b = b.episode->consolidated();
    return std::tie(consolidated_b, a.key, a.partition) <
           std::tie(consolidated_a, b.key, b.partition);
  });
  return keys;
}

// The partition has a version in force, as it has counted something.
InspectedKey Inspection::KeyIn(uint32_t index, const AlertKey& key, const WindowCount& count,
                               const OpenKey* open) const {
  const PolicyVersion& version = past(index).versions.back();
  const CodePolicy& policy = version.policy(key.code);
  const TimeMs at = now(index);
  InspectedKey inspected{.partition = index,
                         .key = key,
                         .now = at,
                         .policy = &policy,
                         .excluded = version.excluded(key.code),
                         .count = count,
                         .measure = Measure(count, policy, at),
                         .open = open,
                         .episode = open != nullptr && open->episode ? &*open->episode : nullptr};
  const std::optional<AlertCode> pair = PairedCode(key.code);
  if (pair && version.counted_as(*pair) == key.code) {
    inspected.counted_with = pair;
  }
  return inspected;
}

}  // namespace weir
