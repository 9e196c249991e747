// Which devices stormed: adds up the episodes of each device as they end.
//
// A sink in front of another: everything is passed on. It is for the summary that people read; the
// results do not depend on it. Memory: about 40 bytes a device that has stormed.
//
// Layer: engine/pipeline (engine/alert, engine/base, engine/throttle).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/alert/eui64.h"
#include "engine/base/state_batch.h"
#include "engine/pipeline/sink.h"

namespace weir {

struct DeviceStorms {
  uint64_t episodes = 0;
  uint64_t alerts = 0;        // in episodes
  uint64_t consolidated = 0;  // of them

  DeviceStorms& operator+=(const DeviceStorms& other) {
    episodes += other.episodes;
    alerts += other.alerts;
    consolidated += other.consolidated;
    return *this;
  }
};

class StormTally : public Sink {
 public:
  // `next` outlives the tally.
  explicit StormTally(Sink& next) : next_(next) {}

  void Forward(const Alert& alert) override { next_.Forward(alert); }

  void ForwardCopy(const Alert& alert, const CopyMark& mark) override {
    next_.ForwardCopy(alert, mark);
  }

  void Consolidate(const Alert& alert) override { next_.Consolidate(alert); }

  void Episode(const EpisodeEvent& event) override;

  void DeadLetter(const Record& record, DeadReason reason) override {
    next_.DeadLetter(record, reason);
  }

  absl::StatusOr<std::string> Seal() override { return next_.Seal(); }

  absl::Status Discard() override { return next_.Discard(); }

  absl::Status Reopen(absl::string_view mark) override { return next_.Reopen(mark); }

  // Devices whose episodes have ended.
  const absl::flat_hash_map<Eui64, DeviceStorms>& devices() const { return devices_; }

  void Accept() { journal_.clear(); }

  void Rollback();
  void Export(const StateScope& scope) const;
  absl::Status Load(absl::string_view name, absl::string_view value);

 private:
  Sink& next_;
  absl::flat_hash_map<Eui64, DeviceStorms> devices_;
  std::vector<std::pair<Eui64, DeviceStorms>> journal_;  // before each change
};

}  // namespace weir
