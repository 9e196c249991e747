"""The systemd unit: what systemd's own tools say of it, and that it fits the program."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from delivered import DEPLOY, ROOT, WEIR, DeliveredCase

UNIT = DEPLOY / "systemd/weir.service"
MOST_EXPOSED = 1.5


def seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+)(ms|s|m)", text)
    assert match is not None, text
    return int(match[1]) * {"ms": 0.001, "s": 1, "m": 60}[match[2]]


class UnitTest(DeliveredCase):
    def setUp(self) -> None:
        super().setUp()
        self.assertIsNotNone(shutil.which("systemd-analyze"), "deploy/install_packages.sh test")
        self.unit = configparser.RawConfigParser(strict=False)
        self.unit.optionxform = str  # type: ignore[assignment, method-assign]
        self.unit.read(UNIT)

    def analyze(self, *arguments: str | Path) -> str:
        done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True,
                              check=False)  # fmt: skip
        printed = done.stdout + done.stderr
        self.assertEqual(done.returncode, 0, printed)
        return printed

    def test_it_is_not_exposed(self) -> None:
        said = self.analyze("security", "--offline=true", UNIT)
        level = re.search(r"Overall exposure level for weir.service: ([\d.]+)", said)
        self.assertIsNotNone(level, said)
        assert level is not None
        self.assertLessEqual(float(level[1]), MOST_EXPOSED, said)

    def test_systemd_finds_nothing_wrong(self) -> None:
        """With the program that was built in the place of the one installed."""
        text = UNIT.read_text()
        self.assertIn("ExecStart=/usr/bin/weir ", text)
        copy = self.folder / "weir.service"
        copy.write_text(text.replace("ExecStart=/usr/bin/weir ", f"ExecStart={WEIR.resolve()} "))
        said = self.analyze("verify", "--man=no", copy)
        self.assertEqual([line for line in said.splitlines() if "weir" in line], [])

    def test_it_waits_for_longer_than_the_program(self) -> None:
        page = (ROOT / "connectors/config/CONFIG.md").read_text()
        default = re.search(r"\| `stop_within` \|[^|]*\| `(\w+)` \|", page)
        assert default is not None
        waits = seconds(self.unit["Service"]["TimeoutStopSec"])
        self.assertGreater(waits, seconds(default[1]))

    def test_it_fits_the_program(self) -> None:
        service = self.unit["Service"]
        self.assertEqual(service["ExecReload"], "/bin/kill -HUP $MAINPID")
        command = service["ExecStart"].split()
        done = subprocess.run([WEIR, *command[1:2], "--help"], capture_output=True, text=True,
                              check=True)  # fmt: skip
        self.assertIn(command[2], done.stdout)
        codes = (DEPLOY / "weir/exit_codes.h").read_text()
        for name in ("kExitUsage", "kExitConfiguration"):
            code = re.search(rf"{name} = (\d+)", codes)
            assert code is not None
            self.assertIn(code[1], service["RestartPreventExitStatus"].split())

    def test_it_fits_the_example(self) -> None:
        """Secrets are where the example looks for them, and the state where the unit lets it be."""
        example = (DEPLOY / "weir.example.yaml").read_text()
        service = self.unit["Service"]
        name, _, folder = service["LoadCredential"].partition(":")
        self.assertIn(f"file:${{CREDENTIALS_DIRECTORY}}/{name}_kafka-password", example)
        self.assertIn(f"{folder}/kafka-password", example)
        self.assertIn(f"dir: /var/lib/{service['StateDirectory']}\n", example)
        self.assertIn(f"u {service['User']} ", (DEPLOY / "systemd/weir.sysusers").read_text())


if __name__ == "__main__":
    unittest.main(verbosity=2)
