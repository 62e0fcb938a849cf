"""The cameras of a room, as its settings name them.

Entries are separated by commas. Each is a URL, with what it is for and its name before it if need be:
`drawn:`, `content=file:/srv/slides.mp4`, `people.Lectern=visca://192.0.2.7`. A comma within a URL is written `%2C`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from videobar.adapters.cameras.drawn import drawn_camera
from videobar.clock import Clock
from videobar.room.cameras.port import Camera
from videobar.room.cameras.sources import Mounted, places
from videobar.vocabulary import SourceType

ENTRY: Final = re.compile(r"(?:(people|content)(?:\.([^=,]{1,64}))?=)?([a-z][a-z0-9+]*):(.*)", re.DOTALL)
KINDS: Final = {None: SourceType.PEOPLE, "people": SourceType.PEOPLE, "content": SourceType.CONTENT}


@dataclass(frozen=True)
class Configured:
    """One entry. The URL may carry a password, and is not shown."""

    kind: SourceType
    name: str
    scheme: str
    url: str = field(repr=False)


@dataclass(frozen=True)
class Surroundings:
    """What cameras are made with."""

    clock: Clock
    tracking: bool
    """Whether people can be found in pictures."""
    pointing: bool = True
    """Whether a part of a picture can be shown: that of content is always shown whole."""


Maker = Callable[[str, Surroundings], Camera]
"""Makes the camera of a URL. It opens nothing before the camera is started."""

MAKERS: Final[dict[str, Maker]] = {"drawn": drawn_camera}
"""How a camera is made, by the scheme of its URL."""


def cameras(value: str) -> tuple[Configured, ...]:
    """Read the setting; `none` is no camera. Raises `ValueError` saying what is expected, without the value."""
    if value.strip().lower() in ("none", ""):
        return ()
    read = tuple(
        _entry(number, text.strip()) for number, text in enumerate(value.split(","), 1) if text.strip()
    )
    for kind, word in ((SourceType.PEOPLE, "people"), (SourceType.CONTENT, "content")):
        if sum(each.kind is kind for each in read) > places(kind):
            raise ValueError(f"must not have more than {places(kind)} {word} sources")
    return read


def mount(configured: Sequence[Configured], surroundings: Surroundings) -> list[Mounted]:
    """Make the cameras; nothing is opened before they are started."""
    return [Mounted(each.kind, each.name, MAKERS[each.scheme](each.url, surroundings)) for each in configured]


def _entry(number: int, text: str) -> Configured:
    match = ENTRY.fullmatch(text)
    if match is None or match[3] not in MAKERS:
        schemes = ", ".join(f"{scheme}:" for scheme in MAKERS)
        raise ValueError(
            f"must have as entry {number} a URL that begins with one of {schemes}, "
            f"after people= or content= if need be"
        )
    kind, name, scheme, rest = match.groups()
    return Configured(KINDS[kind], name or "", scheme, f"{scheme}:{rest}")
