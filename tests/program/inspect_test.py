"""What `weir inspect` says of a state is so, and asking changes nothing.

Goal: its figures, storms and keys are those of the replay that keeps the state, partway and at the
end; the directory stays as it is, byte for byte, and a replay that goes on afterwards, or beside,
gives what it would have given; what is no state is refused; deploy/INSPECT.md says all fields.
Method: generated captures with storms are replayed up to the middle and to the end, and what
inspect says is compared with summary.json and with what the streams tell of episodes. Single keys
are compared with small captures that are known.
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import support
from support import DONE, FAILED, USAGE, ProgramCase

Fields = dict[str, Any]

ALERTS = 12000
REFERENCE = support.ROOT / "deploy" / "INSPECT.md"
POLICY = b"""policies:
  - effective_from: 2019-12-02T00:00:00Z
    note: as agreed
    default: {threshold: 5, window: 30m}
    codes: {8F3F: {window: 10m, window_kind: sliding, forward: {one_in: 40}}}
  - effective_from: 2019-12-04T11:30:00Z
    pairs: together
    default: {threshold: 4, window: 20m, clear: 2}
    codes: {8F3F: {window: 7d, window_kind: sliding, forward: none}}
"""
DEVICE = "00-DB-12-34-56-78-90-A0"
PARTY = "90-B3-D5-1F-30-01-00-00"
OPERATOR = "90-B3-D5-1F-30-02-00-00"
MINIMAL = "00-DB-12-34-56-78-90-A1"
UNTIMED = "00-DB-12-34-56-78-90-A2"
CONFIG = f"""parties:
  - {{id: {OPERATOR}, role: ED, distributors: ["14"]}}
load_switching:
  triggers:
    "9.9": {{from: 2019-11-29T00:00:00Z, instructions: 4}}
    "8131": {{enabled: true}}
