// JSON as `weir inspect` prints it: compact objects and lists, written from front to back.
//
// Layer: deploy/weir (connectors/formats, engine/base).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "connectors/formats/json_writer.h"
#include "engine/base/units.h"

namespace weir {

// One object: opened when it is made, closed when it goes.
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_.push_back('{'); }

  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  ~JsonObject() { out_.push_back('}'); }

  // What is appended next is the member's value.
  std::string& Member(absl::string_view name) {
    absl::StrAppend(&out_, empty_ ? "" : ",", "\"", name, "\":");
    empty_ = false;
    return out_;
  }

  void Text(absl::string_view name, absl::string_view text) {
    AppendJsonString(text, Member(name));
  }

  void Number(absl::string_view name, uint64_t number) { absl::StrAppend(&Member(name), number); }

  void Flag(absl::string_view name, bool flag) {
    absl::StrAppend(&Member(name), flag ? "true" : "false");
  }

  // A time beyond kLatestTime is told as that.
  void Time(absl::string_view name, TimeMs time) {
    Text(name, FormatTime(std::min(time, kLatestTime)));
  }

  void Time(absl::string_view name, std::optional<TimeMs> time) {
    if (time) {
      Time(name, *time);
    }
  }

 private:
  std::string& out_;
  bool empty_ = true;
};

// `append(entry)` for the first entries of a list, at most `top`.
template <typename Entries, typename Append>
void AppendList(const Entries& entries, size_t top, std::string& out, Append&& append) {
  out.push_back('[');
  for (size_t i = 0; i < std::min(entries.size(), top); ++i) {
    out.append(i == 0 ? "" : ",");
    append(entries[i]);
  }
  out.push_back(']');
}

}  // namespace weir
