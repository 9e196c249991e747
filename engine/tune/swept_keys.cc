#include "engine/tune/swept_keys.h"

#include <algorithm>

namespace weir {

namespace {

// The key of a pair, of which an alert has this one.
AlertKey PairOf(AlertKey key, AlertCode code, AlertCode partner) {
  key.code = std::min(code, partner);
  return key;
}

}  // namespace

SweptKeys::SweptKeys(const BothWays<GroupsByCode>& groups, DurationMs duplicate_window,
                     BothWays<SweepBook>& books)
    : groups_(groups),
      books_(books),
      duplicates_(duplicate_window),
      keys_{KeyTable(groups.planned, books.planned, words_.planned),
            KeyTable(groups.otherwise, books.otherwise, words_.otherwise)},
      apart_(groups.planned.pairs_together() ? keys_.otherwise : keys_.planned),
      pairs_(books) {}

void SweptKeys::Take(absl::Span<const SweptRecord> records) {
  if (records.empty()) {
    return;
  }
  for (size_t i = 0; i < records.size(); i += kAtOnce) {
    TakeSome(records.subspan(i, kAtOnce));
  }
  duplicates_.Accept(records.back().now);
  if (keys_.planned.is_crowded() || keys_.otherwise.is_crowded()) {
    MakeRoom(records.back().now);
  }
}

// In three steps, so that memory is on its way when it is needed.
void SweptKeys::TakeSome(absl::Span<const SweptRecord> records) {
  for (size_t i = 0; i < records.size(); ++i) {
    Prepare(records[i], prepared_[i]);
  }
  for (size_t i = 0; i < records.size(); ++i) {
    Locate(records[i], prepared_[i]);
  }
  for (size_t i = 0; i < records.size(); ++i) {
    if (IsDuplicate(records[i], prepared_[i])) {
      ++(records[i].alert != nullptr ? duplicate_alerts_ : duplicate_others_);
    } else if (records[i].alert != nullptr) {
      Decide(records[i], prepared_[i]);
    }
  }
}

void SweptKeys::Prepare(const SweptRecord& record, Prepared& prepared) const {
  if (record.alert == nullptr) {
    prepared.id = FingerprintOf(*record.other);
  } else {
    const Alert& alert = *record.alert;
    prepared.id = FingerprintOf(alert);
    prepared.identity = VerdictDigest::IdentityOf(alert);
    if (alert.device) {
      prepared.partner = groups_.planned.PartnerOf(alert.code);
      prepared.keys.planned = keys_.planned.KeyOf(alert);
      keys_.planned.Prefetch(prepared.keys.planned);
      if (prepared.partner) {
        prepared.keys.otherwise = keys_.otherwise.KeyOf(alert);
        keys_.otherwise.Prefetch(prepared.keys.otherwise);
        pairs_.Prefetch(PairOf(prepared.keys.planned, alert.code, *prepared.partner));
      }
    }
  }
  if (prepared.id) {
    duplicates_.Prefetch(*prepared.id);
  }
}

// A key that is only seen in duplicates has words of zero.
void SweptKeys::Locate(const SweptRecord& record, Prepared& prepared) {
  if (record.alert != nullptr && record.alert->device) {
    prepared.places.planned = keys_.planned.PlaceOf(prepared.keys.planned);
    if (prepared.partner) {
      prepared.places.otherwise = keys_.otherwise.PlaceOf(prepared.keys.otherwise);
    }
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
    keys_.planned.Decide(prepared.places.planned, alert, prepared.identity, record.now);
  }
}

void SweptKeys::DecidePair(const SweptRecord& record, const Prepared& prepared) {
  const Alert& alert = *record.alert;
  const AlertCode partner = *prepared.partner;
  const AlertKey key = PairOf(prepared.keys.planned, alert.code, partner);
  PairWatches::Pair& pair =
      pairs_.Of(key, alert.code,
                std::max(groups_.planned.SettingsOfPair(alert.code, partner),
                         groups_.otherwise.SettingsOfPair(alert.code, partner)));
  // Counted apart, the partner's episodes end by themselves, too.
  const size_t own = alert.code < partner ? 0 : 1;
  bool& partner_storms = pair.storms[1 - own];
  if (partner_storms) {
    AlertKey other = key;
    other.code = partner;
    partner_storms = apart_.FireDueBy(other, record.now);
  }
  const BothWays<const KeyStorm*> storms = {
      keys_.planned.Decide(prepared.places.planned, alert, prepared.identity, record.now),
      keys_.otherwise.Decide(prepared.places.otherwise, alert, prepared.identity, record.now)};
  pair.storms[own] = (&apart_ == &keys_.planned ? storms.planned : storms.otherwise) != nullptr;
  pairs_.Take(words_);
  const auto held = [](const KeyStorm* storm) {
    return storm == nullptr ? nullptr : &storm->held();
  };
  pairs_.Take(key, pair, alert.code, record.now, {held(storms.planned), held(storms.otherwise)});
}

void SweptKeys::MakeRoom(TimeMs now) {
  keys_.planned.DropKeysThatAreOver(now);
  keys_.otherwise.DropKeysThatAreOver(now);
  pairs_.Take(words_);
  pairs_.Forget([&](const AlertKey& pair) {
    AlertKey other = pair;
    other.code = *groups_.planned.PartnerOf(pair.code);
    const auto is_in = [&](const KeyTable& keys) {
      return keys.Contains(pair) || keys.Contains(other);
    };
    return !is_in(keys_.planned) && !is_in(keys_.otherwise);
  });
}

void SweptKeys::Finish(TimeMs now) {
  keys_.planned.Finish(now);
  keys_.otherwise.Finish(now);
  pairs_.Take(words_);
  pairs_.Finish(now);
}

}  // namespace weir
