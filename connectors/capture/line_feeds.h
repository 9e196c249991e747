// Finds the line feeds of a text.
//
// Layer: connectors/capture (connectors/formats).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir {

// How many bytes behind `end` must be readable.
constexpr size_t kLineFeedPadding = 63;

// Puts the positions in `text` of the line feeds from `begin` up to `end` behind `found`.
void FindLineFeeds(const char* text, size_t begin, size_t end, std::vector<uint32_t>& found);

// The same in a way that each processor can.
void FindLineFeedsPortably(const char* text, size_t begin, size_t end,
                           std::vector<uint32_t>& found);

}  // namespace weir
