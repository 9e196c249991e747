#include "connectors/config/lookups.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include <sys/stat.h>

namespace weir {

namespace {

constexpr absl::string_view kOpen = "${";
constexpr absl::string_view kLiteral = "$${";

// Of all texts of one file together. A variable may be long and be named often.
constexpr size_t kMaxReplacedBytes = size_t{1} << 20;

bool IsVariableName(absl::string_view name) {
  return !name.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return c == '_' || absl::ascii_isalnum(static_cast<unsigned char>(c));
         });
}

class Replacement {
 public:
  Replacement(const Lookups& lookups, YamlProblems& problems)
      : lookups_(lookups), problems_(problems) {}

  // As deep as the tree, which kMaxYamlDepth bounds.
  void Walk(YamlNode& node) {
    if (node.kind == YamlNode::Kind::kText) {
      Settle(node);
    }
    for (YamlNode& item : node.items) {
      Walk(item);
    }
  }

 private:
  void Settle(YamlNode& node) {
    if (absl::StrContains(node.text, kOpen)) {
      const std::optional<std::string> text = Replaced(node);
      node.written = std::exchange(node.text, text.value_or(""));
      node.quoted = true;
      if (!text) {
        node.kind = YamlNode::Kind::kRefused;
        return;
      }
    }
    if (absl::StrContains(node.text, '\0')) {
      problems_.Add(node.line, absl::StrCat(Quoted(node.key),
                                            " holds a zero byte (\\0), which no "
                                            "text here may have"));
      node.kind = YamlNode::Kind::kRefused;
    }
  }

  std::optional<std::string> Replaced(const YamlNode& node) {
    std::string out;
    absl::string_view rest = node.text;
    while (true) {
      const size_t at = rest.find(kOpen);
      if (at == absl::string_view::npos) {
        absl::StrAppend(&out, rest);
        return out;
      }
      const bool literal = at > 0 && absl::StartsWith(rest.substr(at - 1), kLiteral);
      absl::StrAppend(&out, rest.substr(0, literal ? at - 1 : at));
      rest.remove_prefix(at + kOpen.size());
      if (literal) {
        absl::StrAppend(&out, kOpen);
        continue;
      }
      const size_t end = rest.find('}');
      const std::optional<std::string> value = ValueOf(rest.substr(0, end), end, node.line);
      if (!value) {
        return std::nullopt;
      }
      absl::StrAppend(&out, *value);
      rest.remove_prefix(end + 1);
    }
  }

  // `end` is where the name was closed; npos if nowhere.
  std::optional<std::string> ValueOf(absl::string_view name, size_t end, int line) {
    constexpr absl::string_view kAdvice = "; a `${` that is meant as it stands is written `$${`";
    if (end == absl::string_view::npos || !IsVariableName(name)) {
      // What follows is not shown: it may be the rest of a secret.
      problems_.Add(line,
                    absl::StrCat("`${` is not followed by the name of an environment variable "
                                 "and `}`, expected such as `${KAFKA_PASSWORD}`",
                                 kAdvice));
      return std::nullopt;
    }
    std::optional<std::string> value = lookups_.variable(std::string(name));
    if (!value) {
      problems_.Add(line, absl::StrCat("the environment variable ", Quoted(name),
                                       " is not set: set it where weir is started", kAdvice));
      return std::nullopt;
    }
    replaced_bytes_ += value->size();
    if (replaced_bytes_ > kMaxReplacedBytes) {
      problems_.Add(line, absl::StrCat("the environment variable ", Quoted(name),
                                       " makes the values that take the place of variables larger "
                                       "than ",
                                       kMaxReplacedBytes, " bytes in all, the most they may have"));
      return std::nullopt;
    }
    return value;
  }

  const Lookups& lookups_;
  YamlProblems& problems_;
  size_t replaced_bytes_ = 0;
};

absl::Status CannotRead(int error) {
  const absl::string_view advice =
      error == EACCES   ? "; let the user that weir runs as read it, by its owner or its group"
      : error == ENOENT ? "; put the secret into it, and nothing else"
                        : "";
  return absl::InvalidArgumentError(
      absl::StrCat("cannot be read: ", std::generic_category().message(error), advice));
}

absl::Status CheckSecretFile(int fd) {
  struct stat info {};

  if (fstat(fd, &info) != 0) {
    return CannotRead(errno);
  }
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError("is not a regular file");
  }
  if ((info.st_mode & (S_IROTH | S_IWOTH)) != 0) {
    return absl::InvalidArgumentError(
        "may be read or written by every user, expected a file that only its owner and its group "
        "can read: run chmod o-rw on it");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadAll(int fd) {
  std::string text(kMaxSecretBytes + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t n = read(fd, text.data() + size, text.size() - size);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return CannotRead(errno);
    }
    if (n == 0) {
      break;
    }
    size += static_cast<size_t>(n);
  }
  if (size > kMaxSecretBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("is larger than ", kMaxSecretBytes, " bytes, the most a secret may have"));
  }
  text.resize(size);
  return text;
}

absl::StatusOr<std::string> SecretOf(int fd) {
  if (const absl::Status status = CheckSecretFile(fd); !status.ok()) {
    return status;
  }
  absl::StatusOr<std::string> text = ReadAll(fd);
  if (text.ok() && absl::EndsWith(*text, "\n")) {
    text->pop_back();
  }
  if (text.ok() && text->empty()) {
    return absl::InvalidArgumentError("is empty, expected the secret");
  }
  if (text.ok() && absl::StrContains(*text, '\0')) {
    return absl::InvalidArgumentError("holds a zero byte, expected text");
  }
  return text;
}

}  // namespace

Lookups SystemLookups() {
  return {.variable = [](const std::string& name) -> std::optional<std::string> {
            // NOLINTNEXTLINE(concurrency-mt-unsafe): the environment does not change meanwhile
            const char* value = std::getenv(name.c_str());
            return value == nullptr ? std::nullopt : std::make_optional<std::string>(value);
          },
          .secret = ReadSecretFile};
}

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  // Not blocking, so that a pipe that nobody writes to is refused and not waited for.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return CannotRead(errno);
  }
  absl::StatusOr<std::string> secret = SecretOf(fd);
  static_cast<void>(close(fd));
  return secret;
}

void ReplaceVariables(YamlNode& root, const Lookups& lookups, YamlProblems& problems) {
  Replacement(lookups, problems).Walk(root);
}

}  // namespace weir
