#!/usr/bin/env bash
# Says where the time of `weir serve` goes, stage by stage and thread by thread, as a table.
#
#     bench/service/profile.sh [OPTION...]
#
# --records N      about so many alerts in one partition; 2000000 by default
# --throttled P    about so many of a hundred are throttled: 0, 50 or 99; 50 by default
#
# The service runs as in bench/service/run.sh, on a processor of its own, and `perf` takes samples
# of the processor's clock from a tenth of the alerts on, the kernel's time included. Builds in
# build/bench; what perf writes goes to build/bench/service. Takes a minute, and needs `perf`.
#
# Exit codes: 0 done, 1 failed, 2 wrong usage, 69 there is no broker, or no perf, to be had here.
set -euo pipefail

usage() {
  sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
}

die() {
  printf 'bench/service/profile: %s\n' "$2" >&2
  exit "$1"
}

records=2000000
throttled=50
while (($# > 0)); do
  case "$1" in
    -h | --help)
      usage
      exit 0
      ;;
    --records | --throttled) ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
  (($# > 1)) || die 2 "$1 needs a value"
  printf -v "${1#--}" %s "$2"
  shift 2
done
[[ ${records} =~ ^[1-9][0-9]{4,}$ ]] || die 2 "--records: not a number from 10000: ${records}"
[[ ${throttled} =~ ^(0|50|99)$ ]] || die 2 "--throttled: not 0, 50 or 99: ${throttled}"

cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
folder=build/bench/service
mkdir -p "${folder}"
perf record -q -e cpu-clock -o "${folder}/try" true >/dev/null 2>&1 ||
  die 69 "perf does not work here (Debian: linux-perf; /proc/sys/kernel/perf_event_paranoid)"

script=bench/service/profile
source bench/build.sh
build_bench test "${folder}" weir
echo "run: perf"
env WEIR=build/bench/deploy/weir PYTHONPATH=bench:tests/integration PYTHONDONTWRITEBYTECODE=1 \
  /usr/bin/python3 bench/service/profile.py --folder "${folder}" --records "${records}" \
  --throttled "${throttled}"
