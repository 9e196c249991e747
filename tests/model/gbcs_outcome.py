"""Future-dated outcomes as a meter sends them: GBCS messages 00CC (DLMS) and 00CD (GBZ).

Only as much of GBCS as these two need, written from the description of the layout: enough to
make such messages for a scenario and to read them back for the model.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DLMS_OUTCOME = 0x00CC
GBZ_OUTCOME = 0x00CD
GBZ_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SIGNATURE_BYTES = 64


@dataclass(frozen=True)
class Message:
    """A device alert of one of the two messages. Ids are EUI-64s as text with dashes."""

    device: str
    recipient: str
    counter: int
    code: str
    device_time: int  # milliseconds; the message holds whole seconds
    command: int  # message code of the command whose outcome this is
    command_counter: int
    content: bytes  # what was to be changed: 9 bytes in DLMS, 4 in GBZ


def eui_bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("-", ""))


def eui_text(raw: bytes) -> str:
    return raw.hex("-").upper()


def moment_of(ms: int) -> datetime:
    return EPOCH + timedelta(seconds=ms // 1000)


def encode(message: Message) -> bytes:
    """A signed message; the signature is none."""
    if len(message.content) == 9:
        payload, kind = dlms_payload(message), DLMS_OUTCOME
    else:
        payload, kind = gbz_payload(message), GBZ_OUTCOME
    head = b"\xdf\x09\x03" + struct.pack(">Q", message.counter)
    head += b"\x08" + eui_bytes(message.device) + b"\x08" + eui_bytes(message.recipient)
    head += b"\x00\x02" + struct.pack(">HB", kind, len(payload))
    return head + payload + b"\x40" + bytes(SIGNATURE_BYTES)


def command_bytes(message: Message) -> bytes:
    return struct.pack(">HQ", message.command, message.command_counter) + message.content


def dlms_payload(message: Message) -> bytes:
    at = moment_of(message.device_time)
    head = b"\x0f\x20" + struct.pack(">Q", message.counter)[-3:] + b"\x00\x02\x03"
    time = struct.pack(">HBBBBBB", at.year, at.month, at.day, 0xFF, at.hour, at.minute, at.second)
    time += b"\x00\x80\x00\xff"
    code = b"\x12" + bytes.fromhex(message.code)
    return head + code + b"\x09\x0c" + time + b"\x09\x13" + command_bytes(message)


def gbz_payload(message: Message) -> bytes:
    seconds = int((moment_of(message.device_time) - GBZ_EPOCH).total_seconds())
    head = b"\x01\x09\x01" + bytes.fromhex(message.code) + struct.pack(">I", seconds)
    return head + b"\x0e" + command_bytes(message)


def decode(raw: bytes) -> Message | None:
    """The message, if it is one that `encode` could have made."""
    if len(raw) < 34 or raw[:3] != b"\xdf\x09\x03" or raw[29:31] != b"\x00\x02":
        return None
    kind, length = struct.unpack(">HB", raw[31:34])
    payload = raw[34 : 34 + length]
    if kind == DLMS_OUTCOME and len(payload) == 46:
        code, time, body = payload[9:11], dlms_time(payload[13:25]), payload[27:]
    elif kind == GBZ_OUTCOME and len(payload) == 24:
        code, time, body = payload[3:5], gbz_time(payload[5:9]), payload[10:]
    else:
        return None
    command, counter = struct.unpack(">HQ", body[:10])
    return Message(
        device=eui_text(raw[12:20]),
        recipient=eui_text(raw[21:29]),
        counter=struct.unpack(">Q", raw[3:11])[0],
        code=code.hex().upper(),
        device_time=time,
        command=command,
        command_counter=counter,
        content=body[10:],
    )


def milliseconds(moment: datetime) -> int:
    return int((moment - EPOCH).total_seconds()) * 1000


def dlms_time(raw: bytes) -> int:
    year, month, day, _, hour, minute, second = struct.unpack(">HBBBBBB", raw[:8])
    return milliseconds(datetime(year, month, day, hour, minute, second, tzinfo=UTC))


def gbz_time(raw: bytes) -> int:
    return milliseconds(GBZ_EPOCH + timedelta(seconds=struct.unpack(">I", raw)[0]))
