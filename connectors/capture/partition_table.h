// Numbers the partitions of a source densely, in the order in which they appear.
//
// Number 0 is the unnamed partition: the records that do not say where they stood.
//
// Beside that, each has an own number, which a service on its topic would know it by: that of the
// partition, if its topic is the first one that appeared. All others count down from 65535, which
// is that of the unnamed one.
//
// Promises: numbers and names stay as long as the table, and follow from the order alone in which
// the partitions appeared. Own numbers differ, as long as a partition of the first topic is below
// 65535 less the number of partitions.
//
// Threads: one owner.
//
// Layer: connectors/capture (abseil only).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

#include "connectors/capture/capture_position.h"

namespace weir {

class PartitionTable {
 public:
  // The own number of the unnamed partition, and the one that others count down from.
  static constexpr uint16_t kUnnamed = 65535;

  PartitionTable() : names_(1), own_numbers_(1, kUnnamed) {}

  // A copy would view the names of the other.
  PartitionTable(PartitionTable&&) = default;
  PartitionTable& operator=(PartitionTable&&) = default;
  PartitionTable(const PartitionTable&) = delete;
  PartitionTable& operator=(const PartitionTable&) = delete;
  ~PartitionTable() = default;

  // The number of a partition, a new one if it has none. `topic` is not empty.
  uint32_t Number(absl::string_view topic, int32_t partition) {
    // Runs of one partition are the rule.
    const PartitionName& last = names_[last_];
    if (last.partition == partition && last.topic == topic) {
      return last_;
    }
    const auto found = numbers_.find({topic, partition});
    last_ = found != numbers_.end() ? found->second : Add(topic, partition);
    return last_;
  }

  const PartitionName& name(uint32_t number) const { return names_[number]; }

  uint16_t own_number(uint32_t number) const { return own_numbers_[number]; }

  // By number.
  const std::deque<PartitionName>& names() const { return names_; }

 private:
  uint32_t Add(absl::string_view topic, int32_t partition) {
    const auto number = static_cast<uint32_t>(names_.size());
    names_.push_back({.topic = std::string(topic), .partition = partition});
    numbers_.emplace(std::make_pair(absl::string_view(names_.back().topic), partition), number);
    const bool is_of_the_first = topic == names_[1].topic;
    own_numbers_.push_back(static_cast<uint16_t>(is_of_the_first ? static_cast<uint32_t>(partition)
                                                                 : kUnnamed - number));
    return number;
  }

  std::deque<PartitionName> names_;  // a deque: numbers_ views the topics
  std::vector<uint16_t> own_numbers_;
  absl::flat_hash_map<std::pair<absl::string_view, int32_t>, uint32_t> numbers_;
  uint32_t last_ = 0;
};

}  // namespace weir
