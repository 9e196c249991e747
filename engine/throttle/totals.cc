#include "engine/throttle/totals.h"

#include <string>
#include <utility>

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

std::vector<CodeTotals> Totals::codes() const {
  std::vector<CodeTotals> codes = codes_;
  for (const ShardTotals& shard : shards_) {
    for (const AlertCode code : shard.used_) {
      codes[code.index()] += shard.codes_[code.index()];
    }
  }
  return codes;
}

void Totals::Accept() {
  codes_ = codes();
  Rollback();
}

void Totals::Rollback() {
  for (ShardTotals& shard : shards_) {
    for (const AlertCode code : shard.used_) {
      shard.codes_[code.index()] = {};
      shard.is_used_[code.index()] = false;
    }
    shard.used_.clear();
  }
}

void Totals::Export(const StateScope& scope) const {
  const std::vector<CodeTotals> codes = this->codes();
  for (uint16_t index = 0; index < AlertCode::kCount; ++index) {
    const CodeTotals& now = codes[index];
    if (now == codes_[index]) {
      continue;
    }
    std::string value;
    for (const uint64_t count : {now.duplicates, now.alerts, now.forwarded, now.copies,
                                 now.unrepresented, now.started, now.ended}) {
      PutU64(count, value);
    }
    scope.Put(OrderedName(index), std::move(value));
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
