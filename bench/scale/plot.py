"""Curves as SVG: points with medians and whiskers of quartiles, joined by lines."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 170, 40, 50
COLOURS = ("#1f5fa8", "#c4462a", "#2c7d4f", "#7b4aa0", "#a07a14", "#4d4d4d")
STEPS = (1, 2, 2.5, 5, 10)
TICKS = 5  # on the vertical axis, about


@dataclass(frozen=True)
class Point:
    x: float
    low: float
    y: float
    high: float


@dataclass(frozen=True)
class Line:
    name: str
    points: Sequence[Point]


def short(value: float) -> str:
    """1,500,000 as 1.5 M."""
    for size, unit in ((1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:g}"


def step_of(top: float) -> float:
    """A round distance between ticks that reach up to `top`."""
    raw = top / TICKS
    size = 10.0 ** math.floor(math.log10(raw))
    return next(step * size for step in STEPS if step * size >= raw * (1 - 1e-9))


@dataclass(frozen=True)
class Frame:
    """Values along x in equal distances, if `even`, or by their logarithms; y from 0."""

    xs: Sequence[float]
    top: float
    even: bool

    def x(self, value: float) -> float:
        room = WIDTH - LEFT - RIGHT
        if len(self.xs) == 1:
            return LEFT + room / 2
        if self.even:
            return LEFT + room * self.xs.index(value) / (len(self.xs) - 1)
        first, last = math.log(self.xs[0]), math.log(self.xs[-1])
        return LEFT + room * (math.log(value) - first) / (last - first)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / self.top


def text(x: float, y: float, words: str, anchor: str = "middle", more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{escape(words)}</text>'


def stroke(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{colour}"/>'


def axes(frame: Frame, x_label: str, y_label: str) -> Iterator[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    step = step_of(frame.top)
    for number in range(int(frame.top / step + 1e-9) + 1):
        y = frame.y(number * step)
        yield stroke(LEFT, y, right, y, "#dddddd")
        yield text(LEFT - 8, y + 4, short(number * step), "end")
    for x in frame.xs:
        yield stroke(frame.x(x), bottom, frame.x(x), bottom + 5, "#444444")
        yield text(frame.x(x), bottom + 18, short(x))
    yield stroke(LEFT, bottom, right, bottom, "#444444")
    yield text((LEFT + right) / 2, HEIGHT - 10, x_label)
    turned = f' transform="rotate(-90 16 {(TOP + bottom) / 2:.1f})"'
    yield text(16, (TOP + bottom) / 2, y_label, more=turned)


def drawn(frame: Frame, line: Line, colour: str) -> Iterator[str]:
    places = [(frame.x(each.x), frame.y(each.y)) for each in line.points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    yield f'<path d="M{path}" stroke="{colour}" stroke-width="2"/>'
    for (x, y), each in zip(places, line.points):
        yield stroke(x, frame.y(each.low), x, frame.y(each.high), colour)
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}" stroke="none"/>'


def names(lines: Sequence[Line]) -> Iterator[str]:
    for number, line in enumerate(lines):
        y, x = TOP + 12 + 20 * number, WIDTH - RIGHT + 14
        yield stroke(x, y - 4, x + 18, y - 4, COLOURS[number % len(COLOURS)])
        yield text(x + 24, y, line.name, "start")


def svg(title: str, x_label: str, y_label: str, lines: Sequence[Line]) -> str:
    xs = sorted({each.x for line in lines for each in line.points})
    most = max(each.high for line in lines for each in line.points)
    step = step_of(most or 1)
    # Shares begin at 0, which has no logarithm.
    frame = Frame(xs, step * math.ceil((most or 1) / step - 1e-9), even=xs[0] <= 0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" fill="none"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        '<g fill="#222222">',
        text(LEFT, 22, title, "start", ' font-size="14"'),
        *axes(frame, x_label, y_label),
        *names(lines),
        "</g>",
    ]
    for number, line in enumerate(lines):
        parts += drawn(frame, line, COLOURS[number % len(COLOURS)])
    return "\n".join([*parts, "</svg>", ""])
