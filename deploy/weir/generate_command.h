// `weir generate`: writes the alerts of a synthetic fleet as JSON lines.
//
// Output is written in blocks of a mebibyte, and what goes wrong with it ends the command. On
// standard error it tells how far it is, if it takes longer than a second, and in the end what it
// made.
//
// Layer: deploy/weir (connectors/formats, engine/alert, engine/base).
#pragma once

#include <cstdio>
#include <string>

#include "CLI/App.hpp"

#include "deploy/weir/fleet.h"

namespace weir {

struct GenerateArguments {
  FleetOptions fleet;
  std::string format = "json";
};

// Adds the subcommand, which fills in `arguments` when the command line is parsed; they outlive
// `root`. After parsing, run it if `parsed()` of the result says so.
CLI::App* AddGenerate(CLI::App& root, GenerateArguments& arguments);

// Returns the exit code: failed if `out` cannot be written, without a word if whoever reads it has
// seen enough; wrong usage if no fleet can be made of the options.
int RunGenerate(const FleetOptions& options, std::FILE* out);

}  // namespace weir
