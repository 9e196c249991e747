"""A naive model of Weir's alert throttling.

It answers one question: given a capture and a policy, which alerts pass, which are held back and
which episodes are reported? It was written from the reference text alone and shares nothing with
the engine, so that the two can be compared. Slow and plain on purpose: dicts, linear scans, whole
numbers of milliseconds.

    python3 model.py [--policy FILE.json] [--archive] --out DIR CAPTURE
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

# --------------------------------------------------------------------------------------------
# Times and durations: integer milliseconds throughout.

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIME_FORM = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,3}))?Z", re.ASCII)
DURATION_FORM = re.compile(r"(\d+)(ms|s|m|h|d)", re.ASCII)
UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Undecodable(Exception):
    """The record goes to the dead letters; the text is the reason."""


def parse_time(text: Any) -> int:
    match = TIME_FORM.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise Undecodable("time")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise Undecodable("time") from None
    if moment < EPOCH:
        raise Undecodable("time")
    since = moment - EPOCH
    fraction = (match.group(7) or "").ljust(3, "0")
    return since.days * UNIT_MS["d"] + since.seconds * 1000 + int(fraction)


def format_time(ms: int) -> str:
    moment = EPOCH + timedelta(seconds=ms // 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{ms % 1000:03d}Z"


def parse_duration(text: str) -> int:
    match = DURATION_FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"not a duration: {text!r}")
    return int(match.group(1)) * UNIT_MS[match.group(2)]


# --------------------------------------------------------------------------------------------
# Alert codes.

DEVICE_CODE_FORM = re.compile(r"(?:0[xX])?(8[0-9A-Fa-f]{3})", re.ASCII)
DCC_CODE_FORM = re.compile(r"AD1|N[1-9][0-9]{0,2}", re.ASCII)


def parse_code(text: Any) -> str:
    if not isinstance(text, str):
        raise Undecodable("code")
    device_code = DEVICE_CODE_FORM.fullmatch(text)
    if device_code is not None:
        return device_code.group(1).upper()
    if DCC_CODE_FORM.fullmatch(text) is not None:
        return text
    raise Undecodable("code")


def is_device_code(code: str) -> bool:
    return code.startswith("8")


def code_order(code: str) -> tuple[int, int]:
    """Device codes ascending, then AD1, then N1 and up: the order of the summary."""
    if is_device_code(code):
        return (0, int(code, 16))
    if code == "AD1":
        return (1, 1)
    return (2, int(code[1:]))


# Codes of which one clears the other, lower code first. The two long runs pair 8002..8009 with
# 8085..808C and 8020..802F with 808D..809C one by one.
_PAIR_LIST = (
    [(f"{0x8002 + i:04X}", f"{0x8085 + i:04X}") for i in range(8)]
    + [(f"{0x8020 + i:04X}", f"{0x808D + i:04X}") for i in range(16)]
    + [
        ("8014", "8015"),
        ("81A1", "8F73"),
        ("81A2", "81A3"),
        ("81B9", "8F74"),
        ("81BC", "8F75"),
        ("81C1", "8F76"),
        ("81C2", "81C3"),
        ("8F20", "8F21"),
        ("8F22", "8F23"),
        ("8F24", "8F25"),
        ("8F35", "8F57"),
        ("8F37", "8F58"),
        ("8F39", "8F59"),
        ("8F3B", "8F5A"),
    ]
)
PARTNER: dict[str, str] = {}
for _low, _high in _PAIR_LIST:
    PARTNER[_low] = _high
    PARTNER[_high] = _low


# --------------------------------------------------------------------------------------------
# Records of a capture.

ID_FORM = re.compile(r"[0-9A-Fa-f]{16}|[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){7}", re.ASCII)
COUNTER_FORM = re.compile(r"[0-9]{1,20}", re.ASCII)
MAX_COUNTER = 2**64 - 1

REQUIRED = {
    "device": ("device", "device_type", "status"),
    "request": ("request_id", "srv"),
    "response": ("request_id", "srv", "response_code"),
    "outcome": ("request_id", "code"),
}
OTHER_TIMES = ("received", "status_since", "added", "execute_at")


@dataclass(frozen=True)
class Alert:
    device: str | None
    code: str
    recipient: str | None
    counter: str | None
    received: int | None
    device_time: int | None
    payload: bytes | None

    def time(self) -> int:
        time = self.received if self.received is not None else self.device_time
        assert time is not None  # decoding refuses an alert without any time
        return time

    def identity(self) -> tuple[Any, ...] | None:
        """What makes two messages the same. None: this one is never a duplicate.

        The received time belongs to a delivery, not to the message. A message with neither
        counter nor payload has nothing that would tell two equal ones apart.
        """
        if self.counter is None and self.payload is None:
            return None
        return (
            self.device,
            self.code,
            self.recipient,
            self.counter,
            self.device_time,
            self.payload,
        )

    def fields(self) -> dict[str, Any]:
        """The output fields in their order; absent ones are left out."""
        every = {
            "device": self.device,
            "code": self.code,
            "recipient": self.recipient,
            "counter": self.counter,
            "received": None if self.received is None else format_time(self.received),
            "device_time": None if self.device_time is None else format_time(self.device_time),
            "payload": None if self.payload is None else base64.b64encode(self.payload).decode(),
        }
        return {name: value for name, value in every.items() if value is not None}


@dataclass(frozen=True)
class Other:
    """A readable record that is no alert: throttling only takes its time."""

    device: str | None
    at: int | None


def parse_id(text: Any) -> str:
    if not isinstance(text, str) or ID_FORM.fullmatch(text) is None:
        raise Undecodable("id")
    digits = text.replace("-", "").upper()
    return "-".join(digits[i : i + 2] for i in range(0, 16, 2))


def parse_counter(value: Any) -> str:
    if isinstance(value, str) and COUNTER_FORM.fullmatch(value):
        number = int(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        number = value
    else:
        raise Undecodable("counter")
    if not 0 <= number <= MAX_COUNTER:
        raise Undecodable("counter")
    return str(number)


def parse_payload(value: Any) -> bytes:
    if not isinstance(value, str):
        raise Undecodable("payload")
    padded = value + "=" * (-len(value) % 4) if "=" not in value else value
    try:
        return base64.b64decode(padded, validate=True)
    except (binascii.Error, ValueError):
        raise Undecodable("payload") from None


def optional(record: dict[str, Any], name: str, parse: Any) -> Any:
    return parse(record[name]) if name in record else None


def decode(line: bytes) -> Alert | Other:
    try:
        record = json.loads(line)
    except ValueError:
        raise Undecodable("json") from None
    if not isinstance(record, dict):
        raise Undecodable("json")
    kind = record.get("type", "alert")
    if kind == "alert":
        return decode_alert(record)
    if isinstance(kind, str) and kind in REQUIRED:
        return decode_other(record, kind)
    raise Undecodable("type")


def decode_alert(record: dict[str, Any]) -> Alert:
    alert = Alert(
        device=optional(record, "device", parse_id),
        code=parse_code(record.get("code")),
        recipient=optional(record, "recipient", parse_id),
        counter=optional(record, "counter", parse_counter),
        received=optional(record, "received", parse_time),
        device_time=optional(record, "device_time", parse_time),
        payload=optional(record, "payload", parse_payload),
    )
    if alert.device is None and is_device_code(alert.code):
        raise Undecodable("device")
    if alert.received is None and alert.device_time is None:
        raise Undecodable("time")
    return alert


def decode_other(record: dict[str, Any], kind: str) -> Other:
    for name in REQUIRED[kind]:
        if not isinstance(record.get(name), str):
            raise Undecodable(name)
    times = {name: parse_time(record[name]) for name in OTHER_TIMES if name in record}
    return Other(other_device(record, kind), times.get("received"))


def other_device(record: dict[str, Any], kind: str) -> str:
    """A request id is PARTY:DEVICE:COUNTER, so every one of these records names a device."""
    if kind == "device":
        return parse_id(record["device"])
    parts = record["request_id"].split(":")
    if len(parts) != 3:
        raise Undecodable("request_id")
    parse_id(parts[0])
    parse_counter(parts[2])
    return parse_id(parts[1])


def lines_of(capture: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of a capture with their line numbers. A blank line is no record."""
    for number, line in enumerate(capture.split(b"\n"), start=1):
        if line.strip():
            yield number, line


