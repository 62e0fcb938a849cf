"""The sound of one call leg: joins an RTP stream, a codec and the mixer."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from msgspec import structs

from videobar.codecs.registry import audio_format
from videobar.media.audio.codecs.codec import AudioCodec
from videobar.media.audio.format import FRAME_SAMPLES, FRAMES_PER_S, MIX_RATE, Samples, silence
from videobar.media.audio.mixer import Mixer
from videobar.media.audio.resample import downsampler, upsampler
from videobar.room.calls.port import StreamStatistics
from videobar.rtp.io import RtpIo
from videobar.rtp.jitter_buffer import Gap, JitterBuffer, JitterCounts
from videobar.rtp.packet import MalformedPacket, RtpPacket
from videobar.rtp.parameters import Address, StreamParameters
from videobar.rtp.ports import PortRange
from videobar.rtp.security import StreamSecurity
from videobar.rtp.stream import RtpStream
from videobar.rtp.telephone_event import EventReceiver, EventSender, check_digits
from videobar.vocabulary import MediaDirection, MediaType, StreamDirection

_EVENT_IN_BUFFER: Final = b""
"""Stands in the jitter buffer for a telephone event: its turn is silent, but it is not lost."""
_MOST_PACKETS_PER_FRAME: Final = 64
"""Packets taken for one frame at most: a hostile far end may send packets of one sample."""


class DigitsNotSupported(Exception):
    """The far end has not offered telephone events."""


@dataclass(frozen=True, slots=True)
class AudioParameters:
    """Parameters of audio that offer and answer have agreed on. Raises `ValueError` for numbers out of range.

    `codec` is an encoding name (`opus`, `G722`, `PCMU`, `PCMA`), addresses are numeric, payload types 0 to 127.
    `event_send_payload_type` is `None` when the far end does not take telephone events; `event_clock` is the clock
    rate of that format, and only scales the durations.
    """

    codec: str
    send_payload_type: int
    receive_payload_types: frozenset[int]
    remote: Address
    remote_rtcp: Address
    event_send_payload_type: int | None = None
    event_receive_payload_types: frozenset[int] = frozenset()
    event_clock: int = 8000
    rtcp_mux: bool = False
    signalling_host: str = ""
    direction: StreamDirection = StreamDirection.SENDRECV
    security: StreamSecurity | None = None
    most_kbps: int | None = None
    """The most that the far end takes; codecs of one rate pass over it."""

    def __post_init__(self) -> None:
        used = {self.send_payload_type, *self.receive_payload_types, *self.event_receive_payload_types}
        if self.event_send_payload_type is not None:
            used.add(self.event_send_payload_type)
        if not all(0 <= payload_type <= 127 for payload_type in used):
            raise ValueError(f"payload types are 0 to 127, not {sorted(used)}")
        if not 0 < self.event_clock <= MIX_RATE:
            raise ValueError(f"telephone events have no clock of {self.event_clock} Hz")


class AudioLeg:
    """One participant of the mix who is reached by RTP.

    Construction allocates the sockets, so that `port` is known for the offer; it raises `PortsExhausted`
    or another `OSError`. `on_digit` is called once for each DTMF digit, **on the RTP thread**. Methods may be called
    from any thread; `pull` and `push` belong to the mixer.
    """

    def __init__(
        self,
        io: RtpIo,
        ports: PortRange,
        local_address: str,
        mixer: Mixer,
        on_digit: Callable[[str], None],
        cname: str,
    ) -> None:
        self._mixer = mixer
        self._on_digit = on_digit
        self._started = self._closed = False
        self._direction = StreamDirection.INACTIVE
        self._sending = _Sending()
        self._receiving = _Receiving()
        self._parameters: AudioParameters | None = None
        self._codec: AudioCodec | None = None
        self._gate = threading.Lock()
        """Guards codec, resamplers and parameters between the audio thread and the threads that change them."""
        self._stream = RtpStream(io, ports.allocate(local_address), cname, self._receive)

    @property
    def port(self) -> int:
        """The RTP port; RTCP is one above."""
        return self._stream.port

    @property
    def stream(self) -> RtpStream:
        """The stream, for its faults and reports."""
        return self._stream

    @property
    def direction(self) -> StreamDirection:
        """Direction in which sound flows; inactive before `start`."""
        return self._direction

    @property
    def silent_s(self) -> float:
        """Seconds since anything came from the far end, if only a report."""
        return self._stream.silent_s

    @property
    def level(self) -> float:
        """Level of what the far end said in the last frame, in dBFS."""
        return self._mixer.level_of(self)

    def start(self, parameters: AudioParameters) -> None:
        """Join the mix. Raises `ValueError` for a codec or address that cannot be used, and changes nothing then."""
        self.update(parameters)
        with self._gate:
            if self._closed or self._started:
                return
            self._started = True
        self._mixer.add(self)

    def update(self, parameters: AudioParameters) -> None:
        """Go on with other parameters, also with another codec; SSRC, sequence and counters go on.

        Raises `ValueError` for a codec or address that cannot be used, and changes nothing then. Does nothing after
        `close`.
        """
        fresh = self._fresh_codec(parameters)
        try:
            stream_parameters = _stream_parameters(parameters, (fresh or self._codec_in_use()).clock_rate)
        except ValueError:
            if fresh is not None:
                fresh.close()
            raise
        with self._gate:
            if self._closed:
                if fresh is not None:
                    fresh.close()
                return
            self._parameters = parameters
            if fresh is not None:
                self._use_codec(fresh)
            if parameters.direction.receives and not self._direction.receives:
                self._receiving.restart()
            self._sending.apply(parameters)
            self._direction = parameters.direction
        self._stream.configure(stream_parameters)

    def send_digits(self, digits: str) -> None:
        """Send DTMF digits after those still waiting; while the leg does not send, they wait.

        Raises `ValueError` for what is no digit and for too many, `DigitsNotSupported` when the far end takes none.
        """
        checked = check_digits(digits)
        with self._gate:
            if self._parameters is None or self._parameters.event_send_payload_type is None:
                raise DigitsNotSupported("the far end has not offered telephone events")
            self._sending.events.queue(checked)

    @property
    def codec(self) -> str:
        """Encoding name of the codec in use; empty before `start`."""
        return self._codec.name if self._codec is not None else ""

    @property
    def jitter_counts(self) -> JitterCounts:
        """Counts of the jitter buffer."""
        return self._receiving.counts()

    def statistics(self) -> tuple[StreamStatistics, StreamStatistics]:
        """Statistics of the stream sent and of the one received; they stay readable after `close`."""
        codec = audio_format(self.codec).shown if self.codec else ""
        tx, rx = (
            StreamStatistics(**structs.asdict(counters), media=MediaType.AUDIO, direction=way, codec=codec)
            for counters, way in zip(self._stream.statistics(), MediaDirection, strict=True)
        )
        return tx, rx

    def close(self) -> None:
        """Leave the mix, say goodbye on RTCP and free sockets and codec; twice is harmless."""
        self._mixer.remove(self)
        self._stream.close()
        with self._gate:
            if not self._closed and self._codec is not None:
                self._codec.close()
            self._closed = True

    def pull(self) -> Samples:
        """For the mixer: 960 samples of what the far end says."""
        with self._gate:
            if self._codec is None or self._closed or not self._direction.receives:
                return silence()
            return self._receiving.next_frame(self._codec)

    def push(self, frame: Samples) -> None:
        """For the mixer: send 960 samples, or a telephone event in their place."""
        with self._gate:
            if self._codec is None or self._closed:
                return
            self._sending.send_frame(frame, self._codec, self._stream)

    def _receive(self, packet: RtpPacket) -> None:
        """On the RTP thread: an accepted packet."""
        parameters = self._parameters
        if parameters is None or not self._direction.receives:
            return
        is_event = packet.payload_type in parameters.event_receive_payload_types
        is_sound = packet.payload_type in parameters.receive_payload_types and packet.payload
        if not is_event and not is_sound:
            return  # of the codec that was in use a moment ago, or empty
        self._receiving.put(packet, _EVENT_IN_BUFFER if is_event else packet.payload)
        if is_event:
            digit = self._receiving.digit_of(packet)
            if digit is not None:
                self._on_digit(digit)

    def _fresh_codec(self, parameters: AudioParameters) -> AudioCodec | None:
        """A new codec when the one in use is another, or of another rate. Raises `ValueError`."""
        before = self._parameters
        same_rate = before is not None and before.most_kbps == parameters.most_kbps
        if self._codec is not None and same_rate and self._codec.name.lower() == parameters.codec.lower():
            return None
        return audio_format(parameters.codec).codec(parameters.most_kbps)

    def _codec_in_use(self) -> AudioCodec:
        assert self._codec is not None  # noqa: S101 - no fresh codec is made only when there is one
        return self._codec

    def _use_codec(self, codec: AudioCodec) -> None:
        if self._codec is not None:
            self._codec.close()
        self._codec = codec
        self._sending.use(codec)
        self._receiving.use(codec)


class _Sending:
    """The way out: mixed sound to payloads, digits to events. The RTP timestamp runs with every frame."""

    def __init__(self) -> None:
        self.events = EventSender(8000)
        self._payload_type = 0
        self._event_payload_type: int | None = None
        self._sends = False
        self._timestamp = random.SystemRandom().getrandbits(32)
        self._ticks_per_frame = 160
        self._downsampler = downsampler(MIX_RATE, MIX_RATE)
        self._talking = False

    def use(self, codec: AudioCodec) -> None:
        """Go on with another codec."""
        self._downsampler = downsampler(MIX_RATE, codec.sample_rate)
        self._ticks_per_frame = codec.clock_rate // FRAMES_PER_S
        self._talking = False

    def apply(self, parameters: AudioParameters) -> None:
        """Go on with other payload types or another direction."""
        self._payload_type = parameters.send_payload_type
        self._event_payload_type = parameters.event_send_payload_type
        self._sends = parameters.direction.sends
        self.events.clock_rate = parameters.event_clock

    def send_frame(self, frame: Samples, codec: AudioCodec, stream: RtpStream) -> None:
        """Send one frame of 20 ms."""
        self._timestamp = (self._timestamp + self._ticks_per_frame) & 0xFFFF_FFFF
        if not self._sends:
            self._talking = False
            return
        sound = self._downsampler.process(frame)
        event = None if self._event_payload_type is None else self.events.tick(self._timestamp)
        if event is not None and self._event_payload_type is not None:
            stream.send(self._event_payload_type, event.timestamp, event.payload, marker=event.marker)
            self._talking = False
            return
        payload = codec.encode(sound)
        if payload:
            stream.send(self._payload_type, self._timestamp, payload, marker=not self._talking)
            self._talking = True


class _Receiving:
    """The way in: packets from the RTP thread to frames for the audio thread."""

    def __init__(self) -> None:
        self._gate = threading.Lock()
        """Guards the jitter buffer between the two threads; never held while decoding."""
        self._buffer: JitterBuffer[bytes] = JitterBuffer()
        self._ssrc: int | None = None
        self._events = EventReceiver()
        self._upsampler = upsampler(MIX_RATE, MIX_RATE)
        self._ready = silence(0)

    def use(self, codec: AudioCodec) -> None:
        """Go on with another codec; what waits was made by the old one and is dropped."""
        self._upsampler = upsampler(codec.sample_rate, MIX_RATE)
        self.restart()

    def restart(self) -> None:
        """Drop all sound that waits."""
        with self._gate:
            self._buffer.reset()
        self._ready = silence(0)

    def counts(self) -> JitterCounts:
        """A copy of the jitter buffer's counts."""
        with self._gate:
            return replace(self._buffer.counts)

    def put(self, packet: RtpPacket, item: bytes) -> None:
        """On the RTP thread: keep `item` for the packet's turn."""
        with self._gate:
            if packet.ssrc != self._ssrc:
                self._ssrc = packet.ssrc
                self._buffer.reset()
            self._buffer.put(packet.sequence, item)

    def digit_of(self, packet: RtpPacket) -> str | None:
        """On the RTP thread: the digit that begins with the packet."""
        try:
            return self._events.receive(packet.timestamp, packet.payload)
        except MalformedPacket:
            return None

    def next_frame(self, codec: AudioCodec) -> Samples:
        """960 samples, from as many packets as that takes."""
        for _ in range(_MOST_PACKETS_PER_FRAME):
            if len(self._ready) >= FRAME_SAMPLES:
                break
            sound = self._next_sound(codec)
            if sound is None:
                break
            self._ready = np.concatenate((self._ready, self._upsampler.process(sound)))
        frame, self._ready = self._ready[:FRAME_SAMPLES], self._ready[FRAME_SAMPLES:]
        return frame if len(frame) == FRAME_SAMPLES else np.pad(frame, (0, FRAME_SAMPLES - len(frame)))

    def _next_sound(self, codec: AudioCodec) -> Samples | None:
        """The sound of the next packet; `None` while nothing is played."""
        with self._gate:
            item = self._buffer.take()
            while item == _EVENT_IN_BUFFER and self._buffer.level >= self._buffer.depth:
                item = self._buffer.take()  # end packets that came at once would leave a lasting delay
        if item is Gap.IDLE:
            return None
        if isinstance(item, Gap):
            return codec.conceal()
        return codec.decode(item) if item else silence(codec.samples_per_frame)


def _stream_parameters(parameters: AudioParameters, clock_rate: int) -> StreamParameters:
    events = parameters.event_receive_payload_types
    return StreamParameters(
        remote=parameters.remote,
        remote_rtcp=parameters.remote_rtcp,
        media_types=parameters.receive_payload_types,
        event_types=events,
        clock_rate=clock_rate,
        rtcp_mux=parameters.rtcp_mux,
        signalling_host=parameters.signalling_host,
        security=parameters.security,
        direction=parameters.direction,
    )
