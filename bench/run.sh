#!/usr/bin/env bash
# Builds the benchmarks in build/bench, runs them, and prints medians and ratios.
#
#     bench/run.sh [OPTION...]
#
# --keys LIST        live keys, one number or several with commas; 1000000,16000000 by default.
#                    67000000 takes about 13 GB of memory and five minutes
# --batch N          alerts counted at a time; 8192 by default, as the replay does
# --repetitions N    how often each benchmark runs; 7 by default
# --min-time S       seconds of each repetition; 0.3 by default
# --cpu N            the processor to stay on; the last one allowed by default
# --hugepages        let the C library ask for huge pages, for all contestants alike
# --filter REGEX     only the benchmarks whose names match, such as decode or decide/table
# --json FILE        write the figures there as well
#
# What Google Benchmark prints and writes goes to build/bench/results.
set -euo pipefail

usage() {
  sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
}

die() {
  printf 'bench: %s\n' "$*" >&2
  exit 2
}

keys=1000000,16000000
batch=8192
repetitions=7
min_time=0.3
cpu=""
hugepages=false
filter=.
json=""
while (($# > 0)); do
  case "$1" in
    -h | --help)
      usage
      exit 0
      ;;
    --hugepages)
      hugepages=true
      shift
      continue
      ;;
    --keys | --batch | --repetitions | --min-time | --cpu | --filter | --json) ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
  (($# > 1)) || die "$1 needs a value"
  case "$1" in
    --keys) keys=$2 ;;
    --batch) batch=$2 ;;
    --repetitions) repetitions=$2 ;;
    --min-time) min_time=$2 ;;
    --cpu) cpu=$2 ;;
    --filter) filter=$2 ;;
    --json) json=$(realpath -m -- "$2") ;;
  esac
  shift 2
done
[[ ${keys} =~ ^[1-9][0-9]*(,[1-9][0-9]*)*$ ]] || die "--keys: not a list of numbers: ${keys}"
[[ ${batch} =~ ^[1-9][0-9]*$ ]] || die "--batch: not a number: ${batch}"
[[ ${repetitions} =~ ^[1-9][0-9]*$ ]] || die "--repetitions: not a number: ${repetitions}"
[[ ${min_time} =~ ^[0-9]+(\.[0-9]+)?$ ]] || die "--min-time: not a number: ${min_time}"
[[ ${cpu} =~ ^[0-9]*$ ]] || die "--cpu: not a number: ${cpu}"

cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
results=build/bench/results
mkdir -p "${results}"
rm -f -- "${results}"/*.json "${results}"/*.log

# Runs a command with its output in a log, which is shown only if the command fails.
logged() {
  local log=$1
  shift
  if ! "$@" >"${log}" 2>&1; then
    tail -n 40 "${log}" >&2
    printf 'bench: failed: %s\nbench: the full log is %s\n' "$*" "${log}" >&2
    exit 1
  fi
}

deploy/install_packages.sh test
if command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi
echo "build"
# With the options of the preset: what operators run is what is measured.
logged "${results}/configure.log" \
  cmake --preset release -B build/bench -DWEIR_BENCH=ON -DWEIR_TESTS=OFF
logged "${results}/build.log" cmake --build build/bench --target micro

# One process stays on one processor, so that no repetition starts with another's caches.
if [[ -z ${cpu} ]]; then
  cpu=$(taskset -cp $$ | sed 's/.*[ ,-]//')
fi
tunables=()
if ${hugepages}; then
  tunables=(GLIBC_TUNABLES=glibc.malloc.hugetlb=1)
fi

# run NAME SUITE [OPTION...]: one process, whose benchmarks take turns.
run() {
  local name=$1
  shift
  if ! build/bench/bench/micro "$@" --benchmark_filter="${filter}" \
    --benchmark_list_tests 2>/dev/null | grep -q '/'; then
    return 0
  fi
  echo "run: ${name}"
  logged "${results}/${name}.log" env "${tunables[@]}" taskset -c "${cpu}" \
    build/bench/bench/micro "$@" --benchmark_filter="${filter}" \
    --benchmark_repetitions="${repetitions}" --benchmark_min_time="${min_time}" \
    --benchmark_enable_random_interleaving=true \
    --benchmark_out="${results}/${name}.json" --benchmark_out_format=json
  outputs+=("${results}/${name}.json")
}

outputs=()
for count in ${keys//,/ }; do
  run "decide-${count}" decide --keys="${count}" --batch="${batch}"
done
run decode decode
((${#outputs[@]} > 0)) || die "--filter: no benchmark is named like that: ${filter}"

printf 'load now: %s; processor %s, batch %s, huge pages %s; millions a processor second\n' \
  "$(cut -d ' ' -f 1-3 /proc/loadavg)" "${cpu}" "${batch}" "${hugepages}"
report=(--parameters "batch ${batch}, min-time ${min_time}, huge pages ${hugepages}")
if [[ -n ${json} ]]; then
  report+=(--json "${json}")
fi
python3 bench/report.py "${report[@]}" "${outputs[@]}"
