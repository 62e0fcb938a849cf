"""Pictures of a file, a network camera or a video device, by libav."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import av
from av.video.reformatter import Colorspace

from videobar.files import require_video_device
from videobar.media.video.digital_ptz import show
from videobar.media.video.faces import Survey, shrink
from videobar.media.video.files.opened_file import OpenedFile, open_picture_file
from videobar.media.video.frame import Frame, fitting
from videobar.media.video.lens import LIMIT, Lens
from videobar.media.video.sources.source import LARGEST_SIZE, VideoSourceUnavailable

log = logging.getLogger("videobar.media")

OPEN_S: Final = 5.0
READ_S: Final = 5.0
"""Timeout of a camera for an answer, and then for a picture."""
CLOSE_S: Final = 1.0
_LATE_S: Final = 0.5
"""A file that is behind by so much is not hurried through: it goes on from there."""

_USUAL_RATE: Final = 25
"""Pictures a second where there are no timestamps."""


RTSP_OPTIONS: Final = {
    "rtsp_flags": "prefer_tcp",
    # What libav would learn of the rate is not needed, and at one picture a second takes it longer than `OPEN_S`.
    "fpsprobesize": "0",
    "analyzeduration": "500000",
}


@dataclass(frozen=True)
class Stream:
    """Stream that libav opens. `shown` names it without any password."""

    where: str
    shown: str
    format: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    live: bool = True
    """True if it gives pictures at its own pace; else it is played at the pace of its timestamps, again and again."""
    matrix: Colorspace | None = None
    """Matrix of its frames where they name none; see `Converter`."""


class StreamSource:
    """Implements `VideoSource`, `Pointable` and `Surveyable`. A thread of its own reads and decodes.

    Pictures have the size of the stream, at most 1920 by 1080. Raises `VideoSourceUnavailable` when nothing can be
    opened; a stream that ends or breaks gives no more pictures.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._closed = threading.Event()
        self._latest: Frame | None = None
        self._still = False
        self._given: tuple[Frame, tuple[int, int, int, int], Frame] | None = None
        self._view = (0, 0, -LIMIT, 0)
        self._opened = ExitStack()
        opened = self._opened.enter_context(_open(stream))
        self._reader = threading.Thread(target=self._read, args=(opened,), name="near-stream", daemon=True)
        self._reader.start()

    def point(self, pan: int, tilt: int, zoom: int, focus: int = 0) -> None:
        """Show another part from the next picture on."""
        self._view = (pan, tilt, zoom, focus)

    def frame(self, at_s: float) -> Frame | None:
        """The newest picture, or `None` when there has been none since."""
        latest = self._latest
        if latest is None:
            return None
        if self._given is not None and self._given[:2] == (latest, self._view):
            return self._given[2] if self._still else None
        shown = self._show(latest)
        self._given = latest, self._view, shown
        return shown

    def survey(self, at_s: float) -> Survey | None:
        """All of the newest picture."""
        latest = self._latest
        return None if latest is None else Survey(shrink(latest.y), Lens(*latest.size))

    def close(self) -> None:
        """Let go of it; twice is harmless."""
        self._closed.set()
        if self._reader is not threading.current_thread():
            self._reader.join(CLOSE_S)  # one that still waits for the network ends by its time-out

    def _show(self, picture: Frame) -> Frame:
        window = Lens(*picture.size).window(*self._view[:3])
        width, height = picture.size
        if width > LARGEST_SIZE[0] or height > LARGEST_SIZE[1]:
            width, height = fitting(picture.size, LARGEST_SIZE)
        if (window.width, window.height) == (width, height) and not self._view[3]:
            return picture
        return show(picture, window, width, height, self._view[3])

    def _read(self, opened: OpenedFile) -> None:
        try:
            while True:
                self._play(opened)
                if self._stream.live or self._still or self._closed.is_set():
                    break
                opened.rewind()
        except av.FFmpegError as error:
            log.info("%s ended: %s", self._stream.shown, error.strerror or error)
        except (OSError, ValueError) as error:
            log.info("%s ended: %s", self._stream.shown, error)
        finally:
            self._opened.close()
        if self._still:
            return
        # What was seen last is not what is seen now.
        self._latest = None

    def _play(self, opened: OpenedFile) -> None:
        """Read to the end, once."""
        began: float | None = None
        count = 0
        for frame in opened.frames():
            if self._closed.is_set():
                return
            if not self._stream.live:
                due = frame.time if frame.time is not None else count / _USUAL_RATE
                now = time.monotonic()
                if began is None or now - began - due > _LATE_S:
                    began = now - due
                if self._closed.wait(max(0.0, began + due - now)):
                    return
            self._latest = opened.convert(frame)
            count += 1
        self._still = count == 1 and not self._stream.live


@contextmanager
def _open(stream: Stream) -> Iterator[OpenedFile]:
    with ExitStack() as opened:
        try:
            if stream.live:
                container = opened.enter_context(
                    av.open(
                        stream.where,
                        format=stream.format,
                        options=dict(stream.options),
                        timeout=(OPEN_S, READ_S),
                    )
                )
                shown = OpenedFile(container, stream.shown, matrix=stream.matrix)
            else:
                shown = opened.enter_context(open_picture_file(Path(stream.where)))
        except (av.FFmpegError, OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise VideoSourceUnavailable(f"near source: {stream.shown}: {reason}") from None
        except VideoSourceUnavailable as error:
            raise VideoSourceUnavailable(f"near source: {error}") from None
        yield shown


def open_stream(scheme: str, rest: str) -> StreamSource:
    """Open the source of a URL, by its scheme and what follows the colon. Raises `VideoSourceUnavailable`."""
    return {"file": open_file, "rtsp": open_rtsp, "v4l2": open_v4l2}[scheme](rest)


def open_file(rest: str) -> StreamSource:
    """`file:PATH`: a picture, or a film that is played again and again."""
    path = Path(rest)
    if not path.is_file():
        raise VideoSourceUnavailable(f"near source: there is no file {rest}")
    return StreamSource(Stream(str(path.absolute()), str(path), live=False))


def open_rtsp(rest: str) -> StreamSource:
    """`rtsp://HOST…`: a network camera, over TCP because nothing else passes every network; over UDP if it must be."""
    return StreamSource(
        Stream(f"rtsp:{rest}", f"rtsp://{rest.rpartition('@')[2].lstrip('/')}", "rtsp", RTSP_OPTIONS)
    )


def open_v4l2(rest: str) -> StreamSource:
    """`v4l2:DEVICE`: a camera of this computer."""
    try:
        require_video_device(rest)
    except OSError as error:
        raise VideoSourceUnavailable(f"near source: {rest}: {error.strerror}") from None
    # Drivers that tell of no other matrix have that of BT.601 (V4L2_YCBCR_ENC_DEFAULT of V4L2_COLORSPACE_SRGB).
    return StreamSource(Stream(rest, rest, "v4l2", matrix=Colorspace.ITU601))
