#include "engine/alert/catalogue.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace weir {

namespace {

struct DeviceAlertRow {
  uint16_t code = 0;
  uint16_t pairs_with = 0;  // 0: none
  absl::string_view name;
};

// Ascending by code.
constexpr DeviceAlertRow kDeviceAlerts[] = {
    {0x8002, 0x8085, "Average RMS voltage rose above over-voltage threshold"},
    {0x8003, 0x8086, "Average RMS voltage rose above over-voltage threshold (phase 1)"},
    {0x8004, 0x8087, "Average RMS voltage rose above over-voltage threshold (phase 2)"},
    {0x8005, 0x8088, "Average RMS voltage rose above over-voltage threshold (phase 3)"},
    {0x8006, 0x8089, "Average RMS voltage fell below under-voltage threshold"},
    {0x8007, 0x808A, "Average RMS voltage fell below under-voltage threshold (phase 1)"},
    {0x8008, 0x808B, "Average RMS voltage fell below under-voltage threshold (phase 2)"},
    {0x8009, 0x808C, "Average RMS voltage fell below under-voltage threshold (phase 3)"},
    {0x8010, 0, "Over Current"},
    {0x8011, 0, "Over Current L1"},
    {0x8013, 0, "Over Current L3"},
    {0x8014, 0x8015, "Power Factor Threshold Below"},
    {0x8015, 0x8014, "Power Factor Threshold Ok"},
    {0x8016, 0, "Over Current L2"},
    {0x8020, 0x808D, "RMS voltage above extreme over-voltage threshold - started"},
    {0x8021, 0x808E, "RMS voltage above extreme over-voltage threshold - started (phase 1)"},
    {0x8022, 0x808F, "RMS voltage above extreme over-voltage threshold - started (phase 2)"},
    {0x8023, 0x8090, "RMS voltage above extreme over-voltage threshold - started (phase 3)"},
    {0x8024, 0x8091, "RMS voltage swell - started"},
    {0x8025, 0x8092, "RMS voltage swell - started (phase 1)"},
    {0x8026, 0x8093, "RMS voltage swell - started (phase 2)"},
    {0x8027, 0x8094, "RMS voltage swell - started (phase 3)"},
    {0x8028, 0x8095, "RMS voltage below extreme under-voltage threshold - started"},
    {0x8029, 0x8096, "RMS voltage below extreme under-voltage threshold - started (phase 1)"},
    {0x802A, 0x8097, "RMS voltage below extreme under-voltage threshold - started (phase 2)"},
    {0x802B, 0x8098, "RMS voltage below extreme under-voltage threshold - started (phase 3)"},
    {0x802C, 0x8099, "RMS voltage sag - started"},
    {0x802D, 0x809A, "RMS voltage sag - started (phase 1)"},
    {0x802E, 0x809B, "RMS voltage sag - started (phase 2)"},
    {0x802F, 0x809C, "RMS voltage sag - started (phase 3)"},
    {0x8071, 0, "GPF Device Log Changed"},
    {0x8085, 0x8002, "Average RMS voltage back below over-voltage threshold"},
    {0x8086, 0x8003, "Average RMS voltage back below over-voltage threshold (phase 1)"},
    {0x8087, 0x8004, "Average RMS voltage back below over-voltage threshold (phase 2)"},
    {0x8088, 0x8005, "Average RMS voltage back below over-voltage threshold (phase 3)"},
    {0x8089, 0x8006, "Average RMS voltage back above under-voltage threshold"},
    {0x808A, 0x8007, "Average RMS voltage back above under-voltage threshold (phase 1)"},
    {0x808B, 0x8008, "Average RMS voltage back above under-voltage threshold (phase 2)"},
    {0x808C, 0x8009, "Average RMS voltage back above under-voltage threshold (phase 3)"},
    {0x808D, 0x8020, "RMS voltage extreme over-voltage - ended"},
    {0x808E, 0x8021, "RMS voltage extreme over-voltage - ended (phase 1)"},
    {0x808F, 0x8022, "RMS voltage extreme over-voltage - ended (phase 2)"},
    {0x8090, 0x8023, "RMS voltage extreme over-voltage - ended (phase 3)"},
    {0x8091, 0x8024, "RMS voltage swell - ended"},
    {0x8092, 0x8025, "RMS voltage swell - ended (phase 1)"},
    {0x8093, 0x8026, "RMS voltage swell - ended (phase 2)"},
    {0x8094, 0x8027, "RMS voltage swell - ended (phase 3)"},
    {0x8095, 0x8028, "RMS voltage extreme under-voltage - ended"},
    {0x8096, 0x8029, "RMS voltage extreme under-voltage - ended (phase 1)"},
    {0x8097, 0x802A, "RMS voltage extreme under-voltage - ended (phase 2)"},
    {0x8098, 0x802B, "RMS voltage extreme under-voltage - ended (phase 3)"},
    {0x8099, 0x802C, "RMS voltage sag - ended"},
    {0x809A, 0x802D, "RMS voltage sag - ended (phase 1)"},
    {0x809B, 0x802E, "RMS voltage sag - ended (phase 2)"},
    {0x809C, 0x802F, "RMS voltage sag - ended (phase 3)"},
    {0x810D, 0, "Combined Credit Below Low Credit Threshold (prepayment mode)"},
    {0x810E, 0, "Credit Added Locally"},
    {0x8119, 0, "Emergency Credit Has Become Available (prepayment mode)"},
    {0x811A, 0, "Failure in changing or maintaining HCALCS or ALCS state"},
    {0x8131, 0, "Success in changing or maintaining HCALCS or ALCS state"},
    {0x8145, 0, "Clock adjusted (within tolerance)"},
    {0x8154, 0, "Immediate HAN Interface Command Received and Successfully Actioned"},
    {0x8155, 0, "Immediate HAN Interface Command Received but not Successfully Actioned"},
    {0x8161, 0, "User Interface Command Input and Successfully Actioned"},
    {0x8162, 0, "User Interface Command Input but not Successfully Actioned"},
    {0x8168, 0, "Supply Disabled then Armed - Activate Emergency Credit triggered"},
    {0x8183, 0, "Device joined SMHAN"},
    {0x8184, 0, "Valve tested"},
    {0x819D, 0, "GSME Command Not Retrieved"},
    {0x819E, 0, "Tap Off Message Response or Alert Failure"},
    {0x81A0, 0, "Smart Meter Integrity Issue - Warning"},
    {0x81A1, 0x8F73, "Battery Cover Closed"},
    {0x81A2, 0x81A3, "CH Connected to ESME"},
    {0x81A3, 0x81A2, "CH Disconnected from ESME"},
    {0x81A4, 0, "Close Tunnel Command Rejected"},
    {0x81A5, 0, "Communication From Local Port (e.g. Optical)"},
    {0x81A6, 0, "Customer Acknowledged Message on HAN Device"},
    {0x81A7, 0, "Debt Collection Completed - Time Debt 1"},
    {0x81A8, 0, "Debt Collection Completed - Time Debt 2"},
    {0x81A9, 0, "Debt Collection Completed - Payment Debt"},
    {0x81AA, 0, "Emergency Credit Exhausted"},
    {0x81AB, 0, "Emergency Credit Activated"},
    {0x81AC, 0, "Error Measurement Fault"},
    {0x81AD, 0, "Error Metrology Firmware Verification Failure"},
    {0x81AE, 0, "Error Non Volatile Memory"},
    {0x81AF, 0, "Error Program Execution"},
    {0x81B0, 0, "Error Program Storage"},
    {0x81B1, 0, "Error RAM"},
    {0x81B2, 0, "Error Unexpected Hardware Reset"},
    {0x81B3, 0, "Error Watchdog"},
    {0x81B4, 0, "Excess Gas Flow Beyond Meter Capacity"},
    {0x81B5, 0, "Flow Sensor Detects Air in Gas Flow"},
    {0x81B6, 0, "Flow Sensor Detects Reverse Flow of Gas"},
    {0x81B7, 0, "Incorrect phase sequencing"},
    {0x81B8, 0, "Incorrect Polarity"},
    {0x81B9, 0x8F74, "Meter Cover Closed"},
    {0x81BA, 0, "Request Tunnel Command Rejected"},
    {0x81BB, 0, "Reverse Current"},
    {0x81BC, 0x8F75, "Strong Magnetic Field Removed"},
    {0x81BD, 0, "Supply Connect Failure (Valve or Load Switch)"},
    {0x81BE, 0, "Supply Disabled Then Locked - Supply Tamper State Cause"},
    {0x81BF, 0, "Supply Disabled Then Armed - Uncontrolled Gas Flow Rate"},
    {0x81C0, 0, "Supply Disconnect Failure (Valve or Load Switch)"},
    {0x81C1, 0x8F76, "Terminal Cover Closed"},
    {0x81C2, 0x81C3, "Tilt Tamper Ended"},
    {0x81C3, 0x81C2, "Tilt Tamper"},
    {0x81C4, 0, "UTRN Manual Entry Suspended"},
    {0x81C5, 0, "UTRN rejected as locked out"},
    {0x81C6, 0, "Clock not adjusted (outside tolerance)"},
    {0x8F01, 0, "Active Power Import above Load Limit Threshold"},
    {0x8F0A, 0, "Billing Data Log Updated"},
    {0x8F0C, 0, "Clock not adjusted (adjustment greater than 10 seconds)"},
    {0x8F0F, 0, "Credit Below Disablement Threshold (prepayment mode)"},
    {0x8F12, 0, "CHF Device Log Changed"},
    {0x8F1B, 0, "Firmware Verification Failed At Power On"},
    {0x8F1C, 0, "Firmware Verification Failed"},
    {0x8F1D, 0, "GSME Power Supply Loss"},
    {0x8F1E, 0, "Integrity check of content or format of command failed"},
    {0x8F1F, 0, "Low Battery Capacity"},
    {0x8F20, 0x8F21, "Limited Duty Cycle Action Taken"},
    {0x8F21, 0x8F20, "Duty Cycle fallen below Normal-Limited Duty Cycle Threshold"},
    {0x8F22, 0x8F23, "Critical Duty Cycle Action Taken"},
    {0x8F23, 0x8F22, "Duty Cycle fallen below Limited-Critical Duty Cycle Threshold"},
    {0x8F24, 0x8F25, "Regulated Duty Cycle Action Taken"},
    {0x8F25, 0x8F24, "Duty Cycle fallen below Critical-Regulated Duty Cycle Threshold"},
    {0x8F26, 0, "Sub GHz Channel Changed"},
    {0x8F27, 0, "Sub GHz Channel Scan initiated"},
    {0x8F28, 0, "Sub GHz Channel Scan Request Assessment Outcome"},
    {0x8F29, 0, "Three Lost GSME Searches Failed"},
    {0x8F2A, 0, "Sub GHz Configuration Changed"},
    {0x8F2B, 0, "Sub GHz Channel not changed due to Frequency Agility Parameters"},
    {0x8F2C, 0, "Message Discarded Due to Duty Cycle Management"},
    {0x8F2D, 0, "No More Sub GHz Device Capacity"},
    {0x8F30, 0, "Source Does not have Authority for Command"},
    {0x8F32, 0, "Supply Armed"},
    {0x8F33, 0, "Supply Disabled then Armed - Load Limit triggered"},
    {0x8F34, 0, "Supply Enabled after Load Limit Restoration Period (Load Limit triggered)"},
    {0x8F35, 0x8F57, "Supply Outage Restored"},
    {0x8F36, 0, "Supply Outage Restored - Outage >= 3 minutes"},
    {0x8F37, 0x8F58, "Supply Outage Restored on Phase 1"},
    {0x8F38, 0, "Supply Outage Restored on Phase 1 Restored - Outage >= 3 minutes"},
    {0x8F39, 0x8F59, "Supply Outage Restored on Phase 2 Restored"},
    {0x8F3A, 0, "Supply Outage Restored on Phase 2 Restored - Outage >= 3 minutes"},
    {0x8F3B, 0x8F5A, "Supply Outage Restored on Phase 3 Restored"},
    {0x8F3C, 0, "Supply Outage Restored on Phase 3 Restored - Outage >= 3 minutes"},
    {0x8F3D, 0, "Trusted Source Authentication Failure"},
    {0x8F3E, 0, "Unauthorised Communication Access attempted"},
    {0x8F3F, 0, "Unauthorised Physical Access - Tamper Detect"},
    {0x8F43, 0, "Change in the executing Firmware version"},
    {0x8F47, 0, "Credit would cause Meter Balance to exceed  Maximum Meter Balance Threshold"},
    {0x8F48, 0, "Device joining failed"},
    {0x8F49, 0, "Device joining succeeded"},
    {0x8F4A, 0, "Device Unjoining failed"},
    {0x8F4B, 0, "Device Unjoining succeeded"},
    {0x8F4C, 0, "Device's own Digital Signing Certificate replacement failed"},
    {0x8F4D, 0, "Device's own Digital Signing Certificate replacement succeeded"},
    {0x8F4E, 0, "Device's own Key Agreement Certificate replacement failed"},
    {0x8F4F, 0, "Device's own Key Agreement Certificate replacement succeeded"},
    {0x8F51, 0, "Duplicate UTRN entered"},
    {0x8F52, 0, "Event Log Cleared"},
    {0x8F53, 0, "Failed Authentication or Authorisation not covered by other codes"},
    {0x8F57, 0x8F35, "Supply interrupted"},
    {0x8F58, 0x8F37, "Supply interrupted on Phase 1"},
    {0x8F59, 0x8F39, "Supply interrupted on Phase 2"},
    {0x8F5A, 0x8F3B, "Supply interrupted on Phase 3"},
    {0x8F5B, 0, "UTRN exceeds Maximum Credit Threshold"},
    {0x8F60, 0, "Unusual numbers of malformed, out-of-order or unexpected Commands received"},
    {0x8F63, 0, "UTRN not Authentic"},
    {0x8F64, 0, "UTRN not for this Device"},
    {0x8F66, 0, "Future-date HAN Interface Command Successfully Actioned"},
    {0x8F67, 0, "Future-date HAN Interface Command not Successfully Actioned"},
    {0x8F69, 0, "Device commissioned"},
    {0x8F70, 0, "Update Security Credentials"},
    {0x8F72, 0, "Firmware Verification Successful"},
    {0x8F73, 0x81A1, "Unauthorised Physical Access - Battery Cover Removed"},
    {0x8F74, 0x81B9, "Unauthorised Physical Access - Meter Cover Removed"},
    {0x8F75, 0x81BC, "Unauthorised Physical Access - Strong Magnetic field"},
    {0x8F76, 0x81C1, "Unauthorised Physical Access - Terminal Cover Removed"},
    {0x8F77, 0, "Unauthorised Physical Access - Second Terminal Cover Removed"},
    {0x8F78, 0, "Unauthorised Physical Access - Other"},
    {0x8F82, 0, "Remaining Battery Capacity reset"},
    {0x8F83, 0, "Disablement of Supply due to insufficient credit has been suspended"},
    {0x8F84, 0, "Failure to Deliver Remote Party Message to ESME"},
    {0x8F85, 0, "Command not supported by Device"},
    {0x8F86, 0, "Limit APC [n] Level Command processed"},
    {0x8F87, 0, "Limit APC [n] Level ended or cancelled"},
    {0x8F88, 0, "Operational Update"},
    {0x8F89, 0, "Firmware transfer to HAN device failed (CHF)"},
    {0x8F8A, 0, "Firmware transfer to HAN device succeeded (CHF)"},
    {0x8F8B, 0, "PPMID/HCALCS firmware activation outcome (read firmware version alert)"},
};

struct DccAlertRow {
  absl::string_view code;
  absl::string_view name;
};

constexpr DccAlertRow kDccAlerts[] = {
    {"AD1", "Power outage: communications hub without power for more than 3 minutes"},
    {"N24", "HAN device log update successful"},
    {"N39", "PPMID alert"},
    {"N54", "Dual band communications hub sub-GHz alert"},
    {"N58", "ALCS/HCALCS configuration change"},
    {"N59", "Firmware upgrade requested"},
    {"N60", "Firmware image delivery to communications hub: outcome"},
    {"N61", "Firmware image delivery to communications hub: outcome"},
    {"N62", "Communications hub alert"},
    {"N63", "ECoS alert"},
    {"N64", "Communications hub firmware activation"},
    {"N65", "Change of supplier certificate alert"},
    {"N999", "DUIS version mismatch"},
};

const DeviceAlertRow* FindDeviceAlert(uint16_t code) {
  const auto* row = std::lower_bound(
      std::begin(kDeviceAlerts), std::end(kDeviceAlerts), code,
      [](const DeviceAlertRow& candidate, uint16_t wanted) { return candidate.code < wanted; });
  return row != std::end(kDeviceAlerts) && row->code == code ? row : nullptr;
}

// All of it in one table, so that a code is found at once.
struct Places {
  Places() {
    for (uint16_t i = 0; i < AlertCode::kCount; ++i) {
      const AlertCode code = AlertCode::FromIndex(i);
      if (!AlertCodeName(code).empty()) {
        codes.push_back(code);
      }
    }
    place_of.fill(static_cast<uint16_t>(codes.size()));
    for (size_t place = 0; place < codes.size(); ++place) {
      place_of[codes[place].index()] = static_cast<uint16_t>(place);
    }
  }

  std::vector<AlertCode> codes;
  std::array<uint16_t, AlertCode::kCount> place_of{};
};

const Places& ThePlaces() {
  static const Places places;
  return places;
}

}  // namespace

absl::string_view AlertCodeName(AlertCode code) {
  if (code.is_device()) {
    const DeviceAlertRow* row = FindDeviceAlert(code.gbcs());
    return row == nullptr ? absl::string_view() : row->name;
  }
  for (const DccAlertRow& row : kDccAlerts) {
    if (ParseAlertCode(row.code) == code) {
      return row.name;
    }
  }
  return {};
}

std::optional<AlertCode> PairedCode(AlertCode code) {
  const DeviceAlertRow* row = code.is_device() ? FindDeviceAlert(code.gbcs()) : nullptr;
  return row == nullptr || row->pairs_with == 0 ? std::nullopt
                                                : AlertCode::FromDevice(row->pairs_with);
}

absl::Span<const AlertCode> CatalogueCodes() {
  return ThePlaces().codes;
}

size_t PlaceInCatalogue(AlertCode code) {
  return ThePlaces().place_of[code.index()];
}

}  // namespace weir
