// `weir decode`: shows what records say, as JSON, one a line.
//
// Layer: deploy/weir.
#pragma once

#include <string>

#include "CLI/App.hpp"

namespace weir {

struct DecodeArguments {
  std::string file = "-";
  std::string format;
};

CLI::App* AddDecode(CLI::App& root, DecodeArguments& arguments);

// Returns the exit code: failed if any record could not be decoded.
int RunDecode(const DecodeArguments& arguments);

}  // namespace weir
