"""Putting fragmented messages together again (RFC 8855 section 6.2.3), within bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from videobar.bfcp.message import BfcpMessage, MalformedBfcp, Piece, complete
from videobar.bfcp.vocabulary import ErrorCode

MOST_INCOMPLETE: Final = 4
"""Messages that may be in pieces at once; the oldest is forgotten for another."""


@dataclass
class _Incomplete:
    total: int
    parts: dict[int, bytes] = field(default_factory=dict)


class Reassembly:
    """Collects the pieces that come from one peer."""

    def __init__(self) -> None:
        self._incomplete: dict[BfcpMessage, _Incomplete] = {}

    def add(self, piece: Piece) -> BfcpMessage | None:
        """The message that `piece` completes, if it does. Raises `MalformedBfcp`."""
        if piece.whole:
            return complete(piece.message, piece.payload)
        waiting = self._incomplete.setdefault(piece.message, _Incomplete(piece.total))
        if waiting.total != piece.total:
            del self._incomplete[piece.message]
            raise MalformedBfcp("fragments of different messages", ErrorCode.INCORRECT_LENGTH)
        waiting.parts[piece.start] = piece.payload
        while len(self._incomplete) > MOST_INCOMPLETE:
            del self._incomplete[next(iter(self._incomplete))]
        payload = b""
        for start, part in sorted(waiting.parts.items()):
            if start != len(payload):
                return None
            payload += part
        if len(payload) != waiting.total:
            return None
        del self._incomplete[piece.message]
        return complete(piece.message, payload)
