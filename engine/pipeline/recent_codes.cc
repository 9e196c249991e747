#include "engine/pipeline/recent_codes.h"

#include <algorithm>
#include <variant>

#include "engine/alert/catalogue.h"
#include "engine/pipeline/event_time.h"

namespace weir {

RecentCodes::RecentCodes() : rows_(CatalogueCodes().size() + 1) {}

void RecentCodes::Turn(TimeMs now) {
  const int64_t number = now.value / kBucket.value;
  const int64_t last = end_.value / kBucket.value - 1;
  const bool all = number - last >= static_cast<int64_t>(kBuckets) || end_ < TimeMs{0};
  const size_t steps = all ? kBuckets : static_cast<size_t>(number - last);
  for (std::unique_ptr<Row>& row : rows_) {
    if (row == nullptr) {
      continue;
    }
    for (size_t step = 1; step <= steps; ++step) {
      Bucket& bucket = (*row)[(current_ + step) % kBuckets];
      if (bucket.alerts > 0) {
        bucket = {};
      }
    }
    if (std::all_of(row->begin(), row->end(), [](const Bucket& b) { return b.alerts == 0; })) {
      row.reset();
    }
  }
  current_ = (current_ + steps) % kBuckets;
  end_ = TimeMs{(number + 1) * kBucket.value};
}

void RecentCodes::Count(AlertCode code, std::optional<Eui64> device) {
  std::unique_ptr<Row>& row = rows_[PlaceInCatalogue(code)];
  if (row == nullptr) {
    row = std::make_unique<Row>();
  }
  Bucket& bucket = (*row)[current_];
  ++bucket.alerts;
  if (device) {
    bucket.devices.Add(*device);
  }
}

void RecentCodes::Take(const Results& results, TimeMs now) {
  for (size_t i = 0; i < results.records.size(); ++i) {
    const auto* alert = std::get_if<Alert>(&results.records[i].event);
    if (alert == nullptr || results.verdicts[i] == Verdict::kDuplicate) {
      continue;
    }
    // What is later than `now` has not moved stream time, and what names no device never does.
    const std::optional<TimeMs> at = TimeOf(*alert);
    if (at && *at <= now && alert->device) {
      MoveTo(*at);
    }
    Count(alert->code, alert->device);
  }
  MoveTo(now);
}

std::vector<RecentCode> RecentCodes::Told() const {
  const absl::Span<const AlertCode> codes = CatalogueCodes();
  std::vector<RecentCode> told;
  for (size_t place = 0; place < rows_.size(); ++place) {
    if (rows_[place] == nullptr) {
      continue;
    }
    RecentCode& code = told.emplace_back();
    if (place < codes.size()) {
      code.code = codes[place];
    }
    DeviceSketch devices;
    for (const Bucket& bucket : *rows_[place]) {
      if (bucket.alerts > 0) {
        code.alerts += bucket.alerts;
        devices.Merge(bucket.devices);
      }
    }
    code.devices = devices.Estimate();
  }
  return told;
}

}  // namespace weir
