#include "engine/eligibility/gas_flow_settings.h"

#include <limits>

#include "absl/strings/str_format.h"

#include "engine/base/wire.h"

namespace weir {

namespace {

constexpr int kPerUnit = 10000;
constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

bool IsRate(uint32_t rate) {
  return rate <= std::numeric_limits<uint16_t>::max();
}

}  // namespace

std::string FormatGasFlowRate(uint16_t ten_thousandths) {
  return absl::StrFormat("%d.%04d", ten_thousandths / kPerUnit, ten_thousandths % kPerUnit);
}

std::string GasFlowSetting::Encode() const {
  std::string out;
  PutU32(rate, out);
  PutU32(before ? *before : kNone, out);
  PutU64(request.party.value, out);
  PutU64(request.device.value, out);
  PutU64(request.counter, out);
  PutI64(asked_at.value, out);
  PutI64(confirmed_at.value_or(TimeMs{-1}).value, out);
  return out;
}

std::optional<GasFlowSetting> GasFlowSetting::Decode(absl::string_view value) {
  WireReader in(value);
  const uint32_t rate = in.U32();
  const uint32_t before = in.U32();
  GasFlowSetting setting;
  setting.rate = static_cast<uint16_t>(rate);
  if (before != kNone) {
    setting.before = static_cast<uint16_t>(before);
  }
  setting.request.party = Eui64{in.U64()};
  setting.request.device = Eui64{in.U64()};
  setting.request.counter = in.U64();
  setting.asked_at = TimeMs{in.I64()};
  const TimeMs confirmed_at{in.I64()};
  if (confirmed_at.value >= 0) {
    setting.confirmed_at = confirmed_at;
  }
  const bool valid = in.done() && IsRate(rate) && (before == kNone || IsRate(before)) &&
                     IsTime(setting.asked_at) &&
                     IsTime(setting.confirmed_at.value_or(setting.asked_at));
  return valid ? std::make_optional(setting) : std::nullopt;
}

std::optional<GasFlowSetting> GasFlowSettings::Find(Eui64 device) const {
  const std::optional<absl::string_view> value = settings_.Find(OrderedName(device.value));
  return value ? GasFlowSetting::Decode(*value) : std::nullopt;
}

void GasFlowSettings::OnRequest(Eui64 device, const RequestId& id, uint16_t rate, TimeMs now) {
  const std::optional<GasFlowSetting> known = Find(device);
  GasFlowSetting setting{.rate = rate, .request = id, .asked_at = now};
  if (known) {
    setting.before = known->confirmed_at ? std::make_optional(known->rate) : known->before;
  }
  settings_.Put(OrderedName(device.value), setting.Encode());
}

void GasFlowSettings::OnDone(Eui64 device, const RequestId& id, TimeMs now) {
  std::optional<GasFlowSetting> setting = Find(device);
  if (setting && setting->request == id && !setting->confirmed_at) {
    setting->confirmed_at = now;
    setting->before.reset();
    settings_.Put(OrderedName(device.value), setting->Encode());
  }
}

void GasFlowSettings::Rollback() {
  settings_.Rollback([](absl::string_view /*key*/, std::optional<absl::string_view> /*now*/,
                        std::optional<absl::string_view> /*before*/) {});
}

absl::Status GasFlowSettings::Load(absl::string_view name, absl::string_view value) {
  if (name.size() != sizeof(Eui64) || !GasFlowSetting::Decode(value)) {
    return absl::DataLossError("a gas flow rate kept in the state is damaged");
  }
  settings_.Load(name, value);
  return absl::OkStatus();
}

}  // namespace weir
