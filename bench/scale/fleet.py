"""What a fleet needs, on paper: from what was measured and from what is assumed, both stated."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

GIB = 1 << 30
DAY = 86_400
HOUR = 3_600


@dataclass(frozen=True)
class Fleet:
    name: str
    devices: float
    mean: float  # alerts a second
    burst: float  # seconds in which every device reports once
    keys: float  # live ones

    @property
    def peak(self) -> float:
        return self.devices / self.burst

    def times(self, factor: float, name: str) -> Fleet:
        return Fleet(
            name, factor * self.devices, factor * self.mean, self.burst, factor * self.keys
        )


# Of Great Britain: 1.6 billion alerts a month, and a key for each device and a few more.
NATIONAL = Fleet("national", 60e6, 600, 180, 67e6)
TENFOLD = NATIONAL.times(10, "ten times that")


@dataclass(frozen=True)
class Measured:
    worker_rate: float  # records a second of one worker, the least of all numbers of partitions
    cpu_us: float  # of the service per record, the most of all numbers of partitions
    more_us: float  # that a record takes more with the most keys than with the fewest
    broker_us: float  # of the broker per record, without replicas
    key_bytes: float  # of memory, per live key
    message_bytes: float  # of memory, per message that is remembered
    process_bytes: float  # of memory, for one partition
    partition_bytes: float  # of memory, for each one more
    store_bytes: float  # of the local store, per live key
    input_bytes: float  # per record, as the log keeps it
    output_bytes: float  # per record: forwarded alerts and changelogs, as the log keeps them
    restart_us: float  # of reading a state, per live key, by one thread


@dataclass(frozen=True)
class Safety:
    """What the plan adds to what was measured."""

    work: float = 2.0  # processors are planned at half of what they did
    memory: float = 1.5
    disk: float = 2.0
    spare: int = 1  # machines that may be lost at the worst time
    partitions: int = 2  # per worker, so that they can be dealt out anew
    remembered: float = HOUR  # seconds for which messages are remembered, the default
    replicas: int = 3
    retention: float = 3 * DAY  # of all topics but those that are compacted or trimmed


@dataclass(frozen=True)
class Machine:
    cores: int = 8
    memory: float = 32 * GIB


@dataclass(frozen=True)
class Plan:
    fleet: Fleet
    cores: int
    workers: int
    partitions: int
    machines: int  # the spare ones included
    memory: float  # of all that are not spare
    store_disk: float  # of all that are not spare
    broker_cores: int
    broker_disk: float
    mean_traffic: Traffic
    peak_traffic: Traffic
    restart: float  # seconds until the keys of one machine are read, by one thread


@dataclass(frozen=True)
class Traffic:
    """Bytes a second of all brokers together."""

    written: float  # alerts, forwarded alerts and changelogs
    copied: float  # between brokers
    read: float  # alerts by the service, forwarded alerts by one reader

    @classmethod
    def at(cls, rate: float, measured: Measured, safety: Safety) -> Traffic:
        both = measured.input_bytes + measured.output_bytes
        # Changelogs are hardly read; counting them as read is on the safe side.
        return cls(rate * both, rate * both * (safety.replicas - 1), rate * both)


def power_of_two(least: int) -> int:
    return 1 << max(least - 1, 0).bit_length()


def plan(fleet: Fleet, measured: Measured, safety: Safety, machine: Machine) -> Plan:
    """For nothing to wait in a queue even while all devices report."""
    micros = measured.cpu_us + measured.more_us
    cores = math.ceil(fleet.peak * micros * 1e-6 * safety.work)
    rate = measured.worker_rate * measured.cpu_us / micros
    workers = math.ceil(fleet.peak * safety.work / rate)
    partitions = power_of_two(safety.partitions * workers)
    messages = fleet.devices + fleet.mean * safety.remembered
    memory = safety.memory * (
        fleet.keys * measured.key_bytes
        + messages * measured.message_bytes
        + partitions * measured.partition_bytes
    )
    each = machine.memory - safety.memory * measured.process_bytes
    working = max(math.ceil(cores / machine.cores), math.ceil(memory / each))
    both = measured.input_bytes + measured.output_bytes
    kept = fleet.mean * safety.retention + fleet.devices
    return Plan(
        fleet=fleet,
        cores=cores,
        workers=workers,
        partitions=partitions,
        machines=working + safety.spare,
        memory=memory + working * safety.memory * measured.process_bytes,
        store_disk=fleet.keys * measured.store_bytes * safety.disk,
        broker_cores=math.ceil(
            fleet.peak * measured.broker_us * 1e-6 * safety.work * safety.replicas
        ),
        broker_disk=kept * both * safety.replicas * safety.disk,
        mean_traffic=Traffic.at(fleet.mean, measured, safety),
        peak_traffic=Traffic.at(fleet.peak, measured, safety),
        restart=fleet.keys / working * measured.restart_us * 1e-6,
    )


# ------------------------------------------------------------------------------------------------
# In words.


def size(value: float) -> str:
    for unit, name in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= unit:
            return f"{value / unit:.3g} {name}"
    return f"{value:.0f} B"


def traffic(value: Traffic) -> str:
    parts = (value.written, value.copied, value.read)
    return " / ".join(f"{size(part)}/s" for part in parts)


def rows(plans: list[Plan]) -> Iterator[list[str]]:
    yield ["", *(each.fleet.name for each in plans)]
    yield ["devices", *(f"{each.fleet.devices:,.0f}" for each in plans)]
    yield ["alerts a second, mean", *(f"{each.fleet.mean:,.0f}" for each in plans)]
    yield ["alerts a second if all report", *(f"{each.fleet.peak:,.0f}" for each in plans)]
    yield ["live keys", *(f"{each.fleet.keys:,.0f}" for each in plans)]
    yield ["cores of the service", *(f"{each.cores:,}" for each in plans)]
    yield ["workers", *(f"{each.workers:,}" for each in plans)]
    yield ["partitions", *(f"{each.partitions:,}" for each in plans)]
    yield ["machines, spare ones included", *(f"{each.machines:,}" for each in plans)]
    yield ["memory of the service", *(size(each.memory) for each in plans)]
    yield ["disk of the local stores", *(size(each.store_disk) for each in plans)]
    yield ["reading the keys of one machine", *(f"{each.restart:.1f} s" for each in plans)]
    yield ["cores of the brokers", *(f"{each.broker_cores:,}" for each in plans)]
    yield ["disk of the brokers", *(size(each.broker_disk) for each in plans)]
    yield ["brokers, mean: written / copied / read", *(traffic(p.mean_traffic) for p in plans)]
    yield ["brokers, peak: written / copied / read", *(traffic(p.peak_traffic) for p in plans)]


def assumptions(measured: Measured, safety: Safety, machine: Machine) -> Iterator[str]:
    yield (
        f"Measured: {measured.cpu_us:.2f} us of processor time a record, the most of all numbers of"
        f" partitions, and {measured.more_us:.2f} more with the most keys than with the fewest;"
        f" {measured.worker_rate:,.0f} records a second of one worker, the least;"
        f" {measured.broker_us:.2f} us of the broker a record; memory of"
        f" {measured.key_bytes:.1f} bytes a live key, {measured.message_bytes:.1f} a remembered"
        f" message, {size(measured.process_bytes)} a process and"
        f" {size(measured.partition_bytes)} a partition; {measured.store_bytes:.1f} bytes a key in"
        f" the local store; {measured.input_bytes:.0f} bytes a record of input and"
        f" {measured.output_bytes:.0f} of output in the log;"
        f" {measured.restart_us:.2f} us a key to read a state."
    )
    yield (
        f"Assumed: {safety.work:g} times the processor time, {safety.memory:g} times the memory,"
        f" {safety.disk:g} times the disk, {safety.spare} spare machine,"
        f" {safety.partitions} partitions a worker, rounded up to a power of two;"
        f" messages are remembered for {safety.remembered / HOUR:g} hour, with all devices'"
        f" among them; {safety.replicas} replicas, each as dear as the leader; topics are kept for"
        f" {safety.retention / DAY:g} days; one reader of all that is written;"
        f" machines of {machine.cores} cores and {machine.memory / GIB:g} GiB."
    )
