#include "connectors/formats/kcat_encode.h"

#include "absl/strings/str_cat.h"

#include "connectors/formats/binary_text.h"
#include "connectors/formats/json_writer.h"

#include "simdjson.h"

namespace weir {

namespace {

absl::string_view TimeTypeOf(const KcatRecord& record) {
  if (!record.time) {
    return "unknown";
  }
  return record.is_append_time ? "logappend" : "create";
}

void AppendBytes(absl::string_view name, std::optional<absl::string_view> bytes, std::string& out) {
  if (bytes && !simdjson::validate_utf8(bytes->data(), bytes->size())) {
    absl::StrAppend(&out, ",\"", name, "_base64\":\"");
    AppendBase64(*bytes, out);
    out.push_back('"');
    return;
  }
  absl::StrAppend(&out, ",\"", name, "\":");
  if (bytes) {
    AppendJsonString(*bytes, out);
  } else {
    out.append("null");
  }
}

}  // namespace

void AppendKcat(const KcatRecord& record, std::string& out) {
  out.append("{\"topic\":");
  AppendJsonString(record.topic, out);
  absl::StrAppend(&out, ",\"partition\":", record.partition, ",\"offset\":", record.offset,
                  ",\"tstype\":\"", TimeTypeOf(record),
                  "\",\"ts\":", record.time ? record.time->value : -1);
  AppendBytes("key", record.key, out);
  AppendBytes("payload", record.payload, out);
  out.append("}\n");
}

}  // namespace weir
