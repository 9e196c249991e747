// One service request that may change load switching, as it is kept: open, or done and remembered.
//
// Layer: engine/load_switch (engine/alert, engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

struct SwitchRequest {
  static constexpr DurationMs kSettleAfter{2 * kDay.value};   // after the first outcome
  static constexpr DurationMs kExpireAfter{2 * kDay.value};   // after the date of execution
  static constexpr DurationMs kRememberFor{30 * kDay.value};  // what is done

  // More outcomes than any request has instructions for: then it is complete, whatever it says.
  static constexpr size_t kMostOutcomes = 256;

  // An outcome that has come. Two are told apart by their numbers, or where one has none by what
  // was to be changed.
  struct Instruction {
    std::optional<uint32_t> number;
    std::optional<uint64_t> content;  // a digest
    bool succeeded = false;

    friend bool operator==(const Instruction&, const Instruction&) = default;
  };

  std::string srv{};                    // empty: an alert said it
  bool was_seen = false;                // the request itself
  std::optional<TimeMs> execute_at{};   // by the request
  std::optional<uint32_t> requested{};  // instructions, by the request
  std::optional<uint32_t> total{};      // instructions, by its outcomes
  std::vector<Instruction> outcomes{};
  std::optional<TimeMs> first_outcome{};
  std::optional<TimeMs> changed_at{};  // when the last instruction succeeded
  std::optional<TimeMs> done_at{};     // none: it is open
  bool was_told = false;               // done, and an N58 has gone out

  // When it is settled or forgotten.
  TimeMs due() const;

  // Takes in an outcome, unless there is one of the same instruction.
  void Add(const Instruction& outcome, TimeMs now);

  std::string Encode() const;
  static std::optional<SwitchRequest> Decode(absl::string_view value);

  friend bool operator==(const SwitchRequest&, const SwitchRequest&) = default;
};

// Whose counter an id holds: a party's, of its request, or the device's own, of an alert.
enum class CounterOf : uint8_t { kRequest, kAlert };

// Names begin with the device, so that a device's requests stand together; their order is that of
// device, party and counter.
constexpr size_t kRequestNameSize = 3 * sizeof(uint64_t) + sizeof(CounterOf);
std::string RequestName(const RequestId& id, CounterOf counter_of = CounterOf::kRequest);

// Nothing if the name is none.
std::optional<RequestId> ParseRequestName(absl::string_view name);

// Of a name that is one.
CounterOf CounterOfName(absl::string_view name);

}  // namespace weir
