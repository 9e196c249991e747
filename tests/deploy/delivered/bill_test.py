"""The bill of materials: what the schema asks for, and what the program really holds."""

from __future__ import annotations

import json
import re
import subprocess
import unittest

from delivered import BUILD, DEPLOY, WEIR, problems, schemas

SCHEMA = "cyclonedx/schema/_res/bom-1.5.SNAPSHOT.schema.json"


class BillTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        command = [DEPLOY / "debian/sbom.py", "--build", BUILD, "--version", "1.2.3"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        cls.text = done.stdout
        cls.bill = json.loads(done.stdout)

    def linked(self, how: str) -> dict[str, str]:
        return {each["name"]: each["version"] for each in self.bill["components"]
                if {"name": "weir:linkage", "value": how} in each["properties"]}  # fmt: skip

    def test_the_schema(self) -> None:
        schema = schemas("cyclonedx_python_lib", SCHEMA)
        self.assertEqual(problems(self.bill, schema), [])
        broken = json.loads(self.text)
        del broken["components"][0]["name"]
        self.assertNotEqual(problems(broken, schema), [])

    def test_what_the_linker_loads(self) -> None:
        """Each library is in a package of the bill, by what dpkg knows of the package's files."""
        files = set()
        for name in self.linked("shared"):
            shown = subprocess.run(["dpkg-query", "-L", name], capture_output=True, text=True,
                                   check=True).stdout  # fmt: skip
            files |= {path.rsplit("/", 1)[1] for path in shown.split("\n") if "/" in path}
        shown = subprocess.run(["ldd", WEIR], capture_output=True, text=True, check=True).stdout
        loaded = re.findall(r"^\s*(\S+) => ", shown, re.MULTILINE)
        self.assertGreater(len(loaded), 20)
        self.assertEqual([each for each in loaded if each not in files], [])

    def test_what_is_compiled_in(self) -> None:
        self.assertIn("libcli11-dev", self.linked("headers"))  # headers and nothing else
        self.assertNotIn("libgtest-dev", self.linked("headers"))  # of the tests alone

    def test_what_the_pages_hold(self) -> None:
        bundled = self.linked("bundled")
        self.assertIn("@observablehq/plot", bundled)
        self.assertNotIn("esbuild", bundled)  # which makes them
        locked = {}
        for lock in DEPLOY.glob("*/package-lock.json"):
            locked |= json.loads(lock.read_text())["packages"]
        for name, version in bundled.items():
            self.assertEqual(locked[f"node_modules/{name}"]["version"], version)

    def test_who_needs_whom(self) -> None:
        refs = [each["bom-ref"] for each in self.bill["components"]]
        self.assertEqual(len(refs), len(set(refs)))
        needs = {each["ref"]: each["dependsOn"] for each in self.bill["dependencies"]}
        self.assertEqual({ref for on in needs.values() for ref in on} - set(refs), set())
        (kafka,) = (ref for ref in refs if "/librdkafka1@" in ref)
        self.assertTrue(any("/libssl3@" in each for each in needs[kafka]))

    def test_it_is_the_same_again(self) -> None:
        command = [DEPLOY / "debian/sbom.py", "--build", BUILD, "--version", "1.2.3"]
        again = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        self.assertEqual(again, self.text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
