"""What `weir validate` says of a service's configuration, and what it never says.

Goal: a configuration is told from a policy, the policy that it names is checked as well, everything
that is wrong is told with its line, and no secret is shown, whatever is wrong beside it.
Method: real files, real permissions and a real environment.
"""

from __future__ import annotations

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
