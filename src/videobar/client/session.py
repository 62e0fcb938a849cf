"""Logging in and out, and what every request carries: cookies and the XSRF token.

Devices differ in how they are logged in to; `DIALECTS` has the ways that are known. The room is asked in the first
dialect first, and in the next one only if the answer says that this room speaks differently; a refusal ends it at once,
since every wrong password brings a room nearer to its lock-out.
"""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from enum import Enum, auto

from videobar.client.kept import KeptSession, SessionKeeper
from videobar.client.lenient import loose_json
from videobar.client.refusals import from_reason, is_failure, reason_of, refusal
from videobar.client.wire import Answer, Ask, encode
from videobar.contract.session import LoginRequest
from videobar.errors import (
    AccessDenied,
    Refused,
    SessionAlreadyActive,
    SessionInvalidUserNamePassword,
    SessionRequestInvalid,
    VideobarError,
)

SESSION_COOKIE = "session_id"
XSRF_COOKIE = "XSRF-TOKEN"
XSRF_HEADER = "x-xsrf-token"

COOKIE_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
SENDABLE = re.compile(r"[\x21-\x3a\x3c-\x7e]{1,4096}")
"""Text that a header can carry: printable, without spaces and semicolons."""
MOST_COOKIES = 20

Password = str | Callable[[], str | Awaitable[str]] | None
Send = Callable[[Ask, Mapping[str, str]], Awaitable[Answer]]
LoginTurn = Callable[[str], AbstractAsyncContextManager[None]]
"""Context manager around a login with a password; it may wait, or raise an error instead."""


@dataclass(frozen=True)
class Dialect:
    """One way to log in, and the ways to log out that go with it, in the order to try."""

    path: str
    action: str | None
    logouts: tuple[Ask, ...]


def _logouts(path: str) -> tuple[Ask, ...]:
    return (Ask("DELETE", path), Ask("POST", path, b'{"action":"Logout"}'))


DIALECTS = (
    Dialect("/rest/session", None, _logouts("/rest/session")),
    Dialect("/rest/current/session", None, _logouts("/rest/current/session")),
    Dialect("/rest/session", "Login", _logouts("/rest/session")),
)


class Verdict(Enum):
    """The meaning of an answer to a login."""

    OPENED = auto()
    ALREADY_ACTIVE = auto()
    """The session of our cookie is alive."""
    OTHER_DIALECT = auto()
    """This room wants to be asked otherwise."""


@asynccontextmanager
async def _at_once(_: str) -> AsyncGenerator[None]:
    yield


