"""Topics that are missing, not as they must be, or slow; records that cannot be processed.

    /usr/bin/python3 tests/integration/output_test.py [Class[.test_name]]
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Mapping

from confluent_kafka.admin import NewTopic

from faults import (
    POLICY,
    SLOW,
    START,
    FaultCase,
    alert,
    device_id,
    is_stopped,
    long_run,
    said_now,
    stop_all,
    storms,
)
from kafka_support import (
    Letter,
    Record,
    Service,
    Topics,
    by_replay,
    first_difference,
    free_ports,
    main,
    read,
    record,
    support,
    wait_until,
)
from system_records import OPERATORS

TRANSACTION = 10.0  # seconds that one may take
AGAIN = 180.0  # seconds; a worker that keeps failing waits for up to 30 before it begins anew


class Outputs(FaultCase):
    def refused(self, service: Service) -> str:
        """What it says instead of starting."""
        service.start(wait=False)
        self.assertEqual(service.wait(), support.FAILED)
        return said_now(service)

    def make_topic(self, name: str, partitions: int, **settings: str) -> None:
        config = {key.replace("_", "."): value for key, value in settings.items()}
        made = NewTopic(name, partitions, 1, config=config)
        client = self.admin()
        client.create_topics([made], operation_timeout=30)[name].result(30)


class AtStart(Outputs):
    def test_a_topic_is_missing(self) -> None:
        topics = self.create_topics(2)
        missing = topics.output("throttle.episodes")
        self.delete_topic(missing)
        service = self.quick(topics)
        said = self.refused(service)
        self.assertIn(f"{missing}: there is no such topic", said)
        self.assertIn("deploy/kafka/topics.sh", said)
        self.make_topics(topics)
        service.start()
        stop_all(service)

    def test_topics_are_not_as_they_must_be(self) -> None:
        """All that is wrong is told at once."""
        topics = self.create_topics(4)
        forwarded, episodes = map(topics.output, ("alerts.forwarded", "throttle.episodes"))
        letters = topics.output("dead.letter")
        for topic in (forwarded, letters, topics.deltas):
            self.delete_topic(topic)
        self.make_topic(letters, 3)
        self.make_topic(topics.deltas, 4, retention_ms="1000", retention_bytes="1000")
        self.set_topic(episodes, cleanup_policy="compact")
        self.set_topic(topics.state, cleanup_policy="delete")
        service = self.quick(topics, config={"service": {"timestamps": "log_append_time"}})
        said = self.refused(service)
        for problem in (
            f"{forwarded}: there is no such topic",
            f"{letters}: it has 3 partitions, and the input has 4",
            f"{episodes}: cleanup.policy is compact, and must be delete",
            f"{topics.state}: cleanup.policy is delete, and must be compact",
            f"{topics.deltas}: retention.ms is 1000, and must be -1",
            f"{topics.deltas}: retention.bytes is 1000, and must be -1",
            f"{topics.input}: message.timestamp.type is CreateTime, and must be LogAppendTime",
        ):
            self.assertIn(problem, said)

    @long_run
    def test_there_is_no_broker(self) -> None:
        topics = self.create_topics(1)
        nowhere = f"127.0.0.1:{free_ports(1)[0]}"
        service = self.quick(topics, config={"kafka": {"bootstrap.servers": nowhere}})
        self.assertIn(f"asking {nowhere} for the topics", self.refused(service))


class Meanwhile(Outputs):
    def delete_while_it_runs(self, stream: str) -> None:
        """Nothing is committed meanwhile. Of that topic only what comes afterwards can be there."""
        topics = self.create_topics(4)
        records = storms(self.rng, 12_000, 4)
        service = self.quick(topics)
        service.start()
        self.load(topics, records[:6_000])
        self.wait_until_committed(topics)
        gone = {number: len(each.streams()[stream])
                for number, each in self.found(topics).items()}  # fmt: skip
        self.assertGreater(min(gone.get(number, 0) for number in range(4)), 0)
        self.delete_topic(topics.output(stream))
        self.load(topics, records[6_000:])
        self.wait_for_words(service, topics.output(stream))
        self.wait_for_metric(service, lambda n: n >= 2, "weir_producer_restarts_total", AGAIN)
        self.assertLess(self.done(topics), len(records))
        self.assertIsNone(service.exit_code())
        self.make_topics(topics)
        self.wait_until_committed(topics, within=AGAIN)
        stop_all(service)
        expected = by_replay(read(self.broker.bootstrap, topics.input), POLICY, self.folder)
        for number, outputs in expected.items():
            del outputs.streams()[stream][: gone[number]]  # type: ignore[attr-defined]
        self.assertIsNone(first_difference(expected, self.found(topics)))
        with self.subTest("what is in records is no matter of logs"):
            self.assertNotIn('"counter":', said_now(service)[:100_000])

    def test_a_topic_is_deleted(self) -> None:
        self.delete_while_it_runs("alerts.forwarded")

    @long_run
    def test_another_topic_is_deleted(self) -> None:
        self.delete_while_it_runs("throttle.episodes")

    @long_run
    def test_the_broker_stands_still_for_longer_than_a_transaction(self) -> None:
        topics = self.create_topics(4)
        records = storms(self.rng, 30_000, 4)
        service = self.quick(topics)
        service.start()
        for begin in range(0, len(records), 10_000):
            self.load(topics, records[begin : begin + 10_000])
            self.wait_for_progress(topics, begin + 1_000)
            self.broker.freeze()
            time.sleep(TRANSACTION + 2)  # that is the fault
            self.broker.thaw()
        self.wait_until_committed(topics, within=AGAIN)
        self.assertIsNone(service.exit_code())
        stop_all(service)
        self.assert_outputs(topics, POLICY)


class Records(Outputs):
    def with_letters(self, topics: Topics, reasons: Mapping[int, str]) -> None:
        """The outputs of partition 0 are those without the records at these offsets, which are
        dead letters."""
        inputs = read(self.broker.bootstrap, topics.input)
        rest = [each for each in inputs if each.offset not in reasons]
        expected = by_replay(rest, POLICY, self.folder)
        letters = [Letter(each.offset, reasons[each.offset], each.value)
                   for each in inputs if each.offset in reasons]  # fmt: skip
        expected[0].letters = sorted(expected[0].letters + letters, key=lambda one: one.offset)
        self.assertIsNone(first_difference(expected, self.found(topics)))

    def test_a_record_is_larger_than_the_output_takes(self) -> None:
        topics = self.create_topics(1)
        self.set_topic(topics.output("alerts.forwarded"), max_message_bytes=10_000)
        self.set_topic(topics.output("dead.letter"), max_message_bytes=20_000)
        records = storms(self.rng, 3_000, 1)
        device = device_id(0, 999)

        def sized(number: int, size: int) -> Record:
            """An alert of about so many bytes."""
            fields = json.loads(alert(device, "8F1D", number)) | {"filler": "x" * size}
            when = START + number
            return record(json.dumps(fields).encode(), device.encode(), 0, when)

        sizes = (9_000, 9_900, 12_000, 14_000, 100_000, 900_000)
        offsets = []
        for number, size in enumerate(sizes):
            offsets.append(400 * (number + 1))
            records.insert(offsets[-1], sized(number, size))
        # A few headers make it too large as well.
        headers = tuple((f"h{number}", b"y" * 500) for number in range(10))
        offsets.append(2_900)
        records.insert(2_900, sized(99, 6_000)._replace(headers=headers))
        # A request must fit into its topics, and what is never handed on may have any size.
        self.set_topic(topics.output("requests.rejected"), max_message_bytes=30_000)
        wide = {"filler": "x" * 50_000}
        inventory = {"type": "device", "device": device, "device_type": "ESME",
                     "status": "Commissioned"}  # fmt: skip
        asked = {"type": "request", "request_id": f"{OPERATORS[0]}:{device}:1", "srv": "6.13"}
        for offset, fields in ((2_910, inventory), (2_920, asked)):
            value = json.dumps(fields | wide).encode()
            records.insert(offset, record(value, device.encode(), 0, START + offset))
        offsets.append(2_920)
        service = self.quick(topics)
        service.start()
        self.load(topics, records)
        self.wait_until_committed(topics)
        stop_all(service)
        found = {each["offset"]: each for each in self.letters(topics)}
        self.assertEqual(sorted(found), offsets[1:])
        self.assertEqual({each["reason"] for each in found.values()}, {"too_large"})
        for offset, each in found.items():
            value = records[offset].value or b""
            if len(value) > 20_000:
                self.assertEqual(each["length"], len(value))
                self.assertRegex(each["digest"], "^xxh3_128:[0-9a-f]{32}$")
            self.assertIn("length" if len(value) > 20_000 else "bytes", each)
        self.with_cut_letters(topics, dict.fromkeys(offsets[1:], "too_large"))

    def with_cut_letters(self, topics: Topics, reasons: Mapping[int, str]) -> None:
        inputs = [each for each in read(self.broker.bootstrap, topics.input)
                  if each.offset not in reasons]  # fmt: skip
        expected = by_replay(inputs, POLICY, self.folder)
        found = self.found(topics)
        for outputs in (*expected.values(), *found.values()):
            outputs.letters = []
        self.assertIsNone(first_difference(expected, found))

    def crash(self, service: Service, failpoint: str, ends_with: signal.Signals) -> None:
        service.start(failpoints=failpoint, wait=False)
        self.assertEqual(service.wait(), -ends_with)

    def poisoned(self) -> tuple[Topics, Service]:
        """There are commits before and records behind."""
        topics = self.create_topics(1)
        records = storms(self.rng, 4_000, 1)
        service = self.quick(topics)
        service.start()
        self.load(topics, records[:1_000])
        self.wait_until_committed(topics)
        stop_all(service)
        self.load(topics, records[1_000:])
        return topics, service

    def test_a_record_that_crashes_the_process(self) -> None:
        topics, service = self.poisoned()
        for _ in range(3):
            self.crash(service, "record@1500=abort", signal.SIGABRT)
        self.assertLessEqual(self.done(topics), 1_500)
        service.start(failpoints="record@1500=abort")
        self.wait_until_committed(topics)
        self.assertEqual(service.metrics().total("weir_dead_letters_total", reason="crashed"), 1)
        stop_all(service)
        self.with_letters(topics, {1_500: "crashed"})

    @long_run
    def test_one_after_the_other(self) -> None:
        topics, service = self.poisoned()
        points = "record@1500=abort,record@1501=abort,record@3000=abort"
        for _ in range(9):
            self.crash(service, points, signal.SIGABRT)
        service.start(failpoints=points)
        self.wait_until_committed(topics)
        stop_all(service)
        self.with_letters(topics, dict.fromkeys((1_500, 1_501, 3_000), "crashed"))

    @long_run
    def test_a_kill_from_outside_is_no_fault_of_the_record(self) -> None:
        topics, service = self.poisoned()
        for _ in range(4):
            self.crash(service, "record@1500=kill", signal.SIGKILL)
        service.start()
        self.wait_until_committed(topics)
        stop_all(service)
        self.assertEqual(self.letters(topics), [])
        self.assert_outputs(topics, POLICY)

    @long_run
    def test_neither_are_signals_from_outside(self) -> None:
        topics, service = self.poisoned()
        for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGSEGV):
            # It stands still in the midst of a record.
            service.start(failpoints="record@1500=stop", wait=False)
            wait_until(lambda: is_stopped(service), "it stands still", SLOW, service.log)
            service.signal(number)
            service.thaw()
            self.assertEqual(service.wait(), -number)
        service.start()
        self.wait_until_committed(topics)
        stop_all(service)
        self.assertEqual(self.letters(topics), [])
        self.assert_outputs(topics, POLICY)

    def test_malformed_records(self) -> None:
        topics = self.create_topics(2)
        records = storms(self.rng, 3_000, 2)
        device = device_id(1, 0)
        good = alert(device, "8F3E", 1)
        values: list[bytes | None] = [
            None, b"", b" ", b"\0", b"\xff\xfe\xfd", b"no alert", b"{", b"{}", b"[]", b"null",
            b"\xdf", b"\xdd\x00", b"\xdf" + bytes(200), b"<Request/>", b"<a><b></a>",
            b"<!DOCTYPE a><Request/>", b'{"topic":"t","payload":"x"}', b"[" * 1_000,
            b'{"a":' * 200 + b"1" + b"}" * 200, good[:-1], good + b"}", good.replace(b"8F3E", b""),
            good.replace(b"8F3E", b"8F3E8F3E"), good.replace(b"{", b'{"type":"x",', 1),
            good.replace(b"device", b"devise"), good.replace(b"}", b',"payload":"!"}'),
            good.replace(b"}", b',"device_time":"yesterday"}'), b'{"device":"\xc3"}',
            good.replace(b"}", b',"received":"1969-12-31T23:59:59.000Z"}'), b"9" * 100_000,
            self.rng.randbytes(1_000), self.rng.randbytes(100_000),
        ]  # fmt: skip
        for value in values:
            key = self.rng.choice([None, b"", b"\xff", device.encode()])
            at = self.rng.randrange(len(records))
            records.insert(at, record(value, key, 1, records[at].timestamp))
        # A key that names another device than the content.
        other = device_id(1, 1).encode()
        records.insert(100, record(good, other, 1, records[100].timestamp))
        service = self.quick(topics)
        service.start()
        self.load(topics, records)
        self.wait_until_committed(topics)
        stop_all(service)
        self.assertGreater(len(self.letters(topics)), len(values) / 2)
        self.assert_outputs(topics, POLICY, with_model=False)


if __name__ == "__main__":
    main()
