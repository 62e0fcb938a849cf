"""SIP configuration of the engine, from the settings: sockets, TLS, and the account at SIP servers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from videobar.engine.process.configuration import TlsConfiguration
from videobar.engine.signalling.sip_sockets import SipSockets, bind_sip_sockets
from videobar.errors import StartError
from videobar.net import host_port
from videobar.room.calendar.finding import SipAccount
from videobar.settings import Settings
from videobar.settings.choices import SipTransport
from videobar.sip.registration.account import Account, RegistrationIntervals
from videobar.sip.session.digest import Credentials
from videobar.sip.syntax.uri import SipUri

OF_THE_ACCOUNT = (
    "sip_servers",
    "sip_user",
    "sip_domain",
    "sip_auth_user",
    "sip_password",
    "sip_proxy",
    "sip_transport",
    "sip_expires",
    "sip_keep_alive",
)
"""The settings that `account_of` goes by."""


def bound_sockets(settings: Settings) -> SipSockets:
    """The sockets of the room, bound. Raises `StartError`."""
    hosts = sip_hosts(settings)
    tls_port = wanted_tls_port(settings)
    try:
        return bind_sip_sockets(hosts, settings.sip_port, tls_port)
    except OSError as error:
        ports = f"{settings.sip_port}" + (f" or, for TLS, {tls_port}" if tls_port else "")
        raise StartError(
            "sip_port",
            f"cannot use SIP port {ports} on {', '.join(hosts)}: {error.strerror}; "
            f"choose others with --sip-port and --sip-tls-port (0 takes a free one)",
        ) from None


def sip_hosts(settings: Settings) -> tuple[str, ...]:
    """The addresses for SIP and media."""
    return settings.sip_host or (settings.host,)


def wanted_tls_port(settings: Settings) -> int | None:
    """The port for SIP over TLS: 0 for a free one, None for none."""
    if not settings.sip_tls:
        return None
    if settings.sip_tls_port is not None:
        return settings.sip_tls_port
    return settings.sip_port + 1 if 0 < settings.sip_port < 65535 else 0


def home_domain(settings: Settings) -> str:
    """The domain of the room's own address at its SIP servers; empty where it has none."""
    if not settings.sip_servers:
        return ""
    domain = settings.sip_domain or SipUri.parse(settings.sip_servers[0]).host
    return host_port(domain)


def account_of(settings: Settings) -> Account | None:
    """The account at SIP servers, where any are named."""
    if not settings.sip_servers:
        return None
    return Account(
        address=SipUri.parse(f"sip:{settings.sip_user}@{home_domain(settings)}"),
        servers=tuple(_by_transport(each, settings.sip_transport) for each in settings.sip_servers),
        credentials=Credentials(
            settings.sip_auth_user or settings.sip_user,
            settings.sip_password or "",
        ),
        proxy=_by_transport(settings.sip_proxy, settings.sip_transport) if settings.sip_proxy else None,
        intervals=RegistrationIntervals(expires=settings.sip_expires, keep_alive=settings.sip_keep_alive),
    )


def sip_account(settings: Settings) -> SipAccount | None:
    """The address, user and password at SIP servers, where any are named; the address without `sip:`."""
    if not settings.sip_servers:
        return None
    return SipAccount(
        f"{settings.sip_user}@{home_domain(settings)}",
        settings.sip_auth_user or settings.sip_user,
        settings.sip_password or "",
    )


def _by_transport(server: str, transport: SipTransport) -> SipUri:
    """A server's URI with the transport that all shall use, unless it names one itself."""
    uri = SipUri.parse(server)
    return (
        uri
        if transport is SipTransport.AUTO or uri.transport
        else uri.with_parameter("transport", transport.value)
    )


def tls_configuration(settings: Settings, own_certificate: Callable[[], Path]) -> TlsConfiguration | None:
    """TLS configuration of SIP; `own_certificate` is asked for where the settings name none."""
    if not settings.sip_tls:
        return None
    certificate = settings.sip_certificate or own_certificate()
    return TlsConfiguration(
        certificate=str(certificate),
        key=str(settings.sip_key or ""),
        verify=settings.sip_tls_verify,
        authorities=str(settings.sip_tls_ca or ""),
    )
