"""Offers and answers (RFC 3264) over any number of media lines, each looked after by a `MediaLine` of its role.

Lines know nothing of each other; `Negotiation` keeps their places: what has been a media line once stays one, in its
place, with port 0 when it is refused or no longer wanted (section 8).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from videobar.sip.sdp.description import Media, MediaRole, Origin, SessionDescription
from videobar.vocabulary import StreamDirection


@dataclass(frozen=True)
class RemoteMediaLine:
    """A media line of the far end, within the description that it belongs to."""

    description: SessionDescription
    media: Media

    @property
    def address(self) -> str | None:
        """Destination of media: a unicast address literal, or the unspecified address of a hold of RFC 2543.

        None for a name, which would have to be resolved while media runs, and for a multicast group.
        """
        address = self.description.address_of(self.media)
        return address if address is not None and (is_unicast(address) or is_nowhere(address)) else None

    @property
    def direction(self) -> StreamDirection:
        """Its direction as the far end sees it, with the hold of RFC 2543."""
        direction = direction_of(self.description, self.media)
        return direction.held if is_nowhere(self.address or "") else direction

    @property
    def rtcp(self) -> tuple[str, int]:
        """Destination of RTCP: the RTP port when multiplexed, `a=rtcp` (RFC 3605), or the next port."""
        address = self.address or ""
        if self.media.attribute("rtcp-mux") is not None:
            return address, self.media.port
        parts = (self.media.attribute("rtcp") or "").split()
        port = small_number(parts[0]) if parts else None
        if port is None or not 0 < port < 65536:
            return address, min(self.media.port + 1, 65535)
        return parts[3] if len(parts) == 4 and is_unicast(parts[3]) else address, port

    @property
    def bandwidth(self) -> int | None:
        """Bandwidth in kbit/s, None where none is given; the media's own wins over the session's."""
        return bandwidth_of(self.media.bandwidth) or bandwidth_of(self.description.bandwidth)


@dataclass(frozen=True)
class MediaAnswer:
    """Our answer to one media line, and what both sides have agreed on with it, in the words of the line's kind."""

    media: Media
    agreed: Any


class MediaLine(Protocol):
    """Our side of one media line. Its methods change nothing: what is agreed counts when all lines have agreed."""

    def offer(self, *, everything: bool) -> Media | None:
        """The line as we offer it now; None to leave it out, or to refuse it where it has a place already.

        Where it is in use, what is in use is enough, unless `everything` that we can do is asked for.
        """
        ...

    def answer(self, theirs: RemoteMediaLine) -> MediaAnswer | None:
        """Our answer to a far end's line, None to refuse it. Its port is not 0."""
        ...

    def take_answer(self, ours: Media, theirs: RemoteMediaLine) -> Any | None:
        """Result of our offered line and the answer to it; None where that does not fit. Its port is not 0."""
        ...


