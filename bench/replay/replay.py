#!/usr/bin/env python3
"""Measures `weir replay` beside programs that only parse the same file.

    bench/replay/replay.py --weir PROGRAM --parse-lines PROGRAM --capture FILE --out RESULT
                           [--repetitions N] [--cpus LIST] [--filter REGEX]
    bench/replay/replay.py --list

All contestants take turns, in another order in each round. Before each run what was written before
is on the disk, the capture is in the page cache, and directories for outputs and state are new.
Of each run the processor time is taken, of user and system and of all its threads, and the wall
time. RESULT is written as Google Benchmark would, for bench/report.py, each run twice: in the suite
replay its rate is alerts a second of processor time, in replay-wall a second of wall time.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

# What a replay writes, and by how many threads.
REPLAYS: dict[str, tuple[int, tuple[str, ...]]] = {
    "weir": (1, ("--out", "--state")),
    "weir-no-state": (1, ("--out",)),
    "weir-no-out": (1, ("--state",)),
    "weir-neither": (1, ()),
    "weir-2": (2, ("--out", "--state")),
    "weir-2-neither": (2, ()),
}
PARSERS = ("lines", "dom", "on-demand", "parse-many", "iterate-many")
SUITE = "replay"


@dataclass(frozen=True)
class Run:
    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int  # never less than what the process that ran it had
    page_faults: int
    output: bytes


def measured(
    command: Sequence[str | Path],
    watch: Callable[[int], None] = lambda _: None,
    source: IO[bytes] | None = None,
) -> Run:
    """Runs a command to its end, with `source` as its standard input. Raises if it fails. `watch`
    is told the process's id."""
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdin=source, stdout=output)
        try:
            watch(process.pid)
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:  # it does not outlive who is told to end
            process.terminate()
            process.wait()
            raise
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise subprocess.CalledProcessError(process.returncode, [str(c) for c in command])
        output.seek(0)
        cpu, faults = usage.ru_utime + usage.ru_stime, usage.ru_minflt + usage.ru_majflt
        return Run(cpu, wall, usage.ru_maxrss * 1024, faults, output.read())


class Contest:
    def __init__(self, arguments: argparse.Namespace, scratch: Path) -> None:
        self.weir: Path = arguments.weir
        self.parse_lines: Path = arguments.parse_lines
        self.capture: Path = arguments.capture
        self.cpus: list[str] = arguments.cpus.split(",")
        self.scratch = scratch
        with self.capture.open("rb") as lines:  # which brings it into the page cache
            self.alerts = sum(1 for _ in lines)

    def run(self, name: str) -> Run:
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True)
        os.sync()
        if name in PARSERS:
            run = measured([*self.on(1), self.parse_lines, name, self.capture])
            read = int(run.output)
        else:
            threads, writes = REPLAYS[name]
            places = [part for option in writes for part in (option, self.scratch / option[2:])]
            replay = [self.weir, "replay", "--json", "--threads", str(threads), *places]
            run = measured([*self.on(threads), *replay, self.capture])
            read = json.loads(run.output)["alerts"]
        if read != self.alerts:
            raise ValueError(f"{name} has read {read} of {self.alerts} alerts")
        return run

    def on(self, threads: int) -> list[str]:
        return ["taskset", "-c", ",".join(self.cpus[:threads])]

    def entries(self, name: str, run: Run) -> list[dict[str, object]]:
        return [
            {
                "run_name": f"{suite}/{name}/{self.alerts}",
                "run_type": "iteration",
                "items_per_second": self.alerts / seconds,
                "cpu_seconds": run.cpu_seconds,
                "wall_seconds": run.wall_seconds,
            }
            for suite, seconds in ((SUITE, run.cpu_seconds), (f"{SUITE}-wall", run.wall_seconds))
        ]


def main() -> int:
    names = [*REPLAYS, *PARSERS]
    if sys.argv[1:] == ["--list"]:
        print(*(f"{SUITE}/{name}" for name in names), sep="\n")
        return 0
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    for name in ("weir", "parse-lines", "capture", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--cpus", default="0")
    parser.add_argument("--filter", default=".", help="only names like that: replay/weir")
    arguments = parser.parse_args()
    contest = Contest(arguments, arguments.out.parent / "replay.scratch")
    names = [name for name in names if re.search(arguments.filter, f"{SUITE}/{name}")]
    if len(contest.cpus) == 1:
        names = [name for name in names if name not in REPLAYS or REPLAYS[name][0] == 1]
    order = random.Random(1)
    entries = []
    for _ in range(arguments.repetitions):
        order.shuffle(names)
        for name in names:
            entries += contest.entries(name, contest.run(name))
    shutil.rmtree(contest.scratch, ignore_errors=True)
    result = {"context": {"num_cpus": os.cpu_count()}, "benchmarks": entries}
    arguments.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
