// The SRVs of all service requests that there are in DUIS up to version 5.4.
//
// Source: DUIS 5.4 and its list of service requests.
//
// Layer: connectors/config.
#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace weir {

absl::Span<const absl::string_view> KnownSrvs();

}  // namespace weir
