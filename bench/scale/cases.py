"""The captures that are replayed: synthetic fleets that differ in one thing only.

In `keys` nearly each alert makes a new key, and all stay live. In `codes`, `size` and `share` the
fleets are small ones whose alerts differ in the number of codes, in bytes, or in how many of them
are throttled.
"""

from __future__ import annotations

import json
import random
import string
import subprocess
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from contestants import POLICY
from inputs import RECEIVED
from throughput import LOADS, Load

Rewrite = Callable[[bytes], bytes]

# No window ends and nothing is throttled, so that every key stays live.
WIDE = {
    "policies": [
        {
            "effective_from": "2019-01-01T00:00:00Z",
            "default": {"threshold": 65535, "window": "7d"},
            "excluded": [],
        }
    ]
}
CODES = (1, 16, 256, 4096)  # the last are all that a device alert may have
SIZES = (90, 190, 450, 2048, 8192)  # bytes of a line, about
LEAN, PLAIN = SIZES[:2]
MEAN_BYTES = 500  # of the alerts asked for; there are fewer, where they are longer
SHARES = (*LOADS[:2], Load(90, 0.025, 243e-6), LOADS[2])


@dataclass(frozen=True)
class Case:
    """One point of a curve."""

    suite: str
    x: int
    options: Sequence[str]  # of weir generate
    writes: Sequence[str]
    policy: dict[str, Any] = field(default_factory=lambda: POLICY)
    rewrite: Rewrite | None = None
    alerts: int | None = None  # the first so many, or all
    piped: bool = False  # too large for a file

    def write(self, weir: Path, path: Path, most: int | None = None) -> int:
        """The capture, or its first `most` alerts; returns how many there are."""
        count = 0
        with self.generated(weir) as process, path.open("wb") as out:
            assert process.stdout is not None
            for line in islice(process.stdout, most or self.alerts):
                out.write(line if self.rewrite is None else self.rewrite(line))
                count += 1
            if process.stdout.read(1):
                process.kill()  # there is more, which nobody wants
            elif process.wait() != 0:
                raise ValueError(f"{self}: weir generate ended with {process.returncode}")
        return count

    def generated(self, weir: Path, prefix: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        command = [*prefix, str(weir), "generate", *self.options]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def write_policy(self, path: Path) -> Path:
        path.write_text(json.dumps(self.policy), encoding="utf-8")
        return path


def background(devices: int, rate: float, duration: str = "1d") -> list[str]:
    """Alerts without storms, `rate` a device and day."""
    options = ["--devices", str(devices), "--rate", str(rate), "--duration", duration]
    return [*options, "--storms", "0", "--outages", "0"]


# ------------------------------------------------------------------------------------------------
# Rewriting.


def device_of(line: bytes) -> bytes:
    return line[11:34]


def with_codes(count: int) -> Rewrite:
    """One of so many codes, the same one for all alerts of a device, so that there are as many
    keys whatever the number of codes."""

    def rewrite(line: bytes) -> bytes:
        before, name, rest = line.partition(b'"code":"')
        code = 0x8000 + zlib.crc32(device_of(line)) % count
        return b"%b%b%04X%b" % (before, name, code, rest[rest.index(b'"') :])

    return rewrite


def lean(line: bytes) -> bytes:
    """Only what an alert must have. Without a counter it is never a duplicate."""
    code = line.partition(b'"code":"')[2].partition(b'"')[0]
    received = line.partition(RECEIVED)[2].partition(b'"')[0]
    return b'{"device":"%b","code":"%b","received":"%b"}\n' % (device_of(line), code, received)


def padded(size: int) -> Rewrite:
    """With a payload that makes the line about so long; nothing but base64 is asked of it."""
    letters = string.ascii_letters + string.digits + "+/"
    payload = "".join(random.Random(1).choices(letters, k=size)).encode()

    def rewrite(line: bytes) -> bytes:
        room = size - len(line) - len(b',"payload":""')
        return b'%b,"payload":"%b"}\n' % (line[:-2], payload[: room // 4 * 4])

    return rewrite


# ------------------------------------------------------------------------------------------------
# The curves.


def of_keys(keys: int, new: float) -> Case:
    """`new`: the share of the alerts that make a new key."""
    options = background(round(keys / new), 1)
    return Case("keys", keys, options, ("--state",), WIDE, piped=True)


def of_codes(alerts: int) -> Iterable[Case]:
    for count in CODES:
        options = background(alerts // 4, 4)
        yield Case("codes", count, options, ("--out", "--state"), rewrite=with_codes(count))


def of_size(alerts: int) -> Iterable[Case]:
    for size in SIZES:
        rewrite = lean if size == LEAN else padded(size) if size > PLAIN else None
        most = min(alerts, alerts * MEAN_BYTES // size)
        options = background(most // 4, 4)
        yield Case("size", size, options, ("--out", "--state"), rewrite=rewrite)


def of_share(alerts: int) -> Iterable[Case]:
    for load in SHARES:
        options = load.options(alerts)
        yield Case("share", load.throttled, options, ("--out", "--state"), alerts=alerts)
