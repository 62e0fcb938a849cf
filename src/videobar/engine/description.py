"""The session descriptions of one call: between SDP and what an audio leg needs to know."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from videobar.engine.audio import AudioParameters
from videobar.rtp.direction import Direction
from videobar.sip.errors import MalformedDescription
from videobar.sip.offer_answer import (
    DEFAULT_AUDIO,
    AudioFormat,
    NegotiatedAudio,
    apply_answer,
    build_answer,
    build_offer,
    negotiate,
)
from videobar.sip.sdp import Origin, SessionDescription


class NotNegotiable(Exception):
    """Offer and answer have nothing in common, or make no sense; the text says which."""


@dataclass(frozen=True)
class Agreement:
    """What both sides agreed on: our description to send (empty after an answer), and how the leg is to run."""

    description: bytes
    parameters: AudioParameters
    held_by_far_end: bool


class AudioDescription:
    """Describes our audio at `address` and `port`, with `codecs` in order of preference, as offers and answers.

    Each description has a higher version than the one before; media lines never change their places.
    """

    def __init__(self, address: str, port: int, codecs: tuple[str, ...]) -> None:
        self._address = address
        self._port = port
        self._formats = formats_of(codecs)
        number = secrets.randbelow(2**31)
        self._origin = Origin("-", number, number, address)
        self._current: SessionDescription | None = None
        self._offered: SessionDescription | None = None

    def offer(self) -> bytes:
        """A new offer."""
        self._offered = build_offer(
            origin=self._next_origin(),
            address=self._address,
            port=self._port,
            formats=self._formats,
            current=self._current,
        )
        return bytes(self._offered)

    def answer(self, offer: bytes) -> Agreement:
        """The answer to a far end's offer. Raises `NotNegotiable`, and changes nothing then."""
        theirs = _parsed(offer)
        chosen = negotiate(theirs, formats=self._formats)
        if chosen is None:
            raise NotNegotiable("the offer has no audio that we can do")
        self._check_reachable(chosen)
        self._current = build_answer(
            theirs, chosen, origin=self._next_origin(), address=self._address, port=self._port
        )
        return Agreement(bytes(self._current), _parameters(chosen), chosen.held_by_far_end)

    def take_answer(self, answer: bytes) -> Agreement:
        """What the far end's answer to our last offer means. Raises `NotNegotiable`."""
        if self._offered is None:
            raise NotNegotiable("an answer to no offer")
        chosen = apply_answer(self._offered, _parsed(answer))
        if chosen is None:
            raise NotNegotiable("the answer has no audio that we offered")
        self._check_reachable(chosen)
        self._current = self._offered
        return Agreement(b"", _parameters(chosen), chosen.held_by_far_end)

    def _check_reachable(self, chosen: NegotiatedAudio) -> None:
        """Our sockets are of one IP family; nowhere, which is how a hold may look, is in both."""
        theirs, ours = _literal(chosen.remote_address), _literal(self._address)
        if theirs is None or ours is None or theirs.is_unspecified:
            return
        if theirs.version != ours.version:
            raise NotNegotiable(f"no way from {ours} to media at {theirs}")

    def _next_origin(self) -> Origin:
        self._origin = self._origin.next_version()
        return self._origin


def formats_of(codecs: tuple[str, ...]) -> tuple[AudioFormat, ...]:
    """Formats for names such as `opus` and `pcmu`, in their order."""
    by_name = {each.encoding.lower(): each for each in DEFAULT_AUDIO}
    return tuple(by_name[name] for name in codecs)


def media_address(offer: bytes | None) -> str | None:
    """The numeric address at which an offer wants its first media line.

    `None` when it does not say, says a name (which nobody looks up), or says no place at all, as a hold does.
    """
    if offer is None:
        return None
    try:
        description = SessionDescription.parse(offer)
    except MalformedDescription:
        return None
    address = next((description.address_of(media) for media in description.media), None)
    literal = _literal(address)
    return address if literal is not None and not literal.is_unspecified else None


def _literal(address: str | None) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address or "")
    except ValueError:
        return None


def _parsed(description: bytes) -> SessionDescription:
    try:
        return SessionDescription.parse(description)
    except MalformedDescription as error:
        raise NotNegotiable(str(error)) from error


def _parameters(chosen: NegotiatedAudio) -> AudioParameters:
    events = frozenset() if chosen.event_receive is None else frozenset({chosen.event_receive})
    return AudioParameters(
        codec=chosen.format.encoding,
        send_payload_type=chosen.payload_type_send,
        receive_payload_types=frozenset({chosen.payload_type_receive}),
        remote=(chosen.remote_address, chosen.remote_port),
        remote_rtcp=(chosen.remote_rtcp_address, chosen.remote_rtcp_port),
        event_send_payload_type=chosen.event_send,
        event_receive_payload_types=events,
        event_clock=chosen.event_clock,
        rtcp_mux=chosen.rtcp_mux,
        direction=Direction(chosen.direction.value),
    )
