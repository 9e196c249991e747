"""The rules of the repository, as pure functions.

Each takes a path relative to the root, or several, with the text, and yields what breaks a rule.
Nothing here reads the disk, so that lint_test.py can feed the rules made-up files.
"""

from __future__ import annotations

import posixpath
import re
import urllib.parse
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

MAX_COLUMNS = 100
MAX_SOURCE_LINES = 600
MAX_TEST_LINES = 850  # tables of cases are long
MAX_FILE_BYTES = 256 * 1024

# Folders of one row are siblings, which may not include one another. A row may include all rows
# above it.
LAYERS = (
    ("engine/base",),
    ("engine/alert",),
    ("engine/throttle",),
    ("engine/inventory", "engine/load_switch", "engine/eligibility"),
    ("engine/pipeline",),
    ("engine/tune",),
    ("connectors/formats",),
    (
        "connectors/capture",
        "connectors/rocksdb",
        "connectors/kafka",
        "connectors/http",
        "connectors/config",
        "connectors/threads",
    ),
    ("deploy/console", "deploy/report"),
    ("deploy/weir",),
    ("bench", "tests"),
)
RANKS = {folder: rank for rank, row in enumerate(LAYERS) for folder in row}
TOP_FOLDERS = ("engine", "connectors", "deploy", "bench", "tests")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.MULTILINE)
# Libraries whose headers may be included in quotes.
QUOTED_LIBRARIES = re.compile(
    r"(absl|librdkafka|rocksdb|gtest|gmock|benchmark|CLI|yaml-cpp|spdlog|fmt|prometheus)/"
    r"|(simdjson|httplib|zlib|zstd|zstd_errors|xxhash)\.h$|pugi(xml|config)\.hpp$"
)
# The engine decides; it does no input or output, starts nothing and reads no clock.
BANNED_IN_ENGINE = re.compile(
    r"(librdkafka|rocksdb|yaml-cpp|CLI|prometheus|spdlog)/"
    r"|(simdjson|httplib|zlib|zconf|zstd\w*|zdict)\.h$|pugi(xml|config)\.hpp$"
    r"|(fstream|iostream|chrono|thread|filesystem|random|ctime|time\.h|sys/time\.h)$"
    r"|absl/time/clock\.h$"
)

# Spelt in pieces, as this file is under its own rules.
LEFTOVER = re.compile(r"\b(TO" r"DO|FIX" r"ME)\b")
MACHINE_PATH = re.compile(r"(?:(?<![\w.})/])|(?<=-[IL]))/(wo" r"rk|ro" r"ot|ho" r"me)/")
NOLINT = re.compile(r"\bNOLINT(NEXTLINE|BEGIN|END)?\b(.*)")
NOLINT_REASON = re.compile(r"\([\w.,* -]+\)\W*\w{2,}")

# (what, which, may be used under deploy/, what to do instead)
BANNED_WORDS = (
    ("std::cout", r"\bstd\s*::\s*cout\b", False, "write to a sink, or with std::fputs"),
    ("sleep_for", r"\bsleep_(for|until)\b", False, "wait for a condition"),
    ("rand", r"\bs?rand\s*\(", False, "use a seeded generator"),
    ("system_clock", r"\bsystem_clock\b", True, "let the caller under deploy/ give the time"),
    ("throw", r"\bthrow\b", False, "return an absl::Status"),
)

# Comments and literals of C++. Digit separators are no character literals.
NOT_CODE = re.compile(
    r"//[^\n]*|/\*.*?\*/"
    r'|R"([^\s()\\]{0,16})\(.*?\)\1"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])*'",
    re.DOTALL,
)


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    rule: str
    advice: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.advice}"


# --------------------------------------------------------------------------------------------
# Kinds of file.


def is_cpp(path: str) -> bool:
    return path.endswith((".h", ".cc"))


def is_shell(path: str, text: str) -> bool:
    return path.endswith(".sh") or re.match(r"#!.*\b(ba)?sh\b", text) is not None


def is_source(path: str, text: str) -> bool:
    return (
        is_cpp(path)
        or path.endswith((".py", ".js", ".mjs", ".css", ".html", ".cmake"))
        or PurePosixPath(path).name == "CMakeLists.txt"
        or is_shell(path, text)
    )


