// Random records about devices and service requests, few enough that they meet one another.
//
// Layer: tests.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>

#include "absl/strings/string_view.h"

#include "engine/alert/event.h"
#include "engine/base/units.h"
#include "tests/support/random.h"

namespace weir {

// Makes them, and keeps what they point to.
class RandomEvents {
 public:
  explicit RandomEvents(Random& random) : random_(random) {}

  OtherEvent Other(TimeMs now) {
    OtherEvent event;
    event.received = random_.OneIn(20) ? std::nullopt : std::make_optional(now);
    switch (random_.Below(5)) {
      case 0:
        event.device = Device();
        event.what = &devices_.emplace_back(Record(now));
        break;
      case 1:
      case 2: {
        const Request& request = requests_.emplace_back(ARequest(now));
        event.device = request.id.device;
        event.what = &request;
        break;
      }
      case 3: {
        const Response& response = responses_.emplace_back(Response{
            .id = Id(), .srv = Srv(), .code = random_.OneIn(4) ? "E5" : "I0", .payload = ""});
        event.device = response.id.device;
        event.what = &response;
        break;
      }
      default: {
        Outcome outcome{.id = Id(), .succeeded = !random_.OneIn(3)};
        outcome.srv = random_.OneIn(3) ? "" : Srv();
        outcome.instruction = Maybe(1 + random_.Below(3));
        outcome.instructions = Maybe(random_.Below(4));
        outcome.report = Report();
        outcomes_.push_back(outcome);
        event.device = outcome.id.device;
        event.what = &outcomes_.back();
      }
    }
    return event;
  }

  // Of an alert 8F66 or 8F67.
  const RequestReport* AReport() { return &reports_.emplace_back(Report()); }

 private:
  static constexpr std::array<absl::string_view, 10> kSrvs = {
      "6.14.1", "6.14.2", "6.14.2", "7.9", "8.7.1", "6.13", "7.7", "8.14.3", "6.7", "1.1.1"};

  Eui64 Device() { return Eui64{1 + random_.Below(6)}; }

  Eui64 Party() {
    static constexpr std::array<uint64_t, 5> kParties = {0xED1, 0xED2, 0x151, 0x5A1, 0x99};
    return Eui64{kParties[random_.Below(kParties.size())]};
  }

  std::optional<Eui64> MaybeParty() {
    return random_.OneIn(2) ? std::make_optional(Party()) : std::nullopt;
  }

  std::optional<uint32_t> Maybe(uint64_t number) {
    return random_.OneIn(2) ? std::make_optional(static_cast<uint32_t>(number)) : std::nullopt;
  }

  absl::string_view Srv() { return kSrvs[random_.Below(kSrvs.size())]; }

  RequestId Id() { return {.party = Party(), .device = Device(), .counter = random_.Below(30)}; }

  TimeMs Near(TimeMs now) {
    return TimeMs{now.value + static_cast<int64_t>(random_.Below(5 * kDay.value)) - 3 * kDay.value};
  }

  RequestReport Report() {
    static constexpr std::array<absl::string_view, 3> kContents = {"", "calendar", "days"};
    RequestReport report;
    report.message_code = random_.OneIn(3) ? 0 : 0x0054;
    report.counter = random_.Below(30);
    report.instruction = kContents[random_.Below(kContents.size())];
    return report;
  }

  DeviceRecord Record(TimeMs now) {
    static constexpr std::array<absl::string_view, 3> kMpxns = {"1012345678901", "1112345678902",
                                                                "2012345678903"};
    // Three years before the time of a removal that is near, or a year.
    constexpr int64_t kYears = 1096;
    DeviceRecord record;
    record.type = static_cast<DeviceType>(random_.Below(5));
    record.status =
        random_.OneIn(2) ? DeviceStatus::kPending : static_cast<DeviceStatus>(random_.Below(9));
    if (!random_.OneIn(4)) {
      record.added = TimeMs{Near(now).value - kYears * kDay.value};
    }
    record.added_by = MaybeParty();
    if (random_.OneIn(2)) {
      record.mpxns = absl::MakeConstSpan(kMpxns).subspan(random_.Below(3), 1);
    }
    record.network_operator = MaybeParty();
    record.supplier = MaybeParty();
    record.supplier_agent = MaybeParty();
    record.gbcs_version = random_.OneIn(2) ? "4.1" : "";
    record.variant = random_.OneIn(2) ? "AD" : "";
    record.removed = random_.OneIn(12);
    record.is_partial = random_.OneIn(6);
    return record;
  }

  Request ARequest(TimeMs now) {
    Request request;
    request.id = Id();
    request.srv = Srv();
    request.role = random_.OneIn(2) ? std::make_optional(static_cast<Role>(random_.Below(kRoles)))
                                    : std::nullopt;
    request.supplier = MaybeParty();
    if (random_.OneIn(2)) {
      request.execute_at = Near(now);
    }
    request.instructions = Maybe(random_.Below(4));
    if (request.srv == "6.7") {
      request.gas_flow_rate = GasFlowRate{.text = "6.1680", .is_decimal = true, .value = 61680};
    }
    return request;
  }

  Random& random_;
  std::deque<DeviceRecord> devices_;
  std::deque<Request> requests_;
  std::deque<Response> responses_;
  std::deque<Outcome> outcomes_;
  std::deque<RequestReport> reports_;
};

}  // namespace weir
