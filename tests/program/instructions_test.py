"""How instructions are held against a baseline: bench/instructions, without running anything."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench/instructions"))
import instructions
from instructions import Count, Failure, better, complaints, instructions_of

LISTING = """\
--------------------------------------------------------------------------------
Ir                     file:function
--------------------------------------------------------------------------------
8,100 (100.0%)  PROGRAM TOTALS
5,000 (61.73%)  engine/replay.cc:weir::Replay::Decide() [/build/weir]
  900 (11.11%)  engine/replay.h:weir::Replay::Decide() [/build/weir]
   42 ( 0.52%)  engine/replay.cc:weir::Replay::DecideSideBySide(int) [/build/weir]
"""


class Counting(unittest.TestCase):
    def test_all_and_one_function(self) -> None:
        functions = {"all": instructions.TOTAL, "decide": "weir::Replay::Decide("}
        self.assertEqual(instructions_of(LISTING, functions), {"all": 8100, "decide": 5000})

    def test_a_function_that_is_gone_is_said(self) -> None:
        with self.assertRaisesRegex(Failure, "decide: no function weir::Gone"):
            instructions_of(LISTING, {"decide": "weir::Gone("})

    def test_what_a_run_costs_once_does_not_count(self) -> None:
        few, many = Count(100, {"all": 7_000 + 100 * 50}), Count(200, {"all": 7_000 + 200 * 50})
        self.assertEqual(many.per_alert_beyond(few), {"all": 50})


class Comparing(unittest.TestCase):
    def test_a_twentieth_more_is_too_much(self) -> None:
        before = {"decide": 1000.0, "decode": 200.0}
        self.assertEqual(complaints({"decide": 1049.0, "decode": 100.0}, before), [])
        (wrong,) = complaints({"decide": 1051.0, "decode": 200.0}, before)
        self.assertIn("decide: 1051.0 instructions an alert are 5.1% more than the 1000.0", wrong)

    def test_nothing_is_left_out(self) -> None:
        self.assertEqual(
            complaints({"decide": 1.0}, {"decode": 1.0}),
            ["decode: in the baseline and not counted", "decide: counted and not in the baseline"],
        )

    def test_what_has_become_better_is_said(self) -> None:
        before = {"decide": 100.0, "decode": 100.0}
        self.assertEqual(better({"decide": 90.0, "decode": 99.0}, before), ["decide"])

    def test_the_baseline_has_all_that_is_counted(self) -> None:
        counted = {name for case in instructions.CASES for name in case.functions}
        self.assertEqual(set(instructions.json.loads(instructions.BASELINE.read_text())), counted)


if __name__ == "__main__":
    unittest.main(verbosity=2)
