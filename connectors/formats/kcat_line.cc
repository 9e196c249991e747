#include "connectors/formats/kcat_line.h"

#include <bit>
#include <cstddef>
#include <cstring>
#include <optional>

#include "connectors/formats/alert_text.h"
#include "connectors/formats/alert_text_avx2.h"
#include "connectors/formats/avx2.h"
#include "connectors/formats/char_masks.h"
#include "connectors/formats/json.h"
#include "connectors/formats/json_escapes.h"
#include "connectors/formats/short_text.h"

namespace weir {

namespace {

static_assert(kUnescapeSlack >= kJsonPadding);

constexpr ShortText kTopic("{\"topic\":");
constexpr ShortText kPartition(",\"partition\":");
constexpr ShortText kOffset(",\"offset\":");
constexpr ShortText kTsType(",\"tstype\":");
constexpr ShortText kCreate("\"create\"");
constexpr ShortText kTs(",\"ts\":");
constexpr ShortText kBroker(",\"broker\":");
constexpr ShortText kKey(",\"key\":");
constexpr ShortText kNull("null");
constexpr ShortText kPayload(",\"payload\":\"");

// Stands in the line, and reads from there. Between what it checks against the end it goes on for
// less than the padding: some names and values of fixed size.
template <typename Text>
class KcatReader {
 public:
  KcatReader(absl::string_view line, Arena& arena)
      : at_(line.data()), end_(at_ + line.size()), arena_(arena) {}

  bool Read(KcatLine& read) {
    uint64_t ignored = 0;
    return kTopic.Take(at_) && String(read.topic) && kPartition.Take(at_) &&
           Number(read.partition) && kOffset.Take(at_) && Number(read.offset) &&
           (!kTsType.Take(at_) || TsType()) && (!kTs.Take(at_) || Time(read.timestamp)) &&
           (!kBroker.Take(at_) || Number(ignored)) && kKey.Take(at_) &&
           (kNull.Take(at_) || Key(read.named)) && kPayload.Take(at_) && Payload(read.value);
  }

 private:
  bool TsType() {
    absl::string_view ignored;
    return kCreate.Take(at_) || String(ignored);
  }

  // A string of less than 64 plain characters.
  bool String(absl::string_view& text) {
    if (at_ >= end_ || *at_ != '"') {
      return false;
    }
    const CharMasks masks = MaskCharacters(at_ + 1);
    const uint64_t before = (masks.quotes & -masks.quotes) - 1;
    text = {at_ + 1, static_cast<size_t>(std::countr_zero(masks.quotes))};
    at_ += text.size() + 2;
    return masks.quotes != 0 && (masks.not_plain & before) == 0 && at_ < end_;
  }

  bool Number(uint64_t& number) {
    const size_t digits = Text::Number(at_, number);
    const bool is_number = digits == 1 || (digits > 1 && *at_ != '0');
    at_ += digits;
    return is_number && at_ < end_;
  }

  bool Time(int64_t& timestamp) {
    uint64_t number = 0;
    const bool is_read = Number(number);
    timestamp = static_cast<int64_t>(number);
    return is_read;
  }

  bool Key(std::optional<Eui64>& named) {
    Eui64 id;
    uint32_t ignored = 0;
    if (*at_ == '"' && Text::Id(at_ + 1, id, ignored)) {
      named = id;
      at_ += kEui64TextSize + 2;
      return true;
    }
    absl::string_view text;
    const bool is_read = String(text);
    named = ParseEui64(text);
    return is_read;
  }

  // Behind its quote: what is left of the line but the end of the string and of the object.
  bool Payload(absl::string_view& value) {
    const auto left = static_cast<size_t>(end_ - at_);
    if (at_ >= end_ || left < 2 || end_[-2] != '"' || end_[-1] != '}') {
      return false;
    }
    char* const begin = arena_.Allocate(left + kUnescapeSlack);
    char* const end = RemoveEscapes({at_, left - 2}, begin);
    if (end == nullptr) {
      return false;
    }
    std::memset(end, 0, kJsonPadding);
    value = {begin, static_cast<size_t>(end - begin)};
    return true;
  }

  const char* at_;
  const char* end_;
  Arena& arena_;
};

#ifdef WEIR_HAS_AVX2

// Flat, so that what is compiled for some processors alone is one with what calls it.
WEIR_AVX2 [[gnu::flatten]] bool ReadWithAvx2(absl::string_view line, Arena& arena, KcatLine& read) {
  return KcatReader<Avx2Text>(line, arena).Read(read);
}

#endif

}  // namespace

bool ReadKcatLinePortably(absl::string_view line, Arena& arena, KcatLine& read) {
  return KcatReader<PortableText>(line, arena).Read(read);
}

bool ReadKcatLine(absl::string_view line, Arena& arena, KcatLine& read) {
#ifdef WEIR_HAS_AVX2
  if (HasAvx2()) {
    return ReadWithAvx2(line, arena, read);
  }
#endif
  return ReadKcatLinePortably(line, arena, read);
}

}  // namespace weir
