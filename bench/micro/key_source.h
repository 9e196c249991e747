// A source of alerts that make a wanted number of keys live and keep them so.
//
// Threads: as the port says.
//
// Layer: bench (engine/alert, engine/base, engine/pipeline, engine/throttle).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "engine/alert/alert_key.h"
#include "engine/pipeline/record.h"
#include "engine/pipeline/source.h"
#include "engine/throttle/policy.h"

namespace weir {

// The default policy but for window and threshold, which are as large as they may be: keys stay
// live, and every alert passes, as nearly all do.
PolicySchedule WidestSchedule();

// Every key once, and again from the first, without an end. Each alert is a message that differs
// from all others, so that those of the last hour of stream time are remembered as well.
class KeySource : public Source {
 public:
  struct Options {
    uint64_t keys = 0;
    uint64_t alerts_per_hour = 0;  // of stream time
  };

  explicit KeySource(const Options& options);

  absl::Status Read(size_t limit, std::vector<Record>& records) override;
  std::string Position() const override;
  absl::Status Seek(absl::string_view position) override;

 private:
  Record RecordAt(uint64_t number) const;

  Options options_;
  std::vector<AlertKey> pairs_;  // code and recipient only
  uint64_t next_ = 0;
};

}  // namespace weir
