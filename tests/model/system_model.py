"""A naive model of load switching, service requests, inventory and gas flow.

It answers one question: given a log, the parties and the rules, what stands in the streams
`enp.*`, `requests.*` and `inventory.removed`? It was written from the text of the rules alone and
shares nothing with the engine. Slow and plain on purpose, as the model of throttling beside it.

    python3 system_model.py --parties FILE.json CAPTURE

prints the streams as one JSON object. FILE.json holds `{"parties": [...]}`.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from model import Alert, StreamClock, format_time, lines_of
from system_records import (
    Device,
    Fields,
    Outcome,
    Record,
    Request,
    RequestId,
    Response,
    as_base64,
    outcome_in,
    read,
)
from system_rules import (
    AGENT,
    DAY,
    IN_NETWORK,
    Party,
    Rules,
    Trigger,
    parties_of,
    rate_in_range,
    removal_time,
)

OUTCOMES_LAST = 2 * DAY  # how long an open request waits
REMEMBERED = 30 * DAY
HISTORY = 8
DATED_BY_DCC = ("7.9", "7.10")  # future-dated ones are held by the DCC, not by the meter


def present(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if value is not None}


def time_text(time: int | None) -> str | None:
    return None if time is None else format_time(time)


@dataclass
class Known:
    """What the inventory knows of a device."""

    record: Device
    added: int | None
    added_by: str | None
    status_since: int | None
    history: list[tuple[str, int | None]]
    removal: int | None = None  # when it is removed, if it is to be


@dataclass
class Instruction:
    outcome: Outcome
    at: int


@dataclass
class OpenRequest:
    srv: str
    seen: bool = False
    execute_at: int | None = None
    instructions: int | None = None  # as the request says
    total: int | None = None  # as an outcome says
    found: list[Instruction] = field(default_factory=list)  # the outcomes that count

    def due(self) -> int:
        if self.found:
            return self.found[0].at + OUTCOMES_LAST
        assert self.execute_at is not None
        return self.execute_at + OUTCOMES_LAST

    def expected(self, trigger: Trigger | None) -> int:
        return self.total or self.instructions or (trigger.instructions if trigger else 1)

    def has(self, outcome: Outcome) -> bool:
        return any(same_instruction(each.outcome, outcome) for each in self.found)

    def changed_at(self) -> int | None:
        return max((each.at for each in self.found if each.outcome.code == "8F66"), default=None)


def same_instruction(one: Outcome, other: Outcome) -> bool:
    if one.number is not None and other.number is not None:
        return one.number == other.number
    return one.content is not None and one.content == other.content


@dataclass
class Rate:
    """The gas flow rate of a device, in ten-thousandths."""

    value: int
    asked: RequestId
    at: int | None
    confirmed: bool = False


class Partition:
    """One partition. Records go in by `feed`; what follows from them is added to `streams`."""

    def __init__(self, number: int, rules: Rules, streams: dict[str, list[Fields]]) -> None:
        self.number = number
        self.rules = rules
        self.streams = streams
        self.clock = StreamClock(rules.max_ahead)
        self.first_seen: dict[tuple[Any, ...], int] = {}
        self.sequence = 0
        self.devices: dict[str, Known] = {}
        self.open: dict[RequestId, OpenRequest] = {}
        self.done: dict[Any, int] = {}  # when
        self.rates: dict[str, Rate] = {}
        self.duplicates = 0

    # -- one record

    def feed(self, record: Record) -> None:
        time = record.time() if isinstance(record, Alert) else record.at
        self.clock.take(record.device, time)
        now = self.clock.now
        if now is not None:
            self._advance(now)
        if self._is_duplicate(record, now):
            self.duplicates += 1
            return
        if isinstance(record, Device):
            self._take_device(record, now)
            return
        if now is None:
            raise ValueError("a record before any time is known: the rules do not say what follows")
        if isinstance(record, Request):
            self._take_request(record, now)
        elif isinstance(record, Response):
            self._take_response(record, now)
        elif isinstance(record, Outcome):
            self._take_outcome(record, now)
        else:
            self._take_alert(record, now)

    def _is_duplicate(self, record: Record, now: int | None) -> bool:
        if isinstance(record, Device) or now is None:
            return False
        identity = record.identity()
        if identity is None:
            return False
        seen = self.first_seen.get(identity)
        if seen is not None and now - seen < self.rules.duplicate_window:
            return True
        self.first_seen[identity] = now
        return False

    # -- what time brings

    def _advance(self, now: int) -> None:
        while True:
            due = [(each.due(), 0, *id.order(), id) for id, each in self.open.items()]
            due += [
                (each.removal, 1, device, "", 0, device)  # type: ignore[misc]
                for device, each in self.devices.items()
                if each.removal is not None
            ]
            if not due:
                return
            at, kind, *_, subject = min(due, key=lambda each: each[:-1])
            if at > now:
                return
            if kind == 0:
                self._request_due(subject, at)
            else:
                self._remove(subject, at)

    def _request_due(self, id: RequestId, at: int) -> None:
        if self.open[id].found:
            self._settle(id, at)
        else:
            del self.open[id]

    # -- inventory

    def _take_device(self, record: Device, now: int | None) -> None:
        if record.removed:
            self.devices.pop(record.device, None)
            return
        own = now if record.at is None or now is None else min(record.at, now)
        old = self.devices.get(record.device)
        known = Known(
            record,
            added=first(record.added, old and old.added, own),
            added_by=first(record.added_by, old and old.added_by),
            status_since=first(record.status_since, same_status_since(old, record), own),
            history=history_with(old, record),
        )
        self.devices[record.device] = known
        self._schedule_removal(known, now)

    def _schedule_removal(self, known: Known, now: int | None) -> None:
        pending = known.record.status == "Pending" and known.added is not None
        if not pending or now is None or not self.rules.removes:
            return
        assert known.added is not None
        known.removal = removal_time(known.added, now, self.rules.pending)
        if known.removal is not None and known.removal <= now:
            self._remove(known.record.device, now)

    def _remove(self, device: str, at: int) -> None:
        known = self.devices.pop(device)
        if not self.rules.tells_removal:
            return
        notice = {
            "device": device,
            "code": "N8",
            "recipient": known.added_by,
            "counter": self._next_counter(),
            "received": format_time(at),
            "device_type": known.record.device_type,
            "added": time_text(known.added),
            "added_by": known.added_by,
        }
        self._write("inventory.removed", notice)

    def _operator_of(self, device: str) -> str | None:
        known = self.devices.get(device)
        if known is None:
            return None
        if known.record.network_operator is not None:
            return known.record.network_operator
        mpxn = known.record.mpxn
        return self.rules.operator_of_mpan(mpxn[0]) if mpxn else None

    # -- service requests

    def _take_request(self, request: Request, now: int) -> None:
        role = self.rules.role_of(request.id.party) or request.role
        reason = self._decide(request, role, now)
        accepted = reason in ("eligible", "not_governed")
        fields = {
            "type": "request",
            "request_id": request.id.text(),
            "device": request.about,
            "srv": request.srv,
            "role": role,
            "supplier": request.supplier,
            "execute_at": time_text(request.execute_at),
            "instructions": request.instructions,
            "gas_flow_rate": request.gas_flow_rate,
            "received": time_text(request.at),
            "decision": "accepted" if accepted else "rejected",
            "reason": reason,
        }
        self._write("requests.accepted" if accepted else "requests.rejected", fields)
        if accepted:
            self._keep_rate(request)
            self._open_by_request(request, now)

    def _decide(self, request: Request, role: str | None, now: int) -> str:
        reason = self._eligibility(request, role, now)
        rate, since = request.gas_flow_rate, self.rules.decimal_rate_since
        if reason in ("eligible", "not_governed") and rate is not None:
            return reason if rate_in_range(rate, now, since) else "value_out_of_range"
        return reason

    def _eligibility(self, request: Request, role: str | None, now: int) -> str:
        if not self.rules.governs(request.srv):
            return "not_governed"
        rule = self.rules.in_force(request.srv, role, now)
        if rule is None:
            return "role_not_eligible"
        if rule.condition is None:
            return "eligible"
        known = self.devices.get(request.device)
        if known is None:
            return "device_unknown"
        if rule.condition == IN_NETWORK:
            in_network = self._operator_of(request.device) == request.id.party
            return "eligible" if in_network else "not_in_network"
        assert rule.condition == AGENT
        return "eligible" if is_agent(request, known.record) else "not_agent_of_supplier"

    def _keep_rate(self, request: Request) -> None:
        rate = request.gas_flow_rate
        if request.srv != "6.7" or rate is None:
            return
        value = rate if isinstance(rate, int) else int(Decimal(rate) * 10_000)
        self.rates[request.device] = Rate(value, request.id, request.at)

    # -- responses

    def _take_response(self, response: Response, now: int) -> None:
        if response.srv in ("6.13", "7.7"):
            self._answer_read(response, now)
        rate = self.rates.get(response.device)
        if rate is not None and rate.asked == response.id and response.code == "I0":
            rate.confirmed = True
        self._change_by_response(response, now)

    def _answer_read(self, response: Response, now: int) -> None:
        if self.rules.in_force(response.srv, "ED", now) is None:
            return
        party = response.id.party
        fields = {
            "type": "response",
            "request_id": response.id.text(),
            "srv": response.srv,
            "response_code": response.code,
            "received": time_text(response.at),
            "payload": as_base64(response.payload),
        }
        if self._operator_of(response.device) == party:
            reason = None if self.rules.is_operator(party) else "not_configured"
        elif self.rules.is_operator(party):
            known = response.device in self.devices
            reason = "not_in_network" if known else "device_unknown"
        else:
            return
        if reason is None:
            self._write(f"enp.{party}", fields)
        else:
            self._write("enp.unrouted", {**fields, "recipient": party, "reason": reason})

    # -- load switching

    def _is_done(self, id: Any, now: int) -> bool:
        return id in self.done and now < self.done[id] + REMEMBERED

    def _open_by_request(self, request: Request, now: int) -> None:
        if self._trigger(request.srv, request.id.device) is None or request.execute_at is None:
            return
        if self._is_done(request.id, now):
            return
        known = self.open.get(request.id)
        if known is None:
            if request.execute_at + OUTCOMES_LAST > now:
                self.open[request.id] = OpenRequest(
                    request.srv, True, request.execute_at, request.instructions
                )
        elif not known.seen:
            known.seen = True
            known.execute_at = request.execute_at
            known.instructions = request.instructions
            self._settle_if_complete(request.id, now)

    def _change_by_response(self, response: Response, now: int) -> None:
        trigger = self._trigger(response.srv, response.device)
        if trigger is None or response.code != "I0" or self._is_done(response.id, now):
            return
        known = self.open.get(response.id)
        if known is not None:
            dated = known.seen and known.execute_at is not None and known.execute_at <= now
            if known.srv not in DATED_BY_DCC or not dated:
                return
        self._change(response.id, known.srv if known else response.srv, trigger, now, now)

    def _trigger(self, srv: str | None, device: str) -> Trigger | None:
        """Of an SRV in the table that is on, and for a device of the type asked for."""
        trigger = self.rules.trigger(srv)
        if trigger is None or trigger.device_type is None:
            return trigger
        known = self.devices.get(device)
        fits = known is not None and known.record.device_type == trigger.device_type
        return trigger if fits else None

    def _take_outcome(self, outcome: Outcome, now: int) -> None:
        known = self.open.get(outcome.id)
        opened = known.srv if known is not None else None
        srv = outcome.srv or opened or self.rules.srv_of_command(outcome.command)
        if self._trigger(srv, outcome.device) is None or self._is_done(outcome.id, now):
            return
        assert srv is not None
        if known is None:
            known = self.open[outcome.id] = OpenRequest(srv)
        known.total = known.total or outcome.total  # whoever says it first, counted or not
        if known.has(outcome):
            self._settle_if_complete(outcome.id, now)
            return
        known.found.append(Instruction(outcome, now))
        self._settle_if_complete(outcome.id, now)

    def _settle_if_complete(self, id: RequestId, now: int) -> None:
        known = self.open[id]
        if known.found and len(known.found) >= known.expected(self.rules.trigger(known.srv)):
            self._settle(id, now)

    def _settle(self, id: RequestId, now: int) -> None:
        known = self.open[id]
        changed_at = known.changed_at()
        if changed_at is None:
            self._close(id, now)
        else:
            self._change(id, known.srv, self.rules.triggers[known.srv], now, changed_at)

    def _close(self, id: Any, now: int) -> None:
        self.open.pop(id, None)
        self.done[id] = now

    def _change(
        self, id: RequestId, srv: str, trigger: Trigger, now: int, changed_at: int
    ) -> None:
        self._close(id, now)
        if now >= trigger.since:
            self._tell_change(
                id.device, now, changed_at, {"srv": srv, "request_id": id.text()}
            )

    def _take_alert(self, alert: Alert, now: int) -> None:
        outcome = outcome_in(alert)
        if outcome is not None:
            self._take_outcome(outcome, now)
        trigger = self.rules.alert_trigger
        if alert.code == "8131" and trigger.on and alert.device is not None:
            id = ("8131", alert.device, alert.recipient, alert.counter)
            if alert.counter is not None:
                if self._is_done(id, now):
                    return
                self.done[id] = now
            if now >= trigger.since:
                self._tell_change(alert.device, now, now, {"alert": "8131"})

    def _tell_change(self, device: str, now: int, changed_at: int, cause: Fields) -> None:
        operator = self._operator_of(device)
        known = self.devices.get(device)
        record = None if known is None else known.record
        notice = {
            "device": device,
            "code": "N58",
            "recipient": operator,
            "counter": self._next_counter(),
            "received": format_time(now),
            "variant": record and record.variant,
            "gbcs_version": record and record.gbcs_version,
            "mpan": record.mpxn[0] if record and record.mpxn else None,
            "srv": cause.get("srv"),
            "alert": cause.get("alert"),
            "request_id": cause.get("request_id"),
            "changed_at": format_time(changed_at),
        }
        if record is None:
            notice["reason"] = "device_unknown"
        elif operator is None:
            notice["reason"] = "no_operator"
        elif not self.rules.is_operator(operator):
            notice["reason"] = "not_configured"
        self._write("enp.unrouted" if "reason" in notice else f"enp.{operator}", notice)

    # -- outputs

    def _next_counter(self) -> str:
        self.sequence += 1
        return str(self.number << 48 | self.sequence)

    def _write(self, stream: str, fields: Fields) -> None:
        self.streams[stream].append(present(fields))


def first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def same_status_since(old: Known | None, record: Device) -> int | None:
    same = old is not None and old.record.status == record.status
    return old.status_since if old is not None and same else None


def history_with(old: Known | None, record: Device) -> list[tuple[str, int | None]]:
    if old is None:
        return []
    if old.record.status == record.status:
        return old.history
    return [*old.history, (old.record.status, old.status_since)][-HISTORY:]


def is_agent(request: Request, device: Device) -> bool:
    named = device.supplier_agent == request.id.party and device.supplier is not None
    return named and request.supplier in (None, device.supplier)


# --------------------------------------------------------------------------------------------
# Running it.


class System:
    """All partitions of one log."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.streams: dict[str, list[Fields]] = defaultdict(list)
        self.partitions: dict[int, Partition] = {}
        self.dead: list[tuple[int, str]] = []  # number of the record, reason

    def feed(self, number: int, line: bytes) -> None:
        found = read(line)
        if found.record is None:
            self.dead.append((number, found.reason or ""))
            return
        partition = self.partitions.get(found.partition)
        if partition is None:
            partition = Partition(found.partition, self.rules, self.streams)
            self.partitions[found.partition] = partition
        partition.feed(found.record)

    def duplicates(self) -> int:
        return sum(each.duplicates for each in self.partitions.values())


def run(capture: bytes, parties: list[Party], rules: Rules | None = None) -> System:
    system = System(replace(rules or Rules(), parties=parties))
    for number, line in lines_of(capture):
        system.feed(number, line)
    return system


def main() -> None:
    parser = argparse.ArgumentParser(description="Replay a capture through the naive model.")
    parser.add_argument("--parties", type=Path, required=True, help="JSON with `parties`")
    parser.add_argument("capture", type=Path)
    options = parser.parse_args()
    parties = parties_of(json.loads(options.parties.read_text())["parties"])
    print(json.dumps(run(options.capture.read_bytes(), parties).streams, indent=1))


if __name__ == "__main__":
    main()
