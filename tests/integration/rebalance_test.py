"""Instances that join, leave, crash, freeze and are taken for another.

    /usr/bin/python3 tests/integration/rebalance_test.py [Class[.test_name]]
"""

from __future__ import annotations

from confluent_kafka import KafkaException, Producer

from faults import (
    POLICY,
    SLOW,
    FaultCase,
    is_stopped,
    long_run,
    restored,
    said,
    stop_all,
    storms,
)
from kafka_support import Record, Service, Topics, main, wait_until


class Members(FaultCase):
    notices = "duis"

    def test_one_crashes_one_joins_one_leaves(self) -> None:
        topics = self.create_topics(8)
        records = storms(self.rng, 24_000, 8)
        one, two, three = (self.quick(topics, f"weir-{n}") for n in range(3))
        one.start()
        two.start()
        self.wait_for_partitions(weir_0=4, weir_1=4)
        self.load(topics, records[:8_000])
        self.wait_for_progress(topics, 2_000)
        one.sigkill()
        self.wait_for_partitions(weir_1=8)
        self.assertGreater(two.metrics().total("weir_open_episodes"), 0)
        self.load(topics, records[8_000:16_000])
        self.wait_for_progress(topics, 9_000)
        three.start()
        self.wait_for_partitions(weir_1=4, weir_2=4)
        self.load(topics, records[16_000:])
        self.wait_for_progress(topics, 17_000)
        self.assertEqual(two.terminate(), 0)
        self.wait_for_partitions(weir_2=8)
        self.wait_until_committed(topics)
        stop_all(three)
        self.assert_outputs(topics, POLICY)

    def test_what_an_instance_keeps_is_not_restored(self) -> None:
        topics = self.create_topics(8)
        records = storms(self.rng, 9_000, 8)
        one, two = self.quick(topics, "weir-0"), self.quick(topics, "weir-1")
        one.start()
        self.load(topics, records[:3_000])
        self.wait_until_committed(topics)
        two.start()
        self.wait_for_partitions(weir_0=4, weir_1=4)
        self.assertEqual(restored(one), {}, "what it kept was restored")
        self.load(topics, records[3_000:6_000])
        self.wait_until_committed(topics)
        self.assertEqual(two.terminate(), 0)
        self.wait_for_partitions(weir_0=8)
        self.assertEqual(restored(one).keys(), restored(two).keys())
        self.load(topics, records[6_000:])
        self.wait_until_committed(topics)
        stop_all(one)
        self.assert_outputs(topics, POLICY)


