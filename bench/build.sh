#!/usr/bin/env bash
# What the scripts of this folder have in common; sourced, from the root of the repository. `script`
# is how the script calls itself.
# shellcheck shell=bash

# logged LOG COMMAND...: its output goes to the log, which is shown only if it fails; then the
# script ends as it did.
logged() {
  local log=$1 code=0
  shift
  "$@" >"${log}" 2>&1 || code=$?
  if ((code != 0)); then
    tail -n 40 "${log}" >&2
    printf '%s: failed: %s\n%s: the full log is %s\n' \
      "${script:?}" "$*" "${script}" "${log}" >&2
    exit "${code}"
  fi
}

# build_bench PACKAGES LOGS TARGET...: installs the packages, and builds in build/bench.
build_bench() {
  local packages=$1 logs=$2
  shift 2
  deploy/install_packages.sh "${packages}"
  if command -v ccache >/dev/null; then
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache
  fi
  echo "build"
  logged "${logs}/configure.log" \
    cmake --preset release -B build/bench -DWEIR_BENCH=ON -DWEIR_TESTS=OFF
  logged "${logs}/build.log" cmake --build build/bench --target "$@"
}
