#include "engine/tune/swept_keys.h"

#include <algorithm>

#include "engine/base/check.h"

namespace weir {

SweptKeys::SweptKeys(const BothWays<GroupsByCode>& groups, DurationMs duplicate_window,
                     BothWays<SweepBook>& books)
    : groups_(groups),
      books_(books),
      duplicates_(duplicate_window),
      keys_{KeyTable(groups.planned, books.planned, words_.planned),
            KeyTable(groups.otherwise, books.otherwise, words_.otherwise)},
      pairs_(books),
      memory_(groups.planned.least_memory()) {}

void SweptKeys::Take(absl::Span<const SweptRecord> records) {
  if (records.empty()) {
    return;
  }
  for (size_t i = 0; i < records.size(); i += kAtOnce) {
    TakeSome(records.subspan(i, kAtOnce));
  }
  const TimeMs now = records.back().now;
  duplicates_.Accept(now);
  if (families_.size() >= drop_at_ && memory_.At(now) != dropped_in_) {
    dropped_in_ = memory_.At(now);
    MakeRoom(now);
  }
}

// In steps, so that memory is on its way when it is needed.
void SweptKeys::TakeSome(absl::Span<const SweptRecord> records) {
  for (size_t i = 0; i < records.size(); ++i) {
    Prepare(records[i], prepared_[i]);
  }
  for (size_t i = 0; i < records.size(); ++i) {
    Locate(records[i], prepared_[i]);
  }
  for (size_t i = 0; i < records.size(); ++i) {
    Approach(records[i], prepared_[i]);
  }
  for (size_t i = 0; i < records.size(); ++i) {
    if (IsDuplicate(records[i], prepared_[i])) {
      ++(records[i].alert != nullptr ? duplicate_alerts_ : duplicate_others_);
    } else if (records[i].alert != nullptr) {
      Decide(records[i], prepared_[i]);
    }
  }
}

void SweptKeys::Prepare(const SweptRecord& record, Prepared& prepared) {
  if (record.alert == nullptr) {
    prepared.id = FingerprintOf(*record.other);
  } else {
    const Alert& alert = *record.alert;
    prepared.id = FingerprintOf(alert);
    prepared.identity = VerdictDigest::IdentityOf(alert);
    if (alert.device) {
      prepared.partner = groups_.planned.PartnerOf(alert.code);
      const AlertCode code =
          prepared.partner ? std::min(alert.code, *prepared.partner) : alert.code;
      const uint32_t tag = tags_.TagOf(code, alert.recipient.value_or(Eui64{}));
      WEIR_CHECK(tag != 0);
      prepared.family = {.device_high = static_cast<uint32_t>(alert.device->value >> 32),
                         .device_low = static_cast<uint32_t>(alert.device->value),
                         .tag = tag};
      families_.prefetch(prepared.family);
    }
  }
  if (prepared.id) {
    duplicates_.Prefetch(*prepared.id);
  }
}

// What is only seen in duplicates counts nothing.
void SweptKeys::Locate(const SweptRecord& record, Prepared& prepared) {
  if (record.alert == nullptr || !record.alert->device) {
    return;
  }
  const auto [family, is_new] = families_.try_emplace(prepared.family, 0U);
  if (is_new) {
    // Not at each alert, which would cost a look-up more.
    books_.planned.Saw(*record.alert->device);
    family->second =
        prepared.partner ? AddPair(record.alert->code, *prepared.partner) : keys_.planned.Add(1);
  }
  prepared.found = family->second;
  if (prepared.partner) {
    pairs_.Prefetch(prepared.found);
  } else {
    keys_.planned.Prefetch(prepared.found);
  }
}

PairWatches::Number SweptKeys::AddPair(AlertCode code, AlertCode partner) {
  const size_t settings = std::max(groups_.planned.SettingsOfPair(code, partner),
                                   groups_.otherwise.SettingsOfPair(code, partner));
  return pairs_.Add({.lower = std::min(code, partner),
                     .last = code,
                     .settings = static_cast<uint32_t>(settings),
                     .apart = apart().Add(2),
                     .together = together().Add(1)});
}

void SweptKeys::Approach(const SweptRecord& record, const Prepared& prepared) {
  if (record.alert != nullptr && record.alert->device && prepared.partner) {
    const PairWatches::Pair& pair = pairs_.Of(prepared.found);
    apart().Prefetch(pair.apart + (record.alert->code == pair.lower ? 0 : 1));
    together().Prefetch(pair.together);
  }
}

bool SweptKeys::IsDuplicate(const SweptRecord& record, const Prepared& prepared) {
  return prepared.id && duplicates_.IsDuplicate(*prepared.id, record.now);
}

void SweptKeys::Decide(const SweptRecord& record, const Prepared& prepared) {
  const Alert& alert = *record.alert;
  const GroupsByCode& groups = groups_.planned;
  SweepBook& book = books_.planned;
  ++book.Of(alert.code, groups.Of(groups.version().counted_as(alert.code)).settings).alerts;
  ++book.MinuteOf(alert.code, record.now).received;
  book.AddToAll(VerdictDigest::Forwarded(prepared.identity));
  if (!alert.device) {
    return;
  }
  if (prepared.partner) {
    DecidePair(record, prepared);
  } else {
    keys_.planned.Decide(prepared.found, alert, prepared.identity, 0, record.now);
  }
}

void SweptKeys::DecidePair(const SweptRecord& record, const Prepared& prepared) {
  const Alert& alert = *record.alert;
  PairWatches::Pair& pair = pairs_.Of(prepared.found);
  const size_t own = alert.code == pair.lower ? 0 : 1;
  // Counted apart, the partner's episodes end by themselves, too.
  bool& partner_storms = pair.storms[1 - own];
  partner_storms =
      partner_storms &&
      apart().FireDueBy(pair.apart + static_cast<KeyTable::Place>(1 - own), record.now);
  const auto decide = [&](KeyTable& keys, KeyTable::Place place) {
    return keys.Decide(place, alert, prepared.identity, prepared.found, record.now);
  };
  const KeyStorm* const by_itself = decide(apart(), pair.apart + static_cast<KeyTable::Place>(own));
  const KeyStorm* const with_partner = decide(together(), pair.together);
  pair.storms[own] = by_itself != nullptr;
  pairs_.Take(words_);
  const auto held = [](const KeyStorm* storm) {
    return storm == nullptr ? nullptr : &storm->held();
  };
  if (groups_.planned.pairs_together()) {
    pairs_.Take(pair, alert.code, record.now, {held(with_partner), held(by_itself)});
  } else {
    pairs_.Take(pair, alert.code, record.now, {held(by_itself), held(with_partner)});
  }
}

// ---- What is over

void SweptKeys::MakeRoom(TimeMs now) {
  pairs_.Take(words_);
  absl::erase_if(families_, [&](const auto& entry) {
    const AlertCode code = tags_.CodeOf(entry.first.tag);
    return groups_.planned.PartnerOf(code) ? DropPair(code, entry.second, now)
                                           : Drop(code, entry.second, now);
  });
  drop_at_ = std::max(size_t{1024}, 2 * families_.size());
}

bool SweptKeys::Drop(AlertCode code, KeyTable::Place place, TimeMs now) {
  if (!keys_.planned.IsOver(place, groups_.planned.version().counted_as(code), now)) {
    return false;
  }
  keys_.planned.Remove(place, 1);
  return true;
}

bool SweptKeys::DropPair(AlertCode lower, PairWatches::Number number, TimeMs now) {
  const AlertCode higher = *groups_.planned.PartnerOf(lower);
  const GroupsByCode& together_groups =
      groups_.planned.pairs_together() ? groups_.planned : groups_.otherwise;
  // Each is asked, since storms that have blown over go with that.
  PairWatches::Pair& pair = pairs_.Of(number);
  bool is_over = apart().IsOver(pair.apart, lower, now);
  is_over = apart().IsOver(pair.apart + 1, higher, now) && is_over;
  is_over =
      together().IsOver(pair.together, together_groups.version().counted_as(lower), now) && is_over;
  pairs_.Take(words_);
  if (!is_over || !PairWatches::IsQuiet(pair)) {
    return false;
  }
  apart().Remove(pair.apart, 2);
  together().Remove(pair.together, 1);
  pairs_.Remove(number);
  return true;
}

void SweptKeys::Finish(TimeMs now) {
  keys_.planned.Finish(now);
  keys_.otherwise.Finish(now);
  pairs_.Take(words_);
  pairs_.Finish(now);
}

}  // namespace weir
