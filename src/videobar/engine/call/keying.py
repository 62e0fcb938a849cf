"""Keying (SDES, DTLS-SRTP): how the media lines of one call agree on their protection.

`Keying` belongs to a call; `line` makes what one RTP line of it needs (the `security` of an `RtpLine`), with keys
of its own. `agree` gets the lines of a whole agreement; from then on `security_of` an agreed line is what its
stream must be given. Keys are kept from one description to the next, so that a hold or an added line changes nothing
for the others.

What `Encryption` means:

* OFF: nothing is offered, and `a=crypto` beside a plain protocol is passed over.
* WHEN_AVAILABLE: `a=crypto` is offered beside `RTP/AVP`, which who does not know it ignores; who refuses that is
  offered `RTP/SAVP` (`insist`). A plain offer is taken.
* REQUIRED: `RTP/SAVP` is offered; a plain offer or answer is refused.

Unless encryption is off, DTLS is taken where a far end offers it, and offered where nothing else was taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType
from typing import Any

from videobar.rtp.dtls import DtlsIdentity, DtlsSrtp, Fingerprint
from videobar.rtp.security import StreamSecurity
from videobar.rtp.srtp import SUITES, MasterKey, Srtp
from videobar.sip.errors import MalformedDescription
from videobar.sip.sdp.description import Attribute, Media, SessionDescription
from videobar.sip.sdp.rtp_line import NegotiatedMedia
from videobar.sip.sdp.security import (
    CryptoAttribute,
    Protection,
    SecuredMedia,
    cryptos_of,
    is_dtls,
    is_plain,
    protocol_for,
)
from videobar.vocabulary import Encryption


class Round(Enum):
    """Round of offers: the protection that a far end without keys is offered."""

    PLAIN = "plain"
    KEYS_BESIDE = "keys beside a plain profile"
    KEYS = "keys and a secure profile"
    DTLS = "DTLS"


ROUNDS: Mapping[Encryption, tuple[Round, ...]] = MappingProxyType(
    {
        Encryption.OFF: (Round.PLAIN,),
        Encryption.WHEN_AVAILABLE: (Round.KEYS_BESIDE, Round.KEYS, Round.DTLS),
        Encryption.REQUIRED: (Round.KEYS, Round.DTLS),
    }
)
"""Kinds of protection that are offered, one after the other, to a far end that refuses."""


@dataclass(frozen=True)
class Keys:
    """Keys of one line. `ours` is what we have offered; once agreed on, the one key that is in use."""

    ours: tuple[CryptoAttribute, ...] = ()
    protection: Protection = Protection.NONE
    secure_profile: bool = False
    security: Srtp | DtlsSrtp | None = None


def security_of(agreed: NegotiatedMedia) -> StreamSecurity | None:
    """Security of the stream of an agreed line; `None` where nothing does."""
    return agreed.keys.security if isinstance(agreed.keys, Keys) else None


class Keying:
    """The protection of one call's media.

    `identity` is asked for a certificate only when there is DTLS. `on_change` is called on the RTP thread when a
    DTLS handshake has ended, well or not.
    """

    def __init__(
        self,
        encryption: Encryption = Encryption.OFF,
        identity: Callable[[], DtlsIdentity] = DtlsIdentity,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.encryption = encryption
        self.identity = identity
        self.on_change = on_change
        self._rounds = list(ROUNDS[encryption])
        self._lines: list[LineKeying] = []
        self._agreed: list[Keys] = []

    def line(self) -> LineKeying:
        """Add the protection of one more RTP line of the call."""
        made = LineKeying(self)
        self._lines.append(made)
        return made

    @property
    def encrypted(self) -> bool:
        """True if every line in use is protected, by keys that are there."""
        streams = [keys.security for keys in self._agreed]
        return bool(streams) and all(security is not None and security.suite for security in streams)

    @property
    def failure(self) -> str:
        """Reason why a line in use will never have keys; empty when there is no such line."""
        handshakes = [keys.security for keys in self._agreed if isinstance(keys.security, DtlsSrtp)]
        return next((each.failure for each in handshakes if each.failure), "")

    @property
    def round(self) -> Round:
        """Protection that new lines are offered with now."""
        return self._rounds[0]

    def insist(self, *, on: Round | None = None) -> bool:
        """The far end has refused our offer: go on to the next kind, or to `on`; false when there is none left."""
        left = self._rounds[1:] if on is None else [each for each in self._rounds[1:] if each is on]
        if not left:
            return False
        self._go_on(left)
        return True

    def start_over(self) -> None:
        """Offer as at first, since the far end may have refused for another reason."""
        self._go_on(list(ROUNDS[self.encryption]))

    def _go_on(self, rounds: list[Round]) -> None:
        self._rounds = rounds
        for line in self._lines:
            line.forget()

    def readable_offer(self, theirs: SessionDescription) -> SessionDescription:
        """A far end's offer as lines can read it, each on its own.

        Of lines for the same purpose, plain ones count as refused where there is a protected one that we can take.
        """
        media = readable(theirs).media
        protected = {
            each.role
            for each in media
            if each.port and self.protection_of(each) in (Protection.SDES, Protection.DTLS)
        }
        return replace(
            theirs,
            media=tuple(
                each.refused()
                if each.role in protected and self.protection_of(each) is Protection.NONE
                else each
                for each in media
            ),
        )

    def agree(self, lines: Mapping[Any, object]) -> None:
        """Use from now on the lines, by role, that a whole description has agreed on."""
        agreed = [each for each in lines.values() if isinstance(each, NegotiatedMedia)]
        self._agreed = [each.keys if isinstance(each.keys, Keys) else Keys() for each in agreed]
        for line in self._lines:
            line.commit(self._agreed)

    def protection_of(self, theirs: Media) -> Protection | None:
        """Protection for a line of the far end's; `None` where we cannot, or must not, take it."""
        if self.encryption is not Encryption.OFF:
            if is_dtls(theirs):
                return Protection.DTLS if _fingerprint_of(theirs) is not None else None
            if any(_usable(each) for each in cryptos_of(theirs)):
                return Protection.SDES
        return Protection.NONE if is_plain(theirs) and self.encryption is not Encryption.REQUIRED else None


