#!/usr/bin/env bash
# Builds the throttle on Kafka Streams and on Flink, for comparisons with Weir (see README.md).
#
#     bench/peers/java/build.sh
#
# Leaves the programs build/peers/kafka-streams and build/peers/flink, whose --help says how they
# are used, with their jars and classes beside them. Prints nothing if all is well. What was built
# from the same sources before is kept, and needs no network.
#
# Exit codes: 0 done, 1 failed, 2 wrong usage, 69 Java, its compiler or jars cannot be had here.
set -euo pipefail

here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=${here%/bench/peers/java}
out=${root}/build/peers

usage() {
  sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
}

case "$*" in
  "") ;;
  -h | --help)
    usage
    exit 0
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac

# compile FOLDER CLASS_PATH: its classes and the common ones, once for each state of the sources.
compile() {
  local classes=${out}/java/$1/classes part=${out}/java/$1/classes.part sources state
  sources=("${here}"/common/*.java "${here}/$1"/*.java)
  state=$(cat -- "${sources[@]}" "${here}/$1/jars.sha256" | sha256sum)
  if [[ -f ${classes}/state && $(<"${classes}/state") == "${state}" ]]; then
    return
  fi
  if ! command -v javac >/dev/null; then
    printf 'peers: %s\n' "there is no javac on the PATH" \
      "on Debian: apt-get install openjdk-17-jdk-headless" >&2
    exit 69
  fi
  rm -rf -- "${part}" "${classes}"
  mkdir -p -- "${part}"
  # Signals are in a package of which the compiler warns.
  javac -XDignore.symbol.file -Xlint:all,-classfile -Werror -d "${part}" -cp "$2" "${sources[@]}"
  echo "${state}" >"${part}/state"
  mv -T -- "${part}" "${classes}"
}

# program NAME FOLDER MAIN: fetches, compiles, and writes the script that starts it.
program() {
  local class_path
  mkdir -p -- "${out}/java/$2"
  class_path=$("${root}/deploy/kafka/jars.sh" "${here}/$2" "${out}/java/$2/jars")
  compile "$2" "${class_path}"
  cp -- "${here}/simplelogger.properties" "${here}/$2/java.options" "${out}/java/$2"
  cat >"${out}/$1" <<EOF
#!/usr/bin/env bash
# Runs $2.$3; written by bench/peers/java/build.sh.
here=\$(cd -P -- "\$(dirname -- "\${BASH_SOURCE[0]}")" && pwd)/java/$2
exec java "@\${here}/java.options" -cp "\${here}:\${here}/classes:\${here}/jars/*" $2.$3 "\$@"
EOF
  chmod +x -- "${out}/$1"
}

mkdir -p -- "${out}"
exec 9>"${out}/lock"
flock 9
program kafka-streams streams KafkaStreamsPeer
program flink flink FlinkPeer
