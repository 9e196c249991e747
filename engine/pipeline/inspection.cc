#include "engine/pipeline/inspection.h"

#include <algorithm>
#include <tuple>
#include <utility>

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
  return partition(index).now().value_or(TimeMs{});
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
    const std::vector<InspectedKey> some = weir::KeysOf(partition(i), i, device);
    keys.insert(keys.end(), some.begin(), some.end());
  }
  std::sort(keys.begin(), keys.end(), [](const InspectedKey& a, const InspectedKey& b) {
    return std::tie(a.key, a.partition) < std::tie(b.key, b.partition);
  });
  return keys;
}

std::vector<InspectedKey> Inspection::Episodes() const {
  std::vector<InspectedKey> keys;
  for (uint32_t i = 0; i < partitions(); ++i) {
    const std::vector<InspectedKey> some = EpisodesOf(partition(i), i);
    keys.insert(keys.end(), some.begin(), some.end());
  }
  std::sort(keys.begin(), keys.end(), HoldsBackMore);
  return keys;
}

}  // namespace weir
