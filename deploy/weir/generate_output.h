// Where `weir generate` writes to, and what it says about it.
//
// Layer: deploy/weir.
#pragma once

#include <signal.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include "absl/strings/string_view.h"

namespace weir {

// Output is written in blocks of about this size.
constexpr size_t kGenerateBlock = size_t{1} << 20;

// While it lives, writing to a pipe that nobody reads fails with EPIPE and does not end the
// process.
class BrokenPipesIgnored {
 public:
  BrokenPipesIgnored();
  ~BrokenPipesIgnored();
  BrokenPipesIgnored(const BrokenPipesIgnored&) = delete;
  BrokenPipesIgnored& operator=(const BrokenPipesIgnored&) = delete;
  BrokenPipesIgnored(BrokenPipesIgnored&&) = delete;
  BrokenPipesIgnored& operator=(BrokenPipesIgnored&&) = delete;

 private:
  struct sigaction before_ {};

  bool restore_ = false;
};

// On standard error. Nothing can be told if that cannot be written.
void SayGenerated(const std::string& text);

// Keeps the first error, after which nothing more is written.
class GenerateOutput {
 public:
  explicit GenerateOutput(std::FILE* out) : out_(out) {}

  // Whether all is well so far.
  bool Write(absl::string_view block);
  bool Flush();

  uint64_t bytes() const { return bytes_; }

  // The exit code: done, or failed with a word about it, unless whoever reads it has seen enough.
  int Finish() const;

 private:
  std::FILE* out_;
  int error_ = 0;
  uint64_t bytes_ = 0;
};

// A file beside the output: made before anything is generated, so that a wrong name is told at
// once.
class SideFile {
 public:
  // An empty name makes none, and nothing is written.
  explicit SideFile(const std::string& path);
  ~SideFile();
  SideFile(const SideFile&) = delete;
  SideFile& operator=(const SideFile&) = delete;
  SideFile(SideFile&&) = delete;
  SideFile& operator=(SideFile&&) = delete;

  bool is_there() const { return file_ != nullptr; }

  void Write(absl::string_view text);

  // Closes it. False, and it is said why, if it could not be made or written.
  bool Finish();

 private:
  std::string path_;
  std::FILE* file_ = nullptr;
  int error_ = 0;
};

}  // namespace weir
