"""Runs every scenario of this folder, and those in the reference of the streams. See README.md.

    python3 run_golden.py [-v] [Golden.test_NAME...]
    python3 run_golden.py --update NAME...

The program is build/release/deploy/weir, or what WEIR names.
"""

from __future__ import annotations

import os
import sys
import unittest

from scenarios import Run, Scenario, bytes_of, differences, load_all, run, update

BRIEF = os.environ.get("WEIR_BRIEF") == "1"
STATE = ("--state", "state", "--commit-every", "1ms")


class Golden(unittest.TestCase):
    """One test a scenario, made below."""

    def check(self, scenario: Scenario) -> None:
        capture = bytes_of(scenario.capture)
        with self.subTest("in one go"), run(scenario) as done:
            done.replay(capture)
            self.compare(scenario, done)
        with self.subTest("with a state"), run(scenario, *STATE) as done:
            done.replay(capture)
            self.compare(scenario, done)
        with self.subTest("in a capture that grows"), run(scenario, *STATE) as done:
            lines = len(scenario.capture)
            for end in [*range(0, lines, 5 if BRIEF else 1), lines]:
                done.replay(bytes_of(scenario.capture[:end]))
            self.compare(scenario, done)

    def compare(self, scenario: Scenario, done: Run) -> None:
        found = differences(scenario, done)
        if found:
            self.fail(f"{scenario.path.name}\n{found}")


def add_tests() -> None:
    for scenario in load_all():
        name = f"test_{scenario.name}"
        if hasattr(Golden, name):
            raise AssertionError(f"two scenarios are named {scenario.name}")

        def test(self: Golden, scenario: Scenario = scenario) -> None:
            self.check(scenario)

        test.__doc__ = scenario.about[0].removeprefix("# ")
        setattr(Golden, name, test)


def update_named(names: list[str]) -> int:
    known = {scenario.name for scenario in load_all()}
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        print(f"--update takes names of scenarios, not {unknown or 'nothing'}", file=sys.stderr)
        return 2
    for name in names:
        # Read anew each time: an update moves what stands behind it in the same file.
        update(next(scenario for scenario in load_all() if scenario.name == name))
        print(f"updated {name}: read what changed before you keep it")
    return 0


add_tests()

if __name__ == "__main__":
    if sys.argv[1:2] == ["--update"]:
        sys.exit(update_named(sys.argv[2:]))
    unittest.main()
