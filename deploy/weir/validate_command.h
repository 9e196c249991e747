// `weir validate`: says whether policy files and service configurations are right, and everything
// that is wrong with them.
//
// Layer: deploy/weir.
#pragma once

#include <string>
#include <vector>

#include "CLI/App.hpp"

namespace weir {

struct ValidateArguments {
  std::vector<std::string> files;
};

CLI::App* AddValidate(CLI::App& root, ValidateArguments& arguments);

// Returns the exit code.
int RunValidate(const ValidateArguments& arguments);

}  // namespace weir
