"""`weir serve` and bare loops beside it, each on topics of its own."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from confluent_kafka.admin import AdminClient

from kafka_support import Broker, Service, Topics, committed, merged, read, wait_until
from machine import on_processor

READY = 60.0  # seconds
END = 60.0
# What is started so does not outlive this process, whatever becomes of that.
MORTAL = ("setpriv", "--pdeathsig", "KILL")
TAIL = 60  # lines of a log that are shown
MOST_CHANGELOG = 32 << 20  # bytes of it that are kept as a sample

# Nothing is excluded, so that every storm is throttled.
POLICY = {
    "policies": [{"effective_from": "2019-01-01T00:00:00Z", "default": {}, "excluded": []}]
}


@dataclass(frozen=True)
class Mirror:
    """What the service wrote for an input, so that a bare loop writes as much."""

    forwarded: float = 1.0  # of the records
    forwards: Path | None = None  # for each offset 1 if it was forwarded; None: all were
    events: float = 0.0  # per record
    event: str = ""
    changelog: Path | None = None  # a sample of what stood in it
    delta_bytes: float = 0.0  # per record
    states: float = 0.0  # records for the state, per commit
    state_bytes: int = 0  # of each of these

    def without_changelog(self) -> Mirror:
        return replace(self, changelog=None, delta_bytes=0.0, states=0.0)


@dataclass(frozen=True)
class Commit:
    interval_ms: int = 100
    records: int = 50_000


class Contestant(Protocol):
    topics: Topics

    def start(self) -> None:
        """Returns once it is ready, or consumes at least."""

    def launch(self) -> None:
        """Returns at once."""

    def is_ready(self) -> bool:
        """Fails if it has ended."""

    def pid(self) -> int: ...

    def stop(self) -> None: ...

    def kill(self) -> None:
        """As a crash would."""

    def log(self) -> str:
        """The end of what it printed."""

    def discard(self) -> None:
        """Whatever state it is in, it does not run any more."""


C = TypeVar("C", bound=Contestant)


class Field:
    """Where they run: a broker on one processor, the contestant on another."""

    def __init__(self, broker: Broker, folder: Path, processor: int) -> None:
        self.broker = broker
        self.folder = folder
        self.processor = processor
        self._numbers = itertools.count(1)
        self._made: list[Contestant] = []

    def input_topic(self, create_time: bool) -> str:
        """A new one, with the topics of a group that nobody uses."""
        return self.topics(None, create_time).input

    def topics(
        self, existing_input: str | None, create_time: bool, partitions: int = 1
    ) -> Topics:
        name = f"b{next(self._numbers)}"
        topics = Topics(existing_input or f"{name}.meter.events", name, f"{name}.", partitions)
        arguments = ["--partitions", str(partitions), "--group", topics.group]
        arguments += ["--input", topics.input, "--prefix", topics.prefix]
        self.broker.run_script("topics.sh", [*arguments, *["--create-time"] * create_time])
        return topics

    def delete(self, topics: Topics, with_input: bool) -> None:
        client = AdminClient({"bootstrap.servers": self.broker.bootstrap, "log_level": 2})
        found = client.list_topics(timeout=READY).topics
        # Some make topics of their own, named after the group.
        begins = (topics.prefix, f"{topics.group}-") if topics.group else (topics.prefix,)
        names = [each for each in found if each.startswith(begins)]
        doomed = [each for each in names if with_input or each != topics.input]
        for each in client.delete_topics(doomed, operation_timeout=READY).values():
            each.result(READY)

    def delete_input(self, name: str) -> None:
        """One of input_topic(), with all that was made beside it."""
        self.delete(Topics(name, "", name.removesuffix("meter.events"), 1), with_input=True)

    def done(self, topics: Topics) -> int:
        """Records committed."""
        partitions = topics.partitions
        offsets = committed(self.broker.bootstrap, topics.group, topics.input, partitions)
        return sum(offset for offset, _ in offsets.values())

    def enter(self, contestant: C) -> C:
        """It will not outlive the field."""
        self._made.append(contestant)
        return contestant

    def discard_all(self) -> None:
        for each in self._made:
            each.discard()


class Weir:
    def __init__(self, field: Field, topics: Topics, commit: Commit, config: Any = None) -> None:
        self.field, self.topics = field, topics
        folder = field.folder / topics.group
        folder.mkdir(parents=True)
        policy = folder / "policy.yaml"
        policy.write_text(json.dumps(POLICY))
        preset = {
            "kafka": {"bootstrap.servers": field.broker.bootstrap},
            "service": {
                "instance": "weir-0",
                "group": topics.group,
                "input": topics.input,
                "prefix": topics.prefix,
                "timestamps": "create_time",
                "idle": "0",
                "commit": {"interval": f"{commit.interval_ms}ms", "records": commit.records},
            },
            "policy": str(policy),
        }
        self.service = Service(folder, merged(preset, config or {}))
        self.service.wrapper = MORTAL

    def start(self) -> None:
        self.launch()
        self.service.wait_ready()

    def launch(self) -> None:
        with on_processor(self.field.processor):
            self.service.start(wait=False)

    def is_ready(self) -> bool:
        if self.service.exit_code() is not None:
            raise AssertionError(f"it has ended\n{self.log()}")
        return self.service.ready()

    def kill(self) -> None:
        self.service.sigkill()

    def pid(self) -> int:
        assert self.service.process is not None
        return self.service.process.pid

    def stop(self) -> None:
        code = self.service.terminate()
        if code != 0:
            raise AssertionError(f"exit code {code}\n{self.service.log()}")

    def log(self) -> str:
        return self.service.log()

    def discard(self) -> None:
        self.service.discard()

    def mirror(self, values: Iterable[bytes] = ()) -> Mirror:
        """Of all that it wrote in this life, while it still runs. `values`: of its input, unless
        all were forwarded."""
        metrics, topics = self.service.metrics(), self.topics
        records = self.field.done(topics)
        commits = metrics.total("weir_commits_total", outcome="done")
        events = self._read(topics.output("throttle.episodes"))
        states = self._read(topics.state)
        deltas = self._read(topics.deltas)
        forwarded = metrics.total("weir_records_produced_total", stream="alerts.forwarded")
        return Mirror(
            forwarded=forwarded / records,
            forwards=None if forwarded == records else self._forwards(values),
            events=len(events) / records,
            event="".join(each.decode() for each in events[:1]),
            changelog=self._keep("changelog", b"".join(deltas)[:MOST_CHANGELOG]),
            delta_bytes=metrics.total("weir_changelog_bytes_total", changelog="deltas") / records,
            states=len(states) / commits,
            state_bytes=sum(map(len, states)) // len(states),
        )

    def _read(self, topic: str) -> list[bytes]:
        return [each.value or b"" for each in read(self.field.broker.bootstrap, topic)]

    def _forwards(self, values: Iterable[bytes]) -> Path:
        passed = set(self._read(self.topics.output("alerts.forwarded")))
        return self._keep("forwards", bytes(b"01"[each in passed] for each in values))

    def _keep(self, what: str, data: bytes) -> Path:
        path = self.field.folder / f"{self.topics.group}.{what}"
        path.write_bytes(data)
        return path


class Child:
    """A program that says on standard output when it is ready, and ends in order by SIGTERM."""

    ready_line = "ready"

    def __init__(self, field: Field, topics: Topics, command: Sequence[str]) -> None:
        self.field, self.topics, self.command = field, topics, command
        self.process: subprocess.Popen[bytes] | None = None
        self.log_file = field.folder / f"{topics.group}.log"
        self.born_at = 0  # bytes of the log when this life began

    def launch(self) -> None:
        assert self.process is None or self.process.poll() is not None, "it runs already"
        with on_processor(self.field.processor), self.log_file.open("ab") as log:
            self.born_at = log.tell()
            self.process = subprocess.Popen(
                [*MORTAL, *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def start(self) -> None:
        self.launch()
        wait_until(self.is_ready, f"{self.command[0]} is ready", READY, self.log)

    def is_ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"it ended with {self.process.returncode}\n{self.log()}")
        with self.log_file.open("rb") as log:
            log.seek(self.born_at)
            return f"{self.ready_line}\n".encode() in log

    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(END)
        if code != 0:
            raise AssertionError(f"{self.command[0]} ended with {code}\n{self.log()}")

    def log(self) -> str:
        if not self.log_file.exists():
            return f"{self.command[0]} was not started"
        lines = self.log_file.read_text(errors="replace").splitlines()
        return "\n".join([f"{self.command[0]}, the end of its log:", *lines[-TAIL:]])

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def discard(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()


def words_of(options: Mapping[str, object]) -> list[str]:
    """Names and values as a command line has them, without those that have no value."""
    pairs = [(name, str(value)) for name, value in options.items() if value not in (None, "")]
    return list(itertools.chain(*pairs))


class Bare(Child):
    ready_line = "assigned"

    def __init__(
        self,
        field: Field,
        topics: Topics,
        program: Path,
        commit: Commit,
        mirror: Mirror,
        plain: bool = False,
    ) -> None:
        options: dict[str, object] = {
            "--bootstrap": field.broker.bootstrap,
            "--group": topics.group,
            "--input": topics.input,
            "--prefix": topics.prefix,
            "--interval": commit.interval_ms,
            "--records": commit.records,
            "--forwards": mirror.forwards,
            "--events": mirror.events,
            "--event": mirror.event,
            "--changelog": mirror.changelog,
            "--delta-bytes": mirror.delta_bytes,
            "--states": mirror.states,
            "--state-bytes": mirror.state_bytes,
        }
        flags: Sequence[str] = ["--plain"] if plain else []
        super().__init__(field, topics, [str(program), *words_of(options), *flags])


def wait_for_records(field: Field, contestant: Contestant, records: int, within: float) -> int:
    """Until at least so many are committed; returns how many are."""
    topics = contestant.topics
    return wait_until(
        lambda: max(field.done(topics) - records + 1, 0), f"{records} records committed", within,
        lambda: f"but {field.done(topics)}",
    ) + records - 1  # fmt: skip
