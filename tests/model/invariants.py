"""What must hold of the outputs of a replay, whatever the policy.

Nothing here decides which alert passes. Each check compares the capture with the files of an
output folder (the archive included), so that a mistake shared by the engine and the model would
still be seen. Reading records, stream time and the policy's fields are taken from the model.

    python3 invariants.py [--policy FILE.json] CAPTURE OUT_DIR

Outputs do not say at which position an alert came in. A check that needs to know looks the alert
up in the capture by its fields; if equal alerts came in at several moments, it only objects when
it would do so for each of them.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model import (
    DEFAULT_MAX_AHEAD,
    PARTNER,
    Alert,
    Key,
    StreamClock,
    Undecodable,
    Version,
    compact,
    decode,
    lines_of,
    parse_duration,
    parse_time,
    versions_of,
)

Fields = dict[str, Any]
COPY_FIELDS = ("throttled_alert_sequence_id", "throttled_alert_count")
COUNTS = ("duplicates", "alerts", "forwarded", "copies", "consolidated", "pending", "unrepresented")


@dataclass(frozen=True)
class Arrival:
    """An alert of the capture, with the stream time at which it was processed."""

    alert: Alert
    line: str  # its output fields, the name by which it is found in the outputs
    at: int
    version: Version | None

    def key(self) -> Key | None:
        if self.alert.device is None or self.version is None:
            return None
        counted_under = self.version.resolve(self.alert.code).counted_under
        return self.alert.device, counted_under, self.alert.recipient

    def excluded(self) -> bool:
        return self.version is not None and self.version.resolve(self.alert.code).excluded

    def window(self) -> int:
        assert self.version is not None
        return self.at // self.version.resolve(self.alert.code).policy.window


class Replay:
    """The capture as decoded, the outputs as read."""

    def __init__(self, capture: bytes, policy: Fields | None, folder: Path) -> None:
        self.versions = versions_of(policy)
        self.arrivals: list[Arrival] = []
        self.undecodable: list[tuple[int, bytes]] = []
        self.others = 0
        max_ahead = (policy or {}).get("max_ahead", DEFAULT_MAX_AHEAD)
        self._read_capture(capture, StreamClock(parse_duration(max_ahead)))
        self.forwarded = read_lines(folder / "alerts.forwarded")
        self.archive = Counter(compact(each) for each in read_lines(folder / "alerts.consolidated"))
        self.events = read_lines(folder / "throttle.episodes")
        self.dead = read_lines(folder / "dead.letter")
        self.summary: Fields = json.loads((folder / "summary.json").read_text())
        self.copies = [each for each in self.forwarded if is_copy(each)]
        self.unchanged = Counter(bare(each) for each in self.forwarded if not is_copy(each))
        self.by_line: dict[str, list[Arrival]] = defaultdict(list)
        for arrival in self.arrivals:
            self.by_line[arrival.line].append(arrival)

    def _read_capture(self, capture: bytes, clock: StreamClock) -> None:
        for offset, (_, line) in enumerate(lines_of(capture)):
            try:
                record = decode(line)
            except Undecodable:
                self.undecodable.append((offset, line))
                continue
            if not isinstance(record, Alert):
                clock.take(record.device, record.at)
                self.others += 1
                continue
            clock.take(record.device, record.time())
            assert clock.now is not None
            version = self.version_at(clock.now)
            self.arrivals.append(Arrival(record, compact(record.fields()), clock.now, version))

    def version_at(self, at: int) -> Version | None:
        in_force = [each for each in self.versions if (each.effective or 0) <= at]
        return in_force[-1] if in_force else None

    def version_named(self, date: str | None) -> Version:
        """The version that an event names by its effective date."""
        effective = None if date is None else parse_time(date)
        return next(each for each in self.versions if each.effective == effective)


def read_lines(path: Path) -> list[Fields]:
    if not path.exists():  # a stream without records
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def is_copy(fields: Fields) -> bool:
    return COPY_FIELDS[0] in fields


def bare(fields: Fields) -> str:
    """The alert itself, without what makes a copy of it."""
    return compact({name: value for name, value in fields.items() if name not in COPY_FIELDS})


def event_key(event: Fields) -> Key:
    return event["device"], event["code"], event.get("recipient")


# --------------------------------------------------------------------------------------------
# Totals.


def check_totals(replay: Replay) -> list[str]:
    """Every record is accounted for, and every alert forwarded, represented or counted."""
    total = replay.summary
    represented = sum(each["throttled_alert_count"] for each in replay.copies)
    equal = {
        "read": (
            total["read"],
            total["dead"] + total["duplicates"] + total["other"] + total["alerts"],
        ),
        "dead": (total["dead"], len(replay.undecodable)),
        "other": (total["other"], replay.others),
        "alerts and duplicates": (total["alerts"] + total["duplicates"], len(replay.arrivals)),
        "forwarded": (total["forwarded"], sum(replay.unchanged.values())),
        "copies": (total["copies"], len(replay.copies)),
        "consolidated": (
            total["consolidated"],
            total["alerts"] - total["forwarded"] - total["copies"],
        ),
        "alerts represented": (
            total["alerts"],
            total["forwarded"] + represented + total["pending"] + total["unrepresented"],
        ),
    }
    return [f"{name}: {a} is not {b}" for name, (a, b) in equal.items() if a != b]


def check_codes(replay: Replay) -> list[str]:
    """The counts by code add up to the totals, and those of the files are those of the files."""
    problems = []
    codes: dict[str, Fields] = replay.summary["codes"]
    for name in COUNTS:
        if sum(each[name] for each in codes.values()) != replay.summary[name]:
            problems.append(f"{name} by code does not add up")
    for name in ("started", "ended", "open"):
        found = sum(each["episodes"][name] for each in codes.values())
        if found != replay.summary["episodes"][name]:
            problems.append(f"episodes {name} by code does not add up")
    for name, copies in (("forwarded", False), ("copies", True)):
        counted = Counter(each["code"] for each in replay.forwarded if is_copy(each) == copies)
        reported = {code: each[name] for code, each in codes.items() if each[name]}
        if counted != reported:
            problems.append(f"{name} by code differs from alerts.forwarded")
    return problems


def check_dead(replay: Replay) -> list[str]:
    found = [(each["offset"], base64.b64decode(each["bytes"])) for each in replay.dead]
    return [] if found == replay.undecodable else ["dead letters are not the undecodable records"]


def check_nothing_lost_or_invented(replay: Replay) -> list[str]:
    problems = []
    copies = Counter(bare(each) for each in replay.copies)
    for line in {*replay.unchanged, *copies, *replay.archive} - set(replay.by_line):
        problems.append(f"never came in: {line}")
    for line, arrivals in replay.by_line.items():
        came = len(arrivals)
        passed, held = replay.unchanged[line], replay.archive[line]
        if passed + copies[line] > came or passed + held > came:
            problems.append(f"more often out than in: {line}")
        # A last word is in the archive and a copy as well, hence no equality.
        if arrivals[0].alert.identity() is None and passed + copies[line] + held < came:
            problems.append(f"lost though it cannot be a duplicate: {line}")
    return problems


# --------------------------------------------------------------------------------------------
# Episodes.


def check_events(replay: Replay) -> list[str]:
    """Events come in order of time; those of a key are started, continuing ..., ended."""
    problems = []
    last_at = ""
    before: dict[Key, Fields] = {}
    seen: Counter[str] = Counter()
    storms: set[tuple[Any, ...]] = set()
    for event in replay.events:
        seen[event["event"]] += 1
        if event["at"] < last_at:
            problems.append(f"out of order: {event}")
        last_at = event["at"]
        key = event_key(event)
        if event["event"] == "excluded_storm":
            problems += check_storm(replay, event, storms)
            continue
        problems += check_step(before.get(key), event)
        problems += check_end(replay, event)
        if event["event"] == "ended":
            before.pop(key, None)
        else:
            before[key] = event
    episodes = {"started": seen["started"], "ended": seen["ended"], "open": len(before)}
    if episodes != replay.summary["episodes"]:
        problems.append(f"episodes: {episodes} in the stream, {replay.summary['episodes']} counted")
    return problems


def check_storm(replay: Replay, event: Fields, storms: set[tuple[Any, ...]]) -> list[str]:
    """At most one for a key and window. A version's start may count a key afresh."""
    policy = replay.version_named(event.get("policy")).key_policy(event["code"])
    window = parse_time(event["at"]) // policy.window
    place = (event_key(event), event.get("policy"), window)
    if place in storms:
        return [f"second excluded_storm in its window: {event}"]
    storms.add(place)
    return []


