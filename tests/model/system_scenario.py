"""Random logs of devices, requests and outcomes for comparing Weir with the model, by seed.

Drawn to be awkward rather than likely: few ids, so that things meet; times on and beside every
date that something hangs on; months without a record; what comes early, late, twice or never. It
stays clear of what the rules leave open (see README.md).

    python3 system_scenario.py --seed N --out DIR      writes capture.jsonl, weir.yaml
"""

from __future__ import annotations

import argparse
import base64
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duis_outcome
import gbcs_outcome
from model import format_time, parse_time
from scenario import draw_id
from system_rules import DAY, DEFAULT_TRIGGERS, MP120, RELEASE, Party, add_months, parties_of

Fields = dict[str, Any]
Content = bytes | Fields | duis_outcome.Document  # bytes: a GBCS message

HOUR = 3_600_000
TOPIC = "meter.events"
STARTS = [
    RELEASE - 40 * DAY,
    RELEASE - 3 * DAY,
    add_months(RELEASE, -12) - 5 * DAY,
    MP120 - 5 * DAY,
    parse_time("2017-01-30T10:00:00Z"),
    parse_time("2020-02-27T22:00:00Z"),
    parse_time("2021-01-29T12:00:00Z"),
    parse_time("2022-11-25T00:00:00Z"),
]
ADDED = [
    "2015-11-29T00:00:00.000Z",
    "2016-02-29T12:34:56.789Z",
    "2017-02-28T00:00:00.000Z",
    "2018-11-28T23:59:59.999Z",
    "2018-11-29T00:00:00.000Z",
    "2018-11-29T00:00:00.001Z",
    "2018-12-31T10:00:00.000Z",
    "2019-11-28T23:59:59.999Z",
    "2019-11-29T00:00:00.000Z",
    "2020-02-29T00:00:00.000Z",
    "2020-11-30T08:00:00.000Z",
]
DEVICE_TYPES = ["ESME", "ESME", "ESME", "HCALCS", "HCALCS", "GSME", "CHF", "GPF", "PPMID", "IHD"]
STATUSES = ["Pending"] * 6 + [
    "Whitelisted",
    "InstalledNotCommissioned",
    "Commissioned",
    "Commissioned",
    "Decommissioned",
    "Withdrawn",
    "Suspended",
    "Recovery",
    "Recovered",
]
ROLES = ["IS", "GS", "ES", "ED", "GT", "RSA", "OU"]
GOVERNED = ["6.13", "7.7", "8.14.3", "8.14.4"]
OTHER_SRVS = ["1.1.1", "2.1", "4.1.1", "6.7", "7.5", "7.11", "8.11", "11.2"]
MPANS = ["1412345678901", "1512345678901", "2012345678901", "9912345678901", "14123456789AB"]
MPRNS = ["1412345678", "3938424403", "7"]
RATES: list[Any] = [
    *("0.5", "6.5535", "6.5536", "0.0000", "0", "-0.0", "+1.25", "-0.0001", "6.55350", ".5", "5."),
    *("0.12345", "1.23450000", "00001.5", "65535", "7", "0.00001", "6.55359"),
    *(0, 1, 65535, 65536, 2**32, 2**64 - 1, 12345),
]
BAD_RATES: list[Any] = ["1e3", "1E0", "", ".", "+", "one", "1,5", "0x1", "1.2.3", -1, 1.5, True, {}]
CODES = ["I0", "I0", "I0", "I0", "I99", "E1", "E65", "E100", "E62", "W0"]
COMMANDS = {"6.14.1": 0x0053, "6.14.2": 0x0054, "6.14.3": 0x011A, "7.9": 0x005F, "7.10": 0x005F}
CONTENTS = [
    *("232800005e2c801a06", "232800005e2c802306", "00710000131400ff07"),  # DLMS
    *("07000906", "07070900"),  # GBZ
]


@dataclass
class Story:
    """One request and what belongs to it, whether or not the request is ever sent."""

    party: str
    device: str
    counter: int
    srv: str
    execute_at: int | None
    instructions: int | None
    sent: bool = False

    def id(self) -> str:
        return f"{self.party}:{self.device}:{self.counter}"


@dataclass
class Scenario:
    seed: int
    parties: list[Fields]
    capture: bytes

    def party_list(self) -> list[Party]:
        return parties_of(self.parties)


