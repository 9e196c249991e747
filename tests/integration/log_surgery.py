"""What an operator may do to a log by mistake, and confluent-kafka 1.7 cannot: deleting records and
groups. Asked for by the protocol itself, of the one node that there is."""

from __future__ import annotations

import struct

from confluent_kafka import Consumer, TopicPartition

from records import CLIENT, NOT_YET, READ_TIMEOUT, exchange
from waiting import wait_until

DELETE_RECORDS, DELETE_GROUPS = 21, 42
NON_EMPTY_GROUP = 68  # members that ended without a word are kept for a while
TIMEOUT = 30_000  # milliseconds


def low_offset(bootstrap: str, topic: str, partition: int) -> int:
    """The first offset that is still there."""
    consumer = Consumer({**CLIENT, "bootstrap.servers": bootstrap})
    try:
        where = TopicPartition(topic, partition)
        return int(consumer.get_watermark_offsets(where, timeout=READ_TIMEOUT)[0])
    finally:
        consumer.close()


def delete_records(bootstrap: str, topic: str, partition: int, below: int) -> None:
    topics = one(text(topic) + one(struct.pack(">iq", partition, below)))
    ask(bootstrap, DELETE_RECORDS, topics + struct.pack(">i", TIMEOUT))


def delete_group(bootstrap: str, group: str) -> None:
    """With all of its committed offsets, once it has no members any more."""
    ask(bootstrap, DELETE_GROUPS, one(text(group)))


def ask(bootstrap: str, kind: int, body: bytes) -> None:
    """About one thing. What became of it ends the answer."""
    request = struct.pack(">hhih", kind, 0, 1, -1) + body

    def done() -> bool:
        (error,) = struct.unpack(">h", exchange(bootstrap, request).data[-2:])
        if error not in {0, NON_EMPTY_GROUP, *NOT_YET}:
            raise AssertionError(f"request {kind}: error {error} of Kafka's protocol")
        return error == 0

    wait_until(done, f"request {kind} is done", READ_TIMEOUT)


def text(value: str) -> bytes:
    return struct.pack(">h", len(value)) + value.encode()


def one(item: bytes) -> bytes:
    return struct.pack(">i", 1) + item
