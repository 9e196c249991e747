#include "connectors/formats/json_members.h"

#include "absl/strings/str_cat.h"

#include "connectors/formats/binary_text.h"
#include "connectors/formats/json_writer.h"

namespace weir {

void JsonMembers::Text(absl::string_view name, absl::string_view text) {
  if (!text.empty()) {
    AppendJsonString(text, Member(name));
  }
}

void JsonMembers::Texts(absl::string_view name, absl::Span<const absl::string_view> texts) {
  if (texts.empty()) {
    return;
  }
  Member(name).push_back('[');
  for (const absl::string_view& text : texts) {
    if (&text != &texts.front()) {
      out_.push_back(',');
    }
    AppendJsonString(text, out_);
  }
  out_.push_back(']');
}

void JsonMembers::Id(absl::string_view name, std::optional<Eui64> id) {
  if (id) {
    absl::StrAppend(&Member(name), "\"", FormatEui64(*id), "\"");
  }
}

void JsonMembers::Time(absl::string_view name, std::optional<TimeMs> time) {
  if (time) {
    absl::StrAppend(&Member(name), "\"", FormatTime(*time), "\"");
  }
}

void JsonMembers::Number(absl::string_view name, std::optional<uint64_t> number) {
  if (number) {
    absl::StrAppend(&Member(name), *number);
  }
}

void JsonMembers::Counter(absl::string_view name, std::optional<uint64_t> number) {
  if (number) {
    absl::StrAppend(&Member(name), "\"", *number, "\"");
  }
}

void JsonMembers::Bytes(absl::string_view name, absl::string_view bytes) {
  if (!bytes.empty()) {
    Member(name).push_back('"');
    AppendBase64(bytes, out_);
    out_.push_back('"');
  }
}

void JsonMembers::Request(absl::string_view name, const RequestId& id) {
  absl::StrAppend(&Member(name), "\"", FormatEui64(id.party), ":", FormatEui64(id.device), ":",
                  id.counter, "\"");
}

std::string& JsonMembers::Member(absl::string_view name) {
  absl::StrAppend(&out_, first_ ? "\"" : ",\"", name, "\":");
  first_ = false;
  return out_;
}

}  // namespace weir
