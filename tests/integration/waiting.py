"""Waiting for something to become true, and for nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PAUSE = 0.02  # seconds between two looks


def wait_until(
    condition: Callable[[], T | None], what: str, within: float, detail: Callable[[], str] = str
) -> T:
    """Looks again and again until `condition` gives something true, and returns that. Fails when
    that takes more than `within` seconds: `what` says what was awaited, `detail` how it stands."""
    deadline = time.monotonic() + within
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s: {what} {detail()}".rstrip())
        time.sleep(PAUSE)
    return value
