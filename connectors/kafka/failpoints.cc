#include "connectors/kafka/failpoints.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "engine/base/status_macros.h"

namespace weir {

namespace {

enum class Action : uint8_t { kKill, kAbort, kStop, kError };

constexpr absl::string_view kRecord = "record";
constexpr std::array<absl::string_view, 4> kActions = {"kill", "abort", "stop", "error"};

struct Armed {
  absl::string_view name;
  uint64_t at = 1;      // counted, or
  int64_t offset = -1;  // of the record
  Action action = Action::kKill;
  std::atomic<uint64_t> passed = 0;
};

// Made once, before there are other threads.
std::vector<std::unique_ptr<Armed>>& Points() {
  static auto* points = new std::vector<std::unique_ptr<Armed>>();
  return *points;
}

absl::Status Bad(absl::string_view part, absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat("WEIR_FAILPOINTS: `", part, "`: ", expected));
}

// What stands behind the name: `@N` of a record, `:N` or nothing of the others.
bool ParsePlace(absl::string_view place, Armed& armed) {
  if (armed.name == kRecord) {
    return absl::ConsumePrefix(&place, "@") && absl::SimpleAtoi(place, &armed.offset) &&
           armed.offset >= 0;
  }
  return place.empty() ||
         (absl::ConsumePrefix(&place, ":") && absl::SimpleAtoi(place, &armed.at) && armed.at > 0);
}

absl::StatusOr<std::unique_ptr<Armed>> Parse(absl::string_view part) {
  const size_t sign = std::min(part.find('='), part.size());
  const absl::string_view point = part.substr(0, sign);
  const absl::string_view name = point.substr(0, point.find_first_of(":@"));
  const auto* known = std::find(kFailpoints.begin(), kFailpoints.end(), name);
  const auto* action =
      std::find(kActions.begin(), kActions.end(), absl::StripPrefix(part.substr(sign), "="));
  if (known == kFailpoints.end()) {
    return Bad(part, absl::StrCat("expected one of ", absl::StrJoin(kFailpoints, ", ")));
  }
  if (action == kActions.end()) {
    return Bad(part, absl::StrCat("expected =", absl::StrJoin(kActions, ", =")));
  }
  auto armed = std::make_unique<Armed>();
  armed->name = *known;
  armed->action = static_cast<Action>(action - kActions.begin());
  if (!ParsePlace(point.substr(name.size()), *armed)) {
    return Bad(part, armed->name == kRecord ? "expected record@N, the offset of a record"
                                            : "expected :N, a number from 1");
  }
  return armed;
}

bool Act(Action action) {
  switch (action) {
    case Action::kKill:
      static_cast<void>(std::raise(SIGKILL));
      break;
    case Action::kAbort:
      std::abort();
    case Action::kStop:
      static_cast<void>(std::raise(SIGSTOP));
      return false;
    case Action::kError:
      return true;
  }
  return false;
}

}  // namespace

absl::Status ReadFailpoints() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here changes the environment
  const char* const text = std::getenv("WEIR_FAILPOINTS");
  if (text == nullptr) {
    return absl::OkStatus();
  }
  for (const absl::string_view part : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    WEIR_ASSIGN_OR_RETURN(std::unique_ptr<Armed> armed, Parse(part));
    Points().push_back(std::move(armed));
  }
  return absl::OkStatus();
}

bool Failpoint(absl::string_view name) {
  bool fails = false;
  for (const std::unique_ptr<Armed>& armed : Points()) {
    const bool here = armed->name == name && armed->offset < 0 &&
                      armed->passed.fetch_add(1, std::memory_order_relaxed) + 1 == armed->at;
    if (here) {
      fails = Act(armed->action) || fails;
    }
  }
  return fails;
}

void FailpointAtRecord(int64_t offset) {
  for (const std::unique_ptr<Armed>& armed : Points()) {
    if (armed->offset == offset) {
      static_cast<void>(Act(armed->action));
    }
  }
}

}  // namespace weir
