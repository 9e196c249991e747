"""What `weir tune` says is what `weir replay` does, and what it proposes keeps its promises.

Goal: the figures of every setting are those of a replay under that setting's policy; a written
policy is valid and a replay under it gives the promised figures; what cannot be done is refused,
with what is wrong and the documented exit code; deploy/TUNE.md says all fields.
Method: random lists over small captures with storms, in several files, packed and on standard
input; the same question with other numbers of threads; wrong lists and impossible targets.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import shutil
import subprocess
import unittest
from pathlib import Path
from typing import Any

import support
from support import CONFIGURATION, DONE, FAILED, USAGE, ProgramCase

Fields = dict[str, Any]

REFERENCE = support.ROOT / "deploy" / "TUNE.md"
SHARED = ("alerts", "forwarded", "copies", "consolidated", "pending", "unrepresented", "episodes")
COUNTS = ("read", "dead", "duplicates", "other")
BASES = (
    None,
    b"""duplicate_window: 10m
policies:
  - effective_from: 2031-01-01T00:00:00Z
    note: "agreed: #1"
    pairs: together
    default: {threshold: 7, window: 20m}
    excluded: [8F66-8F67, AD1]
    codes: {8020: {threshold: 2, window: 1h, forward: none}, 8F3F: {threshold: 4}}
""",
    b"""policies:
  - effective_from: 2015-01-01T00:00:00Z
    default: {threshold: 1}
  - effective_from: 2016-01-01T00:00:00Z
    excluded: []
    default: {threshold: 9, window: 2h, clear: 3, window_kind: sliding}
