"""The page that --report writes, in a real browser.

    python3 tests/report/report_page_test.py --page build/release/deploy/report/page.html
        --weir build/release/deploy/weir
        --axe build/release/tests/page/node_modules/axe-core/axe.min.js --out FOLDER

Goal: whatever the data, a page that complains of nothing, asks for nothing, draws what it should,
says the numbers that it was given, and can be read by everybody: at any width, in light, dark and
on paper, with the keyboard, by ear.
Method: pages of fixture.py, and some that the program has written, are opened from files in
headless Chromium; axe-core looks at them, and so does this. Pages and pictures of them are left in
FOLDER. Without Chromium the test is skipped, with WEIR_CI=1 in the environment it fails.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/page"))

import browser  # noqa: E402
import fixture  # noqa: E402
import looking  # noqa: E402
import reading  # noqa: E402
import real  # noqa: E402
from browser import Page  # noqa: E402

LONGEST_SECONDS = 540

DESK, NARROW, NARROWEST = 1280, 390, 360
FULL = ("replay", "tune")
VIEWS = [(DESK, False), (DESK, True), (NARROW, False), (NARROW, True), (NARROWEST, False)]
VIEWS_OF_ODD = [(DESK, False), (NARROWEST, True)]

MARKS = """[...document.querySelectorAll(`[data-plot="%s"] .plot > svg %s`)].filter((mark) => {
  const box = mark.getBoundingClientRect(); return box.width > 0 || box.height > 0; }).length"""
TABBED = "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.tagName)"

options: argparse.Namespace
chromium: browser.Browser
data: dict[str, dict]
printed: dict[str, dict]  # beside the pages of the program, by their names


def file_of(name: str) -> Path:
    """The page with the data of that name."""
    file = options.out / f"{name}.html"
    if not file.exists():
        template = options.page.read_text(encoding="ascii")
        page = reading.filled(template, json.dumps(data[name], ensure_ascii=False))
        file.write_text(page, encoding="utf-8")
    return file


def opened(name: str, width: int = DESK, dark: bool = False) -> Page:
    return Page(chromium, file_of(name).resolve().as_uri(), width, dark)


class WholePageTest(unittest.TestCase):
    """What must hold of every page in every view."""

    def check_access(self, page: Page) -> None:
        looking.check_access(self, page, options.axe)

    def check(self, page: Page, width: int) -> None:
        looking.check_form(self, page, width)
        self.assertEqual(page.complaints(), [])
        self.assertEqual({url for url in page.requests() if url != "data:,"}, {page.url})

    def view(self, name: str, width: int, dark: bool, access: bool) -> None:
        scheme = "dark" if dark else "light"
        with self.subTest(page=name, width=width, scheme=scheme):
            with opened(name, width, dark) as page:
                page.picture(options.out / f"{name}-{width}-{scheme}.png")
                if access:
                    self.check_access(page)
                self.check(page, width)

    def test_full_pages(self) -> None:
        for name in FULL:
            for width, dark in VIEWS:
                self.view(name, width, dark, access=width != NARROW)

    def test_odd_pages(self) -> None:
        for name in set(data) - set(FULL) | set(printed):
            for width, dark in VIEWS_OF_ODD:
                self.view(name, width, dark, access=not dark)

    def test_open_parts_are_as_good(self) -> None:
        with opened("tune", NARROWEST, True) as page:
            page.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            page.settle()
            self.check_access(page)
            self.check(page, NARROWEST)

    def test_plots_follow_the_width(self) -> None:
        with opened("tune") as page:
            for width in (DESK, 700, NARROWEST):
                page.resize(width)
                page.settle()
                off = page.run("[...document.querySelectorAll('.plot > svg')].map((svg) =>"
                               " Number(svg.getAttribute('width')) - svg.parentNode.clientWidth)")
                self.assertEqual(off, [0, 0, 0], width)

    def test_colours_can_be_told_apart(self) -> None:
        for dark in (False, True):
            with self.subTest(dark=dark), opened("replay", DESK, dark) as page:
                colour = lambda name: reading.variable(page, name)  # noqa: E731
                for text in ("ink", "muted"):
                    for ground in ("paper", "tint", "marked"):
                        self.assertGreaterEqual(
                            reading.contrast(colour(text), colour(ground)), 4.5, (text, ground)
                        )
                for line in ("passed", "received", "edge", "focus"):
                    self.assertGreaterEqual(
                        reading.contrast(colour(line), colour("paper")), 3, line
                    )
                for shade in range(7):
                    ink = "heat-pale-ink" if shade < 4 else "heat-deep-ink"
                    self.assertGreaterEqual(
                        reading.contrast(colour(ink), colour(f"heat-{shade}")), 4.5, shade
                    )

    def test_paper_is_white(self) -> None:
        for name in FULL:
            with self.subTest(page=name), opened(name, DESK, True) as page:
                page.media("dark", "print")
                ground = page.run("getComputedStyle(document.documentElement).backgroundColor")
                self.assertEqual(ground, "rgb(255, 255, 255)")
                cut = page.run("[...document.querySelectorAll('.scroll, pre')].filter((box) =>"
                               " box.scrollHeight > box.clientHeight + 1).length")
                self.assertEqual(cut, 0)
                page.pdf(options.out / f"{name}.pdf")
                self.assertTrue(reading.is_pdf(options.out / f"{name}.pdf"))


class ReplayTest(unittest.TestCase):
    """What the page of a replay shows."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.data = data["replay"]
        cls.page = opened("replay")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.page.__exit__()

    def marks(self, plot: str, selector: str) -> int:
        return self.page.run(MARKS % (plot, selector))

    def test_plots_are_drawn(self) -> None:
        self.assertEqual(self.marks("series", "[aria-label=area] path"), 2)
        self.assertEqual(self.marks("series", "[aria-label=line] path"), 2)
        bars = self.marks("episodes", "[aria-label=bar] rect")
        self.assertEqual(bars, len(self.data["episodes"]["shown"]))
        open_bars = [e for e in self.data["episodes"]["shown"] if e["ended"] is None]
        self.assertGreater(len(open_bars), 0)
        self.assertEqual(self.marks("episodes", "[aria-label=text] text"), len(open_bars))
        sparklines = self.page.run("document.querySelectorAll('table .sparkline .went').length")
        self.assertEqual(sparklines, len(self.data["codes"]) + len(self.data["devices"]))

    def test_plots_are_told_as_well(self) -> None:
        labels = self.page.run(
            "[...document.querySelectorAll('[role=img]')].map((e) => e.getAttribute('aria-label'))"
        )
        self.assertTrue(all(labels))
        peak = max(self.data["series"]["received"])
        self.assertTrue(any(f"at most {peak:,}" in label for label in labels), labels[:3])
        for part in ("figcaption", "details table"):
            self.assertEqual(self.page.run(f"document.querySelectorAll('figure {part}').length"), 2)

    def test_head(self) -> None:
        summary = self.data["summary"]
        verdict = self.page.run("document.querySelector('.verdict').textContent")
        held = 100 * summary["consolidated"] / summary["alerts"]
        for part in (f"{held:.1f}\u00a0%", f"{summary['alerts']:,} alerts",
                     f"{summary['devices']:,} devices", f"{summary['pending']:,} alerts"):
            self.assertIn(part, verdict)
        figures = self.page.run("document.querySelector('.figures').textContent")
        passed = summary["forwarded"] + summary["copies"]
        for count in (summary["read"], passed, summary["peak_before"], summary["peak_after"]):
            self.assertIn(f"{count:,}", figures)

    def test_account(self) -> None:
        rows = reading.table(self.page, "Where each record went")
        said = [reading.number(row[1]) for row in rows]
        names = ("read", "dead", "duplicates", "other", "alerts", "forwarded", "copies",
                 "consolidated", "pending", "unrepresented")  # fmt: skip
        self.assertEqual(said, [self.data["summary"][name] for name in names])
        self.assertEqual(sum(said[1:5]), said[0])
        self.assertEqual(sum(said[5:8]), said[4])

    def test_series(self) -> None:
        rows = reading.table(self.page, "Alerts over time, the numbers")
        series = self.data["series"]
        self.assertEqual([reading.number(row[1]) for row in rows], series["received"])
        self.assertEqual([reading.number(row[2]) for row in rows], series["passed"])
        self.assertIn("1 Dec 2019, 00:00", rows[0][0])
        self.assertIn("1 Dec 2019, 01:00", rows[1][0])

    def test_codes(self) -> None:
        rows = reading.table(self.page, "Codes with most alerts")
        names = ("alerts", "forwarded", "copies", "consolidated", "episodes", "devices")
        said = [[row[0], *(reading.number(row[i]) for i in (3, 4, 5, 6, 8, 9))] for row in rows]
        meant = [[code["code"], *(code[name] for name in names)] for code in self.data["codes"]]
        self.assertEqual(said, meant)
        for row, code in zip(rows, self.data["codes"]):
            self.assertIn(code["name"] or "not in the catalogue", row[1])
            self.assertEqual("never throttled" in row[1], code["excluded"])
            held = code["consolidated"] / code["alerts"]
            self.assertAlmostEqual(reading.share(row[7]), held, delta=0.0006)

    def test_devices(self) -> None:
        rows = reading.table(self.page, "Devices that stormed most")
        said = [[row[0], row[1], *(reading.number(row[i]) for i in (3, 4, 6))] for row in rows]
        meant = [
            [d["device"], ", ".join(d["codes"]), d["alerts"], d["consolidated"], d["episodes"]]
            for d in self.data["devices"]
        ]
        self.assertEqual(said, meant)

    def test_episodes(self) -> None:
        rows = reading.table(self.page, "Episodes, the numbers")
        said = sorted((r[0], r[1], reading.number(r[7]), reading.number(r[8])) for r in rows)
        shown = self.data["episodes"]["shown"]
        meant = sorted((e["device"], e["code"], e["alerts"], e["copies"]) for e in shown)
        self.assertEqual(said, meant)
        self.assertEqual(
            sum(row[4] == "still open" for row in rows), sum(e["ended"] is None for e in shown)
        )
        others = self.data["episodes"]["total"] - len(shown)
        self.assertIn(f"{others:,} others", self.page.run("document.body.textContent"))

    def test_the_slider_reads_the_plot(self) -> None:
        said = "document.querySelector('.reader output').textContent"
        self.page.run("document.querySelector('.reader input').focus()")
        self.page.press("Home", 36)
        for _ in range(3):
            self.page.press("ArrowRight", 39)
        series = self.data["series"]
        text = self.page.run(said)
        self.assertIn("03:00", text)
        self.assertIn(f"received {series['received'][3]:,}", text)
        self.assertIn(f"passed on {series['passed'][3]:,}", text)
        self.assertEqual(
            self.page.run("document.querySelector('.reader input').getAttribute('aria-valuetext')"),
            text,
        )
        self.assertEqual(
            self.page.run("document.querySelector('.cursor').getAttribute('visibility')"), "visible"
        )

    def test_the_pointer_reads_the_plot(self) -> None:
        x, y, wide = self.page.run(
            "(() => { const svg = document.querySelector('[data-plot=series] svg');"
            " svg.scrollIntoView(); const r = svg.getBoundingClientRect();"
            " return [r.x, r.y, r.width]; })()"
        )
        at = x + wide - 17  # in the last step: the margin is 16
        self.page.call("Input.dispatchMouseEvent", type="mouseMoved", x=at, y=y + 100)
        self.page.settle()
        text = self.page.run("document.querySelector('.reader output').textContent")
        self.assertIn(f"received {self.data['series']['received'][-1]:,}", text)

    def test_tables_can_be_sorted(self) -> None:
        name = "Codes with most alerts"
        press = f"document.querySelectorAll('[aria-label=\"{name}\"] thead button')[%d].click()"
        sort = (f"[...document.querySelectorAll('[aria-label=\"{name}\"] thead th')]"
                ".map((th) => th.getAttribute('aria-sort'))")  # fmt: skip
        self.page.run(press % 8)
        held = [reading.number(row[9]) for row in reading.table(self.page, name)]
        self.assertEqual(held, sorted(held, reverse=True))
        self.assertEqual(self.page.run(sort)[9], "descending")
        self.page.run(press % 8)
        held = [reading.number(row[9]) for row in reading.table(self.page, name)]
        self.assertEqual(held, sorted(held))
        self.page.run(press % 0)
        codes = [row[0] for row in reading.table(self.page, name)]
        self.assertEqual(codes, sorted(codes))
        self.assertEqual(self.page.run(sort).count("ascending"), 1)
        self.page.run(press % 2)
        self.assertEqual(reading.table(self.page, name)[0][0], self.data["codes"][0]["code"])


