// A directory of its own for a test, and files in the forms that captures come in.
//
// Layer: tests (the standard library, zlib, zstd, gtest).
#pragma once

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/string_view.h"
#include <gtest/gtest.h>

#include <sys/stat.h>

namespace weir {

class Scratch {
 public:
  Scratch() : root_(::testing::TempDir() + "/weir_capture_XXXXXX") {
    EXPECT_NE(::mkdtemp(root_.data()), nullptr);
    EXPECT_EQ(::chmod(root_.c_str(), 0755), 0);
  }

  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  ~Scratch() { std::filesystem::remove_all(root_); }

  std::string Path(const std::string& name) const { return root_ + "/" + name; }

  // Returns the path.
  std::string Write(const std::string& name, absl::string_view content) const {
    std::ofstream file(Path(name), std::ios::binary | std::ios::trunc);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    EXPECT_TRUE(file.flush().good()) << name;
    return Path(name);
  }

  std::string Read(const std::string& name) const {
    std::ifstream file(Path(name), std::ios::binary);
    EXPECT_TRUE(file.good()) << name;
    // At once: character by character is most of the time of a test under a sanitizer.
    std::string content(std::filesystem::file_size(Path(name)), '\0');
    file.read(content.data(), static_cast<std::streamsize>(content.size()));
    EXPECT_EQ(static_cast<size_t>(file.gcount()), content.size()) << name;
    return content;
  }

 private:
  std::string root_;
};

inline std::string Gzip(absl::string_view content) {
  std::string in(content);
  std::string out(content.size() + content.size() / 100 + 1024, '\0');
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// With a checksum, as the zstd tool writes.
inline std::string Zstd(absl::string_view content) {
  std::string out(ZSTD_compressBound(content.size()), '\0');
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  const size_t size =
      ZSTD_compress2(context, out.data(), out.size(), content.data(), content.size());
  ZSTD_freeCCtx(context);
  EXPECT_EQ(ZSTD_isError(size), 0U);
  out.resize(size);
  return out;
}

// A frame that is no content.
inline std::string ZstdNote(absl::string_view note) {
  std::string out("\x53\x2A\x4D\x18", 4);
  const auto size = static_cast<uint32_t>(note.size());
  out.append(reinterpret_cast<const char*>(&size), sizeof size);
  return out.append(note.data(), note.size());
}

// Compressed in pieces of random sizes, some of them empty.
template <typename Compress>
std::string InPieces(absl::string_view content, std::mt19937_64& random, Compress compress) {
  std::string out = compress(content.substr(0, 0));
  while (!content.empty()) {
    const size_t size = std::min<size_t>(content.size(), random() % (content.size() / 2 + 2));
    out += compress(content.substr(0, size));
    content.remove_prefix(size);
  }
  return out;
}

// Seeds are new in every run, so that runs add up; a failure prints its seed.
inline uint64_t NewSeed() {
  return std::random_device()();
}

// Standard input replaced by another open file while this lives.
class StandardInput {
 public:
  explicit StandardInput(int descriptor) : saved_(::dup(STDIN_FILENO)) {
    EXPECT_EQ(::dup2(descriptor, STDIN_FILENO), STDIN_FILENO);
  }

  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

  ~StandardInput() {
    if (saved_ < 0) {
      ::close(STDIN_FILENO);
    } else {
      ::dup2(saved_, STDIN_FILENO);
      ::close(saved_);
    }
  }

 private:
  int saved_;
};

// A thread that writes into a pipe, in bursts, and closes it.
inline std::thread Feed(int descriptor, std::string content) {
  return std::thread([descriptor, content = std::move(content)] {
    size_t size = 1;
    for (size_t at = 0; at < content.size(); at += size, size = size * 3 % 70000 + 1) {
      size = std::min(size, content.size() - at);
      if (::write(descriptor, content.data() + at, size) < 0) {
        break;
      }
    }
    ::close(descriptor);
  });
}

}  // namespace weir
