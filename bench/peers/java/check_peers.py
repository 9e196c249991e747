#!/usr/bin/python3
"""Whether the throttles on Kafka Streams and on Flink do what Weir's does, killed in the midst.

    WEIR=PROGRAM bench/peers/java/check_peers.py [kafka-streams|flink]...

Makes a day of a fleet with storms and a power outage, half of it JSON and half binary GBCS, and
loads it piece by piece into a topic of two partitions. The peer is killed (SIGKILL) while it works
on each piece but the last, and started again. What it has forwarded by the end is compared with
what `weir replay` forwards under the same policy: for each alert key, in order, the bytes, the key,
and the sequence id and count of copies.

Exit codes: 0 the same, 1 not, 2 wrong usage, 69 Java, jars or a broker cannot be had here.
"""

from __future__ import annotations

import heapq
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/integration"))

import expected  # noqa: E402
from kafka_support import (  # noqa: E402
    Broker,
    Policy,
    Record,
    Unavailable,
    by_partition,
    by_replay,
    committed,
    end_offsets,
    from_capture,
    load,
    read,
    record,
    wait_until,
)

UNAVAILABLE = 69
PEERS = ("kafka-streams", "flink")
PARTITIONS = 2
KILLS = 3
WINDOW = 3_600_000  # milliseconds
# The threshold and the window are the defaults. Nothing is excluded; peers know no duplicates.
POLICY: Policy = {
    "duplicate_window": "0s",
    "policies": [{"effective_from": "1970-01-01T00:00:00Z", "default": {}, "excluded": []}],
}

Key = tuple[str, str, str]  # device, code, recipient
Forwarded = dict[Key, list[expected.Passed]]


# --------------------------------------------------------------------------------------------
# What is expected, and what was found.


def keys_of(records: Iterable[Record], folder: Path) -> dict[expected.Original, Key]:
    """The alert key of each alert, as a replay reads it."""
    found: dict[expected.Original, Key] = {}
    for number, each in by_partition(records).items():
        out = folder / f"expected-{number}/all"
        for line, originals in expected.originals_by_line(each, set(), out).items():
            found.update(dict.fromkeys(originals, key_of(line)))
    return found


def key_of(line: bytes) -> Key:
    fields = json.loads(line)
    return fields.get("device", ""), fields["code"], fields.get("recipient", "")


def expected_of(
    records: Sequence[Record], folder: Path, policy: Policy = POLICY
) -> tuple[Forwarded, dict[expected.Original, Key]]:
    """What `weir replay` forwards of these records, all of which are alerts, by alert key; and the
    key of each of them. `folder` is for captures and outputs, which are left there."""
    outputs = by_replay(records, policy, folder)
    keys = keys_of(records, folder)
    passed = [each for one in outputs.values() for each in one.forwarded]
    return by_key(passed, keys), keys


def found_of(records: Iterable[Record], keys: Mapping[expected.Original, Key]) -> Forwarded:
    """What an output topic holds."""
    return by_key(map(expected.passed_record, records), keys)


def by_key(
    passed: Iterable[expected.Passed], keys: Mapping[expected.Original, Key]
) -> Forwarded:
    """What was no alert of the input is under a key of its own."""
    found: Forwarded = {}
    for each in passed:
        found.setdefault(keys.get(each.originals[0], ("", "", "")), []).append(each)
    return found


def differences(wanted: Forwarded, found: Forwarded) -> list[str]:
    """For each alert key the first one in words."""
    all_of_them = []
    for key in sorted({*wanted, *found}):
        difference = expected.differing_item(wanted.get(key, []), found.get(key, []))
        if difference is not None:
            all_of_them.append(f"{' '.join(key)}: {difference}")
    return all_of_them


# --------------------------------------------------------------------------------------------
# The input.


