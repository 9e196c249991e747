"""What the tests of delivered files share: where they are, documents, schemas, a place for secrets.

Runs under the Python that Debian's python3-yaml and python3-jsonschema are for. WHEELS names the
folder with what requirements.txt lists.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import unittest
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import yaml

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"
WEIR = ROOT / os.environ.get("WEIR", "build/release/deploy/weir")
BUILD = WEIR.parents[1]
WHEELS = Path(os.environ.get("WHEELS", BUILD / "tests/deploy/delivered/wheels"))

# `#key: value` is a setting that is commented out, `# text` is a comment.
COMMENTED = re.compile(r"^( *)#(?=[^ #\n])", re.MULTILINE)


def uncommented(text: str) -> str:
    return COMMENTED.sub(r"\1", text)


def documents(path: Path) -> list[Any]:
    # Times stay texts, as they are written.
    return list(yaml.load_all(path.read_text(), yaml.BaseLoader))


def document(path: Path) -> Any:
    (only,) = yaml.safe_load_all(path.read_text())
    return only


def additional_items(_: Any, allowed: Any, value: Any, schema: Any) -> Iterator[Exception]:
    """As jsonschema 4.10 does, which fails where it tells of items that cannot be sorted."""
    first = schema.get("items", {})
    if allowed is False and isinstance(first, list) and len(value) > len(first):
        yield jsonschema.ValidationError(f"{len(value)} items, and {len(first)} are most")


def program_version() -> str:
    shown = subprocess.run([WEIR, "--version"], capture_output=True, text=True, check=True).stdout
    return shown.split()[-1]


def schemas(package: str, path: str) -> zipfile.Path:
    """A file that a package of requirements.txt holds, which is left as it was fetched: packed."""
    (wheel,) = WHEELS.glob(f"{package}-*.whl")
    return zipfile.Path(wheel, path)


def problems(value: Any, schema: zipfile.Path) -> list[str]:
    """What is wrong with it by the schema. Others that it points to, at whatever address, are those
    of that name beside it."""

    def beside(address: str) -> Any:
        return json.loads((schema.parent / address.rsplit("/", 1)[1]).read_text())

    content = json.loads(schema.read_text())
    kind = jsonschema.validators.extend(
        jsonschema.validators.validator_for(content), {"additionalItems": additional_items}
    )
    base = content.get("$id", f"file:///{schema.name}")
    handlers = dict.fromkeys(("file", "http", "https"), beside)
    resolver = jsonschema.RefResolver(base, content, handlers=handlers)
    found = kind(content, resolver=resolver).iter_errors(value)
    return [f"{'/'.join(map(str, each.absolute_path))}: {each.message}" for each in found]


class DeliveredCase(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="weir-delivered-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def secret(self, name: str) -> Path:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text("secret")
        return path

    def validated(self, *files: Path, **environment: str) -> str:
        """What `weir validate` says of files that it finds nothing wrong with."""
        done = subprocess.run([WEIR, "validate", *files], capture_output=True, text=True,
                              check=False, env={**os.environ, **environment})  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout
