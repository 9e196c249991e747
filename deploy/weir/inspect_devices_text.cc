#include "deploy/weir/inspect_devices_text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "deploy/weir/inspect_words.h"
#include "deploy/weir/summary_text.h"

namespace weir {

namespace {

std::string IdText(std::optional<Eui64> id) {
  return id ? FormatEui64(*id) : std::string("not known");
}

std::string RequestText(const RequestId& id) {
  return absl::StrCat(FormatEui64(id.party), ":", FormatEui64(id.device), ":", id.counter);
}

std::string MpxnText(const Device& device) {
  return absl::StrJoin(device.mpxns, ", ", [](std::string* out, const std::string& mpxn) {
    absl::StrAppend(out, Quoted(mpxn));
  });
}

void AppendPartition(const InspectedState& state, uint32_t partition, std::string& out) {
  if (state.NameOf(partition) != nullptr) {
    AppendFact("partition", PartitionText(state, partition), out);
  }
}

void AppendFactIfAny(absl::string_view name, const std::string& fact, std::string& out) {
  if (!fact.empty()) {
    AppendFact(name, fact, out);
  }
}

void AppendHistory(const Device& device, std::string& out) {
  absl::string_view name = "statuses before";
  for (auto past = device.history.rbegin(); past != device.history.rend(); ++past) {
    AppendFact(name, absl::StrCat(DeviceStatusName(past->status), " since ", TimeText(past->since)),
               out);
    name = "";
  }
}

void AppendDevice(const InspectedState& state, const InspectedDevice& known, std::string& out) {
  const Device& device = known.device;
  absl::StrAppend(&out, "\nin the inventory\n");
  AppendPartition(state, known.partition, out);
  AppendFact("type", DeviceTypeName(device.type), out);
  AppendFact(
      "status",
      absl::StrCat(DeviceStatusName(device.status), " since ", TimeText(device.status_since)), out);
  if (device.status == DeviceStatus::kPending) {
    AppendFact("  removed at",
               known.pending_until ? TimeText(known.pending_until) : std::string("never"), out);
  }
  AppendHistory(device, out);
  AppendFact("added", TimeText(device.added), out);
  AppendFact("  by", IdText(device.added_by), out);
  AppendFactIfAny("MPxN", MpxnText(device), out);
  AppendFact("network operator", IdText(known.network_operator), out);
  AppendFact("supplier", IdText(device.supplier), out);
  AppendFact("  its agent", IdText(device.supplier_agent), out);
  AppendFactIfAny("GBCS version", device.gbcs_version.empty() ? "" : Quoted(device.gbcs_version),
                  out);
  AppendFactIfAny("variant", device.variant.empty() ? "" : Quoted(device.variant), out);
}

void AppendGasFlow(const InspectedState& state, const InspectedGasFlow& kept, std::string& out) {
  const GasFlowSetting& setting = kept.setting;
  absl::StrAppend(&out, "\nuncontrolled gas flow rate\n");
  AppendPartition(state, kept.partition, out);
  AppendFact("rate", absl::StrCat(FormatGasFlowRate(setting.rate), " m3/h"), out);
  AppendFact("asked at", TimeText(setting.asked_at), out);
  AppendFact("  by request", RequestText(setting.request), out);
  AppendFact("confirmed at",
             setting.confirmed_at ? TimeText(setting.confirmed_at) : std::string("not yet"), out);
  if (setting.before) {
    AppendFact("confirmed before", absl::StrCat(FormatGasFlowRate(*setting.before), " m3/h"), out);
  }
}

// Which request it was, or whose alert.
void AppendRequestId(const InspectedState& state, const InspectedRequest& kept, std::string& out) {
  if (kept.counter_of == CounterOf::kRequest) {
    AppendFact(absl::StrCat("SRV ", kept.request.srv), RequestText(kept.id), out);
  } else {
    AppendFact("alert of the device",
               absl::StrCat("counter ", kept.id.counter, ", for ",
                            kept.id.party == Eui64{} ? "nobody named" : FormatEui64(kept.id.party)),
               out);
  }
  if (state.NameOf(kept.partition) != nullptr) {
    AppendFact("  partition", PartitionText(state, kept.partition), out);
  }
}

void AppendDone(const InspectedState& state, const InspectedRequest& kept, std::string& out) {
  const SwitchRequest& request = kept.request;
  AppendRequestId(state, kept, out);
  AppendFact("  changed at",
             request.changed_at ? TimeText(request.changed_at) : std::string("no change"), out);
  AppendFact("  done at",
             absl::StrCat(TimeText(request.done_at), request.was_told ? ", told" : ", not told"),
             out);
}

void AppendOpen(const InspectedState& state, const InspectedRequest& kept, std::string& out) {
  const SwitchRequest& request = kept.request;
  AppendRequestId(state, kept, out);
  AppendFact("  to be executed at",
             request.was_seen ? TimeText(request.execute_at)
                              : std::string("not known: the request was not seen"),
             out);
  const std::string whole =
      kept.instructions ? WithThousands(*kept.instructions) : std::string("not known how many");
  AppendFact("  outcomes",
             absl::StrCat(WithThousands(request.outcomes.size()), " of ", whole, ", ",
                          WithThousands(Succeeded(request)), " succeeded"),
             out);
  AppendFact("  due",
             absl::StrCat(TimeText(request.due()), request.first_outcome
                                                       ? ": settled by the outcomes so far"
                                                       : ": forgotten without an outcome"),
             out);
}

}  // namespace

void AppendCountLines(const DeviceCounts& counts, std::string& out) {
  if (counts == DeviceCounts{}) {
    return;
  }
  AppendFigure("devices known", counts.devices,
               absl::StrCat(WithThousands(counts.pending), " of them pending"), out);
  AppendFigure("requests open", counts.open_requests,
               absl::StrCat("about load switching; ", WithThousands(counts.done_requests),
                            " that are done are remembered"),
               out);
  AppendFigure("gas flow rates", counts.gas_flow_rates, "", out);
}

void AppendKept(const InspectedState& state, std::string& out) {
  for (const InspectedDevice& known : state.devices) {
    AppendDevice(state, known, out);
  }
  for (const InspectedGasFlow& kept : state.gas_flows) {
    AppendGasFlow(state, kept, out);
  }
  if (const std::vector<InspectedRequest> done = DoneRequests(state); !done.empty()) {
    absl::StrAppend(&out, "\nload switching, the last one first\n");
    for (const InspectedRequest& kept : done) {
      AppendDone(state, kept, out);
    }
  }
  if (const std::vector<InspectedRequest> open = OpenRequests(state); !open.empty()) {
    absl::StrAppend(&out, "\nopen requests about load switching\n");
    for (const InspectedRequest& kept : open) {
      AppendOpen(state, kept, out);
    }
  }
}

std::string DevicesText(const InspectedState& state, size_t top) {
  if (state.devices.empty()) {
    return "no device has this MPxN\n";
  }
  std::string out = absl::StrFormat("  %-23s %-7s %-25s %-24s %-23s\n", "device", "type", "status",
                                    "since", "network operator");
  for (size_t i = 0; i < Shown(state.devices.size(), top); ++i) {
    const InspectedDevice& known = state.devices[i];
    absl::StrAppendFormat(&out, "  %-23s %-7s %-25s %-24s %-23s%s\n", FormatEui64(known.id),
                          DeviceTypeName(known.device.type), DeviceStatusName(known.device.status),
                          TimeText(known.device.status_since), IdText(known.network_operator),
                          state.NameOf(known.partition) == nullptr
                              ? ""
                              : absl::StrCat("  ", PartitionText(state, known.partition)));
  }
  return out;
}

}  // namespace weir
