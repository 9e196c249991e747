#include "deploy/weir/state_directory.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

#include <sys/stat.h>

namespace weir {

namespace {

std::string NameOf(uid_t user) {
  std::array<char, 4096> text{};

  struct passwd entry {};
  struct passwd* found = nullptr;
  const bool is_known =
      getpwuid_r(user, &entry, text.data(), text.size(), &found) == 0 && found != nullptr;
  return is_known ? std::string(entry.pw_name) : absl::StrCat("number ", user);
}

// Some file systems let nobody write, whoever owns what.
absl::Status Denied(const std::string& root, const std::string& path, int error) {
  const std::string own = NameOf(geteuid());

  struct stat info {};

  const bool is_others =
      error == EACCES && stat(path.c_str(), &info) == 0 && info.st_uid != geteuid();
  std::string message = absl::StrCat("the state directory ", root, " cannot be written: ", path,
                                     ": ", std::generic_category().message(error));
  absl::StrAppend(&message, is_others ? absl::StrCat("; it belongs to the user ",
                                                     NameOf(info.st_uid), " and weir runs as ", own,
                                                     ": run weir as the "
                                                     "former, or give it to the latter (chown -R ",
                                                     own, " ", root, ")")
                                      : absl::StrCat("; the user ", own,
                                                     " must be able to write there, "
                                                     "or service.state.dir name another place"));
  return absl::UnavailableError(message);
}

absl::Status CheckWritable(const std::string& root, const std::string& path, int mode) {
  return access(path.c_str(), mode) == 0 ? absl::OkStatus() : Denied(root, path, errno);
}

}  // namespace

absl::Status PrepareStateDirectory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("making the state directory ", path, ": ", error.message(), "; the user ",
                     NameOf(geteuid()),
                     " must be able to make it, or service.state.dir name "
                     "another place"));
  }
  absl::Status status = CheckWritable(path, path, W_OK | X_OK);
  // What is in there: the marks of crashes, and for each partition a folder of files.
  std::filesystem::recursive_directory_iterator entry(path, error);
  for (; status.ok() && !error && entry != std::filesystem::end(entry); entry.increment(error)) {
    const bool is_folder = entry->is_directory(error);
    status = CheckWritable(path, entry->path().string(), is_folder ? W_OK | X_OK : W_OK);
    if (entry.depth() >= 2) {
      entry.disable_recursion_pending();
    }
  }
  return status;
}

}  // namespace weir
