"""The Debian package on a bare Debian 12: installed, configured, started, upgraded, purged.

    /usr/bin/python3 tests/integration/package_test.py

systemd runs there as it does on any machine, and the service under the unit as it stands. The
broker wants TLS and a password, and the service may do what deploy/kafka/topics.sh grants and no
more.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

from bare_debian import Machine, bare_root
from faults import POLICY, SLOW, FaultCase, storms
from kafka_support import (
    Metrics,
    Record,
    SecureBroker,
    Topics,
    Unavailable,
    free_ports,
    main,
    support,
    wait_until,
)
from system_records import OPERATORS, PARTIES

BUILD = support.ROOT / "deploy/debian/build.sh"
PACKAGES = "/mnt"
CHECK = ("systemd-run --pipe --wait --quiet --property=User=weir"
         " --property=LoadCredential=weir:/etc/weir/credentials"
         " weir validate /etc/weir/weir.yaml")  # fmt: skip
INSTALL = "apt-get install --yes --quiet --no-install-recommends"
# What any installation leaves behind: caches, lists and logs.
KEPT_BY_DEBIAN = re.compile(
    r"/var/(cache|log|lib/(apt|dpkg|systemd|ucf))(/|$)|/etc/(passwd|group|shadow|gshadow|subuid"
    r"|subgid)-$|/etc/ld\.so\.cache$|/(run|tmp|proc|sys|dev|var/tmp)(/|$)"
)
LIMIT = 3_000  # characters of a log that are shown


class PackageTest(FaultCase):
    broker_kind = SecureBroker
    broker: SecureBroker

    def setUp(self) -> None:
        super().setUp()
        self.packages = self.folder / "packages"
        self.machine = Machine(self.folder)
        self.addCleanup(self.machine.stop)

    def build(self, *options: str) -> str:
        """The file's name."""
        command = [str(BUILD), "--build", str(support.WEIR.parents[1]),
                   "--out", str(self.packages), *options]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return Path(done.stdout.strip()).name

    def check_with_lintian(self, name: str) -> None:
        """Who finds nothing wrong, but for what deploy/debian/lintian-overrides says."""
        command = ["lintian", "--fail-on", "error,warning", "--allow-root", self.packages / name]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    # -- what there is on the machine

    def files(self) -> set[str]:
        """Each with its kind, rights and owner."""
        shown = self.machine.run("find / -xdev -printf '%y %m %u:%g %p\\n'")
        return {each for each in shown.splitlines()
                if not KEPT_BY_DEBIAN.match(each.split(" ", 3)[3])}  # fmt: skip

    def users(self) -> str:
        return self.machine.run("sort /etc/passwd /etc/group /etc/shadow /etc/gshadow")

    def installed(self) -> set[str]:
        return set(self.machine.run("dpkg-query -W -f '${Package}\\n'").split())

    def unit(self, name: str) -> str:
        return self.machine.run(f"systemctl show --property={name} --value weir").strip()

    def journal(self) -> str:
        return self.machine.run("journalctl --unit weir --no-pager --output cat")

    def logs(self) -> str:
        machine = getattr(self, "machine", None)
        if machine is None or not machine.leader:
            return ""
        return "\n".join(self.machine.run(each, check=False)[-LIMIT:]
                         for each in ("systemctl status weir", "journalctl -u weir"))  # fmt: skip

    def get(self, path: str) -> tuple[str, str]:
        """The line of the status, and the page. Asked from inside, where curl is not."""
        request = f"printf 'GET {path} HTTP/1.0\\r\\n\\r\\n'"
        answer = self.machine.run(
            f"exec 3<>/dev/tcp/127.0.0.1/{self.port} && {request} >&3 && cat <&3", check=False
        )
        head, _, page = answer.replace("\r\n", "\n").partition("\n\n")
        return head.split("\n")[0], page

    def metric(self, name: str, **labels: str) -> float:
        return Metrics(self.get("/metrics")[1]).total(name, **labels)

    def open_episodes(self, records: list[Record]) -> float:
        """Once it says that it is behind the last of these."""
        last = {str(each.partition): each.timestamp / 1000 for each in records}

        def told() -> Metrics | None:
            page = Metrics(self.get("/metrics")[1])
            there = {number: page.total("weir_stream_timestamp_seconds", partition=number)
                     for number in last}  # fmt: skip
            return page if there == last else None

        page = wait_until(told, "it tells of all records", SLOW, self.logs)
        return page.total("weir_open_episodes")

    def wait_until_ready(self) -> None:
        wait_until(lambda: " 200 " in self.get("/readyz")[0], "the service is ready",
                   SLOW, self.logs)  # fmt: skip

    # -- what an operator does

    def topics_of_the_administrator(self) -> Topics:
        """With rights for the service, and no more than it needs."""
        topics = Topics("meter.events", "weir", "site.", 2)
        operators = [word for each in OPERATORS for word in ("--operator", each)]
        self.broker.run_script_as("admin", "topics.sh", [
            "--partitions", "2", "--prefix", topics.prefix, "--create-time", "--acls", "weir",
            *operators])  # fmt: skip
        return topics

    def configure(self, topics: Topics) -> None:
        etc = self.machine.root / "etc/weir"
        shutil.copy(self.broker.ca, etc / "ca.pem")
        secret = etc / "credentials/kafka-password"
        shutil.copy(self.broker.folder / "weir.password", secret)
        secret.chmod(0o400)
        text = (etc / "weir.yaml").read_text()
        (self.port,) = free_ports(1)
        for old, new in (
            ('"broker-1.example.com:9093,broker-2.example.com:9093"', self.broker.sasl_bootstrap),
            ("/etc/ssl/certs/ca-certificates.crt", "/etc/weir/ca.pem"),
            ('#prefix: ""', f"prefix: {topics.prefix}"),
            ("#workers: 1", "workers: 2"),
            ("#timestamps: log_append_time", "timestamps: create_time"),
            ("#idle: 1m", 'idle: "0"'),
            ('#http: {listen: "127.0.0.1:9464"}', f'http: {{listen: "127.0.0.1:{self.port}"}}'),
            ("#notices: duis", "notices: json"),
            ("#parties:\n", f"parties: {json.dumps(PARTIES)}\n#parties:\n"),
        ):
            self.assertEqual(text.count(old), 1, old)
            text = text.replace(old, new)
        (etc / "weir.yaml").write_text(text)
        self.edited = text
        policy = (etc / "policy.yaml").read_text()
        (etc / "policy.yaml").write_text(f"{policy.split('policies:')[0]}policies:\n" + RULES)

    def check_the_process(self) -> None:
        """The walls that the unit puts up stand."""
        process = self.unit("MainPID")
        status = self.machine.run(f"cat /proc/{process}/status")
        self.assertRegex(status, r"NoNewPrivs:\s+1\n")
        self.assertRegex(status, r"Seccomp:\s+2\n")
        self.assertRegex(status, r"CapEff:\s+0+\n")
        self.assertEqual(self.machine.run(f"stat -c %U /proc/{process}").strip(), "weir")
        inside = f"nsenter --target {process} --mount"
        for denied in ("touch /etc/weir/x", "touch /usr/x",
                       "cat /etc/weir/credentials/kafka-password"):  # fmt: skip
            shown = self.machine.run(f"{inside} {denied} 2>/dev/null || echo denied")
            self.assertEqual(shown, "denied\n", denied)
        mode = self.machine.run("stat -c '%U %a' /var/lib/weir /etc/weir/credentials").split("\n")
        self.assertEqual(mode[:2], ["weir 750", "root 700"])

    def reload(self, outcome: str) -> None:
        """Reads the policy again, as the unit says, in the same process."""
        process = self.unit("MainPID")
        count = {"policy": "live", "outcome": outcome}
        before = self.metric("weir_policy_reloads_total", **count)
        self.machine.run("systemctl reload weir")
        wait_until(lambda: self.metric("weir_policy_reloads_total", **count) > before,
                   f"the policy is {outcome}", SLOW, self.logs)  # fmt: skip
        self.assertEqual(self.unit("MainPID"), process)

    # -- the test

    def test_the_life_of_an_installation(self) -> None:
        first = self.build()
        version = first.split("_")[1]
        second = self.build("--version", f"{version}+upgrade1")
        topics = self.topics_of_the_administrator()
        self.check_with_lintian(first)
        self.machine.boot({self.packages: PACKAGES})
        self.machine.run("apt-get update --quiet", check=False)
        files, users, packages = self.files(), self.users(), self.installed()

        said = self.machine.run(f"{INSTALL} {PACKAGES}/{first}")
        self.assertIn("neither enabled nor started", said)
        self.assertEqual(self.unit("UnitFileState"), "disabled")
        self.assertEqual(self.unit("ActiveState"), "inactive")
        # As it is installed it names what is missing.
        self.assertRegex(self.machine.run(CHECK, check=False),
                         "`sasl.password`: the file .*weir_kafka-password")  # fmt: skip

        self.configure(topics)
        self.assertIn("a service configuration", self.machine.run(CHECK))
        self.machine.run("systemctl enable --quiet --now weir")
        self.wait_until_ready()
        self.check_the_process()
        # Storms go on over the upgrade: what is known of them must, too.
        records = storms(self.rng, 12_000, 2)
        self.load(topics, records[:8_000])
        self.wait_until_committed(topics)
        open_before = self.open_episodes(records[:8_000])
        self.assertGreater(open_before, 0)
        process = self.unit("MainPID")
        self.reload("unchanged")
        with (self.machine.root / "etc/weir/policy.yaml").open("a") as policy:
            policy.write(RULES.replace("2019-11-29", "2099-01-01"))
        self.reload("applied")

        self.machine.run(f"{INSTALL} {PACKAGES}/{second}")
        self.wait_until_ready()
        self.assertNotEqual(self.unit("MainPID"), process)
        self.assertEqual(self.machine.run("dpkg-query -W -f '${Version}' weir"),
                         f"{version}+upgrade1")  # fmt: skip
        self.assertIn("stopped\n", self.journal())
        self.assertEqual((self.machine.root / "etc/weir/weir.yaml").read_text(), self.edited)
        # From the local store, and not from Kafka.
        self.assertEqual(self.metric("weir_restore_records"), 0)
        self.assertEqual(self.open_episodes(records[:8_000]), open_before)
        self.load(topics, records[8_000:])
        self.wait_until_committed(topics)
        self.assert_outputs(topics, POLICY)

        self.machine.run("apt-get remove --yes --quiet weir")
        self.assertEqual(self.unit("ActiveState"), "inactive")
        self.machine.run("id weir && test -d /var/lib/weir/partitions -a -f /etc/weir/weir.yaml"
                         " -a -f /etc/weir/credentials/kafka-password")  # fmt: skip
        # Installed again it goes on.
        self.machine.run(f"{INSTALL} {PACKAGES}/{second} && systemctl start weir")
        self.wait_until_ready()
        self.assertEqual(self.metric("weir_restore_records"), 0)

        self.machine.run("apt-get purge --yes --quiet weir")
        more = " ".join(sorted(self.installed() - packages))
        self.machine.run(f"apt-get purge --yes --quiet {more}")
        self.assertEqual(self.files() ^ files, set())
        self.assertEqual(self.users(), users)


# POLICY, as a person writes it.
RULES = """\
  - effective_from: 2019-11-29T00:00:00Z
    default: {threshold: 5, window: 10m}
    codes:
      8F3E: {threshold: 3, window: 30m, forward: {one_in: 50}}
"""


def what_it_needs() -> None:
    if shutil.which("lintian") is None:
        raise Unavailable("lintian: deploy/install_packages.sh test installs it\n")
    bare_root()
    SecureBroker.shared()


if __name__ == "__main__":
    main(what_it_needs)
