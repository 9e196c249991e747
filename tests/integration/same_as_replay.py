"""Whether what `weir serve` wrote is what `weir replay` makes of the same records.

    python3 tests/integration/same_as_replay.py FOLDER

The folder has what `kcat -J` printed of the input and the output topics, in TOPIC.kcat, and the
outputs of a replay of that input, in replay/, with notices as documents. Needs nothing but Python.

A replay spells a record anew, with the time of the log and what headers say as fields; in a
topic it is the record as it came, with headers. So each is written as the other would say it. Both
are compared in their order, partition by partition. Exit codes: 0 they are the same, 1 they differ.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

Fields = dict[str, Any]
Streams = dict[int, list[str]]  # by partition

MARKS = {
    "throttled-alert-sequence-id": "throttled_alert_sequence_id",
    "throttled-alert-count": "throttled_alert_count",
}
# What a replay says of a request or a response, and no header does.
BESIDE = ("role", "recipient")
NOTICES = ("requests.accepted", "requests.rejected", "inventory.removed")
DEVICE = re.compile(r"<[^<>]*DeviceID>([0-9A-F-]+)<")


def lines_of(path: Path) -> list[Fields]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def as_time(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


class Input:
    def __init__(self, records: list[Fields]) -> None:
        self.count = len(records)
        self.times: dict[tuple[int, str, str], str] = {}
        for each in records:
            place = each["partition"], each["key"], each["payload"]
            # One that comes again is a duplicate, and goes nowhere.
            self.times.setdefault(place, as_time(each["ts"]))
        self.partitions = {each["key"]: each["partition"] for each in records}

    def alert(self, found: Fields) -> Fields:
        """A record of alerts.forwarded, as a replay says it."""
        place = found["partition"], found["key"], found["payload"]
        alert = {**json.loads(found["payload"]), "received": self.times[place]}
        headers = found.get("headers") or []
        for name, value in zip(headers[::2], headers[1::2]):
            alert[MARKS[name]] = int(value)
        return alert

    def partition(self, said: Fields) -> int:
        """Of what a replay says of a device."""
        return self.partitions[said["device"]]

    def notice(self, found: Fields) -> Fields:
        """What the service has written, or a request or response that it has handed on."""
        if found["payload"].startswith("<"):
            return {"document": found["payload"]}
        headers = found.get("headers") or []
        fields = self.alert({**found, "headers": []})
        added = dict(zip(headers[::2], headers[1::2]))
        return {name: each for name, each in {**fields, **added}.items() if name not in BESIDE}

    def notices_of(self, path: Path) -> Streams:
        """As a replay says them."""
        return streams(self.notice_of(line) for line in path.read_text().splitlines())

    def notice_of(self, line: str) -> tuple[int, Fields]:
        if line.startswith("<"):
            found = DEVICE.search(line)
            assert found is not None, line
            return self.partitions[found[1]], {"document": line}
        fields = json.loads(line)
        number = self.partitions[fields["request_id"].split(":")[1]]
        return number, {name: each for name, each in fields.items() if name not in BESIDE}


def streams(records: Iterable[tuple[int, Fields]]) -> Streams:
    found: Streams = {}
    for partition, fields in records:
        found.setdefault(partition, []).append(json.dumps(fields, sort_keys=True))
    return found


def in_topic(folder: Path, name: str, said: Callable[[Fields], Fields]) -> Streams:
    records = lines_of(folder / f"{name}.kcat")
    return streams((each["partition"], said(each)) for each in records)


def in_replay(folder: Path, name: str, partition: Callable[[Fields], int]) -> Streams:
    lines = lines_of(folder / "replay" / name)
    return streams((partition(each), each) for each in lines)


def letter(said: Fields) -> Fields:
    """A dead letter without where the capture lies."""
    names = ("topic", "partition", "offset", "reason", "bytes")
    return {name: said.get(name) for name in names}


def differences(folder: Path) -> list[str]:
    known = Input(lines_of(folder / "meter.events.kcat"))
    found = {
        "alerts.forwarded": in_topic(folder, "alerts.forwarded", known.alert),
        "throttle.episodes": in_topic(
            folder, "throttle.episodes", lambda each: json.loads(each["payload"])
        ),
        "dead.letter": in_topic(
            folder, "dead.letter", lambda each: letter(json.loads(each["payload"]))
        ),
    }
    wanted = {
        "alerts.forwarded": in_replay(folder, "alerts.forwarded", known.partition),
        "throttle.episodes": in_replay(folder, "throttle.episodes", known.partition),
        "dead.letter": streams(
            (each["partition"], letter(each))
            for each in lines_of(folder / "replay/dead.letter")
        ),
    }
    operators = sorted(each.name for each in (folder / "replay").glob("enp.*"))
    for name in (*NOTICES, *operators):
        found[name] = in_topic(folder, name, known.notice)
        wanted[name] = known.notices_of(folder / "replay" / name)
    counts = {name: sum(map(len, each.values())) for name, each in found.items()}
    print(f"of {known.count} records: {counts}")
    return [
        difference(f"{name} [{number}]", wanted[name].get(number, []), each)
        for name in found
        for number in sorted({*found[name], *wanted[name]})
        if (each := found[name].get(number, [])) != wanted[name].get(number, [])
    ]


def difference(where: str, wanted: list[str], found: list[str]) -> str:
    at = next((i for i, (a, b) in enumerate(zip(wanted, found)) if a != b),
              min(len(wanted), len(found)))  # fmt: skip
    return (
        f"{where}: record {at} differs ({len(wanted)} in the replay, {len(found)} in the topic)\n"
        f"  replay: {wanted[at : at + 1]}\n  topic:  {found[at : at + 1]}"
    )


def main() -> int:
    found = differences(Path(sys.argv[1]))
    print("\n".join(found) if found else "the same, record for record")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
