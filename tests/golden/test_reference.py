"""Holds connectors/formats/STREAMS.md to what the program writes, and its guarantees too.

    python3 test_reference.py [-v]

Every scenario is replayed; with what no line of text can say, that is everything there is to hold
against the tables: the fields that are written are those listed, in that order and when it says.
"""

from __future__ import annotations

import base64
import functools
import json
import re
import unittest
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scenarios import REFERENCE, STREAMS, Run, bytes_of, load_all, run

Line = dict[str, Any]

SUMMARY_FILE = "summary.json"
MOST_BYTES = 1 << 20
EVENTS = ("started", "continuing", "ended", "excluded_storm")
COPY_FIELDS = ("throttled_alert_sequence_id", "throttled_alert_count")
NOT_UTF8 = b'{"device":"00-DB-12-34-56-78-90-A0","code":"\xff"}'
TOO_LONG = b'{"a":"' + b"x" * (2 * MOST_BYTES) + b'"}'
NEVER_THROTTLED = """duplicate_window: 0s
policies:
  - effective_from: 1970-01-01T00:00:00Z
    excluded: [all]"""

# --------------------------------------------------------------------------------------------
# What the reference says.

ROW = re.compile(r"\| `([a-z0-9_.]+)` \|.*\| (.*) \|")


def tables() -> dict[str, dict[str, str]]:
    """For each output the fields of its table, with when they are there."""
    found: dict[str, dict[str, str]] = {}
    heading, in_table = "", False
    for line in REFERENCE.read_text(encoding="utf-8").split("\n"):
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        in_table = line.startswith("| field |") or in_table and line.startswith("|")
        row = ROW.fullmatch(line)
        if in_table and row is not None:
            found.setdefault(heading, {})[row[1]] = row[2]
    return found


# --------------------------------------------------------------------------------------------
# What the program writes.


@dataclass
class Written:
    name: str
    has_partitions: bool
    streams: dict[str, list[str]]
    summary: Line

    def lines(self, stream: str) -> list[Line]:
        return [json.loads(line) for line in self.streams[stream]]


def read(name: str, has_partitions: bool, done: Run) -> Written:
    streams = {stream: done.stream(stream) for stream in STREAMS}
    return Written(name, has_partitions, streams, done.summary())


def replayed(policy: list[str] | None, capture: bytes, name: str) -> Written:
    with Run(policy) as done:
        done.replay(capture)
        return read(name, False, done)


@functools.cache
def written() -> list[Written]:
    """Of all scenarios, and of the bytes that no scenario can hold."""
    results = []
    for scenario in load_all():
        with run(scenario) as done:
            done.replay(bytes_of(scenario.capture))
            has_partitions = any('"topic":' in line for line in scenario.capture)
            results.append(read(scenario.name, has_partitions, done))
    return [*results, without_text()]


@functools.cache
def without_text() -> Written:
    return replayed(None, NOT_UTF8 + b"\n" + TOO_LONG + b"\n", "what no scenario can hold")


def summary_names(summary: Line) -> Iterator[str]:
    for name, value in summary.items():
        if isinstance(value, dict) and name != "codes":
            yield from (f"{name}.{each}" for each in value)
        else:
            yield name


def lines_of(output: str) -> list[tuple[str, list[str]]]:
    """Each line of an output in all that was written, as the names of its fields in order."""
    if output == SUMMARY_FILE:
        return [(each.name, list(summary_names(each.summary))) for each in written()]
    return [(each.name, list(line)) for each in written() for line in each.lines(output)]


# --------------------------------------------------------------------------------------------


class Tables(unittest.TestCase):
    def test_each_output_has_a_table(self) -> None:
        self.assertEqual(sorted(tables()), sorted([*STREAMS, SUMMARY_FILE]))

    def test_fields_are_those_listed_in_their_order(self) -> None:
        for output, rows in tables().items():
            order = list(rows)
            for name, fields in lines_of(output):
                with self.subTest(output, scenario=name):
                    self.assertEqual(set(fields) - set(order), set(), "not in the table")
                    self.assertEqual(fields, sorted(fields, key=order.index))

    def test_every_field_listed_is_written(self) -> None:
        for output, rows in tables().items():
            seen = {field for _, fields in lines_of(output) for field in fields}
            self.assertEqual(set(rows) - seen, set(), f"{output}: never written")

    def test_always_means_always(self) -> None:
        """And what is not always there is missing somewhere."""
        for output, rows in tables().items():
            lines = [fields for _, fields in lines_of(output)]
            for field, when in rows.items():
                with self.subTest(output, field=field):
                    everywhere = all(field in fields for fields in lines)
                    self.assertEqual(everywhere, when == "always")

    def test_fields_of_some_events(self) -> None:
        lines = [line for each in written() for line in each.lines("throttle.episodes")]
        self.assertEqual({line["event"] for line in lines}, set(EVENTS))
        for field, when in tables()["throttle.episodes"].items():
            events = set(re.findall(r"`(\w+)`", when))
            if events:
                found = {line["event"] for line in lines if field in line}
                self.assertEqual(found, events, field)

    def test_fields_of_a_code_are_those_of_all(self) -> None:
        order = list(tables()[SUMMARY_FILE])
        expected = ["duplicates", *order[order.index("alerts") : order.index("codes")]]
        for each in written():
            for code, totals in each.summary["codes"].items():
                self.assertEqual(list(summary_names(totals)), expected, f"{each.name}: {code}")

    def test_nothing_is_null_or_empty(self) -> None:
        for each in written():
            for stream in STREAMS:
                for line in each.lines(stream):
                    self.assertFalse([n for n, value in line.items() if value in (None, "")], line)


