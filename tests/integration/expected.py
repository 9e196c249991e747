"""What the service must have made of its input: neither more, nor less, nor in another order.

Two oracles tell. `by_model` asks tests/model, which shares nothing with the engine, and knows which
record each alert came from; it reads JSON only. `by_replay` asks `weir replay`, for any format: it
says what one uninterrupted run over the same records gives. Both go partition by partition, in the
order of offsets, with the log's times.

Of a forwarded alert the bytes, the key, its own headers and those of a copy are compared; of an
episode all of its JSON; of a dead letter its origin, its reason and its bytes; and the order of
each.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notices import Original, Originals, Streams, found_item, no_items, original_of
from records import Record, by_partition, json_object, to_envelope, unpacked
from system_records import PARTIES

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/model"), str(ROOT / "tests/program")]

import model  # noqa: E402
import support  # noqa: E402

Policy = dict[str, Any]

SEQUENCE, COUNT = "throttled-alert-sequence-id", "throttled-alert-count"
CONTEXT = 2  # items shown before a difference
SHOWN = 600  # characters of an item
OTHER_TYPES = ("device", "request", "response", "outcome")


@dataclass(frozen=True)
class Passed:
    """A forwarded alert. An oracle may leave open which of some records it was that passed, if
    they say the same in different bytes or came at the same instant."""

    originals: tuple[Original, ...]
    sequence: int | None = None  # of a copy
    count: int | None = None

    def fits(self, other: Passed) -> bool:
        same = (self.sequence, self.count) == (other.sequence, other.count)
        return same and not set(self.originals).isdisjoint(other.originals)

    def __str__(self) -> str:
        mark = "" if self.sequence is None else f" (copy {self.sequence}, stands for {self.count})"
        key, value, headers = self.originals[0]
        return f"{shown(key)}: {shown(value)}{mark}{headers or ''}"


@dataclass(frozen=True)
class Episode:
    """An event of an episode, as its JSON is read."""

    fields: str

    def fits(self, other: Episode) -> bool:
        return self.fields == other.fields

    def __str__(self) -> str:
        return self.fields


@dataclass(frozen=True)
class Letter:
    offset: int
    reason: str | None  # None: not known
    value: bytes | None

    def fits(self, other: Letter) -> bool:
        reasons = {self.reason, other.reason}
        same = (self.offset, self.value or b"") == (other.offset, other.value or b"")
        return same and (None in reasons or len(reasons) == 1)

    def __str__(self) -> str:
        return f"offset {self.offset}, {self.reason}: {shown(self.value)}"


@dataclass
class Outputs:
    """Of one partition, each in its order."""

    forwarded: list[Passed] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    notices: Streams | None = field(default_factory=no_items)  # None: not known

    def streams(self) -> dict[str, Sequence[Any]]:
        return {
            "alerts.forwarded": self.forwarded,
            "throttle.episodes": self.episodes,
            "dead.letter": self.letters,
            **(self.notices or {}),
        }


def shown(data: bytes | None) -> str:
    return "null" if data is None else data.decode("utf-8", "backslashreplace")[:SHOWN]


def episode(line: bytes | str) -> Episode:
    return Episode(json.dumps(json.loads(line), sort_keys=True))


# --------------------------------------------------------------------------------------------
# The model.


class PartitionModel(model.Model):
    """The model of one partition of a topic; it also says which records passed."""

    def __init__(self, policy: Policy | None) -> None:
        super().__init__(policy)
        self.passed: list[tuple[int, int | None, int | None]] = []  # place, sequence, count
        self.letters: list[int] = []  # places
        self.place = 0
        self.held: dict[int, int] = {}  # by id of an open episode, the place of its last one held

    def take(self, place: int, each: Record) -> None:
        self.place = place
        self.feed(place, model_line(each))

    def _dead_letter(self, number: int, position: int, reason: str, line: bytes) -> None:
        self.dead += 1
        self.letters.append(number)

    def _forward_unchanged(self, alert: model.Alert) -> None:
        super()._forward_unchanged(alert)
        self.passed.append((self.place, None, None))

    def _in_episode(
        self, alert: model.Alert, state: model.KeyState, policy: model.Policy
    ) -> None:
        super()._in_episode(alert, state, policy)
        if state.episode is not None and state.episode.last_held is alert:
            self.held[id(state.episode)] = self.place

    def _forward_copy(self, alert: model.Alert, episode: model.Episode) -> None:
        # What was held back before is the last word only: a copy of it ends the episode.
        is_last_word = episode.last_held is alert
        place = self.held.pop(id(episode)) if is_last_word else self.place
        count = episode.pending
        super()._forward_copy(alert, episode)
        self.passed.append((place, episode.sequence, count))

    def _end_episode(self, key: model.Key, at: int, reason: str) -> None:
        ended = self.keys[key].episode
        super()._end_episode(key, at, reason)
        self.held.pop(id(ended), None)


def model_line(each: Record) -> bytes:
    """The record with the log's time, as the model reads it; what cannot be decoded stays so."""
    value = each.value or b""
    fields = json_object(value)
    if not fields:
        return value
    if is_of_another_device(each.key, fields):
        return b"a key that names another device"
    if each.timestamp > 0 and isinstance(fields.get("received", ""), str):
        fields["received"] = model.format_time(each.timestamp)
    return json.dumps(fields, ensure_ascii=False).encode()


