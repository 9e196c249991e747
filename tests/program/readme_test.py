"""What the documents say of the program is so.

Goal: commands, options, files and exit codes named in README.md are those of the program, and the
other way round; what the help of a command gives as an example works.
Method: commands and options are taken out of the documents and looked for in --help; examples are
run in a folder that has the files they name.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess

import support
from support import CONFIGURATION, DONE, FAILED, USAGE, ProgramCase

README = (support.ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "deploy/README.md", "deploy/GENERATE.md",
             "deploy/INSPECT.md", "deploy/TUNE.md", "deploy/ALERTS.md",
             "deploy/weir/API.md", "engine/tune/README.md",
             "connectors/config/CONFIG.md", "connectors/config/POLICY.md",
             "connectors/http/METRICS.md",
             "connectors/formats/FORMATS.md", "connectors/formats/STREAMS.md")  # fmt: skip
COMMAND = re.compile(r"^weir ([a-z]+)(.*)$", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def help_of(*command: str) -> str:
    result = support.run([*command, "--help"])
    if result.code != DONE:
        raise AssertionError(result.message)
    return result.out.decode()


def commands() -> list[str]:
    section = help_of().split("Subcommands:\n")[1].split("\n\n")[0]
    found = re.findall(r"^  ([a-z]+) ", section, re.MULTILINE)
    if not found:
        raise AssertionError("the help lists no commands")
    return found


def examples_of(command: str) -> list[str]:
    _, marker, examples = help_of(command).partition("Example")
    if not marker:
        raise AssertionError(f"the help of {command} has no example")
    return [line.strip() for line in examples.splitlines() if re.match(r"  weir ", line)]


class DocumentsTest(ProgramCase):
    def test_commands_of_the_readme(self) -> None:
        named = {match[1] for match in COMMAND.finditer(README)}
        self.assertEqual(named, set(commands()))

    def test_options_of_the_readme(self) -> None:
        seen = 0
        for match in COMMAND.finditer(README):
            for option in OPTION.findall(match[2]):
                self.assertIn(option, OPTION.findall(help_of(match[1])), match[0])
                seen += 1
        self.assertGreater(seen, 5)

    def test_options_that_documents_mention(self) -> None:
        known = {option for command in commands() for option in OPTION.findall(help_of(command))}
        known |= set(OPTION.findall(help_of())) | {"--quick"}
        for document in DOCUMENTS:
            text = (support.ROOT / document).read_text(encoding="utf-8")
            for code in re.findall(r"`([^`\n]+)`", text):
                if code.startswith(("weir ", "--")):
                    self.assertLessEqual(set(OPTION.findall(code)), known, f"{document}: {code}")

    def test_formats_of_the_readme(self) -> None:
        rows = re.findall(r"^\| `([a-z]+)` \|", README, re.MULTILINE)
        self.assertTrue(rows)
        said = support.run(["decode", "--format", "none"]).message
        for name in rows:
            self.assertIn(name, said)

    def test_files_of_the_readme(self) -> None:
        files = set(re.findall(r"^\| `([a-z]+\.[a-z]+)` \|", README, re.MULTILINE))
        capture, out = self.file("capture", b""), self.folder / "out"
        self.expect(DONE, ["replay", "--archive", "--out", out, capture])
        self.assertEqual({path.name for path in out.iterdir()}, files)

    def test_the_alert_of_the_readme(self) -> None:
        (line,) = re.findall(r"`(\{\"device\".*?\})`", README)
        decoded = self.expect(DONE, ["decode", "-"], stdin=line.encode())
        self.assertEqual(json.loads(decoded.out)["code"], json.loads(line)["code"])

    def test_the_replay_of_the_readme(self) -> None:
        (line,) = re.findall(r"^weir replay --policy policy.yaml .*$", README, re.MULTILINE)
        self.file("policy.yaml", b"policies:\n  - effective_from: 2019-11-29T00:00:00Z\n")
        capture = self.folder / "capture.jsonl.zst"
        support.generate(capture, "--devices", 100, "--duration", "1h")
        for _ in range(2):
            self.expect(DONE, shlex.split(line)[1:], cwd=self.folder)
        self.assertTrue((self.folder / "results" / "summary.json").is_file())

    def test_exit_codes(self) -> None:
        (said,) = re.findall(r"Exit codes: (.*)\.$", README, re.MULTILINE)
        self.assertIn(said, help_of())
        self.assertEqual(said, "0 done, 1 failed, 2 wrong usage, 78 bad configuration")
        bad = self.file("policy.yaml", b"policies: 3\n")
        self.expect(FAILED, ["replay", self.folder / "missing"])
        self.expect(USAGE, ["replay"])
        self.expect(CONFIGURATION, ["validate", bad])
        self.expect(CONFIGURATION, ["replay", "--policy", bad, "-"])

    def test_version_is_the_newest_of_the_changelog(self) -> None:
        changelog = (support.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
        newest = re.search(r"^## ([0-9.]+)", changelog, re.MULTILINE)
        assert newest is not None
        self.assertEqual(support.run(["--version"]).out.decode().strip(), newest[1])

    def test_json_is_the_summary(self) -> None:
        capture, out = self.folder / "capture", self.folder / "out"
        support.generate(capture, "--devices", 100, "--duration", "6h")
        shown = self.expect(DONE, ["replay", "--json", "--out", out, capture])
        self.assertEqual(shown.out, (out / "summary.json").read_bytes())


class HelpTest(ProgramCase):
    """The examples of every command, as they stand there."""

    def setUp(self) -> None:
        super().setUp()
        self.file("policy.yaml", b"policies:\n  - effective_from: 2019-11-29T00:00:00Z\n")
        self.file(
            "weir.yaml",
            b'kafka: {bootstrap.servers: "localhost:9092"}\npolicy: policy.yaml\n'
            b"service: {instance: weir-0, state: {dir: state}}\n",
        )
        capture = self.folder / "capture.jsonl"
        support.generate(capture, "--devices", 100, "--duration", "1h")
        content = capture.read_bytes()
        self.file("day1.jsonl.zst", content)
        self.file("day2.jsonl.zst", content)
        self.file("monday.jsonl.zst", content)
        made = support.run(
            ["generate", "--devices", 9, "--duration", "6h", "--storms", 0, "--payloads"]
        )
        payloads = [alert.get("payload") for alert in support.json_lines(made.out)]
        payload = next(text for text in payloads if text)
        self.file("messages.b64", payload.encode())
        self.file("message.hex", payload.encode())
        request = (
            b'<Request xmlns="http://www.dccinterface.co.uk/ServiceUserGateway">'
            b"<Header><RequestID>90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:1</RequestID>"
            b"<ServiceReferenceVariant>6.13</ServiceReferenceVariant></Header>"
            b"<Body><ReadDeviceConfiguration/></Body></Request>"
        )
        self.file("documents.xml", request)

    def test_examples_work(self) -> None:
        """In the order of the help: inspect looks at the state that replay leaves."""
        for command in commands():
            examples = examples_of(command)
            self.assertTrue(examples, command)
            for example in examples:
                with self.subTest(example):
                    self.check_example(example)

    def check_example(self, example: str) -> None:
        # Without what is not ours: other commands before, behind and between.
        # And without what needs a broker: tests/integration runs it.
        ours = re.sub(r"\| jq .*|#.*|&& weir serve .*|^weir capture .*", "", example)
        smaller = ours.replace("--devices 100000", "--devices 500")
        script = f'set -eo pipefail; weir() {{ "{support.WEIR}" "$@"; }}; {smaller}'
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
        )
        self.assertEqual(done.returncode, DONE, done.stderr.decode("utf-8", "replace"))


if __name__ == "__main__":
    support.main()
