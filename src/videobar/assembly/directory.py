"""The global directory, if there is one."""

from __future__ import annotations

import asyncio
import logging
import ssl

from videobar.adapters.directory.ldap import LdapConfiguration, LdapDirectory, tls_context
from videobar.clock import SystemClock
from videobar.errors import StartError
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
