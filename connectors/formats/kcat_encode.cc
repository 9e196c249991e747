#include "connectors/formats/kcat_encode.h"

#include "absl/strings/str_cat.h"

#include "connectors/formats/json_writer.h"

namespace weir {

void AppendKcat(const KcatRecord& record, std::string& out) {
  out.append("{\"topic\":");
  AppendJsonString(record.topic, out);
  absl::StrAppend(&out, ",\"partition\":", record.partition, ",\"offset\":", record.offset,
                  R"(,"tstype":"create","ts":)", record.time.value, ",\"key\":");
  if (record.key) {
    AppendJsonString(*record.key, out);
  } else {
    out.append("null");
  }
  out.append(",\"payload\":");
  AppendJsonString(record.payload, out);
  out.append("}\n");
}

}  // namespace weir
