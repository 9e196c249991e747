#!/usr/bin/env bash
# What a sweep of 1, 8, 64 and 256 settings costs over one capture, beside one replay of it.
#
#     bench/tune/run.sh [ALERTS] [ROUNDS]    20000000 and 3 by default: half an hour, 4 GB of disk
#
# The capture is generated: two days of a fleet whose devices send one alert a day, as the national
# one does, and as many again in storms. In each round every contestant runs once, in another order.
# Prints the median wall time of each, with the least and the most, the processor time and memory of
# the median run, and the ratio to the replay.
set -euo pipefail

cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
alerts=${1:-20000000}
rounds=${2:-3}
if [[ ! ${alerts} =~ ^[1-9][0-9]*$ || ! ${rounds} =~ ^[1-9][0-9]*$ ]]; then
  sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
  exit 2
fi

cmake --preset release -B build/bench -DWEIR_TESTS=OFF -DWEIR_BENCH=ON >/dev/null
cmake --build build/bench --parallel "$(nproc)" --target weir >/dev/null
weir=$PWD/build/bench/deploy/weir
folder=$(mktemp -d)
trap 'rm -rf "${folder}"' EXIT

# Storms of 4,000 alerts or so each.
"${weir}" generate --devices $((alerts / 4)) --duration 2d --rate 1 --outages 0 \
  --storms $((alerts / 8000)) >"${folder}/capture" 2>"${folder}/generated"
tail -n 1 "${folder}/generated"

grid_of() {
  case $1 in
    1) echo --threshold 10 --window 1h ;;
    8) echo --threshold 3,5,10,20 --window 1h --forward first_per_window,one_in:100 ;;
    64)
      echo --threshold 3,5,8,10,15,20,30,50 --window 10m,1h,6h,24h \
        --forward first_per_window,one_in:100
      ;;
    256)
      echo --threshold 3,4,5,6,8,10,12,15,20,25,30,40,50,60,80,100 \
        --window 10m,30m,1h,2h,4h,6h,12h,24h --forward first_per_window,one_in:100
      ;;
  esac
}

contestants=(replay 1 8 64 256)
run_one() {
  local name=$1 words=(replay)
  if [[ ${name} != replay ]]; then
    read -r -a words <<<"tune $(grid_of "${name}")"
  fi
  /usr/bin/time -f "${name} %e %U %S %M" -a -o "${folder}/times" \
    "${weir}" "${words[@]}" --json "${folder}/capture" >/dev/null 2>"${folder}/said" || {
    cat "${folder}/said" >&2
    return 1
  }
}

for ((round = 0; round < rounds; ++round)); do
  for i in "${!contestants[@]}"; do
    run_one "${contestants[((i + round) % ${#contestants[@]})]}"
  done
  read -r load _ </proc/loadavg
  printf 'round %d of %d, load %s\n' $((round + 1)) "${rounds}" "${load}" >&2
done

python3 - "${folder}/times" <<'PYTHON'
import collections
import statistics
import sys

runs = collections.defaultdict(list)
with open(sys.argv[1], encoding="utf-8") as file:
    for line in file:
        name, wall, user, system, kilobytes = line.split()
        runs[name].append((float(wall), float(user) + float(system), int(kilobytes)))
base = statistics.median(run[0] for run in runs["replay"])
print("|  | wall s | least to most | processor s | peak MiB | to one replay | to as many replays |")
print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
for name, all_runs in runs.items():
    all_runs.sort()
    wall, cpu, kilobytes = all_runs[len(all_runs) // 2]
    many = "" if name == "replay" else f"{wall / base / int(name):.3f}"
    label = "one replay" if name == "replay" else f"{name} settings"
    print(f"| {label} | {wall:.1f} | {all_runs[0][0]:.1f} to {all_runs[-1][0]:.1f} | {cpu:.1f} "
          f"| {kilobytes / 1024:.0f} | {wall / base:.2f} | {many} |")
PYTHON
