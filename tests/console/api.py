"""A server that answers as `weir serve` does, from fixtures, and can be steered.

It listens on loopback alone, at a port that the system chooses.
"""

from __future__ import annotations

import json
import sys
import threading
import urllib.parse
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fixture


class Api:
    """`told` is what it answers, by the part of the address after /api/; `failing` is None, or a
    status to fail with, or "silent" to end connections without an answer."""

    def __init__(self, page: Path) -> None:
        self.page = page.read_bytes()
        self.lock = threading.Lock()
        self.told: dict = {}
        self.failing: int | str | None = None
        self.asked: list[str] = []
        self.tell(fixture.busy())

    def tell(self, told: dict) -> None:
        with self.lock:
            self.told = told
            self.answers = 0
            self.failing = None
            self.asked = []

    def fail(self, how: int | str | None) -> None:
        with self.lock:
            self.failing = how

    def status(self) -> dict:
        """Each answer is two seconds after the one before it."""
        self.answers += 1
        totals = {n: v + self.answers * fixture.GROWTH[n] for n, v in fixture.START.items()}
        now = fixture.NOW + timedelta(seconds=fixture.STEP * self.answers)
        return {**self.told["status"], "now": fixture.at(now), "totals": totals}

    def episodes(self, query: dict[str, str]) -> dict:
        told = self.told["episodes"]
        top = int(query.get("top", 100))
        rows = [e for e in told["episodes"]
                if query.get("code", e["code"]) == e["code"]
                and query.get("device", e["device"]) == e["device"]]  # fmt: skip
        if "code" in query or "device" in query:
            return fixture.summed(rows, top)
        return {**told, "episodes": rows[:top]}

    def answer(self, address: str) -> tuple[int, dict]:
        path, _, query = address.partition("?")
        name = path.removeprefix("/api/")
        if isinstance(self.failing, int):
            return self.failing, {"error": "worker 1 did not answer within 3 s"}
        if name == "status":
            return 200, self.status()
        if name == "episodes":
            return 200, self.episodes(dict(urllib.parse.parse_qsl(query)))
        if name == "shadow" and "shadow" in self.told:
            return 200, self.told["shadow"]
        if name.startswith("keys/"):
            wanted = urllib.parse.unquote(name.removeprefix("keys/"))
            if wanted == self.told["keys"]["device"]:
                return 200, self.told["keys"]
            if len(wanted) == 23:
                return 200, {**self.told["keys"], "device": wanted, "keys": []}
            return 400, {"error": f"{wanted!r} is no EUI-64"}
        return 404, {"error": "there is nothing here"}


def handler(api: Api) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # noqa: N802
            if self.path == "/":
                self.send(200, api.page, "text/html; charset=utf-8")
                return
            with api.lock:
                api.asked.append(self.path)
                silent = api.failing == "silent"
                status, told = (0, {}) if silent else api.answer(self.path)
            if silent:
                self.close_connection = True
                return
            self.send(status, json.dumps(told).encode(), "application/json")

        def send(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


class Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Browsers end connections as they like; anything else is a fault of this server."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Server:
    def __init__(self, api: Api) -> None:
        self.http = Listener(("127.0.0.1", 0), handler(api))
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Server:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()
