"""The list of near sources as a device shows it: numbered places, each with or without a camera."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from videobar.room.cameras.port import Camera, CameraFacts
from videobar.vocabulary import SourceType

PEOPLE, CONTENT = SourceType.PEOPLE, SourceType.CONTENT

PLACES: Final = (
    (1, "Main", PEOPLE),
    (2, "HDMI Input", CONTENT),
    (3, "", PEOPLE),
    (4, "", PEOPLE),
    (5, "", PEOPLE),
    (6, "PPCIP", CONTENT),
    (7, "UILAYER1", CONTENT),
    (9, "rdpLP", PEOPLE),
    (10, "VIRTDEV1", PEOPLE),
    (11, "VIRTDEV2", PEOPLE),
    (12, "VIRTDEV3", PEOPLE),
    (13, "VIRTDEV4", PEOPLE),
)
"""Index, name and kind, as recorded from a Studio X30; there is no 8."""

NOBODY: Final = CameraFacts("")


@dataclass(frozen=True)
class Source:
    """A place in the list."""

    index: int
    name: str
    kind: SourceType
    camera: Camera | None = None

    @property
    def connected(self) -> bool:
        """True if there is a camera that works."""
        return self.camera is not None and self.camera.connected

    @property
    def facts(self) -> CameraFacts:
        """Abilities at present: none while the camera is not connected."""
        return self.camera.facts if self.camera is not None and self.camera.connected else NOBODY


@dataclass(frozen=True)
class Mounted:
    """A camera and what it is for; an empty name takes that of the place."""

    kind: SourceType
    name: str
    camera: Camera


def places(kind: SourceType) -> int:
    """Number of places in the list for cameras of a kind."""
    return sum(place_kind is kind for _, _, place_kind in PLACES)


def arrange(cameras: Iterable[Mounted]) -> tuple[Source, ...]:
    """The whole list, each camera in the first free place of its kind; those without a place are left out."""
    waiting = {kind: iter([each for each in cameras if each.kind is kind]) for kind in SourceType}
    sources = []
    for index, name, kind in PLACES:
        mounted = next(waiting[kind], None)
        if mounted is None:
            sources.append(Source(index, name, kind))
        else:
            sources.append(Source(index, mounted.name or name, kind, mounted.camera))
    return tuple(sources)
