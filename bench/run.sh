#!/usr/bin/env bash
# Builds the benchmarks in build/bench, runs them, and prints medians and ratios.
#
#     bench/run.sh [OPTION...]
#
# --suites LIST      decide, decode, replay, store; all of them by default
# --filter REGEX     only the benchmarks whose names match, such as decide-2/table or replay/weir
# --keys LIST        live keys of decide; 1000000,16000000 by default. 67000000 take 13 GB of memory
#                    and ten minutes
# --store-keys LIST  live keys of the states to reopen; 1000000,10000000 by default
# --alerts N         about how many alerts are replayed; 2000000 by default
# --batch N          alerts counted at a time in decide; 2048 by default, as the replay does
# --repetitions N    how often each benchmark runs; 7 by default
# --min-time S       seconds of each repetition but a replay's; 0.3 by default
# --cpus A,B         the processors to stay on: one thread on the first, two on both; the last two
#                    allowed by default. With one, nothing with two threads is measured
# --hugepages        let the C library ask for huge pages, for all of micro's contestants alike
# --markdown         print tables as bench/README.md has them
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

suites=decide,decode,replay,store
filter=.
keys=1000000,16000000
store_keys=1000000,10000000
alerts=2000000
batch=2048
repetitions=7
min_time=0.3
cpus=""
hugepages=false
markdown=false
json=""
while (($# > 0)); do
  case "$1" in
    -h | --help)
      usage
      exit 0
      ;;
    --hugepages | --markdown)
      printf -v "${1#--}" true
      shift
      continue
      ;;
    --suites | --filter | --keys | --store-keys | --alerts | --batch | --repetitions) ;;
    --min-time | --cpus | --json) ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
  (($# > 1)) || die "$1 needs a value"
  name=${1#--}
  printf -v "${name//-/_}" '%s' "$2"
  shift 2
done
list='^[1-9][0-9]*(,[1-9][0-9]*)*$'
[[ ${suites} =~ ^(decide|decode|replay|store)(,(decide|decode|replay|store))*$ ]] ||
  die "--suites: not a list of suites: ${suites}"
[[ ${keys} =~ ${list} ]] || die "--keys: not a list of numbers: ${keys}"
[[ ${store_keys} =~ ${list} ]] || die "--store-keys: not a list of numbers: ${store_keys}"
[[ ${alerts} =~ ^[1-9][0-9]{3,}$ ]] || die "--alerts: not a number from 1000: ${alerts}"
[[ ${batch} =~ ^[1-9][0-9]*$ ]] || die "--batch: not a number: ${batch}"
[[ ${repetitions} =~ ^[1-9][0-9]*$ ]] || die "--repetitions: not a number: ${repetitions}"
[[ ${min_time} =~ ^[0-9]+(\.[0-9]+)?$ ]] || die "--min-time: not a number: ${min_time}"
[[ ${cpus} =~ ^([0-9]+(,[0-9]+)?)?$ ]] || die "--cpus: not one or two numbers: ${cpus}"
if [[ -n ${json} ]]; then
  json=$(realpath -m -- "${json}")
fi

cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
results=build/bench/results
mkdir -p "${results}"
rm -f -- "${results}"/*.json "${results}"/*.log
scratch=build/bench/scratch # of the store
trap 'rm -rf -- "${scratch}"' EXIT

wants() {
  [[ ,${suites}, == *,$1,* ]]
}

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
logged "${results}/build.log" cmake --build build/bench --target micro parse_lines weir
weir=build/bench/deploy/weir
micro=build/bench/bench/micro

# A thread stays on one processor, so that no repetition starts with another's caches.
if [[ -z ${cpus} ]]; then
  cpus=$(python3 -c 'import os
print(*sorted(os.sched_getaffinity(0))[-1:-3:-1], sep=",")')
fi
threads=1
if [[ ${cpus} == *,* ]]; then
  threads=2
fi
tunables=()
if ${hugepages}; then
  tunables=(GLIBC_TUNABLES=glibc.malloc.hugetlb=1)
fi

# run NAME CPUS SUITE [OPTION...]: one process, whose benchmarks take turns.
run() {
  local name=$1 on=$2
  shift 2
  if ! "${micro}" "$@" --benchmark_filter="${filter}" --benchmark_list_tests 2>/dev/null |
    grep -q '/'; then
    return 0
  fi
  echo "run: ${name}"
  logged "${results}/${name}.log" env "${tunables[@]}" taskset -c "${on}" "${micro}" "$@" \
    --benchmark_filter="${filter}" \
    --benchmark_repetitions="${repetitions}" --benchmark_min_time="${min_time}" \
    --benchmark_enable_random_interleaving=true \
    --benchmark_out="${results}/${name}.json" --benchmark_out_format=json
  outputs+=("${results}/${name}.json")
}

run_decide() {
  local count
  for count in ${keys//,/ }; do
    # All contestants live side by side: about 200 bytes a key, and what a map needs to grow.
    if ((count * 230 / 1024 > $(awk '/^MemAvailable/ { print $2 }' /proc/meminfo))); then
      die "--keys ${count} needs $((count * 230 / 1000000)) MB of memory, which is not free;" \
        "--cpus with one processor halves that"
    fi
    run "decide-${count}" "${cpus}" decide --keys="${count}" --batch="${batch}" \
      --threads="${threads}" --cpus="${cpus}"
  done
}

run_replay() {
  if ! bench/replay/replay.py --list | grep -Eq -- "${filter}"; then
    return 0
  fi
  local capture
  capture=$(bench/capture.sh "${weir}" "${alerts}")
  echo "run: replay"
  logged "${results}/replay.log" bench/replay/replay.py --weir "${weir}" \
    --parse-lines build/bench/bench/parse_lines --capture "${capture}" --cpus "${cpus}" \
    --repetitions "${repetitions}" --filter "${filter}" --out "${results}/replay.json"
  outputs+=("${results}/replay.json")
}

run_store() {
  mkdir -p "${scratch}"
  run store "${cpus}" store --dir="${scratch}" --keys="${store_keys}"
}

outputs=()
if wants decide; then
  run_decide
fi
if wants decode; then
  run decode "${cpus%,*}" decode
fi
if wants replay; then
  run_replay
fi
if wants store; then
  run_store
fi
((${#outputs[@]} > 0)) || die "--filter: no benchmark is named like that: ${filter}"

echo
report=(--parameters "load now $(cut -d ' ' -f 1-3 /proc/loadavg), on processors ${cpus}, batch \
${batch}, ${repetitions} repetitions of ${min_time} s, huge pages ${hugepages}")
if ${markdown}; then
  report+=(--markdown)
fi
if [[ -n ${json} ]]; then
  report+=(--json "${json}")
fi
python3 bench/report.py "${report[@]}" "${outputs[@]}"
