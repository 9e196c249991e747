"""What a page says, read back as numbers."""

from __future__ import annotations

import re
from pathlib import Path

from browser import Page

TABLE = """[...document.querySelector(`.scroll[aria-label="%s"] tbody`).rows].map(
  (row) => [...row.cells].map((cell) => cell.innerText ?? cell.textContent))"""
UNITS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


def table(page: Page, name: str) -> list[list[str]]:
    """The cells of the table in the box of that name; those of closed parts of the page too."""
    page.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    return page.run(TABLE % name)


def number(text: str) -> int:
    return int(text.replace(",", ""))


def share(text: str) -> float:
    return float(re.sub(r"[^\d.]", "", text)) / 100


def duration(text: str) -> int:
    """`1 h 30 min` in milliseconds."""
    parts = text.replace("\u00a0", " ").split()
    return sum(int(n) * UNITS[unit] for n, unit in zip(parts[::2], parts[1::2]))


def near(said: int, meant: int) -> bool:
    """Durations are cut to two units."""
    smallest = min((size for size in UNITS.values() if size * 100 > meant / 24), default=1)
    return said <= meant <= said + max(smallest, 1000) * 60


def filled(template: str, json_text: str) -> str:
    return template.replace("@WEIR_DATA@", json_text.replace("<", "\\u003c"))


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def variable(page: Page, name: str) -> str:
    style = "getComputedStyle(document.documentElement)"
    value = page.run(f"{style}.getPropertyValue('--{name}').trim()")
    if not re.fullmatch(r"#[0-9a-f]{3}|#[0-9a-f]{6}", value):
        raise AssertionError(f"--{name} is {value!r}, not a colour in hexadecimal")
    return value if len(value) == 7 else "#" + "".join(2 * digit for digit in value[1:])


def is_pdf(file: Path) -> bool:
    return file.read_bytes().startswith(b"%PDF")
