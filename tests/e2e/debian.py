"""Debian's baresip, a C stack with H.264, as a program that is spoken to over its control port.

An installation that differs (no `baresip-ffmpeg`, other module names) shows as a skipped test with the reason.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

MODULES = Path("/usr/lib/baresip/modules")
NEEDED = ("opus", "g711", "ausine", "aufile", "avcodec", "avformat", "fakevideo", "srtp", "dtls_srtp")
PATIENCE_S = 30.0


def missing() -> str:
    """Why it cannot be used here; empty when it can."""
    if shutil.which("baresip") is None:
        return "baresip is not installed (Debian: baresip, baresip-ffmpeg)"
    absent = [name for name in NEEDED if not (MODULES / f"{name}.so").exists()]
    return f"baresip has no module {absent[0]} (Debian: baresip-ffmpeg)" if absent else ""


class DebianBaresip:
    """One agent that answers by itself. `account` are parameters such as `mediaenc=srtp-mand` or `transport=tls`.

    With a `certificate` (and its key, in one file) it is called over TLS at `tls_uri`, too.
    """

    def __init__(
        self, folder: Path, account: str = "", video: Path | None = None, certificate: Path | None = None
    ) -> None:
        self.port = random.randrange(10000, 20000) & ~1
        self.control = random.randrange(20000, 30000)
        folder.mkdir(parents=True, exist_ok=True)
        picture = f"avformat,{video}" if video is not None else "fakevideo,nil"
        lines = [
            f"sip_listen 127.0.0.1:{self.port}",
            "net_interface 127.0.0.1",
            "audio_source ausine,1000",
            f"audio_player aufile,{folder}/heard.wav",
            "ausrc_channels 2",
            "auplay_channels 2",
            f"video_source {picture}",
            "video_display fakevideo,nil",
            "video_size 640x360",
            "video_fps 25",
            f"module_path {MODULES}",
            *(f"module {name}.so" for name in (*NEEDED, "g722", "vp8") if (MODULES / f"{name}.so").exists()),
            "module_tmp uuid.so",
            "module_tmp account.so",
            "module_app contact.so",
            "module_app menu.so",
            "module_app ctrl_tcp.so",
            f"ctrl_tcp_listen 127.0.0.1:{self.control}",
            *([f"sip_certificate {certificate}"] if certificate is not None else []),
        ]
        (folder / "config").write_text("\n".join(lines) + "\n")
        parameters = "".join(f";{each}" for each in ["regint=0", "answermode=auto", account] if each)
        (folder / "accounts").write_text(f"<sip:debian@127.0.0.1:{self.port}>{parameters}\n")
        (folder / "contacts").write_text("")
        self.uri = f"sip:debian@127.0.0.1:{self.port}"
        self.tls_uri = f"sip:debian@127.0.0.1:{self.port + 1};transport=tls"
        self.output = (folder / "output").open("w+b")
        self.process = subprocess.Popen(
            ["baresip", "-f", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # it hangs on SIGTERM in a call, so all of it is killed
        )
        try:
            self._connection = self._connect()
        except BaseException:
            self.stop()
            raise

    def do(self, command: str, params: str = "") -> None:
        """Send a command: dial, hold, resume, hangup, sndcode."""
        body = json.dumps({"command": command, "params": params, "token": command}).encode()
        self._connection.sendall(b"%d:%s," % (len(body), body))

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.output.close()
        if getattr(self, "_connection", None) is not None:
            self._connection.close()

    def _connect(self) -> socket.socket:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError):
                return socket.create_connection(("127.0.0.1", self.control), timeout=PATIENCE_S)
            time.sleep(0.1)
        self.output.seek(0)
        raise AssertionError("baresip did not start:\n" + self.output.read().decode(errors="replace")[-3000:])