def fleet(folder: Path, payload: str, seed: int) -> list[Record]:
    """A day of one format, in the order of its times as received."""
    capture = folder / f"{payload}.kcat"
    options = ["--format", "kcat", "--payload-format", payload, "--partitions", str(PARTITIONS)]
    options += ["--devices", "3000", "--storms", "15", "--outages", "1", "--flapping", "5"]
    options += ["--late", "0.02", "--seed", str(seed)]
    with capture.open("wb") as out:
        subprocess.run(
            [os.environ["WEIR"], "generate", *options],
            stdout=out,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    return [as_on_kafka(each) for each in from_capture(capture)]


def as_on_kafka(each: Record) -> Record:
    """GBCS as the bytes that a capture has in hexadecimal."""
    value = each.value or b""
    if value.startswith(b"{"):
        return each
    return each._replace(value=bytes.fromhex(value.decode()))


def inputs(folder: Path) -> list[Record]:
    """Both formats, one log. Its end is quiet for so long that all episodes end in it."""
    mixed = list(
        heapq.merge(
            fleet(folder, "json", 1), fleet(folder, "gbcs", 2), key=lambda each: each.timestamp
        )
    )
    last = max(each.timestamp for each in mixed)
    device = "00-DB-00-00-00-00-00-01"
    for number in range(PARTITIONS):
        for windows in (2, 4):
            said = {"device": device, "code": "8F3F", "device_time": "2019-12-03T12:00:00.000Z"}
            value = json.dumps({**said, "counter": str(10 * number + windows)}).encode()
            at = last + windows * WINDOW
            mixed.append(record(value, device.encode(), number, at))
    return mixed


def numbered(records: Sequence[Record]) -> list[Record]:
    """With the offsets that they get in a new topic."""
    nexts = [0] * PARTITIONS
    result = []
    for each in records:
        result.append(each._replace(offset=nexts[each.partition]))
        nexts[each.partition] += 1
    return result


# --------------------------------------------------------------------------------------------
# A peer at work.


class Peer:
    """One of the programs, on topics of its own."""

    def __init__(self, name: str, bootstrap: str, folder: Path, settings: Sequence[str]) -> None:
        self.name, self.bootstrap, self.folder = name, bootstrap, folder
        self.input, self.output = f"{name}.input", f"{name}.output"
        options = ["--bootstrap", bootstrap, "--group", name, "--input", self.input]
        options += ["--output", self.output, "--state", str(folder / f"{name}.state"), *settings]
        self.command = [str(ROOT / "build/peers" / name), *options]
        self.log = folder / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            born_at = log.tell()
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
        wait_until(lambda: self._said_ready(born_at), f"{self.name} is ready", 120, self.tail)

    def _said_ready(self, born_at: int) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}\n{self.tail()}")
        with self.log.open("rb") as log:
            log.seek(born_at)
            return b"ready\n" in log.read()

    def done(self) -> int:
        """Records whose effects are committed."""
        found = committed(self.bootstrap, self.name, self.input, PARTITIONS)
        return sum(offset for offset, _ in found.values())

    def end(self, number: int) -> int:
        """By this signal; returns the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)

    def discard(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.end(signal.SIGKILL)

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]


def run(peer: Peer, records: Sequence[Record], enough: int) -> int:
    """Feeds it piece by piece and kills it in each piece but the last. Returns how often it was
    killed with work before it. `enough`: records that it forwards in all."""
    pieces = [len(records) * number // (KILLS + 1) for number in range(KILLS + 2)]
    in_the_midst = 0
    for begin, end in zip(pieces, pieces[1:]):
        peer.start()
        load(peer.bootstrap, peer.input, records[begin:end])
        if end < len(records):
            wait_until(lambda: peer.done() > begin, "work has begun", 120, peer.tail)  # noqa: B023
            peer.end(signal.SIGKILL)
            in_the_midst += peer.done() < end
    ends = end_offsets(peer.bootstrap, peer.input)
    assert sum(ends.values()) == len(records), f"{ends} of {len(records)}"
    wait_until(lambda: peer.done() == len(records), "all is done", 300,
               lambda: f"but {peer.done()} of {len(records)}\n{peer.tail()}")  # fmt: skip
    # Last words that wait for time alone may come with a later commit than the last record.
    try:
        wait_until(lambda: len(read(peer.bootstrap, peer.output)) >= enough, "last words", 20)
    except AssertionError:
        print(f"{peer.name}: fewer records than expected")
    code = peer.end(signal.SIGTERM)
    if code != 0:
        raise AssertionError(f"{peer.name} ended with {code}\n{peer.tail()}")
    return in_the_midst


def check(
    peer: Peer, records: Sequence[Record], wanted: Forwarded, keys: Mapping[Any, Key]
) -> bool:
    """Says how it went, and whether well."""
    killed = run(peer, records, sum(map(len, wanted.values())))
    found = read(peer.bootstrap, peer.output)
    differing = differences(wanted, found_of(found, keys))
    copies = sum(each.header(expected.SEQUENCE) is not None for each in found)
    print(f"{peer.name}: {len(records)} records, {len(found)} forwarded, {copies} of them copies;"
          f" killed {KILLS} times, {killed} in the midst; {len(differing)} keys differ",
          flush=True)  # fmt: skip
    for each in differing[:3]:
        print(each)
    if killed == 0:
        print(f"{peer.name}: no kill came while there was work", file=sys.stderr)
    return not differing and killed > 0


def check_all(names: Sequence[str], broker: Broker, folder: Path) -> bool:
    records = numbered(inputs(folder))
    wanted, keys = expected_of(records, folder)
    good = True
    for name in names:
        peer = Peer(name, broker.bootstrap, folder, [])
        for topic in (peer.input, peer.output):
            create_topic(broker.bootstrap, topic, PARTITIONS)
        try:
            good &= check(peer, records, wanted, keys)
        finally:
            peer.discard()
    return good


def create_topic(bootstrap: str, topic: str, partitions: int) -> None:
    """Its records keep the times that they are given, as is the default."""
    from confluent_kafka.admin import AdminClient, NewTopic

    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 2})
    made = client.create_topics([NewTopic(topic, partitions, 1)], operation_timeout=30)
    made[topic].result(60)


def main() -> int:
    names = sys.argv[1:] or list(PEERS)
    if not set(names) <= set(PEERS) or "WEIR" not in os.environ:
        print(__doc__, file=sys.stdout if names in (["-h"], ["--help"]) else sys.stderr)
        return 0 if names in (["-h"], ["--help"]) else 2
    built = subprocess.run([str(ROOT / "bench/peers/java/build.sh")], check=False)
    if built.returncode != 0:
        return built.returncode
    try:
        broker = Broker()
    except Unavailable as error:
        print(f"check_peers: there is no broker: {error}", file=sys.stderr)
        return UNAVAILABLE
    try:
        with tempfile.TemporaryDirectory(prefix="weir-peers-") as folder:
            return 0 if check_all(names, broker, Path(folder)) else 1
    finally:
        broker.stop()


if __name__ == "__main__":
    sys.exit(main())
