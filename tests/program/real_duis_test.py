"""DUIS documents that were not made by Weir: the program finds in each what it says.

Goal: documents of real systems, and such as others built around real messages, are decoded right,
whatever prefixes, line breaks and signatures they have; what is no document is told from one.
Method: the reference data has one document a file. Both `decode` and `replay` read every one by
itself, as one line, and all of them as one capture, also in what kcat prints. Bodies of documents
that a tool wrote as JSON are no format of Weir's: each is a dead letter that says so. The data lies
in WEIR_SHARED, or in ../shared beside the checkout.
"""

from __future__ import annotations

import base64
import json
import re
import unittest
from pathlib import Path
from typing import Any

import support
from support import DONE, FAILED, ProgramCase

DOCUMENTS = support.SHARED / "data" / "duis"

METER, HUB = "00-DB-12-34-56-78-90-A0", "00-DB-12-34-56-78-90-A2"
SUPPLIER, OPERATOR = "90-B3-D5-1F-30-01-00-00", "90-B3-D5-1F-30-02-00-00"
CONSTRUCTED = "2026-01-15T10:11:12.345Z"
MESSAGE_TIME = "2015-01-01T00:00:00.000Z"


def alert(device: str, code: str, recipient: str, counter: str, **more: str) -> dict[str, str]:
    named = {"device": device, "code": code, "recipient": recipient, "counter": counter}
    return {**named, "received": CONSTRUCTED, **more}


# What stands in each alert, and what `duis` says of it besides its version and ids.
ALERTS: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "constructed_dcc_alert_AD1_power_outage.xml": (
        alert(HUB, "AD1", OPERATOR, "77"),
        {"message": "DCCAlertMessage", "dcc_alert": "PowerOutageEvent"},
    ),
    "constructed_dcc_alert_N24_whitelist.xml": (
        alert("88-73-84-57-00-2F-96-1E", "N24", SUPPLIER, "79"),
        {"message": "DCCAlertMessage", "dcc_alert": "UpdateHANDeviceLogResult"},
    ),
    "constructed_dcc_alert_N58_alcs_change.xml": (
        alert(METER, "N58", OPERATOR, "78"),
        {"message": "DCCAlertMessage", "dcc_alert": "ALCSHCALCSConfigurationChange"},
    ),
    "constructed_device_alert_8F30_throttled.xml": (
        alert(METER, "8F30", SUPPLIER, "2000", device_time=MESSAGE_TIME),
        {
            "message": "DeviceAlertMessage",
            "throttled_alert_sequence_id": 1,
            "throttled_alert_count": 250,
        },
    ),
    "constructed_device_alert_8F36_ECS80.xml": (
        alert(METER, "8F36", OPERATOR, "2003", device_time=MESSAGE_TIME),
        {"message": "DeviceAlertMessage"},
    ),
}

# The same of what is no alert.
OTHERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "constructed_future_dated_8F66_ECS46c_calendar.xml": (
        {
            "type": "outcome",
            "request_id": f"{SUPPLIER}:{METER}:1000",
            "code": "8F66",
            "srv": "6.14.2",
            "instruction": 1,
            "instructions": 2,
            "device": METER,
            "received": CONSTRUCTED,
            "report": {
                "message_code": "0054",
                "counter": "1007",
                "instruction": "232800005E2C801A06",
            },
        },
        {
            "message": "FutureDatedDeviceAlertMessage",
            "srv": "6.14.2",
            "code": "8F66",
            "instruction": 1,
            "instructions": 2,
        },
    ),
    "real_ack_error_E65.xml": (
        {
            "type": "response",
            "srv": "11.2",
            "response_code": "E65",
            "device": "88-73-84-57-00-2F-96-6C",
            "received": "2022-07-22T09:37:56.134Z",
        },
        {"message": "ResponseMessage", "srv": "11.2", "response_code": "E65"},
    ),
    "real_response_11.2_ECS52.xml": (
        {
            "type": "response",
            "srv": "11.2",
            "response_code": "I0",
            "device": "BC-33-AC-00-FE-FA-55-3C",
            "received": "2022-08-12T06:43:49.844Z",
        },
        {"message": "ResponseMessage", "srv": "11.2", "response_code": "I0"},
    ),
    "real_response_11.2_readfw.xml": (
        {
            "type": "response",
            "srv": "11.2",
            "response_code": "I0",
            "device": "88-73-84-57-00-2F-96-1E",
            "received": "2022-08-17T15:45:42.790Z",
        },
        {"message": "ResponseMessage", "srv": "11.2", "response_code": "I0"},
    ),
}

