"""The thin ASGI face of the core: reads bodies within bounds, and sends answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import aclosing
from email.utils import formatdate
from typing import Any, cast

from videobar.clock import Clock
from videobar.errors import InvalidRequest, RequestTooLarge
from videobar.server.messages import CLIENT_GONE, DROPPED, ClientGone, Headers, HttpRequest, HttpResponse

log = logging.getLogger("videobar.server")

BODY_SECONDS = 60.0
"""Time that a body may take to arrive, at least."""
SLOWEST = 256 * 1024
"""Lowest rate, in bytes a second, of a body near a large limit."""

MAPPED_IPV4 = "::ffff:"

BREAK = "videobar.break"
"""ASGI extension of our listener: a function that breaks the connection."""

PROTECTION = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
"""Security headers of every answer: browsers keep nothing, run nothing and guess nothing."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class AsgiFace:
    """An ASGI application (HTTP only) around `handle`."""

    def __init__(self, handle: Callable[[HttpRequest], Awaitable[HttpResponse]], clock: Clock) -> None:
        self._handle = handle
        self._clock = clock
        self._date = (b"date", b"")
        self._date_second = -1

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request. A cancellation ends it without an answer: the listener is stopping then."""
        if scope["type"] != "http":
            return
        headers: Headers = scope["headers"]

        async def read_body(limit: int) -> bytes:
            return await _read_body(receive, headers, limit)

        request = HttpRequest(
            method=scope["method"],
            path=scope["raw_path"].decode("latin-1"),
            query=scope["query_string"],
            headers=headers,
            client=_client(scope),
            read_body=read_body,
        )
        try:
            response = await self._handle(request)
            if response.status == DROPPED:
                await _break(scope, receive)
            elif response.status != CLIENT_GONE:
                await self._send(response, send)
        except asyncio.CancelledError:
            log.info("a request was given up: the listener is stopping")

    async def _send(self, response: HttpResponse, send: Send) -> None:
        headers = [self._date_header(), *PROTECTION, *response.headers]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        if isinstance(response.body, bytes):
            await send({"type": "http.response.body", "body": response.body})
        else:
            await _stream(response.body, _length(response.headers), send)

    def _date_header(self) -> tuple[bytes, bytes]:
        """Room time as HTTP has it, made once per second."""
        second = self._clock.now_ms() // 1000
        if second != self._date_second:
            self._date_second = second
            self._date = (b"date", formatdate(second, usegmt=True).encode())
        return self._date


async def _break(scope: Message, receive: Receive) -> None:
    """Break the connection, and wait until everybody knows."""
    scope["extensions"][BREAK]()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _read_body(receive: Receive, headers: Headers, limit: int) -> bytes:
    """The whole body; what a length in the headers promises is believed only when it is too much."""
    announced = _length(headers)
    if announced is not None and announced > limit:
        raise RequestTooLarge
    message = await _receive(receive)
    content: bytes = message.get("body", b"")
    if len(content) > limit:
        raise RequestTooLarge
    if not message.get("more_body", False):
        return content
    seconds = max(BODY_SECONDS, limit / SLOWEST)
    try:
        async with asyncio.timeout(seconds):
            return await _read_rest(receive, bytearray(content), limit)
    except TimeoutError:
        raise InvalidRequest(f"body: did not arrive within {seconds:.0f} seconds") from None


async def _read_rest(receive: Receive, content: bytearray, limit: int) -> bytes:
    more = True
    while more:
        message = await _receive(receive)
        content += message.get("body", b"")
        if len(content) > limit:
            raise RequestTooLarge
        more = message.get("more_body", False)
    return bytes(content)


async def _receive(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message


async def _stream(chunks: AsyncIterator[bytes], length: int | None, send: Send) -> None:
    """Send a file. One that fails, or is not as long as was said, is left incomplete: the connection then closes."""
    sent = 0
    try:
        async with aclosing(cast("Any", chunks)):
            async for chunk in chunks:
                sent += len(chunk)
                if length is not None and sent > length:
                    break
                if chunk:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
    except Exception:
        log.exception("a download ended early, after %d bytes", sent)
        return
    if length is not None and sent != length:
        log.error("a download of %d bytes was announced with %d", sent, length)
        return
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _length(headers: Headers) -> int | None:
    for name, value in headers:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 19 else None
    return None


def _client(scope: Message) -> str:
    """The client's address; IPv4 is shown as such on a socket that serves both families."""
    client = scope.get("client")
    address: str = client[0] if client else ""
    return address.removeprefix(MAPPED_IPV4) if "." in address else address
