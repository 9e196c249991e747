// The rules that tests decide by: those of the release, with a few parties.
//
// Layer: tests.
#pragma once

#include <utility>
#include <vector>

#include "engine/pipeline/system_rules.h"

namespace weir {

inline const SystemRules& DefaultRules() {
  static const SystemRules rules = [] {
    std::vector<Party> parties(4);
    parties[0] = {.id = Eui64{0xED1}, .role = Role::kEd, .distributors = {"10"}};
    parties[1] = {.id = Eui64{0xED2}, .role = Role::kEd, .distributors = {"11"}};
    parties[2] = {.id = Eui64{0x151}, .role = Role::kIs};
    parties[3] = {.id = Eui64{0x5A1}, .role = Role::kRsa};
    SystemRules made;
    made.parties = Parties(std::move(parties));
    return made;
  }();
  return rules;
}

}  // namespace weir
