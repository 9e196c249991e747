"""Compare `weir replay` with the model over random scenarios.

    python3 compare.py --weir PATH [--seeds N] [--first-seed S] [--jobs J] [-- extra weir args]

Stops at the first difference: prints the seed and the difference, keeps the folder with capture,
policy and both outputs, and exits 1.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import invariants
import model
import scenario

SAME_BYTES = ("alerts.forwarded", "throttle.episodes", "alerts.consolidated")
# Figures of the summary that are about records which this model only counts.
OTHERS = ("others", "requests_accepted", "requests_rejected", "responses_to_operators",
          "load_switching", "pending_devices")  # fmt: skip
CONTEXT = 3  # lines before a difference
TIMEOUT = 120  # seconds for one replay
PROGRESS = 3.0  # seconds between lines of progress


@dataclass(frozen=True)
class Task:
    weir: str
    extra: tuple[str, ...]
    seed: int
    alerts: int
    root: Path

    def folder(self) -> Path:
        return self.root / f"seed-{self.seed}"


def run_task(task: Task) -> str | None:
    """What differs for this seed; None if nothing does, and then nothing is left on disk."""
    folder = task.folder()
    drawn = scenario.generate(task.seed, task.alerts)
    scenario.write_scenario(drawn, folder)
    expected = model.run(drawn.capture, drawn.policy, "capture.jsonl")
    model.write_outputs(expected, folder / "model", archive=True)
    difference = run_weir(task, drawn.policy is not None)
    if difference is None:
        try:
            difference = first_problem(drawn, folder)
        except (ValueError, KeyError, TypeError, StopIteration) as error:
            difference = f"outputs cannot be read: {error!r}"
    if difference is None:
        shutil.rmtree(folder)
    return difference


def first_problem(drawn: scenario.Scenario, folder: Path) -> str | None:
    difference = first_difference(folder / "model", folder / "weir")
    if difference is not None:
        return difference
    problems = invariants.check(drawn.capture, drawn.policy, folder / "weir")
    return "\n".join(problems[:10]) or None


def weir_command(task: Task, has_policy: bool) -> list[str]:
    folder = task.folder()
    command = [task.weir, "replay"]
    if has_policy:
        # JSON is YAML too: every other seed is read in block style.
        name = "policy.yaml" if task.seed % 2 else "policy.json"
        command += ["--policy", str(folder / name)]
    command += ["--archive", "--out", str(folder / "weir"), *task.extra]
    return [*command, str(folder / "capture.jsonl")]


def run_weir(task: Task, has_policy: bool) -> str | None:
    return run_command(weir_command(task, has_policy))


def run_command(command: list[str]) -> str | None:
    """What went wrong, or None."""
    shown = " ".join(command)
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return f"no end after {TIMEOUT} s: {shown}"
    if done.returncode != 0:
        tail = done.stderr.decode(errors="replace")[-2000:]
        return f"exit code {done.returncode}: {shown}\n{tail}"
    return None


# --------------------------------------------------------------------------------------------
# Differences.


def first_difference(expected: Path, found: Path) -> str | None:
    for name in SAME_BYTES:
        difference = differing_line(name, lines(expected / name), lines(found / name))
        if difference is not None:
            return difference
    difference = differing_line(
        "dead.letter (offset, bytes)", dead(expected / "dead.letter"), dead(found / "dead.letter")
    )
    if difference is not None:
        return difference
    return differing_summary(expected / "summary.json", found / "summary.json")


def lines(path: Path) -> list[bytes]:
    """With the line ends, so that a missing last one is seen. No file: no records."""
    return path.read_bytes().splitlines(keepends=True) if path.exists() else []


def dead(path: Path) -> list[bytes]:
    """Only what the reference settles: which records, and what they held."""
    letters = [json.loads(line) for line in lines(path)]
    return [f"{each['offset']} {each['bytes']}".encode() for each in letters]


def differing_line(name: str, expected: list[bytes], found: list[bytes]) -> str | None:
    if expected == found:
        return None
    at = 0
    while at < min(len(expected), len(found)) and expected[at] == found[at]:
        at += 1
    report = [f"{name}: line {at + 1} differs ({len(expected)} lines expected, {len(found)} found)"]
    report += [f"    same: {show(line)}" for line in expected[max(0, at - CONTEXT) : at]]
    report += [f"expected: {show(line)}" for line in expected[at : at + 2] or [b"(end of file)"]]
    report += [f"   found: {show(line)}" for line in found[at : at + 2] or [b"(end of file)"]]
    return "\n".join(report)


def show(line: bytes) -> str:
    text = line.decode(errors="replace")
    return text[:-1] if text.endswith("\n") else text + " (no line end)"


def differing_summary(expected: Path, found: Path) -> str | None:
    if not found.exists():
        return "summary.json: missing"
    figures = {name: each for name, each in read_json(found).items() if name not in OTHERS}
    differences = leaf_differences("", read_json(expected), figures)
    if not differences:
        return None
    return "\n".join(["summary.json differs (expected, found)", *differences[:12]])


def read_json(path: Path) -> Any:
    return json.loads(path.read_bytes())


def leaf_differences(path: str, expected: Any, found: Any) -> list[str]:
    if isinstance(expected, dict) and isinstance(found, dict):
        names = list(dict.fromkeys([*expected, *found]))
        return [
            difference
            for name in names
            for difference in leaf_differences(
                f"{path}.{name}", expected.get(name, "absent"), found.get(name, "absent")
            )
        ]
    return [] if expected == found else [f"  {path[1:]}: {expected}, {found}"]


# --------------------------------------------------------------------------------------------
# Running many.


class Progress:
    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.start = self.shown = time.monotonic()

    def step(self) -> None:
        self.done += 1
        now = time.monotonic()
        if now - self.shown >= PROGRESS:
            self.shown = now
            rate = self.done / (now - self.start)
            print(f"{self.done} of {self.total} seeds, {rate:.1f}/s", file=sys.stderr, flush=True)


def run_all(tasks: list[Task], jobs: int) -> tuple[Task, str] | None:
    """The first failure to be found, with its task."""
    progress = Progress(len(tasks))
    with ProcessPoolExecutor(max_workers=jobs) as pool:
        running: dict[Future[str | None], Task] = {
            pool.submit(run_task, task): task for task in tasks
        }
        for future in as_completed(running):
            difference = future.result()
            if difference is not None:
                pool.shutdown(cancel_futures=True)
                return running[future], difference
            progress.step()
    return None


def parse_arguments() -> tuple[argparse.Namespace, tuple[str, ...]]:
    own, extra = sys.argv[1:], []
    if "--" in own:
        cut = own.index("--")
        own, extra = own[:cut], own[cut + 1 :]
    parser = argparse.ArgumentParser(
        description="Compare weir replay with the model over random scenarios.",
        epilog="Arguments after -- are passed on to weir replay.",
    )
    parser.add_argument("--weir", required=True, help="the program to test")
    parser.add_argument("--seeds", type=int, default=100, help="how many (default 100)")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--alerts", type=int, default=4000, help="size of a scenario")
    return parser.parse_args(own), tuple(extra)


def main() -> int:
    options, extra = parse_arguments()
    weir = shutil.which(options.weir)
    if weir is None:
        print(f"not a program: {options.weir}", file=sys.stderr)
        return 2
    root = Path(tempfile.mkdtemp(prefix="weir-model-"))
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    tasks = [Task(weir, extra, seed, options.alerts, root) for seed in seeds]
    failure = run_all(tasks, options.jobs)
    if failure is None:
        shutil.rmtree(root)
        print(f"{len(tasks)} seeds compared, no difference")
        return 0
    task, difference = failure
    print(f"seed {task.seed} differs, see {task.folder()}\n{difference}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
