"""What must come of the records of a synthetic fleet comes of them.

Goal: `weir generate --system` writes records about devices and service requests that a replay
takes as the plan of the fleet says: each request judged so, each notice of a change to that
operator, each response to that stream, each removal; in every format and on several partitions.
Documents are valid under the schema of DUIS. Alerts are as they were without. `--inventory` gives
as many devices as were asked for.
Method: generated with `--expect`, replayed with the parties that were written, and compared line by
line, whatever the order. The schema lies in WEIR_SHARED, or in ../shared beside the checkout;
xmllint checks against it.
"""

from __future__ import annotations

import collections
import hashlib
import json
import shutil
import subprocess
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import support
from support import DONE, USAGE, ProgramCase

SCHEMA = support.SHARED / "schemas" / "duis-5.4.xsd"

ALERTS: tuple[str, ...] = ("--devices", "900", "--rate", "6", "--storms", "2", "--outages", "1")
HOMES = 200
DAYS: tuple[str, ...] = (*ALERTS, "--duration", "5d", "--system")
SYSTEM: tuple[str, ...] = (*DAYS, str(HOMES))
KCAT: tuple[str, ...] = ("--format", "kcat", "--partitions")

LAYOUTS: tuple[tuple[str, ...], ...] = (
    ("--format", "json"),
    ("--format", "json", "--late", "0.1", "--duplicates", "0.1"),
    ("--format", "duis"),
    ("--format", "gbcs"),
    (*KCAT, "1", "--payload-format", "duis", "--far-ahead", "1"),
    (*KCAT, "3"),
    (*KCAT, "7", "--payload-format", "gbcs"),
)

# What these alerts of a day were before there were other records.
OLD_CAPTURE = "a580c93004e5f5f889a7b39984445b1e670543be108eeefd3ca7b167e21b7e14"

STREAMS = ("requests.accepted", "requests.rejected", "enp.unrouted", "inventory.removed")

Lines = collections.Counter[str]


def line(stream: str, record: dict[str, Any]) -> str:
    """What is compared of a record in a stream."""
    request = record.get("request_id")
    device = record.get("device") or request.split(":")[1]
    wanted = {"stream": stream, "device": device, "request_id": request}
    wanted["reason"] = record.get("reason")
    wanted["recipient"] = record.get("recipient")
    return json.dumps({name: value for name, value in wanted.items() if value is not None})


def lines_of(folder: Path) -> Iterator[str]:
    operators = [path for path in folder.glob("enp.*") if path.name != "enp.unrouted"]
    for path in [*operators, *(folder / name for name in STREAMS)]:
        for record in support.json_lines(path.read_bytes()):
            yield line(path.name, record)


class SystemCase(ProgramCase):
    def generated(self, name: str, *options: str) -> Path:
        path = self.folder / name
        with path.open("wb") as file:
            self.expect(DONE, ["generate", *options], stdout=file)
        return path

    def replayed(self, *options: str) -> tuple[Lines, Lines]:
        """What was expected and what was found."""
        expected, parties = self.folder / "expected", self.folder / "parties.yaml"
        capture = self.generated(
            "capture", *options, "--expect", str(expected), "--parties", str(parties)
        )
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        self.expect(DONE, ["replay", "--config", parties, "--out", out, capture])
        summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
        self.assertEqual(summary["dead"], 0)
        wanted = collections.Counter(
            line(record["stream"], record) for record in support.json_lines(expected.read_bytes())
        )
        return wanted, collections.Counter(lines_of(out))

    def check(self, *options: str) -> Lines:
        wanted, found = self.replayed(*options)
        self.assertEqual(sorted((wanted - found).elements())[:20], [], "missing")
        self.assertEqual(sorted((found - wanted).elements())[:20], [], "not expected")
        return wanted


class ExpectationTest(SystemCase):
    def test_everything_comes_in_every_layout(self) -> None:
        seeds = (self.rng.randrange(1 << 32) for _ in LAYOUTS)
        for layout, seed in zip(LAYOUTS, seeds):
            with self.subTest(layout, seed=seed):
                wanted = self.check(*SYSTEM, "--seed", str(seed), *layout)
                self.assertGreater(wanted.total(), 3 * HOMES)

    def test_each_kind_of_thing_happens(self) -> None:
        wanted = self.check(*DAYS, "200", "--seed", "3")
        parsed = [json.loads(text) for text in wanted]
        found = {(each["stream"][:4], each.get("reason")) for each in parsed}
        for stream, reasons in {
            "requ": ("eligible", "not_governed", "role_not_eligible", "not_in_network",
                     "not_agent_of_supplier", "device_unknown", "value_out_of_range"),
            "enp.": (None, "device_unknown", "no_operator", "not_configured", "not_in_network"),
            "inve": (None,),
        }.items():
            for reason in reasons:
                self.assertIn((stream, reason), found)

    def test_rules_have_dates(self) -> None:
        # Across the release; reads of load switches; auxiliary controllers.
        for start in ("2019-11-27", "2020-11-27", "2021-01-30"):
            with self.subTest(start):
                self.check(*SYSTEM, "--seed", "5", "--start", f"{start}T00:00:00Z")

    def test_few_records_are_enough(self) -> None:
        sparse = ("--devices", "90", "--rate", "0", "--storms", "0", "--outages", "0")
        for homes, duration in (("1", "30d"), ("3", "20d"), ("30", "2h"), ("30", "9d")):
            with self.subTest(homes=homes, duration=duration):
                for layout in LAYOUTS:
                    self.check(*sparse, "--system", homes, "--duration", duration, *layout)


