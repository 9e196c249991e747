#!/usr/bin/env bash
# Runs one Apache Kafka node on this machine, for trying things out and for tests: not for
# production (see README.md).
#
#     deploy/kafka/broker.sh start [--port P] [--controller-port P] [--dir D] [--set KEY=VALUE]...
#     deploy/kafka/broker.sh stop|kill|status [--dir D]
#
# start   starts it and waits until it serves; does nothing if it already runs with these settings
# stop    ends it in order, and by force after half a minute
# kill    ends it at once (SIGKILL), as a crash would
# status  says whether it runs
#
# --port P             where clients connect, on 127.0.0.1; by default 9092
# --controller-port P  a port for itself; by default the next one
# --dir D              its log, settings and output; by default build/kafka. A node that is started
#                      again with the same folder has what it had.
# --set KEY=VALUE      a property of the server, instead of the one that is set here or by default
#
# WEIR_KAFKA_HEAP      its memory, as in java -Xmx; by default 512m
#
# Exit codes: 0 done, 1 failed, 2 wrong usage, 3 (status) it does not run, 69 Java or Kafka's jars
# cannot be had here.
set -euo pipefail

here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cluster_id=d2Vpci1vbi1sb29wYmFjaw # any 16 bytes in base64; "weir-on-loopback"
start_tries=600                   # at least 50 ms apart
stop_seconds=30

usage() {
  sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
}

wrong_usage() {
  printf 'broker.sh: %s\n\n' "$1" >&2
  usage >&2
  exit 2
}

die() {
  printf 'broker: %s\n' "$@" >&2
  exit 1
}

# Says so and ends: that is all right, unless one asked for the status.
none_runs() {
  echo "broker: none runs in ${dir}"
  if [[ ${command} == status ]]; then
    exit 3
  fi
  exit 0
}

# ------------------------------------------------------------------------------------------------
# Arguments.

command=${1:-}
case ${command} in
  start | stop | kill | status) shift ;;
  -h | --help)
    usage
    exit 0
    ;;
  *) wrong_usage "expected start, stop, kill or status, not '${command}'" ;;
esac

port=9092
controller_port=""
dir=${here%/deploy/kafka}/build/kafka
asked=()
while (($# > 0)); do
  (($# > 1)) || wrong_usage "$1 needs a value, or is no option"
  case $1 in
    --port) port=$2 ;;
    --controller-port) controller_port=$2 ;;
    --dir) dir=$2 ;;
    --set)
      [[ $2 =~ ^[A-Za-z0-9._-]+= ]] || wrong_usage "--set: expected KEY=VALUE, not '$2'"
      asked+=("$2")
      ;;
    *) wrong_usage "no such option: $1" ;;
  esac
  shift 2
done
controller_port=${controller_port:-$((port + 1))}
for number in "${port}" "${controller_port}"; do
  if ! [[ ${number} =~ ^[1-9][0-9]{0,4}$ ]] || ((number > 65535)); then
    wrong_usage "no port: ${number}"
  fi
done
if [[ ${command} == start ]]; then
  mkdir -p -- "${dir}"
elif [[ ! -d ${dir} ]]; then
  none_runs
fi
dir=$(cd -P -- "${dir}" && pwd)
pid_file=${dir}/broker.pid
properties=${dir}/server.properties
output=${dir}/broker.log

# ------------------------------------------------------------------------------------------------
# The process. The file holds its id, when it started, so that another process that got the same id
# later is not taken for it, and the port.

