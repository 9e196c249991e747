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
#include "connectors/formats/json_members.h"
#include "connectors/formats/json_writer.h"
#include "connectors/formats/kcat.h"
#include "connectors/formats/log_message.h"
#include "connectors/formats/record_json.h"
#include "engine/alert/catalogue.h"

namespace weir {

namespace {

std::string InHex(absl::string_view bytes) {
  std::string out;
  AppendHex(bytes, out);
  return out;
}

void AppendGbcs(const GbcsMessage& message, JsonMembers& members) {
  std::string& out = members.Member("gbcs");
  out.push_back('{');
  JsonMembers inner(out, true);
  inner.Text("message_code", absl::StrCat(absl::Hex(message.message_code, absl::kZeroPad4)));
  inner.Text("use_case", MessageCodeName(message.message_code));
  inner.Text("encoding", GbcsEncodingName(message.encoding));
  absl::StrAppend(&inner.Member("mac"), message.mac ? "true" : "false");
  inner.Id("supplementary_party", message.supplementary_party);
  inner.Counter("supplementary_party_counter", message.supplementary_party_counter);
  inner.Counter("supplementary_originator_counter", message.supplementary_originator_counter);
  inner.Text("body", InHex(message.body));
  out.push_back('}');
}

void AppendGbcs(absl::string_view bytes, JsonMembers& members) {
  const auto message = DecodeGbcs(bytes);
  if (const auto* gbcs = std::get_if<GbcsMessage>(&message)) {
    AppendGbcs(*gbcs, members);
  }
}

void AppendReport(const RequestReport& report, JsonMembers& members) {
  std::string& out = members.Member("report");
  out.push_back('{');
  JsonMembers inner(out, true);
  inner.Text("message_code", absl::StrCat(absl::Hex(report.message_code, absl::kZeroPad4)));
  inner.Counter("counter", report.counter);
  inner.Text("instruction", InHex(report.instruction));
  out.push_back('}');
}

void AppendDetails(const DuisDetails& details, JsonMembers& members) {
  std::string& out = members.Member("duis");
  out.push_back('{');
  JsonMembers inner(out, true);
  inner.Text("message", details.message);
  inner.Text("schema_version", details.schema_version);
  inner.Text("request_id", details.request_id);
  inner.Text("response_id", details.response_id);
  inner.Text("response_code", details.response_code);
  inner.Text("srv", details.srv);
  inner.Text("dcc_alert", details.dcc_alert);
  inner.Number("throttled_alert_sequence_id", details.throttled_alert_sequence_id);
  inner.Number("throttled_alert_count", details.throttled_alert_count);
  inner.Text("code", details.outcome_code);
  inner.Number("instruction", details.instruction);
  inner.Number("instructions", details.instructions);
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
  JsonMembers members(out, false);
  members.Text("name", AlertCodeName(alert.code));
  if (duis) {
    AppendDetails(*duis, members);
  }
  AppendGbcs(alert.payload, members);
  if (alert.report != nullptr) {
    AppendReport(*alert.report, members);
  }
  out.append("}\n");
}

// The fields of a record that is no alert, as the format json has them, and whatever it is, the
// device that it is about.
class RecordFields {
 public:
  RecordFields(const OtherEvent& event, JsonMembers& members) : event_(event), members_(members) {}

  void operator()(const DeviceRecord* device) const {
    AppendDeviceFields(event_, *device, members_);
    if (device->is_partial) {
      absl::StrAppend(&members_.Member("partial"), "true");
    }
  }

  void operator()(const Request* request) const {
    AppendRequestFields(event_, *request, request->role, members_);
    if (event_.device == request->id.device) {
      members_.Id("device", event_.device);
    }
  }

  void operator()(const Response* response) const {
    AppendResponseFields(event_, *response, members_);
    members_.Id("device", event_.device);
  }

  void operator()(const Outcome* outcome) const {
    AppendOutcomeFields(event_, *outcome, members_);
    members_.Id("device", event_.device);
    if (outcome->report.message_code != 0) {
      AppendReport(outcome->report, members_);
    }
  }

 private:
  const OtherEvent& event_;
  JsonMembers& members_;
};

void AppendOther(const OtherEvent& event, const std::optional<DuisDetails>& duis,
                 std::string& out) {
  out.push_back('{');
  JsonMembers members(out, true);
  std::visit(RecordFields(event, members), event.what);
  if (duis) {
    members.Bytes("payload", duis->outcome);
    AppendDetails(*duis, members);
    AppendGbcs(duis->outcome, members);
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
