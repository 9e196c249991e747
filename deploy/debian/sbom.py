#!/usr/bin/env python3
"""Writes the software bill of materials of the program, as CycloneDX 1.5 (JSON).

    deploy/debian/sbom.py --build build/release --version 0.1.0 > weir.cdx.json

Nothing in it is written by hand. It lists

- the Debian packages of the shared libraries that the dynamic linker finds for the program, those
  that others of them need included, and who needs whom;
- the Debian packages of the headers and static libraries that its objects were compiled from, as
  Ninja recorded them: of libraries that are headers alone, and of inline functions;
- the npm packages bundled into the pages that the program holds, as their licence sections say.

So it is of the build folder and the machine that made it, and the same for both.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import subprocess
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

NAMESPACE = uuid.UUID("6f6e8c37-6c0e-5d0e-9d38-7765697273bb")
NEEDED = re.compile(r"\(NEEDED\).*\[(.*)\]")
LOADED = re.compile(r"^\s*(\S+) => (/\S+) ", re.MULTILINE)
TITLES = re.compile(r"<h3>((?:@[\w.-]+/)?[\w.-]+ \d[^<]*)</h3>")


def run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


# ----------------------------------------------------------------------------------------------
# Debian packages.


def owners(paths: Iterable[Path]) -> dict[Path, str]:
    """The installed package of each file that one of them has brought."""
    asked: dict[str, Path] = {}
    for path in paths:
        # On a merged /usr dpkg knows some files without it.
        for name in {str(path), str(path.resolve())}:
            asked[name] = path
            asked[name.removeprefix("/usr")] = path
    done = subprocess.run(["dpkg", "-S", "--", *asked], capture_output=True, text=True, check=False)
    found = {}
    for line in done.stdout.splitlines():
        names, _, path = line.partition(": ")
        if path in asked and not line.startswith("diversion "):
            found[asked[path]] = names.split(", ")[0]
    return found


def facts(package: str) -> dict[str, str]:
    fields = ("Package", "Version", "Architecture", "source:Package", "source:Version")
    shown = run("dpkg-query", "-W", "-f", "\n".join("${%s}" % each for each in fields), package)
    return dict(zip(fields, shown.split("\n")))


def licences(package: str) -> list[str]:
    """By their short names in a machine-readable debian/copyright; without one, none."""
    path = Path("/usr/share/doc") / package / "copyright"
    text = path.read_text(errors="replace") if path.exists() else ""
    if "copyright-format" not in text[:400]:
        return []
    return sorted(set(re.findall(r"^License: *(\S.*?) *$", text, re.MULTILINE)))


def debian_component(package: str, linkage: str, release: str) -> dict[str, Any]:
    known = facts(package)
    name, version = known["Package"], known["Version"]
    purl = f"pkg:deb/debian/{name}@{version.replace('+', '%2B').replace(':', '%3A')}"
    purl += f"?arch={known['Architecture']}&distro=debian-{release}"
    component: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": name,
                                 "version": version, "purl": purl}  # fmt: skip
    if names := licences(name):
        component["licenses"] = [{"license": {"name": each}} for each in names]
    source = f"{known['source:Package']} {known['source:Version']}"
    component["properties"] = [{"name": "weir:linkage", "value": linkage},
                               {"name": "weir:source", "value": source}]  # fmt: skip
    return component


# ----------------------------------------------------------------------------------------------
# What the program is made of.


def needed(file: Path) -> list[str]:
    return NEEDED.findall(run("readelf", "-d", "-W", file))


def libraries(program: Path) -> dict[str, Path]:
    """By the names under which they are asked for; all that the dynamic linker loads."""
    found = {name: Path(path) for name, path in LOADED.findall(run("ldd", program))}
    missing = [name for name in needed(program) if name not in found and "ld-linux" not in name]
    if missing:
        raise SystemExit(f"sbom: the linker does not find {', '.join(missing)}")
    return found


def compiled_from(build: Path) -> list[Path]:
    """Headers and static libraries from outside the tree, of all that goes into the program."""
    inputs = run("ninja", "-C", build, "-t", "inputs", "deploy/weir").splitlines()
    objects = [each for each in inputs if each.endswith(".o")]
    recorded = run("ninja", "-C", build, "-t", "deps", *objects).splitlines()
    outside = {line.strip() for line in recorded if line.startswith("    /usr/")}
    static = {each for each in inputs if each.startswith("/usr/") and each.endswith(".a")}
    if not objects or not outside:
        raise SystemExit(f"sbom: {build} has no record of headers; build the target weir first")
    return [Path(each) for each in sorted(outside | static)]


def locked_packages(build: Path) -> dict[str, Any]:
    """All that the build has fetched from npm for pages, with versions and licences."""
    locked: dict[str, Any] = {}
    for lock in sorted(build.glob("deploy/*/package-lock.json")):
        locked.update(json.loads(lock.read_text())["packages"])
    return locked


def npm_components(build: Path) -> list[dict[str, Any]]:
    locked = locked_packages(build)
    pages = sorted(build.glob("deploy/*/page.html"))
    if not pages or not locked:
        raise SystemExit(f"sbom: {build} has no pages, or nothing that says what is in them")
    components = {}
    for page in pages:
        titles = [each for group in TITLES.findall(page.read_text()) for each in group.split(", ")]
        if not titles:
            raise SystemExit(f"sbom: {page} has no licences of what is bundled into it")
        for title in titles:
            name, version = html.unescape(title).rsplit(" ", 1)
            known = locked[f"node_modules/{name}"]
            assert known["version"] == version, title
            purl = f"pkg:npm/{name.replace('@', '%40')}@{version}"
            components[purl] = {
                "type": "library", "bom-ref": purl, "name": name, "version": version,
                "purl": purl, "licenses": [{"license": {"name": known["license"]}}],
                "properties": [{"name": "weir:linkage", "value": "bundled"}],
            }  # fmt: skip
    return list(components.values())


# ----------------------------------------------------------------------------------------------
# The document.


def document(build: Path, version: str) -> dict[str, Any]:
    program = build / "deploy/weir"
    release = re.search(r'^VERSION_ID="?([\d.]+)', Path("/etc/os-release").read_text(), re.M)
    assert release is not None, "this is no release of Debian"
    loaded = libraries(program)
    owner_of = owners(loaded.values())
    strays = [str(path) for path in loaded.values() if path not in owner_of]
    if strays:
        raise SystemExit(f"sbom: no package has brought {', '.join(strays)}")
    shared = {package: debian_component(package, "shared", release[1])
              for package in sorted(set(owner_of.values()))}  # fmt: skip
    headers = set(owners(compiled_from(build)).values()) - set(shared)
    inlined = [debian_component(each, "headers", release[1]) for each in sorted(headers)]
    bundled = npm_components(build)

    me = f"pkg:generic/weir@{version}"

    def refs(names: Iterable[str], own: str = "") -> list[str]:
        packages = {owner_of[loaded[name]] for name in names if name in loaded}
        return sorted(shared[each]["bom-ref"] for each in packages if each != own)

    depends = {me: refs(needed(program)) + [each["bom-ref"] for each in inlined + bundled]}
    for package, component in shared.items():
        files = [path for path, owner in owner_of.items() if owner == package]
        names = {name for path in files for name in needed(path)}
        depends[component["bom-ref"]] = refs(names, package)
    components = [*shared.values(), *inlined, *bundled]
    content = json.dumps([components, depends], sort_keys=True)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(NAMESPACE, content)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application", "bom-ref": me, "name": "weir", "version": version,
                "purl": me, "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": components,
        "dependencies": [{"ref": ref, "dependsOn": on} for ref, on in depends.items()],
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", type=Path, required=True, help="where the program was built")
    parser.add_argument("--version", required=True, help="of the program")
    options = parser.parse_args()
    print(json.dumps(document(options.build.resolve(), options.version), indent=1))


if __name__ == "__main__":
    main()
