#!/usr/bin/python3
"""Measures Weir beside other systems that do the same. bench/compare.sh runs it.

    WEIR=PROGRAM compare.py --help

The broker, this script and the probe stay on one processor, what is measured on another. OUT gets
every single run as it ends; bench/compare/publish.py makes tables and a plot of it.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from check import Check
from contestants import Field
from latency import Probe
from opened_field import run_on_field
from redis_replay import CONTESTANTS, Processors, RedisReplay
from rivalry import Latency, Restart, Run, Throughput, in_turns
from steady import Limits
from systems import ON_KAFKA, REDIS, SHORTEST, THRESHOLD, USUAL, WINDOW_MS, Entrants
from tables import COMMON, HALF
from throughput import LOADS
from versions import ROOT, machine, versions_of

FIRST_LINES = 1000  # that the probe writes before the time runs


class Results:
    def __init__(self, out: Path, head: Mapping[str, object]) -> None:
        self.out, self.head = out, head
        self.checks: list[Run] = []
        self.runs: list[Run] = []

    def add(self, run: Run) -> None:
        self.runs.append(run)
        self._keep(run)

    def add_check(self, check: Run) -> None:
        self.checks.append(check)
        self._keep(check)

    def _keep(self, what: Run) -> None:
        """At once, so that what was measured outlives what goes wrong later."""
        print(json.dumps(what), flush=True)
        result = {**self.head, "checks": self.checks, "runs": self.runs}
        self.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")

    def median_rate(self, system: str) -> float | None:
        """Of alerts as JSON, which latency is measured with."""
        rates = [
            float(str(run["per_second"]))
            for run in self.runs
            if (run["part"], run["system"], run["case"]) == ("throughput", system, "json")
        ]
        return statistics.median(rates) if rates else None


class Comparison:
    def __init__(
        self, arguments: argparse.Namespace, entrants: Entrants, results: Results, server: int
    ) -> None:
        self.arguments, self.entrants, self.results = arguments, entrants, results
        self.systems = [each for each in ON_KAFKA if each in arguments.systems.split(",")]
        self.has_redis = REDIS in arguments.systems.split(",")
        self.formats = arguments.formats.split(",")
        self.order = random.Random(1)
        self.processors = Processors(entrants.field.processor, server)

    def replay(self, form: str, records: int) -> RedisReplay:
        folder, program = self.entrants.field.folder, self.arguments.redis_counters
        return RedisReplay(folder, program, form, records, self.processors)

    def check(self) -> None:
        records = self.arguments.check_records
        for form in self.formats:
            if self.systems:
                check = Check(self.entrants, form, records)
                for name in self.systems:
                    self.results.add_check(check.run(name))
                check.finish()
            if self.has_redis:
                for each in self.replay(form, records).check(THRESHOLD, WINDOW_MS):
                    self.results.add_check(each)

    def rounds(self, names: list[str], run: Callable[[str], Run]) -> None:
        for _ in range(self.arguments.rounds):
            for name in in_turns(names, self.order):
                self.results.add(run(name))

    def throughput(self) -> None:
        limits = Limits(self.arguments.warm, self.arguments.seconds)
        for form in self.formats:
            if self.systems:
                contest = Throughput(self.entrants, form, self.arguments.records, limits)
                self.rounds(self.systems, contest.run)
                contest.finish()
            if self.has_redis:
                replay = self.replay(form, self.arguments.records)
                self.rounds(list(CONTESTANTS), replay.run)

    def latency(self) -> None:
        arguments = self.arguments
        low, common = arguments.low_rate, f"{COMMON}: {arguments.low_rate:,} alerts/s"
        halves = {name: self.half_rate(name) for name in self.systems}
        seconds = arguments.latency_warm + arguments.latency_seconds
        most = max(low, *(rate or 0 for rate in halves.values()))
        needed = math.ceil(most * seconds) + FIRST_LINES
        probe = Probe(
            program=arguments.latency_probe,
            lines=LOADS[0].file(self.entrants.field.folder.parent, needed),
            rate=low,
            seconds=arguments.latency_seconds,
            skipped=arguments.latency_warm,
        )
        latency = Latency(self.entrants, probe)

        def half(name: str) -> Run:
            rate = halves[name]
            assert rate is not None
            return latency.run(name, HALF, rate, USUAL[name])

        with_halves = [name for name in self.systems if halves[name] is not None]
        self.rounds(with_halves, half)
        self.rounds(self.systems, lambda name: latency.run(name, common, low, USUAL[name]))
        shortest = f"{low:,} alerts/s, commits as often as is sensible"
        self.rounds(self.systems, lambda name: latency.run(name, shortest, low, SHORTEST[name]))

    def half_rate(self, name: str) -> int | None:
        """Of what it was measured to do, but no more than the probe can do beside the broker."""
        rate = self.results.median_rate(name)
        if rate is None:
            print(f"latency of {name}, half load: left out, no throughput with JSON", flush=True)
            return None
        return int(min(rate / 2, self.arguments.most_rate))

    def restart(self) -> None:
        contests = {
            name: Restart(self.entrants, name, self.arguments.keys) for name in self.systems
        }
        self.rounds(self.systems, lambda name: contests[name].run())
        for each in contests.values():
            each.finish()

    def run(self) -> None:
        self.check()
        parts = {"throughput": self.throughput, "latency": self.latency, "restart": self.restart}
        # In this order: latency is measured at half of what throughput has found.
        for name, part in parts.items():
            if name not in self.arguments.parts.split(","):
                continue
            if self.systems or name == "throughput":
                part()
            else:
                print(f"{name}: left out, for systems on Kafka alone", flush=True)


def jar_names(peers: Path) -> list[str]:
    """Of the broker and of the peers."""
    printed = subprocess.run(
        [ROOT / "deploy/kafka/jars.sh"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    folders = [Path(each.removesuffix("/*")) for each in printed.strip().split(":")]
    paths = [jar for each in folders for jar in (each.rglob("*.jar") if each.is_dir() else [each])]
    return [jar.name for jar in [*paths, *peers.rglob("*.jar")]]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    for name in ("out", "folder", "peers", "latency-probe", "redis-counters"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("systems", "formats", "parts", "command"):
        parser.add_argument(f"--{name}", required=True)
    numbers = ("rounds", "records", "check-records", "keys", "low-rate", "most-rate")
    for name in numbers:
        parser.add_argument(f"--{name}", type=int, required=True)
    for name in ("warm", "seconds", "latency-warm", "latency-seconds"):
        parser.add_argument(f"--{name}", type=float, required=True)
    return parser.parse_args()


def main() -> int:
    arguments = parse()
    head = {
        "command": arguments.command,
        "rounds": arguments.rounds,
        "machine": machine(),
        "options": {name: str(value) for name, value in vars(arguments).items()},
        "commit_ms": {"usual": USUAL, "shortest": SHORTEST},
    }
    server = min(os.sched_getaffinity(0))

    def compare(field: Field) -> None:
        head["versions"] = versions_of(arguments.systems.split(","), jar_names(arguments.peers))
        entrants = Entrants(field, arguments.peers.resolve())
        results = Results(arguments.out, head)
        Comparison(arguments, entrants, results, server).run()

    return run_on_field("compare", arguments.folder, compare)


if __name__ == "__main__":
    sys.exit(main())
