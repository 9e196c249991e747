#include "connectors/formats/notice_duis.h"

#include "connectors/formats/duis_elements.h"
#include "connectors/formats/notice_json.h"
#include "engine/alert/alert_code.h"

namespace weir {

namespace {

template <typename SomeNotice>
DuisHeader HeaderOf(const SomeNotice& notice, std::optional<Eui64> target) {
  return {.sender = kDccId,
          .target = target.value_or(Eui64()),
          .counter = notice.counter,
          .at = notice.at};
}

std::string InElement(absl::string_view name, absl::string_view content) {
  std::string out;
  AppendDuisElement(name, content, out);
  return out;
}

}  // namespace

void AppendSwitchNoticeDuis(const SwitchNotice& notice, std::string& out) {
  const std::string change =
      DuisConfigurationChange(notice.device, notice.variant, notice.gbcs_version);
  AppendDuisResponse(
      HeaderOf(notice, notice.network_operator), "DCCAlertMessage",
      DuisDccAlert(SwitchNoticeCode(), "", InElement("ALCSHCALCSConfigurationChange", change)),
      out);
}

void AppendRemovalNoticeDuis(const RemovalNotice& notice, std::string& out) {
  std::string event;
  AppendDuisElement("DeviceID", FormatEui64(notice.device), event);
  AppendDuisElement("DeviceStatusChange", InElement("DeviceRemovedFromInventory", ""), event);
  AppendDuisResponse(HeaderOf(notice, notice.recipient), "DCCAlertMessage",
                     DuisDccAlert(notice.code, "", InElement("DeviceStatusChangeEvent", event)),
                     out);
}

}  // namespace weir
