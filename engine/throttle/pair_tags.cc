#include "engine/throttle/pair_tags.h"

#include <string>

#include "engine/base/wire.h"

namespace weir {

uint32_t PairTags::Number(const Pair& pair) {
  if (const auto found = tags_.find(pair); found != tags_.end()) {
    return found->second;
  }
  if (pairs_.size() == max_tag_) {
    return 0;
  }
  pairs_.push_back(pair);
  const auto tag = static_cast<uint32_t>(pairs_.size());
  tags_.emplace(pair, tag);
  return tag;
}

void PairTags::Rollback() {
  for (; pairs_.size() > accepted_; pairs_.pop_back()) {
    const Pair& pair = pairs_.back();
    tags_.erase(pair);
    if (Recent& recent = recent_[pair.Bits()]; recent.pair == pair) {
      recent = {};
    }
  }
}

void PairTags::Export(const StateScope& scope) const {
  for (size_t i = accepted_; i < pairs_.size(); ++i) {
    std::string value;
    PutU32(pairs_[i].code.index(), value);
    PutU64(pairs_[i].recipient.value, value);
    scope.Put(OrderedName(i + 1), std::move(value));
  }
}

absl::Status PairTags::Load(absl::string_view name, absl::string_view value) {
  WireReader key(name);
  WireReader in(value);
  const uint64_t tag = key.OrderedU64();
  const uint32_t code = in.U32();
  const Eui64 recipient{in.U64()};
  if (!key.done() || !in.done() || code >= AlertCode::kCount || tag != pairs_.size() + 1) {
    return absl::DataLossError("a pair of code and recipient kept in the state is damaged");
  }
  pairs_.push_back({AlertCode::FromIndex(static_cast<uint16_t>(code)), recipient});
  tags_.emplace(pairs_.back(), static_cast<uint32_t>(tag));
  accepted_ = pairs_.size();
  return absl::OkStatus();
}

}  // namespace weir