def check_step(before: Fields | None, event: Fields) -> list[str]:
    if (before is None) != (event["event"] == "started"):
        return [f"not after what came before: {event}"]
    if before is None:
        return [] if event["started"] == event["at"] else [f"started at another time: {event}"]
    problems = []
    if event["started"] != before["started"]:
        problems.append(f"belongs to another episode: {event}")
    for name in ("alerts", "copies"):  # a last word lets `consolidated` fall
        if event[name] < before.get(name, 0):
            problems.append(f"{name} fell: {event}")
    if event["alerts"] != event["copies"] + event["consolidated"] or event["alerts"] < 1:
        problems.append(f"counts do not add up: {event}")
    if event.get("last_sequence_id", 0) != event["copies"]:
        problems.append(f"last_sequence_id is not the number of copies: {event}")
    return problems


def check_end(replay: Replay, event: Fields) -> list[str]:
    """Windows end on the grid of the epoch, and versions when the next one starts."""
    at = parse_time(event["at"])
    policy = replay.version_named(event.get("policy")).key_policy(event["code"])
    on_grid = at % policy.window == 0
    if event["event"] == "continuing" and not on_grid:
        return [f"not at the end of a window: {event}"]
    if event["event"] != "ended":
        return []
    dated = any(each.effective == at for each in replay.versions)
    right = {"clear": on_grid, "policy": dated}.get(event["reason"], False)
    return [] if right and event["ended"] == event["at"] else [f"ended at a wrong time: {event}"]