class Negotiation:
    """One session's descriptions. `lines` may be changed between offers; each description has a higher version."""

    def __init__(self, origin: Origin, address: str, bandwidth: int | None = None) -> None:
        self.lines: dict[MediaRole, MediaLine] = {}
        """Media lines in the order in which they are offered."""
        self.bandwidth = bandwidth
        """Bandwidth of all media together, in kbit/s; None leaves it out."""
        self._origin = origin
        self._address = address
        self._current: SessionDescription | None = None
        self._roles: tuple[MediaRole, ...] = ()
        """Role of each media line of the session."""
        self._offered: tuple[SessionDescription, tuple[MediaRole, ...]] | None = None

    def offer(self, *, everything: bool = False) -> SessionDescription:
        """A new offer: lines that there were keep their places, those that are new come after them.

        `everything` is for a far end that asks what we can do (RFC 3261 section 14.2), perhaps on behalf of another.
        """
        media = [line.refused() for line in self._current.media] if self._current is not None else []
        roles = list(self._roles)
        for role, line in self.lines.items():
            offered = line.offer(everything=everything)
            if role in roles and offered is not None:
                media[roles.index(role)] = offered
            elif offered is not None:
                roles.append(role)
                media.append(offered)
        description = self._describe(media)
        self._offered = (description, tuple(roles))
        return description

    def answer(self, offer: SessionDescription) -> tuple[SessionDescription, Mapping[MediaRole, Any]]:
        """Our answer to an offer, and what is agreed by role. Nothing counts until `commit`."""
        media = [line.refused() for line in offer.media]
        roles = [self._role(index, line) for index, line in enumerate(offer.media)]
        agreed: dict[MediaRole, Any] = {}
        for role, line in self.lines.items():
            for index in self._places(role, roles):
                theirs = RemoteMediaLine(offer, offer.media[index])
                answered = line.answer(theirs) if theirs.media.port else None
                if answered is not None:
                    media[index], agreed[role] = answered.media, answered.agreed
                    # Of two lines of one role the other one has none: it must not take this one's place later.
                    roles = [
                        MediaRole.OTHER if each is role and other != index else each
                        for other, each in enumerate(roles)
                    ]
                    break
        description = self._describe(media)
        self._offered = (description, tuple(roles))
        return description, agreed

    def take_answer(self, answer: SessionDescription) -> Mapping[MediaRole, Any]:
        """Result of our last offer and the answer to it, by role; it takes effect with `commit`.

        Raises `LookupError` when nothing was offered.
        """
        if self._offered is None:
            raise LookupError("an answer to no offer")
        offer, roles = self._offered
        agreed = {}
        for role, ours, theirs in zip(roles, offer.media, answer.media, strict=False):
            fits = ours.port and theirs.port and ours.kind == theirs.kind
            line = self.lines.get(role)
            found = (
                line.take_answer(ours, RemoteMediaLine(answer, theirs)) if fits and line is not None else None
            )
            if found is not None:
                agreed[role] = found
        return agreed

    def commit(self) -> None:
        """Put the last offer or answer into effect."""
        if self._offered is not None:
            self._current, self._roles = self._offered
            self._offered = None

    def _role(self, index: int, media: Media) -> MediaRole:
        """Role of a far end's line: the one it had before, unless another kind of media took its place."""
        known = self._roles[index] if index < len(self._roles) else MediaRole.OTHER
        same = self._current is not None and known is not MediaRole.OTHER
        return known if same and self._current.media[index].kind == media.kind else media.role  # type: ignore[union-attr]

    def _places(self, role: MediaRole, roles: list[MediaRole]) -> list[int]:
        """Indexes of the lines of a role, the one in use first."""
        places = [index for index, each in enumerate(roles) if each is role]
        return sorted(places, key=lambda index: self._roles[index : index + 1] != (role,))

    def _describe(self, media: list[Media]) -> SessionDescription:
        self._origin = self._origin.next_version()
        return SessionDescription(
            origin=self._origin,
            address=self._address,
            bandwidth=bandwidth_lines(self.bandwidth),
            media=tuple(media),
        )


def direction_of(description: SessionDescription, media: Media) -> StreamDirection:
    """Direction attribute of a line, or of the session for it; sendrecv where there is none."""
    for holder in (media, description):
        for direction in StreamDirection:
            if holder.attribute(direction.value) is not None:
                return direction
    return StreamDirection.SENDRECV


def bandwidth_of(lines: tuple[tuple[str, int], ...]) -> int | None:
    """Bandwidth of `b=` lines in kbit/s: TIAS (RFC 3890) before AS."""
    by_kind = dict(lines)
    if "TIAS" in by_kind:
        return by_kind["TIAS"] // 1000
    return by_kind.get("AS")


def bandwidth_lines(bandwidth: int | None) -> tuple[tuple[str, int], ...]:
    """The `b=` lines for a bandwidth in kbit/s."""
    return (("AS", bandwidth), ("TIAS", bandwidth * 1000)) if bandwidth is not None else ()


def is_unicast(address: str) -> bool:
    """True if it is an address literal that one host can have."""
    try:
        literal = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (literal.is_multicast or literal.is_unspecified or str(literal) == "255.255.255.255")


def is_nowhere(address: str) -> bool:
    """True if it is the address by which RFC 2543 said that nothing can be received."""
    return address in ("0.0.0.0", "::")


def small_number(text: str | None) -> int | None:
    """A number of at most six digits, or None."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 6:
        return None
    return int(text)
