// `weir generate`: writes the alerts of a synthetic fleet, and what else it says, as a capture.
//
// Output is written in blocks of a mebibyte, and what goes wrong with it ends the command. On
// standard error it tells how far it is, if it takes longer than a second, and in the end what it
// made: how many alerts of each kind there are, and how many were left out because the format has
// no form for them.
//
// Layer: deploy/weir (connectors/formats, engine/alert, engine/base).
#pragma once

#include <cstdio>

#include "deploy/weir/generate_options.h"

namespace weir {

// Returns the exit code: failed if `out` or a file beside it cannot be written, without a word if
// whoever reads it has seen enough; wrong usage if no fleet can be made of the options.
int RunGenerate(const GenerateArguments& arguments, std::FILE* out);

}  // namespace weir