class Session:
    """The session with one room. `send` carries a request with headers; it is the only I/O.

    `password` may be a function, asked at every login; with `None` there is never a login.
    """

    def __init__(
        self,
        send: Send,
        user: str,
        password: Password,
        *,
        turn: LoginTurn | None = None,
        keeper: SessionKeeper | None = None,
    ) -> None:
        self._send = send
        self._user = user
        self._password = password
        self._turn = turn or _at_once
        self._keeper = keeper
        self._adopted: KeptSession | None = None
        self._looked = asyncio.Lock()
        self._has_looked = keeper is None
        self._cookies: dict[str, str] = {}
        self._token: str | None = None
        self._dialect: Dialect | None = None
        self._login: asyncio.Task[bool] | None = None
        self._refused: tuple[str, VideobarError] | None = None
        self.generation = 0
        """Grows with every login. Zero: there was none yet."""
        self.is_open = False
        self.login_answer: Answer | None = None
        """The room's answer to the latest login."""

    def headers(self) -> dict[str, str]:
        """The headers for the next request."""
        headers = {}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        if self._token is not None:
            headers["X-XSRF-Token"] = self._token
        return headers

    def take(self, answer: Answer) -> None:
        """Learn cookies and token from an answer: both may change with any."""
        for name, value in answer.headers:
            if name == "set-cookie":
                self._take_cookie(value)
            elif name == XSRF_HEADER and SENDABLE.fullmatch(value.strip()):
                self._token = value.strip()

    async def ensure(self) -> None:
        """Log in, if there was no login yet and no session was kept. Raises what the room says to it."""
        await self._adopt()
        if not self.is_open and self._password is not None:
            await self._log_in_once()

    async def renew(self, seen: int) -> bool:
        """Log in again after a request of generation `seen` was refused; whether it is worth asking again.

        It is not, when the room says that the session is alive and gives no new token: then the refusal was meant.
        """
        if self._password is None:
            return False
        if self.generation != seen:
            return True
        return await self._log_in_once()

    def opened(self, answer: Answer) -> None:
        """Take note of a login or log-out that the caller made himself."""
        self.take(answer)
        self.is_open = answer.good and SESSION_COOKIE in self._cookies
        self.generation += 1

    async def give_back(self) -> Answer | None:
        """Log out, if logged in, after a login under way has ended; errors are ignored.

        Returns what the room said to the first way of doing so, if that was tried.
        """
        if self._login is not None:
            await asyncio.wait([self._login])
        await self._adopt()
        if not self.is_open or SESSION_COOKIE not in self._cookies:
            return None
        self.is_open = False
        await self._keep_none()
        first: Answer | None = None
        for ask in (self._dialect or DIALECTS[0]).logouts:
            try:
                answer = await self._send(ask, self.headers())
            except VideobarError:
                break
            first = first or answer
            if answer.good:
                self._cookies.pop(SESSION_COOKIE, None)
                break
        return first

    async def put_away(self) -> None:
        """At the end: keep the session where that is wanted, else give it back.

        Another one that is kept meanwhile, by another program, stays; then this one is given back.
        """
        if self._keeper is None or not self.is_open or SESSION_COOKIE not in self._cookies:
            await self.give_back()
        elif not await self._keep():
            self._keeper = None
            await self.give_back()

    async def _adopt(self) -> None:
        """Go on with the session that was kept, if there is one."""
        if self._has_looked or self._keeper is None:
            return
        async with self._looked:
            if self._has_looked:
                return
            kept = await self._kept()
            self._has_looked = True
            if kept is None or self.is_open:
                return
            self._adopted = kept
            self._cookies = dict(kept.cookies)
            self._token = kept.token
            self._dialect = DIALECTS[kept.dialect]
            self.is_open = True
            self.generation += 1

    async def _keep(self) -> bool:
        """Keep the session as it is now. Returns whether it is the one that is kept."""
        if self._keeper is None:
            return False
        dialect = DIALECTS.index(self._dialect or DIALECTS[0])
        now = KeptSession(dict(self._cookies), self._token, dialect)
        if now == self._adopted:
            return True
        kept = await self._kept()
        is_of_others = kept is not None and not (
            now.is_same(kept, SESSION_COOKIE) or kept.is_same(self._adopted, SESSION_COOKIE)
        )
        if is_of_others or not await asyncio.to_thread(self._keeper.save, now):
            return False
        self._adopted = now
        return True

    async def _kept(self) -> KeptSession | None:
        """The session that is kept, if it is one that can be used."""
        kept = None if self._keeper is None else await asyncio.to_thread(self._keeper.load)
        return kept if kept is not None and _is_sound(kept) else None

    async def _keep_none(self) -> None:
        """Keep the session no longer, unless another one is kept meanwhile."""
        if self._keeper is None or self._adopted is None:
            return
        kept = await self._kept()
        if kept is not None and kept.is_same(self._adopted, SESSION_COOKIE):
            await asyncio.to_thread(self._keeper.drop)
        self._adopted = None

    async def _log_in_once(self) -> bool:
        """Log in, together with everybody else who wants to now. Returns whether anything is new."""
        if self._login is None:
            self._login = asyncio.create_task(self._log_in())
            self._login.add_done_callback(self._login_done)
        return await asyncio.shield(self._login)

    def _login_done(self, login: asyncio.Task[bool]) -> None:
        self._login = None
        if not login.cancelled():
            login.exception()  # those who waited have it; there may be none

    async def _log_in(self) -> bool:
        password = await self._ask_password()
        if self._refused is not None and self._refused[0] == password:
            before = self._refused[1]
            raise type(before)(before.detail, heard=before.heard)
        credentials = self._cookies.get(SESSION_COOKIE), self._token
        try:
            async with self._turn(password):
                verdict = await self._try_dialects(password)
        except SessionInvalidUserNamePassword as error:
            self._refused = (password, error)
            if self._keeper is not None:
                self.is_open = False
                await self._keep_none()
            raise
        self.is_open = True
        self.generation += 1
        await self._keep()
        if verdict is Verdict.OPENED:
            return True
        return (self._cookies.get(SESSION_COOKIE), self._token) != credentials

    async def _ask_password(self) -> str:
        if not callable(self._password):
            return self._password or ""
        given = self._password()
        return await given if inspect.isawaitable(given) else given

    async def _try_dialects(self, password: str) -> Verdict:
        """Log in by the first dialect that the room understands."""
        answer = Answer(400)
        for dialect in [self._dialect] if self._dialect else DIALECTS:
            request = LoginRequest(user=self._user, password=password, action=dialect.action)
            answer = await self._send(Ask("POST", dialect.path, encode(request)), self.headers())
            self.take(answer)
            verdict = judge(answer)
            if verdict is not Verdict.OTHER_DIALECT:
                self._dialect = dialect
                self.login_answer = answer
                self._take_session_id(answer)
                return verdict
        raise refusal(answer.status, answer.content)

    def _take_cookie(self, header: str) -> None:
        pair, _, attributes = header.partition(";")
        name, _, value = (part.strip() for part in pair.partition("="))
        value = value.strip('"')
        if not value or re.search(r"max-age\s*=\s*(0|-\d+)\s*(;|$)", attributes, re.IGNORECASE):
            self._cookies.pop(name, None)
            if name.upper() == XSRF_COOKIE:
                self._token = None
            return
        if not COOKIE_NAME.fullmatch(name) or not SENDABLE.fullmatch(value):
            return
        if name in self._cookies or len(self._cookies) < MOST_COOKIES:
            self._cookies[name] = value
        if name.upper() == XSRF_COOKIE:
            self._token = value

    def _take_session_id(self, answer: Answer) -> None:
        """Use the session id of the body where the room set no cookie."""
        if any(name == "set-cookie" for name, _ in answer.headers):
            return
        said = loose_json(answer.content)
        session = said.get("session", said) if isinstance(said, dict) else None
        identity = session.get("sessionId") if isinstance(session, dict) else None
        if isinstance(identity, str) and SENDABLE.fullmatch(identity):
            self._cookies[SESSION_COOKIE] = identity


