"""A whole room in this process, behind the same client that talks to rooms over HTTPS."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

from videobar import settings
from videobar.app import App
from videobar.client.aio import AsyncRoom
from videobar.client.transport import OpenFile
from videobar.client.wire import Answer, Ask
from videobar.errors import RequestTooLarge, Unreachable
from videobar.server.faults import Handle
from videobar.server.messages import DROPPED, HttpRequest, HttpResponse

HOST = "127.0.0.1"


@asynccontextmanager
async def local_room(data: Path | None = None, **changes: str) -> AsyncIterator[AsyncRoom]:
    """A room that lives as long as the `async with`, and an `AsyncRoom` that talks to it without any socket.

    `changes` are settings as texts, by the names of the settings' table: `engine="simulated"`. SIP takes a free
    port unless one is given. Without `data`, nothing survives. Raises `SettingError` and `StartError`.

        async with local_room(engine="simulated") as room:
            call = await room.dial("ada@sim")
    """
    with ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="videobar-")))
        password = secrets.token_urlsafe()
        flags = {"sip_port": "0", **changes, "data": str(folder), "admin_password": password}
        app = App(settings.load(flags, {}), https=False)
        await app.start()
        try:
            async with AsyncRoom(HOST, password=password, transport=InProcess(app.handle)) as room:
                yield room
        finally:
            await app.stop()


class InProcess:
    """The client's transport into a server in the same process, which `handle` answers for."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    async def exchange(self, ask: Ask, headers: Mapping[str, str]) -> Answer:
        """Ask, and read the whole answer."""
        response = await self._ask(ask, headers)
        content = (
            response.body if isinstance(response.body, bytes) else b"".join([c async for c in response.body])
        )
        return _answer(response, content)

    async def open_file(self, ask: Ask, headers: Mapping[str, str]) -> Answer | OpenFile:
        """Ask for a file; whatever is not a file comes back as an answer."""
        response = await self._ask(ask, headers)
        if isinstance(response.body, bytes):
            return _answer(response, response.body)
        head = _answer(response, b"")
        length = head.header("content-length")
        return OpenFile(head, response.body, int(length) if length else None)

    async def close(self) -> None:
        """There is nothing to close."""

    async def _ask(self, ask: Ask, headers: Mapping[str, str]) -> HttpResponse:
        content = ask.content or b""

        async def read_body(limit: int) -> bytes:
            if len(content) > limit:
                raise RequestTooLarge(f"the body is larger than {limit} bytes")
            return content

        path, _, query = ask.target.partition("?")
        sent = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        if ask.content is not None:
            sent.append((b"content-type", ask.media_type.encode()))
        response = await self._handle(HttpRequest(ask.method, path, query.encode(), sent, HOST, read_body))
        if response.status == DROPPED:
            raise Unreachable(f"{HOST}: the room broke the connection")
        return response


def _answer(response: HttpResponse, content: bytes) -> Answer:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers)
    return Answer(response.status, headers, content)
