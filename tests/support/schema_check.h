// Whether documents are valid under the schema of DUIS, by xmllint.
//
// Layer: tests/support.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "tests/support/shared_data.h"

namespace weir {

// Documents in a folder that is gone with it.
class SchemaCheck {
 public:
  SchemaCheck() : schema_(SharedData("schemas/duis-5.4.xsd")) {
    std::string path = (std::filesystem::temp_directory_path() / "weir-duis-XXXXXX").string();
    folder_ = mkdtemp(path.data()) == nullptr ? "" : path;
  }

  ~SchemaCheck() { std::filesystem::remove_all(folder_); }

  SchemaCheck(const SchemaCheck&) = delete;
  SchemaCheck& operator=(const SchemaCheck&) = delete;

  const std::string& schema() const { return schema_; }

  // Whether the schema is there.
  bool can_run() const { return std::filesystem::exists(schema_); }

  void Add(absl::string_view name, absl::string_view document) const {
    std::ofstream(absl::StrCat(folder_, "/", name, ".xml")) << document;
  }

  // What is wrong with the documents; empty if nothing is.
  std::string Run() const {
    return Shell(absl::StrCat("cd '", folder_, "' && xmllint --noout --nonet --schema '",
                              std::filesystem::absolute(schema_).string(), "' *.xml"));
  }

 private:
  // What a command says if it fails.
  static std::string Shell(const std::string& command) {
    std::FILE* const pipe = popen(absl::StrCat(command, " 2>&1").c_str(), "r");
    if (pipe == nullptr) {
      return "no shell";
    }
    std::string text;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
      text.push_back(static_cast<char>(c));
    }
    return pclose(pipe) == 0 ? "" : absl::StrCat("failed: ", text);
  }

  std::string schema_;
  std::string folder_;
};

}  // namespace weir
