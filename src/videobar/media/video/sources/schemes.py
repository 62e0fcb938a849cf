"""URL schemes of video sources: cameras' and content's, in one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from videobar.media.video.sources.content import open_film, open_page, open_picture, open_slide
from videobar.media.video.sources.pattern import PatternSource
from videobar.media.video.sources.source import VideoSource, VideoSourceUnavailable, parse_size, shown


@dataclass(frozen=True, slots=True)
class Scheme:
    """URL scheme: opens a source of what follows the colon, on the thread that takes pictures of it."""

    open: Callable[[str], VideoSource]
    is_content: bool = False
    """True for content, false for cameras."""
    moves: bool = True
    """True if its pictures change by themselves."""


def _open_pattern(rest: str) -> VideoSource:
    return PatternSource(*parse_size(rest))


def _open_drawn(rest: str) -> VideoSource:
    from videobar.media.drawn.source import DrawnSource  # OpenCV takes its time and memory

    return DrawnSource(*parse_size(rest))


def _open_stream(scheme: str, rest: str) -> VideoSource:
    from videobar.media.video.sources.stream import open_stream  # OpenCV takes its time and memory

    return open_stream(scheme, rest)


def _open_nothing(rest: str) -> VideoSource:
    raise VideoSourceUnavailable("there is no camera")


SCHEMES: Final[dict[str, Scheme]] = {
    "pattern": Scheme(_open_pattern),
    "drawn": Scheme(_open_drawn),
    "file": Scheme(partial(_open_stream, "file")),
    "rtsp": Scheme(partial(_open_stream, "rtsp")),
    "v4l2": Scheme(partial(_open_stream, "v4l2")),
    "none": Scheme(_open_nothing),
    "slide": Scheme(open_slide, is_content=True, moves=False),
    "picture": Scheme(open_picture, is_content=True, moves=False),
    "pdf": Scheme(open_page, is_content=True, moves=False),
    "video": Scheme(open_film, is_content=True),
}


def open_source(url: str) -> VideoSource:
    """The source that a camera's URL names. May take its time.

    `drawn:` or `pattern:`, with a size such as `1280x720` if need be; `file:PATH`; `rtsp://HOST…`; `v4l2:DEVICE`; or
    `none:`, which is never there.

    Raises `VideoSourceUnavailable`.
    """
    name, colon, rest = url.strip().partition(":")
    scheme = SCHEMES.get(name.lower())
    if scheme is None or scheme.is_content or not colon:
        known = ", ".join(f"{each}:" for each, scheme in SCHEMES.items() if not scheme.is_content)
        raise VideoSourceUnavailable(f"near source: {shown(url)!r} does not begin with one of {known}")
    return scheme.open(rest)


def open_content(url: str) -> VideoSource:
    """The source that content's URL names: `slide:`, `picture:PATH`, `pdf:PATH#PAGE` (pages from 1), `video:PATH`.

    May take its time. Raises `VideoSourceUnavailable`.
    """
    name, _, rest = url.partition(":")
    scheme = SCHEMES.get(name)
    if scheme is None or not scheme.is_content:
        raise VideoSourceUnavailable(f"{url!r} is no content")
    return scheme.open(rest)


def moves(url: str) -> bool:
    """True if the pictures of content's URL change by themselves."""
    scheme = SCHEMES.get(url.partition(":")[0])
    return scheme is not None and scheme.is_content and scheme.moves
