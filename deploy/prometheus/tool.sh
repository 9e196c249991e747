#!/usr/bin/env bash
# Prints the path of a tool of Prometheus, and fetches it first if there is none.
#
#     deploy/prometheus/tool.sh promtool
#     deploy/prometheus/tool.sh prometheus
#
# WEIR_PROMTOOL and WEIR_PROMETHEUS, else those on the PATH. Else they are taken out of Debian's
# package prometheus, which is fetched from where apt gets packages and not installed: a server that
# starts, a user and a data folder are not wanted. What is taken out lies in build/prometheus.
#
# Exit code 69: it cannot be had on this machine, and the message says what was tried.
set -euo pipefail

here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
folder=${here%/deploy/prometheus}/build/prometheus
package=prometheus
tool=${1:-}
case ${tool} in
  promtool | prometheus) ;;
  *)
    sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
given=WEIR_${tool^^}

unavailable() {
  printf '%s: %s\n' "${tool}" "$*" >&2
  exit 69
}

# apt with package lists of its own, if it has to make some: no root is needed.
own_apt() {
  apt-get -q -o "Dir::State::Lists=${folder}/lists" -o "Dir::Cache=${folder}/cache" \
    -o APT::Sandbox::User= "$@"
}

download() {
  apt-get -q -o APT::Sandbox::User= download "${package}" && return
  mkdir -p lists/partial cache/archives/partial
  own_apt update && own_apt download "${package}"
}

fetch() {
  local log=${folder}/log files
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
    unavailable "there is none on the PATH, and this is not a Debian-like system to take it from" \
      "install Prometheus, or name ${tool} in ${given}"
  mkdir -p "${folder}"
  cd -- "${folder}"
  rm -f -- *.deb
  if ! download >"${log}" 2>&1; then
    tail -n 5 "${log}" >&2
    unavailable "apt-get download ${package} failed; the full log is ${log}"
  fi
  files=("${folder}/${package}"_*.deb)
  dpkg-deb --fsys-tarfile "${files[0]}" | tar -x --strip-components=3 \
    ./usr/bin/promtool ./usr/bin/prometheus
  rm -rf -- *.deb lists cache
}

if [[ -n ${!given:-} ]]; then
  echo "${!given}"
elif command -v "${tool}" >/dev/null; then
  command -v "${tool}"
else
  mkdir -p "${folder}"
  # Two tests at a time fetch it once.
  exec 9>"${folder}/lock"
  flock 9
  [[ -x ${folder}/${tool} ]] || fetch
  echo "${folder}/${tool}"
fi
