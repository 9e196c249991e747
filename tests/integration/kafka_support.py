"""What the tests with a real broker share; a test imports all from here.

    class SomeTest(KafkaCase):
        def test_something(self) -> None:
            topics = self.create_topics(partitions=4)
            load(self.broker.bootstrap, topics.input, from_capture(path))
            service = self.service(topics)
            service.start()
            self.wait_until_committed(topics)
            self.assert_outputs(topics)

    if __name__ == "__main__":
        main()

Runs under the Python that Debian's python3-confluent-kafka is for, /usr/bin/python3. One broker
serves all tests of a process; each has topics and a group of its own. Without a broker the tests
are skipped, loudly and with exit code 77; with WEIR_CI=1 in the environment they fail.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sys
import unittest
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broker import (
    ACCOUNTS,
    Broker,
    SecureBroker,
    Unavailable,
    end_in_order_when_told_to,
    free_ports,
)
from expected import (
    Letter,
    Outputs,
    Policy,
    by_model,
    by_replay,
    first_difference,
    found_outputs,
    model,
    support,
)
from notices import STREAMS, counters_of, repeated
from records import (
    Record,
    by_partition,
    committed,
    end_offsets,
    from_capture,
    load,
    read,
    record,
)
from service import Metrics, Service, merged
from system_records import OPERATORS, PARTIES
from waiting import wait_until

__all__ = [
    "ACCOUNTS", "STREAMS", "Broker", "KafkaCase", "Letter", "Metrics", "Outputs", "Policy",
    "Record", "SecureBroker", "Service", "Topics", "Unavailable",
    "by_model", "by_partition", "by_replay", "committed", "end_offsets", "first_difference",
    "found_outputs", "free_ports",
    "from_capture", "load", "main", "merged", "model", "read", "record", "support", "wait_until",
]  # fmt: skip

SKIPPED = 77  # what ctest takes for skipped
IN_CI = os.environ.get("WEIR_CI") == "1"
MODEL_LIMIT = 100_000  # records up to which the model is asked as well, unless told otherwise


@dataclass(frozen=True)
class Topics:
    """The names that one test uses."""

    input: str
    group: str
    prefix: str
    partitions: int

    def output(self, stream: str) -> str:
        return self.prefix + stream

    @property
    def deltas(self) -> str:
        return f"{self.group}.deltas"

    @property
    def state(self) -> str:
        return f"{self.group}.state"


class KafkaCase(support.ProgramCase):
    """Has the shared broker, a folder of its own, and services that end with the test."""

    notices = "json"  # how the service writes them, or `duis`
    broker_kind: type[Broker] = Broker
    _numbers = itertools.count(1)

    def setUp(self) -> None:
        super().setUp()
        self.broker = self.broker_kind.shared()
        self.addCleanup(self.broker.heal)
        self.services: list[Service] = []
        self.addCleanup(self._discard_services)

    def _discard_services(self) -> None:
        for each in self.services:
            each.discard()

    def logs(self) -> str:
        """What helps to see why a test failed."""
        return "\n".join(each.log() for each in getattr(self, "services", []))

    def keep_logs(self) -> Path:
        """Copies whole logs to where they outlive the test."""
        kept = support.ROOT / "build/failed" / self.id()
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        for each in getattr(self, "services", []):
            if each.log_file.exists():
                shutil.copy(each.log_file, kept / f"{each.folder.name}.log")
        (kept / "broker.log").write_text(self.broker.log())
        return kept

    # -- what a test starts with

    def create_topics(
        self, partitions: int = 4, create_time: bool = True, options: Sequence[str] = ()
    ) -> Topics:
        """Topics of names not used before, made by deploy/kafka/topics.sh. `create_time`: records
        keep the times that they are loaded with."""
        name = f"t{next(self._numbers)}"
        topics = Topics(f"{name}.meter.events", name, f"{name}.", partitions)
        self.make_topics(topics, create_time, options)
        return topics

    def make_topics(
        self, topics: Topics, create_time: bool = True, options: Sequence[str] = ()
    ) -> None:
        """Those that are missing."""
        arguments = ["--partitions", str(topics.partitions), "--group", topics.group]
        arguments += ["--input", topics.input, "--prefix", topics.prefix, *options]
        for each in OPERATORS:
            arguments += ["--operator", each]
        if create_time:
            arguments.append("--create-time")
        self.broker.run_script("topics.sh", arguments)

    def service(
        self,
        topics: Topics,
        config: Mapping[str, Any] | None = None,
        policy: Policy | None = None,
        instance: str = "weir-0",
        failpoints: str = "",
    ) -> Service:
        """One instance, not started yet. `config` has what is to differ, at any depth. Time is
        the records' alone: no partition moves with the clock."""
        folder = self.folder / instance
        preset: dict[str, Any] = {
            "kafka": {
                "bootstrap.servers": self.broker.bootstrap,
                "security.protocol": "PLAINTEXT",
            },
            "service": {
                "instance": instance,
                "group": topics.group,
                "input": topics.input,
                "prefix": topics.prefix,
                "timestamps": "create_time",
                "idle": "0",
            },
            "parties": PARTIES,
            "notices": self.notices,
        }
        if policy is not None:
            path = self.file(f"{instance}.policy.yaml", json.dumps(policy).encode())
            preset["policy"] = str(path)
        made = Service(folder, merged(preset, config or {}), failpoints)
        self.services.append(made)
        return made

    # -- what a test ends with

    def committed(self, topics: Topics) -> dict[int, tuple[int, str]]:
        return committed(
            self.broker.bootstrap, topics.group, topics.input, topics.partitions
        )

    def wait_until_committed(
        self, topics: Topics, within: float = 120.0, ends: Mapping[int, int] | None = None
    ) -> None:
        """Until the group has committed all of the input, or up to `ends`."""
        if ends is None:
            ends = end_offsets(self.broker.bootstrap, topics.input)
        wanted = {number: end for number, end in ends.items() if end > 0}

        def all_is_done() -> bool:
            done = self.committed(topics)
            return all(done.get(number, (0, ""))[0] >= end for number, end in wanted.items())

        wait_until(all_is_done, f"committed up to {wanted}", within,
                   lambda: f"but {self.committed(topics)}\n{self.logs()}")  # fmt: skip

    def found(self, topics: Topics) -> dict[int, Outputs]:
        """What the output topics hold, as far as it is committed."""
        names = ("alerts.forwarded", "throttle.episodes", "dead.letter", *STREAMS)

        def read_stream(name: str) -> list[Record]:
            return read(self.broker.bootstrap, topics.output(name))

        # Most of the time goes by in waiting.
        with ThreadPoolExecutor(len(names)) as pool:
            forwarded, episodes, letters, *notices = pool.map(read_stream, names)
        return found_outputs(
            forwarded, episodes, letters, topics.input, dict(zip(STREAMS, notices))
        )

    def assert_outputs(
        self,
        topics: Topics,
        policy: Policy | None = None,
        with_model: bool | None = None,
        inputs: Iterable[Record] | None = None,
    ) -> None:
        """The outputs are exactly those of one uninterrupted run over the input as far as it is
        committed. `weir replay` says what they are, and of JSON so does the model; which by
        default is asked if the input is not too long. `inputs`: the input, if it is known."""
        if inputs is None:
            inputs = read(self.broker.bootstrap, topics.input)
        done = self.committed(topics)
        records = [each for each in inputs if each.offset < done.get(each.partition, (0, ""))[0]]
        if with_model is None:
            with_model = len(records) <= MODEL_LIMIT
        found = self.found(topics)
        oracles: dict[str, Callable[[], dict[int, Outputs]]] = {
            "weir replay": lambda: by_replay(records, policy, self.folder, self.notices)
        }
        if with_model:
            oracles["the model"] = lambda: by_model(records, policy)
        for name, oracle in oracles.items():
            difference = first_difference(oracle(), found)
            if difference is not None:
                self.fail(f"not what {name} says: {difference}")
        self.assert_counters_are_unique(found)

    def assert_counters_are_unique(self, found: Mapping[int, Outputs]) -> None:
        """Those of all that the service has written itself, of all partitions."""
        items = [each for one in found.values() for items in (one.notices or {}).values()
                 for each in items]  # fmt: skip
        self.assertEqual(repeated(list(counters_of(items))), set(), "counters come twice")


