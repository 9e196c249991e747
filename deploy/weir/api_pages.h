// The pages of `weir serve` for machines, and the one for people that is made from them: what is
// throttled now, what is known of a device, how the candidate compares, how the service is.
//
// API.md in this folder is the reference for those who ask.
//
// Layer: deploy/weir (connectors/config, connectors/http, connectors/kafka).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/config/service_file.h"
#include "connectors/http/http_server.h"
#include "connectors/kafka/errands.h"
#include "connectors/kafka/live_policies.h"
#include "deploy/weir/policy_reload.h"
#include "deploy/weir/serve_watch.h"

namespace weir {

// What the pages are about. All of it outlives them.
struct ServedState {
  const ServiceConfig& config;
  const std::vector<std::unique_ptr<ServeWatch>>& watches;  // by worker
  const LivePolicies& policies;
  const PolicyReload& reload;
  Errands& errands;
  TimeMs started;
  std::function<TimeMs()> clock;
};

// Why the service is not ready; empty if it is.
std::vector<std::string> NotReady(const std::vector<std::unique_ptr<ServeWatch>>& watches);

std::vector<HttpPage> ApiPages(const ServedState& state);

}  // namespace weir
