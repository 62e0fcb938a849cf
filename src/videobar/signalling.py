"""What the settings say of SIP, as the engine wants it: sockets, TLS, and how the room is called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from videobar.engine.protocol import TlsConfiguration
from videobar.engine.sip_sockets import SipSockets, bind_sip_sockets
from videobar.settings import Settings


class SipPortTaken(Exception):
    """A SIP socket cannot be bound; one line for the operator."""


def bound_sockets(settings: Settings) -> SipSockets:
    """The sockets of the room, bound. Raises `SipPortTaken`."""
    hosts = sip_hosts(settings)
    tls_port = wanted_tls_port(settings)
    try:
        return bind_sip_sockets(hosts, settings.sip_port, tls_port)
    except OSError as error:
        ports = f"{settings.sip_port}" + (f" or, for TLS, {tls_port}" if tls_port else "")
        raise SipPortTaken(
            f"cannot use SIP port {ports} on {', '.join(hosts)}: {error.strerror}; "
            f"choose others with --sip-port and --sip-tls-port (0 takes a free one)"
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


def tls_configuration(settings: Settings, own_certificate: Callable[[], Path]) -> TlsConfiguration | None:
    """How to speak TLS; `own_certificate` is asked for where the settings name none."""
    if not settings.sip_tls:
        return None
    certificate = settings.sip_certificate or own_certificate()
    return TlsConfiguration(
        certificate=str(certificate),
        key=str(settings.sip_key or ""),
        verify=settings.sip_tls_verify,
        authorities=str(settings.sip_tls_ca or ""),
    )