class LineKeying:
    """One RTP line's protection; implements `MediaSecurity`."""

    def __init__(self, call: Keying) -> None:
        self._call = call
        self._settled: Keys | None = None
        self._offered: Keys | None = None
        self._candidate: Keys | None = None

    def forget(self) -> None:
        """Offer other keys next time."""
        self._settled = self._offered = self._candidate = None

    def commit(self, agreed: list[Keys]) -> None:
        """Use the keys last negotiated for this line, if they are among those agreed on; else the line is unused."""
        if any(keys is self._candidate for keys in agreed):
            self._settled = self._candidate
        elif not any(keys is self._settled for keys in agreed):
            self._settled = None

    def offer(self, line: Media) -> Media:
        """See `MediaSecurity`. What is in use is offered again; else new keys, the same until they are agreed on."""
        if self._settled is not None:
            return self._worded(line, self._settled, setup="actpass")
        if self._offered is None:
            self._offered = self._fresh()
        return self._worded(line, self._offered, setup="actpass")

    def answer(self, line: Media, theirs: Media) -> SecuredMedia | None:
        """See `MediaSecurity`."""
        protection = self._call.protection_of(theirs)
        if protection is None:
            return None
        keys = Keys()
        if protection is Protection.DTLS:
            setup = (theirs.attribute("setup") or "actpass").lower()
            keys = self._dtls(theirs, far_setup=setup, mux=_muxed(line))
        elif protection is Protection.SDES:
            chosen = next(each for each in cryptos_of(theirs) if _usable(each))
            keys = self._sdes(self._own(chosen), chosen, secure_profile=not is_plain(theirs))
        active = isinstance(keys.security, DtlsSrtp) and keys.security.client
        worded = self._worded(line, keys, setup="active" if active else "passive")
        return self._secured(replace(worded, protocol=theirs.protocol), keys)

    def take_answer(self, ours: Media, theirs: Media) -> SecuredMedia | None:
        """See `MediaSecurity`."""
        offered = self._settled or self._offered or Keys()
        if offered.protection is Protection.DTLS:
            setup = (theirs.attribute("setup") or "").lower()
            far = _fingerprint_of(theirs)
            if setup not in ("active", "passive") or far is None:
                return None
            if self._handshake is not None and self._handshake.far == far:
                # Known far ends keep the association, and yet name themselves the client anew (linphone 5.1).
                setup = "passive" if self._handshake.client else "active"
            mux = _muxed(ours) and _muxed(theirs)
            return self._secured(ours, self._dtls(theirs, far_setup=setup, mux=mux))
        for chosen in filter(_usable, cryptos_of(theirs)):
            for own in offered.ours:
                if (own.tag, own.suite) == (chosen.tag, chosen.suite):
                    keys = self._sdes(own, chosen, secure_profile=offered.secure_profile)
                    return self._secured(ours, keys)
        plain = is_plain(theirs) and not offered.secure_profile
        return self._secured(ours, Keys()) if plain else None

    def _fresh(self) -> Keys:
        if self._call.round is Round.PLAIN:
            return Keys()
        if self._call.round is Round.DTLS:
            return Keys((), Protection.DTLS, True)
        ours = tuple(
            CryptoAttribute(number, suite.name, MasterKey.fresh(suite).material)
            for number, suite in enumerate(SUITES.values(), 1)
        )
        return Keys(ours, Protection.SDES, self._call.round is Round.KEYS)

    def _own(self, chosen: CryptoAttribute) -> CryptoAttribute:
        """Our key for what the far end chose: the one in use, if it fits."""
        suite = SUITES[chosen.suite]
        kept = (each.material for each in self._in_use if each.suite == chosen.suite)
        return CryptoAttribute(chosen.tag, chosen.suite, next(kept, None) or MasterKey.fresh(suite).material)

    @property
    def _in_use(self) -> tuple[CryptoAttribute, ...]:
        return self._settled.ours if self._settled is not None else ()

    @property
    def _handshake(self) -> DtlsSrtp | None:
        """The DTLS association that is in use."""
        security = self._settled.security if self._settled is not None else None
        return security if isinstance(security, DtlsSrtp) else None

    def _sdes(self, own: CryptoAttribute, chosen: CryptoAttribute, *, secure_profile: bool) -> Keys:
        suite = SUITES[own.suite]
        sending = MasterKey(suite, own.material)
        receiving = MasterKey(suite, chosen.material, chosen.mki_bytes)
        before = self._settled.security if self._settled is not None else None
        rekeyed = before.rekeyed(sending, receiving) if isinstance(before, Srtp) else Srtp(sending, receiving)
        return Keys((own,), Protection.SDES, secure_profile, rekeyed)

    def _dtls(self, theirs: Media, *, far_setup: str, mux: bool) -> Keys:
        """A handshake that still fits is kept."""
        far = _fingerprint_of(theirs)
        assert far is not None  # noqa: S101 - whoever calls has looked
        kept = self._handshake
        either = kept.client if kept is not None else True
        client = either if far_setup == "actpass" else far_setup == "passive"
        if kept is None or (kept.far, kept.client, kept.rtcp_mux) != (far, client, mux):
            kept = DtlsSrtp(
                self._call.identity(), far, client=client, rtcp_mux=mux, on_change=self._call.on_change
            )
        return Keys((), Protection.DTLS, True, kept)

    def _worded(self, media: Media, keys: Keys, *, setup: str) -> Media:
        extra: list[Attribute] = []
        if keys.protection is Protection.SDES:
            extra = [("crypto", str(key)) for key in keys.ours]
        elif keys.protection is Protection.DTLS:
            extra = [("fingerprint", str(self._call.identity().fingerprint)), ("setup", setup)]
        protocol = protocol_for(keys.protection, media, secure_profile=keys.secure_profile)
        return replace(media, protocol=protocol, attributes=(*media.attributes, *extra))

    def _secured(self, media: Media, keys: Keys) -> SecuredMedia:
        self._candidate = keys
        return SecuredMedia(media, keys)


