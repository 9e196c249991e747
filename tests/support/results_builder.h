// Makes up results for a sink, as if a round had led to them.
//
// Layer: tests.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/pipeline/results.h"
#include "engine/pipeline/sink.h"

namespace weir {

class ResultsBuilder {
 public:
  void Forward(const Alert& alert) { Add(alert, Verdict::kForward); }

  void ForwardCopy(const Alert& alert, const CopyMark& mark) {
    ledger_.push_back({{.record = Next()}, mark});
    Add(alert, Verdict::kCopy);
  }

  void Consolidate(const Alert& alert) { Add(alert, Verdict::kConsolidate); }

  // Told before what comes next; a record that leads to nothing follows it.
  void Episode(const EpisodeEvent& event) {
    ledger_.push_back({{.record = Next()}, event});
    Add(Alert{}, Verdict::kDuplicate);
  }

  void DeadLetter(const Record& record, DeadReason reason) {
    records_.push_back(record);
    records_.back().event = reason;
    records_.back().bytes = Kept(record.bytes);
    verdicts_.push_back(Verdict::kForward);
  }

  // Told before what comes next; a record that leads to nothing follows it.
  void Switched(const SwitchNotice& notice) {
    Tell(notice);
    Add(Alert{}, Verdict::kDuplicate);
  }

  void Removed(const RemovalNotice& notice) {
    Tell(notice);
    Add(Alert{}, Verdict::kDuplicate);
  }

  // What the event of the record points to outlives the builder.
  void Respond(const Record& record, const ResponseNotice& notice) {
    Tell(notice);
    AddOther(record);
  }

  void Judge(const Record& record, const RequestNotice& notice) {
    Tell(notice);
    AddOther(record);
  }

  // Views the builder.
  Results results() const {
    return {.records = records_, .verdicts = verdicts_, .ledger = ledger_, .notices = notices_};
  }

 private:
  uint32_t Next() const { return static_cast<uint32_t>(records_.size()); }

  void Add(Alert alert, Verdict verdict) {
    alert.payload = Kept(alert.payload);
    records_.emplace_back().event = alert;
    verdicts_.push_back(verdict);
  }

  template <typename What>
  void Tell(const What& what) {
    Notice& notice = notices_.emplace_back();
    notice.record = Next();
    notice.what.emplace<What>(what);
  }

  void AddOther(const Record& record) {
    records_.push_back(record);
    verdicts_.push_back(Verdict::kForward);
  }

  absl::string_view Kept(absl::string_view bytes) { return kept_.emplace_back(bytes); }

  std::vector<Record> records_;
  std::vector<Verdict> verdicts_;
  std::vector<LedgerEntry> ledger_;
  std::vector<Notice> notices_;
  std::deque<std::string> kept_;
};

// Gives a sink one result: `To(sink).Forward(alert)`.
class To {
 public:
  explicit To(Sink& sink) : sink_(sink) {}

  void Forward(const Alert& alert) {
    builder_.Forward(alert);
    Write();
  }

  void ForwardCopy(const Alert& alert, const CopyMark& mark) {
    builder_.ForwardCopy(alert, mark);
    Write();
  }

  void Consolidate(const Alert& alert) {
    builder_.Consolidate(alert);
    Write();
  }

  void Episode(const EpisodeEvent& event) {
    builder_.Episode(event);
    Write();
  }

  void DeadLetter(const Record& record, DeadReason reason) {
    builder_.DeadLetter(record, reason);
    Write();
  }

  void Switched(const SwitchNotice& notice) {
    builder_.Switched(notice);
    Write();
  }

  void Removed(const RemovalNotice& notice) {
    builder_.Removed(notice);
    Write();
  }

  void Respond(const Record& record, const ResponseNotice& notice) {
    builder_.Respond(record, notice);
    Write();
  }

  void Judge(const Record& record, const RequestNotice& notice) {
    builder_.Judge(record, notice);
    Write();
  }

 private:
  void Write() { sink_.Write(builder_.results()); }

  Sink& sink_;
  ResultsBuilder builder_;
};

}  // namespace weir
