// `weir serve`: runs the service, which consumes the event topic and throttles it, exactly once.
//
// It checks everything that can be checked before the first record is read, and then works until
// SIGTERM or SIGINT, when it finishes what is open within `service.stop_within`.
//
// Layer: deploy/weir.
#pragma once

#include <string>

#include "CLI/App.hpp"

namespace weir {

struct ServeArguments {
  std::string config;
};

CLI::App* AddServe(CLI::App& root, ServeArguments& arguments);

// Returns the exit code.
int RunServe(const ServeArguments& arguments);

}  // namespace weir
