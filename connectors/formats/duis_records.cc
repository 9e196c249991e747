#include "connectors/formats/duis_records.h"

#include <array>
#include <cstdint>
#include <limits>

#include "absl/strings/string_view.h"

#include "connectors/formats/esme_variant.h"
#include "connectors/formats/gas_flow_rate.h"

namespace weir {

namespace {

// ---- Requests

std::optional<GasFlowRate> ReadGasFlowRate(pugi::xml_node body, DuisFields& fields, Arena& arena) {
  const std::optional<absl::string_view> decimal =
      fields.FindText(body, "UncontrolledGasFlowRateDecimal");
  const std::optional<uint64_t> whole =
      fields.FindUnsigned(body, "UncontrolledGasFlowRate", std::numeric_limits<uint64_t>::max());
  if (decimal && whole) {
    fields.Fail(DeadReason::kBadField);
  }
  if (whole) {
    return GasFlowRateOf(*whole, arena);
  }
  const std::optional<GasFlowRate> rate = decimal ? ParseGasFlowRate(*decimal) : std::nullopt;
  if (decimal && !rate) {
    fields.Fail(DeadReason::kBadField);
  }
  return rate;
}

// The element of a request that returns a hub; empty for any other.
absl::string_view HubReturnOf(absl::string_view srv) {
  return srv == "8.14.3" ? "CHFFaultReturn" : srv == "8.14.4" ? "CHFNoFaultReturn" : "";
}

// ---- Devices

// A text of some length; empty if it is not there.
absl::string_view ReadText(pugi::xml_node device, absl::string_view name, size_t shortest,
                           size_t longest, DuisFields& fields) {
  const std::optional<absl::string_view> text = fields.FindText(device, name);
  if (text && (text->size() < shortest || text->size() > longest)) {
    fields.Fail(DeadReason::kBadField);
  }
  return text.value_or("");
}

template <typename T>
T Named(std::optional<T> (*parse)(absl::string_view), absl::string_view text, DuisFields& fields) {
  const std::optional<T> found = parse(text);
  if (!found) {
    fields.Fail(DeadReason::kBadField);
  }
  return found.value_or(T());
}

absl::Span<const absl::string_view> ReadMpxns(pugi::xml_node device, DuisFields& fields,
                                              Arena& arena) {
  constexpr size_t kLongest = DeviceRecord::kLongestMpxn;
  const std::array<absl::string_view, 3> found = {
      ReadText(device, "ImportMPxN", 1, kLongest, fields),
      ReadText(device, "SecondaryImportMPAN", kLongest, kLongest, fields),
      ReadText(device, "ExportMPAN", kLongest, kLongest, fields)};
  const absl::Span<absl::string_view> mpxns = arena.MakeSpan<absl::string_view>(found.size());
  size_t count = 0;
  for (const absl::string_view mpxn : found) {
    mpxns[count] = mpxn;
    count += mpxn.empty() ? size_t{0} : size_t{1};
  }
  return mpxns.first(count);
}

absl::string_view ReadVariant(pugi::xml_node device, DuisFields& fields) {
  const std::optional<absl::string_view> variant = fields.FindText(device, "ESMEVariant");
  if (variant && !IsEsmeVariant(*variant)) {
    fields.Fail(DeadReason::kBadField);
  }
  return variant.value_or("");
}

// The one device of an inventory; null if there are several or none.
pugi::xml_node OnlyDevice(pugi::xml_node inventory) {
  pugi::xml_node found;
  for (const pugi::xml_node child : inventory.children()) {
    if (child.type() != pugi::node_element) {
      continue;
    }
    if (found) {
      return {};
    }
    found = child;
  }
  return LocalName(found) == "Device" && IsDuisElement(found) ? found : pugi::xml_node();
}

}  // namespace

void ReadRequestBody(pugi::xml_node body, Request& request, DuisFields& fields, Arena& arena) {
  request.execute_at = fields.FindTime(body, "ExecutionDateTime");
  if (request.srv == "6.7") {
    request.gas_flow_rate = ReadGasFlowRate(body, fields, arena);
  }
}

std::optional<Eui64> DeviceOfRequest(pugi::xml_node body, const Request& request,
                                     DuisFields& fields) {
  if (!body || LocalName(body) != HubReturnOf(request.srv)) {
    return request.id.device;
  }
  fields.RequireText(body, "DeviceID");
  return fields.FindEui64(body, "DeviceID");
}

bool ReadDuisInventory(pugi::xml_node message, DuisFields& fields, Arena& arena,
                       OtherEvent& event) {
  const pugi::xml_node element = OnlyDevice(fields.Find(message, "DSPInventory"));
  const std::optional<absl::string_view> status = fields.FindText(element, "DeviceStatus");
  if (!status) {
    return false;
  }
  auto* const device = arena.Make<DeviceRecord>();
  device->is_partial = true;
  device->status = Named(ParseDeviceStatus, *status, fields);
  device->type = Named(ParseDeviceType, fields.RequireText(element, "DeviceType"), fields);
  device->mpxns = ReadMpxns(element, fields, arena);
  device->variant = ReadVariant(element, fields);
  device->gbcs_version =
      ReadText(element, "DeviceGBCSVersion", 0, DeviceRecord::kLongestText, fields);
  fields.RequireText(element, "DeviceID");
  event.device = fields.FindEui64(element, "DeviceID");
  event.what = device;
  return true;
}

}  // namespace weir
