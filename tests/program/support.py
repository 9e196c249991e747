"""What the program-level tests share: running weir, checking its accounts, making captures.

Goal: each test runs the program as a user does, by its command line, and sees only exit codes, what
it prints and the files it writes. Method: every run goes through this file, which fails a test at
once if the program is missing, ends by a signal, gives an exit code that is not documented, or
prints what a sanitizer or a broken invariant prints.

WEIR names the program, relative to the root of the repository; WEIR_SEED repeats a seed;
WEIR_BRIEF=1 does less, where that takes long; WEIR_SHARED names the folder of reference data, which
some tests need.
"""

from __future__ import annotations

import base64
import json
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
WEIR = ROOT / os.environ.get("WEIR", "build/release/deploy/weir")
SHARED = Path(os.environ.get("WEIR_SHARED", ROOT.parent / "shared"))  # reference data
SEED = int(os.environ.get("WEIR_SEED", "1"))
BRIEF = os.environ.get("WEIR_BRIEF") == "1"

DONE, FAILED, USAGE, CONFIGURATION = 0, 1, 2, 78
ALARMS = (b"Sanitizer", b"invariant broken", b"runtime error:", b"terminate called")
FORMATS: tuple[tuple[str, ...], ...] = (
    (),
    ("--format", "json"),
    ("--format", "kcat"),
    ("--format", "gbcs"),
    ("--format", "duis"),
)
STREAMS = ("alerts.forwarded", "throttle.episodes", "alerts.consolidated")
MAX_MESSAGE = 1 << 20

Argument = str | Path


@dataclass(frozen=True)
class Result:
    code: int
    out: bytes
    err: bytes

    @property
    def message(self) -> str:
        return self.err.decode("utf-8", "replace")


def command(arguments: Sequence[Argument]) -> list[str]:
    if not WEIR.is_file():
        raise AssertionError(f"{WEIR} is missing: build it, or name the program in WEIR")
    return [str(WEIR), *map(str, arguments)]


def shown(arguments: Sequence[Argument]) -> str:
    return "weir " + " ".join(map(str, arguments))


def check_health(arguments: Sequence[Argument], code: int, err: bytes) -> None:
    text = err.decode("utf-8", "replace")
    if code < 0:
        raise AssertionError(f"{shown(arguments)}: signal {-code}\n{text}")
    if any(alarm in err for alarm in ALARMS):
        raise AssertionError(f"{shown(arguments)}: exit code {code}\n{text}")
    if code not in (DONE, FAILED, USAGE, CONFIGURATION):
        raise AssertionError(f"{shown(arguments)}: undocumented exit code {code}\n{text}")


def run(
    arguments: Sequence[Argument], stdin: bytes = b"", timeout: float = 120, **kwargs: Any
) -> Result:
    kwargs.setdefault("stdout", subprocess.PIPE)
    done = subprocess.run(
        command(arguments),
        input=stdin,
        stderr=subprocess.PIPE,
        timeout=timeout,
        check=False,
        **kwargs,
    )
    check_health(arguments, done.returncode, done.stderr)
    return Result(done.returncode, done.stdout or b"", done.stderr)


# --------------------------------------------------------------------------------------------
# Runs that are killed.


@dataclass(frozen=True)
class Life:
    """How a run of its own process ended, and what it cost."""

    killed: bool
    seconds: float
    cpu_seconds: float
    out: bytes


