"""Tests of the model of devices and service requests: each rule in a small log worked out by hand.

python3 test_system_model.py
"""

from __future__ import annotations

import base64
import json
import unittest
from typing import Any

import gbcs_outcome
import system_model
import system_records
import system_scenario
from model import parse_time
from system_rules import DEFAULT_PENDING_MONTHS, Party, Rules, Trigger, add_months, removal_time

Fields = dict[str, Any]

METER = "00-DB-12-34-56-78-90-A0"
SWITCH = "00-DB-12-34-56-78-90-A7"
OTHER_METER = "00-DB-12-34-56-78-90-B0"
SUPPLIER = "90-B3-D5-1F-30-01-00-00"
NORTH = "90-B3-D5-1F-30-02-00-00"
SOUTH = "90-B3-D5-1F-30-03-00-00"
AGENT = "90-B3-D5-1F-30-04-00-00"
STRANGER = "90-B3-D5-1F-30-09-00-00"
PARTIES = [
    Party(SUPPLIER, "IS"),
    Party(NORTH, "ED", ("14", "15")),
    Party(SOUTH, "ED", ("20",)),
    Party(AGENT, "RSA"),
]
CALENDAR = "232800005e2c801a06"
SPECIAL_DAYS = "232800005e2c802306"


def counter_text(sequence: int) -> str:
    """Of a ResponseID of plain lines."""
    return str(system_records.UNNAMED << 48 | sequence)


def request_id(counter: int, party: str = SUPPLIER, device: str = METER) -> str:
    return f"{party}:{device}:{counter}"