def line_at(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def blanked(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def code_of(text: str) -> str:
    """The text of a C++ file with comments and literals blanked, lines and columns kept."""
    return NOT_CODE.sub(blanked, text)


# --------------------------------------------------------------------------------------------
# Includes.


def layer_of(path: str) -> str | None:
    """The folder of LAYERS that a file lies in, if it lies in one."""
    for parent in PurePosixPath(path).parents:
        if str(parent) in RANKS:
            return str(parent)
    return None


def include_advice(path: str, mark: str, target: str) -> tuple[str, str] | None:
    """Which rule one include breaks, and what to do about it."""
    own = layer_of(path)
    if own is None:
        return ("layer", "move the file into a folder of LAYERS in tests/lint/rules.py")
    if "rocksdb/" in target and not target.startswith("connectors/"):
        if own != "connectors/rocksdb":
            return ("rocksdb", f"use what connectors/rocksdb offers instead of <{target}>")
    if own.startswith("engine/") and BANNED_IN_ENGINE.match(target):
        return ("engine-pure", f"the engine may not use <{target}>; move this to connectors/")
    if target.split("/")[0] not in TOP_FOLDERS or "/" not in target:
        if mark == '"' and not QUOTED_LIBRARIES.match(target):
            return ("include-path", f'write "{target}" as a path from the root of the repository')
        return None
    if mark == "<":
        return ("include-path", f'write "{target}" in quotes')
    if posixpath.normpath(target) != target:
        return ("include-path", f'write "{target}" without . and ..')
    other = layer_of(target)
    if other is None:
        return ("layer", f'"{target}" lies in no folder of LAYERS in tests/lint/rules.py')
    if other == own or RANKS[other] < RANKS[own]:
        return None
    relation = "its sibling" if RANKS[other] == RANKS[own] else "the higher"
    return ("include-direction", f'{own} may not include {relation} {other} ("{target}")')


def check_includes(path: str, text: str) -> Iterator[Finding]:
    if not is_cpp(path):
        return
    if layer_of(path) is None:
        yield Finding(path, 1, "layer", "move it into a folder of LAYERS in tests/lint/rules.py")
        return
    for match in INCLUDE.finditer(text):
        broken = include_advice(path, match[1], match[2])
        if broken is not None:
            yield Finding(path, line_at(text, match.start(1)), *broken)


# --------------------------------------------------------------------------------------------
# Form.


def check_header(path: str, text: str) -> Iterator[Finding]:
    if not path.endswith(".h"):
        return
    if not re.search(r"^#pragma once$", text, re.MULTILINE):
        yield Finding(path, 1, "pragma-once", "add #pragma once after the banner")
    banner = re.match(r"(?://[^\n]*\n)*", text)
    assert banner is not None
    if not banner[0]:
        yield Finding(path, 1, "banner", "start with a // banner that says what this is for")
    elif not re.search(r"^// Layer: \S", banner[0], re.MULTILINE):
        advice = "add a line '// Layer: FOLDER (what it uses).' to the banner"
        yield Finding(path, 1, "banner", advice)


def check_form(path: str, text: str) -> Iterator[Finding]:
    if not is_source(path, text):
        return
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_COLUMNS:
            yield Finding(path, number, "columns", f"{len(line)}; break it at {MAX_COLUMNS}")
        if not line.isascii():
            odd = next(c for c in line if not c.isascii())
            yield Finding(path, number, "ascii", f"replace U+{ord(odd):04X} or escape it")
    count = text.count("\n")
    most = MAX_TEST_LINES if path.startswith("tests/") else MAX_SOURCE_LINES
    if count > most:
        yield Finding(path, count, "length", f"{count} lines; split it, {most} is most")


# --------------------------------------------------------------------------------------------
# Words.


def check_banned_words(path: str, text: str) -> Iterator[Finding]:
    if not is_cpp(path) or path.startswith("tests/"):
        return
    code = code_of(text)
    for word, pattern, fine_in_deploy, advice in BANNED_WORDS:
        if fine_in_deploy and path.startswith("deploy/"):
            continue
        for match in re.finditer(pattern, code):
            yield Finding(path, line_at(code, match.start()), "banned", f"{word}: {advice}")
    for match in NOLINT.finditer(text):
        if match[1] != "END" and not NOLINT_REASON.match(match[2]):
            advice = "say which check and why: NOLINT(check): reason"
            yield Finding(path, line_at(text, match.start()), "nolint", advice)


def check_leftovers(path: str, text: str) -> Iterator[Finding]:
    for match in LEFTOVER.finditer(text):
        advice = f"do it, or drop the {match[1]}"
        yield Finding(path, line_at(text, match.start()), "leftover", advice)
    for match in MACHINE_PATH.finditer(text):
        advice = f"{match[0]}... exists on one machine only; use a relative path"
        yield Finding(path, line_at(text, match.start()), "machine-path", advice)


# --------------------------------------------------------------------------------------------
# Links of Markdown.

FENCE = re.compile(r"^ {0,3}(```+|~~~+).*?^ {0,3}\1[`~]*[ \t]*$", re.MULTILINE | re.DOTALL)
CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
LINKS = (
    re.compile(r"\]\([ \t]*<?([^()\s<>]+)>?(?:[ \t]+[\"'][^)\n]*)?[ \t]*\)"),
    re.compile(r"^ {0,3}\[[^\]\n]+\]:[ \t]*<?([^\s<>]+)", re.MULTILINE),
    re.compile(r"\b(?:src|href)=\"([^\"\n]+)\""),
)
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def anchors_of(text: str) -> set[str]:
    """The anchors that the headings of a Markdown text get."""
    anchors: set[str] = set()
    for heading in re.findall(r"^#{1,6} +(.*?)[ #]*$", FENCE.sub("", text), re.MULTILINE):
        title = re.sub(r"\]\([^)]*\)", "]", heading).lower()
        slug = anchor = re.sub(r"[^\w\- ]", "", title).replace(" ", "-")
        repeat = 0
        while anchor in anchors:
            repeat += 1
            anchor = f"{slug}-{repeat}"
        anchors.add(anchor)
    return anchors


def link_advice(path: str, link: str, texts: Mapping[str, str]) -> str | None:
    """What is wrong with one link of the Markdown file `path`."""
    target, _, anchor = urllib.parse.unquote(link).partition("#")
    if target.startswith("/"):
        return f"write {link} relative to this file"
    place = path
    if target:
        place = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        if place not in texts and not any(name.startswith(place + "/") for name in texts):
            if place != ".":
                return f"{link} leads to nothing that is tracked"
    if anchor and place.endswith(".md") and anchor not in anchors_of(texts[place]):
        return f"{link}: {place} has no such heading"
    return None


def check_links(texts: Mapping[str, str]) -> Iterator[Finding]:
    for path in (name for name in texts if name.endswith(".md")):
        prose = CODE_SPAN.sub(blanked, FENCE.sub(blanked, texts[path]))
        for match in (m for pattern in LINKS for m in pattern.finditer(prose)):
            if SCHEME.match(match[1]):
                continue
            advice = link_advice(path, match[1], texts)
            if advice is not None:
                yield Finding(path, line_at(prose, match.start(1)), "link", advice)


# --------------------------------------------------------------------------------------------
# The tree as a whole.


def check_sizes(sizes: Mapping[str, int]) -> Iterator[Finding]:
    for path, size in sizes.items():
        if size > MAX_FILE_BYTES:
            yield Finding(path, 1, "size", f"{size} bytes; {MAX_FILE_BYTES} is most, generate it")


def check_readmes(texts: Mapping[str, str]) -> Iterator[Finding]:
    """Each top folder has a README.md, which names the folders with sources below it. Those below
    tests/ that mirror a folder of the tree are described there."""
    described = {posixpath.dirname(path) for path in texts}
    folders: dict[str, set[str]] = {}
    for path, text in texts.items():
        top = path.split("/")[0]
        if top in TOP_FOLDERS and "/" in path:
            below = folders.setdefault(top, set())
            folder = posixpath.relpath(posixpath.dirname(path), top)
            if is_source(path, text) and not (top == "tests" and folder in described):
                below.add(folder)
    for top, below in folders.items():
        readme = f"{top}/README.md"
        if readme not in texts:
            yield Finding(readme, 1, "readme", f"say what {top}/ is and what its folders hold")
            continue
        for folder in sorted(below - {"."}):
            name = re.escape(posixpath.basename(folder))
            if not re.search(rf"(?<![\w-]){name}(?![\w-])", texts[readme]):
                yield Finding(readme, 1, "readme", f"say what the folder {folder} holds")


def check_tests_are_built(texts: Mapping[str, str]) -> Iterator[Finding]:
    """Each *_test.cc is named in a CMakeLists.txt: by its path from there, if the name is taken."""
    tests = [p for p in texts if p.startswith("tests/") and p.endswith("_test.cc")]
    names = [posixpath.basename(p) for p in tests]
    lists = {
        posixpath.dirname(p): re.sub(r"#.*", "", text)
        for p, text in texts.items()
        if posixpath.basename(p) == "CMakeLists.txt"
    }
    for path, name in zip(tests, names):
        by_name = names.count(name) == 1
        if not any(is_named(path, folder, text, by_name) for folder, text in lists.items()):
            yield Finding(path, 1, "not-built", "name it in tests/CMakeLists.txt")


def is_named(path: str, folder: str, cmake: str, by_name: bool) -> bool:
    wanted = [posixpath.relpath(path, folder or ".")]
    if by_name:
        wanted.append(posixpath.basename(path))
    return any(
        re.search(rf"(?<![\w./-]){re.escape(w.removesuffix('.cc'))}(\.cc)?(?![\w./-])", cmake)
        for w in wanted
    )


def check_executable(texts: Mapping[str, str], executable: Collection[str]) -> Iterator[Finding]:
    for path, text in texts.items():
        if is_shell(path, text) and path not in executable:
            yield Finding(path, 1, "executable", f"chmod +x {path}")
