#include "engine/tune/activity.h"

#include <algorithm>
#include <tuple>
#include <variant>

#include "engine/alert/catalogue.h"
#include "engine/base/check.h"
#include "engine/pipeline/event_time.h"

namespace weir {

namespace {

int64_t MinuteOf(TimeMs time) {
  return time.value / kMinute.value;
}

// Whether `a` held back more than `b`; where they are alike, the earlier one first.
bool HeldBackMore(const EpisodeStory& a, const EpisodeStory& b) {
  const uint64_t of_a = a.counts.consolidated();
  const uint64_t of_b = b.counts.consolidated();
  return of_a != of_b ? of_a > of_b : std::tie(a.started, a.key) < std::tie(b.started, b.key);
}

}  // namespace

Traffic PeakOf(const TrafficByMinute& minutes) {
  Traffic peak;
  for (const auto& [minute, traffic] : minutes) {
    peak.received = std::max(peak.received, traffic.received);
    peak.passed = std::max(peak.passed, traffic.passed);
  }
  return peak;
}

// ---- Rounds

void Activity::Take(const Results& results) {
  const LedgerEntry* entry = results.ledger.begin();
  const auto take_up_to = [&](uint32_t record) {
    for (; entry != results.ledger.end() && entry->order.record <= record; ++entry) {
      Take(results.records[entry->order.record - results.first].partition, *entry);
    }
  };
  for (size_t i = 0; i < results.records.size(); ++i) {
    take_up_to(results.first + static_cast<uint32_t>(i));
    Take(results.records[i], results.verdicts[i]);
  }
  take_up_to(UINT32_MAX);
}

void Activity::Take(uint32_t partition, const LedgerEntry& entry) {
  if (const auto* event = std::get_if<EpisodeEvent>(&entry.what)) {
    Take(partition, *event);
  } else if (const auto* word = std::get_if<LastWord>(&entry.what)) {
    Take(partition, entry.order, *word);
  }
}

void Activity::Take(uint32_t partition, const EpisodeEvent& event) {
  if (event.kind == EpisodeEvent::Kind::kStarted) {
    ++episodes_;
    open_[{partition, event.key}].story = {
        .key = event.key, .started = event.at, .ended = {}, .counts = {}};
    DeviceStory& device = devices_[event.key.device];
    device.codes.insert(event.key.code);
    ++device.episodes;
    if (event.key.recipient != Eui64{}) {
      recipients_.insert(event.key.recipient);
    }
  } else if (event.kind == EpisodeEvent::Kind::kEnded) {
    const auto found = open_.find({partition, event.key});
    WEIR_CHECK(found != open_.end());
    EpisodeStory& story = found->second.story;
    story.ended = event.at;
    story.reason = event.reason;
    Keep(story);
    open_.erase(found);
  }
}

void Activity::Take(uint32_t partition, const LedgerOrder& order, const LastWord& word) {
  Open& open = open_.find(Key{partition, order.key})->second;
  Release(open, order.at);
  ++open.story.counts.copies;
  DeviceStory& device = devices_[order.key.device];
  --device.consolidated;
  ++device.minutes[MinuteOf(order.at)].passed;
  ++codes_[word.alert.code][MinuteOf(order.at)].passed;
}

void Activity::Take(const Record& record, Verdict verdict) {
  StreamClock& clock = clocks_.try_emplace(record.partition, max_ahead_).first->second;
  const auto* alert = std::get_if<Alert>(&record.event);
  if (const auto* other = std::get_if<OtherEvent>(&record.event); other != nullptr) {
    static_cast<void>(Observe(*other, clock));
  } else if (alert != nullptr) {
    static_cast<void>(Observe(*alert, clock));
  }
  if (const std::optional<TimeMs> now = clock.now(); now) {
    first_ = std::min(first_.value_or(*now), *now);
    last_ = std::max(last_.value_or(*now), *now);
  }
  if (alert == nullptr || verdict == Verdict::kDuplicate) {
    return;
  }
  const TimeMs now = *clock.now();
  const Traffic traffic = {.received = 1, .passed = verdict == Verdict::kConsolidate ? 0U : 1U};
  codes_[alert->code][MinuteOf(now)] += traffic;
  if (!alert->device) {
    return;
  }
  if (const auto device = devices_.find(*alert->device); device != devices_.end()) {
    device->second.minutes[MinuteOf(now)] += traffic;
  }
  if (verdict != Verdict::kForward) {
    Throttled(record.partition, *alert, verdict, now);
  }
}

void Activity::Throttled(uint32_t partition, const Alert& alert, Verdict verdict, TimeMs now) {
  Open* open = FindOpen(partition, alert);
  WEIR_CHECK(open != nullptr);
  DeviceStory& device = devices_[*alert.device];
  ++device.alerts;
  ++open->story.counts.alerts;
  if (verdict == Verdict::kCopy) {
    ++open->story.counts.copies;
    Release(*open, now);
  } else {
    ++device.consolidated;
    open->waiting.push_back(now);
  }
}

// The episode that an alert was decided in: of its own code, or of its pair's lower one.
Activity::Open* Activity::FindOpen(uint32_t partition, const Alert& alert) {
  AlertKey key = {*alert.device, alert.code, alert.recipient.value_or(Eui64{})};
  auto found = open_.find({partition, key});
  if (const std::optional<AlertCode> partner = PairedCode(alert.code);
      found == open_.end() && partner) {
    key.code = *partner;
    found = open_.find({partition, key});
  }
  return found == open_.end() ? nullptr : &found->second;
}

void Activity::Release(Open& open, TimeMs at) {
  delays_.Add(open.waiting, at);
  open.waiting.clear();
}

// ---- Episodes

void Activity::Keep(const EpisodeStory& story) {
  kept_.push_back(story);
  std::push_heap(kept_.begin(), kept_.end(), HeldBackMore);
  if (kept_.size() > kMostEpisodes) {
    std::pop_heap(kept_.begin(), kept_.end(), HeldBackMore);
    kept_.pop_back();
  }
}

std::vector<EpisodeStory> Activity::Episodes() const {
  std::vector<EpisodeStory> all = kept_;
  for (const auto& [key, open] : open_) {
    all.push_back(open.story);
  }
  std::sort(all.begin(), all.end(), HeldBackMore);
  all.resize(std::min(all.size(), kMostEpisodes));
  return all;
}

// ---- Figures

TrafficByMinute Activity::Minutes() const {
  TrafficByMinute all;
  for (const auto& [code, minutes] : codes_) {
    for (const auto& [minute, traffic] : minutes) {
      all[minute] += traffic;
    }
  }
  return all;
}

size_t Activity::DevicesOf(AlertCode code) const {
  return static_cast<size_t>(
      std::count_if(devices_.begin(), devices_.end(),
                    [&](const auto& device) { return device.second.codes.contains(code); }));
}

}  // namespace weir