def is_of_another_device(key: bytes | None, fields: dict[str, Any]) -> bool:
    try:
        return model.parse_id((key or b"").decode()) != model.parse_id(fields.get("device"))
    except (UnicodeDecodeError, model.Undecodable):
        return False


def by_model(records: Iterable[Record], policy: Policy | None) -> dict[int, Outputs]:
    return {
        number: model_outputs(each, policy) for number, each in by_partition(records).items()
    }


def model_outputs(records: list[Record], policy: Policy | None) -> Outputs:
    partition = PartitionModel(policy)
    for place, each in enumerate(records):
        partition.take(place, each)
    return Outputs(
        [
            Passed((original_of(records[place]),), sequence, count)
            for place, sequence, count in partition.passed
        ],
        [episode(line) for line in partition.out.episodes],
        [Letter(records[place].offset, None, records[place].value) for place in partition.letters],
        None,
    )


# --------------------------------------------------------------------------------------------
# The replay.

COPY_FIELDS = re.compile(
    rb',"throttled_alert_sequence_id":(\d+),"throttled_alert_count":(\d+)\}$'
)
# Lets every alert pass: the n-th line is the n-th alert, as a replay spells it.
PASS_ALL = {
    "duplicate_window": "0s",
    "policies": [{"effective_from": "1970-01-01T00:00:00Z", "excluded": ["all"]}],
}


def by_replay(
    records: Iterable[Record],
    policy: Policy | None,
    folder: Path,
    notices: str = "json",
    captured: Mapping[int, list[str]] | None = None,
) -> dict[int, Outputs]:
    """`folder` is for captures and outputs, which are left there. `notices`: how they are written,
    `json` or `duis`. `captured`: the lines of each partition, if they have been captured."""
    return {
        number: replay_outputs(
            each,
            policy,
            folder / f"expected-{number}",
            notices,
            (captured or {}).get(number) or [to_envelope("input", record) for record in each],
        )
        for number, each in by_partition(records).items()
    }


def replay_outputs(
    records: list[Record], policy: Policy | None, folder: Path, notices: str, lines: list[str]
) -> Outputs:
    folder.mkdir(parents=True, exist_ok=True)
    capture = folder / "capture.kcat"
    with capture.open("w", encoding="utf-8") as out:
        out.writelines(line + "\n" for line in lines)
    run_replay(capture, policy, folder / "out", notices)
    run_replay(capture, PASS_ALL, folder / "all", notices)
    letters = read_letters(records, folder / "out")
    originals = originals_by_line(records, {each.offset for each in letters}, folder / "all")
    return Outputs(
        [
            passed_of(line, originals)
            for line in lines_of(folder / "out/alerts.forwarded")
        ],
        [episode(line) for line in lines_of(folder / "out/throttle.episodes")],
        letters,
        read_notices(records, folder / "out"),
    )


def read_notices(records: list[Record], out: Path) -> Streams:
    originals = Originals(records)
    return {
        name: [originals.item(name, line) for line in lines_of(out / name)] for name in no_items()
    }


def run_replay(capture: Path, policy: Policy | None, out: Path, notices: str) -> None:
    config = out.with_suffix(".config.json")
    config.write_text(json.dumps({"parties": PARTIES, "notices": notices}))
    arguments: list[str | Path] = ["replay", "--config", config, "--out", out]
    if policy is not None:
        path = out.with_suffix(".policy.json")
        path.write_text(json.dumps(policy))
        arguments += ["--policy", path]
    result = support.run([*arguments, capture], timeout=300)
    if result.code != support.DONE:
        raise AssertionError(f"the replay that says what to expect: {result.message}")


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines() if path.exists() else []


def read_letters(records: list[Record], out: Path) -> list[Letter]:
    values = {each.offset: each.value for each in records}
    letters = [json.loads(line) for line in lines_of(out / "dead.letter")]
    return [
        Letter(each["offset"], each["reason"], values[each["offset"]]) for each in letters
    ]


