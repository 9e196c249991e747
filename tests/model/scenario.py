"""Random captures and policies for comparing Weir with the model, by seed.

A scenario is drawn to be awkward rather than likely: few devices so that storms happen, times on
and beside the borders of windows and versions, clocks that are wrong, messages delivered twice,
spellings mixed, and lines that are no records at all. It stays clear of what the reference leaves
open (see README.md), so that every difference found is worth reading.

    python3 scenario.py --seed N --out DIR      writes capture.jsonl, policy.json, policy.yaml
"""

from __future__ import annotations

import argparse
import base64
import copy
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model import (
    DEFAULT_FIELDS,
    PARTNER,
    StreamClock,
    format_time,
    is_device_code,
    parse_duration,
    parse_time,
    versions_of,
)

Record = dict[str, Any]

WINDOWS = ["1s", "1500ms", "2s", "5s", "30s", "90s", "5m", "10m", "1h", "6h", "1d", "7d"]
KNOWN_CODES = ["8F3F", "8F36", "8F0C", "8F66", "8F12", "8131", "8F84", "8F3D", "8010", "8F43"]
UNKNOWN_CODES = ["8ABC", "8000", "8FFF", "8123", "8F3E"]
DCC_CODES = ["AD1", "N1", "N39", "N54", "N58", "N62", "N999"]
FIRST_MOMENT = parse_time("2019-01-01T00:00:00Z")
FAR_FUTURE = parse_time("2150-01-01T00:00:00Z")
NOTES = ["first version", "quieter nights", 'the "loud" ones', "back\\slash, a: colon # hash"]


@dataclass
class Scenario:
    seed: int
    policy: dict[str, Any] | None
    capture: bytes


@dataclass
class Shape:
    """The decisions that hold for the whole of one scenario."""

    rng: random.Random
    profile: str
    devices: list[str]
    recipients: list[str | None]
    codes: list[str]
    window: str
    start: int
    span: int
    count: int
    max_ahead: str
    duplicate_window: str

    def window_ms(self) -> int:
        return parse_duration(self.window)


# --------------------------------------------------------------------------------------------
# Shape.

PROFILES = ["mixed"] * 12 + ["busy_second"] * 2 + ["hot_key"] * 2 + ["defaults"] * 2 + ["pairs"] * 5


def draw_shape(rng: random.Random, count: int) -> Shape:
    profile = rng.choice(PROFILES)
    window = rng.choice(WINDOWS)
    windows_in_log = rng.choice([rng.uniform(1.5, 6), rng.uniform(6, 40), rng.uniform(40, 200)])
    if profile == "busy_second":
        window, windows_in_log = "1s", rng.uniform(3, 9)
    elif profile == "hot_key":
        window, windows_in_log = rng.choice(["1h", "1d", "7d", "10m"]), rng.uniform(1.05, 1.6)
        count = count * 5 // 4
    elif profile == "defaults":
        window = "1h"
    start = FIRST_MOMENT + rng.randrange(2 * 365 * 86_400_000)
    if profile == "hot_key":  # most of the log in one window
        start -= start % parse_duration(window) - rng.randrange(5000)
    few = profile in ("busy_second", "hot_key")
    return Shape(
        rng=rng,
        profile=profile,
        devices=[draw_id(rng) for _ in range(rng.randint(1, 3) if few else rng.randint(5, 40))],
        recipients=draw_recipients(rng, few),
        codes=draw_codes(rng, profile),
        window=window,
        start=start,
        span=int(parse_duration(window) * windows_in_log),
        count=count,
        max_ahead=draw_max_ahead(rng, int(parse_duration(window) * windows_in_log)),
        duplicate_window=draw_duplicate_window(rng, window),
    )


def draw_id(rng: random.Random) -> str:
    return "-".join(f"{rng.choice((0, 144, 0xAB, rng.randrange(256))):02X}" for _ in range(8))


