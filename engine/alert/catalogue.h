// The catalogue of alert codes: names, and which codes clear each other.
//
// Knowledge for people and for `pairs: together`; nothing depends on a code being listed. Devices
// do send codes that no table names, and those are counted and throttled like any other.
//
// Source: GBCS Table 16.2 as public parsers carry it (RTDS 4.5.0); DUIS 5.4 DCCAlertCode. Names of
// DCC alerts are listed only where a source confirms them or the schema implies them.
//
// Layer: engine/alert (engine/base).
#pragma once

#include <cstddef>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "engine/alert/alert_code.h"

namespace weir {

// The name of a code; empty if the catalogue does not have it.
absl::string_view AlertCodeName(AlertCode code);

// The code that clears or pairs with this one, such as 8020 (started) with 808D (ended). Symmetric.
std::optional<AlertCode> PairedCode(AlertCode code);

// The codes that the catalogue has, ascending.
absl::Span<const AlertCode> CatalogueCodes();

// The place of a code among them; behind the last one if the catalogue does not have it.
size_t PlaceInCatalogue(AlertCode code);

}  // namespace weir
