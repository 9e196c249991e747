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
#include "engine/tune/setting_groups.h"
#include "engine/tune/sweep_book.h"

namespace weir {

struct SweepIndex {
  // One code in one minute.
  struct Minute {
    size_t place = 0;  // of the minute, in `minutes`
    uint64_t received = 0;
    // Received less passed on, by setting, or for all if the code is not swept. Below zero where a
    // last word passes in a minute without alerts. Empty: nothing is held back.
    std::vector<int32_t> held;

    uint64_t Passed(size_t setting) const {
      if (held.empty()) {
        return received;
      }
      return received - static_cast<uint64_t>(int64_t{held[held.size() == 1 ? 0 : setting]});
    }
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
  SweepIndex(const SweepBook& book, const GroupsByCode& groups);

  std::vector<int64_t> minutes;    // since the epoch, with an alert or a last word, ascending
  std::vector<uint64_t> received;  // in each
  std::map<AlertCode, std::vector<Minute>> by_code;
  Parties devices;
  Parties recipients;
};

}  // namespace weir
