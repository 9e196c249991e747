"""A Kafka broker of one's own, run by deploy/kafka/broker.sh and gone when the tests are.

Besides the plain listener, where everyone may do everything, it has one with names and passwords
(SASL PLAIN), whose users may do only what they were granted: ACCOUNTS.
"""

from __future__ import annotations

import atexit
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from processes import freeze, is_alive, thaw

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "deploy/kafka/broker.sh"
UNAVAILABLE = 69  # exit code of the scripts in deploy/kafka
TIMEOUT = 420  # seconds; most of it is for fetching the jars

ACCOUNTS = {"weir": "weir-password", "stranger": "stranger-password"}

# Kills the broker of a process that has ended, in whatever way: then its end of the pipe, which is
# standard input here, is closed.
WATCH = 'read -r _; [[ ! -d $1 ]] || { "$0" kill --dir "$1" && rm -rf -- "$1"; }'


class Unavailable(Exception):
    """No broker can be had on this machine; the text says what was tried."""


def free_ports(count: int) -> list[int]:
    """Below the ports that connections get by themselves: a broker that is started again must find
    its port free."""
    ports: list[int] = []
    for port in random.SystemRandom().sample(range(15000, 32000), 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        ports.append(port)
        if len(ports) == count:
            return ports
    raise AssertionError("200 ports on 127.0.0.1 are all in use")


class Broker:
    _shared: Broker | None = None
    options: Sequence[str] = ()  # of broker.sh start

    @classmethod
    def shared(cls) -> Broker:
        """The one broker of the tests of this process."""
        if not isinstance(Broker._shared, cls):
            Broker._shared = cls()
        return Broker._shared

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="weir-broker-"))
        self.port, self.controller_port, self.sasl_port = free_ports(3)
        self.bootstrap = f"127.0.0.1:{self.port}"
        self.sasl_bootstrap = f"127.0.0.1:{self.sasl_port}"
        self.settings = {**self._listeners(), **(settings or {})}
        self._watched = self._watch()
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        atexit.register(self.stop)

    def _listeners(self) -> dict[str, str]:
        clients = f"PLAINTEXT://{self.bootstrap},SASL_PLAINTEXT://{self.sasl_bootstrap}"
        users = " ".join(f'user_{name}="{word}"' for name, word in ACCOUNTS.items())
        module = "org.apache.kafka.common.security.plain.PlainLoginModule"
        protocols = ("CONTROLLER:PLAINTEXT", "PLAINTEXT:PLAINTEXT", "SASL_PLAINTEXT:SASL_PLAINTEXT")
        return {
            "listeners": f"{clients},CONTROLLER://127.0.0.1:{self.controller_port}",
            "advertised.listeners": clients,
            "listener.security.protocol.map": ",".join(protocols),
            "sasl.enabled.mechanisms": "PLAIN",
            "listener.name.sasl_plaintext.plain.sasl.jaas.config": f"{module} required {users};",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
        }

    def _watch(self) -> int:
        """The writing end of the pipe that the watching process waits on."""
        reading, writing = os.pipe()
        command = ["setsid", "--fork", "bash", "-c", WATCH, str(SCRIPT), str(self.folder)]
        subprocess.run(command, stdin=reading, stdout=subprocess.DEVNULL, check=True)
        os.close(reading)
        return writing

    def _run(self, command: str, *options: str) -> str:
        done = subprocess.run(
            [str(SCRIPT), command, "--dir", str(self.folder), *options],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
            text=True,
        )
        if done.returncode == UNAVAILABLE:
            raise Unavailable(done.stderr)
        if done.returncode != 0:
            raise AssertionError(f"broker.sh {command}: {done.returncode}\n{done.stderr}")
        return done.stdout

    # -- what may happen to it

    def start(self) -> None:
        """Returns once it serves. The same ports and the same log each time."""
        ports = ["--port", str(self.port), "--controller-port", str(self.controller_port)]
        sets = [f"{name}={value}" for name, value in self.settings.items()]
        self._run("start", *ports, *(word for each in sets for word in ("--set", each)),
                  *self.options)  # fmt: skip

    def halt(self) -> None:
        """Ends it in order, and keeps what it has for start()."""
        self._run("stop")

    def restart(self) -> None:
        self.halt()
        self.start()

    def kill(self) -> None:
        """As a crash would: SIGKILL. It keeps what it has for start()."""
        self._run("kill")

    def freeze(self) -> None:
        """It does not answer any more, and connections stay open, until thaw()."""
        freeze(self.pid())

    def thaw(self) -> None:
        thaw(self.pid())

    def heal(self) -> None:
        """Whatever was done to it: it serves again."""
        if self.runs():
            self.thaw()
        self.start()

    def stop(self) -> None:
        """For good."""
        if self._watched < 0:
            return
        watched, self._watched = self._watched, -1
        atexit.unregister(self.stop)
        if Broker._shared is self:
            Broker._shared = None
        self._run("kill")
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(watched)

    # -- what is known of it

    def pid(self) -> int:
        return int((self.folder / "broker.pid").read_text().split()[0])

    def runs(self) -> bool:
        return (self.folder / "broker.pid").exists() and is_alive(self.pid())

    def log(self) -> str:
        return (self.folder / "broker.log").read_text(errors="replace")

    def account(self, name: str) -> dict[str, str]:
        """What a client (librdkafka) must be told to log in under this name."""
        return {
            "bootstrap.servers": self.sasl_bootstrap,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.username": name,
            "sasl.password": ACCOUNTS[name],
        }

    def run_script(self, name: str, arguments: Sequence[str]) -> str:
        """Runs a script of deploy/kafka against this broker; gives what it prints."""
        command = [str(SCRIPT.parent / name), "--bootstrap", self.bootstrap, *arguments]
        done = subprocess.run(
            command, capture_output=True, timeout=120, check=False, text=True
        )
        if done.returncode != 0:
            raise AssertionError(f"{name}: exit code {done.returncode}\n{done.stderr}")
        return done.stdout


class SecureBroker(Broker):
    """As an operator has it: clients need TLS, a name and a password, and may do what they were
    granted. The plain listener is there as well, for what a test does itself."""

    options = ("--secure", "--user", "weir", "--user", "stranger")

    def _listeners(self) -> dict[str, str]:
        clients = f"PLAINTEXT://{self.bootstrap},SASL_SSL://{self.sasl_bootstrap}"
        return {
            "listeners": f"{clients},CONTROLLER://127.0.0.1:{self.controller_port}",
            "advertised.listeners": clients,
        }

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def account(self, name: str) -> dict[str, str]:
        return {
            "bootstrap.servers": self.sasl_bootstrap,
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": str(self.ca),
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": name,
            "sasl.password": f"file:{self.folder / name}.password",
        }

    def run_script_as(self, name: str, script: str, arguments: Sequence[str]) -> str:
        """As run_script, through the listener that has passwords."""
        login = ["--bootstrap", self.sasl_bootstrap, "--config", str(self.folder / name)]
        return self.run_script(script, [*arguments, *login[:-1], f"{login[-1]}.properties"])


def _end_in_order(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def end_in_order_when_told_to() -> None:
    """So that what atexit knows of happens after SIGTERM and SIGHUP, too."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end_in_order)
