#!/usr/bin/env python3
"""The share of each stage of a replay in its processor time, and what it takes an alert.

    bench/stages.py perf FILE --alerts N --hertz H    what `perf script -F comm,ip,sym,dso` printed
    bench/stages.py callgrind FILE --alerts N         what callgrind wrote, with --separate-callers

A sample belongs to the stage of its innermost function that has one; so copying bytes or allocating
memory counts for the stage that asked for it. What happens during a commit belongs to the commit,
whatever it is. Samples of perf count time, those of callgrind instructions.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# The functions of a sample, the innermost first, each with the file it lies in, and behind them
# the thread, if it is known; and its weight.
Sample = tuple[list[str], int]


@dataclass(frozen=True)
class Cost:
    """What a sample stands for."""

    unit: str
    of_each: float


def nanoseconds(alerts: int, hertz: int) -> Cost:
    return Cost("ns an alert", 1e9 / hertz / alerts)


def instructions(alerts: int) -> Cost:
    return Cost("instructions an alert", 1 / alerts)


COMMIT = re.compile(r"weir::Replay::Commit|rocksdb")
# The first that matches; the order is that of a record's way.
STAGES = (
    ("read", r"weir::LineReader::Refill|Stream::Read|weir::ReadAhead|CaptureSource::ReadOn"),
    ("split lines", r"weir::LineReader::|CaptureSource::ReadLines"),
    ("decode", r"simdjson|weir::Decoder::|CaptureSource::(Decode|Place|Read\b)"),
    ("duplicates", r"weir::Duplicates::|weir::FingerprintOf|XXH3"),
    (
        "decide",
        r"weir::(Shard|Throttle|Counters|CounterTable|OpenKeys|Partition|StreamClock)::"
        r"|weir::Replay::Decide",
    ),
    ("write", r"weir::OutputFile::"),
    ("encode", r"weir::OutputFiles::|weir::Replay::WriteResults"),
    ("wait for threads", r"sched_yield|futex|weir::.*ThreadTeam::"),
    # The C library keeps no frame pointers, so that now and then its callers are not known.
    ("memory", r"_int_|malloc|unlink_chunk|munmap|\b__brk\b|__mem(move|cpy|set)"),
    ("start", r"\b_dl_|\bdo_lookup_x\b|\bdl_main\b|ld-linux|CaptureSource::Open"),
)
ORDER = (*(name for name, _ in STAGES), "commit", "other")


def stage_of(functions: list[str]) -> str:
    if any(COMMIT.search(function) for function in functions):
        return "commit"
    for function in functions:
        for name, pattern in STAGES:
            if re.search(pattern, function):
                return name
    return "other"


def perf_samples(lines: Iterable[str]) -> Iterator[Sample]:
    functions: list[str] = []
    thread = ""
    for line in lines:
        # An address, the name and the file; what is not indented is the thread of the next sample.
        if line.startswith(("\t", " ")):
            functions.append(line.split(maxsplit=1)[-1].strip())
        elif line.strip():
            if functions:
                yield [*functions, thread], 1
            functions, thread = [], line.strip()
    if functions:
        yield [*functions, thread], 1


def callgrind_samples(lines: Iterable[str]) -> Iterator[Sample]:
    """Costs of functions themselves, without those they called."""
    names: dict[tuple[str, str], str] = {}

    def name_of(kind: str, text: str) -> str:
        # The first time `(12) name`, then `(12)`.
        number, _, name = text.partition(" ")
        return names.setdefault((kind, number), name)

    functions: list[str] = []
    place = ""
    of_a_call = False
    for line in lines:
        key, _, value = line.rstrip("\n").partition("=")
        if key in ("ob", "cob"):
            name = name_of("ob", value)
            place = name if key == "ob" else place
        elif key in ("fn", "cfn"):
            name = name_of("fn", value)
            functions = [f"{f} ({place})" for f in name.split("'")] if key == "fn" else functions
        elif key == "calls":
            of_a_call = True
        elif re.match(r"[0-9+*-]", line):
            if not of_a_call:
                yield functions, int(line.split()[1])
            of_a_call = False


def short(function: str) -> str:
    """A function's name without arguments, file and namespaces that all have."""
    name = re.sub(r" \(\S*\)$", "", function)
    name = re.sub(r"weir::|\(anonymous namespace\)::|absl::debian\d::|std::__cxx11::", "", name)
    return re.sub(r"[(<].*", "", name)[:40] or "?"


def print_shares(
    samples: Iterable[Sample],
    cost: Cost,
    stage_of: Callable[[list[str]], str] = stage_of,
    order: Sequence[str] = ORDER,
) -> None:
    weights: Counter[str] = Counter()
    innermost: dict[str, Counter[str]] = defaultdict(Counter)
    for functions, weight in samples:
        stage = stage_of(functions)
        weights[stage] += weight
        innermost[stage][short(functions[0])] += weight
    total = sum(weights.values())
    if total == 0:
        raise ValueError("there are no samples")
    print(f"| stage | share | {cost.unit} | most of it in |\n| --- | ---: | ---: | --- |")
    for stage in order:
        if weights[stage]:
            top = ", ".join(
                f"{name} {100 * weight / total:.1f}"
                for name, weight in innermost[stage].most_common(4)
            )
            share, each = 100 * weights[stage] / total, cost.of_each * weights[stage]
            print(f"| {stage} | {share:.1f} % | {each:,.0f} | {top} |")
    print(f"| all | 100 % | {cost.of_each * total:,.0f} | |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("kind", choices=("perf", "callgrind"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--alerts", type=int, required=True)
    parser.add_argument("--hertz", type=int, default=1, help="of the samples of perf")
    arguments = parser.parse_args()
    with arguments.file.open(encoding="utf-8", errors="replace") as lines:
        if arguments.kind == "perf":
            print_shares(perf_samples(lines), nanoseconds(arguments.alerts, arguments.hertz))
        else:
            print_shares(callgrind_samples(lines), instructions(arguments.alerts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
