"""The annotated examples are valid, and say all that may be said and nothing else.

Goal: an operator who has only the examples sees every key, with its default. What keys there are is
known from two sides: the tables of CONFIG.md and POLICY.md, and the parser's own lists.
"""

from __future__ import annotations

import re
import unittest
from collections.abc import Iterator
from typing import Any

import yaml

from delivered import DEPLOY, ROOT, DeliveredCase, uncommented

CONFIG = ROOT / "connectors/config"
SERVICE = DEPLOY / "weir.example.yaml"
POLICY = DEPLOY / "policy.example.yaml"
# Where keys of the tables belong that say "In each ...".
EACH = {
    "party": "parties[].",
    "rule": "eligibility.rules[].",
    "trigger": "load_switching.triggers.*.",
    "period": "inventory.pending[].",
    "version": "policies[].",
}
MAPS = ("load_switching.triggers", "policies[].codes")  # whose keys are names
TABLE = re.compile(r"^(?P<intro>[^\n|]*)\n\n\| (?:Key|Field) \| Meaning \| (?P<kind>Default[^|]*) "
                   r"\|.*\n\| --- .*\n(?P<rows>(?:\|.*\n)+)", re.MULTILINE)  # fmt: skip
ROW = re.compile(r"^\| `([^`]+)` \| .*? \| (.*?) \|", re.MULTILINE)
LISTS = re.compile(r"\bk\w*(?:Keys|kOneInKey) = \{([^}]*)\}|kOneInKey = (\"\w+\")")


def documented(page: str) -> dict[str, str]:
    """The path of each key, and its default."""
    found: dict[str, str] = {}
    service: set[str] = set()
    for table in TABLE.finditer((CONFIG / page).read_text()):
        for key, default in ROW.findall(table["rows"]):
            each = re.search(r"In each (\w+):", table["intro"])
            if each is not None:
                path = EACH[each[1]] + key
            elif "In `service`:" in table["intro"]:
                service.add(key)
                path = f"service.{key}"
            elif "`default`" in table["intro"]:
                path = f"policies[].default.{key}"
            else:
                path = f"service.{key}" if key.split(".")[0] in service else key
            found[path] = default if table["kind"] == "Default" else ""
    return found


def paths(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Of all keys, but for those of librdkafka and those of codes, which `default` has too."""
    if isinstance(value, list):
        for each in value:
            yield from paths(each, f"{at}[]")
    elif isinstance(value, dict):
        for key, below in value.items():
            path = f"{at}.*" if at in MAPS else f"{at}.{key}".removeprefix(".")
            if at not in MAPS:
                yield path, below
            if path not in ("kafka", "policies[].codes", "policies[].default.forward"):
                yield from paths(below, path)


class ExamplesTest(DeliveredCase):
    def put(self, change: Any) -> None:
        """Both beside one another, as they are installed, and the secrets that they name."""
        self.service = self.folder / "weir.yaml"
        self.policy = self.folder / "policy.yaml"
        self.service.write_text(change(SERVICE.read_text()))
        # Each file of a policy that it names, also where that is commented out.
        for name in re.findall(r"^#?\w+: (\w+\.yaml)$", SERVICE.read_text(), re.MULTILINE):
            (self.folder / name).write_text(change(POLICY.read_text()))
        for name in re.findall(r"file:\$\{CREDENTIALS_DIRECTORY\}/([\w.-]+)", SERVICE.read_text()):
            self.secret(name)

    def check(self) -> str:
        return self.validated(self.service, self.policy, CREDENTIALS_DIRECTORY=str(self.folder))

    def test_as_they_are(self) -> None:
        self.put(str)
        said = self.check()
        self.assertIn("a service configuration", said)
        self.assertNotIn("but note", said)
        kafka = yaml.safe_load(self.service.read_text())["kafka"]
        self.assertEqual(kafka["security.protocol"], "SASL_SSL")
        self.assertRegex(kafka["sasl.password"], "^file:")

    def test_with_all_that_is_commented_out(self) -> None:
        self.put(uncommented)
        self.assertNotIn("but note", self.check())

    def test_every_key_and_no_other(self) -> None:
        for page, example in (("CONFIG.md", SERVICE), ("POLICY.md", POLICY)):
            with self.subTest(example.name):
                keys = documented(page)
                self.assertGreater(len(keys), 10)
                shown = {path for path, _ in paths(yaml.load(uncommented(example.read_text()),
                                                             yaml.BaseLoader))}  # fmt: skip
                self.assertEqual(shown ^ set(keys), set())

    def test_the_parser_knows_these_and_no_other(self) -> None:
        text = "".join(each.read_text() for each in sorted(CONFIG.glob("*.cc")) +
                       sorted(CONFIG.glob("*.h")))  # fmt: skip
        known = {word for match in LISTS.finditer(text)
                 for word in re.findall(r'"(\w+)"', match[0])}  # fmt: skip
        keys = {word for page in ("CONFIG.md", "POLICY.md") for path in documented(page)
                for word in re.findall(r"\w+", path)}  # fmt: skip
        self.assertEqual(known - {"one_in"} ^ keys, set())

    def test_what_is_commented_out_is_the_default(self) -> None:
        compared = 0
        for page, example in (("CONFIG.md", SERVICE), ("POLICY.md", POLICY)):
            defaults = documented(page)
            text = example.read_text()
            said = dict(paths(yaml.load(text, yaml.BaseLoader)))
            for path, value in paths(yaml.load(uncommented(text), yaml.BaseLoader)):
                written = re.fullmatch(r"`([^`]+)`", defaults[path])
                if path in said or written is None or "[]" in path and "default" not in path:
                    continue
                with self.subTest(path):
                    self.assertEqual(value, written[1])
                compared += 1
        self.assertGreater(compared, 15)

    def test_each_key_is_explained(self) -> None:
        """In the comment above it, or above the map that it stands in."""
        for example in (SERVICE, POLICY):
            lines = example.read_text().split("\n")
            for number, line in enumerate(lines):
                if not re.match(r" *#?(- )?\w[\w.]*:( |$)", line) or "kafka" in line:
                    continue
                above = lines[number - 1].strip()
                with self.subTest(f"{example.name}:{number + 1}: {line}"):
                    self.assertTrue(
                        above.startswith("# ") or re.match(r"#?(- )?[\w.]+:", above), above
                    )


if __name__ == "__main__":
    unittest.main(verbosity=2)
