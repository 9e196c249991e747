#include "connectors/config/listen_address.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

#include <arpa/inet.h>
#include <netinet/in.h>

namespace weir {

namespace {

constexpr size_t kMaxHostBytes = 253;

bool IsAddress(int family, const std::string& text) {
  in6_addr room{};
  return inet_pton(family, text.c_str(), &room) == 1;
}

bool IsHost(const std::string& text) {
  if (text.empty() || text.size() > kMaxHostBytes) {
    return false;
  }
  const bool numeric = text.find_first_not_of("0123456789.") == std::string::npos;
  const bool named = std::all_of(text.begin(), text.end(), [](char c) {
    return c == '.' || c == '-' || absl::ascii_isalnum(static_cast<unsigned char>(c));
  });
  return numeric ? IsAddress(AF_INET, text) : named;
}

std::optional<uint16_t> ParsePort(absl::string_view text) {
  constexpr uint32_t kLast = 65535;
  uint32_t port = 0;
  const bool digits = !text.empty() && text.size() <= 5 &&
                      text.find_first_not_of("0123456789") == absl::string_view::npos;
  if (!digits || !absl::SimpleAtoi(text, &port) || port > kLast) {
    return std::nullopt;
  }
  return static_cast<uint16_t>(port);
}

}  // namespace

std::optional<ListenAddress> ParseListenAddress(absl::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) {
    return std::nullopt;
  }
  const std::optional<uint16_t> port = ParsePort(text.substr(colon + 1));
  absl::string_view host = text.substr(0, colon);
  const bool bracketed = absl::ConsumePrefix(&host, "[") && absl::ConsumeSuffix(&host, "]");
  const std::string name(host);
  if (!port || !(bracketed ? IsAddress(AF_INET6, name) : IsHost(name))) {
    return std::nullopt;
  }
  return ListenAddress{name, *port};
}

}  // namespace weir
