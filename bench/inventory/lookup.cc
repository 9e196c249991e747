// Finds devices in an inventory of tens of millions: in the memory of a partition, loaded as after
// a restart, and in the store of a state, as `weir inspect` does.
//
//     inventory_lookup STATE
//
// STATE is what `weir replay --state` left of a capture of one partition. Prints one JSON object.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"

#include "connectors/rocksdb/rocksdb_store.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/base/wire.h"
#include "engine/inventory/inventory.h"
#include "engine/pipeline/inspected_devices.h"
#include "engine/pipeline/inspection.h"

#include <sys/resource.h>

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kLookups = 100000;
constexpr size_t kStoreLookups = 20000;

double SecondsSince(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

uint64_t PeakBytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

// How long single calls took, in nanoseconds.
struct Times {
  double median = 0;
  double p99 = 0;
  double worst = 0;
};

// Calls `find(id)` for ids at random, each timed by itself.
template <typename Find>
Times TimeEach(const std::vector<Eui64>& ids, size_t count, Find&& find) {
  std::mt19937_64 random(1);
  std::vector<double> times;
  for (size_t i = 0; i < count; ++i) {
    const Eui64 id = ids[random() % ids.size()];
    const Clock::time_point began = Clock::now();
    find(id);
    times.push_back(1e9 * SecondsSince(began));
  }
  std::sort(times.begin(), times.end());
  return {.median = times[times.size() / 2],
          .p99 = times[times.size() * 99 / 100],
          .worst = times.back()};
}

void Print(const char* name, const Times& times) {
  absl::PrintF("\"%s\":{\"median_ns\":%.0f,\"p99_ns\":%.0f,\"worst_ns\":%.0f},", name, times.median,
               times.p99, times.worst);
}

// What the partition's inventory is in the store.
std::string InventoryPrefix() {
  std::string prefix = "partition/";
  PutOrderedU64(0, prefix);
  return prefix + "db";
}

absl::Status Run(const std::string& state) {
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<Store> store, OpenRocksDbStore(state));
  const PendingRules rules;
  Inventory inventory(rules);
  std::vector<Eui64> ids;
  Clock::time_point began = Clock::now();
  WEIR_RETURN_IF_ERROR(
      store->Scan(InventoryPrefix(), [&](absl::string_view name, absl::string_view value) {
        ids.push_back(*ParseDeviceName(name));
        return inventory.Load(name, value);
      }));
  inventory.FinishLoad(*ParseTime("2019-12-03T00:00:00Z"));
  const double loading = SecondsSince(began);
  WEIR_CHECK(!ids.empty());
  const Times memory =
      TimeEach(ids, kLookups, [&](Eui64 id) { WEIR_CHECK(inventory.Find(id).has_value()); });
  const uint64_t peak = PeakBytes();

  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<Inspection> inspection, Inspection::Read(*store));
  const SystemRules system_rules;
  const InspectedDevices devices(*inspection, system_rules, *store);
  const Times stored = TimeEach(ids, kStoreLookups, [&](Eui64 id) {
    const absl::StatusOr<std::vector<InspectedDevice>> found = devices.InventoryOf(id);
    WEIR_CHECK(found.ok() && found->size() == 1);
  });
  absl::PrintF("{\"devices\":%d,\"pending\":%d,\"load_seconds\":%.1f,\"peak_bytes\":%d,",
               inventory.size(), inventory.pending(), loading, peak);
  Print("memory", memory);
  Print("store", stored);
  absl::PrintF("\"lookups\":%d}\n", kLookups);
  return absl::OkStatus();
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  if (argc != 2) {
    static_cast<void>(std::fputs("usage: inventory_lookup STATE\n", stderr));
    return 2;
  }
  if (const absl::Status status = weir::Run(argv[1]); !status.ok()) {
    static_cast<void>(
        std::fprintf(stderr, "inventory_lookup: %s\n", std::string(status.message()).c_str()));
    return 1;
  }
  return 0;
}
