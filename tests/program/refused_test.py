"""What weir refuses: files, folders, policies and command lines that are not what they must be.

Goal: each refusal has the documented exit code (1 failed, 2 wrong usage, 78 bad configuration) and
a message that names the file or the option, and leaves what it refused as it was. Method: one real
obstacle a test, without mocks: links into nowhere, /dev/full, pipes, damaged archives, folders of
somebody else.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import threading
import unittest
from pathlib import Path

import support
from support import CONFIGURATION, DONE, FAILED, USAGE, ProgramCase

LINE = b'{"device":"00-DB-12-34-56-78-90-A0","code":"8F3F","received":"2019-12-02T10:00:00.000Z"}\n'
POLICY = "policies:\n  - effective_from: 2019-01-01T00:00:00Z\n"


def zstd(content: bytes) -> bytes:
    done = subprocess.run(["zstd", "-q", "-c"], input=content, stdout=subprocess.PIPE, check=True)
    return done.stdout


class RefusedCase(ProgramCase):
    def setUp(self) -> None:
        super().setUp()
        self.capture = self.file("capture.jsonl", LINE * 3)
        self.out = self.folder / "out"


class CaptureTest(RefusedCase):
    """Captures that are not there or cannot be read on."""

    def refuse(self, capture: Path, *needles: str) -> None:
        self.expect(FAILED, ["decode", capture], capture, *needles)
        self.expect(FAILED, ["replay", capture], capture, *needles)
        state = ["--state", self.folder / "state", "--out", self.out]
        self.expect(FAILED, ["replay", *state, self.capture, capture], capture, *needles)

    def test_missing(self) -> None:
        self.refuse(self.folder / "missing.jsonl", "No such file")

    def test_dangling_link(self) -> None:
        link = self.folder / "link"
        link.symlink_to(self.folder / "nowhere")
        self.refuse(link, "No such file")

    @unittest.skipIf(os.geteuid() == 0, "root may read every file; the dangling link stands in")
    def test_unreadable(self) -> None:
        capture = self.file("secret", LINE)
        capture.chmod(0)
        self.refuse(capture, "Permission denied")

    def test_directory(self) -> None:
        self.refuse(self.folder, "directory")

    def test_below_a_file(self) -> None:
        self.refuse(self.capture / "below", "Not a directory")

    def test_all_wrong_captures_are_named(self) -> None:
        one, other = self.folder / "one", self.folder / "other"
        self.expect(FAILED, ["replay", one, self.capture, other], one, other)

    def test_standard_input_twice(self) -> None:
        self.expect(FAILED, ["replay", "-", "-"], "standard input")

    def check_cut(self, packed: bytes, first: int, name: str) -> None:
        step = max(1, (len(packed) - first) // 25)
        for length in sorted({*range(first, len(packed), step), len(packed) - 1}):
            with self.subTest(length=length, of=len(packed)):
                cut = self.file(name, packed[:length])
                self.expect(FAILED, ["replay", "--out", self.out, cut], cut, "cut short")
        whole = self.file(name, packed)
        self.expect(DONE, ["decode", whole])

    def varied(self) -> bytes:
        return b"".join(
            LINE.replace(b"90-A0", self.rng.randbytes(2).hex("-").encode()) for _ in range(4000)
        )

    def test_cut_gzip(self) -> None:
        self.check_cut(gzip.compress(self.varied(), mtime=0), 2, "capture.gz")

    def test_cut_zstd(self) -> None:
        self.check_cut(zstd(self.varied()), 4, "capture.zst")

    def test_damaged(self) -> None:
        content = self.varied()
        for name, packed in (("a.gz", gzip.compress(content)), ("a.zst", zstd(content))):
            for place in range(len(packed) // 3, len(packed), len(packed) // 10):
                spoilt = bytearray(packed)
                spoilt[place] ^= 0x55
                with self.subTest(name=name, place=place):
                    self.refuse(self.file(name, bytes(spoilt)))

    def test_what_follows_an_archive(self) -> None:
        self.refuse(self.file("a.gz", gzip.compress(LINE) + b"more"))
        self.refuse(self.file("a.zst", zstd(LINE) + b"more"))

    def test_only_the_beginning_of_an_archive(self) -> None:
        self.refuse(self.file("a.gz", b"\x1f\x8b" + self.rng.randbytes(500)))
        self.refuse(self.file("a.zst", b"\x28\xb5\x2f\xfd" + self.rng.randbytes(500)))

    def test_wrong_magic_is_a_dead_letter(self) -> None:
        for name, packed in (("a.gz", gzip.compress(LINE)), ("a.zst", zstd(LINE))):
            content = b"!" + packed[1:]
            self.expect(DONE, ["replay", "--out", self.out, self.file(name, content)])
            self.check_accounts(content, self.out)

    def test_the_name_says_nothing(self) -> None:
        self.expect(DONE, ["decode", self.file("plain.gz", LINE)])
        self.expect(DONE, ["decode", self.file("packed.jsonl", zstd(LINE) + zstd(LINE))])
        two = self.file("two", gzip.compress(LINE) + gzip.compress(LINE))
        self.assertEqual(self.expect(DONE, ["decode", two]).out.count(b"\n"), 2)

    def test_pipe(self) -> None:
        content = self.varied() + b"no record\n"
        plain = self.file("plain", content)
        self.expect(DONE, ["replay", "--out", self.folder / "plain-out", plain])
        for forward in (content, zstd(content)):
            pipe = self.folder / f"pipe{len(forward)}"
            os.mkfifo(pipe)
            writer = threading.Thread(target=pipe.write_bytes, args=(forward,))
            writer.start()
            out = self.folder / f"out{len(forward)}"
            self.expect(DONE, ["replay", "--out", out, "--state", f"{out}-state", pipe])
            writer.join()
            for name in ("alerts.forwarded", "throttle.episodes", "summary.json"):
                first = (self.folder / "plain-out" / name).read_bytes()
                self.assert_same_bytes(first, (out / name).read_bytes(), name)


class OutputTest(RefusedCase):
    """Outputs and states that cannot be written."""

    def test_out_is_a_file(self) -> None:
        taken = self.file("taken", b"mine")
        for out in (taken, taken / "below"):
            self.expect(FAILED, ["replay", "--out", out, self.capture], taken, "Not a directory")
        self.assertEqual(taken.read_bytes(), b"mine")

    def test_full_disk(self) -> None:
        for name in ("alerts.forwarded", "dead.letter"):
            out = self.folder / f"full-{name}"
            out.mkdir()
            (out / name).symlink_to("/dev/full")
            capture = self.file("mixed", LINE * 20000 + b"no record\n" * 20000)
            for state in ([], ["--state", self.folder / f"state-{name}"]):
                arguments = ["replay", "--out", out, *state, capture]
                self.expect(FAILED, arguments, out / name, "No space left")

    def test_summary_cannot_be_replaced(self) -> None:
        (self.out / "summary.json" / "in the way").mkdir(parents=True)
        self.expect(FAILED, ["replay", "--out", self.out, self.capture], "summary.json")

    def test_full_standard_output(self) -> None:
        policy = self.file("policy.yaml", POLICY.encode())
        commands = (
            ["decode", self.capture],
            ["replay", self.capture],
            ["replay", "--json", self.capture],
            ["validate", policy],
            ["generate", "--devices", "100", "--storms", "0"],
        )
        for arguments in commands:
            with self.subTest(arguments[0]), open("/dev/full", "wb") as full:
                self.expect(FAILED, arguments, stdout=full)

    def test_state_is_a_file(self) -> None:
        state = self.file("state", b"mine")
        self.expect(FAILED, ["replay", "--state", state, self.capture], state)
        self.assertEqual(state.read_bytes(), b"mine")

    def test_state_of_something_else(self) -> None:
        state = self.folder / "state"
        state.mkdir()
        (state / "CURRENT").write_bytes(b"of somebody else")
        self.expect(FAILED, ["replay", "--state", state, self.capture], state)
        self.assertEqual((state / "CURRENT").read_bytes(), b"of somebody else")

    def test_files_beside_a_state_are_left_alone(self) -> None:
        state = self.folder / "state"
        state.mkdir()
        (state / "notes.txt").write_bytes(b"mine")
        result = support.run(["replay", "--state", state, self.capture])
        self.assertIn(result.code, (DONE, FAILED), result.message)
        self.assertEqual((state / "notes.txt").read_bytes(), b"mine")

    def test_two_runs_share_nothing(self) -> None:
        """While one run waits at a pipe, another may use neither its state nor its output."""
        pipe, state = self.folder / "pipe", self.folder / "state"
        os.mkfifo(pipe)
        arguments = ["replay", "--out", self.out, "--state", state, pipe]
        first = subprocess.Popen(support.command(arguments), stdout=subprocess.DEVNULL)
        with pipe.open("wb") as writer:  # opens once the first run reads, all else being open
            other = self.folder / "other"
            self.expect(FAILED, ["replay", "--out", self.out, self.capture], self.out, "another")
            self.expect(FAILED, ["replay", "--state", state, self.capture], state)
            self.expect(FAILED, ["replay", "--state", state, "--out", other, self.capture], state)
            writer.write(LINE)
        self.assertEqual(first.wait(60), DONE)
        self.check_accounts(LINE, self.out)


class PolicyTest(RefusedCase):
    """Policies that are none; `validate` and `replay` say the same."""

    def refuse(self, policy: Path, *needles: str) -> str:
        checked = self.expect(CONFIGURATION, ["validate", policy], policy, *needles)
        arguments = ["replay", "--policy", policy, "--out", self.out, self.capture]
        self.expect(CONFIGURATION, arguments, policy, *needles)
        self.assertFalse(self.out.exists(), "a run that is refused writes nothing")
        return checked.message

    def refuse_text(self, text: str | bytes, *needles: str) -> str:
        content = text if isinstance(text, bytes) else text.encode()
        return self.refuse(self.file("policy.yaml", content), *needles)

    def test_missing(self) -> None:
        self.refuse(self.folder / "missing.yaml", "No such file")

    def test_directory(self) -> None:
        self.refuse(self.folder, "directory")

    def test_nothing_in_it(self) -> None:
        for text in ("", "\n\n", "# nothing\n", "---\n", "policies:\n", "policies: []\n", "{}"):
            with self.subTest(text):
                self.refuse_text(text)

    def test_not_yaml(self) -> None:
        broken = ("a: [1\n", "\t- x", "a: 'b", "policies:\n - x\n  y", "[" * 100000, "{{{" * 1000)
        for text in broken:
            with self.subTest(text[:20]):
                self.refuse_text(text, "policy.yaml:")
        for content in (b"\0", b"\xff\xfe", self.rng.randbytes(5000), b"x" * (2 << 20)):
            with self.subTest(content[:20]):
                self.refuse_text(content, "policy.yaml:")

    def test_all_problems_with_their_lines(self) -> None:
        text = (
            f"{POLICY}    colour: blue\n"
            "    default: {threshold: 0, window: 5 parsecs}\n"
            "    codes:\n"
            "      8F3F: {window: 60, forward: some}\n"
            "      XYZ: {threshold: 3}\n"
            "    excluded: [8F3C-8F35]\n"
            "duplicate_windo: 1h\n"
        )
        message = self.refuse_text(text)
        expected = ((3, "colour"), (4, "threshold"), (4, "window"), (6, "window"), (6, "forward"))
        for line, word in (*expected, (7, "XYZ"), (8, "8F3C-8F35"), (9, "duplicate_window")):
            self.assertRegex(message, rf"(?m)policy\.yaml:{line}: .*{word}")

    def test_every_file_is_checked(self) -> None:
        good, bad = self.file("good.yaml", POLICY.encode()), self.file("bad.yaml", b"x: 1")
        result = self.expect(CONFIGURATION, ["validate", bad, good, self.folder / "no"], bad, "no")
        self.assertIn(str(good), result.out.decode())

    def test_an_empty_name_is_no_default(self) -> None:
        """What `--policy "$POLICY"` gives if the variable is not set must not go unnoticed."""
        for option in ("--policy", "--out", "--state"):
            with self.subTest(option):
                result = support.run(["replay", option, "", self.capture])
                self.assertNotEqual(result.code, DONE, "taken as if it had not been given")


class UsageTest(RefusedCase):
    """Command lines that are wrong."""

    def test_wrong_usage(self) -> None:
        capture = str(self.capture)
        cases = (
            ([], "command"),
            (["frobnicate"], "frobnicate"),
            (["--frobnicate"], "--frobnicate"),
            (["replay"], "capture"),
            (["replay", "--frobnicate", capture], "--frobnicate"),
            (["replay", capture, "--out"], "--out"),
            (["replay", "--format", "xml", capture], "xml"),
            (["decode", "--format", "xml", capture], "xml"),
            (["decode", "--format", "", capture], "--format"),
            (["decode", capture, "second"], "second"),
            (["validate"], "file"),
            (["generate", "second"], "second"),
            (["generate", "--devices", "0"], "--devices"),
            (["generate", "--devices", "-1"], "--devices"),
            (["generate", "--devices", "9" * 30], "--devices"),
            (["generate", "--duration", "1"], "--duration"),
            (["generate", "--start", "yesterday"], "--start"),
            (["generate", "--rate", "nan"], "--rate"),
            (["generate", "--format", "xml"], "--format"),
        )
        for arguments, needle in cases:
            with self.subTest(support.shown(arguments)):
                result = self.expect(USAGE, arguments, needle)
                self.assertEqual(result.out, b"")

    def test_wrong_commit_every(self) -> None:
        for text in ("", "0ms", "61m", "2h", "-1s", "10", "x", "1.5s", "9" * 40 + "s"):
            with self.subTest(text):
                arguments = ["replay", "--commit-every", text, self.capture]
                self.expect(USAGE, arguments, "--commit-every", text)

    def test_a_few_devices_need_no_other_option(self) -> None:
        self.expect(DONE, ["generate", "--devices", "5", "--duration", "1h"])


if __name__ == "__main__":
    support.main()
