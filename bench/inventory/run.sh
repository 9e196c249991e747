#!/usr/bin/env bash
# Loads an inventory from a capture and finds devices in it: rate, memory, time of a look-up.
#
#     bench/inventory/run.sh [DEVICES]      60000000 by default: 20 minutes, 5 GB of disk
#
# The capture is generated and piped, so that its reading takes no disk; the generator shares the
# processors with the replay. Builds in build/bench; prints one line for each step.
set -euo pipefail

cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
devices=${1:-60000000}
if [[ ! ${devices} =~ ^[1-9][0-9]*$ ]]; then
  sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
  exit 2
fi

cmake --preset release -B build/bench -DWEIR_TESTS=OFF -DWEIR_BENCH=ON >/dev/null
cmake --build build/bench --parallel "$(nproc)" --target weir inventory_lookup >/dev/null
weir=build/bench/deploy/weir
folder=$(mktemp -d)
trap 'rm -rf "${folder}"' EXIT

# load NAME [OPTION...]: replays the capture, says how fast and how large.
load() {
  local name=$1 seconds kilobytes
  shift
  "${weir}" generate --inventory "${devices}" |
    /usr/bin/time -f '%e %M' -o "${folder}/time" "${weir}" replay --json "$@" - \
      >"${folder}/summary" 2>"${folder}/progress"
  read -r seconds kilobytes <"${folder}/time"
  awk -v name="${name}" -v n="${devices}" -v s="${seconds}" -v k="${kilobytes}" 'BEGIN {
    printf "%-28s %6.0f s %9.0f devices/s  %5.2f GiB at most\n", name, s, n / s, k / 1048576 }'
}

load "load"
load "load, with a state" --state "${folder}/state"
build/bench/bench/inventory_lookup "${folder}/state"
