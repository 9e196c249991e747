#include "bench/micro/key_source.h"

#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "engine/alert/event.h"
#include "engine/base/check.h"
#include "engine/base/units.h"

namespace weir {

namespace {

constexpr TimeMs kStart{1575244800000};  // 2019-12-02T00:00:00Z
constexpr uint64_t kFirstDevice = 0x00DB123400000000;
constexpr uint32_t kCodes = 20;
constexpr uint32_t kRecipients = 10;

}  // namespace

PolicySchedule WidestSchedule() {
  CodePolicy policy;
  policy.window = DurationMs{7 * kDay.value};
  policy.threshold = 65535;
  policy.clear = 65535;
  PolicyRules rules;
  rules.fallback = policy;
  PolicySchedule schedule;
  schedule.versions.emplace_back(rules);
  return schedule;
}

KeySource::KeySource(const Options& options) : options_(options) {
  for (uint32_t i = 0; i < kCodes * kRecipients; ++i) {
    const std::optional<AlertCode> code = AlertCode::FromDevice(0x8F00 + i % kCodes);
    WEIR_CHECK(code.has_value());
    pairs_.push_back(
        {.device = {}, .code = *code, .recipient = Eui64{0x90B3D51F30000000 + i / kCodes}});
  }
}

Record KeySource::RecordAt(uint64_t number) const {
  const uint64_t key = number % options_.keys;
  const AlertKey& pair = pairs_[key % pairs_.size()];
  const auto elapsed =
      static_cast<int64_t>(number * static_cast<uint64_t>(kHour.value) / options_.alerts_per_hour);
  Alert alert;
  alert.device = Eui64{kFirstDevice + key};
  alert.code = pair.code;
  alert.recipient = pair.recipient;
  alert.counter = number;
  alert.received = TimeMs{kStart.value + elapsed};
  Record record;
  record.origin.offset = static_cast<int64_t>(number);
  record.event = alert;
  return record;
}

absl::Status KeySource::Read(size_t limit, std::vector<Record>& records) {
  records.clear();
  for (size_t i = 0; i < limit; ++i) {
    records.push_back(RecordAt(next_++));
  }
  return absl::OkStatus();
}

std::string KeySource::Position() const {
  return absl::StrCat(next_);
}

absl::Status KeySource::Seek(absl::string_view position) {
  return absl::SimpleAtoi(position, &next_)
             ? absl::OkStatus()
             : absl::FailedPreconditionError("this position is of another source");
}

}  // namespace weir
