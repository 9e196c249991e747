// Remembers at which records the process crashed, so that one that always crashes it does not stop
// a partition for ever.
//
// A worker says which records it is at. When its thread ends the process by a fault or a broken
// invariant, a mark with these records goes to a file; a kill from outside leaves none. After a
// crash, records under a mark are processed one at a time, so that the next mark names one. A
// record under three marks, one of which names it alone, is poison.
//
// The marks lie in the state directory of this instance: another one counts for itself.
//
// Threads: At and Done by each worker for itself; the rest is constant after Open.
//
// Layer: connectors/kafka.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace weir {

class CrashMarks {
 public:
  static constexpr int kMostCrashes = 3;

  // The file at `path` is made if it is not there; `log` is of which log the offsets are. From
  // here on, the process's faults leave marks.
  static absl::StatusOr<std::unique_ptr<CrashMarks>> Open(const std::string& path,
                                                          const std::string& log);
  ~CrashMarks();
  CrashMarks(const CrashMarks&) = delete;
  CrashMarks& operator=(const CrashMarks&) = delete;

  // The calling thread is at the records from `first` to `last`.
  void At(int32_t partition, int64_t first, int64_t last) const;
  // It is at none.
  static void Done();

  // Whether there is any mark at or behind `offset`.
  bool HasMarks(int32_t partition, int64_t offset) const;

  bool IsPoison(int32_t partition, int64_t offset) const;

 private:
  struct Mark {
    uint64_t log = 0;  // a hash
    int32_t partition = 0;
    int32_t padding = 0;
    int64_t first = 0;
    int64_t last = 0;
  };

  CrashMarks(int file, uint64_t log, std::vector<Mark> marks);

  static absl::StatusOr<std::vector<Mark>> Read(const std::string& path, uint64_t log);

  const int file_;
  const std::vector<Mark> marks_;

  friend struct FaultHandler;
};

}  // namespace weir
