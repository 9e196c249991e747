// Points at which a test makes the process fail: named in the environment variable WEIR_FAILPOINTS
// as `name=action` or `name:N=action` for the N-th time it is passed, and for a record always as
// `record@N=action`, each time the record at offset N is passed; several are joined by commas.
//
// Actions: `kill` ends the process as SIGKILL does, `abort` as a broken invariant, `stop` halts it
// as SIGSTOP does, `error` makes the point say so to the code around it, which then behaves as if
// what it just did had failed.
//
// Without the variable a point costs one comparison.
//
// Threads: any.
//
// Layer: connectors/kafka.
#pragma once

#include <array>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace weir {

// All there are, in the order in which a commit passes them.
constexpr std::array<absl::string_view, 16> kFailpoints = {
    "assigned",       // partitions are known, nothing has been restored
    "restoring",      // a record of a changelog has been read
    "restored",       // a partition is ready
    "polled",         // a batch has been read
    "record",         // a record is about to be decoded
    "begun",          // a transaction has begun
    "produced",       // results have been given to the producer
    "changes_sent",   // the state's changes have been given to the producer
    "offsets_sent",   // the offsets are part of the transaction
    "committing",     // the commit is about to be sent; an error: nobody waits for the answer
    "committed",      // the transaction stands, memory does not know yet
    "accepted",       // memory has followed
    "store_writing",  // part of a commit is about to be written to the local store
    "revoking",       // partitions are about to be given up
    "settling",       // an outcome is about to be asked for
    "stopping",       // the last commit before a stop
};

// Reads the variable; InvalidArgument if it names no failpoint or action.
absl::Status ReadFailpoints();

// Whether the code around is to behave as if it had failed.
bool Failpoint(absl::string_view name);

// The point `record`, at the record of this offset.
void FailpointAtRecord(int64_t offset);

}  // namespace weir
