"""Digits for a far end that takes no telephone events: an INFO each, one after the other."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from videobar.rtp.telephone_event import MOST_QUEUED, check_digits
from videobar.sip.syntax.dtmf import DURATION_MS, PLAIN, RELAY, body_of

log = logging.getLogger("videobar.engine")

PAUSE_S = 0.1
Send = Callable[[str, bytes, Callable[[int], None]], None]
"""Sends an INFO with a content type and a body, and reports the status of the response."""


class InfoDigits:
    """Sends each digit when the one before has been answered and has sounded.

    Who does not take `application/dtmf-relay` (415) is sent `application/dtmf`; who takes neither gets no digits.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._digits: deque[str] = deque()
        self._content_type = RELAY
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None

    def queue(self, digits: str) -> None:
        """Send `digits` after those that wait. Raises `ValueError` for what is no digit, or too many."""
        checked = check_digits(digits)
        if len(self._digits) + len(checked) > MOST_QUEUED:
            raise ValueError(f"more than {MOST_QUEUED} digits are waiting")
        self._digits.extend(checked)
        if not self._busy:
            self._next()

    def close(self) -> None:
        """Send no more."""
        self._digits.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _next(self) -> None:
        self._busy = bool(self._digits)
        if self._digits:
            self._send(self._content_type, body_of(self._content_type, self._digits[0]), self._answered)

    def _answered(self, status: int) -> None:
        if not self._digits:
            self._busy = False
        elif status == 415 and self._content_type == RELAY:
            self._content_type = PLAIN
            self._next()
        elif status < 300:
            self._digits.popleft()
            self._timer = asyncio.get_running_loop().call_later(DURATION_MS / 1000 + PAUSE_S, self._next)
        else:
            log.warning("digits not sent: the far end takes no INFO (%d)", status)
            self._digits.clear()
            self._busy = False