def has_ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def live(
    arguments: Sequence[Argument],
    kill_after: float | None = None,
    kill_when: Callable[[Path], bool] | None = None,
) -> Life:
    """Runs to the end or, if one of the two is given, until it is killed with SIGKILL: after so
    many seconds, or as soon as a condition holds, which is given the file of standard output."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        with out.open("wb") as out_file, err.open("wb") as err_file:
            begin = time.monotonic()
            process = subprocess.Popen(
                command(arguments), stdin=subprocess.DEVNULL, stdout=out_file, stderr=err_file
            )
            if kill_after is not None:
                time.sleep(kill_after)
            while kill_when and not kill_when(out) and not has_ended(process.pid):
                pass
            if kill_after is not None or kill_when is not None:
                os.kill(process.pid, signal.SIGKILL)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        killed = process.returncode == -signal.SIGKILL
        check_health(arguments, 0 if killed else process.returncode, err.read_bytes())
        if process.returncode not in (DONE, -signal.SIGKILL):
            raise AssertionError(f"{shown(arguments)}: {err.read_text(errors='replace')}")
        return Life(killed, seconds, usage.ru_utime + usage.ru_stime, out.read_bytes())


# --------------------------------------------------------------------------------------------
# Captures.


def generate(path: Path, *options: Argument | int) -> None:
    with path.open("wb") as file:
        result = run(["generate", *map(str, options)], stdout=file)
    if result.code != DONE:
        raise AssertionError(result.message)


def generate_alerts(path: Path, count: int, seed: int, *options: Argument | int) -> None:
    """About `count` alerts of ten days, half of them in storms."""
    sizes = ("--devices", max(count // 80, 1), "--storms", max(count // 7400, 1))
    generate(path, *sizes, "--duration", "10d", "--seed", seed, *options)


def spoil(source: Path, target: Path, rng: random.Random) -> None:
    """A capture with lines that are no records, repeated lines, and lines that come late."""
    recent: deque[bytes] = deque(maxlen=2000)
    late: list[tuple[int, bytes]] = []
    with source.open("rb") as lines, target.open("wb") as out:
        for number, line in enumerate(lines):
            roll = rng.random()
            if roll < 0.002:
                out.write(rng.randbytes(rng.randrange(1, 80)).replace(b"\n", b"") + b"\n")
            elif roll < 0.004:
                out.write(line[: rng.randrange(1, len(line) - 1)] + b"\n")
            elif roll < 0.010 and recent:
                out.write(rng.choice(recent))
            elif roll < 0.012:
                late.append((number + rng.randrange(1, 5000), line))
                continue
            out.write(line)
            recent.append(line)
            while late and late[0][0] <= number:
                out.write(late.pop(0)[1])
        out.writelines(line for _, line in late)


def records_of(content: bytes) -> list[tuple[int, bytes]]:
    """The records of a capture and their line numbers: lines of nothing but blanks are none."""
    lines = enumerate(content.split(b"\n"), start=1)
    return [(number, line) for number, line in lines if line.strip(b" \t\r")]


def documented_reasons() -> set[str]:
    text = (ROOT / "connectors/formats/FORMATS.md").read_text(encoding="utf-8")
    section = text.split("## What cannot be decoded")[1].split("\n## ")[0]
    reasons = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    if not reasons:
        raise AssertionError("FORMATS.md lists no reasons of dead letters")
    return reasons


# --------------------------------------------------------------------------------------------
# Tests.


def json_lines(data: bytes) -> Iterator[dict[str, Any]]:
    for line in data.splitlines():
        yield json.loads(line.decode("utf-8"))


class ProgramCase(unittest.TestCase):
    """A folder of its own, and a generator of its own random numbers."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="weir-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.rng = random.Random(f"{SEED} {self.id()}")

    def file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def expect(
        self, code: int, arguments: Sequence[Argument], *needles: Argument, **kwargs: Any
    ) -> Result:
        """Runs; the exit code must be `code`, and a failure must say why with all `needles`."""
        result = run(arguments, **kwargs)
        text = f"{shown(arguments)}\n{result.message[:2000]}"
        self.assertEqual(result.code, code, text)
        if code != DONE:
            self.assertTrue(result.err.strip(), f"no message: {text}")
        for needle in needles:
            self.assertIn(str(needle), result.message, text)
        return result

    def assert_same_files(self, first: Path, second: Path) -> None:
        names = sorted(path.name for path in first.iterdir())
        self.assertEqual(sorted(path.name for path in second.iterdir()), names)
        for name in names:
            self.assert_same_bytes((first / name).read_bytes(), (second / name).read_bytes(), name)

    def assert_same_bytes(self, first: bytes, second: bytes, name: str) -> None:
        if first == second:
            return
        pairs = zip(first.splitlines(), second.splitlines())
        for number, (one, other) in enumerate(pairs, start=1):
            self.assertEqual(one[:1000], other[:1000], f"{name}, line {number}")
        self.fail(f"{name} has {len(first)} bytes in one and {len(second)} in the other")

    def check_counters(self, out: Path) -> None:
        """The counters of notices: in each partition all from 1 on, none of them twice."""
        paths = [out / "inventory.removed", *out.glob("enp.*")]
        notices = (notice for path in paths for notice in json_lines(path.read_bytes()))
        # Responses that go on have none.
        counters = sorted(int(each["counter"]) for each in notices if "counter" in each)
        numbers = Counter(counter >> 48 for counter in counters)
        wanted = [
            (partition << 48) + sequence
            for partition, count in sorted(numbers.items())
            for sequence in range(1, count + 1)
        ]
        self.assertEqual(counters, wanted)
        self.assertGreater(len(numbers), 3, "notices of too few partitions")

    def check_accounts(self, content: bytes, out: Path, shown_summary: bytes | None = None) -> None:
        """Every record of a capture is in the summary, and every dead one in dead.letter as it
        was, at its place."""
        summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
        if shown_summary is not None:
            self.assertEqual(shown_summary, (out / "summary.json").read_bytes())
        records = records_of(content)
        parts = ("dead", "duplicates", "other", "alerts")
        self.assertEqual(summary["read"], len(records))
        self.assertEqual(summary["read"], sum(summary[part] for part in parts), summary)
        letters = list(json_lines((out / "dead.letter").read_bytes()))
        self.assertEqual(len(letters), summary["dead"])
        lines, last, reasons = dict(records), -1, documented_reasons()
        for letter in letters:
            self.check_letter(letter, lines[letter["line"]])
            self.assertIn(letter["reason"], reasons)
            if "topic" not in letter:  # others keep the offset that kcat saw
                self.assertGreater(letter["offset"], last)
                last = letter["offset"]

    def check_letter(self, letter: dict[str, Any], line: bytes) -> None:
        written = base64.b64decode(letter["bytes"], validate=True)
        self.assertEqual(written, line[:MAX_MESSAGE], letter["line"])
        if len(line) > MAX_MESSAGE:
            self.assertEqual(letter["length"], len(line))
            self.assertRegex(letter["digest"], r"^xxh3_128:[0-9a-f]{32}$")


def main() -> None:
    print(f"WEIR_SEED={SEED}", flush=True)
    unittest.main(module="__main__", verbosity=2)
