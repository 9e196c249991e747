#include "connectors/config/yaml_reader.h"

#include <algorithm>
#include <exception>
#include <numeric>
#include <sstream>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/mark.h"
#include "yaml-cpp/parser.h"

namespace weir {

namespace {

// The length of the UTF-8 sequence at the start of `text`; 0 if there is none.
size_t Utf8Length(absl::string_view text) {
  const auto byte = [text](size_t i) -> uint32_t { return static_cast<unsigned char>(text[i]); };
  const uint32_t lead = byte(0);
  if (lead < 0x80) {
    return 1;
  }
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) {
    return 0;
  }
  for (size_t i = 1; i < length; ++i) {
    if (byte(i) >> 6 != 2) {
      return 0;
    }
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xED && byte(1) >= 0xA0;
  const bool beyond = lead == 0xF4 && byte(1) >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
}

// Whether all bytes are text; reports the first that is not. yaml-cpp must not see such bytes: it
// takes 0x04 for the end of the file, and guesses another encoding from zeros.
bool CheckIsText(absl::string_view text, YamlProblems& problems) {
  int line = 1;
  for (size_t i = 0; i < text.size();) {
    const size_t length = Utf8Length(text.substr(i));
    if (length == 0 || IsControl(text[i])) {
      const auto byte = static_cast<unsigned char>(text[i]);
      problems.Add(line, absl::StrCat("the byte 0x", absl::Hex(byte, absl::kZeroPad2), " is ",
                                      length == 0 ? "not UTF-8" : "a control character",
                                      ", expected text in UTF-8: save the file as UTF-8 text"));
      return false;
    }
    line += text[i] == '\n' ? 1 : 0;
    i += length;
  }
  return true;
}

int LineOf(const YAML::Mark& mark) {
  return mark.is_null() ? 1 : mark.line + 1;
}

// Builds the tree from the parser's events. The nodes of an open map are keys and values in turn.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(YamlProblems& problems) : problems_(problems) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 2) {
      problems_.Add(LineOf(mark),
                    "more follows after the end of the document, expected a single one: check the "
                    "indentation, and for a `---` or bracket too many");
    }
  }

  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    Add(Node(YamlNode::Kind::kEmpty, mark));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    if (IsWanted()) {
      problems_.Add(LineOf(mark), "aliases (`*name`) are not supported: write the value out");
    }
    Add(Node(YamlNode::Kind::kRefused, mark));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                const std::string& value) override {
    YamlNode node = Node(YamlNode::Kind::kText, mark);
    node.text = value;
    node.quoted = tag == "!";  // so yaml-cpp tells what is quoted from what is plain
    RefuseTag(tag, node);
    Add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(YamlNode::Kind::kList, mark, tag);
  }

  void OnSequenceEnd() override { Close(YamlNode::Kind::kList); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(YamlNode::Kind::kMap, mark, tag);
  }

  void OnMapEnd() override { Close(YamlNode::Kind::kMap); }

  int documents() const { return documents_; }

  bool too_deep() const { return too_deep_; }

  std::optional<YamlNode>& root() { return root_; }

 private:
  static YamlNode Node(YamlNode::Kind kind, const YAML::Mark& mark) {
    YamlNode node;
    node.kind = kind;
    node.line = LineOf(mark);
    return node;
  }

  // Only the first document counts, and of it what is not nested too deeply.
  bool IsWanted() const { return documents_ == 1 && skipped_depth_ == 0; }

  void RefuseTag(const std::string& tag, YamlNode& node) {
    if (tag.empty() || tag == "?" || tag == "!") {
      return;
    }
    if (IsWanted()) {
      problems_.Add(node.line,
                    "tags (`!name`) are not supported: leave the tag out; text that "
                    "starts with `!` goes in quotes");
    }
    node.kind = YamlNode::Kind::kRefused;
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag) {
    if (!IsWanted() || open_.size() == kMaxYamlDepth) {
      if (IsWanted()) {
        too_deep_ = true;
        problems_.Add(LineOf(mark), absl::StrCat("lists and maps are nested more than ",
                                                 kMaxYamlDepth, " deep, which nothing here needs"));
      }
      ++skipped_depth_;
      return;
    }
    open_.push_back(Node(kind, mark));
    RefuseTag(tag, open_.back());
  }

  void Close(YamlNode::Kind kind) {
    if (skipped_depth_ > 0) {
      if (--skipped_depth_ == 0) {
        YamlNode refused;
        refused.kind = YamlNode::Kind::kRefused;
        Add(std::move(refused));
      }
      return;
    }
    if (open_.empty()) {
      return;  // yaml-cpp keeps starts and ends in balance; a crash must not depend on it
    }
    YamlNode node = std::move(open_.back());
    open_.pop_back();
    if (kind == YamlNode::Kind::kMap) {
      JoinKeysToValues(node);
    }
    Add(std::move(node));
  }

  void Add(YamlNode node) {
    if (!IsWanted()) {
      return;
    }
    if (!open_.empty()) {
      open_.back().items.push_back(std::move(node));
    } else if (!root_) {
      root_ = std::move(node);
    }
  }

  void JoinKeysToValues(YamlNode& map) {
    absl::flat_hash_map<std::string, int> lines;
    std::vector<YamlNode> values;
    for (size_t i = 0; i + 1 < map.items.size(); i += 2) {
      const YamlNode& key = map.items[i];
      if (key.kind != YamlNode::Kind::kText) {
        if (key.kind != YamlNode::Kind::kRefused) {
          problems_.Add(key.line, absl::StrCat("a key is ", key.Found(), ", expected a word"));
        }
        continue;
      }
      const auto [first, is_new] = lines.try_emplace(key.text, key.line);
      if (!is_new) {
        problems_.Add(key.line, absl::StrCat(Quoted(key.text), " is given twice, first in line ",
                                             first->second, ": keep one of them"));
        continue;
      }
      values.push_back(std::move(map.items[i + 1]));
      values.back().key = key.text;
      values.back().key_quoted = key.quoted;
      values.back().line = key.line;
    }
    map.items = std::move(values);
  }

  YamlProblems& problems_;
  int documents_ = 0;
  bool too_deep_ = false;
  size_t skipped_depth_ = 0;
  std::vector<YamlNode> open_;
  std::optional<YamlNode> root_;
};

