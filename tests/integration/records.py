"""Writing records to topics and reading them back, fast and exactly."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import socket
import struct
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from waiting import wait_until

Headers = tuple[tuple[str, bytes], ...]
READ_TIMEOUT = 60.0
WRITE_TIMEOUT = 60.0
AT_ONCE = 10_000
QUIET = 2  # librdkafka then prints only what is critical; a broker that starts makes it say a lot
NO_LEADER = (
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError._UNKNOWN_PARTITION,  # what librdkafka makes of an answer from a broker in trouble
)
CLIENT = {"group.id": "weir-tests", "log_level": QUIET}
IDEMPOTENT = {
    "enable.idempotence": True,
    "allow.auto.create.topics": False,
    "queue.buffering.max.messages": 500_000,
    "queue.buffering.max.kbytes": 512_000,
    "delivery.report.only.error": True,
    "log_level": QUIET,
}


class Record(NamedTuple):
    partition: int
    offset: int
    key: bytes | None
    headers: Headers
    value: bytes | None
    timestamp: int  # milliseconds

    def header(self, name: str) -> bytes | None:
        """The last header of that name."""
        return next((value for each, value in reversed(self.headers) if each == name), None)


def record(
    value: bytes | None,
    key: bytes | None = None,
    partition: int = 0,
    timestamp: int = 0,
    headers: Headers = (),
) -> Record:
    """One to be written: its offset is up to the log; with timestamp 0 its time is now."""
    return Record(partition, -1, key, headers, value, timestamp)


# --------------------------------------------------------------------------------------------
# Writing.


class Failures:
    """What became of records, if not what should have."""

    def __init__(self) -> None:
        self.first: str | None = None

    def __call__(self, error: KafkaError | None, message: Any) -> None:
        if error is not None and self.first is None:
            self.first = f"{message.topic()} [{message.partition()}]: {error}"


def load(
    bootstrap: str, topic: str, records: Iterable[Record], batch_bytes: int = 900_000
) -> int:
    """Writes them, each to its partition, in this order; returns how many. Fails if not all are
    in the log. What is in a batch reaches a reader at once."""
    failures, count = Failures(), 0
    producer = Producer(
        {
            **IDEMPOTENT,
            "bootstrap.servers": bootstrap,
            "linger.ms": 20,
            "batch.size": batch_bytes,
            "on_delivery": failures,
        }
    )
    for each in records:
        put(producer, topic, each)
        count += 1
        if failures.first is not None:
            break
    left = producer.flush(WRITE_TIMEOUT)
    if failures.first is not None or left > 0:
        raise AssertionError(f"loading {topic}: {failures.first}; {left} of {count} not written")
    return count


def put(producer: Producer, topic: str, each: Record) -> None:
    """Hands one record to a producer, waiting for room."""
    deadline = time.monotonic() + WRITE_TIMEOUT
    while True:
        try:
            producer.produce(
                topic,
                each.value,
                each.key,
                each.partition,
                timestamp=each.timestamp,
                headers=list(each.headers),
            )
            return
        except BufferError:
            if time.monotonic() > deadline:
                raise AssertionError(f"{topic}: no room for {WRITE_TIMEOUT} s") from None
            producer.poll(0.05)


# --------------------------------------------------------------------------------------------
# Reading.


def end_offsets(bootstrap: str, topic: str) -> dict[int, int]:
    """One past the last record of each partition, whoever may read it."""
    # The other level gives the end of what is committed.
    consumer = Consumer(
        {**CLIENT, "bootstrap.servers": bootstrap, "isolation.level": "read_uncommitted"}
    )
    try:
        found = consumer.list_topics(topic, timeout=READ_TIMEOUT).topics[topic]
        if found.error is not None:
            raise AssertionError(f"{topic}: {found.error}")
        return {number: end_offset(consumer, topic, number) for number in sorted(found.partitions)}
    finally:
        consumer.close()


def end_offset(consumer: Consumer, topic: str, number: int) -> int:
    """Waits for the leader, which a new topic or a broker that has just started may not have."""

    def ask() -> tuple[int, int] | None:
        partition = TopicPartition(topic, number)
        try:
            return consumer.get_watermark_offsets(partition, timeout=READ_TIMEOUT)
        except KafkaException as error:
            if error.args[0].retriable() or error.args[0].code() in NO_LEADER:
                return None
            raise

    return wait_until(ask, f"{topic} [{number}] has a leader", READ_TIMEOUT)[1]


def read(
    bootstrap: str, topic: str, committed_only: bool = True, within: float = READ_TIMEOUT
) -> list[Record]:
    """All records up to the ends of the partitions as they are now, by partition and offset. Fails
    if that takes longer, as it does when a transaction stays open."""
    ends = end_offsets(bootstrap, topic)
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            **CLIENT,
            "isolation.level": "read_committed" if committed_only else "read_uncommitted",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "queued.min.messages": 200_000,
            "fetch.wait.max.ms": 50,
        }
    )
    try:
        consumer.assign([TopicPartition(topic, number, 0) for number in ends])
        return _read_to(consumer, topic, ends, time.monotonic() + within)
    finally:
        consumer.close()


def _read_to(
    consumer: Consumer, topic: str, ends: Mapping[int, int], deadline: float
) -> list[Record]:
    open_partitions = {number for number, end in ends.items() if end > 0}
    found: dict[int, list[Record]] = {number: [] for number in ends}
    while open_partitions:
        if time.monotonic() > deadline:
            where = {number: found[number][-1:] for number in open_partitions}
            raise AssertionError(f"{topic}: the ends {ends} are not reached: {where}")
        for message in consumer.consume(AT_ONCE, 0.1):
            error, number, offset = message.error(), message.partition(), message.offset()
            if error is None:
                found[number].append(record_of(message))
            elif error.code() != KafkaError._PARTITION_EOF:
                raise AssertionError(f"reading {topic} [{number}]: {error}")
            if offset + (error is None) >= ends.get(number, 0):
                open_partitions.discard(number)
    return [
        each for number in sorted(found) for each in found[number] if each.offset < ends[number]
    ]


def record_of(message: Any) -> Record:
    headers = tuple(message.headers() or ())
    return Record(
        message.partition(), message.offset(), message.key(), headers, message.value(),
        message.timestamp()[1],
    )  # fmt: skip


def by_partition(records: Iterable[Record]) -> dict[int, list[Record]]:
    found: dict[int, list[Record]] = {}
    for each in records:
        found.setdefault(each.partition, []).append(each)
    return found


# --------------------------------------------------------------------------------------------
# Committed offsets. confluent-kafka 1.7 gives neither their metadata nor what is stable, and so
# this asks by itself: a transaction that has just been committed would be missing.

OFFSET_FETCH, VERSION = 9, 7
# A coordinator that has just been started, or a transaction that is on its way.
NOT_YET = {14, 15, 16, 88}
NO_TAGS = b"\x00"


def committed(
    bootstrap: str, group: str, topic: str, partitions: int
) -> dict[int, tuple[int, str]]:
    """The next offset of each partition that has one, and the metadata that came with it. Waits
    for transactions that are being ended. One node is asked, which must be the coordinator of
    every group."""
    # All topics could be asked for at once, but then what is on its way is left out silently.
    request = offset_fetch(group.encode(), topic.encode(), range(partitions))

    def ask() -> list[dict[int, tuple[int, str]]] | None:
        found = offsets_of(exchange(bootstrap, request), group)
        return None if found is None else [found]

    return wait_until(ask, f"offsets of {group} are stable", READ_TIMEOUT)[0]


def offset_fetch(group: bytes, topic: bytes, partitions: Sequence[int]) -> bytes:
    header = struct.pack(">hhihB", OFFSET_FETCH, VERSION, 1, -1, 0)
    numbers = struct.pack(f">{len(partitions)}i", *partitions)
    name = counted(len(topic)) + topic
    topics = counted(1) + name + counted(len(partitions)) + numbers + NO_TAGS
    only_stable = b"\x01"
    return header + counted(len(group)) + group + topics + only_stable + NO_TAGS


def exchange(bootstrap: str, request: bytes) -> Answer:
    host, _, port = bootstrap.partition(":")
    with socket.create_connection((host, int(port)), timeout=READ_TIMEOUT) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        with connection.makefile("rb") as stream:
            (length,) = struct.unpack(">i", stream.read(4))
            return Answer(stream.read(length))


def offsets_of(answer: Answer, group: str) -> dict[int, tuple[int, str]] | None:
    """None if some cannot be said yet."""
    answer.take(">ibi")  # correlation id, no tags, throttle time
    found: dict[int, tuple[int, str]] = {}
    errors = set()
    for _ in range(answer.count()):
        answer.text()
        for _ in range(answer.count()):
            number, offset, _ = answer.take(">iqi")
            metadata = answer.text()
            errors.add(answer.take(">hb")[0])
            if offset >= 0:
                found[number] = (offset, metadata)
        answer.take(">b")
    errors.add(answer.take(">hb")[0])
    if errors & NOT_YET:
        return None
    if errors != {0}:
        raise AssertionError(f"committed offsets of {group}: errors {errors} of Kafka's protocol")
    return found


def counted(length: int) -> bytes:
    """What stands before a text or a list of this length."""
    return varint(length + 1)


def varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


class Answer:
    """Reads an answer of the broker from its start."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, form: str) -> tuple[int, ...]:
        values = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return values

    def varint(self) -> int:
        number = shift = 0
        while True:
            (byte,) = self.take(">B")
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    def count(self) -> int:
        return max(self.varint() - 1, 0)  # 0: null

    def text(self) -> str:
        length = self.count()
        self.at += length
        return self.data[self.at - length : self.at].decode()


