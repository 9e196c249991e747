"""The alerts that all are measured with: one day of a synthetic fleet, with background, storms and
one power outage, in which many devices raise a few alerts each within minutes."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from inputs import generate
from kafka_support import Record, from_capture

FORMATS = ("json", "gbcs")
Key = tuple[str, str, str]  # device, code, recipient


def options_of(records: int) -> list[str]:
    """Of about so many alerts, somewhat more than half of them in storms."""
    storms = max(records * 150 // 1_000_000, 2)
    return ["--devices", str(records // 10), "--storms", str(storms), "--outages", "1"]


def capture(folder: Path, form: str, records: int) -> Path:
    """As kcat prints them: with keys and times, for a topic."""
    options = ["--format", "kcat", "--partitions", "1", "--payload-format", form]
    return generate(folder / f"topic-{form}-{records}", [*options_of(records), *options], False)


def lines(folder: Path, form: str, records: int) -> Path:
    """As a replay reads them quickest: the same alerts, one a line."""
    options = [*options_of(records), "--format", form]
    return generate(folder / f"lines-{form}-{records}", options, False)


def records_of(path: Path, form: str) -> Iterator[Record]:
    """As they stand in a topic: keyed by device, with the times at which they were received, and
    GBCS messages in binary."""
    for each in from_capture(path):
        value = each.value or b""
        yield each._replace(value=value if form == "json" else bytes.fromhex(value.decode()))


def decoded(path: Path) -> Iterator[dict[str, str]]:
    """What the messages of a capture say, in its order."""
    command = [os.environ["WEIR"], "decode", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield from map(json.loads, process.stdout)
    if process.returncode != 0:
        raise AssertionError(f"weir decode {path}: {process.returncode}")


def key_of(fields: Mapping[str, str]) -> Key:
    return fields["device"], fields["code"], fields.get("recipient", "")
