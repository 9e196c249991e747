#!/usr/bin/env python3
"""Makes the tables and the plot of a result of bench/compare.sh, which runs this.

    bench/compare/publish.py [--readme] RESULT

Prints the short table, and writes all tables and the plot beside RESULT. --readme puts the short
table and the plot into README.md, and all tables into bench/peers/README.md, between their marks.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from plot import described, panels_of, plot  # noqa: E402
from report import put_into  # noqa: E402
from summary import Summary  # noqa: E402
from tables import long_lines, short_lines  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
PICTURE = "bench/peers/compare.svg"
PART = "compare"


def publish(result: dict[str, object], picture: str, root: Path) -> None:
    (root / PICTURE).write_text(picture, encoding="utf-8")
    alt = described(list(panels_of(Summary(result["runs"]))))  # type: ignore[arg-type]
    shown = [f"![{alt}]({PICTURE})", ""]
    put_into(root / "README.md", PART, [*shown, *short_lines(result)])
    put_into(root / "bench/peers/README.md", PART, list(long_lines(result)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("result", type=Path, metavar="RESULT")
    parser.add_argument("--readme", action="store_true", help="put them into the pages")
    arguments = parser.parse_args()
    result = json.loads(arguments.result.read_text(encoding="utf-8"))
    if not result["runs"]:
        print("publish: nothing was measured", file=sys.stderr)
        return 1
    picture = plot(result)
    arguments.result.with_suffix(".svg").write_text(picture, encoding="utf-8")
    text = "\n".join(long_lines(result)) + "\n"
    arguments.result.with_suffix(".md").write_text(text, encoding="utf-8")
    print(*short_lines(result), sep="\n")
    if arguments.readme:
        publish(result, picture, ROOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
