#!/usr/bin/env bash
# Measures how cost grows: with live keys, alert codes, bytes, throttled alerts and partitions.
#
#     bench/scale/run.sh [OPTION...]
#
# --quick        small inputs and one round, to see that all of it works: figures of no worth, which
#                are printed and go to build/bench/scale-quick alone
# --parts LIST   decide, restart, keys, mix, partitions; all of them by default. Of the others the
#                results of an earlier run stand
# --keys LIST    numbers of live keys; 1000000,10000000,67000000 by default. 67000000 need 12 GB of
#                memory; what does not fit is left out, and said to be
# --rounds N     how often each is run; 3 by default
# --alerts N     of each replay of the part mix; 1000000 by default
# --records N    of each run on the broker; 1000000 by default
#
# Builds in build/bench. Each part writes its results to build/bench/scale as it goes; the tables go
# into bench/scale/README.md and the curves beside it. A full run takes 25 minutes and 4 GB of disk,
# and needs the machine for itself, with two processors or more.
#
# Exit codes: 0 done, 1 failed, 2 wrong usage, 69 there is no broker to be had here.
set -euo pipefail

usage() {
  sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
}

die() {
  printf 'bench/scale: %s\n' "$*" >&2
  exit 2
}

quick=false
declare -A value=([parts]=decide,restart,keys,mix,partitions)
declare -A full=([keys]=1000000,10000000,67000000 [rounds]=3 [alerts]=1000000 [records]=1000000)
declare -A small=([keys]=100000,1000000 [rounds]=1 [alerts]=60000 [records]=100000)
while (($# > 0)); do
  case "$1" in
    -h | --help)
      usage
      exit 0
      ;;
    --quick)
      quick=true
      shift
      continue
      ;;
    --parts | --keys | --rounds | --alerts | --records) ;;
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
done
part='(decide|restart|keys|mix|partitions)'
[[ ${value[parts]} =~ ^${part}(,${part})*$ ]] || die "--parts: not a list: ${value[parts]}"
[[ ${value[keys]} =~ ^[1-9][0-9]{4,}(,[1-9][0-9]{4,})*$ ]] ||
  die "--keys: not a list of numbers from 10000: ${value[keys]}"
[[ ${value[rounds]} =~ ^[1-9][0-9]*$ ]] || die "--rounds: not a number: ${value[rounds]}"
for name in alerts records; do
  [[ ${value[${name}]} =~ ^[1-9][0-9]{4,}$ ]] ||
    die "--${name}: not a number from 10000: ${value[${name}]}"
done

cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
out=build/bench/scale
report=(--readme)
if ${quick}; then
  out=build/bench/scale-quick
  report=()
fi
logs=build/bench/results
mkdir -p "${out}" "${logs}"

script=bench/scale
source bench/build.sh
build_bench test "${logs}" weir micro

echo "run: scale (${logs}/scale.log)"
export WEIR=build/bench/deploy/weir
export PYTHONPATH=bench:bench/replay:bench/service:tests/integration
export PYTHONDONTWRITEBYTECODE=1
logged "${logs}/scale.log" /usr/bin/python3 bench/scale/scale.py --weir "${WEIR}" \
  --micro build/bench/bench/micro --out "${out}" --parts "${value[parts]}" \
  --keys "${value[keys]}" --rounds "${value[rounds]}" --alerts "${value[alerts]}" \
  --records "${value[records]}"
grep -E '^(part|left out)' "${logs}/scale.log"

echo
/usr/bin/python3 bench/scale/curves.py "${out}" "${report[@]}" --parameters \
  "${value[rounds]} rounds, ${value[alerts]} alerts a replay, ${value[records]} records a service"
