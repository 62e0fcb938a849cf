"""Setting `cameras`: the entries of its text.

Entries are separated by commas. Each is a URL, with what it is for and its name before it if need be:
`drawn:`, `content=file:/srv/slides.mp4`, `people.Lectern=visca://192.0.2.7`. A comma within a URL is written `%2C`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from videobar.adapters.cameras.url import CameraUrl
from videobar.files import is_regular, require_video_device
from videobar.room.cameras.sources import places
from videobar.vocabulary import SourceType

ENTRY: Final = re.compile(r"(?:(people|content)(?:\.([^=,]{1,64}))?=)?([a-z][a-z0-9+]*):(.*)", re.DOTALL)
KINDS: Final = {None: SourceType.PEOPLE, "people": SourceType.PEOPLE, "content": SourceType.CONTENT}


class CameraScheme(StrEnum):
    """URL scheme of a camera; `factory.maker_of` has a maker for each, which mypy proves."""

    DRAWN = "drawn"
    PATTERN = "pattern"
    FILE = "file"
    V4L2 = "v4l2"
    RTSP = "rtsp"
    VISCA = "visca"
    ONVIF = "onvif"

    @property
    def is_on_network(self) -> bool:
        """True if its URLs name a host."""
        return self in (CameraScheme.RTSP, CameraScheme.VISCA, CameraScheme.ONVIF)


@dataclass(frozen=True)
class CameraSetting:
    """One entry. The URL may carry a password, and is not shown."""

    kind: SourceType
    name: str
    scheme: CameraScheme
    url: str = field(repr=False)

    def entry(self) -> str:
        """The entry as it is written, with its password."""
        described = self.kind is not SourceType.PEOPLE or self.name
        name = f".{self.name}" if self.name else ""
        return f"{self.kind.name.lower()}{name}={self.url}" if described else self.url


def cameras(value: str) -> tuple[CameraSetting, ...]:
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


def _entry(number: int, text: str) -> CameraSetting:
    match = ENTRY.fullmatch(text)
    if match is None or match[3] not in set(CameraScheme):
        schemes = ", ".join(f"{scheme}:" for scheme in CameraScheme)
        raise ValueError(
            f"must have as entry {number} a URL that begins with one of {schemes}, "
            f"after people= or content= if need be"
        )
    kind, name, scheme, rest = match.groups()
    if CameraScheme(scheme).is_on_network:
        try:
            CameraUrl.of(text[match.start(3) :], 1)
        except ValueError as error:
            raise ValueError(f"as entry {number} {error}") from None
    return CameraSetting(KINDS[kind], name or "", CameraScheme(scheme), f"{scheme}:{rest}")


def file_of(url: str) -> Path:
    """The path that a URL `file:PATH` names."""
    path = Path(unquote(url.removeprefix("file:").removeprefix("//")))
    with suppress(RuntimeError):  # there is no such user, so it is a name
        path = path.expanduser()
    return path.absolute()


def require_cameras(configured: Sequence[CameraSetting]) -> None:
    """Raises `ValueError` for a file or a device of this computer that is not there.

    A camera on the network that is off does not count: it may be there in a moment.
    """
    for number, each in enumerate(configured, 1):
        if each.scheme is CameraScheme.FILE and not is_regular(file_of(each.url)):
            raise ValueError(f"must have as entry {number} a file that exists, not {file_of(each.url)}")
        if each.scheme is CameraScheme.V4L2:
            device = each.url.removeprefix("v4l2:")
            try:
                require_video_device(device)
            except OSError as error:
                raise ValueError(
                    f"must have as entry {number} a video device, not {device}: {error.strerror}"
                ) from None
