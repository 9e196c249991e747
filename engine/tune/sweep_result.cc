#include "engine/tune/sweep_result.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"

#include "engine/alert/catalogue.h"

namespace weir {

namespace {

// Of a code that is not swept, what holds for all.
template <typename Counts>
const Counts& At(const std::vector<Counts>& settings, size_t setting) {
  return settings[settings.size() == 1 ? 0 : setting];
}

void AddTo(Tally& tally, uint64_t alerts, const SettingCounts& counts) {
  tally.alerts += alerts;
  tally.forwarded += alerts - counts.throttled;
  tally.copies += counts.copies;
  tally.consolidated += counts.throttled - counts.copies;
  tally.pending += counts.pending;
  tally.unrepresented += counts.unrepresented;
  tally.started += counts.started;
  tally.ended += counts.ended;
  tally.excluded_storms += counts.excluded_storms;
  tally.delays.Add(counts.waits.told);
  tally.due.Add(counts.waits.due);
}

uint64_t Touched(const std::vector<const StormCounts*>& storms, size_t setting) {
  uint64_t touched = 0;
  for (const StormCounts* storm : storms) {
    touched += storm->settings.Contains(setting) ? 1U : 0U;
  }
  return touched;
}

// Empty if there is none.
template <typename List>
const List& Find(const std::map<AlertCode, List>& lists, AlertCode code) {
  static const List none;
  const auto found = lists.find(code);
  return found == lists.end() ? none : found->second;
}

}  // namespace

SweepResult::SweepResult(const SweepPlan& plan, const SweepCounts& counts,
                         BothWays<SweepBook> books)
    : plan_(plan),
      counts_(counts),
      books_(std::move(books)),
      groups_(plan),
      index_(books_.planned, groups_) {}

std::vector<AlertCode> SweepResult::Codes() const {
  std::vector<AlertCode> codes;
  for (const auto& [code, counts] : books_.planned.codes()) {
    codes.push_back(code);
  }
  return codes;
}

size_t SweepResult::SettingOf(AlertCode code, const Choice& choice) const {
  return choice.Of(groups_.version().counted_as(code));
}

Tally SweepResult::Of(AlertCode code, size_t setting) const {
  Tally tally;
  const auto found = books_.planned.codes().find(code);
  if (found == books_.planned.codes().end()) {
    return tally;
  }
  const CodeCounts& counts = found->second;
  AddTo(tally, counts.alerts, At(counts.settings, setting));
  for (const SweepIndex::Minute& minute : Find(index_.by_code, code)) {
    tally.peak_before = std::max(tally.peak_before, minute.received);
    tally.peak_after = std::max(tally.peak_after, minute.Passed(setting));
  }
  tally.devices = weir::Touched(Find(index_.devices.by_code, code), setting);
  tally.recipients = weir::Touched(Find(index_.recipients.by_code, code), setting);
  return tally;
}

Tally SweepResult::Of(const Choice& choice) const {
  Tally tally;
  for (const auto& [code, counts] : books_.planned.codes()) {
    const size_t setting = SettingOf(code, choice);
    AddTo(tally, counts.alerts, At(counts.settings, setting));
  }
  for (const MinuteOfAlerts& minute : Minutes(choice)) {
    tally.peak_before = std::max(tally.peak_before, minute.received);
    tally.peak_after = std::max(tally.peak_after, minute.passed);
  }
  tally.devices = Touched(index_.devices, choice);
  tally.recipients = Touched(index_.recipients, choice);
  return tally;
}

// Each party once, whatever it storms with.
uint64_t SweepResult::Touched(const SweepIndex::Parties& parties, const Choice& choice) {
  uint64_t touched = 0;
  const SweepIndex::Storm* last = nullptr;  // that counted
  for (const SweepIndex::Storm& storm : parties.all) {
    if ((last == nullptr || last->who != storm.who) &&
        storm.counts->settings.Contains(choice.Of(storm.code))) {
      ++touched;
      last = &storm;
    }
  }
  return touched;
}

std::vector<MinuteOfAlerts> SweepResult::Minutes(const Choice& choice) const {
  std::vector<MinuteOfAlerts> all;
  for (size_t i = 0; i < index_.minutes.size(); ++i) {
    all.push_back({.begin = TimeMs{index_.minutes[i] * kMinute.value},
                   .received = index_.received[i],
                   .passed = index_.received[i]});
  }
  for (const auto& [code, minutes] : index_.by_code) {
    const size_t setting = SettingOf(code, choice);
    for (const SweepIndex::Minute& minute : minutes) {
      all[minute.place].passed -= minute.received - minute.Passed(setting);
    }
  }
  return all;
}

std::vector<MinuteOfAlerts> SweepResult::Minutes(AlertCode code, const Choice& choice) const {
  std::vector<MinuteOfAlerts> all;
  const size_t setting = SettingOf(code, choice);
  for (const SweepIndex::Minute& minute : Find(index_.by_code, code)) {
    all.push_back({.begin = TimeMs{index_.minutes[minute.place] * kMinute.value},
                   .received = minute.received,
                   .passed = minute.Passed(setting)});
  }
  return all;
}

namespace {

bool IsThrottled(const SweepBook& book, AlertCode code) {
  const auto found = book.codes().find(code);
  return found != book.codes().end() &&
         std::any_of(found->second.settings.begin(), found->second.settings.end(),
                     [](const SettingCounts& counts) { return counts.throttled > 0; });
}

PairTally PairOf(const SweepBook& book, AlertCode lower, size_t setting) {
  PairTally tally;
  for (const AlertCode code : {lower, *PairedCode(lower)}) {
    if (const auto found = book.codes().find(code); found != book.codes().end()) {
      const SettingCounts& counts = At(found->second.settings, setting);
      tally.consolidated += counts.throttled - counts.copies;
    }
  }
  if (const auto found = book.pairs().find(lower); found != book.pairs().end()) {
    tally.counts = At(found->second, setting);
  }
  return tally;
}

}  // namespace

std::vector<AlertCode> SweepResult::Pairs() const {
  std::vector<AlertCode> pairs;
  for (const AlertCode code : Codes()) {
    const std::optional<AlertCode> partner = PairedCode(code);
    const AlertCode lower = partner ? std::min(code, *partner) : code;
    if (partner && (IsThrottled(books_.planned, code) || IsThrottled(books_.otherwise, code)) &&
        std::find(pairs.begin(), pairs.end(), lower) == pairs.end()) {
      pairs.push_back(lower);
    }
  }
  return pairs;
}

PairResult SweepResult::OfPair(AlertCode lower, size_t setting) const {
  const PairTally planned = PairOf(books_.planned, lower, setting);
  const PairTally otherwise = PairOf(books_.otherwise, lower, setting);
  return plan_.base.pairs_together ? PairResult{.apart = otherwise, .together = planned}
                                   : PairResult{.apart = planned, .together = otherwise};
}

std::vector<StormingDevice> SweepResult::AlwaysStorming() const {
  struct Storms {
    std::vector<bool> settings;
    StormingDevice device;
  };

  absl::flat_hash_map<Eui64, Storms> devices;
  for (const auto& [who, storm] : books_.planned.devices()) {
    Storms& of_device = devices[who.first];
    of_device.settings.resize(settings());
    for (size_t i = 0; i < settings(); ++i) {
      of_device.settings[i] = of_device.settings[i] || storm.settings.Contains(i);
    }
    of_device.device.device = who.first;
    of_device.device.codes.push_back(who.second);
    of_device.device.alerts += storm.alerts;
  }
  std::vector<StormingDevice> always;
  for (auto& [device, storms] : devices) {
    if (std::count(storms.settings.begin(), storms.settings.end(), false) == 0) {
      std::sort(storms.device.codes.begin(), storms.device.codes.end());
      always.push_back(std::move(storms.device));
    }
  }
  std::sort(always.begin(), always.end(), [](const StormingDevice& a, const StormingDevice& b) {
    return a.alerts != b.alerts ? a.alerts > b.alerts : a.device < b.device;
  });
  return always;
}

}  // namespace weir
