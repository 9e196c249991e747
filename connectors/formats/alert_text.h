// Reads what stands in nearly every alert, as long as it is written in the usual way: an id, a time
// of day, a number, by the million and without a look at the rest of the text.
//
// PortableText does so in words of eight characters. Others promise the same (alert_text_avx2.h),
// so that a reader takes one of them as its parameter.
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>

#include "absl/strings/string_view.h"

#include "engine/alert/eui64.h"
#include "engine/base/swar.h"
#include "engine/base/units.h"

namespace weir {

// How many characters each function may read.
constexpr size_t kReadByAlertText = 24;

struct PortableText {
  // `90-B3-D5-1F-30-02-00-00"`, in either case, the quote behind it included. Sets bits of `lower`
  // if any of it is in lower case.
  static bool Id(const char* text, Eui64& id, uint32_t& lower) {
    const std::optional<Eui64> parsed = ParseEui64({text, kEui64TextSize});
    if (!parsed || text[kEui64TextSize] != '"') {
      return false;
    }
    id = *parsed;
    // All characters are below 0x80, and the last word overlaps the one before.
    const uint64_t letters = BytesFrom(LoadWord(text), 'a') | BytesFrom(LoadWord(text + 8), 'a') |
                             BytesFrom(LoadWord(text + kEui64TextSize - 8), 'a');
    lower |= letters != 0 ? 1 : 0;
    return true;
  }

  // `23:59:59.999Z"`, the quote behind it included, or what else is to stand there; as
  // milliseconds. No leap second.
  template <char Behind = '"'>
  static bool OfDay(const char* text, int64_t& ms) {
    const auto digit = [text](int i) { return static_cast<uint32_t>(text[i] - '0'); };
    const auto pair = [digit](int i) { return digit(i) * 10 + digit(i + 1); };
    constexpr uint64_t kTime = WordOf("00:00:00");
    constexpr uint64_t kRest = WordOf({'0', '.', '0', '0', '0', 'Z', Behind, '\0', '\0'});
    constexpr uint64_t kFirstBytes = 0x00FFFFFFFFFFFFFF;  // the last one is not ours
    const uint64_t bad =
        Misfits(LoadWord(text), kTime) | (Misfits(LoadWord(text + 7), kRest) & kFirstBytes);
    if ((bad & kHighBits) != 0 || pair(0) > 23 || pair(3) > 59 || pair(6) > 59) {
      return false;
    }
    ms = pair(0) * kHour.value + pair(3) * kMinute.value + pair(6) * kSecond.value +
         int64_t{digit(9)} * 100 + pair(10);
    return true;
  }

  // The digits at the front of `text`, of which there are 1 to 15. Gives how many; 0 if there are
  // none or more.
  static size_t Number(const char* text, uint64_t& number) {
    constexpr size_t kMost = 15;
    number = 0;
    size_t count = 0;
    for (; count <= kMost && text[count] >= '0' && text[count] <= '9'; ++count) {
      number = number * 10 + static_cast<uint64_t>(text[count] - '0');
    }
    return count <= kMost ? count : 0;
  }

 private:
  // The high bit of each byte that is not as in the pattern, where '0' stands for any digit.
  static constexpr uint64_t Misfits(uint64_t word, uint64_t pattern) {
    uint64_t slack = 0;  // what a byte may be added to without reaching 0x80
    for (int i = 0; i < 8; ++i) {
      const uint64_t most = ByteOf(pattern, i) == '0' ? 9 : 0;
      slack |= (uint64_t{0x7F} - most) << (8 * i);
    }
    const uint64_t values = word ^ pattern;
    return values | (((values & ~kHighBits) + slack) & kHighBits);
  }
};

}  // namespace weir
