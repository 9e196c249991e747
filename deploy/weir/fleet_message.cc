#include "deploy/weir/fleet_message.h"

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "connectors/formats/gbcs_encode.h"
#include "deploy/weir/fleet_random.h"

namespace weir {

namespace {

void PutBig(uint64_t value, size_t size, std::string& out) {
  for (size_t i = size; i > 0; --i) {
    out.push_back(static_cast<char>(value >> (8 * (i - 1)) & 0xFF));
  }
}

// An octet string with a DLMS date-time, to the second.
void PutDlmsTime(TimeMs time, std::string& out) {
  const std::chrono::sys_seconds point{std::chrono::seconds(time.value / kSecond.value)};
  const auto midnight = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date(midnight);
  const auto of_day = static_cast<uint64_t>((point - midnight).count());
  PutBig(0x090C, 2, out);
  PutBig(static_cast<uint64_t>(static_cast<int>(date.year())), 2, out);
  PutBig(static_cast<unsigned>(date.month()), 1, out);
  PutBig(static_cast<unsigned>(date.day()), 1, out);
  PutBig(0xFF, 1, out);
  PutBig(of_day / 3600, 1, out);
  PutBig(of_day / 60 % 60, 1, out);
  PutBig(of_day % 60, 1, out);
  PutBig(0x008000FF, 4, out);
}

// Stands for what a device would have encrypted.
void PutFiller(uint64_t key, size_t size, std::string& out) {
  FleetRandom random(3, FleetRandom::Purpose::kDevice, key);
  for (size_t i = 0; i < size; ++i) {
    PutBig(random.Next(), 1, out);
  }
}

// What a device encrypts when it reports its billing data.
void AddBilling(bool gas, GbcsFields& fields, std::string& body) {
  fields.message_code = gas ? 0x008B : 0x0061;
  if (!gas) {
    fields.elements = 1;
    PutBig(0x098201AB, 4, body);
  }
  PutFiller(fields.counter, gas ? 101 : 0x01AB, body);
}

// The command that was actioned: its message code and counter, and what it changed.
void AddOutcome(bool gas, GbcsFields& fields, std::string& body) {
  fields.message_code = gas ? 0x00CD : 0x00CC;
  fields.elements = gas ? 0 : 1;
  PutBig(gas ? 0x0E00A3 : 0x09130043, gas ? 3 : 4, body);
  PutBig(fields.counter, 8, body);
  if (gas) {
    PutBig(0x07000905, 4, body);
  } else {
    PutBig(0x232800005E2C, 6, body);
    PutBig(0x800606, 3, body);
  }
}

// When the supply went off and when it came back.
void AddOutage(std::optional<TimeMs> lost, GbcsFields& fields, std::string& body) {
  if (lost && fields.device_time) {
    fields.message_code = 0x0067;
    fields.elements = 2;
    PutDlmsTime(*lost, body);
    PutDlmsTime(*fields.device_time, body);
  }
}

// Fills in the use case: the message code and, by way of `body`, what belongs to it.
void AddUseCase(FleetDevice kind, std::optional<TimeMs> lost, GbcsFields& fields,
                std::string& body) {
  const bool gas = kind == FleetDevice::kGas;
  switch (fields.code.gbcs()) {
    case 0x8F0A:
      AddBilling(gas, fields, body);
      break;
    case kInstructionDone.gbcs():
      AddOutcome(gas, fields, body);
      break;
    case 0x8F36:
      AddOutage(lost, fields, body);
      break;
    default:
      break;
  }
  fields.body = body;
}

}  // namespace

std::string FleetMessage(const KeptAlert& alert, FleetDevice kind, std::optional<TimeMs> lost) {
  const bool critical = alert.code.gbcs() >= 0x8F00;
  GbcsFields fields;
  fields.mac = !critical;
  fields.counter = *alert.counter;
  fields.originator = *alert.device;
  fields.target = *alert.recipient;
  fields.message_code = critical ? 0x1000 : 0x1001;
  fields.encoding = kind == FleetDevice::kGas ? GbcsEncoding::kGbz : GbcsEncoding::kDlms;
  fields.code = alert.code;
  fields.device_time = alert.device_time;
  std::string body;
  AddUseCase(kind, lost, fields, body);
  return EncodeGbcs(fields);
}

bool CanSay(FleetDevice kind, TimeMs time) {
  constexpr TimeMs kFirst{946684800000};  // 2000-01-01T00:00:00Z
  constexpr TimeMs kOpen{kFirst.value + 0xFFFFFFFF * kSecond.value};
  return kind != FleetDevice::kGas || (time >= kFirst && time < kOpen);
}

}  // namespace weir
