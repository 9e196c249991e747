// `weir inspect`: says what a state directory of `weir replay --state` holds, without changing it.
//
// Layer: deploy/weir.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "CLI/App.hpp"

namespace weir {

struct InspectArguments {
  std::string state;
  std::string config;  // empty: the rules of the release, without parties
  std::string device;  // empty: not asked for, as is the next one
  std::string mpxn;
  bool storming = false;
  std::optional<size_t> top;
  bool json = false;
};

CLI::App* AddInspect(CLI::App& root, InspectArguments& arguments);

// Returns the exit code.
int RunInspect(const InspectArguments& arguments);

}  // namespace weir
