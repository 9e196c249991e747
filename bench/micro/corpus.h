// Lines of one format, all of one synthetic fleet: what the decoders and their baselines read.
//
// Layer: bench (connectors/formats, deploy/weir, engine/alert).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "engine/alert/event.h"

namespace weir {

// Appends an alert as one line with its line feed, or nothing if the format has no way to say it.
using AppendLine = void(const Alert& alert, std::string& out);

AppendLine AppendKcat;     // the envelope of kcat around a record in JSON
AppendLine AppendGbcsHex;  // received time, tab, message
AppendLine AppendGbcsBase64;

// Enough lines that no branch predictor learns them by heart, in one buffer with the padding that
// everybody needs.
class Corpus {
 public:
  // `payloads`: alerts of devices come with their GBCS message.
  Corpus(bool payloads, AppendLine& append);
  Corpus(const Corpus&) = delete;
  Corpus& operator=(const Corpus&) = delete;
  ~Corpus() = default;

  // Without their line feeds.
  const std::vector<absl::string_view>& lines() const { return lines_; }

  // Of all lines, with their line feeds.
  size_t bytes() const;

 private:
  std::string text_;
  std::vector<absl::string_view> lines_;
};

}  // namespace weir
