#include "engine/pipeline/changelog.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/check.h"
#include "engine/base/wire.h"
#include "engine/pipeline/partition.h"

namespace weir {

namespace {

// Of the records of both changelogs. A change that an older reader would misread raises it.
constexpr uint8_t kChangelogFormat = 1;

constexpr size_t kPartHead = sizeof(uint8_t) + 2 * sizeof(uint64_t) + 2 * sizeof(uint32_t);

void PutChange(const StateBatch::Change& change, std::string& out) {
  PutBytes(change.key, out);
  PutU8(change.value ? 1 : 0, out);
  if (change.value) {
    PutBytes(*change.value, out);
  }
}

// A delta without changes has a part too: its number must not be missing.
void CutIntoParts(const Head& head, absl::string_view bytes, size_t largest,
                  std::vector<ChangelogRecord>& records) {
  WEIR_CHECK(largest > kPartHead);
  const size_t room = largest - kPartHead;
  const size_t parts = std::max(size_t{1}, (bytes.size() + room - 1) / room);
  for (size_t part = 0; part < parts; ++part) {
    const absl::string_view chunk = bytes.substr(part * room, room);
    std::string value;
    value.reserve(kPartHead + chunk.size());
    PutU8(kChangelogFormat, value);
    PutU64(head.number, value);
    PutI64(head.from_offset, value);
    PutU32(static_cast<uint32_t>(part), value);
    PutU32(static_cast<uint32_t>(parts), value);
    value.append(chunk.data(), chunk.size());
    records.push_back({.topic = ChangelogTopic::kDeltas, .key = {}, .value = std::move(value)});
  }
}

std::optional<StateBatch> DecodeChanges(absl::string_view bytes) {
  StateBatch changes;
  WireReader in(bytes);
  while (in.ok() && !in.rest().empty()) {
    std::string key(in.Bytes());
    if (in.U8() != 0) {
      changes.Put(std::move(key), std::string(in.Bytes()));
    } else {
      changes.Erase(std::move(key));
    }
  }
  return in.done() ? std::make_optional(std::move(changes)) : std::nullopt;
}

}  // namespace

std::string EncodeHead(const Head& head) {
  std::string bytes;
  PutU8(kChangelogFormat, bytes);
  PutU64(head.number, bytes);
  PutI64(head.from_offset, bytes);
  PutI64(head.next_offset, bytes);
  PutU32(head.partitions, bytes);
  PutU64(head.oldest_delta, bytes);
  return bytes;
}

std::optional<Head> DecodeHead(absl::string_view bytes) {
  WireReader in(bytes);
  const uint8_t format = in.U8();
  const Head head{.number = in.U64(),
                  .from_offset = in.I64(),
                  .next_offset = in.I64(),
                  .partitions = in.U32(),
                  .oldest_delta = in.U64()};
  const bool valid = in.done() && format == kChangelogFormat && head.number > 0 &&
                     head.next_offset >= 0 && head.oldest_delta > 0;
  return valid ? std::make_optional(head) : std::nullopt;
}

std::vector<ChangelogRecord> EncodeCommit(const Head& head, const StateBatch& changes,
                                          size_t largest) {
  std::vector<ChangelogRecord> records;
  std::string expiring;
  for (const StateBatch::Change& change : changes.changes()) {
    switch (Partition::LifetimeOf(change.key)) {
      case Lifetime::kExpiring:
        PutChange(change, expiring);
        break;
      case Lifetime::kLasting:
        records.push_back(
            {.topic = ChangelogTopic::kState, .key = change.key, .value = change.value});
        break;
      case Lifetime::kUpkeep:
        break;
    }
  }
  CutIntoParts(head, expiring, largest, records);
  records.push_back(
      {.topic = ChangelogTopic::kState, .key = std::string(kHeadName), .value = EncodeHead(head)});
  return records;
}

absl::StatusOr<std::optional<Delta>> DeltaReader::Add(absl::string_view value) {
  WireReader in(value);
  const uint8_t format = in.U8();
  const uint64_t number = in.U64();
  const int64_t from_offset = in.I64();
  const uint32_t part = in.U32();
  const uint32_t parts = in.U32();
  if (!in.ok() || format != kChangelogFormat || number == 0 || part >= parts) {
    return absl::DataLossError(
        absl::StrCat("a record of the deltas is damaged or of another format than ",
                     static_cast<int>(kChangelogFormat)));
  }
  if (!begun_ && part != 0) {
    return std::nullopt;
  }
  begun_ = true;
  if (part != parts_ || (part > 0 && number != delta_.number)) {
    return absl::DataLossError(absl::StrCat("part ", part, " of delta ", number,
                                            " does not follow on part ", parts_, " of delta ",
                                            delta_.number));
  }
  delta_.number = number;
  delta_.from_offset = from_offset;
  bytes_.append(in.rest().data(), in.rest().size());
  ++parts_;
  if (parts_ < parts) {
    return std::nullopt;
  }
  parts_ = 0;
  std::optional<StateBatch> changes = DecodeChanges(std::exchange(bytes_, std::string()));
  if (!changes) {
    return absl::DataLossError(absl::StrCat("delta ", number, " is damaged"));
  }
  delta_.changes = *std::move(changes);
  return std::exchange(delta_, Delta());
}

}  // namespace weir
