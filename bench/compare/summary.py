"""What a result of bench/compare.sh says: medians of runs, with the lowest and the highest."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Run = Mapping[str, Any]

TITLES = {
    "weir": "Weir",
    "kafka-streams": "Kafka Streams",
    "flink": "Flink",
    "redis-script": "Redis, script",
    "redis-incr": "Redis, INCR",
}
ORDER = tuple(TITLES)
GOALS = {"kafka-streams": 10, "flink": 20}  # alerts a second per core, Weir's to theirs


@dataclass(frozen=True)
class Spread:
    """The figures of one quantity, of all rounds."""

    median: float
    low: float
    high: float
    rounds: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(statistics.median(values), min(values), max(values), len(values))

    def times(self, factor: float) -> Spread:
        return Spread(self.median * factor, self.low * factor, self.high * factor, self.rounds)


@dataclass(frozen=True)
class Ratio:
    """How much more one has than another: of the medians, and the least and the most that their
    runs would give."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, one: Spread, other: Spread) -> Ratio:
        return cls(one.median / other.median, one.low / other.high, one.high / other.low)


class Summary:
    def __init__(self, runs: Iterable[Run]) -> None:
        self.runs = list(runs)

    def cases(self, part: str) -> list[str]:
        """In the order in which they were measured."""
        return list(dict.fromkeys(str(run["case"]) for run in self.runs if run["part"] == part))

    def systems(self, part: str, case: str) -> list[str]:
        """In the order of TITLES."""
        names = {str(run["system"]) for run in self._of(part, case)}
        return [name for name in ORDER if name in names]

    def spread(self, part: str, case: str, system: str, measure: str) -> Spread | None:
        """Nothing if it was not measured."""
        values = [
            float(run[measure]) for run in self._of(part, case) if run["system"] == system
        ]
        return Spread.of(values) if values else None

    def ratio(self, part: str, case: str, system: str, measure: str) -> Ratio | None:
        """Weir's to that system's."""
        weir = self.spread(part, case, "weir", measure)
        other = self.spread(part, case, system, measure)
        return Ratio.of(weir, other) if weir and other and other.low > 0 else None

    def _of(self, part: str, case: str) -> list[Run]:
        return [run for run in self.runs if (run["part"], str(run["case"])) == (part, case)]
