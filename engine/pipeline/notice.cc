#include "engine/pipeline/notice.h"

namespace weir {

absl::string_view UnroutedReasonName(UnroutedReason reason) {
  constexpr absl::string_view kNames[] = {"device_unknown", "no_operator", "not_configured",
                                          "not_in_network"};
  return kNames[static_cast<size_t>(reason)];
}

}  // namespace weir
