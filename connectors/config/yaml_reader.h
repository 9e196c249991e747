// Reads configuration files in YAML so that every problem is told with its line, all at once.
//
// A file is read into a tree of texts: what a text means is for the field to say, so `8020` and
// `8e10` arrive as they were written. Refused, because they hide what a file says: aliases, tags, a
// key given twice, more than one document, nesting beyond kMaxYamlDepth.
//
// Promises: any bytes give a tree or problems; nothing is thrown. Work and memory are in proportion
// to the text.
// Errors: a YamlProblems, whose status is InvalidArgument with one `file:line: problem` a line.
//
// Layer: connectors/config (engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "engine/base/units.h"

namespace weir {

constexpr size_t kMaxYamlDepth = 8;

// What is wrong with one file.
class YamlProblems {
 public:
  // More are counted, but not told.
  static constexpr size_t kMaxTold = 100;

  // `file` as the user knows it.
  explicit YamlProblems(absl::string_view file) : file_(file) {}

  // `problem` says what was found, what was expected, and what to do where that is not plain.
  void Add(int line, absl::string_view problem);

  bool empty() const { return found_.empty(); }

  // InvalidArgument, in order of the lines; OK if there is no problem.
  absl::Status ToStatus() const;

 private:
  struct Problem {
    int line;
    std::string text;
  };

  std::string file_;
  std::vector<Problem> found_;
  size_t untold_ = 0;
};

struct YamlNode {
  enum class Kind : uint8_t {
    kEmpty,  // nothing, `~` or `null`
    kText,
    kList,
    kMap,
    kRefused,  // reported already: to be passed over in silence
  };

  // What was found, for a message: `60` in backquotes, "a list", "empty". What took the place of a
  // variable is not shown: it may be a secret.
  std::string Found() const;

  // The value of a key; null if the map has no such key, or this is no map.
  const YamlNode* Find(absl::string_view name) const;

  Kind kind = Kind::kEmpty;
  int line = 1;         // of a value in a map: the line of its key
  std::string key;      // of a value in a map
  std::string text;     // of kText
  std::string written;  // what the file says, if `text` has taken its place
  bool quoted = false;  // whether the text stands in quotes, or took a variable's place
  bool key_quoted = false;
  std::vector<YamlNode> items;  // of kList and kMap, in the order of the file
};

// The tree of `text`; nothing if there is none, or it could not be read to its end. An empty
// document is a node of kEmpty.
std::optional<YamlNode> ReadYaml(absl::string_view text, YamlProblems& problems);

// The functions below read one value of a map; nothing, and a problem, if it is not as expected.

struct NumberRange {
  uint64_t first = 0;
  uint64_t last = 0;
};

std::optional<uint64_t> ReadNumber(const YamlNode& node, NumberRange range, YamlProblems& problems);

struct DurationRange {
  DurationMs first;
  DurationMs last;
};

// A range from zero takes `0` as well, without a unit.
std::optional<DurationMs> ReadDuration(const YamlNode& node, DurationRange range,
                                       YamlProblems& problems);

std::optional<TimeMs> ReadTime(const YamlNode& node, YamlProblems& problems);

std::optional<bool> ReadBool(const YamlNode& node, YamlProblems& problems);

// The place of the node's text in `words`.
std::optional<size_t> ReadWord(const YamlNode& node, absl::Span<const absl::string_view> words,
                               YamlProblems& problems);

std::optional<std::string> ReadText(const YamlNode& node, absl::string_view expected,
                                    YamlProblems& problems);

// Reports a value that is not as expected, unless it was reported before.
void AddUnexpected(const YamlNode& node, absl::string_view expected, YamlProblems& problems);

// Whether the node is a map; a problem if it is not. `expected` says what it should hold.
bool ExpectMap(const YamlNode& node, absl::string_view expected, YamlProblems& problems);

// Says where a key that is not known here belongs; empty if nowhere.
using KeyHint = absl::string_view (*)(absl::string_view key);

// Reports the keys of a map that are not known. `hint` may be null.
void CheckKeys(const YamlNode& map, absl::Span<const absl::string_view> known, KeyHint hint,
               YamlProblems& problems);

// The known word that `word` was likely meant to be; empty if none is near.
absl::string_view NearestWord(absl::string_view word, absl::Span<const absl::string_view> known);

// `text` for a message: in backquotes, without control characters, cut if it is long.
std::string Quoted(absl::string_view text);

}  // namespace weir
