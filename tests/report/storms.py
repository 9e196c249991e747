"""A made-up fortnight of storms for the report's fixtures, and what a policy makes of it.

Alerts are counts in buckets of ten minutes, so this is no model of Weir (those are in ../model): it
is only near enough that the figures of a page agree with one another and look as real ones do.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

BUCKET = 600_000
DAY = 86_400_000
START = 1_575_158_400_000  # 2019-12-01T00:00:00Z
BUCKETS = 14 * DAY // BUCKET
END = START + BUCKETS * BUCKET

CODES = {
    "8F3F": "Unauthorised Physical Access - Tamper Detect",
    "8F1F": "Low Battery Capacity",
    "8020": "Average RMS Voltage above Average RMS Over Voltage Threshold (current value)",
    "808D": "Average RMS Voltage above Average RMS Over Voltage Threshold (previous value)",
    "8F3E": "Unauthorised Communication Access attempted",
    "8F29": "Three Lost GSME Searches Failed",
    "8F48": "Device joining failed",
    "81A0": "GPF Device Log Changed",
    "8F52": "Event Log Cleared",
    "8099": "",
}
QUIET = {
    "8F35": ("Supply Outage Restored", True),
    "8F36": ("Supply Outage Restored - Outage >= 3 minutes", True),
    "8F12": ("CHF Device Log Changed", True),
    "8F1D": ("GSME Power Supply Loss", False),
    "8F32": ("Supply Armed", False),
}


@dataclass
class Key:
    """One device's alerts of one code, by bucket."""

    device: str
    code: str
    buckets: dict[int, int]

    @property
    def alerts(self) -> int:
        return sum(self.buckets.values())

    def windows(self, length: int) -> list[tuple[int, int]]:
        each = length // BUCKET
        counts: dict[int, int] = {}
        for bucket, count in self.buckets.items():
            counts[bucket // each] = counts.get(bucket // each, 0) + count
        return sorted(counts.items())


@dataclass
class Outcome:
    """What a policy makes of one key, or of several together."""

    forwarded: int = 0
    copies: int = 0
    consolidated: int = 0
    pending: int = 0
    unrepresented: int = 0
    episodes: list[dict] = field(default_factory=list)
    waits: list[tuple[float, float]] = field(default_factory=list)  # longest wait, alerts
    passed: dict[int, int] = field(default_factory=dict)  # by bucket
    devices: set[str] = field(default_factory=set)

    def pass_on(self, bucket: int, count: int) -> None:
        self.passed[bucket] = self.passed.get(bucket, 0) + count

    def add(self, other: Outcome) -> None:
        for name in ("forwarded", "copies", "consolidated", "pending", "unrepresented"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.episodes += other.episodes
        self.waits += other.waits
        self.devices |= other.devices
        for bucket, count in other.passed.items():
            self.pass_on(bucket, count)


def eui64(rng: random.Random) -> str:
    return "-".join(["00", "DB", "12", "34"] + [f"{rng.randrange(256):02X}" for _ in range(4)])


def burst(rng: random.Random, buckets: dict[int, int]) -> None:
    """Some hours or days of one alert again and again, more of them at noon."""
    start = rng.randrange(BUCKETS)
    length = int(rng.paretovariate(0.9) * 12)
    rate = rng.lognormvariate(2.6, 1.1)
    for bucket in range(start, min(BUCKETS, start + length)):
        daily = 1 + 0.5 * math.sin(2 * math.pi * (bucket % 144) / 144)
        count = int(rate * daily * rng.uniform(0.6, 1.4))
        if count > 0:
            buckets[bucket] = buckets.get(bucket, 0) + count


def make_keys(rng: random.Random, count: int) -> list[Key]:
    keys = []
    for _ in range(count):
        buckets: dict[int, int] = {}
        for _ in range(rng.randrange(1, 4)):
            burst(rng, buckets)
        code = rng.choices(list(CODES), weights=[9, 7, 5, 5, 4, 4, 3, 2, 1, 1])[0]
        if buckets:
            keys.append(Key(eui64(rng), code, buckets))
    return keys


def copies_in(forward: str, count: int, first: bool) -> int:
    """How many of a window's alerts pass as copies while an episode is open."""
    if forward == "none" or count == 0:
        return 0
    copies = 0 if first else 1
    if forward.startswith("one_in:"):
        copies += (count - copies) // int(forward.partition(":")[2])
    return copies


class Episode:
    """An open episode of a key."""

    def __init__(self, key: Key, started: int) -> None:
        self.row = {
            "device": key.device, "code": key.code, "recipient": "90-B3-D5-1F-30-01-00-00",
            "started": started, "ended": None, "reason": "", "alerts": 0, "copies": 0,
        }  # fmt: skip
        self.waiting = 0
        self.unspoken = 0  # for which the first copy is not there yet

    def take(self, count: int, copies: int, span: float, outcome: Outcome) -> None:
        self.row["alerts"] += count
        self.row["copies"] += copies
        outcome.copies += copies
        outcome.consolidated += count - copies
        if copies > 0 or self.row["copies"] > 0:
            outcome.waits.append((0.98 * span / max(1, copies), count - copies + self.unspoken))
            self.unspoken = 0
        else:
            self.unspoken += count - copies
        self.waiting = (self.waiting if copies == 0 else 0) + count - copies

    def end(self, at: int, outcome: Outcome) -> None:
        self.row |= {"ended": at, "reason": "clear"}
        if self.waiting > 0:
            outcome.copies += 1
            outcome.consolidated -= 1
            self.row["copies"] += 1
            outcome.pass_on(min(BUCKETS - 1, (at - START) // BUCKET), 1)
            outcome.waits.append((at - self.row["started"], self.unspoken))


def spread(key: Key, window: int, each: int, passing: int, outcome: Outcome) -> None:
    """Lets the first alerts of a window pass."""
    for bucket in range(window * each, (window + 1) * each):
        here = min(passing, key.buckets.get(bucket, 0))
        if here > 0:
            outcome.pass_on(bucket, here)
            passing -= here


def throttle(key: Key, threshold: int, length: int, forward: str) -> Outcome:
    outcome = Outcome()
    each = length // BUCKET
    episode: Episode | None = None
    previous = -1
    for window, count in key.windows(length):
        begin = START + window * length
        if episode is not None and window > previous + 1:
            episode.end(START + (previous + 2) * length, outcome)
            episode = None
        previous = window
        if episode is None:
            passing = min(count, threshold)
            outcome.forwarded += passing
            spread(key, window, each, passing, outcome)
            if count <= threshold:
                continue
            episode = Episode(key, begin + length * threshold // count)
            outcome.episodes.append(episode.row)
            outcome.devices.add(key.device)
            rest = count - threshold
            episode.take(rest, copies_in(forward, rest, True), length, outcome)
        else:
            copies = copies_in(forward, count, False)
            spread(key, window, each, copies, outcome)
            episode.take(count, copies, length, outcome)
            if count <= threshold:
                episode.end(begin + length, outcome)
                episode = None
    if episode is not None:
        if START + (previous + 2) * length <= END:
            episode.end(START + (previous + 2) * length, outcome)
        else:
            outcome.pending += episode.waiting
    return outcome


def throttle_all(keys: list[Key], threshold: int, length: int, forward: str) -> Outcome:
    outcome = Outcome()
    for key in keys:
        outcome.add(throttle(key, threshold, length, forward))
    return outcome