// Whether the text could be parsed to its end.
bool Parse(absl::string_view text, TreeBuilder& builder, YamlProblems& problems) {
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    // Not beyond a second document: a bracket too many gives empty documents without end.
    while (builder.documents() < 2 && parser.HandleNextDocument(builder)) {
    }
    return true;
  } catch (const YAML::Exception& e) {
    // yaml-cpp gives up on deep nesting, which the builder has reported in better words.
    if (!builder.too_deep()) {
      problems.Add(LineOf(e.mark), absl::StrCat("this cannot be read as YAML (", e.msg,
                                                "): check indentation, colons, quotes and brackets "
                                                "in this line and those before"));
    }
  } catch (const std::exception& e) {
    problems.Add(1, absl::StrCat("this cannot be read as YAML (", e.what(), ")"));
  }
  return false;
}

// The number of characters to insert, remove or replace to get from `a` to `b`.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

// "a, b or c".
std::string Alternatives(absl::Span<const absl::string_view> words) {
  const std::string all_but_last = absl::StrJoin(words.subspan(0, words.size() - 1), ", ");
  return absl::StrCat(all_but_last, words.size() > 1 ? " or " : "", words.back());
}

bool IsDigits(absl::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == absl::string_view::npos;
}

}  // namespace

void YamlProblems::Add(int line, absl::string_view problem) {
  if (found_.size() < kMaxTold) {
    found_.push_back({line, std::string(problem)});
  } else {
    ++untold_;
  }
}

absl::Status YamlProblems::ToStatus() const {
  if (found_.empty()) {
    return absl::OkStatus();
  }
  std::vector<Problem> told = found_;
  std::stable_sort(told.begin(), told.end(),
                   [](const Problem& a, const Problem& b) { return a.line < b.line; });
  std::string message = absl::StrJoin(told, "\n", [this](std::string* out, const Problem& problem) {
    absl::StrAppend(out, file_, ":", problem.line, ": ", problem.text);
  });
  if (untold_ > 0) {
    absl::StrAppend(&message, "\n", file_, ": and ", untold_, " more");
  }
  return absl::InvalidArgumentError(message);
}

std::string Quoted(absl::string_view text) {
  constexpr size_t kMaxShown = 40;
  size_t shown = 0;
  while (shown < text.size() && shown < kMaxShown) {
    shown += std::max(Utf8Length(text.substr(shown)), size_t{1});
  }
  return absl::StrCat("`", absl::Utf8SafeCEscape(text.substr(0, shown)),
                      shown < text.size() ? "..." : "", "`");
}

std::string YamlNode::Found() const {
  switch (kind) {
    case Kind::kText:
      return written.empty() ? Quoted(text)
                             : absl::StrCat(Quoted(written), " (its value is not shown)");
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
    case Kind::kEmpty:
    case Kind::kRefused:
      break;
  }
  return "empty";
}

const YamlNode* YamlNode::Find(absl::string_view name) const {
  if (kind != Kind::kMap) {
    return nullptr;
  }
  const auto found = std::find_if(items.begin(), items.end(),
                                  [name](const YamlNode& item) { return item.key == name; });
  return found == items.end() ? nullptr : &*found;
}

std::optional<YamlNode> ReadYaml(absl::string_view text, YamlProblems& problems) {
  TreeBuilder builder(problems);
  if (!CheckIsText(text, problems) || !Parse(text, builder, problems)) {
    return std::nullopt;
  }
  return builder.root() ? std::move(builder.root()) : std::make_optional(YamlNode());
}

