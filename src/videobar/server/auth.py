"""Authentication of requests: session cookie, XSRF token, HTTP Basic."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from videobar.contract.operation import Access, Operation
from videobar.errors import (
    AccessDenied,
    ForeignOrigin,
    SessionInvalidUserNamePassword,
    SessionPortLockout,
    XsrfTokenMissing,
)
from videobar.room.session import Caller, LoginSession
from videobar.room.sessions import Sessions
from videobar.server.messages import HttpRequest

SESSION_COOKIE = "session_id"
SPELLINGS = frozenset({SESSION_COOKIE, "sessionid"})
"""Names that clients give the session cookie, whatever the case (observed)."""
XSRF_COOKIE = "XSRF-TOKEN"
XSRF_HEADER = b"x-xsrf-token"
WRITES = frozenset({"POST", "PUT", "DELETE"})
LOGIN = "session_login"

MOST_CANDIDATES = 16
"""Maximum number of session cookies of one request that are looked up."""

SEPARATORS = re.compile(r"[;,]")
EXPIRED = "Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"


class Authenticator:
    """Fills in the caller from a request's headers. With `enforce_xsrf`, writes need the session's token.

    `tokens` are bearer tokens (RFC 6750) by the action that they open; `None` opens it to everybody.
    """

    def __init__(
        self, sessions: Sessions, *, enforce_xsrf: bool, tokens: Mapping[str, str | None] | None = None
    ) -> None:
        self._tokens = tokens or {}
        self._sessions = sessions
        self._enforce_xsrf = enforce_xsrf

    def is_open(self, request: HttpRequest, operation: Operation) -> bool:
        """True if no login is needed for this: by the contract, by the settings, or by a token."""
        if operation.access is Access.OPEN:
            return True
        if operation.id not in self._tokens:
            return False
        token = self._tokens[operation.id]
        scheme, _, given = (request.header(b"authorization") or b"").strip().partition(b" ")
        return token is None or (
            scheme.lower() == b"bearer" and hmac.compare_digest(given.strip(), token.encode())
        )

    def recognise(self, request: HttpRequest, caller: Caller) -> None:
        """Give `caller` the first live session among the request's cookies, if there is one."""
        for name, value in request.headers:
            if name != b"cookie":
                continue
            for candidate in session_candidates(value):
                session = self._sessions.find(candidate)
                if session is not None:
                    self._sessions.use(session)
                    caller.session, caller.user, caller.role = session, session.user, session.role
                    return

    async def admit(self, request: HttpRequest, caller: Caller) -> None:
        """Require a live session or right Basic credentials.

        Raises `AccessDenied` (also for wrong credentials and during a lock-out), or `Unavailable` when too many
        passwords wait to be checked.
        """
        self.recognise(request, caller)
        if caller.authenticated:
            return
        credentials = basic_credentials(request.header(b"authorization"))
        if credentials is None:
            raise AccessDenied
        try:
            await self._sessions.authenticate(caller, *credentials)
        except (SessionInvalidUserNamePassword, SessionPortLockout) as error:
            raise AccessDenied from error

    def check_origin(self, request: HttpRequest) -> None:
        """Refuse a write that a browser sends for a page of another host. Raises `ForeignOrigin`.

        Only browsers send `Origin` (RFC 6454), and they send cookies and credentials along, whichever page asks.
        """
        origin = request.header(b"origin")
        if request.method not in WRITES or origin is None:
            return
        if request.header(b"cookie") is None and request.header(b"authorization") is None:
            return
        host = (request.header(b"host") or b"").strip().lower()
        if origin.strip().lower() != b"https://" + host.removesuffix(b":443"):
            raise ForeignOrigin("the request comes from a page of another host")

    def check_xsrf(self, request: HttpRequest, caller: Caller, operation: Operation) -> None:
        """Require the session's token in the header of a write. The cookie of that name is no proof.

        A login needs none, and neither does a caller without session, whom no browser sends by itself.
        Raises `XsrfTokenMissing`.
        """
        if not self._enforce_xsrf or caller.session is None or request.method not in WRITES:
            return
        if operation.id == LOGIN:
            return
        token = (request.header(XSRF_HEADER) or b"").strip().lower()
        if not hmac.compare_digest(token, caller.session.xsrf_token.encode()):
            raise XsrfTokenMissing


def session_candidates(header: bytes) -> Iterator[str]:
    """The session ids in a `Cookie` header, in order, without quotes and whatever stands around them.

    A value is offered as it stands and, when it has percent signs, decoded as well.
    """
    found = 0
    for part in SEPARATORS.split(header.decode("latin-1")):
        name, _, value = part.partition("=")
        if name.strip(' \t"').lower() not in SPELLINGS:
            continue
        found += 1
        if found > MOST_CANDIDATES:
            return
        plain = value.strip(' \t"')
        yield plain
        if "%" in plain:
            yield unquote(plain)


def basic_credentials(header: bytes | None) -> tuple[str, str] | None:
    """User and password of an `Authorization` header (RFC 7617, UTF-8), or `None` when it has none."""
    if header is None:
        return None
    scheme, _, encoded = header.strip().partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, password) if colon and user and password else None


def login_cookies(session: LoginSession) -> list[tuple[bytes, bytes]]:
    """The `Set-Cookie` headers of a new session."""
    return [
        _set_cookie(f"{SESSION_COOKIE}={session.id}; Path=/; Secure; HttpOnly; SameSite=Strict"),
        _set_cookie(f"{XSRF_COOKIE}={session.xsrf_token}; Path=/; Secure; SameSite=Strict"),
    ]


def logout_cookies() -> list[tuple[bytes, bytes]]:
    """The `Set-Cookie` headers that make a client forget its session."""
    return [
        _set_cookie(f"{SESSION_COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; {EXPIRED}"),
        _set_cookie(f"{XSRF_COOKIE}=; Path=/; Secure; SameSite=Strict; {EXPIRED}"),
    ]


def _set_cookie(value: str) -> tuple[bytes, bytes]:
    return (b"set-cookie", value.encode())