def draw_recipients(rng: random.Random, few: bool) -> list[str | None]:
    parties: list[str | None] = [draw_id(rng) for _ in range(1 if few else rng.randint(1, 3))]
    return parties + [None] if rng.random() < 0.7 else parties


def draw_codes(rng: random.Random, profile: str) -> list[str]:
    codes = rng.sample(KNOWN_CODES, rng.randint(1, 5))
    codes += rng.sample(UNKNOWN_CODES, rng.randint(0, 2))
    if profile in ("busy_second", "hot_key"):
        return codes[:2]
    codes += rng.sample(DCC_CODES, rng.randint(0, 3))
    if profile == "pairs" or rng.random() < 0.4:
        for low in rng.sample(sorted(PARTNER), rng.randint(1, 3)):
            codes += [low, PARTNER[low]]
    return list(dict.fromkeys(codes))


def draw_max_ahead(rng: random.Random, span: int) -> str:
    """Sometimes so short that time overtakes a remembered record within the log."""
    return rng.choice(["1d", "1d", "1h", "12h", "7d", f"{max(span // 10_000, 1)}s"])


def draw_duplicate_window(rng: random.Random, window: str) -> str:
    near = min(parse_duration(window) * rng.randint(1, 3), 2 * 86_400_000)
    return rng.choice(["1h", "0s", "2d", "30s", "1s", f"{max(near // 1000, 1)}s"])


# --------------------------------------------------------------------------------------------
# Policy.


def draw_policy(shape: Shape) -> dict[str, Any] | None:
    rng = shape.rng
    if shape.profile == "defaults":
        shape.max_ahead, shape.duplicate_window = "1d", "1h"
        return None
    versions: list[dict[str, Any]] = []
    for date in draw_dates(shape):
        if versions and rng.random() < 0.75:
            version = changed_version(shape, versions[-1])
        else:
            version = draw_version(shape)
        version["effective_from"] = format_time(date)
        keep_valid(shape, version)
        versions.append(version)
    document: dict[str, Any] = {"policies": versions}
    if shape.duplicate_window != "1h" or rng.random() < 0.3:
        document["duplicate_window"] = shape.duplicate_window
    if shape.max_ahead != "1d" or rng.random() < 0.3:
        document["max_ahead"] = shape.max_ahead
    return document


