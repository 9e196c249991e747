#!/usr/bin/env bash
# Installs the Debian packages that building or testing Weir needs, and only those that are missing.
#
#     deploy/install_packages.sh build    what deploy/quickstart.sh needs
#     deploy/install_packages.sh test     that, and what tests/run.sh needs
#     deploy/install_packages.sh bench    that, and what bench/compare.sh needs. Debian starts the
#                                         server of redis-server, which is not the one used there
#
# With nothing missing it touches neither the network nor the package lists. Node.js and npm count
# as installed if their commands are there, wherever they are from.
set -euo pipefail

build_packages=(
  g++ cmake ninja-build pkg-config ccache
  librocksdb-dev libabsl-dev libcli11-dev libyaml-cpp-dev libsimdjson-dev
  libpugixml-dev libzstd-dev zlib1g-dev libxxhash-dev
  librdkafka-dev libcpp-httplib-dev prometheus-cpp-dev libspdlog-dev
)
test_packages=(
  libgtest-dev libgmock-dev libbenchmark-dev
  python3 clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev
  zstd gzip git libxml2-utils
  openjdk-17-jdk-headless maven kcat python3-confluent-kafka curl
  chromium
  python3-yaml python3-jsonschema python3-pip openssl
  dpkg-dev lintian mmdebstrap systemd systemd-container buildah runc
)
bench_packages=(redis-server libhiredis-dev)
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  build_packages+=(nodejs npm)
fi

usage() {
  echo "usage: deploy/install_packages.sh build|test|bench"
}

die() {
  printf 'install_packages: %s\n' "$@" >&2
  exit 1
}

# Prints those of the packages given that are not installed.
missing_of() {
  local installed package
  # dpkg-query fails if it does not know one of the names; what it does know, it still prints.
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
  for package in "$@"; do
    if ! grep -qxF "installed ${package}" <<<"${installed}"; then
      echo "${package}"
    fi
  done
}

# Runs a command as root, without questions, its output kept in the log.
as_root() {
  "${root_prefix[@]}" env DEBIAN_FRONTEND=noninteractive "$@" >>"${log}" 2>&1 </dev/null
}

update_lists() {
  local attempt
  for attempt in 1 2 3; do
    # Without this option apt-get counts an unreachable mirror as a mere warning.
    if as_root apt-get -q -o APT::Update::Error-Mode=any update; then
      return 0
    fi
    if ((attempt < 3)); then
      sleep $((attempt * 5))
    fi
  done
  return 1
}

case "${1:-}" in
  build) wanted=("${build_packages[@]}") ;;
  test) wanted=("${build_packages[@]}" "${test_packages[@]}") ;;
  bench) wanted=("${build_packages[@]}" "${test_packages[@]}" "${bench_packages[@]}") ;;
  -h | --help)
    usage
    exit 0
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  die "this is not a Debian-like system: dpkg-query or apt-get is missing" \
    "install the equivalents of these by hand: ${wanted[*]}"
fi

mapfile -t missing < <(missing_of "${wanted[@]}")
if ((${#missing[@]} == 0)); then
  echo "packages: all ${#wanted[@]} are installed"
  exit 0
fi

root_prefix=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    die "installing needs root, and there is no sudo" "as root, run:" \
      "  apt-get install --no-install-recommends ${missing[*]}"
  fi
  echo "packages: asking sudo for permission to install"
  sudo -v || die "sudo refused; as root, run:" \
    "  apt-get install --no-install-recommends ${missing[*]}"
  root_prefix=(sudo)
fi

log=$(mktemp "${TMPDIR:-/tmp}/weir-packages.XXXXXX.log")
echo "packages: installing ${missing[*]}"
# The lists may be good enough all the same, for example when it is another mirror that fails.
update_lists || echo "packages: apt-get update failed three times; trying with the lists there are"
if ! as_root apt-get -q -y install --no-install-recommends "${missing[@]}"; then
  tail -n 15 "${log}" >&2
  die "apt-get install failed; the full log is ${log}"
fi
rm -f -- "${log}"
echo "packages: done"
