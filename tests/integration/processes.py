"""What a process is doing, by its id."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from waiting import wait_until

STANDS = 30.0  # seconds by which all threads of a process stand still


def is_alive(pid: int) -> bool:
    """One that has ended may stay as a zombie, where nobody waits for it. Its threads may take
    longer than itself."""
    try:
        return _state(Path(f"/proc/{pid}")) != "Z" or len(_threads(pid)) > 1
    except OSError:
        return False


def is_frozen(pid: int) -> bool:
    """All of its threads stand still."""
    try:
        return all(_state(each) == "T" for each in _threads(pid))
    except OSError:  # one has just ended
        return False


def freeze(pid: int) -> None:
    """Returns once it stands still. A signal is taken by one of the threads when that gets a
    processor, and until then the others go on."""
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: is_frozen(pid), f"pid {pid} stands still", STANDS)


def thaw(pid: int) -> None:
    os.kill(pid, signal.SIGCONT)


def _threads(pid: int) -> list[Path]:
    return list(Path(f"/proc/{pid}/task").iterdir())


def _state(task: Path) -> str:
    return (task / "stat").read_text().rpartition(")")[2].split()[0]
