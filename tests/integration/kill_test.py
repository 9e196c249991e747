"""Exactly once, whatever is killed: the service at every failpoint and at random instants, and the
broker in between.

    /usr/bin/python3 tests/integration/kill_test.py [Class[.test_name]]

WEIR_KILLS says how many faults there are; without it there is one of each kind. WEIR_ALERTS says
how many records are read in all, at least.
"""

from __future__ import annotations

import collections
import contextlib
import itertools
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from faults import POLICY, QUICK, SLOW, FaultCase, endless_storms, much_later, said, stop_all
from kafka_support import (
    STREAMS,
    Policy,
    Record,
    Service,
    end_offsets,
    load,
    main,
    merged,
    support,
    wait_until,
)

HEADER = support.ROOT / "connectors/kafka/failpoints.h"
KILLS = int(os.environ.get("WEIR_KILLS", "0"))
ALERTS = int(os.environ.get("WEIR_ALERTS", "25000"))

PARTITIONS = 4
STEP = 900  # milliseconds of stream time from one record to the next
LATER = 5 * 86_400_000  # milliseconds until the last records, when all requests are settled
PIECE = 200  # records, for when there is nothing left to do
PAUSE = 0.5  # seconds between two such pieces
REMEMBERED = 1000  # records of which one may come again
FORGETFUL = 7  # each so manieth start finds no state directory
LONGEST_FREEZE = 4.0  # seconds
OFTEN = 4  # times as many of the faults that take a second as of those that take more
SLOWEST = 1000  # records a second that are processed at least

# What is loaded in small batches is read in small rounds, so that there are many commits.
BATCH = 2048  # bytes
CONFIG: dict[str, Any] = {
    "kafka": {"max.partition.fetch.bytes": BATCH},
    "service": {"workers": 2, "commit": {"interval": "5ms", "records": 50}},
}
PER_COMMIT = 400  # records, about
MOST_WRITES = 8  # of the local store, among which one fails

# Points whose error leaves the outcome of a transaction to be asked for.
UNSETTLING = ("begun", "produced", "changes_sent", "offsets_sent", "committing", "committed")


def failpoints() -> list[str]:
    """All there are, as the program has them."""
    names = re.search(r"kFailpoints = \{(.*?)\};", HEADER.read_text(), re.DOTALL)
    assert names is not None, f"no failpoints in {HEADER}"
    return re.findall(r'^\s*"(\w+)",', names[1], re.MULTILINE)


def blemished(rng: Any, records: Iterator[Record]) -> Iterator[Record]:
    """Now and then one comes again, or one that cannot be decoded."""
    recent: collections.deque[Record] = collections.deque(maxlen=REMEMBERED)
    for each in records:
        yield each
        recent.append(each)
        chance = rng.random()
        if chance < 0.02:
            yield rng.choice(recent)._replace(timestamp=each.timestamp)
        elif chance < 0.03:
            yield each._replace(value=(each.value or b"")[:-2])


