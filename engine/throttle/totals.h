// How many alerts of each code went which way, and how many episodes there were.
//
// Layer: engine/throttle (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "engine/alert/alert_code.h"
#include "engine/base/state_batch.h"

namespace weir {

// `duplicates` to `copies` are counted under the alert's own code; the rest, which belongs to keys,
// under the code that the key is counted under.
struct CodeTotals {
  uint64_t duplicates = 0;
  uint64_t alerts = 0;     // without duplicates
  uint64_t forwarded = 0;  // unchanged
  uint64_t copies = 0;     // last words included
  uint64_t unrepresented = 0;
  uint64_t started = 0;
  uint64_t ended = 0;

  // Of the keys in an episode at this moment. Filled in for a summary, not kept.
  uint64_t pending = 0;
  uint64_t open = 0;

  uint64_t consolidated() const { return alerts - forwarded - copies; }

  CodeTotals& operator+=(const CodeTotals& other);
  friend bool operator==(const CodeTotals&, const CodeTotals&) = default;
};

class Totals {
 public:
  Totals() : codes_(AlertCode::kCount), batches_(AlertCode::kCount) {}

  // For changing them.
  CodeTotals& Of(AlertCode code) {
    const uint16_t index = code.index();
    if (batches_[index] != batch_) {
      journal_.emplace_back(code, codes_[index]);
      batches_[index] = batch_;
    }
    return codes_[index];
  }

  // By AlertCode::index().
  const std::vector<CodeTotals>& codes() const { return codes_; }

  void Accept();
  void Rollback();
  void Export(const StateScope& scope) const;
  absl::Status Load(absl::string_view name, absl::string_view value);

 private:
  std::vector<CodeTotals> codes_;
  std::vector<uint64_t> batches_;  // in which a code was last journalled
  std::vector<std::pair<AlertCode, CodeTotals>> journal_;
  uint64_t batch_ = 1;
};

}  // namespace weir
