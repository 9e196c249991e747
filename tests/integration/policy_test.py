"""Policies that change while instances work, and a candidate beside them.

    /usr/bin/python3 tests/integration/policy_test.py [Class[.test_name]]
"""

from __future__ import annotations

import copy
import json
import signal
import threading
from collections import Counter
from typing import Any

from expected import by_model, by_replay
from faults import HOUR, POLICY, SLOW, FaultCase, stop_all, storms
from kafka_support import Record, Service, Topics, main, wait_until
from records import read
from service import replace_file

HOURS = 6  # of stream time in a test's records, from midnight on
CODE = "8F3E"

STRICTER = {
    "effective_from": "2025-12-01T03:00:00Z",
    "default": {"threshold": 2, "window": "30m", "window_kind": "sliding"},
    "codes": {CODE: {"threshold": 1, "window": "1h", "forward": "none"}},
    "note": "stricter",
}
LATER = {"effective_from": "2025-12-01T05:00:00Z", "excluded": ["all"], "note": "nothing held back"}


def policy_of(*more: dict[str, Any]) -> dict[str, Any]:
    policy = copy.deepcopy(dict(POLICY))
    policy["policies"] += more
    return policy


def until(records: list[Record], begin: float, end: float) -> list[Record]:
    """Those of these hours."""
    start = records[0].timestamp
    return [each for each in records if begin <= (each.timestamp - start) / HOUR < end]


class PolicyCase(FaultCase):
    def wait_for_reload(
        self, service: Service, outcome: str, times: int = 1, policy: str = "live"
    ) -> None:
        wait_until(
            lambda: service.metrics().total(
                "weir_policy_reloads_total", outcome=outcome, policy=policy
            ) >= times,
            f"{service} has {outcome} the policy", SLOW, service.log,
        )  # fmt: skip


class Reload(PolicyCase):
    def test_two_instances_under_load(self) -> None:
        topics = self.create_topics(8)
        records = storms(self.rng, 24_000, 8, hours=HOURS)
        one, two = self.quick(topics, "weir-0"), self.quick(topics, "weir-1")
        one.start()
        two.start()
        self.wait_for_partitions(weir_0=4, weir_1=4)
        rebalances = [s.metrics().total("weir_rebalances_total") for s in (one, two)]
        # The policy changes while records are processed; what it changes comes behind them.
        loader = threading.Thread(target=self.load, args=(topics, until(records, 0, 2.5)))
        loader.start()
        self.wait_for_progress(topics, 500)
        one.write_policy(policy_of(STRICTER))
        one.signal(signal.SIGHUP)
        two.write_policy(policy_of(STRICTER))  # which it finds by itself
        for service in (one, two):
            self.wait_for_reload(service, "applied")
        loader.join()
        loader = threading.Thread(target=self.load, args=(topics, until(records, 2.5, 4.5)))
        loader.start()
        for service in (one, two):
            service.write_policy(policy_of(STRICTER, LATER))
            self.wait_for_reload(service, "applied", 2)
        loader.join()
        self.load(topics, until(records, 4.5, 99))
        self.wait_until_committed(topics)
        self.assertEqual(
            [s.metrics().total("weir_rebalances_total") for s in (one, two)], rebalances
        )

        def in_force() -> dict[int, str]:
            seen = [service.ask("/api/status") for service in (one, two)]
            return {each["partition"]: each["policy"] for s in seen for each in s["partitions"]}

        # It is told twice a second.
        newest = dict.fromkeys(range(8), "2025-12-01T05:00:00.000Z")
        wait_until(lambda: in_force() == newest, "the newest version is in force", SLOW,
                   lambda: str(in_force()))  # fmt: skip
        digests = {service.ask("/api/status")["policy"]["digest"] for service in (one, two)}
        self.assertEqual(len(digests), 1)
        stop_all(one, two)
        self.assert_outputs(topics, policy_of(STRICTER, LATER), with_model=True)
        # Each version made a difference in every partition.
        inputs = read(self.broker.bootstrap, topics.input)
        found = self.found(topics)
        for less in (policy_of(), policy_of(STRICTER), policy_of(LATER)):
            for number, outputs in by_model(inputs, less).items():
                self.assertNotEqual(len(outputs.forwarded), len(found[number].forwarded), less)

    def test_what_is_refused_changes_nothing(self) -> None:
        topics = self.create_topics(2)
        records = storms(self.rng, 6_000, 2, hours=HOURS)
        service = self.quick(topics, config={"service": {"workers": 2}})
        service.start()
        self.load(topics, until(records, 0, 4))
        self.wait_until_committed(topics)
        self.wait_for_metric(service, lambda n: n == 0, "weir_lag_records")
        past = copy.deepcopy(policy_of())
        past["policies"][0]["default"]["threshold"] = 50
        late = copy.deepcopy(STRICTER) | {"effective_from": "2025-12-01T02:00:00Z"}
        refusals: list[tuple[Any, str | None, str]] = [
            (None, "policies: [", "is refused"),
            (None, "policies: [{effective_from: tomorrow}]", "`tomorrow`"),
            (past, None, "has taken effect and cannot be changed: leave it as it was"),
            (policy_of(late), None, "comes too late: stream time has reached 2025-12-01T03:5"),
            (policy_of() | {"max_ahead": "1h"}, None, "max_ahead cannot be changed from 1d to 1h"),
        ]
        for number, (policy, text, words) in enumerate(refusals):
            with self.subTest(words):
                service.write_policy(policy, text)
                self.wait_for_reload(service, "refused", number + 1)
                self.assertIn(words, service.log())
                self.assertEqual(service.metrics().total("weir_policy_refused", policy="live"), 1)
        why = service.ask("/api/status")["policy"]["refused"]["why"]
        self.assertIn("max_ahead cannot be changed", why)
        service.policy_file().unlink()
        self.wait_for_reload(service, "refused", len(refusals) + 1)
        # Work goes on meanwhile, and a policy that is right is taken up at last.
        self.load(topics, until(records, 4, 4.5))
        self.wait_until_committed(topics)
        service.write_policy(policy_of(LATER))
        self.wait_for_reload(service, "applied")
        self.assertEqual(service.metrics().total("weir_policy_refused"), 0)
        self.assertNotIn("refused", service.ask("/api/status")["policy"])
        self.load(topics, until(records, 4.5, 99))
        self.wait_until_committed(topics)
        # A restart finds the versions in the state.
        stop_all(service)
        service.start()
        service.signal(signal.SIGHUP)
        self.wait_for_reload(service, "unchanged")
        stop_all(service)
        self.assert_outputs(topics, policy_of(LATER), with_model=True)


