"""The tables of a result of bench/compare.sh: a short one, and all that was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from report import table_lines
from summary import GOALS, TITLES, Ratio, Spread, Summary

Rows = list[list[str]]
FORMATS = {"json": "JSON", "gbcs": "GBCS"}
HALF, COMMON = "half", "common rate"  # cases of latency; behind the second stands the rate
NOTHING = "-"


@dataclass(frozen=True)
class Column:
    heading: str
    measure: str
    scale: float = 1.0
    digits: int = 0


THOUSANDS, MILLISECONDS, MIB = 1e-3, 1e3, 1 / (1 << 20)
RATES = (
    Column("k/s per core", "per_core", THOUSANDS, 1),
    Column("k/s", "per_second", THOUSANDS, 1),
    Column("CPU s", "cpu_seconds", digits=2),
    Column("wall s", "wall_seconds", digits=2),
    Column("peak MiB", "peak_bytes", MIB),
)
CORES = (
    Column("cores", "contestant_cores", digits=2),
    Column("broker's", "broker_cores", digits=2),
)
LOAD = Column("load", "load_average", digits=1)
COLUMNS = {
    "throughput": (*RATES, *CORES, Column("others'", "other_cores", digits=2), LOAD),
    "replay": (*RATES, LOAD),
    "latency": (
        Column("p99 ms", "p99", MILLISECONDS, 1),
        Column("alerts/s", "rate"),
        Column("commit ms", "commit_ms"),
        Column("p50", "p50", MILLISECONDS, 1),
        Column("p95", "p95", MILLISECONDS, 1),
        Column("p99.9", "p999", MILLISECONDS, 1),
        Column("max", "max", MILLISECONDS, 1),
        *CORES,
        LOAD,
    ),
    "restart": (
        Column("s to an output", "first_output_seconds", digits=2),
        Column("ready s", "ready_seconds", digits=2),
        Column("peak MiB", "peak_bytes", MIB),
        LOAD,
    ),
}
MORE_IS_BETTER = ("throughput", "replay")


def title_of(part: str, case: str) -> str:
    if part == "throughput":
        return f"On Kafka, {FORMATS[case]}"
    if part == "replay":
        return f"Replay of a file by one thread, {FORMATS[case]}"
    if part == "restart":
        return f"Start after kill -9, {int(case):,} live keys"
    return "Latency at half of what each does itself" if case == HALF else f"Latency, {case}"


def number(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}"


def spread_text(spread: Spread | None, digits: int) -> str:
    """The median, with the lowest and the highest if there were several runs."""
    if spread is None:
        return NOTHING
    text = number(spread.median, digits)
    if spread.rounds == 1:
        return text
    return f"{text} ({number(spread.low, digits)}..{number(spread.high, digits)})"


def ratio_text(ratio: Ratio | None) -> str:
    if ratio is None:
        return NOTHING
    return f"{ratio.median:.1f}x ({ratio.low:.1f}..{ratio.high:.1f})"


def goal_text(system: str, ratio: Ratio | None) -> str:
    goal = GOALS.get(system)
    if goal is None or ratio is None:
        return ""
    return f">= {goal}x: {'reached' if ratio.median >= goal else 'missed'}"


# ------------------------------------------------------------------------------------------------
# All that was measured.


def long_lines(result: Mapping[str, Any]) -> Iterator[str]:
    yield from about(result)
    summary = Summary(result["runs"])
    for part in COLUMNS:
        for case in summary.cases(part):
            yield from ("", f"### {title_of(part, case)}", "")
            yield from table_lines(part_table(summary, part, case), True)
            ratios = ratio_table(summary, part, case)
            if ratios[1:]:
                yield ""
                yield from table_lines(ratios, True)
    yield from ("", "### Checked before", "")
    yield from table_lines(check_table(result["checks"]), True)


def about(result: Mapping[str, Any]) -> Iterator[str]:
    machine = result["machine"]
    yield (
        f"{machine['date']}, {machine['processor']}, {machine['processors']} processors, "
        f"{machine['memory_gib']} GiB, Linux {machine['kernel']}; `{result['command']}`, "
        f"rounds: {result['rounds']}. Medians, with the lowest and the highest."
    )
    yield ""
    yield "Versions: " + ", ".join(f"{name} {text}" for name, text in result["versions"].items())


def part_table(summary: Summary, part: str, case: str) -> Rows:
    columns = COLUMNS[part]
    rows = [["", *(column.heading for column in columns)]]
    for system in summary.systems(part, case):
        cells = [cell(summary, part, case, system, column) for column in columns]
        rows.append([TITLES[system], *cells])
    return rows


def cell(summary: Summary, part: str, case: str, system: str, column: Column) -> str:
    spread = summary.spread(part, case, system, column.measure)
    if spread is None:
        return NOTHING
    scaled = spread.times(column.scale)
    # Of what is measured for its own sake, all; of the rest the median.
    is_main = column in COLUMNS[part][: 2 if part in MORE_IS_BETTER else 1]
    return spread_text(scaled, column.digits) if is_main else number(scaled.median, column.digits)


def ratio_table(summary: Summary, part: str, case: str) -> Rows:
    main = COLUMNS[part][0]
    more = part in MORE_IS_BETTER
    rows = [["", f"Weir's {main.heading} to its" if more else f"its {main.heading} to Weir's"]]
    with_goals = part == "throughput"
    if with_goals:
        rows[0].append("goal")
    for system in summary.systems(part, case):
        ratio = summary.ratio(part, case, system, main.measure)
        if system == "weir" or ratio is None:
            continue
        shown = ratio if more else Ratio(1 / ratio.median, 1 / ratio.high, 1 / ratio.low)
        row = [TITLES[system], ratio_text(shown)]
        rows.append([*row, goal_text(system, ratio)] if with_goals else row)
    return rows


def check_table(checks: Sequence[Mapping[str, Any]]) -> Rows:
    rows = [["", "format", "alerts", "keys", "copies among what is forwarded", "outputs"]]
    for each in checks:
        what = [str(each.get(name, "")) for name in ("keys", "copies")]
        name, form = TITLES[each["system"]], FORMATS[each["case"]]
        rows.append([name, form, f"{each['records']:,}", *what, each["outputs"]])
    return rows


# ------------------------------------------------------------------------------------------------
# The short one.


def short_lines(result: Mapping[str, Any]) -> Iterator[str]:
    summary, machine = Summary(result["runs"]), result["machine"]
    yield from table_lines(kafka_table(summary), True)
    replays = replay_table(summary)
    if replays[1:]:
        yield ""
        yield from table_lines(replays, True)
    yield ""
    versions = result["versions"]
    named = ", ".join(
        f"{name} {versions[name].split(',')[0]}"
        for name in ("Kafka Streams", "Flink", "Redis")
        if name in versions
    )
    yield (
        f"{machine['date']}, {machine['processor']}, {machine['processors']} processors; "
        f"`{result['command']}`{': ' if named else ''}{named}. Rounds: {result['rounds']}; shown "
        f"are medians, and of ratios what the lowest and the highest would give."
    )


Cell = Callable[[Summary, str], str]


def kafka_table(summary: Summary) -> Rows:
    """A row for each system, with the columns that were measured."""
    columns: list[tuple[str, Cell]] = []

    def add(heading: str, part: str, case: str, measure: str, scale: float, digits: int) -> None:
        def text(summary: Summary, system: str) -> str:
            spread = summary.spread(part, case, system, measure)
            return NOTHING if spread is None else number(spread.median * scale, digits)

        columns.append((heading, text))

    formats = summary.cases("throughput")
    for form in formats:
        add(f"k alerts/s per core, {FORMATS[form]}", "throughput", form, "per_core", THOUSANDS, 0)
        columns.append((f"Weir to it, {FORMATS[form]}", ratio_cell(form)))
    if formats:
        columns.append(("goal", goal_cell(formats[0])))
        add("peak MiB", "throughput", formats[0], "peak_bytes", MIB, 0)
    for case in summary.cases("latency"):
        if case.startswith(COMMON):
            rate = case.removeprefix(COMMON).strip(": ")
            add(f"p99 ms at {rate}", "latency", case, "p99", MILLISECONDS, 0)
            add("commits each ms", "latency", case, "commit_ms", 1.0, 0)
    for case in summary.cases("restart"):
        heading = f"restart s, {round_keys(int(case))} keys"
        add(heading, "restart", case, "first_output_seconds", 1.0, 1)
    systems = [name for name in TITLES if any(name in summary.systems(part, case)
               for part in ("throughput", "latency", "restart") for case in summary.cases(part))]
    rows = [["on Kafka", *(heading for heading, _ in columns)]]
    rows += [[TITLES[each], *(text(summary, each) for _, text in columns)] for each in systems]
    return rows


def ratio_cell(form: str) -> Cell:
    def text(summary: Summary, system: str) -> str:
        ratio = summary.ratio("throughput", form, system, "per_core")
        return "" if system == "weir" else ratio_text(ratio)

    return text


def goal_cell(form: str) -> Cell:
    return lambda summary, system: goal_text(
        system, summary.ratio("throughput", form, system, "per_core")
    )


def round_keys(keys: int) -> str:
    return f"{keys / 1e6:.1f} M" if keys >= 1_000_000 else f"{keys:,}"


def replay_table(summary: Summary) -> Rows:
    forms = summary.cases("replay")
    rows = [["replay of a capture"]]
    for form in forms:
        rows[0] += [f"k alerts/s per core, {FORMATS[form]}", f"Weir to it, {FORMATS[form]}"]
    systems = summary.systems("replay", forms[0]) if forms else []
    for system in systems:
        row = [TITLES[system]]
        for form in forms:
            spread = summary.spread("replay", form, system, "per_core")
            ratio = summary.ratio("replay", form, system, "per_core")
            row.append(NOTHING if spread is None else number(spread.median * THOUSANDS, 0))
            row.append("" if system == "weir" else ratio_text(ratio))
        rows.append(row)
    return rows
