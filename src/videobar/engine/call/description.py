"""The session descriptions of one call: between SDP and what its media need to know."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from videobar.engine.call.keying import Keying, readable
from videobar.sip.errors import MalformedDescription
from videobar.sip.sdp.description import Media, MediaRole, Origin, SessionDescription
from videobar.sip.sdp.offer_answer import MediaLine, Negotiation, bandwidth_of
from videobar.sip.sdp.rtp_line import NegotiatedMedia, RtpLine
from videobar.vocabulary import CallMedia


class NotNegotiable(Exception):
    """Offer and answer have nothing in common, or make no sense; the text says which."""


AUDIO_RATE_KBPS = 64
"""Rate of sent audio, unless a far end takes less."""


@dataclass(frozen=True)
class Agreement:
    """Agreement of both sides: our description to send (empty after an answer), and what each line's kind agreed.

    There is always audio. A role that is not in `lines` has no media.
    """

    description: bytes
    lines: Mapping[MediaRole, Any]
    bandwidth: int | None = None
    """Bandwidth that the far end takes for all media together, in kbit/s; `None` where it gives none."""

    @property
    def answered(self) -> bool:
        """True if the far end has answered our offer, and we not theirs: what it left out it refuses."""
        return not self.description

    @property
    def media(self) -> CallMedia:
        """Media of the call: audio, with or without video."""
        return CallMedia.AUDIO_VIDEO if MediaRole.VIDEO_MAIN in self.lines else CallMedia.AUDIO_ONLY

    def rate_kbps(self, ours: int) -> int:
        """The rate of the call in kbit/s, of which we would take `ours`: the least that anybody has said."""
        of_lines = [getattr(line, "bandwidth", None) for line in self.lines.values()]
        theirs = self.bandwidth or (sum(of_lines) if all(of_lines) else None)  # type: ignore[arg-type]
        most = ours if self.media is CallMedia.AUDIO_VIDEO else min(ours, AUDIO_RATE_KBPS)
        return min(most, theirs or most)

    def video_kbps(self, ours: int) -> int:
        """Bandwidth for all pictures together, of what the far end takes, in kbit/s, where we would send `ours`."""
        return min(ours, max(1, self.bandwidth - AUDIO_RATE_KBPS)) if self.bandwidth else ours

    def signalled_from(self, host: str) -> Agreement:
        """The same, with the numeric address that the far end speaks SIP from in each line that RTP carries."""
        lines = {
            role: replace(line, signalling_host=host) if isinstance(line, NegotiatedMedia) else line
            for role, line in self.lines.items()
        }
        return replace(self, lines=lines)

    @property
    def audio(self) -> NegotiatedMedia:
        """The audio line."""
        agreed: NegotiatedMedia = self.lines[MediaRole.AUDIO]
        return agreed

    @property
    def held_by_far_end(self) -> bool:
        """True if the far end holds the call, which it signals by its audio line."""
        return self.audio.held_by_far_end


class CallDescription:
    """Describes the media of one call at `address`, as offers and answers.

    `terms` gives what there is to offer or to accept, each time; without it, `lines` may be changed between offers.
    Each description has a higher version than the one before; media lines never change their places. `keying` has made
    the security of its lines.
    """

    def __init__(
        self,
        address: str,
        bandwidth: int | None = None,
        keying: Keying | None = None,
        terms: Callable[[], dict[MediaRole, MediaLine]] | None = None,
    ) -> None:
        self._address = address
        self._keying = keying or Keying()
        number = secrets.randbelow(2**31)
        self._negotiation = Negotiation(Origin("-", number, number, address), address, bandwidth)
        self._terms = terms or (lambda: self._negotiation.lines)

    @property
    def lines(self) -> dict[MediaRole, MediaLine]:
        """Our side of each media line, in the order in which they are offered."""
        return self._negotiation.lines

    def offer(self, *, everything: bool = False) -> bytes:
        """A new offer; of `everything` where a far end asks for it, else lines in use go on as they are."""
        self._negotiation.lines = self._terms()
        return bytes(self._negotiation.offer(everything=everything))

    def answer(self, offer: bytes) -> Agreement:
        """The answer to a far end's offer. Raises `NotNegotiable`, and changes nothing then."""
        theirs = parsed(offer)
        self._negotiation.lines = self._terms()
        answer, agreed = self._negotiation.answer(self._keying.readable_offer(theirs))
        if MediaRole.AUDIO not in agreed:
            raise NotNegotiable("the offer has no audio that we can do")
        self._check_reachable(agreed)
        self._commit(agreed)
        return Agreement(bytes(answer), agreed, bandwidth_of(theirs.bandwidth))

    def take_answer(self, answer: bytes) -> Agreement:
        """Agreement after the far end's answer to our last offer. Raises `NotNegotiable`."""
        agreement = self.preview(answer)
        self._commit(agreement.lines)
        return agreement

    def preview(self, answer: bytes) -> Agreement:
        """Agreement that an answer would make, which may not be the last one to our offer. Raises `NotNegotiable`."""
        theirs = parsed(answer)
        self._negotiation.lines = self._terms()
        try:
            agreed = self._negotiation.take_answer(readable(theirs))
        except LookupError as error:
            raise NotNegotiable(str(error)) from error
        if MediaRole.AUDIO not in agreed:
            raise NotNegotiable("the answer has no audio that we offered")
        self._check_reachable(agreed)
        return Agreement(b"", agreed, bandwidth_of(theirs.bandwidth))

    def _commit(self, agreed: Mapping[MediaRole, Any]) -> None:
        self._negotiation.commit()
        for role, line in self.lines.items():
            if isinstance(line, RtpLine):
                line.commit(agreed.get(role))
        self._keying.agree(agreed)

    def _check_reachable(self, agreed: Mapping[MediaRole, Any]) -> None:
        """Our sockets are of one IP family; nowhere, which is how a hold may look, is in both."""
        ours = _literal(self._address)
        for line in agreed.values():
            theirs = _literal(getattr(line, "remote_address", None))
            if theirs is None or ours is None or theirs.is_unspecified:
                continue
            if theirs.version != ours.version:
                raise NotNegotiable(f"no way from {ours} to media at {theirs}")


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


def offered_lines(offer: bytes) -> dict[MediaRole, Media]:
    """Lines of an offer by role: the first of each role that is not refused. Empty when it makes no sense."""
    try:
        description = SessionDescription.parse(offer)
    except MalformedDescription:
        return {}
    return {media.role: media for media in reversed(description.media) if media.port}


def parsed(description: bytes) -> SessionDescription:
    """A far end's description. Raises `NotNegotiable`."""
    try:
        return SessionDescription.parse(description)
    except MalformedDescription as error:
        raise NotNegotiable(str(error)) from error


def _literal(address: str | None) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address or "")
    except ValueError:
        return None