def originals_by_line(
    records: list[Record], dead: set[int], out: Path
) -> dict[bytes, list[Original]]:
    """Which records a replay writes as which line."""
    alerts = [each for each in records if each.offset not in dead and not is_other(each.value)]
    lines = lines_of(out / "alerts.forwarded")
    if len(lines) != len(alerts):
        raise AssertionError(f"{len(alerts)} alerts, of which a replay lets {len(lines)} pass")
    found: dict[bytes, list[Original]] = {}
    for line, each in zip(lines, alerts):
        found.setdefault(line, []).append(original_of(each))
    return found


def is_other(value: bytes | None) -> bool:
    if value is None or b'"type"' not in value:
        return False
    return json_object(value).get("type") in OTHER_TYPES


def passed_of(line: bytes, originals: Mapping[bytes, list[Original]]) -> Passed:
    copy = COPY_FIELDS.search(line)
    if copy is None:
        return Passed(tuple(originals[line]))
    alert = line[: copy.start()] + b"}"
    return Passed(tuple(originals[alert]), int(copy[1]), int(copy[2]))


# --------------------------------------------------------------------------------------------
# What was found.


def found_outputs(
    forwarded: Iterable[Record],
    episodes: Iterable[Record],
    letters: Iterable[Record],
    topic: str,
    notices: Mapping[str, Iterable[Record]] | None = None,
) -> dict[int, Outputs]:
    """From the records of the topics; `topic` is the input, where dead letters come from, and
    `notices` is by stream."""
    found: dict[int, Outputs] = {}
    for name, records in (notices or {}).items():
        for each in records:
            outputs = found.setdefault(each.partition, Outputs())
            assert outputs.notices is not None
            outputs.notices[name].append(found_item(each))
    for each in forwarded:
        found.setdefault(each.partition, Outputs()).forwarded.append(passed_record(each))
    for each in episodes:
        found.setdefault(each.partition, Outputs()).episodes.append(episode(each.value or b""))
    for each in letters:
        found.setdefault(each.partition, Outputs()).letters.append(letter_record(each, topic))
    return found


def passed_record(each: Record) -> Passed:
    sequence, count = each.header(SEQUENCE), each.header(COUNT)
    headers = tuple(one for one in each.headers if one[0] not in (SEQUENCE, COUNT))
    return Passed(
        (Original(each.key, each.value, headers),),
        None if sequence is None else int(sequence),
        None if count is None else int(count),
    )


def letter_record(each: Record, topic: str) -> Letter:
    fields = json.loads(each.value or b"")
    if (fields["topic"], fields["partition"]) != (topic, each.partition):
        raise AssertionError(f"{topic} [{each.partition}]: a dead letter from elsewhere: {fields}")
    return Letter(fields["offset"], fields["reason"], unpacked(fields.get("bytes", "")))


def first_difference(
    expected: Mapping[int, Outputs], found: Mapping[int, Outputs]
) -> str | None:
    """The first one in words, None if there is none."""
    for number in sorted({*expected, *found}):
        streams = found.get(number, Outputs()).streams()
        for name, wanted in expected.get(number, Outputs()).streams().items():
            difference = differing_item(wanted, streams[name])
            if difference is not None:
                return f"{name} [{number}]: {difference}"
    return None


def differing_item(expected: Sequence[Any], found: Sequence[Any]) -> str | None:
    at, shared = 0, min(len(expected), len(found))
    while at < shared and expected[at].fits(found[at]):
        at += 1
    if at == len(expected) == len(found):
        return None
    report = [f"record {at} differs ({len(expected)} expected, {len(found)} found)"]
    report += [f"    same: {each}" for each in found[max(0, at - CONTEXT) : at]]
    report += [f"expected: {each}" for each in expected[at : at + 1] or ["(the end)"]]
    report += [f"   found: {each}" for each in found[at : at + 1] or ["(the end)"]]
    report += diagnosis(expected, found, at)
    return "\n".join(report)


def diagnosis(expected: Sequence[Any], found: Sequence[Any], at: int) -> list[str]:
    """What became of the two items that differ."""
    report = []
    if at < len(expected):
        later = next((i for i in range(at, len(found)) if expected[at].fits(found[i])), None)
        report.append("what was expected " + ("is lost" if later is None else f"comes at {later}"))
    if at < len(found):
        before = next((i for i in range(at) if expected[i].fits(found[at])), None)
        after = next((i for i in range(at, len(expected)) if expected[i].fits(found[at])), None)
        place = after if before is None else before
        report.append(
            "what was found "
            + ("belongs nowhere" if place is None else f"belongs at {place}")
            + (": it stands there already" if before is not None else "")
        )
    return report
