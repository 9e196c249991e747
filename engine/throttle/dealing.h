// How the alerts of a partition are dealt out to shards.
//
// An alert belongs to a shard by its device, so that all alerts of a key, and all copies of a
// message, meet in one shard in their order. The number of shards changes no result.
//
// Layer: engine/throttle (engine/alert).
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/alert/eui64.h"

namespace weir {

// A hash whose upper bits are spread evenly, whatever the devices' numbers are. The same on every
// machine and in every version.
constexpr uint64_t DeviceHash(Eui64 device) {
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15;
  const uint64_t h = (device.value ^ device.value >> 32) * kOdd;
  return (h ^ h >> 29) * kOdd;
}

// By which a device is dealt.
constexpr uint16_t DeviceBits(Eui64 device) {
  return static_cast<uint16_t>(DeviceHash(device) >> 48);
}

// Which of `shards` the device with these bits belongs to.
constexpr size_t ShardOf(uint16_t device_bits, size_t shards) {
  return device_bits * shards >> 16;
}

constexpr size_t ShardOf(Eui64 device, size_t shards) {
  return ShardOf(DeviceBits(device), shards);
}

}  // namespace weir
