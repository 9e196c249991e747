"""A synthetic fleet is the same fleet in every format.

Goal: Weir reads all that it generates, and finds the same in it whatever the format, apart from
what a format cannot say: gbcs has no DCC alerts, duis gives them a counter, and kcat makes each
partition a log of its own. The figures that are told are those of the alerts. Documents are valid
under the schema of DUIS.
Method: a fleet with all kinds of traffic and all that may happen to it, generated in every format;
`decode` and `replay` of each compared with those of json. The schema lies in WEIR_SHARED, or in
../shared beside the checkout; xmllint checks against it.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import unittest
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import support
from support import DONE, ProgramCase

SCHEMA = support.SHARED / "schemas" / "duis-5.4.xsd"

TRAFFIC: tuple[str, ...] = (
    *("--devices", "900", "--duration", "6h"),
    *("--rate", "20", "--storms", "3", "--outages", "2"),
    *("--flapping", "4", "--unknown-codes", "0.05"),
)
FAULTS: tuple[str, ...] = (
    *("--duplicates", "0.03", "--late", "0.04", "--wrong-clocks", "90", "--far-ahead", "3"),
)
EVERYTHING = (*TRAFFIC, *FAULTS)

KCAT: tuple[str, ...] = ("--format", "kcat", "--partitions", "1")
# All that can be said in them is all there is.
WHOLE: tuple[tuple[str, ...], ...] = (
    ("--format", "json"),
    ("--format", "json", "--payloads"),
    KCAT,
    (*KCAT, "--payloads"),
    (*KCAT, "--payload-format", "duis"),
    ("--format", "duis"),
)
DEVICE_ALERTS_ONLY: tuple[tuple[str, ...], ...] = (
    ("--format", "gbcs"),
    (*KCAT, "--payload-format", "gbcs"),
)

KINDS = {
    "background": "background",
    "storms": "in storms",
    "outages": "about outages",
    "flapping": "flapping",
    "unknown": "with unknown codes",
    "far ahead": "received far ahead",
    "duplicates": "delivered again",
}


def is_of_a_device(alert: dict[str, Any]) -> bool:
    return bool(re.fullmatch("8[0-9A-F]{3}", alert["code"]))


def without(alert: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in alert.items() if name not in names}


def as_json_has_it(alert: dict[str, Any]) -> dict[str, Any]:
    """An alert without what DUIS alone says."""
    return without(alert, "duis") if is_of_a_device(alert) else without(alert, "duis", "counter")


def counted(said: str, what: str) -> int:
    match = re.search(rf"(\d+) {what}", said)
    return int(match[1]) if match else 0


class GenerateCase(ProgramCase):
    def generated(self, *options: str) -> tuple[Path, str]:
        """A capture, and what was told about it."""
        path = self.folder / "-".join(["capture", *options]).replace("/", "_")[-200:]
        with path.open("wb") as file:
            result = self.expect(DONE, ["generate", *options], stdout=file)
        return path, result.message

    def capture(self, *options: str) -> Path:
        return self.generated(*options)[0]

    def decoded(self, capture: Path, *options: str) -> list[dict[str, Any]]:
        """The alerts, which are the same, byte for byte, whether the format is said or found."""
        found = self.expect(DONE, ["decode", capture]).out
        if options:
            said = self.expect(DONE, ["decode", *options, capture]).out
            self.assert_same_bytes(said, found, "decoded")
        return list(support.json_lines(found))

    def summary(self, capture: Path, *options: support.Argument) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self.expect(DONE, ["replay", "--json", *options, capture]).out
        )
        self.assertEqual((found["dead"], found["other"]), (0, 0))
        return found


    def assert_equal_alerts(
        self, found: Iterable[dict[str, Any]], wanted: Iterable[dict[str, Any]]
    ) -> None:
        """One by one: the difference of two long lists takes minutes to be shown."""
        for number, (one, other) in enumerate(itertools.zip_longest(found, wanted), start=1):
            self.assertEqual(one, other, f"alert {number}")


class FormatsTest(GenerateCase):
    def test_summaries_are_equal(self) -> None:
        wanted = self.summary(self.capture(*EVERYTHING))
        for part in ("duplicates", "forwarded", "copies", "consolidated"):
            self.assertGreater(wanted[part], 0, part)
        for options in WHOLE:
            with self.subTest(options):
                self.assertEqual(self.summary(self.capture(*EVERYTHING, *options)), wanted)

    def test_summaries_of_device_alerts_are_equal(self) -> None:
        plain, device_alerts = self.capture(*EVERYTHING), self.folder / "device_alerts"
        with plain.open("rb") as lines, device_alerts.open("wb") as out:
            out.writelines(line for line in lines if is_of_a_device(json.loads(line)))
        wanted, read = self.summary(device_alerts), self.summary(plain)["read"]
        for options in DEVICE_ALERTS_ONLY:
            with self.subTest(options):
                capture, said = self.generated(*EVERYTHING, *options)
                self.assertEqual(self.summary(capture), wanted)
                self.assertEqual(counted(said, "DCC alerts left out"), read - wanted["read"])

    def test_alerts_are_equal(self) -> None:
        wanted = self.decoded(self.capture(*EVERYTHING, "--payloads"))
        for options in ((*KCAT, "--payloads"), (*KCAT, "--payload-format", "duis"), WHOLE[-1]):
            with self.subTest(options):
                capture = self.capture(*EVERYTHING, *options)
                found = self.decoded(capture, *options[:2])
                self.assert_equal_alerts(map(as_json_has_it, found), wanted)

    def test_device_alerts_are_equal(self) -> None:
        alerts = self.decoded(self.capture(*EVERYTHING, "--payloads"))
        wanted = [alert for alert in alerts if is_of_a_device(alert)]
        for options in DEVICE_ALERTS_ONLY:
            with self.subTest(options):
                capture = self.capture(*EVERYTHING, *options)
                self.assert_equal_alerts(self.decoded(capture, *options[:2]), wanted)

    def test_dcc_counters_of_duis_never_repeat(self) -> None:
        alerts = self.decoded(self.capture(*EVERYTHING, "--format", "duis"))
        counters = [alert["counter"] for alert in alerts if not is_of_a_device(alert)]
        self.assertGreater(len(counters), 20)
        self.assertEqual(len(set(counters)), len(counters))

    def test_the_same_options_give_the_same_bytes(self) -> None:
        for options in (*WHOLE, *DEVICE_ALERTS_ONLY, ("--format", "kcat")):
            with self.subTest(options):
                first = self.capture(*EVERYTHING, *options).read_bytes()
                self.assertEqual(self.capture(*EVERYTHING, *options).read_bytes(), first)
                other = self.capture(*EVERYTHING, *options, "--seed", "2").read_bytes()
                self.assertNotEqual(other, first)


class PartitionsTest(GenerateCase):
    """Without late records and times far ahead, the partitions of a topic agree on the time."""

    def test_the_summary_is_that_of_one_log(self) -> None:
        wanted = self.summary(self.capture(*TRAFFIC, "--duplicates", "0.03"))
        for partitions in ("1", "4", "7"):
            with self.subTest(partitions):
                options = ("--format", "kcat", "--partitions", partitions)
                capture = self.capture(*TRAFFIC, "--duplicates", "0.03", *options)
                self.assertEqual(self.summary(capture), wanted)
                self.check_places(capture, int(partitions))

    def check_places(self, capture: Path, partitions: int) -> None:
        next_offset = [0] * partitions
        partition_of: dict[str, int] = {}
        for record in support.json_lines(capture.read_bytes()):
            partition = record["partition"]
            self.assertEqual(record["offset"], next_offset[partition])
            next_offset[partition] += 1
            payload = json.loads(record["payload"])
            self.assertEqual(record["key"], payload["device"])
            self.assertEqual(partition_of.setdefault(record["key"], partition), partition)
        self.assertGreater(min(next_offset), 0)


class FiguresTest(GenerateCase):
    """What is told on standard error is so."""

    def test_figures_add_up(self) -> None:
        capture, said = self.generated(*EVERYTHING)
        figures = {kind: counted(said, what) for kind, what in KINDS.items()}
        lines = capture.read_bytes().count(b"\n")
        self.assertEqual(counted(said, "alerts"), lines)
        self.assertEqual(sum(figures.values()), lines, said)
        self.assertGreater(min(figures.values()), 0, said)
        self.assertGreater(counted(said, "late"), 0, said)
        self.assertGreater(counted(said, "by wrong clocks"), 0, said)

    def test_duplicates_are_those_that_a_replay_drops(self) -> None:
        capture, said = self.generated(*TRAFFIC, "--duplicates", "0.1", "--late", "0.1")
        self.assertEqual(self.summary(capture)["duplicates"], counted(said, "delivered again"))

    def test_late_alerts_are_counted(self) -> None:
        capture, said = self.generated(*TRAFFIC, "--late", "0.1")
        newest, late = "", 0
        for alert in support.json_lines(capture.read_bytes()):
            late += alert["received"] < newest
            newest = max(newest, alert["received"])
        self.assertEqual(counted(said, "late"), late)

    def test_flapping_pairs_can_be_counted_together(self) -> None:
        policy = self.file(
            "policy.yaml",
            b"policies:\n  - {effective_from: 1970-01-01T00:00:00Z, pairs: together}\n",
        )
        capture = self.capture("--rate", "0", "--storms", "0", "--outages", "0", "--flapping", "9")
        apart, together = self.summary(capture), self.summary(capture, "--policy", policy)
        for found in (apart, together):
            self.assertGreater(found["episodes"]["started"], 8)
        self.assertGreater(apart["episodes"]["started"], together["episodes"]["started"])

    def test_one_device_far_ahead_changes_nothing_for_the_others(self) -> None:
        calm = self.summary(self.capture(*TRAFFIC))
        one = self.summary(self.capture(*TRAFFIC, "--far-ahead", "1"))
        several = self.summary(self.capture(*TRAFFIC, "--far-ahead", "3"))
        self.assertEqual(one["alerts"], calm["alerts"] + 3)
        self.assertEqual(one["episodes"], calm["episodes"])
        self.assertNotEqual(several["episodes"], calm["episodes"])


class SchemaTest(GenerateCase):
    @unittest.skipUnless(SCHEMA.is_file(), f"no schema {SCHEMA}: set WEIR_SHARED")
    @unittest.skipIf(shutil.which("xmllint") is None, "xmllint is missing")
    def test_documents_are_valid(self) -> None:
        documents = self.capture(*EVERYTHING, "--format", "duis").read_bytes().splitlines()
        folder = self.folder / "documents"
        folder.mkdir()
        paths = [folder / f"{number}.xml" for number in range(len(documents))]
        for path, document in zip(paths, documents):
            path.write_bytes(document)
        self.assertGreater(len(paths), 5000)
        for first in range(0, len(paths), 2000):
            self.check(paths[first : first + 2000])

    def check(self, paths: Sequence[Path]) -> None:
        command = ["xmllint", "--nonet", "--noout", "--schema", SCHEMA, *paths]
        done = subprocess.run(command, capture_output=True, check=False, timeout=300)
        said = done.stderr.decode("utf-8", "replace")
        wrong = [line for line in said.splitlines() if not line.endswith(" validates")]
        self.assertEqual((done.returncode, wrong[:10]), (0, []))
        self.assertEqual(said.count(" validates\n"), len(paths))


if __name__ == "__main__":
    support.main()
