"""A headless Chromium, spoken to by its DevTools protocol over a pair of pipes.

No port is opened, and nothing but Python's own library is needed. The browser ends with the `with`
block, and by itself if this process dies, as its pipe is closed then.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
ANSWER_SECONDS = 60
END_SECONDS = 10


def find() -> str | None:
    """The path of a browser, if there is one."""
    given = os.environ.get("WEIR_CHROMIUM")
    return given or next((path for path in map(shutil.which, NAMES) if path), None)


def high(descriptor: int) -> int:
    """The same file under a number that is out of the way of 3 and 4, which the browser takes."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 20)
    os.close(descriptor)
    return moved


class Browser:
    def __init__(self, path: str) -> None:
        self.path = path
        self.buffer = b""
        self.last_id = 0
        self.events: list[dict] = []

    def __enter__(self) -> Browser:
        self.profile = tempfile.TemporaryDirectory(prefix="weir-browser-")
        theirs_in, self.to_browser = map(high, os.pipe())
        self.from_browser, theirs_out = map(high, os.pipe())
        command = [
            self.path, "--headless", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", "--hide-scrollbars", "--force-color-profile=srgb",
            "--font-render-hinting=none",
            f"--user-data-dir={self.profile.name}",
        ]  # fmt: skip
        if os.geteuid() == 0:
            command.append("--no-sandbox")  # it refuses to run as root otherwise
        shell = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
        self.process = subprocess.Popen(
            ["bash", "-c", shell, "browser", *command], pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.write({"id": 0, "method": "Browser.close"})
            self.process.wait(END_SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, signal.SIGKILL)  # the session that it was started in
            self.process.wait(END_SECONDS)
        os.close(self.to_browser)
        os.close(self.from_browser)
        self.profile.cleanup()

    def write(self, message: dict) -> None:
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to_browser, data) :]

    def read(self, deadline: float) -> dict:
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.from_browser], [], [], deadline - time.monotonic())
            if not ready:
                raise TimeoutError("the browser does not answer")
            more = os.read(self.from_browser, 1 << 20)
            if not more:
                raise EOFError("the browser has ended")
            self.buffer += more
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def call(self, method: str, session: str | None = None, **parameters: object) -> dict:
        """Sends a command and waits for its answer; events that come meanwhile are kept."""
        self.last_id += 1
        message = {"id": self.last_id, "method": method, "params": parameters}
        self.write(message | ({"sessionId": session} if session else {}))
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            answer = self.read(deadline)
            if answer.get("id") == self.last_id:
                break
            self.events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def wait_for(self, method: str, session: str) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS
        while not any(e["method"] == method and e["sessionId"] == session for e in self.events
                      if "sessionId" in e):  # fmt: skip
            self.events.append(self.read(deadline))


class Page:
    """An address opened in a tab of its own, at a width, in light or dark."""

    def __init__(self, browser: Browser, url: str, width: int = 1280, dark: bool = False) -> None:
        self.browser = browser
        self.url = url
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.target = target
        attached = browser.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.resize(width)
        self.media("dark" if dark else "light")
        self.call("Page.navigate", url=self.url)
        browser.wait_for("Page.loadEventFired", self.session)
        self.settle()

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *_: object) -> None:
        self.browser.call("Target.closeTarget", targetId=self.target)

    def call(self, method: str, **parameters: object) -> dict:
        return self.browser.call(method, self.session, **parameters)

    def resize(self, width: int) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900,
                  deviceScaleFactor=1, mobile=False)  # fmt: skip

    def media(self, scheme: str, kind: str = "") -> None:
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.call("Emulation.setEmulatedMedia", media=kind, features=features)

    def run(self, script: str) -> object:
        """The value of an expression, waited for if it is a promise."""
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True,
                         awaitPromise=True, userGesture=True)  # fmt: skip
        if "exceptionDetails" in done:
            raise RuntimeError(json.dumps(done["exceptionDetails"])[:2000])
        return done["result"].get("value")

    def settle(self) -> None:
        """Waits until what follows a change of size has been drawn."""
        self.run("new Promise((d) => requestAnimationFrame(() => requestAnimationFrame(d)))")

    def wait_until(self, condition: str) -> None:
        """Waits until an expression is true, frame by frame."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while not self.run(condition):
            if time.monotonic() > deadline:
                raise TimeoutError(condition)
            self.settle()

    def press(self, key: str, code: int) -> None:
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                      windowsVirtualKeyCode=code, **text)  # fmt: skip

    def picture(self, file: Path, first: str = "", last: str = "") -> None:
        """Of all of the page, or from where the element that `first` selects begins to where the
        one that `last` selects ends."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        place = "document.querySelector('{}').getBoundingClientRect().{} + window.scrollY"
        top = self.run(place.format(first, "top")) if first else 0
        bottom = self.run(place.format(last, "bottom")) if last else size["height"]
        clip = {"x": 0, "y": top, "width": size["width"], "height": bottom - top, "scale": 1}
        shot = self.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        file.write_bytes(decoded(shot["data"]))

    def pdf(self, file: Path) -> None:
        printed = self.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
        file.write_bytes(decoded(printed["data"]))

    def events(self, method: str) -> list[dict]:
        return [e["params"] for e in self.browser.events
                if e.get("sessionId") == self.session and e["method"] == method]  # fmt: skip

    def complaints(self) -> list[str]:
        """Exceptions, and what the console was told as a warning or an error."""
        thrown = [json.dumps(e)[:500] for e in self.events("Runtime.exceptionThrown")]
        logged = [e["entry"]["text"] for e in self.events("Log.entryAdded")
                  if e["entry"]["level"] in ("warning", "error")]  # fmt: skip
        told = [json.dumps(e["args"])[:500] for e in self.events("Runtime.consoleAPICalled")
                if e["type"] in ("warning", "error", "assert")]  # fmt: skip
        return thrown + logged + told

    def requests(self) -> list[str]:
        return [e["request"]["url"] for e in self.events("Network.requestWillBeSent")]


def decoded(data: str) -> bytes:
    return base64.b64decode(data)
