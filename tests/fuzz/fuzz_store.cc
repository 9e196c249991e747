// Goal: damaged state is answered by an error or taken up, and never stops the process; what has
// been taken up can be worked with, is written again and is the same then.
// Method: the first byte chooses. Either the rest is one record of a kind, or it says how to damage
// the state that a replay with open episodes has left, or one whose timers have fired ahead of the
// clock: entries are changed, cut, removed and added. The damaged state is looked at, is resumed,
// with and without force, goes through a few records, and is resumed once more from what that has
// written.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/capture/capture_position.h"
#include "connectors/formats/json_writer.h"
#include "connectors/formats/notice_json.h"
#include "engine/base/check.h"
#include "engine/base/wire.h"
#include "engine/pipeline/inspection.h"
#include "engine/pipeline/replay.h"
#include "engine/pipeline/stored_state.h"
#include "engine/throttle/open_keys.h"
#include "engine/throttle/policy.h"
#include "engine/throttle/throttle.h"
#include "tests/support/memory_ports.h"
#include "tests/support/random.h"
#include "tests/support/random_events.h"
#include "tests/support/system_rules.h"
#include "tests/support/teams.h"

namespace weir {
namespace {

using Entries = std::map<std::string, std::string>;

constexpr TimeMs kStart{1574985600000};  // 2019-11-29T00:00:00Z

// ---- A state with everything in it

CodePolicy Limits(uint64_t threshold, WindowKind kind, Forward forward) {
  return {.threshold = threshold,
          .window = kMinute,
          .window_kind = kind,
          .clear = 1,
          .forward = forward,
          .last_word = true};
}

// One version, or two, of which the second takes effect ten minutes after the first.
PolicySchedule Schedule(size_t versions) {
  PolicySchedule schedule;
  PolicyRules rules;
  rules.effective_from = kStart;
  rules.note = "first";
  rules.fallback = Limits(1, WindowKind::kTumbling, {});
  rules.excluded.assign(AlertCode::kCount, false);
  rules.excluded[AlertCode::FromDevice(0x8F75)->index()] = true;
  schedule.versions.emplace_back(rules);
  if (versions == 2) {
    rules.effective_from = kStart + DurationMs{10 * kMinute.value};
    rules.pairs_together = true;
    rules.codes[*AlertCode::FromDevice(0x8020)] =
        Limits(2, WindowKind::kSliding, {.kind = Forward::Kind::kOneIn, .n = 3});
    schedule.versions.emplace_back(rules);
  }
  return schedule;
}

const PolicySchedule& TheSchedule(size_t versions) {
  static const auto* const one = new PolicySchedule(Schedule(1));
  static const auto* const two = new PolicySchedule(Schedule(2));
  return versions == 1 ? *one : *two;
}

// Records about devices and requests, made once.
const OtherEvent& Other(size_t i) {
  constexpr size_t kOthers = 200;
  static auto* const random = new Random(1);
  static auto* const events = new RandomEvents(*random);
  static const auto* const others = [] {
    auto* made = new std::vector<OtherEvent>;
    while (made->size() < kOthers) {
      made->push_back(events->Other(kStart));
    }
    return made;
  }();
  return (*others)[i % kOthers];
}

// Alerts of a few keys, some of them far above their thresholds, ten seconds apart, and others.
std::vector<Record> Records(size_t count, TimeMs from) {
  constexpr uint32_t kCodes[] = {0x8020, 0x808D, 0x8F3F, 0x8F75};
  std::vector<Record> records;
  for (size_t i = 0; i < count; ++i) {
    Alert alert;
    alert.device = Eui64{i % 5};
    alert.code = *AlertCode::FromDevice(kCodes[i % 4]);
    alert.recipient = i % 3 == 0 ? std::nullopt : std::make_optional(Eui64{0x90B3D51F30010000});
    alert.counter = i / 4;
    alert.received = TimeMs{from.value + static_cast<int64_t>(i / 10) * 10 * kSecond.value};
    alert.payload = "payload";
    Record record;
    record.origin.offset = static_cast<int64_t>(i);
    record.event = alert;
    if (i % 6 == 5) {
      OtherEvent other = Other(i / 6);
      other.received = other.received ? alert.received : std::nullopt;
      record.event = other;
    }
    records.push_back(record);
  }
  return records;
}

// As MemorySource, but takes any position: what a source makes of one is not the engine's matter.
class AnySource : public Source {
 public:
  explicit AnySource(std::vector<Record> records) : records_(std::move(records)) {}

