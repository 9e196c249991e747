"""How many records a second go through, at several shares of alerts that are throttled."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from contestants import Bare, Commit, Contestant, Field, Mirror, Weir, wait_for_records
from inputs import fleet, generate, records_of
from kafka_support import Topics, load
from steady import LONG, steady_run

Entry = dict[str, object]
COMMIT = Commit()


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

    def __init__(
        self, field: Field, bare_loop: Path, share: Load, records: int, with_costs: bool
    ) -> None:
        self.field, self.bare_loop = field, bare_loop
        self.input = field.input_topic(create_time=True)
        path = share.file(field.folder.parent, records)
        self.records = load(field.broker.bootstrap, self.input, records_of(path, records))
        values = (each.value or b"" for each in records_of(path, self.records))
        self.mirror = self._mirror(values)
        self.case = f"{100 * (1 - self.mirror.forwarded):.0f} % throttled"
        bare, nothing = self.mirror, self.mirror.without_changelog()
        self.makers: dict[str, Callable[[Topics], Contestant]] = {
            "weir": lambda topics: field.enter(Weir(field, topics, COMMIT)),
            "bare": lambda topics: self._bare(topics, bare),
        }
        if with_costs:
            self.makers |= {
                "bare-no-changelog": lambda topics: self._bare(topics, nothing),
                "plain": lambda topics: self._bare(topics, bare, plain=True),
                "plain-no-changelog": lambda topics: self._bare(topics, nothing, plain=True),
            }

    def _bare(self, topics: Topics, mirror: Mirror, plain: bool = False) -> Bare:
        made = Bare(self.field, topics, self.bare_loop, COMMIT, mirror, plain)
        return self.field.enter(made)

    def _mirror(self, values: Iterable[bytes]) -> Mirror:
        """By a run that does not count."""
        weir = Weir(self.field, self.field.topics(self.input, True), COMMIT)
        self.field.enter(weir)
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
        contestant = self.makers[name](self.field.topics(self.input, True))
        span, figures = steady_run(self.field, contestant, self.records)
        contestant.stop()
        self.field.delete(contestant.topics, with_input=False)
        records = int(str(figures["records"]))
        for suite, seconds in (("service", span.seconds), ("service-cpu", span.cpu_seconds)):
            yield {
                "run_name": f"{suite}/{name}/{self.case}",
                "run_type": "iteration",
                "items_per_second": records / seconds,
                **figures,
            }

    def finish(self) -> None:
        self.field.delete_input(self.input)
