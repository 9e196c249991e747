"""Tests of the model itself: each rule in a small example worked out by hand.

python3 test_model.py
"""

from __future__ import annotations

import base64
import json
import tempfile
import unittest
from pathlib import Path
from typing import Any

import invariants
import model
import scenario

Fields = dict[str, Any]

HOUR = 3_600_000
DAY = 24 * HOUR
START = model.parse_time("2020-01-01T00:00:00.000Z")  # on the grid of every window up to a day
DEVICE = "90-B3-D5-1F-30-02-00-00"
OTHER_DEVICE = "90-B3-D5-1F-30-02-00-01"


def version(**fields: Any) -> Fields:
    """A version in force long before the examples, excluding nothing unless told."""
    return {"effective_from": "2019-01-01T00:00:00Z", "excluded": [], **fields}


def policy(*versions: Fields, **fields: Any) -> Fields:
    return {"policies": list(versions), **fields}


def default(**fields: Any) -> Fields:
    return policy(version(default={"threshold": 2, "window": "1h", **fields}))


def at(hours: float) -> str:
    return model.format_time(START + round(hours * HOUR))


class Log:
    """A capture in the making. Times are hours from START; counters number the alerts."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def add(self, hours: float, code: str = "8F3F", **fields: Any) -> Log:
        record: Fields = {"device": DEVICE, "code": code, "received": at(hours)}
        record["counter"] = len(self.lines)
        record.update(fields)
        return self.add_record({key: each for key, each in record.items() if each is not None})

    def add_record(self, record: Fields) -> Log:
        self.lines.append(json.dumps(record).encode())
        return self

    def run(self, document: Fields | None) -> Result:
        return Result(model.run(b"\n".join(self.lines), document))


class Result:
    def __init__(self, done: model.Model) -> None:
        self.model = done
        self.forwarded: list[Fields] = [json.loads(line) for line in done.out.forwarded]
        self.events: list[Fields] = [json.loads(line) for line in done.out.episodes]
        self.summary = done.summary()

    def passed(self) -> list[str]:
        """The counters of what was forwarded; copies as counter/sequence/count."""
        return [
            "/".join(
                str(each[name]) for name in ("counter", *invariants.COPY_FIELDS) if name in each
            )
            for each in self.forwarded
        ]

    def told(self) -> list[str]:
        """Events with the hour they happened at, and the reason of an end."""
        return [
            f"{(model.parse_time(each['at']) - START) / HOUR:g} {each['event']}"
            + (f" {each['reason']}" if "reason" in each else "")
            for each in self.events
        ]


class Threshold(unittest.TestCase):
    def test_passes_up_to_the_threshold_then_consolidates(self) -> None:
        log = Log().add(0.1).add(0.2).add(0.3).add(0.4)
        result = log.run(default())
        self.assertEqual(result.passed(), ["0", "1"])
        self.assertEqual(result.told(), ["0.3 started"])
        self.assertEqual(result.summary["pending"], 2)
        self.assertEqual(result.summary["consolidated"], 2)
        self.assertEqual(result.summary["episodes"], {"started": 1, "ended": 0, "open": 1})

    def test_keys_are_device_code_and_recipient(self) -> None:
        log = Log()
        for _ in range(2):
            log.add(0.1).add(0.1, "8F36").add(0.1, device=OTHER_DEVICE)
            log.add(0.1, recipient=DEVICE).add(0.1, recipient=OTHER_DEVICE)
        self.assertEqual(len(log.run(default()).forwarded), 10)

    def test_a_new_window_counts_from_zero(self) -> None:
        log = Log().add(0.5).add(0.9).add(1.0).add(1.5)
        self.assertEqual(len(log.run(default()).forwarded), 4)

    def test_built_in_policy(self) -> None:
        log = Log()
        for index in range(12):
            log.add(0.1 + index / 100).add(0.1 + index / 100, "8F66").add(0.5, "N58")
        result = log.run(None)
        self.assertEqual(result.summary["codes"]["8F3F"]["consolidated"], 2)
        self.assertEqual(result.summary["codes"]["8F66"]["forwarded"], 12)
        self.assertEqual(result.summary["codes"]["N58"]["forwarded"], 12)
        self.assertEqual({each.get("policy") for each in result.events}, {None})
        self.assertEqual(list(result.summary["codes"]), ["8F3F", "8F66", "N58"])


class Sliding(unittest.TestCase):
    def test_the_previous_window_counts_by_its_share(self) -> None:
        # Four alerts in the first hour. A quarter into the second, three of them still count:
        # 1 + floor(4 * 0.75) = 4 passes, 2 + floor(4 * 0.75) = 5 does not.
        log = Log().add(0.1).add(0.2).add(0.3).add(0.4).add(1.25).add(1.25)
        result = log.run(default(threshold=4, window_kind="sliding"))
        self.assertEqual(result.passed(), ["0", "1", "2", "3", "4"])
        self.assertEqual(result.told(), ["1.25 started"])

    def test_the_share_is_rounded_down(self) -> None:
        # One millisecond into the window the share of 4 is just below 4.
        log = Log().add(0.1).add(0.2).add(0.3).add(0.4).add(1 + 1 / HOUR)
        result = log.run(default(threshold=4, window_kind="sliding"))
        self.assertEqual(len(result.forwarded), 5)
        on_the_border = Log().add(0.1).add(0.2).add(0.3).add(0.4).add(1.0)
        result = on_the_border.run(default(threshold=4, window_kind="sliding"))
        self.assertEqual(len(result.forwarded), 4)

    def test_a_window_further_back_does_not_count(self) -> None:
        log = Log().add(0.1).add(0.2).add(2.0).add(2.0)
        self.assertEqual(len(log.run(default(window_kind="sliding")).forwarded), 4)

    def test_the_end_looks_at_the_count_not_the_measure(self) -> None:
        # The second window holds one alert, though its measure is above 2 at first.
        log = Log().add(0.9).add(0.9).add(0.9).add(1.0).add(3.0)
        result = log.run(default(window_kind="sliding"))
        self.assertEqual(result.told(), ["0.9 started", "1 continuing", "2 ended clear"])


class Forwarding(unittest.TestCase):
    def storm(self) -> Log:
        """Three alerts in the first hour, four in the second, one in the third, one later."""
        log = Log()
        for hours in (0.1, 0.2, 0.3, 1.1, 1.2, 1.3, 1.4, 2.1, 5.1):
            log.add(hours)
        return log

    def test_first_per_window_and_last_word(self) -> None:
        result = self.storm().run(default())
        # Alert 3 stands for 2 and itself; 7 for 4, 5, 6 and itself; nothing is left at the end.
        self.assertEqual(result.passed(), ["0", "1", "3/1/2", "7/2/4", "8"])
        self.assertEqual(
            result.told(), ["0.3 started", "1 continuing", "2 continuing", "3 ended clear"]
        )
        self.assertEqual(result.events[-1]["alerts"], 6)
        self.assertEqual(result.events[-1]["copies"], 2)
        self.assertEqual(result.events[-1]["consolidated"], 4)
        self.assertEqual(result.events[-1]["last_sequence_id"], 2)
        self.assertNotIn("last_sequence_id", result.events[1])

    def test_none_leaves_only_the_last_word(self) -> None:
        result = self.storm().run(default(forward="none"))
        self.assertEqual(result.passed(), ["0", "1", "7/1/6", "8"])
        self.assertEqual(result.summary["copies"], 1)
        self.assertEqual(result.summary["consolidated"], 5)

    def test_one_in(self) -> None:
        # The first window of the episode passes every third as well, but not its first.
        result = self.storm().run(default(forward={"one_in": 3}))
        # 2 held; 3 first of a window (2); 4, 5 held, 6 the third since (3); 7 first of a window.
        self.assertEqual(result.passed(), ["0", "1", "3/1/2", "6/2/3", "7/3/1", "8"])

    def test_one_in_within_the_starting_window(self) -> None:
        log = Log()
        for _ in range(7):
            log.add(0.5)
        result = log.run(default(forward={"one_in": 2}))
        self.assertEqual(result.passed(), ["0", "1", "3/1/2", "5/2/2"])

    def test_without_a_last_word_alerts_stay_unrepresented(self) -> None:
        result = self.storm().run(default(forward="none", last_word=False))
        self.assertEqual(result.passed(), ["0", "1", "8"])
        self.assertEqual(result.summary["unrepresented"], 6)
        self.assertEqual(result.summary["pending"], 0)
        self.assertNotIn("last_sequence_id", result.events[-1])

    def test_the_archive_holds_what_was_held_back(self) -> None:
        result = self.storm().run(default(forward="none"))
        held = [json.loads(line)["counter"] for line in result.model.out.consolidated]
        self.assertEqual(held, ["2", "3", "4", "5", "6", "7"])


class End(unittest.TestCase):
    def test_the_starting_window_itself_can_end_it(self) -> None:
        # A sliding measure starts the episode in a window that holds one alert only.
        log = Log().add(0.9).add(0.9).add(1.0).add(2.0)
        result = log.run(default(window_kind="sliding"))
        self.assertEqual(result.told(), ["1 started", "2 ended clear"])
        self.assertEqual(result.passed(), ["0", "1", "2/1/1", "3"])

    def test_clear_zero_needs_a_silent_window(self) -> None:
        log = Log().add(0.1).add(0.2).add(0.3).add(1.1).add(3.0)
        result = log.run(default(clear=0))
        self.assertEqual(
            result.told(), ["0.3 started", "1 continuing", "2 continuing", "3 ended clear"]
        )

    def test_it_ends_before_a_record_at_the_very_moment(self) -> None:
        log = Log().add(0.1).add(0.2).add(0.3).add(1.1).add(2.0)
        result = log.run(default())
        self.assertEqual(result.told()[-1], "2 ended clear")
        self.assertEqual(result.passed()[-1], "4")

    def test_the_key_starts_afresh(self) -> None:
        # Were the first hour remembered, the sliding measure would be 2 + 2 at hour 2.
        log = Log().add(0.1).add(0.2).add(0.3).add(1.1).add(1.2).add(2.0).add(2.0)
        result = log.run(default(window_kind="sliding"))
        self.assertEqual(result.told()[-1], "2 ended clear")
        self.assertEqual(result.passed()[-2:], ["5", "6"])

    def test_due_at_the_same_time_by_the_position_of_the_last_alert(self) -> None:
        log = Log()
        for code in ("8F3F", "8F36", "8F36", "8F36", "8F3F", "8F3F"):
            log.add(0.5, code)
        log.add(0.6, "8F36").add(5, "8F43")
        result = log.run(default(clear=0))
        ends = [(each["code"], each["ended"]) for each in result.events if "ended" in each]
        self.assertEqual(ends, [("8F3F", at(2)), ("8F36", at(2))])


class Versions(unittest.TestCase):
    def test_before_the_first_version_nothing_is_throttled(self) -> None:
        document = policy(version(effective_from=at(1), default={"threshold": 1, "window": "1h"}))
        log = Log().add(0.1).add(0.1).add(0.1).add(1.0).add(1.0)
        result = log.run(document)
        self.assertEqual(result.passed(), ["0", "1", "2", "3"])
        self.assertEqual(result.told(), ["1 started"])

    def change(self, **second: Any) -> Fields:
        fields = {"threshold": 1, "window": "1h"}
        return policy(
            version(default=fields, note="old"),
            version(effective_from=at(0.5), **{"default": fields, **second}),
        )

    def test_a_changed_code_ends_by_policy_and_starts_afresh(self) -> None:
        changed = {"threshold": 3, "window": "1h", "last_word": False}
        log = Log().add(0.1).add(0.2).add(0.3).add(0.6).add(0.7)
        result = log.run(self.change(default=changed))
        self.assertEqual(result.told(), ["0.2 started", "0.5 ended policy"])
        self.assertEqual(result.passed(), ["0", "2/1/2", "3", "4"])  # last word: the old policy
        self.assertEqual(result.events[-1]["policy"], "2019-01-01T00:00:00.000Z")
        self.assertEqual(result.events[-1]["note"], "old")

    def test_counts_of_a_changed_code_start_afresh(self) -> None:
        changed = {"threshold": 1, "window": "2h"}
        log = Log().add(0.1).add(0.6).add(0.7)
        result = log.run(self.change(default=changed))
        self.assertEqual(result.passed(), ["0", "1"])

    def test_an_unchanged_code_goes_on(self) -> None:
        changed = {"8F36": {"threshold": 5}}
        log = Log().add(0.1).add(0.2).add(0.6).add(1.5)
        result = log.run(self.change(codes=changed))
        self.assertEqual(result.told(), ["0.2 started", "1 continuing"])
        self.assertEqual([each["policy"] for each in result.events][1], at(0.5))
        self.assertNotIn("note", result.events[1])

    def test_spelling_out_the_same_changes_nothing(self) -> None:
        same = {"threshold": 1, "window": "60m", "clear": 1, "last_word": True}
        log = Log().add(0.1).add(0.2).add(0.6)
        self.assertEqual(log.run(self.change(default=same)).told(), ["0.2 started"])

    def test_a_new_exclusion_ends_an_episode(self) -> None:
        log = Log().add(0.1).add(0.2).add(0.6).add(0.7)
        result = log.run(self.change(excluded=["8F3F"]))
        self.assertEqual(result.told(), ["0.2 started", "0.5 ended policy", "0.7 excluded_storm"])
        self.assertEqual(result.passed(), ["0", "1/1/1", "2", "3"])

    def test_what_is_due_by_then_happens_first(self) -> None:
        document = self.change(default={"threshold": 9, "window": "1h"})
        document["policies"][1]["effective_from"] = at(2)
        log = Log().add(0.1).add(0.2).add(5)
        result = log.run(document)
        self.assertEqual(result.told(), ["0.2 started", "1 continuing", "2 ended clear"])

    def test_skipped_versions_take_effect_in_turn(self) -> None:
        fields = {"threshold": 1, "window": "1h"}
        document = policy(
            version(default=fields),
            version(effective_from=at(0.5), default={"threshold": 7, "window": "1h"}),
            version(effective_from=at(0.6), default=fields),
        )
        result = Log().add(0.1).add(0.2).add(0.9).add(0.9).run(document)
        self.assertEqual(result.told(), ["0.2 started", "0.5 ended policy", "0.9 started"])


class Exclusion(unittest.TestCase):
    def test_an_excluded_code_always_passes_and_is_told_once_per_window(self) -> None:
        log = Log()
        for hours in (0.1, 0.2, 0.3, 0.4, 1.1, 1.2, 1.3):
            log.add(hours)
        result = log.run(policy(version(default={"threshold": 2}, excluded=["8F3F"])))
        self.assertEqual(len(result.forwarded), 7)
        self.assertEqual(result.told(), ["0.3 excluded_storm", "1.3 excluded_storm"])
        self.assertNotIn("alerts", result.events[0])
        self.assertNotIn("started", result.events[0])

    def test_lists_and_ranges(self) -> None:
        listed = model.Version(version(excluded=["8F0A", "8F35-8F3C", "N1-N38"]))
        excluded = [
            code
            for code in ("8F0A", "8F0B", "8F34", "8F35", "8F3C", "8F3D", "N1", "N38", "N39", "AD1")
            if listed.is_excluded(code)
        ]
        self.assertEqual(excluded, ["8F0A", "8F35", "8F3C", "N1", "N38"])
        self.assertTrue(model.Version(version(excluded=["all"])).is_excluded("AD1"))
        self.assertFalse(model.Version(version(excluded=[])).is_excluded("8F66"))

    def test_the_built_in_list(self) -> None:
        built_in = model.Version({})
        dcc = ["AD1"] + [f"N{number}" for number in range(1, 1000)]
        passing = [code for code in dcc if not built_in.is_excluded(code)]
        self.assertEqual(passing, ["N39", "N54", "N62"])
        device = [f"{number:04X}" for number in range(0x8000, 0x9000)]
        self.assertEqual(sum(built_in.is_excluded(code) for code in device), 8 + 8 + 8)


class Pairs(unittest.TestCase):
    def test_apart_by_default(self) -> None:
        log = Log().add(0.1, "8020").add(0.2, "808D").add(0.3, "8020").add(0.4, "808D")
        self.assertEqual(len(log.run(default()).forwarded), 4)

    def test_together_under_the_lower_code_and_its_policy(self) -> None:
        codes = {"8020": {"threshold": 1}, "808D": {"threshold": 9}}
        log = Log().add(0.1, "808D").add(0.2, "808D").add(0.3, "8020").add(4, "8F3F")
        result = log.run(policy(version(pairs="together", codes=codes)))
        self.assertEqual(result.told()[0], "0.2 started")
        self.assertEqual({each["code"] for each in result.events}, {"8020"})
        self.assertEqual(result.passed(), ["0", "2/1/2", "3"])
        # By its own code for what was forwarded, by that of the key for episodes.
        self.assertEqual(result.summary["codes"]["808D"]["consolidated"], 1)
        self.assertEqual(result.summary["codes"]["8020"]["copies"], 1)
        self.assertEqual(result.summary["codes"]["8020"]["episodes"]["ended"], 1)
        self.assertEqual(result.summary["codes"]["808D"]["episodes"]["ended"], 0)

    def test_an_excluded_half_is_counted_and_passes(self) -> None:
        document = policy(
            version(pairs="together", excluded=["808D"], default={"threshold": 2, "window": "1h"})
        )
        log = Log().add(0.1, "808D").add(0.2, "808D").add(0.3, "8020").add(0.4, "808D")
        result = log.run(document)
        self.assertEqual(result.passed(), ["0", "1", "3"])
        self.assertEqual(result.told(), ["0.3 started"])
        log = Log().add(0.1, "808D").add(0.2, "8020").add(0.3, "808D")
        self.assertEqual(log.run(document).told(), ["0.3 excluded_storm"])

    def test_going_together_touches_both_codes(self) -> None:
        fields = {"default": {"threshold": 1, "window": "1h"}}
        document = policy(
            version(**fields), version(effective_from=at(0.5), pairs="together", **fields)
        )
        log = Log().add(0.1, "8020").add(0.1, "808D").add(0.2, "808D").add(0.3, "8020")
        log.add(0.3, "8F3F").add(0.3, "8F3F").add(0.6, "808D").add(0.7, "8020")
        result = log.run(document)
        ends = [each["code"] for each in result.events if each["event"] == "ended"]
        self.assertEqual(ends, ["808D", "8020"])
        self.assertEqual(result.passed()[-3:], ["2/1/1", "3/1/1", "6"])


class Duplicates(unittest.TestCase):
    def test_another_received_time_is_the_same_message(self) -> None:
        log = Log().add(0.1, counter=7).add(0.2, counter="7").add(0.3, counter=7, code="8F36")
        result = log.run(default())
        self.assertEqual(result.summary["duplicates"], 1)
        self.assertEqual(result.summary["codes"]["8F3F"]["duplicates"], 1)

    def test_any_other_field_makes_another_message(self) -> None:
        log = Log().add(0.1, counter=7)
        log.add(0.1, counter=8).add(0.1, counter=7, payload="AA==")
        log.add(0.1, counter=7, recipient=DEVICE).add(0.1, counter=7, device_time=at(0))
        self.assertEqual(log.run(default()).summary["duplicates"], 0)

    def test_without_counter_and_payload_never(self) -> None:
        log = Log().add(0.1, counter=None).add(0.1, counter=None)
        self.assertEqual(log.run(default()).summary["duplicates"], 0)

    def test_the_window_is_strict_and_not_prolonged(self) -> None:
        log = Log().add(0, counter=7).add(0.9, counter=7).add(1.0, counter=7).add(1.9, counter=7)
        self.assertEqual(log.run(default()).summary["duplicates"], 2)  # at 0.9 and 1.9

    def test_zero_switches_it_off(self) -> None:
        document = {**default(), "duplicate_window": "0s"}
        self.assertEqual(
            Log().add(0, counter=7).add(0, counter=7).run(document).summary["duplicates"], 0
        )

    def test_they_move_time_and_are_not_counted_by_key(self) -> None:
        log = Log().add(0.9, counter=7).add(0.9).add(0.9).add(1.1, counter=7).add(2.5, counter=7)
        result = log.run({**default(), "duplicate_window": "1d"})
        self.assertEqual(result.told(), ["0.9 started", "1 continuing", "2 ended clear"])

    def test_alerts_that_name_no_device(self) -> None:
        log = Log()
        log.add(0.1, "N39", device=None, counter=700).add(0.1, "N39", device=None, counter=700)
        for _ in range(20):
            log.add(0.2, "N39", device=None)
        result = log.run(default())
        self.assertEqual(result.summary["duplicates"], 1)
        self.assertEqual(result.summary["forwarded"], 21)


class StreamTime(unittest.TestCase):
    def clock(self, *takes: tuple[str | None, int]) -> list[int | None]:
        clock = model.StreamClock(DAY)
        seen = []
        for device, time in takes:
            clock.take(device, time)
            seen.append(clock.now)
        return seen

    def test_the_largest_time_so_far(self) -> None:
        self.assertEqual(self.clock(("A", 5), ("A", 3), ("A", 5 + DAY)), [5, 5, 5 + DAY])

    def test_one_device_does_not_move_it(self) -> None:
        self.assertEqual(self.clock(("A", 0), ("A", DAY + 1), ("A", 9 * DAY)), [0, 0, 0])

    def test_two_devices_move_it_to_the_smaller(self) -> None:
        moves = self.clock(("A", 0), ("B", 5 * DAY), ("C", 3 * DAY), ("B", 5 * DAY))
        self.assertEqual(moves, [0, 0, 3 * DAY, 3 * DAY])

    def test_the_latest_is_remembered(self) -> None:
        moves = self.clock(("A", 0), ("B", 9 * DAY), ("B", 2 * DAY), ("C", 5 * DAY))
        self.assertEqual(moves, [0, 0, 0, 2 * DAY])

    def test_it_never_goes_back(self) -> None:
        moves = self.clock(("A", 0), ("B", DAY + 1), ("A", DAY), ("A", 2 * DAY), ("C", 9 * DAY))
        self.assertEqual(moves, [0, 0, DAY, 2 * DAY, 2 * DAY])

    def test_without_a_device_it_is_neither_moved_nor_remembered(self) -> None:
        moves = self.clock(("A", 0), (None, 9 * DAY), ("B", 9 * DAY), (None, DAY))
        self.assertEqual(moves, [0, 0, 0, DAY])

    def test_an_alert_ahead_is_processed_at_the_time_as_it_stands(self) -> None:
        log = Log().add(0.1).add(0.2).add(100).add(0.3)
        result = log.run(default())
        self.assertEqual(result.told(), ["0.2 started"])
        self.assertEqual(result.summary["pending"], 2)

    def test_other_records_move_it_and_dead_letters_do_not(self) -> None:
        device = {"type": "device", "device": DEVICE, "device_type": "ESME", "status": "Pending"}
        log = Log().add(0.1).add(0.2).add(0.3).add(3, code="bad")
        self.assertEqual(log.run(default()).told(), ["0.3 started"])
        log.add_record({**device, "received": at(3)})
        result = log.run(default())
        self.assertEqual(result.told()[-1], "2 ended clear")
        self.assertEqual((result.summary["dead"], result.summary["other"]), (1, 1))


class Records(unittest.TestCase):
    def test_the_output_spelling(self) -> None:
        record = {
            "payload": "aGk=",
            "code": "0x8f36",
            "device": "90b3d51f30020000",
            "counter": 18446744073709551615,
            "device_time": "2019-11-29T00:00:00Z",
        }
        result = Log().add_record(record).run(None)
        self.assertEqual(
            result.model.out.forwarded,
            [
                '{"device":"90-B3-D5-1F-30-02-00-00","code":"8F36",'
                '"counter":"18446744073709551615",'
                '"device_time":"2019-11-29T00:00:00.000Z","payload":"aGk="}'
            ],
        )

    def test_dead_letters_count_as_records_and_blank_lines_do_not(self) -> None:
        log = Log().add(0.1)
        log.lines += [b"", b"  ", b"oops"]
        log.add(0.1, code="9000").add(0.1, device=None).add(0.1, received=None)
        log.add(0.1, received="1969-12-31T23:59:59.999Z").add(0.1, payload="@").add(0.1, counter=-1)
        letters = [json.loads(line) for line in log.run(None).model.out.dead]
        self.assertEqual([each["offset"] for each in letters], [1, 2, 3, 4, 5, 6, 7])
        self.assertEqual(letters[0]["line"], 4)
        self.assertEqual(base64.b64decode(letters[0]["bytes"]), b"oops")


class Random(unittest.TestCase):
    def test_the_invariants_hold_of_random_scenarios(self) -> None:
        for seed in range(20):
            with self.subTest(seed=seed), tempfile.TemporaryDirectory() as folder:
                drawn = scenario.generate(seed)
                done = model.run(drawn.capture, drawn.policy)
                model.write_outputs(done, Path(folder), archive=True)
                self.assertEqual(invariants.check(drawn.capture, drawn.policy, Path(folder)), [])

    def test_a_seed_gives_the_same_scenario_again(self) -> None:
        self.assertEqual(scenario.generate(3), scenario.generate(3))


if __name__ == "__main__":
    unittest.main()
