"""A reader's machine: a home of its own, a shell, and the rooms that a page starts."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import signal
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

from tests.docs.shape import lines_of
from tests.free_ports import free_ports_in_a_row

PASSWORD = "correct-horse"
PATIENCE_S = 120.0
COLUMNS = 100
READY = "Ctrl-C"
ROWS = {"5060": 2, "7443": 2, "9000": 50, "9443": 3}
"""Ports that pages name with those after them, and how many."""
QUESTION = re.compile(r"(?P<password>[Pp]assword[^\n]*: ?$)|\[y/N\][^\n]{0,3}$")
"""Where a program waits for a password, or for a yes."""


class Machine:
    """Where one page is followed. `ports` maps ports that pages name to ports that are free."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "checkout"
        self.folder.mkdir(parents=True)
        programs = Path(sys.executable).parent
        keep = {name: os.environ[name] for name in ("PYTHONPATH", "LANG", "TMPDIR") if name in os.environ}
        self.environment = {
            **keep,
            "HOME": str(home),
            "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
            "TERM": "xterm",
            "COLUMNS": str(COLUMNS),
        }
        self.password = PASSWORD
        self.ports: dict[str, int] = {}
        self._rooms: list[Server] = []

    def port(self, documented: str) -> int:
        """The port that stands in for a documented one; those after it are free too."""
        first = next(
            (row for row, count in ROWS.items() if 0 <= int(documented) - int(row) < count), documented
        )
        if first not in self.ports:
            self.ports[first] = free_ports_in_a_row(ROWS.get(first, 1))
        return self.ports[first] + int(documented) - int(first)

    def documented(self, text: str) -> str:
        """What was printed, with the ports that pages name."""
        return re.sub(r"(?<![\d.])\d{4,5}(?!\d)", lambda port: self._documented(int(port[0])), text)

    def _documented(self, port: int) -> str:
        for documented, first in self.ports.items():
            if 0 <= port - first < ROWS.get(documented, 1):
                return str(int(documented) + port - first)
        return str(port)

    def run(self, command: str) -> tuple[int, list[str]]:
        """Run a command in a shell on a terminal; its status and what stands on the terminal then."""
        state = self.home / "state"
        text = (
            f'[ ! -f "{state}" ] || . "{state}"\n{command}\n'
            f'status=$?\n{{ export -p; printf "cd %q\\n" "$PWD"; }} > "{state}"\nexit $status\n'
        )
        process, terminal = _on_terminal(["bash", "-c", text], self.folder, self.environment)
        try:
            printed = _follow(process, terminal, self.password)
        finally:
            os.close(terminal)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return process.returncode, lines_of(printed)

    def python(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program from a file."""
        file = self.folder / f"program{len(list(self.folder.glob('program*.py')))}.py"
        file.write_text(program)
        return subprocess.run(
            [sys.executable, str(file), *arguments],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            cwd=self.folder,
            env=self.environment,
        )

    def serve(self, command: str) -> list[str]:
        """Start rooms with `videobar serve …`, in place of those that were started before; what they print first."""
        self.stop()
        return self.serve_too(
            command, VIDEOBAR_PORT=str(self.port("8443")), VIDEOBAR_SIP_PORT=str(self.port("5060"))
        )

    def serve_too(self, command: str, **variables: str) -> list[str]:
        """Start rooms beside those that are there."""
        state = self.home / "state"
        text = f'[ ! -f "{state}" ] || . "{state}"\nexec env {command}\n'
        server = Server(text, self.folder, {**self.environment, **variables})
        self._rooms.append(server)
        return server.wait_until_ready()

    def try_to_serve(self, flags: str) -> None:
        """Start a room of its own with `flags`, and stop it when it runs."""
        self.serve_too(f"videobar serve --engine simulated --port 0 --data tried {flags}")
        self._rooms.pop().stop()

    def stop(self) -> None:
        """Stop all rooms."""
        while self._rooms:
            self._rooms.pop().stop()


class Server:
    """`videobar serve` in the background."""

    def __init__(self, command: str, folder: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=folder,
            env=environment,
        )
        self._lines: list[str] = []
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout:
            self._lines.append(line.rstrip("\n"))
            if READY in line:
                self._ready.set()
        self._ready.set()

    def wait_until_ready(self) -> list[str]:
        """The lines up to the one that tells how to stop."""
        assert self._ready.wait(PATIENCE_S), self._lines
        greeting = list(self._lines)
        assert any(READY in line for line in greeting), "\n".join(greeting)
        return greeting[: next(n for n, line in enumerate(greeting) if READY in line) + 1]

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(PATIENCE_S)
        finally:
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            self._reader.join(PATIENCE_S)
            self._process.stdout.close()


def is_serve(command: str) -> bool:
    """Whether a command starts rooms and does not end by itself."""
    words = shlex.split(command.replace("\\\n", " "), comments=True) if "<<" not in command else []
    while words and re.fullmatch(r"\w+=.*", words[0]):
        del words[0]
    return words[:2] == ["videobar", "serve"] and "--help" not in words


def _on_terminal(words: list[str], folder: Path, environment: dict[str, str]) -> tuple[subprocess.Popen, int]:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, COLUMNS))
    process = subprocess.Popen(
        words,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        env=environment,
        start_new_session=True,
        preexec_fn=_take_terminal,
    )
    os.close(theirs)
    return process, ours


def _take_terminal() -> None:
    import fcntl

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _follow(process: subprocess.Popen, terminal: int, password: str) -> str:
    """All that is printed until the end; questions are answered."""
    deadline, printed, answered = time.monotonic() + PATIENCE_S, b"", 0
    while True:
        assert time.monotonic() < deadline, f"still runs; printed was: {printed.decode(errors='replace')}"
        if not select.select([terminal], [], [], 0.2)[0]:
            if process.poll() is not None:
                return printed.decode(errors="replace")
            continue
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # EIO: nobody has the other end open any more
            chunk = b""
        if not chunk:
            process.wait(PATIENCE_S)
            return printed.decode(errors="replace")
        printed += chunk
        asked = printed[answered:].decode(errors="replace")
        if question := QUESTION.search(asked):
            os.write(terminal, f"{password if question['password'] else 'y'}\n".encode())
            answered = len(printed)
