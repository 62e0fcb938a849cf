"""Where a request is to be sent: what its URI says, and what becomes of that (RFC 3261 section 8.1.2, RFC 3263)."""

from __future__ import annotations

from dataclasses import dataclass

from videobar.sip.errors import UnsupportedTransport
from videobar.sip.flow import Flow
from videobar.sip.uri import SipUri

DEFAULT_PORTS = {"UDP": 5060, "TCP": 5060, "TLS": 5061}
"""The port where a URI names none and DNS neither."""


@dataclass(frozen=True)
class Hop:
    """The next hop as a URI names it: `protocol` is empty and `port` None where it leaves them open.

    `secure` asks for TLS all the way (`sips:`).
    """

    host: str
    port: int | None = None
    protocol: str = ""
    secure: bool = False

    @classmethod
    def of(cls, uri: SipUri) -> Hop:
        """The hop that a URI asks for.

        Raises:
            UnsupportedTransport: a transport that we do not have.
        """
        return cls(uri.host, uri.port, uri.transport, uri.scheme == "sips")

    @classmethod
    def back_on(cls, flow: Flow) -> Hop:
        """The peer of a flow, by the same transport."""
        return cls(flow.host, flow.port, flow.protocol)

    @property
    def wants_tls(self) -> bool:
        """Whether nothing but TLS will do."""
        return self.secure or self.protocol == "TLS"

    def destination(self) -> Destination:
        """What it means without DNS: UDP and the default ports."""
        protocol = self.protocol or "UDP"
        return Destination(protocol, self.host, self.port or DEFAULT_PORTS[protocol], self.host)


@dataclass(frozen=True)
class Destination:
    """A transport with an address and a port; `name` is what a TLS server there must prove to be (RFC 5922)."""

    protocol: str
    host: str
    port: int
    name: str


def hop_or_flow(uri: SipUri, flow: Flow) -> Hop:
    """The hop of a URI, or that of `flow` where the URI asks for a transport that we do not have."""
    try:
        return Hop.of(uri)
    except UnsupportedTransport:
        return Hop.back_on(flow)
