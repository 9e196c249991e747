"""The broker at hand and what the tests with it stand on; `weir serve` is not needed.

    /usr/bin/python3 tests/integration/broker_test.py
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

from broker import SCRIPT, UNAVAILABLE
from expected import COUNT, PASS_ALL, SEQUENCE, Letter, Original, Outputs, Passed
from faults import device_id
from kafka_support import (
    KafkaCase,
    Record,
    Topics,
    by_model,
    by_partition,
    by_replay,
    end_offsets,
    first_difference,
    found_outputs,
    from_capture,
    load,
    main,
    read,
    record,
    support,
    wait_until,
)
from notices import Item, Written, counters_of, repeated
from processes import is_alive
from records import put
from service import Metrics
from system_records import SystemRecords

POLICY = {
    "policies": [
        {"effective_from": "2019-11-29T00:00:00Z", "default": {"threshold": 3, "window": "10m"}}
    ]
}


def producer_of(account: dict[str, str], transactional_id: str) -> Producer:
    return Producer({**account, "transactional.id": transactional_id, "log_level": 2})


class Broken(unittest.TestCase):
    """What must go wrong well."""

    def run_script(
        self, script: Path, *arguments: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(script), *arguments], capture_output=True, text=True, timeout=60, check=False,
            env={**os.environ, **environment},
        )  # fmt: skip

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="weir-test-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def path_with(self, names: Sequence[str], scripts: dict[str, str]) -> str:
        """A PATH of these programs and no others."""
        folder = self.folder / "bin"
        folder.mkdir()
        for name in names:
            (folder / name).symlink_to(str(shutil.which(name)))
        for name, text in scripts.items():
            (folder / name).write_text(f"#!/bin/sh\n{text}\n")
            (folder / name).chmod(0o755)
        return str(folder)

    def test_without_java(self) -> None:
        path = self.path_with(["bash", "dirname", "sed"], {})
        done = self.run_script(SCRIPT.parent / "jars.sh", PATH=path)
        self.assertEqual(done.returncode, UNAVAILABLE, done.stderr)
        self.assertIn("no java on the PATH", done.stderr)

    def test_with_a_java_too_old(self) -> None:
        path = self.path_with(
            ["bash", "dirname", "sed"], {"java": "echo 'openjdk version \"11.0.2\"' >&2"}
        )
        done = self.run_script(SCRIPT.parent / "jars.sh", PATH=path)
        self.assertEqual(done.returncode, UNAVAILABLE, done.stderr)
        self.assertIn("Java 17 or later is needed", done.stderr)

    def test_where_the_jars_cannot_be_fetched(self) -> None:
        scripts = self.folder / "deploy/kafka"
        shutil.copytree(SCRIPT.parent, scripts)
        fake = self.path_with([], {"mvn": "echo 'no route to the repository'; exit 1"})
        done = self.run_script(
            scripts / "broker.sh", "start", PATH=f"{fake}:{os.environ['PATH']}", WEIR_KAFKA_JARS=""
        )
        self.assertEqual(done.returncode, UNAVAILABLE, done.stderr)
        self.assertIn("no route to the repository", done.stderr)
        self.assertIn("copy-dependencies", done.stderr)

    def test_where_the_jars_are_others(self) -> None:
        scripts = self.folder / "deploy/kafka"
        shutil.copytree(SCRIPT.parent, scripts)
        (scripts / "jars.sha256").write_text(f"{'0' * 64}  none.jar\n")
        fake = self.path_with([], {"mvn": 'mkdir -p "${0%/bin/mvn}/build/kafka-jars.part"'})
        done = self.run_script(
            scripts / "jars.sh", PATH=f"{fake}:{os.environ['PATH']}", WEIR_KAFKA_JARS=""
        )
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("not what deploy/kafka/jars.sha256 says", done.stderr)
        self.assertFalse((self.folder / "build/kafka-jars").exists())

    def test_a_folder_without_jars(self) -> None:
        done = self.run_script(SCRIPT.parent / "jars.sh", WEIR_KAFKA_JARS=str(self.folder))
        self.assertEqual(done.returncode, UNAVAILABLE, done.stderr)

    def test_wrong_usage(self) -> None:
        for arguments in (
            ["begin"], [], ["start", "--port", "0"], ["start", "--port"], ["start", "--set", "x"],
            ["start", "--no"],
        ):  # fmt: skip
            done = self.run_script(SCRIPT, *arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn("broker.sh", done.stderr)

    def test_another_process_with_the_same_id_is_not_taken_for_the_node(self) -> None:
        (self.folder / "broker.pid").write_text(f"{os.getpid()} 1 9092\n")
        status = self.run_script(SCRIPT, "status", "--dir", str(self.folder))
        self.assertEqual(status.returncode, 3, status.stderr)
        killed = self.run_script(SCRIPT, "kill", "--dir", str(self.folder))
        self.assertEqual(killed.returncode, 0, killed.stderr)
        self.assertIn("none runs", killed.stdout)


class Life(KafkaCase):
    """What may happen to a broker."""

    def write(self, topics: Topics) -> None:
        records = [record(b"%d" % i, b"key", i % 2, 1_000 + i) for i in range(100)]
        load(self.broker.bootstrap, topics.input, records)

    def expect_what_was_written(self, topics: Topics) -> None:
        found = read(self.broker.bootstrap, topics.input)
        for number, each in by_partition(found).items():
            values = [b"%d" % i for i in range(number, 100, 2)]
            self.assertEqual([r.value for r in each], values)
        self.assertEqual(len(found), 100)

    def test_starting_it_again_changes_nothing(self) -> None:
        pid = self.broker.pid()
        self.broker.start()
        self.assertEqual(self.broker.pid(), pid)

    def test_a_restart_keeps_the_log(self) -> None:
        topics, pid = self.create_topics(2), self.broker.pid()
        self.write(topics)
        self.broker.restart()
        self.assertNotEqual(self.broker.pid(), pid)
        self.expect_what_was_written(topics)

    def test_a_crash_keeps_the_log(self) -> None:
        topics = self.create_topics(2)
        self.write(topics)
        pid = self.broker.pid()
        self.broker.kill()
        self.assertFalse(is_alive(pid))
        self.broker.start()
        self.expect_what_was_written(topics)

    def test_frozen_it_does_not_answer_and_thawed_it_does(self) -> None:
        client = AdminClient({"bootstrap.servers": self.broker.bootstrap, "log_level": 2})
        client.list_topics(timeout=30)
        self.broker.freeze()
        try:
            with self.assertRaises(KafkaException):
                client.list_topics(timeout=0.5)
        finally:
            self.broker.thaw()
        client.list_topics(timeout=30)

    def test_it_does_not_outlive_those_that_started_it(self) -> None:
        program = (
            f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
            "import broker\n"
            "broker.end_in_order_when_told_to()\n"
            "one = broker.Broker()\n"
            "print(one.pid(), one.folder, flush=True)\n"
            "sys.stdin.read()\n"
        )
        for number in (signal.SIGKILL, signal.SIGTERM):
            process = subprocess.Popen(
                [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            with process:
                assert process.stdout is not None
                pid, folder = process.stdout.readline().decode().split()
                process.send_signal(number)
                process.wait(60)
            wait_until(lambda: not is_alive(int(pid)), f"pid {pid} has ended", 30)
            wait_until(lambda: not Path(folder).exists(), f"{folder} is gone", 30)


class Logs(KafkaCase):
    """Writing and reading."""

    def test_records_are_read_as_they_were_written(self) -> None:
        topics = self.create_topics(3)
        records = [
            record(b"one", b"key", 2, 1_575_244_800_000, (("a", b"1"), ("b", b"\xff"))),
            record(None, b"gone", 0, 1_575_244_800_001),
            record(b"", None, 0, 1_575_244_800_002),
        ]
        self.assertEqual(load(self.broker.bootstrap, topics.input, records), 3)
        found = read(self.broker.bootstrap, topics.input)
        expected = [replace_offset(records[1], 0), replace_offset(records[2], 1)]
        self.assertEqual(found, [*expected, replace_offset(records[0], 0)])
        self.assertEqual(found[2].header("b"), b"\xff")

    def test_a_capture_of_kcat_is_loaded_as_it_says(self) -> None:
        capture = self.folder / "capture.kcat"
        support.generate(
            capture, "--format", "kcat", "--devices", 300, "--seed", support.SEED, "--storms", 1
        )
        topics = self.create_topics(4)
        records = list(from_capture(capture))
        load(self.broker.bootstrap, topics.input, records)
        ordered = sorted(records, key=lambda each: (each.partition, each.offset))
        self.assertEqual(read(self.broker.bootstrap, topics.input), ordered)
        self.assertEqual({each.partition for each in records}, {0, 1, 2, 3})

    def test_a_capture_of_lines_goes_where_that_of_kcat_says(self) -> None:
        """librdkafka's `consistent` partitioner; what names no device has no say."""
        both = []
        for form in ("kcat", "json"):
            capture = self.folder / form
            support.generate(capture, "--format", form, "--devices", 300, "--seed", support.SEED)
            both.append([each for each in from_capture(capture, 4) if each.key is not None])
        self.assertEqual([e._replace(offset=-1) for e in both[0]], both[1])

    def test_only_what_is_committed_is_read(self) -> None:
        topics = self.create_topics(1)
        producer = producer_of({"bootstrap.servers": self.broker.bootstrap}, f"{topics.group}/x")
        producer.init_transactions(30)
        for value, ending in (
            (b"kept", producer.commit_transaction),
            (b"aborted", producer.abort_transaction),
            (b"kept too", producer.commit_transaction),
        ):
            producer.begin_transaction()
            put(producer, topics.input, record(value))
            producer.flush(30)
            ending(30)
        found = [each.value for each in read(self.broker.bootstrap, topics.input)]
        self.assertEqual(found, [b"kept", b"kept too"])
        everything = read(self.broker.bootstrap, topics.input, committed_only=False)
        self.assertEqual([each.value for each in everything], [b"kept", b"aborted", b"kept too"])

    def test_an_open_transaction_is_said_to_be_in_the_way(self) -> None:
        topics = self.create_topics(1)
        producer = producer_of({"bootstrap.servers": self.broker.bootstrap}, f"{topics.group}/x")
        producer.init_transactions(30)
        producer.begin_transaction()
        put(producer, topics.input, record(b"open"))
        producer.flush(30)
        with self.assertRaisesRegex(AssertionError, "are not reached"):
            read(self.broker.bootstrap, topics.input, within=1)
        producer.commit_transaction(30)
        self.assertEqual(len(read(self.broker.bootstrap, topics.input)), 1)

    def test_committed_offsets(self) -> None:
        topics = self.create_topics(3)
        self.assertEqual(self.committed(topics), {})
        consumer = Consumer({"bootstrap.servers": self.broker.bootstrap, "group.id": topics.group})
        self.addCleanup(consumer.close)
        consumer.commit(offsets=[TopicPartition(topics.input, 2, 77)], asynchronous=False)
        self.assertEqual(self.committed(topics), {2: (77, "")})
        self.assertEqual(end_offsets(self.broker.bootstrap, topics.input), {0: 0, 1: 0, 2: 0})


