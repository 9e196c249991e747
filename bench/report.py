#!/usr/bin/env python3
"""Medians, spreads and ratios of one run of the benchmarks.

    bench/report.py [--json FILE] [--markdown] [--into FILE PART] [--parameters TEXT] RESULT...

Each RESULT is what `micro --benchmark_out=RESULT`, bench/replay/replay.py or
bench/service/service_bench.py wrote, with repetitions. A ratio compares the medians of two
contestants of one case, which ran in turns; behind it stand the lowest and highest that the
quartiles of both would give.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# One repetition, as Google Benchmark writes it.
Run = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """Something besides the rate; the median of the repetitions is shown."""

    heading: str
    value: Callable[[Run], float]
    digits: int = 1


def scaled(name: str, factor: float) -> Callable[[Run], float]:
    return lambda run: float(run[name]) * factor


@dataclass(frozen=True)
class Suite:
    title: str
    noun: str  # what the number counts that a case is
    unit: str
    scale: float  # the unit, in items a second, or in what else is measured
    columns: tuple[Column, ...]
    # In the order in which they are shown.
    contestants: tuple[str, ...]
    # Contestant and baseline; what is missing in a run is left out. A baseline may be one of
    # another suite, `decide/table`, or the fastest of several, `FASTEST: dom, on-demand`.
    ratios: tuple[tuple[str, str], ...]
    measure: str = "items_per_second"


FASTEST = "FASTEST: "
COUNTERS = (
    Column("B/key", scaled("bytes_per_key", 1)),
    Column("resident", scaled("resident_bytes_per_key", 1)),
    Column("fill M/s", scaled("fills_per_second", 1e-6), 2),
)
DECIDERS = (
    "table",
    "table-unfetched",
    "throttle",
    "flat_hash_map",
    "flat_hash_map-unfetched",
    "array",
    "array-fetched",
)
DECISIONS = (
    ("table", "flat_hash_map"),
    ("table", "flat_hash_map-unfetched"),
    ("table", "array"),
    ("table", "array-fetched"),
    ("table", "table-unfetched"),
    ("throttle", "flat_hash_map"),
    ("throttle", "array"),
    ("throttle", "table"),
)
REPLAYS = ("weir", "weir-no-state", "weir-no-out", "weir-neither", "weir-2", "weir-2-neither")
PARSERS = ("dom", "on-demand", "parse-many", "iterate-many")
FASTEST_PARSER = FASTEST + ", ".join(PARSERS)


def against_parsers(replay: str) -> tuple[tuple[str, str], ...]:
    return ((replay, FASTEST_PARSER), (replay, "dom"), (replay, "on-demand"))


SERVICES = ("weir", "bare", "bare-no-changelog", "plain", "plain-no-changelog")
SERVICE_RATIOS = (
    ("weir", "bare"),
    ("weir", "bare-no-changelog"),
    ("bare", "bare-no-changelog"),
    ("bare", "plain"),
    ("bare-no-changelog", "plain-no-changelog"),
)
LOAD = Column("load", scaled("load_average", 1))
PEAK = Column("peak MiB", scaled("peak_bytes", 1 / (1 << 20)), 0)
CORES = (
    Column("cores", scaled("contestant_cores", 1), 2),
    Column("broker's", scaled("broker_cores", 1), 2),
)

SUITES = {
    "decide": Suite(
        title="decide by one thread (processor time)",
        noun="keys",
        unit="M/s",
        scale=1e6,
        columns=COUNTERS,
        contestants=DECIDERS,
        ratios=DECISIONS,
    ),
    "decide-2": Suite(
        title="decide by two threads together (wall time)",
        noun="keys",
        unit="M/s",
        scale=1e6,
        columns=COUNTERS,
        contestants=DECIDERS,
        ratios=(*DECISIONS, ("table", "decide/table"), ("throttle", "decide/throttle")),
    ),
    "decode": Suite(
        title="decode",
        noun="",
        unit="M/s",
        scale=1e6,
        columns=(Column("MB/s", scaled("bytes_per_second", 1e-6), 0),),
        contestants=("decoder", "dom", "on-demand", "bytes"),
        ratios=(("decoder", "dom"), ("decoder", "on-demand"), ("decoder", "bytes")),
    ),
    "replay": Suite(
        title="replay (alerts a second of processor time, which is a second of one core)",
        noun="alerts",
        unit="M/s",
        scale=1e6,
        columns=(Column("CPU s", scaled("cpu_seconds", 1), 2),),
        contestants=(*REPLAYS, "lines", *PARSERS),
        ratios=(
            *against_parsers("weir"),
            *against_parsers("weir-no-state"),
            ("weir-no-out", FASTEST_PARSER),
            ("weir-neither", FASTEST_PARSER),
            ("weir-2", FASTEST_PARSER),
            ("weir-2", "weir"),
        ),
    ),
    "replay-wall": Suite(
        title="replay (alerts a second of wall time)",
        noun="alerts",
        unit="M/s",
        scale=1e6,
        columns=(Column("wall s", scaled("wall_seconds", 1), 2),),
        contestants=(*REPLAYS, "lines", *PARSERS),
        ratios=(
            *against_parsers("weir"),
            *against_parsers("weir-2"),
            ("weir-2", "weir"),
            ("weir-2-neither", "weir-neither"),
        ),
    ),
    "commit": Suite(
        title="commit of a state of a million live keys (wall time)",
        noun="changed counters",
        unit="1/s",
        scale=1,
        columns=(
            Column("kB each", scaled("bytes_per_commit", 1e-3)),
            Column("MB/s", scaled("bytes_per_second", 1e-6)),
        ),
        contestants=("commit", "rocksdb", "file"),
        ratios=(("rocksdb", "file"), ("commit", "file"), ("commit", "rocksdb")),
    ),
    "reopen": Suite(
        title="reopen a state and decide one alert (wall time)",
        noun="live keys",
        unit="Mkeys/s",
        scale=1e6,
        columns=(
            Column("s", scaled("real_time", 1e-9), 3),
            Column("s/Mkeys", lambda run: 1e6 / float(run["items_per_second"]), 3),
        ),
        contestants=("replay", "replay-2", "replay-cold", "scan"),
        ratios=(("replay", "scan"), ("replay-2", "replay"), ("replay-cold", "replay")),
    ),
    "service": Suite(
        title="service on Kafka (records a second of wall time)",
        noun="",
        unit="k/s",
        scale=1e3,
        columns=(*CORES, Column("others'", scaled("other_cores", 1), 2), PEAK, LOAD),
        contestants=SERVICES,
        ratios=SERVICE_RATIOS,
    ),
    "service-cpu": Suite(
        title="service on Kafka (records a second of its processor time)",
        noun="",
        unit="k/s",
        scale=1e3,
        columns=(Column("CPU s", scaled("cpu_seconds", 1), 2), LOAD),
        contestants=SERVICES,
        ratios=SERVICE_RATIOS,
    ),
    "latency": Suite(
        title="latency of the service on Kafka",
        noun="",
        unit="p99 ms",
        scale=1e-3,
        columns=(
            Column("p50", scaled("p50", 1e3), 2),
            Column("p95", scaled("p95", 1e3), 2),
            Column("p99.9", scaled("p999", 1e3), 2),
            Column("max", scaled("max", 1e3), 2),
            *CORES,
            LOAD,
        ),
        contestants=("weir", "bare"),
        ratios=(("weir", "bare"),),
        measure="p99",
    ),
    "restart": Suite(
        title="restart of the service after kill -9",
        noun="live keys",
        unit="s to an output",
        scale=1,
        columns=(
            Column("ready s", scaled("ready_seconds", 1), 2),
            Column("restoring s", scaled("restore_seconds", 1), 3),
            PEAK,
            LOAD,
        ),
        contestants=("intact", "deleted", "corrupted"),
        ratios=(("deleted", "intact"), ("corrupted", "intact")),
        measure="first_output_seconds",
    ),
}


@dataclass(frozen=True)
class Series:
    """The repetitions of one benchmark, in the unit of its suite."""

    suite: str
    contestant: str
    case: str
    repetitions: int
    median: float
    low: float  # quartiles
    high: float
    columns: dict[str, float]


@dataclass(frozen=True)
class Ratio:
    suite: str
    case: str
    contestant: str
    baseline: str
    ratio: float
    low: float
    high: float


# ------------------------------------------------------------------------------------------------
# Figures.


def series_of(name: str, runs: list[Run]) -> Series:
    # Google Benchmark puts remarks of its own behind the case.
    key, contestant, case = name.split("/")[:3]
    suite = SUITES[key]
    values = [run[suite.measure] / suite.scale for run in runs]
    quarters = statistics.quantiles(values, n=4, method="inclusive") if values[1:] else values
    return Series(
        suite=key,
        contestant=contestant,
        case=case,
        repetitions=len(values),
        median=statistics.median(values),
        low=quarters[0],
        high=quarters[-1],
        columns={
            column.heading: statistics.median(column.value(run) for run in runs)
            for column in suite.columns
        },
    )


def read_series(paths: list[Path]) -> tuple[dict[str, object], list[Series]]:
    """The machine, without its name, and the series of all files, in the order to be shown."""
    machine: dict[str, object] = {"processor": processor_model()}
    runs: dict[str, list[Run]] = {}
    for path in paths:
        result = json.loads(path.read_text(encoding="utf-8"))
        machine |= {
            name: result["context"][name]
            for name in ("num_cpus", "mhz_per_cpu", "caches", "date")
            if name in result["context"]
        }
        for run in result["benchmarks"]:
            if run.get("error_occurred"):
                raise ValueError(f"{run['run_name']}: {run.get('error_message')}")
            if run["run_type"] == "iteration":
                runs.setdefault(run["run_name"], []).append(run)
    series = [series_of(name, repetitions) for name, repetitions in runs.items()]
    series.sort(key=lambda s: SUITES[s.suite].contestants.index(s.contestant))
    return machine, series


def processor_model() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown"


def cases_of(series: list[Series]) -> list[tuple[str, str]]:
    """Suites with their cases, the smaller case first."""
    order = list(SUITES)
    cases = {(s.suite, s.case) for s in series}
    return sorted(cases, key=lambda c: (order.index(c[0]), c[1].isdigit() and int(c[1]), c[1]))


def ratios_of(series: list[Series]) -> list[Ratio]:
    by_name = {(s.suite, s.case, s.contestant): s for s in series}

    def find(suite: str, case: str, name: str) -> Series | None:
        if name.startswith(FASTEST):
            several = [find(suite, case, each) for each in name.removeprefix(FASTEST).split(", ")]
            return max((s for s in several if s), key=lambda s: s.median, default=None)
        if "/" in name:
            suite, name = name.split("/")
        return by_name.get((suite, case, name))

    ratios = []
    for suite, case in cases_of(series):
        for contestant, baseline in SUITES[suite].ratios:
            ours = find(suite, case, contestant)
            theirs = find(suite, case, baseline)
            if ours is not None and theirs is not None:
                name = theirs.contestant
                if baseline.startswith(FASTEST):
                    name = f"fastest parser ({name})"
                elif theirs.suite != suite:
                    name = f"{name} by one thread"
                ratios.append(
                    Ratio(
                        suite=suite,
                        case=case,
                        contestant=contestant,
                        baseline=name,
                        ratio=ours.median / theirs.median,
                        low=ours.low / theirs.high,
                        high=ours.high / theirs.low,
                    )
                )
    return ratios


# ------------------------------------------------------------------------------------------------
# Tables.


def title_of(suite: str, case: str) -> str:
    what = f"{int(case):,} {SUITES[suite].noun}" if case.isdigit() else case
    return f"{SUITES[suite].title}, {what}"


def figures_table(series: Sequence[Series]) -> Iterator[list[str]]:
    suite = SUITES[series[0].suite]
    yield ["", suite.unit, "quartiles", *(column.heading for column in suite.columns)]
    for s in series:
        cells = [f"{s.columns[c.heading]:.{c.digits}f}" for c in suite.columns]
        yield [s.contestant, f"{s.median:.2f}", f"{s.low:.2f}..{s.high:.2f}", *cells]


def ratios_table(ratios: Sequence[Ratio]) -> Iterator[list[str]]:
    yield ["", "ratio", "by quartiles"]
    for r in ratios:
        yield [f"{r.contestant} / {r.baseline}", f"{r.ratio:.2f}x", f"{r.low:.2f}..{r.high:.2f}"]


def table_lines(rows: list[list[str]], markdown: bool) -> Iterator[str]:
    """The first row is the head, the first column names the rows."""
    if markdown:
        rows = [rows[0], ["---", *("---:" for _ in rows[0][1:])], *rows[1:]]
        yield from (f"| {' | '.join(row)} |" for row in rows)
        return
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for name, *cells in rows:
        rest = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths[1:]))
        yield f"  {name.ljust(widths[0])}  {rest}"


def report_lines(series: list[Series], ratios: list[Ratio], markdown: bool) -> Iterator[str]:
    for suite, case in cases_of(series):
        title = title_of(suite, case)
        yield ""
        yield from (f"### {title[0].upper()}{title[1:]}", "") if markdown else (title,)
        of_case = [s for s in series if (s.suite, s.case) == (suite, case)]
        yield from table_lines(list(figures_table(of_case)), markdown)
        compared = [r for r in ratios if (r.suite, r.case) == (suite, case)]
        if compared:
            yield ""
            yield from table_lines(list(ratios_table(compared)), markdown)


def put_into(path: Path, part: str, lines: Sequence[str]) -> None:
    """Between the two marks of that part, which the file has."""
    begin, end = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
    text = path.read_text(encoding="utf-8")
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"{path} has not one {begin} and one {end}")
    before, _, rest = text.partition(begin)
    after = rest.partition(end)[2]
    middle = "\n".join(lines)
    path.write_text(f"{before}{begin}\n{middle}\n{end}{after}", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("results", nargs="+", type=Path, metavar="RESULT")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--markdown", action="store_true", help="print tables for bench/README.md")
    parser.add_argument(
        "--into",
        nargs=2,
        metavar=("FILE", "PART"),
        help="put the tables into FILE, between its marks PART: begin and PART: end",
    )
    parser.add_argument("--parameters", default="", metavar="TEXT", help="a remark on the run")
    arguments = parser.parse_args()
    machine, series = read_series(arguments.results)
    if not series:
        print("report: nothing was measured", file=sys.stderr)
        return 1
    ratios = ratios_of(series)
    place = f"{machine['processor']}, {machine['num_cpus']} processors"
    if "date" in machine:
        place = f"{machine['date']}, {place}"
    head = f"{place}; {arguments.parameters}"
    print(head, *report_lines(series, ratios, arguments.markdown), sep="\n")
    if arguments.into is not None:
        path, part = arguments.into
        put_into(Path(path), part, [head, *report_lines(series, ratios, True)])
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
