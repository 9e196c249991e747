#include "bench/micro/corpus.h"

#include "absl/strings/str_cat.h"

#include "connectors/formats/binary_text.h"
#include "connectors/formats/json.h"
#include "connectors/formats/json_writer.h"
#include "deploy/weir/fleet.h"
#include "engine/alert/eui64.h"
#include "engine/base/units.h"

namespace weir {

namespace {

constexpr size_t kLines = 20'000;

void AppendReceived(const Alert& alert, std::string& out) {
  absl::StrAppend(&out, FormatTime(*alert.received), "\t");
}

}  // namespace

void AppendKcat(const Alert& alert, std::string& out) {
  std::string record;
  AppendForwarded(alert, record);
  record.pop_back();  // the line feed
  absl::StrAppend(&out, R"({"topic":"meter.events","partition":3,"offset":)", out.size(),
                  R"(,"tstype":"create","ts":)", alert.received->value, R"(,"broker":1,"key":)");
  AppendJsonString(alert.device ? FormatEui64(*alert.device) : "", out);
  out.append(R"(,"payload":)");
  AppendJsonString(record, out);
  out.append("}\n");
}

void AppendGbcsHex(const Alert& alert, std::string& out) {
  if (!alert.payload.empty()) {
    AppendReceived(alert, out);
    AppendHex(alert.payload, out);
    out.push_back('\n');
  }
}

void AppendGbcsBase64(const Alert& alert, std::string& out) {
  if (!alert.payload.empty()) {
    AppendReceived(alert, out);
    AppendBase64(alert.payload, out);
    out.push_back('\n');
  }
}

Corpus::Corpus(bool payloads, AppendLine& append) {
  FleetOptions options;
  options.payloads = payloads;
  Fleet fleet(options);
  KeptAlert alert;
  std::vector<size_t> ends;
  while (ends.size() < kLines && fleet.Next(alert)) {
    const size_t before = text_.size();
    append(View(alert), text_);
    if (text_.size() > before) {
      ends.push_back(text_.size());
    }
  }
  text_.append(kJsonPadding, ' ');
  size_t start = 0;
  for (const size_t end : ends) {
    lines_.push_back(absl::string_view(text_).substr(start, end - start - 1));
    start = end;
  }
}

size_t Corpus::bytes() const {
  return text_.size() - kJsonPadding;
}

}  // namespace weir
