// Reads a capture of JSON lines the way a replay does and only parses it: the least that any
// program does which takes in such a file. bench/replay/replay.py measures it beside the replay.
//
//     parse_lines HOW FILE      prints the number of lines
//
// HOW is one of
//   lines         finds the lines and does not parse them
//   dom           builds the document of each line and does not look at it
//   on-demand     reads every name and value of each line
//   parse-many    as dom, with simdjson's reader of newline-delimited JSON
//   iterate-many  as on-demand, with that of simdjson's on-demand interface

#include <simdjson.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "bench/json/visit.h"
#include "connectors/capture/byte_stream.h"
#include "connectors/capture/line_reader.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

constexpr size_t kPadding = simdjson::SIMDJSON_PADDING;
static_assert(kPadding <= kLinePadding);

absl::Status NotJson(size_t lines) {
  return absl::DataLossError("line " + std::to_string(lines + 1) + " is not what it must be");
}

// ---- Line by line: with the replay's own reader

// Calls `parse(line)`, which says whether the line is right. Gives the number of lines.
template <typename Parse>
absl::StatusOr<size_t> ForEachLine(const std::string& path, Parse&& parse) {
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<ByteStream> stream, OpenCapture(path));
  LineReader reader;
  reader.Start(std::move(stream), path, {});
  size_t lines = 0;
  for (bool more = true; more;) {
    for (absl::string_view line; reader.Next(line); ++lines) {
      if (!parse(line)) {
        return NotJson(lines);
      }
    }
    WEIR_ASSIGN_OR_RETURN(more, reader.Refill());
  }
  return lines;
}

absl::StatusOr<size_t> CountLines(const std::string& path) {
  return ForEachLine(path, [](absl::string_view line) { return !line.empty(); });
}

absl::StatusOr<size_t> ParseDom(const std::string& path) {
  simdjson::dom::parser parser;
  return ForEachLine(path, [&](absl::string_view line) {
    simdjson::dom::element root;
    return parser.parse(line.data(), line.size(), false).get(root) == simdjson::SUCCESS;
  });
}

absl::StatusOr<size_t> ParseOnDemand(const std::string& path) {
  simdjson::ondemand::parser parser;
  volatile size_t kept = 0;
  return ForEachLine(path, [&](absl::string_view line) {
    const simdjson::padded_string_view padded(line.data(), line.size(), line.size() + kPadding);
    simdjson::ondemand::document document;
    size_t sum = 0;
    const bool right =
        parser.iterate(padded).get(document) == simdjson::SUCCESS && VisitFields(document, sum);
    kept = sum;
    return right;
  });
}

// ---- Block by block: simdjson finds the documents in it

// As large as the replay's buffer. Within it simdjson takes batches of the size that it recommends.
constexpr size_t kBlock = size_t{4} << 20;
constexpr size_t kBatch = simdjson::dom::DEFAULT_BATCH_SIZE;

// Calls `parse(block)`, a run of whole lines, which gives how many documents it found.
template <typename Parse>
absl::StatusOr<size_t> ForEachBlock(const std::string& path, Parse&& parse) {
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<ByteStream> stream, OpenCapture(path));
  const std::unique_ptr<char[]> buffer(new char[kBlock + kPadding]);
  size_t documents = 0;
  size_t size = 0;
  for (bool at_end = false; !at_end;) {
    while (size < kBlock && !at_end) {
      WEIR_ASSIGN_OR_RETURN(const size_t more, stream->Read(&buffer[size], kBlock - size));
      size += more;
      at_end = more == 0;
    }
    const absl::string_view text(buffer.get(), size);
    const size_t end = at_end ? size : text.rfind('\n') + 1;
    if (end == 0 && size > 0) {
      return NotJson(documents);  // a line that is longer than a block
    }
    WEIR_ASSIGN_OR_RETURN(const size_t found, parse(text.substr(0, end)));
    documents += found;
    std::memmove(buffer.get(), &buffer[end], size - end);
    size -= end;
  }
  return documents;
}

absl::StatusOr<size_t> ParseMany(const std::string& path) {
  simdjson::dom::parser parser;
  parser.threaded = false;  // one thread against one thread
  return ForEachBlock(path, [&](absl::string_view block) -> absl::StatusOr<size_t> {
    simdjson::dom::document_stream stream;
    if (parser.parse_many(block.data(), block.size(), kBatch).get(stream) != simdjson::SUCCESS) {
      return NotJson(0);
    }
    size_t documents = 0;
    for (auto document : stream) {
      simdjson::dom::element root;
      if (std::move(document).get(root) != simdjson::SUCCESS) {
        return NotJson(documents);
      }
      ++documents;
    }
    return documents;
  });
}

absl::StatusOr<size_t> IterateMany(const std::string& path) {
  simdjson::ondemand::parser parser;
  parser.threaded = false;
  volatile size_t kept = 0;
  return ForEachBlock(path, [&](absl::string_view block) -> absl::StatusOr<size_t> {
    simdjson::ondemand::document_stream stream;
    if (parser.iterate_many(block.data(), block.size(), kBatch).get(stream) != simdjson::SUCCESS) {
      return NotJson(0);
    }
    size_t documents = 0;
    for (auto result : stream) {
      size_t sum = 0;
      if (!VisitFields(result, sum)) {
        return NotJson(documents);
      }
      kept = sum;
      ++documents;
    }
    return documents;
  });
}

// ---- The command line

struct Way {
  absl::string_view name;
  absl::StatusOr<size_t> (*parse)(const std::string& path) = nullptr;
};

constexpr Way kWays[] = {
    {"lines", CountLines},         {"dom", ParseDom},
    {"on-demand", ParseOnDemand},  {"parse-many", ParseMany},
    {"iterate-many", IterateMany},
};

int Main(const std::vector<std::string>& arguments) {
  for (const Way& way : kWays) {
    if (arguments.size() == 2 && way.name == arguments[0]) {
      const absl::StatusOr<size_t> lines = way.parse(arguments[1]);
      if (!lines.ok()) {
        const std::string message(lines.status().message());
        static_cast<void>(std::fprintf(stderr, "parse_lines: %s\n", message.c_str()));
        return 1;
      }
      static_cast<void>(std::printf("%zu\n", *lines));
      return 0;
    }
  }
  static_cast<void>(
      std::fputs("usage: parse_lines lines|dom|on-demand|parse-many|iterate-many FILE\n", stderr));
  return 2;
}

}  // namespace

}  // namespace weir

int main(int argc, char** argv) {
  return weir::Main({argv + 1, argv + argc});
}