def draw_dates(shape: Shape) -> list[int]:
    """Some before the log, some within it, some close together, some on a window's border."""
    rng = shape.rng
    dates = set()
    if rng.random() < 0.8:
        dates.add(shape.start - rng.choice([0, 1, 86_400_000, rng.randrange(10**10)]))
    for _ in range(rng.randint(0 if dates else 1, 4)):
        date = shape.start + int(shape.span * rng.uniform(0.02, 0.95))
        if rng.random() < 0.25:
            date -= date % shape.window_ms()
        dates.add(date)
        if rng.random() < 0.3:
            dates.add(date + rng.choice([1, 1000, shape.window_ms(), shape.window_ms() // 3 + 1]))
    if rng.random() < 0.1:
        dates.add(FAR_FUTURE - rng.randrange(10**12))
    return sorted(dates)


def draw_version(shape: Shape) -> dict[str, Any]:
    rng = shape.rng
    version: dict[str, Any] = {}
    if rng.random() < 0.8:
        version["default"] = draw_fields(shape, partial=False)
    if rng.random() < 0.6:
        version["excluded"] = draw_excluded(shape)
    if rng.random() < 0.7:
        codes = rng.sample(shape.codes, rng.randint(1, min(4, len(shape.codes))))
        version["codes"] = {code: draw_fields(shape, partial=True) for code in codes}
    if rng.random() < (0.8 if shape.profile == "pairs" else 0.3):
        version["pairs"] = rng.choice(["together", "together", "apart"])
    if rng.random() < 0.5:
        version["note"] = rng.choice(NOTES)
    return version


def changed_version(shape: Shape, before: dict[str, Any]) -> dict[str, Any]:
    """Only a little differs, so that most keys should go on as if nothing had happened."""
    rng = shape.rng
    version = copy.deepcopy(before)
    for _ in range(rng.randint(1, 2)):
        changes = ["note", "code", "code", "excluded", "pairs", "default", "same"]
        if shape.profile == "pairs":
            changes += ["excluded", "excluded", "pairs", "pairs"]
        change = rng.choice(changes)
        if change == "note":
            version["note"] = rng.choice(NOTES)
        elif change == "code":
            code = rng.choice(shape.codes)
            version.setdefault("codes", {})[code] = draw_fields(shape, partial=True)
        elif change == "excluded":
            toggle_exclusion(shape, version)
        elif change == "pairs":
            together = version.get("pairs") == "together"
            version["pairs"] = "apart" if together else "together"
        elif change == "default":
            version["default"] = draw_fields(shape, partial=False)
        else:
            say_the_same(version)
    return version


def say_the_same(version: dict[str, Any]) -> None:
    """Spell out what holds anyway: no key may be touched by that."""
    fields = {**DEFAULT_FIELDS, **version.get("default", {})}
    fields.setdefault("clear", fields["threshold"])
    if all("threshold" not in each for each in version.get("codes", {}).values()):
        version["default"] = fields


def toggle_exclusion(shape: Shape, version: dict[str, Any]) -> None:
    code = shape.rng.choice(shape.codes)
    listed = version.setdefault("excluded", [])
    if code in listed:
        listed.remove(code)
    else:
        listed.append(code)


def draw_excluded(shape: Shape) -> list[str]:
    rng = shape.rng
    roll = rng.random()
    if roll < 0.2:
        return []
    if roll < 0.28:
        return ["all"]
    items = rng.sample(shape.codes, rng.randint(0, min(2, len(shape.codes))))
    if rng.random() < 0.5:
        middle = rng.choice([code for code in shape.codes if is_device_code(code)])
        low = max(0x8000, int(middle, 16) - rng.randint(0, 3))
        high = min(0x8FFF, int(middle, 16) + rng.randint(0, 3))
        items.append(f"{low:04X}-{high:04X}")
    if rng.random() < 0.4:
        items.append(rng.choice(["N1-N999", "N1-N53", "AD1", "8F35-8F3C"]))
    return items


def draw_fields(shape: Shape, partial: bool) -> dict[str, Any]:
    rng = shape.rng
    fields: dict[str, Any] = {
        "threshold": draw_threshold(shape),
        "window": draw_window(shape),
        "window_kind": rng.choice(["tumbling", "sliding"]),
        "forward": draw_forward(rng),
        "last_word": rng.random() < 0.6,
    }
    if rng.random() < 0.5:
        fields["clear"] = 0 if rng.random() < 0.5 else rng.randint(0, fields["threshold"])
    if partial:
        for name in list(fields):
            if rng.random() < 0.4:
                del fields[name]
    return fields


def draw_threshold(shape: Shape) -> int:
    rng = shape.rng
    if shape.profile == "busy_second":
        return rng.choice([rng.randint(100, 500), rng.randint(1, 100)])
    if shape.profile == "hot_key" and rng.random() < 0.7:
        return rng.choice([3000, 2999, 3001, rng.randint(200, 3200)])
    if rng.random() < 0.04:
        return rng.choice([3000, 65535])
    return rng.choice([rng.randint(1, 5), rng.randint(1, 12), rng.randint(1, 40)])


def draw_window(shape: Shape) -> str:
    """Mostly that of the scenario, sometimes a neighbour, seldom any other."""
    rng = shape.rng
    at = WINDOWS.index(shape.window)
    roll = rng.random()
    if roll < (0.9 if shape.profile == "hot_key" else 0.6):
        return shape.window
    if roll < 0.93:
        return WINDOWS[max(0, min(len(WINDOWS) - 1, at + rng.choice([-2, -1, 1, 2])))]
    return rng.choice(WINDOWS[max(0, at - 5) :])  # far shorter ones would give floods of events


def draw_forward(rng: random.Random) -> Any:
    return rng.choice(
        [
            "first_per_window",
            "first_per_window",
            "none",
            {"one_in": rng.randint(2, 6)},
            {"one_in": rng.choice([10, 100, 1000])},
        ]
    )


def keep_valid(shape: Shape, version: dict[str, Any]) -> None:
    """`clear` must not exceed the threshold that it is resolved with."""
    default = {**DEFAULT_FIELDS, **version.get("default", {})}
    if default.get("clear", 0) > default["threshold"]:
        version["default"]["clear"] = shape.rng.randint(0, default["threshold"])
        default["clear"] = version["default"]["clear"]
    for fields in version.get("codes", {}).values():
        merged = {**default, **fields}
        if merged.get("clear", 0) > merged["threshold"]:
            fields["clear"] = shape.rng.randint(0, merged["threshold"])


# --------------------------------------------------------------------------------------------
# Capture.


class CaptureWriter:
    """Draws the lines one after another. It keeps the stream's clock to stay near it."""

    def __init__(self, shape: Shape, policy: dict[str, Any] | None) -> None:
        self.shape = shape
        self.rng = shape.rng
        self.now = shape.start
        self.clock = StreamClock(parse_duration(shape.max_ahead))
        self.lines: list[bytes] = []
        self.sent: list[tuple[Record, bytes]] = []  # candidates for a second delivery
        self.counter = self.rng.randrange(2**40)
        self.hot = self._any_key()
        self.heat = self.rng.uniform(0.3, 0.95)
        self.border_rate = 0.03
        if shape.profile == "hot_key":
            self.heat, self.border_rate = 0.97, 0.0003
        self.borders = self._borders(policy)
        self.ahead_rate = self.rng.choice([0, 0, 0.0008, 0.004])
        self.leaps = self._draw_leaps()
        self.versions = versions_of(policy)
        self.drills = {self.rng.randrange(shape.count) for _ in range(self.rng.randint(0, 3))}

    def _borders(self, policy: dict[str, Any] | None) -> list[int]:
        return [parse_time(v["effective_from"]) for v in policy["policies"]] if policy else []

    def _draw_leaps(self) -> dict[int, int]:
        """Where two devices agree on a time that lies far ahead, and by how much."""
        rng, count, leaps = self.rng, self.shape.count, {}
        ahead = self.clock.max_ahead
        if rng.random() < 0.25:
            leaps[rng.randrange(count)] = ahead + rng.randrange(1, 3 * ahead)
        if rng.random() < 0.1:
            leaps[rng.randrange(count // 2, count)] = FAR_FUTURE - self.shape.start
        return leaps

    def write(self) -> bytes:
        for index in range(self.shape.count):
            self._move_time()
            if index in self.leaps:
                self._leap(self.leaps[index])
            if index in self.drills:
                self._drill()
            self._write_one()
        end = b"" if self.rng.random() < 0.2 else b"\n"
        return b"\n".join(self.lines) + end

    # -- time

    def _move_time(self) -> None:
        rng = self.rng
        self.now = max(self.now, self.clock.now or 0)
        gap = self.shape.span / self.shape.count
        roll = rng.random()
        if roll < self.border_rate:
            self.now = self._near_border()
        elif roll < 0.033 and self.shape.profile == "mixed":
            self.now += int(self.shape.window_ms() * rng.uniform(0.5, 4))
        elif roll < 0.9:
            self.now += int(rng.expovariate(1 / gap))

    def _near_border(self) -> int:
        """On, just before or just after a border; never back."""
        window = self.shape.window_ms()
        border = (self.now // window + 1) * window
        ahead = [date for date in self.borders if self.now <= date < self.now + 2 * window]
        if ahead and self.rng.random() < 0.5:
            border = ahead[0]
        # Do not always wait for the border, or the whole log would be spent in jumping to them.
        if border - self.now > self.shape.span / 20 and self.rng.random() < 0.9:
            return self.now
        return max(self.now, border + self.rng.choice([-1, 0, 0, 1]))

    # -- lines

    def _write_one(self) -> None:
        rng = self.rng
        roll = rng.random()
        if roll < 0.015:
            self._emit_raw(self._junk())
        elif roll < 0.02:
            self._emit_raw(rng.choice([b"", b"", b"  ", b"\t"]))
        elif roll < 0.04:
            self._emit(self._other_record())
        elif roll < 0.04 + self.ahead_rate:
            self._emit(self._ahead_record())
        elif roll < 0.10 and self.sent:
            self._emit(*self._second_delivery())
        elif roll < 0.13:
            late = rng.randrange(1, 3 * self.shape.window_ms())
            self._emit(self._alert(max(0, self.now - late)))
        else:
            self._emit(self._alert(self.now))

    def _emit(self, record: Record, line: bytes | None = None) -> None:
        if line is None:
            line = self._spell(record)
        if record.get("type", "alert") == "alert":
            self.sent.append((record, line))
        self.clock.take(record_device(record), record_time(record))
        self._emit_raw(line)

    def _emit_raw(self, line: bytes) -> None:
        self.lines.append(line)

    # -- records, in one canonical spelling

    def _any_key(self) -> tuple[str | None, str, str | None]:
        rng, shape = self.rng, self.shape
        code = rng.choice(shape.codes)
        device = shape.devices[int(len(shape.devices) * rng.random() ** 2)]
        nameless = not is_device_code(code) and rng.random() < 0.4
        return (None if nameless else device), code, rng.choice(shape.recipients)

    def _key(self) -> tuple[str | None, str, str | None]:
        if self.rng.random() < (0.0002 if self.shape.profile == "hot_key" else 0.006):
            self.hot = self._any_key()
        if self.rng.random() >= self.heat:
            return self._any_key()
        device, code, recipient = self.hot
        if code in PARTNER and self.rng.random() < 0.4:
            code = PARTNER[code]  # "started" and "ended" come in turns
        return device, code, recipient

    def _alert(self, time: int) -> Record:
        rng = self.rng
        device, code, recipient = self._key()
        record: Record = {"device": device, "code": code, "recipient": recipient}
        content = rng.random()
        if content < 0.75:
            self.counter += rng.randint(1, 3)
            record["counter"] = rng.choice([self.counter] * 9 + [rng.randrange(2**64), 2**64 - 1])
        if 0.6 < content < 0.9:
            record["payload"] = base64.b64encode(rng.randbytes(rng.randint(1, 24))).decode()
        if rng.random() < 0.06:
            record["device_time"] = format_time(time)
        else:
            record["received"] = format_time(time)
            if rng.random() < 0.4:
                off = max(0, time + rng.randint(-100_000, 100_000))
                record["device_time"] = format_time(off)
        return {name: value for name, value in record.items() if value is not None}

    def _second_delivery(self) -> tuple[Record, bytes | None]:
        """The same bytes, or the same message in another spelling at another time."""
        rng = self.rng
        record, line = rng.choice(self.sent[-50:] if rng.random() < 0.6 else self.sent)
        if rng.random() < 0.3:
            return record, line
        record = dict(record)
        if "received" in record and rng.random() < 0.6:
            record["received"] = format_time(self.now)
        if rng.random() < 0.05 and "counter" in record:
            record["counter"] = (record["counter"] + 1) % 2**64  # nearly the same is not the same
        return record, None

    def _ahead_record(self) -> Record:
        rng = self.rng
        base = (self.clock.now or self.now) + self.clock.max_ahead
        time = base + rng.choice([0, 1, 1, rng.randrange(1, 2 * self.clock.max_ahead)])
        if rng.random() < 0.3:
            nameless = {"code": rng.choice(DCC_CODES), "counter": rng.randrange(2**32)}
            return {**nameless, "received": format_time(time)}
        if rng.random() < 0.15:
            return {**self._other_record(), "received": format_time(time)}
        record = {**self._alert(time), "received": format_time(time)}
        # Mostly one and the same device has the wrong clock, so that time seldom moves by this.
        if rng.random() < 0.9 and is_device_code(record["code"]):
            record["device"] = self.shape.devices[0]
        return record

    def _leap(self, by: int) -> None:
        first, second = draw_id(self.rng), draw_id(self.rng)
        base = (self.clock.now or self.now) + by
        for device in (first, first, second)[self.rng.randint(0, 1) :]:
            record = {**self._alert(base), "device": device}
            record["received"] = format_time(base + self.rng.randrange(5000))
            self._emit(record)
            self._write_one()  # something else may come between the two

    def _drill(self) -> None:
        """Fill a window of a new key to just its threshold and go on at the window's very end.

        Only there does a sliding window count the one before in full, so that an episode can
        start with the first alert of a window. Chance alone seldom gets there.
        """
        in_force = [each for each in self.versions if (each.effective or 0) <= self.now]
        code = self.rng.choice([each for each in self.shape.codes if is_device_code(each)])
        if not in_force or self.now != self.clock.now or self.shape.profile == "hot_key":
            return
        policy = in_force[-1].resolve(code).policy
        if policy.threshold > 60 or policy.window > self.shape.span / 3:
            return
        alert: Record = {"device": draw_id(self.rng), "code": code}
        border = (self.now // policy.window + 1) * policy.window
        for time in [self.now] * policy.threshold + [border] * self.rng.randint(1, 3):
            self.counter += 1
            self._emit({**alert, "counter": self.counter, "received": format_time(time)})
        self.now = border

    def _other_record(self) -> Record:
        rng = self.rng
        device = rng.choice(self.shape.devices)
        request = f"{draw_id(rng)}:{device}:{rng.randrange(2**32)}"
        record: Record = rng.choice(
            [
                {
                    "type": "device",
                    "device": device,
                    "device_type": "ESME",
                    "status": rng.choice(["Pending", "Commissioned"]),
                },
                {"type": "request", "request_id": request, "srv": rng.choice(["6.13", "7.7"])},
                {"type": "response", "request_id": request, "srv": "7.9", "response_code": "I0"},
                {"type": "outcome", "request_id": request, "code": rng.choice(["8F66", "8F67"])},
            ]
        )
        if rng.random() < 0.8:
            late = rng.choice([0, 0, 0, rng.randrange(self.shape.window_ms())])
            record["received"] = format_time(max(0, self.now - late))
        return record

    # -- spelling

    def _spell(self, record: Record) -> bytes:
        rng = self.rng
        spelled = {name: self._spell_field(name, value) for name, value in record.items()}
        if record.get("type") is None and rng.random() < 0.2:
            spelled["type"] = "alert"
        if rng.random() < 0.05:
            spelled["seen_by"] = {"site": [1, 2.5, None], "note": "not ours"}
        if rng.random() < 0.3:
            names = list(spelled)
            rng.shuffle(names)
            spelled = {name: spelled[name] for name in names}
        separators = (", ", ": ") if rng.random() < 0.3 else (",", ":")
        return json.dumps(spelled, separators=separators).encode()

    def _spell_field(self, name: str, value: Any) -> Any:
        rng = self.rng
        if name in ("device", "recipient"):
            value = value.replace("-", "") if rng.random() < 0.3 else value
            return value.lower() if rng.random() < 0.3 else value
        if name == "code" and is_device_code(value):
            return rng.choice([value, value, value.lower(), "0x" + value, "0x" + value.lower()])
        if name == "counter":
            return value if rng.random() < 0.5 else str(value)
        if name in ("received", "device_time") and value.endswith(".000Z") and rng.random() < 0.5:
            return value[:-5] + "Z"
        return value

    # -- lines that cannot be decoded

    def _junk(self) -> bytes:
        rng = self.rng
        good = self._alert(self.now)
        good.setdefault("received", format_time(self.now))
        good["device"] = self.shape.devices[0]
        line = self._spell(good)
        spoilers: list[Callable[[], bytes]] = [
            lambda: line[: rng.randrange(1, len(line))],
            lambda: rng.choice([b"[]", b"42", b'"text"', b"{", b"not json", b"{}", b"\xff\xfe{}"]),
            lambda: self._without(good, rng.choice(["code", "device"])),
            lambda: self._without(good, "received", "device_time"),
            lambda: self._with(good, "payload", rng.choice(["@@@@", "abc", "a", 7, ["aGk="]])),
            lambda: self._with(good, "received", "1969-12-31T23:59:59.999Z"),
            lambda: self._with(good, "device_time", "1969-01-01T00:00:00.000Z"),
            lambda: self._with(good, "received", rng.choice(["soon", 1575000000, True, ""])),
            lambda: self._with(good, "received", "2020-13-01T00:00:00.000Z"),
            lambda: self._with(good, "received", "2019-02-29T00:00:00.000Z"),
            lambda: self._with(good, "code", rng.choice(["7FFF", "N1000", "N0", "XYZ", "", {}])),
            lambda: self._with(good, "device", rng.choice(["90-B3", 5, "0123456789abcdeg"])),
            lambda: self._with(good, "recipient", rng.choice(["x", 5, [], "00" * 9])),
            lambda: self._with(good, "counter", rng.choice([-1, 2**64, "12x", 1.5, True, "-1"])),
            lambda: self._with(good, "type", rng.choice(["weather", 5])),
            lambda: b'{"type":"response","request_id":"x"}',
            lambda: b'{"type":"device","device_type":"ESME","status":"Pending"}',
            lambda: b'{"type":"request","srv":"6.13"}',
        ]
        return rng.choice(spoilers)()

    def _without(self, record: Record, *names: str) -> bytes:
        rest = {name: value for name, value in record.items() if name not in names}
        if "device" in names:
            rest["code"] = "8F3F"  # a DCC alert may do without a device
        return self._spell(rest)

    def _with(self, record: Record, name: str, value: Any) -> bytes:
        return json.dumps({**record, name: value}).encode()


def record_device(record: Record) -> str | None:
    if "request_id" in record:
        return str(record["request_id"]).split(":")[1]
    return record.get("device")


def record_time(record: Record) -> int | None:
    text = record.get("received", record.get("device_time"))
    return None if text is None else parse_time(text)


def generate(seed: int, alerts: int = 4000) -> Scenario:
    rng = random.Random(seed)
    shape = draw_shape(rng, alerts)
    policy = draw_policy(shape)
    return Scenario(seed, policy, CaptureWriter(shape, policy).write())


# --------------------------------------------------------------------------------------------
# Policy files.

PLAIN_SCALAR = re.compile(r"[A-Za-z0-9][A-Za-z0-9_:.-]*", re.ASCII)


def block_yaml(value: Any, indent: str = "") -> str:
    """JSON-like data as block YAML: as little as a policy needs."""
    lines: list[str] = []
    entries = value.items() if isinstance(value, dict) else [(None, item) for item in value]
    for name, item in entries:
        lead = indent + ("-" if name is None else f"{scalar(name)}:")
        if isinstance(item, (dict, list)) and item:
            lines += [lead, block_yaml(item, indent + "  ")]
        else:
            lines.append(f"{lead} {scalar(item)}")
    return "\n".join(lines)


def scalar(value: Any) -> str:
    """Text that could be taken for a number is quoted, as a careful author would do."""
    if isinstance(value, str) and PLAIN_SCALAR.fullmatch(value) and not value[:4].isdigit():
        return value
    return json.dumps(value)


def write_scenario(scenario: Scenario, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "capture.jsonl").write_bytes(scenario.capture)
    if scenario.policy is not None:
        (folder / "policy.json").write_text(json.dumps(scenario.policy, indent=2) + "\n")
        (folder / "policy.yaml").write_text(block_yaml(scenario.policy) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the capture and policy of one seed.")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--alerts", type=int, default=4000)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    write_scenario(generate(options.seed, options.alerts), options.out)


if __name__ == "__main__":
    main()
