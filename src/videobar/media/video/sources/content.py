"""Content sources: a test slide, a picture, a page of a document, a film."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, Final

import av
import numpy as np

from videobar.files import open_regular
from videobar.media.video.conversion import Converter, ToneMapper
from videobar.media.video.files.opened_file import OpenedFile, open_picture_file
from videobar.media.video.frame import Frame, from_rgb
from videobar.media.video.sources.pattern import COLOURS
from videobar.media.video.sources.source import LARGEST_SIZE, VideoSource, VideoSourceUnavailable

STILL_EVERY_S: Final = 0.2
"""Interval at which a still picture is repeated: decoders recover, and those who come late see it."""
SLIDE_SIZE: Final = (1280, 720)
GRID_COLUMNS: Final = 16
"""Columns of the test slide."""


class Still:
    """One picture, again and again."""

    def __init__(self, picture: Frame) -> None:
        self._picture = picture
        self._next_at = float("-inf")

    def frame(self, at_s: float) -> Frame | None:
        """The picture, five times a second."""
        if at_s < self._next_at:
            return None
        self._next_at = at_s + STILL_EVERY_S
        return self._picture

    def close(self) -> None:
        """Nothing to let go of."""


class Film:
    """A video file from its beginning to its end, and again, at its own pace."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mapper = ToneMapper()
        self._frames = _frames_of(path, self._mapper)
        self._began: float | None = None
        self._waiting: tuple[float, Callable[[], Frame]] | None = None

    def frame(self, at_s: float) -> Frame | None:
        """The latest frame that is due."""
        if self._began is None:
            self._began = at_s
        shown: Callable[[], Frame] | None = None
        while True:
            if self._waiting is None:
                self._waiting = next(self._frames, None)
                if self._waiting is None:
                    if shown is None and at_s - self._began <= 0:
                        raise VideoSourceUnavailable(f"{self._path.name} has no pictures")
                    self._frames, self._began = _frames_of(self._path, self._mapper), at_s
                    break
            due_s, frame = self._waiting
            if due_s > at_s - self._began:
                break
            shown, self._waiting = frame, None
        return None if shown is None else shown()

    def close(self) -> None:
        """Close the file."""
        self._frames.close()


def _frames_of(
    path: Path, mapper: ToneMapper | None = None
) -> Generator[tuple[float, Callable[[], Frame]], None, None]:
    """The frames of a file once.

    Both they and their pictures raise `VideoSourceUnavailable`.
    """
    try:
        with open_picture_file(path, within=LARGEST_SIZE, mapper=mapper) as opened:
            first: float | None = None
            for frame in opened.frames():
                time_s = float(frame.time or 0.0)
                first = time_s if first is None else first
                yield time_s - first, partial(_picture, opened, frame, path)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise VideoSourceUnavailable(f"{path.name} cannot be read: {_why(error)}") from error


def _picture(opened: OpenedFile, frame: av.VideoFrame, path: Path) -> Frame:
    try:
        return opened.convert(frame)
    except (av.error.FFmpegError, ValueError) as error:
        raise VideoSourceUnavailable(f"{path.name} cannot be shown: {_why(error)}") from error


def _why(error: Exception) -> str:
    """Libav's words, without its numbers and the names of its functions."""
    return getattr(error, "strerror", None) or str(error)


def _slide() -> Frame:
    """Bars, a grid and a circle, and a frame whose edges show whether anything is cut off."""
    width, height = SLIDE_SIZE
    pixels = np.full((height, width, 3), 245, np.uint8)
    for index, colour in enumerate(COLOURS):
        left, right = (width * edge // len(COLOURS) for edge in (index, index + 1))
        pixels[height // 3 : height * 2 // 3, left:right] = colour
    step = width // GRID_COLUMNS
    pixels[::step] = pixels[:, ::step] = 60
    rows, columns = np.ogrid[:height, :width]
    distance = np.hypot(rows - height / 2, columns - width / 2)
    pixels[np.abs(distance - height * 0.45) < 3] = 0
    for edge in (slice(0, 6), slice(-6, None)):
        pixels[edge] = pixels[:, edge] = 0
    return from_rgb(pixels)


def open_slide(rest: str) -> VideoSource:
    """A test slide."""
    return Still(_slide())


def open_picture(rest: str) -> VideoSource:
    """The first frame of the file at `rest`. Raises `VideoSourceUnavailable`."""
    path = Path(rest)
    with contextlib.closing(_frames_of(path)) as frames:
        for _, picture in frames:
            return Still(picture())
    raise VideoSourceUnavailable(f"{path.name} has no picture")


def open_page(rest: str) -> VideoSource:
    """A page of a PDF file, `PATH#PAGE`. Raises `VideoSourceUnavailable`."""
    if find_spec("pypdfium2") is None:
        raise VideoSourceUnavailable("to show PDF pages, install videobar with the extra `pdf`")
    name, _, page_text = rest.rpartition("#")
    path, number = Path(name), int(page_text)
    try:
        file = open_regular(path)
    except OSError as error:
        raise VideoSourceUnavailable(f"{path.name} cannot be read: {error.strerror}") from error
    with file:
        return _page(file, path.name, number)


def _page(file: BinaryIO, name: str, number: int) -> VideoSource:
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(file)
    except (pdfium.PdfiumError, OSError) as error:
        raise VideoSourceUnavailable(f"{name} cannot be read: {error}") from error
    try:
        if not 1 <= number <= len(document):
            raise VideoSourceUnavailable(f"{name} has {len(document)} pages, and no page {number}")
        page = document[number - 1]
        width, height = page.get_size()
        scale = min(LARGEST_SIZE[0] / max(width, 1), LARGEST_SIZE[1] / max(height, 1))
        pixels = page.render(scale=scale, rev_byteorder=True).to_numpy()[..., :3]
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        return Still(Converter(within=LARGEST_SIZE).convert(frame))
    except pdfium.PdfiumError as error:
        raise VideoSourceUnavailable(f"page {number} of {name} cannot be drawn: {error}") from error
    finally:
        document.close()


def open_film(rest: str) -> VideoSource:
    """The film at `rest`, whose pictures raise `VideoSourceUnavailable` where it cannot be shown."""
    return Film(Path(rest))
