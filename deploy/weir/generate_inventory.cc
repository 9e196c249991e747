#include "deploy/weir/generate_inventory.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <future>
#include <string>

#include "deploy/weir/fleet_inventory.h"
#include "deploy/weir/progress.h"
#include "deploy/weir/record_writer.h"

namespace weir {

namespace {

// About a block.
constexpr uint64_t kRecordsOfBlock = 8192;

// The records from `next` on.
void MakeBlock(const FleetInventory& inventory, uint64_t next, uint64_t end, RecordWriter& writer,
               std::string& block) {
  block.clear();
  std::string message;
  for (; next < end; ++next) {
    message.clear();
    inventory.Append(next, message);
    writer.AppendWritten(inventory.DeviceOf(next), inventory.ReceivedOf(next), message, block);
  }
}

}  // namespace

void GenerateInventory(const GenerateArguments& arguments, GenerateOutput& out) {
  const uint64_t records = arguments.inventory;
  const FleetInventory inventory(arguments.fleet, records);
  RecordWriter writer(arguments.layout);
  Progress progress("generating", "records");
  std::array<std::string, 2> blocks;
  std::future<bool> written;
  bool fine = true;
  for (uint64_t next = 0; fine && next < records; next += kRecordsOfBlock) {
    std::string& block = blocks[next / kRecordsOfBlock % 2];
    MakeBlock(inventory, next, std::min(records, next + kRecordsOfBlock), writer, block);
    if (written.valid()) {
      fine = written.get();
      progress.Update(next, next, records);
    }
    if (fine) {
      written = std::async(std::launch::async, [&out, &block] { return out.Write(block); });
    }
  }
  if (written.valid()) {
    written.get();
  }
  out.Flush();
  progress.Finish();
}

}  // namespace weir
