"""Stopping, standing idle, what the service tells of itself, and what it says where it cannot run.

    /usr/bin/python3 tests/integration/service_test.py [Class[.test_name]]
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from faults import (
    HOUR,
    POLICY,
    SLOW,
    FaultCase,
    alert,
    device_id,
    long_run,
    restored,
    said_now,
    stop_all,
    storms,
)
from kafka_support import (
    STREAMS,
    Record,
    Service,
    Topics,
    by_replay,
    first_difference,
    main,
    read,
    record,
    support,
    wait_until,
)

SCHEMA = support.SHARED / "schemas" / "duis-5.4.xsd"
MOST_DOCUMENTS = 300  # that are validated


class Stop(FaultCase):
    @contextmanager
    def loading(self, topics: Topics, records: list[Record], at_once: int) -> Iterator[None]:
        """Beside what is done meanwhile; all of it is loaded at the end."""
        parts = [records[at : at + at_once] for at in range(0, len(records), at_once)]
        loader = threading.Thread(target=lambda: [self.load(topics, each) for each in parts])
        loader.start()
        try:
            yield
        finally:
            loader.join()

    def stop_under_load(self, *signals: signal.Signals) -> None:
        topics = self.create_topics(4)
        records = storms(self.rng, 40_000, 4)
        service = self.quick(topics)
        service.start()
        with self.loading(topics, records, 500):
            for progress in (2_000, 10_000):
                self.wait_for_progress(topics, progress)
                for each in signals:
                    service.signal(each)
                self.assertEqual(service.wait(), support.DONE)
                self.assertIn("stopped", said_now(service))
                done = self.done(topics)
                self.assertLess(done, len(records), "it was not under load")
                self.start_with(service, 4)
                # Nothing had been left for later.
                self.assertEqual(set(restored(service).values()), {0})
        self.wait_until_committed(topics)
        stop_all(service)
        self.assert_outputs(topics, POLICY)

    def test_under_load(self) -> None:
        self.stop_under_load(signal.SIGTERM)

    @long_run
    def test_by_several_signals(self) -> None:
        self.stop_under_load(signal.SIGINT, signal.SIGTERM, signal.SIGINT)

    def test_it_does_not_wait_for_ever(self) -> None:
        """The broker stands still, and so a commit that is open cannot end."""
        topics = self.create_topics(4)
        records = storms(self.rng, 3_000, 4)
        config = {"service": {"commit": {"interval": "5s", "records": 1_000_000},
                              "stop_within": "1s"}}  # fmt: skip
        service = self.quick(topics, config=config)
        service.start()
        self.load(topics, records)
        self.wait_for_metric(service, lambda n: n >= len(records), "weir_records_read_total")
        self.broker.freeze()
        self.assertEqual(service.terminate(), support.FAILED)
        self.assertIn("did not stop within 1000 ms", said_now(service))
        self.broker.thaw()
        service.start()
        self.wait_until_committed(topics)
        stop_all(service)
        self.assert_outputs(topics, POLICY)


class Idle(FaultCase):
    def test_episodes_end_where_nothing_more_comes(self) -> None:
        """One of the partitions never gets anything."""
        topics = self.create_topics(3)
        now = int(time.time() * 1000)
        records = storms(self.rng, 3_000, 2, hours=1, begin=now - 2 * HOUR)
        service = self.quick(topics, config={"service": {"idle": "1s"}})
        service.start()
        self.load(topics, records)
        self.wait_until_committed(topics)
        self.wait_for_metric(service, lambda n: n >= 2, "weir_idle_advances_total")
        self.wait_for_metric(service, lambda n: n == 0, "weir_open_episodes")
        wait_until(lambda: self.open_episodes(topics) == {}, "episodes are told to have ended",
                   SLOW, service.log)  # fmt: skip
        wait_until(lambda: self.idle_difference(topics, service) is None, "all is as by replay",
                   SLOW, lambda: f"but {self.idle_difference(topics, service)}")  # fmt: skip
        # Also across a restart, and with records that come at last.
        stop_all(service)
        service.start()
        self.load(topics, storms(self.rng, 1_000, 3, hours=1 / 60, begin=int(time.time() * 1000)))
        self.wait_until_committed(topics)
        stop_all(service)
        self.assert_outputs(topics, POLICY)

    def idle_difference(self, topics: Topics, service: Service) -> str | None:
        """To a replay as if a record had moved each partition to where its clock has."""
        page = service.metrics()
        device = device_id(0, 999)
        inputs = read(self.broker.bootstrap, topics.input)
        for number in (0, 1):
            time_of = page.total("weir_stream_timestamp_seconds", partition=str(number))
            last = record(alert(device, "8F1D", 0), device.encode(), number, round(time_of * 1000))
            inputs.append(last._replace(offset=len(inputs)))
        expected = by_replay(inputs, POLICY, self.folder)
        for outputs in expected.values():
            del outputs.forwarded[-1]
        return first_difference(expected, self.found(topics))

    def open_episodes(self, topics: Topics) -> dict[Any, int]:
        """By what is told of them."""
        open_ones: Counter[Any] = Counter()
        for each in read(self.broker.bootstrap, topics.output("throttle.episodes")):
            fields = json.loads(each.value or b"")
            change = {"started": 1, "ended": -1}.get(fields["event"], 0)
            open_ones[each.partition, fields["device"], fields["code"]] += change
        return {key: count for key, count in open_ones.items() if count != 0}


class Told(FaultCase):
    notices = "duis"

    def test_what_it_tells_is_what_it_did(self) -> None:
        topics = self.create_topics(4)
        records = storms(self.rng, 12_000, 4)
        for at in range(100, 12_000, 100):
            # Some alerts twice, and some records that cannot be decoded.
            twice = next(each for each in reversed(records[:at]) if b'"code":"8' in each.value
                         and b'"type"' not in each.value)  # fmt: skip
            records.insert(at, twice if at % 300 else records[at]._replace(value=b"?"))
        service = self.service(topics, {"service": {"workers": 2}}, POLICY)
        service.start(wait=False)
        seen: list[tuple[int, int]] = []

        def ready() -> bool:
            seen.append((service.get("/livez")[0], service.get("/readyz")[0]))
            return seen[-1] == (200, 200)

        wait_until(ready, "it is ready", SLOW, service.log)
        self.assertIn((200, 503), seen)
        self.load(topics, records)
        self.wait_until_committed(topics)
        self.wait_for_metric(service, lambda n: n == len(records), "weir_records_read_total")
        self.wait_for_metric(service, lambda n: n == 0, "weir_lag_records")
        self.assert_outputs(topics, POLICY)
        self.compare_with_summaries(topics, service)
        self.compare_notices(topics, service)
        found = service.metrics()
        size = sum(len(each.key or b"") + len(each.value or b"") for each in records)
        self.assertEqual(found.total("weir_read_bytes_total"), size)
        self.assertEqual(found.total("weir_partitions_owned"), 4)
        self.assertEqual(found.total("weir_partitions_restoring"), 0)
        self.assertEqual(found.total("weir_lag_seconds"), 0)
        self.assertGreater(found.total("weir_commits_total", outcome="done"), 0)
        self.assertEqual(found.total("weir_commits_total"),
                         found.total("weir_commits_total", outcome="done"))  # fmt: skip
        self.assertEqual(found.total("weir_commit_records_sum"), len(records))
        last = {each.partition: each.timestamp for each in records}
        for number, timestamp in last.items():
            told = found.total("weir_stream_timestamp_seconds", partition=str(number))
            self.assertAlmostEqual(told, timestamp / 1000, places=3)
        self.compare_codes(service)
        stop_all(service)

    def compare_codes(self, service: Service) -> None:
        """What is told by code with what is told of all, and what only a process can tell."""
        found = service.metrics()
        self.assertEqual(found.total("weir_code_consolidated_alerts_total"),
                         found.total("weir_alerts_total", verdict="consolidated"))  # fmt: skip
        # Of three minutes of many.
        alerts = found.total("weir_recent_alerts")
        processed = sum(found.total("weir_alerts_total", verdict=verdict)
                        for verdict in ("forwarded", "copy", "consolidated"))  # fmt: skip
        self.assertGreater(alerts, 0)
        self.assertLess(alerts, processed)
        self.assertGreater(found.total("weir_recent_devices"), 0)
        self.assertLess(found.total("weir_recent_devices"), 1.2 * alerts)
        self.assertGreater(found.total("weir_counter_table_bytes"), 0)
        self.assertGreater(found.total("weir_memory_resident_bytes"), 1 << 20)
        self.assertEqual(found.total("weir_restore_records"),
                         found.total("weir_restore_target_records"))  # fmt: skip
        started = found.total("weir_start_timestamp_seconds")
        for worker in ("0", "1"):
            committed = found.total("weir_last_commit_timestamp_seconds", worker=worker)
            self.assertLessEqual(started, committed)
            self.assertLessEqual(committed, time.time())

    def compare_notices(self, topics: Topics, service: Service) -> None:
        """With what the topics hold."""
        found = service.metrics()
        there = {name: read(self.broker.bootstrap, topics.output(name)) for name in STREAMS}
        operators = [each for name in STREAMS if name.startswith("enp.") for each in there[name]]
        notices = [each for each in operators if (each.value or b"").startswith(b"<")]
        unrouted = [each for each in notices if each.header("reason") is not None]
        told = {
            "unrouted": found.total("weir_switch_notices_total", routed="false"),
            "routed": found.total("weir_switch_notices_total", routed="true"),
            "removals": found.total("weir_removals_total"),
            "enp": found.total("weir_records_produced_total", stream="enp"),
        }
        self.assertEqual(told, {
            "unrouted": len(unrouted),
            "routed": len(notices) - len(unrouted),
            "removals": len(there["inventory.removed"]),
            "enp": len(operators),
        })  # fmt: skip
        self.assertGreater(min(told.values()), 0, told)
        for decision in ("accepted", "rejected"):
            name = f"requests.{decision}"
            reasons = Counter((each.header("reason") or b"").decode() for each in there[name])
            self.assertEqual(
                {reason: found.total("weir_requests_total", decision=decision, reason=reason)
                 for reason in reasons}, dict(reasons),
            )  # fmt: skip
            for total in (found.total("weir_requests_total", decision=decision),
                          found.total("weir_records_produced_total", stream=name)):  # fmt: skip
                self.assertEqual(total, len(there[name]))
        self.validate([*notices, *there["inventory.removed"]])

    def validate(self, documents: list[Record]) -> None:
        """Under the schema of DUIS, where it is at hand."""
        if not SCHEMA.is_file() or shutil.which("xmllint") is None:
            return
        paths = [self.file(f"{number}.xml", each.value or b"")
                 for number, each in enumerate(documents[:MOST_DOCUMENTS])]  # fmt: skip
        done = subprocess.run(
            ["xmllint", "--nonet", "--noout", "--schema", SCHEMA, *paths],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr[-2_000:])

    def compare_with_summaries(self, topics: Topics, service: Service) -> None:
        """Those that the replay of each partition has written."""
        total: Counter[str] = Counter()
        for number in range(topics.partitions):
            path: Path = self.folder / f"expected-{number}/out/summary.json"
            summary = json.loads(path.read_text())
            total.update({name: n for name, n in summary.items() if isinstance(n, int)})
            total.update(summary["episodes"])
        found = service.metrics()
        told = {
            "forwarded": found.total("weir_alerts_total", verdict="forwarded"),
            "copies": found.total("weir_alerts_total", verdict="copy"),
            "dead": found.total("weir_dead_letters_total"),
            "started": found.total("weir_episodes_started_total"),
            "ended": found.total("weir_episodes_ended_total"),
            "open": found.total("weir_open_episodes"),
        }
        self.assertEqual(told, {name: total[name] for name in told})
        self.assertGreater(min(told.values()), 0, told)
        # Requests and the like may come twice as well.
        duplicates = found.total("weir_alerts_total", verdict="duplicate")
        self.assertGreater(duplicates, 0)
        self.assertLessEqual(duplicates, total["duplicates"])
        # The last word of an episode has been held back before, and counts as both.
        held = found.total("weir_alerts_total", verdict="consolidated")
        self.assertGreaterEqual(held, total["consolidated"])
        self.assertLessEqual(held, total["consolidated"] + total["ended"])
        produced = {
            stream: found.total("weir_records_produced_total", stream=stream)
            for stream in ("alerts.forwarded", "throttle.episodes", "dead.letter")
        }
        written = {stream: len(read(self.broker.bootstrap, topics.output(stream)))
                   for stream in produced}  # fmt: skip
        self.assertEqual(produced, written)


class Readiness(FaultCase):
    def wait_for_reason(self, service: Service, text: str) -> None:
        def told() -> bool:
            status, reasons = service.get("/readyz")
            return status == 503 and text in reasons

        wait_until(told, f"/readyz says: {text}", SLOW, service.log)

    def test_more_workers_than_partitions(self) -> None:
        topics = self.create_topics(1)
        service = self.quick(topics, config={"service": {"workers": 3}})
        service.start()
        self.load(topics, storms(self.rng, 1_000, 1))
        self.wait_until_committed(topics)
        self.assertEqual(service.get("/readyz"), (200, "ready\n"))
        stop_all(service)

    @long_run
    def test_a_topic_that_goes(self) -> None:
        topics = self.create_topics(1)
        service = self.quick(topics)
        service.start()
        self.delete_topic(topics.input)
        self.wait_for_reason(service, f"looking for the topic {topics.input}")
        # How it stops without its topic is another matter.
        service.sigkill()

    def test_a_broker_that_goes_and_comes(self) -> None:
        topics = self.create_topics(2)
        service = self.quick(topics)
        service.start()
        self.broker.kill()
        self.wait_for_reason(service, "worker 0 cannot work, for ")
        self.assertIn(self.broker.bootstrap, service.get("/readyz")[1])
        self.broker.start()
        service.wait_ready()
        self.load(topics, storms(self.rng, 1_000, 2))
        self.wait_until_committed(topics)
        stop_all(service)
        self.assert_outputs(topics, POLICY)


class Surroundings(FaultCase):
    def ends(self, service: Service, code: int) -> str:
        """What it says before it ends."""
        service.start(wait=False)
        self.assertEqual(service.wait(), code)
        return said_now(service)

    @long_run
    def test_a_wrong_password(self) -> None:
        topics = self.create_topics(1)
        account = self.broker.account("weir") | {"sasl.password": "swordfish"}
        said = self.ends(self.quick(topics, config={"kafka": account}), support.FAILED)
        self.assertIn("Authentication failed", said)
        self.assertNotIn("swordfish", said)

    def test_rights_that_are_missing(self) -> None:
        """All topics are named. With the rights that topics.sh grants it runs."""
        topics = self.create_topics(2)
        service = self.quick(topics, config={"kafka": self.broker.account("weir")})
        said = self.ends(service, support.FAILED)
        outputs = ("alerts.forwarded", "throttle.episodes", "dead.letter", *STREAMS)
        for topic in (*map(topics.output, outputs), topics.input, topics.deltas, topics.state):
            self.assertRegex(said, f"{topic}: .* is not allowed: grant Describe")
        self.assertIn("deploy/kafka/topics.sh --acls", said)
        self.make_topics(topics, options=["--acls", "User:weir"])
        service.start()
        self.load(topics, storms(self.rng, 2_000, 2))
        self.wait_until_committed(topics)
        stop_all(service)
        self.assert_outputs(topics, POLICY)

    @long_run
    def test_rights_of_another_group(self) -> None:
        """All but those on the changelogs and the group."""
        topics = self.create_topics(2)
        other = Topics(topics.input, f"{topics.group}-other", topics.prefix, topics.partitions)
        self.make_topics(other, options=["--acls", "User:stranger"])
        service = self.quick(topics, config={"kafka": self.broker.account("stranger")})
        said = self.ends(service, support.FAILED)
        lines = [line.strip() for line in said.splitlines() if "is not allowed" in line]
        self.assertEqual([line.split(":")[0] for line in lines], [topics.deltas, topics.state])

    @long_run
    def test_an_address_that_is_taken(self) -> None:
        topics = self.create_topics(1)
        service = self.quick(topics)
        service.start()
        twin = self.quick(topics, "twin", {"service": {"http": service.config["service"]["http"]}})
        said = self.ends(twin, support.FAILED)
        self.assertIn(f"127.0.0.1:{service.port}", said)
        stop_all(service)

    def test_a_configuration_with_mistakes(self) -> None:
        topics = self.create_topics(1)
        service = self.quick(topics, config={"service": {"workers": 0, "statee": 1}})
        said = self.ends(service, support.CONFIGURATION)
        self.assertIn("workers", said)
        self.assertIn("statee", said)
        service = self.quick(topics, "other", {"kafka": {"acks": "1", "bootstrap.severs": "x"}})
        said = self.ends(service, support.CONFIGURATION)
        self.assertIn("acks", said)
        self.assertIn("bootstrap.severs", said)

    @long_run
    def test_a_broker_that_comes_late(self) -> None:
        """It says so and ends, for whoever started it to start it again."""
        topics = self.create_topics(2)
        service = self.quick(topics)
        self.broker.kill()
        said = self.ends(service, support.FAILED)
        self.assertIn(f"asking {self.broker.bootstrap} for the topics", said)
        self.broker.start()
        service.start()
        self.load(topics, storms(self.rng, 2_000, 2))
        self.wait_until_committed(topics)
        stop_all(service)
        self.assert_outputs(topics, POLICY)


if __name__ == "__main__":
    main()
