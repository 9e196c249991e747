"""The data of pages for the report's test: a replay, a tune, and what is odd or empty.

    python3 tests/report/fixture.py FOLDER      writes them as JSON

Always the same. deploy/report/README.md says what the fields mean.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import storms
from storms import BUCKET, BUCKETS, CODES, END, QUIET, START, Key, Outcome

SEED = 20191128
MADE = 1_576_500_000_000
STEP = 3_600_000
MINUTE = 60_000
HOUR = 60 * MINUTE

POLICY = """policies:
  - effective_from: 2019-11-29T00:00:00Z
    default: {threshold: 10, window: 1h}
    note: first version
"""

WINDOWS = {"10m": 10 * MINUTE, "30m": 30 * MINUTE, "1h": HOUR, "6h": 6 * HOUR, "1d": 24 * HOUR}
THRESHOLDS = (5, 10, 20, 50, 100)
FORWARDS = ("first_per_window", "one_in:100", "none")


def delays(outcome: Outcome) -> dict:
    """Of alerts held back: each waits for between nothing and the longest of its window."""
    points = sorted(
        (span * part, count / 5)
        for span, count in outcome.waits
        for part in (0.1, 0.3, 0.5, 0.8, 0.999)
        if count > 0
    )
    total = sum(count for _, count in points)
    found = {"count": round(total), "median": 0, "p95": 0, "p99": 0, "worst": 0}
    for name, share in (("median", 0.5), ("p95", 0.95), ("p99", 0.99), ("worst", 1.0)):
        seen = 0.0
        for wait, count in points:
            seen += count
            if seen >= share * total - 1e-6:
                found[name] = round(wait)
                break
    return found


def tally(outcome: Outcome, quiet: int, alerts: int, quiet_peak: int) -> dict:
    ended = sum(1 for e in outcome.episodes if e["ended"] is not None)
    started = len(outcome.episodes)
    peak = max(outcome.passed.values(), default=0)
    return {
        "forwarded": outcome.forwarded + quiet, "copies": outcome.copies,
        "consolidated": outcome.consolidated, "pending": outcome.pending,
        "unrepresented": outcome.unrepresented,
        "episodes": {"started": started, "ended": ended, "open": started - ended},
        "devices": len(outcome.devices), "recipients": 2, "peak_after": peak // 5 + quiet_peak,
        "held_back": outcome.consolidated / alerts if alerts else 0.0, "delay": delays(outcome),
    }  # fmt: skip


def binned(buckets: dict[int, int]) -> list[int]:
    each = STEP // BUCKET
    steps = [0] * (BUCKETS // each)
    for bucket, count in buckets.items():
        steps[bucket // each] += count
    return steps


def added(lists: list[list[int]]) -> list[int]:
    return [sum(column) for column in zip(*lists)] if lists else [0] * (BUCKETS * BUCKET // STEP)


class Fleet:
    """The fortnight: keys that storm, and codes that do not."""

    def __init__(self, keys: int) -> None:
        rng = random.Random(SEED)
        self.keys = storms.make_keys(rng, keys)
        self.quiet = {
            code: binned({b: rng.randrange(20, 60) for b in range(BUCKETS)}) for code in QUIET
        }
        self.received = binned(self.sum_of(self.keys))
        self.quiet_alerts = sum(sum(steps) for steps in self.quiet.values())
        self.alerts = sum(key.alerts for key in self.keys) + self.quiet_alerts

    def sum_of(self, keys: list[Key]) -> dict[int, int]:
        buckets: dict[int, int] = {}
        for key in keys:
            for bucket, count in key.buckets.items():
                buckets[bucket] = buckets.get(bucket, 0) + count
        return buckets

    def of_code(self, code: str) -> list[Key]:
        return [key for key in self.keys if key.code == code]

    def tally_of(self, outcome: Outcome) -> dict:
        return tally(outcome, self.quiet_alerts, self.alerts, 31)


def outcomes_of(fleet: Fleet, setting: tuple[int, int, str]) -> dict[str, Outcome]:
    return {code: storms.throttle_all(fleet.of_code(code), *setting) for code in CODES}


def total_of(outcomes: dict[str, Outcome]) -> Outcome:
    total = Outcome()
    for outcome in outcomes.values():
        total.add(outcome)
    return total


def code_rows(fleet: Fleet, outcomes: dict[str, Outcome]) -> list[dict]:
    rows = []
    for code, name in CODES.items():
        keys, outcome = fleet.of_code(code), outcomes[code]
        rows.append({
            "code": code, "name": name, "excluded": False,
            "alerts": sum(key.alerts for key in keys), "forwarded": outcome.forwarded,
            "copies": outcome.copies, "consolidated": outcome.consolidated,
            "episodes": len(outcome.episodes), "devices": len({key.device for key in keys}),
            "received": binned(fleet.sum_of(keys)), "passed": binned(outcome.passed),
        })  # fmt: skip
    for code, (name, excluded) in QUIET.items():
        steps = fleet.quiet[code]
        rows.append({
            "code": code, "name": name, "excluded": excluded, "alerts": sum(steps),
            "forwarded": sum(steps), "copies": 0, "consolidated": 0, "episodes": 0,
            "devices": sum(steps) // 3, "received": steps, "passed": steps,
        })  # fmt: skip
    return sorted(rows, key=lambda row: -row["alerts"])


def device_rows(fleet: Fleet, setting: tuple[int, int, str]) -> list[dict]:
    rows = []
    for key in fleet.keys:
        outcome = storms.throttle(key, *setting)
        rows.append({
            "device": key.device, "codes": [key.code], "alerts": key.alerts,
            "consolidated": outcome.consolidated, "episodes": len(outcome.episodes),
            "received": binned(key.buckets), "passed": binned(outcome.passed),
        })  # fmt: skip
    rows.sort(key=lambda row: -row["consolidated"])
    return [row for row in rows if row["consolidated"] > 0][:40]


def report(fleet: Fleet, setting: tuple[int, int, str]) -> dict:
    """What a replay and a tune have in common, with one setting for all codes."""
    outcomes = outcomes_of(fleet, setting)
    total = total_of(outcomes)
    quiet = added(list(fleet.quiet.values()))
    other, dead, duplicates = 41_202, 17, 3_311
    summary = fleet.tally_of(total) | {
        "read": fleet.alerts + other + dead + duplicates, "dead": dead, "other": other,
        "duplicates": duplicates, "alerts": fleet.alerts, "first": START + 1_417,
        "last": END - 2_204, "peak_before": max(fleet.received) // 40,
    }  # fmt: skip
    episodes = sorted(total.episodes, key=lambda e: e["copies"] - e["alerts"])
    return {
        "version": "0.1.0", "made": MADE, "captures": ["december-1.jsonl.zst"], "policy": POLICY,
        "summary": summary,
        "series": {"start": START, "step": STEP, "received": added([fleet.received, quiet]),
                   "passed": added([binned(total.passed), quiet])},
        "codes": code_rows(fleet, outcomes), "devices": device_rows(fleet, setting),
        "episodes": {"total": len(episodes), "shown": episodes[:60]}, "note": None,
    }  # fmt: skip


def replay(fleet: Fleet) -> dict:
    return {"kind": "replay"} | report(fleet, (10, HOUR, "first_per_window"))


# --------------------------------------------------------------------------------------------
# A tune.


def all_settings() -> list[dict]:
    chosen = [(t, w, f) for f in FORWARDS for t in THRESHOLDS for w in WINDOWS]
    return [
        {"id": i, "threshold": t, "window": WINDOWS[w], "window_kind": "tumbling", "clear": t,
         "forward": f, "last_word": True, "name": f"{t} in {w}, {f}"}
        for i, (t, w, f) in enumerate(chosen)
    ]  # fmt: skip


def as_tuple(setting: dict) -> tuple[int, int, str]:
    return setting["threshold"], setting["window"], setting["forward"]


def load(totals: dict) -> int:
    return totals["forwarded"] + totals["copies"]


def mark_front(settings: list[dict]) -> None:
    for s in settings:
        mine = (load(s["totals"]), s["totals"]["delay"]["p99"])
        others = [(load(o["totals"]), o["totals"]["delay"]["p99"]) for o in settings]
        s["front"] = not any(a <= mine[0] and b <= mine[1] and (a, b) != mine for a, b in others)


def targets_of(settings: list[dict], chosen: dict | None) -> list[dict]:
    tests = (
        ("held_back>=0.4", "held_back", lambda t: t["held_back"], lambda v: v >= 0.4),
        ("delay_worst<=2h", "delay_worst", lambda t: t["delay"]["worst"], lambda v: v <= 2 * HOUR),
        ("devices<=140", "devices", lambda t: t["devices"], lambda v: v <= 140),
    )
    for s in settings:
        s["meets"] = all(good(of(s["totals"])) for _, _, of, good in tests)
    return [
        {"text": text, "measure": measure, "reached": of(chosen["totals"]) if chosen else None,
         "met_by": sum(1 for s in settings if good(of(s["totals"])))}
        for text, measure, of, good in tests
    ]  # fmt: skip


def tuned_codes(fleet: Fleet, by_setting: list[dict[str, Outcome]]) -> list[dict]:
    codes = []
    for code, name in CODES.items():
        keys = fleet.of_code(code)
        alerts = sum(key.alerts for key in keys)
        tallies = [tally(outcomes[code], 0, alerts, 2) for outcomes in by_setting]
        codes.append({
            "code": code, "name": name, "excluded": False, "alerts": alerts,
            "peak_before": max(binned(fleet.sum_of(keys)), default=0) // 40, "settings": tallies,
        })  # fmt: skip
    return codes


def pair_of(rng: random.Random, settings: list[dict]) -> dict:
    def one(setting: dict, together: bool) -> dict:
        wrong = rng.randrange(0, 3) if together else rng.randrange(5, 60)
        longest = setting["window"] * (1 if together else 3) - rng.randrange(90_000)
        return {
            "consolidated": rng.randrange(3_000, 60_000) // setting["threshold"], "wrong": wrong,
            "longest": longest if wrong else 0, "open": min(wrong, rng.randrange(0, 3)),
        }

    return {
        "codes": ["8020", "808D"], "names": [CODES["8020"], CODES["808D"]],
        "settings": [{"apart": one(s, False), "together": one(s, True)} for s in settings],
    }


def recommendation(codes: list[dict], settings: list[dict], chosen: dict) -> dict:
    slow = next(s for s in settings if as_tuple(s) == (20, HOUR, "one_in:100"))
    rows = []
    for i, code in enumerate(codes):
        setting = slow if i % 4 == 3 else chosen
        why = "lets a copy follow sooner" if setting is slow else "passes on least"
        rows.append({"code": code["code"], "name": code["name"], "setting": setting["id"],
                     "why": f"Of the settings that meet all targets, this one {why}."})
    return {
        "setting": chosen["id"], "promised": chosen["totals"], "codes": rows,
        "policy": POLICY + "  - effective_from: 2019-12-16T00:00:00Z\n    default: {threshold: "
        f"{chosen['threshold']}, window: 30m}}\n    note: recommended by weir tune\n    codes:\n"
        + "".join(f'      "{c["code"]}": {{threshold: 20, window: 1h, forward: {{one_in: 100}}}}\n'
                  for c, row in zip(codes, rows) if row["setting"] == slow["id"]),
        "why": "Of the settings that meet all targets, this one passes on least.",
    }  # fmt: skip


def tune(fleet: Fleet) -> dict:
    rng = random.Random(SEED)
    settings = all_settings()
    by_setting = [outcomes_of(fleet, as_tuple(setting)) for setting in settings]
    for setting, outcomes in zip(settings, by_setting):
        setting["totals"] = fleet.tally_of(total_of(outcomes))
    mark_front(settings)
    targets_of(settings, None)
    chosen = min((s for s in settings if s["meets"]), key=lambda s: load(s["totals"]))
    codes = tuned_codes(fleet, by_setting)
    devices = sorted(fleet.keys, key=lambda key: -key.alerts)[:52]
    always = [{"device": k.device, "codes": [k.code], "alerts": k.alerts} for k in devices]
    windows = [max(0, 900 - 8 * s["threshold"] - s["window"] // HOUR) for s in settings]
    return {"kind": "tune"} | report(fleet, as_tuple(chosen)) | {
        "captures": [f"/srv/{'december' * 12}-{n}.jsonl.zst" for n in range(1, 6)],
        "tune": {
            "settings": settings, "targets": targets_of(settings, chosen),
            "recommended": recommendation(codes, settings, chosen), "codes": codes,
            "pairs": [pair_of(rng, settings)], "always": always[:40], "always_total": len(always),
            "excluded_storms": [
                {"code": "8F35", "name": QUIET["8F35"][0], "alerts": 81_274, "settings": windows},
                {"code": "8F12", "name": QUIET["8F12"][0], "alerts": 9_116,
                 "settings": [w // 9 for w in windows]},
            ],
        },
    }  # fmt: skip


# --------------------------------------------------------------------------------------------
# What is odd or empty.

NO_DELAY = {"count": 0, "median": 0, "p95": 0, "p99": 0, "worst": 0}
NOTHING = {
    "read": 0, "dead": 0, "other": 0, "duplicates": 0, "alerts": 0, "forwarded": 0, "copies": 0,
    "consolidated": 0, "pending": 0, "unrepresented": 0, "first": None, "last": None,
    "episodes": {"started": 0, "ended": 0, "open": 0}, "devices": 0, "recipients": 0,
    "peak_before": 0, "peak_after": 0, "delay": NO_DELAY,
}  # fmt: skip


def nothing_read() -> dict:
    return {
        "kind": "replay", "version": "0.1.0", "made": MADE, "captures": ["empty.jsonl"],
        "policy": "", "summary": NOTHING,
        "series": {"start": 0, "step": MINUTE, "received": [], "passed": []},
        "codes": [], "devices": [], "episodes": {"total": 0, "shown": []}, "note": None,
    }  # fmt: skip


def one_alert() -> dict:
    data = nothing_read()
    data["summary"] = NOTHING | {
        "read": 1, "alerts": 1, "forwarded": 1, "first": START, "last": START, "recipients": 1,
        "peak_before": 1, "peak_after": 1,
    }
    data["series"] = {"start": START, "step": 1000, "received": [1], "passed": [1]}
    data["codes"] = [{
        "code": "8F3F", "name": CODES["8F3F"], "excluded": False, "alerts": 1, "forwarded": 1,
        "copies": 0, "consolidated": 0, "episodes": 0, "devices": 1, "received": [1], "passed": [1],
    }]  # fmt: skip
    return data


def no_alerts() -> dict:
    data = nothing_read()
    data["summary"] = NOTHING | {"read": 12, "dead": 2, "other": 10, "first": START, "last": END}
    return data


def not_read_twice(full: dict) -> dict:
    """What comes of standard input: devices and episodes are left out."""
    rest = {name: value for name, value in full.items() if name not in ("devices", "episodes")}
    return rest | {
        "captures": ["-"],
        "note": "Standard input cannot be read twice: single devices and episodes are left out.",
    }


def one_setting(full: dict) -> dict:
    """A tune of one setting that misses the targets."""
    tune_part = full["tune"]
    setting = tune_part["settings"][0] | {"meets": False, "front": True}
    return full | {"tune": {
        "settings": [setting], "recommended": None, "pairs": [], "always": [], "always_total": 0,
        "nearest": setting["id"],
        "targets": [{"text": "delay_worst<=1m", "measure": "delay_worst", "quantity": "duration",
                     "reached": setting["totals"]["delay"]["worst"], "met_by": 0}],
        "codes": [code | {"settings": code["settings"][:1]} for code in tune_part["codes"]],
        "excluded_storms": [],
    }}  # fmt: skip


def calm_tune(full: dict) -> dict:
    """A tune in which no setting throttles anything."""
    calm = {k: v for k, v in one_alert()["summary"].items() if k not in ("read", "alerts")}
    settings = [
        s | {"meets": True, "front": True, "totals": calm | {"held_back": 0.0}}
        for s in full["tune"]["settings"][:4]
    ]
    return one_alert() | {"kind": "tune", "tune": {
        "settings": settings, "targets": [], "recommended": None, "codes": [], "pairs": [],
        "always": [], "always_total": 0, "excluded_storms": [],
    }}  # fmt: skip


def endless(full: dict) -> dict:
    """A tune in which what a setting holds back may wait for ever."""
    never = {"p95": None, "p99": None, "worst": None}

    def changed(setting: dict) -> dict:
        if setting["forward"] != "none":
            return setting
        totals = setting["totals"] | {"delay": setting["totals"]["delay"] | never}
        return setting | {"last_word": False, "totals": totals}

    part = full["tune"]
    settings = [changed(setting) for setting in part["settings"]]
    silent = next(s for s in settings if not s["last_word"])
    promised = silent["totals"]
    chosen = part["recommended"] | {"setting": silent["id"], "promised": promised, "codes": []}
    return full | {"tune": part | {"settings": settings, "recommended": chosen}}


HOSTILE = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(2)> $& \u2028 \u00e9"


def hostile(full: dict) -> dict:
    """Texts from outside that look like markup."""
    codes = [code | {"name": HOSTILE} for code in full["codes"]]
    return full | {"captures": [HOSTILE], "policy": HOSTILE, "codes": codes}


def pages() -> dict[str, dict]:
    replayed = replay(Fleet(150))
    tuned = tune(Fleet(150))
    return {
        "replay": replayed, "tune": tuned, "nothing-read": nothing_read(),
        "no-alerts": no_alerts(), "one-alert": one_alert(), "bare": {"kind": "replay"},
        "not-read-twice": not_read_twice(replayed), "one-setting": one_setting(tuned),
        "calm-tune": calm_tune(tuned), "endless": endless(tuned), "hostile": hostile(replayed),
    }  # fmt: skip


def main() -> None:
    folder = Path(sys.argv[1])
    for name, data in pages().items():
        (folder / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")


if __name__ == "__main__":
    main()
