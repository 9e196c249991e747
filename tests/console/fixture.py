"""What the API of `weir serve` could answer: busy, calm, in trouble, very much, hostile.

Always the same, but for the status, which moves on by two seconds with each answer.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone

SEED = 20261127
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=timezone.utc)
STEP = 2  # seconds between two answers
# What is counted from one answer to the next.
GROWTH = {
    "read": 8400, "forwarded": 3000, "copies": 26, "consolidated": 4200, "duplicates": 40,
    "dead": 2, "episodes_started": 3, "episodes_ended": 2,
}  # fmt: skip
START = {name: 1_000_000 + 1_000 * n for n, name in enumerate(GROWTH)}

CODES = [
    ("8F3F", "Unauthorised Physical Access - Tamper Detect"), ("8F1D", "GSME Power Supply Loss"),
    ("81A0", "Tamper"), ("8020", "GPF Communications Failure"), ("8F72", "Trusted Source"),
    ("8F0A", ""), ("808D", "GSME Communications Restored"),
]  # fmt: skip
HOSTILE = (
    "</script><img src=x onerror=alert(1)><b>bold</b> & \u202egnirts \u0000\ud83d\ude00 "
    + "x" * 300
)


def at(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03}Z"


def ago(**span: float) -> str:
    return at(NOW - timedelta(**span))


def device(n: int) -> str:
    return "-".join(f"{byte:02X}" for byte in (0x00DB123456000000 + 7919 * n).to_bytes(8, "big"))


def partitions(count: int) -> list[dict]:
    return [
        {"partition": n, "worker": n % 2, "state": "owned", "stream_time": ago(seconds=1 + n),
         "lag": 17 * n, "lag_seconds": 0.4 * n, "live_keys": 250_000 + 1013 * n,
         "open_episodes": 14 - n % 5, "policy": "2026-02-01T00:00:00.000Z"}
        for n in range(count)
    ]  # fmt: skip


VERSIONS = [
    {"effective_from": "2025-11-29T00:00:00.000Z", "note": "first version"},
    {"effective_from": "2026-02-01T00:00:00.000Z", "note": "tamper alerts at three in ten minutes"},
    {"effective_from": "2026-04-01T00:00:00.000Z", "note": "spring"},
]


def status() -> dict:
    return {
        "version": "0.6.0", "instance": "weir-0", "group": "weir", "input": "meter.events",
        "started": ago(days=3, hours=4), "ready": True, "reasons": [],
        "policy": {"file": "policy.yaml", "loaded": ago(days=1), "digest": "0badcafe",
                   "versions": VERSIONS},
        "shadow": {"file": "candidate.yaml", "loaded": ago(hours=5)},
        "partitions": partitions(6),
        "recent": {"alerts": 14_180, "codes": [
            {"code": "8F1D", "name": CODES[1][1], "alerts": 9_800, "devices": 9_400},
            {"code": "8F3F", "name": CODES[0][1], "alerts": 4_100, "devices": 31},
            {"code": "8020", "name": CODES[3][1], "alerts": 270, "devices": 240},
            {"code": "other", "name": "", "alerts": 10, "devices": 10},
        ]},
    }  # fmt: skip


def episodes(count: int, shown: int = 100) -> dict:
    rng = random.Random(SEED)
    rows = []
    for n in range(count):
        code, name = CODES[min(rng.randrange(7), rng.randrange(7))]
        alerts = round(4 + 5000 / (1 + n))
        copies = alerts // 40
        rows.append({
            "device": device(n * 2 // 3), "code": code, "name": name,
            "recipient": "00-00-00-00-00-00-00-0" + str(n % 3), "partition": n % 6,
            "started": ago(minutes=7 * n % 600 + 3), "stream_time": ago(seconds=1),
            "policy": VERSIONS[1]["effective_from"], "note": VERSIONS[1]["note"],
            "threshold": 3, "window": "10m", "alerts": alerts, "copies": copies,
            "consolidated": alerts - copies, "pending": alerts % 40,
            "next_timer": at(NOW + timedelta(minutes=1 + n % 9)),
        })  # fmt: skip
    return summed(rows, shown)


def summed(rows: list[dict], shown: int = 100) -> dict:
    """The answer for these episodes."""
    return {
        "open": len(rows), "consolidated": sum(e["consolidated"] for e in rows),
        "devices": len({e["device"] for e in rows}), "episodes": rows[:shown],
        "codes": tops(rows, "code", shown), "top_devices": tops(rows, "device", shown),
    }  # fmt: skip


def tops(rows: list[dict], name: str, shown: int) -> list[dict]:
    found: dict[str, dict] = {}
    for e in rows:
        top = found.setdefault(e[name], {name: e[name], "episodes": 0, "consolidated": 0})
        top["episodes"] += 1
        top["consolidated"] += e["consolidated"]
        if name == "code":
            top["name"] = e["name"]
            top["devices"] = len({o["device"] for o in rows if o["code"] == e["code"]})
        else:
            top["codes"] = sorted({*top.get("codes", ()), e["code"]})
    return sorted(found.values(), key=lambda top: -top["consolidated"])[:shown]


def keys(name: str) -> dict:
    window = {"window_start": ago(minutes=4), "window_end": at(NOW + timedelta(minutes=6))}
    return {
        "device": name, "partition": 3, "stream_time": ago(seconds=1),
        "keys": [
            {"code": "8F3F", "name": CODES[0][1], "recipient": "00-00-00-00-00-00-00-01", **window,
             "current": 41, "previous": 37, "measure": 41, "threshold": 3, "window": "10m",
             "excluded": False, "policy": VERSIONS[1]["effective_from"],
             "next_timer": window["window_end"],
             "episode": {"started": ago(hours=2), "alerts": 5004, "copies": 125,
                         "consolidated": 4879, "pending": 4}},
            {"code": "8F1D", "name": CODES[1][1], "recipient": "00-00-00-00-00-00-00-01", **window,
             "current": 1, "previous": 0, "measure": 1, "threshold": 10, "window": "1h",
             "excluded": False, "policy": VERSIONS[1]["effective_from"]},
            {"code": "8F72", "name": CODES[4][1], "recipient": "00-00-00-00-00-00-00-02", **window,
             "current": 12, "previous": 9, "measure": 12, "excluded": True,
             "policy": VERSIONS[1]["effective_from"]},
        ],
    }  # fmt: skip


def verdicts(*figures: int) -> dict:
    return dict(zip(("forwarded", "copies", "consolidated", "episodes", "open"), figures))


def shadow() -> dict:
    return {
        "file": "candidate.yaml",
        "version": {"effective_from": "2026-03-01T00:00:00.000Z",
                    "note": "gas supply loss as well"},
        "since": ago(hours=5), "alerts": 60_000,
        "live": verdicts(21_000, 400, 38_600, 120, 74),
        "shadow": verdicts(18_000, 500, 41_500, 131, 80),
        "codes": [
            {"code": "8F1D", "name": CODES[1][1], "alerts": 9_000,
             "live": verdicts(9_000, 0, 0, 0, 0), "shadow": verdicts(5_900, 90, 3_010, 12, 7)},
            {"code": "8F3F", "name": CODES[0][1], "alerts": 51_000,
             "live": verdicts(12_000, 400, 38_600, 120, 74),
             "shadow": verdicts(12_100, 410, 38_490, 119, 73)},
        ],
    }  # fmt: skip


def busy() -> dict:
    return {"status": status(), "episodes": episodes(160), "keys": keys(device(0)),
            "shadow": shadow()}  # fmt: skip


def brief(told: dict) -> dict:
    """Fewer storms, so that looking at all of the page takes less time."""
    first = told["episodes"]["episodes"]
    return {**told, "episodes": {**told["episodes"], "episodes": first[:12],
                                 "codes": told["episodes"]["codes"][:5],
                                 "top_devices": told["episodes"]["top_devices"][:5]}}  # fmt: skip


def calm() -> dict:
    """As soon as it has begun, and of an instance that others leave nothing to do."""
    bare = {"version": "0.6.0", "instance": "weir-1", "group": "weir", "input": "meter.events",
            "started": ago(seconds=4), "ready": True, "reasons": [], "partitions": [],
            "recent": {"alerts": 0, "codes": []},
            "policy": {"file": "policy.yaml", "loaded": ago(seconds=4), "digest": "0badcafe",
                       "versions": VERSIONS}}  # fmt: skip
    return {"status": bare, "episodes": summed([]), "keys": {**keys(device(0)), "keys": []}}


def trouble() -> dict:
    """Not ready, being restored, behind, and a policy refused."""
    told = busy()
    state = told["status"]
    state["ready"] = False
    state["reasons"] = ["partition 2 is being restored: 41 of 100 thousand records read"]
    state["partitions"][2] |= {"state": "restoring", "lag": 812_345, "lag_seconds": 754.0}
    state["policy"]["refused"] = {"at": ago(minutes=3),
                                  "why": "policy.yaml:7: threshold: must be 1 or more"}
    state["shadow"]["refused"] = {"at": ago(minutes=2), "why": "candidate.yaml: no such file"}
    return told


def much() -> dict:
    told = busy()
    told["episodes"] = episodes(1500, 1000)
    told["status"]["partitions"] = partitions(200)
    return told


def hostile() -> dict:
    """Every text is one that would like to be something else; and some figures are none."""

    def spoilt(value: object, name: str = "") -> object:
        if isinstance(value, dict):
            return {k: spoilt(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [spoilt(item, name) for item in value]
        times = ("started", "loaded", "effective_from", "now", "stream_time", "policy", "since")
        return HOSTILE if isinstance(value, str) and name not in times else value

    told = spoilt(busy())
    told["keys"]["device"] = device(0)
    told["status"]["partitions"][0] |= {"lag": "many", "lag_seconds": None, "stream_time": "<b>"}
    told["status"]["partitions"].append(None)
    told["status"]["recent"]["codes"][0]["alerts"] = {"a": 1}
    told["episodes"]["episodes"][0] |= {"alerts": None, "started": 5, "next_timer": "never"}
    told["shadow"]["codes"] = "none"
    return told
