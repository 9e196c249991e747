"""What a new operator gets wrong: each time the service says what is wrong and what to do, and
nothing is lost.

    /usr/bin/python3 tests/integration/operator_test.py [Class[.test_name]]

The broker wants TLS and a password. What `weir validate` finds in a file is tested with it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import unittest
from pathlib import Path
from typing import Any

from faults import POLICY, QUICK, FaultCase, said_now, stop_all, storms
from kafka_support import SecureBroker, Service, free_ports, main, merged, support

NOBODY = 65534
# Root, to whom the rights of files apply.
UNPRIVILEGED = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")


class OperatorCase(FaultCase):
    broker_kind = SecureBroker
    broker: SecureBroker

    def setUp(self) -> None:
        super().setUp()
        self.topics = self.create_topics(2, options=["--acls", "weir"])
        self.records = storms(self.rng, 3_000, 2)
        self.account = self.broker.account("weir")

    def made(self, config: dict[str, Any] | None = None) -> Service:
        """All with the same state, and thus as one after the other."""
        preset = {"kafka": self.account, "service": {"state": {"dir": str(self.folder / "state")}}}
        return self.service(self.topics, merged(merged(QUICK, preset), config or {}), POLICY)

    def refuses(self, config: dict[str, Any], code: int, *words: str) -> None:
        """It ends by itself, and says these."""
        self.ends(self.made(config), code, *words)

    def ends(self, service: Service, code: int, *words: str) -> None:
        service.start(wait=False)
        self.assertEqual(service.wait(), code)
        said = said_now(service)
        for each in words:
            self.assertIn(each, said)
        self.assertNotIn((self.broker.folder / "weir.password").read_text(), said)

    def works(self, count: int) -> None:
        """As it should be; so many records more."""
        service = self.made()
        service.start()
        self.load(self.topics, self.records[:count])
        del self.records[:count]
        self.wait_until_committed(self.topics)
        stop_all(service)


class Mistakes(OperatorCase):
    def setUp(self) -> None:
        super().setUp()
        self.works(1_000)

    def tearDown(self) -> None:
        """Once it is mended, it goes on where it was."""
        self.works(1_000)
        self.assert_outputs(self.topics, POLICY)
        super().tearDown()

    def test_the_login(self) -> None:
        failed = support.FAILED
        wrong = self.file("wrong", b"swordfish")
        wrong.chmod(0o600)
        self.refuses({"kafka": {"sasl.password": f"file:{wrong}"}}, failed,
                     "Authentication failed", "check sasl.username, sasl.password")  # fmt: skip
        with self.subTest("somebody who is not known"):
            self.refuses({"kafka": {"sasl.username": "nobody"}}, failed,
                         "check sasl.username, sasl.password")  # fmt: skip
        with self.subTest("another authority"):
            other = self.file("other.pem", b"")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=other",
                            "-keyout", os.devnull, "-out", other],
                           check=True, capture_output=True)  # fmt: skip
            self.refuses({"kafka": {"ssl.ca.location": str(other)}}, failed,
                         "certificate verify failed", "check ssl.ca.location")  # fmt: skip

    def test_the_address(self) -> None:
        (unused,) = free_ports(1)
        self.refuses({"kafka": {"bootstrap.servers": f"127.0.0.1:{unused}"}}, support.FAILED,
                     f"asking 127.0.0.1:{unused}", "Connection refused",
                     "check the addresses in bootstrap.servers")  # fmt: skip

    def test_files(self) -> None:
        wrong = support.CONFIGURATION
        for name in ("sasl.password", "ssl.ca.location"):
            prefix = "file:" if name == "sasl.password" else ""
            with self.subTest(name):
                missing = self.folder / "missing"
                self.refuses({"kafka": {name: f"{prefix}{missing}"}}, wrong,
                             f"{missing} cannot be read: No such file or directory")  # fmt: skip
                self.needs_root()
                hidden = self.file(f"hidden-{name}", b"x")
                hidden.chmod(0o600)
                os.chown(hidden, NOBODY, NOBODY)
                service = self.made({"kafka": {name: f"{prefix}{hidden}"}})
                service.wrapper = UNPRIVILEGED
                self.ends(service, wrong, f"{hidden} cannot be read: Permission denied",
                          "let the user that weir runs as read it")  # fmt: skip
        service = self.made()
        service.start(wait=False)  # which writes the file
        service.discard()
        text = service.file.read_text()
        service.file.write_text(text.replace('"service": {', '"service": {"wrokers": 2,'))
        done = support.run(["serve", "--config", service.file])
        self.assertEqual(done.code, wrong)
        self.assertRegex(done.message, r"weir.yaml:\d+: `wrokers` is not known here: did you mean")
        service.file.write_text(text[:-3])
        done = support.run(["serve", "--config", service.file])
        self.assertEqual(done.code, wrong)
        self.assertRegex(done.message, r"weir.yaml:\d+: this cannot be read as YAML")

    def test_topics(self) -> None:
        none = {"service": {"prefix": "none."}}
        self.refuses(none, support.FAILED, "none.alerts.forwarded: ", "grant Describe",
                     "make it if there is none")  # fmt: skip
        # Who may see everything is told that it is not there.
        admin = self.broker.account("admin")
        self.refuses(merged({"kafka": admin}, none), support.FAILED,
                     "none.alerts.forwarded: there is no such topic",
                     "deploy/kafka/topics.sh makes the topics that are missing")  # fmt: skip

    def test_the_port(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.refuses({"service": {"http": {"listen": address}}}, support.FAILED,
                         f"{address}: Address already in use", "give another address or port"
                         )  # fmt: skip

    def test_whose_state_it_is(self) -> None:
        self.needs_root()
        state = self.folder / "state"
        for path in (state, state / "crashes", state / "partitions", state / "partitions/0"):
            with self.subTest(path.name):
                os.chown(path, NOBODY, NOBODY)
                path.chmod(path.stat().st_mode & 0o700)
                service = self.made()
                service.wrapper = UNPRIVILEGED
                self.ends(service, support.FAILED, f"{path}: Permission denied",
                          f"chown -R root {state}")  # fmt: skip
                os.chown(path, 0, 0)

    def needs_root(self) -> None:
        if os.geteuid() != 0 or shutil.which("setpriv") is None:
            raise unittest.SkipTest("giving files to others takes root, and setpriv")


class FullDisk(OperatorCase):
    def test_a_full_disk(self) -> None:
        if os.geteuid() != 0:
            raise unittest.SkipTest("mounting a file system takes root")
        state = self.folder / "state"
        state.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "weir", state], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", state], check=True)
        self.works(500)
        filler = self.fill(state)
        service = self.made()
        service.start()
        self.load(self.topics, self.records[:500])
        self.wait_until_committed(self.topics)
        self.wait_for_words(service, "goes without a local store")
        for each in ("No space left on device", "make room on that disk", "Nothing is lost"):
            self.assertIn(each, said_now(service))
        self.wait_for_metric(service, lambda n: n == 1, "weir_store_degraded")
        stop_all(service)
        filler.unlink()
        service.start()
        self.wait_for_metric(service, lambda n: n == 0, "weir_store_degraded")
        stop_all(service)
        self.works(500)
        self.assert_outputs(self.topics, POLICY)

    def fill(self, folder: Path) -> Path:
        filler = folder / "filler"
        with self.assertRaises(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        return filler


if __name__ == "__main__":
    main(SecureBroker.shared)
