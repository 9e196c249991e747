#include <simdjson.h>

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "benchmark/benchmark.h"

#include "bench/micro/suites.h"
#include "connectors/formats/arena.h"
#include "connectors/formats/decoder.h"
#include "connectors/formats/json.h"
#include "connectors/formats/json_writer.h"
#include "deploy/weir/fleet.h"
#include "engine/alert/event.h"
#include "engine/base/check.h"

namespace weir {

namespace {

// Enough that no branch predictor learns them by heart.
constexpr size_t kLines = 20'000;

// What `weir generate` writes, in one buffer with the padding that everybody needs.
class Lines {
 public:
  explicit Lines(bool payloads) {
    FleetOptions options;
    options.payloads = payloads;
    Fleet fleet(options);
    KeptAlert alert;
    std::vector<size_t> ends;
    while (ends.size() < kLines && fleet.Next(alert)) {
      AppendForwarded(View(alert), text_);
      ends.push_back(text_.size());
    }
    text_.append(kJsonPadding, ' ');
    size_t start = 0;
    for (const size_t end : ends) {
      lines_.push_back(absl::string_view(text_).substr(start, end - start - 1));
      start = end;
    }
  }

  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;
  ~Lines() = default;

  const std::vector<absl::string_view>& all() const { return lines_; }

  size_t bytes() const { return text_.size() - kJsonPadding; }

 private:
  std::string text_;
  std::vector<absl::string_view> lines_;
};

// Runs `read` on all lines, again and again.
template <typename Read>
void Run(benchmark::State& state, const Lines& lines, Read&& read) {
  for ([[maybe_unused]] const auto iteration : state) {
    for (const absl::string_view line : lines.all()) {
      read(line);
    }
  }
  const auto rounds = static_cast<int64_t>(state.iterations());
  state.SetItemsProcessed(rounds * static_cast<int64_t>(lines.all().size()));
  state.SetBytesProcessed(rounds * static_cast<int64_t>(lines.bytes()));
}

void RunDecoder(benchmark::State& state, const Lines& lines) {
  Decoder decoder(std::nullopt);
  Arena arena;
  size_t lines_in_arena = 0;
  Run(state, lines, [&](absl::string_view line) {
    constexpr size_t kBatch = 4096;
    if (++lines_in_arena == kBatch) {
      arena.Clear();
      lines_in_arena = 0;
    }
    const Decoded decoded = decoder.Decode(line, arena);
    WEIR_CHECK(std::holds_alternative<Alert>(decoded.event));
    benchmark::DoNotOptimize(&decoded);
  });
}

// Builds the document and does not look at it.
void RunDom(benchmark::State& state, const Lines& lines) {
  simdjson::dom::parser parser;
  WEIR_CHECK(parser.allocate(size_t{1} << 16) == simdjson::SUCCESS);
  Run(state, lines, [&](absl::string_view line) {
    simdjson::dom::element root;
    WEIR_CHECK(parser.parse(line.data(), line.size(), false).get(root) == simdjson::SUCCESS);
    benchmark::DoNotOptimize(root);
  });
}

// Reads every name and value of the flat objects that the lines are.
void RunOnDemand(benchmark::State& state, const Lines& lines) {
  namespace ondemand = simdjson::ondemand;
  ondemand::parser parser;
  WEIR_CHECK(parser.allocate(size_t{1} << 16) == simdjson::SUCCESS);
  Run(state, lines, [&](absl::string_view line) {
    const simdjson::padded_string_view padded(line.data(), line.size(),
                                              line.size() + simdjson::SIMDJSON_PADDING);
    ondemand::document document;
    ondemand::object object;
    WEIR_CHECK(parser.iterate(padded).get(document) == simdjson::SUCCESS);
    WEIR_CHECK(document.get_object().get(object) == simdjson::SUCCESS);
    size_t sum = 0;
    for (auto result : object) {
      ondemand::field field;
      std::string_view name;
      WEIR_CHECK(std::move(result).get(field) == simdjson::SUCCESS);
      WEIR_CHECK(field.unescaped_key().get(name) == simdjson::SUCCESS);
      std::string_view text;
      uint64_t number = 0;
      if (field.value().get_string().get(text) == simdjson::SUCCESS) {
        sum += name.size() + text.size();
      } else if (field.value().get_uint64().get(number) == simdjson::SUCCESS) {
        sum += name.size() + number;
      }
    }
    benchmark::DoNotOptimize(sum);
  });
}

}  // namespace

void RegisterDecode() {
  for (const bool payloads : {false, true}) {
    const auto lines = std::make_shared<const Lines>(payloads);
    const auto add = [&](absl::string_view name, auto run) {
      const absl::string_view kind = payloads ? "/payload" : "/plain";
      benchmark::RegisterBenchmark(absl::StrCat("decode/", name, kind).c_str(),
                                   [lines, run](benchmark::State& state) { run(state, *lines); });
    };
    add("decoder", RunDecoder);
    add("dom", RunDom);
    add("on-demand", RunOnDemand);
  }
}

}  // namespace weir
