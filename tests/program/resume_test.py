"""Stopped and run again: with a state, a replay loses nothing and does nothing twice.

Goal: however often `replay --state` is killed, and whatever is done to captures and outputs in
between, its results are those of one run that was left alone, byte for byte; where that cannot be,
it says so and changes nothing.
Method: one replay is killed with SIGKILL again and again, each run going on where the one before
was stopped. Kills are spread over the whole of it by how far its output has grown, each a random
while after that, so that they hit every part of a commit and of a start. The captures hold records
of every kind, and each run works with another number of threads.

WEIR_KILLS and WEIR_ALERTS make it longer; from a hundred kills on, the work of all runs together
must be less than twice that of the single one. WEIR_COMMIT sets how often is committed.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mixed
import support
from support import DONE, FAILED, ProgramCase

KILLS = int(os.environ.get("WEIR_KILLS", "4" if support.BRIEF else "12"))
ALERTS = int(os.environ.get("WEIR_ALERTS", "400000"))
COMMIT = os.environ.get("WEIR_COMMIT", "20ms")
SMALL = 6000  # alerts, where the number of them does not matter
LONGEST_WHILE_S = 0.05
THREADS = ("1", "2", "3", "8")
FLEET = "02-DB-"  # how the ids of its devices begin
NO_PLACE = 65535  # the partition in counters for records that do not say where they stood
POLICY = b"""policies:
  - effective_from: 2019-12-02T00:00:00Z
    default: {threshold: 5, window: 30m}
    codes: {8F3F: {window: 10m, window_kind: sliding, forward: {one_in: 40}}}
  - effective_from: 2019-12-02T11:30:00Z
    pairs: together
    default: {threshold: 4, window: 20m, clear: 2}
