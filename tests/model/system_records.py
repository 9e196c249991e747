"""The records of a log, read for the model of what is not throttling.

A line is a JSON record, a GBCS message in hexadecimal (with its time before a tab), a DUIS
document with an outcome, or a kcat envelope around one of these. What cannot be decoded raises
`model.Undecodable`.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any

import duis_outcome
import gbcs_outcome
from model import (
    MAX_COUNTER,
    Alert,
    Undecodable,
    decode_alert,
    format_time,
    optional,
    parse_counter,
    parse_id,
    parse_payload,
    parse_time,
)

Fields = dict[str, Any]

ROLES = ("IS", "GS", "ES", "ED", "GT", "RSA", "OU")
DECIMAL_FORM = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)
MAX_INSTRUCTIONS = 2**32 - 1


@dataclass(frozen=True)
class RequestId:
    party: str
    device: str
    counter: int

    def text(self) -> str:
        return f"{self.party}:{self.device}:{self.counter}"

    def order(self) -> tuple[str, str, int]:
        return (self.device, self.party, self.counter)


@dataclass(frozen=True)
class Device:
    device: str
    at: int | None
    device_type: str
    status: str
    removed: bool
    status_since: int | None
    added: int | None
    added_by: str | None
    mpxn: tuple[str, ...]
    network_operator: str | None
    supplier: str | None
    supplier_agent: str | None
    gbcs_version: str | None
    variant: str | None


@dataclass(frozen=True)
class Request:
    id: RequestId
    at: int | None
    about: str | None  # the device, where that is not the one in the id
    srv: str
    role: str | None
    supplier: str | None
    execute_at: int | None
    instructions: int | None
    gas_flow_rate: str | int | None

    @property
    def device(self) -> str:
        return self.about or self.id.device

    def identity(self) -> tuple[Any, ...]:
        rate = self.gas_flow_rate
        return (
            "request",
            self.id,
            self.about,
            self.srv,
            self.role,
            self.supplier,
            self.execute_at,
            self.instructions,
            type(rate).__name__,
            rate,
        )


@dataclass(frozen=True)
class Response:
    id: RequestId
    at: int | None
    srv: str
    code: str
    payload: bytes | None

    @property
    def device(self) -> str:
        return self.id.device

    def identity(self) -> tuple[Any, ...]:
        return ("response", self.id, self.srv, self.code, self.payload)


@dataclass(frozen=True)
class Outcome:
    """What became of one instruction: a record, or read from the payload of an alert."""

    id: RequestId
    at: int | None
    code: str
    srv: str | None
    number: int | None = None
    total: int | None = None
    content: bytes | None = None  # what was to be changed
    command: int | None = None  # message code of the command
    payload: bytes | None = None

    @property
    def device(self) -> str:
        return self.id.device

    def identity(self) -> tuple[Any, ...]:
        says = (self.code, self.srv, self.number, self.total, self.payload)
        return ("outcome", self.id, *says)


Record = Alert | Device | Request | Response | Outcome


# --------------------------------------------------------------------------------------------
# Fields.


def parse_text(value: Any) -> str:
    if not isinstance(value, str):
        raise Undecodable("bad_field")
    return value


def parse_role(value: Any) -> str:
    if value not in ROLES:
        raise Undecodable("bad_field")
    return str(value)


def parse_number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_INSTRUCTIONS:
        raise Undecodable("bad_field")
    return value


def parse_request_id(value: Any) -> RequestId:
    parts = parse_text(value).split(":")
    if len(parts) != 3:
        raise Undecodable("bad_field")
    return RequestId(parse_id(parts[0]), parse_id(parts[1]), int(parse_counter(parts[2])))


def parse_rate(value: Any) -> str | int:
    """A text is a decimal number by XML Schema, a number the older integer."""
    if isinstance(value, str) and DECIMAL_FORM.fullmatch(value):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNTER:
        return value
    raise Undecodable("bad_field")


def parse_mpxn(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > 8:
        raise Undecodable("bad_field")
    if not all(isinstance(each, str) and 1 <= len(each) <= 13 for each in value):
        raise Undecodable("bad_field")
    return tuple(value)


def parse_outcome_code(value: Any) -> str:
    code = parse_text(value).upper().removeprefix("0X")
    if code not in ("8F66", "8F67"):
        raise Undecodable("bad_code")
    return code


def required(fields: Fields, name: str, parse: Any) -> Any:
    if name not in fields:
        raise Undecodable("missing_field")
    return parse(fields[name])


# --------------------------------------------------------------------------------------------
# Records.


def device_of(fields: Fields, at: int | None) -> Device:
    return Device(
        device=required(fields, "device", parse_id),
        at=at,
        device_type=required(fields, "device_type", parse_text),
        status=required(fields, "status", parse_text),
        removed=fields.get("removed", False) is True,
        status_since=optional(fields, "status_since", parse_time),
        added=optional(fields, "added", parse_time),
        added_by=optional(fields, "added_by", parse_id),
        mpxn=optional(fields, "mpxn", parse_mpxn) or (),
        network_operator=optional(fields, "network_operator", parse_id),
        supplier=optional(fields, "supplier", parse_id),
        supplier_agent=optional(fields, "supplier_agent", parse_id),
        gbcs_version=optional(fields, "gbcs_version", parse_text),
        variant=optional(fields, "variant", parse_text),
    )


def request_of(fields: Fields, at: int | None) -> Request:
    id = required(fields, "request_id", parse_request_id)
    about = optional(fields, "device", parse_id)
    return Request(
        id=id,
        at=at,
        about=None if about == id.device else about,
        srv=required(fields, "srv", parse_text),
        role=optional(fields, "role", parse_role),
        supplier=optional(fields, "supplier", parse_id),
        execute_at=optional(fields, "execute_at", parse_time),
        instructions=optional(fields, "instructions", parse_number),
        gas_flow_rate=optional(fields, "gas_flow_rate", parse_rate),
    )


def response_of(fields: Fields, at: int | None) -> Response:
    return Response(
        id=required(fields, "request_id", parse_request_id),
        at=at,
        srv=required(fields, "srv", parse_text),
        code=required(fields, "response_code", parse_text),
        payload=optional(fields, "payload", parse_payload),
    )


def outcome_of(fields: Fields, at: int | None) -> Outcome:
    return Outcome(
        id=required(fields, "request_id", parse_request_id),
        at=at,
        code=required(fields, "code", parse_outcome_code),
        srv=optional(fields, "srv", parse_text),
        number=optional(fields, "instruction", parse_number),
        total=optional(fields, "instructions", parse_number),
    )


READERS = {
    "device": device_of,
    "request": request_of,
    "response": response_of,
    "outcome": outcome_of,
}


def outcome_in(alert: Alert) -> Outcome | None:
    """The outcome that a device alert carries in its payload, if it does."""
    if alert.code not in ("8F66", "8F67") or alert.payload is None:
        return None
    message = gbcs_outcome.decode(alert.payload)
    if message is None or alert.device is None or alert.recipient is None:
        return None
    return Outcome(
        id=RequestId(alert.recipient, alert.device, message.command_counter),
        at=alert.time(),
        code=alert.code,
        srv=None,
        content=message.content,
        command=message.command,
    )


# --------------------------------------------------------------------------------------------
# Lines.


UNNAMED = 65535  # the number of the partition of lines that do not say theirs


@dataclass(frozen=True)
class Read:
    """One line: where it is from and what it holds. No record: a dead letter, with the reason."""

    partition: int
    record: Record | None
    reason: str | None = None


def read(line: bytes) -> Read:
    if line.startswith(b'{"topic"'):
        envelope = json.loads(line)
        partition, payload = envelope["partition"], envelope["payload"].encode()
        return read_payload(partition, payload, envelope["ts"], envelope.get("key"))
    return read_payload(UNNAMED, line, None, None)


def read_payload(partition: int, text: bytes, ts: int | None, key: str | None) -> Read:
    """`ts` is the log's own time, which comes before any in the record."""
    try:
        record = decode(text, ts)
        if key is not None and parse_id(key) != record.device:
            raise Undecodable("key_mismatch")
    except Undecodable as reason:
        return Read(partition, None, str(reason))
    return Read(partition, record)


