"""Requests over HTTPS with aiohttp: the only file that knows the HTTP library."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol

import aiohttp
from yarl import URL

from videobar.client.trust import Trust, shown
from videobar.client.wire import JSON, Answer, Ask
from videobar.errors import (
    AnswerNotUnderstood,
    CertificateChanged,
    CertificateUntrusted,
    ClientClosed,
    TimedOut,
    Unreachable,
)
from videobar.net import host_port, reason

LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes of an answer that is not a file."""

CHUNK = 64 * 1024
SLOWEST = 64 * 1024
"""Bytes a second at which a file must be taken, and what is in it worked through."""
KEEP_ALIVE_S = 15.0
USER_AGENT = "videobar"


@dataclass(frozen=True)
class OpenFile:
    """A good answer whose body is still to come: at most `length` bytes where that is known."""

    head: Answer
    chunks: AsyncIterator[bytes]
    length: int | None


class Transport(Protocol):
    """Carries requests to one room. All methods raise `NotReached` errors and no others."""

    async def exchange(self, ask: Ask, headers: Mapping[str, str]) -> Answer:
        """Send a request, and read the whole answer."""
        ...

    async def open_file(self, ask: Ask, headers: Mapping[str, str]) -> Answer | OpenFile:
        """Send a request for a file; anything else comes back as an answer."""
        ...

    async def close(self) -> None:
        """Close all connections; may be called twice."""
        ...


class HttpsTransport:
    """At most `connections` at a time, kept alive between requests; one more while a file is fetched.

    Requests beyond that wait for their turn, and `timeout_s` begins when it has come. Redirects are not followed: they
    would carry the session elsewhere. A file may take as long as it likes, while it keeps coming.
    """

    def __init__(self, host: str, port: int, trust: Trust, *, timeout_s: float, connections: int = 1) -> None:
        self._host, self._port = host, port
        self._trust = trust
        self._timeout_s = timeout_s
        self._connections = connections
        self._turns = asyncio.Semaphore(connections)
        self._file_turn = asyncio.Semaphore(1)
        self._making = asyncio.Lock()
        self._session: aiohttp.ClientSession | None = None
        self._pin: bytes | None = None
        self._closed = False

    async def exchange(self, ask: Ask, headers: Mapping[str, str]) -> Answer:
        """Send a request, and read the whole answer."""
        async with self._turns:
            session = await self._ready()
            with self._border():
                slack = len(ask.content or b"") / SLOWEST if ask.is_file else 0.0
                timeout = aiohttp.ClientTimeout(total=self._timeout_s + slack, sock_connect=self._timeout_s)
                async with self._request(session, ask, headers, timeout) as response:
                    return _answer(response, await _read(response))

    async def open_file(self, ask: Ask, headers: Mapping[str, str]) -> Answer | OpenFile:
        """Send a request for a file, which has a connection of its own until its last chunk."""
        try:
            await asyncio.wait_for(self._file_turn.acquire(), self._timeout_s)
        except TimeoutError:
            raise TimedOut(f"{self._name}: another file is still being fetched") from None
        async with AsyncExitStack() as held:
            held.callback(self._file_turn.release)
            session = await self._ready()
            timeout = aiohttp.ClientTimeout(
                total=None, sock_connect=self._timeout_s, sock_read=self._timeout_s
            )
            with self._border():
                response = await held.enter_async_context(self._request(session, ask, headers, timeout))
                head = _answer(response, b"")
                if not _is_file(head):
                    return _answer(response, await _read(response))
            return OpenFile(head, _Chunks(response, held.pop_all(), self._border), _length(head))

    async def close(self) -> None:
        """Close all connections; what is under way fails with `ClientClosed`."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    @property
    def _name(self) -> str:
        return host_port(self._host, self._port)

    async def _ready(self) -> aiohttp.ClientSession:
        """The session of the HTTP library, made at first use, when it is known whose certificate to trust."""
        if self._closed:
            raise ClientClosed(self._name)
        if self._session is not None:
            return self._session
        async with self._making:
            if self._session is None:
                self._pin = await self._trust.pin(self._host, self._port, self._timeout_s)
                if self._closed:
                    raise ClientClosed(self._name)
                self._session = self._make_session()
            return self._session

    def _make_session(self) -> aiohttp.ClientSession:
        check = self._trust.context() if self._pin is None else aiohttp.Fingerprint(self._pin)
        connector = aiohttp.TCPConnector(
            ssl=check, limit=self._connections + 1, keepalive_timeout=KEEP_ALIVE_S
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": USER_AGENT},
            skip_auto_headers=["Content-Type"],
        )

    def _request(
        self,
        session: aiohttp.ClientSession,
        ask: Ask,
        headers: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,
    ) -> aiohttp.client._RequestContextManager:
        sent = {"Accept": "*/*", **headers}
        data: bytes | AsyncIterator[bytes] | None = ask.content
        if ask.content is not None:
            sent["Content-Type"] = ask.media_type
            if ask.is_file and ask.sent is not None:
                sent["Content-Length"] = str(len(ask.content))
                data = _pieces(ask.content, ask.sent)
        elif ask.method != "GET":
            sent["Content-Length"] = "0"
        return session.request(
            ask.method,
            URL(f"https://{host_port(self._host, self._port)}{ask.target}", encoded=True),
            data=data,
            headers=sent,
            timeout=timeout,
            allow_redirects=False,
        )

    @contextmanager
    def _border(self) -> Iterator[None]:
        """Turn the library's errors into ours, once."""
        try:
            yield
        except aiohttp.ServerFingerprintMismatch as error:
            raise CertificateChanged(self._changed(error)) from error
        except TimeoutError as error:
            raise TimedOut(f"{self._name}: no answer within {self._timeout_s:g} s") from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise CertificateUntrusted(self._untrusted(error.certificate_error)) from error
        except (aiohttp.ClientResponseError, aiohttp.InvalidURL) as error:
            raise AnswerNotUnderstood(f"{self._name}: {error}") from error
        except (aiohttp.ClientError, ssl.SSLError, OSError, ValueError) as error:
            if self._closed:
                raise ClientClosed(self._name) from error
            raise Unreachable(f"{self._name}: {reason(error)}") from error
        except RuntimeError as error:
            if self._closed:  # what the library says of a session that was closed meanwhile
                raise ClientClosed(self._name) from error
            raise

    def _changed(self, error: aiohttp.ServerFingerprintMismatch) -> str:
        return (
            f"{self._name} shows the certificate {shown(error.got)}, but is known by {shown(error.expected)}. "
            "Either the room got a new certificate, or somebody is in between. If you know why it changed, "
            f"{self._trust.remedy(self._host, self._port)}"
        )

    def _untrusted(self, why: Exception) -> str:
        text = getattr(why, "verify_message", "") or str(why)
        return (
            f"{self._name}: {text}. Rooms usually have self-signed certificates: "
            "trust it on first use, pin its fingerprint, or name its authority"
        )


