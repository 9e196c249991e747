"""Records about devices and service requests, made up so that things meet: few devices, requests
with responses and outcomes that come early, late, twice or never, pending devices whose time comes
while the stream goes on. All that is left to chance comes from one generator.

    python3 tests/integration/system_records.py SEED

prints some of this time, one a line: key, tab, value.
"""

from __future__ import annotations

import calendar
import collections
import json
import random
import sys
import time
from datetime import datetime, timezone
from typing import Any

from records import Record, record

OPERATORS = ("90-B3-D5-1F-30-02-00-00", "90-B3-D5-1F-30-02-00-01")
SUPPLIER, AGENT, USER, STRANGER = (f"90-B3-D5-1F-30-02-00-0{n}" for n in range(2, 6))
PARTIES: list[dict[str, Any]] = [
    {"id": OPERATORS[0], "role": "ED", "name": "One Networks", "distributors": ["14"]},
    {"id": OPERATORS[1], "role": "ED", "name": "Two Networks", "distributors": ["19", "20"]},
    {"id": SUPPLIER, "role": "IS", "name": "Supplier"},
    {"id": AGENT, "role": "RSA", "name": "Agent"},
    {"id": USER, "role": "OU", "name": "Other User"},
]

DEVICES = 12  # of each partition
FIRST = 1_000  # their numbers begin behind those of devices that raise alerts
RECENT = 40  # requests of a partition that messages may still be about
PENDING_MONTHS = 36
PRINTED = 1_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000  # milliseconds
SWITCHING = ("6.14.1", "6.14.2", "6.14.3", "7.9", "7.10", "8.7.1", "8.8.1")
GOVERNED = ("6.13", "7.7", "8.14.3", "8.14.4")
OTHERS = ("1.1.1", "4.1.1", "6.7")
GAS_FLOW = ("0.0000", "6.5535", "6.5536", "1.23456", 0, 65535, 65536)