def decode(text: bytes, ts: int | None) -> Record:
    if text.startswith(b"<"):
        return document_of(text, ts)
    if not text.startswith(b"{"):
        return message_of(text, ts)
    fields = {name: value for name, value in json.loads(text).items() if value is not None}
    at = optional(fields, "received", parse_time) if ts is None else ts
    kind = fields.get("type", "alert")
    if kind == "alert":
        return timed_alert(fields, at)
    if kind not in READERS:
        raise Undecodable("unknown_type")
    return READERS[kind](fields, at)


def timed_alert(fields: Fields, at: int | None) -> Alert:
    rest = {name: value for name, value in fields.items() if name != "received"}
    if at is not None:
        rest["received"] = format_time(at)
    return decode_alert(rest)


def document_of(text: bytes, ts: int | None) -> Outcome:
    document, time = duis_outcome.decode(text)
    message = gbcs_outcome.decode(document.payload)
    return Outcome(
        id=parse_request_id(document.request_id),
        at=parse_time(time) if ts is None else ts,
        code=document.code,
        srv=document.srv,
        number=document.number,
        total=document.total,
        content=None if message is None else message.content,
        command=None if message is None else message.command,
        payload=document.payload,
    )


def message_of(text: bytes, ts: int | None) -> Alert:
    time, tab, digits = text.partition(b"\t")
    raw = bytes.fromhex((digits if tab else time).decode())
    message = gbcs_outcome.decode(raw)
    if message is None:
        raise Undecodable("bad_gbcs")
    received = parse_time(time.decode()) if tab else None
    return Alert(
        device=message.device,
        code=message.code,
        recipient=message.recipient,
        counter=str(message.counter),
        received=received if ts is None else ts,
        device_time=message.device_time,
        payload=raw,
    )


def as_base64(payload: bytes | None) -> str | None:
    return None if payload is None else base64.b64encode(payload).decode()
