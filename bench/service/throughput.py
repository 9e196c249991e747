"""How many records a second go through, at several shares of alerts that are throttled."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from contestants import Commit, Contestant, Field, Mirror, wait_for_records
from inputs import fleet, generate, records_of
from kafka_support import Topics, load
from machine import Instant, Span, load_average, peak_bytes

Entry = dict[str, object]
COMMIT = Commit()
LONG = 300.0  # seconds for one run
# Shares of the records between which is measured: neither the start counts nor the last batch,
# which waits for its interval to be over.
FIRST, LAST = 0.1, 0.95


@dataclass(frozen=True)
class Load:
    """A fleet in which about this share of the alerts is throttled."""

    throttled: int  # percent
    devices: float  # per record
    storms: float  # per record

    def options(self, records: int) -> list[str]:
        """A little more than is asked for, since storms differ in length."""
        return fleet(round(self.devices * records), round(self.storms * records))

    def file(self, folder: Path, records: int) -> Path:
        path = folder / f"alerts-{self.throttled}-{records}.txt"
        return generate(path, self.options(records))


# Of a day, each device makes four alerts, and each storm about 3,700.
LOADS = (
    Load(0, 0.27, 0),
    Load(50, 0.125, 160e-6),
    Load(99, 0.0005, 300e-6),
)


class Throughput:
    """All contestants on one input."""

    def __init__(self, field: Field, share: Load, records: int, with_costs: bool) -> None:
        self.field = field
        self.input = field.input_topic(create_time=True)
        path = share.file(field.folder.parent, records)
        self.records = load(field.broker.bootstrap, self.input, records_of(path, records))
        values = (each.value or b"" for each in records_of(path, self.records))
        self.mirror = self._mirror(values)
        self.case = f"{100 * (1 - self.mirror.forwarded):.0f} % throttled"
        bare, nothing = self.mirror, self.mirror.without_changelog()
        self.makers: dict[str, Callable[[Topics], Contestant]] = {
            "weir": lambda topics: field.weir(topics, COMMIT),
            "bare": lambda topics: field.bare(topics, COMMIT, bare),
        }
        if with_costs:
            self.makers |= {
                "bare-no-changelog": lambda topics: field.bare(topics, COMMIT, nothing),
                "plain": lambda topics: field.bare(topics, COMMIT, bare, plain=True),
                "plain-no-changelog": lambda topics: field.bare(
                    topics, COMMIT, nothing, plain=True
                ),
            }

    def _mirror(self, values: Iterable[bytes]) -> Mirror:
        """By a run that does not count."""
        weir = self.field.weir(self.field.topics(self.input, True), COMMIT)
        weir.start()
        wait_for_records(self.field, weir, self.records, LONG)
        mirror = weir.mirror(values)
        weir.stop()
        self.field.delete(weir.topics, with_input=False)
        return mirror

    def round(self, order: random.Random) -> Iterator[Entry]:
        names = list(self.makers)
        order.shuffle(names)
        for name in names:
            yield from self._run(name)

    def _run(self, name: str) -> Iterator[Entry]:
        loaded = load_average()
        contestant = self.makers[name](self.field.topics(self.input, True))
        contestant.start()
        first = wait_for_records(self.field, contestant, int(FIRST * self.records), LONG)
        began = Instant.now(contestant.pid(), self.field.broker.pid())
        last = wait_for_records(self.field, contestant, int(LAST * self.records), LONG)
        ended = Instant.now(contestant.pid(), self.field.broker.pid())
        wait_for_records(self.field, contestant, self.records, LONG)
        peak = peak_bytes(contestant.pid())
        contestant.stop()
        self.field.delete(contestant.topics, with_input=False)
        span, records = Span.between(began, ended), last - first
        for suite, seconds in (("service", span.seconds), ("service-cpu", span.cpu_seconds)):
            yield {
                "run_name": f"{suite}/{name}/{self.case}",
                "run_type": "iteration",
                "items_per_second": records / seconds,
                "records": records,
                "wall_seconds": span.seconds,
                "cpu_seconds": span.cpu_seconds,
                "contestant_cores": span.cpu_seconds / span.seconds,
                "broker_cores": span.broker_cores,
                "other_cores": span.other_cores,
                "peak_bytes": peak,
                "load_average": loaded,
            }

    def finish(self) -> None:
        prefix = self.input.removesuffix("meter.events")
        self.field.delete(Topics(self.input, "", prefix, 1), with_input=True)
