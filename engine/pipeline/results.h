// What became of the records of a round.
//
// Layer: engine/pipeline (engine/alert, engine/throttle).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "absl/types/span.h"

#include "engine/alert/event.h"
#include "engine/base/check.h"
#include "engine/pipeline/notice.h"
#include "engine/pipeline/record.h"
#include "engine/throttle/episode_event.h"
#include "engine/throttle/ledger.h"

namespace weir {

struct Results {
  absl::Span<const Record> records;
  absl::Span<const Verdict> verdicts;    // one for each record; only those of alerts mean anything
  absl::Span<const LedgerEntry> ledger;  // in order
  absl::Span<const Notice> notices{};    // in order
  uint32_t first = 0;                    // index in the round of the first of the records

  // Those of the records from `begin` up to `end`. What the ledger and the notices say behind the
  // last record of the round belongs to the last part.
  Results Part(size_t begin, size_t end) const;
};

// Calls what Visit does for the notices from `notice` on that belong to records up to `record`;
// gives the first one behind them.
template <typename Visitor>
const Notice* VisitNotices(const Results& results, const Notice* notice, uint32_t record,
                           Visitor& visitor) {
  for (; notice != results.notices.end() && notice->record <= record; ++notice) {
    if (const auto* change = std::get_if<SwitchNotice>(&notice->what)) {
      visitor.Switched(*change);
    } else if (const auto* removal = std::get_if<RemovalNotice>(&notice->what)) {
      visitor.Removed(*removal);
    } else {
      const Record& about = results.records[notice->record - results.first];
      if (const auto* response = std::get_if<ResponseNotice>(&notice->what)) {
        visitor.Respond(about, *response);
      } else {
        visitor.Judge(about, std::get<RequestNotice>(notice->what));
      }
    }
  }
  return notice;
}

// What became of one record, with the mark of its copy.
template <typename Visitor>
void VisitRecord(const Record& record, Verdict verdict, const std::optional<CopyMark>& mark,
                 Visitor& visitor) {
  if (const auto* reason = std::get_if<DeadReason>(&record.event)) {
    visitor.DeadLetter(record, *reason);
  } else if (const auto* alert = std::get_if<Alert>(&record.event)) {
    switch (verdict) {
      case Verdict::kForward:
        visitor.Forward(*alert, record);
        break;
      case Verdict::kCopy:
        WEIR_CHECK(mark.has_value());
        visitor.ForwardCopy(*alert, *mark);
        break;
      case Verdict::kConsolidate:
        visitor.Consolidate(*alert, record);
        break;
      case Verdict::kDuplicate:
        visitor.Duplicate(*alert);
        break;
    }
  }
}

// Calls, in the order of the log,
//   visitor.Forward(const Alert&, const Record&)          an alert passes unchanged
//   visitor.ForwardCopy(const Alert&, const CopyMark&)    an alert passes as a copy
//   visitor.Consolidate(const Alert&, const Record&)      an alert is held back
//   visitor.Duplicate(const Alert&)                       an alert was seen before
//   visitor.Episode(const EpisodeEvent&)
//   visitor.DeadLetter(const Record&, DeadReason)
//   visitor.Switched(const SwitchNotice&)
//   visitor.Removed(const RemovalNotice&)
//   visitor.Respond(const Record&, const ResponseNotice&)
//   visitor.Judge(const Record&, const RequestNotice&)
// Between streams of alerts and streams of notices the order is that of the records, no finer.
template <typename Visitor>
void Visit(const Results& results, Visitor&& visitor) {
  const LedgerEntry* entry = results.ledger.begin();
  // What the ledger says before or with a record; gives the mark of its copy.
  const auto tell = [&](uint32_t record) {
    std::optional<CopyMark> mark;
    for (; entry != results.ledger.end() && entry->order.record <= record; ++entry) {
      if (const auto* event = std::get_if<EpisodeEvent>(&entry->what)) {
        visitor.Episode(*event);
      } else if (const auto* word = std::get_if<LastWord>(&entry->what)) {
        visitor.ForwardCopy(View(word->alert), word->mark);
      } else {
        mark = std::get<CopyMark>(entry->what);
      }
    }
    return mark;
  };
  const Notice* notice = results.notices.begin();
  // The next record before or with which anything is told; of most there is nothing.
  const auto next_told = [&] {
    return std::min(entry == results.ledger.end() ? UINT32_MAX : entry->order.record,
                    notice == results.notices.end() ? UINT32_MAX : notice->record);
  };
  uint32_t told = next_told();
  for (size_t i = 0; i < results.records.size(); ++i) {
    const uint32_t index = results.first + static_cast<uint32_t>(i);
    std::optional<CopyMark> mark;
    if (told <= index) {
      mark = tell(index);
      notice = VisitNotices(results, notice, index, visitor);
      told = next_told();
    }
    VisitRecord(results.records[i], results.verdicts[i], mark, visitor);
  }
  tell(UINT32_MAX);
  VisitNotices(results, notice, UINT32_MAX, visitor);
}

}  // namespace weir