class _Chunks:
    """The body of a file, piece by piece; its connection is given back at the end, or by `aclose`."""

    def __init__(
        self,
        response: aiohttp.ClientResponse,
        held: AsyncExitStack,
        border: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._pieces = response.content.iter_chunked(CHUNK)
        self._response = response
        self._held = held
        self._border = border

    def __aiter__(self) -> _Chunks:
        return self

    async def __anext__(self) -> bytes:
        try:
            with self._border():
                return await anext(self._pieces)
        except BaseException:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """Fetch no more; may be called twice."""
        if not self._response.content.at_eof():
            self._response.close()
        await self._held.aclose()


async def _pieces(content: bytes, told: Callable[[int], None]) -> AsyncIterator[bytes]:
    """The body of a file, with progress reported as it is sent."""
    for at in range(0, len(content), CHUNK):
        told(at)
        yield content[at : at + CHUNK]
    told(len(content))


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body, up to the limit."""
    content = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        content += chunk
        if len(content) > LARGEST_ANSWER:
            response.close()
            raise AnswerNotUnderstood(f"the answer is larger than {LARGEST_ANSWER} bytes")
    return bytes(content)


def _answer(response: aiohttp.ClientResponse, content: bytes) -> Answer:
    headers = tuple((name.lower(), value) for name, value in response.headers.items())
    return Answer(response.status, headers, content)


def _is_file(head: Answer) -> bool:
    """True where a file follows: not nothing, and neither a page nor JSON, which would say why there is none."""
    if head.status != 200 or head.is_page or _length(head) == 0:
        return False
    return (head.header("content-type") or "").partition(";")[0].strip().lower() != JSON


def _length(head: Answer) -> int | None:
    text = head.header("content-length") or ""
    encoded = head.header("content-encoding") not in (None, "identity")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 and not encoded else None
