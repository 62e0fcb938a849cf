"""Cutting a byte stream into SIP messages (RFC 3261 section 18.3) and keep-alives (RFC 5626 section 3.5.1)."""

from __future__ import annotations

import re

from videobar.sip.errors import MalformedMessage
from videobar.sip.syntax.message import MAX_MESSAGE, content_length

PING = b"\r\n\r\n"
"""Keep-alive of the connecting side: a double CRLF."""
PONG = b"\r\n"
"""Response to a ping."""

_LENGTH = re.compile(rb"^(?:content-length|l)[ \t]*:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_FOLD = re.compile(rb"\r\n[ \t]+")


class StreamFramer:
    """Stream framer: takes the bytes of one connection, gives whole messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._pings = 0

    @property
    def in_message(self) -> bool:
        """True if a message has begun and not ended."""
        return bool(self._buffer.strip(b"\r\n"))

    def take_pings(self) -> int:
        """Number of pings since the last call."""
        pings, self._pings = self._pings, 0
        return pings

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes, give the messages that are complete now.

        A message without Content-Length is taken to have no body.

        Raises:
            MalformedMessage: the stream cannot be followed any more, and its connection must be closed.
        """
        self._buffer += data
        messages: list[bytes] = []
        while (message := self._next()) is not None:
            messages.append(message)
        return messages

    def _next(self) -> bytes | None:
        self._take_keep_alives()
        end = self._buffer.find(b"\r\n\r\n", max(0, self._searched - 3))
        if end < 0:
            self._searched = len(self._buffer)
            if self._searched > MAX_MESSAGE:
                raise MalformedMessage("the message's headers are too large")
            return None
        head = _FOLD.sub(b" ", bytes(self._buffer[:end]))
        values = [value.decode("ascii", "replace").strip() for value in _LENGTH.findall(head)]
        total = end + 4 + (content_length(values) or 0)
        if total > MAX_MESSAGE:
            raise MalformedMessage("the message is too large")
        if len(self._buffer) < total:
            return None
        message = bytes(self._buffer[:total])
        del self._buffer[:total]
        self._searched = 0
        return message

    def _take_keep_alives(self) -> None:
        # No message begins with CR, so what does is a keep-alive, perhaps with its rest still on its way.
        while self._buffer.startswith(b"\r"):
            if self._buffer.startswith(PING):
                del self._buffer[: len(PING)]
                self._pings += 1
            elif self._buffer.startswith(PONG) and not PING.startswith(self._buffer):
                del self._buffer[: len(PONG)]
            else:
                return
            self._searched = 0
