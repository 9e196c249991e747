// What the program's exit code says.
//
// Layer: deploy/weir.
#pragma once

namespace weir {

constexpr int kExitDone = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr int kExitConfiguration = 78;  // EX_CONFIG of sysexits.h

}  // namespace weir
