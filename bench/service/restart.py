"""How long the service takes to start again after it was killed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from contestants import Commit, Field, wait_for_records
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


class Restart:
    def __init__(self, field: Field, keys: int) -> None:
        self.field = field
        self.alerts = 0  # added to those that made the keys
        self.topics = field.topics(None, create_time=True)
        self.weir = field.weir(self.topics, COMMIT, SOON)
        # One alert an hour of each device; some repeat a code and make no new key.
        options = ["--devices", str(keys), "--duration", "1h", "--rate", "30"]
        path = generate(
            field.folder.parent / f"keys-{keys}.txt", [*options, "--storms", "0", "--outages", "0"]
        )
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
        device = f"00-DB-00-00-00-{self.alerts >> 8:02X}-{self.alerts & 255:02X}-A0"
        value = f'{{"device":"{device}","code":"8F3E","counter":{self.alerts}}}'.encode()
        made = record(value, device.encode(), 0, round(LAST.timestamp() * 1000))
        load(self.field.broker.bootstrap, self.topics.input, [made])

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
        reader = self._reader_at_end()
        self._add_alert()
        began = time.monotonic()
        self.weir.launch()
        self.weir.service.wait_ready(LONG)
        ready = time.monotonic() - began
        wait_until(lambda: reader.poll(0.05), "an alert is forwarded", LONG, self.weir.service.log)
        forwarded = time.monotonic() - began
        peak = peak_bytes(self.weir.pid())
        reader.close()
        restored = self.weir.service.metrics().total("weir_restore_duration_seconds")
        self._settle()
        return {
            "run_name": f"restart/{name}/{self.keys}",
            "run_type": "iteration",
            "ready_seconds": ready,
            "first_output_seconds": forwarded,
            "restore_seconds": restored,
            "peak_bytes": peak,
            "load_average": loaded,
        }

    def _reader_at_end(self) -> Consumer:
        output = self.topics.output("alerts.forwarded")
        end = end_offsets(self.field.broker.bootstrap, output)[0]
        reader = Consumer(
            {
                "bootstrap.servers": self.field.broker.bootstrap,
                "group.id": "weir-bench",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "log_level": 2,
            }
        )
        reader.assign([TopicPartition(output, 0, end)])
        return reader

    def finish(self) -> None:
        self.weir.stop()
        self.field.delete(self.topics, with_input=True)
