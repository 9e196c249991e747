// A store in memory, for as long as there is none on disk.
//
// Threads: one caller at a time.
//
// Layer: engine/pipeline (engine/base).
#pragma once

#include <map>
#include <string>

#include "absl/strings/match.h"

#include "engine/pipeline/store.h"

namespace weir {

class MemoryStore : public Store {
 public:
  absl::Status Write(const StateBatch& batch) override {
    for (const StateBatch::Change& change : batch.changes()) {
      if (change.value) {
        entries_[change.key] = *change.value;
      } else {
        entries_.erase(change.key);
      }
    }
    return absl::OkStatus();
  }

  absl::Status Scan(absl::string_view prefix, Visitor visit) override {
    for (auto entry = entries_.lower_bound(std::string(prefix));
         entry != entries_.end() && absl::StartsWith(entry->first, prefix); ++entry) {
      absl::Status visited =
          visit(absl::string_view(entry->first).substr(prefix.size()), entry->second);
      if (!visited.ok()) {
        return visited;
      }
    }
    return absl::OkStatus();
  }

  std::map<std::string, std::string>& entries() { return entries_; }

 private:
  std::map<std::string, std::string> entries_;
};

}  // namespace weir
