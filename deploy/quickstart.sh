#!/usr/bin/env bash
# Builds Weir, makes a capture of about a million alerts with storms in it, replays it, and compares
# thresholds on it.
set -euo pipefail

# About a million alerts, more than half of them in storms. Changing any of these makes a new
# capture on the next run.
capture_parameters=(--devices 100000 --duration 1d --storms 150 --seed 1)

usage() {
  cat <<'END'
usage: deploy/quickstart.sh

Installs the packages that are missing, builds build/release/deploy/weir, generates a capture of
about a million alerts, replays it with the default policy, and compares other thresholds on it.
Both end with a report, a page to open in a browser. Everything it makes lies under build/release
and out/quickstart. A second run reuses the packages, the build and the capture.
END
}

case "${1:-}" in
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

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
weir=build/release/deploy/weir
out=out/quickstart
capture=${out}/capture.jsonl
mkdir -p "${out}"

step() {
  printf '[%3ds] %s\n' "${SECONDS}" "$*"
}

# Runs a command with its output in a log, which is shown only if the command fails.
logged() {
  local log=$1
  shift
  if ! "$@" >"${log}" 2>&1; then
    tail -n 40 "${log}" >&2
    printf 'quickstart: failed: %s\nquickstart: the full log is %s\n' "$*" "${log}" >&2
    exit 1
  fi
}

step "packages"
deploy/install_packages.sh build

step "build (a few minutes the first time)"
# A tree that is configured already keeps its options; Ninja configures it again if it must.
if [[ ! -f build/release/build.ninja ]]; then
  if command -v ccache >/dev/null; then
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache
  fi
  logged "${out}/configure.log" cmake --preset release -DWEIR_TESTS=OFF
fi
logged "${out}/build.log" cmake --build --preset release --target weir

# The capture and the note of its parameters are renamed into place once complete, so that an
# interrupted run leaves nothing that a later one would take for good.
if [[ -s ${capture} && "$(cat "${out}/capture.parameters" 2>/dev/null)" == \
  "${capture_parameters[*]}" ]]; then
  step "capture: reusing ${capture}"
else
  step "capture: generating ${capture}"
  rm -f -- "${out}/capture.parameters"
  "${weir}" generate "${capture_parameters[@]}" >"${capture}.part"
  mv -f -- "${capture}.part" "${capture}"
  printf '%s\n' "${capture_parameters[*]}" >"${out}/capture.parameters"
fi
step "capture: $(wc -l <"${capture}") records, $(du -h "${capture}" | cut -f1)"

step "replay with the default policy"
rm -rf -- "${out:?}/replay"
"${weir}" replay --out "${out}/replay" --report "${out}/replay.html" "${capture}"

step "which thresholds would do better?"
"${weir}" tune --write-policy "${out}/proposed.yaml" --report "${out}/tune.html" "${capture}"

step "done"
cat <<END

To look at, in a browser:
  ${out}/replay.html   what the default policy did
  ${out}/tune.html     what others would do; the one proposed is ${out}/proposed.yaml

The outputs lie in ${out}/replay:
$(find "${out}/replay" -type f -printf '  %P (%s bytes)\n' | sort)

What to try next, from the root of the repository:
  ${weir} --help
  head -n 3 ${capture} | ${weir} decode
  ${weir} generate --devices 1000 --duration 1h --storms 2 --seed 2 > out/small.jsonl
  ${weir} replay --out out/small --archive out/small.jsonl
  ${weir} tune --target 'held_back>=0.3, delay_p99<=30m' ${capture}
with a policy of your own, written as connectors/config/POLICY.md says:
  ${weir} validate policy.yaml
  ${weir} replay --policy policy.yaml --out out/mine ${capture}
END
