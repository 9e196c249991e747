// State on its way to the store: what a commit changes, as keys and values.
//
// A StateScope puts a prefix before every key, so that each part of the engine names its own
// entries and knows nothing of the others'.
//
// Layer: engine/base.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace weir {

// How long an entry of the state is needed, and so where it may be kept.
enum class Lifetime : uint8_t {
  kLasting,   // until it is replaced or erased
  kExpiring,  // up to a certain time after the commit that wrote it
  kUpkeep,    // never: it only spares reading others
};

class StateBatch {
 public:
  struct Change {
    std::string key;
    std::optional<std::string> value;  // none: the key is erased
  };

  void Put(std::string key, std::string value) {
    changes_.push_back({std::move(key), std::move(value)});
  }

  void Erase(std::string key) { changes_.push_back({std::move(key), std::nullopt}); }

  const std::vector<Change>& changes() const { return changes_; }

  // Leaves none.
  std::vector<Change> TakeChanges() { return std::exchange(changes_, {}); }

 private:
  std::vector<Change> changes_;
};

class StateScope {
 public:
  StateScope(StateBatch& batch, std::string prefix) : batch_(batch), prefix_(std::move(prefix)) {}

  void Put(absl::string_view name, std::string value) const {
    batch_.Put(absl::StrCat(prefix_, name), std::move(value));
  }

  void Erase(absl::string_view name) const { batch_.Erase(absl::StrCat(prefix_, name)); }

  StateScope Inner(absl::string_view name) const { return {batch_, absl::StrCat(prefix_, name)}; }

 private:
  StateBatch& batch_;
  std::string prefix_;
};

}  // namespace weir
