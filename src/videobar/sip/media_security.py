"""How a media line is protected, as its description says it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from videobar.sip.sdp import Media

PLAIN_PROTOCOLS = ("RTP/AVP", "RTP/AVPF")
"""Media protocols without protection (RFC 3551, RFC 4585)."""


@dataclass(frozen=True)
class Secured:
    """A line of ours with what says how it is protected, and what was agreed on; `keys` None means nothing is."""

    media: Media
    keys: object | None = None


class MediaSecurity(Protocol):
    """One RTP line's protection. Its methods change nothing."""

    def offer(self, line: Media) -> Media:
        """`line` with its protocol and attributes as we offer protection."""
        ...

    def answer(self, line: Media, theirs: Media) -> Secured | None:
        """Our answer `line` with the protocol and attributes that answer theirs; None where it cannot be taken."""
        ...

    def take_answer(self, ours: Media, theirs: Media) -> Secured | None:
        """What our offered line and their answer agree on; None where it cannot be taken."""
        ...


class PlainMedia:
    """No protection: the protocols of RFC 3551 and RFC 4585, and nothing else."""

    def offer(self, line: Media) -> Media:
        """As it is."""
        return line

    def answer(self, line: Media, theirs: Media) -> Secured | None:
        """With their protocol."""
        if theirs.protocol.upper() not in PLAIN_PROTOCOLS:
            return None
        return Secured(replace(line, protocol=theirs.protocol))

    def take_answer(self, ours: Media, theirs: Media) -> Secured | None:
        """Without keys."""
        return Secured(ours) if theirs.protocol.upper() in PLAIN_PROTOCOLS else None
