"""A storm is found, understood and answered, as the runbook walks through it (deploy/README.md): by
the queries of the dashboard in a real Prometheus, the console in a real browser, and the API.

    /usr/bin/python3 tests/integration/walkthrough_test.py [Class[.test_name]]

WEIR_PICTURES names a folder for the pictures of the runbook; by default they go to the test's own.
"""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from broker import Unavailable, free_ports
from faults import HOUR, RECIPIENT, SLOW, FaultCase, device_id, stop_all
from kafka_support import Broker, Record, Service, main, support, wait_until
from records import record

ROOT = support.ROOT
sys.path.append(str(ROOT / "tests/page"))

import browser  # noqa: E402
from browser import Page  # noqa: E402

MINUTE = 60_000  # milliseconds
PARTITIONS = 4
OUTAGE = 600  # devices
STORMY = device_id(1, 7)
STORM_CODE, OUTAGE_CODE = "8F3E", "8F35"
POLICY: dict[str, Any] = {
    "policies": [
        {
            "effective_from": "2019-11-29T00:00:00Z",
            "default": {"threshold": 10, "window": "1h"},
            "note": "as agreed",
            "codes": {STORM_CODE: {"threshold": 10, "window": "1h", "forward": {"one_in": 20}}},
        }
    ]
}
FOLDED = {"threshold": 3, "window": "10m", "forward": "none"}
TOOL_IS_NOT_THERE = 69
STARTS = 503  # what Prometheus answers with until it is ready


def alert(device: str, code: str, number: int, partition: int, at: int) -> Record:
    fields = {"device": device, "code": code, "recipient": RECIPIENT, "counter": number}
    return record(json.dumps(fields).encode(), device.encode(), partition, at)


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def tool(name: str) -> str:
    done = subprocess.run(
        [ROOT / "deploy/prometheus/tool.sh", name], capture_output=True, text=True, check=False
    )
    if done.returncode == TOOL_IS_NOT_THERE:
        raise Unavailable(done.stderr)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def needs() -> None:
    Broker.shared()
    tool("prometheus")
    if browser.find() is None:
        raise Unavailable("there is no Chromium\n")


class Prometheus:
    """One that scrapes a service each second."""

    def __init__(self, folder: Path, service: Service) -> None:
        (self.port,) = free_ports(1)
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(ROOT / "deploy/prometheus/alerts.yaml")],
            "scrape_configs": [
                {
                    "job_name": "weir",
                    "static_configs": [{"targets": [f"127.0.0.1:{service.port}"]}],
                }
            ],
        }
        folder.mkdir()
        (folder / "prometheus.yaml").write_text(json.dumps(config))
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [tool("prometheus"), f"--config.file={folder / 'prometheus.yaml'}",
                 f"--storage.tsdb.path={folder / 'data'}", "--log.level=error",
                 f"--web.listen-address=127.0.0.1:{self.port}"],
                stdout=log, stderr=log,
            )  # fmt: skip

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    def ask(self, query: str) -> list[dict[str, Any]]:
        """The samples of a query as it is now; nothing while it does not answer."""
        address = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode(
            {"query": query}
        )
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                found = json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == STARTS:
                return []
            raise AssertionError(f"{query}: {error.read().decode()}") from error
        except OSError:
            return []
        assert found["status"] == "success", found
        result: list[dict[str, Any]] = found["data"]["result"]
        return result


def dashboard_queries() -> dict[str, list[str]]:
    """Of each panel, as Grafana asks them."""
    made = json.loads((ROOT / "deploy/grafana/weir.json").read_text())
    filled = {"$instance": ".*", "$__rate_interval": "30s", "$__range": "10m", "$__interval": "5s"}

    def fill(query: str) -> str:
        for name, value in filled.items():
            query = query.replace(name, value)
        return query

    return {panel["title"]: [fill(target["expr"]) for target in panel["targets"]]
            for panel in made["panels"] if panel.get("targets")}  # fmt: skip


