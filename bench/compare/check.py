"""Whether a system forwards what it should, before anything is measured.

`weir replay` says what comes of one uninterrupted run over the same records; tests/model holds the
replay to the reference. Of each alert key, the sequence of what was forwarded counts: the bytes,
and of copies the number and how many alerts they stand for. The order of different keys does not,
since nobody but Weir promises one.
"""

from __future__ import annotations

from check_peers import differences, expected_of, found_of
from contestants import POLICY, Contestant, wait_for_records
from fleet import capture, records_of
from kafka_support import load, read, wait_until
from steady import LONG
from systems import USUAL, Entrants

LATE = 15.0  # seconds in which what was committed must be there to be read
SHOWN = 3  # differences


class Check:
    """One format's records, and what must come of them."""

    def __init__(self, entrants: Entrants, form: str, records: int) -> None:
        self.entrants, self.form = entrants, form
        field = entrants.field
        path = capture(field.folder.parent, form, records)
        self.input = field.input_topic(create_time=True)
        self.records = [
            each._replace(offset=offset) for offset, each in enumerate(records_of(path, form))
        ]
        load(field.broker.bootstrap, self.input, self.records)
        folder = field.folder / f"expected-{form}"
        self.expected, self.keys = expected_of(self.records, folder, POLICY)
        self.copies = sum(one.count is not None for each in self.expected.values() for one in each)

    def run(self, name: str) -> dict[str, object]:
        """Raises if the system forwards anything else."""
        field = self.entrants.field
        contestant = self.entrants.make(name, field.topics(self.input, True), USUAL[name])
        contestant.start()
        wait_for_records(field, contestant, len(self.records), LONG)
        wrong: list[str] = []

        # What waits for time alone may come with a later commit than the last record.
        def is_right() -> bool:
            wrong[:] = self._differences(contestant)
            return not wrong

        wait_until(
            is_right, f"{name} forwards what it should", LATE,
            lambda: "\n".join([f"but {len(wrong)} keys differ", *wrong[:SHOWN]]),
        )  # fmt: skip
        contestant.stop()
        field.delete(contestant.topics, with_input=False)
        return {
            "system": name, "case": self.form, "records": len(self.records),
            "keys": len(self.expected), "copies": self.copies,
            "outputs": "those of `weir replay`, key by key",
        }  # fmt: skip

    def _differences(self, contestant: Contestant) -> list[str]:
        output = contestant.topics.output("alerts.forwarded")
        found = read(self.entrants.field.broker.bootstrap, output)
        return differences(self.expected, found_of(found, self.keys))

    def finish(self) -> None:
        self.entrants.field.delete_input(self.input)
