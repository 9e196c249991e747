#!/usr/bin/python3
"""Where the processor time of `weir serve` goes. bench/service/profile.sh runs it.

    WEIR=PROGRAM profile.py --folder FOLDER --records N --throttled P
"""

from __future__ import annotations

import argparse
import re
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from contestants import Field, Weir, wait_for_records
from inputs import records_of
from kafka_support import load
from opened_field import run_on_field
from stages import Sample, nanoseconds, perf_samples, print_shares
from steady import FIRST, LAST, LONG
from throughput import COMMIT, LOADS

HERTZ = 999
STACK = 8192  # bytes of a sample's stack: librdkafka keeps no frame pointers

# What the worker asks librdkafka for, by who asks.
ASKED = (
    ("take records: librdkafka", r"weir::WorkerSession::ReadRound"),
    ("look for headers: librdkafka", r"weir::(MessageDecoder|LayDown)|::Fill"),
    ("write records: librdkafka", r"weir::KafkaLog::(Try)?(To)?Produce"),
)
# What the worker does itself; the first that matches.
OWN = (
    ("duplicates", r"weir::Duplicates::|weir::FingerprintOf|XXH3"),
    ("decode", r"weir::DecodeLogMessage"),
    ("lay down", r"weir::MessageDecoder::"),
    ("tell metrics", r"weir::RecentCodes::"),
    ("encode", r"weir::KafkaLog::Write"),
    ("decide", r"weir::CommitProtocol::Process"),
)
COMMIT_STAGE, TURN, STORE = "commit", "go round", "local store, console"
READ, WRITE, REST = "read: librdkafka", "write: librdkafka", "the rest: librdkafka"
KERNEL = ", kernel"
ORDER = (
    READ, READ + KERNEL,
    *(name for name, _ in ASKED[:2]), "lay down", "decode", "duplicates", "decide", "tell metrics",
    "encode", ASKED[2][0], WRITE, WRITE + KERNEL, COMMIT_STAGE, TURN, STORE, REST, REST + KERNEL,
)  # fmt: skip


def in_kernel(functions: list[str]) -> bool:
    return "[kernel" in functions[0]


def stage_of_worker(functions: list[str]) -> str:
    ours = [each for each in functions if "weir::" in each]
    if any(re.search(r"::Commit\b", each) for each in ours):
        return COMMIT_STAGE
    if any("librdkafka" in each for each in functions):
        return next((stage for stage, asks in ASKED if re.search(asks, ours[0])), TURN)
    for stage, pattern in OWN:
        if any(re.search(pattern, each) for each in ours):
            return stage
    return TURN


class Stages:
    """Of the samples of one process. Of librdkafka's threads, which all have the same name, those
    that compress are the producer's, and the busiest other one is the consumer's."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self.samples = list(samples)
        busy: Counter[str] = Counter()
        compresses: defaultdict[str, bool] = defaultdict(bool)
        for functions, weight in self.samples:
            thread = functions[-1]
            if thread.startswith("rdk:broker"):
                busy[thread] += weight
                compresses[thread] |= any("LZ4F_compress" in each for each in functions)
        readers = [thread for thread, _ in busy.most_common() if not compresses[thread]]
        self.roles = {thread: WRITE for thread in busy if compresses[thread]}
        self.roles |= {thread: READ for thread in readers[:1]}

    def of(self, functions: list[str]) -> str:
        thread = functions[-1]
        if any("weir::WorkerSession::" in each for each in functions):
            return stage_of_worker(functions)
        if thread.startswith("rdk:"):
            return self.roles.get(thread, REST) + KERNEL * in_kernel(functions)
        return STORE


def sampled(folder: Path, pid: int, during: Callable[[], int]) -> tuple[int, list[Sample]]:
    """What `during` gives, and the samples that were taken meanwhile."""
    data = folder / "perf.data"
    record = ["perf", "record", "-q", "-e", "cpu-clock", "-F", str(HERTZ), "-o", str(data)]
    record += ["--call-graph", f"dwarf,{STACK}", "-p", str(pid)]
    with subprocess.Popen(record, stderr=subprocess.DEVNULL) as perf:
        try:
            found = during()
        finally:
            perf.send_signal(signal.SIGINT)
    script = ["perf", "script", "-i", str(data), "--no-inline", "-F", "comm,tid,ip,sym,dso"]
    with subprocess.Popen(
        script, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        samples = list(perf_samples(process.stdout))
    data.unlink()
    return found, samples


def profile(field: Field, folder: Path, throttled: int, records: int) -> None:
    share = next(each for each in LOADS if each.throttled == throttled)
    topics = field.topics(None, create_time=True)
    path = share.file(folder, records)
    loaded = load(field.broker.bootstrap, topics.input, records_of(path, records))
    weir = field.enter(Weir(field, topics, COMMIT))
    weir.start()
    first = wait_for_records(field, weir, int(FIRST * loaded), LONG)
    last, samples = sampled(
        folder, weir.pid(), lambda: wait_for_records(field, weir, int(LAST * loaded), LONG)
    )
    metrics = weir.service.metrics()
    passed = metrics.total("weir_records_produced_total", stream="alerts.forwarded")
    weir.stop()
    print(f"\n{loaded:,} alerts as JSON, {100 * (1 - passed / loaded):.0f} % throttled\n")
    stages = Stages(samples)
    print_shares(stages.samples, nanoseconds(last - first, HERTZ), stages.of, ORDER)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--records", type=int, required=True, help="of the input, about")
    parser.add_argument("--throttled", type=int, required=True, help="of a hundred, about")
    arguments = parser.parse_args()
    return run_on_field(
        "profile",
        arguments.folder,
        lambda field: profile(field, arguments.folder, arguments.throttled, arguments.records),
    )


if __name__ == "__main__":
    sys.exit(main())