def _is_sound(kept: KeptSession) -> bool:
    """True for a kept session that can be sent."""
    return (
        SESSION_COOKIE in kept.cookies
        and len(kept.cookies) <= MOST_COOKIES
        and all(
            COOKIE_NAME.fullmatch(name) and SENDABLE.fullmatch(value) for name, value in kept.cookies.items()
        )
        and (kept.token is None or SENDABLE.fullmatch(kept.token) is not None)
        and 0 <= kept.dialect < len(DIALECTS)
    )


def is_lost(answer: Answer) -> bool:
    """True for an answer that means that there is no session: a 403 (or 401), or a page where data belong."""
    return answer.status in (401, 403) or (answer.good and answer.is_page)


def judge(answer: Answer) -> Verdict:
    """The meaning of an answer to a login. Raises the error when it is a refusal."""
    said = loose_json(answer.content)
    reason = reason_of(said)
    error = from_reason(reason, Refused) if reason is not None else None
    if isinstance(error, SessionAlreadyActive):
        return Verdict.ALREADY_ACTIVE
    if answer.status >= 500 and answer.status != 501:
        raise refusal(answer.status, answer.content)  # it is unwell, and speaks no better in another dialect
    if answer.is_page or answer.status in (404, 405, 501):
        return Verdict.OTHER_DIALECT
    if answer.good:
        if not is_failure(said):
            return Verdict.OPENED
        raise error or AccessDenied("the login was refused without a reason")
    if answer.status == 400 and (error is None or isinstance(error, SessionRequestInvalid)):
        return Verdict.OTHER_DIALECT
    raise error if error is not None else refusal(answer.status, answer.content)