# --------------------------------------------------------------------------------------------
# Stream time.


class StreamClock:
    """The one clock of a partition: the largest received time, unless that is too far ahead."""

    def __init__(self, max_ahead: int) -> None:
        self.max_ahead = max_ahead
        self.now: int | None = None
        self.remembered: tuple[str, int] | None = None  # (device, time)

    def take(self, device: str | None, time: int | None) -> None:
        if time is None:
            return
        if self.now is None:
            self.now = time
        elif time <= self.now + self.max_ahead:
            self.now = max(self.now, time)
        elif device is not None:
            self._take_ahead(device, time)

    def _take_ahead(self, device: str, time: int) -> None:
        """One device with a wrong clock must not move time; two that agree may."""
        assert self.now is not None
        if self.remembered is not None and self.remembered[0] != device:
            self.now = max(self.now, min(self.remembered[1], time))
            self.remembered = None
        else:
            self.remembered = (device, time)


# --------------------------------------------------------------------------------------------
# Policy.

DEFAULT_FIELDS: dict[str, Any] = {
    "threshold": 10,
    "window": "1h",
    "window_kind": "tumbling",
    "forward": "first_per_window",
    "last_word": True,
}
DEFAULT_EXCLUDED = (
    "8F0A 8F12 8F1C 8F2C 8F66 8F67 8F72 8F75 8F84-8F8B 8F35-8F3C "
    "AD1 N1-N38 N40-N53 N55-N61 N63-N999"  # every DCC alert but N39, N54 and N62
).split()
DEFAULT_DUPLICATE_WINDOW = "1h"
DEFAULT_MAX_AHEAD = "1d"


