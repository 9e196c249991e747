#!/usr/bin/env bash
# Measures `weir serve` beside bare loops on one broker: records a second, latency, restarts.
#
#     bench/service/run.sh [OPTION...]
#
# --quick        small inputs and one round, to see that all of it works: figures of no worth
# --rounds N     how often each contestant runs; 5 by default. Restarts, as often up to 3
# --records N    records of each input; 2000000 by default
# --keys N       live keys at a restart, about; 1000000 by default
# --rate N       records a second at which latency is measured, at most; 20000 by default
# --seconds S    of each run of latency; 10 by default
# --parts LIST   throughput, latency, restart; all of them by default
# --weir FILE    this program instead of the one that is built here
# --readme       put the tables into bench/README.md
#
# Builds in build/bench. Each run goes to build/bench/service.json as it ends; the broker and the
# clients print into build/bench/results. A full run takes a quarter of an hour. Needs the machine
# for itself, and two processors: with one, the broker shares it with what is measured.
#
# Exit codes: 0 done, 1 failed, 2 wrong usage, 69 there is no broker to be had here.
set -euo pipefail

usage() {
  sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
}

die() {
  printf 'bench/service: %s\n' "$*" >&2
  exit 2
}

quick=false
readme=false
declare -A value=([parts]=throughput,latency,restart [weir]="")
declare -A full=([rounds]=5 [records]=2000000 [keys]=1000000 [rate]=20000 [seconds]=10)
declare -A small=([rounds]=1 [records]=200000 [keys]=100000 [rate]=5000 [seconds]=5)
while (($# > 0)); do
  case "$1" in
    -h | --help)
      usage
      exit 0
      ;;
    --quick | --readme)
      printf -v "${1#--}" true
      shift
      continue
      ;;
    --rounds | --records | --keys | --rate | --seconds | --parts | --weir) ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
  (($# > 1)) || die "$1 needs a value"
  value[${1#--}]=$2
  shift 2
done
for name in "${!full[@]}"; do
  if ${quick}; then
    : "${value[${name}]:=${small[${name}]}}"
  else
    : "${value[${name}]:=${full[${name}]}}"
  fi
  [[ ${value[${name}]} =~ ^[1-9][0-9]*$ ]] || die "--${name}: not a number: ${value[${name}]}"
done
((value[records] >= 1000)) || die "--records: not a number from 1000: ${value[records]}"
[[ ${value[parts]} =~ ^(throughput|latency|restart)(,(throughput|latency|restart))*$ ]] ||
  die "--parts: not a list of parts: ${value[parts]}"
weir=build/bench/deploy/weir
if [[ -n ${value[weir]} ]]; then
  weir=$(realpath -e -- "${value[weir]}")
fi

cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
results=build/bench/results
mkdir -p "${results}"

script=bench/service
source bench/build.sh
targets=(bare_loop latency_probe)
if [[ -z ${value[weir]} ]]; then
  targets+=(weir)
fi
build_bench test "${results}" "${targets[@]}"

echo "run: service (${results}/service.log)"
restarts=$((value[rounds] < 3 ? value[rounds] : 3))
logged "${results}/service.log" env WEIR="${weir}" PYTHONPATH=tests/integration \
  /usr/bin/python3 bench/service/service_bench.py --out build/bench/service.json \
  --folder build/bench/service --bare-loop build/bench/bench/bare_loop \
  --latency-probe build/bench/bench/latency_probe --parts "${value[parts]}" \
  --rounds "${value[rounds]}" --restarts "${restarts}" --records "${value[records]}" \
  --keys "${value[keys]}" --rate "${value[rate]}" --seconds "${value[seconds]}"

echo
report=(--parameters "${value[rounds]} rounds of ${value[records]} records in one partition")
if ${readme}; then
  report+=(--into bench/README.md service)
fi
python3 bench/report.py "${report[@]}" build/bench/service.json
