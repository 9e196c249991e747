"""Checks the repository against tests/lint/rules.py, and the rules against made-up files.

    python3 tests/lint/lint_test.py
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import unittest
from collections.abc import Callable, Iterable
from pathlib import Path

import rules

ROOT = Path(__file__).resolve().parents[2]
SKIPPED_FOLDERS = {".git", "build", "out", "__pycache__"}


def git_names() -> list[str]:
    """What git tracks or would track; nothing if this is no checkout."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        return []
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    return sorted({os.fsdecode(name) for name in done.stdout.split(b"\0") if name})


def walked_names() -> list[str]:
    names = []
    for folder, below, files in os.walk(ROOT):
        below[:] = [name for name in below if name not in SKIPPED_FOLDERS]
        names += [(Path(folder) / file).relative_to(ROOT).as_posix() for file in files]
    return sorted(names)


def text_of(path: Path) -> str:
    """The text of a file; nothing if it holds no text."""
    data = path.read_bytes()
    return "" if b"\0" in data else data.decode("utf-8", errors="replace")


class Tree:
    """The files of the repository."""

    def __init__(self) -> None:
        names = [n for n in git_names() or walked_names() if (ROOT / n).is_file()]
        self.sizes = {n: (ROOT / n).stat().st_size for n in names}
        self.texts = {n: text_of(ROOT / n) for n in names}
        self.executable = {n for n in names if (ROOT / n).stat().st_mode & 0o111}


