"""Whole rooms as a user starts them, and an independent SIP agent, each in a process of its own."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import Empty, Queue

import av
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from tests.e2e.debian_baresip import MISSING, DebianBaresip
from tests.waiting import until_so

PASSWORD = "correct horse"
PATIENCE_S = 30.0
END = ""
"""Stands for the end of a process's output."""


class Lines:
    """Collects the lines that a process prints."""

    def __init__(self, stream) -> None:
        self.all: list[str] = []
        self.queue: Queue[str] = Queue()
        self._thread = threading.Thread(target=self._collect, args=(stream,), daemon=True)
        self._thread.start()

    def _collect(self, stream) -> None:
        for line in stream:
            self.all.append(line)
            self.queue.put(line)
        self.queue.put(END)

    def wait_for(self, pattern: str):
        """The match of the first line to come that has `pattern` in it."""
        deadline = time.monotonic() + PATIENCE_S
        while (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(Empty):
                line = self.queue.get(timeout=left)
                if line is END:
                    self.queue.put(END)
                    break
                match = re.search(pattern, line)
                if match:
                    return match
        raise AssertionError(f"{pattern!r} was never printed; printed was:\n" + "".join(self.all))

    def finish(self) -> str:
        self._thread.join(PATIENCE_S)
        return "".join(self.all)


def _environment(changes: dict[str, str]) -> dict[str, str]:
    """The environment with `changes`; an empty text takes a variable away."""
    return {name: value for name, value in {**os.environ, **changes}.items() if value}


class RoomProcess:
    """`videobar serve` with free ports and its own data."""

    def __init__(self, data: Path, *flags: str, environment: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "videobar.cli.main",
                "serve",
                "--port",
                "0",
                "--sip-port",
                "0",
                "--data",
                str(data),
                "--microphone",
                "tone:440",
                *flags,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=_environment({"VIDEOBAR_ADMIN_PASSWORD": PASSWORD, **(environment or {})}),
        )
        self.output = Lines(self.process.stdout)
        try:
            self._read_ports()
        except AssertionError:
            self.stop(signal.SIGKILL)
            raise

    def _read_ports(self) -> None:
        self.port = int(self.output.wait_for(r"https://127\.0\.0\.1:(\d+)")[1])
        sip = self.output.wait_for(r"SIP +(?:none|sip:\S*127\.0\.0\.1:(\d+)(?:.*TLS on port (\d+))?)")
        self.sip_port, self.sip_tls_port = int(sip[1] or 0), int(sip[2] or 0)
        self.output.wait_for("Ctrl-C")

    def stop(self, how: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            status = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self.output.finish()
        self.process.stdout.close()
        return status


class Controller:
    """Control code as integrators write it: one keep-alive connection, cookies, no certificate check."""

    def __init__(self, port: int) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=PATIENCE_S)
        self.headers: dict[str, str] = {}

    def ask(self, method: str, path: str, body: object = ...) -> tuple[int, object]:
        payload = None if body is ... else json.dumps(body)
        headers = dict(self.headers)
        if payload is not None:
            headers["Content-Type"] = "application/json"
        self.connection.request(method, path, payload, headers)
        answer = self.connection.getresponse()
        raw = answer.read()
        if answer.headers.get_content_type() == "application/json" and raw:
            return answer.status, json.loads(raw)
        return answer.status, raw

    def get(self, path: str) -> object:
        status, answer = self.ask("GET", path)
        assert status == 200, (path, status, answer)
        return answer

    def post(self, path: str, body: object = ...) -> object:
        status, answer = self.ask("POST", path, body)
        assert status == 200, (path, status, answer)
        return answer

    def delete(self, path: str) -> object:
        status, answer = self.ask("DELETE", path)
        assert status == 200, (path, status, answer)
        return answer

    def login(self, password: str = PASSWORD) -> None:
        status, answer = self.ask("POST", "/rest/session", {"user": "admin", "password": password})
        assert status == 200, (status, answer)
        self.headers["Cookie"] = f"session_id={answer['session']['sessionId']}"

    def dial(self, address: str, **more: object) -> str:
        """Dial; returns the link of the new connection."""
        (link,) = self.post("/rest/conferences", {"address": address, "rate": 0, "dialType": "SIP", **more})
        return link["href"]

    def wait_for_state(self, link: str, state: str) -> dict:
        def there():
            status, connection = self.ask("GET", link)
            return connection if status == 200 and connection["state"] == state else None

        return until_so(there, f"{link} is {state}")

    def wait_idle(self) -> None:
        until_so(lambda: self.get("/rest/conferences") == [], "no conferences")

    def wait_incoming(self) -> dict:
        def there():
            return next(
                (c["connections"][0] for c in self.get("/rest/conferences") if c["id"] == "PENDING"), None
            )

        return until_so(there, "a call that waits")

    def video_rows(self, link: str) -> dict[str, dict]:
        """The statistics of main video of a connection by direction."""
        rows = self.get(link + "/mediastat")
        return {row["mediaDirection"]: row for row in rows if row["mediaType"] == "VIDEO"}

    def picture(self, which: str):
        """The snapshot `near`, `far` or `content` as RGB pixels; `None` when there is none."""
        status, file = self.ask("GET", f"/rest/cameras/snapshot/{which}_image_1.jpg")
        if status == 404:
            return None
        assert status == 200
        return next(av.open(io.BytesIO(file)).decode(video=0)).to_ndarray(format="rgb24")

    def wait_for_picture(self, which: str, condition, what: str):
        """Wait until a snapshot is such that `condition(pixels)`; returns its pixels."""

        def there():
            pixels = self.picture(which)
            return [pixels] if pixels is not None and condition(pixels) else None

        return until_so(there, f"the {which} picture shows {what}")[0]

    def rows(self, link: str) -> dict[str, dict]:
        """The audio statistics of a connection by direction."""
        rows = self.get(link + "/mediastat")
        return {row["mediaDirection"]: row for row in rows if row["mediaType"] == "AUDIO"}


class Peer:
    """The agent of `peer.py`."""

    def __init__(self, **options: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("peer.py")), json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = Lines(self.process.stdout)
        try:
            self.port = int(self.output.wait_for(r'"ready": (\d+)')[1])
        except AssertionError:
            self.stop()
            raise
        transport = options.get("transport", "udp")
        self.uri = f"sip:{options.get('user', 'peer')}@127.0.0.1:{self.port}"
        if transport != "udp":
            self.uri += f";transport={transport}"

    def do(self, what: str, **arguments: object) -> None:
        self.process.stdin.write(json.dumps({"do": what, **arguments}) + "\n")
        self.process.stdin.flush()

    def wait_for(self, event: str) -> dict:
        return json.loads(self.output.wait_for(rf'^{{"event": "{event}".*')[0])

    def hear(self, *tones: float) -> dict:
        self.do("hear", tones=list(tones))
        return self.wait_for("heard")

    def wait_to_hear(self, present: list[float], absent: tuple[float, ...] | list[float] = ()) -> None:
        """Wait until the tones `present` are clearly there and `absent` are not."""
        heard: dict = {}

        def there():
            heard.update(self.hear(*present, *absent))
            levels = heard["tones"]
            return (
                levels
                and all(levels[str(tone)] > -40 for tone in present)
                and all(levels[str(tone)] < -50 for tone in absent)
            )

        try:
            until_so(there, f"hearing {present} and not {absent}")
        except AssertionError as error:
            raise AssertionError(f"{error}; heard last {heard}") from None

    def wait_to_see(self, colours, what: str) -> None:
        """Wait until the last picture has `colours` (Y, U, V of each eighth of its width, a quarter down)."""
        seen: dict = {}

        def there():
            self.do("see")
            seen.update(self.wait_for("seen"))
            return len(seen["colours"]) == len(colours) and all(
                abs(value - wanted) < 24
                for eighth, colour in zip(seen["colours"], colours, strict=True)
                for value, wanted in zip(eighth, colour, strict=True)
            )

        try:
            until_so(there, f"seeing {what}")
        except AssertionError as error:
            raise AssertionError(f"{error}; seen last {seen}") from None

    def digits(self, count: int) -> str:
        return "".join(self.wait_for("dtmf")["digit"] for _ in range(count))

    def stop(self) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.output.finish()
        self.process.stdout.close()


@pytest.fixture
def start_room(tmp_path):
    rooms = []

    def start(*flags: str, data: Path | None = None, **options) -> RoomProcess:
        rooms.append(RoomProcess(data or tmp_path / f"room{len(rooms)}", *flags, **options))
        return rooms[-1]

    yield start
    for room in rooms:
        room.stop()


@pytest.fixture
def start_peer():
    pytest.importorskip("baresip", reason="baresip-python has no wheel for this platform")
    peers = []

    def start(**options) -> Peer:
        peers.append(Peer(**{"codecs": ["opus/48000/2", "g722/16000/1", "pcmu", "pcma"], **options}))
        return peers[-1]

    yield start
    for peer in peers:
        peer.stop()


@pytest.fixture
def control():
    made = []

    def connect(room: RoomProcess, password: str | None = PASSWORD) -> Controller:
        """A controller that is logged in, or with `None` a stranger."""
        made.append(Controller(room.port))
        if password is not None:
            made[-1].login(password)
        return made[-1]

    yield connect
    for controller in made:
        controller.connection.close()


@pytest.fixture
def eventually():
    return until_so


@pytest.fixture
def start_debian(tmp_path):
    if MISSING:
        pytest.skip(MISSING)
    agents = []

    def start(**options):
        agents.append(DebianBaresip(tmp_path / f"baresip{len(agents)}", **options))
        return agents[-1]

    yield start
    for agent in agents:
        agent.stop()
