"""Alerts of real devices: the program finds in each what its index lists.

Goal: GBCS messages that were not made by Weir are decoded right, whichever use case they are of.
Method: the reference data has one message a file, in hexadecimal, and an index with the fields of
each. Both `decode` and `replay` read every one by itself, and all of them as one capture, also in
base64. The data lies in WEIR_SHARED, or in ../shared beside the checkout.
"""

from __future__ import annotations

import base64
import csv
import json
import re
import unittest
from typing import Any

import support
from support import DONE, ProgramCase

ALERTS = support.SHARED / "data" / "gbcs-alerts"


def time_of(text: str) -> str:
    """The index has times as they stand in the message: with dashes and colons or without."""
    digits = re.sub(r"\D", "", text)[:14]
    year, rest = digits[:4], [digits[i : i + 2] for i in range(4, 14, 2)]
    return f"{year}-{rest[0]}-{rest[1]}T{rest[2]}:{rest[3]}:{rest[4]}.000Z"


def eui64(text: str) -> str:
    return "-".join(text[i : i + 2] for i in range(0, 16, 2)).upper()


def expected(row: dict[str, str]) -> dict[str, str]:
    return {
        "device": eui64(row["originator"]),
        "recipient": eui64(row["target"]),
        "counter": row["counter"],
        "code": row["alert"].upper(),
        "device_time": time_of(row["timestamp"]),
    }


@unittest.skipUnless(ALERTS.is_dir(), f"no reference data in {ALERTS}: set WEIR_SHARED")
class RealAlertsTest(ProgramCase):
    def setUp(self) -> None:
        super().setUp()
        with (ALERTS / "index.csv").open(newline="", encoding="ascii") as file:
            self.rows = list(csv.DictReader(file))
        self.assertGreaterEqual(len(self.rows), 40)
        indexed = {row["file"] for row in self.rows}
        self.assertEqual(indexed, {path.name for path in ALERTS.glob("*.hex")})

    def check(self, row: dict[str, str], found: dict[str, Any]) -> None:
        wanted = expected(row)
        self.assertEqual({name: found.get(name) for name in wanted}, wanted)

    def check_decoded(self, row: dict[str, str], found: dict[str, Any]) -> None:
        self.check(row, found)
        self.assertEqual(found["gbcs"]["message_code"].lower(), row["msgcode"])

    def forwarded(self, *captures: support.Argument) -> list[dict[str, Any]]:
        """A repeated alert is no duplicate here, and none is ever held back."""
        policy = self.file(
            "policy.yaml",
            b"duplicate_window: 0\npolicies:\n"
            b"  - {effective_from: 1970-01-01T00:00:00Z, excluded: all}\n",
        )
        out = self.folder / "out"
        options = ["--format", "gbcs", "--policy", policy, "--out", out]
        self.expect(DONE, ["replay", *options, *captures])
        return list(support.json_lines((out / "alerts.forwarded").read_bytes()))

    def test_each_by_itself(self) -> None:
        for row in self.rows:
            with self.subTest(row["file"]):
                path = ALERTS / row["file"]
                decoded = self.expect(DONE, ["decode", "--format", "gbcs", path])
                self.check_decoded(row, json.loads(decoded.out))
                found = self.expect(DONE, ["decode", path])
                self.assertEqual(found.out, decoded.out, "the format is not found")
                (alert,) = self.forwarded(path)
                self.check(row, alert)

    def test_all_in_one_capture(self) -> None:
        messages = [bytes.fromhex((ALERTS / row["file"]).read_text()) for row in self.rows]
        for name, line_of in (
            ("hex", lambda message: message.hex().encode()),
            ("HEX", lambda message: message.hex().upper().encode()),
            ("base64", base64.b64encode),
        ):
            with self.subTest(name):
                lines = [line_of(message) for message in messages]
                capture = self.file("capture", b"\n".join(lines) + b"\n")
                decoded = self.expect(DONE, ["decode", "--format", "gbcs", capture])
                for row, found in zip(self.rows, support.json_lines(decoded.out), strict=True):
                    self.check_decoded(row, found)
                for row, alert in zip(self.rows, self.forwarded(capture), strict=True):
                    self.check(row, alert)

    def test_forwarded_is_the_message_as_it_came(self) -> None:
        for row in self.rows:
            with self.subTest(row["file"]):
                path = ALERTS / row["file"]
                (alert,) = self.forwarded(path)
                message = bytes.fromhex(path.read_text())
                self.assertEqual(base64.b64decode(alert["payload"], validate=True), message)


if __name__ == "__main__":
    support.main()
