#!/usr/bin/env bash
# Runs one Apache Kafka node on this machine, for trying things out and for tests: not for
# production (see README.md).
#
#     deploy/kafka/broker.sh start [--port P] [--controller-port P] [--dir D] [--set KEY=VALUE]...
#                                  [--secure [--user NAME]...]
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
# --secure             clients need TLS, a name and a password (SASL_SSL, SCRAM-SHA-512), and may do
#                      what they were granted. The folder then has ca.pem, whom to trust, and for
#                      each user NAME.password and NAME.properties, what Kafka's tools need to log
#                      in. The user admin may do everything. Certificates and passwords are made
#                      when the folder is, and a folder stays what it was made as.
# --user NAME          a user who may do nothing until granted to; by default weir
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
secure=false
users=()
while (($# > 0)); do
  if [[ $1 == --secure ]]; then
    secure=true
    shift
    continue
  fi
  (($# > 1)) || wrong_usage "$1 needs a value, or is no option"
  case $1 in
    --port) port=$2 ;;
    --controller-port) controller_port=$2 ;;
    --dir) dir=$2 ;;
    --user)
      [[ $2 =~ ^[A-Za-z0-9._-]+$ && $2 != admin ]] || wrong_usage "--user: no name: '$2'"
      users+=("$2")
      ;;
    --set)
      [[ $2 =~ ^[A-Za-z0-9._-]+= ]] || wrong_usage "--set: expected KEY=VALUE, not '$2'"
      asked+=("$2")
      ;;
    *) wrong_usage "no such option: $1" ;;
  esac
  shift 2
done
controller_port=${controller_port:-$((port + 1))}
((${#users[@]} == 0)) || ${secure} || wrong_usage "--user is for --secure"
users=(admin "${users[@]:-weir}")
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

# Those of --secure. Within the node only the controller's port is without a password.
secure_properties() {
  ${secure} || return 0
  local scram=org.apache.kafka.common.security.scram.ScramLoginModule
  printf '%s\n' \
    "listeners=SASL_SSL://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller_port}" \
    "advertised.listeners=SASL_SSL://127.0.0.1:${port}" \
    listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL \
    inter.broker.listener.name=SASL_SSL \
    sasl.enabled.mechanisms=SCRAM-SHA-512 \
    sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512 \
    "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=${scram} required username=\"admin\"\
 password=\"$(cat -- "${dir}/admin.password")\";" \
    ssl.keystore.type=PEM \
    "ssl.keystore.location=${dir}/broker.pem" \
    ssl.truststore.type=PEM \
    "ssl.truststore.location=${dir}/ca.pem" \
    authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer \
    "super.users=User:admin;User:ANONYMOUS"
}

server_properties() {
  local -A values=()
  local each more
  mapfile -t more < <(secure_properties)
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
    "${more[@]}" \
    "${asked[@]}"; do
    values[${each%%=*}]=${each#*=}
  done
  for each in "${!values[@]}"; do
    printf '%s=%s\n' "${each}" "${values[${each}]}"
  done | LC_ALL=C sort
}

# ------------------------------------------------------------------------------------------------
# Certificates and passwords, which are made once.

# pem NAME ARGUMENT...: a key and a certificate signed with it, or as the arguments say.
pem() {
  local name=$1
  shift
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
    -keyout "${dir}/${name}.key" -out "${dir}/${name}.pem" "$@" 2>/dev/null ||
    die "openssl made no certificate for ${name}"
}

make_secrets() {
  local user
  [[ ! -e ${dir}/broker.pem ]] || return 0
  command -v openssl >/dev/null || die "there is no openssl, which --secure needs"
  umask 077
  pem ca -subj "/CN=Weir test authority" -addext basicConstraints=critical,CA:TRUE
  pem broker.new -subj /CN=localhost -CA "${dir}/ca.pem" -CAkey "${dir}/ca.key" \
    -addext subjectAltName=IP:127.0.0.1,DNS:localhost -addext basicConstraints=critical,CA:FALSE
  for user in "${users[@]}"; do
    openssl rand -hex 16 | tr -d '\n' >"${dir}/${user}.password"
    cat >"${dir}/${user}.properties" <<END
security.protocol=SASL_SSL
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \
 username="${user}" password="$(cat -- "${dir}/${user}.password")";
ssl.truststore.type=PEM
ssl.truststore.location=${dir}/ca.pem
END
  done
  cat -- "${dir}/broker.new.key" "${dir}/broker.new.pem" >"${dir}/broker.part"
  rm -f -- "${dir}/broker.new.key" "${dir}/broker.new.pem" "${dir}/ca.key"
  chmod 0644 "${dir}/ca.pem"
  mv -- "${dir}/broker.part" "${dir}/broker.pem"
  umask 022
}

# Users are part of the log, which they are written into when it is made.
scram_options() {
  local user
  ${secure} || return 0
  for user in "${users[@]}"; do
    printf -- '--add-scram\nSCRAM-SHA-512=[name=%s,password=%s]\n' \
      "${user}" "$(cat -- "${dir}/${user}.password")"
  done
}

# ------------------------------------------------------------------------------------------------
# Is it ready? It is when its answer to a Metadata request names a node that serves: the port is
# open earlier than that. Where that needs a password, what it has printed since it started counts.

serves() {
  local answer
  if [[ -e ${dir}/broker.pem ]]; then
    grep -q 'Kafka Server started' < <(tail -c "+$(($(cat -- "${dir}/born") + 1))" -- "${output}")
    return
  fi
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
  local class_path wanted pid number users_of_log made_secure
  [[ -e ${dir}/broker.pem ]] && made_secure=true || made_secure=false
  if [[ -f ${dir}/log/meta.properties && ${made_secure} != "${secure}" ]]; then
    die "the node of ${dir} was made $(${made_secure} && echo with || echo without) --secure;" \
      "choose another folder with --dir"
  fi
  if ${secure}; then
    make_secrets
  fi
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
  # It may hold a password.
  rm -f -- "${properties}"
  (umask 077 && echo "${wanted}" >"${properties}")
  if [[ ! -f ${dir}/log/meta.properties ]]; then
    mapfile -t users_of_log < <(scram_options)
    java "${java_options[@]}" -cp "${class_path}" kafka.tools.StorageTool format \
      -t "${cluster_id}" -c "${properties}" "${users_of_log[@]}" >"${output}" 2>&1 ||
      die "its storage cannot be formatted: $(tail -n 5 "${output}")"
  fi
  stat -c %s -- "${output}" >"${dir}/born"
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
