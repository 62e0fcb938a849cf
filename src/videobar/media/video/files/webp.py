"""The first picture of an animated WebP file (RFC 9649), which libav does not decode."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO, Final

import av
from av.video.reformatter import VideoReformatter

from videobar.media.video.conversion import as_rgba
from videobar.media.video.frame import rows

_ANIMATED: Final = 0x02
_ALPHA: Final = 0x10
_CODED: Final = (b"ALPH", b"VP8 ", b"VP8L")
LARGEST: Final = 64_000_000
"""Bytes of a frame that is read."""


@dataclass(frozen=True)
class FirstFrame:
    """The first frame of an animation as a WebP file of its own, and where it is on the canvas."""

    file: bytes
    canvas: tuple[int, int]
    left: int
    top: int

    def place(self, frame: av.VideoFrame, reformatter: VideoReformatter) -> av.VideoFrame:
        """The decoded frame on its canvas, which is transparent beside it."""
        rgba = as_rgba(frame, reformatter)
        whole = av.VideoFrame(*self.canvas, "rgba")
        lines = rows(whole.planes[0])
        lines[:] = 0
        width = min(rgba.width, self.canvas[0] - self.left)
        height = min(rgba.height, self.canvas[1] - self.top)
        if width > 0 < height:
            source = rows(rgba.planes[0])[:height, : width * 4]
            lines[self.top : self.top + height, self.left * 4 : (self.left + width) * 4] = source
        return whole


def first_frame(file: BinaryIO) -> FirstFrame | None:
    """The first frame of an animated WebP file; `None` for any other file."""
    try:
        file.seek(0)
        head = file.read(30)
        if head[:4] + head[8:16] != b"RIFFWEBPVP8X" or not head[20] & _ANIMATED:
            return None
        at = 20 + struct.unpack_from("<I", head, 16)[0]
        canvas = (_number(head, 24) + 1, _number(head, 27) + 1)
        while True:
            file.seek(at)
            name, length = struct.unpack("<4sI", file.read(8))
            if name == b"ANMF":
                body = file.read(min(length, LARGEST))
                return FirstFrame(_still(body), canvas, 2 * _number(body, 0), 2 * _number(body, 3))
            at += 8 + length + length % 2
    except (OSError, struct.error, IndexError):
        return None


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")


def _still(frame: bytes) -> bytes:
    """Of the contents of an `ANMF` chunk: places and sizes in 3 bytes each, duration, flags, then chunks."""
    size, at, chunks = frame[6:12], 16, b""
    while at + 8 <= len(frame):
        name, length = struct.unpack_from("<4sI", frame, at)
        end = at + 8 + length + length % 2
        if name in _CODED:
            chunks += frame[at:end]
        at = end
    extended = struct.pack("<4sIB3x", b"VP8X", 10, _ALPHA) + size
    body = b"WEBP" + extended + chunks
    return struct.pack("<4sI", b"RIFF", len(body)) + body
