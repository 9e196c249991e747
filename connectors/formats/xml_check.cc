#include "connectors/formats/xml_check.h"

#include <simdjson.h>

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

#include "engine/base/hex.h"

namespace weir {

namespace {

constexpr bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Letters beyond ASCII are taken for letters, whatever they are.
constexpr bool StartsName(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

constexpr bool ContinuesName(char c) {
  return StartsName(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

// Whether XML allows a character, given by its number.
constexpr bool IsCharacter(uint32_t c) {
  return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0xD7FF) ||
         (c >= 0xE000 && c <= 0xFFFD) || (c >= 0x10000 && c <= 0x10FFFF);
}

// The same for all of a text that is UTF-8: no control characters, neither U+FFFE nor U+FFFF.
bool AreCharacters(absl::string_view text) {
  const bool has_control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && !IsBlank(c);
  });
  return !has_control && !absl::StrContains(text, "\xEF\xBF\xBE") &&
         !absl::StrContains(text, "\xEF\xBF\xBF");
}

// The digits of a character reference.
bool NamesCharacter(absl::string_view digits, uint32_t base) {
  constexpr uint32_t kBeyond = 0x110000;
  uint32_t number = 0;
  for (const char c : digits) {
    const int digit = HexDigit(c);
    if (digit < 0 || static_cast<uint32_t>(digit) >= base) {
      return false;
    }
    number = std::min(number * base + static_cast<uint32_t>(digit), kBeyond);
  }
  return !digits.empty() && IsCharacter(number);
}

// What stands between `&` and `;`: a character by its number, or one of the five that need no
// declaration.
bool IsReference(absl::string_view name) {
  if (absl::ConsumePrefix(&name, "#x")) {
    return NamesCharacter(name, 16);
  }
  if (absl::ConsumePrefix(&name, "#")) {
    return NamesCharacter(name, 10);
  }
  return name == "amp" || name == "lt" || name == "gt" || name == "quot" || name == "apos";
}

bool HasOnlyReferences(absl::string_view text) {
  for (size_t at = text.find('&'); at != absl::string_view::npos; at = text.find('&', at + 1)) {
    const size_t end = text.find(';', at);
    if (end == absl::string_view::npos || !IsReference(text.substr(at + 1, end - at - 1))) {
      return false;
    }
  }
  return true;
}

// Works through a document from its front and keeps the first fault.
class Scanner {
 public:
  explicit Scanner(absl::string_view text) : rest_(text) {}

  std::optional<DeadReason> Scan() {
    Declaration();
    while (!fault_ && !rest_.empty()) {
      if (rest_.front() == '<') {
        Markup();
      } else {
        Text();
      }
    }
    if (!root_seen_ || !open_.empty()) {
      Fail(DeadReason::kBadXml);
    }
    return fault_;
  }

 private:
  struct Attribute {
    absl::string_view name;
    absl::string_view value;
  };

  void Fail(DeadReason reason) {
    if (!fault_) {
      fault_ = reason;
    }
  }

  bool Take(absl::string_view prefix) { return absl::ConsumePrefix(&rest_, prefix); }

  void Expect(absl::string_view prefix) {
    if (!Take(prefix)) {
      Fail(DeadReason::kBadXml);
    }
  }

  // Whether there was a blank.
  bool SkipBlanks() {
    const size_t size = rest_.size();
    while (!rest_.empty() && IsBlank(rest_.front())) {
      rest_.remove_prefix(1);
    }
    return rest_.size() < size;
  }

  // Everything before `end`, which is skipped.
  absl::string_view TakeUntil(absl::string_view end) {
    const size_t at = rest_.find(end);
    if (at == absl::string_view::npos) {
      Fail(DeadReason::kBadXml);
      return {};
    }
    const absl::string_view taken = rest_.substr(0, at);
    rest_.remove_prefix(at + end.size());
    return taken;
  }

  absl::string_view Name() {
    size_t size = 0;
    while (size < rest_.size() && ContinuesName(rest_[size])) {
      ++size;
    }
    if (size == 0 || !StartsName(rest_.front())) {
      Fail(DeadReason::kBadXml);
      return {};
    }
    const absl::string_view name = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return name;
  }

  Attribute NextAttribute() {
    const absl::string_view name = Name();
    SkipBlanks();
    Expect("=");
    SkipBlanks();
    const absl::string_view quote = !rest_.empty() && rest_.front() == '\'' ? "'" : "\"";
    Expect(quote);
    const absl::string_view value = TakeUntil(quote);
    if (absl::StrContains(value, '<') || !HasOnlyReferences(value)) {
      Fail(DeadReason::kBadXml);
    }
    return {.name = name, .value = value};
  }

