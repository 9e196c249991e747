// What the workers of a service at work know, asked of them and copied, so that it can be told in
// peace. All of a partition is of one commit; partitions are asked within moments of one another.
//
// Errors: DeadlineExceeded if a worker does not answer in time, as while it cannot commit.
//
// Threads: any.
//
// Layer: deploy/weir (connectors/kafka, engine/pipeline).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "connectors/kafka/errands.h"
#include "engine/alert/alert_code.h"
#include "engine/alert/alert_key.h"
#include "engine/pipeline/shadow.h"

namespace weir {

// Which open episodes to look at.
struct EpisodeFilter {
  std::optional<AlertCode> code;
  std::optional<Eui64> device;
  size_t top = 100;  // of each list
};

// What is held back of a code or a device in open episodes.
struct Throttled {
  uint64_t episodes = 0;
  uint64_t devices = 0;
  uint64_t consolidated = 0;
  std::vector<AlertCode> codes;  // of a device
};

struct LiveEpisodes {
  // As a JSON object.
  struct Told {
    uint64_t consolidated = 0;
    AlertKey key;
    std::string json;
  };

  Throttled all;
  std::vector<Told> top;  // most consolidated first, as are these:
  std::vector<std::pair<AlertCode, Throttled>> codes;
  std::vector<std::pair<Eui64, Throttled>> devices;
};

absl::StatusOr<LiveEpisodes> AskForEpisodes(Errands& errands, const EpisodeFilter& filter);

// The JSON object of a device, by the partition that counts anything of it; nothing if none does.
absl::StatusOr<std::optional<std::string>> AskForDevice(Errands& errands, Eui64 device);

struct LiveComparison {
  std::shared_ptr<const PolicyVersion> candidate;  // null if no partition has a shadow
  std::optional<TimeMs> since;                     // when the last of the shadows began
  std::map<AlertCode, Comparison> codes;
};

absl::StatusOr<LiveComparison> AskForComparison(Errands& errands);

}  // namespace weir
