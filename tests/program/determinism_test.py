"""The same alerts give the same results, however they come and however the work is cut.

Goal: results depend on the records, the policy and the parties alone; not on how a capture is
packed, split or fed, nor on how often is committed or how many threads work; and what Weir writes,
Weir reads again.
Method: one capture with storms, records of every other kind, dead lines, repeated and late ones,
run in different ways; all outputs compared byte for byte. Made captures are compared with one
another by their seeds.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from pathlib import Path

import mixed
import support
from support import DONE, FAILED, ProgramCase

ALERTS = 30_000
POLICY = b"""policies:
  - effective_from: 2019-12-02T00:00:00Z
    default: {threshold: 5, window: 30m, forward: {one_in: 50}}
  - effective_from: 2019-12-02T15:00:00Z
    default: {threshold: 3, window: 2h, window_kind: sliding}
"""
# Where a dead record stood is told, and differs with the capture.
PLACE = ("capture", "line")


class DeterminismTest(ProgramCase):
    def setUp(self) -> None:
        super().setUp()
        plain, self.capture = self.folder / "plain", self.folder / "capture.jsonl"
        self.parties = self.folder / "parties.yaml"
        mixed.write_capture(plain, self.parties, ALERTS, self.rng)
        support.spoil(plain, self.capture, self.rng)
        self.policy = self.file("policy.yaml", POLICY)
        self.content = self.capture.read_bytes()
        self.results = self.replay(self.capture)

    def replay(self, *arguments: support.Argument, stdin: bytes = b"") -> dict[str, bytes]:
        """The outputs by name, without where dead records stood."""
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        files = ["--config", self.parties, "--policy", self.policy]
        self.expect(DONE, ["replay", *files, "--archive", "--out", out, *arguments], stdin=stdin)
        self.check_counters(out)
        results = {path.name: path.read_bytes() for path in out.iterdir()}
        letters = list(support.json_lines(results["dead.letter"]))
        self.assertTrue(letters)
        kept = [{k: v for k, v in letter.items() if k not in PLACE} for letter in letters]
        results["dead.letter"] = json.dumps(kept).encode()
        return results

    def check(self, *arguments: support.Argument, stdin: bytes = b"") -> None:
        found = self.replay(*arguments, stdin=stdin)
        self.assertEqual(found.keys(), self.results.keys())
        for name, content in self.results.items():
            self.assert_same_bytes(content, found[name], name)

    def test_there_is_something_to_compare(self) -> None:
        summary = json.loads(self.results["summary.json"])
        for name in ("dead", "duplicates", "forwarded", "copies", "consolidated"):
            self.assertGreater(summary[name], 0, name)
        for name in ("started", "ended"):
            self.assertGreater(summary["episodes"][name], 0, name)
        empty = {name for name, content in self.results.items() if not content}
        kept = {"requests.accepted", "requests.rejected", "inventory.removed", "enp.unrouted"}
        self.assertEqual(kept & empty, set())
        operators = {name for name in self.results if name.startswith("enp.")}
        self.assertGreater(len(operators - empty), 3)

    def test_again(self) -> None:
        self.check(self.capture)

    def test_packed(self) -> None:
        self.check("--threads", "1", self.file("capture.gz", gzip.compress(self.content, 1)))
        # The content says how it is packed, not the name.
        self.check(self.file("capture.txt", gzip.compress(self.content, 9)))

    def test_packed_with_zstd(self) -> None:
        if shutil.which("zstd") is None:
            self.skipTest("the command zstd is missing")
        packed = self.folder / "capture.zst"
        subprocess.run(["zstd", "-q", "-o", packed, self.capture], check=True)
        self.check("--threads", "8", packed)

    def test_from_standard_input(self) -> None:
        self.check("--threads", "3", "-", stdin=self.content)
        self.check("-", stdin=gzip.compress(self.content, 1))

    def test_split(self) -> None:
        cuts = sorted(self.rng.randrange(len(self.content)) for _ in range(5))
        starts = [0, *(self.content.index(b"\n", cut) + 1 for cut in cuts)]
        parts: list[Path] = []
        for number, start in enumerate(starts):
            end = starts[number + 1] if number + 1 < len(starts) else len(self.content)
            parts.append(self.file(f"part{number}", self.content[start:end]))
        self.check("--threads", "3", *parts)

    def test_blanks_are_no_records(self) -> None:
        self.check(self.file("blanks", self.content.replace(b"\n", b"\n\n \t\r\n")))

    def test_commits(self) -> None:
        for interval, threads in (("1ms", "8"), ("30ms", "1"), ("1h", "3")):
            with self.subTest(interval):
                kept = ("--state", self.folder / f"state-{interval}", "--commit-every", interval)
                self.check(*kept, "--threads", threads, self.capture)


class RoundTripTest(ProgramCase):
    """What Weir writes is read again."""

    def setUp(self) -> None:
        super().setUp()
        self.capture = self.folder / "capture.jsonl"
        support.generate_alerts(self.capture, ALERTS, support.SEED)

    def summary(self, *arguments: support.Argument) -> dict[str, object]:
        result = self.expect(DONE, ["replay", "--json", *arguments])
        summary: dict[str, object] = json.loads(result.out)
        return summary

    def test_forwarded_alerts_are_a_capture(self) -> None:
        policy = self.file(
            "policy.yaml",
            b"policies:\n  - {effective_from: 1970-01-01T00:00:00Z, excluded: all}\n",
        )
        first, second = self.folder / "first", self.folder / "second"
        before = self.summary("--out", first, self.capture)
        forwarded = first / "alerts.forwarded"
        after = self.summary("--policy", policy, "--out", second, forwarded)
        count = len(forwarded.read_bytes().splitlines())
        self.assertEqual(before["forwarded"] + before["copies"], count)  # type: ignore[operator]
        self.assertEqual((after["alerts"], after["dead"]), (count, 0))

    def test_decoded_alerts_are_a_capture(self) -> None:
        first, second = self.folder / "first", self.folder / "second"
        self.summary("--archive", "--out", first, self.capture)
        decoded = self.expect(DONE, ["decode", self.capture])
        self.summary("--archive", "--out", second, self.file("decoded", decoded.out))
        self.assert_same_files(first, second)


class GenerateTest(ProgramCase):
    def generated(self, *options: support.Argument) -> bytes:
        path = self.folder / "generated"
        support.generate(path, *options)
        return path.read_bytes()

    def test_the_seed_decides(self) -> None:
        options = ("--devices", 500, "--duration", "6h", "--storms", 3)
        first = self.generated(*options, "--seed", 5)
        self.assertGreater(first.count(b"\n"), 1000)
        self.assertEqual(self.generated(*options, "--seed", 5), first)
        self.assertNotEqual(self.generated(*options, "--seed", 6), first)

    def test_storms_are_throttled(self) -> None:
        capture = self.folder / "capture"
        support.generate(capture, "--devices", 2000, "--duration", "1d", "--storms", 20)
        out = self.folder / "out"
        self.expect(DONE, ["replay", "--out", out, capture])
        self.check_accounts(capture.read_bytes(), out)
        summary = json.loads((out / "summary.json").read_text())
        self.assertGreaterEqual(summary["episodes"]["started"], 10)
        self.assertGreater(summary["consolidated"], summary["alerts"] / 2)
        self.assertEqual(summary["dead"], 0)

    def test_without_storms_next_to_nothing_is(self) -> None:
        capture = self.folder / "capture"
        support.generate(capture, "--devices", 2000, "--duration", "1d", "--storms", 0)
        summary = json.loads(self.expect(DONE, ["replay", "--json", capture]).out)
        self.assertLess(summary["consolidated"], summary["alerts"] / 100)

    def test_payloads_say_the_same(self) -> None:
        options = ("--devices", 200, "--duration", "3h", "--payloads")
        capture = self.file("capture", self.generated(*options))
        for alert in support.json_lines(capture.read_bytes()):
            if "payload" not in alert:
                continue
            message = self.file("message", alert["payload"].encode())
            found = json.loads(self.expect(DONE, ["decode", "--format", "gbcs", message]).out)
            for name in ("device", "code", "recipient", "counter", "device_time"):
                self.assertEqual(found.get(name), alert.get(name), alert)
            return
        self.fail("no alert has a payload")

    def test_whoever_has_seen_enough_may_go(self) -> None:
        command = support.command(["generate", "--devices", 1000, "--duration", "30d"])
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None and process.stderr is not None
            self.assertTrue(process.stdout.readline().startswith(b"{"))
            process.stdout.close()
            said = process.stderr.read()
            self.assertEqual(process.wait(), FAILED)
        self.assertNotIn(b"cannot write", said)


if __name__ == "__main__":
    support.main()
