"""Offers and answers (RFC 3264) for one audio stream; other media lines are refused and keep their place.

Encryption (`RTP/SAVP`, `UDP/TLS/…`) is refused for now. Video lines have their role in `sdp.Media.role` already.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from videobar.sip.direction import MediaDirection
from videobar.sip.sdp import Attribute, Media, Origin, Role, SessionDescription

PROTOCOLS = ("RTP/AVP", "RTP/AVPF")
"""Media protocols that are accepted."""


@dataclass(frozen=True)
class AudioFormat:
    """An audio codec: its name in SDP, the clock rate of its RTP timestamps, channels, and payload type."""

    encoding: str
    clock_rate: int
    channels: int
    payload_type: int
    fmtp: str = ""

    @property
    def rtpmap(self) -> str:
        """The value of its `a=rtpmap`, without the payload type."""
        return f"{self.encoding}/{self.clock_rate}" + (f"/{self.channels}" if self.channels > 1 else "")

    def is_like(self, other: AudioFormat) -> bool:
        """Whether it is the same codec, whatever the payload type."""
        return self.encoding.lower() == other.encoding.lower() and self.clock_rate == other.clock_rate


OPUS = AudioFormat("opus", 48000, 2, 96, "useinbandfec=1")
G722 = AudioFormat("G722", 8000, 1, 9)
PCMU = AudioFormat("PCMU", 8000, 1, 0)
PCMA = AudioFormat("PCMA", 8000, 1, 8)
DEFAULT_AUDIO = (OPUS, G722, PCMU, PCMA)
"""What is offered, in the order of our preference."""
DEFAULT_EVENTS: Mapping[int, int] = {8000: 101, 48000: 102}
"""Payload types of telephone events (RFC 4733) by clock rate."""

_STATIC = {"0": PCMU, "8": PCMA, "9": G722}


@dataclass(frozen=True)
class NegotiatedAudio:
    """What both sides have agreed on, from our side.

    `format` is what we send, with the far end's payload type and its fmtp; `receivable` are all that may come, with
    the payload types we announced. A telephone event's payload type is None where there is none to send (or
    receive) at `event_clock`. `direction` is ours. `remote_rtcp_port` equals `remote_port` with `rtcp_mux`.
    `index` is the media line. `bandwidth` is in kbit/s, None where nothing was said.
    """

    index: int
    format: AudioFormat
    receivable: tuple[AudioFormat, ...]
    event_clock: int
    event_send: int | None
    event_receive: int | None
    remote_address: str
    remote_port: int
    remote_rtcp_address: str
    remote_rtcp_port: int
    rtcp_mux: bool
    direction: MediaDirection
    held_by_far_end: bool
    ptime: int | None = None
    bandwidth: int | None = None

    @property
    def payload_type_send(self) -> int:
        """The far end's payload type for what we send."""
        return self.format.payload_type

    @property
    def payload_type_receive(self) -> int:
        """Our payload type for the codec that we send; the far end may use any of `receivable`."""
        own = (each.payload_type for each in self.receivable if each.is_like(self.format))
        return next(own, self.format.payload_type)


def build_offer(
    *,
    origin: Origin,
    address: str,
    port: int,
    formats: Sequence[AudioFormat] = DEFAULT_AUDIO,
    events: Mapping[int, int] = DEFAULT_EVENTS,
    direction: MediaDirection = MediaDirection.SENDRECV,
    ptime: int = 20,
    bandwidth: int | None = None,
    rtcp_mux: bool = False,
    current: SessionDescription | None = None,
) -> SessionDescription:
    """Offer audio on `port`.

    `current` is our side's description of a session that stands: its media lines keep their places, all but the
    audio one refused, because lines may never be taken away (RFC 3264 section 8). `bandwidth` is in kbit/s.
    """
    audio = _audio_line(port, formats, events, direction, ptime, rtcp_mux)
    lines = [media.refused() for media in current.media] if current is not None else []
    place = _place_of_audio(current)
    if place is None:
        lines.append(audio)
    else:
        lines[place] = audio
    return SessionDescription(
        origin=origin, address=address, bandwidth=_bandwidth_lines(bandwidth), media=tuple(lines)
    )


