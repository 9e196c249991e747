// WEIR_CHECK: stops the process when an invariant of our own is broken.
//
// Always on, in release builds too: a wrong answer is worse than a restart, and recovery is exact.
// It is never reachable from input; what a user or a device can cause is a Status or a dead letter.
//
// Layer: engine/base (the standard library and abseil only).
#pragma once

namespace weir {

// Prints `file:line: invariant broken: text` on standard error and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* text);

}  // namespace weir

#define WEIR_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::weir::CheckFailed(__FILE__, __LINE__, #condition))
