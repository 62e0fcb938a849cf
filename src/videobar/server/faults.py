"""Faults on request, between the listener and the core: late, broken and refused answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from videobar.clock import Clock
from videobar.errors import SessionMaxActiveSessionsReached
from videobar.room.faults import Faults
from videobar.room.sessions import Sessions
from videobar.server import codec
from videobar.server.messages import DROPPED, HttpRequest, HttpResponse
from videobar.vocabulary import FaultKind

EXEMPT = "/x/stage/"
"""Path without faults, so that they can be seen and cleared. Nor does a fault strike a logout that follows."""
LOGINS = frozenset({"/rest/session", "/rest/current/session"})

Handle = Callable[[HttpRequest], Awaitable[HttpResponse]]


class FaultyFace:
    """Answers as `handle` does, but for the faults that strike the request."""

    def __init__(self, handle: Handle, faults: Faults, sessions: Sessions, clock: Clock) -> None:
        self._handle = handle
        self._faults = faults
        self._sessions = sessions
        self._clock = clock

    async def handle(self, request: HttpRequest) -> HttpResponse:
        """The response, or one with the status `DROPPED`, which is never sent."""
        leaves = request.method == "DELETE" and request.path in LOGINS
        if leaves or request.path.startswith(EXEMPT):
            return await self._handle(request)
        login = request.method == "POST" and request.path in LOGINS
        for fault in self._faults.strike(login=login):
            match fault.kind:
                case FaultKind.SLOW:
                    await self._clock.sleep(fault.delay_ms / 1000)
                case FaultKind.DROPPED:
                    return HttpResponse(DROPPED, [])
                case FaultKind.SERVER_ERROR:
                    return codec.page(fault.status, "Server Error", "A fault that was asked for.")
                case FaultKind.REFUSED_SESSIONS:
                    return codec.refusal(SessionMaxActiveSessionsReached())
                case FaultKind.LOST_SESSIONS:
                    self._sessions.end_all()
        return await self._handle(request)
