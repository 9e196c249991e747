// `weir generate --inventory`: writes the records of a large inventory and nothing else.
//
// Layer: deploy/weir.
#pragma once

#include "deploy/weir/generate_options.h"
#include "deploy/weir/generate_output.h"

namespace weir {

// Stops where `out` fails. One thread makes the records of a block while another writes the one
// before it.
void GenerateInventory(const GenerateArguments& arguments, GenerateOutput& out);

}  // namespace weir
