#!/usr/bin/env bash
# Prints the name of a capture of about N alerts, which is made if it is not there yet.
#
#     bench/capture.sh WEIR N
#
# A synthetic fleet's alerts of one day; somewhat more than half of them are of storms.
set -euo pipefail

weir=$1
alerts=$2
capture=build/bench/capture-${alerts}.jsonl
if [[ ! -f ${capture} ]]; then
  "${weir}" generate --devices $((alerts / 10)) --duration 1d \
    --storms $((alerts * 150 / 1000000 + 1)) >"${capture}.part" 2>"${capture}.log"
  mv -- "${capture}.part" "${capture}"
fi
echo "${capture}"
