// The command line of `weir generate`.
//
// Layer: deploy/weir (connectors/formats, engine/base).
#pragma once

#include <cstdint>
#include <string>

#include "CLI/App.hpp"

#include "deploy/weir/fleet_options.h"
#include "deploy/weir/record_writer.h"

namespace weir {

struct GenerateArguments {
  FleetOptions fleet = {};
  RecordLayout layout = {};
  uint64_t inventory = 0;    // so many records about devices, and nothing else
  std::string expect = {};   // the file of what must come of it; none if empty
  std::string parties = {};  // the file of the parties; none if empty
};

// Adds the subcommand, which fills in `arguments` when the command line is parsed; they outlive
// `root`. After parsing, run it if `parsed()` of the result says so.
CLI::App* AddGenerate(CLI::App& root, GenerateArguments& arguments);

}  // namespace weir