class TreeTest(unittest.TestCase):
    """The repository keeps its rules."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.tree = Tree()

    def expect_none(self, findings: Iterable[rules.Finding]) -> None:
        found = sorted(findings, key=lambda f: (f.path, f.line))
        if found:
            self.fail(f"{len(found)} broken:\n" + "\n".join(str(f) for f in found))

    def expect_all_clean(self, rule: Callable[[str, str], Iterable[rules.Finding]]) -> None:
        self.expect_none(
            itertools.chain.from_iterable(rule(p, t) for p, t in self.tree.texts.items())
        )

    def test_the_tree_is_found(self) -> None:
        self.assertIn("CMakeLists.txt", self.tree.texts)
        self.assertIn("tests/lint/lint_test.py", self.tree.texts)

    def test_the_walk_finds_what_git_does(self) -> None:
        self.assertEqual(set(self.tree.texts) - set(walked_names()), set())

    def test_includes(self) -> None:
        self.expect_all_clean(rules.check_includes)

    def test_headers(self) -> None:
        self.expect_all_clean(rules.check_header)

    def test_form(self) -> None:
        self.expect_all_clean(rules.check_form)

    def test_banned_words(self) -> None:
        self.expect_all_clean(rules.check_banned_words)

    def test_leftovers(self) -> None:
        self.expect_all_clean(rules.check_leftovers)

    def test_links(self) -> None:
        self.expect_none(rules.check_links(self.tree.texts))

    def test_sizes(self) -> None:
        self.expect_none(rules.check_sizes(self.tree.sizes))

    def test_readmes(self) -> None:
        self.expect_none(rules.check_readmes(self.tree.texts))

    def test_tests_are_built(self) -> None:
        self.expect_none(rules.check_tests_are_built(self.tree.texts))

    def test_scripts_are_executable(self) -> None:
        self.expect_none(rules.check_executable(self.tree.texts, self.tree.executable))

    def test_scripts_parse(self) -> None:
        scripts = [p for p, t in self.tree.texts.items() if rules.is_shell(p, t)]
        self.assertTrue(scripts)
        for path in scripts:
            done = subprocess.run(
                ["bash", "-n", path], cwd=ROOT, capture_output=True, text=True, check=False
            )
            self.assertEqual(done.returncode, 0, f"bash -n: {done.stderr}")


class RuleTest(unittest.TestCase):
    """The rules see what they are for, and nothing else."""

    def expect(self, findings: Iterable[rules.Finding], *expected: tuple[int, str]) -> None:
        self.assertEqual([(f.line, f.rule) for f in findings], list(expected))

    def expect_include(self, path: str, include: str, *expected: str) -> None:
        found = [f.rule for f in rules.check_includes(path, f"// x\n#include {include}\n")]
        self.assertEqual(found, list(expected), f"{path} includes {include}")

    def test_a_finding_reads_well(self) -> None:
        text = '// x\n\n#include "engine/tune/tune.h"\n'
        (finding,) = rules.check_includes("engine/base/units.h", text)
        self.assertEqual(
            str(finding),
            "engine/base/units.h:3: include-direction: engine/base may not include the higher"
            ' engine/tune ("engine/tune/tune.h")',
        )

    def test_every_upward_and_sideward_include_is_reported(self) -> None:
        for own, other in itertools.product(rules.RANKS, repeat=2):
            fine = own == other or rules.RANKS[other] < rules.RANKS[own]
            expected = [] if fine else ["include-direction"]
            self.expect_include(f"{own}/a.cc", f'"{other}/b.h"', *expected)

    def test_some_includes_spelt_out(self) -> None:
        up = "include-direction"
        self.expect_include("engine/alert/a.h", '"engine/base/units.h"')
        self.expect_include("engine/base/a.h", '"engine/alert/event.h"', up)
        self.expect_include("engine/inventory/a.cc", '"engine/eligibility/b.h"', up)
        self.expect_include("engine/pipeline/a.cc", '"connectors/formats/format.h"', up)
        self.expect_include("connectors/formats/a.cc", '"connectors/capture/b.h"', up)
        self.expect_include("connectors/kafka/a.cc", '"connectors/http/b.h"', up)
        self.expect_include("connectors/kafka/a.cc", '"deploy/weir/b.h"', up)
        self.expect_include("deploy/weir/main.cc", '"tests/support/b.h"', up)
        self.expect_include("deploy/weir/main.cc", '"deploy/report/b.h"')
        self.expect_include("deploy/report/a.cc", '"deploy/weir/b.h"', up)
        self.expect_include("bench/a.cc", '"tests/support/b.h"', up)
        self.expect_include("tests/engine/a_test.cc", '"deploy/weir/b.h"')
        self.expect_include("tests/engine/deep/a_test.cc", '"tests/support/b.h"')

    def test_include_spellings(self) -> None:
        self.expect_include("engine/alert/a.h", "<engine/base/units.h>", "include-path")
        self.expect_include("engine/alert/a.h", '"units.h"', "include-path")
        self.expect_include("engine/alert/a.h", '"../base/units.h"', "include-path")
        self.expect_include("engine/alert/a.h", '"engine/tune/../base/u.h"', "include-path")
        self.expect_include("engine/alert/a.h", '"absl/strings/str_cat.h"')
        text = "  #  include \"engine/tune/a.h\"\n#include\"engine/tune/b.h\"\n"
        self.expect(
            rules.check_includes("engine/base/a.h", text),
            (1, "include-direction"),
            (2, "include-direction"),
        )

    def test_folders_without_a_place(self) -> None:
        self.expect(rules.check_includes("engine/extra/a.h", ""), (1, "layer"))
        self.expect(rules.check_includes("connectors/a.h", ""), (1, "layer"))
        self.expect_include("engine/tune/a.h", '"engine/extra/b.h"', "layer")

    def test_the_engine_is_pure(self) -> None:
        for target in (
            "librdkafka/rdkafka.h", "yaml-cpp/yaml.h", "simdjson.h", "zlib.h", "zstd.h",
            "pugixml.hpp", "CLI/CLI.hpp", "fstream", "iostream", "chrono", "thread",
            "filesystem", "random", "ctime", "time.h", "absl/time/clock.h",
        ):  # fmt: skip
            self.expect_include("engine/pipeline/a.cc", f"<{target}>", "engine-pure")
            self.expect_include("connectors/config/a.cc", f"<{target}>")
        for target in ("thread_annotations.h", "atomic", "mutex", "string", "xxhash.h"):
            self.expect_include("engine/pipeline/a.cc", f"<{target}>")

    def test_rocksdb_stays_in_its_folder(self) -> None:
        self.expect_include("connectors/rocksdb/store.cc", '"rocksdb/db.h"')
        self.expect_include("connectors/capture/a.cc", '"rocksdb/db.h"', "rocksdb")
        self.expect_include("engine/tune/a.cc", "<rocksdb/db.h>", "rocksdb")
        self.expect_include("deploy/weir/main.cc", '"connectors/rocksdb/store.h"')

    def test_headers(self) -> None:
        good = "// What.\n//\n// Layer: engine/base.\n#pragma once\n"
        self.expect(rules.check_header("engine/base/a.h", good))
        self.expect(rules.check_header("engine/base/a.cc", ""))
        self.expect(rules.check_header("a.h", "// What.\n#pragma once\n"), (1, "banner"))
        self.expect(rules.check_header("a.h", "#pragma once\n// Layer: a.\n"), (1, "banner"))
        self.expect(rules.check_header("a.h", "// Layer: a.\nint x;\n"), (1, "pragma-once"))

    def test_form(self) -> None:
        full = "x" * rules.MAX_COLUMNS
        for path in (
            "a.h", "a.cc", "a.py", "a.sh", "x/CMakeLists.txt", "x/a.cmake",
            "a.js", "a.mjs", "a.css", "a.html",
        ):  # fmt: skip
            self.expect(rules.check_form(path, f"{full}\n"))
            self.expect(rules.check_form(path, f"\n{full}x\n"), (2, "columns"))
            self.expect(rules.check_form(path, "\n\n\u00e9\n"), (3, "ascii"))
        self.expect(rules.check_form(".ci/run", f"#!/usr/bin/env bash\n{full}x\n"), (2, "columns"))
        self.expect(rules.check_form("a.md", f"{full}x \u00e9\n"))
        most = rules.MAX_SOURCE_LINES
        self.expect(rules.check_form("a.cc", "\n" * most))
        self.expect(rules.check_form("a.cc", "\n" * (most + 1)), (most + 1, "length"))
        self.expect(rules.check_form("tests/a.cc", "\n" * (most + 1)))

    def test_banned_words(self) -> None:
        for code in (
            "std::cout << 1;", "std::this_thread::sleep_for(d);", "return rand();", "srand (1);",
            "std::chrono::system_clock::now();", "throw 1;", "throw;",
        ):  # fmt: skip
            text = f"int a;\n{code}\n"
            self.expect(rules.check_banned_words("engine/base/a.cc", text), (2, "banned"))
            self.expect(rules.check_banned_words("bench/a.cc", text), (2, "banned"))
            self.expect(rules.check_banned_words("tests/a.cc", text))
        clock = "std::chrono::system_clock::now();\n"
        self.expect(rules.check_banned_words("deploy/weir/a.cc", clock))

    def test_words_that_are_not_code(self) -> None:
        for text in (
            "// It does not throw .\n", "/* throw\n throw */\n", 'f("throw a");\n',
            'f(R"x(\n" throw )x");\n', "Operand(1); int throws; int brand();\n",
            "f('\"'); g(\"throw\");\n", "f(1'000, \"throw\", 2'000);\n",
        ):  # fmt: skip
            self.expect(rules.check_banned_words("engine/base/a.cc", text))
        self.expect(rules.check_banned_words("a.cc", "f('\"');\nthrow 1;\n"), (2, "banned"))

    def test_nolint(self) -> None:
        for line in ("NOLINT", "NOLINT(google-x)", "NOLINTNEXTLINE(a-b):", "NOLINT: no check"):
            text = f"\nint a;  // {line}\n"
            self.expect(rules.check_banned_words("engine/a.h", text), (2, "nolint"))
        for line in ("NOLINT(a-b): the format is fixed", "NOLINTEND(a-b)", "NOLINT(a-b) why"):
            self.expect(rules.check_banned_words("engine/a.h", f"int a;  // {line}\n"))

    def test_leftovers(self) -> None:
        for word in ("TO" "DO", "FIX" "ME"):
            self.expect(rules.check_leftovers("a.md", f"\n{word}: x\n"), (2, "leftover"))
        self.expect(rules.check_leftovers("a.md", "mastodons, to do\n"))

    def test_machine_paths(self) -> None:
        for folder in ("wo" "rk", "ro" "ot", "ho" "me"):
            for text in (f"cd /{folder}/x", f'"/{folder}/x"', f"-I/{folder}/x", f"=/{folder}/x"):
                self.expect(rules.check_leftovers("a.sh", text), (1, "machine-path"))
            self.expect(rules.check_leftovers("a.sh", f"a/{folder}/x ${{A}}/{folder}/x"))

    def test_links(self) -> None:
        texts = {
            "README.md": "# Top\n[a](docs/a.md) [b](docs/) [c](docs/a.md#the-end) [d](#top)\n"
            "[e](https://example.org/x) `[f](none)`\n```\n[g](none)\n```\n[h]: docs/a.md\n",
            "docs/a.md": "# A\n\n## The `end`\n[top](../README.md)\n",
        }
        self.expect(rules.check_links(texts))
        texts["docs/b.md"] = (
            "[a](none.md)\n[b](/docs/a.md)\n[c](a.md#nowhere)\n![d](x.png \"t\")\n"
            "[![e](f.svg)](a.md)\n[g](../../out.md)\n"
        )
        self.expect(rules.check_links(texts), *((line, "link") for line in range(1, 7)))
        self.expect(rules.check_links({"a.md": "\n[x]: none.md\n"}), (2, "link"))

    def test_sizes(self) -> None:
        most = rules.MAX_FILE_BYTES
        self.expect(rules.check_sizes({"a": most}))
        self.expect(rules.check_sizes({"a": most, "b": most + 1}), (1, "size"))

    def test_readmes(self) -> None:
        texts = {"engine/base/a.h": "", "engine/tune/deep/a.cc": "", "LICENSE": ""}
        self.expect(rules.check_readmes(texts), (1, "readme"))
        texts["engine/README.md"] = "- `base/`: x\n- database-deep\n"
        self.expect(rules.check_readmes(texts), (1, "readme"))
        texts["engine/README.md"] += "- `tune/deep/`\n"
        self.expect(rules.check_readmes(texts))

    def test_tests_are_built(self) -> None:
        texts = {"tests/CMakeLists.txt": "# a_test.cc\nweir_test(engine/b_test.cc my_c_test)\n"}
        texts |= {"tests/engine/b_test.cc": ""}
        self.expect(rules.check_tests_are_built(texts))
        unbuilt = {"tests/engine/a_test.cc": "", "tests/c_test.cc": ""}
        self.expect(rules.check_tests_are_built(texts | unbuilt), *[(1, "not-built")] * 2)
        same_name = {"tests/other/b_test.cc": ""}
        self.expect(rules.check_tests_are_built(texts | same_name), (1, "not-built"))
        texts["tests/other/CMakeLists.txt"] = "weir_test(b_test)\n"
        self.expect(rules.check_tests_are_built(texts | same_name))

    def test_scripts_are_executable(self) -> None:
        texts = {"a.sh": "", ".ci/run": "#!/usr/bin/env bash\n", "b.py": "#!/usr/bin/python3\n"}
        self.expect(rules.check_executable(texts, {"a.sh"}), (1, "executable"))
        self.expect(rules.check_executable(texts, {"a.sh", ".ci/run"}))


if __name__ == "__main__":
    unittest.main()
