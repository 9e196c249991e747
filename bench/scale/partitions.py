"""One service process on 1 to 32 partitions, with one worker and with two."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from contestants import Commit, Field, Weir, wait_for_records
from inputs import records_of
from kafka_support import Topics, load
from machine import TICKS, Instant, Span, load_average, on_processor, peak_bytes
from records import Record
from steady import FIRST, LAST, LONG
from throughput import LOADS, Entry

PARTITIONS = (1, 2, 4, 8, 16, 32)
WORKERS = (1, 2)
COMMIT = Commit()
SWITCHES = re.compile(r"^voluntary_ctxt_switches:\s*(\d+)", re.MULTILINE)
# What threads are called, up to a colon.
THREADS = {"weir": "workers", "rdk": "librdkafka", "rocksdb": "local store"}


def spread(records: Iterator[Record], partitions: int) -> Iterator[Record]:
    """All records of a device in one partition, whatever it is."""
    for each in records:
        yield each._replace(partition=zlib.crc32(each.key or b"") % partitions)


@dataclass(frozen=True)
class Threads:
    """What the threads of a process have used, by whose they are."""

    cpu_seconds: dict[str, float]
    switches: int  # that they asked for, by waiting
    page_faults: int

    @classmethod
    def now(cls, pid: int) -> Threads:
        used: dict[str, float] = defaultdict(float)
        switches = 0
        for task in Path(f"/proc/{pid}/task").iterdir():
            try:
                stat, status = ((task / each).read_text() for each in ("stat", "status"))
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended
            head, _, rest = stat.rpartition(")")
            fields = rest.split()
            name = head.partition("(")[2].partition(":")[0]
            used[THREADS.get(name, "other")] += (int(fields[11]) + int(fields[12])) / TICKS
            switched = SWITCHES.search(status)
            switches += int(switched[1]) if switched else 0
        of_all = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return cls(dict(used), switches, int(of_all[7]) + int(of_all[9]))


def stored_bytes(field: Field, topics: Topics, topic: str) -> int:
    """Of a topic, as the broker keeps it."""
    folders = [field.broker.folder / f"log/{topic}-{n}" for n in range(topics.partitions)]
    return sum(each.stat().st_size for folder in folders for each in folder.glob("*.log"))


class Partitions:
    """The same alerts in another number of partitions."""

    def __init__(self, field: Field, processors: Sequence[int], count: int, records: int) -> None:
        self.field, self.processors = field, processors
        self.topics = field.topics(None, create_time=True, partitions=count)
        path = LOADS[0].file(field.folder.parent, records)
        lines = spread(records_of(path, records), count)
        self.records = load(field.broker.bootstrap, self.topics.input, lines)

    def round(self) -> Iterator[Entry]:
        for workers in WORKERS:
            yield from self._run(workers)

    def _run(self, workers: int) -> Iterator[Entry]:
        """The broker stays on the first processor; one worker, with all threads of the process, on
        the last, and two wherever there is room."""
        loaded = load_average()
        topics = self.field.topics(self.topics.input, True, self.topics.partitions)
        weir = self.field.enter(Weir(self.field, topics, COMMIT, {"service": {"workers": workers}}))
        with on_processor(*self.processors if workers > 1 else self.processors[-1:]):
            weir.service.start(wait=False)
        first = wait_for_records(self.field, weir, int(FIRST * self.records), LONG)
        began = Instant.now(weir.pid(), self.field.broker.pid())
        threads = Threads.now(weir.pid())
        last = wait_for_records(self.field, weir, int(LAST * self.records), LONG)
        ended = Instant.now(weir.pid(), self.field.broker.pid())
        waited = Threads.now(weir.pid())
        wait_for_records(self.field, weir, self.records, LONG)
        yield from self._entries(
            weir, workers, last - first, Span.between(began, ended), threads, waited, loaded
        )
        weir.stop()
        self.field.delete(topics, with_input=False)

    def _entries(
        self,
        weir: Weir,
        workers: int,
        records: int,
        span: Span,
        before: Threads,
        after: Threads,
        loaded: float,
    ) -> Iterator[Entry]:
        metrics, topics = weir.service.metrics(), weir.topics
        name = f"{workers} worker{'s' * (workers > 1)}"
        commits = metrics.total("weir_commits_total", outcome="done")
        outputs = [topics.output("alerts.forwarded"), topics.deltas, topics.state]
        parts = max(topics.partitions / workers, 1.0)  # of a commit
        written = sum(stored_bytes(self.field, topics, each) for each in outputs)
        yield {
            "run_name": f"partitions/{name}/{topics.partitions}",
            "run_type": "iteration",
            "items_per_second": records / span.seconds,
            "cpu_us": 1e6 * span.cpu_seconds / records,
            "broker_us": 1e6 * span.broker_cores * span.seconds / records,
            "other_cores": span.other_cores,
            "records_per_commit": self.records / commits,
            "parts_per_thousand": 1e3 * commits * parts / self.records,
            "switches_per_thousand": 1e3 * (after.switches - before.switches) / records,
            "faults_per_thousand": 1e3 * (after.page_faults - before.page_faults) / records,
            "peak_bytes": peak_bytes(weir.pid()),
            "read_bytes": metrics.total("weir_read_bytes_total") / self.records,
            "stored_input_bytes": stored_bytes(self.field, topics, topics.input) / self.records,
            "stored_output_bytes": written / self.records,
            "load_average": loaded,
        }
        for thread in after.cpu_seconds:
            seconds = after.cpu_seconds[thread] - before.cpu_seconds.get(thread, 0.0)
            yield {
                "run_name": f"threads-{workers}/{thread}/{topics.partitions}",
                "run_type": "iteration",
                "cpu_us": 1e6 * seconds / records,
            }

    def finish(self) -> None:
        self.field.delete(self.topics, with_input=True)
