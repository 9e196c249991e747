#!/usr/bin/env python3
"""Medians, spreads and ratios of one run of the benchmarks.

    bench/report.py [--json FILE] [--parameters TEXT] RESULT...

Each RESULT is what `micro --benchmark_out=RESULT` wrote, with repetitions. A ratio compares the
medians of two contestants of one suite and case, which ran in turns in one process; behind it stand
the lowest and highest that the quartiles of both would give.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

# In the order in which they are shown.
CONTESTANTS = (
    "table",
    "table-unfetched",
    "throttle",
    "flat_hash_map",
    "flat_hash_map-unfetched",
    "array",
    "array-fetched",
    "decoder",
    "dom",
    "on-demand",
)
# Contestant and baseline, by suite; what is missing in a run is left out.
RATIOS = {
    "decide": (
        ("table", "flat_hash_map"),
        ("table", "flat_hash_map-unfetched"),
        ("table", "array"),
        ("table", "array-fetched"),
        ("table", "table-unfetched"),
        ("throttle", "flat_hash_map"),
        ("throttle", "array"),
        ("throttle", "table"),
    ),
    "decode": (("decoder", "dom"), ("decoder", "on-demand")),
}
MEMORY = ("bytes_per_key", "resident_bytes_per_key", "fills_per_second")


@dataclass(frozen=True)
class Series:
    """The repetitions of one benchmark, in millions of items a second of processor time."""

    suite: str
    contestant: str
    case: str
    repetitions: int
    median: float
    low: float  # quartiles
    high: float
    memory: dict[str, float]


@dataclass(frozen=True)
class Ratio:
    suite: str
    case: str
    contestant: str
    baseline: str
    ratio: float
    low: float
    high: float


def read_series(paths: list[Path]) -> tuple[dict[str, object], list[Series]]:
    """The machine, without its name, and the series of all files, in the order to be shown."""
    machine: dict[str, object] = {}
    rates: dict[str, list[float]] = {}
    memory: dict[str, dict[str, float]] = {}
    for path in paths:
        result = json.loads(path.read_text(encoding="utf-8"))
        context = result["context"]
        machine = {name: context[name] for name in ("num_cpus", "mhz_per_cpu", "caches")}
        for run in result["benchmarks"]:
            if run["run_type"] != "iteration":
                continue
            if run.get("error_occurred"):
                raise ValueError(f"{run['run_name']}: {run.get('error_message')}")
            rates.setdefault(run["run_name"], []).append(run["items_per_second"] / 1e6)
            memory[run["run_name"]] = {name: run[name] for name in MEMORY if name in run}
    series = []
    for name, values in rates.items():  # in random order
        suite, contestant, case = name.split("/")
        quarters = statistics.quantiles(values, n=4, method="inclusive") if values[1:] else values
        series.append(
            Series(
                suite=suite,
                contestant=contestant,
                case=case,
                repetitions=len(values),
                median=statistics.median(values),
                low=quarters[0],
                high=quarters[-1],
                memory=memory[name],
            )
        )
    series.sort(key=lambda s: CONTESTANTS.index(s.contestant))
    return machine, series


def cases_of(series: list[Series]) -> list[tuple[str, str]]:
    """Suites with their cases, the smaller case first."""
    return sorted({(s.suite, s.case) for s in series}, key=lambda c: (c[0], len(c[1]), c[1]))


def ratios_of(series: list[Series]) -> list[Ratio]:
    by_name = {(s.suite, s.case, s.contestant): s for s in series}
    ratios = []
    for suite, case in cases_of(series):
        for contestant, baseline in RATIOS[suite]:
            ours = by_name.get((suite, case, contestant))
            theirs = by_name.get((suite, case, baseline))
            if ours is not None and theirs is not None:
                ratios.append(
                    Ratio(
                        suite=suite,
                        case=case,
                        contestant=contestant,
                        baseline=baseline,
                        ratio=ours.median / theirs.median,
                        low=ours.low / theirs.high,
                        high=ours.high / theirs.low,
                    )
                )
    return ratios


def with_thousands(case: str) -> str:
    return f"{int(case):,} keys" if case.isdigit() else case


def print_report(series: list[Series], ratios: list[Ratio]) -> None:
    for suite, case in cases_of(series):
        print(f"\n{suite}, {with_thousands(case)}")
        head = ("", "M/s", "quartiles", "B/key", "resident", "fill M/s")
        print(f"  {head[0]:<24} {head[1]:>7} {head[2]:>16}", end="")
        print(f" {head[3]:>7} {head[4]:>9} {head[5]:>9}" if suite == "decide" else "")
        for s in series:
            if (s.suite, s.case) == (suite, case):
                print(f"  {s.contestant:<24} {s.median:7.2f} {s.low:7.2f}..{s.high:7.2f}", end="")
                if s.memory:
                    own, resident, fills = (s.memory[name] for name in MEMORY)
                    print(f" {own:7.1f} {resident:9.1f} {fills / 1e6:9.2f}", end="")
                print()
        for r in ratios:
            if (r.suite, r.case) == (suite, case):
                name = f"{r.contestant} / {r.baseline}"
                print(f"  {name:<36} {r.ratio:5.2f}x  ({r.low:.2f}..{r.high:.2f})")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("results", nargs="+", type=Path, metavar="RESULT")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--parameters", default="", metavar="TEXT", help="a remark for FILE")
    arguments = parser.parse_args()
    machine, series = read_series(arguments.results)
    if not series:
        print("report: nothing was measured", file=sys.stderr)
        return 1
    ratios = ratios_of(series)
    print_report(series, ratios)
    if arguments.json is not None:
        figures = {
            "parameters": arguments.parameters,
            "machine": machine,
            "series": [asdict(s) for s in series],
            "ratios": [asdict(r) for r in ratios],
        }
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
