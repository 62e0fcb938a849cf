"""Where the near picture comes from."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from videobar.media.picture import Picture, filled, yuv

if TYPE_CHECKING:
    from videobar.media.faces import Survey

DEFAULT_SIZE: Final = (1280, 720)
LARGEST_SIZE: Final = (1920, 1080)


class PictureSourceUnavailable(Exception):
    """The URL names a source that cannot be used (now); the text says why, for people."""


class PictureSource(Protocol):
    """Gives pictures. All methods are called from the near thread, so they may block for a frame's time."""

    def picture(self, at_s: float) -> Picture | None:
        """What is seen at monotonic time `at_s`: called at most 30 times a second, and only while somebody looks.

        `None` when there is nothing new, or nothing at all any more.
        """
        ...

    def close(self) -> None:
        """Let go of files and devices; twice is harmless."""
        ...


@runtime_checkable
class Pointable(Protocol):
    """A source that can look elsewhere."""

    def point(self, pan: int, tilt: int, zoom: int, focus: int = 0) -> None:
        """Look there from the next picture on: -50000 to 50000 each, as the API counts; focus 0 is sharp."""
        ...


@runtime_checkable
class Surveyable(Protocol):
    """A source in which people can be looked for, beyond what it shows."""

    def survey(self, at_s: float) -> Survey | None:
        """All that it could show at that time; `None` before its first picture."""
        ...


COLOURS: Final = (
    (235, 235, 235),
    (235, 235, 16),
    (16, 235, 235),
    (16, 235, 16),
    (235, 16, 235),
    (235, 16, 16),
    (16, 16, 235),
    (16, 16, 16),
)
"""The bars of the pattern from left to right, in RGB."""
_PERIOD_S: Final = 4.0
"""Time in which the square crosses the picture once."""


class PatternSource:
    """Eight colour bars over a grey floor, on which a white square walks from left to right in four seconds."""

    def __init__(self, width: int, height: int) -> None:
        self._bars = _bars(width, height)

    def picture(self, at_s: float) -> Picture:
        """The bars, and the square where it is at that time."""
        bars = self._bars
        side = bars.height // 8 * 2
        span = bars.width - side
        left = int(at_s % _PERIOD_S / _PERIOD_S * span) // 2 * 2
        top = bars.height - side
        y = bars.y.copy()
        y[top:, left : left + side] = 235
        return Picture(bars.width, bars.height, y, bars.u, bars.v)

    def close(self) -> None:
        """Nothing to let go of."""


def _bars(width: int, height: int) -> Picture:
    picture = filled(width, height, y=90)
    floor = height - height // 8 * 2
    for index, colour in enumerate(COLOURS):
        left, right = (width * edge // len(COLOURS) // 2 * 2 for edge in (index, index + 1))
        for plane, value in zip(picture.planes, yuv(*colour), strict=True):
            scale = 1 if plane is picture.y else 2
            plane[: floor // scale, left // scale : right // scale] = value
    return picture


def parse_size(text: str) -> tuple[int, int]:
    """Width and height from `WIDTHxHEIGHT`, or the default from nothing. Raises `PictureSourceUnavailable`."""
    if not text:
        return DEFAULT_SIZE
    width, _, height = text.partition("x")
    if not (width.isascii() and width.isdigit() and height.isascii() and height.isdigit()):
        raise PictureSourceUnavailable(f"near source: {text!r} is no size like 1280x720")
    size = (int(width[:6]), int(height[:6]))
    if not all(64 <= each <= most and each % 2 == 0 for each, most in zip(size, LARGEST_SIZE, strict=True)):
        raise PictureSourceUnavailable(
            f"near source: {text} is not even, or not within 64x64 to {LARGEST_SIZE[0]}x{LARGEST_SIZE[1]}"
        )
    return size


def _open_pattern(rest: str) -> PictureSource:
    return PatternSource(*parse_size(rest))


def _open_drawn(rest: str) -> PictureSource:
    from videobar.media.drawn.source import DrawnSource  # OpenCV takes its time and memory

    return DrawnSource(*parse_size(rest))


def _open_stream(scheme: str, rest: str) -> PictureSource:
    from videobar.media.stream_source import open_stream  # OpenCV takes its time and memory

    return open_stream(scheme, rest)


def _open_nothing(rest: str) -> PictureSource:
    raise PictureSourceUnavailable("there is no camera")


SCHEMES: Final[dict[str, Callable[[str], PictureSource]]] = {
    "pattern": _open_pattern,
    "drawn": _open_drawn,
    "file": partial(_open_stream, "file"),
    "rtsp": partial(_open_stream, "rtsp"),
    "v4l2": partial(_open_stream, "v4l2"),
    "none": _open_nothing,
}
"""What opens a source, by the scheme of its URL; called on the near thread with what follows the colon."""


def open_source(url: str) -> PictureSource:
    """The source that a URL names. May take its time.

    `drawn:` or `pattern:`, with a size such as `1280x720` if need be; `file:PATH`; `rtsp://HOST…`; `v4l2:DEVICE`; or
    `none:`, which is never there.

    Raises `PictureSourceUnavailable`.
    """
    scheme, colon, rest = url.strip().partition(":")
    opener = SCHEMES.get(scheme.lower())
    if opener is None or not colon:
        known = ", ".join(f"{each}:" for each in SCHEMES)
        raise PictureSourceUnavailable(f"near source: {shown(url)!r} does not begin with one of {known}")
    return opener(rest)


def shown(url: str) -> str:
    """A URL as people and logs may see it: without user and password."""
    scheme, slashes, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if slashes else url
