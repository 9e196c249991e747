#include "connectors/formats/json_plain.h"

#include <bit>
#include <cstddef>
#include <cstdint>

#include "connectors/formats/char_masks.h"
#include "connectors/formats/json_escapes.h"

namespace weir {

namespace {

constexpr size_t kMostDigits = 19;  // that always fit into 64 bits

// Goes from one double quote of a text to the next, those that are escaped left out, up to the
// first character that is neither plain nor a backslash.
class Quotes {
 public:
  explicit Quotes(absl::string_view text) : block_(text.data()), end_(block_ + text.size()) {
    Look();
  }

  // Null if there is none.
  const char* Next() {
    while (left_ == 0) {
      if (backslashes_ != 0) {
        last_backslash_ = LastOf(backslashes_);
      }
      block_ += kMaskedCharacters;
      if (block_ >= end_ || !plain_) {
        return nullptr;
      }
      Look();
    }
    const char* const quote = block_ + std::countr_zero(left_);
    left_ &= left_ - 1;
    return quote;
  }

  // Whether there is a backslash between `begin` and the quote `end` that was given last.
  bool HasEscape(const char* begin, const char* end) const {
    const uint64_t before = backslashes_ & ((uint64_t{1} << (end - block_)) - 1);
    return (before != 0 ? LastOf(before) : last_backslash_) >= begin;
  }

 private:
  const char* LastOf(uint64_t bits) const { return block_ + std::bit_width(bits) - 1; }

  void Look() {
    const CharMasks masks = MaskCharacters(block_);
    const auto size = static_cast<size_t>(end_ - block_);
    const uint64_t inside = size < kMaskedCharacters ? (uint64_t{1} << size) - 1 : ~uint64_t{0};
    const uint64_t not_plain = masks.not_plain & ~masks.backslashes & inside;
    const uint64_t before = (not_plain & -not_plain) - 1;  // all, if all is plain
    backslashes_ = masks.backslashes;
    left_ = masks.quotes & ~escapes_.Of(backslashes_) & inside & before;
    plain_ = not_plain == 0;
  }

  const char* block_;
  const char* end_;
  uint64_t left_ = 0;  // quotes of the block that have not been given
  uint64_t backslashes_ = 0;
  const char* last_backslash_ = block_;  // of the blocks before; at first none that matters
  Escapes escapes_;
  bool plain_ = false;  // nothing in the block is anything else
};

// Stands in the text, and reads from there. Behind the end it takes no string, and so it cannot
// come back to the end once it has passed it.
class PlainReader {
 public:
  PlainReader(absl::string_view text, Arena& unescaped)
      : at_(text.data()), end_(at_ + text.size()), quotes_(text), unescaped_(unescaped) {}

  bool ReadObject(JsonObject& object) {
    if (!Take('{')) {
      return false;
    }
    do {
      absl::string_view name;
      if (!String(name) || !Take(':') || !Value(FieldOf(name), object)) {
        return false;
      }
    } while (Take(','));
    return Take('}') && at_ == end_;
  }

 private:
  // The character, and blanks around it.
  bool Take(char c) {
    if (*at_ == ' ') {
      SkipBlanks();
    }
    if (*at_ != c) {
      return false;
    }
    if (*++at_ == ' ') {
      SkipBlanks();
    }
    return true;
  }

  void SkipBlanks() {
    while (*at_ == ' ' && at_ < end_) {
      ++at_;
    }
  }

  bool String(absl::string_view& text) {
    if (quotes_.Next() != at_) {
      return false;
    }
    const char* const close = quotes_.Next();
    if (close == nullptr) {
      return false;
    }
    text = {at_ + 1, static_cast<size_t>(close - at_) - 1};
    at_ = close + 1;
    return !quotes_.HasEscape(text.data(), close) || Unescape(text);
  }

  bool Unescape(absl::string_view& text) {
    char* const begin = unescaped_.Allocate(text.size() + kUnescapeSlack);
    const char* const end = RemoveEscapes(text, begin);
    text = {begin, end == nullptr ? 0 : static_cast<size_t>(end - begin)};
    return end != nullptr;
  }

  bool Number(uint64_t& number) {
    const char* const begin = at_;
    number = 0;
    for (; *at_ >= '0' && *at_ <= '9' && at_ < end_; ++at_) {
      number = number * 10 + static_cast<uint64_t>(*at_ - '0');
    }
    const auto digits = static_cast<size_t>(at_ - begin);
    const bool zeros_lead = *begin == '0' && digits > 1;
    return digits > 0 && digits <= kMostDigits && !zeros_lead;
  }

  bool Value(JsonField field, JsonObject& object) {
    JsonValue value = {.kind = JsonValue::Kind::kString, .data = nullptr, .number = 0};
    if (*at_ == '"') {
      absl::string_view text;
      if (!String(text)) {
        return false;
      }
      value.data = text.data();
      value.number = text.size();
    } else if (*at_ == 'n') {
      return Null(field, object);
    } else {
      value.kind = JsonValue::Kind::kUnsigned;
      if (!Number(value.number)) {
        return false;
      }
    }
    if (field != JsonField::kCount) {
      object.Add(field) = value;
    }
    return true;
  }

  bool Null(JsonField field, JsonObject& object) {
    constexpr absl::string_view kNull = "null";
    if (absl::string_view(at_, kNull.size()) != kNull) {
      return false;
    }
    at_ += kNull.size();
    if (field != JsonField::kCount) {
      object.Add(field).kind = JsonValue::Kind::kOther;
      object.SetAbsent(field);
    }
    return true;
  }

  const char* at_;
  const char* end_;
  Quotes quotes_;
  Arena& unescaped_;
};

}  // namespace

bool ReadPlainObject(absl::string_view text, JsonObject& object, Arena& unescaped) {
  return PlainReader(text, unescaped).ReadObject(object);
}

}  // namespace weir
