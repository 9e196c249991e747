// The engine's ports in memory: a source over a vector, a sink that keeps lines; for a store there
// is MemoryStore. They keep the promises of the real ones, so that a run can be stopped and resumed
// anywhere.
//
// Layer: tests.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "engine/base/check.h"
#include "engine/pipeline/memory_store.h"
#include "engine/pipeline/sink.h"
#include "engine/pipeline/source.h"
#include "tests/support/system_rules.h"

namespace weir {

class MemorySource : public Source {
 public:
  // `records` outlive the source.
  explicit MemorySource(const std::vector<Record>& records) : all_(records) {}

  absl::Status Read(size_t limit, std::vector<Record>& records) override {
    records.clear();
    while (records.size() < limit && next_ < all_.size()) {
      records.push_back(all_[next_++]);
    }
    return absl::OkStatus();
  }

  std::string Position() const override { return absl::StrCat(next_); }

  absl::Status Seek(absl::string_view position) override {
    WEIR_CHECK(absl::SimpleAtoi(position, &next_));
    return absl::OkStatus();
  }

 private:
  const std::vector<Record>& all_;
  size_t next_ = 0;
};

// Lines of a MemorySink with those of notices behind all others: between the two, timers may come
// in another order if they are fired step by step.
inline std::vector<std::string> ByStream(std::vector<std::string> lines) {
  const auto is_of_alerts = [](const std::string& line) {
    return !absl::StartsWith(line, "switched") && !absl::StartsWith(line, "removed") &&
           !absl::StartsWith(line, "request") && !absl::StartsWith(line, "response");
  };
  std::stable_partition(lines.begin(), lines.end(), is_of_alerts);
  return lines;
}

// Writes every result as a line of one list, so that the order between streams shows too.
class MemorySink : public Sink {
 public:
  void Write(const Results& results) override { Visit(results, *this); }

  void Forward(const Alert& alert, const Record& /*record*/) { Add("forward", Text(alert)); }

  void ForwardCopy(const Alert& alert, const CopyMark& mark) {
    Add(absl::StrCat("copy ", mark.sequence_id, " for ", mark.count), Text(alert));
  }

  void Consolidate(const Alert& alert, const Record& /*record*/) {
    Add("consolidate", Text(alert));
  }

  void Duplicate(const Alert& /*alert*/) {}

  void Episode(const EpisodeEvent& event) {
    static constexpr const char* kKinds[] = {"started", "continuing", "ended", "excluded_storm"};
    Add(kKinds[static_cast<int>(event.kind)],
        absl::StrCat(FormatEui64(event.key.device), " ", FormatAlertCode(event.key.code), " at ",
                     event.at.value, " since ", event.started.value_or(TimeMs{}).value, " reason ",
                     static_cast<int>(event.reason), " alerts ", event.counts.alerts, " copies ",
                     event.counts.copies, " policy ", event.policy.value_or(TimeMs{-1}).value, " ",
                     event.note));
  }

  void DeadLetter(const Record& record, DeadReason reason) {
    Add("dead", absl::StrCat(record.origin.offset, " ", DeadReasonName(reason)));
  }

  void Switched(const SwitchNotice& notice) {
    Add("switched",
        absl::StrCat(Text(notice.device), " to ", Text(notice.network_operator), " unrouted ",
                     Text(notice.unrouted), " counter ", notice.counter, " at ", notice.at.value,
                     " changed ", notice.changed_at.value, " ", notice.variant, " ",
                     notice.gbcs_version, " ", notice.mpan, " ", notice.srv));
  }

  void Removed(const RemovalNotice& notice) {
    Add("removed",
        absl::StrCat(Text(notice.device), " to ", Text(notice.recipient), " counter ",
                     notice.counter, " at ", notice.at.value, " added ",
                     notice.added.value_or(TimeMs{}).value, " by ", Text(notice.added_by)));
  }

  void Respond(const Record& record, const ResponseNotice& notice) {
    Add("response", absl::StrCat(record.origin.offset, " to ", Text(notice.network_operator),
                                 " unrouted ", Text(notice.unrouted)));
  }

  void Judge(const Record& record, const RequestNotice& notice) {
    Add("request", absl::StrCat(record.origin.offset, " ", RequestReasonName(notice.reason)));
  }

  absl::StatusOr<std::string> Seal() override {
    sealed_ = lines_.size();
    return absl::StrCat(sealed_);
  }

  absl::Status Sync() override { return absl::OkStatus(); }

  absl::Status Discard() override {
    lines_.resize(sealed_);
    return absl::OkStatus();
  }

  absl::Status Reopen(absl::string_view mark) override {
    sealed_ = 0;
    WEIR_CHECK(mark.empty() || absl::SimpleAtoi(mark, &sealed_));
    return Discard();
  }

  const std::vector<std::string>& lines() const { return lines_; }

 private:
  static std::string Text(const Alert& alert) {
    return absl::StrCat(alert.device ? FormatEui64(*alert.device) : "-", " ",
                        FormatAlertCode(alert.code), " ", alert.counter.value_or(0), " ",
                        alert.received.value_or(TimeMs{}).value);
  }

  static std::string Text(std::optional<Eui64> id) { return id ? FormatEui64(*id) : "-"; }

  static absl::string_view Text(std::optional<UnroutedReason> reason) {
    return reason ? UnroutedReasonName(*reason) : "-";
  }

  void Add(absl::string_view what, absl::string_view of) {
    lines_.push_back(absl::StrCat(what, ": ", of));
  }

  std::vector<std::string> lines_;
  size_t sealed_ = 0;
};

}  // namespace weir
