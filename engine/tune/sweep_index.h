// What a book holds, in order: so that it can be added up for one choice of settings after another.
//
// Threads: any, once built.
//
// Layer: engine/tune (engine/alert, engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"
#include "engine/base/units.h"
#include "engine/tune/sweep_book.h"

namespace weir {

struct SweepIndex {
  // One code in one minute. `held` is null if nothing is held back.
  struct Minute {
    size_t place = 0;  // of the minute, in `minutes`
    uint64_t received = 0;
    const std::vector<int64_t>* held = nullptr;
  };

  struct Storm {
    Eui64 who;
    AlertCode code;
    const StormCounts* counts = nullptr;
  };

  // Devices or recipients.
  struct Parties {
    explicit Parties(const SweepBook::Storms& storms);

    std::vector<Storm> all;  // those of one party together
    std::map<AlertCode, std::vector<const StormCounts*>> by_code;
  };

  // The book outlives it, and does not change.
  explicit SweepIndex(const SweepBook& book);

  std::vector<int64_t> minutes;    // since the epoch, with an alert or a last word, ascending
  std::vector<uint64_t> received;  // in each
  std::map<AlertCode, std::vector<Minute>> by_code;
  Parties devices;
  Parties recipients;
};

}  // namespace weir