def replace_offset(each: Record, offset: int) -> Record:
    return each._replace(offset=offset)


class TopicsScript(KafkaCase):
    """deploy/kafka/topics.sh."""

    def arguments(self, topics: Topics, *more: str) -> list[str]:
        names = ["--group", topics.group, "--input", topics.input, "--prefix", topics.prefix]
        return [*names, "--partitions", "2", "--create-time", *more]

    def setting(self, topic: str, name: str) -> str:
        client = AdminClient({"bootstrap.servers": self.broker.bootstrap})
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
        return str(client.describe_configs([resource])[resource].result(30)[name].value)

    def test_topics_have_their_settings(self) -> None:
        operator = ["--operator", "90b3d51f30020a00"]
        topics = self.create_topics(2, create_time=False, options=operator)
        existing = AdminClient({"bootstrap.servers": self.broker.bootstrap}).list_topics(timeout=30)
        outputs = ["alerts.forwarded", "alerts.consolidated", "throttle.episodes", "dead.letter"]
        outputs += ["requests.accepted", "requests.rejected", "inventory.removed"]
        outputs += ["enp.unrouted", "enp.90-B3-D5-1F-30-02-0A-00"]
        names = [topics.input, topics.deltas, topics.state, *map(topics.output, outputs)]
        self.assertEqual({len(existing.topics[name].partitions) for name in names}, {2})
        for name, setting, value in (
            (topics.input, "message.timestamp.type", "LogAppendTime"),
            (topics.deltas, "cleanup.policy", "delete"),
            (topics.deltas, "retention.ms", "-1"),
            (topics.state, "cleanup.policy", "compact"),
            (topics.state, "delete.retention.ms", "86400000"),
            (topics.output("dead.letter"), "message.timestamp.type", "CreateTime"),
        ):
            self.assertEqual(self.setting(name, setting), value, f"{name} {setting}")

    def test_it_does_once_what_it_says_and_changes_no_partitions(self) -> None:
        topics = self.create_topics(2)
        again = self.broker.run_script("topics.sh", self.arguments(topics))
        self.assertEqual({line.split()[0] for line in again.splitlines()}, {"found"})
        with self.assertRaisesRegex(AssertionError, "expected 3 partitions, but .* has 2"):
            arguments = [*self.arguments(topics), "--partitions", "3", "--operator", "0" * 16]
            self.broker.run_script("topics.sh", arguments)
        existing = AdminClient({"bootstrap.servers": self.broker.bootstrap}).list_topics(timeout=30)
        self.assertNotIn(topics.output("enp.00-00-00-00-00-00-00-00"), existing.topics)

    def test_it_grants_what_the_service_needs(self) -> None:
        topics = self.create_topics(2)
        told = self.broker.run_script("topics.sh", self.arguments(topics, "--acls", "weir"))
        granted = {line for line in told.splitlines() if line.startswith("granted")}
        rights = {
            f"TOPIC {topics.input}": "READ DESCRIBE DESCRIBE_CONFIGS",
            f"TOPIC {topics.deltas}": "READ WRITE DESCRIBE DESCRIBE_CONFIGS DELETE",
            f"TOPIC {topics.state}": "READ WRITE DESCRIBE DESCRIBE_CONFIGS",
            f"GROUP {topics.group}": "READ",
            f"TRANSACTIONAL_ID {topics.group}/*": "WRITE DESCRIBE",
        }
        for name in ("alerts.forwarded", "alerts.consolidated", "throttle.episodes", "dead.letter",
                     "requests.accepted", "requests.rejected", "inventory.removed",
                     "enp.unrouted"):  # fmt: skip
            rights[f"TOPIC {topics.output(name)}"] = "WRITE DESCRIBE DESCRIBE_CONFIGS"
        expected = {
            f"granted  User:weir {right} {what}" for what, all_ in rights.items()
            for right in all_.split()
        }  # fmt: skip
        self.assertEqual(granted, expected)
        self.expect_enough_and_no_more(topics)

    def expect_enough_and_no_more(self, topics: Topics) -> None:
        load(self.broker.bootstrap, topics.input, [record(b"input")])
        self.transact(topics, f"{topics.group}/weir-0/0")
        self.assertEqual(self.committed(topics), {0: (1, "")})
        self.assertEqual(len(read(self.broker.bootstrap, topics.state)), 1)
        with self.assertRaises(KafkaException):
            self.transact(topics, "another/weir-0/0")
        client = AdminClient({**self.broker.account("weir"), "log_level": 2})
        (creation,) = client.create_topics([NewTopic(f"{topics.group}.more", 1, 1)]).values()
        with self.assertRaisesRegex(KafkaException, "(?i)authorization"):
            creation.result(30)
        stranger = AdminClient({**self.broker.account("stranger"), "log_level": 2})
        self.assertNotIn(topics.input, stranger.list_topics(timeout=30).topics)

    def transact(self, topics: Topics, transactional_id: str) -> None:
        """Reads one record and writes to each kind of topic, as the service does."""
        account = self.broker.account("weir")
        consumer = Consumer({**account, "group.id": topics.group, "auto.offset.reset": "earliest"})
        self.addCleanup(consumer.close)
        consumer.assign([TopicPartition(topics.input, 0, 0)])
        message = wait_until(lambda: consumer.poll(0.1), "a record of the input", 30)
        self.assertIsNone(message.error())
        producer = producer_of(account, transactional_id)
        producer.init_transactions(30)
        producer.begin_transaction()
        for topic in (topics.output("alerts.forwarded"), topics.deltas, topics.state):
            put(producer, topic, record(b"output", b"key"))
        position = [TopicPartition(topics.input, 0, 1)]
        producer.send_offsets_to_transaction(position, consumer.consumer_group_metadata(), 30)
        producer.commit_transaction(30)


