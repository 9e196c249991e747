"""What the streams about load switching, requests and inventory must hold: the notices that the
service writes, and what it hands on as it came.

A replay says them as lines of JSON, or as DUIS documents; a topic has a notice in the same bytes,
its device as the key and the rest in headers, and what is handed on in its own bytes, with headers
behind its own. So each is made of both, and compared.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from records import Headers, Record, json_object
from system_records import OPERATORS

STREAMS = ("requests.accepted", "requests.rejected", "inventory.removed", "enp.unrouted",
           *(f"enp.{each}" for each in OPERATORS))  # fmt: skip
ADDED = ("decision", "reason")  # headers that the service adds to what it hands on
# Headers of N58, and the fields of its JSON that they say.
SAID = (("mpan", "mpan"), ("srv", "srv"), ("alert", "alert"), ("changed-at", "changed_at"),
        ("request-id", "request_id"), ("reason", "reason"))  # fmt: skip
RESPONSE_ID = re.compile(rb"<[^>]*ResponseID[^>]*>([^<]*)<")
SHOWN = 600  # characters of an item


class Original(NamedTuple):
    """What a message that is handed on keeps of its record."""

    key: bytes | None
    value: bytes | None
    headers: Headers = ()


def original_of(each: Record) -> Original:
    return Original(each.key, each.value, each.headers)


@dataclass(frozen=True)
class Handed:
    """A judged request or a routed response. Several records may be about the same."""

    originals: frozenset[Original]
    added: Headers

    def fits(self, other: Any) -> bool:
        return (
            isinstance(other, Handed)
            and self.added == other.added
            and not self.originals.isdisjoint(other.originals)
        )

    def __str__(self) -> str:
        return f"{next(iter(self.originals), None)}{self.added}"[:SHOWN]


@dataclass(frozen=True)
class Written:
    """N58, or a removal. A document does not say all of key and headers: those are None then."""

    value: bytes
    key: bytes | None
    headers: Headers | None

    def fits(self, other: Any) -> bool:
        return (
            isinstance(other, Written)
            and self.value == other.value
            and (None in (self.key, other.key) or self.key == other.key)
            and (None in (self.headers, other.headers) or self.headers == other.headers)
        )

    def __str__(self) -> str:
        return f"{self.key!r}: {self.value.decode()}{self.headers or ''}"[:SHOWN]

    def counter(self) -> int:
        """Of its ResponseID."""
        if not self.value.startswith(b"<"):
            return int(json.loads(self.value)["counter"])
        found = RESPONSE_ID.search(self.value)
        assert found is not None, f"no ResponseID in {self}"
        return int(found[1].rpartition(b":")[2])


Item = Handed | Written
Streams = dict[str, list[Item]]


def no_items() -> Streams:
    return {name: [] for name in STREAMS}


# --------------------------------------------------------------------------------------------
# What a replay says.

Key = tuple[Any, ...]


def key_of(fields: Mapping[str, Any]) -> Key | None:
    """What tells requests and responses apart."""
    kind = fields.get("type")
    if kind not in ("request", "response"):
        return None
    return kind, fields.get("request_id"), fields.get("srv"), fields.get("response_code")


class Originals:
    """The requests and responses of an input."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.found: dict[Key, set[Original]] = {}
        for each in records:
            if each.value is not None and b'"request_id"' in each.value:
                key = key_of(json_object(each.value))
                if key is not None:
                    self.found.setdefault(key, set()).add(original_of(each))

    def item(self, stream: str, line: bytes) -> Item:
        if line.startswith(b"<"):
            return Written(line, None, None)
        fields = json.loads(line)
        key = key_of(fields)
        if key is not None:
            added = tuple((name, fields[name].encode()) for name in ADDED if name in fields)
            return Handed(frozenset(self.found.get(key, ())), added)
        headers = () if stream == "inventory.removed" else said_in_headers(fields)
        return Written(line, fields["device"].encode(), headers)


def said_in_headers(fields: Mapping[str, Any]) -> Headers:
    return tuple((header, fields[name].encode()) for header, name in SAID if name in fields)


# --------------------------------------------------------------------------------------------
# What is found in topics.


def found_item(each: Record) -> Item:
    value = each.value or b""
    if not value.startswith(b"<") and key_of(json_object(value)) is not None:
        own = tuple(one for one in each.headers if one[0] not in ADDED)
        added = tuple(one for one in each.headers if one[0] in ADDED)
        return Handed(frozenset([Original(each.key, each.value, own)]), added)
    return Written(value, each.key, each.headers)


def counters_of(items: Iterable[Item]) -> Iterator[int]:
    for each in items:
        if isinstance(each, Written):
            yield each.counter()


def repeated(counters: Sequence[int]) -> set[int]:
    return {each for each, times in Counter(counters).items() if times > 1}
