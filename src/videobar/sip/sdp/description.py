"""Session descriptions (RFC 8866): a model of N media lines, a tolerant reader, an exact writer.

What the model has no name for is kept: attributes with their order, and other lines as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum

from videobar.sip.errors import MalformedDescription

MAX_DESCRIPTION = 65536
"""Longest description that is read, in bytes."""
MAX_LINES = 2000
"""Most lines in it."""
MAX_MEDIA = 64
"""Most media lines in it."""

_WORD = r"[^\s\x00]+"
_MEDIA = rf"({_WORD}) +(\d{{1,5}})(?:/\d{{1,5}})? +({_WORD})((?: +{_WORD})*)\Z"

Attribute = tuple[str, str | None]
"""`a=name` or `a=name:value`."""


class MediaRole(Enum):
    """Role of a media line in a call."""

    AUDIO = "audio"
    VIDEO_MAIN = "video-main"
    VIDEO_CONTENT = "video-content"
    FLOOR_CONTROL = "floor-control"
    """BFCP (RFC 8856)."""
    FAR_CAMERA = "far-camera"
    """H.281 over H.224 (RFC 4573)."""
    APPLICATION = "application"
    """Any other."""
    OTHER = "other"


@dataclass(frozen=True)
class Origin:
    """The `o=` line: who made the session, and which version of it this is."""

    username: str = "-"
    session_id: int = 0
    version: int = 0
    address: str = "0.0.0.0"

    def next_version(self) -> Origin:
        """The origin of a changed description."""
        return replace(self, version=self.version + 1)


@dataclass(frozen=True)
class Media:
    """A media line with what belongs to it; `port` 0 means refused.

    `address` is the `c=` of this media, None where the session's counts. `bandwidth` maps a type such as `AS` to its
    number. `other` are lines that have no field here.
    """

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    address: str | None = None
    bandwidth: tuple[tuple[str, int], ...] = ()
    attributes: tuple[Attribute, ...] = ()
    other: tuple[str, ...] = ()

    def attribute(self, name: str) -> str | None:
        """The value of the first attribute of that name; empty for a flag, None where it is absent."""
        return next((value or "" for key, value in self.attributes if key == name), None)

    def values(self, name: str) -> list[str]:
        """The values of all attributes of that name."""
        return [value or "" for key, value in self.attributes if key == name]

    @property
    def role(self) -> MediaRole:
        """Role of this line: video is main unless `a=content` says slides or the like (RFC 4796)."""
        if self.kind == "audio":
            return MediaRole.AUDIO
        if self.kind == "application":
            return self._application
        if self.kind != "video":
            return MediaRole.OTHER
        content = (self.attribute("content") or "main").lower().split(",")
        return (
            MediaRole.VIDEO_CONTENT if {"slides", "alt", "speaker"} & set(content) else MediaRole.VIDEO_MAIN
        )

    @property
    def _application(self) -> MediaRole:
        if self.protocol.upper().endswith("BFCP"):
            return MediaRole.FLOOR_CONTROL
        maps = (value.split()[-1:] for value in self.values("rtpmap"))
        return (
            MediaRole.FAR_CAMERA
            if any(name[0].upper() == "H224/4800" for name in maps if name)
            else MediaRole.APPLICATION
        )

    def refused(self) -> Media:
        """This line as an answer refuses it: port 0, the same kind, protocol and formats (RFC 3264 section 6)."""
        return Media(self.kind, 0, self.protocol, self.formats)


@dataclass(frozen=True)
class SessionDescription:
    """A whole description. `address` is the session's `c=`, None where each media line has its own."""

    origin: Origin = field(default_factory=Origin)
    name: str = "-"
    address: str | None = None
    bandwidth: tuple[tuple[str, int], ...] = ()
    attributes: tuple[Attribute, ...] = ()
    media: tuple[Media, ...] = ()
    other: tuple[str, ...] = ()

    def attribute(self, name: str) -> str | None:
        """The value of the first session attribute of that name; empty for a flag, None where it is absent."""
        return next((value or "" for key, value in self.attributes if key == name), None)

    def address_of(self, media: Media) -> str | None:
        """Destination address of a media line: its own, or the session's."""
        return media.address if media.address is not None else self.address

    @classmethod
    def parse(cls, data: bytes) -> SessionDescription:
        """Read a description with lines that end in CRLF, LF or CR.

        Lines that are no `letter=value` are ignored, and so is an unreadable `o=`, `c=` or `b=`; a media line that
        cannot be read makes the whole unusable, because the answer must have the same number of them.

        Raises:
            MalformedDescription: it is no description, or beyond the bounds.
        """
        return _Reader().read(data)

    def __bytes__(self) -> bytes:
        lines = ["v=0", _write_origin(self.origin), f"s={self.name or '-'}"]
        lines += [line for line in self.other if line[0] in "iuep"]
        lines += _write_common(self.address, self.bandwidth)
        lines.append("t=0 0")
        lines += [line for line in self.other if line[0] not in "iuep"]
        lines += _write_attributes(self.attributes)
        for media in self.media:
            lines.append(f"m={media.kind} {media.port} {media.protocol} {' '.join(media.formats)}")
            lines += media.other
            lines += _write_common(media.address, media.bandwidth)
            lines += _write_attributes(media.attributes)
        clean = (re.sub(r"[\r\n\x00]", " ", line) for line in lines)
        return "\r\n".join([*clean, ""]).encode("utf-8", "surrogateescape")


