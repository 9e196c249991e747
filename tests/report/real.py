"""Pages that the program itself writes, and what it prints beside them."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

CAPTURE = ["--devices", "3000", "--duration", "2d", "--storms", "12", "--rate", "10", "--seed", "5"]
GRID = ["--threshold", "3,10,50", "--window", "10m,6h", "--forward", "first_per_window,one_in:50"]
TARGET = ["--target", "held_back>=0.05, devices<=5%"]


def run(*words: str | Path) -> bytes:
    done = subprocess.run([*map(str, words)], stdout=subprocess.PIPE, check=True, timeout=120)
    return done.stdout


def data_of(page: Path) -> dict[str, Any]:
    """What the program has put into a page."""
    text = page.read_text(encoding="utf-8")
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    return json.loads(found)


def pages(weir: Path, folder: Path) -> dict[str, dict[str, Any]]:
    """Writes `real-replay.html` and `real-tune.html`; gives what --json says, by these names."""
    capture = folder / "capture.jsonl"
    capture.write_bytes(run(weir, "generate", *CAPTURE))
    told = {}
    for name, words in (("replay", []), ("tune", [*GRID, *TARGET])):
        report = folder / f"real-{name}.html"
        told[f"real-{name}"] = json.loads(
            run(weir, name, "--json", *words, "--report", report, capture)
        )
    return told
