#include "deploy/weir/generate_output.h"

#include <cerrno>
#include <system_error>

#include "absl/strings/str_cat.h"

#include "deploy/weir/exit_codes.h"

namespace weir {

BrokenPipesIgnored::BrokenPipesIgnored() {
  struct sigaction ignore {};

  ignore.sa_handler = SIG_IGN;
  restore_ = sigaction(SIGPIPE, &ignore, &before_) == 0;
}

BrokenPipesIgnored::~BrokenPipesIgnored() {
  if (restore_) {
    sigaction(SIGPIPE, &before_, nullptr);
  }
}

void SayGenerated(const std::string& text) {
  static_cast<void>(std::fputs(text.c_str(), stderr));
}

bool GenerateOutput::Write(absl::string_view block) {
  if (error_ == 0 && std::fwrite(block.data(), 1, block.size(), out_) != block.size()) {
    error_ = errno;
  }
  bytes_ += block.size();
  return error_ == 0;
}

bool GenerateOutput::Flush() {
  if (error_ == 0 && std::fflush(out_) != 0) {
    error_ = errno;
  }
  return error_ == 0;
}

int GenerateOutput::Finish() const {
  if (error_ == 0) {
    return kExitDone;
  }
  if (error_ != EPIPE) {
    SayGenerated(absl::StrCat(
        "weir generate: cannot write the alerts: ", std::generic_category().message(error_), "\n"));
  }
  return kExitFailed;
}

SideFile::SideFile(const std::string& path) : path_(path) {
  if (!path.empty()) {
    file_ = std::fopen(path.c_str(), "wbe");
    error_ = file_ == nullptr ? errno : 0;
  }
}

SideFile::~SideFile() {
  if (file_ != nullptr) {
    static_cast<void>(std::fclose(file_));
  }
}

void SideFile::Write(absl::string_view text) {
  if (file_ != nullptr && error_ == 0 &&
      std::fwrite(text.data(), 1, text.size(), file_) != text.size()) {
    error_ = errno;
  }
}

bool SideFile::Finish() {
  if (file_ != nullptr) {
    const bool closed = std::fclose(file_) == 0;
    error_ = closed || error_ != 0 ? error_ : errno;
    file_ = nullptr;
  }
  if (error_ != 0) {
    SayGenerated(absl::StrCat("weir generate: cannot write ", path_, ": ",
                              std::generic_category().message(error_), "\n"));
  }
  return error_ == 0;
}

}  // namespace weir
