// Goal: any text is a schedule whose values all lie within their ranges, or problems that each name
// a line of the file; nothing is thrown, and work is in proportion to the text.
// Method: any bytes as a policy file. Time and memory are limited by libFuzzer's own limits.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "connectors/config/policy_file.h"
#include "engine/base/check.h"

namespace weir {
namespace {

constexpr absl::string_view kFile = "p.yaml";

// `p.yaml:LINE: text`, with a line that the file has.
bool NamesLine(absl::string_view message, int64_t lines) {
  const bool named = absl::ConsumePrefix(&message, kFile) && absl::ConsumePrefix(&message, ":");
  const size_t end = std::min(message.find(": "), message.size());
  int64_t line = 0;
  return named && message.size() > end + 2 && absl::SimpleAtoi(message.substr(0, end), &line) &&
         line >= 1 && line <= lines;
}

void CheckMessages(absl::string_view messages, absl::string_view text) {
  const int64_t lines = std::count(text.begin(), text.end(), '\n') + 1;
  for (const absl::string_view message : absl::StrSplit(messages, '\n')) {
    // The last one, if there are too many to tell, and the only one of a file that is too large.
    const bool of_file = absl::StartsWith(message, "p.yaml: and ") ||
                         absl::StartsWith(message, "p.yaml: the file is larger ");
    WEIR_CHECK(of_file || NamesLine(message, lines));
  }
}

bool IsWithin(const CodePolicy& policy) {
  const bool one_in = policy.forward.kind == Forward::Kind::kOneIn;
  return policy.threshold >= 1 && policy.threshold <= 65535 && policy.window >= kSecond &&
         policy.window <= DurationMs{7 * kDay.value} && policy.clear <= policy.threshold &&
         (one_in ? policy.forward.n >= 2 && policy.forward.n <= 1'000'000'000
                 : policy.forward.n == 0);
}

void CheckSchedule(const PolicySchedule& schedule) {
  WEIR_CHECK(!schedule.versions.empty() && schedule.versions.size() <= kMaxPolicyVersions);
  WEIR_CHECK(schedule.duplicate_window >= DurationMs{0} &&
             schedule.duplicate_window <= DurationMs{2 * kDay.value});
  WEIR_CHECK(schedule.max_ahead >= kSecond && schedule.max_ahead <= DurationMs{3650 * kDay.value});
  std::optional<TimeMs> last;
  for (const PolicyVersion& version : schedule.versions) {
    WEIR_CHECK(version.effective_from() && *version.effective_from() >= TimeMs{0} &&
               *version.effective_from() <= kLatestTime);
    WEIR_CHECK(!last || *last < *version.effective_from());
    last = version.effective_from();
    WEIR_CHECK(version.note().size() <= 500);
    WEIR_CHECK(std::all_of(version.policies().begin(), version.policies().end(), IsWithin));
    for (uint16_t i = 0; i < AlertCode::kCount; ++i) {
      const AlertCode code = AlertCode::FromIndex(i);
      const AlertCode counted_as = version.counted_as(code);
      // Counting goes one step, and never up.
      WEIR_CHECK(counted_as <= code && version.counted_as(counted_as) == counted_as);
      WEIR_CHECK(version.policy_index(code) == version.policy_index(counted_as));
    }
    const absl::StatusOr<PolicyVersion> stored = PolicyVersion::Decode(version.Encode());
    WEIR_CHECK(stored.ok() && stored->DecidesLike(version) && stored->note() == version.note());
  }
  WEIR_CHECK(schedule.TakenEffectBy(*last) == schedule.versions.size());
}

void CheckPolicy(absl::string_view text) {
  std::string remarks;
  const absl::StatusOr<PolicySchedule> schedule = ParsePolicy(text, kFile, &remarks);
  if (!schedule.ok()) {
    WEIR_CHECK(schedule.status().code() == absl::StatusCode::kInvalidArgument);
    CheckMessages(schedule.status().message(), text);
    return;
  }
  if (!remarks.empty()) {
    CheckMessages(remarks, text);
  }
  CheckSchedule(*schedule);
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::CheckPolicy({reinterpret_cast<const char*>(data), size});
  return 0;
}