class TuneTest(unittest.TestCase):
    """What the page of a tune shows besides."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.data = data["tune"]
        cls.tune = cls.data["tune"]
        cls.page = opened("tune")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.page.__exit__()

    def choose(self, label: str, value: str) -> None:
        self.page.run(
            f"(() => {{ const label = [...document.querySelectorAll('label')].find("
            f"(l) => l.textContent === '{label}'); const list = document.getElementById("
            f"label.htmlFor); list.value = '{value}';"
            " list.dispatchEvent(new Event('change')); })()"
        )
        self.page.settle()

    def cells(self) -> dict[int, str]:
        """What the maps' cells say, by setting."""
        cells = self.page.run(
            "[...document.querySelectorAll('[data-setting]')].map((cell) =>"
            " [Number(cell.dataset.setting), cell.firstChild.textContent])"
        )
        self.assertEqual(len(cells), len(self.tune["settings"]))
        return dict(cells)

    def test_maps(self) -> None:
        self.assertEqual(self.page.run("document.querySelectorAll('.heatmap').length"), 3)
        self.choose("of", "")
        self.choose("Show", "held_back")
        cells = self.cells()
        for s in self.tune["settings"]:
            self.assertAlmostEqual(
                reading.share(cells[s["id"]]), s["totals"]["held_back"], delta=0.0006
            )
        self.choose("Show", "devices")
        cells = self.cells()
        for s in self.tune["settings"]:
            self.assertEqual(reading.number(cells[s["id"]]), s["totals"]["devices"])
        self.choose("Show", "worst")
        cells = self.cells()
        for s in self.tune["settings"]:
            worst = s["totals"]["delay"]["worst"]
            self.assertTrue(reading.near(reading.duration(cells[s["id"]]), worst), cells[s["id"]])

    def test_maps_of_one_code(self) -> None:
        code = self.tune["codes"][2]
        self.choose("Show", "devices")
        self.choose("of", code["code"])
        cells = self.cells()
        for s, tally in zip(self.tune["settings"], code["settings"]):
            self.assertEqual(reading.number(cells[s["id"]]), tally["devices"])
        self.choose("of", "")

    def test_the_recommended_setting_is_marked(self) -> None:
        marked = self.page.run(
            "[...document.querySelectorAll('.chosen')].map((c) => Number(c.dataset.setting))"
        )
        self.assertEqual(marked, [self.tune["recommended"]["setting"]])
        meeting = self.page.run(
            "[...document.querySelectorAll('[data-setting]')].filter((c) =>"
            " c.textContent.includes('meets all targets')).map((c) => Number(c.dataset.setting))"
        )
        self.assertEqual(set(meeting), {s["id"] for s in self.tune["settings"] if s["meets"]})
        rows = self.page.run("[...document.querySelectorAll('#settings .marked th')].map("
                             "(c) => c.textContent)")  # fmt: skip
        name = self.tune["settings"][self.tune["recommended"]["setting"]]["name"]
        self.assertEqual(rows, [name])
        self.assertIn(name, self.page.run("document.querySelector('.verdict').textContent"))
        self.assertIn(name, self.page.run("document.querySelector('.point-name').textContent"))

    def test_front_is_drawn(self) -> None:
        waiting = [s for s in self.tune["settings"] if s["totals"]["delay"]["count"] > 0]
        dots = self.page.run(MARKS % ("front", "[aria-label=dot] circle"))
        self.assertEqual(dots, len(waiting) + 1)  # and the ring
        self.assertEqual(self.page.run(MARKS % ("front", "[aria-label=line] path")), 1)

    def test_the_recommended_name_hides_no_point(self) -> None:
        hidden = self.page.run(
            "(() => { const name = document.querySelector('.point-name').getBoundingClientRect();"
            " return [...document.querySelectorAll('[data-plot=front] [aria-label=dot] circle')]"
            ".map((dot) => dot.getBoundingClientRect()).filter((dot) => dot.right > name.left &&"
            " dot.left < name.right && dot.bottom > name.top && dot.top < name.bottom).length; })()"
        )
        self.assertEqual(hidden, 0)

    def tip_over(self, marks: str, index: int) -> str:
        x, y = self.page.run(
            f"(() => {{ const mark = document.querySelectorAll('{marks}')[{index}];"
            " mark.scrollIntoView({block: 'center'}); const r = mark.getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        self.page.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        self.page.settle()
        return self.page.run(
            "[...document.querySelectorAll('[aria-label=tip]')].map((t) => t.textContent).join()"
        )

    def test_the_pointer_names_points_and_bars(self) -> None:
        tip = self.tip_over("[data-plot=front] [aria-label=dot] circle", 7)
        self.assertTrue(any(s["name"] in tip for s in self.tune["settings"]), tip)
        tip = self.tip_over("[data-plot=episodes] [aria-label=bar] rect", 4)
        self.assertTrue(any(e["device"] in tip for e in self.data["episodes"]["shown"]), tip)

    def test_front_numbers(self) -> None:
        alerts = self.data["summary"]["alerts"]
        by_name = {s["name"]: s for s in self.tune["settings"]}
        for measure in ("worst", "p99"):
            self.choose("Delay:", measure)
            rows = reading.table(self.page, "Load against delay, the numbers")
            self.assertEqual(len(rows), len(by_name))
            for name, delay, passed, meets, front in rows:
                s = by_name[name]
                totals = s["totals"]
                self.assertTrue(reading.near(reading.duration(delay), totals["delay"][measure]))
                load = (totals["forwarded"] + totals["copies"]) / alerts
                self.assertAlmostEqual(reading.share(passed), load, delta=0.0006)
                self.assertEqual(meets == "yes", s["meets"])
                if measure == "p99":
                    self.assertEqual(front == "yes", s["front"], name)

    def test_settings(self) -> None:
        rows = reading.table(self.page, "All settings")
        for row, s in zip(rows, self.tune["settings"], strict=True):
            totals = s["totals"]
            self.assertEqual(row[:3], [s["name"], "met" if s["meets"] else "missed",
                                       "yes" if s["front"] else "no"])  # fmt: skip
            self.assertAlmostEqual(reading.share(row[3]), totals["held_back"], delta=0.0006)
            self.assertEqual(
                [reading.number(text) for text in row[4:8]],
                [totals["copies"], totals["devices"], totals["episodes"]["started"],
                 totals["peak_after"]],
            )  # fmt: skip
            for text, name in zip(row[8:11], ("median", "p99", "worst")):
                self.assertTrue(reading.near(reading.duration(text), totals["delay"][name]), text)

    def test_targets(self) -> None:
        rows = reading.table(self.page, "Targets")
        self.assertEqual([row[0] for row in rows], [t["text"] for t in self.tune["targets"]])
        held, worst, devices = (row[1] for row in rows)
        meant = [t["reached"] for t in self.tune["targets"]]
        self.assertAlmostEqual(reading.share(held), meant[0], delta=0.0006)
        self.assertTrue(reading.near(reading.duration(worst), meant[1]))
        self.assertEqual(reading.number(devices), meant[2])
        for row, target in zip(rows, self.tune["targets"]):
            self.assertIn(f"{target['met_by']} of {len(self.tune['settings'])}", row[2])

    def test_code_by_code(self) -> None:
        rows = reading.table(self.page, "What was chosen, code by code")
        names = {s["id"]: s["name"] for s in self.tune["settings"]}
        for row, chosen in zip(rows, self.tune["recommended"]["codes"], strict=True):
            self.assertEqual((row[0], row[2], row[6]),
                             (chosen["code"], names[chosen["setting"]], chosen["why"]))
            code = next(c for c in self.tune["codes"] if c["code"] == chosen["code"])
            held = code["settings"][chosen["setting"]]["consolidated"] / code["alerts"]
            self.assertAlmostEqual(reading.share(row[4]), held, delta=0.0006)

    def test_the_policy_can_be_copied(self) -> None:
        policy = self.tune["recommended"]["policy"]
        shown = self.page.run("document.querySelector('#recommended pre').textContent")
        self.assertEqual(shown, policy)
        for granted in (True, False):
            self.browser_permission(granted)
            self.page.run("document.querySelector('#recommended .policy button').focus()")
            self.page.run("document.querySelector('#recommended .status').textContent = ''")
            self.page.press("Enter", 13)
            status = "document.querySelector('#recommended .status').textContent"
            self.page.wait_until(f"{status} !== ''")
            told = self.page.run(status)
            if told == "Copied.":
                self.assertEqual(self.page.run("navigator.clipboard.readText()"), policy)
            else:
                self.assertEqual(self.page.run("getSelection().toString()").strip(),
                                 policy.strip())

    def browser_permission(self, granted: bool) -> None:
        for name in ("clipboard-write", "clipboard-read"):
            self.page.call("Browser.setPermission", permission={"name": name},
                           setting="granted" if granted else "denied")

    def test_findings(self) -> None:
        always = reading.table(self.page, "Devices that storm under every setting")
        self.assertEqual([(r[0], reading.number(r[2])) for r in always],
                         [(d["device"], d["alerts"]) for d in self.tune["always"]])
        text = self.page.run("document.querySelector('#always').textContent")
        self.assertIn(f"{self.tune['always_total'] - len(always)} of them are not shown", text)
        storms = reading.table(self.page, "Excluded codes that storm")
        for row, storm in zip(storms, self.tune["excluded_storms"], strict=True):
            self.assertEqual((row[0], reading.number(row[2])), (storm["code"], storm["alerts"]))
            self.assertTrue(row[3].startswith(f"{max(storm['settings']):,} ("), row[3])
            self.assertTrue(row[4].startswith(f"{min(storm['settings']):,} ("), row[4])
        pairs = reading.table(self.page, "8020 and 808D")
        for row, setting in zip(pairs, self.tune["pairs"][0]["settings"], strict=True):
            self.assertEqual([reading.number(row[i]) for i in (1, 2, 7, 8)], [
                setting["apart"]["wrong"], setting["together"]["wrong"],
                setting["apart"]["consolidated"], setting["together"]["consolidated"],
            ])  # fmt: skip

    def test_everything_is_reached_by_keyboard(self) -> None:
        self.page.run("document.querySelectorAll('details').forEach((d) => { d.open = false; });"
                      "document.activeElement.blur(); getSelection().removeAllRanges()")
        wanted = self.page.run(
            "[...document.querySelectorAll('button, select, input, summary, .scroll, pre, a')]"
            ".filter((e) => e.checkVisibility() && e.tabIndex >= 0).length"
        )
        reached = []
        for _ in range(wanted):
            self.page.press("Tab", 9)
            reached.append(self.page.run(TABBED))
        for what in ("Step through time", "All settings", "The recommended policy"):
            self.assertIn(what, reached)
        self.assertGreaterEqual(reached.count("SELECT"), 3)
        self.assertNotIn("BODY", reached[:-1])


class OddPageTest(unittest.TestCase):
    """Little data, none, or strange ones."""

    def text(self, name: str, selector: str) -> str:
        with opened(name) as page:
            return page.run(f"document.querySelector('{selector}').textContent")

    def expect_no_plots(self, name: str) -> None:
        with opened(name) as page:
            self.assertEqual(page.run("document.querySelectorAll('figure').length"), 0)
            self.assertGreater(page.run("document.querySelectorAll('.absent').length"), 0)

    def test_nothing(self) -> None:
        self.assertEqual(self.text("nothing-read", ".verdict"), "Nothing was read.")
        self.assertEqual(self.text("bare", ".verdict"), "Nothing was read.")
        self.assertEqual(self.text("no-alerts", ".verdict"), "No alert among 12 records.")
        for name in ("nothing-read", "bare", "no-alerts"):
            self.expect_no_plots(name)

    def test_one_alert(self) -> None:
        with opened("one-alert") as page:
            verdict = page.run("document.querySelector('.verdict').textContent")
            self.assertIn("one alert, and it was not held back", verdict)
            self.assertIn("There was no episode", page.run("document.body.textContent"))
            self.assertEqual(page.run("document.querySelectorAll('figure').length"), 0)
        self.assertIn("1 alert came in the 1\u00a0s from 1 Dec 2019, 00:00 (UTC), and 1 was passed",
                      self.text("one-alert", "#series"))  # fmt: skip

    def test_what_could_not_be_looked_at(self) -> None:
        note = data["not-read-twice"]["note"]
        for section in ("#devices", "#episodes"):
            self.assertIn(note, self.text("not-read-twice", section))

    def test_one_setting(self) -> None:
        verdict = self.text("one-setting", ".verdict")
        self.assertIn("It does not meet all targets.", verdict)
        self.assertIn("nothing to compare", self.text("one-setting", "#front"))
        recommended = self.text("one-setting", "#recommended")
        self.assertIn("No policy is recommended", recommended)
        self.assertIn("which comes nearest", recommended)
        self.assertIn("14\u00a0min\u00a059\u00a0s0 of 1", recommended)  # reached, and met by

    def test_calm(self) -> None:
        with opened("calm-tune") as page:
            self.assertIn("4 settings were compared.",
                          page.run("document.querySelector('.verdict').textContent"))
            self.assertIn("No setting holds anything back",
                          page.run("document.querySelector('#front').textContent"))

    def test_waits_without_end(self) -> None:
        with opened("endless") as page:
            self.assertNotIn("stays unseen",
                             page.run("document.querySelector('.verdict').textContent"))
            worst = [row[10] for row in reading.table(page, "All settings")]
            never = sum(not s["last_word"] for s in data["endless"]["tune"]["settings"])
            self.assertEqual(worst.count("never"), never)
            self.assertIn(f"{never} settings have no place here",
                          page.run("document.querySelector('#front figcaption').textContent"))

    def test_texts_are_never_markup(self) -> None:
        with opened("hostile") as page, opened("replay") as other:
            count = "[document.scripts.length, document.querySelectorAll('main img').length]"
            self.assertEqual(page.run(count), other.run(count))
            self.assertIn(fixture.HOSTILE,
                          page.run("document.querySelector('.period').textContent"))
            self.assertEqual(page.run("document.querySelector('#policy pre').textContent"),
                             fixture.HOSTILE)


class RealPageTest(unittest.TestCase):
    """What the program puts into its pages is what it prints."""

    COUNTS = ("forwarded", "copies", "consolidated", "pending", "unrepresented", "episodes")

    def data_of(self, name: str) -> dict:
        return real.data_of(file_of(name))

    def test_replay(self) -> None:
        told, shown = printed["real-replay"], self.data_of("real-replay")
        for name in ("read", "dead", "duplicates", "alerts", *self.COUNTS):
            self.assertEqual(shown["summary"][name], told[name], name)
        self.assertGreater(shown["summary"]["consolidated"], 0)
        for code in shown["codes"]:
            for name in ("alerts", "forwarded", "copies", "consolidated"):
                self.assertEqual(code[name], told["codes"][code["code"]][name], code["code"])
        series = shown["series"]
        self.assertEqual(sum(series["received"]), told["alerts"])
        self.assertEqual(sum(series["passed"]), told["forwarded"] + told["copies"])
        self.assertEqual(shown["episodes"]["total"], told["episodes"]["started"])

    def test_tune(self) -> None:
        told, shown = printed["real-tune"], self.data_of("real-tune")
        tune = shown["tune"]
        for name in ("settings", "targets", "pairs", "recommended"):
            self.assertEqual(tune[name], told[name], name)
        self.assertEqual(tune["always_total"], len(told["always"]))
        # The replay of what is recommended has kept its promise.
        promised = told["recommended"]["promised"]
        for name in (*self.COUNTS, "devices", "recipients", "peak_after"):
            self.assertEqual(shown["summary"][name], promised[name], name)
        self.assertEqual(shown["summary"]["peak_before"], told["peak_before"])

    def test_tables_say_the_same(self) -> None:
        with opened("real-tune") as page:
            rows = reading.table(page, "All settings")
        for row, setting in zip(rows, printed["real-tune"]["settings"], strict=True):
            totals = setting["totals"]
            self.assertEqual(row[0], setting["name"])
            self.assertEqual(
                [reading.number(text) for text in row[4:8]],
                [totals["copies"], totals["devices"], totals["episodes"]["started"],
                 totals["peak_after"]],
            )  # fmt: skip

    def test_plots_are_drawn(self) -> None:
        for name in printed:
            with self.subTest(name), opened(name) as page:
                self.assertGreater(page.run("document.querySelectorAll('.plot > svg').length"), 1)


class ReferenceTest(unittest.TestCase):
    """The reference of the data names every field of them."""

    def names(self, value: object) -> set[str]:
        if isinstance(value, list):
            return set().union(*(self.names(item) for item in value))
        if isinstance(value, dict):
            return set(value).union(*(self.names(item) for item in value.values()))
        return set()

    def test_fields(self) -> None:
        text = (ROOT / "deploy/report/README.md").read_text(encoding="utf-8")
        named = set(re.findall(r"`([a-z0-9_]+)`", text))
        self.assertEqual(self.names(list(data.values())) - named, set())


def begin(started: browser.Browser) -> None:
    global chromium, data, printed
    chromium = started
    for old in options.out.glob("*.html"):
        old.unlink()
    data = fixture.pages()
    printed = real.pages(options.weir.resolve(), options.out)


def main() -> None:
    global options
    options, rest = looking.options_of("page", "axe", "weir", "out")
    looking.end_after(LONGEST_SECONDS)
    looking.run(rest, begin)


if __name__ == "__main__":
    main()