class Comparison(KafkaCase):
    """That what a service wrote is compared with what it must write, and that a fault is seen."""

    shared: tuple[Topics, list[Record]] | None = None

    def setUp(self) -> None:
        super().setUp()
        if Comparison.shared is None:
            Comparison.shared = self.make_input()
        self.topics, self.input = Comparison.shared

    def make_input(self) -> tuple[Topics, list[Record]]:
        topics = self.create_topics(2)
        capture, spoilt = self.folder / "capture", self.folder / "spoilt"
        support.generate(
            capture, "--devices", 200, "--duration", "3h", "--storms", 4, "--seed", support.SEED,
            "--flapping", 4, "--duplicates", "0.02", "--late", "0.02",
        )  # fmt: skip
        support.spoil(capture, spoilt, self.rng)
        # What is no JSON has no key and goes to partition 0; some of it should not.
        records = [
            each._replace(partition=self.rng.randrange(2)) if each.key is None else
            each._replace(headers=(("trace", b"%d" % len(each.value or b"")),))
            for each in from_capture(spoilt, 2)
        ]
        others = SystemRecords(self.rng, device_id)
        for at in range(len(records) - 1, 0, -5):
            time = records[at].timestamp
            if time > 0:
                records.insert(at, others.next(self.rng.randrange(2), time))
        load(self.broker.bootstrap, topics.input, records)
        return topics, read(self.broker.bootstrap, topics.input)

    def outputs(self, policy: dict[str, object] | None = None) -> dict[int, Outputs]:
        return by_model(self.input, policy)

    def test_model_and_replay_expect_the_same(self) -> None:
        for policy in (None, POLICY, {**POLICY, "duplicate_window": "2d"}):
            by_weir = by_replay(self.input, policy, self.folder)
            self.assertIsNone(first_difference(self.outputs(policy), by_weir))
        counts = [len(stream) for each in by_weir.values() for stream in each.streams().values()]
        self.assertNotIn(0, counts, "a stream that is empty compares nothing")
        copies = [each for part in by_weir.values() for each in part.forwarded if each.sequence]
        self.assertTrue(copies)

    def test_what_is_written_to_topics_compares_equal(self) -> None:
        for number, expected in self.outputs(POLICY).items():
            self.write(number, expected)
        self.commit({each.partition: each.offset + 1 for each in self.input})
        self.assert_outputs(self.topics, POLICY)
        with self.assertRaisesRegex(AssertionError, "not what weir replay says"):
            self.assert_outputs(self.topics, PASS_ALL)

    def write(self, number: int, expected: Outputs) -> None:
        """What a service would write."""
        bootstrap, output = self.broker.bootstrap, self.topics.output
        load(bootstrap, output("alerts.forwarded"), (
            record(value, key, number, 1_000, headers if each.sequence is None else (
                *headers, (SEQUENCE, b"%d" % each.sequence), (COUNT, b"%d" % (each.count or 0))))
            for each in expected.forwarded for key, value, headers in each.originals[:1]
        ))  # fmt: skip
        episodes = (record(each.fields.encode(), b"key", number) for each in expected.episodes)
        load(bootstrap, output("throttle.episodes"), episodes)
        by_weir = by_replay(self.input, POLICY, self.folder)[number]
        for name, items in (by_weir.notices or {}).items():
            load(bootstrap, output(name), (written(each, number) for each in items))
        load(bootstrap, output("dead.letter"), (
            record(json.dumps({
                "topic": self.topics.input, "partition": number, "offset": each.offset,
                "reason": each.reason or "not_readable",
                "bytes": base64.b64encode(each.value or b"").decode(),
            }).encode(), b"key", number)
            for each in by_weir.letters
        ))  # fmt: skip

    def commit(self, offsets: dict[int, int]) -> None:
        consumer = Consumer(
            {"bootstrap.servers": self.broker.bootstrap, "group.id": self.topics.group}
        )
        self.addCleanup(consumer.close)
        places = [TopicPartition(self.topics.input, *each) for each in offsets.items()]
        consumer.commit(offsets=places, asynchronous=False)
        self.wait_until_committed(self.topics)

    def test_faults_are_seen_and_named(self) -> None:
        expected = self.outputs(POLICY)
        fine = expected[0].forwarded
        at = next(i for i, each in enumerate(fine) if each.sequence is not None)
        another = replace(fine[at], count=(fine[at].count or 0) + 1)
        for forwarded, message in (
            (fine[:at] + fine[at + 1 :], "what was expected is lost"),
            (fine[: at + 1] + fine[at:], "it stands there already"),
            (fine[:at] + [fine[at + 1], fine[at]] + fine[at + 2 :], f"comes at {at + 1}"),
            (fine[:at] + [another] + fine[at + 1 :], "what was found belongs nowhere"),
            (fine[:at], "(the end)"),
        ):
            found = {**expected, 0: replace(expected[0], forwarded=forwarded)}
            difference = first_difference(expected, found) or ""
            self.assertIn(message, difference)
            self.assertIn("alerts.forwarded [0]: record", difference)
        lost = {0: expected[0]}
        self.assertIn("[1]: record 0 differs", first_difference(expected, lost) or "")

    def test_notices_are_compared_too(self) -> None:
        for notices in ("json", "duis"):
            expected = by_replay(self.input, POLICY, self.folder, notices)
            for number, outputs in expected.items():
                for name, items in (outputs.notices or {}).items():
                    for change in changes(items):
                        other = replace(outputs, notices={**(outputs.notices or {}), name: change})
                        found = first_difference(expected, {**expected, number: other}) or ""
                        self.assertIn(f"{name} [{number}]: record", found)
        items = [each for one in expected.values() for items in (one.notices or {}).values()
                 for each in items]  # fmt: skip
        once = list(counters_of(items))
        self.assertEqual(repeated(once), set())
        self.assertEqual(repeated([*once, once[0]]), {once[0]})

    def test_letters_and_events_are_compared_too(self) -> None:
        expected = self.outputs(POLICY)
        for change in (
            replace(expected[0], letters=[Letter(0, None, b"x"), *expected[0].letters]),
            replace(expected[0], episodes=expected[0].episodes[1:]),
        ):
            self.assertIsNotNone(first_difference(expected, {**expected, 0: change}))
        letter, nobody = Letter(3, "bad_json", b"{"), Passed((Original(b"k", b"v"),))
        self.assertTrue(letter.fits(replace(letter, reason=None)))
        self.assertFalse(letter.fits(replace(letter, reason="no_time")))
        for other in (Original(b"k", b"w"), Original(b"k", b"v", (("h", b""),))):
            self.assertFalse(nobody.fits(Passed((other,))))
        self.assertEqual(found_outputs([], [], [], "x"), {})


