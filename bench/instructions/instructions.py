#!/usr/bin/env python3
"""Counts the instructions that an alert takes, and holds them against a baseline.

    bench/instructions/instructions.py [--weir FILE] [--update]

Instructions do not depend on how busy a machine is, as times do: the same program with the same
input takes the same number but for a percent or so. So this can fail a build, and it does where
anything takes more than 5 % above bench/instructions/baseline.json.

--weir FILE   the program; build/release/deploy/weir by default, of the preset `release`
--update      writes what was counted as the baseline; say in the commit why it has changed

What is counted, by callgrind: a replay with outputs and state, all of it and its parts, and the
decoder of each format. What a run costs once is left out: two captures are replayed, the second of
twice the length, and the difference counts. The C library and simdjson are told to use no
instructions that only some machines have; Weir's own reader takes AVX2 where there is. Takes about
a minute.

Exit codes: 0 done, 1 more than the baseline or failed, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
BASELINE = FOLDER / "baseline.json"
MOST = 1.05  # of the baseline
LEAST = 0.95  # below this the baseline says little

# The libraries choose among variants of a function by what the processor can do.
PLAIN = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2_Usable,-AVX_Fast_Unaligned_Load_Usable,-AVX2,"
    "-AVX,-AVX512F,-ERMS,-FSRM",
    "SIMDJSON_FORCE_IMPLEMENTATION": "westmere",
}

# Parts of a replay, by the function that does all of it.
TOTAL = ""
PARTS = {
    "replay": TOTAL,
    "replay: read and decode": "weir::CaptureSource::Read(",
    "replay: decide": "weir::Replay::Decide(",
    "replay: write": "weir::Replay::WriteResults(",
    "replay: commit": "weir::Replay::Commit(",
}
DECODE = "weir::Decoder::Decode("


@dataclass(frozen=True)
class Case:
    """Captures that are replayed, and what is counted."""

    name: str
    generate: tuple[str, ...]
    functions: Mapping[str, str]
    storms: int = 0
    with_results: bool = False


CASES = (
    Case("json", (), PARTS, storms=3, with_results=True),
    Case("json-decode", (), {"decode json": DECODE}),
    Case("json-payload", ("--payloads",), {"decode json, with payload": DECODE}),
    Case("kcat", ("--format", "kcat", "--partitions", "1"), {"decode kcat": DECODE}),
    Case("gbcs", ("--format", "gbcs"), {"decode gbcs": DECODE}),
    Case("duis", ("--format", "duis"), {"decode duis": DECODE}),
)
DEVICES = 4000  # of the first capture; each makes four alerts, and each storm some 3,700


class Failure(Exception):
    """What could not be counted, and why."""


# ------------------------------------------------------------------------------------------------
# Counting.


@dataclass(frozen=True)
class Count:
    alerts: int
    instructions: Mapping[str, int]  # by what is counted

    def per_alert_beyond(self, other: Count) -> dict[str, float]:
        alerts = self.alerts - other.alerts
        return {
            name: (count - other.instructions[name]) / alerts
            for name, count in self.instructions.items()
        }


def run(command: list[str]) -> bytes:
    done = subprocess.run(command, capture_output=True, check=False, env={**os.environ, **PLAIN})
    if done.returncode != 0:
        text = done.stderr.decode(errors="replace")[-2000:]
        raise Failure(f"{' '.join(command)}\nexit code {done.returncode}\n{text}")
    return done.stdout


def count_case(weir: Path, case: Case, folder: Path) -> dict[str, float]:
    few, many = (count_capture(weir, case, folder, times) for times in (1, 2))
    return many.per_alert_beyond(few)


def count_capture(weir: Path, case: Case, folder: Path, times: int) -> Count:
    place = folder / f"{case.name}-{times}"
    place.mkdir()
    capture, profile = place / "capture", place / "callgrind"
    fleet = ("--devices", str(DEVICES * times), "--storms", str(case.storms * times))
    capture.write_bytes(run([str(weir), "generate", *fleet, "--outages", "0", *case.generate]))
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", str(weir)]
    # Commits by the clock would be more on a slower machine.
    command += ["replay", "--json", "--threads", "1", "--commit-every", "1h"]
    if case.with_results:
        command += ["--out", str(place / "out"), "--state", str(place / "state")]
    summary = json.loads(run([*command, str(capture)]))
    listing = run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", str(profile)])
    return Count(summary["alerts"], instructions_of(listing.decode(), case.functions))


LINE = re.compile(r"^ *([\d,]+) \([ \d.]+%\) +(.*)$")


def instructions_of(listing: str, functions: Mapping[str, str]) -> dict[str, int]:
    """From what callgrind_annotate prints: of each function, with all that it calls."""
    lines = [match.groups() for match in map(LINE.match, listing.splitlines()) if match]
    counts: dict[str, int] = {}
    for name, function in functions.items():
        wanted = "PROGRAM TOTALS" if function == TOTAL else f":{function}"
        found = [number(count) for count, text in lines if wanted in text]
        if not found:
            raise Failure(f"{name}: no function {function} in the profile; see PARTS and DECODE")
        counts[name] = max(found)
    return counts


def number(text: str) -> int:
    return int(text.replace(",", ""))


# ------------------------------------------------------------------------------------------------
# Comparing.


def table(now: Mapping[str, float], before: Mapping[str, float]) -> str:
    rows = [f"{'instructions per alert':<28} {'baseline':>9} {'now':>9} {'ratio':>7}"]
    for name, count in now.items():
        known = before.get(name)
        ratio = f"{count / known:7.3f}" if known else "    new"
        rows.append(f"{name:<28} {known or 0:9.1f} {count:9.1f} {ratio}")
    return "\n".join(rows)


def complaints(now: Mapping[str, float], before: Mapping[str, float]) -> list[str]:
    """Nothing if all is as it was, or better."""
    found = [
        f"{name}: {now[name]:.1f} instructions an alert are {now[name] / known - 1:.1%} more than "
        f"the {known:.1f} of the baseline"
        for name, known in before.items()
        if name in now and now[name] > MOST * known
    ]
    found += [f"{name}: in the baseline and not counted" for name in before if name not in now]
    found += [f"{name}: counted and not in the baseline" for name in now if name not in before]
    return found


def better(now: Mapping[str, float], before: Mapping[str, float]) -> list[str]:
    return [name for name, known in before.items() if name in now and now[name] < LEAST * known]


def measure(weir: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="weir-instructions-") as name:
        folder = Path(name)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = pool.map(lambda case: count_case(weir, case, folder), CASES)
            return {what: count for counts in found for what, count in counts.items()}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weir", type=Path, default=ROOT / "build/release/deploy/weir")
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    if not arguments.weir.is_file():
        parser.error(f"--weir: there is no {arguments.weir}; build the preset release")
    if shutil.which("valgrind") is None:
        parser.error("there is no valgrind; run deploy/install_packages.sh test")
    try:
        now = measure(arguments.weir.resolve())
    except Failure as failure:
        print(f"instructions: {failure}", file=sys.stderr)
        return 1
    before = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    print(table(now, before))
    if arguments.update:
        rounded = {name: round(count, 1) for name, count in now.items()}
        BASELINE.write_text(json.dumps(rounded, indent=2) + "\n")
        return 0
    for name in better(now, before):
        print(f"{name}: well below the baseline; --update keeps it there")
    wrong = complaints(now, before)
    for each in wrong:
        print(f"instructions: {each}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
