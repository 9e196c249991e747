#include "deploy/weir/fleet.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "deploy/weir/fleet_devices.h"
#include "deploy/weir/fleet_message.h"
#include "engine/base/check.h"

namespace weir {

uint64_t FleetCounts::all() const {
  return std::accumulate(kinds.begin(), kinds.end(), duplicates);
}

Fleet::Fleet(const FleetOptions& options)
    : options_(options),
      agenda_(options.duration),
      traffic_(PlanTraffic(options, agenda_)),
      delivery_(options),
      clocks_(options),
      sent_(options.devices, 0) {}

bool Fleet::Next(KeptAlert& alert) {
  FleetDispatch message;
  while (!delivery_.Take(agenda_.next(), message)) {
    if (agenda_.next() == FleetAgenda::kNever) {
      return false;
    }
    const FleetDue due = agenda_.Take();
    const FleetReport report = traffic_[static_cast<size_t>(due.kind)]->Take(due);
    std::optional<uint64_t> counter;
    if (report.code.is_device()) {
      counter = FirstCounter(report.device) + sent_[report.device]++;
    }
    delivery_.Send(due.kind, report, counter);
  }
  Count(message);
  Fill(message, alert);
  return true;
}

void Fleet::Count(const FleetDispatch& message) {
  ++(message.again ? counts_.duplicates : counts_.kinds[static_cast<size_t>(message.kind)]);
  if (message.received < covered_) {
    ++counts_.late;
  }
  if (message.counter && clocks_.IsWrong(message.report.device)) {
    ++counts_.wrong_clock;
  }
  covered_ = std::max(covered_, message.received);
}

void Fleet::Fill(const FleetDispatch& message, KeptAlert& alert) const {
  const FleetReport& report = message.report;
  alert.device = DeviceId(report.device);
  alert.code = report.code;
  alert.recipient = RecipientOf(report.code, report.device, options_.devices);
  alert.counter = message.counter;
  alert.received = options_.start + DurationMs{message.received + report.ahead};
  alert.device_time.reset();
  alert.payload.clear();
  // A DCC alert is made from what the network saw: no counter, time or message of the device.
  if (message.counter) {
    FillDeviceFields(message, alert);
  }
}

void Fleet::FillDeviceFields(const FleetDispatch& message, KeptAlert& alert) const {
  const FleetReport& report = message.report;
  const FleetDevice kind = KindOf(report.device);
  const auto shown = [&](TimeMs time) { return clocks_.Show(report.device, time); };
  const TimeMs sent = shown(SeenAt(report.device, options_.start + DurationMs{report.at}));
  if (CanSay(kind, sent)) {
    alert.device_time = sent;
  }
  if (options_.payloads) {
    std::optional<TimeMs> lost;
    if (report.lost) {
      lost = shown(options_.start + DurationMs{*report.lost});
    }
    alert.payload = FleetMessage(alert, kind, lost);
  }
}

}  // namespace weir
