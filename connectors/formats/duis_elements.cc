#include "connectors/formats/duis_elements.h"

#include "absl/strings/str_cat.h"

#include "connectors/formats/esme_variant.h"
#include "connectors/formats/utf8.h"
#include "engine/alert/event.h"

namespace weir {

namespace {

void AppendAscii(char c, std::string& out) {
  constexpr char kFirstPrintable = ' ';
  switch (c) {
    case '<':
      out.append("&lt;");
      return;
    case '>':
      out.append("&gt;");
      return;
    case '&':
      out.append("&amp;");
      return;
    case '\t':
    case '\n':
    case '\r':
      // A document is one line.
      absl::StrAppend(&out, "&#", static_cast<int>(c), ";");
      return;
    default:
      absl::StrAppend(&out, c < kFirstPrintable ? kReplacement : absl::string_view(&c, 1));
  }
}

// U+FFFE and U+FFFF, which XML forbids.
bool IsForbidden(absl::string_view character) {
  return character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF";
}

void AppendEscaped(absl::string_view text, std::string& out) {
  while (!text.empty()) {
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      AppendAscii(text[0], out);
      text.remove_prefix(1);
      continue;
    }
    const Utf8Character character = ReadUtf8Character(text);
    const absl::string_view bytes = text.substr(0, character.size);
    absl::StrAppend(&out, character.valid && !IsForbidden(bytes) ? bytes : kReplacement);
    text.remove_prefix(character.size);
  }
}

}  // namespace

void AppendDuisElement(absl::string_view name, absl::string_view content, std::string& out) {
  absl::StrAppend(&out, "<sr:", name, ">", content, "</sr:", name, ">");
}

void AppendDuisText(absl::string_view name, absl::string_view text, std::string& out) {
  std::string content;
  AppendEscaped(text, content);
  AppendDuisElement(name, content, out);
}

std::string DuisConfigurationChange(Eui64 device, absl::string_view variant,
                                    absl::string_view gbcs_version) {
  std::string out;
  AppendDuisElement("ESMEDeviceID", FormatEui64(device), out);
  if (IsEsmeVariant(variant)) {
    AppendDuisElement("ESMEVariant", variant, out);
  }
  if (!gbcs_version.empty()) {
    AppendDuisText("DeviceGBCSVersion", gbcs_version, out);
  }
  return out;
}

std::string DuisDccAlert(AlertCode code, absl::string_view throttling, absl::string_view alert) {
  std::string out;
  AppendDuisElement("DCCAlertCode", FormatAlertCode(code), out);
  absl::StrAppend(&out, throttling);
  AppendDuisElement("DCCAlert", alert, out);
  return out;
}

void AppendDuisResponse(const DuisHeader& header, absl::string_view message,
                        absl::string_view content, std::string& out) {
  std::string head;
  AppendDuisElement("ResponseID",
                    absl::StrCat(FormatEui64(header.sender), ":", FormatEui64(header.target), ":",
                                 header.counter),
                    head);
  AppendDuisElement("ResponseCode", Response::kDone, head);
  AppendDuisElement("ResponseDateTime", FormatTime(header.at), head);
  std::string body;
  AppendDuisElement(message, content, body);
  out.append(
      "<sr:Response xmlns:sr=\"http://www.dccinterface.co.uk/ServiceUserGateway\" "
      "schemaVersion=\"5.4\">");
  AppendDuisElement("Header", head, out);
  AppendDuisElement("Body", body, out);
  out.append("</sr:Response>\n");
}

}  // namespace weir
