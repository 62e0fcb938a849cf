"""A small contract of its own, a room behind it, and the core in front: what the server's tests share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from types import SimpleNamespace
from typing import Annotated, Any, Protocol

import msgspec
import pytest

from videobar.contract import session as session_contract
from videobar.contract.model import Download, Upload, WireModel
from videobar.contract.operation import Access, InPath, InQuery, Operation, get, operations_of, post
from videobar.errors import NotBuiltYet, NotInCall, RequestTooLarge
from videobar.handlers.session import SessionHandler
from videobar.room.session import Caller
from videobar.room.sessions import Limits, Sessions
from videobar.server.app import Application
from videobar.server.messages import HttpRequest, HttpResponse
from videobar.vocabulary import Role

USER = "admin"
PASSWORD = "secret"


class Colour(StrEnum):
    RED = "RED"
    GREEN = "GREEN"


class Bulb(WireModel):
    address: str
    colour: Colour = Colour.RED


class Order(WireModel):
    bulb_list: list[Bulb | str]
    rate: Annotated[int, msgspec.Meta(ge=64, le=6144)] | None = None
    count: int = 0
    weight: float = 0.0
    main_colour: Colour | None = None
    prices: dict[str, int] = msgspec.field(default_factory=dict)


class Note(WireModel):
    text: str = ""


Brightness = Annotated[int, msgspec.Meta(ge=0, le=100)]


class Lamps(Protocol):
    @get("lamps_level_get", "/lamps/level")
    async def level(self) -> int: ...

    @post("lamps_level_set", "/lamps/level", also=("PUT",))
    async def set_level(self, level: Brightness) -> None: ...

    @post("lamps_on_set", "/lamps/on")
    async def set_on(self, on: bool) -> None: ...

    @get("lamps_one_get", "/lamps/one/{lampID}/rows/{row}")
    async def one(
        self,
        lamp_id: Annotated[str, InPath("lampID")],
        row: Annotated[Annotated[int, msgspec.Meta(ge=0, le=9)], InPath("row")],
        colour: Annotated[Colour | None, InQuery("main-colour")] = None,
        limit: Annotated[int, InQuery("limit")] = 20,
    ) -> dict[str, Any]: ...

    @post("lamps_order", "/lamps/order")
    async def order(self, order: Order) -> Order: ...

    @post("lamps_note", "/lamps/note")
    async def note(self, note: Note | None = None) -> Note | None: ...

    @get("lamps_file", "/lamps/file")
    async def file(self, name: Annotated[str, InQuery("name")] = "plan.tar") -> Download: ...

    @post("lamps_upload", "/lamps/upload")
    async def upload(self, plan: Upload) -> int: ...

    @get("lamps_fail", "/lamps/fail/{how}")
    async def fail(self, how: Annotated[str, InPath("how")]) -> None: ...

    @get("lamps_slow", "/lamps/slow")
    async def slow(self) -> int: ...

    @get("lamps_open", "/lamps/open", access=Access.OPEN)
    async def open(self) -> int: ...

    @get("lamps_own", "/lamps/own", own=True)
    async def own(self) -> int: ...


@dataclass
class LampRoom:
    """What happens behind the contract; `calls` says what was asked."""

    calls: list[Any] = field(default_factory=list)
    value: int = 39
    chunks: list[bytes] = field(default_factory=lambda: [b"one ", b"two"])
    length: int | None = None
    closed: int = 0
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)

    async def level(self) -> int:
        return self.value

    async def set_level(self, level: int) -> None:
        self.value = level

    async def set_on(self, on: bool) -> None:
        self.calls.append(on)

    async def one(self, lamp_id: str, row: int, colour: Colour | None, limit: int) -> dict[str, Any]:
        return {"lamp": lamp_id, "row": row, "colour": colour, "limit": limit}

    async def order(self, order: Order) -> Order:
        return order

    async def note(self, note: Note | None) -> Note | None:
        return note

    async def file(self, name: str) -> Download:
        return Download("application/x-tar", name, self._chunks(), self.length)

    async def _chunks(self) -> AsyncIterator[bytes]:
        try:
            for chunk in self.chunks:
                if chunk == b"break":
                    raise OSError("the disk broke")
                yield chunk
        finally:
            self.closed += 1

    async def upload(self, plan: Upload) -> int:
        self.calls.append(plan)
        return len(plan.content)

    async def fail(self, how: str) -> None:
        match how:
            case "state":
                raise NotInCall("nobody is there")
            case "unbuilt":
                raise NotBuiltYet
            case _:
                raise RuntimeError("an inner secret")

    async def slow(self) -> int:
        self.entered.set()
        await self.release.wait()
        return 1

    async def open(self) -> int:
        return 1

    async def own(self) -> int:
        return 2


class PlainPasswords:
    """Implements the port without hashing."""

    async def hash(self, password: str) -> str:
        return password

    async def verify(self, stored: str | None, password: str) -> bool:
        return stored == password

    def needs_rehash(self, stored: str) -> bool:
        return False


class PlainCredentials(dict[str, str]):
    """Implements the port in memory."""

    def role(self, user: str) -> Role:
        return Role.ADMIN

    async def load(self, user: str) -> str | None:
        return self.get(user)

    async def save(self, user: str, password_hash: str) -> None:
        self[user] = password_hash


Ask = Callable[..., Awaitable[HttpResponse]]


@pytest.fixture
def operations() -> list[Operation]:
    return [*operations_of("lamps", Lamps), *operations_of("session", session_contract.Session)]


@pytest.fixture
def lamps() -> LampRoom:
    return LampRoom()


@pytest.fixture
def sessions(clock: Any) -> Sessions:
    return Sessions(
        clock=clock,
        passwords=PlainPasswords(),
        credentials=PlainCredentials({USER: PASSWORD}),
        limits=Limits(max_sessions=5, lockout_attempts=3),
    )


@pytest.fixture
def make_application(
    clock: Any, operations: list[Operation], lamps: LampRoom, sessions: Sessions
) -> Callable[..., Application]:
    def make(**options: Any) -> Application:
        def areas(caller: Caller) -> Any:
            return SimpleNamespace(
                lamps=lamps, session=SessionHandler(SimpleNamespace(sessions=options["sessions"]), caller)
            )

        options.setdefault("sessions", sessions)
        return Application(
            operations=operations, areas=areas, clock=clock, openapi=lambda: {"openapi": "3.1.0"}, **options
        )

    return make


@pytest.fixture
def application(make_application: Callable[..., Application]) -> Application:
    return make_application(enforce_xsrf=False)


@pytest.fixture
async def cookie(sessions: Sessions) -> str:
    """The cookie of a live session that did not come by way of a request."""
    caller = Caller("127.0.0.1")
    await sessions.login(caller, USER, PASSWORD)
    assert caller.session is not None
    return f"session_id={caller.session.id}"


@pytest.fixture
def request_of() -> Callable[..., HttpRequest]:
    def make(
        method: str, target: str, body: bytes = b"", client: str = "127.0.0.1", **headers: str | bytes
    ) -> HttpRequest:
        path, _, query = target.partition("?")

        async def read_body(limit: int) -> bytes:
            if len(body) > limit:
                raise RequestTooLarge
            return body

        pairs = [
            (name.replace("_", "-").encode(), value if isinstance(value, bytes) else value.encode())
            for name, value in headers.items()
        ]
        return HttpRequest(method, path, query.encode(), pairs, client, read_body)

    return make


@pytest.fixture
def ask(application: Application, request_of: Callable[..., HttpRequest]) -> Ask:
    """Ask the core: `await ask("GET", "/rest/lamps/level?x=1", cookie=...)`."""

    async def send(method: str, target: str, body: bytes = b"", app: Any = None, **more: Any) -> HttpResponse:
        return await (app or application).handle(request_of(method, target, body, **more))

    return send
