"""What content is made of: a test slide, a picture, a page of a document, a film. All are `PictureSource`s."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, Final

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from videobar.files import open_regular
from videobar.media.media_file import open_media
from videobar.media.pattern import COLOURS
from videobar.media.picture import Picture, Scaler, fitting, from_frame, from_rgb
from videobar.media.picture_source import LARGEST_SIZE, PictureSource, PictureSourceUnavailable

STILL_EVERY_S: Final = 0.2
"""What does not move is given so often: decoders recover, and whoever comes late sees it."""
MOST_PIXELS: Final = 64_000_000
"""Larger pictures are not decoded: a small file can claim to be of any size."""
SLIDE_SIZE: Final = (1280, 720)
GRID_COLUMNS: Final = 16
"""Of the test slide."""


class Still:
    """One picture, again and again."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._next_at = float("-inf")

    def picture(self, at_s: float) -> Picture | None:
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
        self._reformatter = VideoReformatter()
        self._scaler = Scaler()
        self._frames = self._open()
        self._began: float | None = None
        self._waiting: tuple[float, av.VideoFrame] | None = None

    def picture(self, at_s: float) -> Picture | None:
        """The latest frame that is due."""
        if self._began is None:
            self._began = at_s
        shown: av.VideoFrame | None = None
        while True:
            if self._waiting is None:
                self._waiting = next(self._frames, None)
                if self._waiting is None:
                    if shown is None and at_s - self._began <= 0:
                        raise PictureSourceUnavailable(f"{self._path.name} has no pictures")
                    self._frames, self._began = self._open(), at_s
                    break
            due_s, frame = self._waiting
            if due_s > at_s - self._began:
                break
            shown, self._waiting = frame, None
        return None if shown is None else _fitted(from_frame(shown, self._reformatter), self._scaler)

    def close(self) -> None:
        """Close the file."""
        self._frames.close()  # type: ignore[attr-defined]

    def _open(self) -> Iterator[tuple[float, av.VideoFrame]]:
        return _frames_of(self._path)


def _frames_of(path: Path) -> Iterator[tuple[float, av.VideoFrame]]:
    """The frames of a file with their times in seconds. Raises `PictureSourceUnavailable`."""
    try:
        with open_media(path) as container:
            stream = _picture_stream(container, path)
            first: float | None = None
            for frame in container.decode(stream):
                time_s = float(frame.time or 0.0)
                first = time_s if first is None else first
                yield time_s - first, frame
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise PictureSourceUnavailable(f"{path.name} cannot be read: {error}") from error


def _picture_stream(container: Any, path: Path) -> Any:
    if not container.streams.video:
        raise PictureSourceUnavailable(f"{path.name} has no pictures")
    stream = container.streams.video[0]
    if stream.width * stream.height > MOST_PIXELS:
        raise PictureSourceUnavailable(f"{path.name} is too large: {stream.width}x{stream.height}")
    return stream


def _fitted(picture: Picture, scaler: Scaler) -> Picture:
    """As it is, or smaller where it is larger than can be shown."""
    if picture.width <= LARGEST_SIZE[0] and picture.height <= LARGEST_SIZE[1]:
        return picture
    return scaler.stretch(picture, *fitting(picture.size, LARGEST_SIZE))


def _slide() -> Picture:
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


def _open_slide(rest: str) -> PictureSource:
    return Still(_slide())


def _open_picture(rest: str) -> PictureSource:
    path = Path(rest)
    for _, frame in _frames_of(path):
        if frame.width < 2 or frame.height < 2:
            break
        return Still(_fitted(from_frame(frame), Scaler()))
    raise PictureSourceUnavailable(f"{path.name} has no picture")


def _open_page(rest: str) -> PictureSource:
    if find_spec("pypdfium2") is None:
        raise PictureSourceUnavailable("to show PDF pages, install videobar with the extra `pdf`")
    name, _, page_text = rest.rpartition("#")
    path, number = Path(name), int(page_text)
    try:
        file = open_regular(path)
    except OSError as error:
        raise PictureSourceUnavailable(f"{path.name} cannot be read: {error.strerror}") from error
    with file:
        return _page(file, path.name, number)


def _page(file: BinaryIO, name: str, number: int) -> PictureSource:
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(file)
    except (pdfium.PdfiumError, OSError) as error:
        raise PictureSourceUnavailable(f"{name} cannot be read: {error}") from error
    try:
        if not 1 <= number <= len(document):
            raise PictureSourceUnavailable(f"{name} has {len(document)} pages, and no page {number}")
        page = document[number - 1]
        width, height = page.get_size()
        scale = min(LARGEST_SIZE[0] / max(width, 1), LARGEST_SIZE[1] / max(height, 1))
        pixels = page.render(scale=scale, rev_byteorder=True).to_numpy()[..., :3]
        return Still(from_rgb(_even(pixels)))
    except pdfium.PdfiumError as error:
        raise PictureSourceUnavailable(f"page {number} of {name} cannot be drawn: {error}") from error
    finally:
        document.close()


def _even(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Without an odd last row or column, and no larger than can be shown; at least one block."""
    height, width = pixels.shape[0] // 2 * 2, pixels.shape[1] // 2 * 2
    if not height or not width:
        raise PictureSourceUnavailable("the page is too narrow to be shown")
    return pixels[: min(height, LARGEST_SIZE[1]), : min(width, LARGEST_SIZE[0])]


def _open_film(rest: str) -> PictureSource:
    return Film(Path(rest))


SCHEMES: Final[dict[str, Callable[[str], PictureSource]]] = {
    "slide": _open_slide,
    "picture": _open_picture,
    "pdf": _open_page,
    "video": _open_film,
}


def moves(url: str) -> bool:
    """Whether what a URL names changes by itself."""
    return url.startswith("video:")


def open_content(url: str) -> PictureSource:
    """The source that a URL names: `slide:`, `picture:PATH`, `pdf:PATH#PAGE` (pages from 1), `video:PATH`.

    May take its time. Raises `PictureSourceUnavailable`.
    """
    scheme, _, rest = url.partition(":")
    opener = SCHEMES.get(scheme)
    if opener is None:
        raise PictureSourceUnavailable(f"{url!r} is no content")
    return opener(rest)
