"""One connection to one server, on which one question is asked after the other."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from videobar.ldap import ber, messages
from videobar.ldap.errors import (
    INVALID_CREDENTIALS,
    CertificateRefused,
    CredentialsRefused,
    LdapRefused,
    NotLdap,
    ServerAway,
)
from videobar.ldap.messages import Found, LdapMessage, SearchRequest
from videobar.net import host_port, reason

LARGEST_MESSAGE = 16 * 1024 * 1024
PORTS = {"ldap": 389, "ldaps": 636}


@dataclass(frozen=True)
class LdapAddress:
    """Address of an LDAP server, from its URL. `secure` is TLS from the first byte."""

    host: str
    port: int
    secure: bool

    @classmethod
    def of(cls, url: str) -> LdapAddress:
        """The address in `ldap://host:389` or `ldaps://host`. Raises `ValueError`."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("must be like ldap://host:389 or ldaps://host")
        return cls(parts.hostname, parts.port or PORTS[parts.scheme], parts.scheme == "ldaps")

    def __str__(self) -> str:
        return f"ldap{'s' if self.secure else ''}://{host_port(self.host, self.port)}"


class LdapConnection:
    """Made by `connect`. Each question raises `ServerAway`, after which nothing more can be asked, or `LdapRefused`.

    A question that is given up while it waits leaves the connection unusable, too; see `usable`.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience_s: float) -> None:
        self._reader = reader
        self._writer = writer
        self._patience_s = patience_s
        self._number = 0
        self._busy = False

    @classmethod
    async def connect(
        cls, address: LdapAddress, *, tls: ssl.SSLContext | None, start_tls: bool, patience_s: float
    ) -> LdapConnection:
        """Connect, and be sure of the server by `tls` where that is wanted. `patience_s` also holds for each answer."""
        try:
            async with asyncio.timeout(patience_s):
                reader, writer = await asyncio.open_connection(
                    address.host,
                    address.port,
                    ssl=tls if address.secure else None,
                    server_hostname=address.host if address.secure else None,
                )
                made = cls(reader, writer, patience_s)
                if start_tls and not address.secure:
                    try:
                        await made._start_tls(tls, address.host)
                    except BaseException:
                        made.abort()
                        raise
                return made
        except ssl.SSLCertVerificationError as error:
            raise CertificateRefused(f"its certificate is refused: {error.verify_message}") from error
        except TimeoutError:
            raise ServerAway(f"no answer within {patience_s:g} s") from None
        except (OSError, EOFError) as error:
            raise ServerAway(f"cannot connect: {_why(error)}") from error

    @property
    def usable(self) -> bool:
        """True if another request can be sent."""
        return not self._busy and not self._writer.is_closing() and not self._reader.at_eof()

    async def bind(self, name: str, password: str) -> None:
        """Log in; with two empty texts as nobody. Raises `CredentialsRefused`, or what a question raises."""
        try:
            await self._result(messages.bind(self._next(), name, password), messages.BIND_DONE)
        except LdapRefused as error:
            if error.code != INVALID_CREDENTIALS:
                raise
            raise CredentialsRefused(f"the user or the password is refused ({error})") from None

    async def search(self, wanted: SearchRequest, page_size: int = 0) -> AsyncGenerator[list[Found], None]:
        """Search: the entries found, page by page where `page_size` is given. Referrals are ignored."""
        cookie = b""
        while True:
            self._busy = True
            await self._send(messages.search(self._next(), wanted, page_size, cookie))
            page: list[Found] = []
            while True:
                message = await self._receive()
                if message.kind == messages.FOUND:
                    page.append(messages.found(message.content))
                elif message.kind == messages.SEARCH_DONE:
                    break
                elif message.kind != messages.REFERENCE:
                    raise NotLdap("not an answer to a search")
            self._busy = False
            yield page
            messages.check(message.content)
            cookie = message.cookie
            if not cookie:
                return

    async def close(self) -> None:
        """Say good-bye, and close; may be called twice."""
        if not self._writer.is_closing():
            with suppress(OSError, ServerAway):
                self._writer.write(messages.unbind(self._next()))
        self._writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                await self._writer.wait_closed()

    def abort(self) -> None:
        """Close at once."""
        self._writer.transport.abort()

    async def _start_tls(self, tls: ssl.SSLContext | None, host: str) -> None:
        await self._result(messages.start_tls(self._next()), messages.EXTENDED_DONE)
        if tls is None:
            raise ServerAway("TLS is wanted, but not configured")
        await self._writer.start_tls(tls, server_hostname=host)

    async def _result(self, request: bytes, kind: int) -> None:
        self._busy = True
        await self._send(request)
        message = await self._receive()
        if message.kind != kind:
            raise NotLdap(f"an operation {message.kind:#x} instead of {kind:#x}")
        self._busy = False
        messages.check(message.content)

    async def _send(self, request: bytes) -> None:
        try:
            self._writer.write(request)
            async with asyncio.timeout(self._patience_s):
                await self._writer.drain()
        except OSError as error:  # also a time-out
            raise ServerAway(f"the connection broke: {_why(error)}") from error

    async def _receive(self) -> LdapMessage:
        """The next message that belongs to the latest question."""
        try:
            async with asyncio.timeout(self._patience_s):
                while True:
                    message = messages.read(await self._read())
                    if message.number == self._number:
                        return message
                    if message.number == 0:
                        raise ServerAway("the server says that it disconnects")
        except TimeoutError:
            raise ServerAway(f"no answer within {self._patience_s:g} s") from None
        except (OSError, EOFError) as error:
            raise ServerAway(f"the connection broke: {_why(error)}") from error

    async def _read(self) -> bytes:
        """The inside of the next message."""
        head = await self._reader.readexactly(2)
        if head[0] != ber.SEQUENCE:
            raise NotLdap("what answers there does not speak LDAP")
        size = head[1]
        if size >= ber.LONG_FORM:
            digits = size - ber.LONG_FORM
            size = int.from_bytes(await self._reader.readexactly(digits), "big") if 0 < digits <= 4 else -1
        if not 0 <= size <= LARGEST_MESSAGE:
            raise NotLdap(f"a message of more than {LARGEST_MESSAGE} bytes")
        return await self._reader.readexactly(size)

    def _next(self) -> int:
        self._number += 1
        return self._number


def _why(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "the server closed it"
    return reason(error)
