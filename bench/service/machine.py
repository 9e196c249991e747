"""What a process has used, who else was at work, and where things run."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
BUSY = (1, 2, 3, 6, 7, 8)  # fields of /proc/stat: user, nice, system, irq, softirq, steal


def cpu_seconds(pid: int) -> float:
    """Of user and system, of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"process {pid} has no VmHWM")


def busy_seconds() -> float:
    """Of all processors together, with what the machine below took for others."""
    fields = Path("/proc/stat").read_text().splitlines()[0].split()
    return sum(int(fields[each]) for each in BUSY) / TICKS


def load_average() -> float:
    return os.getloadavg()[0]


@dataclass(frozen=True)
class Instant:
    """What had been used by then."""

    time: float
    contestant: float
    broker: float
    self: float
    all: float

    @classmethod
    def now(cls, contestant: int, broker: int) -> Instant:
        return cls(
            time.monotonic(),
            cpu_seconds(contestant),
            cpu_seconds(broker),
            time.process_time(),
            busy_seconds(),
        )


@dataclass(frozen=True)
class Span:
    """What was used between two instants."""

    seconds: float
    cpu_seconds: float
    broker_cores: float
    other_cores: float  # that others kept busy

    @classmethod
    def between(cls, first: Instant, last: Instant) -> Span:
        seconds = last.time - first.time
        contestant = last.contestant - first.contestant
        broker = last.broker - first.broker
        rest = last.all - first.all - contestant - broker - (last.self - first.self)
        return cls(seconds, contestant, broker / seconds, max(rest, 0.0) / seconds)


@contextmanager
def on_processor(*numbers: int) -> Iterator[None]:
    """Processes that are started meanwhile stay there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, numbers)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
