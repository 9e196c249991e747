"""What the tests of faults share: an input of storms, settings under which things happen soon, and
ways to see how far a service has come.

A test here does something to a service, its broker, its topics or its folder, and then compares
what is committed with an uninterrupted run (`assert_outputs`). WEIR_LONG=1 runs all of them, and
otherwise those that cover most are run (README.md).
"""

from __future__ import annotations

import itertools
import json
import os
import re
import unittest
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from confluent_kafka.admin import AdminClient, ConfigResource

from kafka_support import (
    KafkaCase,
    Policy,
    Record,
    Service,
    Topics,
    load,
    merged,
    read,
    record,
    wait_until,
)
from processes import is_frozen
from system_records import SystemRecords

LONG = os.environ.get("WEIR_LONG") == "1"
long_run = unittest.skipUnless(LONG, "only with WEIR_LONG=1")

START = 1_764_547_200_000  # 2025-12-01T00:00:00Z
HOUR = 3_600_000  # milliseconds
STORMY, QUIET = 3, 25  # devices of each partition
LULL = 45 * 60_000  # storms pause in every third of these
OTHERS = 0.15  # share of the records that are no alerts
CODES = ("8F3E", "8F1D", "8020")
RECIPIENT = "90-B3-D5-1F-30-01-00-00"

POLICY: Policy = {
    "policies": [
        {
            "effective_from": "2019-11-29T00:00:00Z",
            "default": {"threshold": 5, "window": "10m"},
            "codes": {"8F3E": {"threshold": 3, "window": "30m", "forward": {"one_in": 50}}},
        }
    ]
}

# Many small commits, and members that are soon taken for gone.
QUICK: dict[str, Any] = {
    "kafka": {"session.timeout.ms": 3000, "heartbeat.interval.ms": 300},
    "service": {
        "commit": {"interval": "20ms", "records": 200},
        "state": {"interval": "200ms"},
    },
}
SLOW = 60.0  # seconds within which anything must have happened


def device_id(partition: int, number: int) -> str:
    digits = f"{0x00DB_0000_0000_0000 + (partition << 16) + number:016X}"
    return "-".join(digits[at : at + 2] for at in range(0, 16, 2))


def alert(device: str, code: str, counter: int) -> bytes:
    fields = {"device": device, "code": code, "recipient": RECIPIENT, "counter": counter}
    return json.dumps(fields, separators=(",", ":")).encode()


