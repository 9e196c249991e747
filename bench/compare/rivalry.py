"""The parts that are measured on Kafka: throughput, latency, restarts."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from contestants import Contestant, wait_for_records
from fleet import capture, records_of
from inputs import records_of as keyed_records
from kafka_support import Record, Topics, end_offsets, load
from latency import Probe
from machine import load_average
from restart import add_alert, keys_file, timed_start
from steady import LONG, Limits, steady_run
from systems import USUAL, Entrants

Run = dict[str, object]
# What is counted, as the first fields of an alert say it.
KEY = re.compile(rb'\{"device":"[^"]*","code":"[^"]*"(,"recipient":"[^"]*")?')


def in_turns(names: Sequence[str], order: random.Random) -> list[str]:
    return order.sample(names, len(names))


class Throughput:
    """All systems on one input."""

    def __init__(self, entrants: Entrants, form: str, records: int, limits: Limits) -> None:
        self.entrants, self.form, self.limits = entrants, form, limits
        field = entrants.field
        self.input = field.input_topic(create_time=True)
        path = capture(field.folder.parent, form, records)
        self.records = load(field.broker.bootstrap, self.input, records_of(path, form))

    def run(self, name: str) -> Run:
        field = self.entrants.field
        contestant = self.entrants.make(name, field.topics(self.input, True), USUAL[name])
        span, figures = steady_run(field, contestant, self.records, self.limits)
        contestant.stop()
        field.delete(contestant.topics, with_input=False)
        measured = int(str(figures["records"]))
        return {
            "part": "throughput", "system": name, "case": self.form, "commit_ms": USUAL[name],
            "per_second": measured / span.seconds, "per_core": measured / span.cpu_seconds,
            **figures,
        }  # fmt: skip

    def finish(self) -> None:
        self.entrants.field.delete_input(self.input)


@dataclass(frozen=True)
class Latency:
    """Alerts that all pass, one by one, at a steady rate."""

    entrants: Entrants
    probe: Probe  # its rate is set for each run

    def run(self, name: str, case: str, rate: int, commit_ms: int) -> Run:
        field = self.entrants.field
        topics = field.topics(None, create_time=False)
        contestant = self.entrants.make(name, topics, commit_ms, log_time=True)
        found = replace(self.probe, rate=rate).measure(field, contestant)
        field.delete(topics, with_input=True)
        return {
            "part": "latency", "system": name, "case": case, "rate": rate,
            "commit_ms": commit_ms, **found,
        }  # fmt: skip


class Restart:
    """One system, with topics of its own, whose keys are all live."""

    def __init__(self, entrants: Entrants, name: str, keys: int) -> None:
        self.entrants, self.name, self.alerts = entrants, name, 0
        field = entrants.field
        self.topics: Topics = field.topics(None, create_time=True)
        self.keys = 0
        load(field.broker.bootstrap, self.topics.input, self._counted(keys_file(field, keys), keys))
        self.contestant: Contestant = entrants.make(name, self.topics, USUAL[name])

    def _counted(self, path: Path, devices: int) -> Iterator[Record]:
        seen = set()
        for each in keyed_records(path, 10 * devices):
            match = KEY.match(each.value or b"")
            assert match is not None
            seen.add(hash(match[0]))
            yield each
        self.keys = len(seen)

    def _add_alert(self) -> None:
        self.alerts += 1
        add_alert(self.entrants.field, self.topics, self.alerts)

    def _settle(self) -> None:
        """Until all is committed."""
        field = self.entrants.field
        end = end_offsets(field.broker.bootstrap, self.topics.input)[0]
        wait_for_records(field, self.contestant, end, LONG)

    def run(self) -> Run:
        loaded = load_average()
        self.contestant.start()
        self._settle()
        self.contestant.kill()
        figures = timed_start(self.entrants.field, self.contestant, self._add_alert, LONG)
        self._settle()
        self.contestant.stop()
        return {
            "part": "restart", "system": self.name, "case": str(self.keys),
            "commit_ms": USUAL[self.name], **figures, "load_average": loaded,
        }  # fmt: skip

    def finish(self) -> None:
        self.entrants.field.delete(self.topics, with_input=True)

