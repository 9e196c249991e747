// How notices are written: N58 and removals from the inventory.
//
// Layer: connectors/formats.
#pragma once

#include <cstdint>

namespace weir {

enum class NoticeFormat : uint8_t {
  kDuis,  // the document that the DCC would send
  kJson,
};

}  // namespace weir
