"""The media line of floor control (RFC 8856), as offers and answers have it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from videobar.bfcp.floor import FloorTerms, Ids
from videobar.sip.sdp.description import Attribute, Media
from videobar.sip.sdp.offer_answer import MediaAnswer, RemoteMediaLine

CONTENT_LABEL: Final = "3"
"""`a=label` (RFC 4574) of our content stream, by which the floor names it."""
CLIENT_ONLY, SERVER_ONLY, EITHER = "c-only", "s-only", "c-s"
_UDP, _TCP = "UDP/BFCP", "TCP/BFCP"


@dataclass(frozen=True)
class AgreedFloor:
    """Floor control as agreed. `active` is whether we make the connection, where there is one."""

    terms: FloorTerms
    role: str
    """Ours, as the line says it."""
    reliable: bool
    active: bool
    remote_address: str
    remote_port: int


class FloorNegotiation:
    """Our side of the line; implements `sip.sdp.offer_answer.Line`. We offer UDP, and take either.

    Of two that can do both, the answerer is the server.
    """

    def __init__(self, udp_port: int, tcp_port: int) -> None:
        self._udp_port, self._tcp_port = udp_port, tcp_port
        self._ids = Ids(random.randrange(1, 1 << 31), random.randrange(1, 1 << 15))
        self._agreed: AgreedFloor | None = None

    def commit(self, agreed: AgreedFloor | None) -> None:
        """Use this agreement from now on: a role is kept for as long as the line is in use."""
        self._agreed = agreed

    def offer(self, *, everything: bool = False) -> Media:
        """See `MediaLine`."""
        role = EITHER if self._agreed is None else self._agreed.role
        return self._line(role, reliable=self._agreed is not None and self._agreed.reliable, setup="actpass")

    def answer(self, theirs: RemoteMediaLine) -> MediaAnswer | None:
        """See `MediaLine`."""
        protocol = theirs.media.protocol.upper()
        offered = _roles_of(theirs.media, default=CLIENT_ONLY)
        if self._agreed is not None and _opposite(self._agreed.role) & offered:
            role = self._agreed.role
        else:
            role = SERVER_ONLY if offered & {CLIENT_ONLY, EITHER} else CLIENT_ONLY
        if protocol not in (_UDP, _TCP) or theirs.address is None or not offered:
            return None
        active = (theirs.media.attribute("setup") or "actpass").lower() == "passive"
        line = self._line(role, reliable=protocol == _TCP, setup="active" if active else "passive")
        return MediaAnswer(line, self._agree(theirs, role, active=active))

    def take_answer(self, ours: Media, theirs: RemoteMediaLine) -> AgreedFloor | None:
        """See `MediaLine`."""
        offered = ours.attribute("floorctrl") or EITHER
        answered = _roles_of(theirs.media, default=SERVER_ONLY)
        if theirs.media.protocol.upper() != ours.protocol or theirs.address is None or not answered:
            return None
        opposite = SERVER_ONLY if CLIENT_ONLY in answered else CLIENT_ONLY
        role = offered if EITHER in answered else opposite
        setup = (theirs.media.attribute("setup") or "active").lower()
        return self._agree(theirs, role, active=setup == "passive")

    def _agree(self, theirs: RemoteMediaLine, role: str, *, active: bool) -> AgreedFloor:
        far = _ids_of(theirs.media)
        return AgreedFloor(
            terms=FloorTerms(
                client=far if role in (CLIENT_ONLY, EITHER) else None,
                server=self._ids if role in (SERVER_ONLY, EITHER) else None,
            ),
            role=role,
            reliable=theirs.media.protocol.upper() == _TCP,
            active=active,
            remote_address=theirs.address or "",
            remote_port=theirs.media.port,
        )

    def _line(self, role: str, *, reliable: bool, setup: str) -> Media:
        attributes: list[Attribute] = [("floorctrl", role)]
        if role != CLIENT_ONLY:
            attributes += [
                ("confid", str(self._ids.conference)),
                ("userid", str(self._ids.user)),
                ("floorid", f"{self._ids.floor} mstrm:{CONTENT_LABEL}"),
            ]
        attributes += [("setup", setup), ("connection", "existing" if self._agreed is not None else "new")]
        return Media(
            "application",
            self._tcp_port if reliable else self._udp_port,
            _TCP if reliable else _UDP,
            ("*",),
            attributes=tuple(attributes),
        )


def _roles_of(media: Media, *, default: str) -> set[str]:
    """The roles that a line takes: one, or several where it was written by RFC 4583."""
    value = media.attribute("floorctrl")
    said = {default} if value is None else set(value.lower().split())
    return said & {CLIENT_ONLY, SERVER_ONLY, EITHER}


def _opposite(role: str) -> set[str]:
    """Roles that the far end may have where we are `role`."""
    return {CLIENT_ONLY: {SERVER_ONLY, EITHER}, SERVER_ONLY: {CLIENT_ONLY, EITHER}}.get(role, {EITHER})


def _ids_of(media: Media) -> Ids:
    """Ids that a server's line names; 1 for those that it leaves out, as old systems do."""
    floor = (media.attribute("floorid") or "1").split()
    return Ids(
        conference=_long_number(media.attribute("confid"), 0xFFFF_FFFF),
        user=_long_number(media.attribute("userid"), 0xFFFF),
        floor=_long_number(floor[0] if floor else None, 0xFFFF),
    )


def _long_number(text: str | None, most: int) -> int:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) > most:
        return 1
    return int(text)