# --------------------------------------------------------------------------------------------
# Captures.


def capture_lines(path: Path) -> Iterator[bytes]:
    if path.suffix == ".zst":
        with subprocess.Popen(["zstd", "-dc", str(path)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            yield from process.stdout
        if process.returncode != 0:
            raise AssertionError(f"{path}: zstd ends with {process.returncode}")
    else:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
            yield from lines


def from_capture(path: Path, partitions: int = 1) -> Iterator[Record]:
    """The records of a capture file. What kcat printed keeps its partition, key and time. Another
    line is a record as it stands: JSON is keyed by its device and goes, as everything does that
    has a key, to the partition of librdkafka's `consistent`; other lines go to partition 0."""
    for line in capture_lines(path):
        line = line.rstrip(b"\r\n")
        if not line.strip():
            continue
        fields = json_object(line)
        if "topic" in fields and "payload" in fields:
            yield from_envelope(fields)
        else:
            yield from_line(line, fields, partitions)


def json_object(line: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(line)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def from_envelope(fields: dict[str, Any]) -> Record:
    payload, key = fields["payload"], fields.get("key")
    pairs = fields.get("headers") or []
    headers = tuple((name, word.encode()) for name, word in zip(pairs[::2], pairs[1::2]))
    return Record(
        fields["partition"],
        fields.get("offset", -1),
        None if key is None else key.encode(),
        headers,
        None if payload is None else payload.encode(),
        max(fields.get("ts", 0), 0),
    )


def from_line(line: bytes, fields: dict[str, Any], partitions: int) -> Record:
    key = fields.get("device")
    key = key.encode() if isinstance(key, str) else None
    partition = 0 if key is None else binascii.crc32(key) % partitions
    return record(line, key, partition, milliseconds(fields.get("received")))


def milliseconds(text: Any) -> int:
    """0 if this is no time."""
    try:
        return round(datetime.fromisoformat(text).timestamp() * 1000)
    except (TypeError, ValueError):
        return 0


def to_envelope(topic: str, each: Record) -> str:
    """The record as `kcat -J` prints it, with what is not UTF-8 in base64, as Weir reads it."""
    envelope = {
        "topic": topic,
        "partition": each.partition,
        "offset": each.offset,
        "ts": each.timestamp,
        **as_json("key", each.key),
        **as_json("payload", each.value),
    }
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))


def as_json(name: str, value: bytes | None) -> dict[str, str | None]:
    try:
        return {name: None if value is None else value.decode("utf-8")}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(value or b"").decode()}


def unpacked(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