class _Reader:
    """Collects the lines of a description; what follows a media line belongs to it."""

    def __init__(self) -> None:
        self._description = SessionDescription()
        self._media: list[Media] = []

    def read(self, data: bytes) -> SessionDescription:
        if len(data) > MAX_DESCRIPTION:
            raise MalformedDescription("the description is too long")
        lines = re.split(r"\r\n|\n|\r", data.decode("utf-8", "surrogateescape"))
        if len(lines) > MAX_LINES:
            raise MalformedDescription("the description has too many lines")
        if lines[0].strip() != "v=0":
            raise MalformedDescription("the description does not begin with v=0")
        for line in lines[1:]:
            if len(line) >= 2 and line[1] == "=" and line[0].isascii() and line[0].isalpha():
                self._line(line[0], line[2:].strip())
        return replace(self._description, media=tuple(self._media))

    def _line(self, letter: str, value: str) -> None:
        if letter == "m":
            if len(self._media) >= MAX_MEDIA:
                raise MalformedDescription("the description has too many media lines")
            self._media.append(_parse_media(value))
        elif letter == "c":
            self._change(address=_parse_address(value))
        elif letter == "b":
            self._change(bandwidth=(*self._current.bandwidth, *_parse_bandwidth(value)))
        elif letter == "a":
            name, colon, rest = value.partition(":")
            self._change(attributes=(*self._current.attributes, (name, rest if colon else None)))
        elif letter == "o" and not self._media:
            self._description = replace(self._description, origin=_parse_origin(value))
        elif letter == "s" and not self._media:
            self._description = replace(self._description, name=value or "-")
        elif letter not in "vots":
            self._change(other=(*self._current.other, f"{letter}={value}"))

    @property
    def _current(self) -> Media | SessionDescription:
        return self._media[-1] if self._media else self._description

    def _change(self, **fields: object) -> None:
        if self._media:
            self._media[-1] = replace(self._media[-1], **fields)  # type: ignore[arg-type]
        else:
            self._description = replace(self._description, **fields)  # type: ignore[arg-type]


def _parse_media(value: str) -> Media:
    match = re.match(_MEDIA, value, re.ASCII)
    if not match or int(match[2]) > 65535:
        raise MalformedDescription("a media line is malformed")
    return Media(match[1].lower(), int(match[2]), match[3], tuple(match[4].split()))


def _parse_address(value: str) -> str | None:
    parts = value.split()
    if len(parts) != 3 or parts[0].upper() != "IN":
        return None
    return parts[2].partition("/")[0]


def _parse_bandwidth(value: str) -> Iterable[tuple[str, int]]:
    kind, colon, number = value.partition(":")
    number = number.strip()
    if colon and kind and number.isascii() and number.isdigit() and len(number) <= 12:
        yield kind.strip(), int(number)


def _parse_origin(value: str) -> Origin:
    parts = value.split()
    if len(parts) != 6 or not all(re.match(r"\d{1,20}\Z", part, re.ASCII) for part in parts[1:3]):
        return Origin()
    return Origin(parts[0], int(parts[1]), int(parts[2]), parts[5])


def _write_origin(origin: Origin) -> str:
    family = "IP6" if ":" in origin.address else "IP4"
    return f"o={origin.username} {origin.session_id} {origin.version} IN {family} {origin.address}"


def _write_common(address: str | None, bandwidth: tuple[tuple[str, int], ...]) -> list[str]:
    lines = []
    if address is not None:
        lines.append(f"c=IN {'IP6' if ':' in address else 'IP4'} {address}")
    return lines + [f"b={kind}:{number}" for kind, number in bandwidth]


def _write_attributes(attributes: tuple[Attribute, ...]) -> list[str]:
    return [f"a={name}" if value is None else f"a={name}:{value}" for name, value in attributes]
