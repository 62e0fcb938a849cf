"""Linphone, a C++ stack that is not ours, as Debian's `linphone-daemon`: lines of commands, answers and events."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from pathlib import Path

from tests.free_ports import free_port
from tests.waiting import until_so

PROGRAM = shutil.which("linphone-daemon")
MISSING = "" if PROGRAM else "linphone-daemon is not installed (Debian: linphone-cli)"
"""Why it cannot be used; empty where it can."""
CONFIGURATION = """[sip]
sip_port={port}
sip_tcp_port={port}
sip_tls_port=0
contact="lin" <sip:lin@127.0.0.1>
guess_hostname=0
auto_net_state_mon=0
media_encryption={encryption}
[rtp]
audio_rtp_port={rtp}
video_rtp_port={rtp_video}
[video]
enabled=1
capture=1
display=1
automatically_initiate=1
automatically_accept=1
size=vga
device=StaticImage: Static picture
"""


class Linphone:
    """One agent that answers by itself, sends a still picture, and hears and plays through `environment`'s sound."""

    def __init__(self, folder: Path, encryption: str, environment: dict[str, str]) -> None:
        (folder / ".local/share/linphone").mkdir(parents=True)
        self.port = free_port()
        self.uri = f"sip:lin@127.0.0.1:{self.port}"
        rtp = free_port()
        (folder / "rc").write_text(
            CONFIGURATION.format(port=self.port, encryption=encryption, rtp=rtp, rtp_video=rtp + 2)
        )
        self._lines: list[str] = []
        self._process = subprocess.Popen(
            [PROGRAM, "--config", str(folder / "rc"), "-C", "-D", "--auto-answer", "--disable-stats-events"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **environment, "HOME": str(folder)},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.do("version")

    def _read(self) -> None:
        for line in self._process.stdout:
            self._lines.append(line.strip())

    def do(self, command: str) -> None:
        """Give a command, and wait until it is obeyed."""
        before = len(self._lines)
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        until_so(lambda: any("Status: Ok" in line for line in self._lines[before:]), f"Ok to {command}")

    def wait_for(self, line: str, count: int = 1) -> None:
        """Wait until it has said a line so often."""
        until_so(lambda: self._lines.count(line) >= count, f"{line} (has said {self._lines[-20:]})")

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            pipe.close()