# start_time PID: prints when it started, in ticks since the machine did.
start_time() {
  local stat fields tasks
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # The name, in brackets, may hold blanks.
  read -r -a fields <<<"${stat##*) }"
  # A zombie has ended once its other threads have: until then its ports are in use.
  tasks=("/proc/$1/task"/*)
  [[ ${fields[0]} != Z ]] || ((${#tasks[@]} > 1)) || return 1
  echo "${fields[19]}"
}

# Prints the id of the node of this folder; fails if it does not run.
running() {
  local pid started
  [[ -s ${pid_file} ]] || return 1
  read -r pid started _ <"${pid_file}"
  [[ -n ${started} && $(start_time "${pid}") == "${started}" ]] || return 1
  echo "${pid}"
}

# wait_for_end PID SECONDS: whether it has ended by then.
wait_for_end() {
  local end=$((SECONDS + $2))
  while start_time "$1" >/dev/null; do
    ((SECONDS < end)) || return 1
    sleep 0.05
  done
}

# ------------------------------------------------------------------------------------------------
# Settings.

server_properties() {
  local -A values=()
  local each
  for each in \
    process.roles=broker,controller \
    node.id=1 \
    "controller.quorum.voters=1@127.0.0.1:${controller_port}" \
    controller.listener.names=CONTROLLER \
    "listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller_port}" \
    "advertised.listeners=PLAINTEXT://127.0.0.1:${port}" \
    listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT \
    inter.broker.listener.name=PLAINTEXT \
    "log.dirs=${dir}/log" \
    log.retention.ms=-1 \
    log.cleaner.dedupe.buffer.size=16777216 \
    auto.create.topics.enable=false \
    default.replication.factor=1 \
    offsets.topic.replication.factor=1 \
    offsets.topic.num.partitions=4 \
    transaction.state.log.replication.factor=1 \
    transaction.state.log.min.isr=1 \
    transaction.state.log.num.partitions=4 \
    transaction.partition.verification.enable=true \
    transaction.abort.timed.out.transaction.cleanup.interval.ms=1000 \
    broker.session.timeout.ms=3000 \
    broker.heartbeat.interval.ms=500 \
    group.initial.rebalance.delay.ms=0 \
    group.min.session.timeout.ms=1000 \
    "${asked[@]}"; do
    values[${each%%=*}]=${each#*=}
  done
  for each in "${!values[@]}"; do
    printf '%s=%s\n' "${each}" "${values[${each}]}"
  done | LC_ALL=C sort
}

# ------------------------------------------------------------------------------------------------
# Is it ready? It is when its answer to a Metadata request names a node that serves: the port is
# open earlier than that.

serves() {
  local answer
  # Length 16, Metadata (3), version 1, correlation id 1, no client id, an array of no topics.
  answer=$( (
    exec 3<>"/dev/tcp/127.0.0.1/${port}"
    printf '\0\0\0\016\0\003\0\001\0\0\0\001\377\377\0\0\0\0' >&3
    # Length, correlation id, number of nodes.
    timeout 2 head -c 12 <&3 | od -An -v -tx1 | tr -d ' \n'
  ) 2>/dev/null) || return 1
  [[ ${answer:8:16} == 0000000100000001 ]]
}

port_is_open() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

wait_until_it_serves() {
  local tries
  for ((tries = 0; tries < start_tries; ++tries)); do
    if ! running >/dev/null; then
      rm -f -- "${pid_file}"
      tail -n 15 -- "${output}" >&2
      die "it ended while it started; its output is in ${output}"
    fi
    if serves; then
      return 0
    fi
    sleep 0.05
  done
  tail -n 15 -- "${output}" >&2
  die "it does not answer on 127.0.0.1:${port}; its output is in ${output}" \
    "it was left running: deploy/kafka/broker.sh stop --dir ${dir}"
}

# ------------------------------------------------------------------------------------------------
# Commands.

java_options=(
  "-Xmx${WEIR_KAFKA_HEAP:-512m}"
  # A node that lives for minutes does best with the quick compiler and the plain collector.
  -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData
  -Dorg.slf4j.simpleLogger.showDateTime=true
  "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS"
  # Otherwise hundreds of lines with all the settings.
  -Dorg.slf4j.simpleLogger.log.kafka.server.KafkaConfig=warn
)

start_it() {
  local class_path wanted pid number
  wanted=$(server_properties)
  if pid=$(running); then
    if [[ ${wanted} != "$(cat "${properties}")" ]]; then
      die "the node of ${dir} already runs (pid ${pid}), with other settings:" \
        "$(diff "${properties}" <(echo "${wanted}") | grep '^[<>]' || true)" \
        "stop it first: deploy/kafka/broker.sh stop --dir ${dir}"
    fi
    wait_until_it_serves
    echo "broker: already runs on 127.0.0.1:${port}, pid ${pid}, in ${dir}"
    return 0
  fi
  class_path=$("${here}/jars.sh")
  for number in "${port}" "${controller_port}"; do
    if port_is_open "${number}"; then
      die "port ${number} is in use by another process; choose one with --port"
    fi
  done
  echo "${wanted}" >"${properties}"
  if [[ ! -f ${dir}/log/meta.properties ]]; then
    java "${java_options[@]}" -cp "${class_path}" kafka.tools.StorageTool format \
      -t "${cluster_id}" -c "${properties}" >"${output}" 2>&1 ||
      die "its storage cannot be formatted: $(tail -n 5 "${output}")"
  fi
  # In a session of its own, so that what ends this script, or a terminal, does not end it.
  setsid java "${java_options[@]}" -cp "${class_path}" kafka.Kafka "${properties}" \
    >>"${output}" 2>&1 </dev/null 9>&- &
  pid=$!
  echo "${pid} $(start_time "${pid}") ${port}" >"${pid_file}"
  wait_until_it_serves
  echo "broker: serves on 127.0.0.1:${port}, pid ${pid}, in ${dir}"
}

# end_it SIGNAL
end_it() {
  local pid
  if ! pid=$(running); then
    rm -f -- "${pid_file}"
    none_runs
  fi
  kill -s "$1" "${pid}"
  # A process that was stopped must go on to be able to end.
  kill -s CONT "${pid}" 2>/dev/null || true
  if ! wait_for_end "${pid}" "${stop_seconds}"; then
    echo "broker: pid ${pid} did not end within ${stop_seconds} s: SIGKILL" >&2
    kill -s KILL "${pid}"
    wait_for_end "${pid}" "${stop_seconds}" || die "pid ${pid} does not end"
  fi
  rm -f -- "${pid_file}"
  echo "broker: ended, pid ${pid}, in ${dir}"
}

show_status() {
  local pid
  pid=$(running) || none_runs
  read -r _ _ port <"${pid_file}"
  if serves; then
    echo "broker: serves on 127.0.0.1:${port}, pid ${pid}, in ${dir}"
  else
    echo "broker: does not answer on 127.0.0.1:${port}, pid ${pid}, in ${dir}"
    exit 1
  fi
}

# One at a time in a folder.
exec 9>"${dir}/lock"
flock 9

case ${command} in
  start) start_it ;;
  stop) end_it TERM ;;
  kill) end_it KILL ;;
  status) show_status ;;
esac
