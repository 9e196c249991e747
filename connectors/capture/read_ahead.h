// Reads a byte stream ahead, beside what its user does with the bytes before.
//
// Promises and errors are those of the stream that it reads; an error is given once the bytes
// before it have been.
//
// Threads: one owner; a team reads for it.
//
// Layer: connectors/capture (engine/base).
#pragma once

#include <memory>

#include "connectors/capture/byte_stream.h"
#include "engine/base/team.h"

namespace weir {

// Gives the stream itself back where there is nobody to read it: in a team of one. The team
// outlives the stream.
std::unique_ptr<ByteStream> ReadAhead(std::unique_ptr<ByteStream> stream, Team& team);

}  // namespace weir