def endless_storms(
    rng: Any, partitions: int, step: float, begin: int = START
) -> Iterator[Record]:
    """Records in the order of time, one every `step` milliseconds. In each partition a few devices
    storm, with pauses in which episodes end, and many raise an alert now and then: wherever it is
    interrupted, there are counts and open episodes. Some are about inventory and requests."""
    others = SystemRecords(rng, device_id)
    for number in itertools.count():
        time = begin + int(number * step)
        partition = rng.randrange(partitions)
        if rng.random() < OTHERS:
            yield others.next(partition, time)
            continue
        stormy = rng.randrange(STORMY)
        if rng.random() < 0.8 and (time // LULL + stormy) % 3 != 0:
            device, code = stormy, CODES[stormy]
        else:
            device, code = STORMY + rng.randrange(QUIET), rng.choice(CODES)
        name = device_id(partition, device)
        yield record(alert(name, code, number), name.encode(), partition, time)


def much_later(partitions: int, time: int) -> list[Record]:
    """Two devices of each partition are heard of so late that nobody waits for anything any more:
    what was to happen by then happens."""
    return [
        record(alert(name, "8F1D", number), name.encode(), partition, time)
        for partition in range(partitions)
        for number in range(2)
        for name in [device_id(partition, STORMY + QUIET + number)]
    ]


def storms(
    rng: Any, count: int, partitions: int, hours: float = 6, begin: int = START
) -> list[Record]:
    """So many of them, in so many hours."""
    endless = endless_storms(rng, partitions, hours * HOUR / count, begin)
    return list(itertools.islice(endless, count))


class FaultCase(KafkaCase):
    """Has topics with an input, of which a test loads parts."""

    def quick(
        self, topics: Topics, instance: str = "weir-0", config: Mapping[str, Any] | None = None
    ) -> Service:
        return self.service(topics, merged(QUICK, config or {}), POLICY, instance)

    def load(self, topics: Topics, records: list[Record]) -> None:
        load(self.broker.bootstrap, topics.input, records)

    def done(self, topics: Topics) -> int:
        """How many records the group has committed."""
        return sum(offset for offset, _ in self.committed(topics).values())

    def wait_for_progress(self, topics: Topics, records: int, within: float = SLOW) -> None:
        wait_until(
            lambda: self.done(topics) >= records, f"{records} records are committed", within,
            lambda: f"but {self.committed(topics)}\n{self.logs()}",
        )  # fmt: skip

    def wait_for_words(self, service: Service, words: str, within: float = SLOW) -> None:
        """Until it has printed them in this life."""
        wait_until(lambda: words in said_now(service), f"{service} says `{words}`", within,
                   service.log)  # fmt: skip

    def wait_for_metric(
        self, service: Service, holds: Callable[[float], bool], name: str, within: float = SLOW
    ) -> None:
        wait_until(lambda: holds(service.metrics().total(name)), f"{name} of {service}", within,
                   lambda: f"is {service.metrics().total(name)}\n{service.log()}")  # fmt: skip

    def start_with(self, service: Service, partitions: int) -> None:
        """Starts it and waits until it owns so many, whose state has been restored."""
        service.start()
        self.wait_for_state(service, partitions)

    def wait_for_state(self, service: Service, partitions: int) -> None:
        """Until it owns so many, whose state has been restored."""
        self.wait_for_metric(service, lambda n: n == partitions, "weir_partitions_owned")
        self.wait_for_metric(service, lambda n: n == 0, "weir_partitions_restoring")

    def wait_for_partitions(self, **owned: int) -> None:
        """Until each of the instances (weir_0=4) owns so many, all of them ready."""
        named = {each.config["service"]["instance"].replace("-", "_"): each
                 for each in self.services}  # fmt: skip
        for name, count in owned.items():
            self.wait_for_state(named[name], count)

    # -- topics

    def admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.broker.bootstrap, "log_level": 2})

    def set_topic(self, topic: str, **settings: Any) -> None:
        """Changes settings of a topic (max_message_bytes for max.message.bytes) and keeps those
        that topics.sh gave it."""
        client, resource = self.admin(), ConfigResource(ConfigResource.Type.TOPIC, topic)
        found = client.describe_configs([resource])[resource].result(30)
        own = {name: each.value for name, each in found.items() if each.source == 1}
        own.update({name.replace("_", "."): str(value) for name, value in settings.items()})
        changed = ConfigResource(ConfigResource.Type.TOPIC, topic, set_config=own)
        client.alter_configs([changed])[changed].result(30)

        def is_so() -> bool:
            now = client.describe_configs([resource])[resource].result(30)
            return all(now[name].value == value for name, value in own.items())

        # The broker takes it up a little later.
        wait_until(is_so, f"{topic} has {settings}", SLOW)

    def delete_topic(self, topic: str) -> None:
        client = self.admin()
        client.delete_topics([topic], operation_timeout=30)[topic].result(30)
        wait_until(lambda: topic not in client.list_topics(timeout=30).topics,
                   f"{topic} is gone", SLOW)  # fmt: skip

    def letters(self, topics: Topics) -> list[dict[str, Any]]:
        return [json.loads(each.value or b"")
                for each in read(self.broker.bootstrap, topics.output("dead.letter"))]  # fmt: skip


def said(service: Service) -> str:
    """All it has printed, in all its lives."""
    return service.log_file.read_text(errors="replace") if service.log_file.exists() else ""


def said_now(service: Service) -> str:
    """What it has printed in this life."""
    printed = service.log_file.read_bytes() if service.log_file.exists() else b""
    return printed[service.born_at :].decode(errors="replace")


RESTORED = re.compile(r" partition (\d+) restored from (\d+) records ")


def restored(service: Service) -> dict[int, int]:
    """The partitions whose state it had to restore in this life, and from how many records."""
    found = RESTORED.findall(said_now(service))
    return {int(partition): int(records) for partition, records in found}


def is_stopped(service: Service) -> bool:
    assert service.process is not None
    return is_frozen(service.process.pid)


def stop_all(*services: Service) -> None:
    for each in services:
        assert each.terminate() == 0, f"{each} did not stop well\n{each.log()}"
