#include "connectors/formats/decoded_json.h"

#include <optional>
#include <variant>

#include "absl/strings/str_cat.h"

#include "connectors/formats/binary_text.h"
#include "connectors/formats/gbcs.h"
#include "connectors/formats/json_writer.h"
#include "engine/alert/catalogue.h"

namespace weir {

namespace {

void AppendMember(absl::string_view name, absl::string_view value, std::string& out) {
  absl::StrAppend(&out, ",\"", name, "\":");
  AppendJsonString(value, out);
}

void AppendMember(absl::string_view name, std::optional<uint64_t> number, std::string& out) {
  if (number) {
    absl::StrAppend(&out, ",\"", name, "\":\"", *number, "\"");
  }
}

void AppendGbcs(const GbcsMessage& message, std::string& out) {
  absl::StrAppend(&out, ",\"gbcs\":{\"message_code\":\"",
                  absl::Hex(message.message_code, absl::kZeroPad4), "\"");
  if (const absl::string_view use_case = MessageCodeName(message.message_code); !use_case.empty()) {
    AppendMember("use_case", use_case, out);
  }
  AppendMember("encoding", GbcsEncodingName(message.encoding), out);
  absl::StrAppend(&out, ",\"mac\":", message.mac ? "true" : "false");
  if (message.supplementary_party) {
    AppendMember("supplementary_party", FormatEui64(*message.supplementary_party), out);
  }
  AppendMember("supplementary_party_counter", message.supplementary_party_counter, out);
  AppendMember("supplementary_originator_counter", message.supplementary_originator_counter, out);
  if (!message.body.empty()) {
    absl::StrAppend(&out, ",\"body\":\"");
    AppendHex(message.body, out);
    out.push_back('"');
  }
  out.push_back('}');
}

void AppendAlert(const Alert& alert, std::string& out) {
  AppendForwarded(alert, out);
  out.resize(out.size() - 2);  // what follows belongs to the same object
  if (const absl::string_view name = AlertCodeName(alert.code); !name.empty()) {
    AppendMember("name", name, out);
  }
  const auto message = DecodeGbcs(alert.payload);
  if (const auto* gbcs = std::get_if<GbcsMessage>(&message)) {
    AppendGbcs(*gbcs, out);
  }
  out.append("}\n");
}

absl::string_view KindName(OtherKind kind) {
  switch (kind) {
    case OtherKind::kDevice:
      return "device";
    case OtherKind::kRequest:
      return "request";
    case OtherKind::kResponse:
      return "response";
    case OtherKind::kOutcome:
      break;
  }
  return "outcome";
}

void AppendOther(const OtherEvent& event, std::string& out) {
  absl::StrAppend(&out, "{\"type\":\"", KindName(event.kind), "\"");
  if (event.device) {
    AppendMember("device", FormatEui64(*event.device), out);
  }
  if (event.received) {
    AppendMember("received", FormatTime(*event.received), out);
  }
  out.append("}\n");
}

}  // namespace

void AppendDecoded(const Record& record, std::string& out) {
  if (const auto* alert = std::get_if<Alert>(&record.event)) {
    AppendAlert(*alert, out);
  } else if (const auto* other = std::get_if<OtherEvent>(&record.event)) {
    AppendOther(*other, out);
  } else {
    AppendDeadLetter(record, std::get<DeadReason>(record.event), out);
  }
}

}  // namespace weir
