"""A room somewhere else, with the interface of the contract."""

from __future__ import annotations

import asyncio
import contextlib
import types
from collections.abc import AsyncGenerator, Callable
from typing import Any, Self

from videobar.client.address import HTTPS_PORT, agreed, parse_address
from videobar.client.call import Call, call_to, calls_of
from videobar.client.camera import Camera
from videobar.client.kept import SessionKeeper
from videobar.client.search import MOST_PAGES, PAGE, search
from videobar.client.session import LoginTurn, Password, Session, is_lost
from videobar.client.transport import HttpsTransport, OpenFile, Transport
from videobar.client.trust import Insecure, Trust, Verified
from videobar.client.watch import Change, watch
from videobar.client.wire import Action, Answer, Ask, file_name
from videobar.clock import Clock, SystemClock
from videobar.contract.calls import DialRequest
from videobar.contract.directory import Entry
from videobar.contract.index import AREAS, OPERATIONS, Areas
from videobar.contract.model import Download
from videobar.errors import TimedOut
from videobar.vocabulary import DialType

DEFAULT_USER = "admin"
READ_AT_ONCE = 16 * 1024
"""Largest answer, in bytes, that is read on the event loop."""
GIVE_BACK_S = 3.0
"""Seconds that giving the session back may take."""

WITHOUT_SESSION = frozenset({"session_login", "session_logout"})