# --------------------------------------------------------------------------------------------
# Running tests.


class Result(unittest.TextTestResult):
    """Shows what the services of a test printed, if it fails."""

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        self._show_logs(test)

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        super().addError(test, err)
        self._show_logs(test)

    def _show_logs(self, test: unittest.TestCase) -> None:
        if isinstance(test, KafkaCase) and test.logs():
            self.stream.writeln(f"\n{test.logs()}\n\nWEIR_SEED={support.SEED}")
            self.stream.writeln(f"all that was printed is in {test.keep_logs()}")


def without_what_is_needed(why: str) -> int:
    line = "#" * 80
    verdict = "FAILED" if IN_CI else "SKIPPED: NOTHING OF THIS WAS TESTED"
    banner = f"{line}\n# {verdict}\n# What {sys.argv[0]} needs is not to be had here:\n{line}"
    print(f"{banner}\n{why}{line}", file=sys.stderr, flush=True)
    return 1 if IN_CI else SKIPPED


def main(needs: Callable[[], object] = Broker.shared) -> None:
    """`needs` raises Unavailable where the tests cannot be run."""
    end_in_order_when_told_to()
    print(f"WEIR_SEED={support.SEED}", flush=True)
    try:
        needs()
    except Unavailable as error:
        sys.exit(without_what_is_needed(str(error)))
    runner = unittest.TextTestRunner(verbosity=2, resultclass=Result)
    unittest.main(module="__main__", testRunner=runner)
