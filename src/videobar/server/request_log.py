"""One line per request, without secrets."""

from __future__ import annotations

import logging

from videobar.room.session import LoginSession
from videobar.server.messages import HttpRequest
from videobar.text import escaped

log = logging.getLogger("videobar.request")

LONGEST_PATH = 200


def log_request(request: HttpRequest, status: int, session: LoginSession | None, seconds: float) -> None:
    """Log method, path, status, milliseconds, session handle and client.

    The query string stays out, because PINs travel there, and so do headers and bodies.
    """
    if not log.isEnabledFor(logging.INFO):
        return
    log.info(
        "%s %s %d %.1f ms session=%s client=%s",
        escaped(request.method, LONGEST_PATH),
        escaped(request.path, LONGEST_PATH),
        status,
        seconds * 1000,
        session.handle if session is not None else "-",
        escaped(request.client, LONGEST_PATH),
    )
