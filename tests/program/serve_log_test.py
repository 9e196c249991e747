"""What weir serve writes to standard error, as text and as JSON.

Goal: with `service.log.format: json` every line is one object, librdkafka's messages and the last
word of a service that fails included; otherwise it is text. Method: services whose broker nobody
is.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from pathlib import Path

import support
from support import CONFIGURATION, FAILED, ProgramCase

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class ServeLogTest(ProgramCase):
    def setUp(self) -> None:
        super().setUp()
        # Taken, and nobody listens.
        taken = socket.socket()
        self.addCleanup(taken.close)
        taken.bind(("127.0.0.1", 0))
        self.broker = f"127.0.0.1:{taken.getsockname()[1]}"

    def config(self, name: str, log: str) -> Path:
        text = (f'kafka: {{bootstrap.servers: "{self.broker}"}}\n'
                f"service: {{instance: a, state: {{dir: state}}, log: {log}}}\n")  # fmt: skip
        return self.file(name, text.encode())

    def test_nobody_is_the_broker(self) -> None:
        names = {"json": "{format: json}", "text": "{}", "error": "{format: json, level: error}"}
        said = {}

        def serve(name: str, log: str) -> None:
            arguments = ["serve", "--config", self.config(f"{name}.yaml", log)]
            said[name] = support.run(arguments)

        # Each waits for its broker.
        threads = [threading.Thread(target=serve, args=each) for each in names.items()]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.assertEqual({each.code for each in said.values()}, {FAILED})
        lines = [json.loads(line) for line in said["json"].err.decode().splitlines()]
        for line in lines:
            self.assertEqual(list(line), ["time", "level", "message"])
            self.assertRegex(line["time"], TIME)
        self.assertIn("Connection refused", lines[0]["message"])
        self.assertEqual(lines[0]["level"], "warning")
        self.assertEqual(lines[-1]["level"], "critical")
        self.assertIn(f"asking {self.broker} for the topics", lines[-1]["message"])
        (line,) = said["error"].err.decode().splitlines()
        self.assertEqual(json.loads(line)["level"], "critical")
        self.assertIn(f"\nweir serve: asking {self.broker}", said["text"].message)
        self.assertIn(" warning ", said["text"].message)

    def test_what_is_wrong_with_the_configuration_is_text(self) -> None:
        result = support.run(["serve", "--config", self.config("wrong.yaml", "{format: xml}")])
        self.assertEqual(result.code, CONFIGURATION)
        self.assertIn("text or json", result.message)


if __name__ == "__main__":
    support.main()
