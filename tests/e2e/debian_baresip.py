"""Debian's baresip, a C stack with H.264, driven over its control port: netstrings of JSON."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import av
import numpy as np
from tests.free_ports import free_port

PROGRAM = shutil.which("baresip")
MODULES = Path("/usr/lib/baresip/modules")
NEEDED = (
    *("opus", "g711", "ausine", "aufile", "avcodec", "vp8", "avformat", "fakevideo", "snapshot"),
    *("srtp", "dtls_srtp"),
)
MISSING = (
    ""
    if PROGRAM and all((MODULES / f"{name}.so").exists() for name in NEEDED)
    else "Debian's baresip with baresip-ffmpeg is not installed"
)
"""Why it cannot be used; empty where it can."""
AUDIO = "opus/48000/2,g722/16000/1,pcmu/8000/1,pcma/8000/1"
PATIENCE_S = 30.0
CONFIGURATION = """
poll_method epoll
sip_listen 127.0.0.1:{port}
call_max_calls 4
audio_player aufile,{folder}/heard.wav
audio_source ausine,1000
audio_alert aufile,/dev/null
ausrc_srate 48000
auplay_srate 48000
ausrc_channels 2
auplay_channels 2
video_source avformat,{folder}/shown.mp4
video_display fakevideo,nil
video_size {width}x{height}
video_bitrate {bitrate}
video_fps 30
rtp_ports {first_rtp}-{last_rtp}
net_interface 127.0.0.1
module_path {modules}
{needed}
module_tmp uuid.so
module_tmp account.so
module_app contact.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
avcodec_h264enc libx264
avcodec_h264dec h264
"""


class DebianBaresip:
    """One agent that answers by itself. It shows four quarters: red, green, blue, yellow.

    `account` are parameters such as `;mediaenc=srtp-mand` or `;transport=tls`. With a `certificate` (and its key, in
    one file) it is called over TLS at `tls_uri`, too.
    """

    def __init__(
        self,
        folder: Path,
        *,
        size: tuple[int, int] = (1280, 720),
        bitrate: int = 1_200_000,
        account: str = "",
        certificate: Path | None = None,
    ) -> None:
        folder.mkdir()
        self.folder = folder
        self.port = free_port()
        self.uri = f"sip:peer@127.0.0.1:{self.port}"
        self.tls_uri = f"sip:peer@127.0.0.1:{self.port + 1};transport=tls"
        control = free_port()
        first_rtp = random.randrange(40_000, 59_000, 2)
        (folder / "config").write_text(
            CONFIGURATION.format(
                port=self.port,
                folder=folder,
                width=size[0],
                height=size[1],
                bitrate=bitrate,
                first_rtp=first_rtp,
                last_rtp=first_rtp + 200,
                modules=MODULES,
                needed="\n".join(f"module {name}.so" for name in NEEDED),
                control=control,
            )
            + (f"sip_certificate {certificate}\n" if certificate is not None else "")
        )
        (folder / "accounts").write_text(
            f"<sip:peer@127.0.0.1:{self.port}>;regint=0;answermode=auto;audio_codecs={AUDIO}{account}\n"
        )
        (folder / "contacts").write_text("")
        film(folder / "shown.mp4", *size)
        self.log = (folder / "log").open("w")
        self.process = subprocess.Popen(
            [PROGRAM, "-f", str(folder), "-v"],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,  # it hangs on SIGTERM in a call: its whole group is killed
        )
        self._control = self._connect(control)

    def _connect(self, port: int) -> socket.socket:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise AssertionError("baresip does not listen:\n" + (self.folder / "log").read_text())

    def do(self, command: str, parameters: str = "") -> str:
        """Its answer to a command."""
        message = json.dumps({"command": command, "params": parameters, "token": "t"}).encode()
        self._control.sendall(b"%d:%s," % (len(message), message))
        while True:
            answer = self._read()
            if "response" in answer:
                return answer.get("data", "")

    def _read(self) -> dict:
        length = b""
        while not length.endswith(b":"):
            length += self._control.recv(1)
        body = b""
        while len(body) <= int(length[:-1]):
            body += self._control.recv(int(length[:-1]) + 1 - len(body))
        return json.loads(body[:-1])

    def sees(self):
        """The picture that it has received last, as RGB pixels; `None` before there is one."""
        file = self.folder / "seen.png"
        file.unlink(missing_ok=True)
        self.do("snapshot_recv", str(file))
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            try:
                with av.open(str(file)) as image:
                    return next(image.decode(video=0)).to_ndarray(format="rgb24")
            except (OSError, av.error.FFmpegError, StopIteration):
                time.sleep(0.05)  # it is still being written
        return None

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)
        self.log.close()
        if hasattr(self, "_control"):
            self._control.close()


def film(path: Path, width: int, height: int, seconds: int = 120) -> None:
    """Four quarters with a square that moves, H.264 with 30 pictures a second: the same ten seconds again and again."""
    pictures = 300
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"preset": "ultrafast", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        picture = np.zeros((height, width, 3), np.uint8)
        for index, colour in enumerate(((235, 16, 16), (16, 235, 16), (16, 16, 235), (235, 235, 16))):
            top, left = index // 2 * height // 2, index % 2 * width // 2
            picture[top : top + height // 2, left : left + width // 2] = colour
        packets = []
        for number in range(pictures):
            shown = picture.copy()
            x = number * (width - 64) // pictures
            shown[height // 2 - 32 : height // 2 + 32, x : x + 64] = 255
            packets += stream.encode(av.VideoFrame.from_ndarray(shown, format="rgb24"))
        packets += stream.encode()
        step = packets[1].pts - packets[0].pts
        for turn in range(seconds // 10):
            for number, packet in enumerate(packets):
                again = av.Packet(bytes(packet))
                again.stream, again.time_base = stream, packet.time_base
                again.pts = again.dts = (turn * pictures + number) * step
                again.is_keyframe = packet.is_keyframe
                container.mux(again)
