"""The time during which a contestant is measured: neither its start nor its end."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from contestants import Contestant, Field, wait_for_records
from kafka_support import wait_until
from machine import Instant, Span, load_average, peak_bytes

LONG = 300.0  # seconds for one run
# Shares of the records between which is measured: neither the start counts nor the last batch,
# which waits for its interval to be over.
FIRST, LAST = 0.1, 0.95

Figures = dict[str, object]


@dataclass(frozen=True)
class Limits:
    """For those that are slow, how many seconds go by at most before and while it is measured."""

    warm: float = math.inf
    seconds: float = math.inf


def steady_run(
    field: Field, contestant: Contestant, records: int, limits: Limits = Limits()
) -> tuple[Span, Figures]:
    """Starts it, measures it between two of its commits, and lets it go on to the end unless it is
    slow. It still runs when this returns."""
    loaded = load_average()
    contestant.start()
    first = _commit(field, contestant, int(FIRST * records), limits.warm)
    began = Instant.now(contestant.pid(), field.broker.pid())
    last = _commit(field, contestant, int(LAST * records), limits.seconds)
    ended = Instant.now(contestant.pid(), field.broker.pid())
    if last == first:
        raise AssertionError(f"{records} records are one commit: too few to measure anything")
    if last >= int(LAST * records):
        wait_for_records(field, contestant, records, LONG)
    span = Span.between(began, ended)
    return span, {
        "records": last - first,
        "wall_seconds": span.seconds,
        "cpu_seconds": span.cpu_seconds,
        "contestant_cores": span.cpu_seconds / span.seconds,
        "broker_cores": span.broker_cores,
        "other_cores": span.other_cores,
        "peak_bytes": peak_bytes(contestant.pid()),
        "load_average": loaded,
    }


def _commit(field: Field, contestant: Contestant, records: int, seconds: float) -> int:
    """Waits for the commit of so many records or, when the time is over, for the next one. Gives
    how many are committed."""
    deadline = time.monotonic() + seconds
    done_by_then: int | None = None

    def ask() -> tuple[int] | None:
        nonlocal done_by_then
        done = field.done(contestant.topics)
        if done_by_then is None and time.monotonic() >= deadline:
            done_by_then = done
        is_next = done_by_then is not None and done > done_by_then
        return (done,) if done >= records or is_next else None

    within = LONG if math.isinf(seconds) else seconds + LONG
    return wait_until(
        ask, f"{records} records committed", within,
        lambda: f"but {field.done(contestant.topics)}\n{contestant.log()}",
    )[0]  # fmt: skip
