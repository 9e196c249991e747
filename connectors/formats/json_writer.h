// Writes the JSON lines of the output streams.
//
// Each function appends one compact object and a line feed. Fields stand in a fixed order, and a
// field that does not apply is left out, so that equal results are equal bytes. An alert that is
// written can be read again: DecodeJson gives the same alert.
//
// Promises: valid JSON in UTF-8 for any content; bytes that are not UTF-8 become U+FFFD.
//
// Layer: connectors/formats (engine/alert, engine/base, engine/pipeline, engine/throttle).
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

#include "connectors/formats/format.h"
#include "engine/alert/event.h"
#include "engine/pipeline/record.h"
#include "engine/pipeline/sink.h"
#include "engine/throttle/episode_event.h"

namespace weir {

// An alert that passes unchanged.
void AppendForwarded(const Alert& alert, std::string& out);

// An alert that passes as a copy, with its sequence number and the number of alerts it stands for.
void AppendForwardedCopy(const Alert& alert, const CopyMark& mark, std::string& out);

// What is told about an episode.
void AppendEpisode(const EpisodeEvent& event, std::string& out);

// Where a record came from, why it is dead, and its bytes in base64; of a record longer than
// `most_bytes` only the first ones, with the length and the XXH3-128 of them all.
void AppendDeadLetter(const Record& record, DeadReason reason, std::string& out,
                      size_t most_bytes = kMaxMessageBytes);

// `text` as a JSON string with its quotes.
void AppendJsonString(absl::string_view text, std::string& out);

}  // namespace weir
