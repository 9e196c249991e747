"""How long a record takes through the service at a steady load."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from contestants import Commit, Contestant, Field, Mirror
from kafka_support import Topics
from machine import Instant, Span, load_average
from throughput import Entry

COMMIT = Commit(interval_ms=10)
SKIPPED = 1.0  # seconds
LONG = 300.0
LOG_TIME = {"service": {"timestamps": "log_append_time"}}


class Latency:
    def __init__(self, field: Field, probe: Path, lines: Path, rate: int, seconds: float) -> None:
        self.field, self.probe, self.lines = field, probe, lines
        self.rate, self.seconds = rate, seconds
        self.mirror = self._mirror()

    def _mirror(self) -> Mirror:
        topics = self.field.topics(None, create_time=False)
        weir = self.field.weir(topics, COMMIT, LOG_TIME)
        weir.start()
        self._probe(topics, SKIPPED + 2)
        mirror = weir.mirror()
        weir.stop()
        self.field.delete(topics, with_input=True)
        return mirror

    def _probe(self, topics: Topics, seconds: float) -> dict[str, float]:
        options = {
            "--bootstrap": self.field.broker.bootstrap,
            "--input": topics.input,
            "--output": topics.output("alerts.forwarded"),
            "--lines": self.lines,
            "--rate": self.rate,
            "--seconds": seconds,
            "--skipped": SKIPPED,
        }
        words = [str(word) for pair in options.items() for word in pair]
        done = subprocess.run(
            [str(self.probe), *words], stdout=subprocess.PIPE, timeout=LONG, check=True
        )
        return json.loads(done.stdout)

    def _contestant(self, name: str, topics: Topics) -> Contestant:
        if name == "weir":
            return self.field.weir(topics, COMMIT, LOG_TIME)
        return self.field.bare(topics, COMMIT, self.mirror)

    def round(self) -> Iterator[Entry]:
        for name in ("bare", "weir"):
            loaded = load_average()
            topics = self.field.topics(None, create_time=False)
            contestant = self._contestant(name, topics)
            contestant.start()
            began = Instant.now(contestant.pid(), self.field.broker.pid())
            found = self._probe(topics, SKIPPED + self.seconds)
            ended = Instant.now(contestant.pid(), self.field.broker.pid())
            contestant.stop()
            self.field.delete(topics, with_input=True)
            span = Span.between(began, ended)
            yield {
                "run_name": f"latency/{name}/{self.rate:,} records a second",
                "run_type": "iteration",
                **found,
                "contestant_cores": span.cpu_seconds / span.seconds,
                "broker_cores": span.broker_cores,
                "load_average": loaded,
            }