class Walkthrough(FaultCase):
    def setUp(self) -> None:
        super().setUp()
        self.pictures = Path(os.environ.get("WEIR_PICTURES", self.folder / "pictures"))
        self.pictures.mkdir(parents=True, exist_ok=True)
        self.now = int(time.time() * 1000) // MINUTE * MINUTE
        self.number = 0

    def alerts(self, device: str, code: str, partition: int, times: range) -> list[Record]:
        made = []
        for at in times:
            self.number += 1
            made.append(alert(device, code, self.number, partition, at))
        return made

    def traffic(self, begin: int, end: int) -> list[Record]:
        """Many devices now and then, and one that does not stop."""
        made = self.alerts(STORMY, STORM_CODE, 1, range(begin, end, 1_000))
        for number in range(400):
            partition = number % PARTITIONS
            step = self.rng.randrange(40 * MINUTE, 80 * MINUTE)
            first = begin + self.rng.randrange(step)
            code = self.rng.choice(("8F1D", "8F1E", "8010", "81A0"))
            device = device_id(partition, 100 + number)
            made += self.alerts(device, code, partition, range(first, end, step))
        return sorted(made, key=lambda each: each.timestamp)

    def outage(self, begin: int) -> list[Record]:
        made = []
        for number in range(OUTAGE):
            partition = number % PARTITIONS
            at = begin + self.rng.randrange(MINUTE)
            made += self.alerts(device_id(partition, 1_000 + number), OUTAGE_CODE, partition,
                                range(at, at + 1))  # fmt: skip
        return sorted(made, key=lambda each: each.timestamp)

    def test_a_storm_is_found_understood_and_answered(self) -> None:
        topics = self.create_topics(PARTITIONS)
        candidate = copy.deepcopy(POLICY)
        candidate["policies"][0] |= {"note": "fold it", "codes": {STORM_CODE: FOLDED}}
        shadow = self.file("candidate.yaml", json.dumps(candidate).encode())
        service = self.service(
            topics, {"shadow_policy": str(shadow), "service": {"workers": 2}}, POLICY
        )
        service.start()
        prometheus = Prometheus(self.folder / "prometheus", service)
        self.addCleanup(prometheus.stop)
        # What has been counted before the first scrape, Prometheus cannot see grow.
        wait_until(lambda: prometheus.ask("weir_partitions_owned"), "Prometheus has scraped", SLOW)
        self.load(topics, self.traffic(self.now - HOUR, self.now - 2 * MINUTE))
        self.wait_until_committed(topics)
        self.load(topics, sorted(self.outage(self.now - 2 * MINUTE)
                                 + self.traffic(self.now - 2 * MINUTE, self.now - MINUTE),
                                 key=lambda each: each.timestamp))  # fmt: skip
        self.wait_until_committed(topics)
        self.found_on_the_dashboard(prometheus)
        with browser.Browser(str(browser.find())) as chromium:
            self.understood_in_the_console(chromium, service)
            self.understood_by_the_api(service)
            policy = self.answered(service)
            self.load(topics, self.traffic(self.now - MINUTE, self.now + 40 * MINUTE))
            self.wait_until_committed(topics)
            self.seen_to_work(chromium, service)
        stop_all(service)
        self.assert_outputs(topics, policy, with_model=True)

    # -- 1. An alert fires or somebody looks: what is it?

    def found_on_the_dashboard(self, prometheus: Prometheus) -> None:
        queries = dashboard_queries()
        held = queries["Held back by code, the last day"][0]

        def storm_is_there() -> bool:
            first = sorted(prometheus.ask(held), key=lambda s: -float(s["value"][1]))[:1]
            return [s["metric"].get("code") for s in first] == [STORM_CODE]

        wait_until(storm_is_there, "the dashboard shows what is held back", SLOW,
                   lambda: str(prometheus.ask(held)))  # fmt: skip

        def by_code(metric: str) -> dict[str, float]:
            found = prometheus.ask(f"sum by (code) ({metric})")
            return {s["metric"]["code"]: float(s["value"][1]) for s in found}

        # Devices tell a storm from an outage.
        wait_until(lambda: by_code("weir_recent_alerts").get(OUTAGE_CODE) == OUTAGE,
                   "all partitions have told of the outage", SLOW)  # fmt: skip
        devices = by_code("weir_recent_devices")
        self.assertEqual(devices[STORM_CODE], 1)
        self.assertGreater(by_code("weir_recent_alerts")[STORM_CODE], 100)
        self.assertAlmostEqual(devices[OUTAGE_CODE], OUTAGE, delta=OUTAGE // 8)
        empty = {title for title, asked in queries.items()
                 if not any(prometheus.ask(query) for query in asked)}  # fmt: skip
        # Where nothing was restored there is nothing to say of that.
        self.assertEqual(empty, {"Restored", "Restorations take"}, "panels that show nothing")
        self.assertEqual(prometheus.ask('ALERTS{alertstate="firing",severity="page"}'), [])

    # -- 2. Which device, since when, under which policy?

    def opened(self, chromium: browser.Browser, service: Service, place: str = "") -> Page:
        page = Page(chromium, f"http://127.0.0.1:{service.port}/{place}")
        page.wait_until("document.querySelector('.health')?.dataset.level !== 'asking' && "
                        "!document.querySelector('main').innerText.includes('Asking')")  # fmt: skip
        return page

    def understood_in_the_console(self, chromium: browser.Browser, service: Service) -> None:
        with self.opened(chromium, service) as page:
            said = str(page.run("document.querySelector('main').innerText"))
            self.assertIn(STORMY, said)
            self.assertRegex(said, r"looks like a storm|like a storm")
            self.assertRegex(said, r"like a burst|burst")
            page.picture(self.pictures / "console-storm.png", last="#recent")
            self.assertEqual(page.complaints(), [])
        with self.opened(chromium, service, f"#device={STORMY}") as page:
            page.wait_until(f"document.querySelector('main').innerText.includes('{STORM_CODE}')")
            page.picture(self.pictures / "console-device.png", "#device", "#device")
        with self.opened(chromium, service, "#at=shadow") as page:
            said = str(page.run("document.querySelector('main').innerText"))
            self.assertIn("fold it", said)
            page.picture(self.pictures / "console-shadow.png", "#shadow", "#shadow")

    def understood_by_the_api(self, service: Service) -> None:
        first = service.ask("/api/episodes?top=1")["episodes"][0]
        self.assertEqual((first["device"], first["code"]), (STORMY, STORM_CODE))
        self.assertEqual((first["threshold"], first["window"]), (10, "1h"))
        self.assertEqual(first["note"], "as agreed")
        self.held_before = first["consolidated"]
        self.assertGreater(self.held_before, 1_000)
        (key,) = service.ask(f"/api/keys/{STORMY}")["keys"]
        self.assertEqual(key["episode"]["consolidated"], first["consolidated"])
        shadow = service.ask("/api/shadow")
        self.assertEqual(shadow["codes"][0]["code"], STORM_CODE)
        self.assertGreater(shadow["shadow"]["consolidated"], shadow["live"]["consolidated"])

    # -- 3. A version of the policy answers it.

    def answered(self, service: Service) -> dict[str, Any]:
        policy = copy.deepcopy(POLICY)
        policy["policies"].append(
            {
                "effective_from": iso(self.now + 5 * MINUTE),
                "default": {"threshold": 10, "window": "1h"},
                "note": f"{STORM_CODE} folded",
                "codes": {STORM_CODE: FOLDED},
            }
        )
        service.write_policy(policy)
        wait_until(lambda: len(service.ask("/api/status")["policy"]["versions"]) == 2,
                   "the policy is taken up", SLOW, service.log)  # fmt: skip
        return policy

    def seen_to_work(self, chromium: browser.Browser, service: Service) -> None:
        wait_until(lambda: service.ask("/api/status")["partitions"][1]["policy"]
                   == iso(self.now + 5 * MINUTE).replace("Z", ".000Z"),
                   "the version is in force", SLOW, service.log)  # fmt: skip
        (storm,) = service.ask(f"/api/episodes?device={STORMY}")["episodes"]
        self.assertEqual(storm["note"], f"{STORM_CODE} folded")
        self.assertEqual(storm["copies"], 0)  # it is told at the end
        with self.opened(chromium, service, "#at=policy") as page:
            said = re.sub(r"\s+", " ", str(page.run("document.querySelector('main').innerText")))
            self.assertIn(f"{STORM_CODE} folded", said)
            page.picture(self.pictures / "console-policy.png", "#policy", "#policy")
            self.assertEqual(page.complaints(), [])


if __name__ == "__main__":
    main(needs)
