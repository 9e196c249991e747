"""The console, in a real browser, against a server that answers from fixtures.

    python3 tests/console/console_page_test.py --page build/release/deploy/console/page.html
        --axe build/release/tests/page/node_modules/axe-core/axe.min.js --out FOLDER

Goal: whatever the API answers, and if it does not, a page that complains of nothing, asks for
nothing but /api/*, says the numbers that it was given, and can be read by everybody.
Method: api.py answers, and is steered to fail or to say strange things; headless Chromium looks;
axe-core and this look at it. Pictures are left in FOLDER. Without Chromium the test is skipped,
with WEIR_CI=1 in the environment it fails.
"""

from __future__ import annotations

import argparse
import re
import sys
import unittest
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/page"))

import api  # noqa: E402
import browser  # noqa: E402
import fixture  # noqa: E402
import looking  # noqa: E402
import reading  # noqa: E402
from browser import Page  # noqa: E402

LONGEST_SECONDS = 240
DESK, NARROW, NARROWEST = 1280, 390, 360
# Width, dark, and whether axe-core looks as well, which takes longest.
VIEWS = [(DESK, False, True), (DESK, True, True), (NARROW, False, False), (NARROW, True, False),
         (NARROWEST, False, True)]  # fmt: skip
VIEWS_OF_ODD = [(DESK, False, True), (NARROWEST, True, False)]
STORMS = "Storms now"
BUILT = "document.querySelector('.health')?.dataset.level !== 'asking'"
TABBED = "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.tagName)"

options: argparse.Namespace
chromium: browser.Browser
served: api.Api
url: str


def opened(told: dict, place: str = "", width: int = DESK, dark: bool = False) -> Page:
    """The console in front of an API that answers this, once all of it has been answered."""
    served.tell(told)
    page = Page(chromium, url + place, width, dark)
    page.wait_until(f"{BUILT} && !document.querySelector('main').innerText.includes('Asking')")
    return page


def text(page: Page, selector: str) -> str:
    return page.run(f"document.querySelector('{selector}').innerText")


def when(iso: str) -> str:
    """An instant as the page says it."""
    time = datetime.fromisoformat(iso.removesuffix("Z"))
    seconds = f":{time.second:02}" if time.second else ""
    return f"{time.day} {time:%b %Y}, {time:%H:%M}{seconds}"


def rows(page: Page, name: str) -> list[list[str]]:
    return page.run(reading.TABLE % name)


class WholePageTest(unittest.TestCase):
    """What must hold of every page in every view."""

    def check_requests(self, page: Page) -> None:
        for address in set(page.requests()) - {"data:,"}:
            parts = urlsplit(address)
            self.assertEqual(f"{parts.scheme}://{parts.netloc}/", url)
            self.assertTrue(parts.path == "/" or parts.path.startswith("/api/"), address)

    def check(self, name: str, views: list[tuple[int, bool, bool]], place: str = "") -> None:
        with opened(fixture.brief(getattr(fixture, name)()), place) as page:
            if views is VIEWS:
                page.wait_until("document.querySelector('[data-plot=rates] svg') !== null")
            for width, dark, access in views:
                scheme = "dark" if dark else "light"
                with self.subTest(page=name, width=width, scheme=scheme):
                    page.resize(width)
                    page.media(scheme)
                    page.settle()
                    page.picture(options.out / f"{name}-{width}-{scheme}.png")
                    looking.check_form(self, page, width)
                    if access:
                        looking.check_access(self, page, options.axe)
            self.assertEqual(page.complaints(), [])
            self.check_requests(page)

    def test_busy(self) -> None:
        self.check("busy", VIEWS, f"#device={fixture.device(0)}")

    def test_calm(self) -> None:
        self.check("calm", VIEWS_OF_ODD)

    def test_trouble(self) -> None:
        self.check("trouble", VIEWS_OF_ODD)

    def test_hostile(self) -> None:
        self.check("hostile", VIEWS_OF_ODD, f"#device={fixture.device(0)}")

    def test_texts_are_never_markup(self) -> None:
        told = fixture.hostile()
        with opened(told) as page:
            self.assertEqual(page.run("document.querySelectorAll('img, b, iframe').length"), 0)
            self.assertEqual(page.run("document.scripts.length"), 1)
            self.assertIn("<img src=x onerror=alert(1)>", text(page, "h1"))
            self.assertNotIn("\u202e", page.run("document.documentElement.textContent"))

    def test_only_its_own_script_runs(self) -> None:
        with opened(fixture.calm()) as page:
            page.run("(() => { const s = document.createElement('script');"
                     " s.textContent = 'window.ran = 1'; document.body.append(s); })()")
            self.assertEqual(page.run("typeof window.ran"), "undefined")

    def test_a_thousand_rows(self) -> None:
        told = fixture.much()
        with opened(told) as page:
            page.run("(() => { const list = [...document.querySelectorAll('label')].find((l) =>"
                     " l.textContent === 'At most:').nextElementSibling; list.value = '1000';"
                     " list.dispatchEvent(new Event('change')); })()")
            page.wait_until(
                f"document.querySelector(`[aria-label='{STORMS}'] tbody`).rows.length === 1000")
            self.assertIn("500 others are not", text(page, "#storms .note"))
            self.assertEqual(len(rows(page, "Lag by partition")), 200)
            looking.check_form(self, page, DESK)
            self.assertEqual(page.complaints(), [])


