#include "engine/throttle/policy.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "absl/status/status.h"

#include "engine/alert/catalogue.h"
#include "engine/base/check.h"
#include "engine/base/wire.h"

namespace weir {

namespace {

struct DeviceCodeRange {
  uint16_t first;
  uint16_t last;
};

constexpr std::array<DeviceCodeRange, 9> kExcludedDeviceAlerts = {{{0x8F0A, 0x8F0A},
                                                                   {0x8F12, 0x8F12},
                                                                   {0x8F1C, 0x8F1C},
                                                                   {0x8F2C, 0x8F2C},
                                                                   {0x8F66, 0x8F67},
                                                                   {0x8F72, 0x8F72},
                                                                   {0x8F75, 0x8F75},
                                                                   {0x8F84, 0x8F8B},
                                                                   {0x8F35, 0x8F3C}}};

// The DCC alerts that repeat a device's state and may be throttled; all others are excluded.
constexpr std::array<absl::string_view, 3> kThrottledDccAlerts = {"N39", "N54", "N62"};

AlertCode LowerOfPair(AlertCode code) {
  const std::optional<AlertCode> other = PairedCode(code);
  return other ? std::min(code, *other) : code;
}

}  // namespace

std::vector<bool> DefaultExclusions() {
  std::vector<bool> excluded(AlertCode::kCount, false);
  for (uint16_t i = 0; i < AlertCode::kCount; ++i) {
    excluded[i] = !AlertCode::FromIndex(i).is_device();
  }
  for (const DeviceCodeRange& range : kExcludedDeviceAlerts) {
    for (uint32_t code = range.first; code <= range.last; ++code) {
      excluded[AlertCode::FromDevice(code)->index()] = true;
    }
  }
  for (const absl::string_view name : kThrottledDccAlerts) {
    excluded[ParseAlertCode(name)->index()] = false;
  }
  return excluded;
}

PolicyVersion::PolicyVersion(const PolicyRules& rules)
    : effective_from_(rules.effective_from),
      note_(rules.note),
      policies_({rules.fallback}),
      codes_(AlertCode::kCount) {
  WEIR_CHECK(rules.excluded.size() == AlertCode::kCount);
  std::map<AlertCode, uint16_t> own;
  for (const auto& [code, policy] : rules.codes) {
    own[code] = static_cast<uint16_t>(policies_.size());
    policies_.push_back(policy);
  }
  for (uint16_t i = 0; i < AlertCode::kCount; ++i) {
    const AlertCode code = AlertCode::FromIndex(i);
    const AlertCode counted_as = rules.pairs_together ? LowerOfPair(code) : code;
    const auto found = own.find(counted_as);
    codes_[i] = {.policy = found == own.end() ? uint16_t{0} : found->second,
                 .excluded = rules.excluded[i],
                 .counted_as = counted_as};
  }
}

bool PolicyVersion::SameFor(AlertCode code, const PolicyVersion& other) const {
  return policy(code) == other.policy(code) && excluded(code) == other.excluded(code) &&
         counted_as(code) == other.counted_as(code);
}

std::vector<bool> PolicyVersion::KeysTouchedAfter(const PolicyVersion& before) const {
  std::vector<bool> touched(AlertCode::kCount, false);
  for (uint16_t i = 0; i < AlertCode::kCount; ++i) {
    const AlertCode code = AlertCode::FromIndex(i);
    if (!SameFor(code, before)) {
      touched[counted_as(code).index()] = true;
      touched[before.counted_as(code).index()] = true;
    }
  }
  return touched;
}

PolicyVersion PolicyVersion::WithoutDate() const {
  PolicyVersion version = *this;
  version.effective_from_.reset();
  return version;
}

bool PolicyVersion::DecidesLike(const PolicyVersion& other) const {
  bool same = effective_from_ == other.effective_from_;
  for (uint16_t i = 0; same && i < AlertCode::kCount; ++i) {
    same = SameFor(AlertCode::FromIndex(i), other);
  }
  return same;
}

std::string PolicyVersion::Encode() const {
  std::string out;
  PutU8(effective_from_ ? 1 : 0, out);
  PutI64(effective_from_.value_or(TimeMs{}).value, out);
  PutBytes(note_, out);
  PutU64(policies_.size(), out);
  for (const CodePolicy& policy : policies_) {
    PutU64(policy.threshold, out);
    PutI64(policy.window.value, out);
    PutU8(static_cast<uint8_t>(policy.window_kind), out);
    PutU64(policy.clear, out);
    PutU8(static_cast<uint8_t>(policy.forward.kind), out);
    PutU64(policy.forward.n, out);
    PutU8(policy.last_word ? 1 : 0, out);
  }
  for (const Resolution& code : codes_) {
    PutU32(static_cast<uint32_t>(code.policy << 1 | (code.excluded ? 1 : 0)), out);
    PutU32(code.counted_as.index(), out);
  }
  return out;
}

absl::StatusOr<PolicyVersion> PolicyVersion::Decode(absl::string_view bytes) {
  constexpr uint64_t kBytesPerPolicy = 35;
  PolicyVersion version;
  WireReader in(bytes);
  const bool dated = in.U8() != 0;
  const TimeMs effective_from{in.I64()};
  version.effective_from_ = dated ? std::make_optional(effective_from) : std::nullopt;
  version.note_ = std::string(in.Bytes());
  const uint64_t policies = in.U64();
  bool valid = (!dated || IsTime(effective_from)) && policies >= 1 &&
               policies <= in.rest().size() / kBytesPerPolicy;
  for (uint64_t i = 0; valid && i < policies; ++i) {
    CodePolicy policy;
    policy.threshold = in.U64();
    policy.window = DurationMs{in.I64()};
    policy.window_kind = static_cast<WindowKind>(in.U8());
    policy.clear = in.U64();
    policy.forward.kind = static_cast<Forward::Kind>(in.U8());
    policy.forward.n = in.U64();
    policy.last_word = in.U8() != 0;
    valid = policy.window >= kSecond && policy.window_kind <= WindowKind::kSliding &&
            policy.forward.kind <= Forward::Kind::kNone;
    version.policies_.push_back(policy);
  }
  for (uint16_t i = 0; valid && i < AlertCode::kCount; ++i) {
    const uint32_t packed = in.U32();
    const uint32_t counted_as = in.U32();
    valid = packed >> 1 < policies && counted_as < AlertCode::kCount;
    version.codes_.push_back(
        {.policy = static_cast<uint16_t>(packed >> 1),
         .excluded = (packed & 1) != 0,
         .counted_as = AlertCode::FromIndex(static_cast<uint16_t>(counted_as))});
  }
  if (!valid || !in.done()) {
    return absl::DataLossError("a policy version kept in the state is damaged");
  }
  return version;
}

std::string VersionName(const PolicyVersion& version) {
  return version.effective_from() ? FormatTime(*version.effective_from())
                                  : std::string("the built-in defaults");
}

PolicySchedule PolicySchedule::Default() {
  PolicySchedule schedule;
  schedule.versions.emplace_back(PolicyRules{});
  return schedule;
}

size_t PolicySchedule::TakenEffectBy(TimeMs time) const {
  const auto first_later =
      std::find_if(versions.begin(), versions.end(), [time](const PolicyVersion& version) {
        return version.effective_from().has_value() && *version.effective_from() > time;
      });
  return static_cast<size_t>(std::distance(versions.begin(), first_later));
}

}  // namespace weir