def readable(theirs: SessionDescription) -> SessionDescription:
    """A far end's description in which each line says all about its DTLS that otherwise the session says for it."""
    return replace(theirs, media=tuple(_with_session(theirs, each) for each in theirs.media))


def _with_session(theirs: SessionDescription, media: Media) -> Media:
    inherited = [
        (name, value)
        for name, value in theirs.attributes
        if name in ("fingerprint", "setup") and media.attribute(name) is None
    ]
    return replace(media, attributes=(*media.attributes, *inherited)) if inherited else media


def _usable(key: CryptoAttribute) -> bool:
    suite = SUITES.get(key.suite)
    return suite is not None and len(key.material) == suite.material_bytes and key.mki_bytes <= 128


def _fingerprint_of(theirs: Media) -> Fingerprint | None:
    """The first fingerprint that can be read."""
    for value in theirs.values("fingerprint"):
        try:
            return Fingerprint.parse(value)
        except ValueError:
            continue
    return None


def _muxed(media: Media) -> bool:
    return media.attribute("rtcp-mux") is not None


def answers_with_dtls(answer: bytes) -> bool:
    """True if a far end answers with DTLS although it was offered none, as those do that take nothing else."""
    try:
        description = readable(SessionDescription.parse(answer))
    except MalformedDescription:
        return False
    return any(each.port and is_dtls(each) for each in description.media)
