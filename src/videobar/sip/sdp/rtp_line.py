"""Media lines over RTP: formats, payload types, telephone events, destinations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from videobar.sip.sdp.description import Attribute, Media
from videobar.sip.sdp.offer_answer import MediaAnswer, RemoteMediaLine, bandwidth_lines, small_number
from videobar.sip.sdp.security import MediaSecurity, PlainMedia
from videobar.vocabulary import StreamDirection


@dataclass(frozen=True)
class MediaFormat:
    """A codec: its name in SDP, the clock rate of its RTP timestamps, channels, payload type and parameters."""

    encoding: str
    clock_rate: int
    channels: int
    payload_type: int
    fmtp: str = ""

    @property
    def rtpmap(self) -> str:
        """The value of its `a=rtpmap`, without the payload type."""
        return f"{self.encoding}/{self.clock_rate}" + (f"/{self.channels}" if self.channels > 1 else "")

    def parameter(self, name: str) -> str | None:
        """A parameter of its `a=fmtp` (names in any case); None where it is absent."""
        for part in self.fmtp.split(";"):
            key, _, value = part.partition("=")
            if key.strip().lower() == name:
                return value.strip()
        return None

    def is_like(self, other: MediaFormat) -> bool:
        """True if it is the same codec with any payload type; H.264 of another packetization mode is another one."""
        return (
            self.encoding.lower() == other.encoding.lower()
            and self.clock_rate == other.clock_rate
            and self._packetization == other._packetization
        )

    @property
    def _packetization(self) -> str:
        """RFC 6184 section 8.1: `packetization-mode`, 0 where it is absent."""
        if self.encoding.lower() != "h264":
            return ""
        return self.parameter("packetization-mode") or "0"


OPUS = MediaFormat("opus", 48000, 2, 96, "useinbandfec=1")
G722 = MediaFormat("G722", 8000, 1, 9)
PCMU = MediaFormat("PCMU", 8000, 1, 0)
PCMA = MediaFormat("PCMA", 8000, 1, 8)
DEFAULT_AUDIO = (OPUS, G722, PCMU, PCMA)
"""Audio formats that are offered, in the order of our preference."""
DEFAULT_EVENTS: Mapping[int, int] = {8000: 101, 48000: 102}
"""Payload types of telephone events (RFC 4733) by clock rate."""

_DYNAMIC = range(96, 128)
"""Payload types without a meaning of their own (RFC 3551 section 6)."""
_STATIC = {"0": PCMU, "8": PCMA, "9": G722}


@dataclass(frozen=True)
class NegotiatedMedia:
    """Negotiated parameters of a media line, from our side.

    `format` is what we send, with the far end's payload type and its fmtp; `receivable` are all that may come, with
    the payload types we announced. A telephone event's payload type is None where there is none to send (or
    receive) at `event_clock`. `direction` is ours. `remote_rtcp_port` equals `remote_port` with `rtcp_mux`.
    `bandwidth` is in kbit/s, None where nothing was said. `keys` are what the line's `MediaSecurity` agreed on.
    `theirs` is the far end's line, for what has no field here. `signalling_host` is the numeric address that the far
    end speaks SIP from, where it has been filled in.
    """

    format: MediaFormat
    receivable: tuple[MediaFormat, ...]
    event_clock: int
    event_send: int | None
    event_receive: int | None
    remote_address: str
    remote_port: int
    remote_rtcp_address: str
    remote_rtcp_port: int
    rtcp_mux: bool
    direction: StreamDirection
    held_by_far_end: bool
    far_sends: bool
    theirs: Media
    ptime: int | None = None
    bandwidth: int | None = None
    keys: object | None = None
    signalling_host: str = ""

    @property
    def payload_type_send(self) -> int:
        """The far end's payload type for what we send."""
        return self.format.payload_type

    @property
    def payload_type_receive(self) -> int:
        """Our payload type for the codec that we send; the far end may use any of `receivable`."""
        own = (each.payload_type for each in self.receivable if each.is_like(self.format))
        return next(own, self.format.payload_type)