class AsyncRoom(Areas):
    """A room at `host`, ours or a real device: `await AsyncRoom("10.0.0.5", password="…").audio.volume()`.

    `host` may be written with a port and a user: `lobby.example.com:8443`, `[::1]:8443`,
    `https://admin@lobby.example.com:8443/`. `port` is 443 and `user` is admin where neither says it.

    Nothing is sent before the first action; it logs in. One session is used for everything and given back by `close`,
    or at the end of `async with`. To be used from one event loop.

    * `password` may be a function, also a coroutine function, that is asked at each login; without a password only
      open actions work.
    * `tls` says whose certificate is trusted (`videobar.client.trust`): authorities by default. `insecure=True` trusts
      any.
    * `timeout` is in seconds, for one request and its answer, and again for reading a large answer.
    * `connections` bounds how many there are at once: devices wedge when they are hammered.
    * `login_turn` is called with the password before each login, which happens within the context that it returns.
    * `session_keeper` keeps the session for the next program, instead of giving it back (`videobar.client.kept`).

    Actions raise the errors that the room raised, and `NotReached` errors for what happened on the way. Raises
    `ValueError` for a host that is none, and for arguments that contradict what is written in it.
    """

    def __init__(
        self,
        host: str,
        *,
        port: int | None = None,
        user: str | None = None,
        password: Password = None,
        tls: Trust | None = None,
        insecure: bool = False,
        timeout: float = 10.0,
        connections: int = 1,
        transport: Transport | None = None,
        clock: Clock | None = None,
        login_turn: LoginTurn | None = None,
        session_keeper: SessionKeeper | None = None,
    ) -> None:
        address = parse_address(host)
        agreed("port", port, address.port, host)
        agreed("user", user, address.user, host)
        said_port = port if port is not None else address.port
        self.host, self.port = address.host, HTTPS_PORT if said_port is None else said_port
        if insecure and tls is not None:
            raise ValueError("tls and insecure=True contradict each other")
        if not 0 < self.port < 65536 or connections < 1 or timeout <= 0:
            raise ValueError("port, connections and timeout must be positive, and port below 65536")
        trust = tls or (Insecure() if insecure else Verified())
        self._transport = transport or HttpsTransport(
            self.host, self.port, trust, timeout_s=timeout, connections=connections
        )
        self._clock = clock or SystemClock()
        self._timeout_s = timeout
        self._session = Session(
            self._transport.exchange,
            user or address.user or DEFAULT_USER,
            password,
            turn=login_turn,
            keeper=session_keeper,
        )
        for name, area in _AREA_CLASSES.items():
            setattr(self, name, area(self))
        self.camera = Camera(self, self._clock)
        self.far_camera = Camera(self, self._clock, far=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<AsyncRoom {self.host}:{self.port}>"

    async def close(self) -> None:
        """Give the session back or keep it, as far as that works in a moment, and close all connections."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GIVE_BACK_S):
                await self._session.put_away()
        await self._transport.close()

    async def dial(
        self,
        address: str,
        *,
        rate: int = 0,
        dial_type: DialType = DialType.AUTO,
        password: str | None = None,
    ) -> Call:
        """Dial; returns at once, while the far end still rings. Raises as `conferences.dial` does."""
        request = DialRequest(address=address, rate=rate, dial_type=dial_type, password=password)
        links = await self.conferences.dial(request)
        return await call_to(self, links, address, self._clock)

    async def calls(self) -> list[Call]:
        """All calls, also those that wait for an answer."""
        return await calls_of(self, self._clock)

    def watch(self, interval: float = 2.0, *, initial: bool = False) -> AsyncGenerator[Change, None]:
        """Changes in the room, as they happen, by asking every `interval` seconds; see `videobar.client.watch`."""
        return watch(self, self._clock, interval, initial=initial)

    async def search(self, text: str, *, limit: int = PAGE * MOST_PAGES) -> list[Entry]:
        """The first entries of the directory that `text` finds, read page by page; see `videobar.client.search`."""
        return await search(self, text, limit=limit)

    async def perform(self, action: Action, ask: Ask) -> Any:
        """Send the request of an action, logged in, and return what the answer says."""
        if action.operation.id in WITHOUT_SESSION:
            said = await self._transport.exchange(ask, self._session.headers())
            self._session.opened(said)
            return await self._value(action, said)
        answer = await self.send(ask, file=action.is_download)
        return _download(answer) if isinstance(answer, OpenFile) else await self._value(action, answer)

    async def _value(self, action: Action, answer: Answer) -> Any:
        """The value of the answer; a large one is read in a thread, so that one room holds up no other."""
        if len(answer.content) <= READ_AT_ONCE:
            return action.value(answer)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.to_thread(action.value, answer)
        except TimeoutError:
            raise TimedOut(
                f"{self.host}: the answer could not be read within {self._timeout_s:g} s"
            ) from None

    async def send(self, ask: Ask, *, file: bool = False) -> Answer | OpenFile:
        """Send any request, logged in, and return the answer as it came, also a refusal.

        With `file`, a good answer is not read but left open. Raises what a login raises, and `NotReached` errors.
        """
        send = self._fetch if file else self._exchange
        await self._session.ensure()
        seen = self._session.generation
        answer: Answer | OpenFile = await send(ask)
        if isinstance(answer, Answer) and is_lost(answer) and await self._session.renew(seen):
            answer = await send(ask)
        return answer

    async def log_in(self) -> Answer | None:
        """Log in now, unless that is done, and return what the room said to it; nothing without a password."""
        await self._session.ensure()
        return self._session.login_answer

    async def log_out(self) -> Answer | None:
        """Give the session back now, and return what the room said to it; the next action logs in again."""
        return await self._session.give_back()

    async def _exchange(self, ask: Ask) -> Answer | OpenFile:
        answer = await self._transport.exchange(ask, self._session.headers())
        self._session.take(answer)
        return answer

    async def _fetch(self, ask: Ask) -> Answer | OpenFile:
        opened = await self._transport.open_file(ask, self._session.headers())
        self._session.take(opened.head if isinstance(opened, OpenFile) else opened)
        return opened


def open_room(address: str, *, password: Password = None, **options: Any) -> AsyncRoom:
    """A room by address; the same as `AsyncRoom`, whose `options` these are. Raises `ValueError` as it does."""
    return AsyncRoom(address, password=password, **options)


def _download(opened: OpenFile) -> Download:
    return Download(
        media_type=opened.head.header("content-type") or "application/octet-stream",
        filename=file_name(opened.head),
        chunks=opened.chunks,
        length=opened.length,
    )


def _method(action: Action) -> Callable[..., Any]:
    """The method for one action, with the contract's documentation."""

    async def method(self: Any, /, *positional: Any, **named: Any) -> Any:
        ask = action.ask(*positional, **named)
        return await self._room.perform(action, ask)

    method.__name__ = action.operation.name
    method.__doc__ = getattr(AREAS[action.operation.area], action.operation.name).__doc__
    return method


def _area_class(area: str, protocol: type) -> type:
    """A class that implements an area by asking the room; one that lacks an action cannot be instantiated."""

    def __init__(self: Any, room: AsyncRoom) -> None:  # noqa: N807 (it becomes one)
        self._room = room

    def fill(namespace: dict[str, Any]) -> None:
        namespace["__init__"] = __init__
        namespace["__doc__"] = protocol.__doc__
        for operation in OPERATIONS:
            if operation.area == area:
                namespace[operation.name] = _method(Action(operation))

    return types.new_class(f"Remote{protocol.__name__}", (protocol,), exec_body=fill)


_AREA_CLASSES = types.MappingProxyType(
    {area: _area_class(area, protocol) for area, protocol in AREAS.items()}
)
