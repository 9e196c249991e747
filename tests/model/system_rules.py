"""The dated rules of the model, with their defaults: tables, and functions without state."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from model import EPOCH, parse_time

DAY = 86_400_000
ALWAYS = -1  # before any time there is
RELEASE = parse_time("2019-11-29T00:00:00Z")
MP120 = parse_time("2020-11-29T00:00:00Z")

IN_NETWORK = "in_network"
AGENT = "agent_of_supplier"


@dataclass(frozen=True)
class Eligibility:
    srv: str
    role: str
    condition: str | None
    since: int


def eligibilities(srvs: str, roles: str, condition: str | None, since: int) -> list[Eligibility]:
    return [
        Eligibility(srv, role, condition, since) for srv in srvs.split() for role in roles.split()
    ]


DEFAULT_ELIGIBILITY = [
    *eligibilities("6.13", "IS GS GT RSA", None, ALWAYS),
    *eligibilities("6.13", "ED", IN_NETWORK, RELEASE),
    *eligibilities("7.7", "IS OU", None, ALWAYS),
    *eligibilities("7.7", "ED", IN_NETWORK, MP120),
    *eligibilities("8.14.3 8.14.4", "IS GS", None, ALWAYS),
    *eligibilities("8.14.3 8.14.4", "RSA", AGENT, RELEASE),
]


@dataclass(frozen=True)
class Trigger:
    """What a request of one SRV, or the alert, changes in load switching."""

    on: bool
    since: int
    instructions: int = 1
    command: int | None = None  # message code of the command
    device_type: str | None = None


DEFAULT_TRIGGERS = {
    "6.14.1": Trigger(True, RELEASE, command=0x0053),
    "6.14.2": Trigger(True, RELEASE, instructions=2, command=0x0054),
    "6.14.3": Trigger(True, parse_time("2021-02-01T00:00:00Z"), command=0x011A),
    "7.9": Trigger(True, RELEASE),
    "7.10": Trigger(True, RELEASE),
    "8.7.1": Trigger(True, RELEASE, device_type="HCALCS"),
    "8.8.1": Trigger(True, RELEASE, device_type="HCALCS"),
}
DEFAULT_ALERT_TRIGGER = Trigger(False, RELEASE)
DEFAULT_PENDING_MONTHS = [(ALWAYS, 12), (RELEASE, 36)]  # from when on, how many


@dataclass(frozen=True)
class Party:
    id: str
    role: str
    distributors: tuple[str, ...] = ()


@dataclass
class Rules:
    parties: list[Party] = field(default_factory=list)
    eligibility: list[Eligibility] = field(default_factory=lambda: list(DEFAULT_ELIGIBILITY))
    triggers: dict[str, Trigger] = field(default_factory=lambda: dict(DEFAULT_TRIGGERS))
    alert_trigger: Trigger = DEFAULT_ALERT_TRIGGER
    pending: list[tuple[int, int]] = field(default_factory=lambda: list(DEFAULT_PENDING_MONTHS))
    decimal_rate_since: int = RELEASE
    removes: bool = True
    tells_removal: bool = True
    max_ahead: int = DAY
    duplicate_window: int = DAY // 24

    def role_of(self, party: str) -> str | None:
        return next((each.role for each in self.parties if each.id == party), None)

    def is_operator(self, party: str) -> bool:
        return self.role_of(party) == "ED"

    def operator_of_mpan(self, mpan: str) -> str | None:
        if len(mpan) != 13 or not (mpan.isascii() and mpan.isdigit()):
            return None
        for party in self.parties:
            if party.role == "ED" and mpan[:2] in party.distributors:
                return party.id
        return None

    def trigger(self, srv: str | None) -> Trigger | None:
        """Of an SRV that is in the table and on."""
        found = None if srv is None else self.triggers.get(srv)
        return found if found is not None and found.on else None

    def srv_of_command(self, command: int | None) -> str | None:
        for srv, trigger in self.triggers.items():
            if command is not None and trigger.command == command:
                return srv
        return None

    def in_force(self, srv: str, role: str | None, now: int) -> Eligibility | None:
        found = [
            each
            for each in self.eligibility
            if each.srv == srv and each.role == role and each.since <= now
        ]
        return max(found, key=lambda each: each.since, default=None)

    def governs(self, srv: str) -> bool:
        return any(each.srv == srv for each in self.eligibility)


def parties_of(document: Iterable[dict[str, Any]]) -> list[Party]:
    return [
        Party(each["id"], each["role"], tuple(each.get("distributors", ()))) for each in document
    ]


# --------------------------------------------------------------------------------------------
# Calendar months.


def add_months(time: int, months: int) -> int:
    """The same day and time of day so many months later, or the month's last day."""
    moment = EPOCH + timedelta(milliseconds=time)
    month = moment.month - 1 + months
    year, month = moment.year + month // 12, month % 12 + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    later = moment.replace(year=year, month=month, day=day)
    return (later - EPOCH) // timedelta(milliseconds=1)


def removal_time(added: int, now: int, pending: list[tuple[int, int]]) -> int | None:
    """When a device that is pending at `now` is to be removed; before `now`, if it is late."""
    for index, (since, months) in enumerate(pending):
        last = index + 1 == len(pending)
        until = None if last else pending[index + 1][0]
        if until is not None and until <= now:
            continue  # this period is over
        due = max(since, add_months(added, months))
        if until is None or due < until:
            return due
    return None


# --------------------------------------------------------------------------------------------
# Gas flow rate.


def rate_in_range(rate: str | int, now: int, decimal_since: int) -> bool:
    if isinstance(rate, int):
        return rate <= 65_535
    if now < decimal_since:
        return False
    value = Decimal(rate)
    return 0 <= value <= Decimal("6.5535") and value * 10_000 == int(value * 10_000)
