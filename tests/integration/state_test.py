"""Local state that is lost, damaged, of another time or place, or cannot be written; changelogs
that do not give everything, or late.

    /usr/bin/python3 tests/integration/state_test.py [Class[.test_name]]
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from faults import POLICY, SLOW, FaultCase, long_run, restored, said_now, stop_all, storms
from kafka_support import Metrics, main, read, support, wait_until
from log_surgery import delete_group, delete_records, low_offset

LIFE = 3_000  # records
PART = 500
WITHOUT = "goes without a local store"
ASIDE = "is put aside"


class StateCase(FaultCase):
    """A service that lives three times, each for a third of the input."""

    partitions = 4

    def setUp(self) -> None:
        super().setUp()
        self.topics = self.create_topics(self.partitions)
        self.records = storms(self.rng, 3 * LIFE, self.partitions)
        self.weir = self.quick(self.topics)
        self.state = self.weir.folder / "state"
        self.lives = 0

    def store(self, partition: int) -> Path:
        return self.state / "partitions" / str(partition)

    def aside(self) -> set[int]:
        return {each for each in range(self.partitions)
                if self.store(each).with_suffix(".aside").exists()}  # fmt: skip

    def start(self) -> None:
        """Until all partitions are there."""
        self.start_with(self.weir, self.partitions)

    def process_a_third(self) -> None:
        """In several commits."""
        for begin in range(self.lives * LIFE, (self.lives + 1) * LIFE, PART):
            self.load(self.topics, self.records[begin : begin + PART])
            self.wait_until_committed(self.topics, within=SLOW)
        self.lives += 1

    def live(self) -> None:
        """Stopped in order it leaves stores that are up to date."""
        self.start()
        self.process_a_third()
        stop_all(self.weir)

    def live_twice(self) -> None:
        """RocksDB makes a table of what the life before left in its log."""
        self.live()
        self.live()

    def end(self) -> None:
        """It runs; all outputs are right, and the stores are written."""
        while self.lives < 3:
            self.process_a_third()
        stop_all(self.weir)
        self.assert_outputs(self.topics, POLICY)
        self.start()
        self.assertEqual(restored(self.weir), {each: 0 for each in range(self.partitions)})
        stop_all(self.weir)


# --------------------------------------------------------------------------------------------
# What becomes of files. RocksDB's: CURRENT names the MANIFEST, which lists the tables (.sst); what
# is newer stands in a log (.log).

Damage = Callable[[Path, Any], None]


def remove(file: Path, rng: Any) -> None:
    file.unlink()


def empty(file: Path, rng: Any) -> None:
    os.truncate(file, 0)


def cut(file: Path, rng: Any) -> None:
    os.truncate(file, rng.randrange(file.stat().st_size))


def overwrite(file: Path, rng: Any) -> None:
    """A run of bytes anywhere."""
    data = bytearray(file.read_bytes())
    begin, length = rng.randrange(len(data)), rng.randrange(1, 64)
    data[begin : begin + length] = bytes(each ^ 0x5A for each in data[begin : begin + length])
    file.write_bytes(data)


def overwrite_half(file: Path, rng: Any) -> None:
    data = file.read_bytes()
    file.write_bytes(rng.randbytes(len(data) // 2) + data[len(data) // 2 :])


def any_file(store: Path, pattern: str, rng: Any) -> Path:
    """One that is not empty; fails if there is none."""
    files = sorted(each for each in store.glob(pattern) if each.stat().st_size > 0)
    return rng.choice(files)


# What RocksDB cannot but notice.
CERTAIN: list[tuple[str, Damage]] = [
    ("CURRENT", remove),
    ("CURRENT", empty),
    ("CURRENT", overwrite_half),
    ("MANIFEST-*", remove),
    ("MANIFEST-*", empty),
    ("MANIFEST-*", overwrite_half),
    ("*.sst", remove),
    ("*.sst", empty),
    ("*.sst", cut),
    ("*.sst", overwrite_half),
]
# It may open where it stood before.
MAYBE: list[tuple[str, Damage]] = [
    ("*.log", remove),
    ("*.log", cut),
    ("*.log", overwrite),
    ("*.sst", overwrite),
    ("MANIFEST-*", overwrite),
    ("MANIFEST-*", cut),
]


class Damaged(StateCase):
    partitions = len(CERTAIN) + len(MAYBE)  # each is damaged in a way of its own

    def test_files_of_the_stores(self) -> None:
        self.live_twice()
        for partition, (pattern, damage) in enumerate(CERTAIN + MAYBE):
            damage(any_file(self.store(partition), pattern, self.rng), self.rng)
        self.start()
        found = {each: f"{pattern}: {damage.__name__}"
                 for each, (pattern, damage) in enumerate(CERTAIN + MAYBE)}  # fmt: skip
        without = [line for line in said_now(self.weir).splitlines() if WITHOUT in line]
        missed = [found[each] for each in range(len(CERTAIN)) if each not in self.aside()]
        with self.subTest("the stores are made anew"):
            self.assertEqual((without, missed), ([], []))
        with self.subTest("the outputs are right"):
            self.end()

    @long_run
    def test_anything_anywhere(self) -> None:
        self.live()
        for _ in range(10):
            for partition in range(self.partitions):
                damage = self.rng.choice([remove, empty, cut, overwrite, overwrite_half])
                damage(any_file(self.store(partition), "[!L]*", self.rng), self.rng)
            self.start()
            self.load(self.topics, storms(self.rng, 1, self.partitions))
            stop_all(self.weir)
        self.start()
        self.end()


class Elsewhere(StateCase):
    """The state of another time or place."""

    @long_run
    def test_the_directory_is_deleted(self) -> None:
        self.live_twice()
        shutil.rmtree(self.state)
        self.start()
        self.assertEqual(restored(self.weir).keys(), set(range(self.partitions)))
        self.assertTrue(all(restored(self.weir).values()), restored(self.weir))
        self.end()

    def test_of_another_log_and_of_other_partitions(self) -> None:
        other = self.create_topics(self.partitions)
        others = self.quick(other, "other")
        others.start()
        self.load(other, storms(self.rng, LIFE, self.partitions))
        self.wait_until_committed(other)
        stop_all(others)
        self.live_twice()
        for partition in (0, 1):
            shutil.rmtree(self.store(partition))
            shutil.copytree(others.folder / f"state/partitions/{partition}", self.store(partition))
        self.store(2).rename(self.state / "2")
        self.store(3).rename(self.store(2))
        (self.state / "2").rename(self.store(3))
        self.start()
        self.assertEqual(self.aside(), {0, 1, 2, 3}, self.weir.log())
        self.end()

    @long_run
    def test_of_an_earlier_moment(self) -> None:
        """But not so early that the deltas since then are not needed any more."""
        self.live()
        shutil.copytree(self.state, self.weir.folder / "earlier")
        self.weir.start()
        self.load(self.topics, self.records[LIFE : LIFE + 20])
        self.wait_until_committed(self.topics)
        stop_all(self.weir)
        shutil.rmtree(self.state)
        (self.weir.folder / "earlier").rename(self.state)
        self.start()
        self.assertEqual(self.aside(), set(), self.weir.log())
        self.assertTrue(all(restored(self.weir).values()), restored(self.weir))
        self.load(self.topics, self.records[LIFE + 20 : 2 * LIFE])
        self.wait_until_committed(self.topics)
        self.lives = 2
        self.end()

    @long_run
    def test_ahead_of_the_log(self) -> None:
        """The group and its topics were made anew; the input is still there."""
        self.live_twice()
        delete_group(self.broker.bootstrap, self.topics.group)
        outputs = ("alerts.forwarded", "throttle.episodes", "dead.letter")
        for topic in (*map(self.topics.output, outputs), self.topics.deltas, self.topics.state):
            self.delete_topic(topic)
        self.make_topics(self.topics)
        self.start()
        self.assertEqual(self.aside(), {0, 1, 2, 3}, self.weir.log())
        self.assertIn("the group stands at commit 0", said_now(self.weir))
        self.end()

    @long_run
    def test_older_than_erasures_are_told(self) -> None:
        self.live_twice()
        self.set_topic(self.topics.state, delete_retention_ms=1)
        self.start()
        self.assertEqual(self.aside(), {0, 1, 2, 3}, self.weir.log())
        self.assertIn("keeps erasures for", said_now(self.weir))
        self.set_topic(self.topics.state, delete_retention_ms=86_400_000)
        stop_all(self.weir)
        self.start()
        self.end()


class Unwritable(StateCase):
    def test_a_store_that_cannot_be_opened(self) -> None:
        """A file stands where the directory of the stores should be."""
        self.state.mkdir()
        self.store(0).parent.touch()
        self.start()
        self.process_a_third()
        self.assertIn(WITHOUT, said_now(self.weir))
        # It says so again after a restart from nothing.
        self.weir.sigkill()
        self.start()
        self.process_a_third()
        self.assertIn(WITHOUT, said_now(self.weir))
        with self.subTest("it is degraded"):
            self.wait_for_metric(self.weir, lambda n: n == 1, "weir_store_degraded", 10)
        stop_all(self.weir)
        self.store(0).parent.unlink()
        self.start()
        self.end()

    @long_run
    def test_a_state_directory_that_cannot_be_made(self) -> None:
        self.state.touch()
        self.weir.start(wait=False)
        self.assertEqual(self.weir.wait(), support.FAILED)
        self.assertIn(str(self.state), said_now(self.weir))

    def test_files_that_may_not_grow(self) -> None:
        self.weir.largest_file = 32 << 10
        self.start()
        self.process_a_third()
        self.process_a_third()
        self.wait_for_metric(self.weir, lambda n: n > 0, "weir_store_failures_total")
        self.assertEqual(self.weir.metrics().total("weir_store_degraded"), 1)
        self.assertIn("fails, the flow goes on without it", said_now(self.weir))
        stop_all(self.weir)
        self.weir.largest_file = None
        self.start()
        self.wait_for_metric(self.weir, lambda n: n == 0, "weir_store_degraded")
        self.end()

    @long_run
    def test_a_full_disk(self) -> None:
        if os.geteuid() != 0:
            raise unittest.SkipTest("mounting a file system takes root")
        self.state.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256m", "weir", self.state], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.state], check=True)
        self.start()
        self.process_a_third()
        filler = self.state / "filler"
        with self.assertRaises(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        self.process_a_third()
        self.wait_for_metric(self.weir, lambda n: n > 0, "weir_store_failures_total")
        self.assertEqual(self.weir.metrics().total("weir_store_degraded"), 1)
        stop_all(self.weir)
        self.start()  # the disk is still full
        filler.unlink()
        stop_all(self.weir)
        self.start()
        self.end()


class Changelogs(StateCase):
    def test_deltas_that_are_still_needed_are_lost(self) -> None:
        self.live_twice()
        shutil.rmtree(self.state)
        bootstrap, deltas = self.broker.bootstrap, self.topics.deltas
        last = max(each.offset for each in read(bootstrap, deltas) if each.partition == 0)
        delete_records(bootstrap, deltas, 0, below=last)
        before = self.committed(self.topics)
        self.weir.start(wait=False)
        self.wait_for_words(self.weir, "restoring partition 0 failed")
        self.load(self.topics, self.records[2 * LIFE :])
        ends = {each.partition: each.offset + 1 for each in read(bootstrap, self.topics.input)}
        del ends[0]
        self.wait_until_committed(self.topics, within=SLOW, ends=ends)
        self.assertEqual(self.committed(self.topics)[0], before[0])
        self.assertIn("are needed", said_now(self.weir))
        status, reason = self.weir.get("/readyz")
        self.assertEqual(status, 503)
        self.wait_for_metric(self.weir, lambda n: n == 1, "weir_partitions_restoring")
        stop_all(self.weir)
        self.assert_outputs(self.topics, POLICY)
        self.assertIn("are needed", reason, "/readyz does not say why")

    @long_run
    def test_the_group_is_forgotten(self) -> None:
        """As Kafka does with the offsets of a group that nobody is in for a week. The changelogs
        say that there were commits: beginning anew would write all outputs once more."""
        self.live_twice()
        before = self.found(self.topics)
        delete_group(self.broker.bootstrap, self.topics.group)
        self.weir.start(wait=False)
        for partition in range(self.partitions):
            self.wait_for_words(self.weir, f"restoring partition {partition} failed")
        self.assertFalse(self.weir.ready())
        stop_all(self.weir)
        self.assertEqual(self.found(self.topics), before)

    def test_deltas_are_trimmed(self) -> None:
        self.start()
        self.process_a_third()
        self.process_a_third()

        def trimmed() -> bool:
            return all(low_offset(self.broker.bootstrap, self.topics.deltas, each) > 0
                       for each in range(self.partitions))  # fmt: skip

        wait_until(trimmed, "what is not needed any more is deleted", SLOW, self.weir.log)
        stop_all(self.weir)
        shutil.rmtree(self.state)
        self.start()
        self.end()

    def test_what_was_committed_last_comes_late(self) -> None:
        """A transaction of somebody else that is open holds readers up as markers of the last one
        do that are on their way. The end of the log then comes before commit n."""
        self.live()
        foreign = Producer(
            {"bootstrap.servers": self.broker.bootstrap, "transactional.id": "foreign",
             "transaction.timeout.ms": 300_000, "log_level": 2}
        )  # fmt: skip
        foreign.init_transactions(SLOW)
        foreign.begin_transaction()
        for topic in (self.topics.deltas, self.topics.state):
            for partition in range(self.partitions):
                foreign.produce(topic, b"not to be read", b"foreign", partition)
        foreign.flush(SLOW)
        self.start()
        self.process_a_third()
        self.weir.sigkill()
        shutil.rmtree(self.state)
        self.weir.start(wait=False)
        seen = set()

        def restoring() -> bool:
            seen.add(self.weir.get("/readyz")[0])
            status, page = self.weir.get("/metrics")
            told = Metrics(page).total("weir_partitions_restoring")
            return status == 200 and told == self.partitions

        wait_until(restoring, "it restores", SLOW, self.weir.log)
        seen.add(self.weir.get("/readyz")[0])
        self.assertEqual(restored(self.weir), {})
        owned = self.weir.metrics().total("weir_partitions_owned")
        foreign.abort_transaction(SLOW)
        self.wait_for_state(self.weir, self.partitions)
        self.assertTrue(self.weir.ready())
        self.end()
        with self.subTest("it is not ready before"):
            self.assertNotIn(200, seen)
        with self.subTest("what is being restored counts as owned"):
            self.assertEqual(owned, self.partitions)

    @long_run
    def test_killed_around_commits_and_restored_from_the_changelogs_alone(self) -> None:
        points = ("committing", "committed", "accepted") * 3
        for point in points:
            begin = self.lives * LIFE // len(points)
            self.lives += 1
            self.load(self.topics, self.records[begin : begin + LIFE // len(points)])
            self.weir.start(failpoints=f"{point}=kill", wait=False)
            self.assertEqual(self.weir.wait(), -signal.SIGKILL)
            shutil.rmtree(self.state)
        self.lives = 1
        self.start()
        self.end()


if __name__ == "__main__":
    main()
