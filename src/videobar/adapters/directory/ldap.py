"""A global directory on LDAP servers: OpenLDAP's usual schemas, or Active Directory.

The servers are replicas of one directory; they are asked in their order, the next one when one is away. While none can
be reached, every question is refused at once, and a task in the background asks again until one is back.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from videobar.adapters.directory.ldap_schema import SCHEMAS, Schema
from videobar.clock import Clock
from videobar.errors import DirectoryUnavailable, NoSuchEntry, NotAGroup
from videobar.ldap import filters
from videobar.ldap.connection import LdapAddress, LdapConnection
from videobar.ldap.errors import LIMITS, NOT_HERE, CredentialsRefused, LdapError, LdapRefused, ServerAway
from videobar.ldap.messages import Found, Scope, SearchRequest
from videobar.pem import certificates_in
from videobar.room.directory.entry import GLOBAL, Entry
from videobar.room.directory.port import GlobalReport
from videobar.room.directory.search import DirectorySearch
from videobar.vocabulary import EntryType, SubsystemState

log = logging.getLogger("videobar.directory")

ANSWER_S = 5.0
"""Time that a server may take for each answer."""
AGAIN_S = 5.0
"""Pause between two attempts to reach servers that are down."""
REFUSED_S = 300.0
"""Pause between two attempts after the credentials were refused: servers lock accounts that try too often."""
LOOK_S = 60.0
"""Interval between two checks of an idle server."""
MOST_IDLE = 3
"""Connections that are kept for the next question."""
PAGE = 500
MOST_MEMBERS = 1000


@dataclass(frozen=True)
class LdapConfiguration:
    """Configuration of LDAP servers."""

    servers: tuple[LdapAddress, ...]
    base: str
    schema: str = "openldap"
    user: str = ""
    password: str = ""
    start_tls: bool = True
    verify: bool = True
    authorities: Path | None = None
    """PEM file of the authorities that may sign the servers' certificates; the system's own when left out."""
    most: int = 2000
    """Entries that one search may bring."""


def tls_context(configuration: LdapConfiguration) -> ssl.SSLContext:
    """TLS context that verifies the servers. Raises `OSError` for a file that cannot be used."""
    authorities = configuration.authorities
    context = ssl.create_default_context(
        cadata=certificates_in(authorities) if authorities is not None else None
    )
    if not configuration.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class LdapDirectory:
    """Implements `GlobalDirectory`. `start` begins to look after the servers."""

    def __init__(self, configuration: LdapConfiguration, clock: Clock, tls: ssl.SSLContext) -> None:
        self._configuration = configuration
        self._schema: Schema = SCHEMAS[configuration.schema]
        self._clock = clock
        self._tls = tls
        self._idle: list[LdapConnection] = []
        self._state = SubsystemState.UNKNOWN
        self._address = configuration.servers[0]
        self._reason = ""
        self._watch: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look after the servers."""
        self._watch = asyncio.create_task(self._look_after(), name="ldap")

    def report(self) -> GlobalReport:
        """Current state of the directory."""
        return GlobalReport(self._schema.kind, self._state, str(self._address), self._reason)

    async def search(self, question: DirectorySearch) -> AsyncGenerator[list[Entry], None]:
        """Entries found, page by page."""
        wanted = self._question(self._schema.filter_for(question))
        left = self._configuration.most
        async with aclosing(self._pages(wanted)) as pages:
            async for page in pages:
                entries = self._entries(page)[:left]
                left -= len(entries)
                if entries:
                    yield entries
                if left <= 0:
                    log.warning(
                        "more than %d entries match; the search was cut off", self._configuration.most
                    )
                    return

    async def entry(self, entry_id: str) -> Entry:
        """One entry."""
        found = await self._find(entry_id)
        entries = self._entries([found])
        if not entries:
            raise NoSuchEntry(f"entryId: {entry_id!r} has no name")
        return entries[0]

    async def members(self, group_id: str) -> list[Entry]:
        """The direct members of a group."""
        group = await self._find(group_id)
        if self._schema.type_of(group) is not EntryType.GROUP:
            raise NotAGroup(f"entryId: {group_id!r} is no group")
        names = [name for attribute in self._schema.members for name in group.texts(attribute)]
        found: list[Found] = []
        async with self._connection() as connection:
            for name in names[:MOST_MEMBERS]:
                wanted = SearchRequest(name, Scope.BASE, self._schema.anybody, self._schema.attributes)
                try:
                    found += [one async for page in connection.search(wanted) for one in page]
                except LdapRefused as error:
                    if error.code not in NOT_HERE:
                        raise
        return self._entries(found)

    async def close(self) -> None:
        """Close all connections."""
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
        for connection in self._idle:
            await connection.close()
        self._idle.clear()

    async def _find(self, entry_id: str) -> Found:
        try:
            identity = uuid.UUID(entry_id)
        except ValueError:
            raise NoSuchEntry(f"entryId: there is no global entry {entry_id!r}") from None
        wanted = self._question(filters.all_of(self._schema.anybody, self._schema.has_id(identity)))
        found = [one async for page in self._pages(wanted) for one in page]
        if not found:
            raise NoSuchEntry(f"entryId: there is no global entry {entry_id!r}")
        return found[0]

    def _question(self, passing: filters.Filter) -> SearchRequest:
        return SearchRequest(self._configuration.base, Scope.SUBTREE, passing, self._schema.attributes)

    def _entries(self, found: Sequence[Found]) -> list[Entry]:
        made = [(self._schema.id_of(one), self._schema.content_of(one)) for one in found]
        return [
            Entry(entry_id, GLOBAL, content, "LDAP")
            for entry_id, content in made
            if entry_id and content is not None
        ]

    async def _pages(self, wanted: SearchRequest) -> AsyncGenerator[list[Found], None]:
        """All pages of a search; limits of the server only cut it off."""
        async with self._connection() as connection:
            try:
                async with aclosing(connection.search(wanted, PAGE)) as pages:
                    async for page in pages:
                        yield page
            except LdapRefused as error:
                if error.code not in LIMITS:
                    raise
                log.warning("the LDAP server cut off a search: %s", error)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[LdapConnection]:
        """A connection that is logged in, kept afterwards if it can be. Raises `DirectoryUnavailable`."""
        if self._state is SubsystemState.DOWN:
            raise DirectoryUnavailable(self._reason)
        connection = await self._take()
        try:
            yield connection
        except ServerAway as error:
            self._drop_idle()
            raise self._down(error) from error
        except LdapError as error:
            raise DirectoryUnavailable(f"{self._address}: {error}") from error
        finally:
            if connection.usable and len(self._idle) < MOST_IDLE:
                self._idle.append(connection)
            else:
                connection.abort()

    async def _take(self) -> LdapConnection:
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                return connection
            connection.abort()
        try:
            servers = self._configuration.servers
            at = servers.index(self._address)
            return await self._connect((*servers[at:], *servers[:at]))
        except LdapError as error:
            raise self._down(error) from error

    async def _connect(self, servers: Sequence[LdapAddress]) -> LdapConnection:
        """A new connection, to the first of `servers` that takes it. Raises `ServerAway` with what each said."""
        configuration = self._configuration
        failures: list[str] = []
        kind: type[ServerAway] = ServerAway
        for address in servers:
            try:
                connection = await LdapConnection.connect(
                    address, tls=self._tls, start_tls=configuration.start_tls, patience_s=ANSWER_S
                )
                try:
                    await connection.bind(configuration.user, configuration.password)
                    await self._prove(connection)
                except BaseException:
                    connection.abort()
                    raise
            except LdapError as error:
                failures.append(f"{address}: {error}")
                if isinstance(error, CredentialsRefused):
                    kind = CredentialsRefused
                continue
            if self._state is not SubsystemState.UP or self._address != address:
                log.info("the global directory is up at %s", address)
            self._state, self._address, self._reason = SubsystemState.UP, address, ""
            return connection
        raise kind("; ".join(failures))

    async def _prove(self, connection: LdapConnection) -> None:
        """Return if searches are allowed: Active Directory accepts an anonymous bind, and refuses only the searches.

        A base that cannot be seen proves nothing, since what is below it may still be. Raises `LdapRefused`.
        """
        wanted = SearchRequest(self._configuration.base, Scope.BASE, filters.present("objectClass"), ("1.1",))
        try:
            async for _ in connection.search(wanted):
                pass
        except LdapRefused as error:
            if error.code not in NOT_HERE:
                raise

    def _down(self, error: LdapError) -> DirectoryUnavailable:
        """Record that no server could be reached."""
        reason = str(error)
        if self._state is not SubsystemState.DOWN:
            log.warning("the global directory is down: %s", reason)
        self._state, self._reason = SubsystemState.DOWN, reason
        return DirectoryUnavailable(reason)

    def _drop_idle(self) -> None:
        for connection in self._idle:
            connection.abort()
        self._idle.clear()

    async def _look_after(self) -> None:
        """Check the servers, also while there are no searches, and return to the first when it is up."""
        while True:
            pause_s = LOOK_S
            try:
                connection = await self._connect(self._configuration.servers)
            except LdapError as error:
                self._down(error)
                pause_s = REFUSED_S if isinstance(error, CredentialsRefused) else AGAIN_S
            except Exception:
                log.exception("checking the global directory failed")
            else:
                await connection.close()
            await self._clock.sleep(pause_s)
