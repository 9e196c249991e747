#include "engine/throttle/totals.h"

#include <string>

#include "engine/base/wire.h"

namespace weir {

CodeTotals& CodeTotals::operator+=(const CodeTotals& other) {
  duplicates += other.duplicates;
  alerts += other.alerts;
  forwarded += other.forwarded;
  copies += other.copies;
  unrepresented += other.unrepresented;
  started += other.started;
  ended += other.ended;
  pending += other.pending;
  open += other.open;
  return *this;
}

void Totals::Accept() {
  journal_.clear();
  ++batch_;
}

void Totals::Rollback() {
  for (const auto& [code, before] : journal_) {
    codes_[code.index()] = before;
  }
  Accept();
}

void Totals::Export(const StateScope& scope) const {
  for (const auto& [code, before] : journal_) {
    const CodeTotals& now = codes_[code.index()];
    std::string name;
    PutOrderedU64(code.index(), name);
    std::string value;
    for (const uint64_t count : {now.duplicates, now.alerts, now.forwarded, now.copies,
                                 now.unrepresented, now.started, now.ended}) {
      PutU64(count, value);
    }
    scope.Put(name, std::move(value));
  }
}

absl::Status Totals::Load(absl::string_view name, absl::string_view value) {
  WireReader key(name);
  const uint64_t index = key.OrderedU64();
  WireReader in(value);
  const CodeTotals totals{.duplicates = in.U64(),
                          .alerts = in.U64(),
                          .forwarded = in.U64(),
                          .copies = in.U64(),
                          .unrepresented = in.U64(),
                          .started = in.U64(),
                          .ended = in.U64()};
  if (!key.done() || !in.done() || index >= AlertCode::kCount) {
    return absl::DataLossError("the totals kept in the state are damaged");
  }
  codes_[index] = totals;
  return absl::OkStatus();
}

}  // namespace weir
