// The folder in which `weir serve` keeps its state, looked at before anything is read from Kafka.
//
// Layer: deploy/weir.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace weir {

// Makes the folder if there is none. The error says who may not write where, and what to do: a
// state that was made by another user, or moved here with its owner, is none that one can go on
// with, and the service would keep none until somebody reads its log.
absl::Status PrepareStateDirectory(const std::string& path);

}  // namespace weir