def negotiate(
    offer: SessionDescription,
    *,
    formats: Sequence[AudioFormat] = DEFAULT_AUDIO,
    direction: MediaDirection = MediaDirection.SENDRECV,
) -> NegotiatedAudio | None:
    """Choose from a far end's offer: the first acceptable audio line, and in it the codec that we like best.

    `direction` is what we would like, `held` by us for instance. None where there is nothing that both can do.
    """
    for index, media in enumerate(offer.media):
        offered = _formats_of(media)
        both = [(ours, theirs) for ours in formats for theirs in offered if ours.is_like(theirs)]
        if both and media.role is Role.AUDIO:
            ours, theirs = both[0]
            received = replace(ours, payload_type=theirs.payload_type)
            found = _agreed(offer, index, theirs, (received,), direction)
            if found is not None:
                return found
    return None


def build_answer(
    offer: SessionDescription,
    chosen: NegotiatedAudio,
    *,
    origin: Origin,
    address: str,
    port: int,
    ptime: int = 20,
    bandwidth: int | None = None,
) -> SessionDescription:
    """Answer an offer with what `negotiate` chose; every other media line is refused in its place."""
    lines = [media.refused() for media in offer.media]
    events = {chosen.event_clock: chosen.event_receive} if chosen.event_receive is not None else {}
    answer = _audio_line(port, chosen.receivable, events, chosen.direction, ptime, chosen.rtcp_mux)
    lines[chosen.index] = replace(answer, protocol=offer.media[chosen.index].protocol)
    return SessionDescription(
        origin=origin, address=address, bandwidth=_bandwidth_lines(bandwidth), media=tuple(lines)
    )


def apply_answer(offer: SessionDescription, answer: SessionDescription) -> NegotiatedAudio | None:
    """What our offer and the far end's answer agree on; None where the answer refuses, or does not fit."""
    index = _place_of_audio(offer)
    if index is None or index >= len(answer.media):
        return None
    ours, theirs = _formats_of(offer.media[index]), _formats_of(answer.media[index])
    common = [each for each in theirs if any(each.is_like(own) for own in ours)]
    if not common or answer.media[index].kind != "audio":
        return None
    mine = _direction_of(offer, offer.media[index])
    found = _agreed(answer, index, common[0], tuple(ours), mine)
    if found is None:
        return None
    own_events = _events_of(offer.media[index])
    mux = found.rtcp_mux and offer.media[index].attribute("rtcp-mux") is not None
    return replace(found, event_receive=own_events.get(found.event_clock), rtcp_mux=mux)


def direction_after_hold(direction: MediaDirection, *, held: bool) -> MediaDirection:
    """What to offer when we hold (or no longer hold) a call that would otherwise go in `direction`."""
    return direction.held if held else direction


def _agreed(
    far: SessionDescription,
    index: int,
    sent: AudioFormat,
    receivable: tuple[AudioFormat, ...],
    wish: MediaDirection,
) -> NegotiatedAudio | None:
    media = far.media[index]
    address = far.address_of(media)
    if media.port == 0 or media.protocol.upper() not in PROTOCOLS or address is None:
        return None
    black_hole = address in ("0.0.0.0", "::")
    if not _is_unicast(address) and not black_hole:
        return None
    theirs = _direction_of(far, media)
    if black_hole:
        # The hold of RFC 2543: the address says that nothing can be received there.
        theirs = theirs.held
    clock, event = _event_for(sent, _events_of(media))
    mux = media.attribute("rtcp-mux") is not None
    rtcp_address, rtcp_port = _rtcp_of(media, address, mux)
    return NegotiatedAudio(
        index=index,
        format=sent,
        receivable=receivable,
        event_clock=clock,
        event_send=event,
        event_receive=event,
        remote_address=address,
        remote_port=media.port,
        remote_rtcp_address=rtcp_address,
        remote_rtcp_port=rtcp_port,
        rtcp_mux=mux,
        direction=theirs.reversed & wish,
        held_by_far_end=not theirs.receives,
        ptime=_small_number(media.attribute("ptime")),
        bandwidth=_bandwidth_of(far, media),
    )


def _audio_line(
    port: int,
    formats: Sequence[AudioFormat],
    events: Mapping[int, int],
    direction: MediaDirection,
    ptime: int,
    rtcp_mux: bool,
) -> Media:
    attributes: list[Attribute] = []
    for each in formats:
        attributes.append(("rtpmap", f"{each.payload_type} {each.rtpmap}"))
        if each.fmtp:
            attributes.append(("fmtp", f"{each.payload_type} {each.fmtp}"))
    for clock, payload_type in events.items():
        attributes.append(("rtpmap", f"{payload_type} telephone-event/{clock}"))
        attributes.append(("fmtp", f"{payload_type} 0-15"))
    attributes.append(("ptime", str(ptime)))
    if rtcp_mux:
        attributes.append(("rtcp-mux", None))
    attributes.append((direction.value, None))
    payload_types = [*(each.payload_type for each in formats), *events.values()]
    return Media("audio", port, "RTP/AVP", tuple(map(str, payload_types)), attributes=tuple(attributes))