@dataclass(frozen=True)
class Policy:
    threshold: int
    window: int
    sliding: bool
    clear: int
    first_of_window: bool  # the first alert of a later window passes as a copy
    every: int | None  # every n-th alert passes as a copy
    last_word: bool


@dataclass(frozen=True)
class Resolution:
    """What a version says about one code. Two versions differ for a code if this differs."""

    policy: Policy
    excluded: bool
    counted_under: str


def build_policy(fields: dict[str, Any]) -> Policy:
    forward = fields["forward"]
    return Policy(
        threshold=fields["threshold"],
        window=parse_duration(fields["window"]),
        sliding=fields["window_kind"] == "sliding",
        clear=fields.get("clear", fields["threshold"]),
        first_of_window=forward != "none",
        every=forward["one_in"] if isinstance(forward, dict) else None,
        last_word=fields["last_word"],
    )


class Version:
    def __init__(self, document: dict[str, Any]) -> None:
        start = document.get("effective_from")
        self.effective: int | None = None if start is None else parse_time(start)
        self.note: str | None = document.get("note")
        self.together = document.get("pairs", "apart") == "together"
        self.default: dict[str, Any] = document.get("default", {})
        self.codes: dict[str, Any] = document.get("codes", {})
        self.excluded_list: list[str] = document.get("excluded", DEFAULT_EXCLUDED)
        self._known: dict[str, Resolution] = {}  # only saves time: resolving is pure

    def resolve(self, code: str) -> Resolution:
        if code not in self._known:
            counted_under = self.counted_under(code)
            self._known[code] = Resolution(
                policy=build_policy(
                    {**DEFAULT_FIELDS, **self.default, **self.codes.get(counted_under, {})}
                ),
                excluded=self.is_excluded(code),
                counted_under=counted_under,
            )
        return self._known[code]

    def counted_under(self, code: str) -> str:
        if self.together and code in PARTNER:
            return min(code, PARTNER[code])
        return code

    def is_excluded(self, code: str) -> bool:
        return any(in_exclusion(code, item) for item in self.excluded_list)

    def key_policy(self, counted_under: str) -> Policy:
        """A key's code is the lower of its pair already, so resolving it again is harmless."""
        return self.resolve(counted_under).policy


def in_exclusion(code: str, item: str) -> bool:
    if item == "all":
        return True
    first, _, last = item.partition("-")
    return code_order(first) <= code_order(code) <= code_order(last or first)


