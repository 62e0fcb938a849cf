"""Starts a room for a benchmark, and talks to it as simply as can be."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

PASSWORD = "benchmark password"


class Room:
    def __init__(self, process: subprocess.Popen[str], port: int, sip_port: int) -> None:
        self.process, self.port, self.sip_port = process, port, sip_port
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.connection = http.client.HTTPSConnection("127.0.0.1", port, context=context)
        self.cookie = ""

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, object]:
        payload = None if body is None else json.dumps(body)
        self.connection.request(method, path, payload, {"Cookie": self.cookie} if self.cookie else {})
        answer = self.connection.getresponse()
        raw = answer.read()
        try:
            return answer.status, json.loads(raw) if raw else None
        except ValueError:
            return answer.status, raw

    def login(self) -> str:
        _, answer = self.ask("POST", "/rest/session", {"user": "admin", "password": PASSWORD})
        self.cookie = "session_id=" + answer["session"]["sessionId"]
        return self.cookie

    def wait_connected(self, link: str) -> None:
        for _ in range(2000):
            status, answer = self.ask("GET", link)
            if status == 200 and answer["state"] == "CONNECTED":
                return
            time.sleep(0.01)
        raise RuntimeError(f"{link} was never connected")


@contextlib.contextmanager
def room(*flags: str) -> Iterator[Room]:
    environment = {**os.environ, "VIDEOBAR_ADMIN_PASSWORD": PASSWORD, "VIDEOBAR_LOG_LEVEL": "warning"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # users have compiled modules from the second start on
    with tempfile.TemporaryDirectory() as data:
        process = subprocess.Popen(
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
                data,
                *flags,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        try:
            yield Room(process, *_ports(process))
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()


def _ports(process: subprocess.Popen[str]) -> tuple[int, int]:
    port = sip_port = 0
    for line in process.stdout:
        if match := re.search(r"https://127\.0\.0\.1:(\d+)", line):
            port = int(match[1])
        if match := re.search(r"sip:\S*127\.0\.0\.1:(\d+)", line):
            sip_port = int(match[1])
        if "Ctrl-C" in line:
            return port, sip_port
    raise RuntimeError("the room did not start")
