#!/usr/bin/env bash
# Builds and tests everything that continuous integration does, and stops at the first failure.
#
#     tests/run.sh            all stages
#     tests/run.sh --quick    release build, its tests and the format check
#
# WEIR_JOBS          parallel jobs, by default the number of processors
# WEIR_FUZZ_SECONDS  how long to run the fuzz harness of each decoder, by default 60; of what reads
#                    nothing from outside at run time (policies, states), a third of that
# WEIR_ANALYZE       0: clang-tidy leaves out the static analyzer, which takes most of its time
# WEIR_ONCE          1: a test runs in one build, those of engine and connectors in that with
#                    sanitizers, those of deploy, where the program is run, in the other
# WEIR_SLOW_SHARE    2: of the tests that need a broker or a browser, half: whose turn it is by the
#                    commit
# WEIR_TIDY_SHARE    3: clang-tidy looks at a third of the files: whose turn it is by the commit
#
# Output of the tools goes to build/logs; the end of it is shown when a stage fails.
set -euo pipefail

cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
logs=build/logs
jobs=${WEIR_JOBS:-$(nproc)}
fuzz_seconds=${WEIR_FUZZ_SECONDS:-60}

usage() {
  sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' tests/run.sh
}

quick=false
case "${1:-}" in
  "") ;;
  --quick) quick=true ;;
  -h | --help)
    usage
    exit 0
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac

# ------------------------------------------------------------------------------------------------
# Stages.

stage_names=()
stage_seconds=()
stage_results=()
current=""
started=0

end_stage() {
  stage_names+=("${current}")
  stage_seconds+=($((SECONDS - started)))
  stage_results+=("$1")
  current=""
}

# Runs a function as a stage. A command that fails in it ends the script, and so finish() runs.
stage() {
  current=$1
  started=${SECONDS}
  printf '\n== %s\n' "${current}"
  "$2"
  end_stage ok
  printf -- '-- %s s\n' "${stage_seconds[-1]}"
}