@dataclass
class RtpLine:
    """RTP media line, from our side: of `kind` (`audio`, `video`, `application`) on `port`; a `MediaLine`.

    The attributes may be changed between offers. `formats` are in the order of our preference. `held` means that we
    hold the call: nothing is received (RFC 3264 section 8.4), and nothing is sent either, since a party on hold must
    not hear or see the room. `feedback` are values of `a=rtcp-fb` for any format, answered as far as they were
    offered; `attributes` are written as they are.
    """

    kind: str
    port: int
    formats: Sequence[MediaFormat]
    events: Mapping[int, int] = field(default_factory=dict)
    direction: StreamDirection = StreamDirection.SENDRECV
    held: bool = False
    ptime: int | None = None
    bandwidth: int | None = None
    feedback: Sequence[str] = ()
    attributes: Sequence[Attribute] = ()
    rtcp_mux: bool = False
    security: MediaSecurity = field(default_factory=PlainMedia)
    _agreement: NegotiatedMedia | None = field(default=None, init=False)

    def commit(self, agreed: NegotiatedMedia | None) -> None:
        """Put negotiated parameters into effect, which the next offer repeats; None where the line is not in use."""
        self._agreement = agreed
        if agreed is not None:
            self.rtcp_mux = agreed.rtcp_mux

    def offer(self, *, everything: bool = False) -> Media:
        """See `MediaLine`. What is in use is offered again, and no more, since some far ends would change codecs
        at a hold; a payload type never means another codec than it has meant (RFC 3264 section 8.3.2)."""
        formats, events = list(self.formats), dict(self.events)
        if self._agreement is not None:
            formats, events = self._in_use(self._agreement)
            if everything:
                self._add_the_others(self._agreement, formats, events)
        return self.security.offer(
            self._line(formats, events, self._offered_direction, self.rtcp_mux, self.feedback)
        )

    def answer(self, theirs: RemoteMediaLine) -> MediaAnswer | None:
        """The first codec of ours that is offered, and nothing else."""
        offered = formats_of(theirs.media)
        both = ((ours, their) for ours in self.formats for their in offered if ours.is_like(their))
        ours, sent = next(both, (None, None))
        if ours is None or sent is None:
            return None
        receivable = (self.answered_format(ours, sent),)
        agreed = self._agreed(theirs, sent, receivable)
        if agreed is None:
            return None
        events = {agreed.event_clock: agreed.event_receive} if agreed.event_receive is not None else {}
        feedback = [each for each in self.feedback if each in feedback_of(theirs.media)]
        line = self._line(receivable, events, agreed.direction, agreed.rtcp_mux, feedback)
        secured = self.security.answer(line, theirs.media)
        if secured is None:
            return None
        flowing = replace(agreed, direction=self._media_direction(agreed.direction), keys=secured.keys)
        return MediaAnswer(secured.media, flowing)

    def take_answer(self, ours: Media, theirs: RemoteMediaLine) -> NegotiatedMedia | None:
        """The first codec of the answer that we had offered; the far end may send any of those."""
        offered = formats_of(ours)
        common = [each for each in formats_of(theirs.media) if any(each.is_like(own) for own in offered)]
        secured = self.security.take_answer(ours, theirs.media)
        if not common or secured is None:
            return None
        agreed = self._agreed(theirs, common[0], tuple(offered))
        if agreed is None:
            return None
        mux = agreed.rtcp_mux and ours.attribute("rtcp-mux") is not None
        own_events = events_of(ours)
        return replace(
            agreed,
            event_receive=own_events.get(agreed.event_clock),
            rtcp_mux=mux,
            direction=self._media_direction(agreed.direction),
            keys=secured.keys,
        )

    def _in_use(self, agreed: NegotiatedMedia) -> tuple[list[MediaFormat], dict[int, int]]:
        """Codecs that both sides have, the one we send first, and telephone events, with our payload types."""
        theirs = formats_of(agreed.theirs)
        both = [each for each in agreed.receivable if any(each.is_like(their) for their in theirs)]
        events = {} if agreed.event_receive is None else {agreed.event_clock: agreed.event_receive}
        return sorted(both, key=lambda each: not each.is_like(agreed.format)), events

    def _add_the_others(
        self, agreed: NegotiatedMedia, formats: list[MediaFormat], events: dict[int, int]
    ) -> None:
        """Add what else we can do, with the far end's payload types where it has named some."""
        theirs, their_events = formats_of(agreed.theirs), events_of(agreed.theirs)
        used = {number for number in map(_payload_type, agreed.theirs.formats) if number is not None}
        used |= {each.payload_type for each in (*agreed.receivable, *formats)} | set(events.values())

        def number_for(known: int | None, wished: int) -> int:
            free = (each for each in (wished, *_DYNAMIC) if each not in used)
            number = known if known is not None else next(free, wished)
            used.add(number)
            return number

        for ours in self.formats:
            if not any(ours.is_like(each) for each in formats):
                known = (each.payload_type for each in (*agreed.receivable, *theirs) if each.is_like(ours))
                number = number_for(next(known, None), ours.payload_type)
                formats.append(replace(ours, payload_type=number))
        for clock, wished in self.events.items():
            if clock not in events:
                events[clock] = number_for(their_events.get(clock), wished)

    @property
    def _offered_direction(self) -> StreamDirection:
        return self.direction.held if self.held else self.direction

    def _media_direction(self, agreed: StreamDirection) -> StreamDirection:
        """Direction in which media flows when `agreed` was negotiated."""
        return StreamDirection.INACTIVE if self.held else agreed

    def answered_format(self, ours: MediaFormat, theirs: MediaFormat) -> MediaFormat:
        """Our format for the answer: with the offer's payload type."""
        return replace(ours, payload_type=theirs.payload_type)

    def _agreed(
        self, far: RemoteMediaLine, sent: MediaFormat, receivable: tuple[MediaFormat, ...]
    ) -> NegotiatedMedia | None:
        address = far.address
        if address is None:
            return None
        clock, event = event_for(sent, events_of(far.media))
        rtcp_address, rtcp_port = far.rtcp
        return NegotiatedMedia(
            format=sent,
            receivable=receivable,
            event_clock=clock,
            event_send=event,
            event_receive=event,
            remote_address=address,
            remote_port=far.media.port,
            remote_rtcp_address=rtcp_address,
            remote_rtcp_port=rtcp_port,
            rtcp_mux=far.media.attribute("rtcp-mux") is not None,
            direction=far.direction.reversed & self._offered_direction,
            held_by_far_end=not far.direction.receives,
            far_sends=far.direction.sends,
            theirs=far.media,
            ptime=small_number(far.media.attribute("ptime")),
            bandwidth=far.bandwidth,
        )

    def _line(
        self,
        formats: Sequence[MediaFormat],
        events: Mapping[int, int],
        direction: StreamDirection,
        rtcp_mux: bool,
        feedback: Sequence[str],
    ) -> Media:
        attributes: list[Attribute] = []
        for each in formats:
            attributes.append(("rtpmap", f"{each.payload_type} {each.rtpmap}"))
            if each.fmtp:
                attributes.append(("fmtp", f"{each.payload_type} {each.fmtp}"))
        for clock, payload_type in events.items():
            attributes.append(("rtpmap", f"{payload_type} telephone-event/{clock}"))
            attributes.append(("fmtp", f"{payload_type} 0-15"))
        attributes += [("rtcp-fb", f"* {each}") for each in feedback]
        if self.ptime is not None:
            attributes.append(("ptime", str(self.ptime)))
        attributes += self.attributes
        if rtcp_mux:
            attributes.append(("rtcp-mux", None))
        attributes.append((direction.value, None))
        payload_types = [*(each.payload_type for each in formats), *events.values()]
        return Media(
            self.kind,
            self.port,
            "RTP/AVP",
            tuple(map(str, payload_types)),
            bandwidth=bandwidth_lines(self.bandwidth),
            attributes=tuple(attributes),
        )


