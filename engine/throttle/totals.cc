#include "engine/throttle/totals.h"

#include <cstdint>
#include <map>
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

void ShardTotals::Use(AlertCode code) {
  is_used_[code.index()] = 1;
  used_.push_back(code);
}

template <typename Codes>
void Totals::AddBatchTo(Codes& codes) const {
  for (const ShardTotals& shard : shards_) {
    for (const AlertCode code : shard.used_) {
      codes[code.index()] += shard.codes_[code.index()];
    }
  }
}

std::vector<CodeTotals> Totals::codes() const {
  std::vector<CodeTotals> codes = codes_;
  AddBatchTo(codes);
  return codes;
}

void Totals::Accept() {
  AddBatchTo(codes_);
  Rollback();
}

void Totals::Rollback() {
  for (ShardTotals& shard : shards_) {
    for (const AlertCode code : shard.used_) {
      shard.codes_[code.index()] = {};
      shard.is_used_[code.index()] = 0;
    }
    shard.used_.clear();
  }
}

void Totals::Export(const StateScope& scope) const {
  std::map<uint16_t, CodeTotals> added;
  AddBatchTo(added);
  for (const auto& [index, change] : added) {
    CodeTotals now = codes_[index];
    now += change;
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
