#!/usr/bin/python3
"""Measures `weir serve` beside bare loops on one broker. bench/service/run.sh runs it.

    WEIR=PROGRAM service_bench.py --help

The broker, this script and the probe stay on one processor, what is measured on another. RESULT is
written as Google Benchmark would, for bench/report.py.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import statistics
import sys
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path

from contestants import Field
from latency import Latency, Probe
from machine import load_average
from opened_field import run_on_field
from restart import Restart
from throughput import LOADS, Entry, Throughput

PARTS = ("throughput", "latency", "restart")


class Results:
    def __init__(self, out: Path, context: dict[str, object]) -> None:
        self.out, self.context = out, context
        self.entries: list[Entry] = []

    def add(self, entries: Iterable[Entry]) -> None:
        for each in entries:
            self.entries.append(each)
            rest = {name: value for name, value in each.items() if name != "run_type"}
            print(json.dumps(rest), flush=True)
            self.write()

    def write(self) -> None:
        """After each run, so that what was measured outlives what goes wrong later."""
        result = {"context": self.context, "benchmarks": self.entries}
        self.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")

    def half_rate(self) -> float:
        """Half of what the slower of both was measured to do with nothing throttled."""
        by_name: dict[str, list[float]] = {}
        for each in self.entries:
            suite, name, case = str(each["run_name"]).split("/")
            if suite == "service" and name in ("weir", "bare") and case.startswith("0 %"):
                by_name.setdefault(name, []).append(float(str(each["items_per_second"])))
        return min(map(statistics.median, by_name.values()), default=math.inf) / 2


def measure(arguments: argparse.Namespace, field: Field, results: Results) -> None:
    parts = arguments.parts.split(",")
    if "throughput" in parts:
        order = random.Random(1)
        for share in LOADS:
            contest = Throughput(
                field, arguments.bare_loop, share, arguments.records, share.throttled == 0
            )
            for _ in range(arguments.rounds):
                results.add(contest.round(order))
            contest.finish()
    if "latency" in parts:
        rate = int(min(results.half_rate(), arguments.rate))
        enough = int(rate * (arguments.seconds + 10))
        lines = LOADS[0].file(field.folder.parent, max(enough, arguments.records))
        probe = Probe(arguments.latency_probe, lines, rate, arguments.seconds)
        latency = Latency(field, arguments.bare_loop, probe)
        for _ in range(arguments.rounds):
            results.add(latency.round())
    if "restart" in parts:
        restart = Restart(field, arguments.keys)
        for _ in range(arguments.restarts):
            results.add(restart.round())
        restart.finish()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    for name in ("bare-loop", "latency-probe", "out", "folder"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--records", type=int, required=True, help="of each input")
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--restarts", type=int, required=True, help="of each kind")
    parser.add_argument("--keys", type=int, required=True, help="live ones at a restart, about")
    parser.add_argument("--rate", type=int, required=True, help="of latency, at most")
    parser.add_argument("--seconds", type=float, required=True, help="of each run of latency")
    parser.add_argument("--parts", default=",".join(PARTS), help="some of %(default)s")
    arguments = parser.parse_args()
    results = Results(
        arguments.out,
        {
            "num_cpus": os.cpu_count(),
            "date": datetime.now(timezone.utc).date().isoformat(),
            "processors": sorted(os.sched_getaffinity(0)),
            "load_average_before": load_average(),
            "options": {name: str(value) for name, value in vars(arguments).items()},
        },
    )
    return run_on_field(
        "service_bench", arguments.folder, lambda field: measure(arguments, field, results)
    )


if __name__ == "__main__":
    sys.exit(main())
