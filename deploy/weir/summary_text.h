// The summary of a replay for people: totals, what stormed most, what was held back; and its parts.
//
// Layer: deploy/weir (engine/pipeline).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

#include "engine/pipeline/summary.h"

namespace weir {

// Several lines, the last one ended.
std::string SummaryText(const Summary& summary);

// `  records read  1,234,567  rest`: one line of figures.
void AppendFigure(absl::string_view name, uint64_t count, absl::string_view rest, std::string& out);

// How many records were read, and what became of them. What is no alert is told apart if there was
// any.
void AppendTotals(const Summary& summary, std::string& out);

// The devices that stormed most, at most `rows`, behind an empty line; nothing if there are none.
void AppendStormedDevices(const Summary& summary, size_t rows, std::string& out);

}  // namespace weir