def touched(key_code: str, old: Version, new: Version) -> bool:
    """Does going from one version to the next touch the keys counted under this code?

    Only the code itself and its partner can ever be counted under it. If one of them is resolved
    otherwise than before, the keys it was and the keys it will be counted under are touched.
    """
    for code in {key_code, PARTNER.get(key_code, key_code)}:
        before, after = old.resolve(code), new.resolve(code)
        if before != after and key_code in (before.counted_under, after.counted_under):
            return True
    return False


def versions_of(document: dict[str, Any] | None) -> list[Version]:
    """Without a policy file there is one version, in force always, without a date."""
    if document is None:
        return [Version({})]
    return [Version(each) for each in document["policies"]]


# --------------------------------------------------------------------------------------------
# Throttling.

Key = tuple[str, str, str | None]  # device, code it is counted under, recipient


@dataclass
class Episode:
    started: int
    start_window: int
    sequence: int = 0
    pending: int = 0
    alerts: int = 0
    copies: int = 0
    last_held: Alert | None = None


@dataclass
class KeyState:
    window: int  # ordinal
    current: int = 0
    previous: int = 0
    position: int = 0  # of the last alert counted, in the input
    episode: Episode | None = None


@dataclass
class Tally:
    """The counts of the summary, for the whole log or for one code."""

    duplicates: int = 0
    alerts: int = 0
    forwarded: int = 0
    copies: int = 0
    pending: int = 0
    unrepresented: int = 0
    started: int = 0
    ended: int = 0

    def report(self) -> dict[str, Any]:
        return {
            "duplicates": self.duplicates,
            "alerts": self.alerts,
            "forwarded": self.forwarded,
            "copies": self.copies,
            "consolidated": self.alerts - self.forwarded - self.copies,
            "pending": self.pending,
            "unrepresented": self.unrepresented,
            "episodes": {
                "started": self.started,
                "ended": self.ended,
                "open": self.started - self.ended,
            },
        }


@dataclass
class Outputs:
    forwarded: list[str] = field(default_factory=list)
    consolidated: list[str] = field(default_factory=list)
    episodes: list[str] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)


def compact(fields: dict[str, Any]) -> str:
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False)


