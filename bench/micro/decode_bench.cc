#include <simdjson.h>

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "benchmark/benchmark.h"

#include "bench/json/visit.h"
#include "bench/micro/corpus.h"
#include "bench/micro/suites.h"
#include "connectors/formats/arena.h"
#include "connectors/formats/binary_text.h"
#include "connectors/formats/decoder.h"
#include "connectors/formats/json_writer.h"
#include "engine/alert/event.h"
#include "engine/base/check.h"

namespace weir {

namespace {

// As many lines as the replay reads at a time, whose decoded parts are kept until then.
constexpr size_t kBatch = 2048;

// Runs `read` on all lines, again and again.
template <typename Read>
void Run(benchmark::State& state, const Corpus& corpus, Read&& read) {
  for ([[maybe_unused]] const auto iteration : state) {
    for (const absl::string_view line : corpus.lines()) {
      read(line);
    }
  }
  const auto rounds = static_cast<int64_t>(state.iterations());
  state.SetItemsProcessed(rounds * static_cast<int64_t>(corpus.lines().size()));
  state.SetBytesProcessed(rounds * static_cast<int64_t>(corpus.bytes()));
}

// The same with an arena, cleared between batches.
template <typename Read>
void RunWithArena(benchmark::State& state, const Corpus& corpus, Read&& read) {
  Arena arena;
  size_t lines_in_arena = 0;
  Run(state, corpus, [&](absl::string_view line) {
    if (++lines_in_arena == kBatch) {
      arena.Clear();
      lines_in_arena = 0;
    }
    read(line, arena);
  });
}

void RunDecoder(benchmark::State& state, const Corpus& corpus) {
  Decoder decoder(std::nullopt);
  Decoded decoded;
  RunWithArena(state, corpus, [&](absl::string_view line, Arena& arena) {
    decoder.Decode(line, arena, decoded.envelope, decoded.event);
    WEIR_CHECK(std::holds_alternative<Alert>(decoded.event));
    benchmark::DoNotOptimize(&decoded);
  });
}

// ---- Baselines

// Builds the document and does not look at it.
void RunDom(benchmark::State& state, const Corpus& corpus) {
  simdjson::dom::parser parser;
  WEIR_CHECK(parser.allocate(size_t{1} << 16) == simdjson::SUCCESS);
  Run(state, corpus, [&](absl::string_view line) {
    simdjson::dom::element root;
    WEIR_CHECK(parser.parse(line.data(), line.size(), false).get(root) == simdjson::SUCCESS);
    benchmark::DoNotOptimize(root);
  });
}

// Reads every name and value, and does nothing with them.
void RunOnDemand(benchmark::State& state, const Corpus& corpus) {
  simdjson::ondemand::parser parser;
  WEIR_CHECK(parser.allocate(size_t{1} << 16) == simdjson::SUCCESS);
  Run(state, corpus, [&](absl::string_view line) {
    const simdjson::padded_string_view padded(line.data(), line.size(),
                                              line.size() + simdjson::SIMDJSON_PADDING);
    simdjson::ondemand::document document;
    size_t sum = 0;
    WEIR_CHECK(parser.iterate(padded).get(document) == simdjson::SUCCESS);
    WEIR_CHECK(VisitFields(document, sum));
    benchmark::DoNotOptimize(sum);
  });
}

// Turns the text of the message into bytes.
template <std::optional<absl::string_view> (*ToBytes)(absl::string_view, Arena&)>
void RunBytes(benchmark::State& state, const Corpus& corpus) {
  RunWithArena(state, corpus, [&](absl::string_view line, Arena& arena) {
    const std::optional<absl::string_view> bytes = ToBytes(line.substr(line.find('\t') + 1), arena);
    WEIR_CHECK(bytes.has_value());
    benchmark::DoNotOptimize(bytes->data());
  });
}

// ---- The cases

struct Baseline {
  absl::string_view name;
  void (*run)(benchmark::State& state, const Corpus& corpus);
};

struct Case {
  absl::string_view name;
  bool payloads = false;  // whether alerts come with their GBCS message
  AppendLine* append = nullptr;
  std::vector<Baseline> baselines;
};

// A format is added as one more of them; bench/report.py finds the rest by the names.
std::vector<Case> Cases() {
  const Baseline dom = {"dom", RunDom};
  const Baseline on_demand = {"on-demand", RunOnDemand};
  return {
      {"json", false, AppendForwarded, {dom, on_demand}},
      {"json-payload", true, AppendForwarded, {dom, on_demand}},
      {"kcat", false, AppendKcat, {dom, on_demand}},
      {"gbcs-hex", true, AppendGbcsHex, {{"bytes", RunBytes<HexToBytes>}}},
      {"gbcs-base64", true, AppendGbcsBase64, {{"bytes", RunBytes<Base64ToBytes>}}},
  };
}

}  // namespace

void RegisterDecode() {
  for (const Case& each : Cases()) {
    const auto corpus = std::make_shared<const Corpus>(each.payloads, *each.append);
    const auto add = [&](absl::string_view contestant, auto run) {
      benchmark::RegisterBenchmark(absl::StrCat("decode/", contestant, "/", each.name).c_str(),
                                   [corpus, run](benchmark::State& state) { run(state, *corpus); });
    };
    add("decoder", RunDecoder);
    for (const Baseline& baseline : each.baselines) {
      add(baseline.name, baseline.run);
    }
  }
}

}  // namespace weir