""".encode()
FIGURES = ("read", "dead", "duplicates", "other", "others", "requests_accepted",
           "requests_rejected", "responses_to_operators", "load_switching", "pending_devices",
           "alerts", "forwarded", "copies", "consolidated", "pending", "unrepresented",
           "episodes")  # fmt: skip
KEY = ("device", "code", "recipient")


def line(second: int, code: str = "8F3F", **fields: object) -> bytes:
    time = f"2019-12-02T10:{second // 60:02}:{second % 60:02}.000Z"
    return json.dumps({"device": DEVICE, "code": code, "received": time, **fields}).encode() + b"\n"


def kcat(partition: int, ts: int, number: int, **fields: object) -> bytes:
    payload = json.dumps({"device": DEVICE, "code": "8F3F", "counter": str(number), **fields})
    envelope = {"topic": "meter.events", "partition": partition, "offset": number, "ts": ts}
    return json.dumps({**envelope, "key": DEVICE, "payload": payload}).encode() + b"\n"


def request_id(number: int, device: str = DEVICE) -> str:
    return f"{PARTY}:{device}:{number}"


def meter_records() -> list[Fields]:
    """Of a meter of which everything is known, and of two of which little is."""
    device = {"type": "device", "device": DEVICE, "device_type": "ESME"}
    minimal = {"type": "device", "device": MINIMAL, "device_type": "GSME"}
    request, outcome = {"type": "request"}, {"type": "outcome", "code": "8F66"}
    done = {"type": "response", "response_code": "I0"}
    gas = {**request, "srv": "6.7"}
    changed = {"device": DEVICE, "code": "8131"}
    timed = [
        {**device, "status": "Commissioned"},
        {**device, "status": "Pending", "added_by": PARTY, "mpxn": ["1412345678901", "G1"],
         "supplier": PARTY, "supplier_agent": PARTY, "gbcs_version": "4.1", "variant": "A"},
        {**minimal, "status": "Commissioned"},
        {**request, "request_id": request_id(1), "srv": "6.14.2", "instructions": 3,
         "execute_at": "2019-12-03T00:00:00Z"},
        {**outcome, "request_id": request_id(1), "instruction": 1},
        {**outcome, "request_id": request_id(1), "instruction": 2, "code": "8F67"},
        {**outcome, "request_id": request_id(2), "srv": "9.9", "instruction": 1},
        {**request, "request_id": request_id(3), "srv": "6.14.1",
         "execute_at": "2019-12-04T00:00:00Z"},
        {**done, "request_id": request_id(4), "srv": "6.14.1"},
        {**outcome, "request_id": request_id(5), "srv": "6.14.1", "code": "8F67"},
        {**changed, "counter": "6", "recipient": PARTY},
        {**changed, "counter": "7"},
        {**gas, "request_id": request_id(8), "gas_flow_rate": "6.1680"},
        {**done, "request_id": request_id(8), "srv": "6.7"},
        {**gas, "request_id": request_id(8, MINIMAL), "gas_flow_rate": 1},
        {**done, "request_id": request_id(8, MINIMAL), "srv": "6.7"},
        {**gas, "request_id": request_id(9, MINIMAL), "gas_flow_rate": "0.5"},
        {**gas, "request_id": request_id(10, MINIMAL), "gas_flow_rate": "7"},
    ]  # fmt: skip
    times = ({"received": f"2019-12-02T10:00:{i:02}.000Z"} for i in range(len(timed)))
    # Before there is any time.
    untimed = {**minimal, "device": UNTIMED, "status": "Commissioned"}
    return [untimed, {**minimal, "status": "Pending"}, *map(lambda a, b: {**a, **b}, timed, times)]


def as_lines(records: list[Fields]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def as_kcat(records: list[Fields]) -> bytes:
    lines = []
    for number, record in enumerate(records):
        bare = {name: value for name, value in record.items() if name != "received"}
        key = bare.get("device") or bare["request_id"].split(":")[1]
        lines.append({"topic": "meter.events", "partition": 0, "offset": number,
                      "ts": 1575280800000 + 1000 * number, "key": key,
                      "payload": json.dumps(bare)})  # fmt: skip
    return as_lines(lines)


def content_of(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """Every file below, and when it and its folder were changed."""
    found = {".": (b"", 0, folder.stat().st_mtime_ns)}
    for path in sorted(folder.rglob("*")):
        status = path.stat()
        content = path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(folder))] = (content, status.st_size, status.st_mtime_ns)
    return found


def first_and_second_half(content: bytes) -> tuple[bytes, bytes]:
    middle = content.index(b"\n", len(content) // 2) + 1
    return content[:middle], content[middle:]


class InspectCase(ProgramCase):
    def setUp(self) -> None:
        super().setUp()
        self.policy = self.file("policy.yaml", POLICY)
        self.out, self.state = self.folder / "out", self.folder / "state"
        self.capture = self.folder / "capture.jsonl"

    def make_capture(self) -> bytes:
        plain = self.folder / "generated"
        support.generate_alerts(plain, ALERTS, support.SEED)
        support.spoil(plain, self.capture, self.rng)
        return self.capture.read_bytes()

    def arguments(self, *captures: support.Argument) -> list[support.Argument]:
        options = ["--policy", self.policy, "--commit-every", "10ms"]
        return ["replay", *options, "--out", self.out, "--state", self.state, *captures]

    def replay(self, content: bytes | None = None) -> None:
        if content is not None:
            self.capture.write_bytes(content)
        self.expect(DONE, self.arguments(self.capture))

    def text(self, *options: support.Argument) -> str:
        return self.expect(DONE, ["inspect", "--state", self.state, *options]).out.decode()

    def lines(self, *options: support.Argument) -> list[Fields]:
        return list(support.json_lines(self.text("--json", *options).encode()))

    def object(self, *options: support.Argument) -> Fields:
        (found,) = self.lines(*options)
        return found

    def summary(self) -> Fields:
        found: Fields = json.loads((self.out / "summary.json").read_bytes())
        return found

    def episodes(self) -> list[Fields]:
        return list(support.json_lines((self.out / "throttle.episodes").read_bytes()))


class FiguresTest(InspectCase):
    """What is said is what the outputs say, partway and at the end."""

    def test_partway_and_at_the_end(self) -> None:
        whole = self.make_capture()
        first, _ = first_and_second_half(whole)
        # One more storm, so that one is open at the end.
        storm = b"".join(line(i).replace(b"12-02", b"12-11") for i in range(20))
        for content in (first, whole, whole + storm):
            self.replay(content)
            with self.subTest(size=len(content)):
                self.check_figures(content)
                self.check_storming()
                self.check_stormed()
                self.check_devices()
                self.check_text()
        self.assertGreater(self.object()["episodes"]["open"], 0)

    def check_figures(self, content: bytes) -> None:
        state, summary = self.object(), self.summary()
        self.assertEqual({name: state[name] for name in FIGURES}, {n: summary[n] for n in FIGURES})
        (partition,) = state["partitions"]
        self.assertEqual({n: partition[n] for n in FIGURES}, {n: summary[n] for n in FIGURES})
        self.assertEqual(state["capture"], str(self.capture))
        self.assertEqual(state["line"], support.records_of(content)[-1][0])
        self.assertEqual(partition["stream_time"], self.latest(content))
        taken_effect = [
            version
            for version in (
                {"effective_from": "2019-12-02T00:00:00.000Z", "note": "as agreed"},
                {"effective_from": "2019-12-04T11:30:00.000Z"},
            )
            if version["effective_from"] <= partition["stream_time"]
        ]
        self.assertEqual(partition["policies"], taken_effect)
        self.assertEqual((partition["duplicate_window"], partition["max_ahead"]), ("1h", "1d"))
        self.assertGreater(state["commit"], 0)
        self.assertGreaterEqual(partition["live_keys"], partition["episodes"]["open"])
        self.assertGreater(partition["messages_remembered"], 0)
        self.assertGreater(partition["counter_table_bytes"], 16 * partition["live_keys"])

    def latest(self, content: bytes) -> str:
        decoded = support.run(["decode", "-"], stdin=content).out
        times = (record.get("received", "") for record in support.json_lines(decoded))
        return max(times)

    def open_episodes(self) -> dict[tuple[str | None, ...], Fields]:
        """By key, what the newest event of an episode says that has not ended."""
        found: dict[tuple[str | None, ...], Fields] = {}
        for event in self.episodes():
            key = tuple(event.get(name) for name in KEY)
            if event["event"] == "ended":
                del found[key]
            elif event["event"] != "excluded_storm":
                found[key] = event
        return found

    def check_storming(self) -> None:
        keys = self.lines("--storming")
        expected = self.open_episodes()
        self.assertEqual({tuple(key.get(name) for name in KEY) for key in keys}, set(expected))
        for key in keys:
            episode, event = key["episode"], expected[tuple(key.get(name) for name in KEY)]
            self.assertEqual(episode["started"], event["started"])
            self.assertEqual(episode["alerts"], episode["copies"] + episode["consolidated"])
            for name in ("alerts", "copies", "consolidated"):
                self.assertGreaterEqual(episode[name], event.get(name, 0))
            self.assertEqual(key["next_timer"], key["window_end"])
            self.assertLessEqual(key["window_start"], key["stream_time"])
            self.assertLess(key["stream_time"], key["window_end"])
        self.assertEqual(sum(key["episode"]["pending"] for key in keys), self.summary()["pending"])
        order = [(-key["episode"]["consolidated"], key["device"]) for key in keys]
        self.assertEqual(order, sorted(order))
        self.assertEqual(self.lines("--storming", "--top", 2), keys[:2])
        self.assertEqual(self.object()["storming"], keys[:10])
        self.assertEqual(self.object("--top", 1)["storming"], keys[:1])

    def check_stormed(self) -> None:
        """Episodes that have ended, and those that are open, add up by device."""
        expected: dict[str, list[int]] = {}
        ended = (event for event in self.episodes() if event["event"] == "ended")
        open_ones = ({**key, **key["episode"]} for key in self.lines("--storming"))
        for each in itertools.chain(ended, open_ones):
            storms = expected.setdefault(each["device"], [0, 0, 0])
            for i, count in enumerate((1, each["alerts"], each["consolidated"])):
                storms[i] += count
        state = self.object("--top", 100000)
        told = {
            device["device"]: [device[name] for name in ("episodes", "alerts", "consolidated")]
            for device in state["stormed"]
        }
        self.assertEqual(told, expected)
        self.assertEqual(state["stormed_devices"], len(expected))
        self.assertEqual(sum(storms[2] for storms in told.values()), state["consolidated"])
        order = [(-device["consolidated"], device["device"]) for device in state["stormed"]]
        self.assertEqual(order, sorted(order))

    def check_devices(self) -> None:
        storming = self.lines("--storming")
        for stormed in self.object("--top", 3)["stormed"]:
            device = self.object("--device", stormed["device"])
            self.assertEqual({name: device[name] for name in stormed}, stormed)
            keys = device["keys"]
            self.assertEqual(device["live_keys"], len(keys))
            throttled = [key for key in keys if "episode" in key]
            self.assertCountEqual(
                throttled, [key for key in storming if key["device"] == stormed["device"]]
            )
            for key in keys:
                if "episode" not in key and not key["excluded"] and "previous" not in key:
                    self.assertLessEqual(key["current"], key["threshold"])

    def check_text(self) -> None:
        """People are told the same, and the tables of the replay."""
        text, state = self.text(), self.object()
        self.assertIn(f"{self.capture}, line {state['line']:,}\n", text)
        self.assertIn('2019-12-02T00:00:00.000Z: "as agreed"', text)
        for name, figure in (("records read", state["read"]), ("held back", state["consolidated"])):
            self.assertRegex(text, rf"(?m)^ +{name} +{figure:,}\b")
        replayed = self.expect(DONE, self.arguments(self.capture)).out.decode()
        table = replayed.partition("devices that stormed most")[2].partition("\n\n")[0]
        self.assertIn(table, text)
        for key in state["storming"]:
            rows = [row for row in text.splitlines() if key["episode"]["started"] in row]
            self.assertTrue(any(key["device"] in row and key["code"] in row for row in rows))
            self.assertTrue(any(f"{key['episode']['consolidated']:,}" in row for row in rows))
            shown = self.text("--device", key["device"])
            self.assertIn(key["window_end"], shown)
            self.assertIn(f"{key['episode']['pending']:,}\n", shown)
        self.assertEqual(self.text("--storming").count("\n"), 1 + state["episodes"]["open"])


class KnownTest(InspectCase):
    """Small captures, of which every field is known."""

    def test_a_device(self) -> None:
        self.policy.write_bytes(
            b"policies:\n  - effective_from: 2019-12-01T00:00:00Z\n    pairs: together\n"
            b"    default: {threshold: 2, window: 10m}\n    excluded: [8F3E]\n"
            b"    codes: {8020: {threshold: 5, window: 1m, window_kind: sliding}}\n"
        )
        storm = [line(i, recipient=PARTY, device_time=f"2019-12-02T09:00:0{i}Z") for i in range(4)]
        pair = [line(10, "8020"), line(20, "808D"), line(70, "8020")]
        excluded = [line(80, "8F3E"), line(81, "8F3E"), line(82, "8F3E"), line(90, "8001")]
        self.replay(b"".join([*storm, *pair, *excluded]))
        device = self.object("--device", DEVICE.replace("-", "").lower())
        self.assertEqual(
            {name: device[name] for name in device if name != "keys"},
            {"device": DEVICE, "episodes": 1, "alerts": 2, "consolidated": 2, "live_keys": 4,
             "inventory": [], "gas_flow": [], "done_requests": [], "open_requests": []},
        )
        pair_key, _, storm_key, excluded_key = sorted(
            device["keys"], key=lambda key: ("8020 8001 8F3F 8F3E".index(key["code"]))
        )
        now = {"stream_time": "2019-12-02T10:01:30.000Z"}
        window = {
            "window_start": "2019-12-02T10:00:00.000Z",
            "window_end": "2019-12-02T10:10:00.000Z",
        }
        episode = {
            "started": "2019-12-02T10:00:02.000Z",
            "alerts": 2,
            "copies": 0,
            "consolidated": 2,
            "pending": 2,
            "last_received": "2019-12-02T10:00:03.000Z",
            "last_device_time": "2019-12-02T09:00:03.000Z",
        }
        self.assertEqual(
            {name: storm_key[name] for name in storm_key if name != "name"},
            {"device": DEVICE, "code": "8F3F", "recipient": PARTY, **now, **window, "current": 4,
             "measure": 4, "threshold": 2, "excluded": False, "episode": episode,
             "next_timer": window["window_end"]},
        )  # fmt: skip
        # Half of the window before still overlaps.
        counts = {"current": 1, "previous": 2, "measure": 2, "threshold": 5}
        self.assertLessEqual(counts.items(), pair_key.items())
        self.assertEqual(pair_key["counted_with"], "808D")
        self.assertLessEqual({"current": 3, "excluded": True}.items(), excluded_key.items())
        self.check_text_of_device(self.text("--device", DEVICE))
        self.assertEqual(self.object("--device", DEVICE, "--top", 1)["keys"], device["keys"][:1])
        other = self.object("--device", PARTY)
        self.assertEqual((other["live_keys"], other["keys"], other["episodes"]), (0, [], 0))

    def check_text_of_device(self, text: str) -> None:
        for expected in (
            "1 episode so far, with 2 alerts, of which 2 were held back",
            "received 2019-12-02T10:00:03.000Z, device time 2019-12-02T09:00:03.000Z",
            "throttling ends if the window held at most 2 alerts",
            "2019-12-02T10:00:00.000Z to 2019-12-02T10:10:00.000Z",
            "counted with           808D",
            "yes: counted, never throttled",
            "never been throttled",
        ):
            shown = text if expected != "never been throttled" else self.text("--device", PARTY)
            self.assertIn(expected, shown)

    def test_partitions(self) -> None:
        self.policy.write_bytes(POLICY.replace(b"threshold: 5", b"threshold: 1"))
        minute, start = 60000, 1575280800000
        self.replay(
            b"".join(
                kcat(partition, start + partition * minute, number, code="8020")
                for partition in (3, 1)
                for number in range(partition + 1)
            )
        )
        state = self.object()
        named = [(p["number"], p.get("topic"), p.get("partition")) for p in state["partitions"]]
        self.assertEqual(named, [(0, None, None), (1, "meter.events", 3), (2, "meter.events", 1)])
        self.assertEqual([p["read"] for p in state["partitions"]], [0, 4, 2])
        times = [p.get("stream_time") for p in state["partitions"]]
        self.assertEqual(times, [None, "2019-12-02T10:03:00.000Z", "2019-12-02T10:01:00.000Z"])
        keys = self.object("--device", DEVICE)["keys"]
        self.assertEqual([key["partition"] for key in keys], [3, 1])
        self.assertEqual([key["episode"]["consolidated"] for key in keys], [3, 1])
        self.assertEqual(self.lines("--storming"), keys)
        text = self.text()
        self.assertNotIn("partition 0", text)
        self.assertIn('partition 1: topic "meter.events", partition 3\n', text)

    def test_the_built_in_defaults(self) -> None:
        self.capture.write_bytes(line(1))
        self.expect(DONE, ["replay", "--state", self.state, self.capture])
        self.assertEqual(self.object()["partitions"][0]["policies"], [{}])
        self.assertIn("the built-in defaults", self.text())
        self.assertEqual(self.text("--storming"), "no key is throttled\n")
        self.assertEqual(self.lines("--storming"), [])

    def test_nothing_read(self) -> None:
        self.replay(b"")
        state = self.object()
        self.assertEqual((state["read"], state["partitions"]), (0, []))
        self.assertNotIn("capture", state)
        self.assertRegex(self.text(), r"last record read +none\n")

    def test_nothing_committed(self) -> None:
        """A run that is killed before its first commit leaves a state without any."""
        command = support.command(self.arguments("-"))
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            while not (self.state / "CURRENT").exists():
                self.assertIsNone(process.poll())
            beside = self.object()  # it waits for its first record
            process.kill()
        self.assertEqual(self.object(), beside)
        self.assertEqual((beside["commit"], beside["read"], beside["partitions"]), (0, 0, []))
        self.assertIn("nothing has been committed yet", self.text())


class MeterTest(InspectCase):
    """What is known of single meters, beside their alerts."""

    def setUp(self) -> None:
        super().setUp()
        self.config = self.file("weir.yaml", CONFIG)
        self.capture.write_bytes(as_lines(meter_records()))
        arguments = self.arguments("--config", self.config, self.capture)
        self.expect(DONE, arguments)

    def test_a_device(self) -> None:
        device = self.object("--config", self.config, "--device", DEVICE)
        (known,) = device["inventory"]
        self.assertEqual(
            known,
            {"device": DEVICE, "device_type": "ESME", "status": "Pending",
             "status_since": "2019-12-02T10:00:01.000Z",
             "pending_until": "2022-12-02T10:00:00.000Z", "added": "2019-12-02T10:00:00.000Z",
             "added_by": PARTY, "mpxn": ["1412345678901", "G1"], "network_operator": OPERATOR,
             "supplier": PARTY, "supplier_agent": PARTY, "gbcs_version": "4.1", "variant": "A",
             "history": [{"status": "Commissioned", "since": "2019-12-02T10:00:00.000Z"}]},
        )  # fmt: skip
        (gas,) = device["gas_flow"]
        self.assertEqual((gas["rate"], gas["request_id"]), ("6.1680", request_id(8)))
        self.assertEqual(gas["confirmed_at"], "2019-12-02T10:00:13.000Z")
        self.assertEqual(
            [(one.get("request_id"), one.get("alert_counter"), "changed_at" in one, one["told"])
             for one in device["done_requests"]],
            [(None, "7", True, True), (None, "6", True, True), (request_id(5), None, False, False),
             (request_id(4), None, True, True)],
        )  # fmt: skip
        self.assertEqual(
            [(one["request_id"], one["outcomes"], one["succeeded"], one["instructions"],
              one["due"][:13]) for one in device["open_requests"]],
            [(request_id(1), 2, 1, 3, "2019-12-04T10"), (request_id(2), 1, 1, 4, "2019-12-04T10"),
             (request_id(3), 0, 0, 1, "2019-12-06T00")],
        )  # fmt: skip
        without = self.object("--device", DEVICE)
        self.assertNotIn("network_operator", without["inventory"][0])
        self.assertNotIn("instructions", without["open_requests"][1])

    def test_people_are_told_the_same(self) -> None:
        text = self.text("--config", self.config, "--device", DEVICE)
        for expected in ("Pending since 2019-12-02T10:00:01.000Z", "2022-12-02T10:00:00.000Z",
                         "Commissioned since 2019-12-02T10:00:00.000Z", OPERATOR, "6.1680 m3/h",
                         '"1412345678901", "G1"', "2 of 3, 1 succeeded", request_id(4),
                         "no change", "counter 6, for " + PARTY):  # fmt: skip
            self.assertIn(expected, text)
        self.assertNotIn("in the inventory", self.text("--device", PARTY))
        overview = self.text()
        self.assertRegex(overview, r"devices known +3  1 of them pending\n")
        self.assertRegex(overview, r"requests +6  5 accepted, 1 rejected: 1 value_out_of_range\n")

    def test_an_mpxn(self) -> None:
        for mpxn in ("1412345678901", "G1"):
            (found,) = self.lines("--config", self.config, "--mpxn", mpxn)
            (known,) = self.object("--config", self.config, "--device", DEVICE)["inventory"]
            self.assertEqual(found, known)
            self.assertIn(DEVICE, self.text("--mpxn", mpxn))
        self.assertEqual(self.lines("--mpxn", "141234567890"), [])
        self.assertEqual(self.text("--mpxn", "g1"), "no device has this MPxN\n")

    def test_how_much_there_is(self) -> None:
        state, summary = self.object(), self.summary()
        kept = {"devices": 3, "pending": 1, "open_requests": 3, "done_requests": 4,
                "gas_flow_rates": 2}  # fmt: skip
        self.assertEqual(state["kept"], kept)
        self.assertEqual(state["partitions"][0]["kept"], kept)
        self.assertEqual({name: state[name] for name in FIGURES}, {n: summary[n] for n in FIGURES})
        self.assertEqual(state["load_switching"], {"routed": 3, "unrouted": 0})
        self.assertEqual(state["others"]["devices"], 5)

    def test_a_wrong_configuration(self) -> None:
        wrong = self.file("wrong.yaml", b"parties: 7\n")
        arguments = ["inspect", "--state", self.state, "--config", wrong]
        self.assertEqual(self.expect(78, arguments, wrong).out, b"")


class UnchangedTest(InspectCase):
    """Asking changes nothing, neither the directory nor what a replay goes on to do."""

    def test_nothing_in_the_directory_is_changed(self) -> None:
        self.replay(first_and_second_half(self.make_capture())[0])
        before = content_of(self.folder)
        for options in ([], ["--storming"], ["--device", DEVICE], ["--json"], ["--top", 1]):
            self.text(*options)
            self.assertEqual(content_of(self.folder), before, options)

    def test_a_replay_goes_on_as_if_nobody_had_asked(self) -> None:
        whole = self.make_capture()
        for content in (first_and_second_half(whole)[0], whole):
            self.replay(content)
            self.text()
        alone = self.folder / "alone"
        self.expect(DONE, ["replay", "--policy", self.policy, "--out", alone, self.capture])
        self.assert_same_files(alone, self.out)

    def test_beside_a_replay(self) -> None:
        whole = self.make_capture()
        first, second = first_and_second_half(whole)
        seen = []
        command = support.command(self.arguments("-"))
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdin is not None
            process.stdin.write(first)
            process.stdin.flush()
            lines = iter(second.splitlines(keepends=True))
            while len(seen) < 10 or not seen[-1]["read"]:
                process.stdin.writelines(itertools.islice(lines, 50))
                process.stdin.flush()
                if (self.state / "CURRENT").exists():
                    seen.append(self.object())
            process.stdin.writelines(lines)
            process.stdin.close()
            self.assertEqual(process.wait(), DONE)
        for one, next_one in itertools.pairwise(seen):
            self.assertLessEqual(one["read"], next_one["read"])
            self.assertLessEqual(one["commit"], next_one["commit"])
        for state in seen:
            parts = ("dead", "duplicates", "other", "alerts")
            self.assertEqual(state["read"], sum(state[part] for part in parts))
        self.assertEqual(self.object()["read"], len(support.records_of(whole)))
        alone = self.folder / "alone"
        self.expect(DONE, ["replay", "--policy", self.policy, "--out", alone, "-"], stdin=whole)
        self.assert_same_files(alone, self.out)


class RefusedTest(InspectCase):
    """What is no state, and wrong command lines."""

    def refuse(self, state: Path, *needles: str) -> None:
        for options in ([], ["--storming"], ["--device", DEVICE], ["--json"]):
            arguments = ["inspect", "--state", state, *options]
            result = self.expect(FAILED, arguments, "weir inspect: ", state, *needles)
            self.assertEqual(result.out, b"")
            self.assertEqual(result.message.count(str(state)), 1, result.message)

    def test_there_is_no_state(self) -> None:
        hint = "give the directory that weir replay --state was given"
        missing = self.folder / "missing"
        self.refuse(missing, "no such directory", hint)
        self.refuse(missing / "below", "no such directory", hint)
        self.assertFalse(missing.exists(), "it was made")
        self.refuse(self.file("file", b"mine"), "not a directory", hint)
        empty = self.folder / "empty"
        empty.mkdir()
        self.refuse(empty, "no state in this directory", hint)
        self.assertEqual(list(empty.iterdir()), [])
        self.replay(line(1))
        self.refuse(self.out, "no state in this directory", hint)

    def test_a_state_of_something_else(self) -> None:
        self.state.mkdir()
        (self.state / "CURRENT").write_bytes(b"of somebody else")
        self.refuse(self.state)
        self.assertEqual([path.name for path in self.state.iterdir()], ["CURRENT"])

    def test_a_damaged_state(self) -> None:
        self.replay(self.make_capture())
        for path in self.state.iterdir():
            if path.is_file():
                path.write_bytes(self.rng.randbytes(path.stat().st_size))
        before = content_of(self.state)
        result = self.expect(FAILED, ["inspect", "--state", self.state], self.state)
        self.assertEqual(result.out, b"")
        self.assertEqual(content_of(self.state), before)

    def test_a_missing_part(self) -> None:
        self.replay(self.make_capture())
        (manifest,) = self.state.glob("MANIFEST-*")
        manifest.unlink()
        self.expect(FAILED, ["inspect", "--state", self.state], self.state)

    def test_full_standard_output(self) -> None:
        self.replay(line(1))
        for options in ([], ["--json"]):
            with open("/dev/full", "wb") as full:
                self.expect(FAILED, ["inspect", "--state", self.state, *options], stdout=full)

    def test_wrong_usage(self) -> None:
        self.replay(line(1))
        state = ["--state", str(self.state)]
        cases = (
            ([], "--state"),
            (["--state"], "--state"),
            (["--state", ""], "--state"),
            ([*state, "--device"], "--device"),
            ([*state, "--device", ""], "--device"),
            ([*state, "--device", "00-DB-12"], "00-DB-12"),
            ([*state, "--device", DEVICE, "--storming"], "--storming"),
            ([*state, "--device", DEVICE, "--mpxn", "G1"], "--mpxn"),
            ([*state, "--storming", "--mpxn", "G1"], "--mpxn"),
            ([*state, "--mpxn", ""], "--mpxn"),
            ([*state, "--top", "0"], "--top"),
            ([*state, "--top", "-1"], "--top"),
            ([*state, "--top", "many"], "--top"),
            ([*state, "--policy", "policy.yaml"], "--policy"),
            ([*state, "second"], "second"),
        )
        for arguments, needle in cases:
            with self.subTest(support.shown(arguments)):
                result = self.expect(USAGE, ["inspect", *arguments], needle)
                self.assertEqual(result.out, b"")


def tables() -> dict[str, dict[str, str]]:
    """For each heading of the reference the fields of its table, with when they are there."""
    found: dict[str, dict[str, str]] = {}
    heading = ""
    for row in REFERENCE.read_text(encoding="utf-8").split("\n"):
        if row.startswith("#"):
            heading = row.lstrip("# ")
        match = re.fullmatch(r"\| `([a-z_.]+)` \|.*\| (.*) \|", row)
        if match is not None:
            found.setdefault(heading, {})[match[1]] = match[2]
    return found


def names_of(fields: Fields) -> list[str]:
    names: list[str] = []
    for name, value in fields.items():
        inner = value if isinstance(value, dict) else None
        names.extend([f"{name}.{each}" for each in inner] if inner is not None else [name])
    return names


class ReferenceTest(InspectCase):
    """deploy/INSPECT.md lists the fields that are printed, in their order, and when."""

    def setUp(self) -> None:
        super().setUp()
        self.printed: dict[str, list[list[str]]] = {}

    def add(self, heading: str, *objects: Fields) -> None:
        self.printed.setdefault(heading, []).extend(names_of(fields) for fields in objects)

    def collect(self) -> None:
        state = self.object()
        self.add("The state", state)
        self.add("A partition", *state["partitions"])
        self.add("A policy version", *(v for p in state["partitions"] for v in p["policies"]))
        self.add("A key", *state["storming"], *self.lines("--storming"))
        self.add("A device that stormed", *state["stormed"])
        for device in [stormed["device"] for stormed in state["stormed"]] + [DEVICE]:
            shown = self.object("--device", device)
            self.add("A device", shown)
            self.add("A key", *shown["keys"])

    def collect_meters(self, config: Path) -> None:
        rules = ("--config", config)
        for shown in (
            *(self.object("--device", device) for device in (DEVICE, MINIMAL, UNTIMED)),
            self.object(*rules, "--device", DEVICE),
        ):
            self.add("A device in the inventory", *shown["inventory"])
            self.add("A status before", *(s for d in shown["inventory"] for s in d["history"]))
            self.add("A gas flow rate", *shown["gas_flow"])
            self.add("A done request", *shown["done_requests"])
            self.add("An open request", *shown["open_requests"])
        self.add("A device in the inventory", *self.lines("--mpxn", "G1"))

    def test_fields(self) -> None:
        self.replay(self.make_capture())
        self.collect()
        told = {"recipient": PARTY, "device_time": "2019-12-02T10:00:00Z"}
        later = [line(i, code, **told) for code in ("8020", "8F3F") for i in range(20)]
        for name, content in (
            ("empty", b""),
            ("topics", b"".join(kcat(0, 1575480800000 + i, i, code="80FF") for i in range(9))),
            ("later", b"".join(each.replace(b"12-02T", b"12-05T") for each in later)),
            ("no time", b"no record\n"),
        ):
            self.out, self.state = self.folder / f"{name}-out", self.folder / f"{name}-state"
            self.replay(content)
            self.collect()
        config = self.file("weir.yaml", CONFIG)
        for name, content in (("meters", as_lines(meter_records())),
                              ("partition", as_kcat(meter_records()))):  # fmt: skip
            self.out, self.state = self.folder / f"{name}-out", self.folder / f"{name}-state"
            self.capture.write_bytes(content)
            self.expect(DONE, self.arguments("--config", config, self.capture))
            self.collect()
            self.collect_meters(config)
        self.state = self.folder / "default"
        self.capture.write_bytes(line(1))
        self.expect(DONE, ["replay", "--state", self.state, self.capture])
        self.collect()
        self.assertEqual(set(tables()), set(self.printed))
        for heading, rows in tables().items():
            self.check_table(heading, rows, self.printed[heading])

    def check_table(self, heading: str, rows: dict[str, str], printed: list[list[str]]) -> None:
        order = list(rows)
        seen = {field for fields in printed for field in fields}
        self.assertEqual(set(rows), seen, heading)
        for fields in printed:
            self.assertEqual(fields, sorted(fields, key=order.index), heading)
        for field, when in rows.items():
            everywhere = all(field in fields for fields in printed)
            self.assertEqual(everywhere, when == "always", f"{heading}: {field}")


if __name__ == "__main__":
    support.main()
