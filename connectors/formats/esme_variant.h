// The variants of electricity meters that DUIS has words for.
//
// Source: DUIS 5.4, ESMEVariant.
//
// Layer: connectors/formats.
#pragma once

#include "absl/strings/string_view.h"

namespace weir {

// `A`, `ADE` and so on.
bool IsEsmeVariant(absl::string_view text);

}  // namespace weir