def _place_of_audio(description: SessionDescription | None) -> int | None:
    """The audio line that is in use, or else the first one."""
    lines = description.media if description is not None else ()
    places = [index for index, media in enumerate(lines) if media.role is Role.AUDIO]
    return next((index for index in places if lines[index].port), places[0] if places else None)


def _maps_of(media: Media) -> dict[str, tuple[str, int, int]]:
    """Name, clock rate and channels by payload type, as `a=rtpmap` says."""
    maps: dict[str, tuple[str, int, int]] = {}
    for value in media.values("rtpmap"):
        payload_type, _, encoding = value.partition(" ")
        name, _, rest = encoding.strip().partition("/")
        clock, _, channels = rest.partition("/")
        rate, count = _small_number(clock), _small_number(channels or "1")
        if name and rate and count:
            maps.setdefault(payload_type, (name, rate, count))
    return maps


def _formats_of(media: Media) -> list[AudioFormat]:
    """The codecs of a line in its order, without telephone events; static types need no rtpmap."""
    maps, fmtp = _maps_of(media), _fmtp_of(media)
    found = []
    for text in media.formats:
        number = _payload_type(text)
        if number is None:
            continue
        if text in maps:
            name, rate, channels = maps[text]
            if name.lower() != "telephone-event":
                found.append(AudioFormat(name, rate, channels, number, fmtp.get(text, "")))
        elif text in _STATIC:
            found.append(replace(_STATIC[text], fmtp=fmtp.get(text, "")))
    return found


def _events_of(media: Media) -> dict[int, int]:
    """Payload types of telephone events by clock rate."""
    events: dict[int, int] = {}
    for text, (name, rate, _) in _maps_of(media).items():
        number = _payload_type(text)
        if name.lower() == "telephone-event" and text in media.formats and number is not None:
            events.setdefault(rate, number)
    return events


def _event_for(sent: AudioFormat, events: Mapping[int, int]) -> tuple[int, int | None]:
    """Clock and payload type of the telephone events that go with a codec: its own clock, else 8000."""
    clock = sent.clock_rate if sent.clock_rate in events else 8000
    return clock, events.get(clock)


def _fmtp_of(media: Media) -> dict[str, str]:
    pairs = (value.partition(" ") for value in media.values("fmtp"))
    return {payload_type: parameters.strip() for payload_type, _, parameters in pairs}


def _direction_of(description: SessionDescription, media: Media) -> MediaDirection:
    for holder in (media, description):
        for direction in MediaDirection:
            if holder.attribute(direction.value) is not None:
                return direction
    return MediaDirection.SENDRECV


def _rtcp_of(media: Media, address: str, mux: bool) -> tuple[str, int]:
    """Where RTCP goes: the RTP port when multiplexed, `a=rtcp` (RFC 3605), or the next port."""
    if mux:
        return address, media.port
    parts = (media.attribute("rtcp") or "").split()
    port = _small_number(parts[0]) if parts else None
    if port is None or not 0 < port < 65536:
        return address, min(media.port + 1, 65535)
    other = parts[3] if len(parts) == 4 and _is_unicast(parts[3]) else address
    return other, port


def _bandwidth_of(description: SessionDescription, media: Media) -> int | None:
    for lines in (dict(media.bandwidth), dict(description.bandwidth)):
        if "TIAS" in lines:
            return lines["TIAS"] // 1000
        if "AS" in lines:
            return lines["AS"]
    return None


def _bandwidth_lines(bandwidth: int | None) -> tuple[tuple[str, int], ...]:
    return (("AS", bandwidth), ("TIAS", bandwidth * 1000)) if bandwidth is not None else ()


def _is_unicast(address: str) -> bool:
    """Whether it is an address literal that one host can have: a name would have to be resolved while media runs."""
    try:
        literal = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (literal.is_multicast or literal.is_unspecified or str(literal) == "255.255.255.255")


def _payload_type(text: str) -> int | None:
    number = _small_number(text)
    return number if number is not None and number < 128 else None


def _small_number(text: str | None) -> int | None:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 6:
        return None
    return int(text)
