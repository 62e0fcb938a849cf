"""A request and a response, as the core sees them: no sockets, no framework."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

Headers = Sequence[tuple[bytes, bytes]]
"""Names in lower case, in the order of the wire, repeated where they repeat."""

CLIENT_GONE = 499
"""Status of a request whose client went away; only ever logged, since there is nobody to send it to."""

DROPPED = 444
"""Status of a response that is not sent: the connection is broken instead."""

ReadBody = Callable[[int], Awaitable[bytes]]


class ClientGone(Exception):
    """The client went away before its request was complete, so nobody reads an answer."""


@dataclass(slots=True)
class HttpRequest:
    """HTTP request. `path` is percent-encoded and without the query string, `client` an IP address."""

    method: str
    path: str
    query: bytes
    headers: Headers
    client: str
    read_body: ReadBody
    """Reads the whole body, if it has at most so many bytes.

    Raises `RequestTooLarge`, `InvalidRequest` when it does not arrive in time, or `ClientGone`.
    """

    action: str = ""
    """Id of the action that is asked for, once it is known and the caller may know; for logs and figures."""
    changes: tuple[str, ...] | None = None
    """Names of what the body is to change, once it is read, where the action declares them."""

    def header(self, name: bytes) -> bytes | None:
        """The first header of this (lower case) name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


@dataclass(slots=True)
class HttpResponse:
    """HTTP response. Headers are complete but for what a connection adds (`date`, `transfer-encoding`)."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes | AsyncIterator[bytes] = b""