def months_before(when: int, months: int) -> int:
    """So many calendar months, UTC; the last day of a month that has not so many."""
    moment = datetime.fromtimestamp(when // 1000, timezone.utc)
    index = moment.year * 12 + moment.month - 1 - months
    year, month = divmod(index, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    earlier = moment.replace(year=year, month=month + 1, day=day)
    return round(earlier.timestamp()) * 1000 + when % 1000


def as_text(when: int) -> str:
    seconds, rest = divmod(when, 1000)
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


class SystemRecords:
    def __init__(self, rng: Any, device_id: Any) -> None:
        """`device_id(partition, number)` names a device."""
        self.rng = rng
        self.device_id = device_id
        self.counter = 0
        self.recent: dict[int, collections.deque[dict[str, Any]]] = {}

    def next(self, partition: int, now: int) -> Record:
        make = self.rng.choice((self.device, self.request, self.request, self.response,
                                self.response, self.outcome))  # fmt: skip
        device, fields = make(partition, now)
        value = json.dumps(fields, separators=(",", ":")).encode()
        return record(value, device.encode(), partition, now)

    def some_device(self, partition: int) -> str:
        return self.device_id(partition, FIRST + self.rng.randrange(DEVICES))

    def maybe(self, chance: float, **fields: Any) -> dict[str, Any]:
        return fields if self.rng.random() < chance else {}

    # -- inventory

    def device(self, partition: int, now: int) -> tuple[str, dict[str, Any]]:
        rng, name = self.rng, self.some_device(partition)
        fields: dict[str, Any] = {
            "type": "device",
            "device": name,
            "device_type": rng.choice(("ESME", "ESME", "ESME", "HCALCS", "GSME", "CHF")),
            "status": rng.choice(("Pending", "Pending", "Commissioned", "Suspended")),
        }
        fields |= self.maybe(0.05, removed=True)
        # Its time is over soon, or is over already.
        over = now + rng.randrange(-HOUR, 2 * HOUR)
        fields |= self.maybe(0.7, added=as_text(months_before(over, PENDING_MONTHS)))
        fields |= self.maybe(0.7, added_by=rng.choice((SUPPLIER, AGENT)))
        digits = rng.choice(("14", "14", "19", "20", "33"))
        fields |= self.maybe(0.8, mpxn=[f"{digits}{rng.randrange(10**11):011d}"])
        fields |= self.maybe(0.2, network_operator=rng.choice((*OPERATORS, STRANGER)))
        fields |= self.maybe(0.7, supplier=rng.choice((SUPPLIER, SUPPLIER, STRANGER)))
        fields |= self.maybe(0.7, supplier_agent=AGENT)
        fields |= self.maybe(0.7, gbcs_version="4.0", variant=rng.choice(("A", "B", "<&>")))
        return name, fields

    # -- service requests

    def new_id(self, device: str) -> str:
        self.counter += 1
        party = self.rng.choice((*OPERATORS, *OPERATORS, SUPPLIER, AGENT, AGENT, USER, STRANGER))
        return f"{party}:{device}:{self.counter}"

    def request(self, partition: int, now: int) -> tuple[str, dict[str, Any]]:
        rng, name = self.rng, self.some_device(partition)
        srv = rng.choice(rng.choice((SWITCHING, SWITCHING, GOVERNED, GOVERNED, OTHERS)))
        fields: dict[str, Any] = {"type": "request", "request_id": self.new_id(name), "srv": srv}
        fields |= self.maybe(0.3, role=rng.choice(("IS", "ED", "RSA", "OU")))
        fields |= self.maybe(0.3, supplier=rng.choice((SUPPLIER, STRANGER)))
        if srv in SWITCHING:
            # Some expire, two days after that, while the stream goes on.
            execute_at = now + rng.choice((-2 * DAY, 0)) + rng.randrange(-HOUR, 2 * HOUR)
            fields |= self.maybe(0.6, execute_at=as_text(execute_at))
            fields |= self.maybe(0.3, instructions=rng.randrange(1, 4))
        if srv == "6.7":
            fields["gas_flow_rate"] = rng.choice(GAS_FLOW)
        self.of(partition).append(fields)
        return name, fields

    def of(self, partition: int) -> collections.deque[dict[str, Any]]:
        return self.recent.setdefault(partition, collections.deque(maxlen=RECENT))

    def asked(self, partition: int) -> tuple[str, str, str]:
        """A request, mostly one that was seen: its id, its SRV, its device."""
        seen = self.of(partition)
        if seen and self.rng.random() < 0.85:
            fields = self.rng.choice(seen)
            return fields["request_id"], fields["srv"], fields["request_id"].split(":")[1]
        name = self.some_device(partition)
        return self.new_id(name), self.rng.choice((*SWITCHING, *GOVERNED)), name

    def response(self, partition: int, now: int) -> tuple[str, dict[str, Any]]:
        request_id, srv, name = self.asked(partition)
        fields = {
            "type": "response",
            "request_id": request_id,
            "srv": srv,
            "response_code": self.rng.choice(("I0", "I0", "I0", "E57", "I99")),
        }
        return name, fields | self.maybe(0.2, payload="AAEC")

    def outcome(self, partition: int, now: int) -> tuple[str, dict[str, Any]]:
        request_id, srv, name = self.asked(partition)
        fields: dict[str, Any] = {
            "type": "outcome",
            "request_id": request_id,
            "code": self.rng.choice(("8F66", "8F66", "8F67")),
        }
        fields |= self.maybe(0.5, srv=srv)
        fields |= self.maybe(0.6, instruction=self.rng.randrange(1, 4))
        return name, fields | self.maybe(0.2, instructions=self.rng.randrange(1, 4))


def main() -> None:
    def device_id(partition: int, number: int) -> str:
        digits = f"{0x00DB_0001_0000_0000 + (partition << 16) + number:016X}"
        return "-".join(digits[at : at + 2] for at in range(0, 16, 2))

    made = SystemRecords(random.Random(sys.argv[1]), device_id)
    now = round(time.time() * 1000)
    for number in range(PRINTED):
        each = made.next(number % 4, now)
        print((each.key or b"").decode(), (each.value or b"").decode(), sep="\t")


if __name__ == "__main__":
    main()
