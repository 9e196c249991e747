"""The plan for a fleet follows from what was measured, by the rules that its README states.

Goal: bench/scale/fleet.py adds up what a fleet needs as it says: processors by the peak, memory by
live keys and remembered messages, disk and traffic by bytes, each with its safety factor; and ten
times the fleet needs ten times of what grows with it. Method: figures that can be worked out by
head; no program is run.
"""

from __future__ import annotations

import sys
import unittest
from dataclasses import replace

from support import ROOT

sys.path.insert(0, str(ROOT / "bench/scale"))

import fleet  # noqa: E402
from fleet import GIB, Fleet, Machine, Measured, Plan, Safety, Traffic  # noqa: E402

SMALL = Fleet("small", devices=1e6, mean=100, burst=100, keys=2e6)
MEASURED = Measured(
    worker_rate=100_000,
    cpu_us=10,
    more_us=0,
    broker_us=20,
    key_bytes=1000,
    message_bytes=500,
    process_bytes=100e6,
    partition_bytes=1e6,
    store_bytes=30,
    input_bytes=200,
    output_bytes=100,
    restart_us=0.5,
)
SAFETY = Safety(
    work=2, memory=1.5, disk=2, spare=1, partitions=2, remembered=1000, replicas=3, retention=1000
)
MACHINE = Machine(cores=8, memory=32 * GIB)


def planned(**changes: float) -> Plan:
    return fleet.plan(SMALL, replace(MEASURED, **changes), SAFETY, MACHINE)


class PlanTest(unittest.TestCase):
    def test_processors_are_for_the_peak(self) -> None:
        # 10,000 alerts a second, 10 us each, twice.
        self.assertEqual(SMALL.peak, 10_000)
        self.assertEqual(planned(cpu_us=100).cores, 2)
        self.assertEqual(planned(cpu_us=101).cores, 3)
        self.assertEqual(planned(cpu_us=60, more_us=40).cores, 2)

    def test_workers_and_partitions(self) -> None:
        self.assertEqual((planned().workers, planned().partitions), (1, 2))
        slow = planned(worker_rate=5_000)
        self.assertEqual((slow.workers, slow.partitions), (4, 8))
        # Records that take twice the time are half as many.
        self.assertEqual(planned(worker_rate=5_000, more_us=10).workers, 8)
        self.assertEqual(planned(worker_rate=3_000).partitions, 16)

    def test_memory(self) -> None:
        # 2 million keys, 1.1 million messages, two partitions; one machine works.
        expected = 1.5 * (2e6 * 1000 + 1.1e6 * 500 + 2 * 1e6 + 100e6)
        self.assertAlmostEqual(planned().memory, expected)

    def test_machines_are_for_what_is_scarcest(self) -> None:
        self.assertEqual(planned().machines, 2)
        self.assertEqual(planned(cpu_us=1000).machines, 3 + 1)  # 20 cores
        # 1.5 * 40 GB and a little.
        self.assertEqual(planned(key_bytes=20_000).machines, 2 + 1)

    def test_disks(self) -> None:
        self.assertAlmostEqual(planned().store_disk, 2e6 * 30 * 2)
        # 100,000 alerts in the time that topics are kept, and one of each device.
        self.assertAlmostEqual(planned().broker_disk, 1.1e6 * 300 * 3 * 2)

    def test_brokers(self) -> None:
        # 10,000 alerts a second, 20 us each, three replicas, twice.
        self.assertEqual(planned().broker_cores, 2)
        self.assertEqual(planned().mean_traffic, Traffic(30_000, 60_000, 30_000))
        self.assertEqual(planned().peak_traffic, Traffic(3e6, 6e6, 3e6))

    def test_restart_is_of_one_machine(self) -> None:
        self.assertAlmostEqual(planned().restart, 1.0)
        self.assertAlmostEqual(planned(cpu_us=1000).restart, 1 / 3)

    def test_the_national_fleet(self) -> None:
        self.assertAlmostEqual(fleet.NATIONAL.peak, 333_333, 0)
        self.assertEqual((fleet.TENFOLD.mean, fleet.TENFOLD.keys), (6_000, 670e6))

    def test_ten_times_as_much(self) -> None:
        one = fleet.plan(fleet.NATIONAL, MEASURED, SAFETY, MACHINE)
        ten = fleet.plan(fleet.TENFOLD, MEASURED, SAFETY, MACHINE)
        for each in ("cores", "store_disk", "broker_disk"):
            self.assertAlmostEqual(getattr(ten, each) / getattr(one, each), 10, 0, each)
        self.assertGreater(ten.machines, 5 * one.machines)

    def test_less_is_never_planned_for_more(self) -> None:
        base = planned()
        for name in vars(MEASURED):
            factor = 0.5 if name == "worker_rate" else 2
            more = planned(**{name: factor * getattr(MEASURED, name)})
            for each in ("cores", "workers", "partitions", "machines", "memory", "store_disk"):
                self.assertGreaterEqual(getattr(more, each), getattr(base, each), f"{name}: {each}")


class WordsTest(unittest.TestCase):
    def test_sizes(self) -> None:
        for value, words in ((0, "0 B"), (999, "999 B"), (1_500, "1.5 kB"), (2.5e9, "2.5 GB"),
                             (12e12, "12 TB")):  # fmt: skip
            self.assertEqual(fleet.size(value), words)

    def test_every_row_has_a_cell_for_each_plan(self) -> None:
        rows = list(fleet.rows([planned(), planned()]))
        self.assertEqual({len(row) for row in rows}, {3})

    def test_all_factors_are_stated(self) -> None:
        words = " ".join(fleet.assumptions(MEASURED, SAFETY, MACHINE))
        for each in ("2 times the processor", "1.5 times the memory", "2 times the disk",
                     "1 spare machine", "3 replicas", "8 cores and 32 GiB"):  # fmt: skip
            self.assertIn(each, words)


if __name__ == "__main__":
    unittest.main()
