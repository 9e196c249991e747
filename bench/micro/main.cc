// Runs one suite of benchmarks. bench/run.sh calls it; options of Google Benchmark work as well.

#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "benchmark/benchmark.h"

#include "bench/micro/suites.h"

namespace weir {

namespace {

constexpr char kUsage[] =
    "usage: micro decide [--keys=N] [--batch=N] [--threads=1|2] [--cpus=N,N] [--benchmark_...]\n"
    "       micro decode [--benchmark_...]\n"
    "       micro store --dir=DIR [--keys=N,N...] [--benchmark_...]\n";

// Of which a machine of 24 GiB holds every contestant at once.
constexpr size_t kMostKeys = 100'000'000;
constexpr size_t kMostProcessors = 1024;

bool ParseCount(absl::string_view text, size_t most, size_t& count) {
  return absl::SimpleAtoi(text, &count) && count >= 1 && count <= most;
}

// One number or several with commas.
template <typename Number>
bool ParseList(absl::string_view text, size_t most, std::vector<Number>& list) {
  list.clear();
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    size_t number = 0;
    if (!absl::SimpleAtoi(part, &number) || number > most) {
      return false;
    }
    list.push_back(static_cast<Number>(number));
  }
  return true;
}

// What one option sets; false if it is none of the suite's or its value is wrong.

bool Set(absl::string_view option, DecideOptions& options) {
  return (absl::ConsumePrefix(&option, "--keys=") && ParseCount(option, kMostKeys, options.keys)) ||
         (absl::ConsumePrefix(&option, "--batch=") &&
          ParseCount(option, kMostKeys, options.batch)) ||
         (absl::ConsumePrefix(&option, "--threads=") && ParseCount(option, 2, options.threads)) ||
         (absl::ConsumePrefix(&option, "--cpus=") &&
          ParseList(option, kMostProcessors, options.processors));
}

bool Set(absl::string_view option, StoreOptions& options) {
  if (absl::ConsumePrefix(&option, "--dir=")) {
    options.directory = std::string(option);
    return true;
  }
  return absl::ConsumePrefix(&option, "--keys=") && ParseList(option, kMostKeys, options.keys);
}

template <typename Options>
std::optional<Options> Parse(const std::vector<absl::string_view>& arguments) {
  Options options;
  for (const absl::string_view argument : arguments) {
    if (!Set(argument, options)) {
      return std::nullopt;
    }
  }
  return options;
}

// Registers a suite; false if the arguments that Google Benchmark has left are wrong.
bool Register(absl::string_view suite, const std::vector<absl::string_view>& arguments) {
  if (suite == "decide") {
    const std::optional<DecideOptions> options = Parse<DecideOptions>(arguments);
    if (options) {
      RegisterDecide(*options);
    }
    return options.has_value();
  }
  if (suite == "store") {
    const std::optional<StoreOptions> options = Parse<StoreOptions>(arguments);
    const bool complete = options && !options->directory.empty();
    if (complete) {
      RegisterStore(*options);
    }
    return complete;
  }
  if (suite == "decode" && arguments.empty()) {
    RegisterDecode();
    return true;
  }
  return false;
}

}  // namespace

}  // namespace weir

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const std::vector<absl::string_view> arguments(argv + 1, argv + argc);
  if (arguments.empty() ||
      !weir::Register(arguments.front(), {arguments.begin() + 1, arguments.end()})) {
    static_cast<void>(std::fputs(weir::kUsage, stderr));
    return 2;
  }
  benchmark::RunSpecifiedBenchmarks();
  // What they hold goes now: at the end of the process libraries may have gone before it.
  benchmark::ClearRegisteredBenchmarks();
  benchmark::Shutdown();
  return 0;
}
