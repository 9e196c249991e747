"""A machine with nothing on it but a bare Debian 12 and systemd as its first process, in a folder.

The root is made by mmdebstrap from wherever this machine gets its packages, and kept in the build
folder. It is started with systemd-nspawn: its own processes, files and users, and the network of
this machine, where brokers on the loopback address are reached. That needs root.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from broker import ROOT, Unavailable
from processes import is_alive
from waiting import wait_until

SUITE = "bookworm"
PACKAGES = ("systemd-sysv", "dbus")
CACHE = ROOT / "build/bare-debian" / f"{SUITE}.tar"
MAKING = 240  # seconds
BOOTING = 60.0
COMMAND = 120


def ran(
    command: list[str | Path], within: int, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=within,
                          stdin=subprocess.DEVNULL, env=env)  # fmt: skip


def debian_sources() -> list[Path]:
    folder = Path("/etc/apt/sources.list.d")
    files = [Path("/etc/apt/sources.list"), *folder.glob("*.list"), *folder.glob("*.sources")]
    return [each for each in files if each.exists() and SUITE in each.read_text()]


def options_of_apt(folder: Path) -> list[str]:
    """How this machine reaches its mirror."""
    shown = ran(["apt-config", "dump", "Acquire"], COMMAND).stdout
    kept = re.findall(r'^Acquire::(?:https?|Retries|Check-)\S* ".+";$', shown, re.MULTILINE)
    file = folder / "apt.conf"
    file.write_text("\n".join([*kept, ""]))
    return [f"--aptopt={file}"] if kept else []


def require_tools() -> None:
    missing = [each for each in ("mmdebstrap", "systemd-nspawn", "nsenter", "setpriv", "apt-config")
               if shutil.which(each) is None]  # fmt: skip
    if missing:
        raise Unavailable(f"{', '.join(missing)}: deploy/install_packages.sh test installs them\n")
    if os.geteuid() != 0:
        raise Unavailable("systemd-nspawn needs root\n")


def bare_root() -> Path:
    """An archive of the root."""
    require_tools()
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    # One test makes it, and others that run beside wait for it.
    with CACHE.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return CACHE if CACHE.exists() else made_root()


def made_root() -> Path:
    part = CACHE.with_name(f"{SUITE}.{os.getpid()}.tar")
    command = ["mmdebstrap", "--quiet", "--mode=root", "--variant=minbase",
               f"--include={','.join(PACKAGES)}", "--dpkgopt=force-unsafe-io",
               "--skip=cleanup/apt/lists", *options_of_apt(CACHE.parent),
               SUITE, part, *debian_sources()]  # fmt: skip
    done = ran(command, MAKING)
    if done.returncode != 0:
        part.unlink(missing_ok=True)
        raise Unavailable(f"mmdebstrap made no bare Debian:\n{done.stderr[-2000:]}\n")
    part.rename(CACHE)
    return CACHE


class Machine:
    """Started by boot(), gone after stop(), and with the process that made it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "machine"
        self.console = folder / "console.log"
        self.root.mkdir()
        done = ran(["tar", "-C", self.root, "--numeric-owner", "-xf", bare_root()], COMMAND)
        assert done.returncode == 0, done.stderr
        self.nspawn: subprocess.Popen[bytes] | None = None
        self.leader = 0

    def boot(self, shows: Mapping[Path, str]) -> None:
        """`shows`: folders of this machine, and where they are seen."""
        binds = [f"--bind-ro={here}:{there}" for here, there in shows.items()]
        command = ["setpriv", "--pdeathsig", "KILL", "systemd-nspawn", "--quiet", "--boot",
                   "--register=no", "--keep-unit", "--directory", str(self.root),
                   "--machine", f"weir-{os.getpid()}", "--kill-signal=SIGRTMIN+3",
                   *binds]  # fmt: skip
        with self.console.open("wb") as console:
            self.nspawn = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console,
                                           stderr=console)  # fmt: skip
        wait_until(self._up, "the bare Debian is up", BOOTING, self._said)

    def _said(self) -> str:
        return self.console.read_text(errors="replace")[-2000:]

    def _up(self) -> bool:
        assert self.nspawn is not None
        if self.nspawn.poll() is not None:
            raise Unavailable(f"systemd-nspawn does not start a machine here:\n{self._said()}\n")
        children = Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children").read_text()
        if not children.split():
            return False
        self.leader = int(children.split()[0])
        return self.run("systemctl is-system-running", check=False).strip() == "running"

    def run(self, command: str, check: bool = True, within: int = COMMAND) -> str:
        """What a command of a shell in there prints."""
        done = ran(["nsenter", "--target", str(self.leader), "--all", "/bin/bash", "-c", command],
                   within, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                                "DEBIAN_FRONTEND": "noninteractive"})  # fmt: skip
        printed = done.stdout + done.stderr
        if check and done.returncode != 0:
            raise AssertionError(f"{command}: exit code {done.returncode}\n{printed[-4000:]}")
        return printed

    def stop(self) -> None:
        if self.nspawn is None:
            return
        if self.nspawn.poll() is None and self.leader and is_alive(self.leader):
            self.run("systemctl --force --force poweroff", check=False)
        try:
            self.nspawn.wait(10)
        except subprocess.TimeoutExpired:
            self.nspawn.send_signal(signal.SIGKILL)
            self.nspawn.wait()
