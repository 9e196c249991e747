"""Malformed captures: nothing that a line holds may stop the program or be lost.

Goal: whatever bytes a capture holds, `decode` and `replay` end with a documented exit code, account
for every record, and keep each one that cannot be decoded as it was, with a documented reason.
Method: awkward contents, each read by `decode` and by `replay` with every --format, with and
without a state; after a replay with a state the same command continues at the end, and must change
nothing. What single fields give is compared with FORMATS.md, reason by reason.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import support
from support import DONE, FAILED, FORMATS, ProgramCase

MEBIBYTE = 1 << 20
FIELDS = '"device":"00-DB-12-34-56-78-90-A0","code":"8F3F","received":"2019-12-02T10:00:00.000Z"'
JSON_LINE = b"{%s}" % FIELDS.encode()
KCAT_LINE = json.dumps(
    {
        "topic": "t",
        "partition": 3,
        "offset": 7,
        "tstype": "create",
        "ts": 1575280800000,
        "broker": 0,
        "key": "00-DB-12-34-56-78-90-A0",
        "payload": JSON_LINE.decode(),
    }
).encode()


def with_field(text: str) -> bytes:
    return b"{%s,%s}" % (FIELDS.encode(), text.encode("utf-8", "surrogateescape"))


def without(name: str, text: str = "") -> bytes:
    """An alert with a field left out, and another text for it if there is one."""
    fields = dict(json.loads(JSON_LINE))
    del fields[name]
    rest = json.dumps(fields)[:-1]
    return (rest + (f",{text}" if text else "") + "}").encode("utf-8", "surrogateescape")


def nested(depth: int) -> bytes:
    """An alert whose deepest value lies within `depth` objects and arrays."""
    return with_field('"x":' + "[" * (depth - 1) + "]" * (depth - 1))


def prefixes(line: bytes) -> bytes:
    return b"\n".join(line[:length] for length in range(1, len(line) + 1)) + b"\n"


def padded(size: int) -> bytes:
    """An alert of exactly `size` bytes."""
    empty = with_field('"x":""')
    return empty.replace(b'"x":""', b'"x":"%s"' % (b"a" * (size - len(empty))))


# What FORMATS.md says of each line: a reason, or None for an alert.
JSON_CASES: tuple[tuple[bytes, str | None], ...] = (
    (JSON_LINE, None),
    (b"\xef\xbb\xbf  " + JSON_LINE + b" \t\r", None),
    (with_field('"x":"\udcff"'), "bad_utf8"),
    (with_field('"\udcff":1'), "bad_utf8"),
    (with_field('"x":"\udced\udca0\udc80"'), "bad_utf8"),
    (with_field('"x":"\udcc0\udc80"'), "bad_utf8"),
    (without("device", '"device":"00-DB-12-34-56-78-90-\udcff"'), "bad_utf8"),
    (without("code", '"code":"8F\udcff"'), "bad_utf8"),
    (with_field('"x":1e999'), None),
    (with_field('"x":-1e-999'), None),
    (with_field('"x":' + "9" * 1000), None),
    (with_field('"x":' + "0." + "3" * 1000), None),
    (with_field('"x":01'), "bad_json"),
    (with_field('"x":+1'), "bad_json"),
    (with_field('"x":NaN'), "bad_json"),
    (with_field('"counter":18446744073709551615'), None),
    (with_field('"counter":"18446744073709551615"'), None),
    (with_field('"counter":18446744073709551616'), "bad_field"),
    (with_field('"counter":"18446744073709551616"'), "bad_field"),
    (with_field('"counter":-1'), "bad_field"),
    (with_field('"counter":"-1"'), "bad_field"),
    (with_field('"counter":1.5'), "bad_field"),
    (with_field('"counter":1e999'), "bad_field"),
    (with_field('"counter":"' + "9" * 1000 + '"'), "bad_field"),
    (with_field('"counter":null'), None),
    (with_field('"counter":""'), "bad_field"),
    (with_field('"recipient":"90-B3"'), "bad_field"),
    (with_field('"recipient":["90-B3-D5-1F-30-01-00-00"]'), "bad_field"),
    (with_field('"payload":"%%%"'), "bad_payload"),
    (with_field('"x":"a\\u0000b"'), None),
    (with_field('"x":"a\0b"'), "bad_json"),
    (with_field('"x":"\\q"'), "bad_json"),
    (with_field('"x":tru'), "bad_json"),
    (with_field('"x":1,'), "bad_json"),
    (JSON_LINE + JSON_LINE, "bad_json"),
    (JSON_LINE + b"x", "bad_json"),
    (JSON_LINE + b"\0", "bad_json"),
    (b"{}", "missing_field"),
    (without("device"), "missing_field"),
    (without("device", '"device":null'), "missing_field"),
    (without("device", '"device":""'), "bad_field"),
    (without("device", '"device":"00-DB-12"'), "bad_field"),
    (without("device", '"device":5'), "bad_field"),
    (without("code"), "missing_field"),
    (without("code", '"code":"9000"'), "bad_code"),
    (without("code", '"code":"7FFF"'), "bad_code"),
    (without("code", '"code":"N0"'), "bad_code"),
    (without("code", '"code":"N1000"'), "bad_code"),
    (without("code", '"code":"AD2"'), "bad_code"),
    (without("received"), "no_time"),
    (without("received", '"received":"1969-12-31T23:59:59.999Z"'), "bad_time"),
    (without("received", '"received":"2019-02-30T00:00:00Z"'), "bad_time"),
    (without("received", '"received":"yesterday"'), "bad_time"),
    (with_field('"type":"nothing"'), "unknown_type"),
    (nested(64), None),
    (nested(65), "too_deep"),
    (nested(100000), "too_deep"),
    (padded(MEBIBYTE), None),
    (padded(2 * MEBIBYTE + 1), "too_long"),
    (padded(10 * MEBIBYTE), "too_long"),
)

# Found by the first character, or read as JSON: a line that is no object.
NO_OBJECT = (b"[]", b"[" + JSON_LINE + b"]", b"1", b'"text"', b"-->")

DUIS_LINE = (
    b'<sr:Response xmlns:sr="http://www.dccinterface.co.uk/ServiceUserGateway" schemaVersion="5.4">'
    b"<sr:Header>"
    b"<sr:ResponseID>90-B3-D5-1F-30-00-00-02:90-B3-D5-1F-30-02-00-00:77</sr:ResponseID>"
    b"<sr:ResponseCode>I0</sr:ResponseCode>"
    b"<sr:ResponseDateTime>2019-12-02T10:00:00.000Z</sr:ResponseDateTime>"
    b"</sr:Header><sr:Body><sr:DCCAlertMessage>"
    b"<sr:DCCAlertCode>AD1</sr:DCCAlertCode><sr:DCCAlert><sr:PowerOutageEvent>"
    b"<sr:CommsHubDeviceID>00-DB-12-34-56-78-90-A2</sr:CommsHubDeviceID>"
    b"<sr:StartDateTime>2019-12-02T09:57:00Z</sr:StartDateTime><sr:MPxN>1000000000012</sr:MPxN>"
    b"</sr:PowerOutageEvent></sr:DCCAlert></sr:DCCAlertMessage></sr:Body></sr:Response>"
)


def duis(old: bytes, new: bytes) -> bytes:
    assert old in DUIS_LINE
    return DUIS_LINE.replace(old, new)


DUIS_CASES: tuple[tuple[bytes, str | None], ...] = (
    (DUIS_LINE, None),
    (b"\xef\xbb\xbf  " + DUIS_LINE + b" \t\r", None),
    (b'<?xml version="1.0"?>' + DUIS_LINE, None),
    (DUIS_LINE + b"<!-- - -->", None),
    (DUIS_LINE + DUIS_LINE, "bad_xml"),
    (DUIS_LINE + b"x", "bad_xml"),
    (DUIS_LINE + b"\0", "bad_xml"),
    (b"<", "bad_xml"),
    (b"<sr:Response>" * 65, "too_deep"),
    (b"<sr:Response>" * 64, "bad_xml"),
    (b"<a>" * 100_000, "too_deep"),
    (b"<!DOCTYPE a>" + DUIS_LINE, "doctype"),
    (duis(b">AD1<", b">AD&one;<"), "bad_xml"),
    (duis(b">AD1<", b">AD&#49;<"), None),
    (duis(b">AD1<", b">AD&#0;<"), "bad_xml"),
    (duis(b">AD1<", b">AD1\xff<"), "bad_utf8"),
    (duis(b">AD1<", b"><![CDATA[AD1]]><"), None),
    (duis(b">AD1<", b">AD<!-- -->1<"), None),
    (duis(b">AD1<", b">AD<x/>1<"), "bad_field"),
    (duis(b">AD1<", b">AD2<"), "bad_code"),
    (duis(b">AD1<", b"><"), "missing_field"),
    (duis(b"<sr:ResponseCode>", b"<sr:ResponseCode/><sr:ResponseCode>"), "bad_field"),
    (duis(b"sr:ResponseCode>", b"sr:Code>"), "missing_field"),
    (duis(b"2019-12-02T10", b"1919-12-02T10"), "bad_time"),
    (duis(b":77<", b":-77<"), "bad_field"),
    (duis(b"PowerOutageEvent", b"x"), None),
    (duis(b"DCCAlertMessage", b"x"), "unknown_type"),
    (DUIS_LINE.replace(b"sr:Response", b"sr:Reply"), "unknown_type"),
    (duis(b"UserGateway", b"Gateway"), "unknown_type"),
    (duis(b"5.4", b"9" * (MEBIBYTE - len(DUIS_LINE) + 3)), None),
    (duis(b"5.4", b"9" * (MEBIBYTE - len(DUIS_LINE) + 4)), "too_long"),
    (b'{"ResponseMessage":{}}', "duis_in_json"),
)


class MalformedTest(ProgramCase):
    """Contents that no format has."""

    @classmethod
    def setUpClass(cls) -> None:
        options = ("--devices", "2", "--storms", "0", "--duration", "2d", "--payloads")
        made = support.run(["generate", *options])
        alerts = support.json_lines(made.out)
        payloads = [base64.b64decode(alert["payload"]) for alert in alerts if "payload" in alert]
        short = min(payloads, key=len)
        cls.gbcs_line = b"2019-12-02T10:00:00.000Z\t" + short.hex().upper().encode()
        cls.gbcs_base64 = base64.b64encode(short)

    def check_decode(self, capture: Path, content: bytes, forced: tuple[str, ...]) -> None:
        result = support.run(["decode", *forced, capture])
        lines = list(support.json_lines(result.out))
        self.assertEqual(len(lines), len(support.records_of(content)))
        dead = [line for line in lines if "bytes" in line]
        self.assertLessEqual({line["reason"] for line in dead}, support.documented_reasons())
        self.assertEqual(result.code, FAILED if dead else DONE, result.message)
        if dead:
            self.assertIn(f"{len(dead)} record", result.message)

    def check_replay(self, capture: Path, content: bytes, forced: tuple[str, ...]) -> None:
        plain, kept = self.folder / "plain", self.folder / "kept"
        options = ["replay", *forced, "--archive", "--json", capture, "--out"]
        first = self.expect(DONE, [*options, plain])
        self.check_accounts(content, plain, first.out)
        state = ("--state", self.folder / f"state{len(list(self.folder.iterdir()))}")
        for _ in range(2):
            self.expect(DONE, [*options, kept, *state])
            self.assert_same_files(plain, kept)

    def check_everywhere(self, content: bytes) -> None:
        capture = self.file("capture", content)
        for forced in FORMATS:
            with self.subTest(forced=forced):
                self.check_decode(capture, content, forced)
                self.check_replay(capture, content, forced)

    def test_random_bytes(self) -> None:
        self.check_everywhere(self.rng.randbytes(64 * 1024))

    def test_every_byte(self) -> None:
        every = bytes(range(256))
        self.check_everywhere(every + b"\n" + b"\n".join(bytes([byte]) for byte in every))

    def test_empty_file(self) -> None:
        self.check_everywhere(b"")

    def test_only_newlines_and_blanks(self) -> None:
        self.check_everywhere(b"\n" * 1000 + b"\r\n" * 1000 + b" \t\n" * 1000 + b" ")

    def test_nul_bytes(self) -> None:
        self.check_everywhere(b"\0" * 5000 + b"\n" + JSON_LINE + b"\n\0\n" + JSON_LINE + b"\0")

    def test_cut_json(self) -> None:
        self.check_everywhere(prefixes(JSON_LINE))

    def test_cut_kcat(self) -> None:
        self.check_everywhere(prefixes(KCAT_LINE))

    def test_cut_gbcs(self) -> None:
        self.check_everywhere(prefixes(self.gbcs_line) + prefixes(self.gbcs_base64))

    def test_cut_duis(self) -> None:
        self.check_everywhere(prefixes(DUIS_LINE))

    def test_changed_bytes(self) -> None:
        lines = []
        for line in (JSON_LINE, KCAT_LINE, DUIS_LINE, self.gbcs_line, self.gbcs_base64):
            for _ in range(300):
                spoilt = bytearray(line)
                for _ in range(self.rng.randrange(1, 4)):
                    spoilt[self.rng.randrange(len(spoilt))] = self.rng.randrange(256)
                lines.append(bytes(spoilt))
        self.check_everywhere(b"\n".join(lines))

    def test_long_line(self) -> None:
        long = b"x" * 10 * MEBIBYTE
        self.check_everywhere(long + b"\n" + JSON_LINE + b"\n" + long)

    def test_long_object(self) -> None:
        self.check_everywhere(padded(10 * MEBIBYTE) + b"\n" + JSON_LINE)

    def test_ten_million_brackets(self) -> None:
        self.check_everywhere(b"[" * 10 * MEBIBYTE + b"\n" + b'{"x":' * 2 * MEBIBYTE + b"\n")

    def test_deep_nesting(self) -> None:
        objects = b'{"x":' * 100000 + b"1" + b"}" * 100000
        self.check_everywhere(nested(100000) + b"\n" + objects + b"\n" + b"[" * 100000)

    def test_last_line_cut_at_every_byte(self) -> None:
        """Nothing behind the content may be read: the cut line ends where the file does."""
        # Every length is a process. A document is long: every seventh will do.
        less = 3 if support.BRIEF else 1
        for line, step in ((JSON_LINE, less), (DUIS_LINE, 7 * less), (self.gbcs_base64, less)):
            for length in range(1, len(line), step):
                result = support.run(["decode"], stdin=line[:length])
                self.assertEqual(result.out.count(b"\n"), 1, line[:length])
                self.assertNotIn(b'"code"', result.out, line[:length])

    def test_line_beyond_all_bounds(self) -> None:
        capture = self.folder / "endless"
        with capture.open("wb") as file:
            file.truncate(80 * MEBIBYTE)
        self.expect(FAILED, ["decode", capture], "endless", "line 1")
        self.expect(FAILED, ["replay", "--out", self.folder / "o", capture], "endless", "line 1")


class ReasonTest(ProgramCase):
    """What FORMATS.md says of a line is what comes out."""

    def check_reasons(
        self, cases: tuple[tuple[bytes, str | None], ...], *forced: str
    ) -> None:
        content = b"\n".join(line for line, _ in cases)
        result = support.run(["decode", *forced], stdin=content)
        decoded = list(support.json_lines(result.out))
        self.assertEqual(len(decoded), len(cases))
        for (line, reason), found in zip(cases, decoded):
            with self.subTest(line=line[:200]):
                self.assertEqual(found.get("reason"), reason)

    def test_json(self) -> None:
        self.check_reasons(JSON_CASES)
        self.check_reasons(JSON_CASES, "--format", "json")

    def test_duis(self) -> None:
        self.check_reasons(DUIS_CASES)
        self.check_reasons(DUIS_CASES[:-1], "--format", "duis")

    def test_no_object(self) -> None:
        self.check_reasons(tuple((line, "not_readable") for line in NO_OBJECT))
        everything = (*NO_OBJECT, b"null", JSON_LINE[1:-1])
        self.check_reasons(tuple((line, "bad_json") for line in everything), "--format", "json")

    def test_kcat(self) -> None:
        def envelope(**changes: object) -> bytes:
            fields = {**json.loads(KCAT_LINE), **changes}
            return json.dumps({k: v for k, v in fields.items() if v != "gone"}).encode()

        cases = (
            (KCAT_LINE, None),
            (envelope(ts=-1), None),
            (envelope(key=None), None),
            (envelope(key="00-DB-12-34-56-78-90-A1"), "key_mismatch"),
            (envelope(key="anything"), None),
            (envelope(payload=None), "missing_field"),
            (envelope(payload=""), "missing_field"),
            (envelope(payload="gone"), "bad_envelope"),
            (envelope(payload=5), "bad_envelope"),
            (envelope(topic=5), "bad_envelope"),
            (envelope(offset="7"), "bad_envelope"),
            (envelope(offset=-1), "bad_envelope"),
            (envelope(partition=1 << 31), "bad_envelope"),
            (envelope(payload="{}"), "missing_field"),
            (envelope(payload="{"), "bad_json"),
            (envelope(payload="\0"), "not_readable"),
            (envelope(payload="DF09"), "bad_gbcs"),
            (envelope(payload="<"), "bad_xml"),
            (envelope(payload=DUIS_LINE.decode()), "key_mismatch"),
            (envelope(payload=DUIS_LINE.decode(), key="00-DB-12-34-56-78-90-A2"), None),
            (envelope(payload=nested(64).decode()), None),
            (envelope(payload=nested(65).decode()), "too_deep"),
            (envelope(payload=padded(MEBIBYTE).decode()), None),
            (envelope(payload=padded(2 * MEBIBYTE + 1).decode()), "too_long"),
        )
        self.check_reasons(cases)
        self.check_reasons(cases, "--format", "kcat")

    def test_gbcs(self) -> None:
        cases = (
            (b"DF09", "bad_gbcs"),
            (b"00", "bad_gbcs"),
            (b"not/a/word!", "bad_payload"),
            (b"2019-12-02T10:00:00.000Z\tDF09", "bad_gbcs"),
            (b"2019-12-02T10:00:00.000Z\t", "bad_payload"),
            (b"DF" * MEBIBYTE, "bad_gbcs"),
            (b"DF" * (MEBIBYTE + 1), "too_long"),
        )
        self.check_reasons(cases, "--format", "gbcs")


if __name__ == "__main__":
    support.main()