"""
OTHER_POLICY = POLICY.replace(b"threshold: 5", b"threshold: 6")


def size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def grown_to(path: Path, size: int, delay: float) -> Callable[[Path], bool]:
    """Holds from `delay` seconds after the file was first seen to be that large."""
    since: list[float] = []

    def holds(_out: Path) -> bool:
        if not since and size_of(path) >= size:
            since.append(time.monotonic())
        return bool(since) and time.monotonic() - since[0] >= delay

    return holds


def last_times(content: bytes) -> dict[int, str]:
    """The latest time in each partition of the topic with homes of the fleet."""
    times: dict[int, str] = {}
    for line in content.splitlines():
        if not line.startswith(b'{"topic":"%s"' % mixed.TOPIC.encode()):
            continue
        try:
            record = json.loads(line)
        except ValueError:  # a spoilt line
            continue
        partition, time_of = record["partition"], json.loads(record["payload"])["received"]
        times[partition] = max(times.get(partition, ""), time_of)
    return times


def notices_of(outputs: dict[str, bytes]) -> dict[str, dict[str, Any]]:
    """By their counters."""
    contents = [outputs[name] for name in outputs if name.startswith(("enp.", "inventory."))]
    records = (record for content in contents for record in support.json_lines(content))
    return {record["counter"]: record for record in records if "counter" in record}


def on_topic(notice: dict[str, Any]) -> bool:
    """Whether it is about a device of the fleet, from the topic."""
    return notice["device"].startswith(FLEET) and int(notice["counter"]) >> 48 != NO_PLACE


class ResumeCase(ProgramCase):
    def setUp(self) -> None:
        super().setUp()
        self.policy = self.file("policy.yaml", POLICY)
        self.parties = self.folder / "parties.yaml"  # of the last capture made
        self.out = self.folder / "out"
        self.state = self.folder / "state"

    def make_capture(self, name: str, alerts: int) -> Path:
        plain, capture = self.folder / "generated", self.folder / name
        mixed.write_capture(plain, self.parties, alerts, self.rng)
        support.spoil(plain, capture, self.rng)
        plain.unlink()
        return capture

    def options(self) -> list[support.Argument]:
        files: list[support.Argument] = ["--config", self.parties, "--policy", self.policy]
        return [*files, "--archive", "--threads", self.rng.choice(THREADS)]

    def replay(self, *captures: support.Argument) -> list[support.Argument]:
        kept = ["--out", self.out, "--state", self.state, "--commit-every", COMMIT]
        return ["replay", *self.options(), *kept, *captures]

    def alone(self, *captures: support.Argument, stdin: bytes = b"") -> Path:
        """The outputs of a run without a state over the same captures."""
        out = self.folder / "alone"
        shutil.rmtree(out, ignore_errors=True)
        self.expect(DONE, ["replay", *self.options(), "--out", out, *captures], stdin=stdin)
        return out

    def check_as_alone(self, *captures: support.Argument, stdin: bytes = b"") -> None:
        self.assert_same_files(self.alone(*captures, stdin=stdin), self.out)
        self.check_counters(self.out)

    def content_of_outputs(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.out.iterdir()}


class KilledTest(ResumeCase):
    """SIGKILL, again and again."""

    def one_life_alone(self, capture: Path) -> support.Life:
        # Of the same kind as those that are killed, commits included.
        self.out, self.state = self.folder / "one_out", self.folder / "one_state"
        life = support.live(self.replay(capture))
        self.out, self.state = self.folder / "out", self.folder / "state"
        return life

    def kill_until_done(
        self, capture: Path, kills: int, longest_while: float
    ) -> tuple[int, float]:
        """How many kills hit a running program, and the processor seconds of all runs."""
        forwarded = self.out / "alerts.forwarded"
        length = size_of(self.folder / "one_out" / "alerts.forwarded")
        self.assertGreater(length, 0)
        hits, cpu_seconds = 0, 0.0
        for target in sorted(self.rng.randrange(int(0.9 * length)) for _ in range(kills)):
            delay = self.rng.uniform(0, min(longest_while, LONGEST_WHILE_S))
            life = support.live(
                self.replay(capture), kill_when=grown_to(forwarded, target, delay)
            )
            hits += life.killed
            cpu_seconds += life.cpu_seconds
        return hits, cpu_seconds + support.live(self.replay(capture)).cpu_seconds

    def check_killed(self, capture: Path, kills: int) -> None:
        one = self.one_life_alone(capture)
        hits, cpu_seconds = self.kill_until_done(capture, kills, one.seconds / 30)
        ratio = cpu_seconds / one.cpu_seconds
        print(
            f"{hits} of {kills} kills hit; all runs took {cpu_seconds:.2f} s of a processor, one "
            f"run alone {one.cpu_seconds:.2f} s: {ratio:.2f} times",
            flush=True,
        )
        # The last runs may come to their end before they are killed.
        self.assertGreaterEqual(hits, 0.9 * kills)
        self.assert_same_files(self.folder / "one_out", self.out)
        self.check_as_alone(capture)
        if kills >= 100:
            self.assertLess(ratio, 2)

    def test_plain(self) -> None:
        self.check_killed(self.make_capture("capture.jsonl", ALERTS), KILLS)

    def test_packed(self) -> None:
        plain = self.make_capture("capture.jsonl", ALERTS // 4)
        packed = self.file("capture.jsonl.gz", gzip.compress(plain.read_bytes(), 1))
        self.check_killed(packed, max(KILLS // 4, 1))

    def test_in_the_first_moments(self) -> None:
        capture = self.make_capture("capture.jsonl", SMALL)
        for _ in range(KILLS):
            support.live(self.replay(capture), kill_after=self.rng.uniform(0, LONGEST_WHILE_S))
        self.expect(DONE, self.replay(capture))
        self.check_as_alone(capture)

    def test_what_was_written_beyond_the_last_commit_is_cut_off(self) -> None:
        capture = self.make_capture("capture.jsonl", SMALL)
        whole = capture.read_bytes()
        capture.write_bytes(whole[: whole.index(b"\n", len(whole) // 2) + 1])
        self.expect(DONE, self.replay(capture))
        for path in self.out.iterdir():
            if path.name != "summary.json":
                path.write_bytes(path.read_bytes() + self.rng.randbytes(1000))
        capture.write_bytes(whole)
        self.expect(DONE, self.replay(capture))
        self.check_as_alone(capture)


class ContinuedTest(ResumeCase):
    """Runs that came to their end, and captures that changed since."""

    def setUp(self) -> None:
        super().setUp()
        self.capture = self.make_capture("capture.jsonl", SMALL)
        self.whole = self.capture.read_bytes()
        middle = self.whole.index(b"\n", len(self.whole) // 2) + 1
        self.first, self.second = self.whole[:middle], self.whole[middle:]

    def expect_refused(
        self, arguments: list[support.Argument], *needles: support.Argument
    ) -> None:
        before = self.content_of_outputs()
        self.expect(FAILED, arguments, *needles)
        self.assertEqual(self.content_of_outputs(), before, "a refused run changed the outputs")

    def test_again_without_anything_new(self) -> None:
        self.expect(DONE, self.replay(self.capture))
        before = self.content_of_outputs()
        self.expect(DONE, self.replay(self.capture))
        self.assertEqual(self.content_of_outputs(), before)
        self.check_as_alone(self.capture)

    def test_a_capture_that_grows(self) -> None:
        self.capture.write_bytes(self.first)
        self.expect(DONE, self.replay(self.capture))
        before = self.content_of_outputs()
        self.capture.write_bytes(self.whole)
        self.expect(DONE, self.replay(self.capture))
        self.check_as_alone(self.capture)
        self.check_timers_were_kept(before)

    def check_timers_were_kept(self, before: dict[str, bytes]) -> None:
        """The second run did what the first had to wait for: it told of changes that came before
        its own first record, and removed devices that stand in the first."""
        reached = min(last_times(self.first).values())
        done = notices_of(before)
        told = notices_of(self.content_of_outputs()).items()
        later = [each for counter, each in told if counter not in done]
        changes = [each for each in later if on_topic(each) and "changed_at" in each]
        self.assertTrue([each for each in changes if each["changed_at"] <= reached])
        self.assertTrue([each for each in later if each["device"].startswith(mixed.WAITING)])

    def test_another_capture_behind(self) -> None:
        one, two = self.file("one", self.first), self.file("two", self.second)
        self.expect(DONE, self.replay(one))
        self.expect(DONE, self.replay(one, two))
        self.check_as_alone(one, two)

    def test_standard_input_that_grows(self) -> None:
        self.expect(DONE, self.replay("-"), stdin=self.first)
        self.expect(DONE, self.replay("-"), stdin=self.whole)
        self.check_as_alone("-", stdin=self.whole)

    def test_a_zstd_capture_that_grows(self) -> None:
        if shutil.which("zstd") is None:
            self.skipTest("the command zstd is missing")
        packed = self.folder / "capture.jsonl.zst"
        frames = [
            subprocess.run(["zstd", "-1", "-c"], input=part, stdout=subprocess.PIPE, check=True)
            for part in (self.first, self.second)
        ]
        packed.write_bytes(frames[0].stdout)
        self.expect(DONE, self.replay(packed))
        packed.write_bytes(frames[0].stdout + frames[1].stdout)
        self.expect(DONE, self.replay(packed))
        self.check_as_alone(packed)

    def test_a_capture_that_changed(self) -> None:
        self.expect(DONE, self.replay(self.capture))
        last = self.whole.rstrip(b"\n").rindex(b"\n") + 1
        for changed in (b"", self.whole[:last], self.whole[:last] + b"{}\n" + self.whole[last:]):
            self.capture.write_bytes(changed)
            self.expect_refused(self.replay(self.capture), self.capture, "Cannot continue")

    def test_other_captures(self) -> None:
        one, two = self.file("one", self.first), self.file("two", self.second)
        self.expect(DONE, self.replay(one, two))
        for captures in ((two, one), (one,), (two,), ("-",)):
            self.expect_refused(self.replay(*captures), "Cannot continue")
        # It has been read to its end, so that nobody would ever see what is new in it.
        one.write_bytes(self.first + self.second)
        self.expect_refused(self.replay(one, two), one, "Cannot continue")

    def test_other_outputs(self) -> None:
        self.expect(DONE, self.replay(self.capture))
        without_archive = [a for a in self.replay(self.capture) if a != "--archive"]
        self.expect_refused(without_archive, "archive")
        state_only = ["--state", self.state, self.capture]
        self.expect(FAILED, ["replay", *self.options(), *state_only], "--out")

    def test_outputs_that_are_gone(self) -> None:
        self.expect(DONE, self.replay(self.capture))
        forwarded = self.out / "alerts.forwarded"
        content = forwarded.read_bytes()
        forwarded.write_bytes(content[:-1])
        self.expect_refused(self.replay(self.capture), forwarded, len(content))
        shutil.rmtree(self.out)
        self.expect(FAILED, self.replay(self.capture), forwarded, len(content))

    def test_another_policy(self) -> None:
        self.capture.write_bytes(self.first)
        self.expect(DONE, self.replay(self.capture))
        self.capture.write_bytes(self.whole)
        self.policy.write_bytes(OTHER_POLICY)
        version = "2019-12-02T00:00:00.000Z"
        self.expect_refused(self.replay(self.capture), version, "--force")
        self.expect(DONE, [*self.replay(self.capture), "--force"])
        self.check_accounts(self.whole, self.out)
        # From here on it is the policy of the state.
        self.expect(DONE, self.replay(self.capture))
        self.policy.write_bytes(POLICY)
        self.expect_refused(self.replay(self.capture), version, "--force")

    def test_a_version_that_lies_ahead_may_be_added(self) -> None:
        self.expect(DONE, self.replay(self.capture))
        self.policy.write_bytes(POLICY + b"  - effective_from: 2190-01-01T00:00:00Z\n")
        self.expect(DONE, self.replay(self.capture))

    def test_a_state_of_something_else(self) -> None:
        self.state.mkdir()
        (self.state / "notes.txt").write_text("not a state")
        result = support.run(self.replay(self.capture))
        self.assertIn(result.code, (DONE, FAILED))
        self.assertEqual((self.state / "notes.txt").read_text(), "not a state")

    def test_a_damaged_state(self) -> None:
        self.expect(DONE, self.replay(self.capture))
        for path in self.state.iterdir():
            if path.is_file():
                path.write_bytes(self.rng.randbytes(size_of(path)))
        self.expect(FAILED, self.replay(self.capture), self.state)

    def test_two_at_once(self) -> None:
        one = self.file("one", self.first)
        self.expect(DONE, self.replay(one))
        size = size_of(self.out / "alerts.forwarded")
        command = support.command(self.replay(one, "-"))
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdin is not None
            # Once it writes, it holds what it needs, until there is no more to read.
            lines = iter(self.second.splitlines(keepends=True))
            while size_of(self.out / "alerts.forwarded") == size:
                process.stdin.write(next(lines))
                process.stdin.flush()
            self.expect(FAILED, self.replay(one), "another process")
            process.stdin.writelines(lines)
            process.stdin.close()
            self.assertEqual(process.wait(), DONE)
        alone = self.alone(self.capture)
        for name in ("alerts.forwarded", "inventory.removed", "requests.accepted", "enp.unrouted"):
            one, other = ((out / name).read_bytes() for out in (alone, self.out))
            self.assert_same_bytes(one, other, name)
        self.check_counters(self.out)

    def test_summary_tells_of_all_runs(self) -> None:
        self.capture.write_bytes(self.first)
        self.expect(DONE, self.replay(self.capture))
        self.capture.write_bytes(self.whole)
        shown = self.expect(DONE, [*self.replay(self.capture), "--json"])
        self.check_accounts(self.whole, self.out, shown.out)
        records = json.loads(shown.out)["read"]
        said = self.expect(DONE, self.replay(self.capture)).out.decode()
        self.assertIn(f"{records:,}", said.splitlines()[0])


if __name__ == "__main__":
    support.main()