def constant_key(replay: Replay, code: str) -> str | None:
    """The code under which this one is counted, if all versions agree about it and its partner."""
    both = {code, PARTNER.get(code, code)}
    found = [{each.counted_under(one) for one in both} for each in replay.versions]
    if any(each != found[0] for each in found):
        return None
    return replay.versions[0].counted_under(code)


def check_sequences(replay: Replay) -> list[str]:
    """Copies of an episode are numbered 1, 2, ... and stand for what the episode reports."""
    problems = []
    runs: dict[Key, list[list[Fields]]] = defaultdict(list)
    for fields in replay.copies:
        code = constant_key(replay, fields["code"])
        if code is None:
            continue
        key = (fields["device"], code, fields.get("recipient"))
        if fields["throttled_alert_sequence_id"] == 1:
            runs[key].append([])
        if not runs[key] or fields["throttled_alert_sequence_id"] != len(runs[key][-1]) + 1:
            problems.append(f"sequence id out of turn: {compact(fields)}")
            continue
        runs[key][-1].append(fields)
    for event in replay.events:
        if event["event"] != "ended" or constant_key(replay, event["code"]) is None:
            continue
        mine = runs[event_key(event)]
        copies = mine.pop(0) if event["copies"] and mine else []
        problems += check_representation(replay, event, copies)
    return problems


def check_representation(replay: Replay, event: Fields, copies: list[Fields]) -> list[str]:
    if len(copies) != event["copies"]:
        return [f"{len(copies)} copies in alerts.forwarded: {event}"]
    represented = sum(each["throttled_alert_count"] for each in copies)
    last_word = replay.version_named(event.get("policy")).key_policy(event["code"]).last_word
    if represented > event["alerts"] or (last_word and represented != event["alerts"]):
        return [f"copies stand for {represented} alerts: {event}"]
    return []


# --------------------------------------------------------------------------------------------
# What passes.


def check_threshold(replay: Replay) -> list[str]:
    """In one window of one version at most `threshold` alerts of a key pass unchanged."""
    passed: Counter[tuple[Version | None, Key, int]] = Counter()
    for line, count in replay.unchanged.items():
        places = {place_of(each) for each in replay.by_line.get(line, [])}
        if len(places) == 1:
            place = places.pop()
            if place is not None:
                passed[place] += count
    problems = []
    for (version, key, window), count in passed.items():
        assert version is not None
        if count > version.key_policy(key[1]).threshold:
            problems.append(f"{count} alerts of {key} passed unchanged in window {window}")
    return problems


def place_of(arrival: Arrival) -> tuple[Version | None, Key, int] | None:
    """Where a limit applies to an alert: nowhere if it is excluded or not counted."""
    key = arrival.key()
    if key is None or arrival.excluded():
        return None
    return arrival.version, key, arrival.window()


def check_never_held(replay: Replay) -> list[str]:
    """Excluded, not counted at all: such alerts are neither consolidated nor copies."""
    held = set(replay.archive) | {bare(each) for each in replay.copies}
    return [
        f"must never be held back: {line}"
        for line in held
        if all(place_of(each) is None for each in replay.by_line.get(line, []))
    ]


def check_first_passes(replay: Replay) -> list[str]:
    """The first alert of a key, and the first after an episode, is never held back."""
    by_key: dict[Key, list[Arrival]] = defaultdict(list)
    seen: set[Any] = set()
    repeated: set[int] = set()  # arrivals that may be duplicates, and so may rightly be dropped
    for arrival in replay.arrivals:
        identity = arrival.alert.identity()
        if identity is not None and identity in seen:
            repeated.add(id(arrival))
        seen.add(identity)
        key = arrival.key()
        if key is not None:
            by_key[key].append(arrival)
    first = [arrivals[0] for arrivals in by_key.values()]
    for event in replay.events:
        if event["event"] == "ended":
            ended = parse_time(event["ended"])
            first += [each for each in by_key[event_key(event)] if each.at >= ended][:1]
    return [
        f"first of its key or after an episode, yet not forwarded unchanged: {each.line}"
        for each in first
        if id(each) not in repeated and replay.unchanged[each.line] == 0
    ]


CHECKS = (
    check_totals,
    check_codes,
    check_dead,
    check_nothing_lost_or_invented,
    check_events,
    check_sequences,
    check_threshold,
    check_never_held,
    check_first_passes,
)


def check(capture: bytes, policy: Fields | None, folder: Path) -> list[str]:
    """All problems found; an empty list if every invariant holds."""
    replay = Replay(capture, policy, folder)
    return [f"{each.__name__}: {problem}" for each in CHECKS for problem in each(replay)]


def main() -> int:
    parser = argparse.ArgumentParser(description="Check the outputs of a replay by themselves.")
    parser.add_argument("--policy", type=Path, help="policy as JSON; default: built-in policy")
    parser.add_argument("capture", type=Path)
    parser.add_argument("out", type=Path, help="output folder, written with --archive")
    options = parser.parse_args()
    policy = None if options.policy is None else json.loads(options.policy.read_text())
    problems = check(options.capture.read_bytes(), policy, options.out)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
