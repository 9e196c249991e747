#include "connectors/formats/notice_json.h"

#include <variant>

#include "absl/strings/string_view.h"

#include "connectors/formats/json_members.h"
#include "connectors/formats/record_json.h"
#include "engine/base/check.h"
#include "engine/eligibility/eligibility.h"

namespace weir {

namespace {

// What the record of a notice says; it is of the notice's kind.
template <typename Said>
const Said& WhatOf(const OtherEvent& event) {
  const auto* said = std::get_if<const Said*>(&event.what);
  WEIR_CHECK(said != nullptr);
  return **said;
}

const OtherEvent& EventOf(const Record& record) {
  const auto* event = std::get_if<OtherEvent>(&record.event);
  WEIR_CHECK(event != nullptr);
  return *event;
}

}  // namespace

AlertCode SwitchNoticeCode() {
  static const AlertCode code = ParseAlertCode("N58").value_or(AlertCode());
  return code;
}

void AppendSwitchNotice(const SwitchNotice& notice, std::string& out) {
  out.push_back('{');
  JsonMembers members(out, true);
  members.Id("device", notice.device);
  members.Text("code", FormatAlertCode(SwitchNoticeCode()));
  members.Id("recipient", notice.network_operator);
  members.Counter("counter", notice.counter);
  members.Time("received", notice.at);
  members.Text("variant", notice.variant);
  members.Text("gbcs_version", notice.gbcs_version);
  members.Text("mpan", notice.mpan);
  members.Text("srv", notice.srv);
  members.Text("alert", notice.alert ? FormatAlertCode(*notice.alert) : "");
  if (notice.request) {
    members.Request("request_id", *notice.request);
  }
  members.Time("changed_at", notice.changed_at);
  if (notice.unrouted) {
    members.Text("reason", UnroutedReasonName(*notice.unrouted));
  }
  out.append("}\n");
}

void AppendRemovalNotice(const RemovalNotice& notice, std::string& out) {
  out.push_back('{');
  JsonMembers members(out, true);
  members.Id("device", notice.device);
  members.Text("code", FormatAlertCode(notice.code));
  members.Id("recipient", notice.recipient);
  members.Counter("counter", notice.counter);
  members.Time("received", notice.at);
  members.Text("device_type", DeviceTypeName(notice.type));
  members.Time("added", notice.added);
  members.Id("added_by", notice.added_by);
  out.append("}\n");
}

void AppendJudgedRequest(const Record& record, const RequestNotice& notice, std::string& out) {
  const OtherEvent& event = EventOf(record);
  out.push_back('{');
  JsonMembers members(out, true);
  AppendRequestFields(event, WhatOf<Request>(event), notice.role, members);
  members.Text("decision", IsAccepted(notice.reason) ? "accepted" : "rejected");
  members.Text("reason", RequestReasonName(notice.reason));
  out.append("}\n");
}

void AppendRoutedResponse(const Record& record, const ResponseNotice& notice, std::string& out) {
  const OtherEvent& event = EventOf(record);
  out.push_back('{');
  JsonMembers members(out, true);
  AppendResponseFields(event, WhatOf<Response>(event), members);
  if (notice.unrouted) {
    members.Id("recipient", notice.network_operator);
    members.Text("reason", UnroutedReasonName(*notice.unrouted));
  }
  out.append("}\n");
}

}  // namespace weir
