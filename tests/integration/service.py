"""Runs `weir serve` as an operator does: with a configuration file, signals and HTTP."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from broker import free_ports
from expected import support
from processes import freeze, thaw
from waiting import wait_until

START = 60.0  # seconds until it must be ready
HTTP = 5.0  # seconds for one answer
TAIL = 200  # lines of the log that are shown

SAMPLE = re.compile(r"^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$")
LABEL = re.compile(r'([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"')

Fields = Mapping[str, Any]


def merged(one: Fields, other: Fields) -> dict[str, Any]:
    """`one` with what `other` says instead or as well, at every depth."""
    result = dict(one)
    for name, value in other.items():
        below = result.get(name)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        result[name] = merged(below, value) if both else value  # type: ignore[arg-type]
    return result


class Metrics:
    """One page of metrics."""

    def __init__(self, page: str) -> None:
        self.samples: list[tuple[str, dict[str, str], float]] = []
        for line in page.splitlines():
            match = SAMPLE.match(line)
            if match is not None:
                labels = dict(LABEL.findall(match[2] or ""))
                self.samples.append((match[1], labels, float(match[3])))

    def names(self) -> set[str]:
        return {name for name, _, _ in self.samples}

    def total(self, name: str, **labels: str) -> float:
        """The sum of the samples of that name with those labels; without any, 0."""
        wanted = labels.items()
        return sum(
            value for each, found, value in self.samples if each == name and wanted <= found.items()
        )


def replace_file(path: Path, content: Any, text: str | None = None) -> None:
    """Beside the file, and then in its place: by `content` as JSON, or by `text`."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(content) if text is None else text)
    new.rename(path)


class Service:
    """One instance. It may end and be started again, with the same folder and configuration."""

    def __init__(self, folder: Path, config: Fields, failpoints: str = "") -> None:
        self.folder = folder
        self.file = folder / "weir.yaml"
        self.log_file = folder / "weir.log"
        self.failpoints = failpoints
        self.armed = ""  # those of this life
        self.born_at = 0  # bytes of the log when this life began
        self.process: subprocess.Popen[bytes] | None = None
        self.largest_file: int | None = None  # bytes; what is beyond fails to be written
        self.wrapper: tuple[str, ...] = ()  # a command that runs it
        (self.port,) = free_ports(1)
        preset = {
            "service": {
                "state": {"dir": str(folder / "state")},
                "http": {"listen": f"127.0.0.1:{self.port}"},
            }
        }
        self.config = merged(preset, config)
        folder.mkdir(parents=True, exist_ok=True)

    # -- its life

    def start(self, failpoints: str | None = None, wait: bool = True) -> None:
        """Starts it and, unless told otherwise, waits until it is ready. Failpoints given here
        hold for this life only."""
        assert self.process is None or self.process.poll() is not None, "it runs already"
        self.write_config()
        self.armed = self.failpoints if failpoints is None else failpoints
        environment = {**os.environ, "WEIR_FAILPOINTS": self.armed}
        if not self.armed:
            del environment["WEIR_FAILPOINTS"]
        with self.log_file.open("ab") as log:
            self.born_at = log.tell()
            self.process = subprocess.Popen(
                [*self.wrapper, *support.command(["serve", "--config", self.file])],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                preexec_fn=None if self.largest_file is None else self._limit_files,
            )
        if wait:
            self.wait_ready()

    def write_config(self) -> None:
        # JSON is YAML.
        self.file.write_text(json.dumps(self.config, indent=2) + "\n")

    def policy_file(self) -> Path:
        return Path(self.config["policy"])

    def write_policy(self, policy: Any, text: str | None = None) -> None:
        replace_file(self.policy_file(), policy, text)

    def _limit_files(self) -> None:
        # An error to whoever writes, and not a signal that ends the process.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.largest_file or 0,) * 2)

    def wait_ready(self, within: float = START) -> None:
        wait_until(self._ready_or_ended, f"{self} is ready", within, self.log)

    def _ready_or_ended(self) -> bool:
        code = self.exit_code()
        if code is not None:
            raise AssertionError(f"{self} ended with {code} instead of being ready\n{self.log()}")
        return self.ready()

    def wait(self, within: float = 60.0) -> int:
        """Its exit code, once it has ended by itself. How it ends is a failpoint's to say, if
        there are any; otherwise a signal, an exit code that is not documented or what a sanitizer
        prints fails the test."""
        assert self.process is not None
        try:
            code = self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self} does not end within {within:g} s\n{self.log()}") from None
        judged = support.DONE if self.armed else code
        support.check_health(["serve"], judged, self.log_file.read_bytes())
        return code

    def exit_code(self) -> int | None:
        """None while it runs, and before it was started."""
        return None if self.process is None else self.process.poll()

    def terminate(self, within: float = 60.0) -> int:
        self.signal(signal.SIGTERM)
        return self.wait(within)

    def sigkill(self) -> None:
        self.signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()

    def freeze(self) -> None:
        assert self.process is not None
        freeze(self.process.pid)

    def thaw(self) -> None:
        assert self.process is not None
        thaw(self.process.pid)

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def discard(self) -> None:
        """Whatever state it is in: it does not run any more after this."""
        if self.exit_code() is None and self.process is not None:
            self.sigkill()

    # -- what it says

    def get(self, path: str, within: float = HTTP) -> tuple[int, str]:
        """Status, and what came with it; 0 if there is no answer."""
        url = f"http://127.0.0.1:{self.port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=within) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")
        except OSError as error:
            return 0, str(error)

    def ask(self, path: str) -> dict[str, Any]:
        """What the API answers."""
        status, text = self.get(path)
        assert status == 200, (path, status, text)
        answer: dict[str, Any] = json.loads(text)
        return answer

    def ready(self) -> bool:
        return self.get("/readyz")[0] == 200

    def metrics(self) -> Metrics:
        status, page = self.get("/metrics")
        if status != 200:
            raise AssertionError(f"{self}: /metrics: {status} {page}\n{self.log()}")
        return Metrics(page)

    def log(self) -> str:
        """The end of what it printed, of all its lives."""
        if not self.log_file.exists():
            return f"{self} was not started"
        lines = self.log_file.read_text(errors="replace").splitlines()
        return "\n".join([f"{self}, the end of its log:", *lines[-TAIL:]])

    def __str__(self) -> str:
        return f"weir serve {self.config['service'].get('instance', '')}"
