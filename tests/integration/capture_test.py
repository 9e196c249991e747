"""What `weir capture` writes is what the topic holds, and its replay gives what the service gave.

    /usr/bin/python3 tests/integration/capture_test.py [Class[.test_name]]
"""

from __future__ import annotations

import base64
import json
import signal
import subprocess
from pathlib import Path
from typing import Any

from faults import POLICY, SLOW, START, FaultCase, device_id, stop_all, storms
from kafka_support import (
    Record,
    Service,
    Topics,
    by_replay,
    first_difference,
    main,
    read,
    record,
    support,
    wait_until,
)
from same_as_replay import as_time

PARTITIONS = 8


def odd_records(begin: int) -> list[Record]:
    """What a JSON string cannot hold, and what is no message at all."""
    values: list[bytes | None] = [None, b"", b"\xdf\x09\x03\xff", b"\xff\xfe", b"{\xc3", b"{}"]
    keys = [None, b"\xff", b"", device_id(0, 1).encode()]
    return [
        record(value, key, number, begin + number)
        for number in range(PARTITIONS)
        for value, key in zip(values, keys + keys)
    ]


def bytes_of(fields: dict[str, Any], name: str) -> bytes | None:
    if f"{name}_base64" in fields:
        return base64.b64decode(fields[f"{name}_base64"], validate=True)
    return None if fields[name] is None else fields[name].encode()


class Capture(FaultCase):
    def capture(self, service: Service, name: str, *options: str) -> Path:
        out = self.folder / name
        service.write_config()
        result = support.run(["capture", "--config", service.file, "--out", out, *options])
        self.assertEqual(result.code, support.DONE, result.message)
        return out

    def lines(self, capture: Path) -> dict[int, list[str]]:
        """By partition, in their order."""
        if capture.suffix == ".zst":
            command = ["zstd", "--quiet", "--decompress", "--stdout", str(capture)]
        elif capture.suffix == ".gz":
            command = ["gzip", "--decompress", "--stdout", str(capture)]
        else:
            command = ["cat", str(capture)]
        text = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode()
        found: dict[int, list[str]] = {}
        for line in text.splitlines():
            found.setdefault(json.loads(line)["partition"], []).append(line)
        return found

    def assert_holds(self, capture: Path, records: list[Record]) -> dict[int, list[str]]:
        """These records and no others; of each partition, in their order."""
        lines = self.lines(capture)
        found = [
            (f["partition"], f["offset"], f["ts"], bytes_of(f, "key"),
             bytes_of(f, "payload") or b"")
            for number in sorted(lines)
            for f in map(json.loads, lines[number])
        ]
        wanted = [
            (each.partition, each.offset, each.timestamp, each.key, each.value or b"")
            for each in sorted(records, key=lambda each: (each.partition, each.offset))
        ]
        self.assertEqual(found, wanted)
        return lines

    def loaded(self) -> tuple[Topics, list[Record]]:
        topics = self.create_topics(PARTITIONS)
        self.load(topics, storms(self.rng, 20_000, PARTITIONS))
        self.load(topics, odd_records(START))
        return topics, read(self.broker.bootstrap, topics.input)

    def test_its_replay_is_what_the_service_did(self) -> None:
        topics, records = self.loaded()
        service = self.quick(topics)
        service.start()
        self.wait_until_committed(topics)
        stop_all(service)
        lines = self.assert_holds(self.capture(service, "all.jsonl.zst"), records)
        expected = by_replay(records, POLICY, self.folder, self.notices, captured=lines)
        self.assertIsNone(first_difference(expected, self.found(topics)))

    def test_beginning_at_a_time_and_every_compression(self) -> None:
        topics, records = self.loaded()
        service = self.quick(topics)
        middle = sorted(each.timestamp for each in records)[len(records) // 2]
        first: dict[int, int] = {}
        for each in records:
            if each.timestamp >= middle:
                first[each.partition] = min(first.get(each.partition, each.offset), each.offset)
        later = [r for r in records if r.partition in first and r.offset >= first[r.partition]]
        self.assertLess(len(later), len(records))
        since = as_time(middle)
        for name in ("plain.jsonl", "a.jsonl.gz", "a.jsonl.zst"):
            with self.subTest(name=name):
                self.assert_holds(self.capture(service, name, "--since", since), later)

    def test_following_until_it_is_stopped(self) -> None:
        topics, records = self.loaded()
        service = self.quick(topics)
        service.write_config()
        out = self.folder / "followed.jsonl"
        arguments = ["capture", "--config", service.file, "--out", out, "--follow"]
        with subprocess.Popen(support.command(arguments), stderr=subprocess.PIPE) as process:
            try:
                self.load(topics, storms(self.rng, 1_000, PARTITIONS, begin=START + 10_000_000))
                wanted = len(records) + 1_000
                wait_until(lambda: out.exists() and out.read_bytes().count(b"\n") == wanted,
                           f"{wanted} lines are captured", SLOW)  # fmt: skip
            finally:
                process.send_signal(signal.SIGTERM)
                said = process.communicate()[1].decode()
        self.assertEqual(process.returncode, support.DONE, said)
        self.assertIn(f"captured {wanted:,} messages of 8 partitions", said)
        self.assert_holds(out, read(self.broker.bootstrap, topics.input))

    def test_what_it_cannot_do_it_says(self) -> None:
        topics = self.create_topics(1)
        service = self.quick(topics)
        out = self.capture(service, "empty.jsonl.zst")
        self.assertEqual(self.lines(out), {})

        def complaint(*arguments: Any) -> str:
            result = support.run(["capture", *arguments])
            self.assertEqual(result.code, support.FAILED)
            return result.message

        again = complaint("--config", service.file, "--out", out)
        self.assertIn("there is such a file", again)
        missing = self.quick(topics, "other", {"service": {"input": "nosuch"}})
        missing.write_config()
        nowhere = self.folder / "none.jsonl"
        self.assertIn("nosuch", complaint("--config", missing.file, "--out", nowhere))
        self.assertFalse(nowhere.exists())
        beyond = self.folder / "no" / "folder"
        self.assertIn(str(beyond), complaint("--config", service.file, "--out", beyond))


if __name__ == "__main__":
    main()