class Guarantees(unittest.TestCase):
    def test_the_account_adds_up(self) -> None:
        for each in written():
            with self.subTest(each.name):
                self.check_account(each, each.summary)

    def check_account(self, each: Written, total: Line) -> None:
        passed = each.lines("alerts.forwarded")
        copies = [alert for alert in passed if "throttled_alert_count" in alert]
        stands_for = sum(copy["throttled_alert_count"] for copy in copies)
        self.assertEqual(
            total["read"], total["dead"] + total["duplicates"] + total["other"] + total["alerts"]
        )
        others = total["others"]
        self.assertEqual(total["other"], sum(others.values()) - others["duplicates"])
        judged = (*total["requests_accepted"].values(), *total["requests_rejected"].values())
        self.assertEqual(others["requests"], sum(judged))
        behind = total["forwarded"] + stands_for
        self.assertEqual(total["alerts"], behind + total["pending"] + total["unrepresented"])
        sent = total["forwarded"] + total["copies"]
        self.assertEqual(total["alerts"], sent + total["consolidated"])
        self.assertEqual([total["copies"], sent], [len(copies), len(passed)])
        self.assertEqual(total["dead"], len(each.streams["dead.letter"]))
        events = [line["event"] for line in each.lines("throttle.episodes")]
        episodes = total["episodes"]
        self.assertEqual(episodes["started"], events.count("started"))
        self.assertEqual(episodes["ended"], events.count("ended"))
        self.assertEqual(episodes["started"], episodes["ended"] + episodes["open"])

    def test_codes_add_up_to_the_whole(self) -> None:
        for each in written():
            for name, value in each.summary.items():
                if name not in ("read", "dead", "other") and not isinstance(value, dict):
                    parts = sum(totals[name] for totals in each.summary["codes"].values())
                    parts += each.summary["others"]["duplicates"] if name == "duplicates" else 0
                    self.assertEqual(parts, value, f"{each.name}: {name}")

    def test_what_is_forwarded_is_a_capture_again(self) -> None:
        for each in written():
            for stream in ("alerts.forwarded", "alerts.consolidated"):
                with self.subTest(each.name, stream=stream):
                    capture = bytes_of(each.streams[stream])
                    again = replayed(NEVER_THROTTLED.split("\n"), capture, each.name)
                    alerts = each.lines(stream)
                    plain = [{n: a[n] for n in a if n not in COPY_FIELDS} for a in alerts]
                    self.assertEqual(again.lines("alerts.forwarded"), plain)
                    self.assertEqual(again.summary["alerts"], len(alerts))

    def test_time_never_falls_within_a_partition(self) -> None:
        for each in written():
            if not each.has_partitions:
                times = [line["at"] for line in each.lines("throttle.episodes")]
                self.assertEqual(times, sorted(times), each.name)

    def test_last_sequence_id_is_the_number_of_copies(self) -> None:
        for each in written():
            for line in each.lines("throttle.episodes"):
                if "copies" in line:
                    self.assertEqual(line.get("last_sequence_id", 0), line["copies"])
                    self.assertEqual(line["consolidated"], line["alerts"] - line["copies"])
                if line["event"] == "ended":
                    self.assertEqual(line["ended"], line["at"])


class WhatTextCannotSay(unittest.TestCase):
    def test_a_line_that_is_not_utf8(self) -> None:
        letter = without_text().lines("dead.letter")[0]
        self.assertEqual(letter["reason"], "bad_utf8")
        self.assertEqual(base64.b64decode(letter["bytes"]), NOT_UTF8)
        self.assertNotIn("length", letter)

    def test_a_line_longer_than_a_message_may_be(self) -> None:
        letter = without_text().lines("dead.letter")[1]
        self.assertEqual(letter["reason"], "too_long")
        self.assertEqual(base64.b64decode(letter["bytes"]), TOO_LONG[:MOST_BYTES])
        self.assertEqual(letter["length"], len(TOO_LONG))
        self.assertRegex(letter["digest"], r"\Axxh3_128:[0-9a-f]{32}\Z")

    def test_every_reason_is_seen(self) -> None:
        formats = (REFERENCE.parent / "FORMATS.md").read_text(encoding="utf-8")
        text = formats.partition("## What cannot be decoded")[2]
        listed = set(re.findall(r"^\| `([a-z0-9_]+)` \|[^|]*\|$", text, re.M))
        seen = {line["reason"] for each in written() for line in each.lines("dead.letter")}
        self.assertEqual(seen, listed)


if __name__ == "__main__":
    unittest.main()
