"""How long the service takes to start again after it was killed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from contestants import Commit, Contestant, Field, Weir, wait_for_records
from inputs import generate, records_of
from kafka_support import Topics, end_offsets, load, record, wait_until
from machine import load_average, peak_bytes
from throughput import Entry

COMMIT = Commit()
LONG = 300.0  # seconds
# The end of the hour, and so of the window, of all that is generated: every key stays live.
LAST = datetime(2019, 12, 2, 0, 59, 59, 999_000, tzinfo=timezone.utc)
GARBAGE = b"\xa5" * 4096
SOON = {"service": {"state": {"interval": "500ms"}}}


def keys_file(field: Field, keys: int) -> Path:
    """One alert an hour of each device; some repeat a code and make no new key."""
    options = ["--devices", str(keys), "--duration", "1h", "--rate", "30"]
    path = field.folder.parent / f"keys-{keys}.txt"
    return generate(path, [*options, "--storms", "0", "--outages", "0"])


def add_alert(field: Field, topics: Topics, number: int) -> None:
    """At the end of the input, of a device that has not sent any, if `number` was not used."""
    device = f"00-DB-00-00-00-{number >> 8:02X}-{number & 255:02X}-A0"
    value = f'{{"device":"{device}","code":"8F3E","counter":{number}}}'.encode()
    made = record(value, device.encode(), 0, round(LAST.timestamp() * 1000))
    load(field.broker.bootstrap, topics.input, [made])


def timed_start(
    field: Field, contestant: Contestant, add: Callable[[], None], within: float
) -> dict[str, object]:
    """Adds an alert, starts what does not run, and waits until it forwards the alert."""
    reader = reader_at_end(field, contestant.topics.output("alerts.forwarded"))
    add()
    began = time.monotonic()
    ready: list[float] = []

    def look() -> Any:
        if not ready and contestant.is_ready():
            ready.append(time.monotonic() - began)
        return reader.poll(0.05)

    contestant.launch()
    wait_until(look, "an alert is forwarded", within, contestant.log)
    forwarded = time.monotonic() - began
    wait_until(contestant.is_ready, "it is ready", within, contestant.log)
    reader.close()
    return {
        "ready_seconds": max(ready, default=forwarded),
        "first_output_seconds": forwarded,
        "peak_bytes": peak_bytes(contestant.pid()),
    }


def reader_at_end(field: Field, topic: str) -> Consumer:
    """Of what is committed."""
    end = end_offsets(field.broker.bootstrap, topic)[0]
    reader = Consumer(
        {
            "bootstrap.servers": field.broker.bootstrap,
            "group.id": "weir-bench",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "log_level": 2,
        }
    )
    reader.assign([TopicPartition(topic, 0, end)])
    return reader


class Restart:
    def __init__(self, field: Field, keys: int) -> None:
        self.field = field
        self.alerts = 0  # added to those that made the keys
        self.topics = field.topics(None, create_time=True)
        self.weir = field.enter(Weir(field, self.topics, COMMIT, SOON))
        path = keys_file(field, keys)
        load(field.broker.bootstrap, self.topics.input, records_of(path, 10 * keys))
        self.weir.start()
        self._settle()
        self.keys = self._live_keys()

    def _settle(self) -> None:
        """Until all is committed, and what was committed is in the local store."""
        service, bootstrap = self.weir.service, self.field.broker.bootstrap
        end = end_offsets(bootstrap, self.topics.input)[0]
        wait_for_records(self.field, self.weir, end, LONG)
        before = service.metrics().total("weir_store_writes_total")
        # The next write may have begun before.
        self._add_alert()
        wait_for_records(self.field, self.weir, end + 1, LONG)
        wait_until(
            lambda: service.metrics().total("weir_store_writes_total") > before,
            "the local store is written", LONG,
        )  # fmt: skip

    def _live_keys(self) -> int:
        """Once the metrics tell of the last alert."""

        def ask() -> float | None:
            metrics = self.weir.service.metrics()
            until = metrics.total("weir_stream_timestamp_seconds")
            return metrics.total("weir_live_keys") if until >= LAST.timestamp() else None

        return round(wait_until(ask, f"stream time is {LAST}", LONG))

    def _add_alert(self) -> None:
        self.alerts += 1
        add_alert(self.field, self.topics, self.alerts)

    # -- what may have happened to the store

    def _state(self) -> Path:
        return self.weir.service.folder / "state"

    def _delete(self) -> None:
        shutil.rmtree(self._state())

    def _corrupt(self) -> None:
        """Every file of the store has garbage in its midst."""
        for path in sorted(self._state().rglob("*")):
            if path.is_file() and path.stat().st_size > 0:
                with path.open("r+b") as file:
                    file.seek(path.stat().st_size // 2)
                    file.write(GARBAGE)

    def round(self) -> Iterator[Entry]:
        happenings: dict[str, Callable[[], None]] = {
            "intact": lambda: None,
            "deleted": self._delete,
            "corrupted": self._corrupt,
        }
        for name, happens in happenings.items():
            yield self._run(name, happens)

    def _run(self, name: str, happens: Callable[[], None]) -> Entry:
        loaded = load_average()
        self.weir.service.sigkill()
        happens()
        figures = timed_start(self.field, self.weir, self._add_alert, LONG)
        restored = self.weir.service.metrics().total("weir_restore_duration_seconds")
        self._settle()
        return {
            "run_name": f"restart/{name}/{self.keys}",
            "run_type": "iteration",
            **figures,
            "restore_seconds": restored,
            "load_average": loaded,
        }

    def finish(self) -> None:
        self.weir.stop()
        self.field.delete(self.topics, with_input=True)