  absl::Status Read(size_t limit, std::vector<Record>& records) override {
    records.clear();
    for (; records.size() < limit && next_ < records_.size(); ++next_) {
      records.push_back(records_[next_]);
    }
    return absl::OkStatus();
  }

  std::string Position() const override { return EncodePosition({}); }

  absl::Status Seek(absl::string_view position) override {
    return DecodePosition(position) ? absl::OkStatus() : absl::FailedPreconditionError("position");
  }

 private:
  std::vector<Record> records_;
  size_t next_ = 0;
};

// Writes everything as JSON, as the output files do, and forgets it.
class JsonSink : public Sink {
 public:
  void Write(const Results& results) override { Visit(results, *this); }

  void Forward(const Alert& alert, const Record& /*record*/) { AppendForwarded(alert, Line()); }

  void ForwardCopy(const Alert& alert, const CopyMark& mark) {
    AppendForwardedCopy(alert, mark, Line());
  }

  void Consolidate(const Alert& alert, const Record& record) { Forward(alert, record); }

  void Duplicate(const Alert& /*alert*/) {}

  void Episode(const EpisodeEvent& event) { AppendEpisode(event, Line()); }

  void DeadLetter(const Record& record, DeadReason reason) {
    AppendDeadLetter(record, reason, Line());
  }

  void Switched(const SwitchNotice& notice) { AppendSwitchNotice(notice, Line()); }

  void Removed(const RemovalNotice& notice) { AppendRemovalNotice(notice, Line()); }

  void Respond(const Record& record, const ResponseNotice& notice) {
    AppendRoutedResponse(record, notice, Line());
  }

  void Judge(const Record& record, const RequestNotice& notice) {
    AppendJudgedRequest(record, notice, Line());
  }

  absl::StatusOr<std::string> Seal() override { return std::string("mark"); }

  absl::Status Sync() override { return absl::OkStatus(); }

  absl::Status Discard() override { return absl::OkStatus(); }

  absl::Status Reopen(absl::string_view /*mark*/) override { return absl::OkStatus(); }

 private:
  // Room for the next line.
  std::string& Line() {
    line_.clear();
    return line_;
  }

  std::string line_;
};

// Two commits, so that there are deltas besides the images.
Entries Undamaged() {
  MemoryStore store;
  AnySource source(Records(700, kStart));
  JsonSink sink;
  Replay replay(TheSchedule(2), DefaultRules(), source, sink, &store, Alone());
  WEIR_CHECK(replay.Resume(false).ok());
  for (absl::StatusOr<size_t> read = replay.Step(350); *read > 0; read = replay.Step(350)) {
    WEIR_CHECK(replay.Commit().ok());
  }
  // Most images are of empty segments: some are enough.
  Entries entries;
  size_t empty_images = 0;
  for (const auto& [key, value] : store.entries()) {
    const bool is_empty_image = key.find("cd") != std::string::npos && value.size() == 8;
    if (!is_empty_image || ++empty_images <= 2) {
      entries.emplace(key, value);
    }
  }
  return entries;
}

// The same, and one more commit: timers have fired ahead of stream time, and some are still due.
Entries FiredAhead() {
  MemoryStore store;
  store.entries() = Undamaged();
  StoredCommit commit = *ReadCommit(store);
  Partition partition(TheSchedule(2), DefaultRules(), 1);
  const auto whole = [&](uint32_t /*index*/) -> absl::StatusOr<Partition*> { return &partition; };
  WEIR_CHECK(LoadPartitions(store, whole).ok() && partition.FinishLoad(false).ok());
  WEIR_CHECK(partition.FireSome(kStart + kHour, 3) && partition.fired_to());
  StateBatch batch;
  ++commit.number;
  PutCommit(commit, batch);
  partition.Export(commit.number, PartitionScope(0, batch));
  WEIR_CHECK(store.Write(batch).ok());
  return store.entries();
}

// ---- Damage

// Takes numbers and bytes from the front of the input; zeros and nothing once it is used up.
class Choices {
 public:
  explicit Choices(absl::string_view input) : in_(input) {}