class BusyTest(unittest.TestCase):
    """What is shown is what the API says."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.told = fixture.busy()
        cls.page = opened(cls.told, f"#device={fixture.device(0)}")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.page.__exit__()

    def test_head(self) -> None:
        page, status = self.page, self.told["status"]
        self.assertEqual(text(page, "h1"), "weir-0")
        self.assertIn("Well", text(page, ".health"))
        for part in ("meter.events", "0.6.0", "0badcafe", "group weir"):
            self.assertIn(part, text(page, ".period"))
        figures = text(page, ".figures")
        lag = sum(p["lag"] for p in status["partitions"])
        for part in (f"{lag:,}", f"{self.told['episodes']['open']:,}",
                     f"of {self.told['episodes']['devices']:,} devices"):
            self.assertIn(part, figures)

    def test_storms(self) -> None:
        told = self.told["episodes"]
        shown = rows(self.page, STORMS)
        self.assertEqual(len(shown), len(told["episodes"]))
        for row, e in zip(shown, told["episodes"]):
            self.assertEqual(row[:4], [e["device"], e["code"], e["name"], when(e["started"])])
            self.assertEqual([reading.number(t) for t in row[4:8]],
                             [e["alerts"], e["consolidated"], e["copies"], e["pending"]])
            self.assertEqual(row[8], "3 in 10m")
            self.assertEqual(row[9], f"{when(e['policy'])} ({e['note']})")
            self.assertEqual(row[12], when(e["next_timer"]))
        said = text(self.page, "#storms")
        self.assertIn(f"{told['open']} storms of {told['devices']} devices have held back "
                      f"{told['consolidated']:,} alerts", said)
        self.assertIn(f"{told['open'] - len(shown)} others are not", said)

    def test_tops(self) -> None:
        told = self.told["episodes"]
        codes = [[r[0], r[1], *map(reading.number, r[2:])] for r in
                 rows(self.page, "Top codes in storms")]  # fmt: skip
        self.assertEqual(codes, [[c["code"], c["name"], c["episodes"], c["devices"],
                                  c["consolidated"]] for c in told["codes"]])
        devices = [[r[0], r[1], *map(reading.number, r[2:])] for r in
                   rows(self.page, "Top devices in storms")]  # fmt: skip
        self.assertEqual(devices, [[d["device"], ", ".join(d["codes"]), d["episodes"],
                                    d["consolidated"]] for d in told["top_devices"][:20]])

    def test_the_running_minutes(self) -> None:
        shown = rows(self.page, "The running 3 minutes")
        told = self.told["status"]["recent"]["codes"]
        self.assertEqual([[r[0], reading.number(r[2]), reading.number(r[3])] for r in shown],
                         [[c["code"], c["alerts"], c["devices"]] for c in told])
        for row, looks in zip(shown, ("burst", "storm", "burst", "nothing special")):
            self.assertIn(looks, row[5])
        self.assertIn("2 codes look like a burst of many devices, 1 code like a storm",
                      text(self.page, "#recent"))

    def test_rates(self) -> None:
        self.page.wait_until("document.querySelector('[data-plot=rates] details') !== null &&"
                             " document.querySelector('[data-plot=rates]').checkVisibility()")
        self.page.run("document.querySelector('[data-plot=rates] details').open = true")
        self.page.wait_until("document.querySelector(`[aria-label='Rates, the numbers'] tbody`)"
                             ".rows.length > 1")
        growth = {name: n / fixture.STEP for name, n in fixture.GROWTH.items()}
        meant = [growth["read"], growth["forwarded"] + growth["copies"], growth["consolidated"]]
        for row in rows(self.page, "Rates, the numbers"):
            self.assertEqual([reading.number(t) for t in row[1:]], meant)
        self.assertEqual(
            self.page.run("document.querySelectorAll('[data-plot=rates] [aria-label=line] path')"
                          ".length"), 3)
        figures = text(self.page, ".figures")
        for part in ("4,200", "1,513", "2,100"):
            self.assertIn(part, figures)
        self.assertIn("read 4,200, forwarded 1,513, held back 2,100",
                      text(self.page, ".reader output"))
        self.assertIn("This page keeps them itself, from asking every 2",
                      text(self.page, "[data-plot=rates] figcaption"))

    def test_partitions(self) -> None:
        for row, p in zip(rows(self.page, "Lag by partition"), self.told["status"]["partitions"],
                          strict=True):  # fmt: skip
            self.assertEqual([reading.number(row[i]) for i in (0, 1, 3, 6, 7)],
                             [p["partition"], p["worker"], p["lag"], p["live_keys"],
                              p["open_episodes"]])
            self.assertEqual((row[2], row[5], row[8]),
                             (p["state"], when(p["stream_time"]), when(p["policy"])))

    def test_shadow(self) -> None:
        told = self.told["shadow"]
        names = ("forwarded", "copies", "consolidated", "episodes", "open")
        for row, name in zip(rows(self.page, "Live against shadow"), names, strict=True):
            live, shadow = told["live"][name], told["shadow"][name]
            self.assertEqual([reading.number(t) for t in row[1:3]], [live, shadow])
            self.assertEqual(row[3].replace("\u2212", "-").replace(",", ""), f"{shadow - live:+}")
        for row, c in zip(rows(self.page, "Live against shadow by code"), told["codes"],
                          strict=True):  # fmt: skip
            passed = [c[w]["forwarded"] + c[w]["copies"] for w in ("live", "shadow")]
            self.assertEqual([reading.number(row[i]) for i in (2, 3, 4, 6, 7)],
                             [c["alerts"], c["live"]["consolidated"], c["shadow"]["consolidated"],
                              *passed])
        self.assertIn("2,900 alerts more would be held back: 69.2\u00a0% instead of 64.3\u00a0%",
                      text(self.page, "#shadow"))

    def test_policy(self) -> None:
        shown = rows(self.page, "Versions of the policy")
        versions = self.told["status"]["policy"]["versions"]
        self.assertEqual([r[:2] for r in shown],
                         [[when(v["effective_from"]), v["note"]] for v in versions])
        self.assertEqual([r[2] for r in shown], ["over", "in force", "ahead"])

    def test_device(self) -> None:
        told = self.told["keys"]
        self.assertIn(told["device"], text(self.page, "#device h2"))
        for row, k in zip(rows(self.page, "Keys of the device"), told["keys"], strict=True):
            self.assertEqual([row[0], row[1], row[15]], [k["code"], k["name"], k["recipient"]])
            self.assertEqual([reading.number(row[i]) for i in (2, 10, 11)],
                             [k["measure"], k["current"], k["previous"]])
            self.assertEqual(row[3], "never throttled" if k["excluded"]
                             else f"{k['threshold']} in {k['window']}")  # fmt: skip
            episode = k.get("episode")
            self.assertEqual(row[4], when(episode["started"]) if episode else "no storm")
            if episode:
                self.assertEqual([reading.number(t) for t in row[5:9]],
                                 [episode[n] for n in ("alerts", "consolidated", "copies",
                                                       "pending")])

    def test_plots_are_told_as_well(self) -> None:
        self.page.wait_until("document.querySelector('[data-plot=rates]').checkVisibility()")
        label = self.page.run("document.querySelector('[role=img]').getAttribute('aria-label')")
        self.assertIn("read 4,200", label)


class SteeringTest(unittest.TestCase):
    """What an operator does with it."""

    def test_a_device_is_opened_by_the_keyboard_and_closed(self) -> None:
        with opened(fixture.busy()) as page:
            self.assertFalse(page.run("document.querySelector('#device').checkVisibility()"))
            page.run(f"document.querySelector(`[aria-label='{STORMS}'] tbody a`).focus()")
            page.press("Enter", 13)
            page.wait_until("document.querySelector('#device table')?.checkVisibility()")
            self.assertEqual(page.run("location.hash"), f"#device={fixture.device(0)}")
            self.assertEqual(page.run("document.activeElement.id"), "device-name")
            page.run("document.querySelector('#device button').click()")
            self.assertFalse(page.run("document.querySelector('#device').checkVisibility()"))
            page.run("history.back()")
            page.wait_until("document.querySelector('#device table').checkVisibility()")

    def test_filters(self) -> None:
        told = fixture.busy()
        everything = told["episodes"]["episodes"]
        with opened(told, "#code=81A0") as page:
            meant = [e["device"] for e in everything if e["code"] == "81A0"]
            self.assertEqual([r[0] for r in rows(page, STORMS)], meant)
            page.run("(() => { const list = document.querySelector('#storms select');"
                     " list.value = '8F3F'; list.dispatchEvent(new Event('change')); })()")
            page.wait_until(f"document.querySelector(`[aria-label='{STORMS}'] tbody`).rows[0]"
                            "?.cells[1].textContent === '8F3F'")
            self.assertEqual(page.run("location.hash"), "#code=8F3F")
            self.assertTrue(any("code=8F3F" in asked for asked in served.asked))
            wanted = everything[0]["device"]
            page.run("document.querySelector('#storms input').focus()")
            page.call("Input.insertText", text=wanted.lower()[-8:])
            page.wait_until("location.hash.includes('find=')")
            self.assertEqual({r[0] for r in rows(page, STORMS)}, {wanted})
            self.assertEqual(page.run("document.activeElement.type"), "search")

    def test_a_code_in_a_table_leads_to_its_storms(self) -> None:
        with opened(fixture.busy()) as page:
            page.run("document.querySelector('#recent tbody a').focus()")
            page.press("Enter", 13)
            page.wait_until("document.activeElement.value === '8F1D'")
            self.assertEqual(page.run("location.hash"), "#code=8F1D")
            page.wait_until(f"[...document.querySelector(`[aria-label='{STORMS}'] tbody`).rows]"
                            ".every((row) => row.cells[1].textContent === '8F1D')")

    def test_a_whole_device_is_looked_for_among_all(self) -> None:
        told = fixture.busy()
        wanted = told["episodes"]["episodes"][60]["device"]
        with opened(told, f"#find={wanted}") as page:
            self.assertIn(f"/api/episodes?top=100&device={wanted}", served.asked)
            self.assertEqual({r[0] for r in rows(page, STORMS)}, {wanted})

    def test_a_device_that_is_not_known(self) -> None:
        with opened(fixture.busy(), f"#device={fixture.device(9999)}") as page:
            self.assertIn("No alert of this device is being counted", text(page, "#device"))
        with opened(fixture.busy(), "#device=nonsense") as page:
            self.assertIn("HTTP 400: 'nonsense' is no EUI-64", text(page, "#device"))

    def test_a_table_keeps_its_order_and_the_focus_when_it_is_told_anew(self) -> None:
        told = fixture.busy()
        with opened(told) as page:
            page.run(f"document.querySelector(`[aria-label='{STORMS}'] thead button`).click()")
            page.run(f"document.querySelector(`[aria-label='{STORMS}'] tbody`).rows[50].id ="
                     " 'kept'; document.querySelector('#kept a').focus()")
            before = [r[0] for r in rows(page, STORMS)]
            self.assertEqual(before, sorted(before))
            with served.lock:
                for e in told["episodes"]["episodes"]:
                    e["alerts"] += 1_000_000
                served.asked = []
            page.wait_until(f"document.querySelector(`[aria-label='{STORMS}'] tbody`).rows[0]"
                            ".cells[4].textContent.length > 8")
            self.assertEqual([r[0] for r in rows(page, STORMS)], before)
            self.assertEqual(page.run("document.activeElement.closest('tr')?.id"), "kept")

    def test_everything_is_reached_by_keyboard(self) -> None:
        with opened(fixture.calm()) as page:
            page.wait_until("document.querySelector('[data-plot=rates]').checkVisibility()")
            wanted = page.run(
                "[...document.querySelectorAll('button, select, input, summary, .scroll, a')]"
                ".filter((e) => e.checkVisibility() && e.tabIndex >= 0).length")
            reached = []
            for _ in range(wanted):
                page.press("Tab", 9)
                reached.append(page.run(TABBED))
            for what in ("Step through time", "SELECT", "Versions of the policy"):
                self.assertIn(what, reached)
            self.assertNotIn("BODY", reached[:-1])

    def test_a_link_leads_to_a_section(self) -> None:
        with opened(fixture.busy(), "#at=policy") as page:
            self.assertEqual(page.run("document.activeElement.id"), "policy-title")
            page.run("document.querySelector('nav a').click()")
            self.assertEqual(page.run("document.activeElement.id"), "storms-title")


class TroubleTest(unittest.TestCase):
    """What is wrong is said."""

    def test_what_is_wrong(self) -> None:
        told = fixture.trouble()
        with opened(told) as page:
            health = text(page, ".health")
            for part in ("Not ready", *told["status"]["reasons"],
                         "Partition 2 is 12\u00a0min\u00a034\u00a0s behind: 812,345 records wait",
                         told["status"]["policy"]["refused"]["why"],
                         told["status"]["shadow"]["refused"]["why"]):
                self.assertIn(part, health)
            self.assertIn("Not ready", page.run("document.title"))
            self.assertIn("must be 1 or more", text(page, "#policy"))
            marked = page.run("[...document.querySelectorAll(`[aria-label='Lag by partition']"
                              " tr.marked th`)].map((e) => e.textContent)")
            self.assertEqual(marked, ["2"])

    def test_ready_and_yet(self) -> None:
        told = fixture.trouble()
        told["status"] |= {"ready": True, "reasons": []}
        with opened(told) as page:
            self.assertIn("Ready, with something to look at", text(page, ".health"))
            self.assertIn("Partition 2 is being restored", text(page, ".health"))

    def test_calm(self) -> None:
        with opened(fixture.calm()) as page:
            for part, section in (("Nothing is throttled now", "storms"),
                                  ("No shadow policy is configured", "shadow"),
                                  ("This instance has no partition", "partitions"),
                                  ("No alert came in the last 3 minutes", "recent")):
                self.assertIn(part, text(page, f"#{section}"))
            self.assertFalse(any(a.startswith("/api/shadow") for a in served.asked))

    def test_no_answer(self) -> None:
        ways = {503: "HTTP 503: worker 1 did not answer", "silent": "no connection"}
        for how, why in ways.items():
            with self.subTest(how), opened(fixture.busy()) as page:
                before = rows(page, STORMS)
                served.fail(how)
                page.wait_until("document.querySelector('.health').dataset.level === 'silent'")
                health = text(page, ".health")
                for part in ("No answer since", why, "It is asked every 2", "What is shown is"):
                    self.assertIn(part, health)
                self.assertTrue(page.run("document.title").startswith("No answer"))
                self.assertEqual(rows(page, STORMS), before)
                page.picture(options.out / f"no-answer-{how}.png")
                if how == 503:
                    served.fail(None)
                    page.wait_until("document.querySelector('.health').dataset.level === 'well'")
                noise = re.compile("Failed to load resource")
                self.assertEqual([c for c in page.complaints() if not noise.search(c)], [])

    def test_no_answer_from_the_start(self) -> None:
        served.tell(fixture.busy())
        served.fail(503)
        with Page(chromium, url) as page:
            page.wait_until("document.querySelector('.health')?.dataset.level === 'silent'")
            self.assertIn("There is nothing to show yet", text(page, ".health"))
            looking.check_form(self, page, DESK)

    def test_no_rate_across_a_new_beginning(self) -> None:
        with opened(fixture.busy()) as page:
            page.wait_until("document.querySelector('[data-plot=rates]').checkVisibility()")
            with served.lock:
                served.told["status"]["started"] = fixture.ago(seconds=1)
            page.run("document.querySelector('[data-plot=rates] details').open = true")
            page.wait_until("document.querySelector(`[aria-label='Rates, the numbers'] tbody`)"
                            ".innerText.includes('not known')")


def begin(started: browser.Browser) -> None:
    global chromium
    chromium = started


def main() -> None:
    global options, served, url
    options, rest = looking.options_of("page", "axe", "out")
    looking.end_after(LONGEST_SECONDS)
    served = api.Api(options.page)
    with api.Server(served) as server:
        url = server.url
        looking.run(rest, begin)


if __name__ == "__main__":
    main()