class Shadow(PolicyCase):
    candidate = policy_of(STRICTER | {"effective_from": "2030-01-01T00:00:00Z"})

    def by_candidate(self, topics: Topics, policy: Any) -> dict[str, int]:
        """What a replay makes of the input under its newest version alone."""
        newest = dict(policy["policies"][-1]) | {"effective_from": "2019-11-29T00:00:00Z"}
        return self.by_policy(topics, {"policies": [newest]})

    def by_policy(self, topics: Topics, policy: Any) -> dict[str, int]:
        by_replay(read(self.broker.bootstrap, topics.input), policy, self.folder)
        figures: Counter[str] = Counter()
        for path in self.folder.glob("expected-*/out/summary.json"):
            summary = json.loads(path.read_text())
            episodes = summary["episodes"]
            figures.update({"episodes": episodes["started"], "open": episodes["open"]})
            for name in ("forwarded", "copies", "consolidated"):
                figures[name] += summary[name]
        return dict(figures)

    def test_says_what_a_replay_says(self) -> None:
        topics = self.create_topics(4)
        records = storms(self.rng, 8_000, 4, hours=HOURS)
        shadow = self.file("candidate.yaml", json.dumps(self.candidate).encode())
        config = {"shadow_policy": str(shadow), "service": {"workers": 2}}
        service = self.quick(topics, config=config)
        service.start()
        self.load(topics, until(records, 0, 3))
        self.wait_until_committed(topics)
        answer = service.ask("/api/shadow")
        self.assertEqual(answer["version"]["note"], "stricter")
        self.assertEqual(answer["live"], self.by_policy(topics, POLICY))
        self.assertEqual(answer["shadow"], self.by_candidate(topics, self.candidate))
        self.assertNotEqual(answer["live"], answer["shadow"])
        for side in ("live", "shadow"):
            for name in answer[side]:
                of_codes = sum(code[side][name] for code in answer["codes"])
                self.assertEqual(of_codes, answer[side][name], (side, name))
        self.wait_for_metric(service, lambda n: n == 0, "weir_lag_records")
        for policy in ("live", "shadow"):
            for verdict, name in (("forwarded", "forwarded"), ("copy", "copies"),
                                  ("consolidated", "consolidated")):  # fmt: skip
                wait_until(
                    lambda p=policy, v=verdict, n=name: service.metrics().total(
                        "weir_shadow_alerts", policy=p, verdict=v) == answer[p][n],
                    f"the metric of {policy} {verdict}", SLOW, service.log)  # fmt: skip
        # Another candidate begins anew.
        replace_file(shadow, policy_of(LATER))
        self.wait_for_reload(service, "applied", policy="shadow")
        self.assertEqual(service.ask("/api/shadow")["alerts"], 0)
        self.load(topics, until(records, 3, 99))
        self.wait_until_committed(topics)
        answer = service.ask("/api/shadow")
        self.assertEqual(answer["version"], {"effective_from": "2025-12-01T05:00:00.000Z",
                                             "note": "nothing held back"})  # fmt: skip
        self.assertEqual(answer["shadow"]["forwarded"], answer["alerts"])
        self.assertGreater(answer["live"]["consolidated"], 0)
        stop_all(service)
        self.assert_outputs(topics, POLICY)

    def test_there_may_be_none(self) -> None:
        service = self.quick(self.create_topics(1))
        service.start()
        status, text = service.get("/api/shadow")
        self.assertEqual(status, 404)
        self.assertIn("`shadow_policy`", json.loads(text)["error"])


if __name__ == "__main__":
    main()
