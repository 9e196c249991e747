// Text for people.
//
// Layer: deploy/weir.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace weir {

// `1,234,567`.
inline std::string WithThousands(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t i = digits.size(); i > 3; i -= 3) {
    digits.insert(i - 3, 1, ',');
  }
  return digits;
}

// Appends `text` as lines of at most 100 columns where its blanks allow that, each of them behind
// `indent`.
inline void AppendWrapped(absl::string_view text, absl::string_view indent, std::string& out) {
  constexpr size_t kColumns = 100;
  std::string line(indent);
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const bool is_first = line.size() == indent.size();
    if (!is_first && line.size() + 1 + word.size() > kColumns) {
      absl::StrAppend(&out, line, "\n");
      line.assign(indent.data(), indent.size());
      absl::StrAppend(&line, word);
    } else {
      absl::StrAppend(&line, is_first ? "" : " ", word);
    }
  }
  absl::StrAppend(&out, line, "\n");
}

}  // namespace weir
