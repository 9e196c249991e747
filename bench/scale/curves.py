#!/usr/bin/python3
"""Tables, curves and the plan for a fleet, from what scale.py wrote.

    bench/scale/curves.py FOLDER [--readme]

Prints them; with --readme they go into bench/scale/README.md and the curves beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import fleet
import report
from plot import Line, Point, svg
from report import LOAD, PEAK, Column, Series, Suite, scaled
from stages import ORDER

HERE = Path(__file__).resolve().parent
REPLAY = (
    Column("M/s", scaled("items_per_second", 1e-6), 2),
    Column("CPU s", scaled("cpu_seconds", 1), 2),
    PEAK,
    Column("page faults each", scaled("page_faults", 1), 3),
)
WORKERS = ("1 worker", "2 workers")
THREADS = ("workers", "librdkafka", "local store", "other")


def of(suite: str, title: str, unit: str, measure: str, scale: float,
       contestants: Sequence[str], *columns: Column) -> Suite:  # fmt: skip
    return Suite(title, "", unit, scale, columns, tuple(contestants), (), measure)


def replays(suite: str, x: str, *columns: Column) -> Suite:
    title = f"Replay by one thread, by {x}: time of each alert"
    return of(suite, title, "ns", "ns_per_alert", 1, ("weir",), *REPLAY, *columns, LOAD)


STATE = Column("state MB", scaled("state_bytes", 1e-6), 0)
BYTES = Column("bytes", scaled("line_bytes", 1), 0)
SHARE = Column("throttled", scaled("throttled_share", 100), 1)
SUITES = {
    "decide": of("decide", "Deciding by one thread", "M/s", "items_per_second", 1e6,
                 report.DECIDERS),
    "decide-huge": of("decide-huge", "With huge pages", "M/s", "items_per_second", 1e6,
                      report.DECIDERS),
    "reopen": of("reopen", "From opening a state to the first decision", "s", "real_time", 1e9,
                 ("replay", "replay-2", "scan")),
    "scale-keys": replays("scale-keys", "live keys", STATE),
    "scale-codes": replays("scale-codes", "codes"),
    "scale-size": replays("scale-size", "bytes", BYTES),
    "scale-share": replays("scale-share", "percent throttled", SHARE),
    **{
        f"stages-{name}": of("", "Where the ns of an alert go", "ns", "ns_per_alert", 1, ORDER)
        for name in ("keys", "codes", "size", "share")
    },
    **{
        f"instructions-{name}": of("", "Instructions", "", "per_alert", 1, ("weir",))
        for name in ("codes", "size", "share")
    },
    "partitions": of(
        "", "One service process", "k/s", "items_per_second", 1e3, WORKERS,
        Column("CPU us", scaled("cpu_us", 1), 2),
        Column("broker's us", scaled("broker_us", 1), 2),
        Column("records a commit", scaled("records_per_commit", 1), 0),
        Column("parts of commits per 1,000", scaled("parts_per_thousand", 1), 2),
        Column("input B", scaled("stored_input_bytes", 1), 0),
        Column("output B", scaled("stored_output_bytes", 1), 0),
        Column("waits per 1,000", scaled("switches_per_thousand", 1), 1),
        Column("page faults per 1,000", scaled("faults_per_thousand", 1), 1),
        PEAK,
        Column("others' cores", scaled("other_cores", 1), 2),
        LOAD,
    ),
    **{
        f"threads-{workers}": of("", "", "us", "cpu_us", 1, THREADS)
        for workers in (1, 2)
    },
}  # fmt: skip


Table = list[list[str]]
By = dict[int, Series]


@dataclass(frozen=True)
class Found:
    """All series, by suite, contestant and case; and what their files say besides."""

    head: str
    series: dict[str, dict[str, By]]
    left_out: list[str]
    facts: dict[str, float]

    def of(self, suite: str, contestant: str) -> By:
        return self.series.get(suite, {}).get(contestant, {})

    def lines(self, suite: str) -> dict[str, By]:
        return self.series.get(suite, {})

    def facts_of(self, start: str) -> list[tuple[str, float]]:
        """Those whose names begin so, by what follows."""
        return [(name.removeprefix(start), x) for name, x in self.facts.items()
                if name.startswith(start)]  # fmt: skip


def read_found(folder: Path, remark: str) -> Found:
    report.SUITES.update(SUITES)
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise FileNotFoundError(f"no results in {folder}")
    contexts = [json.loads(path.read_text(encoding="utf-8"))["context"] for path in paths]
    machine, series = report.read_series(paths)
    dates = sorted(str(context["date"])[:10] for context in contexts)
    when = " to ".join(dict.fromkeys((dates[0], dates[-1])))
    found: dict[str, dict[str, By]] = {}
    for each in series:
        found.setdefault(each.suite, {}).setdefault(each.contestant, {})[int(each.case)] = each
    return Found(
        head=f"{when}, {machine['processor']}, {machine['num_cpus']} processors; {remark}",
        series=found,
        left_out=list(dict.fromkeys(why for each in contexts for why in each.get("left_out", ()))),
        facts={name: x for each in contexts for name, x in each.get("facts", {}).items()},
    )


# ------------------------------------------------------------------------------------------------
# Tables.


def xs_of(lines: Mapping[str, By]) -> list[int]:
    return sorted({x for each in lines.values() for x in each})


def spread(series: Series | None, digits: int = 2) -> str:
    if series is None:
        return ""
    median, low, high = (f"{x:.{digits}f}" for x in (series.median, series.low, series.high))
    return f"{median} ({low}..{high})"


def pivot(label: str, lines: Mapping[str, By], digits: int) -> Table:
    """A row for each x, a column for each line."""
    names = list(lines)
    rows = [[f"{x:,}", *(spread(lines[name].get(x), digits) for name in names)]
            for x in xs_of(lines)]  # fmt: skip
    return [[label, *names], *rows]


def with_columns(label: str, by: By, digits: int = 2) -> Table:
    """A row for each x, with all that was measured beside it."""
    suite = SUITES[next(iter(by.values())).suite]
    heads = [label, f"{suite.unit} (quartiles)", *(column.heading for column in suite.columns)]
    rows = [
        [f"{x:,}", spread(each, digits)]
        + [f"{each.columns[column.heading]:.{column.digits}f}" for column in suite.columns]
        for x, each in sorted(by.items())
    ]
    return [heads, *rows]


def growth(label: str, lines: Mapping[str, By], digits: int, more: Mapping[str, By]) -> Table:
    """What a pivot of medians grows by from its first x to its last, in its last row. The lines of
    `more` are in units of their own."""
    xs, names = xs_of(lines), [*lines, *more]
    both = {**lines, **more}

    def value(name: str, x: int) -> float:
        return both[name][x].median if x in both[name] else 0.0

    def row(head: str, of: Callable[[str], float]) -> list[str]:
        total = sum(of(name) for name in lines)
        cells = [f"{of(name):.{0 if name in more else digits}f}" for name in names]
        return [head, f"{total:.{digits}f}", *cells]

    table = [[label, "all", *names]]
    table += [row(f"{x:,}", lambda name, x=x: value(name, x)) for x in xs]  # type: ignore[misc]
    if len(xs) > 1:
        grown = row("grown by", lambda name: value(name, xs[-1]) - value(name, xs[0]))
        table.append(grown)
    return table


def most_grown(lines: Mapping[str, By], unit: str) -> str:
    """Which lines make most of the difference between the first x and the last."""
    first, last = xs_of(lines)[0], xs_of(lines)[-1]

    def at(name: str, x: int) -> float:
        return lines[name][x].median if x in lines[name] else 0.0

    grown = {name: at(name, last) - at(name, first) for name in lines}
    before, more = sum(at(name, first) for name in lines), sum(grown.values())
    largest = sorted(grown, key=lambda name: -abs(grown[name]))[:3]
    parts = ", ".join(f"{name} {grown[name]:+.2f}" for name in largest)
    return f"From {first:,} to {last:,}: {before:.2f} {unit} {more:+.2f}, of which {parts}."


# ------------------------------------------------------------------------------------------------
# Sections.


@dataclass
class Page:
    """Lines of Markdown, and the curves that it shows, by file name."""

    lines: list[str]
    curves: dict[str, str]

    def section(self, title: str) -> None:
        self.lines += ["", f"### {title}"]

    def table(self, rows: Table) -> None:
        self.lines += ["", *report.table_lines(rows, True)]

    def say(self, *words: str) -> None:
        self.lines += ["", " ".join(words)]

    def growth(
        self, label: str, lines: Mapping[str, By], digits: int, unit: str, more: Mapping[str, By]
    ) -> None:
        self.table(growth(label, lines, digits, more))
        if len(xs_of(lines)) > 1:
            self.say(most_grown(lines, unit))

    def curve(
        self, file: str, title: str, x: str, y: str, lines: Mapping[str, By], column: str = ""
    ) -> None:
        """Of the measure, or of a column, which has no quartiles."""

        def point(number: int, each: Series) -> Point:
            if column:
                return Point(number, *(each.columns[column],) * 3)
            return Point(number, each.low, each.median, each.high)

        drawn = [Line(name, [point(n, s) for n, s in sorted(by.items())])
                 for name, by in lines.items()]  # fmt: skip
        self.curves[file] = svg(title, x, y, drawn)
        self.lines += ["", f"![{title}]({file})"]


def inverse(by: By, factor: float) -> By:
    """Rates as times."""
    return {
        x: replace(s, median=factor / s.median, low=factor / s.high, high=factor / s.low)
        for x, s in by.items()
    }


def decide_section(page: Page, found: Found) -> None:
    lines = found.lines("decide")
    if not lines:
        return
    page.section("Live keys: deciding (millions a second, one thread)")
    page.curve("decide.svg", "Decisions by one thread", "live keys", "M/s", lines)
    page.table(pivot("live keys", lines, 2))
    times = {
        "table": inverse(found.of("decide", "table"), 1e3),
        "array": inverse(found.of("decide", "array"), 1e3),
        "table, huge pages": inverse(found.of("decide-huge", "table"), 1e3),
        "array, huge pages": inverse(found.of("decide-huge", "array"), 1e3),
    }
    page.say(
        "What bends it, in ns of a decision: `array` is the same number of random accesses to as",
        "much memory and nothing else, so that what it grows by is caches and address translation;",
        "what huge pages take off is translation.",
    )
    page.table([row[:1] + row[2:] for row in growth("live keys", times, 1, {})])
    pages = sorted((int(keys), count) for keys, count in found.facts_of("huge pages of "))
    given = [f"{2 * count:,.0f} MiB with {keys:,} keys" for keys, count in pages]
    page.say(f"In huge pages were {', '.join(given)}.")


def restart_section(page: Page, found: Found) -> None:
    lines = found.lines("reopen")
    if not lines:
        return
    page.section("Live keys: restart (seconds to the first decision)")
    page.curve("restart.svg", "From opening a state to a decision", "live keys", "s", lines)
    page.table(pivot("live keys", lines, 2))
    page.say("What bends it: microseconds a key; `scan` only reads all entries of the store.")
    each = {
        name: {x: replace(s, median=s.median * 1e6 / x, low=s.low * 1e6 / x, high=s.high * 1e6 / x)
               for x, s in by.items()}
        for name, by in lines.items()
    }  # fmt: skip
    page.table(pivot("live keys", each, 3))


def replay_section(page: Page, found: Found, name: str, title: str, x: str) -> None:
    by = found.of(f"scale-{name}", "weir")
    if not by:
        return
    page.section(title)
    rates = {"alerts a second": inverse(by, 1e3)}
    page.curve(f"{name}.svg", title, x, "M/s of one core", rates)
    page.table(with_columns(x, by, 0))
    stages = {stage: found.of(f"stages-{name}", stage) for stage in ORDER}
    stages = {stage: each for stage, each in stages.items() if each}
    counted = found.of(f"instructions-{name}", "weir")
    if stages:
        page.say("What bends it: ns of an alert by stage, by samples of the processor's clock",
                 "(`bench/stages.py`), and instructions (`callgrind`)." if counted else
                 "(`bench/stages.py`).")  # fmt: skip
        page.growth(x, stages, 0, "ns", {"instructions": counted} if counted else {})
    elif counted:
        page.say("`perf` takes no samples here; instructions (`callgrind`):")
        page.table(pivot(x, {"instructions": counted}, 0))
    else:
        page.say("Neither `perf` nor `callgrind` works here: what bends it was not measured.")


def partitions_section(page: Page, found: Found) -> None:
    lines = found.lines("partitions")
    if not lines:
        return
    page.section("Partitions of one service process")
    page.curve("partitions.svg", "One service process", "partitions", "k records/s", lines)
    page.curve("partitions-cpu.svg", "Processor time of a record", "partitions", "us", lines,
               "CPU us")  # fmt: skip
    for name, by in lines.items():
        page.say(f"{name}:")
        page.table(with_columns("partitions", by))
        threads = found.lines(f"threads-{name[0]}")
        if threads:
            page.say("What bends it: us of a record by thread.")
            page.growth("partitions", threads, 2, "us", {})


def slope(by: By, value: Callable[[Series], float]) -> float:
    """By which a value grows with x, from the first x to the last; of one x, the whole of it."""
    first, last = by[min(by)], by[max(by)]
    if first is last:
        return value(last) / max(by)
    return (value(last) - value(first)) / (max(by) - min(by))


def peak(series: Series) -> float:
    return series.columns[PEAK.heading] * (1 << 20)


def measured_of(found: Found) -> fleet.Measured | None:
    """None if a part is missing."""
    keys, reopened = found.of("scale-keys", "weir"), found.of("reopen", "replay")
    one, all_of = found.of("partitions", WORKERS[0]), list(found.lines("partitions").values())
    if not keys or not reopened or not one:
        return None
    runs = [each for by in all_of for each in by.values()]
    first, last = keys[min(keys)], keys[max(keys)]
    return fleet.Measured(
        worker_rate=min(each.median for each in one.values()) * 1e3,
        cpu_us=max(each.columns["CPU us"] for each in runs),
        more_us=max(last.median - first.median, 0.0) / 1e3,
        broker_us=max(each.columns["broker's us"] for each in runs),
        key_bytes=slope(keys, peak),
        message_bytes=found.facts["message"],
        process_bytes=peak(one[min(one)]),
        partition_bytes=max(slope(one, peak), 0.0),
        store_bytes=last.columns[STATE.heading] * 1e6 / max(keys),
        input_bytes=max(each.columns["input B"] for each in runs),
        output_bytes=max(each.columns["output B"] for each in runs),
        restart_us=reopened[max(reopened)].median * 1e6 / max(reopened),
    )


def fleet_section(page: Page, found: Found) -> None:
    page.section("The national fleet, on paper")
    measured = measured_of(found)
    if measured is None:
        page.say("Not computed: it needs the parts restart, keys and partitions.")
        return
    safety, machine = fleet.Safety(), fleet.Machine()
    fleets = (fleet.NATIONAL, fleet.TENFOLD)
    page.table(list(fleet.rows([fleet.plan(each, measured, safety, machine) for each in fleets])))
    for words in fleet.assumptions(measured, safety, machine):
        page.say(words)


def page_of(found: Found) -> Page:
    page = Page([found.head], {})
    decide_section(page, found)
    restart_section(page, found)
    keys = "Live keys: a replay that makes them"
    replay_section(page, found, "keys", keys, "live keys")
    replay_section(page, found, "codes", "Alert codes: a replay", "codes")
    replay_section(page, found, "size", "Bytes of a message: a replay", "bytes")
    replay_section(page, found, "share", "Share of throttled alerts: a replay", "percent")
    partitions_section(page, found)
    fleet_section(page, found)
    times = [f"{part} {seconds:.0f} s" for part, seconds in found.facts_of("seconds of ")]
    page.section("The run")
    page.say(f"The parts took: {', '.join(times)}.")
    for why in found.left_out:
        page.say(f"Left out: {why}.")
    return page


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--readme", action="store_true", help="put them into README.md")
    parser.add_argument("--parameters", default="", metavar="TEXT", help="a remark on the run")
    arguments = parser.parse_args()
    page = page_of(read_found(arguments.folder, arguments.parameters))
    print(*page.lines, sep="\n")
    target = HERE if arguments.readme else arguments.folder
    for file, text in page.curves.items():
        (target / file).write_text(text, encoding="utf-8")
    if arguments.readme:
        report.put_into(HERE / "README.md", "scale", page.lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