class Model:
    """One partition. Feed it the records in order, then read `out` and `summary()`."""

    def __init__(self, policy: dict[str, Any] | None = None, capture: str = "capture") -> None:
        document = policy or {}
        self.capture = capture
        self.ahead_of: list[Version] = versions_of(policy)  # those not in force yet, in order
        self.version: Version | None = None
        self.clock = StreamClock(parse_duration(document.get("max_ahead", DEFAULT_MAX_AHEAD)))
        self.duplicate_window = parse_duration(
            document.get("duplicate_window", DEFAULT_DUPLICATE_WINDOW)
        )
        self.first_seen: dict[tuple[Any, ...], int] = {}
        self.keys: dict[Key, KeyState] = {}
        self.open: dict[Key, KeyState] = {}  # those of `keys` that are in an episode
        self.read = 0
        self.dead = 0
        self.other = 0
        self.total = Tally()
        self.by_code: dict[str, Tally] = {}
        self.out = Outputs()

    # -- one record

    def feed(self, number: int, line: bytes) -> None:
        position = self.read
        self.read += 1
        try:
            record = decode(line)
        except Undecodable as reason:
            self._dead_letter(number, position, str(reason), line)
            return
        time = record.time() if isinstance(record, Alert) else record.at
        self.clock.take(record.device, time)
        if self.clock.now is not None:
            self._advance(self.clock.now)
        if isinstance(record, Other):
            self.other += 1
        else:
            assert self.clock.now is not None  # every alert has a time
            self._take_alert(record, position, self.clock.now)

    def _dead_letter(self, number: int, position: int, reason: str, line: bytes) -> None:
        self.dead += 1
        self.out.dead.append(
            compact(
                {
                    "capture": self.capture,
                    "line": number,
                    "offset": position,
                    "reason": reason,
                    "bytes": base64.b64encode(line).decode(),
                }
            )
        )

    def _take_alert(self, alert: Alert, position: int, now: int) -> None:
        if self._is_duplicate(alert, now):
            for tally in self._tallies(alert.code):
                tally.duplicates += 1
            return
        for tally in self._tallies(alert.code):
            tally.alerts += 1
        if alert.device is None or self.version is None:
            self._forward_unchanged(alert)  # nothing to count it under, or no rule to count by
        else:
            self._throttle(alert, position, now, self.version)

    def _is_duplicate(self, alert: Alert, now: int) -> bool:
        identity = alert.identity()
        if identity is None:
            return False
        seen = self.first_seen.get(identity)
        if seen is not None and now - seen < self.duplicate_window:
            return True  # the first time stays: a duplicate does not prolong its own window
        self.first_seen[identity] = now
        return False

    # -- steps 1 to 5 of the reference

    def _throttle(self, alert: Alert, position: int, now: int, version: Version) -> None:
        assert alert.device is not None
        rule = version.resolve(alert.code)
        key = (alert.device, rule.counted_under, alert.recipient)
        state = self._rolled_state(key, now // rule.policy.window)
        state.current += 1
        state.position = position
        if rule.excluded:
            if state.current == rule.policy.threshold + 1:
                self._event("excluded_storm", now, key, version)
            self._forward_unchanged(alert)
            return
        if state.episode is None:
            if measure(state, rule.policy, now) <= rule.policy.threshold:
                self._forward_unchanged(alert)
                return
            self._start_episode(key, state, now, version)
        self._in_episode(alert, state, rule.policy)

    def _rolled_state(self, key: Key, window: int) -> KeyState:
        """Step 1. Time never goes back and a changed window starts the key afresh, so the
        ordinal never falls."""
        state = self.keys.setdefault(key, KeyState(window))
        assert window >= state.window
        if window > state.window:
            state.previous = state.current if window == state.window + 1 else 0
            state.current = 0
            state.window = window
        return state

    def _start_episode(self, key: Key, state: KeyState, now: int, version: Version) -> None:
        state.episode = Episode(now, state.window)
        self.open[key] = state
        for tally in self._tallies(key[1]):
            tally.started += 1
        self._event("started", now, key, version, state.episode)

    def _in_episode(self, alert: Alert, state: KeyState, policy: Policy) -> None:
        episode = state.episode
        assert episode is not None
        episode.alerts += 1
        episode.pending += 1
        later_window = state.window > episode.start_window
        first = policy.first_of_window and later_window and state.current == 1
        nth = policy.every is not None and episode.pending == policy.every
        if first or nth:
            self._forward_copy(alert, episode)
        else:
            episode.last_held = alert
            self.out.consolidated.append(compact(alert.fields()))

    # -- what time brings

    def _advance(self, now: int) -> None:
        """Everything due at or before `now`. Versions take effect in turn, even those that one
        step of time skips; what is due by then happens first, under the version before."""
        while self.ahead_of and (self.ahead_of[0].effective or 0) <= now:
            new = self.ahead_of.pop(0)
            self._run_windows_until(new.effective or 0)
            self._take_effect(new)
        self._run_windows_until(now)

    def _run_windows_until(self, until: int) -> None:
        while True:
            due = [(self._window_end(key), state.position, key) for key, state in self.open.items()]
            if not due:
                return
            at, _, key = min(due, key=lambda each: each[:2])
            if at > until:
                return
            self._window_ends(key, at)

    def _window_end(self, key: Key) -> int:
        assert self.version is not None
        return (self.keys[key].window + 1) * self.version.key_policy(key[1]).window

    def _window_ends(self, key: Key, at: int) -> None:
        assert self.version is not None
        state = self.keys[key]
        if state.current <= self.version.key_policy(key[1]).clear:
            self._end_episode(key, at, "clear")
            return
        self._event("continuing", at, key, self.version, state.episode)
        state.previous = state.current
        state.current = 0
        state.window += 1

    def _take_effect(self, new: Version) -> None:
        old = self.version
        if old is not None:
            assert new.effective is not None
            changed = [key for key in self.keys if touched(key[1], old, new)]
            for key in sorted(changed, key=lambda each: self.keys[each].position):
                if key in self.open:
                    self._end_episode(key, new.effective, "policy")  # still by the old policy
                else:
                    del self.keys[key]
        self.version = new

    def _end_episode(self, key: Key, at: int, reason: str) -> None:
        assert self.version is not None
        episode = self.keys[key].episode
        assert episode is not None
        if episode.pending > 0:
            if self.version.key_policy(key[1]).last_word:
                assert episode.last_held is not None
                self._forward_copy(episode.last_held, episode)
            else:
                for tally in self._tallies(key[1]):
                    tally.unrepresented += episode.pending
        for tally in self._tallies(key[1]):
            tally.ended += 1
        self._event("ended", at, key, self.version, episode, reason)
        del self.open[key]
        del self.keys[key]  # the next alert finds a new key, which is what "afresh" means

    # -- outputs

    def _tallies(self, code: str) -> tuple[Tally, Tally]:
        return self.total, self.by_code.setdefault(code, Tally())

    def _forward_unchanged(self, alert: Alert) -> None:
        for tally in self._tallies(alert.code):
            tally.forwarded += 1
        self.out.forwarded.append(compact(alert.fields()))

    def _forward_copy(self, alert: Alert, episode: Episode) -> None:
        episode.sequence += 1
        episode.copies += 1
        for tally in self._tallies(alert.code):
            tally.copies += 1
        fields = alert.fields()
        fields["throttled_alert_sequence_id"] = episode.sequence
        fields["throttled_alert_count"] = episode.pending
        self.out.forwarded.append(compact(fields))
        episode.pending = 0

    def _event(
        self,
        event: str,
        at: int,
        key: Key,
        version: Version,
        episode: Episode | None = None,
        reason: str | None = None,
    ) -> None:
        device, code, recipient = key
        fields: dict[str, Any] = {
            "event": event,
            "at": format_time(at),
            "device": device,
            "code": code,
            "recipient": recipient,
            "started": None if episode is None else format_time(episode.started),
            "ended": format_time(at) if event == "ended" else None,
            "reason": reason,
            "policy": None if version.effective is None else format_time(version.effective),
            "note": version.note,
        }
        if episode is not None and event in ("continuing", "ended"):
            fields["alerts"] = episode.alerts
            fields["copies"] = episode.copies
            fields["consolidated"] = episode.alerts - episode.copies
            fields["last_sequence_id"] = episode.sequence or None  # absent before the first copy
        present = {name: value for name, value in fields.items() if value is not None}
        self.out.episodes.append(compact(present))

    def summary(self) -> dict[str, Any]:
        self._count_pending()
        codes = {
            code: self.by_code[code].report()
            for code in sorted(self.by_code, key=code_order)
            if self.by_code[code] != Tally()
        }
        head = {"read": self.read, "dead": self.dead, "other": self.other}
        return {**head, **self.total.report(), "codes": codes}

    def _count_pending(self) -> None:
        for tally in (self.total, *self.by_code.values()):
            tally.pending = 0
        for key, state in self.open.items():
            assert state.episode is not None
            for tally in self._tallies(key[1]):
                tally.pending += state.episode.pending


def measure(state: KeyState, policy: Policy, now: int) -> int:
    """Step 3: what is held against the threshold."""
    if not policy.sliding:
        return state.current
    left = policy.window - (now - state.window * policy.window)
    return state.current + state.previous * left // policy.window


# --------------------------------------------------------------------------------------------
# Running it.


def run(capture: bytes, policy: dict[str, Any] | None, name: str = "capture") -> Model:
    model = Model(policy, name)
    for number, line in lines_of(capture):
        model.feed(number, line)
    return model


def write_outputs(model: Model, folder: Path, archive: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "alerts.forwarded": model.out.forwarded,
        "throttle.episodes": model.out.episodes,
        "dead.letter": model.out.dead,
    }
    if archive:
        files["alerts.consolidated"] = model.out.consolidated
    for name, lines in files.items():
        (folder / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    text = json.dumps(model.summary(), indent=2)
    (folder / "summary.json").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Replay a capture through the naive model.")
    parser.add_argument("--policy", type=Path, help="policy as JSON; default: built-in policy")
    parser.add_argument("--archive", action="store_true", help="write alerts.consolidated too")
    parser.add_argument("--out", type=Path, required=True, help="folder for the outputs")
    parser.add_argument("capture", type=Path, help="JSON-lines capture")
    options = parser.parse_args()
    policy = None if options.policy is None else json.loads(options.policy.read_text())
    model = run(options.capture.read_bytes(), policy, options.capture.name)
    write_outputs(model, options.out, options.archive)


if __name__ == "__main__":
    main()
