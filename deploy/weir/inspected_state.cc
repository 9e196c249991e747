#include "deploy/weir/inspected_state.h"

#include <algorithm>
#include <iterator>

namespace weir {

const PartitionName* InspectedState::NameOf(uint32_t partition) const {
  // Number 0 is the unnamed one.
  return partition == 0 || partition > position.partitions.size()
             ? nullptr
             : &position.partitions[partition - 1];
}

DeviceCounts InspectedState::AllCounts() const {
  DeviceCounts all;
  for (const DeviceCounts& each : counts) {
    all += each;
  }
  return all;
}

std::vector<InspectedRequest> DoneRequests(const InspectedState& state) {
  std::vector<InspectedRequest> done;
  std::copy_if(state.requests.begin(), state.requests.end(), std::back_inserter(done),
               [](const InspectedRequest& each) { return each.request.done_at.has_value(); });
  std::stable_sort(done.begin(), done.end(),
                   [](const InspectedRequest& a, const InspectedRequest& b) {
                     return *a.request.done_at > *b.request.done_at;
                   });
  return done;
}

std::vector<InspectedRequest> OpenRequests(const InspectedState& state) {
  std::vector<InspectedRequest> open;
  std::copy_if(state.requests.begin(), state.requests.end(), std::back_inserter(open),
               [](const InspectedRequest& each) { return !each.request.done_at; });
  std::stable_sort(open.begin(), open.end(),
                   [](const InspectedRequest& a, const InspectedRequest& b) {
                     return a.request.due() < b.request.due();
                   });
  return open;
}

size_t Succeeded(const SwitchRequest& request) {
  return static_cast<size_t>(
      std::count_if(request.outcomes.begin(), request.outcomes.end(),
                    [](const SwitchRequest::Instruction& outcome) { return outcome.succeeded; }));
}

}  // namespace weir
