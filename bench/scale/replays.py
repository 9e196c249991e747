"""Replays of the captures of cases.py: rate, memory, instructions, and the stages of each."""

from __future__ import annotations

import json
import re
import shutil
import statistics
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import cases
from cases import Case
from machine import load_average
from replay import Run, measured
from stages import perf_samples, stage_of
from throughput import Entry

COUNTED = 50_000  # alerts of a run whose instructions are counted
SAMPLES = 20_000  # of a run under perf, about
MOST_HERTZ = 1999
LONG = 10.0  # seconds of a run beside which perf's own tenths do not count
ONE_COMMIT = ("--commit-every", "1h")  # since a tool that counts makes each second longer
INSTRUCTIONS = re.compile(r"Collected : (\d+)")
# As of_keys(), but small: how many of its alerts make a new key, and what a message takes that is
# remembered.
PROBE_DEVICES = 1_000_000


def works(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def state_bytes(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


@dataclass
class Replays:
    weir: Path
    scratch: Path
    processors: Sequence[int]  # the generator is on the first, the replay on the last

    def __post_init__(self) -> None:
        self.samples = self.scratch / "perf.data"
        sampling = ["perf", "record", "-q", "-e", "cpu-clock", "-g", "-o", str(self.samples)]
        self.sampling = sampling if works([*sampling, "true"]) else None
        self.counting = works(["valgrind", "--version"])

    # -- one run

    def _on(self, index: int) -> list[str]:
        return ["taskset", "-c", str(self.processors[index])]

    def _replay(self, case: Case, capture: str, policy: Path) -> list[str]:
        """Into new folders."""
        command = [str(self.weir), "replay", "--json", "--threads", "1", "--policy", str(policy)]
        for option in case.writes:
            folder = self.scratch / option[2:]
            shutil.rmtree(folder, ignore_errors=True)
            command += [option, str(folder)]
        return [*command, capture]

    def run(
        self, case: Case, capture: Path, prefix: Sequence[str] = ()
    ) -> tuple[Run, dict[str, Any]]:
        """Gives the summary as well. The capture of a piped case is made meanwhile."""
        policy = case.write_policy(self.scratch / "policy.yaml")
        source = case.generated(self.weir, self._on(0)) if case.piped else None
        command = self._replay(case, "-" if case.piped else str(capture), policy)
        with source or nullcontext():
            pipe: IO[bytes] | None = source.stdout if source else None
            run = measured([*self._on(-1), *prefix, *command], source=pipe)
        if source and source.returncode != 0:
            raise ValueError(f"{case}: weir generate ended with {source.returncode}")
        summary = json.loads(run.output)
        if summary["dead"] or not summary["alerts"]:
            raise ValueError(f"{case}: {summary}")
        return run, summary

    # -- what is told of it

    def entry(self, case: Case, run: Run, summary: dict[str, Any], capture: Path) -> Entry:
        alerts = summary["alerts"]
        kept = self.scratch / "state"
        return {
            "run_name": f"scale-{case.suite}/weir/{case.x}",
            "run_type": "iteration",
            "items_per_second": alerts / run.cpu_seconds,
            "ns_per_alert": 1e9 * run.cpu_seconds / alerts,
            "alerts": alerts,
            "cpu_seconds": run.cpu_seconds,
            "wall_seconds": run.wall_seconds,
            "peak_bytes": run.peak_bytes,
            "page_faults": run.page_faults / alerts,
            "line_bytes": 0.0 if case.piped else capture.stat().st_size / alerts,
            "throttled_share": 1 - summary["forwarded"] / alerts,
            "state_bytes": state_bytes(kept),
            "load_average": load_average(),
        }

    def stages(self, case: Case, seconds: float) -> Iterator[Entry]:
        """Of the samples that perf has just taken; an alert takes so many seconds in all."""
        script = ["perf", "script", "-i", str(self.samples), "--no-inline", "-F", "comm,ip,sym,dso"]
        shares: Counter[str] = Counter()
        process = subprocess.Popen(
            script, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        with process:
            assert process.stdout is not None
            for functions, weight in perf_samples(process.stdout):
                shares[stage_of(functions)] += weight
        for stage, weight in shares.items():
            yield {
                "run_name": f"stages-{case.suite}/{stage}/{case.x}",
                "run_type": "iteration",
                "ns_per_alert": 1e9 * seconds * weight / shares.total(),
                "samples": weight,
            }

    def measure(self, case: Case, rounds: int) -> Iterator[Entry]:
        """Once more under perf, if it works here, a few samples a millisecond. What perf itself
        takes counts with the run; beside a long one it is nothing, which then is one of the
        rounds."""
        capture = self.scratch / "capture.jsonl"
        if not case.piped:
            case.write(self.weir, capture)
        seconds: list[float] = []
        while len(seconds) < rounds:
            is_long = bool(seconds) and seconds[0] > LONG
            sampled = self.sampling is not None and is_long and len(seconds) == rounds - 1
            hertz = min(MOST_HERTZ, max(99, round(SAMPLES / max(seconds, default=1.0))))
            run, summary = self.run(case, capture, self._sampled(hertz) if sampled else ())
            seconds.append(run.cpu_seconds)
            yield self.entry(case, run, summary, capture)
        if self.sampling is not None and not sampled:
            self.run(case, capture, self._sampled(hertz))
        if self.sampling is not None:
            yield from self.stages(case, statistics.median(seconds) / summary["alerts"])

    def _sampled(self, hertz: int) -> list[str]:
        assert self.sampling is not None
        return [*self.sampling, "-F", str(hertz), "--"]

    # -- instructions

    def _collected(self, case: Case, capture: Path) -> int:
        policy = case.write_policy(self.scratch / "policy.yaml")
        tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
        done = subprocess.run(
            [*tool, *self._replay(case, str(capture), policy), *ONE_COMMIT],
            capture_output=True,
            check=True,
            text=True,
        )
        found = INSTRUCTIONS.search(done.stderr)
        assert found is not None, done.stderr
        return int(found[1])

    def instructions(self, case: Case) -> Iterator[Entry]:
        """Of the program itself without the kernel's, per alert, with one commit in all; those of
        its start left out."""
        if not self.counting:
            return
        capture, nothing = self.scratch / "counted.jsonl", self.scratch / "nothing.jsonl"
        nothing.touch()
        count = case.write(self.weir, capture, COUNTED)
        alone = self._collected(case, nothing)
        yield {
            "run_name": f"instructions-{case.suite}/weir/{case.x}",
            "run_type": "iteration",
            "per_alert": (self._collected(case, capture) - alone) / count,
            "alerts": count,
        }

    # -- the suites

    def mix(self, of: Callable[[int], Iterable[Case]], alerts: int, rounds: int) -> Iterator[Entry]:
        for case, small in zip(of(alerts), of(min(alerts, COUNTED))):
            yield from self.measure(case, rounds)
            yield from self.instructions(small)

    def probe(self) -> dict[str, float]:
        """What is the same for all numbers of keys: `new`, the share of alerts that make a key, and
        `message`, the bytes of one that is remembered, which those of the last hour are."""
        peaks, found = [], {}
        for duration, rate in (("1d", 1), ("1h", 24)):
            options = cases.background(PROBE_DEVICES, rate, duration)
            case = Case("probe", 0, options, ("--state",), cases.WIDE)
            capture = self.scratch / "capture.jsonl"
            case.write(self.weir, capture)
            run, _ = self.run(case, capture)
            peaks.append(run.peak_bytes)
            command = [str(self.weir), "inspect", "--json", "--state", str(self.scratch / "state")]
            found[duration] = json.loads(subprocess.check_output(command))["partitions"][0]
        day, hour = found["1d"], found["1h"]
        messages = hour["messages_remembered"] - day["messages_remembered"]
        return {
            "new": day["live_keys"] / day["read"],
            "message": (peaks[1] - peaks[0]) / messages,
        }
