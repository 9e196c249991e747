#include "connectors/formats/decoded_json.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "connectors/formats/arena.h"
#include "connectors/formats/binary_text.h"
#include "connectors/formats/decoder.h"
#include "connectors/formats/duis.h"
#include "connectors/formats/gbcs.h"
#include "connectors/formats/json.h"
#include "connectors/formats/json_writer.h"
#include "connectors/formats/kcat.h"
#include "connectors/formats/log_message.h"
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

void AppendGbcs(absl::string_view bytes, std::string& out) {
  const auto message = DecodeGbcs(bytes);
  if (const auto* gbcs = std::get_if<GbcsMessage>(&message)) {
    AppendGbcs(*gbcs, out);
  }
}

void AppendText(absl::string_view name, absl::string_view value, std::string& out) {
  if (!value.empty()) {
    AppendMember(name, value, out);
  }
}

// A number of 32 bits, which every reader of JSON keeps.
void AppendNumber(absl::string_view name, std::optional<uint64_t> number, std::string& out) {
  if (number) {
    absl::StrAppend(&out, ",\"", name, "\":", *number);
  }
}

void AppendDetails(const DuisDetails& details, std::string& out) {
  absl::StrAppend(&out, ",\"duis\":{\"message\":\"", details.message, "\"");
  AppendText("schema_version", details.schema_version, out);
  AppendText("request_id", details.request_id, out);
  AppendText("response_id", details.response_id, out);
  AppendText("response_code", details.response_code, out);
  AppendText("srv", details.srv, out);
  AppendText("dcc_alert", details.dcc_alert, out);
  AppendNumber("throttled_alert_sequence_id", details.throttled_alert_sequence_id, out);
  AppendNumber("throttled_alert_count", details.throttled_alert_count, out);
  AppendText("code", details.outcome_code, out);
  AppendNumber("instruction", details.instruction, out);
  AppendNumber("instructions", details.instructions, out);
  out.push_back('}');
}

// The DUIS document that a record is, by itself or in what kcat prints; empty if it is none.
absl::string_view DuisText(absl::string_view bytes, Arena& arena) {
  const absl::string_view text = Trim(absl::StripPrefix(bytes, kByteOrderMark));
  if (text.empty() || text.front() != '{') {
    return text.empty() || text.front() != '<' ? absl::string_view() : text;
  }
  // Nearly every line, and reading it again would take as long as the first time. The bracket may
  // be written as an escape.
  if (!absl::StrContains(text, '<') && !absl::StrContains(text, "\\u003")) {
    return {};
  }
  char* const padded = arena.Allocate(text.size() + kJsonPadding);
  std::fill_n(padded + text.copy(padded, text.size()), kJsonPadding, ' ');
  JsonParser parser;
  JsonObject object;
  if (parser.Read({padded, text.size()}, object) || !IsKcat(object)) {
    return {};
  }
  const JsonValue* payload = object.Find(JsonField::kPayload);
  const bool is_text = payload != nullptr && payload->kind == JsonValue::Kind::kString;
  const absl::string_view inner = is_text ? Trim(payload->text()) : absl::string_view();
  if (inner.empty() || inner.front() != '<') {
    return {};
  }
  // The parser's memory goes with it.
  char* const copy = arena.Allocate(inner.size());
  return {copy, inner.copy(copy, inner.size())};
}

// What a DUIS document says besides; nothing for a record of another format. It is read again: the
// engine, which every event goes to, has no use for it.
std::optional<DuisDetails> DetailsOf(const Record& record, Arena& arena) {
  const absl::string_view text = DuisText(record.bytes, arena);
  return text.empty() ? std::nullopt
                      : std::make_optional(ReadDuis(text, arena, std::nullopt).details);
}

void AppendAlert(const Alert& alert, const std::optional<DuisDetails>& duis, std::string& out) {
  AppendForwarded(alert, out);
  out.resize(out.size() - 2);  // what follows belongs to the same object
  if (const absl::string_view name = AlertCodeName(alert.code); !name.empty()) {
    AppendMember("name", name, out);
  }
  if (duis) {
    AppendDetails(*duis, out);
  }
  AppendGbcs(alert.payload, out);
  out.append("}\n");
}

absl::string_view KindName(const OtherEvent& event) {
  if (std::holds_alternative<const DeviceRecord*>(event.what)) {
    return "device";
  }
  if (std::holds_alternative<const Request*>(event.what)) {
    return "request";
  }
  return std::holds_alternative<const Response*>(event.what) ? "response" : "outcome";
}

void AppendOther(const OtherEvent& event, const std::optional<DuisDetails>& duis,
                 std::string& out) {
  absl::StrAppend(&out, "{\"type\":\"", KindName(event), "\"");
  if (event.device) {
    AppendMember("device", FormatEui64(*event.device), out);
  }
  if (event.received) {
    AppendMember("received", FormatTime(*event.received), out);
  }
  if (duis) {
    AppendDetails(*duis, out);
    AppendGbcs(duis->outcome, out);
  }
  out.append("}\n");
}

}  // namespace

void AppendDecoded(const Record& record, std::string& out) {
  if (const auto* reason = std::get_if<DeadReason>(&record.event)) {
    AppendDeadLetter(record, *reason, out);
    return;
  }
  Arena arena;
  const std::optional<DuisDetails> duis = DetailsOf(record, arena);
  if (const auto* alert = std::get_if<Alert>(&record.event)) {
    AppendAlert(*alert, duis, out);
  } else {
    AppendOther(std::get<OtherEvent>(record.event), duis, out);
  }
}

}  // namespace weir