def written(item: Item, number: int) -> Record:
    """What a service would write."""
    if isinstance(item, Written):
        return record(item.value, item.key, number, 1_000, item.headers or ())
    key, value, headers = next(iter(item.originals))
    return record(value, key, number, 1_000, (*headers, *item.added))


def changes(items: list[Item]) -> list[list[Item]]:
    """One is lost, one comes twice, one is another."""
    at = len(items) // 2
    return [
        [*items[:at], *items[at + 1 :]],
        [*items, items[at]],
        [*items[:at], spoilt(items[at]), *items[at + 1 :]],
    ]


def spoilt(item: Item) -> Item:
    if isinstance(item, Written):
        return replace(item, value=item.value + b" ")
    return replace(item, added=(*item.added, ("reason", b"none")))


# Stands in for `weir serve`: reads its configuration, serves two pages, ends when told to.
STAND_IN = """#!/usr/bin/python3
import http.server, json, os, signal, sys
config = json.load(open(sys.argv[3]))
print("failpoints:", os.environ.get("WEIR_FAILPOINTS"), flush=True)
if os.environ.get("WEIR_FAILPOINTS") == "at start":
    os._exit(99)
class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path in ("/readyz", "/metrics") else 404)
        self.end_headers()
        self.wfile.write(b'weir_workers{group="%s"} 2' % config["service"]["group"].encode())
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
host, port = config["service"]["http"]["listen"].split(":")
http.server.HTTPServer((host, int(port)), Pages).serve_forever()
"""


