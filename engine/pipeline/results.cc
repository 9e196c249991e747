#include "engine/pipeline/results.h"

#include <algorithm>

namespace weir {

Results Results::Part(size_t begin, size_t end) const {
  const auto entry_of = [this](size_t index) {
    const auto record = first + static_cast<uint32_t>(index);
    return std::partition_point(ledger.begin(), ledger.end(), [&](const LedgerEntry& entry) {
      return entry.order.record < record;
    });
  };
  const auto from = begin == 0 ? ledger.begin() : entry_of(begin);
  const auto to = end == records.size() ? ledger.end() : entry_of(end);
  return {.records = records.subspan(begin, end - begin),
          .verdicts = verdicts.subspan(begin, end - begin),
          .ledger = absl::MakeSpan(from, to),
          .first = first + static_cast<uint32_t>(begin)};
}

}  // namespace weir
