"""Redirection of a call (RFC 3261 sections 8.1.3.4 and 13.3.1.4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from videobar.sip.errors import MalformedMessage, MalformedUri, UnsupportedTransport
from videobar.sip.syntax.message import Response
from videobar.sip.syntax.uri import NameAddr, SipUri
from videobar.sip.transport.resolver import NextHop

FOLLOWED: Final = (300, 301, 302)
"""Multiple Choices, Moved Permanently, Moved Temporarily; 305 and 380 name no other address of the callee."""
MOST_TARGETS: Final = 8
"""Most addresses that one call tries, the first included."""


class TargetSet:
    """Target set of a call: the addresses still to be tried, each at most once and the preferred one (`q`) first.

    A call to a `sips:` address never goes on to a `sip:` one, which may not be secure.
    """

    def __init__(self, target: SipUri) -> None:
        self._secure = target.scheme == "sips"
        self._known = {_plain(target)}
        self._waiting: list[SipUri] = []

    def handle_response(self, response: Response) -> None:
        """Take the contacts of a redirection, which come before those that wait; a 6xx means that none is wanted."""
        if response.status >= 600:
            self._waiting.clear()
        if response.status not in FOLLOWED:
            return
        found: list[tuple[float, SipUri]] = []
        for text in response.headers.items_of("contact"):
            contact = _contact(text)
            if contact is None or len(self._known) >= MOST_TARGETS:
                continue
            preference, uri = contact
            if uri not in self._known and (uri.scheme == "sips" or not self._secure):
                self._known.add(uri)
                found.append((preference, uri))
        found.sort(key=lambda each: -each[0])
        self._waiting[:0] = [uri for _, uri in found]

    def next(self) -> SipUri | None:
        """The address to try next; `None` when there is none."""
        return self._waiting.pop(0) if self._waiting else None


def _contact(text: str) -> tuple[float, SipUri] | None:
    """Preference and address of a Contact; `None` for one that we cannot call."""
    try:
        contact = NameAddr.parse(text)
        if not isinstance(contact.uri, SipUri):
            return None
        uri = _plain(contact.uri)
        NextHop.of(uri)
        return float(contact.parameter("q") or 1), uri
    except (MalformedMessage, MalformedUri, UnsupportedTransport, ValueError):
        return None


def _plain(uri: SipUri) -> SipUri:
    """The URI without a method and headers, which would change the request (section 19.1.5)."""
    return replace(uri.without("method"), host=uri.host.lower())