class Services(KafkaCase):
    """How a service is run, shown on a stand-in."""

    def setUp(self) -> None:
        super().setUp()
        program = self.file("weir", STAND_IN.encode())
        program.chmod(0o755)
        weir, support.WEIR = support.WEIR, program
        self.addCleanup(setattr, support, "WEIR", weir)
        self.one = self.service(Topics("input", "group", "prefix.", 1), {"service": {"workers": 2}})

    def test_it_lives_and_ends(self) -> None:
        self.one.start()
        self.assertEqual(self.one.metrics().total("weir_workers", group="group"), 2)
        self.assertEqual(self.one.get("/none")[0], 404)
        self.assertEqual(self.one.terminate(), 0)
        self.assertFalse(self.one.ready())
        self.one.start()
        self.one.sigkill()
        self.assertEqual(self.one.exit_code(), -signal.SIGKILL)
        self.assertEqual(self.one.log().count("failpoints: None"), 2)

    def test_frozen_it_is_not_ready(self) -> None:
        self.one.start()
        self.one.freeze()
        self.assertEqual(self.one.get("/readyz", within=0.5)[0], 0)
        self.one.thaw()
        wait_until(self.one.ready, "it is ready again", 30)

    def test_failpoints_hold_for_one_life(self) -> None:
        self.one.start(failpoints="at start", wait=False)
        self.assertEqual(self.one.wait(), 99)
        self.one.start()
        self.assertIn("failpoints: at start", self.logs())

    def test_one_that_ends_instead_of_being_ready_fails_the_test(self) -> None:
        with self.assertRaisesRegex(AssertionError, "ended with 99 instead of being ready"):
            self.one.start(failpoints="at start")

    def test_its_configuration(self) -> None:
        service = self.one.config["service"]
        self.assertEqual((service["workers"], service["group"], service["prefix"]),
                         (2, "group", "prefix."))  # fmt: skip
        self.assertEqual(self.one.config["kafka"]["bootstrap.servers"], self.broker.bootstrap)
        self.assertEqual(service["timestamps"], "create_time")


class Pages(unittest.TestCase):
    def test_metrics_are_read(self) -> None:
        page = Metrics(
            "# HELP weir_a_total It.\n# TYPE weir_a_total counter\n"
            'weir_a_total{partition="0",verdict="copy"} 3\n'
            'weir_a_total{partition="1",verdict="copy"} 4\nweir_b 1.5e3\nweir_c NaN 17\n'
        )
        self.assertEqual(page.total("weir_a_total"), 7)
        self.assertEqual(page.total("weir_a_total", partition="1"), 4)
        self.assertEqual(page.total("weir_a_total", partition="2"), 0)
        self.assertEqual(page.total("weir_b"), 1500)
        self.assertEqual(page.names(), {"weir_a_total", "weir_b", "weir_c"})

    def test_waiting_ends_and_says_for_what(self) -> None:
        with self.assertRaisesRegex(AssertionError, "the moon is blue: it is grey"):
            wait_until(lambda: False, "the moon is blue:", 0.05, lambda: "it is grey")
        self.assertEqual(wait_until(lambda: 7, "seven", 0), 7)


if __name__ == "__main__":
    main()
