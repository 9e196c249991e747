#include "engine/tune/sweep_index.h"

#include <algorithm>
#include <tuple>

namespace weir {

SweepIndex::Parties::Parties(const SweepBook::Storms& storms) {
  for (const auto& [who, counts] : storms) {
    all.push_back({.who = who.first, .code = who.second, .counts = &counts});
  }
  std::sort(all.begin(), all.end(), [](const Storm& a, const Storm& b) {
    return std::tie(a.who, a.code) < std::tie(b.who, b.code);
  });
  for (const Storm& storm : all) {
    by_code[storm.code].push_back(storm.counts);
  }
}

SweepIndex::SweepIndex(const SweepBook& book, const GroupsByCode& groups)
    : devices(book.devices()), recipients(book.recipients()) {
  for (const auto& [code, of_code] : book.minutes()) {
    for (const auto& [minute, counts] : of_code) {
      minutes.push_back(minute);
    }
  }
  std::sort(minutes.begin(), minutes.end());
  minutes.erase(std::unique(minutes.begin(), minutes.end()), minutes.end());
  received.resize(minutes.size());
  for (const auto& [code, of_code] : book.minutes()) {
    std::vector<Minute>& all = by_code[code];
    const SettingGroups& settings = groups.Of(groups.version().counted_as(code));
    for (const auto& [minute, counts] : of_code) {
      const auto found = std::lower_bound(minutes.begin(), minutes.end(), minute);
      const auto place = static_cast<size_t>(found - minutes.begin());
      received[place] += counts.received;
      all.push_back(
          {.place = place, .received = counts.received, .held = counts.held.BySetting(settings)});
    }
    std::sort(all.begin(), all.end(),
              [](const Minute& a, const Minute& b) { return a.place < b.place; });
  }
}

}  // namespace weir
