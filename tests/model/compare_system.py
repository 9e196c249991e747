"""Compare `weir replay` with the model of devices and service requests over random logs.

    python3 compare_system.py --weir PATH --seeds FROM..TO [--records N] [--keep-going]

Every stream must hold the same records, in the same order, and the dead letters must be those of
the same lines. Stops at the first difference: prints the seed, the difference and what the log
says about it, keeps the folder, and exits 1. Every third seed runs with two threads, which must
make no difference.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import system_model
import system_scenario
from compare import run_command
from model import lines_of

CONTEXT = 2  # records before a difference
LOG_LINES = 14  # lines of the log about it
KEPT_STREAMS = ("enp.*", "requests.*", "inventory.removed")

Fields = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    text: str
    record: Fields | None = None  # the first that differs, as expected or else as found


def compare_seed(weir: str, seed: int, records: int, folder: Path) -> str | None:
    """What differs, or None."""
    drawn = system_scenario.generate(seed, records)
    system_scenario.write_scenario(drawn, folder)
    expected = system_model.run(drawn.capture, drawn.party_list())
    failed = run_weir(weir, folder, threads=2 if seed % 3 == 0 else 1)
    if failed is not None:
        return failed
    difference = first_difference(expected, folder / "weir")
    if difference is None:
        return None
    around = log_about(drawn.capture, difference.record)
    return "\n".join([difference.text, *around])


def run_weir(weir: str, folder: Path, threads: int) -> str | None:
    command = [weir, "replay", "--config", str(folder / "weir.yaml"), "--threads", str(threads)]
    command += ["--out", str(folder / "weir"), str(folder / "capture.jsonl")]
    return run_command(command)


# --------------------------------------------------------------------------------------------
# Differences.


def first_difference(expected: system_model.System, found: Path) -> Difference | None:
    difference = differing_notice(expected, found)
    if difference is not None:
        return difference
    names = {path.name for pattern in KEPT_STREAMS for path in found.glob(pattern)}
    for name in sorted(names | set(expected.streams)):
        difference = differing_record(name, expected.streams.get(name, []), stream(found / name))
        if difference is not None:
            return difference
    dead = [each["line"] for each in stream(found / "dead.letter")]
    lines = [number for number, _ in expected.dead]
    if dead != lines:
        other = sorted(set(dead) ^ set(lines))
        return Difference(f"dead letters: only in one of the two, by line of the log: {other}")
    return None


def differing_notice(expected: system_model.System, found: Path) -> Difference | None:
    """The first notice that differs, in the order of their counters. One that is missing moves the
    counters of all behind it, so that the streams alone would show some later one."""
    paths = [*found.glob("enp.*"), *found.glob("inventory.removed")]
    one = [{"stream": name, **each} for name, all in expected.streams.items() for each in all]
    other = [{"stream": path.name, **each} for path in paths for each in stream(path)]
    return differing_record("notices", *(in_order_of_counters(each) for each in (one, other)))


def in_order_of_counters(records: list[Fields]) -> list[Fields]:
    notices = [each for each in records if "counter" in each]
    return sorted(notices, key=lambda each: int(each["counter"]))


def stream(path: Path) -> list[Fields]:
    """No file: no records."""
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def differing_record(name: str, expected: list[Fields], found: list[Fields]) -> Difference | None:
    at = 0
    while at < min(len(expected), len(found)) and same(expected[at], found[at]):
        at += 1
    if at == len(expected) == len(found):
        return None
    report = [f"{name}: record {at + 1} differs ({len(expected)} expected, {len(found)} found)"]
    report += [f"    same: {json.dumps(each)}" for each in expected[max(0, at - CONTEXT) : at]]
    report += [f"expected: {json.dumps(each)}" for each in expected[at : at + 2]]
    report += [f"   found: {json.dumps(each)}" for each in found[at : at + 2]]
    return Difference("\n".join(report), (expected[at : at + 1] or found[at : at + 1])[0])


def same(one: Fields, other: Fields) -> bool:
    """The order of the fields counts, and 1 is not 1.0 and not true."""
    return json.dumps(one) == json.dumps(other)


def log_about(capture: bytes, record: Fields | None) -> list[str]:
    """The lines of the log that name the same device, around the time of the record."""
    if record is None:
        return []
    device = record.get("device") or record["request_id"].split(":")[1]
    spellings = (device.encode().lower(), device.replace("-", "").encode().lower())
    lines = [
        f"line {number}: {line.decode(errors='replace')}"
        for number, line in lines_of(capture)
        if any(each in line.lower() for each in spellings)
    ]
    counter = record.get("request_id", ":").rsplit(":", 1)[1]
    close = [each for each in lines if counter and f":{counter}" in each]
    return [f"the log about {device}:", *(close or lines)[:LOG_LINES]]


# --------------------------------------------------------------------------------------------
# Running many.


def parse_seeds(text: str) -> range:
    """`3..17`, both included, or one seed."""
    first, dots, last = text.partition("..")
    return range(int(first), int(last if dots else first) + 1)


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare weir replay with the model.")
    parser.add_argument("--weir", required=True, help="the program to test")
    parser.add_argument("--seeds", type=parse_seeds, default=range(100), help="such as 0..99")
    parser.add_argument("--records", type=int, default=400, help="size of a log")
    parser.add_argument("--keep-going", action="store_true", help="report every seed that differs")
    options = parser.parse_args()
    weir = shutil.which(options.weir)
    if weir is None:
        print(f"not a program: {options.weir}", file=sys.stderr)
        return 2
    root = Path(tempfile.mkdtemp(prefix="weir-system-"))
    differing = 0
    for seed in options.seeds:
        folder = root / f"seed-{seed}"
        difference = compare_seed(weir, seed, options.records, folder)
        if difference is None:
            shutil.rmtree(folder)
            continue
        differing += 1
        print(f"seed {seed} differs, see {folder}\n{difference}", flush=True)
        if not options.keep_going:
            return 1
    if differing == 0:
        shutil.rmtree(root)
    print(f"{len(options.seeds)} seeds compared, {differing} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