  // `<?xml version="1.0" encoding="UTF-8" standalone="no"?>`, at the very beginning or not at all.
  void Declaration() {
    if (rest_.size() < 6 || !absl::StartsWith(rest_, "<?xml") || !IsBlank(rest_[5])) {
      return;
    }
    Expect("<?xml");
    // The three come in this order, the last two if need be.
    constexpr absl::string_view kNames[] = {"version", "encoding", "standalone"};
    const auto* next = std::begin(kNames);
    bool has_version = false;
    while (!fault_ && SkipBlanks() && !absl::StartsWith(rest_, "?>")) {
      const Attribute attribute = NextAttribute();
      const auto* found = std::find(next, std::end(kNames), attribute.name);
      if (found == std::end(kNames)) {
        Fail(DeadReason::kBadXml);
        return;
      }
      has_version |= attribute.name == "version" && absl::StartsWith(attribute.value, "1.");
      if (attribute.name == "encoding" && !absl::EqualsIgnoreCase(attribute.value, "utf-8")) {
        Fail(DeadReason::kBadUtf8);
      }
      next = found + 1;
    }
    Expect("?>");
    if (!has_version) {
      Fail(DeadReason::kBadXml);
    }
  }

  void Text() {
    const absl::string_view text = rest_.substr(0, rest_.find('<'));
    rest_.remove_prefix(text.size());
    const bool fits = open_.empty() ? std::all_of(text.begin(), text.end(), IsBlank)
                                    : !absl::StrContains(text, "]]>") && HasOnlyReferences(text);
    if (!fits) {
      Fail(DeadReason::kBadXml);
    }
  }

  void Markup() {
    if (Take("<!--")) {
      TakeUntil("--");
      Expect(">");
    } else if (!open_.empty() && Take("<![CDATA[")) {
      TakeUntil("]]>");
    } else if (absl::StartsWith(rest_, "<!DOCTYPE")) {
      Fail(DeadReason::kDoctype);
    } else if (Take("<?")) {
      Instruction();
    } else if (Take("</")) {
      EndTag();
    } else {
      Expect("<");
      StartTag();
    }
  }

  // A processing instruction. Its name must not be that of the declaration.
  void Instruction() {
    const absl::string_view name = Name();
    if (absl::EqualsIgnoreCase(name, "xml") || (!absl::StartsWith(rest_, "?>") && !SkipBlanks())) {
      Fail(DeadReason::kBadXml);
    }
    TakeUntil("?>");
  }

  void EndTag() {
    const absl::string_view name = Name();
    SkipBlanks();
    Expect(">");
    if (open_.empty() || open_.back() != name) {
      Fail(DeadReason::kBadXml);
      return;
    }
    open_.pop_back();
  }

  void StartTag() {
    const absl::string_view name = Name();
    if (open_.empty() && root_seen_) {
      Fail(DeadReason::kBadXml);
    }
    if (open_.size() == kMaxXmlDepth) {
      Fail(DeadReason::kTooDeep);
    }
    root_seen_ = true;
    Attributes();
    if (Take("/>")) {
      return;
    }
    Expect(">");
    open_.push_back(name);
  }

  void Attributes() {
    names_.clear();
    while (!fault_) {
      const bool apart = SkipBlanks();
      if (rest_.empty() || rest_.front() == '>' || rest_.front() == '/') {
        break;
      }
      if (!apart) {
        Fail(DeadReason::kBadXml);
      }
      names_.push_back(NextAttribute().name);
    }
    // Sorted: an element may have so many that comparing each with each would take too long.
    std::sort(names_.begin(), names_.end());
    if (std::adjacent_find(names_.begin(), names_.end()) != names_.end()) {
      Fail(DeadReason::kBadXml);
    }
  }

  absl::string_view rest_;
  std::vector<absl::string_view> open_;   // the elements around what comes next
  std::vector<absl::string_view> names_;  // of the attributes of one element
  bool root_seen_ = false;
  std::optional<DeadReason> fault_;
};

}  // namespace

std::optional<DeadReason> CheckXml(absl::string_view text) {
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    return DeadReason::kBadUtf8;
  }
  if (!AreCharacters(text)) {
    return DeadReason::kBadXml;
  }
  return Scanner(text).Scan();
}

}  // namespace weir