def draw_parties(rng: random.Random) -> list[Fields]:
    roles = ["ED", "ED", "IS", "GS", "RSA", "RSA", "OU", "GT", "ES"]
    parties = [{"id": draw_id(rng), "role": role, "name": f"party {role}"} for role in roles]
    parties[0]["distributors"] = ["14", "15"]
    parties[1]["distributors"] = ["20"]
    kept = parties[:2] + [each for each in parties[2:] if rng.random() < 0.8]
    return kept if rng.random() < 0.95 else []


class LogWriter:
    def __init__(self, seed: int, records: int) -> None:
        self.rng = rng = random.Random(seed)
        self.records = records
        self.parties = draw_parties(rng)
        self.senders = [each["id"] for each in self.parties] + [draw_id(rng), draw_id(rng)]
        self.operators = self.senders[:2] * 2 + self.senders[-2:] + self.senders[2:4]
        self.devices = list(dict.fromkeys(draw_id(rng) for _ in range(rng.randint(4, 12))))
        self.types = {device: rng.choice(DEVICE_TYPES) for device in self.devices}
        self.partitions = rng.choice([0, 0, 1, 2, 3])  # 0: plain lines
        self.offsets = [0] * max(1, self.partitions)
        self.now = rng.choice(STARTS) + rng.choice([0, rng.randrange(5 * DAY)])
        self.borders = {RELEASE, MP120, parse_time("2021-02-01T00:00:00Z")}
        self.stories: list[Story] = []
        self.counter = rng.choice([0, 1, 2**40, 2**64 - 10_000])
        self.sent: list[tuple[str, Content]] = []
        self.lines: list[bytes] = []
        self.jumpy = rng.choice([0.0, 0.01, 0.03])
        self.pace = rng.choice([60_000, HOUR, 3 * HOUR])

    def write(self) -> bytes:
        for index in range(self.records):
            self._move_time()
            self._write_one(first=index == 0)
        return b"\n".join(self.lines) + b"\n"

    # -- time

    def _move_time(self) -> None:
        rng = self.rng
        roll = rng.random()
        ahead = [each for each in self.borders if self.now <= each + 1 < self.now + 60 * DAY]
        if roll < 0.12 and ahead:
            reach = rng.choice([HOUR, DAY, 3 * DAY, 60 * DAY])
            near = [each for each in ahead if each < self.now + reach]
            if near:
                self.now = max(self.now, rng.choice(near) + rng.choice([-1, 0, 0, 1]))
        elif roll < 0.12 + self.jumpy:
            days = rng.choice([2, 10, 31, 31, 100, 366, 800])
            self.now += rng.randrange(days * DAY)
        elif roll < 0.3:
            self.now += rng.randrange(18 * HOUR)
        elif roll < 0.85:
            self.now += int(rng.expovariate(1 / self.pace))

    def _border(self, time: int) -> None:
        if self.now <= time < self.now + 1500 * DAY:
            self.borders.add(time)

    # -- lines

    def _write_one(self, first: bool) -> None:
        rng = self.rng
        roll = rng.random()
        if roll < 0.06 and self.sent:
            self._again()
        elif roll < 0.075 and not first:
            self._emit(self._bad_record(), self.now)
        else:
            record = self._record()
            time: int | None = self.now
            late = rng.random()
            if late < 0.05:
                time = max(0, self.now - rng.randrange(5 * DAY))
            elif late < 0.07 and not first:
                time = self.now + DAY + rng.randrange(400 * DAY)
            elif late < 0.10 and not first and self._may_be_timeless(record):
                time = None
            self._emit(record, time)

    def _may_be_timeless(self, record: Content) -> bool:
        return isinstance(record, dict) and "type" in record and self.partitions == 0

    def _record(self) -> Content:
        draws = [
            (20, self._device),
            (22, self._load_request),
            (12, self._other_request),
            (16, self._response),
            (4, self._read_response),
            (14, self._outcome),
            (10, self._outcome_alert),
            (6, self._document),
            (2, self._alert),
        ]
        return self.rng.choices([each for _, each in draws], [each for each, _ in draws])[0]()

    def _again(self) -> None:
        """The same content, at another time or not; sometimes nearly the same."""
        _, record = self.rng.choice(self.sent[-40:])
        if isinstance(record, dict) and self.rng.random() < 0.15 and record.get("type") != "device":
            record = {**record, "srv": self.rng.choice(OTHER_SRVS)} if "srv" in record else record
        self._emit(record, self.now)

    def _emit(self, record: Content, time: int | None) -> None:
        device = device_of(record)
        self.sent.append((device, record))
        if self.partitions == 0:
            self.lines.append(self._plain(record, time))
        else:
            assert time is not None
            self.lines.append(self._envelope(device, record, time))

    def _plain(self, record: Content, time: int | None) -> bytes:
        if isinstance(record, bytes):
            text = record.hex().upper()
            return text.encode() if time is None else f"{format_time(time)}\t{text}".encode()
        if isinstance(record, duis_outcome.Document):
            assert time is not None
            return duis_outcome.encode(record, format_time(time)).encode()
        rest = {name: value for name, value in record.items() if name != "received"}
        return self._spell(rest if time is None else {**rest, "received": format_time(time)})

    def _envelope(self, device: str, record: Content, time: int) -> bytes:
        partition = self.devices.index(device) % self.partitions
        self.offsets[partition] += 1
        if isinstance(record, bytes):
            payload = record.hex()
        elif isinstance(record, duis_outcome.Document):
            payload = duis_outcome.encode(record, format_time(self.now - 1000))
        else:
            mistaken = {"received": format_time(self.now - 1000)} if self.rng.random() < 0.2 else {}
            payload = self._spell({**record, **mistaken}).decode()
        envelope = {
            "topic": TOPIC,
            "partition": partition,
            "offset": self.offsets[partition] - 1,
            "ts": time,
            "key": device if self.rng.random() < 0.8 else None,
            "payload": payload,
        }
        return json.dumps(envelope, separators=(",", ":")).encode()

    def _spell(self, record: Fields) -> bytes:
        rng = self.rng
        spelled = {name: self._spell_field(name, value) for name, value in record.items()}
        if rng.random() < 0.2:
            names = list(spelled)
            rng.shuffle(names)
            spelled = {name: spelled[name] for name in names}
        if rng.random() < 0.05:  # null is absent
            spelled = {rng.choice(["supplier", "execute_at", "added", "note"]): None, **spelled}
        return json.dumps(spelled, separators=rng.choice([(",", ":"), (", ", ": ")])).encode()

    def _spell_field(self, name: str, value: Any) -> Any:
        if name in ("device", "supplier", "request_id", "added_by", "network_operator"):
            if isinstance(value, str) and self.rng.random() < 0.15:
                return self.rng.choice([value.lower(), value.replace("-", "")])
        return value

    # -- devices

    def _device(self) -> Fields:
        rng = self.rng
        device = rng.choice(self.devices)
        record: Fields = {
            "type": "device",
            "device": device,
            "device_type": self.types[device],
            "status": rng.choice(STATUSES),
        }
        if rng.random() < 0.08:
            record["removed"] = rng.random() < 0.7
        if rng.random() < 0.3:
            record["status_since"] = format_time(self.now - rng.randrange(100 * DAY))
        if rng.random() < 0.5:
            record["added"] = self._added()
        optional: list[tuple[str, float, Any]] = [
            ("added_by", 0.5, rng.choice(self.senders)),
            ("mpxn", 0.7, [rng.choice(MPANS * 3 + MPRNS) for _ in range(rng.randint(0, 3))]),
            ("network_operator", 0.35, rng.choice(self.operators)),
            ("supplier", 0.6, rng.choice(self.senders[:6])),
            ("supplier_agent", 0.6, rng.choice(self.senders)),
            ("gbcs_version", 0.5, rng.choice(["4.1", "3.2", "v" * 32])),
            ("variant", 0.5, rng.choice(["A", "AD", "BDEFG"])),
        ]
        record.update({name: value for name, rate, value in optional if rng.random() < rate})
        return record

    def _added(self) -> str:
        rng = self.rng
        months = rng.choice([12, 12, 36, 36, 24])
        near = rng.choice([0, 1, 1000, rng.randrange(4 * DAY), rng.randrange(40 * DAY)])
        draws = [
            parse_time(rng.choice(ADDED)),
            add_months(self.now, -months) + near,
            add_months(self.now, -months) - near,
            self.now - rng.randrange(1500 * DAY),
            self.now + rng.randrange(30 * DAY),
        ]
        added = rng.choice(draws)
        for later in (add_months(added, 12), add_months(added, 36)):
            self._border(later)
        return format_time(added)

    # -- requests

    def _story(self) -> Story:
        rng = self.rng
        device = rng.choice(self.devices)
        srvs = ["6.14.1", "6.14.2", "6.14.2", "6.14.3", "7.9", "7.10"]
        # The type may be another by the time that an outcome comes, or not be known.
        if self.types[device] == "HCALCS":
            srvs += ["8.7.1", "8.8.1"] * 2
        self.counter += rng.randint(1, 3)
        story = Story(
            party=rng.choice(self.senders),
            device=device,
            counter=self.counter,
            srv=rng.choice(srvs),
            execute_at=None,
            instructions=rng.choice([None, None, None, 0, 1, 2, 3, 4, 2**32 - 1]),
        )
        story.execute_at = self._execute_at()
        if story.execute_at is not None:
            self._border(story.execute_at)
            self._border(story.execute_at + 2 * DAY)
        self.stories.append(story)
        return story

    def _execute_at(self) -> int | None:
        rng = self.rng
        return rng.choice(
            [
                None,
                self.now + rng.randrange(3 * DAY),
                self.now + rng.randrange(3 * DAY),
                self.now - rng.randrange(3 * DAY),
                self.now - 2 * DAY + rng.choice([-1, 0, 1]),
                self.now + rng.randrange(HOUR),
                self.now + rng.randrange(90 * DAY),
            ]
        )

    def _any_story(self) -> Story:
        recent = self.stories[-8:] if self.rng.random() < 0.85 else self.stories
        if not recent or self.rng.random() < 0.2:
            return self._story()
        return self.rng.choice(recent)

    def _load_request(self) -> Fields:
        unsent = [each for each in self.stories[-12:] if not each.sent]
        if unsent and self.rng.random() < 0.4:
            story = self.rng.choice(unsent)
        else:
            story = self._story()
        story.sent = True
        record = self._request(story.id(), story.srv)
        if story.execute_at is not None:
            record["execute_at"] = format_time(story.execute_at)
        if story.instructions is not None:
            record["instructions"] = story.instructions
        return record

    def _request(self, id: str, srv: str) -> Fields:
        rng = self.rng
        record: Fields = {"type": "request", "request_id": id, "srv": srv}
        if rng.random() < 0.5:
            record["role"] = rng.choice(ROLES)
        if rng.random() < 0.4:
            record["supplier"] = rng.choice(self.senders[:6])
        return record

    def _other_request(self) -> Fields:
        rng = self.rng
        self.counter += 1
        device = rng.choice(self.devices)
        srv = rng.choice(GOVERNED * 3 + OTHER_SRVS + ["6.7"] * 4 + ["8.7.1", "8.8.1"])
        record = self._request(f"{rng.choice(self.senders)}:{device}:{self.counter}", srv)
        if srv == "6.7" and rng.random() < 0.9:
            record["gas_flow_rate"] = rng.choice(RATES)
        if rng.random() < 0.1 and srv not in DEFAULT_TRIGGERS:
            record["device"] = rng.choice(self.devices)
        if rng.random() < 0.1 and srv not in DEFAULT_TRIGGERS:
            record["execute_at"] = format_time(self.now + rng.randrange(DAY))
        if rng.random() < 0.1:
            record["instructions"] = rng.randrange(5)
        return record

    # -- responses and outcomes

    def _response(self) -> Fields:
        story, rng = self._any_story(), self.rng
        srv = story.srv if rng.random() < 0.93 else rng.choice(OTHER_SRVS)
        return self._answer(story.id(), srv)

    def _answer(self, id: str, srv: str) -> Fields:
        rng = self.rng
        record: Fields = {
            "type": "response",
            "request_id": id,
            "srv": srv,
            "response_code": rng.choice(CODES),
        }
        if rng.random() < 0.3:
            record["payload"] = base64.b64encode(rng.randbytes(rng.randint(1, 9))).decode()
        return record

    def _read_response(self) -> Fields:
        rng = self.rng
        id = f"{rng.choice(self.operators)}:{rng.choice(self.devices)}:{rng.randrange(50)}"
        return self._answer(id, rng.choice(["6.13", "7.7"]))

    def _told_code(self) -> str:
        return "8F66" if self.rng.random() < 0.7 else "8F67"

    def _outcome(self) -> Fields:
        rng, story = self.rng, self._any_story()
        record: Fields = {
            "type": "outcome",
            "request_id": story.id(),
            "code": self._told_code(),
        }
        roll = rng.random()
        if roll < 0.5:
            record["srv"] = story.srv
        elif roll < 0.55:
            record["srv"] = rng.choice(GOVERNED + OTHER_SRVS)
        if rng.random() < 0.7:
            record["instruction"] = rng.choice([0, 1, 1, 2, 2, 3, 2**32 - 1])
        if rng.random() < 0.3:
            record["instructions"] = rng.choice([0, 1, 2, 2, 3, 4])
        self._border(self.now + 2 * DAY)
        self._border(self.now + 30 * DAY)
        return record

    def _outcome_alert(self) -> Content:
        rng, story = self.rng, self._any_story()
        message = self._message(story)
        self._border(self.now + 2 * DAY)
        raw = gbcs_outcome.encode(message)
        if rng.random() < 0.4:
            return raw
        return {
            "device": story.device,
            "code": message.code,
            "recipient": story.party,
            "counter": message.counter,
            "payload": base64.b64encode(raw).decode(),
        }

    def _message(self, story: Story) -> gbcs_outcome.Message:
        self.counter += 1
        return gbcs_outcome.Message(
            device=story.device,
            recipient=story.party,
            counter=self.counter,
            code=self._told_code(),
            device_time=self.now,
            command=COMMANDS.get(story.srv, 0x0019),
            command_counter=story.counter,
            content=bytes.fromhex(self.rng.choice(CONTENTS)),
        )

    def _document(self) -> duis_outcome.Document:
        """As the DCC tells it: with a number and with what was to be changed."""
        rng, story = self.rng, self._any_story()
        message = self._message(story)
        return duis_outcome.Document(
            request_id=story.id(),
            srv=story.srv if rng.random() < 0.95 else rng.choice(OTHER_SRVS),
            code=message.code,
            number=rng.choice([1, 1, 2, 2, 3]),
            total=rng.choice([1, 2, 2, 3]),
            payload=gbcs_outcome.encode(message),
        )

    def _alert(self) -> Fields:
        rng = self.rng
        self.counter += 1
        return {
            "device": rng.choice(self.devices),
            "code": rng.choice(["8F3F", "8131", "8F66", "8F67", "AD1", "N58"]),
            "recipient": rng.choice(self.senders),
            "counter": self.counter,
        }

    # -- records that are dead letters

    def _bad_record(self) -> Fields:
        rng = self.rng
        self.counter += 1
        id = f"{rng.choice(self.senders)}:{rng.choice(self.devices)}:{self.counter}"
        request = self._request(id, "6.7")
        outcome = {"type": "outcome", "request_id": id, "code": "8F66"}
        return rng.choice(
            [
                {**request, "gas_flow_rate": rng.choice(BAD_RATES)},
                {**request, "gas_flow_rate": rng.choice(BAD_RATES)},
                {**request, "instructions": rng.choice([-1, 2**32, "2", 1.5])},
                {**request, "execute_at": "soon"},
                {**request, "role": "XX"},
                {**outcome, "instruction": rng.choice([-1, 2**32, "2"])},
                {**outcome, "code": "8F36"},
                {**self._device(), "mpxn": rng.choice([["1" * 14], [""], ["1"] * 9, "1", [1]])},
                {**self._device(), "added": "1969-12-31T23:59:59.999Z"},
            ]
        )


def device_of(record: Content) -> str:
    if isinstance(record, bytes):
        message = gbcs_outcome.decode(record)
        assert message is not None
        return message.device
    if isinstance(record, duis_outcome.Document):
        return record.request_id.split(":")[1]
    return str(record.get("device") or record["request_id"].split(":")[1])


def generate(seed: int, records: int = 400) -> Scenario:
    writer = LogWriter(seed, records)
    capture = writer.write()
    return Scenario(seed, writer.parties, capture)


def write_scenario(scenario: Scenario, folder: Path) -> None:
    """The configuration is JSON, which is YAML too."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "capture.jsonl").write_bytes(scenario.capture)
    text = json.dumps({"parties": scenario.parties}, indent=2)
    (folder / "weir.yaml").write_text(text + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the capture and parties of one seed.")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--records", type=int, default=400)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    write_scenario(generate(options.seed, options.records), options.out)


if __name__ == "__main__":
    main()