class AlertsTest(SystemCase):
    def test_alerts_are_what_they_were(self) -> None:
        alerts = (*ALERTS, "--duration", "1d")
        without = self.generated("without", *alerts).read_bytes().splitlines()
        also = iter(self.generated("also", *alerts, "--system", "100").read_bytes().splitlines())
        missing = next((one for one in without if one not in also), None)
        self.assertIsNone(missing, "not there, or in another order")

    def test_captures_of_alerts_never_change(self) -> None:
        """Others keep captures by their options; a change is a decision."""
        capture = self.generated("capture", *ALERTS, "--duration", "1d").read_bytes()
        self.assertEqual(hashlib.sha256(capture).hexdigest(), OLD_CAPTURE)

    def test_the_same_options_give_the_same_bytes(self) -> None:
        for layout in LAYOUTS:
            first = self.generated("first", *SYSTEM, *layout).read_bytes()
            self.assertEqual(self.generated("second", *SYSTEM, *layout).read_bytes(), first)


class InventoryTest(SystemCase):
    def devices(self, *options: str) -> list[dict[str, Any]]:
        capture = self.generated("inventory", "--inventory", "20000", *options)
        return list(support.json_lines(capture.read_bytes()))

    def test_each_device_stands_once(self) -> None:
        devices = self.devices("--duration", "1d")
        self.assertEqual(len({device["device"] for device in devices}), 20000)
        self.assertEqual({device["type"] for device in devices}, {"device"})
        received = [device["received"] for device in devices]
        self.assertEqual(received, sorted(received))
        types = {device["device_type"] for device in devices}
        self.assertEqual(types, {"ESME", "GSME", "CHF", "GPF", "HCALCS", "PPMID", "IHD"})
        pending = sum(device["status"] == "Pending" for device in devices)
        self.assertLess(abs(pending - 1000), 150)

    def test_a_replay_takes_it(self) -> None:
        parties = self.folder / "parties.yaml"
        for layout in ((), ("--format", "kcat"), ("--format", "duis")):
            out = self.folder / "out"
            shutil.rmtree(out, ignore_errors=True)
            options = ("--parties", str(parties), "--duration", "1d", *layout)
            capture = self.generated("inventory", "--inventory", "3000", *options)
            self.expect(DONE, ["replay", "--config", parties, "--out", out, capture])
            summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
            self.assertEqual((summary["read"], summary["other"], summary["dead"]), (3000, 3000, 0))

    def test_kcat_says_the_key(self) -> None:
        for record in self.devices("--format", "kcat"):
            self.assertEqual(record["key"], json.loads(record["payload"])["device"])


class RefusalTest(SystemCase):
    def test_tells_why(self) -> None:
        self.expect(USAGE, ["generate", "--devices", "29", "--system", "10"], "10 homes")
        for options in (["--keyed"], ["--far-ahead", "2"], ["--inventory", "5"]):
            self.expect(USAGE, ["generate", "--expect", self.folder / "x", *options], "known")
        nowhere = self.folder / "nowhere" / "file"
        for option in ("--expect", "--parties"):
            self.expect(support.FAILED, ["generate", option, nowhere], nowhere)


class SchemaTest(SystemCase):
    @unittest.skipUnless(SCHEMA.is_file(), f"no schema {SCHEMA}: set WEIR_SHARED")
    @unittest.skipIf(shutil.which("xmllint") is None, "xmllint is missing")
    def test_documents_are_valid(self) -> None:
        options = ("--devices", "900", "--rate", "0", "--storms", "0", "--outages", "0")
        capture = self.generated(
            "capture", *options, "--duration", "5d", "--system", "150", "--format", "duis"
        )
        lines = capture.read_bytes().splitlines()
        documents = [text for text in lines if text.startswith(b"<")]
        for wanted in (b"<sr:Request ", b"FutureDatedDeviceAlertMessage", b"<sr:ResponseMessage>"):
            self.assertGreater(sum(wanted in text for text in documents), 30, wanted)
        for wanted in (b"6.7", b"6.13", b"6.14.1", b"6.14.2", b"7.7", b"7.9", b"8.14.3", b"8.14.4"):
            variant = b"Variant>" + wanted + b"</sr:ServiceReferenceVariant></sr:Header>"
            self.assertGreater(sum(variant in text for text in documents), 0, wanted)
        folder = self.folder / "documents"
        folder.mkdir()
        paths = [folder / f"{number}.xml" for number in range(len(documents))]
        for path, document in zip(paths, documents):
            path.write_bytes(document)
        command = ["xmllint", "--nonet", "--noout", "--schema", SCHEMA, *paths]
        done = subprocess.run(command, capture_output=True, check=False, timeout=300)
        said = done.stderr.decode("utf-8", "replace")
        wrong = [text for text in said.splitlines() if not text.endswith(" validates")]
        self.assertEqual((done.returncode, wrong[:10]), (0, []))


if __name__ == "__main__":
    support.main()
