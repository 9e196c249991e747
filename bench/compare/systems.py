"""What is compared on Kafka, and how each is started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from contestants import Child, Commit, Contestant, Field, Weir, words_of
from kafka_support import Topics

WEIR, STREAMS, FLINK, REDIS = "weir", "kafka-streams", "flink", "redis"
ON_KAFKA = (WEIR, STREAMS, FLINK)
SYSTEMS = (*ON_KAFKA, REDIS)

# How often each commits, in milliseconds: as it is meant to be run, and as often as is sensible.
# Kafka Streams has 100 as its default with transactions; a checkpoint of Flink is more work, and
# nobody takes ten a second for throughput.
USUAL = {WEIR: 100, STREAMS: 100, FLINK: 1000}
SHORTEST = {WEIR: 10, STREAMS: 10, FLINK: 100}

THRESHOLD, WINDOW_MS = 10, 3_600_000  # Weir's defaults
LOG_TIME = {"service": {"timestamps": "log_append_time"}}


@dataclass(frozen=True)
class Entrants:
    """Makes them."""

    field: Field
    peers: Path  # folder of the launchers

    def make(
        self, name: str, topics: Topics, commit_ms: int, log_time: bool = False
    ) -> Contestant:
        """`log_time`: the input has the log's times, and not those that it was loaded with."""
        made: Contestant
        if name == WEIR:
            config = LOG_TIME if log_time else None
            made = Weir(self.field, topics, Commit(interval_ms=commit_ms), config)
        else:
            made = Child(self.field, topics, self._command(name, topics, commit_ms))
        return self.field.enter(made)

    def _command(self, name: str, topics: Topics, commit_ms: int) -> list[str]:
        options = {
            "--bootstrap": self.field.broker.bootstrap,
            "--group": topics.group,
            "--input": topics.input,
            "--output": topics.output("alerts.forwarded"),
            "--state": self.field.folder / topics.group,
            "--commit-ms": commit_ms,
            "--threshold": THRESHOLD,
            "--window-ms": WINDOW_MS,
        }
        return [str(self.peers / name), *words_of(options)]
