// Progress of long work on standard error: a bar on a terminal, a line every few seconds otherwise.
// Work that is over within a second shows nothing.
//
// The clock here only decides when to print.
//
// Layer: deploy/weir.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace weir {

class Progress {
 public:
  // `what` names the work, `unit` what is counted: "replaying", "records".
  Progress(std::string what, std::string unit);

  // `done` of `total` bytes; `total` is zero if nobody knows it.
  void Update(uint64_t count, uint64_t done, uint64_t total);

  // Leaves the terminal's line clean.
  void Finish();

 private:
  using Clock = std::chrono::steady_clock;

  void Print(uint64_t count, uint64_t done, uint64_t total, double seconds);

  std::string what_;
  std::string unit_;
  bool terminal_;
  bool printed_ = false;
  Clock::time_point started_;
  Clock::time_point next_;
};

}  // namespace weir
