"""A capture replayed with counters in Redis, beside `weir replay` of the same file."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contestants import MORTAL, POLICY
from fleet import decoded, key_of, lines
from kafka_support import wait_until
from records import milliseconds
from machine import cpu_seconds, load_average, on_processor, peak_bytes
from replay import measured

CONTESTANTS = ("weir", "redis-script", "redis-incr")
START = 20.0  # seconds
LOOK = 0.02  # seconds
FUNCTIONS = Path(__file__).resolve().parents[1] / "peers/throttle.lua"


class RedisServer:
    """Empty, and gone with this process. It keeps nothing on disk, so that it is at its quickest,
    and listens on a unix socket alone."""

    def __init__(self, processor: int) -> None:
        # The path of a socket may not be long.
        self.folder = Path(tempfile.mkdtemp(prefix="weir-redis-"))
        self.socket = self.folder / "redis.sock"
        self.log = self.folder / "redis.log"
        options = {"--port": "0", "--unixsocket": str(self.socket), "--dir": str(self.folder)}
        options |= {"--save": "", "--appendonly": "no", "--daemonize": "no"}
        words = [word for pair in options.items() for word in pair]
        with on_processor(processor), self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*MORTAL, "redis-server", *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            wait_until(self._answers, "Redis answers", START, self.log.read_text)
        except BaseException:
            self.stop()
            raise

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"redis-server ended\n{self.log.read_text()}")
        ping = ["redis-cli", "-s", str(self.socket), "ping"]
        return subprocess.run(ping, capture_output=True, check=False).stdout == b"PONG\n"

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Peak:
    """The most memory that a process had. It is asked often, since the system's own account, taken
    after its end, counts what this process had when it started the other."""

    def __init__(self) -> None:
        self.most = 0

    def watch(self, pid: int) -> None:
        threading.Thread(target=self._look, args=(pid,), daemon=True).start()

    def _look(self, pid: int) -> None:
        # Of one that has ended nothing can be asked.
        with contextlib.suppress(OSError, AssertionError):
            while True:
                self.most = max(self.most, peak_bytes(pid))
                time.sleep(LOOK)


@dataclass(frozen=True)
class Processors:
    client: int
    server: int


class RedisReplay:
    def __init__(
        self, folder: Path, program: Path, form: str, records: int, processors: Processors
    ) -> None:
        self.scratch, self.program, self.form = folder / "replay", program, form
        self.processors = processors
        self.capture = lines(folder.parent, form, records)
        with self.capture.open("rb") as file:  # which brings it into the page cache
            self.alerts = sum(1 for _ in file)

    def run(self, name: str) -> dict[str, object]:
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True)
        os.sync()
        loaded = load_average()
        figures = self._weir() if name == "weir" else self._redis(name.removeprefix("redis-"))
        wall, cpu = float(str(figures["wall_seconds"])), float(str(figures["cpu_seconds"]))
        return {
            "part": "replay", "system": name, "case": self.form, "records": self.alerts,
            "per_second": self.alerts / wall, "per_core": self.alerts / cpu, **figures,
            "load_average": loaded,
        }  # fmt: skip

    def _weir(self) -> dict[str, object]:
        policy = self.scratch / "policy.yaml"
        policy.write_text(json.dumps(POLICY))
        command = [os.environ["WEIR"], "replay", "--json", "--threads", "1"]
        command += ["--policy", str(policy), "--out", str(self._out("weir"))]
        command += ["--state", str(self.scratch / "state"), str(self.capture)]
        return self._measured(command)

    def _redis(self, how: str) -> dict[str, object]:
        server = RedisServer(self.processors.server)
        try:
            command = [str(self.program), "--socket", str(server.socket), "--how", how]
            command += ["--functions", str(FUNCTIONS), "--out", str(self._out(how))]
            before = cpu_seconds(server.process.pid)
            figures = self._measured([*command, str(self.capture)])
            served = cpu_seconds(server.process.pid) - before
            kept = peak_bytes(server.process.pid)
        finally:
            server.stop()
        return {
            **figures,
            "cpu_seconds": float(str(figures["cpu_seconds"])) + served,
            "server_cpu_seconds": served,
            "peak_bytes": int(str(figures["peak_bytes"])) + kept,
        }

    def _measured(self, command: Sequence[str]) -> dict[str, object]:
        peak = Peak()
        with on_processor(self.processors.client):
            run = measured(command, peak.watch)
        read = json.loads(run.output)["alerts"]
        if read != self.alerts:
            raise AssertionError(f"{command[0]} has read {read} of {self.alerts} alerts")
        return {
            "wall_seconds": run.wall_seconds,
            "cpu_seconds": run.cpu_seconds,
            "peak_bytes": peak.most,
        }

    # -- whether what comes out is right

    def _out(self, how: str) -> Path:
        return self.scratch / f"out-{how}"

    def check(self, threshold: int, window_ms: int) -> list[dict[str, object]]:
        """The whole rule gives the very file of the replay; counters alone let the first alerts of
        each key and window pass, up to the threshold."""
        self.run("weir")
        expected = (self._out("weir") / "alerts.forwarded").read_bytes()
        self.run("redis-script")
        if self._out("script").read_bytes() != expected:
            raise AssertionError(f"redis-script, {self.form}: not what weir replay forwards")
        self.run("redis-incr")
        found = [told(json.loads(line)) for line in self._out("incr").open("rb")]
        if found != list(first_of_windows(self.capture, threshold, window_ms)):
            raise AssertionError(f"redis-incr, {self.form}: other alerts pass than should")
        told_by = {
            "redis-script": "the file of `weir replay`, byte by byte",
            "redis-incr": "the first alerts of each key and window, and no copies",
        }
        return [
            {"system": name, "case": self.form, "records": self.alerts, "outputs": outputs}
            for name, outputs in told_by.items()
        ]


def told(fields: Mapping[str, str]) -> tuple[str, ...]:
    """What tells alerts apart."""
    return (*key_of(fields), fields.get("counter", ""), fields["received"])


def first_of_windows(path: Path, threshold: int, window_ms: int) -> Iterator[tuple[str, ...]]:
    counts: Counter[tuple[object, ...]] = Counter()
    now = 0
    for fields in decoded(path):
        now = max(now, milliseconds(fields["received"]))
        counted = (*key_of(fields), now // window_ms)
        counts[counted] += 1
        if counts[counted] <= threshold:
            yield told(fields)
