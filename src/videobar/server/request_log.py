"""One line per request, without secrets."""

from __future__ import annotations

import logging

from videobar.room.session import Session
from videobar.server.messages import Request

log = logging.getLogger("videobar.request")

LONGEST_PATH = 200


def log_request(request: Request, status: int, session: Session | None, seconds: float) -> None:
    """Log method, path, status, milliseconds, session handle and client.

    The query string stays out, because PINs travel there, and so do headers and bodies.
    """
    if not log.isEnabledFor(logging.INFO):
        return
    log.info(
        "%s %s %d %.1f ms session=%s client=%s",
        printable(request.method),
        printable(request.path),
        status,
        seconds * 1000,
        session.handle if session is not None else "-",
        printable(request.client),
    )


def printable(text: str) -> str:
    """`text` on one line: cut to a sensible length, anything but printable ASCII escaped."""
    if len(text) > LONGEST_PATH:
        text = text[:LONGEST_PATH] + "..."
    return text if text.isascii() and text.isprintable() else text.encode("unicode_escape").decode()
