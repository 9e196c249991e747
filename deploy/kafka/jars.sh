#!/usr/bin/env bash
# Prints the class path of Kafka's jars, and fetches them first if they are not there yet.
#
#     deploy/kafka/jars.sh [SOURCE JARS]
#
# The jars are those of pom.xml. They lie in build/kafka-jars, for all brokers of this checkout, and
# must be the ones whose digests jars.sha256 has. WEIR_KAFKA_JARS names another folder of jars to
# use as it is, for instance `libs` of an installed Kafka.
#
# SOURCE is another folder with such a pom.xml and jars.sha256, and JARS where its jars are to lie.
#
# Exit code 69: Java or the jars cannot be had on this machine, and the message says what was tried.
set -euo pipefail

here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=${here%/deploy/kafka}
source=${here}
jars=${WEIR_KAFKA_JARS:-${root}/build/kafka-jars}
given=${WEIR_KAFKA_JARS:-}
if (($# == 2)); then
  source=$(cd -P -- "$1" && pwd)
  jars=$2
  given=""
elif (($# > 0)); then
  sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
pom=${source#"${root}/"}/pom.xml
oldest_java=17
fetch_seconds=300
fetch=(timeout "${fetch_seconds}" mvn -q -B -C -Dstyle.color=never -f "${source}/pom.xml"
  org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies)

unavailable() {
  printf 'kafka: %s\n' "$@" >&2
  exit 69
}

check_java() {
  local version
  command -v java >/dev/null ||
    unavailable "there is no java on the PATH; Java ${oldest_java} or later is needed" \
      "on Debian: apt-get install openjdk-17-jdk-headless"
  version=$(java -version 2>&1 | sed -n '1s/.*version "\([0-9]*\).*/\1/p')
  if ((${version:-0} < oldest_java)); then
    unavailable "$(command -v java) is Java ${version:-of an unknown version};" \
      "Java ${oldest_java} or later is needed"
  fi
}

# Fetches into a folder beside, so that an interrupted run leaves nothing that looks complete.
fetch_jars() {
  local part=${jars}.part log=${jars}.log
  command -v mvn >/dev/null ||
    unavailable "The jars of ${pom} are not in ${jars}, and there is no mvn to fetch them" \
      "on Debian: apt-get install maven; or name a folder of jars in WEIR_KAFKA_JARS"
  echo "kafka: fetching the jars of ${pom} into ${jars}" >&2
  rm -rf -- "${part}"
  if ! "${fetch[@]}" "-DoutputDirectory=${part}" >"${log}" 2>&1; then
    tail -n 5 "${log}" >&2
    unavailable "The jars of ${pom} cannot be fetched; tried for ${fetch_seconds} s at most:" \
      "  ${fetch[*]} -DoutputDirectory=${part}" "the full log is ${log}"
  fi
  if ! (cd -- "${part}" && sha256sum --quiet --strict -c "${source}/jars.sha256") \
    >"${log}" 2>&1; then
    tail -n 5 "${log}" >&2
    echo "kafka: what was fetched is not what ${pom%/*}/jars.sha256 says; see ${log}" >&2
    exit 1
  fi
  rm -rf -- "${jars}"
  mv -- "${part}" "${jars}"
  cp -- "${source}/jars.sha256" "${jars}/jars.sha256"
}

check_java
if [[ -z ${given} ]]; then
  mkdir -p -- "${jars%/*}"
  exec 9>"${jars}.lock"
  flock 9
  # Jars of another pom.xml are fetched anew.
  if ! cmp -s -- "${source}/jars.sha256" "${jars}/jars.sha256"; then
    fetch_jars
  fi
elif ! compgen -G "${jars}/kafka_*.jar" >/dev/null; then
  unavailable "WEIR_KAFKA_JARS is ${jars}, and no kafka_*.jar is in there"
fi

# In a fixed order, and one by one: Java leaves the order of a wildcard open.
printf '%s\n' "${jars}"/*.jar | LC_ALL=C sort | paste -sd: -
