// Writes alerts and other records as the lines of a capture, in any format that `weir replay`
// reads.
//
// Promises: the same alerts give the same bytes; a line is read back to its alert, except for what
// its format cannot say:
//   - gbcs has no form for DCC alerts;
//   - duis has none for most DCC alerts, only some of the others have a place for the time of the
//     device (AppendDuis), and each DCC alert without a counter gets one: its sender's, the DCC's;
//   - keyed, gbcs leaves out the time received, which is for the log to say;
//   - gbcs says only those other records that are alerts of devices, and duis no device records and
//     no request that names a role, a supplier or a number of instructions, or has a value that the
//     schema refuses: these are written as json among the others, which every reader tells apart;
//   - a request in duis has no received time;
//   - in kcat each partition is a log of its own. The partition of a device follows from its id, as
//     with kcat and other producers on librdkafka; offsets count from 0 in each.
//
// Threads: one owner.
//
// Layer: deploy/weir (connectors/formats, engine/alert).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "connectors/formats/format.h"
#include "deploy/weir/fleet_system.h"
#include "engine/alert/event.h"

namespace weir {

constexpr uint64_t kMaxPartitions = 10'000;

struct RecordLayout {
  Format format = Format::kJson;
  Format payload = Format::kJson;  // inside kcat; any other format
  uint64_t partitions = 4;         // of kcat; 1 to kMaxPartitions
  bool keyed = false;              // the device and a tab before the message; not in kcat
};

// InvalidArgument, with a reason for people, if nothing can be laid out so.
absl::Status CheckLayout(const RecordLayout& layout);

// The format of the message itself: that of the payload, if there is an envelope.
Format MessageFormat(const RecordLayout& layout);

// Whether each alert of a device needs its GBCS message to be written like that.
bool NeedsPayloads(const RecordLayout& layout);

class RecordWriter {
 public:
  // A layout that passes CheckLayout.
  explicit RecordWriter(const RecordLayout& layout);

  // Appends the line of an alert that has a device, a recipient and a received time and, if
  // NeedsPayloads and it is of a device, a counter and its message. False, with `out` as it was, if
  // the format has no form for the alert.
  bool Append(const Alert& alert, std::string& out);

  // Appends the line of another record. Returns the received time as it is read again, if it is
  // said.
  std::optional<TimeMs> Append(const SystemRecord& record, std::string& out);

  // Appends the line of a record about a device whose message is written already.
  void AppendWritten(Eui64 device, TimeMs received, absl::string_view message, std::string& out);

  // Where the records of a device stand: 0 unless in kcat.
  uint64_t PartitionOf(std::optional<Eui64> device) const;

  // How many alerts had no form.
  uint64_t left_out() const { return left_out_; }

 private:
  void AppendEnvelope(std::optional<Eui64> device, TimeMs received, absl::string_view message,
                      std::string& out);
  void AppendPrefix(const Alert& alert, std::string& out) const;
  void AppendMessage(const Alert& alert, std::string& out);
  void AppendDocument(const Alert& alert, std::string& out);

  RecordLayout layout_;
  std::vector<int64_t> offsets_;  // by partition: the next
  std::string payload_;
  uint64_t dcc_counter_ = 0;  // of the last DCC alert that had none
  uint64_t left_out_ = 0;
};

}  // namespace weir
