#include "deploy/weir/record_writer.h"

#include <zlib.h>

#include <optional>
#include <variant>

#include "absl/strings/string_view.h"

#include "connectors/formats/binary_text.h"
#include "connectors/formats/duis_encode.h"
#include "connectors/formats/json_writer.h"
#include "connectors/formats/kcat_encode.h"
#include "deploy/weir/system_message.h"
#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"
#include "engine/base/check.h"
#include "engine/base/units.h"

namespace weir {

namespace {

// The topic that the service reads by default.
constexpr absl::string_view kTopic = "meter.events";

// What librdkafka's partitioner `consistent`, and its default for records with a key, gives.
uint64_t PartitionOfKey(absl::string_view key, uint64_t partitions) {
  const auto* bytes = reinterpret_cast<const Bytef*>(key.data());
  return crc32(0, bytes, static_cast<uInt>(key.size())) % partitions;
}

bool HasForm(AlertCode code, Format format) {
  switch (format) {
    case Format::kGbcs:
      return code.is_device();
    case Format::kDuis:
      return IsWrittenAsDuis(code);
    case Format::kJson:
    case Format::kKcat:
      break;
  }
  return true;
}

}  // namespace

Format MessageFormat(const RecordLayout& layout) {
  return layout.format == Format::kKcat ? layout.payload : layout.format;
}

bool NeedsPayloads(const RecordLayout& layout) {
  return MessageFormat(layout) != Format::kJson;
}

absl::Status CheckLayout(const RecordLayout& layout) {
  return layout.keyed && layout.format == Format::kKcat
             ? absl::InvalidArgumentError(
                   "kcat says the key of each record itself; give either "
                   "--keyed or --format kcat")
             : absl::OkStatus();
}

RecordWriter::RecordWriter(const RecordLayout& layout)
    : layout_(layout), offsets_(layout.partitions, 0) {
  WEIR_CHECK(CheckLayout(layout).ok());
  WEIR_CHECK(layout.payload != Format::kKcat);
  WEIR_CHECK(layout.partitions >= 1 && layout.partitions <= kMaxPartitions);
}

bool RecordWriter::Append(const Alert& alert, std::string& out) {
  WEIR_CHECK(alert.received.has_value());
  if (!HasForm(alert.code, MessageFormat(layout_))) {
    ++left_out_;
    return false;
  }
  if (layout_.format == Format::kKcat) {
    payload_.clear();
    AppendMessage(alert, payload_);
    AppendEnvelope(alert.device, *alert.received, payload_, out);
    return true;
  }
  AppendPrefix(alert, out);
  AppendMessage(alert, out);
  out.push_back('\n');
  return true;
}

// What stands before the message, and a tab behind it.
void RecordWriter::AppendPrefix(const Alert& alert, std::string& out) const {
  if (layout_.keyed) {
    out += alert.device ? FormatEui64(*alert.device) : "";
    out.push_back('\t');
  } else if (layout_.format == Format::kGbcs) {
    AppendTime(*alert.received, out);
    out.push_back('\t');
  }
}

uint64_t RecordWriter::PartitionOf(std::optional<Eui64> device) const {
  return device && layout_.format == Format::kKcat
             ? PartitionOfKey(FormatEui64(*device), layout_.partitions)
             : 0;
}

std::optional<TimeMs> RecordWriter::Append(const SystemRecord& record, std::string& out) {
  const auto* outcome = std::get_if<SystemOutcome>(&record.what);
  if (outcome != nullptr && outcome->bare) {
    const KeptAlert alert = AlertOf(record, *outcome);
    Append(View(alert), out);
    return record.received;
  }
  std::string message;
  const bool says_time = AppendSystemMessage(record, MessageFormat(layout_), message);
  AppendWritten(record.device, record.received, message, out);
  const bool is_told = says_time || layout_.format == Format::kKcat;
  return is_told ? std::make_optional(record.received) : std::nullopt;
}

void RecordWriter::AppendWritten(Eui64 device, TimeMs received, absl::string_view message,
                                 std::string& out) {
  if (layout_.format == Format::kKcat) {
    AppendEnvelope(device, received, message, out);
    return;
  }
  if (layout_.keyed) {
    AppendEui64(device, out);
    out.push_back('\t');
  }
  out.append(message.data(), message.size());
  out.push_back('\n');
}

void RecordWriter::AppendEnvelope(std::optional<Eui64> device, TimeMs received,
                                  absl::string_view message, std::string& out) {
  std::optional<std::string> key;
  if (device) {
    key = FormatEui64(*device);
  }
  const uint64_t partition = key ? PartitionOfKey(*key, layout_.partitions) : 0;
  AppendKcat({.topic = kTopic,
              .partition = static_cast<int32_t>(partition),
              .offset = offsets_[partition]++,
              .time = received,
              .key = key,
              .payload = message},
             out);
}

void RecordWriter::AppendMessage(const Alert& alert, std::string& out) {
  switch (MessageFormat(layout_)) {
    case Format::kJson:
      AppendForwarded(alert, out);
      out.pop_back();  // the line feed
      return;
    case Format::kGbcs:
      WEIR_CHECK(!alert.payload.empty());
      AppendHex(alert.payload, out);
      return;
    case Format::kDuis:
      AppendDocument(alert, out);
      return;
    case Format::kKcat:
      break;
  }
  WEIR_CHECK(false);
}

void RecordWriter::AppendDocument(const Alert& alert, std::string& out) {
  Alert sent = alert;
  if (!sent.code.is_device() && !sent.counter) {
    sent.counter = ++dcc_counter_;
  }
  WEIR_CHECK(AppendDuis(sent, std::nullopt, out));
  out.pop_back();  // the line feed
}

}  // namespace weir