class Zombies(FaultCase):
    """One freezes, the other takes over, and then the first goes on."""

    def setUp(self) -> None:
        super().setUp()
        self.topics = self.create_topics(4)
        self.records = storms(self.rng, 9_000, 4)
        self.zombie = self.quick(self.topics, "weir-0")
        self.heir = self.quick(self.topics, "weir-1")

    def freeze_in_the_midst(self, failpoint: str) -> None:
        """There is state that it has taken over when it freezes."""
        self.heir.start()
        self.load(self.topics, self.records[:3_000])
        self.wait_until_committed(self.topics)
        self.zombie.start(failpoints=f"{failpoint}=stop")
        self.wait_for_partitions(weir_0=2, weir_1=2)
        self.load(self.topics, self.records[3_000:6_000])
        wait_until(lambda: is_stopped(self.zombie), "it is frozen", SLOW, self.zombie.log)

    def wait_for_the_end(self) -> None:
        """The zombie is a member again, both work, and nothing was doubled."""
        self.wait_for_partitions(weir_0=2, weir_1=2)
        self.load(self.topics, self.records[6_000:])
        self.wait_until_committed(self.topics)
        stop_all(self.zombie, self.heir)
        self.assert_outputs(self.topics, POLICY)

    def expect_nothing_of_it(self, failpoint: str) -> None:
        self.freeze_in_the_midst(failpoint)
        self.wait_for_partitions(weir_1=4)
        self.wait_until_committed(self.topics)
        before = self.found(self.topics)
        self.zombie.thaw()
        self.wait_for_partitions(weir_0=2, weir_1=2)
        self.assertEqual(self.found(self.topics), before)
        self.wait_for_the_end()

    def test_with_offsets_in_an_open_transaction(self) -> None:
        self.expect_nothing_of_it("offsets_sent")

    @long_run
    def test_with_changes_in_an_open_transaction(self) -> None:
        self.expect_nothing_of_it("changes_sent")

    @long_run
    def test_with_records_not_decided_yet(self) -> None:
        self.expect_nothing_of_it("polled")

    @long_run
    def test_with_a_commit_that_stands(self) -> None:
        self.expect_nothing_of_it("committed")

    @long_run
    def test_while_it_restores(self) -> None:
        self.zombie.start()
        self.load(self.topics, self.records[:3_000])
        self.wait_until_committed(self.topics)
        self.zombie.sigkill()
        self.expect_nothing_of_it_when_restoring()

    def expect_nothing_of_it_when_restoring(self) -> None:
        self.zombie.start(failpoints="assigned=stop", wait=False)
        wait_until(lambda: is_stopped(self.zombie), "it is frozen", SLOW, self.zombie.log)
        self.heir.start()
        self.wait_for_partitions(weir_1=4)
        self.load(self.topics, self.records[3_000:6_000])
        self.wait_until_committed(self.topics)
        self.zombie.thaw()
        self.wait_for_the_end()

    @long_run
    def test_back_before_its_transaction_ends(self) -> None:
        """Its offsets were taken while it was a member: either all of it counts, or nothing."""
        self.freeze_in_the_midst("offsets_sent")
        # The heir has had all of them before.
        wait_until(lambda: said(self.heir).count("is assigned 4 partitions") > 1,
                   "they are assigned to the heir", SLOW, self.heir.log)  # fmt: skip
        self.zombie.thaw()
        self.wait_for_the_end()


class Impostors(FaultCase):
    def hijack(self, topics: Topics, times: int) -> None:
        for _ in range(times):
            producer = Producer(
                {
                    "bootstrap.servers": self.broker.bootstrap,
                    "transactional.id": f"{topics.group}/weir-0.0",
                    "log_level": 2,
                }
            )
            try:
                producer.init_transactions(SLOW)
            except KafkaException as error:
                # The service was quicker.
                self.assertIn("FENCED", str(error).upper())

    def test_a_hijacked_transactional_id(self) -> None:
        topics = self.create_topics(4)
        records: list[Record] = storms(self.rng, 20_000, 4)
        service = self.quick(topics)
        service.start()
        self.load(topics, records[:15_000])
        for _ in range(5):
            self.hijack(topics, 3)
        self.assertIsNone(service.exit_code(), service.log())
        self.wait_until_committed(topics)
        self.assertGreater(service.metrics().total("weir_fences_total"), 0, service.log())
        self.load(topics, records[15_000:])
        self.wait_until_committed(topics)
        stop_all(service)
        self.assert_outputs(topics, POLICY)

    def test_two_processes_of_the_same_name(self) -> None:
        topics = self.create_topics(4)
        records = storms(self.rng, 12_000, 4)
        one = self.quick(topics)
        twin = self.quick(topics, "twin", {"service": {"instance": "weir-0"}})
        one.start()
        self.load(topics, records[:6_000])
        self.wait_for_progress(topics, 1_000)
        twin.start(wait=False)
        self.wait_for_metric(one, lambda fences: fences > 0, "weir_fences_total")
        self.load(topics, records[6_000:9_000])
        self.wait_until_committed(topics)
        self.assertEqual((one.exit_code(), twin.exit_code()), (None, None))
        stop_all(twin)
        self.load(topics, records[9_000:])
        self.wait_until_committed(topics)
        stop_all(one)
        self.assert_outputs(topics, POLICY)
        self.assertIn("begins anew", said(one))


if __name__ == "__main__":
    main()
