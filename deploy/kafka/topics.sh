#!/usr/bin/env bash
# Creates the topics that `weir serve` needs, those that are not there yet, and says what it did.
#
#     deploy/kafka/topics.sh --bootstrap HOST:PORT [OPTION]...
#
# --partitions N      of each topic; by default 1. All topics of devices have as many as the input
# --replication N     replicas of each topic; by default 1. From 3 on, two must have a record
# --group G           service.group of weir.yaml; by default weir
# --input T           service.input; by default meter.events
# --prefix P          service.prefix, in front of the names of outputs; by default nothing
# --operator EUI64    a network operator that gets a topic of its own; repeat it for each
# --create-time       the input keeps the times that its producers give. Otherwise the broker's
#                     count, which is what the service wants
# --acls PRINCIPAL    also grants PRINCIPAL what the service needs, and no more
# --config FILE       properties of a Kafka client, as for Kafka's own tools: how to log in
#
# Exit codes: 0 all is as asked for, 1 it is not, 2 wrong usage, 69 Java or Kafka's jars cannot be
# had here.
set -euo pipefail

here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

case "${1:-}" in
  -h | --help)
    sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
    exit 0
    ;;
esac

class_path=$("${here}/jars.sh")
# Compiled once for each state of the source, beside the jars.
classes=${here%/deploy/kafka}/build/kafka-topics/$(sha256sum <"${here}/Topics.java" | cut -c1-16)
if [[ ! -d ${classes} ]]; then
  if ! command -v javac >/dev/null; then
    printf 'topics: %s\n' "there is no javac on the PATH, which Topics.java needs" \
      "on Debian: apt-get install openjdk-17-jdk-headless" >&2
    exit 69
  fi
  # Whoever is first puts it in its place; the others throw theirs away.
  mkdir -p -- "${classes%/*}"
  part=$(mktemp -d "${classes}.XXXXXX")
  javac -d "${part}" -cp "${class_path}" "${here}/Topics.java"
  mv -T -- "${part}" "${classes}" 2>/dev/null || rm -rf -- "${part}"
fi
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData \
  -Dorg.slf4j.simpleLogger.defaultLogLevel=error \
  -cp "${classes}:${class_path}" Topics "$@"
