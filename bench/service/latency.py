"""How long a record takes through the service at a steady load."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from contestants import Bare, Commit, Contestant, Field, Mirror, Weir, words_of
from kafka_support import Topics
from machine import Instant, Span, load_average
from throughput import Entry

COMMIT = Commit(interval_ms=10)
LONG = 300.0
LOG_TIME = {"service": {"timestamps": "log_append_time"}}


@dataclass(frozen=True)
class Probe:
    """What writes at a steady rate and reads what comes back."""

    program: Path
    lines: Path
    rate: int
    seconds: float  # that count
    skipped: float = 1.0  # at the start

    def run(self, field: Field, topics: Topics) -> dict[str, float]:
        options = {
            "--bootstrap": field.broker.bootstrap,
            "--input": topics.input,
            "--output": topics.output("alerts.forwarded"),
            "--lines": self.lines,
            "--rate": self.rate,
            "--seconds": self.skipped + self.seconds,
            "--skipped": self.skipped,
        }
        done = subprocess.run(
            [str(self.program), *words_of(options)], stdout=subprocess.PIPE, timeout=LONG,
            check=True,
        )  # fmt: skip
        found: dict[str, float] = json.loads(done.stdout)
        return found

    def measure(self, field: Field, contestant: Contestant) -> dict[str, object]:
        """Starts it, and stops it in the end."""
        loaded = load_average()
        contestant.start()
        began = Instant.now(contestant.pid(), field.broker.pid())
        found = self.run(field, contestant.topics)
        ended = Instant.now(contestant.pid(), field.broker.pid())
        contestant.stop()
        span = Span.between(began, ended)
        return {
            **found,
            "contestant_cores": span.cpu_seconds / span.seconds,
            "broker_cores": span.broker_cores,
            "load_average": loaded,
        }


class Latency:
    def __init__(self, field: Field, bare_loop: Path, probe: Probe) -> None:
        self.field, self.bare_loop, self.probe = field, bare_loop, probe
        self.mirror = self._mirror()

    def _mirror(self) -> Mirror:
        topics = self.field.topics(None, create_time=False)
        weir = self.field.enter(Weir(self.field, topics, COMMIT, LOG_TIME))
        weir.start()
        replace(self.probe, seconds=2.0).run(self.field, topics)
        mirror = weir.mirror()
        weir.stop()
        self.field.delete(topics, with_input=True)
        return mirror

    def _contestant(self, name: str, topics: Topics) -> Contestant:
        if name == "weir":
            return self.field.enter(Weir(self.field, topics, COMMIT, LOG_TIME))
        made = Bare(self.field, topics, self.bare_loop, COMMIT, self.mirror)
        return self.field.enter(made)

    def round(self) -> Iterator[Entry]:
        for name in ("bare", "weir"):
            topics = self.field.topics(None, create_time=False)
            found = self.probe.measure(self.field, self._contestant(name, topics))
            self.field.delete(topics, with_input=True)
            yield {
                "run_name": f"latency/{name}/{self.probe.rate:,} records a second",
                "run_type": "iteration",
                **found,
            }
