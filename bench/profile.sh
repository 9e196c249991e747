#!/usr/bin/env bash
# Says where the time of `weir replay` goes, stage by stage, as a table: shares, and nanoseconds or
# instructions an alert. bench/service/profile.sh does so for `weir serve`.
#
#     bench/profile.sh [OPTION...]
#
# --alerts N       about how many alerts are replayed; 2000000 by default, 100000 with callgrind
# --capture FILE   replay this instead
# --threads N      1 by default
# --with TOOL      perf or callgrind; perf by default if it works here
# --bare           without --out and --state
#
# perf takes samples of the processor's clock, of all threads, the kernel's time included; callgrind
# counts the instructions of the program itself. The build is that of bench/run.sh, which keeps
# frame pointers. What the tools write goes to build/bench/profile.
set -euo pipefail

usage() {
  sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
}

die() {
  printf 'profile: %s\n' "$*" >&2
  exit 2
}

alerts=""
capture=""
threads=1
tool=""
bare=false
while (($# > 0)); do
  case "$1" in
    -h | --help)
      usage
      exit 0
      ;;
    --bare)
      bare=true
      shift
      continue
      ;;
    --alerts | --capture | --threads | --with) ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
  (($# > 1)) || die "$1 needs a value"
  case "$1" in
    --alerts) alerts=$2 ;;
    --capture) capture=$(realpath -e -- "$2") ;;
    --threads) threads=$2 ;;
    --with) tool=$2 ;;
  esac
  shift 2
done
[[ ${alerts:-1000} =~ ^[1-9][0-9]{3,}$ ]] || die "--alerts: not a number from 1000: ${alerts}"
[[ ${threads} =~ ^[1-9][0-9]*$ ]] || die "--threads: not a number: ${threads}"
[[ ${tool} =~ ^(perf|callgrind)?$ ]] || die "--with: neither perf nor callgrind: ${tool}"

cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
directory=build/bench/profile
rm -rf -- "${directory}"
mkdir -p "${directory}"

# Virtual machines often have no counters of the processor; its clock they have.
if [[ -z ${tool} ]]; then
  tool=callgrind
  if perf record -q -e cpu-clock -g -o "${directory}/try" true >/dev/null 2>&1; then
    tool=perf
  fi
fi
if [[ ${tool} == callgrind ]] && ! command -v valgrind >/dev/null; then
  die "neither perf works here (Debian: linux-perf) nor is there valgrind"
fi
if [[ -z ${alerts} ]]; then
  alerts=2000000
  if [[ ${tool} == callgrind ]]; then
    alerts=100000
  fi
fi

script=bench/profile
source bench/build.sh
build_bench build "${directory}" weir
weir=build/bench/deploy/weir

if [[ -z ${capture} ]]; then
  capture=$(bench/capture.sh "${weir}" "${alerts}")
fi
replay=("${weir}" replay --json --threads "${threads}")
if ! ${bare}; then
  replay+=(--out "${directory}/out" --state "${directory}/state")
fi
replay+=("${capture}")

hertz=1999
echo "run: ${tool}"
case "${tool}" in
  perf)
    perf record -q -e cpu-clock -F "${hertz}" -g -o "${directory}/perf.data" "${replay[@]}" \
      >"${directory}/summary.json"
    perf script -i "${directory}/perf.data" --no-inline -F comm,ip,sym,dso \
      >"${directory}/samples" 2>"${directory}/script.log"
    ;;
  callgrind)
    # Eight callers reach from any function to one that names the stage.
    valgrind --tool=callgrind --separate-callers=8 --callgrind-out-file="${directory}/samples" \
      "${replay[@]}" >"${directory}/summary.json" 2>"${directory}/valgrind.log"
    ;;
esac
rm -rf -- "${directory}/out" "${directory}/state"
echo
bench/stages.py "${tool}" "${directory}/samples" --hertz "${hertz}" \
  --alerts "$(wc -l <"${capture}")"
