"""The source of near pictures that a URL names."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from videobar.media.video.sources.pattern import PatternSource
from videobar.media.video.sources.source import PictureSource, PictureSourceUnavailable, parse_size, shown


def _open_pattern(rest: str) -> PictureSource:
    return PatternSource(*parse_size(rest))


def _open_drawn(rest: str) -> PictureSource:
    from videobar.media.drawn.source import DrawnSource  # OpenCV takes its time and memory

    return DrawnSource(*parse_size(rest))


def _open_stream(scheme: str, rest: str) -> PictureSource:
    from videobar.media.video.sources.stream import open_stream  # OpenCV takes its time and memory

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
