#!/usr/bin/env bash
# Prints the path of promtool, and fetches it first if there is none.
#
#     deploy/prometheus/promtool.sh
#
# WEIR_PROMTOOL, else one on the PATH. Else it is taken out of Debian's package prometheus, which is
# fetched from where apt gets packages and not installed: a server that starts, a user and a data
# folder are not wanted. What is taken out lies in build/promtool.
#
# Exit code 69: it cannot be had on this machine, and the message says what was tried.
set -euo pipefail

here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
folder=${here%/deploy/prometheus}/build/promtool
package=prometheus

unavailable() {
  printf 'promtool: %s\n' "$@" >&2
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
      "install Prometheus, or name promtool in WEIR_PROMTOOL"
  mkdir -p "${folder}"
  cd -- "${folder}"
  rm -f -- *.deb
  if ! download >"${log}" 2>&1; then
    tail -n 5 "${log}" >&2
    unavailable "apt-get download ${package} failed; the full log is ${log}"
  fi
  files=("${folder}/${package}"_*.deb)
  dpkg-deb --fsys-tarfile "${files[0]}" | tar -x --strip-components=3 ./usr/bin/promtool
  rm -rf -- *.deb lists cache
}

if [[ -n ${WEIR_PROMTOOL:-} ]]; then
  echo "${WEIR_PROMTOOL}"
elif command -v promtool >/dev/null; then
  command -v promtool
else
  mkdir -p "${folder}"
  # Two tests at a time fetch it once.
  exec 9>"${folder}/lock"
  flock 9
  [[ -x ${folder}/promtool ]] || fetch
  echo "${folder}/promtool"
fi
