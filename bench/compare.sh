#!/usr/bin/env bash
# Compares Weir with the same throttle on Kafka Streams and on Flink, and a replay with counters in
# Redis: alerts a second and per core, memory, latency, restarts.
#
#     bench/compare.sh [OPTION...]
#
# --quick          small inputs, one round: shows that all of it works. Figures of no worth
# --systems LIST   weir, kafka-streams, flink, redis; all of them by default
# --formats LIST   json, gbcs (binary); both by default. Latency and restarts have JSON alone
# --parts LIST     throughput, latency, restart; all of them by default
# --rounds N       how often each system runs, in turns; 3 by default
# --records N      alerts of an input, about; 5000000 by default
# --seconds S      for which a slow system is measured at most; 60 by default
# --keys N         live keys at a restart, about; 1000000 by default
# --rate N         alerts a second of latency at half load, at most; 20000 by default
# --low-rate N     alerts a second of latency at a rate common to all; 1000 by default
# --weir FILE      this program instead of the one that is built here
# --readme         put the short table and the plot into README.md, all into bench/peers/README.md
#
# Installs what is missing, builds in build/bench and build/peers, checks that every system forwards
# what it should, and measures. Every run goes to build/bench/compare.json as it ends, the tables to
# build/bench/compare.md, the plot to build/bench/compare.svg; what is printed goes to
# build/bench/results. A full comparison takes an hour, --quick some minutes. Needs the machine
# for itself, two processors, and 10 GB of disk.
#
# Exit codes: 0 done, 1 failed, 2 wrong usage, 69 there is no broker to be had here.
set -euo pipefail

usage() {
  sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
}

die() {
  printf 'bench/compare: %s\n' "$*" >&2
  exit 2
}

command="bench/compare.sh${*:+ $*}"
quick=false
readme=false
declare -A value=([weir]="" [systems]=weir,kafka-streams,flink,redis [formats]=json,gbcs
  [parts]=throughput,latency,restart)
declare -A full=([rounds]=3 [records]=5000000 [seconds]=60 [keys]=1000000 [rate]=20000
  [low-rate]=1000 [check-records]=200000 [warm]=30 [latency-seconds]=15 [latency-warm]=10)
declare -A small=([rounds]=1 [records]=400000 [seconds]=10 [keys]=50000 [rate]=2000
  [low-rate]=500 [check-records]=50000 [warm]=5 [latency-seconds]=4 [latency-warm]=2)
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
    --rounds | --records | --seconds | --keys | --rate | --low-rate) ;;
    --systems | --formats | --parts | --weir) ;;
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
((value[records] >= 10000)) || die "--records: not a number from 10000: ${value[records]}"

# check_list NAME WORD...: the value is a list of some of the words, none of them twice.
check_list() {
  local name=$1 words=" ${*:2} " word
  local -A seen=()
  [[ ${value[${name}]} =~ ^[a-z-]+(,[a-z-]+)*$ ]] || die "--${name}: not a list: ${value[${name}]}"
  for word in ${value[${name}]//,/ }; do
    [[ ${words} == *" ${word} "* ]] || die "--${name}: not one of${words% }: ${word}"
    [[ -z ${seen[${word}]:-} ]] || die "--${name}: twice: ${word}"
    seen[${word}]=1
  done
}
check_list systems weir kafka-streams flink redis
check_list formats json gbcs
check_list parts throughput latency restart
weir=build/bench/deploy/weir
if [[ -n ${value[weir]} ]]; then
  weir=$(realpath -e -- "${value[weir]}")
fi

wants() {
  [[ ,${value[systems]}, == *,$1,* ]]
}

cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
results=build/bench/results
mkdir -p "${results}"

script=bench/compare
source bench/build.sh
targets=(latency_probe redis_counters)
if [[ -z ${value[weir]} ]]; then
  targets+=(weir)
fi
build_bench bench "${results}" "${targets[@]}"
if wants kafka-streams || wants flink; then
  logged "${results}/peers.log" bench/peers/java/build.sh
fi

echo "run: compare (${results}/compare.log)"
numbers=()
for name in rounds records seconds keys low-rate check-records warm latency-seconds latency-warm; do
  numbers+=("--${name}" "${value[${name}]}")
done
# It ends in order if this script is ended.
logged "${results}/compare.log" setpriv --pdeathsig TERM \
  env WEIR="$(realpath -- "${weir}")" PYTHONDONTWRITEBYTECODE=1 \
  PYTHONPATH=bench:bench/service:bench/replay:bench/peers/java:tests/integration \
  /usr/bin/python3 bench/compare/compare.py --out build/bench/compare.json \
  --folder build/bench/compare --peers build/peers \
  --latency-probe build/bench/bench/latency_probe \
  --redis-counters build/bench/bench/redis_counters --command "${command}" \
  --systems "${value[systems]}" --formats "${value[formats]}" --parts "${value[parts]}" \
  --most-rate "${value[rate]}" "${numbers[@]}"

publish=()
if ${readme}; then
  publish+=(--readme)
fi
PYTHONPATH=bench PYTHONDONTWRITEBYTECODE=1 python3 bench/compare/publish.py "${publish[@]}" \
  build/bench/compare.json
