"""Captures with records of every kind, and the parties that belong to them.

Goal: whatever a replay keeps between two records is in use at any place in such a capture: storms,
devices that stay pending until their time is over, requests that wait two days for an outcome, ids
that are remembered for thirty days. Method: the log of a fleet, whose records say no place; other
homes of such a fleet on a topic of three partitions; and random logs of the model, each on a topic
of its own, in which months pass. They are spread over one another, each in its own order.
"""

from __future__ import annotations

import functools
import json
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import support

sys.path.append(str(support.ROOT / "tests/model"))

import system_scenario  # noqa: E402

HOMES = 120 if support.BRIEF else 200  # on the topic
LOGS = 2 if support.BRIEF else 6
RECORDS = 300  # in each of these logs
TOPIC = "meter.events"  # where these homes are
WAITING = "02-DC-"  # how the ids of devices begin that are removed on one of the days


def write_capture(path: Path, parties: Path, alerts: int, rng: random.Random) -> None:
    """About so many alerts and all else; the parties as `weir replay --config` reads them."""
    homes = max(alerts // 480, 1)
    options = ("--system", homes, "--parties", parties)
    support.generate_alerts(path, alerts, support.SEED, *options)
    drawn = random_logs(support.SEED)
    with parties.open("a", encoding="utf-8") as file:
        for party in (party for log in drawn for party in log.parties):
            party = {**party, "distributors": []}  # those of the fleet have them all
            file.write(f"  - {json.dumps(party)}\n")
    topic = path.with_name("topic")
    write_topic(topic)
    logs = [topic.read_bytes(), *(log.capture for log in drawn)]
    topic.unlink()
    main = [*waiting_devices(), *lines(path.read_bytes())]
    path.write_bytes(b"".join(spread(main, [*map(lines, logs)], rng)))


def waiting_devices() -> Iterator[bytes]:
    """Known from the first moment; a day later the first has been pending for 36 months, and so on
    to the tenth day."""
    for day in range(3, 12):
        device = {
            "type": "device",
            "device": f"{WAITING}00-00-00-00-00-{day:02}",
            "device_type": "PPMID",
            "status": "Pending",
            "added": f"2016-12-{day:02}T06:00:00.000Z",
            "received": "2019-12-02T00:00:00.000Z",
        }
        yield json.dumps(device).encode() + b"\n"


def write_topic(path: Path) -> None:
    quiet = ("--rate", 0, "--storms", 0, "--outages", 0, "--duration", "10d")
    homes = ("--devices", 3 * HOMES, "--system", HOMES, "--seed", support.SEED + 1)
    support.generate(path, *quiet, *homes, "--format", "kcat", "--partitions", 3)


@functools.cache
def random_logs(seed: int) -> list[system_scenario.Scenario]:
    """Those that say their place, which is made another for each: time is each partition's own."""
    rng, logs = random.Random(f"logs {seed}"), list[system_scenario.Scenario]()
    while len(logs) < LOGS:
        log = system_scenario.generate(rng.randrange(1 << 32), RECORDS)
        old, new = (f'{{"topic":"{name}"'.encode() for name in (system_scenario.TOPIC, len(logs)))
        if log.capture.startswith(old):
            log.capture = log.capture.replace(old, new)
            logs.append(log)
    return logs


def lines(content: bytes) -> list[bytes]:
    return content.splitlines(keepends=True)


def spread(
    main: Sequence[bytes], others: Sequence[Sequence[bytes]], rng: random.Random
) -> list[bytes]:
    """All lines, those of the others at random places of the first."""
    placed = list(enumerate(main))
    for other in others:
        placed += zip(sorted(rng.randrange(len(main)) for _ in other), other)
    return [line for _, line in sorted(placed, key=lambda each: each[0])]
