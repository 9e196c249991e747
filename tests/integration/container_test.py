"""The container image: built from the Containerfile on a bare Debian 12, and run by runc with a
read-only root, as its own user and without capabilities, with the configuration for Kubernetes.

    /usr/bin/python3 tests/integration/container_test.py

The base image is that of bare_debian.py, since none is fetched here; buildah builds, as podman
does. The network is this machine's, and the rights on resources are not tried.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from bare_debian import bare_root
from faults import POLICY, SLOW, FaultCase, storms
from kafka_support import (
    Metrics,
    SecureBroker,
    Service,
    Topics,
    Unavailable,
    free_ports,
    main,
    merged,
    support,
    wait_until,
)
from system_records import PARTIES

DEPLOY = support.ROOT / "deploy"
BASE, IMAGE = "localhost/bare-debian", "localhost/weir"


class Image:
    """Built in a store of its own, which is gone with the folder."""

    def __init__(self, folder: Path) -> None:
        self.store = ["--root", str(folder / "images"), "--runroot", str(folder / "images.run")]
        self.made = self.buildah("from", "scratch")
        self.buildah("add", "--quiet", self.made, bare_root(), "/")
        self.buildah("commit", "--quiet", "--rm", self.made, BASE)
        packages = folder / "packages"
        build = [DEPLOY / "debian/build.sh", "--build", support.WEIR.parents[1], "--out", packages]
        subprocess.run(build, check=True, capture_output=True)
        self.buildah("build", "--network", "host", "--pull-never", "--build-arg", f"BASE={BASE}",
                     "--file", DEPLOY / "container/Containerfile", "--tag", IMAGE, packages
                     )  # fmt: skip
        self.made = self.buildah("from", "--pull-never", IMAGE)
        self.root = Path(self.buildah("mount", self.made))
        self.config = json.loads(self.buildah("inspect", self.made))["OCIv1"]["config"]

    def buildah(self, *arguments: str | Path) -> str:
        environment = {**os.environ, "STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}
        done = subprocess.run(["buildah", *self.store, *arguments], capture_output=True, text=True,
                              check=False, env=environment, timeout=240)  # fmt: skip
        assert done.returncode == 0, f"buildah {arguments[0]}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def discard(self) -> None:
        self.buildah("umount", self.made)


class ContainerTest(FaultCase):
    broker_kind = SecureBroker
    broker: SecureBroker

    def setUp(self) -> None:
        super().setUp()
        self.image = Image(self.folder)
        self.addCleanup(self.image.discard)

    def bundle(self, mounts: dict[str, Path], environment: dict[str, str]) -> Path:
        """What runc needs to know, as a kubelet would tell it by statefulset.yaml."""
        folder = self.folder / "bundle"
        folder.mkdir()
        subprocess.run(["runc", "spec"], cwd=folder, check=True)
        spec: dict[str, Any] = json.loads((folder / "config.json").read_text())
        user, group = map(int, self.image.config["User"].split(":"))
        spec["root"] = {"path": str(self.image.root), "readonly": True}
        spec["process"] |= {
            "terminal": False,
            "user": {"uid": user, "gid": group},
            "args": self.image.config["Entrypoint"] + self.image.config["Cmd"],
            "env": [f"{name}={value}" for name, value in environment.items()],
            "cwd": self.image.config["WorkingDir"],
            "capabilities": {name: [] for name in spec["process"]["capabilities"]},
            "noNewPrivileges": True,
        }
        spec["linux"] = {
            "namespaces": [{"type": each} for each in ("mount", "pid", "ipc", "uts")],
            "maskedPaths": spec["linux"]["maskedPaths"],
            "readonlyPaths": spec["linux"]["readonlyPaths"],
        }
        spec["mounts"] = [each for each in spec["mounts"] if each["type"] in ("proc", "tmpfs")]
        for inside, here in mounts.items():
            own = "rw" if inside == self.image.config["WorkingDir"] else "ro"
            spec["mounts"].append({"destination": inside, "type": "bind", "source": str(here),
                                   "options": ["bind", own]})  # fmt: skip
        (folder / "config.json").write_text(json.dumps(spec))
        return folder

    def runc(self, *arguments: str | Path) -> list[str]:
        return ["runc", "--root", str(self.folder / "runc"), *map(str, arguments)]

    def test_it_runs_and_holds_what_that_takes(self) -> None:
        root = self.image.root
        programs = [str(each.relative_to(root)) for each in root.rglob("*")
                    if each.is_file() and os.access(each, os.X_OK) and ".so" not in each.name
                    and each.stat().st_mode & 0o111]  # fmt: skip
        self.assertEqual(programs, ["usr/bin/weir"])
        self.assertNotIn("Healthcheck", self.image.config)
        self.run_it()

    def run_it(self) -> None:
        topics = self.create_topics(2, options=["--acls", "weir"])
        user = int(self.image.config["User"].split(":")[0])
        etc, secrets, state = (self.folder / name for name in ("etc", "secrets", "state"))
        for each in (etc, secrets, state):
            each.mkdir()
        os.chown(state, user, user)
        shutil.copy(self.broker.ca, secrets / "ca.pem")
        password = Path(shutil.copy(self.broker.folder / "weir.password",
                                    secrets / "kafka-password"))  # fmt: skip
        os.chown(password, 0, user)
        password.chmod(0o440)
        (etc / "policy.yaml").write_text(json.dumps(POLICY))
        (etc / "weir.yaml").write_text(json.dumps(self.config(topics)))
        bundle = self.bundle(
            {"/etc/weir": etc, "/run/secrets/weir": secrets, "/var/lib/weir": state},
            {"WEIR_INSTANCE": "weir-0"},
        )
        log = self.folder / "container.log"
        name = f"weir-{os.getpid()}"
        with log.open("wb") as file:
            process = subprocess.Popen(self.runc("run", "--bundle", bundle, name), stdout=file,
                                       stderr=file, stdin=subprocess.DEVNULL)  # fmt: skip
        self.addCleanup(subprocess.run, self.runc("delete", "--force", name), check=False)
        try:
            wait_until(lambda: self.asked.ready(), "it is ready", SLOW, log.read_text)
            self.load(topics, storms(self.rng, 3_000, 2))
            self.wait_until_committed(topics)
            self.assertIsInstance(self.asked.metrics(), Metrics)
        finally:
            subprocess.run(self.runc("kill", name, "TERM"), check=False)
        self.assertEqual(process.wait(SLOW), 0, log.read_text())
        self.assertIn("stopped", log.read_text())
        self.assert_outputs(topics, POLICY)

    def config(self, topics: Topics) -> dict[str, Any]:
        """That for Kubernetes, but for where Kafka is, names and the port."""
        done = subprocess.run(
            ["/usr/bin/python3", "-c", "import json, sys, yaml; "
             "json.dump(yaml.safe_load(sys.stdin), sys.stdout)"],
            input=(DEPLOY / "kubernetes/weir.yaml").read_bytes(), capture_output=True, check=True,
        )  # fmt: skip
        (port,) = free_ports(1)
        self.asked = Service(self.folder / "asked", {"service": {}})  # to ask by HTTP alone
        self.asked.port = port
        return merged(json.loads(done.stdout), {
            "kafka": {"bootstrap.servers": self.broker.sasl_bootstrap},
            "service": {"group": topics.group, "input": topics.input, "prefix": topics.prefix,
                        "timestamps": "create_time", "idle": "0",
                        "http": {"listen": f"127.0.0.1:{port}"}},
            "parties": PARTIES, "notices": self.notices,
        })  # fmt: skip


def what_it_needs() -> None:
    missing = [each for each in ("buildah", "runc") if shutil.which(each) is None]
    if missing:
        raise Unavailable(f"{', '.join(missing)}: deploy/install_packages.sh test installs them\n")
    bare_root()
    SecureBroker.shared()


if __name__ == "__main__":
    main(what_it_needs)