""",
)
DEVICE = "00-DB-12-34-56-78-90-A0"


def lists(rng: Any) -> list[str]:
    def some(*words: str) -> str:
        return ",".join(rng.sample(words, rng.randrange(1, 3)))

    chosen = [
        "--threshold", some("1", "2", "3", "5", "8", "20"),
        "--window", some("1m", "10m", "30m", "2h", "1d"),
        "--forward", some("first_per_window", "one_in:7", "one_in:50", "none"),
    ]  # fmt: skip
    if rng.random() < 0.5:
        chosen += ["--clear", some("threshold", "0", "1"), "--last-word", some("true", "false")]
    if rng.random() < 0.5:
        chosen += ["--window-kind", "tumbling,sliding"]
    return chosen


def limits(setting: Fields) -> str:
    forward = setting["forward"]
    if forward.startswith("one_in:"):
        forward = "{one_in: " + forward.removeprefix("one_in:") + "}"
    return (
        f"{{threshold: {setting['threshold']}, window: {setting['window']}ms,"
        f" window_kind: {setting['window_kind']}, clear: {setting['clear']}, forward: {forward},"
        f" last_word: {str(setting['last_word']).lower()}}}"
    )


class TuneCase(ProgramCase):
    def capture(self, name: str = "capture.jsonl", count: int = 4000) -> Path:
        plain, path = self.folder / "plain", self.folder / name
        support.generate(plain, "--devices", 40, "--storms", max(count // 2500, 1), "--flapping", 3,
                         "--duration", "3d", "--seed", self.rng.randrange(10**6))  # fmt: skip
        support.spoil(plain, path, self.rng)
        plain.unlink()
        return path

    def tune(self, *arguments: str | Path, **kwargs: Any) -> Fields:
        result = self.expect(DONE, ["tune", "--json", *arguments], **kwargs)
        return json.loads(result.out)

    def replay(self, policy: Path, *captures: Path) -> Fields:
        result = self.expect(DONE, ["replay", "--json", "--policy", policy, *captures])
        return json.loads(result.out)

    def policy(self, base: bytes | None, setting: Fields, codes: list[str] | None) -> Path:
        """What a setting's policy is, made without the program. The newest version of the base
        gives the rest."""
        text = (base or b"policies:\n  - effective_from: 2000-01-01T00:00:00Z\n").decode()
        head, *versions = text.split("  - effective_from:")
        lines = versions[-1].splitlines()[1:]
        own = {}
        if codes:
            own = dict(re.findall(r"(8[0-9A-F]{3}): (\{[^{}]*\})", "\n".join(lines)))
            own.update((code, limits(setting)) for code in codes)
        else:
            lines = [line for line in lines if "default:" not in line]
            lines.append(f"    default: {limits(setting)}")
        lines = [line for line in lines if "codes:" not in line]
        if own:
            lines.append("    codes: {" + ", ".join(f"{c}: {own[c]}" for c in own) + "}")
        written = [head + "  - effective_from: 1970-01-01T00:00:00Z", *lines, ""]
        return self.file("setting.yaml", "\n".join(written).encode())

    def expect_same(self, swept: Fields, replayed: Fields) -> None:
        for name in SHARED:
            self.assertEqual(swept[name], replayed[name], name)


class FiguresTest(TuneCase):
    """Every setting comes to what a replay says."""

    def test_settings_are_as_replays(self) -> None:
        for base in BASES:
            for codes in (None, ["8F20", "8020"]):
                with self.subTest(base=base, codes=codes):
                    self.compare(base, codes)

    def compare(self, base: bytes | None, codes: list[str] | None) -> None:
        capture = self.capture()
        options: list[str | Path] = [*lists(self.rng)]
        if base:
            options += ["--policy", self.file("base.yaml", base)]
        if codes:
            options += ["--code", ",".join(codes)]
        found = self.tune(*options, capture)
        shown = found["settings"] if not support.BRIEF else found["settings"][:2]
        self.assertGreater(len(shown), 0)
        for setting in shown:
            replayed = self.replay(self.policy(base, setting, codes), capture)
            self.expect_same(setting["totals"], replayed)
            for name in COUNTS:
                self.assertEqual(found[name], replayed[name], name)
            for code in found["codes"]:
                self.expect_same(code["settings"][setting["id"]], replayed["codes"][code["code"]])

    def test_threads_do_not_matter(self) -> None:
        capture = self.capture()
        options = lists(self.rng)
        for form in ([], ["--json"], ["--csv"]):
            outputs = {
                self.expect(DONE, ["tune", *form, *options, "--threads", threads, capture]).out
                for threads in ("1", "2", "5")
            }
            self.assertEqual(len(outputs), 1)

    def test_captures_are_one_log_however_they_come(self) -> None:
        capture, options = self.capture(), lists(self.rng)
        content = capture.read_bytes()
        lines = content.splitlines(keepends=True)
        first = self.file("1.jsonl", b"".join(lines[:1500]))
        second = self.file("2.jsonl", b"".join(lines[1500:]))
        packed = self.file("3.jsonl.gz", gzip.compress(content))
        results = [
            self.tune(*options, capture),
            self.tune(*options, first, second),
            self.tune(*options, packed),
            self.tune(*options, "-", stdin=content),
        ]
        if shutil.which("zstd"):
            subprocess.run(["zstd", "-q", str(capture)], check=True)
            results.append(self.tune(*options, f"{capture}.zst"))
        for result in results:
            del result["captures"]
            result.get("recommended", {}).pop("policy", None)
            self.assertEqual(result, results[0])

    def test_rows_of_csv_are_the_figures_of_json(self) -> None:
        capture, options = self.capture(), lists(self.rng)
        found = self.tune(*options, capture)
        out = self.expect(DONE, ["tune", "--csv", *options, capture]).out.decode()
        rows = list(csv.DictReader(io.StringIO(out)))
        pairs = [row for row in rows if " " in row["code"]]
        rows = [row for row in rows if " " not in row["code"]]
        self.assertEqual(len(rows), len(found["settings"]) * (1 + len(found["codes"])))
        tallies = {(str(s["id"]), "total"): s["totals"] for s in found["settings"]}
        for code in found["codes"]:
            for number, tally in enumerate(code["settings"]):
                tallies[str(number), code["code"]] = tally
        for row in rows:
            tally = tallies[row["setting"], row["code"]]
            for name in SHARED[:-1]:
                self.assertEqual(int(row[name]), tally[name], name)
            for name in ("started", "ended", "open"):
                self.assertEqual(int(row[name]), tally["episodes"][name])
            for name, wait in tally["delay"].items():
                self.assertEqual(row[f"delay_{name}"], "never" if wait is None else str(wait))
            self.assertEqual(row["apart_wrong"] + row["together_longest"], "")
        self.expect_pairs(pairs, found)

    def expect_pairs(self, rows: list[dict[str, str]], found: dict[str, Any]) -> None:
        listed = {" ".join(pair["codes"]): pair["settings"] for pair in found["pairs"]}
        self.assertEqual(len(rows), len(found["settings"]) * len(listed))
        for row in rows:
            self.assertEqual(row["alerts"] + row["delay_worst"], "")
            for way, told in listed[row["code"]][int(row["setting"])].items():
                for name, value in told.items():
                    self.assertEqual(row[f"{way}_{name}"], str(value))


class ProposalTest(TuneCase):
    """What is recommended, and what it promises."""

    def test_written_policy_keeps_its_promise(self) -> None:
        for base in BASES:
            with self.subTest(base=base):
                capture, written = self.capture(), self.folder / "new.yaml"
                options: list[str | Path] = [*lists(self.rng), "--write-policy", written]
                if base:
                    options += ["--policy", self.file("base.yaml", base)]
                found = self.tune(*options, capture)
                self.assertEqual(found["recommended"]["policy"], written.read_text("utf-8"))
                self.expect(DONE, ["validate", written])
                replayed = self.replay(written, capture)
                self.expect_same(found["recommended"]["promised"], replayed)
                for name in COUNTS:
                    self.assertEqual(found[name], replayed[name], name)

    def test_codes_get_their_own_setting_where_that_pays(self) -> None:
        # One code storms every second, the other every three minutes: only long windows hold the
        # second one back, and only short ones tell soon of the first.
        alerts = []
        for second in range(0, 6 * 3600):
            if second < 3600:
                alerts.append((second, "8F20", DEVICE))
            if second % 180 == 0:
                alerts.append((second, "8F1F", "00-DB-12-34-56-78-90-A1"))
        lines = (
            json.dumps({"device": device, "code": code, "counter": str(number),
                        "received": f"2019-12-02T{t // 3600:02}:{t // 60 % 60:02}:{t % 60:02}Z"})
            for number, (t, code, device) in enumerate(alerts)
        )  # fmt: skip
        capture = self.file("two.jsonl", "\n".join(lines).encode())
        written = self.folder / "new.yaml"
        found = self.tune("--threshold", "5", "--window", "5m,2h", "--write-policy", written,
                          "--target", "held_back>=0.965", capture)  # fmt: skip
        recommended = found["recommended"]
        (own,) = recommended["codes"]
        self.assertEqual(own["code"], "8F20")
        settings = found["settings"]
        self.assertEqual(settings[own["setting"]]["window"], 300_000)
        self.assertEqual(settings[recommended["setting"]]["window"], 7_200_000)
        common = settings[recommended["setting"]]["totals"]["delay"]["p99"]
        self.assertLess(recommended["promised"]["delay"]["p99"], common)
        self.assertGreaterEqual(recommended["promised"]["held_back"], 0.965)
        self.expect_same(recommended["promised"], self.replay(written, capture))

    def test_targets_are_met_or_refused(self) -> None:
        capture = self.capture()
        options = ["--threshold", "3,10", "--window", "10m,1h", capture]
        found = self.tune("--target", "held_back >= 10%, delay_p99<=3h,devices<=100%", *options)
        self.assertEqual([t["measure"] for t in found["targets"]],
                         ["held_back", "delay_p99", "devices"])  # fmt: skip
        promised = found["recommended"]["promised"]
        self.assertGreaterEqual(promised["held_back"], 0.1)
        self.assertLessEqual(promised["delay"]["p99"], 3 * 3_600_000)
        written = self.folder / "new.yaml"
        impossible = ["tune", "--target", "held_back>=1.0,passed<1", "--write-policy", written]
        result = self.expect(FAILED, [*impossible, *options], "no setting meets", "no policy")
        self.assertIn(b"target held_back>=1.0: missed with 0.", result.out)
        self.assertIn(b"nearest", result.out)
        self.assertFalse(written.exists())
        result = self.expect(FAILED, [*impossible, "--json", *options])
        found = json.loads(result.out)
        self.assertNotIn("recommended", found)
        self.assertIn("nearest", found)
        self.assertEqual([t["met_by"] for t in found["targets"]], [0, 0])

    def test_a_policy_that_is_read_is_not_overwritten(self) -> None:
        assert BASES[1] is not None
        capture, base = self.capture(), self.file("base.yaml", BASES[1])
        for file in (base, capture):
            before = file.read_bytes()
            self.expect(USAGE, ["tune", "--policy", base, "--write-policy", file, capture],
                        "is read by this command")  # fmt: skip
            self.assertEqual(file.read_bytes(), before)
        self.expect(USAGE, ["tune", "--write-policy", self.folder / "no" / "p.yaml", capture],
                    "no directory")  # fmt: skip

    def test_no_alert_and_one(self) -> None:
        empty, written = self.file("empty", b""), self.folder / "new.yaml"
        result = self.expect(DONE, ["tune", empty])
        self.assertIn(b"no alert was read", result.out)
        self.assertNotIn("recommended", self.tune(empty))
        self.expect(FAILED, ["tune", "--write-policy", written, empty], "no alert was read")
        self.assertFalse(written.exists())
        alert = {"device": DEVICE, "code": "8F3F", "received": "2019-12-02T10:00:00.000Z"}
        one = self.file("one", json.dumps(alert).encode())
        result = self.expect(DONE, ["tune", "--write-policy", written, one])
        self.assertIn(b"1 alert of 1 device", result.out)
        self.assertIn(b"say nothing about which is best", b" ".join(result.out.split()))
        self.assertEqual(self.replay(written, one)["forwarded"], 1)

    def test_text_says_what_json_does(self) -> None:
        capture = self.capture()
        text = self.expect(DONE, ["tune", capture]).out.decode()
        found = self.tune(capture)
        (marked,) = [line for line in text.splitlines() if line.startswith("*")]
        chosen = found["settings"][found["recommended"]["setting"]]
        self.assertEqual(marked.split()[1], str(chosen["threshold"]))
        passed = chosen["totals"]["forwarded"] + chosen["totals"]["copies"]
        self.assertIn(f"{passed:,}", marked)
        self.assertIn(found["recommended"]["name"], " ".join(text.split()))
        row = re.compile(r"[* ][+ ] {2,}\d+ +\d+[smhd] ")
        rows = [line for line in text.splitlines() if row.match(line)]
        self.assertEqual(len(rows), len(found["settings"]))
        many = self.expect(DONE, ["tune", "--window", "1m,2m,3m,4m,5m,6m,7m,8m,9m", capture]).out
        self.assertIn(b"45 settings, the best 40 of them", many)
        self.assertLess(len(many.splitlines()), 100)


class RefusedTest(TuneCase):
    """What is wrong is told, all at once."""

    def test_wrong_lists(self) -> None:
        capture = self.file("c", b"")
        self.expect(
            USAGE,
            ["tune", "--threshold", "0,5,x,70000", "--window", "10,1s,8d",
             "--forward", "one_in:1,all", "--clear", "6", "--last-word", "maybe",
             "--window-kind", "round", "--code", "8F3,8F3F", "--target",
             "held>=1,devices=3,delay_p99<=5,held_back>=2", capture],
            "'0'", "'x'", "'70000'", "'10'", "'8d'", "'one_in:1'", "'all'", "6 is above every",
            "'maybe'", "'round'", "'8F3'", "'held'", "'devices=3'", "'5'", "'2'",
        )  # fmt: skip
        self.expect(USAGE, ["tune", "--threshold", ",".join(map(str, range(1, 400))), "--window",
                            "1m,2m,3m", capture], "1197", "1024")  # fmt: skip
        self.expect(USAGE, ["tune", "--threshold", "", capture], "empty")
        self.expect(USAGE, ["tune", "--json", "--csv", capture])
        self.expect(USAGE, ["tune"])

    def test_items_given_twice_count_once(self) -> None:
        capture = self.capture(count=100)
        found = self.tune("--threshold", "5,5, 5", "--threshold", "5", "--clear", "5,threshold",
                          "--window", "60m,1h", capture)  # fmt: skip
        self.assertEqual(len(found["settings"]), 1)

    def test_excluded_codes(self) -> None:
        capture = self.capture(count=100)
        self.expect(USAGE, ["tune", "--code", "8F3F,8F66", capture], "8F66", "excluded", "--policy")
        self.expect(USAGE, ["tune", "--code", "N1-N5", capture], "all of these")
        found = self.tune("--code", "8F60-8F70", capture)
        swept = {code["code"] for code in found["codes"] if code["swept"]}
        self.assertFalse(swept & {"8F66", "8F67"})

    def test_pairs_together_take_either_code(self) -> None:
        assert BASES[1] is not None
        base, capture = self.file("base.yaml", BASES[1]), self.capture(count=100)
        lower = self.tune("--policy", base, "--code", "8020", capture)
        higher = self.tune("--policy", base, "--code", "808D", capture)
        self.assertEqual(lower, higher)

    def test_bad_files(self) -> None:
        capture, bad = self.file("c", b""), self.file("p.yaml", b"policies: 3\n")
        self.expect(CONFIGURATION, ["tune", "--policy", bad, capture], "p.yaml:1")
        config = self.file("weir.yaml", b"policy: p.yaml\n")
        self.expect(CONFIGURATION, ["tune", "--config", config, capture], "p.yaml:1")
        self.expect(FAILED, ["tune", self.folder / "missing"], "missing")

    def test_the_policy_of_a_configuration_counts(self) -> None:
        assert BASES[1] is not None
        base = self.file("base.yaml", BASES[1])
        config, capture = self.file("weir.yaml", b"policy: base.yaml\n"), self.capture(count=100)
        found = self.tune("--config", config, capture)
        self.assertEqual(found, self.tune("--policy", base, capture))
        self.assertEqual(found["base"]["note"], "agreed: #1")
        self.assertEqual(found["base"]["pairs"], "together")


def names_of(fields: Fields) -> list[str]:
    names: list[str] = []
    for name, value in fields.items():
        inner = value if isinstance(value, dict) and name in ("base", "delay", "episodes") else None
        names.extend([f"{name}.{each}" for each in inner] if inner is not None else [name])
    return names


class ReferenceTest(TuneCase):
    """deploy/TUNE.md lists the fields that are printed, in their order, and no others."""

    def fields_of(self, found: Fields) -> dict[str, list[Fields]]:
        recommended = [found["recommended"]] if "recommended" in found else []
        tallies = [setting["totals"] for setting in found["settings"]]
        return {
            "The whole": [found],
            "A target": found["targets"],
            "A setting": found["settings"],
            "A tally": tallies + [r["promised"] for r in recommended],
            "A code": found["codes"],
            "A pair": found["pairs"],
            "A pair counted one way": [s["apart"] for p in found["pairs"] for s in p["settings"]],
            "A device that always storms": found["always"],
            "What is recommended": recommended,
            "A code of its own": [code for r in recommended for code in r["codes"]],
        }

    def test_fields(self) -> None:
        assert BASES[1] is not None
        capture, base = self.capture(), self.file("base.yaml", BASES[1])
        runs = [["--target", "passed<=1", capture], ["--policy", base, "--code", "8020", capture],
                ["--target", "passed>=0,devices<=1000", capture]]  # fmt: skip
        seen: dict[str, set[str]] = {}
        text = REFERENCE.read_text(encoding="utf-8")
        for run in runs:
            result = support.run(["tune", "--json", *run])
            for heading, objects in self.fields_of(json.loads(result.out)).items():
                listed = self.listed(text, heading)
                for fields in objects:
                    names = names_of(fields)
                    self.assertEqual(names, [n for n in listed if n in names], heading)
                    seen.setdefault(heading, set()).update(names)
        for heading, names in seen.items():
            if heading != "A code of its own":  # there need be none
                self.assertEqual(set(self.listed(text, heading)), names, heading)

    def listed(self, text: str, heading: str) -> list[str]:
        sections = re.split(r"^#+ ", text, flags=re.MULTILINE)
        (section,) = [s for s in sections if s.startswith(f"{heading}\n")]
        return re.findall(r"^\| `([\w.]+)` \|", section, re.MULTILINE)

    def test_columns_and_measures(self) -> None:
        text = REFERENCE.read_text(encoding="utf-8")
        capture = self.capture(count=100)
        head = self.expect(DONE, ["tune", "--csv", capture]).out.split(b"\n")[0].decode()
        (block,) = re.findall(r"```csv\n(.*?)\n```", text, re.DOTALL)
        self.assertEqual("".join(block.split()), head)
        said = self.expect(USAGE, ["tune", "--target", "x>=1", capture]).message
        measures = re.findall(r"\w+", said.split("give ")[1].replace(" or ", " "))
        self.assertEqual(self.listed(text, "Targets"), measures)


if __name__ == "__main__":
    support.main()
