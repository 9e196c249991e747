#include "engine/pipeline/results.h"

#include <algorithm>

namespace weir {

namespace {

uint32_t RecordOf(const LedgerEntry& entry) {
  return entry.order.record;
}

uint32_t RecordOf(const Notice& notice) {
  return notice.record;
}

// Those of the records from `begin` up to `end`.
template <typename Entry>
absl::Span<const Entry> Between(absl::Span<const Entry> entries, uint32_t begin, uint32_t end) {
  const auto at = [&](uint32_t record) {
    return std::partition_point(entries.begin(), entries.end(),
                                [&](const Entry& entry) { return RecordOf(entry) < record; });
  };
  return absl::MakeSpan(at(begin), at(end));
}

}  // namespace

Results Results::Part(size_t begin, size_t end) const {
  const auto from = begin == 0 ? 0 : first + static_cast<uint32_t>(begin);
  const auto to = end == records.size() ? UINT32_MAX : first + static_cast<uint32_t>(end);
  return {.records = records.subspan(begin, end - begin),
          .verdicts = verdicts.subspan(begin, end - begin),
          .ledger = Between(ledger, from, to),
          .notices = Between(notices, from, to),
          .first = first + static_cast<uint32_t>(begin)};
}

}  // namespace weir
