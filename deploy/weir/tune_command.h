// `weir tune`: compares settings of the throttle over captures, and proposes a policy.
//
// Layer: deploy/weir.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include "CLI/App.hpp"

#include "deploy/weir/tune_options.h"

namespace weir {

struct TuneArguments {
  std::vector<std::string> captures;
  std::string config;
  std::string policy;
  std::string format;
  TuneLists lists;
  std::string write_policy;
  std::string report;
  size_t threads = std::max(1U, std::thread::hardware_concurrency());
  bool json = false;
  bool csv = false;
};

CLI::App* AddTune(CLI::App& root, TuneArguments& arguments);

// Returns the exit code.
int RunTune(const TuneArguments& arguments);

}  // namespace weir
