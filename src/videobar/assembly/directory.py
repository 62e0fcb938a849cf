"""The global directory, if there is one."""

from __future__ import annotations

from videobar.adapters.directory.ldap import LdapConfiguration, LdapDirectory, tls_context
from videobar.assembly.starting import CannotStart
from videobar.clock import SystemClock
from videobar.settings import Settings


def global_directory(settings: Settings, clock: SystemClock) -> LdapDirectory | None:
    """The LDAP servers of the settings, which are being connected to. Raises `CannotStart`."""
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
        elsewhere = LdapDirectory(configuration, clock, tls_context(configuration))
    except OSError as error:
        raise CannotStart(f"--ldap-ca-file: {settings.ldap_ca_file}: {error.strerror or error}") from None
    elsewhere.start()
    return elsewhere
