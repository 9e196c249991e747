#!/usr/bin/python3
"""Measures how cost grows. bench/scale/run.sh runs it.

    scale.py --help

Each part writes a file of results as Google Benchmark would, for curves.py.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path

import cases
from machine import load_average
from opened_field import opened_field, run_with_broker
from partitions import PARTITIONS, Partitions
from replays import Replays
from service_bench import Results

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("decide", "restart", "keys", "mix", "partitions")
HUGE = "-huge"
# Most memory of a part, in bytes per key, where a table that grows stands beside its larger one;
# and what must be left to others.
NEEDS = {"decide": 180, "restart": 80, "keys": 75}
LEFT = 2 << 30
DECIDERS = "table|throttle|flat_hash_map|array"


def available_bytes() -> int:
    for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("/proc/meminfo has no MemAvailable")


def huge_pages() -> int:
    """That processes of this machine have been given so far."""
    for line in Path("/proc/vmstat").read_text(encoding="utf-8").splitlines():
        if line.startswith("thp_fault_alloc "):
            return int(line.split()[1])
    return 0


class Scale:
    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.out: Path = arguments.out.resolve()
        self.scratch = self.out / "scratch"
        self.processors = sorted(os.sched_getaffinity(0))
        self.left_out: list[str] = []
        self.facts: dict[str, float] = {}

    def results(self, part: str) -> Results:
        options = {name: str(value) for name, value in vars(self.arguments).items()}
        context: dict[str, object] = {
            "num_cpus": os.cpu_count(),
            "date": datetime.now(timezone.utc).date().isoformat(),
            "load_average_before": load_average(),
            "options": options,
            "left_out": self.left_out,
            "facts": self.facts,
        }
        return Results(self.out / f"{part}.json", context)

    def fitting(self, part: str) -> Iterator[int]:
        """The numbers of keys for which there is memory, asked for when it is their turn."""
        for keys in map(int, self.arguments.keys.split(",")):
            needed, free = keys * NEEDS[part] + LEFT, available_bytes()
            if needed <= free:
                yield keys
                continue
            why = f"{part} of {keys:,} keys: needs {needed >> 20} MiB, {free >> 20} are free"
            print(f"left out: {why}", flush=True)
            self.left_out.append(why)

    # -- the parts

    def decide(self, _: Results) -> None:
        for keys in self.fitting("decide"):
            where = f"--keys={keys}"
            self.micro("decide", f"^decide/({DECIDERS})/", f"decide-{keys}", [where])
            before = huge_pages()
            file = f"decide-{keys}{HUGE}"
            self.micro("decide", "^decide/(table|array)/", file, [where], huge=True)
            self.facts[f"huge pages of {keys}"] = huge_pages() - before

    def restart(self, _: Results) -> None:
        for keys in self.fitting("restart"):
            state = self.scratch / "store"
            state.mkdir()
            where = [f"--dir={state}", f"--keys={keys}"]
            self.micro("store", "^reopen/(replay|replay-2|scan)/", f"restart-{keys}", where)
            shutil.rmtree(state)

    def micro(
        self, suite: str, names: str, file: str, options: Sequence[str], huge: bool = False
    ) -> None:
        out = self.out / f"{file}.json"
        two = self.processors[-2:] if suite == "store" else self.processors[-1:]
        environment = dict(os.environ)
        if huge:
            environment["GLIBC_TUNABLES"] = "glibc.malloc.hugetlb=1"
        command = ["taskset", "-c", ",".join(map(str, two)), str(self.arguments.micro), suite]
        command += [*options, f"--benchmark_filter={names}", "--benchmark_min_time=0.2"]
        command += [f"--benchmark_repetitions={self.arguments.rounds}"]
        command += ["--benchmark_enable_random_interleaving=true"]
        command += [f"--benchmark_out={out}", "--benchmark_out_format=json"]
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
        text = out.read_text(encoding="utf-8")
        if huge:
            out.write_text(text.replace('"decide/', f'"decide{HUGE}/'), encoding="utf-8")

    def replays(self) -> Replays:
        return Replays(self.arguments.weir, self.scratch, self.processors)

    def keys(self, results: Results) -> None:
        replays = self.replays()
        self.facts |= replays.probe()
        for keys in self.fitting("keys"):
            case = cases.of_keys(keys, self.facts["new"])
            results.add(replays.measure(case, self.arguments.rounds))

    def mix(self, results: Results) -> None:
        replays = self.replays()
        for of in (cases.of_codes, cases.of_size, cases.of_share):
            results.add(replays.mix(of, self.arguments.alerts, self.arguments.rounds))

    def partitions(self, results: Results) -> None:
        with opened_field(self.scratch / "service") as field:
            for count in PARTITIONS:
                part = Partitions(field, self.processors, count, self.arguments.records)
                for _ in range(self.arguments.rounds):
                    results.add(part.round())
                part.finish()

    def measure(self) -> None:
        for part in self.arguments.parts.split(","):
            shutil.rmtree(self.scratch, ignore_errors=True)
            (self.scratch / "service").mkdir(parents=True)
            for old in self.out.glob(f"{part}*.json"):
                old.unlink()
            self.left_out, self.facts = [], {}
            results, began = self.results(part), time.monotonic()
            getattr(self, part)(results)
            self.facts[f"seconds of {part}"] = time.monotonic() - began
            results.write()
            print(f"part {part}: {time.monotonic() - began:.0f} s", flush=True)
        shutil.rmtree(self.scratch, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    for name in ("weir", "micro", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--keys", required=True, help="numbers of live keys")
    for name in ("alerts", "records", "rounds"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--parts", default=",".join(PARTS), help="some of %(default)s")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    return run_with_broker("scale", Scale(arguments).measure)


if __name__ == "__main__":
    sys.exit(main())