std::optional<uint64_t> ReadNumber(const YamlNode& node, NumberRange range,
                                   YamlProblems& problems) {
  uint64_t number = 0;
  // A leading zero means octal to some readers of YAML.
  const bool plain = node.kind == YamlNode::Kind::kText && IsDigits(node.text) &&
                     (node.text[0] != '0' || node.text.size() == 1);
  if (plain && absl::SimpleAtoi(node.text, &number) && number >= range.first &&
      number <= range.last) {
    return number;
  }
  AddUnexpected(node, absl::StrCat("a whole number from ", range.first, " to ", range.last),
                problems);
  return std::nullopt;
}

std::optional<DurationMs> ReadDuration(const YamlNode& node, DurationRange range,
                                       YamlProblems& problems) {
  const bool zero = node.text == "0" && range.first == DurationMs{0};
  const std::optional<DurationMs> duration = zero ? DurationMs{0} : ParseDuration(node.text);
  const std::string bounds =
      absl::StrCat(FormatDuration(range.first), " to ", FormatDuration(range.last));
  if (node.kind != YamlNode::Kind::kText || !duration) {
    AddUnexpected(node,
                  absl::StrCat("a duration such as 90s, 10m, 1h, 7d (a whole number and a unit, "
                               "without a blank; ",
                               bounds, ")"),
                  problems);
    return std::nullopt;
  }
  if (*duration < range.first || *duration > range.last) {
    AddUnexpected(node, absl::StrCat("a duration of ", bounds), problems);
    return std::nullopt;
  }
  return duration;
}

std::optional<TimeMs> ReadTime(const YamlNode& node, YamlProblems& problems) {
  const std::optional<TimeMs> time =
      node.kind == YamlNode::Kind::kText ? ParseTime(node.text) : std::nullopt;
  if (!time) {
    AddUnexpected(node, "a UTC time such as 2019-11-29T00:00:00Z", problems);
  }
  return time;
}

std::optional<bool> ReadBool(const YamlNode& node, YamlProblems& problems) {
  constexpr absl::string_view kWords[] = {"false", "true"};
  const std::optional<size_t> word = ReadWord(node, kWords, problems);
  return word ? std::make_optional(*word == 1) : std::nullopt;
}

std::optional<size_t> ReadWord(const YamlNode& node, absl::Span<const absl::string_view> words,
                               YamlProblems& problems) {
  const auto found = std::find(words.begin(), words.end(), node.text);
  if (node.kind == YamlNode::Kind::kText && found != words.end()) {
    return static_cast<size_t>(found - words.begin());
  }
  const absl::string_view nearest = NearestWord(node.text, words);
  AddUnexpected(node,
                absl::StrCat(Alternatives(words), nearest.empty() ? "" : ": did you mean ", nearest,
                             nearest.empty() ? "" : "?"),
                problems);
  return std::nullopt;
}

std::optional<std::string> ReadText(const YamlNode& node, absl::string_view expected,
                                    YamlProblems& problems) {
  if (node.kind == YamlNode::Kind::kText && !node.text.empty()) {
    return node.text;
  }
  AddUnexpected(node, expected, problems);
  return std::nullopt;
}

void AddUnexpected(const YamlNode& node, absl::string_view expected, YamlProblems& problems) {
  if (node.kind != YamlNode::Kind::kRefused) {
    problems.Add(node.line,
                 absl::StrCat(Quoted(node.key), " is ", node.Found(), ", expected ", expected));
  }
}

bool ExpectMap(const YamlNode& node, absl::string_view expected, YamlProblems& problems) {
  if (node.kind == YamlNode::Kind::kMap) {
    return true;
  }
  AddUnexpected(node, expected, problems);
  return false;
}

void CheckKeys(const YamlNode& map, absl::Span<const absl::string_view> known, KeyHint hint,
               YamlProblems& problems) {
  for (const YamlNode& item : map.items) {
    if (std::find(known.begin(), known.end(), item.key) != known.end()) {
      continue;
    }
    const absl::string_view nearest = NearestWord(item.key, known);
    const absl::string_view belongs = hint == nullptr ? "" : hint(item.key);
    const std::string advice = !belongs.empty() ? std::string(belongs)
                               : nearest.empty()
                                   ? absl::StrCat("expected ", Alternatives(known))
                                   : absl::StrCat("did you mean ", Quoted(nearest), "?");
    problems.Add(item.line, absl::StrCat(Quoted(item.key), " is not known here: ", advice));
  }
}

absl::string_view NearestWord(absl::string_view word, absl::Span<const absl::string_view> known) {
  constexpr size_t kMaxDistance = 2;
  absl::string_view nearest;
  size_t least = kMaxDistance + 1;
  for (const absl::string_view candidate : known) {
    // The lengths come first: an endless word must not be compared in full.
    const size_t longer = std::max(word.size(), candidate.size());
    if (longer - std::min(word.size(), candidate.size()) > kMaxDistance || word.empty()) {
      continue;
    }
    if (const size_t distance = EditDistance(word, candidate); distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace weir
