#include "connectors/formats/esme_variant.h"

#include <algorithm>
#include <iterator>

namespace weir {

namespace {

constexpr absl::string_view kVariants[] = {
    "A",    "B",    "C",   "AD",   "BD", "CD", "ADE", "BDE", "CDE", "ADF", "BDF", "CDF", "ADEF",
    "BDEF", "CDEF", "ADG", "ADEG", "AF", "BF", "CF",  "AEF", "BEF", "CEF", "AG",  "AEG"};

}  // namespace

bool IsEsmeVariant(absl::string_view text) {
  return std::find(std::begin(kVariants), std::end(kVariants), text) != std::end(kVariants);
}

}  // namespace weir
