// Runs one suite of benchmarks. bench/run.sh calls it; options of Google Benchmark work as well.

#include <cstdio>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "benchmark/benchmark.h"

#include "bench/micro/suites.h"

namespace weir {

namespace {

constexpr char kUsage[] =
    "usage: micro decide [--keys=N] [--batch=N] [--benchmark_...]\n"
    "       micro decode [--benchmark_...]\n";

// Of which a machine of 24 GiB holds every contestant at once.
constexpr size_t kMostKeys = 100'000'000;

bool ParseCount(absl::string_view text, size_t& count) {
  return absl::SimpleAtoi(text, &count) && count >= 1 && count <= kMostKeys;
}

// Whether the arguments that Google Benchmark has left are right.
bool Register(int argc, char** argv) {
  const absl::string_view suite = argc > 1 ? argv[1] : "";
  if (suite == "decode" && argc == 2) {
    RegisterDecode();
    return true;
  }
  DecideOptions options;
  for (int i = 2; i < argc; ++i) {
    absl::string_view argument = argv[i];
    const bool known =
        (absl::ConsumePrefix(&argument, "--keys=") && ParseCount(argument, options.keys)) ||
        (absl::ConsumePrefix(&argument, "--batch=") && ParseCount(argument, options.batch));
    if (!known) {
      return false;
    }
  }
  if (suite != "decide") {
    return false;
  }
  RegisterDecide(options);
  return true;
}

}  // namespace

}  // namespace weir

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (!weir::Register(argc, argv)) {
    static_cast<void>(std::fputs(weir::kUsage, stderr));
    return 2;
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
