// Meter point numbers of a synthetic fleet.
//
// Source: the check digits of MPANs (BSC) and MPRNs.
//
// Threads: any.
//
// Layer: deploy/weir.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace weir {

constexpr size_t kMpanSize = 13;
constexpr size_t kMprnSize = 10;

// Write the text at `out` and return its end. The distributor has two digits; of the number the
// last ten digits count in an MPAN, the last eight in an MPRN.
char* PutMpan(uint64_t distributor, uint64_t number, char* out);
char* PutMprn(uint64_t number, char* out);

std::string FleetMpan(uint64_t distributor, uint64_t number);
std::string FleetMprn(uint64_t number);

}  // namespace weir
