#!/usr/bin/env python3
"""Prints the licences of what the program holds of others: of the libraries whose headers were
compiled into it, and of the npm packages bundled into its pages. Libraries that it loads have
theirs in packages of their own, and the compiler's and C's ask for none.

    deploy/debian/notices.py --build build/release < weir.cdx.json > NOTICE
"""

from __future__ import annotations

import argparse
import html
import json
import re
import sys
from pathlib import Path

TOOLCHAIN = re.compile(r"lib(c6|gcc|stdc\+\+)-|linux-libc-dev")
SECTION = re.compile(r"<h3>((?:@[\w.-]+/)?[\w.-]+ \d[^<]*)</h3>\s*<pre>([^<]*)</pre>")
RULE = "=" * 78


def compiled_in(document: dict) -> list[str]:
    parts = []
    for each in document["components"]:
        linkage = {p["name"]: p["value"] for p in each["properties"]}["weir:linkage"]
        if linkage == "headers" and not TOOLCHAIN.match(each["name"]):
            text = (Path("/usr/share/doc") / each["name"] / "copyright").read_text()
            parts.append(f"{each['name']} {each['version']}\n\n{text}")
    return parts


def bundled(build: Path) -> list[str]:
    found = [f"{html.unescape(names)}\n\n{html.unescape(text)}\n"
             for page in sorted(build.glob("deploy/*/page.html"))
             for names, text in SECTION.findall(page.read_text())]  # fmt: skip
    return list(dict.fromkeys(found))  # pages share some


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", type=Path, required=True, help="where the program was built")
    options = parser.parse_args()
    parts = compiled_in(json.load(sys.stdin)) + bundled(options.build)
    print(f"\n{RULE}\n".join(["Weir holds parts of the following.\n", *parts]), end="")


if __name__ == "__main__":
    main()
