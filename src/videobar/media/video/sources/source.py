"""Interface of a video source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from videobar.media.video.frame import Frame

if TYPE_CHECKING:
    from videobar.media.video.faces import Survey


DEFAULT_SIZE: Final = (1280, 720)
LARGEST_SIZE: Final = (1920, 1080)


class VideoSourceUnavailable(Exception):
    """The URL names a source that cannot be used (now); the text says why, for people."""


class VideoSource(Protocol):
    """Gives pictures. All methods are called from the near thread, so they may block for a frame's time."""

    def frame(self, at_s: float) -> Frame | None:
        """Frame at monotonic time `at_s`; called at most 30 times a second, only while there are subscribers.

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


def parse_size(text: str) -> tuple[int, int]:
    """Width and height from `WIDTHxHEIGHT`, or the default from nothing. Raises `VideoSourceUnavailable`."""
    if not text:
        return DEFAULT_SIZE
    width, _, height = text.partition("x")
    if not (width.isascii() and width.isdigit() and height.isascii() and height.isdigit()):
        raise VideoSourceUnavailable(f"near source: {text!r} is no size like 1280x720")
    size = (int(width[:6]), int(height[:6]))
    if not all(64 <= each <= most and each % 2 == 0 for each, most in zip(size, LARGEST_SIZE, strict=True)):
        raise VideoSourceUnavailable(
            f"near source: {text} is not even, or not within 64x64 to {LARGEST_SIZE[0]}x{LARGEST_SIZE[1]}"
        )
    return size


def shown(url: str) -> str:
    """A URL as people and logs may see it: without user and password."""
    scheme, slashes, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if slashes else url
