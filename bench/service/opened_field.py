"""A broker and the processors for it, and for what is measured on it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from contestants import Field
from kafka_support import Broker, Unavailable, end_in_order_when_told_to

UNAVAILABLE = 69


@contextmanager
def opened_field(folder: Path) -> Iterator[Field]:
    """The broker, this process and what it starts stay on the first processor; contestants run on
    the last. Whatever happens nothing of it outlives this, and what is in the folder `scratch` of
    `folder` goes with it. Raises Unavailable if there is no broker to be had."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})  # the broker inherits it
    try:
        broker = Broker({"log.segment.bytes": str(256 << 20)})
        try:
            scratch = folder.resolve() / "scratch"
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir(parents=True)
            field = Field(broker, scratch, max(before))
            try:
                yield field
            finally:
                field.discard_all()
                shutil.rmtree(scratch, ignore_errors=True)
        finally:
            broker.stop()
    finally:
        os.sched_setaffinity(0, before)


def run_with_broker(script: str, run: Callable[[], None]) -> int:
    """All that a script with a broker does but for reading its arguments; gives its exit code."""
    end_in_order_when_told_to()
    try:
        run()
    except Unavailable as error:
        print(f"{script}: there is no broker: {error}", file=sys.stderr)
        return UNAVAILABLE
    return 0


def run_on_field(script: str, folder: Path, run: Callable[[Field], None]) -> int:
    """The same for one that needs a field from its beginning to its end."""

    def run_on_it() -> None:
        with opened_field(folder) as field:
            run(field)

    return run_with_broker(script, run_on_it)