class Log:
    """A log in the making, all of it in plain lines."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def add(self, received: str | None, kind: str, **fields: Any) -> Log:
        record = {"type": kind, **fields}
        if received is not None:
            record["received"] = received if "T" in received else f"{received}T00:00:00.000Z"
        self.lines.append(json.dumps(record).encode())
        return self

    def device(self, received: str | None, device: str = METER, **fields: Any) -> Log:
        return self.add(
            received,
            "device",
            **{"device": device, "device_type": "ESME", "status": "Commissioned", **fields},
        )

    def pending(self, received: str | None, **fields: Any) -> Log:
        return self.device(received, status="Pending", **fields)

    def request(self, received: str | None, counter: int, srv: str, **fields: Any) -> Log:
        record = {"request_id": request_id(counter), "srv": srv, **fields}
        return self.add(received, "request", **record)

    def response(self, received: str | None, counter: int, srv: str, **fields: Any) -> Log:
        record = {"request_id": request_id(counter), "srv": srv, "response_code": "I0", **fields}
        return self.add(received, "response", **record)

    def outcome(self, received: str | None, counter: int, code: str = "8F66", **fields: Any) -> Log:
        return self.add(received, "outcome", request_id=request_id(counter), code=code, **fields)

    def until(self, time: str) -> Log:
        """Bring the time there: two other devices agree on it. Each alert is another message."""
        for device in (OTHER_METER, "00-DB-12-34-56-78-90-B1"):
            self.add(time, "alert", device=device, code="8F3F", counter=len(self.lines))
        return self

    def run(self, **rules: Any) -> system_model.System:
        return system_model.run(b"\n".join(self.lines), PARTIES, Rules(**rules))

    def stream(self, name: str, **rules: Any) -> list[Fields]:
        return self.run(**rules).streams[name]

    def changes(self, **rules: Any) -> list[str]:
        """N58s to the operator in the north, as time, SRV and counter of the request."""
        return [
            f"{each['received'][:16]} {each.get('srv')} {each['request_id'].split(':')[2]}"
            for each in self.stream(f"enp.{NORTH}", **rules)
        ]

    def reasons(self) -> list[str]:
        streams = self.run().streams
        decided = streams["requests.accepted"] + streams["requests.rejected"]
        return [each["reason"] for each in decided]

    def removals(self, **rules: Any) -> list[str]:
        return [each["received"] for each in self.stream("inventory.removed", **rules)]


def in_north(log: Log, time: str = "2020-01-01", **fields: Any) -> Log:
    return log.device(time, **{"network_operator": NORTH, **fields})


class Months(unittest.TestCase):
    def test_same_day_or_the_last_of_the_month(self) -> None:
        cases = [
            ("2016-02-29T12:34:56.789Z", 12, "2017-02-28T12:34:56.789Z"),
            ("2016-02-29T00:00:00Z", 36, "2019-02-28T00:00:00Z"),
            ("2017-02-28T00:00:00Z", 36, "2020-02-28T00:00:00Z"),
            ("2016-02-29T00:00:00Z", 48, "2020-02-29T00:00:00Z"),
            ("2019-01-31T23:59:59.999Z", 1, "2019-02-28T23:59:59.999Z"),
            ("2019-12-31T00:00:00Z", 2, "2020-02-29T00:00:00Z"),
            ("2019-12-15T00:00:00Z", 12, "2020-12-15T00:00:00Z"),
            ("2019-08-31T00:00:00Z", 1, "2019-09-30T00:00:00Z"),
        ]
        for added, months, expected in cases:
            with self.subTest(added=added, months=months):
                self.assertEqual(add_months(parse_time(added), months), parse_time(expected))

    def test_removal_time(self) -> None:
        """The table of the rule: added, when its record is processed, when it is removed."""
        cases = [
            # 12 months end before the release.
            ("2018-06-01T00:00:00Z", "2018-06-01T00:00:00Z", "2019-06-01T00:00:00Z"),
            ("2018-11-28T23:59:59.999Z", "2018-12-01T00:00:00Z", "2019-11-28T23:59:59.999Z"),
            # They end at the release or later: 36.
            ("2018-11-29T00:00:00Z", "2018-12-01T00:00:00Z", "2021-11-29T00:00:00Z"),
            ("2018-12-31T10:00:00Z", "2019-06-01T00:00:00Z", "2021-12-31T10:00:00Z"),
            # Late for the rule of before: over already.
            ("2017-01-01T00:00:00Z", "2019-11-28T00:00:00Z", "2018-01-01T00:00:00Z"),
            # The same device under the rule of after, 36 months; never before the release.
            ("2017-01-01T00:00:00Z", "2019-11-29T00:00:00Z", "2020-01-01T00:00:00Z"),
            ("2016-11-29T00:00:00Z", "2019-11-29T00:00:00Z", "2019-11-29T00:00:00Z"),
            ("2015-01-01T00:00:00Z", "2020-05-05T00:00:00Z", "2019-11-29T00:00:00Z"),
            # After the release, with leap days.
            ("2020-02-29T00:00:00Z", "2020-02-29T00:00:00Z", "2023-02-28T00:00:00Z"),
            ("2020-01-31T08:00:00Z", "2020-02-01T00:00:00Z", "2023-01-31T08:00:00Z"),
            # Not added yet.
            ("2030-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "2033-01-01T00:00:00Z"),
        ]
        for added, now, expected in cases:
            with self.subTest(added=added, now=now):
                found = removal_time(parse_time(added), parse_time(now), DEFAULT_PENDING_MONTHS)
                self.assertEqual(found, parse_time(expected))

    def test_shorter_periods_and_none_yet(self) -> None:
        start, later = parse_time("2020-01-01T00:00:00Z"), parse_time("2021-01-01T00:00:00Z")
        added, now = parse_time("2019-06-01T00:00:00Z"), parse_time("2019-07-01T00:00:00Z")
        self.assertEqual(removal_time(added, now, [(start, 1)]), start)
        self.assertEqual(removal_time(added, now, [(start, 36), (later, 6)]), later)
        self.assertIsNone(removal_time(added, now, []))


class Inventory(unittest.TestCase):
    def test_a_pending_device_is_removed_in_its_time(self) -> None:
        log = Log().pending("2020-01-31", added_by=SUPPLIER)
        self.assertEqual(log.until("2023-01-30T23:59:59.999Z").removals(), [])
        notices = log.until("2023-03-01").stream("inventory.removed")
        self.assertEqual(
            notices,
            [
                {
                    "device": METER,
                    "code": "N8",
                    "recipient": SUPPLIER,
                    "counter": counter_text(1),
                    "received": "2023-01-31T00:00:00.000Z",
                    "device_type": "ESME",
                    "added": "2020-01-31T00:00:00.000Z",
                    "added_by": SUPPLIER,
                }
            ],
        )

    def test_due_exactly_at_a_record_is_before_it(self) -> None:
        log = Log().pending("2020-01-01", network_operator=NORTH).until("2022-12-31T12:00:00Z")
        log.response("2023-01-01", 1, "6.14.1")
        self.assertEqual(log.stream("enp.unrouted")[0]["reason"], "device_unknown")

    def test_added_stays_known_and_the_clock_is_not_set_back(self) -> None:
        log = Log().pending("2020-01-01").until("2021-01-01")
        log.device("2021-01-01").until("2023-06-01")
        self.assertEqual(log.removals(), [])
        log.pending("2023-06-01")  # its time is over
        self.assertEqual(log.removals(), ["2023-06-01T00:00:00.000Z"])

    def test_removed_by_a_record_is_forgotten_without_a_notice(self) -> None:
        log = Log().pending("2020-01-01", added="2017-06-01T00:00:00Z", added_by=SUPPLIER)
        log.pending("2020-01-02", removed=True)
        log.pending("2020-01-03", removed=False).until("2022-12-31").until("2023-01-04")
        (notice,) = log.stream("inventory.removed")
        self.assertEqual(notice["added"], "2020-01-03T00:00:00.000Z")
        self.assertNotIn("recipient", notice)

    def test_the_time_of_a_record_is_not_after_stream_time(self) -> None:
        log = Log().device("2020-01-01", OTHER_METER).pending("2021-01-01")
        log.until("2024-01-01").until("2024-01-01")
        self.assertEqual(log.stream("inventory.removed")[0]["added"], "2020-01-01T00:00:00.000Z")

    def test_without_any_time_there_is_no_date(self) -> None:
        log = Log().pending(None).until("2020-01-01").until("2030-01-01")
        self.assertEqual(log.removals(), [])

    def test_the_last_eight_states_are_kept(self) -> None:
        log = Log()
        for day in range(1, 12):
            log.device(f"2020-01-{day:02}", status="Pending" if day % 2 else "Commissioned")
        log.device("2020-01-12", status="Pending")
        known = log.run().partitions[system_records.UNNAMED].devices[METER]
        self.assertEqual(len(known.history), 8)
        self.assertEqual(known.status_since, parse_time("2020-01-11T00:00:00Z"))
        last = ("Commissioned", parse_time("2020-01-10T00:00:00Z"))
        self.assertEqual(known.history[-1], last)

    def test_whether_it_removes_and_tells_is_configuration(self) -> None:
        log = in_north(Log().pending("2020-01-01"), "2020-01-01", device=OTHER_METER)
        log.until("2024-01-01").response("2024-01-01", 1, "6.14.1")
        self.assertEqual(log.removals(removes=False), [])
        self.assertEqual(log.stream("enp.unrouted", removes=False)[0]["reason"], "no_operator")
        self.assertEqual(log.removals(tells_removal=False), [])
        unrouted = log.stream("enp.unrouted", tells_removal=False)
        self.assertEqual(unrouted[0]["reason"], "device_unknown")


class NetworkOperator(unittest.TestCase):
    def operator(self, **fields: Any) -> str | None:
        log = Log().device("2020-01-01", **fields).response("2020-01-01", 1, "6.14.1")
        streams = log.run().streams
        (change,) = [each for name in streams if "enp" in name for each in streams[name]]
        recipient = change.get("recipient")
        return str(recipient) if recipient else change.get("reason")

    def test_who_it_is(self) -> None:
        self.assertEqual(self.operator(network_operator=SOUTH, mpxn=["1412345678901"]), SOUTH)
        self.assertEqual(self.operator(mpxn=["1512345678901", "2012345678901"]), NORTH)
        self.assertEqual(self.operator(mpxn=["1912345678901"]), "no_operator")
        self.assertEqual(self.operator(mpxn=["141234567890", "2012345678901"]), "no_operator")
        self.assertEqual(self.operator(mpxn=["14123456789AB"]), "no_operator")
        self.assertEqual(self.operator(), "no_operator")
        self.assertEqual(self.operator(network_operator=STRANGER), STRANGER)

    def test_not_configured(self) -> None:
        for operator in (STRANGER, SUPPLIER):
            log = in_north(Log(), network_operator=operator).response("2020-01-01", 1, "6.14.1")
            self.assertEqual(log.stream("enp.unrouted")[0]["reason"], "not_configured")


class Changes(unittest.TestCase):
    """Load switching, for a meter in the north."""

    def test_the_notice(self) -> None:
        log = Log().device(
            "2020-01-01",
            mpxn=["1412345678901"],
            gbcs_version="4.1",
            variant="AD",
        )
        log.response("2020-01-01T10:00:00.250Z", 7, "7.9")
        self.assertEqual(
            log.stream(f"enp.{NORTH}"),
            [
                {
                    "device": METER,
                    "code": "N58",
                    "recipient": NORTH,
                    "counter": counter_text(1),
                    "received": "2020-01-01T10:00:00.250Z",
                    "variant": "AD",
                    "gbcs_version": "4.1",
                    "mpan": "1412345678901",
                    "srv": "7.9",
                    "request_id": request_id(7),
                    "changed_at": "2020-01-01T10:00:00.250Z",
                }
            ],
        )

    def test_a_response_to_a_request_not_seen_is_a_change_once(self) -> None:
        log = in_north(Log()).response("2020-01-02", 1, "6.14.1")
        log.until("2020-01-20")
        log.response("2020-01-20", 1, "6.14.1").response("2020-01-20", 2, "6.14.1")
        self.assertEqual(log.changes(), ["2020-01-02T00:00 6.14.1 1", "2020-01-20T00:00 6.14.1 2"])

    def test_what_is_done_is_forgotten_after_30_days(self) -> None:
        log = in_north(Log()).response("2020-01-02", 1, "6.14.1").until("2020-01-31T23:59:59.999Z")
        log.response("2020-01-31T23:59:59.999Z", 1, "6.14.1").response("2020-02-01", 1, "6.14.1")
        # The second is too early by a millisecond, and the third is a duplicate of it.
        self.assertEqual(log.changes(), ["2020-01-02T00:00 6.14.1 1"])
        log.response("2020-02-01T02:00:00Z", 1, "6.14.1")
        self.assertEqual(len(log.changes()), 2)

    def test_other_codes_and_requests_change_nothing(self) -> None:
        log = in_north(Log()).response("2020-01-02", 1, "6.14.1", response_code="I99")
        log.response("2020-01-02", 2, "6.14.1", response_code="E65")
        log.response("2020-01-02", 3, "7.5")
        self.assertEqual(log.changes(), [])

    def test_a_request_that_is_not_dated_opens_nothing(self) -> None:
        log = in_north(Log()).request("2020-01-02", 1, "6.14.1").response("2020-01-02", 1, "6.14.1")
        self.assertEqual(log.changes(), ["2020-01-02T00:00 6.14.1 1"])

    def test_a_dated_request_changes_nothing_when_acknowledged(self) -> None:
        log = in_north(Log()).request("2020-01-02", 1, "6.14.1", execute_at="2020-01-05T00:00:00Z")
        log.response("2020-01-02", 1, "6.14.1")
        self.assertEqual(log.changes(), [])
        log.until("2020-01-05").outcome("2020-01-05", 1)
        self.assertEqual(log.changes(), ["2020-01-05T00:00 6.14.1 1"])

    def test_a_dated_request_is_forgotten_after_two_days(self) -> None:
        log = in_north(Log()).request("2020-01-02", 1, "6.14.1", execute_at="2020-01-05T00:00:00Z")
        log.until("2020-01-06T23:00:00Z").response("2020-01-06T23:59:59.999Z", 1, "6.14.1")
        self.assertEqual(log.changes(), [])
        log.response("2020-01-07T02:00:00Z", 1, "6.14.1")
        self.assertEqual(log.changes(), ["2020-01-07T02:00 6.14.1 1"])

    def test_a_request_dated_long_ago_opens_nothing(self) -> None:
        for executed, count in (("2019-12-31T00:00:00.000Z", 1), ("2019-12-31T00:00:00.001Z", 0)):
            log = in_north(Log()).request("2020-01-02", 1, "6.14.1", execute_at=executed)
            log.response("2020-01-02", 1, "6.14.1")
            self.assertEqual(len(log.changes()), count)

    def test_boost_is_held_by_the_dcc(self) -> None:
        log = in_north(Log()).request("2020-01-02", 1, "7.9", execute_at="2020-01-03T00:00:00Z")
        log.response("2020-01-02T23:59:59.999Z", 1, "7.9")
        self.assertEqual(log.changes(), [])
        log.response("2020-01-03T02:00:00Z", 1, "7.9").response("2020-01-03T05:00:00Z", 1, "7.9")
        self.assertEqual(log.changes(), ["2020-01-03T02:00 7.9 1"])

    def test_boost_with_an_outcome_but_not_seen(self) -> None:
        log = in_north(Log()).outcome("2020-01-02", 1, srv="7.9", instructions=2)
        log.response("2020-01-02", 1, "7.9")
        self.assertEqual(log.changes(), [])

    def test_both_outcomes_of_a_calendar(self) -> None:
        log = in_north(Log()).outcome("2020-01-02", 1, srv="6.14.2", instruction=1)
        self.assertEqual(log.changes(), [])
        log.outcome("2020-01-02T05:00:00Z", 1, "8F67", instruction=2)
        (change,) = log.stream(f"enp.{NORTH}")
        self.assertEqual(change["received"], "2020-01-02T05:00:00.000Z")
        self.assertEqual(change["changed_at"], "2020-01-02T00:00:00.000Z")

    def test_one_outcome_is_settled_after_two_days(self) -> None:
        log = in_north(Log()).outcome("2020-01-02", 1, srv="6.14.2", instruction=1)
        log.until("2020-01-03T12:00:00Z").until("2020-01-04T06:00:00Z")
        log.outcome("2020-01-04T06:00:00Z", 1, srv="6.14.2", instruction=2)
        (change,) = log.stream(f"enp.{NORTH}")
        self.assertEqual(change["received"], "2020-01-04T00:00:00.000Z")
        self.assertEqual(change["changed_at"], "2020-01-02T00:00:00.000Z")

    def test_failed_is_done_without_a_change(self) -> None:
        log = in_north(Log()).outcome("2020-01-02", 1, "8F67", srv="6.14.1")
        log.outcome("2020-01-02", 1, srv="6.14.1").response("2020-01-02", 1, "6.14.1")
        self.assertEqual(log.changes(), [])

    def test_only_the_first_outcome_of_an_instruction_counts(self) -> None:
        log = in_north(Log()).outcome("2020-01-02", 1, "8F67", srv="6.14.2", instruction=1)
        log.outcome("2020-01-02", 1, srv="6.14.2", instruction=1)
        log.outcome("2020-01-02", 1, "8F67", srv="6.14.2", instruction=2)
        self.assertEqual(log.changes(), [])
        without = in_north(Log()).outcome("2020-01-02", 1, "8F67", srv="6.14.2")
        without.outcome("2020-01-02", 1, srv="6.14.2")
        self.assertEqual(without.changes(), ["2020-01-02T00:00 6.14.2 1"])

    def test_number_of_instructions(self) -> None:
        """Of the first outcome that says one, else the request, else the table."""
        for told, asked, needed in ((None, None, 2), (None, 3, 3), (1, 3, 1), (0, 0, 2), (3, 1, 3)):
            with self.subTest(told=told, asked=asked):
                log = in_north(Log())
                log.request(
                    "2020-01-02", 1, "6.14.2", execute_at="2020-01-02T00:00:00Z", instructions=asked
                )
                for number in range(1, needed):
                    log.outcome("2020-01-02", 1, instruction=number, instructions=told)
                self.assertEqual(log.changes(), [])
                log.outcome("2020-01-02", 1, instruction=needed, instructions=told)
                self.assertEqual(len(log.changes()), 1)

    def test_a_request_after_its_outcome_says_how_many(self) -> None:
        log = in_north(Log()).outcome("2020-01-02", 1, srv="6.14.2", instruction=1)
        log.request(
            "2020-01-02T01:00:00Z", 1, "6.14.2", execute_at="2019-01-01T00:00:00Z", instructions=1
        )
        (change,) = log.stream(f"enp.{NORTH}")
        self.assertEqual(change["received"], "2020-01-02T01:00:00.000Z")
        self.assertEqual(change["changed_at"], "2020-01-02T00:00:00.000Z")

    def test_outcomes_of_other_requests_are_passed_over(self) -> None:
        log = in_north(Log()).outcome("2020-01-02", 1).outcome("2020-01-02", 2, srv="6.13")
        self.assertEqual(log.run().partitions[system_records.UNNAMED].open, {})

    def test_hcalcs_only(self) -> None:
        log = in_north(Log()).response("2020-01-02", 1, "8.7.1")
        self.assertEqual(log.changes(), [])
        log = in_north(Log(), device_type="HCALCS").response("2020-01-02", 1, "8.7.1")
        self.assertEqual(log.changes(), ["2020-01-02T00:00 8.7.1 1"])

    def test_before_its_date_a_change_is_done_and_not_told(self) -> None:
        log = in_north(Log(), "2019-11-28").response("2019-11-28T23:59:59.999Z", 1, "6.14.1")
        for counter, srv in ((1, "6.14.1"), (2, "6.14.1"), (3, "6.14.3")):
            log.response("2019-11-29T05:00:00Z", counter, srv)
        self.assertEqual(log.changes(), ["2019-11-29T05:00 6.14.1 2"])

    def test_alert_8131(self) -> None:
        log = in_north(Log())
        for time in ("2020-01-02", "2020-01-03"):
            log.add(time, "alert", device=METER, code="8131", recipient=SUPPLIER, counter=5)
            log.add(time, "alert", device=METER, code="8131", recipient=SUPPLIER)
        self.assertEqual(log.stream(f"enp.{NORTH}"), [])
        told = log.stream(f"enp.{NORTH}", alert_trigger=Trigger(True, 0))
        self.assertEqual([each["alert"] for each in told], ["8131"] * 3)

    def test_order_of_what_is_due_at_one_time(self) -> None:
        log = Log().device("2019-12-01", SWITCH, network_operator=NORTH)
        log.pending("2019-12-01", network_operator=NORTH, added="2017-01-03T00:00:00Z")
        log.pending("2019-12-01", device="00-00-00-00-00-00-00-01", added="2017-01-03T00:00:00Z")
        log.until("2020-01-01")
        order = [(SUPPLIER, SWITCH, 1), (STRANGER, METER, 2), (SUPPLIER, METER, 3)]
        for party, device, counter in order:
            id = request_id(counter, party, device)
            log.add("2020-01-01", "outcome", request_id=id, code="8F66", srv="6.14.2")
        log.until("2020-01-03T00:00:00Z")
        changes = log.stream(f"enp.{NORTH}")
        self.assertEqual([each["request_id"][-1] for each in changes], ["3", "2", "1"])
        numbered = [each["counter"] for each in changes]
        self.assertEqual(numbered, [counter_text(1), counter_text(2), counter_text(3)])
        removed = log.stream("inventory.removed")
        self.assertEqual([each["counter"] for each in removed], [counter_text(4), counter_text(5)])
        self.assertEqual([each["device"][-2:] for each in removed], ["01", "A0"])


class Messages(unittest.TestCase):
    """Outcomes in the payload of a device alert."""

    def message(self, content: str, code: str = "8F66", command: int = 0x0054) -> bytes:
        counter = int(content[-4:], 16)
        sent = parse_time("2020-01-02T00:00:00Z")
        return gbcs_outcome.encode(
            gbcs_outcome.Message(
                METER, SUPPLIER, counter, code, sent, command, 1, bytes.fromhex(content)
            )
        )

    def log(self, *messages: bytes) -> Log:
        log = in_north(Log())
        for index, message in enumerate(messages):
            if index % 2:
                log.lines.append(b"2020-01-02T00:00:00.000Z\t" + message.hex().encode())
                continue
            code = gbcs_outcome.decode(message).code  # type: ignore[union-attr]
            payload = base64.b64encode(message).decode()
            fields = {"device": METER, "code": code, "recipient": SUPPLIER, "counter": index}
            log.add("2020-01-02", "alert", **fields, payload=payload)
        return log

    def test_there_and_back(self) -> None:
        for content in (CALENDAR, "07000906"):
            raw = self.message(content)
            found = gbcs_outcome.decode(raw)
            assert found is not None
            self.assertEqual(found.content.hex(), content)
            self.assertEqual(gbcs_outcome.encode(found), raw)
            self.assertEqual(len(raw), 145 if content == CALENDAR else 123)

    def test_two_contents_are_two_instructions(self) -> None:
        log = self.log(self.message(CALENDAR), self.message(SPECIAL_DAYS))
        self.assertEqual(log.changes(), ["2020-01-02T00:00 6.14.2 1"])

    def test_the_same_content_is_the_same_instruction(self) -> None:
        log = self.log(self.message(CALENDAR), self.message(CALENDAR, "8F67"))
        self.assertEqual(log.changes(), [])

    def test_commands_of_other_requests_are_passed_over_unless_open(self) -> None:
        message = self.message("07000906", command=0x0019)
        self.assertEqual(self.log(message).changes(), [])
        log = in_north(Log()).request("2020-01-02", 1, "7.10", execute_at="2020-01-02T00:00:00Z")
        log.lines += self.log(message).lines[1:]
        self.assertEqual(log.changes(), ["2020-01-02T00:00 7.10 1"])

    def test_a_duplicate_has_no_effect(self) -> None:
        log = self.log(self.message(CALENDAR))
        log.lines.append(log.lines[-1])
        self.assertEqual(log.changes(), [])
        self.assertEqual(log.run().duplicates(), 1)


class Requests(unittest.TestCase):
    def decide(self, time: str, party: str, srv: str, **fields: Any) -> str:
        device = fields.pop("known", None)
        log = Log().device(time, **device) if device is not None else Log()
        return log.request(time, 1, srv, request_id=request_id(1, party), **fields).reasons()[0]

    def test_reads_of_network_operators(self) -> None:
        north = {"mpxn": ["1412345678901"]}
        for srv, before, date in (
            ("6.13", "2019-11-28T23:59:59.999Z", "2019-11-29"),
            ("7.7", "2020-11-28T23:59:59.999Z", "2020-11-29"),
        ):
            self.assertEqual(self.decide(before, NORTH, srv, known=north), "role_not_eligible")
            self.assertEqual(self.decide(date, NORTH, srv, known=north), "eligible")
            self.assertEqual(self.decide(date, SOUTH, srv, known=north), "not_in_network")
            self.assertEqual(self.decide(date, NORTH, srv), "device_unknown")
            self.assertEqual(self.decide(date, SUPPLIER, srv), "eligible")
            self.assertEqual(self.decide(date, STRANGER, srv), "role_not_eligible")
            self.assertEqual(self.decide(date, STRANGER, srv, role="IS"), "eligible")
            self.assertEqual(self.decide(date, NORTH, srv, role="IS"), "device_unknown")
        self.assertEqual(self.decide("2021-01-01", AGENT, "7.7"), "role_not_eligible")
        self.assertEqual(self.decide("2021-01-01", AGENT, "6.13"), "eligible")

    def test_agents_of_suppliers(self) -> None:
        good = {"supplier": SUPPLIER, "supplier_agent": AGENT}
        cases: list[tuple[str, str, Fields | None, Fields]] = [
            ("2019-11-28T23:59:59.999Z", "role_not_eligible", good, {}),
            ("2019-11-29", "eligible", good, {}),
            ("2019-11-29", "eligible", good, {"supplier": SUPPLIER}),
            ("2019-11-29", "not_agent_of_supplier", good, {"supplier": STRANGER}),
            ("2019-11-29", "not_agent_of_supplier", {"supplier_agent": AGENT}, {}),
            ("2019-11-29", "not_agent_of_supplier", {**good, "supplier_agent": STRANGER}, {}),
            ("2019-11-29", "device_unknown", None, {}),
        ]
        for time, reason, known, fields in cases:
            with self.subTest(reason=reason, known=known, fields=fields):
                decided = self.decide(time, AGENT, "8.14.3", known=known, **fields)
                self.assertEqual(decided, reason)

    def test_other_requests_are_not_governed(self) -> None:
        self.assertEqual(self.decide("2019-01-01", STRANGER, "11.2"), "not_governed")

    def test_the_device_that_it_is_about(self) -> None:
        log = in_north(Log(), device=OTHER_METER)
        fields = {"request_id": request_id(1, NORTH), "device": OTHER_METER}
        log.request("2020-01-01", 1, "6.13", **fields)
        (accepted,) = log.stream("requests.accepted")
        self.assertEqual(accepted["device"], OTHER_METER)
        self.assertEqual(accepted["request_id"], request_id(1, NORTH))

    def test_the_record(self) -> None:
        log = in_north(Log(), "2019-12-01").request(
            "2019-12-01",
            1,
            "6.7",
            role="ES",
            supplier=SUPPLIER,
            execute_at="2020-01-01T00:00:00Z",
            instructions=0,
            gas_flow_rate="1.50",
        )
        (record,) = log.stream("requests.accepted")
        expected = {
            "type": "request",
            "request_id": request_id(1),
            "srv": "6.7",
            "role": "IS",
            "supplier": SUPPLIER,
            "execute_at": "2020-01-01T00:00:00.000Z",
            "instructions": 0,
            "gas_flow_rate": "1.50",
            "received": "2019-12-01T00:00:00.000Z",
            "decision": "accepted",
            "reason": "not_governed",
        }
        self.assertEqual(list(record.items()), list(expected.items()))

    def test_duplicates(self) -> None:
        log = Log().request("2020-01-01", 1, "11.2").request("2020-01-01T00:59:59.999Z", 1, "11.2")
        log.request("2020-01-01T00:30:00Z", 1, "11.1")
        log.request("2020-01-01T01:00:00Z", 1, "11.2")
        self.assertEqual(len(log.reasons()), 3)
        self.assertEqual(log.run().duplicates(), 1)


class GasFlow(unittest.TestCase):
    def test_rates(self) -> None:
        good = ["0", "6.5535", "0.0000", "6.553500", "-0.0", "+1.25", ".5", "5.", 0, 65535]
        out = ["6.5536", "0.00001", "-0.0001", "7", 65536, 2**64 - 1]
        for rates, reason in ((good, "not_governed"), (out, "value_out_of_range")):
            for rate in rates:
                with self.subTest(rate=rate):
                    log = Log().request("2020-01-01", 1, "6.7", gas_flow_rate=rate)
                    self.assertEqual(log.reasons(), [reason])

    def test_no_numbers_are_dead_letters(self) -> None:
        for rate in system_scenario.BAD_RATES:
            with self.subTest(rate=rate):
                log = Log().request("2020-01-01", 1, "6.7", gas_flow_rate=rate)
                self.assertEqual([reason for _, reason in log.run().dead], ["bad_field"])

    def test_decimals_from_the_release_on(self) -> None:
        for rate, reason in (("1.5", "value_out_of_range"), (15000, "not_governed")):
            log = Log().request("2019-11-28T23:59:59.999Z", 1, "6.7", gas_flow_rate=rate)
            self.assertEqual(log.reasons(), [reason])

    def test_what_is_kept(self) -> None:
        log = Log().request("2020-01-01", 1, "6.7", gas_flow_rate="0.0007")
        log.request("2020-01-02", 2, "6.7", gas_flow_rate="0.3")
        log.request("2020-01-02", 3, "6.7", gas_flow_rate="9")
        log.response("2020-01-02", 1, "6.7")
        rate = log.run().partitions[system_records.UNNAMED].rates[METER]
        self.assertEqual((rate.value, rate.confirmed), (3000, False))
        answered = log.response("2020-01-02", 2, "6.7").run()
        rate = answered.partitions[system_records.UNNAMED].rates[METER]
        self.assertEqual((rate.value, rate.confirmed), (3000, True))


class ReadResponses(unittest.TestCase):
    def answer(self, party: str, operator: str | None = NORTH, time: str = "2020-01-01") -> Any:
        log = Log() if operator is None else in_north(Log(), time, network_operator=operator)
        fields = {"request_id": request_id(1, party), "response_code": "E65", "payload": "aGk="}
        streams = log.response(time, 1, "6.13", **fields).run().streams
        told = [(name, each) for name, all in streams.items() for each in all]
        return told[0] if told else None

    def test_to_the_operator(self) -> None:
        stream, record = self.answer(NORTH)
        self.assertEqual(stream, f"enp.{NORTH}")
        expected = {
            "type": "response",
            "request_id": request_id(1, NORTH),
            "srv": "6.13",
            "response_code": "E65",
            "received": "2020-01-01T00:00:00.000Z",
            "payload": "aGk=",
        }
        self.assertEqual(list(record.items()), list(expected.items()))

    def test_to_nobody(self) -> None:
        for party, operator, reason in (
            (STRANGER, STRANGER, "not_configured"),
            (SOUTH, NORTH, "not_in_network"),
            (SOUTH, None, "device_unknown"),
        ):
            stream, record = self.answer(party, operator)
            self.assertEqual(stream, "enp.unrouted")
            self.assertEqual(list(record.items())[-2:], [("recipient", party), ("reason", reason)])

    def test_not_for_operators_or_too_early(self) -> None:
        self.assertIsNone(self.answer(SUPPLIER))
        self.assertIsNone(self.answer(NORTH, time="2019-11-28T23:59:59.999Z"))


class Envelopes(unittest.TestCase):
    def line(self, partition: int, record: Fields, ts: int, key: str | None = None) -> bytes:
        envelope = {"topic": "t", "partition": partition, "offset": 0, "ts": ts, "key": key}
        return json.dumps({**envelope, "payload": json.dumps(record)}).encode()

    def test_the_time_of_the_log_comes_first(self) -> None:
        record = {"type": "request", "request_id": request_id(1), "srv": "6.7"}
        record["received"] = "2015-01-01T00:00:00Z"
        system = system_model.run(self.line(3, record, 1_577_836_800_000), PARTIES)
        told = system.streams["requests.accepted"][0]
        self.assertEqual(told["received"], "2020-01-01T00:00:00.000Z")

    def test_the_partition_is_in_the_counter(self) -> None:
        answer = {"type": "response", "request_id": request_id(1), "srv": "7.9"}
        answer["response_code"] = "I0"
        lines = [self.line(number, answer, 1_577_836_800_000) for number in (3, 0)]
        told = system_model.run(b"\n".join(lines), PARTIES).streams["enp.unrouted"]
        self.assertEqual([each["counter"] for each in told], [str((3 << 48) + 1), "1"])

    def test_another_key(self) -> None:
        record = {"type": "request", "request_id": request_id(1), "srv": "6.7"}
        read = system_records.read(self.line(0, record, 0, key=OTHER_METER))
        self.assertEqual(read.reason, "key_mismatch")
        self.assertIsNone(system_records.read(self.line(0, record, 0, key=METER)).reason)


class Scenarios(unittest.TestCase):
    def test_a_seed_is_a_log(self) -> None:
        one, other = system_scenario.generate(3, 60), system_scenario.generate(3, 60)
        self.assertEqual((one.capture, one.parties), (other.capture, other.parties))

    def test_everything_happens(self) -> None:
        """A comparison over these seeds says something only if every reason is met."""
        met = set()
        for seed in range(12):
            drawn = system_scenario.generate(seed)
            streams = system_model.run(drawn.capture, drawn.party_list()).streams
            for name, records in streams.items():
                met |= {(name[:3], each.get("code"), each.get("reason")) for each in records}
        requests = {reason for name, _, reason in met if name == "req"}
        self.assertEqual(
            requests,
            {
                "eligible",
                "not_governed",
                "role_not_eligible",
                "not_in_network",
                "not_agent_of_supplier",
                "device_unknown",
                "value_out_of_range",
            },
        )
        changes = {reason for name, code, reason in met if code == "N58"}
        self.assertEqual(changes, {None, "device_unknown", "no_operator", "not_configured"})
        answers = {reason for name, code, reason in met if name == "enp" and code is None}
        self.assertEqual(answers, {None, "device_unknown", "not_in_network", "not_configured"})
        self.assertIn(("inv", "N8", None), met)


if __name__ == "__main__":
    unittest.main()
