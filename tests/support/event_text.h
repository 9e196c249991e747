// Events as texts, for comparing them; reads every byte that they view.
//
// Layer: tests/support.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "connectors/formats/arena.h"
#include "connectors/formats/binary_text.h"
#include "engine/alert/event.h"
#include "engine/alert/role.h"

namespace weir {

// Writes ` name value` of whatever is there.
class EventText {
 public:
  explicit EventText(absl::string_view kind) : out_(kind) {}

  void Add(absl::string_view name, std::optional<Eui64> id) { AddNumber(name, id); }

  void Add(absl::string_view name, std::optional<TimeMs> time) { AddNumber(name, time); }

  void Add(absl::string_view name, std::optional<uint64_t> number) {
    if (number) {
      absl::StrAppend(&out_, " ", name, " ", *number);
    }
  }

  void Add(absl::string_view name, std::optional<uint32_t> number) {
    Add(name, number ? std::make_optional(uint64_t{*number}) : std::nullopt);
  }

  void Add(absl::string_view name, absl::string_view bytes) {
    absl::StrAppend(&out_, " ", name, " ");
    AppendHex(bytes, out_);
  }

  void Add(absl::string_view name, const RequestReport& report) {
    absl::StrAppend(&out_, " ", name, " ", report.message_code, "/", report.counter, "/");
    AppendHex(report.instruction, out_);
  }

  void Add(absl::string_view name, const RequestId& id) {
    absl::StrAppend(&out_, " ", name, " ", id.party.value, ":", id.device.value, ":", id.counter);
  }

  const std::string& text() const { return out_; }

 private:
  template <typename T>
  void AddNumber(absl::string_view name, std::optional<T> value) {
    if (value) {
      absl::StrAppend(&out_, " ", name, " ", value->value);
    }
  }

  std::string out_;
};

struct RecordText {
  std::string operator()(const DeviceRecord* device) const {
    EventText text("device");
    text.Add("type", DeviceTypeName(device->type));
    text.Add("status", DeviceStatusName(device->status));
    text.Add("status_since", device->status_since);
    text.Add("added", device->added);
    text.Add("added_by", device->added_by);
    for (const absl::string_view mpxn : device->mpxns) {
      text.Add("mpxn", mpxn);
    }
    text.Add("network_operator", device->network_operator);
    text.Add("supplier", device->supplier);
    text.Add("supplier_agent", device->supplier_agent);
    text.Add("gbcs_version", device->gbcs_version);
    text.Add("variant", device->variant);
    return absl::StrCat(text.text(), device->removed ? " removed" : "",
                        device->is_partial ? " partial" : "");
  }

  std::string operator()(const Request* request) const {
    EventText text("request");
    text.Add("id", request->id);
    text.Add("srv", request->srv);
    text.Add("role", request->role ? RoleName(*request->role) : "");
    text.Add("supplier", request->supplier);
    text.Add("execute_at", request->execute_at);
    text.Add("instructions", request->instructions);
    if (const std::optional<GasFlowRate>& rate = request->gas_flow_rate; rate) {
      text.Add(rate->is_decimal ? "decimal" : "whole", rate->text);
      text.Add("value", rate->value ? std::make_optional(uint64_t{*rate->value}) : std::nullopt);
    }
    return text.text();
  }

  std::string operator()(const Response* response) const {
    EventText text("response");
    text.Add("id", response->id);
    text.Add("srv", response->srv);
    text.Add("code", response->code);
    text.Add("payload", response->payload);
    return text.text();
  }

  std::string operator()(const Outcome* outcome) const {
    EventText text(outcome->succeeded ? "done" : "failed");
    text.Add("id", outcome->id);
    text.Add("srv", outcome->srv);
    text.Add("instruction", outcome->instruction);
    text.Add("instructions", outcome->instructions);
    text.Add("report", outcome->report);
    return text.text();
  }
};

inline std::string TextOf(const OtherEvent& other) {
  EventText text(std::visit(RecordText(), other.what));
  text.Add("device", other.device);
  text.Add("received", other.received);
  return text.text();
}

inline std::string TextOf(const Alert& alert) {
  EventText text(absl::StrCat("alert ", FormatAlertCode(alert.code)));
  text.Add("device", alert.device);
  text.Add("recipient", alert.recipient);
  text.Add("received", alert.received);
  text.Add("device_time", alert.device_time);
  text.Add("counter", alert.counter);
  text.Add("payload", alert.payload);
  if (alert.report != nullptr) {
    text.Add("report", *alert.report);
  }
  return text.text();
}

inline std::string TextOf(const Event& event) {
  if (const auto* alert = std::get_if<Alert>(&event)) {
    return TextOf(*alert);
  }
  if (const auto* other = std::get_if<OtherEvent>(&event)) {
    return TextOf(*other);
  }
  return absl::StrCat("dead ", DeadReasonName(std::get<DeadReason>(event)));
}

// The same event without what the format json has no place for: that a device record is partial,
// what an outcome says of its instruction outside its payload, and what a record says of a device
// that it removes.
inline Event SayableInJson(OtherEvent event, Arena& arena) {
  if (const auto* const* device = std::get_if<const DeviceRecord*>(&event.what)) {
    auto* const said = arena.Make<DeviceRecord>();
    if ((*device)->removed) {
      said->removed = true;
    } else {
      *said = **device;
      said->is_partial = false;
    }
    event.what = said;
  } else if (const auto* const* outcome = std::get_if<const Outcome*>(&event.what)) {
    auto* const said = arena.Make<Outcome>();
    *said = **outcome;
    said->report = {};
    event.what = said;
  }
  return event;
}

}  // namespace weir
