"""The alerts that are measured with: files of a synthetic fleet, and topics loaded with them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from records import Record, record

RECEIVED = b'"received":"'


def generate(path: Path, options: Sequence[str], keyed: bool = True) -> Path:
    """Alerts, one a line, with key and tab before each if they are `keyed`; made once for a
    folder."""
    if not path.exists():
        part = path.with_suffix(".part")
        with part.open("wb") as out:
            command = [os.environ["WEIR"], "generate", *["--keyed"] * keyed, *options]
            subprocess.run(command, stdout=out, stderr=subprocess.DEVNULL, check=True)
        part.rename(path)
    return path


def fleet(devices: int, storms: int) -> list[str]:
    """Of one day, four alerts a device and some 3,700 of each storm."""
    return ["--devices", str(devices), "--storms", str(storms), "--outages", "0"]


def records_of(path: Path, most: int) -> Iterator[Record]:
    """With the times at which they were received."""
    minutes: dict[bytes, int] = {}
    with path.open("rb") as lines:
        for _, line in zip(range(most), lines):
            key, _, value = line.rstrip(b"\n").partition(b"\t")
            at = value.index(RECEIVED) + len(RECEIVED)
            minute = value[at : at + 16]
            if minute not in minutes:
                minutes[minute] = milliseconds(minute)
            seconds, thousandths = value[at + 17 : at + 19], value[at + 20 : at + 23]
            received = minutes[minute] + int(seconds) * 1000 + int(thousandths)
            yield record(value, key, 0, received)


def milliseconds(minute: bytes) -> int:
    return round(datetime.fromisoformat(f"{minute.decode()}+00:00").timestamp() * 1000)