  bool left() const { return in_.ok() && !in_.rest().empty(); }

  size_t Byte() { return in_.U8(); }

  int64_t Word() { return in_.I64(); }

  std::string Bytes(size_t size) {
    std::string bytes;
    while (bytes.size() < size && left()) {
      bytes.push_back(static_cast<char>(in_.U8()));
    }
    return bytes;
  }

 private:
  WireReader in_;
};

void PutAt(size_t place, absl::string_view bytes, std::string& value) {
  const size_t at = value.empty() ? 0 : place % value.size();
  value.replace(at, std::min(bytes.size(), value.size() - at), bytes.data(), bytes.size());
}

// One change to one entry.
void Damage(Choices& choices, Entries& entries) {
  const size_t what = choices.Byte() % 8;
  const size_t which = choices.Byte();
  const size_t place = choices.Byte();
  auto entry = entries.begin();
  std::advance(entry, entries.empty() ? 0 : which % entries.size());
  if (entry == entries.end() || what == 0) {
    std::string key = "partition/";
    PutOrderedU64(which % 3, key);
    key += choices.Bytes(1 + place % 32);
    entries[key] = choices.Bytes(choices.Byte());
    return;
  }
  std::string& value = entry->second;
  switch (what) {
    case 1:
      entries.erase(entry);
      break;
    case 2:
      value.resize(value.size() - place % (value.size() + 1));
      break;
    case 3:
      value += choices.Bytes(place);
      break;
    case 4:
      PutAt(place, choices.Bytes(1), value);
      break;
    case 5: {  // a word of a record, as a number near the limits that matter
      std::string word;
      PutI64(choices.Word(), word);
      PutAt(place, word, value);
      break;
    }
    case 6: {  // the same, in a long record: of a policy version
      std::string word;
      PutU32(static_cast<uint32_t>(choices.Word()), word);
      PutAt(place << 8 | choices.Byte(), word, value);
      break;
    }
    default: {  // another key, for the same value
      std::string key = entry->first;
      PutAt(place, choices.Bytes(1), key);
      std::string moved = std::move(value);
      entries.erase(entry);
      entries[key] = std::move(moved);
    }
  }
}

// ---- What must hold

// A version with a few of its bytes changed, or cut: it is too long to
// be made up from nothing.
void CheckVersion(Choices& choices) {
  std::string bytes = TheSchedule(2).versions[1].Encode();
  while (choices.left()) {
    const size_t place = choices.Byte() << 8 | choices.Byte();
    const size_t size = choices.Byte() % 16;
    if (size == 0) {
      bytes.resize(std::min(bytes.size(), place));
    }
    PutAt(place, choices.Bytes(size), bytes);
  }
  const absl::StatusOr<PolicyVersion> version = PolicyVersion::Decode(bytes);
  if (!version.ok()) {
    WEIR_CHECK(absl::IsDataLoss(version.status()));
    return;
  }
  // A flag may be any byte, so that the first encoding need not be `bytes`.
  const std::string encoded = version->Encode();
  const absl::StatusOr<PolicyVersion> again = PolicyVersion::Decode(encoded);
  WEIR_CHECK(again.ok() && again->DecidesLike(*version) && again->Encode() == encoded);
}

void CheckPosition(absl::string_view bytes) {
  if (const std::optional<CapturePosition> position = DecodePosition(bytes)) {
    WEIR_CHECK(EncodePosition(*position) == bytes);
  }
}

// The first bytes are the key's name.
void CheckOpenKey(absl::string_view bytes) {
  constexpr size_t kNameBytes = 20;
  const absl::string_view name = bytes.substr(0, kNameBytes);
  const std::optional<NamedOpenKey> named = DecodeOpenKey(name, bytes.substr(name.size()));
  if (!named) {
    return;
  }
  OpenKeys keys;
  keys.Open(named->key, named->open);
  WEIR_CHECK(keys.NextDue() == named->open.due() &&
             keys.DueNext() == std::vector<AlertKey>{named->key});
  StateBatch batch;
  keys.Export(StateScope(batch, ""));
  WEIR_CHECK(batch.changes().size() == 1 && batch.changes()[0].key == name);
  // A flag may be any byte, so that what is written need not be what was read.
  const std::string& written = *batch.changes()[0].value;
  WEIR_CHECK(written.size() == bytes.size() - name.size());
  WEIR_CHECK(DecodeOpenKey(name, written).has_value());
}

// Chunks of messages seen, each as long as its first byte says.
void CheckSeen(absl::string_view bytes) {
  const PolicySchedule& schedule = TheSchedule(2);
  Throttle throttle(schedule, 3);
  Choices choices(bytes);
  for (uint64_t number = 1; choices.left(); ++number) {
    std::string name = "g";
    PutOrderedU64(number, name);
    if (!throttle.Load(name, choices.Bytes(choices.Byte())).ok()) {
      return;
    }
  }
  throttle.Accept(kStart);
  StateBatch batch;
  throttle.Export(UINT64_MAX, StateScope(batch, ""));
  throttle.ExportUpkeep(UINT64_MAX, kStart + kDay, StateScope(batch, ""));
  throttle.Accept(kStart + kDay);
}

// Resumes; goes on through a few records and commits if that is possible. Gives whether it was.
bool GoOn(const PolicySchedule& schedule, bool force, TimeMs from, MemoryStore& store) {
  AnySource source(Records(40, from));
  JsonSink sink;
  Replay replay(schedule, DefaultRules(), source, sink, &store, Alone());
  const absl::Status resumed = replay.Resume(force);
  if (!resumed.ok()) {
    WEIR_CHECK(absl::IsDataLoss(resumed) || absl::IsFailedPrecondition(resumed));
    WEIR_CHECK(!resumed.message().empty());
    return false;
  }
  while (*replay.Step(25) > 0) {
  }
  WEIR_CHECK(replay.Rollback().ok());
  static_cast<void>(replay.Step(15));
  WEIR_CHECK(replay.Commit().ok());
  return true;
}

// Whatever can be read can be told.
void Look(Store& store) {
  const absl::StatusOr<std::unique_ptr<Inspection>> read = Inspection::Read(store);
  if (!read.ok()) {
    WEIR_CHECK(absl::IsDataLoss(read.status()) || absl::IsFailedPrecondition(read.status()));
    WEIR_CHECK(!read.status().message().empty());
    return;
  }
  const Inspection& inspection = **read;
  WEIR_CHECK(inspection.Summarise().totals.open == inspection.Episodes().size());
  for (uint32_t i = 0; i < inspection.partitions(); ++i) {
    static_cast<void>(inspection.CountKeys(i));
  }
  for (uint64_t device = 0; device < 5; ++device) {
    for (const InspectedKey& key : inspection.KeysOf(Eui64{device})) {
      const bool some_due = inspection.partition(key.partition).fired_to() == key.window_end();
      WEIR_CHECK(key.window_start() <= key.now && (key.now < key.window_end() || some_due));
    }
  }
}

void CheckDamaged(Choices& choices) {
  static const auto* const undamaged = new Entries(Undamaged());
  static const auto* const fired_ahead = new Entries(FiredAhead());
  const size_t mode = choices.Byte();
  const PolicySchedule& schedule = TheSchedule(mode % 2 == 0 ? 2 : 1);
  const bool force = mode / 2 % 2 != 0;
  MemoryStore store;
  store.entries() = mode / 4 % 2 == 0 ? *undamaged : *fired_ahead;
  const bool damaged = choices.left();
  while (choices.left()) {
    Damage(choices, store.entries());
  }
  Look(store);
  const TimeMs from = kStart + DurationMs{12 * kMinute.value};
  if (GoOn(schedule, force, from, store)) {
    // What has been written needs no force any more. Some damage shows only now.
    WEIR_CHECK(GoOn(schedule, false, from + kHour, store) || damaged);
  }
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const absl::string_view rest = input.substr(input.empty() ? 0 : 1);
  weir::Choices choices(rest);
  switch (input.empty() ? 0 : data[0] % 8) {
    case 0:
      weir::CheckVersion(choices);
      break;
    case 1:
      weir::CheckPosition(rest);
      break;
    case 2:
      weir::CheckOpenKey(rest);
      break;
    case 3:
      weir::CheckSeen(rest);
      break;
    default:
      weir::CheckDamaged(choices);
  }
  return 0;
}