finish() {
  local status=$? failed=${current} i
  trap - EXIT
  if [[ -n ${failed} ]]; then
    end_stage FAILED
  fi
  if ((${#stage_names[@]} > 0)); then
    printf '\n%-32s %7s  %s\n' stage seconds result
    for i in "${!stage_names[@]}"; do
      printf '%-32s %7d  %s\n' \
        "${stage_names[i]}" "${stage_seconds[i]}" "${stage_results[i]}"
    done
    printf '%-32s %7d\n' total "${SECONDS}"
  fi
  if [[ -n ${failed} ]]; then
    printf '\nFAILED: %s\n' "${failed}"
  elif ((status == 0)); then
    printf '\nPASSED\n'
  fi
  exit "${status}"
}
trap finish EXIT

# ------------------------------------------------------------------------------------------------
# Helpers.

# Runs a command with its output in a log; if it fails, shows the end of the log and fails as well.
logged() {
  local log=${logs}/$1.log status=0
  shift
  mkdir -p "${logs}"
  "$@" >"${log}" 2>&1 || status=$?
  if ((status != 0)); then
    # Without what ctest says of tests that passed and clang-tidy of headers of others.
    grep -vE '^ *Start +[0-9]+:|^ *[0-9]+/[0-9]+ Test .* Passed |^[0-9]+ warnings generated' \
      "${log}" | tail -n 200 || true
    printf 'status %d from: %.160s\nthe full log is %s\n' "${status}" "$*" "${log}"
  fi
  return "${status}"
}

# Runs a command without address randomisation where that is allowed: the sanitizers of gcc 12 and
# clang 14 do not start reliably on kernels that randomise with many bits.
steadily() {
  local prefix=()
  if setarch "$(uname -m)" -R true 2>/dev/null; then
    prefix=(setarch "$(uname -m)" -R)
  fi
  "${prefix[@]}" "$@"
}

# configure PRESET [OPTION...]
configure() {
  logged "$1-configure" cmake --preset "$1" -DWEIR_TESTS=ON "${@:2}"
}

# build PRESET [TARGET...]
build() {
  local preset=$1 targets=()
  shift
  if (($# > 0)); then
    targets=(--target "$@")
  fi
  logged "${preset}-build" \
    steadily cmake --build --preset "${preset}" --parallel "${jobs}" "${targets[@]}"
}

# run_tests PRESET [ARGUMENT OF CTEST...]
run_tests() {
  local preset=$1
  shift
  logged "${preset}-test" steadily ctest --preset "${preset}" --parallel "${jobs}" \
    --timeout 300 --no-tests=error "$@"
  grep -E 'tests passed' "${logs}/${preset}-test.log"
  # Passed is not the same as tested.
  sed -n '/^The following tests did not run:/,/^$/p' "${logs}/${preset}-test.log"
}

# Prints the C++ files of the repository, each ended by a NUL.
cpp_files() {
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files -z -- '*.h' '*.cc'
  else
    find . \( -path ./.git -o -path ./build -o -path ./out \) -prune -o \
      -type f \( -name '*.h' -o -name '*.cc' \) -print0
  fi
}

# Prints our own files that the release build compiles, but for the tests, each ended by a NUL: the
# tests are half of them, and what clang-tidy says of them is mostly about their macros.
compiled_files() {
  python3 -c '
import json, pathlib
root = pathlib.Path.cwd().resolve()
ours = ("engine", "connectors", "deploy", "bench")
with open("build/release/compile_commands.json", encoding="utf-8") as database:
    paths = {pathlib.Path(entry["directory"], entry["file"]) for entry in json.load(database)}
names = (str(p.relative_to(root)) for p in paths if p.is_relative_to(root))
print(*(f"{n}\0" for n in sorted(names) if n.split("/")[0] in ours), sep="", end="")
'
}

# Prints the executables behind the tests labelled tsan, relative to the build directory. They are
# read from the build before: before its own, ctest does not know which tests an executable has.
tsan_targets() {
  ctest --test-dir build/fuzz --show-only=json-v1 -L '^tsan$' | python3 -c '
import json, pathlib, sys
build = pathlib.Path("build/fuzz").resolve()
paths = {
    pathlib.Path(argument)
    for test in json.load(sys.stdin)["tests"]
    for argument in test.get("command", [])
}
print(*sorted(str(p.relative_to(build)) for p in paths if p.is_relative_to(build) and p.is_file()))
'
}

# ------------------------------------------------------------------------------------------------
# What the stages do.

install_packages() {
  deploy/install_packages.sh test
}

# tests_of FOLDERS: the folders whose tests a build has, if each is to run once.
tests_of() {
  if [[ ${WEIR_ONCE:-0} == 1 ]]; then
    echo "$1"
  else
    echo "engine;connectors;deploy"
  fi
}

release_build() {
  configure release "-DWEIR_TESTS_OF=$(tests_of deploy)"
  build release
}

release_tests() {
  local left_out
  left_out=$(slow_tests | not_their_turn "${WEIR_SLOW_SHARE:-1}" | paste -sd '|')
  if [[ -n ${left_out} ]]; then
    echo "not their turn: ${left_out//|/ }"
  fi
  # Tests with a broker mostly wait for it.
  run_tests release --parallel $((jobs + 1)) --exclude-regex "^(${left_out})$"
}

# Prints the names of the tests with a broker or a browser.
slow_tests() {
  ctest --test-dir build/release --show-only=json-v1 -L '^(broker|browser)$' | python3 -c '
import json, sys
print(*sorted(test["name"] for test in json.load(sys.stdin)["tests"]), sep="\n")
'
}

count_instructions() {
  logged instructions bench/instructions/instructions.py
  cat "${logs}/instructions.log"
}

# The build for fuzzing is that of the preset asan and more: one build serves the tests and the
# harnesses.
asan_tests() {
  configure fuzz "-DWEIR_TESTS_OF=$(tests_of "engine;connectors")"
  build fuzz
  run_tests fuzz
}

tsan_tests() {
  local names targets
  names=$(tsan_targets)
  read -r -a targets <<<"${names}"
  if ((${#targets[@]} == 0)); then
    echo "no test is labelled tsan"
    return 1
  fi
  configure tsan
  build tsan "${targets[@]}"
  run_tests tsan -L '^tsan$'
}

format_check() {
  local files
  mapfile -d '' -t files < <(cpp_files)
  if ((${#files[@]} == 0)); then
    echo "no C++ files found"
    return 1
  fi
  logged format clang-format-14 --dry-run --Werror "${files[@]}"
  echo "${#files[@]} files"
}

tidy_check() {
  local files
  mapfile -d '' -t files < <(compiled_files)
  if ((${#files[@]} == 0)); then
    echo "the compile database names no file of ours"
    return 1
  fi
  local all=${#files[@]}
  mapfile -t files < <(printf '%s\n' "${files[@]}" | whose_turn "${WEIR_TIDY_SHARE:-1}")
  logged tidy tidy_files "${files[@]}"
  echo "${#files[@]} of ${all} files"
}

# whose_turn N: of the names on standard input, one a line, every N-th one, beginning with another
# for each commit.
whose_turn() {
  awk -v n="$1" -v turn="$(turn_of "$1")" 'NR % n == turn'
}

# not_their_turn N: the other ones.
not_their_turn() {
  awk -v n="$1" -v turn="$(turn_of "$1")" 'NR % n != turn'
}

turn_of() {
  local commit
  if commit=$(git rev-parse --short=6 HEAD 2>/dev/null); then
    echo $((16#${commit:0:6} % $1))
  else
    echo 0
  fi
}

tidy_files() {
  local checks=()
  if [[ ${WEIR_ANALYZE:-1} == 0 ]]; then
    checks=(--checks=-clang-analyzer-*)
  fi
  printf '%s\0' "$@" |
    xargs -0 -n 1 -P "${jobs}" clang-tidy-14 -quiet -p build/release "${checks[@]}"
}

# Prints the fuzz harnesses that the preset builds, relative to the build directory.
fuzz_harnesses() {
  ninja -C build/fuzz -t targets all |
    sed -n 's|^\(tests/fuzz/fuzz_[A-Za-z0-9_]*\): CXX_EXECUTABLE_LINKER.*|\1|p'
}

# fuzz_one HARNESS
fuzz_one() {
  local name=${1##*/} folder seeds=() words=() seconds=${fuzz_seconds}
  case ${name} in
    fuzz_policy | fuzz_service | fuzz_store | fuzz_original) seconds=$(((fuzz_seconds + 2) / 3)) ;;
  esac
  # libFuzzer adds what it finds to the first folder, and so that is not the one of the sources.
  local corpus=build/fuzz/corpus/${name}
  mkdir -p "${corpus}" build/fuzz/findings
  for folder in "tests/fuzz/corpus/${name}" "tests/fuzz/corpus/${name#fuzz_}"; do
    if [[ -d ${folder} ]]; then
      seeds+=("${folder}")
    fi
  done
  if [[ -f tests/fuzz/${name}.dict ]]; then
    words=("-dict=tests/fuzz/${name}.dict")
  fi
  logged "${name}" steadily "build/fuzz/$1" "-max_total_time=${seconds}" \
    -timeout=10 -rss_limit_mb=2048 "-artifact_prefix=build/fuzz/findings/${name}-" \
    "${words[@]}" "${corpus}" "${seeds[@]}" &&
    echo "${name}: $(grep -E '^Done ' "${logs}/${name}.log")"
}

fuzz_run() {
  local harnesses harness running=() failed=0 pid
  mapfile -t harnesses < <(fuzz_harnesses)
  if ((${#harnesses[@]} == 0)); then
    echo "the preset fuzz builds no tests/fuzz/fuzz_*"
    return 1
  fi
  for harness in "${harnesses[@]}"; do
    # As many at a time as there are jobs.
    if ((${#running[@]} == jobs)); then
      wait "${running[0]}" || failed=1
      running=("${running[@]:1}")
    fi
    fuzz_one "${harness}" &
    running+=($!)
  done
  for pid in "${running[@]}"; do
    wait "${pid}" || failed=1
  done
  return "${failed}"
}

# ------------------------------------------------------------------------------------------------

export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

stage "packages" install_packages
if command -v ccache >/dev/null; then
  # Without the sloppiness it would not keep what is compiled with precompiled headers.
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_SLOPPINESS=pch_defines,time_macros
fi
stage "release: build" release_build
stage "release: tests" release_tests
if ! ${quick}; then
  stage "instructions per alert" count_instructions
  stage "asan: build and tests" asan_tests
  stage "tsan: build and tests" tsan_tests
fi
stage "format" format_check
if ! ${quick}; then
  stage "clang-tidy" tidy_check
  stage "fuzz" fuzz_run
fi
