"""SIP URIs (RFC 3261 section 19.1) and the name-addr of From, To, Contact and Route (section 20.10)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace

from videobar.net import host_port
from videobar.sip.errors import MalformedUri, UnsupportedTransport
from videobar.sip.syntax.grammar import (
    Parameters,
    is_token,
    parameter_of,
    parse_parameters,
    quote,
    split_outside,
    unquote,
    write_parameters,
)

MAX_URI = 4096
"""Longest URI that is read, in characters."""

_USER = re.compile(r"(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/:]|%[0-9A-Fa-f]{2})*\Z")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9\-_.]*[A-Za-z0-9.])?\Z")
_VALUE = re.compile(r"[!-~]*\Z")
_NAME_ADDR = re.compile(r'("(?:[^"\\]|\\.)*"\s*|[^"<>]*)<([^<>]*)>\s*\Z', re.DOTALL)
_PARAMETER_VALUE = re.compile(r'("(?:[^"\\\r\n\x00]|\\[^\r\n\x00])*"|[^\s"<>]*)\Z')
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+\-.]*\Z")


@dataclass(frozen=True)
class SipUri:
    """A `sip:` or `sips:` URI.

    `user` is in wire form (percent-escaped, with a password if it has one), `host` without the brackets of an
    IPv6 literal, `parameters` in order with names in lower case, `headers` what follows the question mark.

    Raises:
        MalformedUri: a part holds what it must not; so a URI that exists can always be written.
    """

    host: str
    user: str = ""
    port: int | None = None
    parameters: Parameters = ()
    scheme: str = "sip"
    headers: str = ""

    def __post_init__(self) -> None:
        if self.scheme not in ("sip", "sips"):
            raise MalformedUri(f"{self.scheme!r} is not the scheme of a SIP URI")
        if not _USER.match(self.user):
            raise MalformedUri("the user part holds characters that must be escaped")
        _check_host(self.host)
        if self.port is not None and not 0 < self.port < 65536:
            raise MalformedUri(f"{self.port} is not a port")
        for name, value in self.parameters:
            if not name or any(c in name for c in ';?=<>"@,') or not _VALUE.match(name):
                raise MalformedUri("a URI parameter's name is not a token")
            if value is not None and (any(c in value for c in ';?<>"') or not _VALUE.match(value)):
                raise MalformedUri("a URI parameter's value holds characters that must be escaped")
        if not _VALUE.match(self.headers) or any(c in self.headers for c in '<>"'):
            raise MalformedUri("the URI's headers hold characters that must be escaped")

    @classmethod
    def parse(cls, text: str) -> SipUri:
        """Read one URI, without angle brackets.

        Raises:
            MalformedUri: it is not a SIP URI.
        """
        if len(text) > MAX_URI:
            raise MalformedUri("the URI is too long")
        scheme, colon, rest = text.partition(":")
        if not colon or scheme.lower() not in ("sip", "sips"):
            raise MalformedUri("the URI is not a SIP URI")
        user, at, host_part = rest.rpartition("@")
        if at and not user:
            raise MalformedUri("the user part is empty")
        rest, question, headers = host_part.partition("?")
        if question and not headers:
            raise MalformedUri("the URI's headers are empty")
        authority, *parameters = rest.split(";")
        host, port = split_host_port(authority)
        return cls(
            host=host,
            user=_escape_non_ascii(user),
            port=port,
            parameters=parse_parameters(parameters),
            scheme=scheme.lower(),
            headers=headers,
        )

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        headers = f"?{self.headers}" if self.headers else ""
        host = host_port(self.host, self.port)
        return f"{self.scheme}:{user}{host}{write_parameters(self.parameters)}{headers}"

    def parameter(self, name: str) -> str | None:
        """The value of a parameter; empty for one without a value, None where it is absent."""
        return parameter_of(self.parameters, name)

    def without(self, *names: str) -> SipUri:
        """The same URI without these parameters and without headers."""
        kept = tuple((key, value) for key, value in self.parameters if key not in names)
        return replace(self, parameters=kept, headers="")

    def with_parameter(self, name: str, value: str | None) -> SipUri:
        """The same URI with one more parameter."""
        return replace(self, parameters=(*self.parameters, (name, value)))

    @property
    def transport(self) -> str:
        """Transport that the URI asks for: `UDP`, `TCP` or `TLS`, empty where it leaves that open.

        `sips:` means TLS, whatever stream transport stands beside it (section 19.1, RFC 5630 section 3.1.4).

        Raises:
            UnsupportedTransport: it asks for anything else.
        """
        asked = (self.parameter("transport") or "").upper()
        if asked not in (("", "TCP", "TLS") if self.scheme == "sips" else ("", "UDP", "TCP", "TLS")):
            raise UnsupportedTransport(f"transport {asked} is not supported for {self.scheme}:")
        return "TLS" if self.scheme == "sips" else asked


@dataclass(frozen=True)
class OtherUri:
    """URI of another scheme, such as `tel:`: kept to be shown and echoed, never followed."""

    text: str

    def __post_init__(self) -> None:
        scheme, colon, rest = self.text.partition(":")
        if not colon or not rest or not _SCHEME.match(scheme) or len(self.text) > MAX_URI:
            raise MalformedUri("the text is not a URI")
        if not _VALUE.match(self.text) or any(c in self.text for c in '<>"'):
            raise MalformedUri("the URI holds characters that must be escaped")

    def __str__(self) -> str:
        return self.text


Uri = SipUri | OtherUri


def parse_uri(text: str) -> Uri:
    """Read a URI of any scheme.

    Raises:
        MalformedUri: it is none.
    """
    if text.partition(":")[0].lower() in ("sip", "sips"):
        return SipUri.parse(text)
    return OtherUri(text)


@dataclass(frozen=True)
class NameAddr:
    """A URI with a display name and header parameters, as in From, To, Contact, Route and Record-Route.

    `display_name` is plain text, without quotes or escapes.
    """

    uri: Uri
    display_name: str = ""
    parameters: Parameters = ()

    @classmethod
    def parse(cls, text: str) -> NameAddr:
        """Read `"Name" <uri>;parameter` or `uri;parameter`; in the latter all parameters are the header's.

        Raises:
            MalformedUri: there is no URI in it, or the brackets and quotes do not match.
        """
        head, *rest = split_outside(text.strip(), ";")
        parameters = _checked(parse_parameters(rest))
        bracketed = _NAME_ADDR.match(head)
        if bracketed:
            return cls(parse_uri(bracketed[2].strip()), _display_name(bracketed[1].strip()), parameters)
        if any(c in head for c in '",? \t<>'):
            raise MalformedUri("the address is malformed, or needs angle brackets")
        return cls(parse_uri(head), "", parameters)

    def __str__(self) -> str:
        name = f"{quote(self.display_name)} " if self.display_name else ""
        return f"{name}<{self.uri}>{write_parameters(self.parameters)}"

    def parameter(self, name: str) -> str | None:
        """The value of a header parameter; empty for one without a value, None where it is absent."""
        return parameter_of(self.parameters, name)

    @property
    def tag(self) -> str:
        """The dialog tag of a From or To; empty where there is none."""
        return self.parameter("tag") or ""

    def with_tag(self, tag: str) -> NameAddr:
        """The same address with this tag instead of any other."""
        kept = tuple(pair for pair in self.parameters if pair[0] != "tag")
        return replace(self, parameters=(*kept, ("tag", tag)))


def split_host_port(text: str) -> tuple[str, int | None]:
    """`host`, `host:port`, `[v6]` and `[v6]:port` as (host without brackets, port).

    Raises:
        MalformedUri: it is neither of them.
    """
    if text.startswith("["):
        host, close, rest = text[1:].partition("]")
        if not close or ":" not in host or (rest and not rest.startswith(":")):
            raise MalformedUri("the IPv6 literal is not closed")
        port = rest[1:] if rest else None
    else:
        host, colon, after = text.partition(":")
        port = after if colon else None
    _check_host(host)
    if port is None:
        return host, None
    if not port.isascii() or not port.isdigit() or len(port) > 5 or not 0 < int(port) < 65536:
        raise MalformedUri("the port is not a number from 1 to 65535")
    return host, int(port)


def _check_host(host: str) -> None:
    if ":" in host:
        try:
            literal = ipaddress.IPv6Address(host)
        except ValueError:
            raise MalformedUri("the host is not an IPv6 address") from None
        if literal.scope_id is not None:
            raise MalformedUri("a URI has no place for an IPv6 zone")
    elif len(host) > 255 or not _HOST.match(host):
        raise MalformedUri("the host is neither a name nor an address")


def _escape_non_ascii(text: str) -> str:
    """Percent-escape what is not ASCII: some peers write UTF-8 into the user part as it is."""
    octets = text.encode("utf-8", "surrogateescape")
    return "".join(chr(octet) if octet < 0x80 else f"%{octet:02X}" for octet in octets)


def _display_name(text: str) -> str:
    if not text.startswith('"') and not all(is_token(word) or not word.isascii() for word in text.split()):
        raise MalformedUri("the display name needs quotes")
    return unquote(text).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _checked(parameters: Parameters) -> Parameters:
    """Refuse what could not be written again inside a header line."""
    for name, value in parameters:
        if not is_token(name) or (value is not None and not _PARAMETER_VALUE.match(value)):
            raise MalformedUri("a header parameter is malformed")
    return parameters
