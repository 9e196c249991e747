"""Scenarios in plain text: reading them, and running the program on them. See README.md."""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REFERENCE = ROOT / "connectors" / "formats" / "STREAMS.md"
WEIR = Path(os.environ.get("WEIR", ROOT / "build/release/deploy/weir")).absolute()

STREAMS = ("alerts.forwarded", "alerts.consolidated", "throttle.episodes", "dead.letter")
SUMMARY = "summary"
EXPECTATIONS = (*STREAMS, SUMMARY)
SECTIONS = ("policy", "capture", *EXPECTATIONS)

HEADING = re.compile(r"== (\S+)")
FENCE = re.compile(r"^```scenario\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WIDTH = 100
PATIENCE_S = 120


class BadScenario(Exception):
    """The text is no scenario; says where and why."""


@dataclass(frozen=True)
class Scenario:
    name: str
    path: Path
    start: int  # of its text in the file
    about: list[str]
    sections: dict[str, list[str]]  # as written, without blank lines at their ends

    @property
    def capture(self) -> list[str]:
        return uncommented(self.sections["capture"])

    def text(self) -> str:
        parts = ["\n".join(self.about)]
        parts += ["\n".join([f"== {name}", *body]) for name, body in self.sections.items()]
        return "\n\n".join(parts) + "\n"


# --------------------------------------------------------------------------------------------
# Reading.


def uncommented(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith("# ")]


def without_blank_end(lines: list[str]) -> list[str]:
    end = len(lines)
    while end > 0 and not lines[end - 1].strip():
        end -= 1
    return lines[:end]


def parse(name: str, path: Path, start: int, text: str) -> Scenario:
    about: list[str] = []
    sections: dict[str, list[str]] = {}
    current = about
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith("== "):
            heading = HEADING.fullmatch(line)
            if heading is None or heading[1] not in SECTIONS:
                raise BadScenario(f"{name}: '{line}' opens none of: {', '.join(SECTIONS)}")
            if heading[1] in sections:
                raise BadScenario(f"{name}: '{line}' stands there twice")
            current = sections[heading[1]] = []
        else:
            current.append(line)
    scenario = Scenario(
        name,
        path,
        start,
        without_blank_end(about),
        {each: without_blank_end(body) for each, body in sections.items()},
    )
    complain_about(scenario)
    return scenario


def complain_about(scenario: Scenario) -> None:
    name = scenario.name
    if not scenario.about or not all(line.startswith("# ") for line in scenario.about):
        raise BadScenario(f"{name}: begin with lines '# ...' that say what it shows and why")
    if "capture" not in scenario.sections:
        raise BadScenario(f"{name}: has no section '== capture'")
    if not any(each in scenario.sections for each in EXPECTATIONS):
        raise BadScenario(f"{name}: expects nothing; give one of: {', '.join(EXPECTATIONS)}")


def load(path: Path) -> list[Scenario]:
    """The scenarios of a file: a .scenario is one, a Markdown file has one a fence."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".md":
        return [parse(path.stem, path, 0, text)]
    fences = list(FENCE.finditer(text))
    if not fences:
        raise BadScenario(f"{path}: has no fence ```scenario")
    return [
        parse(f"{path.stem}_{number}", path, fence.start(1), fence[1])
        for number, fence in enumerate(fences, 1)
    ]


def load_all() -> list[Scenario]:
    files = sorted(HERE.glob("*.scenario"))
    if not files:
        raise BadScenario(f"{HERE}: holds no scenarios")
    return [each for path in [*files, HERE / "README.md", REFERENCE] for each in load(path)]


# --------------------------------------------------------------------------------------------
# Running.


class Run:
    """A folder in which the program runs on captures, which are always named `capture`."""

    def __init__(self, policy: list[str] | None, *options: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="weir-golden-")
        self.folder = Path(self._folder.name)
        self.command = [str(WEIR), "replay", "--archive", "--out", "out", *options]
        if policy is not None:
            (self.folder / "policy.yaml").write_text("\n".join(policy) + "\n", encoding="utf-8")
            self.command += ["--policy", "policy.yaml"]
        self.command.append("capture")

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def replay(self, capture: bytes) -> None:
        if not WEIR.is_file():
            raise AssertionError(f"{WEIR} is not there: build it, or name it in WEIR")
        (self.folder / "capture").write_bytes(capture)
        done = subprocess.run(
            self.command, cwd=self.folder, capture_output=True, timeout=PATIENCE_S, check=False
        )
        if done.returncode != 0:
            complaint = done.stderr.decode(errors="replace")
            raise AssertionError(f"{' '.join(self.command)}: exit {done.returncode}\n{complaint}")

    def stream(self, name: str) -> list[str]:
        text = (self.folder / "out" / name).read_text(encoding="utf-8")
        if text and not text.endswith("\n"):
            raise AssertionError(f"{name} does not end with a line feed")
        return text.split("\n")[:-1]

    def summary(self) -> dict[str, Any]:
        text = (self.folder / "out" / "summary.json").read_text(encoding="utf-8")
        summary: dict[str, Any] = json.loads(text)
        return summary


def bytes_of(lines: list[str]) -> bytes:
    return "".join(line + "\n" for line in lines).encode()


def run(scenario: Scenario, *options: str) -> Run:
    return Run(scenario.sections.get("policy"), *options)


# --------------------------------------------------------------------------------------------
# Comparing.


def subset(expected: dict[str, Any], actual: dict[str, Any]) -> dict[str, Any]:
    """The members of `actual` that `expected` names, as deep as it names them."""
    members: dict[str, Any] = {}
    for name, value in expected.items():
        if name in actual:
            found = actual[name]
            deeper = isinstance(value, dict) and isinstance(found, dict)
            members[name] = subset(value, found) if deeper else found
    return members


def readable(value: Any, indent: str = "") -> str:
    """JSON on one line where it fits, else one member a line."""
    line = json.dumps(value)
    if not isinstance(value, dict) or len(indent) + len(line) <= WIDTH - 10:
        return line
    deeper = indent + "  "
    members = [f"{deeper}{json.dumps(n)}: {readable(v, deeper)}" for n, v in value.items()]
    return "{\n" + ",\n".join(members) + f"\n{indent}}}"


def expected_summary(scenario: Scenario) -> dict[str, Any] | None:
    """Nothing if there is no section, or an empty one."""
    lines = uncommented(scenario.sections.get(SUMMARY, []))
    if not lines:
        return None
    try:
        summary = json.loads("\n".join(lines))
    except ValueError as error:
        raise BadScenario(f"{scenario.name}: the summary is no JSON: {error}") from None
    if not isinstance(summary, dict):
        raise BadScenario(f"{scenario.name}: the summary is no JSON object")
    return summary


def difference(name: str, expected: list[str], actual: list[str]) -> str:
    """A unified diff; empty if there is none."""
    lines = difflib.unified_diff(
        expected, actual, f"{name} expected", f"{name} written", lineterm=""
    )
    return "\n".join(lines)


def differences(scenario: Scenario, done: Run) -> str:
    """What the program wrote otherwise than the scenario says, as diffs; empty if nothing."""
    found = [
        difference(name, uncommented(scenario.sections[name]), done.stream(name))
        for name in STREAMS
        if name in scenario.sections
    ]
    if SUMMARY in scenario.sections:
        summary = expected_summary(scenario)
        if summary is None:
            found.append(f"{scenario.name}: the section summary is empty; --update fills it")
        else:
            actual = subset(summary, done.summary())
            if summary != actual:
                both = (json.dumps(each, indent=2).split("\n") for each in (summary, actual))
                found.append(difference("summary.json", *both))
    return "\n".join(each for each in found if each)


# --------------------------------------------------------------------------------------------
# Updating.


def update(scenario: Scenario) -> None:
    """Rewrites the expectations that the scenario has from what the program writes."""
    with run(scenario) as done:
        done.replay(bytes_of(scenario.capture))
        for name in STREAMS:
            if name in scenario.sections:
                scenario.sections[name][:] = done.stream(name)
        if SUMMARY in scenario.sections:
            expected = expected_summary(scenario)
            actual = done.summary()
            members = actual if expected is None else subset(expected, actual)
            scenario.sections[SUMMARY][:] = readable(members).split("\n")
    text = scenario.path.read_text(encoding="utf-8")
    is_fence = scenario.path.suffix == ".md"
    end = text.index("```", scenario.start) if is_fence else len(text)
    scenario.path.write_text(
        text[: scenario.start] + scenario.text() + text[end:], encoding="utf-8"
    )