class Faults(FaultCase):
    """Faults happen to a service that has work, one after the other. Between two of them nothing
    runs but the broker."""

    def setUp(self) -> None:
        super().setUp()
        self.topics = self.create_topics(PARTITIONS)
        # Without a window a record that is processed twice shows; with one, a set that was lost.
        window = self.rng.choice(("0s", "10m"))
        self.policy: Policy = {**POLICY, "duplicate_window": window}
        self.instance, self.other = (self.member(f"weir-{number}") for number in range(2))
        self.stream = blemished(self.rng, endless_storms(self.rng, PARTITIONS, STEP))
        self.portion = PIECE  # records for each fault
        self.loaded = self.starts = self.kills = 0

    def member(self, name: str) -> Service:
        return self.service(self.topics, merged(QUICK, CONFIG), self.policy, name)

    # -- what faults consist of

    def feed(self, count: int) -> None:
        records = itertools.islice(self.stream, count)
        self.loaded += load(self.broker.bootstrap, self.topics.input, records, BATCH)

    def begin(self, failpoints: str = "", forget: bool = False) -> None:
        """Starts the service and gives it work."""
        self.starts += 1
        if forget or self.starts % FORGETFUL == 0:
            shutil.rmtree(self.instance.folder / "state", ignore_errors=True)
        self.instance.start(failpoints, wait=False)
        self.feed(self.portion)

    def feed_until(self, condition: Callable[[], bool], what: str) -> None:
        """There is work for as long as it takes."""
        deadline = time.monotonic() + SLOW
        while not condition():
            late = time.monotonic() > deadline
            self.assertFalse(late, f"not within {SLOW:g} s: {what}\n{self.instance.log()}")
            self.feed(PIECE)
            self.wait_a_little()

    def wait_a_little(self) -> None:
        assert self.instance.process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.instance.process.wait(PAUSE)

    def has_ended(self) -> bool:
        return self.instance.exit_code() is not None

    def assert_runs(self) -> None:
        self.assertFalse(self.has_ended(), self.instance.log())

    def wait_for_work(self) -> None:
        """It commits, and has more to do."""
        self.instance.wait_ready()
        before = self.done(self.topics)

        def is_at_work() -> bool:
            self.assert_runs()
            done = self.done(self.topics)
            if done >= self.loaded:
                self.feed(self.portion)
            return before < done < self.loaded

        wait_until(is_at_work, "it is at work", SLOW, self.instance.log)

    def expect_kill(self) -> None:
        """By a failpoint: nobody else has done it."""
        code = self.instance.wait(SLOW)
        self.assertEqual(code, -signal.SIGKILL, f"{self.instance.armed}\n{self.instance.log()}")
        self.kills += 1

    def kill(self) -> None:
        self.assert_runs()
        self.instance.sigkill()
        self.kills += 1

    def go_on(self) -> None:
        """Whatever happened, it works, until it ends in one way or the other."""
        before = self.done(self.topics)
        self.feed(PIECE)
        self.wait_for_progress(self.topics, before + 1)
        if self.rng.random() < 0.5:
            self.kill()
        else:
            stop_all(self.instance)

    # -- faults at failpoints; each gives a line that says what it was

    def passages(self) -> int:
        """By chance; on average about as many as a portion takes."""
        return self.rng.randint(1, max(8, 2 * self.portion // PER_COMMIT))

    def kill_at_start(self, point: str, most: int, forget: bool = False) -> str:
        fault = f"{point}:{self.rng.randint(1, most)}=kill"
        self.begin(fault, forget)
        self.expect_kill()
        return fault

    def kill_at_work(self, fault: str) -> str:
        self.begin(fault)
        self.feed_until(self.has_ended, fault)
        self.expect_kill()
        return fault

    def kill_at_passage(self, point: str) -> str:
        return self.kill_at_work(f"{point}:{self.passages()}=kill")

    def kill_at_store_write(self) -> str:
        return self.kill_at_work(f"store_writing:{self.rng.randint(1, MOST_WRITES)}=kill")

    def kill_at_record(self) -> str:
        end = self.rng.choice(list(end_offsets(self.broker.bootstrap, self.topics.input).values()))
        return self.kill_at_work(f"record@{end + self.rng.randrange(PIECE)}=kill")

    def kill_while_it_asks(self, error: str) -> str:
        return self.kill_at_work(f"{error},settling=kill")

    def kill_at_stop(self, point: str) -> str:
        fault = f"{point}:{self.rng.randint(1, 2)}=kill"  # both workers pass it
        self.begin(fault)
        wait_until(lambda: self.instance.ready() or self.has_ended(), "it is ready", SLOW,
                   self.instance.log)  # fmt: skip
        self.instance.terminate()
        self.expect_kill()
        return fault

    def kill_as_another_joins(self) -> str:
        fault = f"revoking:{self.rng.randint(1, 2)}=kill"
        self.begin(fault)
        wait_until(lambda: self.instance.ready() or self.has_ended(), "it is ready", SLOW,
                   self.instance.log)  # fmt: skip
        self.other.start(wait=False)
        self.feed_until(self.has_ended, fault)
        self.expect_kill()
        takes_over = self.rng.random() < 0.5
        if takes_over:
            self.wait_for_partitions(weir_1=PARTITIONS)
            self.feed(PIECE)
            self.wait_until_committed(self.topics)
        self.other.sigkill()
        self.kills += 1
        return f"{fault} as another joins" + (" and takes over" if takes_over else "")

    # -- errors at failpoints

    def unsettling(self, point: str = "") -> str:
        return f"{point or self.rng.choice(UNSETTLING)}:{self.passages()}=error"

    def errors(self) -> str:
        points = [self.unsettling(point) for point in UNSETTLING]
        points.append(f"store_writing:{self.rng.randint(1, MOST_WRITES)}=error")
        self.begin(",".join(points))
        self.instance.wait_ready()
        self.feed_until(self.errors_are_over, ",".join(points))
        self.go_on()
        return ",".join(points)

    def errors_are_over(self) -> bool:
        """The outcome of each has been found out."""
        metrics = self.instance.metrics()
        outcomes = ("rolled_back", "resolved_done")
        settled = sum(metrics.total("weir_commits_total", outcome=each) for each in outcomes)
        return settled >= len(UNSETTLING) and metrics.total("weir_store_failures_total") > 0

    def error_while_it_asks(self) -> str:
        fault = f"{self.unsettling()},settling=error"
        before = said(self.instance).count("failpoint settling")
        self.begin(fault)
        self.feed_until(lambda: said(self.instance).count("failpoint settling") > before, fault)
        self.go_on()
        return fault

    # -- faults at random instants

    def kill_after_a_while(self) -> str:
        seconds = self.rng.uniform(0, 2)
        self.begin()
        time.sleep(seconds)
        self.kill()
        return f"SIGKILL {seconds:.2f} s after it was given work"

    def kill_at_some_progress(self) -> str:
        self.begin()
        before = self.done(self.topics)
        more = self.rng.randint(1, self.loaded - before)
        self.wait_for_progress(self.topics, before + more)
        self.kill()
        return f"SIGKILL after {more} records"

    # -- faults of the broker

    def break_broker(self, what: str, fault: Callable[[], None]) -> str:
        self.begin()
        self.wait_for_work()
        fault()
        self.go_on()
        return what

    def restart_broker(self) -> str:
        return self.break_broker("restart of the broker", self.broker.restart)

    def kill_broker(self) -> str:
        def fault() -> None:
            self.broker.kill()
            self.broker.start()

        return self.break_broker("SIGKILL of the broker", fault)

    def freeze_broker(self) -> str:
        seconds = self.rng.uniform(1, LONGEST_FREEZE)

        def fault() -> None:
            self.broker.freeze()
            time.sleep(seconds)
            self.broker.thaw()

        return self.break_broker(f"freeze of the broker for {seconds:.2f} s", fault)

    def kill_before_frozen_broker(self) -> str:
        """What it asked for last is answered when it is gone."""
        self.begin()
        self.wait_for_work()
        self.broker.freeze()
        time.sleep(self.rng.uniform(0, 0.1))
        self.kill()
        self.broker.thaw()
        return "SIGKILL while the broker is frozen"

    def kill_both(self) -> str:
        self.begin()
        self.wait_for_work()
        self.broker.kill()
        self.kill()
        self.broker.start()
        return "SIGKILL of the broker, then of the service"


class Kills(Faults):
    def points(self) -> dict[str, Callable[[], str]]:
        """How each failpoint is reached."""
        special: dict[str, Callable[[], str]] = {
            "assigned": lambda: self.kill_at_start("assigned", 2),
            "restoring": lambda: self.kill_at_start("restoring", 2 * PARTITIONS, forget=True),
            "restored": lambda: self.kill_at_start("restored", PARTITIONS),
            "record": self.kill_at_record,
            "store_writing": self.kill_at_store_write,
            "revoking": lambda: self.kill_at_stop("revoking"),
            "settling": lambda: self.kill_while_it_asks(self.unsettling("committing")),
            "stopping": lambda: self.kill_at_stop("stopping"),
        }
        passed = ("polled", *UNSETTLING, "accepted")
        return {**special, **{each: partial(self.kill_at_passage, each) for each in passed}}

    def faults(self, count: int) -> list[Callable[[], str]]:
        """Each kind once, and beyond that any; those that take long are rare."""
        quick = [
            *self.points().values(),
            lambda: self.kill_while_it_asks(self.unsettling()),
            self.errors,
            self.error_while_it_asks,
            self.kill_after_a_while,
            self.kill_at_some_progress,
        ]
        slow = [
            self.kill_as_another_joins,
            self.restart_broker,
            self.kill_broker,
            self.freeze_broker,
            self.kill_before_frozen_broker,
            self.kill_both,
        ]
        once = [*quick, *slow]
        weights = [OFTEN] * len(quick) + [1] * len(slow)
        more = self.rng.choices(once, weights, k=max(0, count - len(once)))
        self.rng.shuffle(once)
        self.rng.shuffle(more)
        return [*once, *more][: count or None]

    def test_each_failpoint_has_a_fault(self) -> None:
        self.assertEqual(sorted(self.points()), sorted(failpoints()))

    def test_exactly_once(self) -> None:
        faults = self.faults(KILLS)
        self.portion = max(PIECE, ALERTS // (len(faults) + 1))
        began = time.monotonic()
        # So that there is something to restore.
        self.begin()
        self.wait_until_committed(self.topics)
        self.kill()
        for number, fault in enumerate(faults, 1):
            what = fault()
            seconds = time.monotonic() - began
            print(f"{number:5} {seconds:7.1f} s {self.loaded:8} records  {what}", flush=True)
        self.begin()
        self.feed(max(0, ALERTS - self.loaded))
        self.load(self.topics, much_later(PARTITIONS, next(self.stream).timestamp + LATER))
        self.wait_until_committed(self.topics, SLOW + self.loaded / SLOWEST)
        stop_all(self.instance)
        commits = sum(int(note.split()[-1]) for _, note in self.committed(self.topics).values())
        print(f"{len(faults)} faults, {self.kills} times SIGKILL of the service; {self.loaded} "
              f"records in {commits} commits; {time.monotonic() - began:.1f} s", flush=True)
        self.assert_something_of_each_stream()
        self.assert_outputs(self.topics, self.policy, with_model=True)
        print(f"equal; {time.monotonic() - began:.1f} s", flush=True)

    def assert_something_of_each_stream(self) -> None:
        for stream in ("alerts.forwarded", "throttle.episodes", "dead.letter", *STREAMS):
            ends = end_offsets(self.broker.bootstrap, self.topics.output(stream))
            self.assertGreater(min(ends.values()), 0, f"{stream}: {ends}")


if __name__ == "__main__":
    main()