ALL = {**ALERTS, **OTHERS}
BODIES_IN_JSON = (
    "real_body_DCCAlert_N24.json",
    "real_body_DeviceAlert_8F20.json",
    "real_body_FutureDated_8F66.json",
)


def line_of(name: str) -> bytes:
    """The document on one line: a line break is a blank like any other."""
    return re.sub(rb"[\r\n]+", b" ", (DOCUMENTS / name).read_bytes()).strip()


def in_kcat(name: str, offset: int) -> bytes:
    """As kcat prints it, with its line breaks, under the key that the topic has."""
    record = {
        "topic": "t",
        "partition": 0,
        "offset": offset,
        "tstype": "create",
        "ts": 1768471873000,
        "broker": 0,
        "key": ALL[name][0]["device"],
        "payload": (DOCUMENTS / name).read_text(encoding="utf-8"),
    }
    return json.dumps(record).encode()


@unittest.skipUnless(DOCUMENTS.is_dir(), f"no reference data in {DOCUMENTS}: set WEIR_SHARED")
class RealDuisTest(ProgramCase):
    def test_every_file_is_told_of(self) -> None:
        files = {path.name for path in DOCUMENTS.iterdir()}
        self.assertEqual(files, {*ALL, *BODIES_IN_JSON})

    def check(self, name: str, found: dict[str, Any]) -> None:
        fields, duis = ALL[name]
        self.assertEqual({key: found.get(key) for key in fields}, fields)
        self.assertEqual("device_time" in found, "device_time" in fields)
        self.assertEqual({key: found["duis"].get(key) for key in duis}, duis)
        copies = {key for key in found["duis"] if key.startswith("throttled_")}
        self.assertLessEqual(copies, set(duis))

    def replay(self, capture: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """What passes when nothing is held back, and the figures."""
        policy = self.file(
            "policy.yaml",
            b"policies:\n  - {effective_from: 1970-01-01T00:00:00Z, excluded: all}\n",
        )
        out = self.folder / "out"
        self.expect(DONE, ["replay", "--policy", policy, "--out", out, capture])
        passed = list(support.json_lines((out / "alerts.forwarded").read_bytes()))
        return passed, json.loads((out / "summary.json").read_text(encoding="utf-8"))

    def test_each_by_itself(self) -> None:
        for name in ALL:
            with self.subTest(name):
                capture = self.file("capture", line_of(name))
                decoded = self.expect(DONE, ["decode", "--format", "duis", capture])
                self.check(name, json.loads(decoded.out))
                found = self.expect(DONE, ["decode", capture])
                self.assertEqual(found.out, decoded.out, "the format is not found")
                passed, figures = self.replay(capture)
                self.assertEqual(figures["read"], 1)
                self.assertEqual(figures["dead"], 0)
                self.assertEqual(figures["other"], 1 if name in OTHERS else 0)
                self.assertEqual(len(passed), 1 if name in ALERTS else 0)
                for line in passed:
                    wanted = ALERTS[name][0]
                    self.assertEqual({key: line.get(key) for key in wanted}, wanted)

    def test_all_in_one_capture(self) -> None:
        capture = self.file("capture", b"\n".join(line_of(name) for name in ALL) + b"\n")
        decoded = self.expect(DONE, ["decode", capture])
        for name, found in zip(ALL, support.json_lines(decoded.out), strict=True):
            self.check(name, found)
        passed, figures = self.replay(capture)
        self.assertEqual([line["code"] for line in passed], [a["code"] for a, _ in ALERTS.values()])
        self.assertEqual(figures["other"], len(OTHERS))

    def notices(self, lines: list[bytes]) -> list[dict[str, Any]]:
        """What network operators are told of a meter of theirs."""
        config = self.file("parties.yaml", f"parties: [{{id: {OPERATOR}, role: ED}}]\n".encode())
        meter = {"type": "device", "device": METER, "device_type": "ESME", "status": "Commissioned"}
        known = {**meter, "network_operator": OPERATOR, "received": "2026-01-01T00:00:00Z"}
        capture = self.file("capture", b"\n".join([json.dumps(known).encode(), *lines]) + b"\n")
        out = self.folder / "out"
        self.expect(DONE, ["replay", "--config", config, "--out", out, capture])
        self.assertEqual((out / "enp.unrouted").read_bytes(), b"")
        return list(support.json_lines((out / f"enp.{OPERATOR}").read_bytes()))

    def test_a_change_is_told_when_its_second_instruction_has_an_outcome(self) -> None:
        first = line_of("constructed_future_dated_8F66_ECS46c_calendar.xml")
        second = first.replace(b"<sr:InstructionNumber>1<", b"<sr:InstructionNumber>2<")
        self.assertNotEqual(first, second)
        self.assertEqual(self.notices([first]), [])
        self.assertEqual(self.notices([first, first]), [], "the same one once more")
        told = self.notices([first, second])
        self.assertEqual(len(told), 1)
        fields = {key: told[0][key] for key in ("device", "code", "recipient", "srv", "request_id")}
        request = f"{SUPPLIER}:{METER}:1000"
        self.assertEqual(fields, {"device": METER, "code": "N58", "recipient": OPERATOR,
                                  "srv": "6.14.2", "request_id": request})
        self.assertEqual(self.notices([first, second, second, first]), told)

    def test_in_what_kcat_prints(self) -> None:
        lines = [in_kcat(name, offset) for offset, name in enumerate(ALL)]
        capture = self.file("capture", b"\n".join(lines) + b"\n")
        decoded = self.expect(DONE, ["decode", capture])
        for name, found in zip(ALL, support.json_lines(decoded.out), strict=True):
            self.assertEqual(found["received"], "2026-01-15T10:11:13.000Z")
            self.check(name, {**found, "received": ALL[name][0]["received"]})

    def test_the_message_is_forwarded_as_it_came(self) -> None:
        for name in ALERTS:
            document = line_of(name)
            message = re.search(rb"<sr:GBCSPayload>([^<]*)<", document)
            passed, _ = self.replay(self.file("capture", document))
            with self.subTest(name):
                payload = base64.b64decode(passed[0].get("payload", ""), validate=True)
                self.assertEqual(payload, base64.b64decode(message[1]) if message else b"")

    def test_the_message_is_decoded(self) -> None:
        for name, use_case in (
            ("constructed_device_alert_8F36_ECS80.xml", "0067"),
            ("constructed_future_dated_8F66_ECS46c_calendar.xml", "00cc"),
        ):
            decoded = self.expect(DONE, ["decode", self.file("capture", line_of(name))])
            self.assertEqual(json.loads(decoded.out)["gbcs"]["message_code"], use_case)

    def test_bodies_in_json(self) -> None:
        for name in BODIES_IN_JSON:
            with self.subTest(name):
                line = line_of(name)
                capture = self.file("capture", line + b"\n")
                decoded = self.expect(FAILED, ["decode", capture])
                letter = json.loads(decoded.out)
                self.assertEqual(letter["reason"], "duis_in_json")
                self.assertEqual(base64.b64decode(letter["bytes"]), line)
                self.assertEqual(self.replay(capture)[1]["dead"], 1)
                forced = self.expect(FAILED, ["decode", "--format", "duis", capture])
                self.assertEqual(json.loads(forced.out)["reason"], "bad_xml")


if __name__ == "__main__":
    support.main()
