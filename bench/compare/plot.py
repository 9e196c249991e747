"""The plot of a result of bench/compare.sh: small panels of bars, one for each quantity.

Every scale is linear and begins at zero, so that lengths can be compared; the figure stands beside
each bar, since short ones cannot be read off. A picture in a README knows only whether the reader
prefers light or dark, and so it brings its own background.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from summary import TITLES, Spread, Summary
from tables import COMMON, FORMATS, MIB, MILLISECONDS, THOUSANDS, number, round_keys

WIDTH, MARGIN, GAP = 900, 20, 28
COLUMNS = 3
PANEL = (WIDTH - 2 * MARGIN - (COLUMNS - 1) * GAP) / COLUMNS
HEAD, ROW, BAR = 46, 40, 14
FIGURES = 96  # beside the longest bar
HEADING, FOOT = 58, 44
PER_CORE = "Per core: thousands of alerts in a second of processor time."

STYLE = """
.card { fill: #ffffff; stroke: #d0d7de }
.text { fill: #1f2328 }
.quiet { fill: #59636e }
.weir { fill: #0969da }
.peer { fill: #8c959f }
.spread { stroke: #1f2328; stroke-width: 1.2 }
.axis { stroke: #d0d7de }
text { font-family: system-ui, "Segoe UI", "Liberation Sans", "DejaVu Sans", sans-serif }
.heading { font-size: 17px; font-weight: 600 }
.title { font-size: 14px; font-weight: 600 }
.small { font-size: 12px }
.name { font-size: 13px }
.figure { font-size: 13px; font-weight: 600 }
@media (prefers-color-scheme: dark) {
  .card { fill: #0d1117; stroke: #30363d }
  .text { fill: #e6edf3 }
  .quiet { fill: #9198a1 }
  .weir { fill: #4493f8 }
  .peer { fill: #6e7681 }
  .spread { stroke: #e6edf3 }
  .axis { stroke: #30363d }
}
""".strip()


@dataclass(frozen=True)
class Panel:
    title: str
    more_is_better: bool
    bars: Sequence[tuple[str, Spread]]  # system, in the unit shown
    unit: str
    digits: int = 0
    commits: Mapping[str, int] | None = None  # in milliseconds, where they matter


def panels_of(summary: Summary) -> Iterator[Panel]:
    for case in summary.cases("throughput"):
        title = f"Alerts a second per core, {FORMATS[case]}"
        bars = bars_of(summary, "throughput", case, "per_core", THOUSANDS)
        yield Panel(title, True, bars, "k/s")
    for case in summary.cases("throughput")[:1]:
        bars = bars_of(summary, "throughput", case, "peak_bytes", MIB)
        yield Panel("Memory, at most", False, bars, "MiB")
    for case in summary.cases("latency"):
        if case.startswith(COMMON):
            bars = bars_of(summary, "latency", case, "p99", MILLISECONDS)
            title = f"Latency, p99 at {case.removeprefix(COMMON).strip(': ')}"
            yield Panel(title, False, bars, "ms", commits=commits_of(summary, case))
    for case in summary.cases("restart"):
        bars = bars_of(summary, "restart", case, "first_output_seconds", 1.0)
        yield Panel(f"Restart with {round_keys(int(case))} live keys", False, bars, "s", 1)
    for case in summary.cases("replay")[:1]:
        bars = bars_of(summary, "replay", case, "per_core", THOUSANDS)
        yield Panel(f"Replay of a file, per core, {FORMATS[case]}", True, bars, "k/s")


def bars_of(
    summary: Summary, part: str, case: str, measure: str, scale: float
) -> list[tuple[str, Spread]]:
    found = [
        (system, summary.spread(part, case, system, measure))
        for system in summary.systems(part, case)
    ]
    return [(system, spread.times(scale)) for system, spread in found if spread is not None]


def commits_of(summary: Summary, case: str) -> dict[str, int]:
    found = {
        system: summary.spread("latency", case, system, "commit_ms")
        for system in summary.systems("latency", case)
    }
    return {system: round(spread.median) for system, spread in found.items() if spread}


def text(x: float, y: float, kind: str, content: str, anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} class="{kind}">{escape(content)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def box(x: float, y: float, width: float, height: float, kind: str) -> str:
    size = f'width="{width:.1f}" height="{height:.1f}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} class="{kind}"/>'


def remark(panel: Panel, system: str, spread: Spread) -> str:
    """How it compares with Weir; of latency rather what has most to do with it."""
    if panel.commits is not None:
        return f"commits each {panel.commits[system]:,} ms"
    weir = dict(panel.bars).get("weir")
    if weir is None or system == "weir" or spread.median <= 0 or weir.median <= 0:
        return ""
    if panel.more_is_better:
        return f"Weir {weir.median / spread.median:.1f}x"
    return f"{spread.median / weir.median:.1f}x Weir"


def draw_panel(panel: Panel, left: float, top: float) -> Iterator[str]:
    yield text(left, top + 14, "text title", panel.title)
    better = "more is better" if panel.more_is_better else "less is better"
    yield text(left, top + 31, "quiet small", better)
    longest = max((spread.high for _, spread in panel.bars), default=0) or 1
    scale = (PANEL - FIGURES) / longest
    bottom = top + HEAD + ROW * len(panel.bars)
    yield line(left, top + HEAD - 4, left, bottom - 4, "axis")
    for place, (system, spread) in enumerate(panel.bars):
        yield from draw_bar(panel, system, spread, left, top + HEAD + ROW * place, scale)


def draw_bar(
    panel: Panel, system: str, spread: Spread, left: float, top: float, scale: float
) -> Iterator[str]:
    length = max(spread.median * scale, 1.5)
    kind = "weir" if system == "weir" else "peer"
    yield text(left + 6, top + 10, "text name", TITLES[system])
    bar = top + 15
    yield box(left, bar, length, BAR, kind)
    end = length
    if spread.rounds > 1:
        low, high, middle = spread.low * scale, spread.high * scale, bar + BAR / 2
        end = max(length, high)
        yield line(left + low, middle, left + high, middle, "spread")
    figure = f"{number(spread.median, panel.digits)} {panel.unit}"
    yield text(left + end + 6, bar + 12, "text figure", figure)
    yield text(left + PANEL, top + 10, "quiet small", remark(panel, system, spread), "end")


def plot(result: Mapping[str, Any]) -> str:
    panels = [panel for panel in panels_of(Summary(result["runs"])) if panel.bars]
    machine = result["machine"]
    rows = [panels[at : at + COLUMNS] for at in range(0, len(panels), COLUMNS)]
    heights = [HEAD + ROW * max(len(each.bars) for each in row) + GAP / 2 for row in rows]
    height = HEADING + sum(heights) + FOOT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'width="{WIDTH}" height="{height:.0f}" role="img">',
        f"<title>{escape(described(panels))}</title>",
        f"<style>{STYLE}</style>",
        box(0.5, 0.5, WIDTH - 1, height - 1, "card"),
        text(MARGIN, 34, "text heading", "The same throttle on the same machine"),
    ]
    top: float = HEADING
    for row, tall in zip(rows, heights):
        for place, panel in enumerate(row):
            lines += draw_panel(panel, MARGIN + place * (PANEL + GAP), top)
        top += tall
    place = f"{machine['date']}, {machine['processor']}"
    lines += [
        text(MARGIN, height - 32, "quiet small", f"{place}. {spread_note(result['rounds'])}"),
        text(MARGIN, height - 14, "quiet small", PER_CORE),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def spread_note(rounds: int) -> str:
    if rounds == 1:
        return "One run of each."
    return f"Bars: medians of {rounds} runs, lines: from the lowest to the highest."


def described(panels: Sequence[Panel]) -> str:
    """For those who do not see it."""
    return "; ".join(
        f"{panel.title}: "
        + ", ".join(
            f"{TITLES[system]} {number(spread.median, panel.digits)} {panel.unit}"
            for system, spread in panel.bars
        )
        for panel in panels
    )
