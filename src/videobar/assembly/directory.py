"""The directory of the room, with a global directory where one is set."""

from __future__ import annotations

import asyncio
import logging
import secrets
import ssl
from collections.abc import Callable

from videobar.adapters.directory.ldap import LdapConfiguration, LdapDirectory, tls_context
from videobar.adapters.directory.sqlite_entries import SqliteEntries
from videobar.adapters.directory.sqlite_favorites import SqliteFavorites
from videobar.adapters.directory.sqlite_search import SqliteSearch
from videobar.adapters.directory.sqlite_transfer import SqliteTransfer
from videobar.adapters.store.database import Database
from videobar.assembly.site import Site
from videobar.clock import Clock, SystemClock
from videobar.errors import StartError
from videobar.room.directory.port import GlobalDirectory
from videobar.room.directory.queries import Queries
from videobar.room.directory.service import Directory
from videobar.settings import Settings

log = logging.getLogger("videobar.directory")


async def global_directory(settings: Settings, clock: SystemClock) -> LdapDirectory | None:
    """The LDAP servers of the settings, which are being connected to. Raises `StartError`.

    An authority file that came in through the API and cannot be used (any more) makes them fail, and not the start.
    """
    if not settings.ldap_servers:
        return None
    configuration = LdapConfiguration(
        servers=settings.ldap_servers,
        base=settings.ldap_base,
        schema=settings.ldap_schema,
        user=settings.ldap_user,
        password=settings.ldap_password,
        start_tls=settings.ldap_starttls,
        verify=settings.ldap_verify,
        authorities=settings.ldap_ca_file,
        most=settings.ldap_most_results,
    )
    try:
        tls = await asyncio.to_thread(tls_context, configuration)
    except OSError as error:
        complaint = f"--ldap-ca-file: {settings.ldap_ca_file}: {error.strerror or error}"
        if "ldap_ca_file" in settings.given:
            raise StartError("ldap_ca_file", complaint) from None
        log.error("%s; no LDAP server is believed", complaint)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    elsewhere = LdapDirectory(configuration, clock, tls)
    elsewhere.start()
    return elsewhere


def random_id() -> str:
    """An id that no two rooms make, so that entries keep theirs when they move."""
    return secrets.token_hex(10)


def directory_over(
    database: Database,
    clock: Clock,
    *,
    elsewhere: GlobalDirectory | None = None,
    default_group: str | None = None,
    new_id: Callable[[], str] = random_id,
) -> Directory:
    """The directory over the room's database, and over a global directory where there is one."""
    search = SqliteSearch(database)
    return Directory(
        entries=SqliteEntries(database),
        favorites=SqliteFavorites(database),
        search=search,
        transfer=SqliteTransfer(database, new_id),
        elsewhere=elsewhere,
        queries=Queries(search=search, clock=clock, new_id=new_id),
        new_id=new_id,
        default_group=default_group,
    )


async def open_directory(site: Site) -> Directory:
    """The directory with the global one of the settings. Raises `StartError`."""
    directory = directory_over(
        site.database,
        site.clock,
        elsewhere=await global_directory(site.settings, site.clock),
        default_group=site.settings.directory_default_group,
    )
    site.undo.push_async_callback(directory.close)
    return directory
