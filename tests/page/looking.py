"""What must hold of every page, and how a test of pages begins and ends."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import unittest
from collections.abc import Callable
from pathlib import Path

import browser
from browser import Page

SKIPPED = 77  # what ctest takes for skipped

AXE = """axe.run(document, {resultTypes: ["violations"], runOnly: {type: "tag", values:
  ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}).then((result) =>
  result.violations.map(({id, impact, nodes}) => ({id, impact, at: nodes[0].target.join(" "),
    why: nodes[0].failureSummary})))"""
HEADINGS = "[...document.querySelectorAll('h1, h2, h3, h4')].map((h) => Number(h.tagName[1]))"


def check_access(test: unittest.TestCase, page: Page, axe: Path) -> None:
    """axe-core has nothing to complain of."""
    page.run(axe.read_text(encoding="utf-8") + "; undefined")
    test.assertEqual(page.run(AXE), [])


def check_form(test: unittest.TestCase, page: Page, width: int) -> None:
    """As wide as the window, headings in order, no values of the script's own, nothing moves."""
    test.assertEqual(page.run("document.documentElement.scrollWidth"), width)
    levels = page.run(HEADINGS)
    test.assertEqual(levels[0], 1)
    for above, below in zip(levels, levels[1:]):
        test.assertIn(below, range(2, above + 2), f"headings {levels}")
    text = page.run("document.querySelector('main').innerText")
    test.assertNotRegex(text, r"undefined|NaN|\[object|Infinity|\bnull\b")
    test.assertEqual(page.run("document.getAnimations().length"), 0)


def without_a_browser() -> int:
    in_ci = os.environ.get("WEIR_CI") == "1"
    verdict = "FAILED" if in_ci else "SKIPPED: NOTHING OF THIS WAS TESTED"
    why = f"There is no {', '.join(browser.NAMES)} to look at pages."
    line = "#" * 80
    print(f"{line}\n# {verdict}\n# {why}\n{line}", file=sys.stderr, flush=True)
    return 1 if in_ci else SKIPPED


def end_after(seconds: int) -> None:
    def too_long(*_: object) -> None:
        raise TimeoutError(f"the whole test took longer than {seconds} s")

    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)


def options_of(*names: str) -> tuple[argparse.Namespace, list[str]]:
    """Paths that must be given by these names, and what else there is for unittest."""
    parser = argparse.ArgumentParser()
    for name in names:
        parser.add_argument(f"--{name}", type=Path, required=True)
    options, rest = parser.parse_known_args()
    options.out.mkdir(parents=True, exist_ok=True)
    return options, rest


def run(rest: list[str], begin: Callable[[browser.Browser], None]) -> None:
    """Runs the tests of the script with a browser, which `begin` is given, and ends the process."""
    path = browser.find()
    if path is None:
        sys.exit(without_a_browser())
    with browser.Browser(path) as started:
        begin(started)
        done = unittest.main(argv=[sys.argv[0], *rest], exit=False, verbosity=2)
    sys.exit(0 if done.result.wasSuccessful() else 1)