def audio_line(port: int, formats: Sequence[MediaFormat] = DEFAULT_AUDIO) -> RtpLine:
    """Our side of an audio line: frames of 20 ms, and telephone events."""
    return RtpLine("audio", port, formats, events=DEFAULT_EVENTS, ptime=20)


def formats_of(media: Media) -> list[MediaFormat]:
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
                found.append(MediaFormat(name, rate, channels, number, fmtp.get(text, "")))
        elif text in _STATIC:
            found.append(replace(_STATIC[text], fmtp=fmtp.get(text, "")))
    return found


def events_of(media: Media) -> dict[int, int]:
    """Payload types of telephone events by clock rate."""
    events: dict[int, int] = {}
    for text, (name, rate, _) in _maps_of(media).items():
        number = _payload_type(text)
        if name.lower() == "telephone-event" and text in media.formats and number is not None:
            events.setdefault(rate, number)
    return events


def event_for(sent: MediaFormat, events: Mapping[int, int]) -> tuple[int, int | None]:
    """Clock and payload type of the telephone events that go with a codec: its own clock, else 8000."""
    clock = sent.clock_rate if sent.clock_rate in events else 8000
    return clock, events.get(clock)


def feedback_of(media: Media) -> set[str]:
    """RTCP feedback types of a line (RFC 4585 section 4.2), such as `nack pli`, for any format."""
    return {" ".join(value.split()[1:]) for value in media.values("rtcp-fb")}


def _maps_of(media: Media) -> dict[str, tuple[str, int, int]]:
    """Name, clock rate and channels by payload type, from `a=rtpmap`."""
    maps: dict[str, tuple[str, int, int]] = {}
    for value in media.values("rtpmap"):
        payload_type, _, encoding = value.partition(" ")
        name, _, rest = encoding.strip().partition("/")
        clock, _, channels = rest.partition("/")
        rate, count = small_number(clock), small_number(channels or "1")
        if name and rate and count:
            maps.setdefault(payload_type, (name, rate, count))
    return maps


def _fmtp_of(media: Media) -> dict[str, str]:
    pairs = (value.partition(" ") for value in media.values("fmtp"))
    return {payload_type: parameters.strip() for payload_type, _, parameters in pairs}


def _payload_type(text: str) -> int | None:
    number = small_number(text)
    return number if number is not None and number < 128 else None
