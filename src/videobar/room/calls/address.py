"""Addresses that can be dialled: from an address and a dial type to an order for the engine.

A room that no SIP server knows can only call what names a host: `sip:user@host`, `user@host`, `host`, each with
an optional `:port` and URI parameters; `sips:` asks for TLS. The syntax is that of RFC 3261 section 19.1, without
headers.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import quote

from videobar.errors import AddressInvalid, DialTypeNotSupported
from videobar.room.calls.port import DialOrder
from videobar.vocabulary import CallProtocol, DialType

LONGEST_ADDRESS = 512

SIP_DIAL_TYPES = frozenset(
    {
        DialType.AUTO,
        DialType.SIP,
        DialType.VOICE,
        DialType.VIDEO,
        DialType.VOICE_SIP,
        DialType.SIP_SPEAKERPHONE,
    }
)

VOICE_DIAL_TYPES = frozenset({DialType.VOICE, DialType.VOICE_SIP, DialType.SIP_SPEAKERPHONE})
"""Those that offer no video."""

SCHEME = re.compile(r"(sips?|tel|h323|h320|https?|mailto|callto|xmpp):", re.IGNORECASE | re.ASCII)
USER_CHARACTERS = "-_.!~*'()&=+$,;?/:%"
"""RFC 3261 section 25.1, `user` and `password`; the rest travels percent-encoded."""

PASSWORD = re.compile(r"\A(\s*(?:sips?:|(?!sips?:))[^\s:@<>]+):[^\s@]*@", re.IGNORECASE)

AT_HOME = re.compile(r"(?:(?:sips?|tel):)?(?P<user>\+?[\d*#-]+|(?!localhost\Z)[^\W\d_][\w-]*)", re.IGNORECASE)
"""Addresses that name a user and no host. A hyphen may stand in a number, as people write it."""
NUMBER = re.compile(r"\+?\d+")
WRITTEN_NUMBER = re.compile(r"(?:tel:)?(?:\+[\d ().\u00a0/-]+|[\d(][\d ()\u00a0/-]+)", re.IGNORECASE)
SEPARATORS = re.compile(r"[ ().\u00a0/-]")
"""Visual separators between the digits of a telephone number, which nobody dials (RFC 3966 section 5.1.1)."""

ADDRESS = re.compile(
    r"""
    (?:(?P<user>[^@\s<>"]+)@)?
    (?P<host>\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?\.?)
    (?::(?P<port>\d{1,5}))?
    (?P<parameters>(?:;[a-z0-9_.!~*'()+%-]+(?:=[a-z0-9\[\]/:&+$_.!~*'()%-]+)?)*)
    """,
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)
"""Of letters beyond ASCII, some are others' capitals (`\u0130`): without the flag, host names would have them."""


def order(
    address: str, dial_type: DialType, display_name: str, home_domain: str = ""
) -> tuple[CallProtocol, DialOrder]:
    """Protocol and dial order for `address`; users without a host are in `home_domain`, where there is one.

    Raises `DialTypeNotSupported` or `AddressInvalid`, which say what is wrong with which field.
    """
    if dial_type is DialType.LOOPBACK:
        return CallProtocol.LOOPBACK, DialOrder(target="", loopback=True)
    if dial_type not in SIP_DIAL_TYPES:
        allowed = ", ".join(sorted(SIP_DIAL_TYPES | {DialType.LOOPBACK}))
        raise DialTypeNotSupported(f"dialType: this room cannot dial {dial_type}; it can dial {allowed}")
    return CallProtocol.SIP, DialOrder(
        target=sip_uri(address, home_domain),
        display_name=display_name,
        video=dial_type not in VOICE_DIAL_TYPES,
    )


def sip_uri(address: str, home_domain: str = "") -> str:
    """`address` as a SIP URI. Raises `AddressInvalid`.

    With a `home_domain` a number or a word without a dot is a user there, and `tel:` numbers can be dialled.
    """
    text = address.strip()
    if WRITTEN_NUMBER.fullmatch(text):
        text = SEPARATORS.sub("", text)
    if not text:
        raise AddressInvalid("address: nothing to dial")
    if len(text) > LONGEST_ADDRESS:
        raise AddressInvalid(f"address: longer than {LONGEST_ADDRESS} characters")
    scheme = SCHEME.match(text)
    at_home = AT_HOME.fullmatch(text) if home_domain else None
    if at_home is not None:
        return f"sip:{quote(at_home['user'], safe=USER_CHARACTERS)}@{home_domain}"
    secure = scheme is not None and scheme[1].lower() == "sips"
    if scheme is not None and scheme[1].lower() not in ("sip", "sips"):
        raise AddressInvalid(f"address: this room can dial sip: addresses, not {shown(scheme[0].lower())}")
    number = NUMBER.fullmatch(text, scheme.end() if scheme else 0)
    if number is not None:
        raise AddressInvalid(
            f"address: {shown(text)} names no host, and no SIP server is configured that could find it"
        )
    match = ADDRESS.fullmatch(text, scheme.end() if scheme else 0)
    if match is None:
        raise AddressInvalid(
            f"address: {shown(without_password(text))} is not an address like user@host or sip:user@host:5060"
        )
    _check_host(match)
    user = f"{quote(match['user'], safe=USER_CHARACTERS)}@" if match["user"] else ""
    port = f":{match['port']}" if match["port"] else ""
    return f"{'sips' if secure else 'sip'}:{user}{match['host']}{port}{match['parameters']}"


def without_password(address: str) -> str:
    """The address without the password that a SIP URI may carry behind its user (RFC 3261 section 19.1.1).

    What is dialled has it; what is shown, logged and kept has not.
    """
    return PASSWORD.sub(r"\1@", address, count=1)


def shown(text: str) -> str:
    """`text` as it may stand in an error: quoted, short, on one line."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _check_host(match: re.Match[str]) -> None:
    host, port = match["host"], match["port"]
    if port and not 0 < int(port) < 65536:
        raise AddressInvalid(f"address: there is no port {port}")
    if host.startswith("["):
        try:
            ipaddress.IPv6Address(host[1:-1])
        except ValueError:
            raise AddressInvalid(f"address: {shown(host)} is not an IPv6 address") from None
    elif re.fullmatch(r"[\d.]+", host):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            raise AddressInvalid(f"address: {shown(host)} is not an IPv4 address") from None
    elif len(host) > 253 or any(not 0 < len(label) <= 63 for label in host.rstrip(".").split(".")):
        raise AddressInvalid(f"address: {shown(host)} is not a host name")
