"""Serves an ASGI application, over TLS or without, on one socket, with uvicorn's protocol for HTTP/1.

uvicorn's own server is not used: it handles signals, logs, polls ten times a second, and closes down in seconds.
Its HTTP protocol takes the configuration and a shared state, and all the rest is the event loop's.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import resource
import socket
import ssl
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any, cast
from weakref import WeakSet

from httptools import HttpParserCallbackError, HttpParserInvalidMethodError, HttpParserInvalidURLError
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from videobar.errors import InvalidRequest, StartError
from videobar.room.login_limits import source_of
from videobar.server.asgi import BREAK, PROTECTION
from videobar.server.codec import refusal

log = logging.getLogger("videobar.server")

BACKLOG = 512
KEEP_ALIVE_SECONDS = 75
HANDSHAKE_SECONDS = 10.0
TLS_CLOSE_SECONDS = 1.0
HEAD_SECONDS = 20.0
"""Time that a client may take to send a request's headers, also the first on a connection."""
SWEEP_SECONDS = 5.0
LARGEST_HEAD = 64 * 1024
MOST_CONNECTIONS = 2000
DESCRIPTORS_KEPT = 200
"""Descriptors of the process that connections leave for files, databases and the media process."""
HTTP_VERSIONS = frozenset({"1.0", "1.1"})
GRACE_SECONDS = 0.3
"""Time that requests in progress may take when the listener stops."""
TURNS_TO_CLOSE = 50


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's HTTP/1 protocol, with a limit to the size of headers and one to the number of connections.

    `waiting_since` (loop time) is set while the client owes the headers of a request.
    """

    waiting_since: float | None = None
    used_at = 0.0
    """Loop time at which something was last received."""
    _head_size = 0
    _in_suspense = 0
    """Bytes received since the parser last had something whole: of a header or a trailer that does not end."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept the connection; with too many of them, in place of the longest idle of the address that has most."""
        super().connection_made(transport)
        self.waiting_since = self.used_at = self.loop.time()
        if len(self.connections) > most_connections():
            longest_idle(self).transport.abort()

    @property
    def address(self) -> str:
        """The client's IP address; for IPv6 its network of 64 bits, within which a host picks as it likes."""
        return source_of(self.client[0]) if self.client else ""

    @property
    def is_idle(self) -> bool:
        """True if no request is being answered."""
        return self.cycle is None or bool(self.cycle.response_complete)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it is only ever more of the same header."""
        self.used_at = self.loop.time()
        self._in_suspense += len(data)
        super().data_received(data)
        if self._in_suspense > LARGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("the headers are too large")

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request of HTTP/1, as other mistakes are answered, and close.

        Nothing is said where an earlier request is still being answered: it would be read as a part of that.
        """
        cycle = self.cycle
        own = cycle is not None and cycle.more_body and not cycle.response_started
        if cycle is None or cycle.response_complete or own:
            refused = refusal(InvalidRequest(_explain(sys.exc_info()[1], msg)))
            head = [b"HTTP/1.1 400 Bad Request"]
            for name, value in (*PROTECTION, *refused.headers, (b"connection", b"close")):
                head.append(name + b": " + value)
            self.transport.write(b"\r\n".join([*head, b"", b""]) + cast("bytes", refused.body))
        self.transport.close()

    def on_message_begin(self) -> None:
        """A request's first bytes are there."""
        super().on_message_begin()
        cast("dict[str, Any]", self.scope)["extensions"] = {BREAK: self.transport.abort}
        self._head_size = self._in_suspense = 0
        self.waiting_since = self.loop.time()

    def on_url(self, url: bytes) -> None:
        """Part of the request target; too much of it makes the request invalid."""
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; too many make the request invalid."""
        self._count(name)
        self._count(value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The request can be handled, unless its head could be read in two ways.

        Two hosts and codings other than `chunked` are what lets requests be smuggled past a proxy (RFC 9112 sections
        3.2, 6.1 and 11.2). A missing host is let pass: clients that are written by hand forget it.
        """
        if self.parser.get_http_version() not in HTTP_VERSIONS:
            raise ValueError("not HTTP/1")
        if sum(name == b"host" for name, _ in self.headers) > 1:
            raise ValueError("more than one host")
        if any(name == b"transfer-encoding" and value.lower() != b"chunked" for name, value in self.headers):
            raise ValueError("a transfer coding other than chunked")
        self.waiting_since = None
        self._in_suspense = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Part of the body."""
        self._in_suspense = 0
        super().on_body(body)

    def _count(self, part: bytes) -> None:
        self._head_size += len(part)
        if self._head_size > LARGEST_HEAD:
            raise ValueError("the headers are too large")


def _explain(error: BaseException | None, message: str) -> str:
    """Explanation of a bad request, by the error of the parser."""
    match error:
        case HttpParserInvalidMethodError():
            return "method: is none of HTTP, whose methods are written in capital letters"
        case HttpParserInvalidURLError():
            return "target: has characters that must be percent-encoded (RFC 3986 section 2.1)"
        case HttpParserCallbackError() if isinstance(error.__context__, ValueError):
            return f"request: {error.__context__}"
        case None:
            return f"request: {message}"
        case _:
            return "request: is not HTTP/1.1 (RFC 9112)"


def most_connections() -> int:
    """Maximum number of open connections: the limit of descriptors (RLIMIT_NOFILE) less a reserve, up to a bound."""
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(1, min(MOST_CONNECTIONS, descriptors - DESCRIPTORS_KEPT))


def longest_idle(newcomer: BoundedHttp) -> BoundedHttp:
    """The connection to close for `newcomer`: of the address with most connections, the one idle for longest.

    It is the newcomer itself where all connections of that address are being answered.
    """
    connections = [one for one in newcomer.connections if isinstance(one, BoundedHttp)]
    (greatest, _), *_ = Counter(one.address for one in connections).most_common(1)
    idle = [one for one in connections if one.address == greatest and one.is_idle and one is not newcomer]
    return min(idle, key=lambda one: one.used_at, default=newcomer)


class HttpsListener:
    """Serves on a socket that `bind` made, from `start` to `stop`, which closes it.

    `app` is an ASGI application; `context` has the certificate, and may be given another one at any time. Without it,
    there is no TLS.
    """

    def __init__(
        self, app: Callable[..., Any], context: ssl.SSLContext | None, listening: socket.socket
    ) -> None:
        self._context = context
        self._listening = listening
        self._port: int = listening.getsockname()[1]
        self._config = Config(
            app,
            interface="asgi3",
            http=BoundedHttp,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        self._state = ServerState()
        self._accepted: WeakSet[BoundedHttp] = WeakSet()
        """All connections, also those whose TLS handshake goes on, of which the state knows nothing."""
        self._server: asyncio.Server | None = None
        self._sweep: asyncio.TimerHandle | None = None

    @property
    def port(self) -> int:
        """The port listened on."""
        return self._port

    @property
    def connections(self) -> int:
        """Number of open connections whose TLS handshake is over."""
        return len(self._state.connections)

    @property
    def requests(self) -> int:
        """Number of requests that are being answered."""
        return len(self._state.tasks)

    async def start(self) -> None:
        """Accept connections; until then, clients that connect wait."""
        loop = asyncio.get_running_loop()
        if not self._config.loaded:
            self._config.load()
        self._server = await loop.create_server(
            self._connection,
            sock=self._listening,
            ssl=self._context,
            backlog=BACKLOG,
            ssl_handshake_timeout=HANDSHAKE_SECONDS if self._context else None,
            ssl_shutdown_timeout=TLS_CLOSE_SECONDS if self._context else None,
        )
        self._sweep = loop.call_later(SWEEP_SECONDS, self.close_slow)

    async def close(self) -> None:
        """Break every connection and refuse new ones, but keep the port; `start` opens it again.

        Raises `StartError` when somebody else took the port in this very moment.
        """
        host, port = self._listening.getsockname()[:2]
        await self.stop()
        self._listening = bind(host, port, listening=False)

    open = start

    async def stop(self) -> None:
        """Stop listening and close every connection, within a second; also when never started, and twice.

        Requests in progress have a moment to finish, and are cancelled then. So have clients that have just
        connected, to ask: they were accepted, and would take a closed connection for a room that is broken.
        """
        server, self._server = self._server, None
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        if server is None:
            self._listening.close()
            return
        server.close()
        if self._has_newcomers():
            await asyncio.sleep(GRACE_SECONDS)
        for connection in tuple(self._state.connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(tuple(self._state.tasks), timeout=GRACE_SECONDS)
        for connection in tuple(self._state.connections):
            connection.transport.abort()
        # Connections learn of their end some turns of the loop later; then nothing is sent any more.
        for _ in range(TURNS_TO_CLOSE):
            if not self._state.connections:
                break
            await asyncio.sleep(0)
        unfinished = tuple(self._state.tasks)
        for task in unfinished:
            task.cancel()
        if unfinished:
            await asyncio.wait(unfinished, timeout=GRACE_SECONDS)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(server.wait_closed(), GRACE_SECONDS)

    def _has_newcomers(self) -> bool:
        """True if a client has connected a moment ago and asked nothing yet."""
        latest = asyncio.get_running_loop().time() - GRACE_SECONDS
        return any(
            each.transport is None  # its handshake goes on
            or (
                each.waiting_since is not None
                and each.waiting_since > latest
                and not each.transport.is_closing()
            )
            for each in self._accepted
        )

    def _connection(self) -> BoundedHttp:
        connection = BoundedHttp(self._config, self._state, {})
        self._accepted.add(connection)
        return connection

    def close_slow(self) -> None:
        """Close the connections on which a request's headers do not come to an end."""
        loop = asyncio.get_running_loop()
        latest = loop.time() - HEAD_SECONDS
        for connection in tuple(self._state.connections):
            waiting_since = getattr(connection, "waiting_since", None)
            if waiting_since is not None and waiting_since < latest:
                connection.transport.abort()
        self._sweep = loop.call_later(SWEEP_SECONDS, self.close_slow)


def bind(host: str, port: int, *, listening: bool = True) -> socket.socket:
    """A listening TCP socket, port 0 for a free one; `::` serves IPv4 too where the system can. Raises `StartError`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise StartError(
            "host", f"cannot listen on {host or 'no host'}: {error.strerror or error}"
        ) from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            with contextlib.suppress(OSError):
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        bound.bind(address)
        if listening:
            bound.listen(BACKLOG)
        bound.setblocking(False)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise StartError("host", f"cannot listen on {host}: {error.strerror}") from error
        raise StartError("port", f"cannot listen on {host} port {port}: {error.strerror or error}") from error
    return bound
