// `weir capture`: records the event topic into a capture, which `weir replay` and `weir tune` read.
//
// Layer: deploy/weir.
#pragma once

#include <string>

#include "CLI/App.hpp"

namespace weir {

struct CaptureArguments {
  std::string config;
  std::string out;
  std::string since;
  bool follow = false;
};

CLI::App* AddCapture(CLI::App& root, CaptureArguments& arguments);

// Returns the exit code.
int RunCapture(const CaptureArguments& arguments);

}  // namespace weir
