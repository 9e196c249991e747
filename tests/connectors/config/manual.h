// CONFIG.md, as tests hold it to the code: its examples and its tables.
//
// Layer: tests (nothing of Weir).
#pragma once

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"

namespace weir {

inline std::string Manual() {
  const std::string path = absl::StrCat(WEIR_SOURCE_DIR, "/connectors/config/CONFIG.md");
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

inline std::vector<std::string> ManualExamples() {
  std::vector<std::string> examples;
  const std::vector<std::string> parts = absl::StrSplit(Manual(), "```");
  for (size_t i = 1; i < parts.size(); i += 2) {
    absl::string_view part = parts[i];
    EXPECT_TRUE(absl::ConsumePrefix(&part, "yaml\n")) << part;
    examples.emplace_back(part);
  }
  return examples;
}

struct ManualRow {
  std::string key;
  std::string initial;  // the default, its backquotes taken off
  std::string range;
};

// The rows of the table that follows a line. Its fourth column is the range, and others may follow.
inline std::vector<ManualRow> ManualTable(absl::string_view heading) {
  const std::string manual = Manual();
  const size_t at = manual.find(absl::StrCat("\n", heading, "\n\n"));
  EXPECT_NE(at, std::string::npos) << heading;
  std::vector<ManualRow> rows;
  for (const absl::string_view line :
       absl::StrSplit(manual.substr(at + heading.size() + 3), '\n')) {
    if (line.empty()) {
      break;
    }
    const std::vector<std::string> cells = absl::StrSplit(line, " | ");
    absl::string_view name = cells[0];
    if (absl::ConsumePrefix(&name, "| `") && absl::ConsumeSuffix(&name, "`")) {
      EXPECT_GE(cells.size(), 4U) << line;
      absl::string_view initial = cells.at(2);
      absl::ConsumePrefix(&initial, "`");
      absl::ConsumeSuffix(&initial, "`");
      rows.push_back({std::string(name), std::string(initial),
                      std::string(absl::StripSuffix(cells.at(3), " |"))});
    }
  }
  return rows;
}

inline std::set<std::string> KeysOf(const std::vector<ManualRow>& rows,
                                    absl::string_view prefix = "") {
  std::set<std::string> keys;
  for (const ManualRow& row : rows) {
    absl::string_view key = row.key;
    if (absl::ConsumePrefix(&key, prefix)) {
      keys.emplace(key);
    }
  }
  return keys;
}

// The keys that a parser knows where it found `zzzzzz`, as it tells them among its problems.
inline std::set<std::string> KnownKeys(const std::vector<std::string>& problems) {
  for (absl::string_view problem : problems) {
    const size_t at = problem.find("`zzzzzz` is not known here: expected ");
    if (at != absl::string_view::npos) {
      problem.remove_prefix(problem.find(": expected ", at) + 11);
      return absl::StrSplit(absl::StrReplaceAll(problem, {{" or ", ", "}}), ", ");
    }
  }
  ADD_FAILURE() << "no problem with a key";
  return {};
}

}  // namespace weir
