"""What was compared: the machine, and the versions of all that took part."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from report import processor_model
from systems import FLINK, REDIS, STREAMS

ROOT = Path(__file__).resolve().parents[2]
# Jars by what they are called in the tables.
BROKER_JARS = {"Kafka (broker)": "kafka-server"}
JARS = {
    STREAMS: {"Kafka Streams": "kafka-streams", "its RocksDB": "rocksdbjni"},
    FLINK: {
        "Flink": "flink-runtime",
        "its Kafka connector": "flink-connector-kafka",
        "its RocksDB": "frocksdbjni",
    },
}
VERSION = r"-(\d[\w.-]*)\.jar"


def said(command: Sequence[str]) -> str:
    """What a command prints first, on either output."""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return (done.stdout or done.stderr).splitlines()[0].strip()


def package(name: str) -> str:
    return said(["dpkg-query", "-W", "-f=${Version}\n", name])


def jar_version(jar: str, names: Sequence[str]) -> str:
    for name in names:
        match = re.fullmatch(re.escape(jar) + VERSION, name)
        if match is not None:
            return match[1]
    raise AssertionError(f"no jar of {jar} among {len(names)}")


def revision() -> str:
    try:
        return said(["git", "-C", str(ROOT), "describe", "--always", "--dirty"])
    except (OSError, subprocess.CalledProcessError):
        return "no git"


def versions_of(systems: Sequence[str], jars: Sequence[str]) -> dict[str, str]:
    """`jars`: the names of those that are used, with the broker's."""
    found = {
        "Weir": f"{said([os.environ['WEIR'], '--version'])} ({revision()})",
        "librdkafka": package("librdkafka1"),
        "RocksDB": package("librocksdb-dev"),
        "Java": said(["java", "-version"]),
    }
    for names in [BROKER_JARS, *(JARS[each] for each in systems if each in JARS)]:
        (title, number), *rest = ((name, jar_version(jar, jars)) for name, jar in names.items())
        found[title] = ", ".join([number, *(" ".join(each) for each in rest)])
    if REDIS in systems:
        found["Redis"] = said(["redis-server", "--version"]).split("v=")[1].split()[0]
        found["hiredis"] = package("libhiredis-dev")
    return found


def machine() -> dict[str, object]:
    kilobytes = next(
        int(line.split()[1])
        for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("MemTotal:")
    )
    return {
        "date": datetime.now(timezone.utc).date().isoformat(),
        "processor": processor_model(),
        "processors": len(os.sched_getaffinity(0)),
        "memory_gib": round(kilobytes / (1 << 20)),
        "kernel": platform.release(),
    }
