#include "connectors/config/config_text.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace weir {

namespace {

absl::Status CannotRead(const std::string& path, absl::string_view what, int error) {
  const std::string message = absl::StrCat(
      path, ": the ", what, " cannot be read: ", std::generic_category().message(error));
  return error == ENOENT ? absl::NotFoundError(message) : absl::InvalidArgumentError(message);
}

}  // namespace

absl::StatusOr<std::string> ReadConfigText(const std::string& path, absl::string_view what) {
  const auto close = [](std::FILE* file) { static_cast<void>(std::fclose(file)); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rb"), close);
  if (file == nullptr) {
    return CannotRead(path, what, errno);
  }
  std::string text(kMaxConfigBytes + 1, '\0');
  errno = 0;
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    return CannotRead(path, what, errno);
  }
  return text;
}

absl::Status CheckConfigSize(absl::string_view text, absl::string_view file_name,
                             absl::string_view what) {
  if (text.size() <= kMaxConfigBytes) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(file_name, ": the file is larger than ",
                                                 kMaxConfigBytes, " bytes, the most a ", what,
                                                 " may have: is it a ", what, "?"));
}

}  // namespace weir
