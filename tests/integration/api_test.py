"""What a service answers about what it knows: the same as `weir inspect` says of a replay.

    /usr/bin/python3 tests/integration/api_test.py [Class[.test_name]]
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from faults import POLICY, SLOW, FaultCase, device_id, stop_all, storms
from kafka_support import main, support, wait_until

HOURS = 6
KEY_FIELDS = (
    "device", "code", "name", "recipient", "partition", "stream_time", "window_start",
    "window_end", "current", "previous", "measure", "threshold", "excluded", "episode",
    "next_timer",
)  # fmt: skip
COUNTS = ("alerts", "copies", "consolidated", "pending")


def as_an_episode(key: dict[str, Any]) -> dict[str, Any]:
    """A key as `weir inspect` tells it, with what an entry of `/api/episodes` says of it."""
    told = {name: key[name] for name in KEY_FIELDS if name in key and name != "episode"}
    episode = key["episode"]
    return told | {name: episode[name] for name in ("started", *COUNTS)}


def only(names: Any, fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name in names}


class Api(FaultCase):
    def setUp(self) -> None:
        super().setUp()
        self.topics = self.create_topics(4)
        self.one = self.quick(self.topics, config={"service": {"workers": 2}})
        self.one.start()
        self.load(self.topics, storms(self.rng, 4_000, 4, hours=HOURS))
        self.wait_until_committed(self.topics)

    def inspect(self, *arguments: Any) -> list[dict[str, Any]]:
        """Of a replay of what the topic holds."""
        state = self.folder / "inspected"
        if not state.exists():
            capture = self.folder / "all.kcat"
            policy = self.file("policy.yaml", json.dumps(POLICY).encode())
            support.run(["capture", "--config", self.one.file, "--out", capture])
            support.run(["replay", "--policy", policy, "--format", "kcat", "--state", state,
                         "--out", self.folder / "replayed", capture])  # fmt: skip
        done = support.run(["inspect", "--json", "--state", state, *arguments])
        return list(support.json_lines(done.out))

    def test_episodes(self) -> None:
        expected = [as_an_episode(key) for key in self.inspect("--storming")]
        self.assertGreater(len(expected), 5)
        answer = self.one.ask("/api/episodes?top=1000")
        found = [only(expected[0], each) for each in answer["episodes"]]
        by_key = lambda each: (-each["consolidated"], each["device"], each["code"])  # noqa: E731
        self.assertEqual(sorted(found, key=by_key), sorted(
            (only(found[0], each) for each in expected), key=by_key))  # fmt: skip
        self.assertEqual(answer["open"], len(expected))
        self.assertEqual(answer["devices"], len({each["device"] for each in expected}))
        self.assertEqual(answer["consolidated"], sum(each["consolidated"] for each in expected))
        for each in answer["episodes"]:
            limits = POLICY["policies"][0]["codes"].get(
                each["code"], POLICY["policies"][0]["default"]
            )
            self.assertEqual((each["threshold"], each["window"]),
                             (limits["threshold"], limits["window"]))  # fmt: skip
            self.assertEqual(each["policy"], "2019-11-29T00:00:00.000Z")
        held = [each["consolidated"] for each in answer["episodes"]]
        self.assertEqual(held, sorted(held, reverse=True))
        for entry in answer["codes"]:
            own = [each for each in expected if each["code"] == entry["code"]]
            self.assertEqual(entry["episodes"], len(own))
            self.assertEqual(entry["devices"], len({each["device"] for each in own}))
            self.assertEqual(entry["consolidated"], sum(each["consolidated"] for each in own))
        for entry in answer["top_devices"]:
            own = [each for each in expected if each["device"] == entry["device"]]
            self.assertEqual(entry["codes"], sorted({each["code"] for each in own}))
            self.assertEqual(entry["consolidated"], sum(each["consolidated"] for each in own))

    def test_episodes_of_a_code_or_a_device_and_the_first_of_them(self) -> None:
        every = self.one.ask("/api/episodes?top=1000")
        code, device = every["codes"][-1]["code"], every["top_devices"][-1]["device"]
        of_code = self.one.ask(f"/api/episodes?code={code}")
        self.assertEqual(of_code["episodes"],
                         [each for each in every["episodes"] if each["code"] == code])  # fmt: skip
        self.assertEqual([each["code"] for each in of_code["codes"]], [code])
        of_device = self.one.ask(f"/api/episodes?device={device.replace('-', '')}")
        self.assertEqual(of_device["episodes"],
                         [each for each in every["episodes"] if each["device"] == device],
                         )  # fmt: skip
        first = self.one.ask("/api/episodes?top=2")
        self.assertEqual(first["episodes"], every["episodes"][:2])
        self.assertEqual(first["open"], every["open"])
        self.assertEqual(first["consolidated"], every["consolidated"])
        self.assertEqual(self.one.ask("/api/episodes?top=0")["episodes"], [])

    def test_keys_of_a_device(self) -> None:
        storming = self.inspect("--storming")[0]["device"]
        quiet = device_id(2, 9)
        unknown = device_id(0, 60_000)
        for device in (storming, quiet, unknown):
            (expected,) = self.inspect("--device", device)
            answer = self.one.ask(f"/api/keys/{device}")
            self.assertEqual(answer["device"], device)
            fields = set(KEY_FIELDS) - {"partition"}  # which is told once
            self.assertEqual([only(fields, key) for key in answer["keys"]],
                             [only(fields, key) for key in expected["keys"]])  # fmt: skip
            for key in expected["keys"]:
                self.assertEqual(answer["partition"], key["partition"])
        self.assertGreater(len(self.one.ask(f"/api/keys/{storming}")["keys"]), 0)
        self.assertEqual(self.one.ask(f"/api/keys/{unknown}")["keys"], [])

    def test_status(self) -> None:
        self.wait_for_metric(self.one, lambda n: n == 0, "weir_lag_records")
        # What a commit did is told once its outcome is back.
        wait_until(lambda: self.episodes_by_totals() == self.one.ask("/api/episodes")["open"],
                   "all has been told", SLOW, self.one.log)  # fmt: skip
        answer = self.one.ask("/api/status")
        metrics = self.one.metrics()
        self.assertEqual(answer["instance"], "weir-0")
        self.assertTrue(answer["ready"])
        self.assertEqual(answer["reasons"], [])
        self.assertEqual([each["partition"] for each in answer["partitions"]], [0, 1, 2, 3])
        self.assertEqual({each["worker"] for each in answer["partitions"]}, {0, 1})
        for each in answer["partitions"]:
            number = str(each["partition"])
            for name, metric in (("lag", "lag_records"), ("live_keys", "live_keys"),
                                 ("open_episodes", "open_episodes")):  # fmt: skip
                self.assertEqual(each[name], metrics.total(f"weir_{metric}", partition=number))
        totals = answer["totals"]
        self.assertEqual(totals["read"], 4_000)
        for verdict, name in (("forwarded", "forwarded"), ("copy", "copies"),
                              ("consolidated", "consolidated")):  # fmt: skip
            self.assertEqual(totals[name], metrics.total("weir_alerts_total", verdict=verdict))
        self.assertEqual(answer["policy"]["file"], str(Path(self.one.config["policy"])))
        self.assertEqual(len(answer["policy"]["versions"]), 1)

    def episodes_by_totals(self) -> int:
        totals = self.one.ask("/api/status")["totals"]
        return int(totals["episodes_started"] - totals["episodes_ended"])

    def test_what_is_asked_wrongly(self) -> None:
        for path, status, words in (
            ("/api/episodes?top=many", 400, "`top=many`: expected a number of 0 to 1000"),
            ("/api/episodes?top=1001", 400, "expected a number of 0 to 1000"),
            ("/api/episodes?top=-1", 400, "expected a number"),
            ("/api/episodes?code=4711", 400, "`code=4711` is no alert code"),
            ("/api/episodes?device=x%22%3C", 400, '`x"<` is no device, expected an EUI-64'),
            ("/api/episodes?colour=red", 400, "`colour` is not known"),
            ("/api/keys/00-DB", 400, "`00-DB` is no device"),
            ("/api/shadow", 404, "`shadow_policy`"),
        ):
            with self.subTest(path):
                found, text = self.one.get(path)
                self.assertEqual(found, status)
                self.assertIn(words, json.loads(text)["error"])

    def test_without_a_broker_it_says_so_in_time(self) -> None:
        """It has nothing open, so that its workers answer; or else that they do not."""
        self.broker.kill()
        try:
            def answers() -> bool:
                status, text = self.one.get("/api/episodes")
                json.loads(text)
                return status in (200, 503)

            wait_until(answers, "it answers", SLOW, self.one.log)
            self.assertEqual(self.one.ask("/api/status")["totals"]["read"], 4_000)
        finally:
            self.broker.start()
        stop_all(self.one)


if __name__ == "__main__":
    main()
