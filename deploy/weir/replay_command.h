// `weir replay`: runs captures through the engine and shows what it would have forwarded and held
// back.
//
// With a state directory a run can be stopped at any instant, also by force, and continued by the
// same command: outputs, positions and state are committed as one.
//
// Layer: deploy/weir.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include "CLI/App.hpp"

namespace weir {

struct ReplayArguments {
  std::vector<std::string> captures;
  std::string config;
  std::string policy;
  std::string format;
  std::string out;
  std::string state;
  std::string commit_every = "250ms";
  size_t threads = std::max(1U, std::thread::hardware_concurrency());
  std::string report;
  bool archive = false;
  bool force = false;
  bool json = false;
};

CLI::App* AddReplay(CLI::App& root, ReplayArguments& arguments);

// Returns the exit code.
int RunReplay(const ReplayArguments& arguments);

}  // namespace weir
