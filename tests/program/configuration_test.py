"""What `weir validate` says of a configuration, what it never says, and what a replay takes of it.

Goal: a configuration is told from a policy, the policy that it names is checked as well, everything
that is wrong is told with its line, and no secret is shown, whatever is wrong beside it.
Method: real files, real permissions and a real environment.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import support
from support import CONFIGURATION, DONE, ProgramCase

SECRET = "Hunter2-never-shown"
POLICY = "policies:\n  - effective_from: 2019-01-01T00:00:00Z\n    note: ours\n"
SERVICE = "service: {instance: weir-0, workers: 2, state: {dir: state}}\n"
KAFKA = 'kafka: {bootstrap.servers: "h:1"}\n'


class ConfigurationTest(ProgramCase):
    def text(self, name: str, content: str, mode: int = 0o644) -> Path:
        path = self.file(name, content.encode())
        path.chmod(mode)
        return path

    def validate(self, code: int, *files: Path, **variables: str) -> support.Result:
        environment = {**os.environ, **variables}
        result = self.expect(code, ["validate", *files], env=environment)
        self.assertNotIn(SECRET.encode(), result.out + result.err)
        return result

    def validate_text(self, code: int, content: str, **variables: str) -> support.Result:
        return self.validate(code, self.text("weir.yaml", content), **variables)

    def test_a_good_one_in_short(self) -> None:
        self.text("policy.yaml", POLICY)
        result = self.validate_text(DONE, KAFKA + SERVICE + "policy: policy.yaml\n")
        said = result.out.decode()
        for needle in ("weir.yaml: a service configuration", "instance weir-0 of group weir",
                       "2 workers", "reads meter.events", str(self.folder / "state"),
                       "1 property of librdkafka", "0 parties",
                       "policy.yaml: a policy of 1 version",
                       "2019-01-01T00:00:00.000Z: ours"):  # fmt: skip
            self.assertIn(needle, said)
        self.assertEqual(result.err, b"")

    def test_without_a_policy(self) -> None:
        result = self.validate_text(DONE, SERVICE + KAFKA)
        self.assertIn(b"the default, as the file names none", result.out)

    def test_both_kinds_in_one_call(self) -> None:
        service, policy = self.text("a", KAFKA + SERVICE), self.text("b", POLICY)
        said = self.validate(DONE, service, policy).out.decode()
        self.assertIn(f"{service}: a service configuration", said)
        self.assertIn(f"{policy}: a policy", said)

    def test_the_policy_that_it_names(self) -> None:
        names = KAFKA + SERVICE + "policy: conf/policy.yaml\n"
        message = self.validate_text(CONFIGURATION, names).message
        self.assertIn(f"{self.folder}/conf/policy.yaml: the policy file cannot be read", message)
        self.assertIn("weir.yaml:3: `policy` names a file that is not right", message)
        (self.folder / "conf").mkdir()
        self.text("conf/policy.yaml", POLICY + "    treshold: 5\n    nite: x\n")
        message = self.validate_text(CONFIGURATION, names).message
        for needle in ("conf/policy.yaml:4: ", "conf/policy.yaml:5: ", "weir.yaml:3: "):
            self.assertIn(needle, message)
        self.text("conf/policy.yaml", POLICY)
        self.validate_text(DONE, names)

    def test_all_problems_with_their_lines(self) -> None:
        content = "kafka:\n  client.id: ${WEIR_NONE}\nservice:\n  workers: many\n  state: {}\n"
        message = self.validate_text(CONFIGURATION, content + "shadow: 1\n").message
        expected = ((1, "bootstrap.servers"), (2, "WEIR_NONE"), (3, "instance"), (4, "workers"),
                    (5, "dir"), (6, "shadow"))  # fmt: skip
        for line, word in expected:
            self.assertRegex(message, rf"(?m)weir\.yaml:{line}: .*{word}")

    def test_every_file_is_checked(self) -> None:
        bad, good = self.text("bad.yaml", SERVICE), self.text("good.yaml", KAFKA + SERVICE)
        result = self.validate(CONFIGURATION, bad, self.folder / "none", good)
        self.assertIn(f"{bad}:1: `kafka` is missing", result.message)
        self.assertIn("none: the file cannot be read: No such file", result.message)
        self.assertIn(str(good).encode(), result.out)

    def test_from_a_pipe(self) -> None:
        result = self.expect(DONE, ["validate", "/dev/stdin"], stdin=(KAFKA + SERVICE).encode())
        self.assertIn(b"a service configuration", result.out)

    # --------------------------------------------------------------------------------------------
    # Rules.

    def test_the_rules_that_hold_without_a_word(self) -> None:
        said = self.validate_text(DONE, KAFKA + SERVICE).out.decode()
        for needle in ("14 rules of eligibility, for 6.13, 7.7, 8.14.3, 8.14.4\n",
                       "trigger 6.14.3 from 2021-02-01T00:00:00.000Z\n",
                       "trigger 8.7.1 from 2019-11-29T00:00:00.000Z, only for HCALCS\n",
                       "removed after 12 months, always\n",
                       "removed after 36 months, from 2019-11-29T00:00:00.000Z\n",
                       "of a removal N8 tells the party that added it"):  # fmt: skip
            self.assertIn(needle, said)
        self.assertNotIn("trigger alert", said)

    def test_one_without_the_service(self) -> None:
        rules = (
            "parties: [{id: 90B3D51F30020000, role: ED, distributors: [14]}]\n"
            "notices: json\n"
            'eligibility: {rules: [{srv: "6.2.10", roles: [ED]}]}\n'
            'load_switching: {triggers: {"8131": {enabled: true}, "7.9": {enabled: false}}}\n'
            "inventory: {remove: false}\n"
        )
        said = self.validate_text(DONE, rules).out.decode()
        for needle in ("weir.yaml: a configuration for replays", "notices: json",
                       "1 party, of which 1 network operator", "15 rules of eligibility",
                       "trigger alert 8131 from 2019-11-29", "never removed"):  # fmt: skip
            self.assertIn(needle, said)
        self.assertNotIn("trigger 7.9", said)
        message = self.validate_text(CONFIGURATION, rules + "policy: none.yaml\n").message
        self.assertIn("none.yaml: the policy file cannot be read", message)
        self.assertIn("weir.yaml:6: `policy` names a file that is not right", message)

    def test_remarks(self) -> None:
        result = self.validate_text(DONE, 'load_switching: {triggers: {"9.9": {}}}\n')
        self.assertIn(b"weir.yaml:1: no version of DUIS has the SRV `9.9`", result.out)

    # --------------------------------------------------------------------------------------------
    # Replays.

    STORM = b"".join(
        b'{"device":"00-DB-12-34-56-78-90-A0","code":"8F1E","counter":%d,'
        b'"received":"2020-01-01T00:00:%02d.000Z"}\n' % (n, n)
        for n in range(20)
    )

    def forwarded(self, *options: str | Path) -> int:
        result = self.expect(
            DONE, ["replay", "--json", *options, self.file("capture", self.STORM)]
        )
        return int(json.loads(result.out)["forwarded"])

    def policy(self, name: str, threshold: int) -> Path:
        default = f"    default: {{threshold: {threshold}, window: 1h}}\n"
        return self.text(name, POLICY + default)

    def test_a_replay_takes_the_policy_of_its_configuration(self) -> None:
        self.policy("five.yaml", 5)
        seven = self.policy("seven.yaml", 7)
        # The secret is not there, and need not be.
        names = self.with_password("file:none", "policy: five.yaml\n")
        config = self.text("weir.yaml", names)
        self.assertEqual(self.forwarded("--config", config), 5)
        self.assertEqual(self.forwarded("--config", config, "--policy", seven), 7)
        without = self.text("rules.yaml", "policy: five.yaml\n")
        self.assertEqual(self.forwarded("--config", without), 5)

    def test_a_replay_refuses_a_configuration_that_is_not_right(self) -> None:
        capture = self.file("capture", self.STORM)
        config = self.text("weir.yaml", "parties: 3\ninventory: {remove: perhaps}\n")
        result = self.expect(CONFIGURATION, ["replay", "--config", config, capture])
        self.assertIn("weir.yaml:1: `parties` is `3`", result.message)
        self.assertIn("weir.yaml:2: `remove` is `perhaps`", result.message)
        self.text("weir.yaml", "policy: none.yaml\n")
        result = self.expect(CONFIGURATION, ["replay", "--config", config, capture])
        self.assertIn("none.yaml: the policy file cannot be read", result.message)

    # --------------------------------------------------------------------------------------------
    # Secrets.

    def with_password(self, value: str, more: str = "") -> str:
        return f'{SERVICE}kafka:\n  bootstrap.servers: "h:1"\n  sasl.password: {value}\n{more}'

    def test_in_the_open(self) -> None:
        result = self.validate_text(DONE, self.with_password(SECRET))
        self.assertIn(b"weir.yaml:4: `sasl.password` stands here in the open", result.out)
        self.validate_text(CONFIGURATION, self.with_password(SECRET, "  a b: c\n"))
        self.validate_text(CONFIGURATION, self.with_password(f"[{SECRET}]"))
        self.validate_text(CONFIGURATION, self.with_password(f"{{password: {SECRET}}}"))
        self.validate_text(CONFIGURATION, self.with_password(f"'{SECRET}${{'"))

    def test_in_a_variable(self) -> None:
        content = self.with_password("${WEIR_SECRET}")
        self.assertNotIn(b"note", self.validate_text(DONE, content, WEIR_SECRET=SECRET).out)
        for wrong in ("workers: '${WEIR_SECRET}'", "http: {listen: '${WEIR_SECRET}'}",
                      "idle: '${WEIR_SECRET}'", "archive: '${WEIR_SECRET}'"):  # fmt: skip
            service = f"service: {{instance: i, state: {{dir: d}}, {wrong}}}\n"
            result = self.validate_text(CONFIGURATION, KAFKA + service, WEIR_SECRET=SECRET)
            self.assertIn("${WEIR_SECRET}", result.message)

    def test_in_a_file(self) -> None:
        content = self.with_password("file:secret")
        self.text("secret", SECRET + "\n", 0o440)
        self.validate_text(DONE, content)
        for mode in (0o444, 0o644):
            (self.folder / "secret").chmod(mode)
            message = self.validate_text(CONFIGURATION, content).message
            self.assertIn("weir.yaml:4: `sasl.password`", message)
            self.assertIn(f"{self.folder}/secret may be read or written by every user", message)
        (self.folder / "secret").unlink()
        message = self.validate_text(CONFIGURATION, content).message
        self.assertIn(f"{self.folder}/secret cannot be read: No such file", message)
        self.text("secret", "\n", 0o400)
        self.assertIn("is empty", self.validate_text(CONFIGURATION, content).message)


if __name__ == "__main__":
    support.main()
