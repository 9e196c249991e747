#!/usr/bin/env bash
# Runs the commands of README.md, "Run it on Kafka", from nothing: on a broker of its own, with
# whatever they make in a folder that goes afterwards. Then reads all outputs with kcat and compares
# them with what `weir replay` makes of the same records, captured with `weir capture`. Beside the
# alerts of the README there are records about devices and service requests.
#
#     tests/integration/run_it_on_kafka.sh
#
# WEIR   the program, relative to the root of the repository; by default build/release/deploy/weir
#
# Exit codes: 0 they are the same, 1 something failed, 77 there is no broker to be had on this
# machine; with WEIR_CI=1 that is a failure.
set -euo pipefail

cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
weir=$(realpath -- "${WEIR:-build/release/deploy/weir}")
work=$(mktemp -d --tmpdir weir-kafka-XXXXXX)
service="" # its process id while it runs
wait_seconds=60

# The directory of the broker is also in its own records, and the folder goes with it.
finish() {
  local status=$?
  trap - EXIT
  if ((status != 0)); then
    tail -n 30 -- "${work}"/*.log >&2 2>/dev/null || true
  fi
  if [[ -n ${service} ]]; then
    kill -s KILL "${service}" 2>/dev/null || true
  fi
  deploy/kafka/broker.sh kill --dir "${work}/kafka" >/dev/null || true
  rm -rf -- "${work}"
  exit "${status}"
}
trap finish EXIT

die() {
  printf 'run_it_on_kafka: %s\n' "$@" >&2
  exit 1
}

# ------------------------------------------------------------------------------------------------
# The commands: those of the README, with other ports and folders.

read -r port controller_port http_port < <(
  cd tests/integration && python3 -B -c 'import broker; print(*broker.free_ports(3))'
)

# Where it says its own ports and folders, it says those of this run.
here() {
  local ports="--port ${port} --controller-port ${controller_port}"
  sed -e "s|127\.0\.0\.1:9092|127.0.0.1:${port}|g" \
    -e "s|broker\.sh start|& ${ports} --dir ${work}/kafka|" \
    -e "s|deploy/kafka/weir\.yaml|${work}/weir.yaml|" \
    -e "s|\.\./\.\./build/kafka-state|${work}/state|"
}

mapfile -t commands < <(
  sed -n '/^## Run it on Kafka/,/^## /p' README.md | sed -n '/^```$/,/^```$/{/^```$/d;p}' | here
)
((${#commands[@]} == 5)) ||
  die "README.md, \"Run it on Kafka\", has ${#commands[@]} commands and not five:" "${commands[@]}"
here <deploy/kafka/weir.yaml >"${work}/weir.yaml"
sed -i "s|^service:|&\n  http: {listen: \"127.0.0.1:${http_port}\"}|" "${work}/weir.yaml"

# By that name, as in the README.
mkdir "${work}/bin"
ln -s -- "${weir}" "${work}/bin/weir"
export PATH=${work}/bin:${PATH}

# run NUMBER: runs that command, and shows it first.
run() {
  printf '$ %s\n' "${commands[$1]}" >&2
  eval "${commands[$1]}"
}

# ------------------------------------------------------------------------------------------------
# What is done between them.

start_broker() {
  local status=0
  run 0 || status=$?
  if ((status == 69)); then
    echo "################ SKIPPED: there is no Kafka broker, NOTHING OF THIS WAS TESTED" >&2
    [[ ${WEIR_CI:-} == 1 ]] && exit 1
    exit 77
  fi
  return "${status}"
}

# How many records are in commits that stand.
committed() {
  curl --silent "http://127.0.0.1:${http_port}/metrics" |
    awk '/^weir_commit_records_sum/ { sum += $2 } END { print sum + 0 }'
}

# wait_for RECORDS
wait_for() {
  local deadline=$((SECONDS + wait_seconds))
  while (($(committed) < $1)); do
    kill -s 0 "${service}" || die "weir serve has ended"
    ((SECONDS < deadline)) ||
      die "weir serve has $(committed) of $1 records after ${wait_seconds} s"
    sleep 0.1
  done
}

# records_of TOPIC: all of them, as kcat -J prints them.
records_of() {
  kcat -C -J -e -q -b "127.0.0.1:${port}" -t "$1" -o beginning >"${work}/$1.kcat"
}

start_broker
run 1
run 2
/usr/bin/python3 -B tests/integration/system_records.py "${WEIR_SEED:-$$}" |
  kcat -P -b "127.0.0.1:${port}" -t meter.events -K '\t'
records_of meter.events
records=$(wc -l <"${work}/meter.events.kcat")
((records > 1000)) || die "${records} records are in meter.events, which is not what was asked for"
run 3 2>"${work}/serve.log"
service=$!
wait_for "${records}"
run 4 >"${work}/shown"
kill -s TERM "${service}"
wait "${service}" || die "weir serve ends with $?"
service=""

echo "${records} records went in; what came out is compared with a replay of them"
echo 'notices: duis' | cat "${work}/weir.yaml" - >"${work}/replay.yaml"
weir capture --config "${work}/weir.yaml" --out "${work}/captured.jsonl.zst"
weir replay --config "${work}/replay.yaml" --out "${work}/replay" "${work}/captured.jsonl.zst"
for stream in "${work}"/replay/*.*; do
  topic=$(basename "${stream}")
  [[ ${topic} == summary.json ]] || records_of "${topic}"
done
shown=$(wc -l <"${work}/shown")
there=$(wc -l <"${work}/alerts.forwarded.kcat")
((shown == there)) || die "the last command shows ${shown} alerts, and ${there} are there"
python3 -B tests/integration/same_as_replay.py "${work}"
