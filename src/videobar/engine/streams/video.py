"""The pictures of one call leg: an RTP stream each way, and the decoder behind it."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import structs

from videobar.codecs.formats import VideoFormat
from videobar.codecs.limits import VIDEO_CLOCK
from videobar.codecs.registry import video_format
from videobar.engine.streams.video_formats import FIR, NACK, PLI, REMB, TMMBR, VideoParameters
from videobar.media.video.decoder_thread import DecoderThread
from videobar.media.video.encoder_thread import EncoderThread
from videobar.media.video.frame import Frame
from videobar.room.calls.port import StreamStatistics
from videobar.rtp.access_unit import AccessUnit, Depacketizer, MalformedPayload
from videobar.rtp.io import RtpIo
from videobar.rtp.packet import RtpPacket
from videobar.rtp.parameters import StreamParameters
from videobar.rtp.ports import PortRange
from videobar.rtp.rate.rate_control import RateFeedback
from videobar.rtp.reorder_buffer import ReorderBuffer
from videobar.rtp.stream import RtpStream
from videobar.vocabulary import MediaDirection, MediaType

log = logging.getLogger("videobar.engine")

RESENDABLE: Final = 384
"""Packets kept for a far end that misses some: about a second at 3 Mbit/s."""
ASK_PAUSE_S: Final = 0.5
"""Keyframes are not asked for more often than this; each time that none has come, half as often."""
LONGEST_ASK_PAUSE_S: Final = 4.0
ROUND_TRIPS: Final = 1.25
"""Minimum pause between keyframe requests, in round trips: one may be on its way."""
LONGEST_ROUND_TRIP_S: Final = 1.0
"""A round trip that is said to be longer holds back nothing for longer."""
STALE_S: Final = 3.0
"""A far end that has sent no picture for so long shows nothing, or has stopped its stream."""
WARNING_PAUSE_S: Final = 60.0
"""Minimum pause between warnings that a far end's pictures are refused: it decides how often it sends them."""
DARK_LUMA: Final = 32
"""A picture without anything brighter is black: the luma of black is 16, and coding is not exact."""


class VideoLeg:
    """One far end's pictures, both ways.

    Construction allocates the sockets, so that `port` is known for the offer; it raises `PortsExhausted` or another
    `OSError`. `on_keyframe_needed` is called when a keyframe is needed and the far end understands no feedback on
    RTCP. Methods may be called from any thread.
    """

    def __init__(
        self,
        io: RtpIo,
        ports: PortRange,
        local_address: str,
        cname: str,
        on_keyframe_needed: Callable[[], None] = lambda: None,
    ) -> None:
        self.encoding: EncoderThread | None = None
        """Encoding that is sent, and is asked for keyframes."""
        self.on_picture: Callable[[Frame, float], None] = lambda picture, at_s: None
        """Gets each picture that comes, on the decoding thread."""
        self._time = io.time
        self._on_keyframe_needed = on_keyframe_needed
        self._parameters: VideoParameters | None = None
        self._closed = False
        self._gate = threading.Lock()
        """Guards the receiver between the RTP thread and the threads that change the parameters."""
        self._reorder = ReorderBuffer()
        self._depacketizer: Depacketizer | None = None
        self._depacketizes: VideoFormat | None = None
        self._received_codec = ""
        self._keyframe_needed = True
        self._asked_at = float("-inf")
        self._asked_in_vain = 0
        self._keyframe_requested_at = float("-inf")
        self._latest: tuple[Frame, float] | None = None
        self._sent_at = 0.0
        self._receiving_since = 0.0
        self._first_timestamp = random.SystemRandom().getrandbits(32)
        self._warned_at = float("-inf")
        self._decoding = DecoderThread(self._show, self._request_keyframe, self._refuse)
        self._stream = RtpStream(
            io,
            ports.allocate(local_address),
            cname,
            self._receive,
            on_keyframe_request=self._on_keyframe_request,
            resendable=RESENDABLE,
            adapts=True,
        )

    @property
    def port(self) -> int:
        """The RTP port; RTCP is one above."""
        return self._stream.port

    @property
    def stream(self) -> RtpStream:
        """The stream, for its faults and reports."""
        return self._stream

    @property
    def parameters(self) -> VideoParameters | None:
        """Parameters agreed on last; `None` before that, and after `close`."""
        return self._parameters if not self._closed else None

    @property
    def allowed_kbps(self) -> float:
        """Bandwidth for the pictures that it is sent, as far as is known of the path."""
        return self._stream.allowed_kbps

    @property
    def silent_s(self) -> float:
        """Seconds since anything came from the far end, if only a report."""
        return self._stream.silent_s

    @property
    def latest(self) -> Frame | None:
        """The last picture that came, if it is not stale and the far end may still send."""
        latest, parameters = self._latest, self._parameters
        if latest is None or parameters is None or not parameters.direction.receives:
            return None
        return latest[0] if time.monotonic() - latest[1] < STALE_S else None

    @property
    def far_muted(self) -> bool:
        """True if the far end shows nothing: it signals so, has stopped its stream, or sends black."""
        parameters = self._parameters
        if parameters is not None and parameters.far_sends and not parameters.direction.receives:
            return False  # it is we who do not want to see
        if self._latest is None and time.monotonic() - self._receiving_since < STALE_S:
            return False  # its first picture is on the way
        picture = self.latest
        return picture is None or int(picture.y[::4, ::4].max()) < DARK_LUMA

    @property
    def far_locked(self) -> bool:
        """True if the far end cannot show anything before the call is changed: its description sends nothing."""
        return self._parameters is None or not self._parameters.far_sends

    def apply(self, parameters: VideoParameters) -> None:
        """Begin, or go on with other parameters; SSRC, sequence and counters go on.

        Raises `ValueError` for an address that cannot be used, and changes nothing then.
        """
        stream_parameters = StreamParameters(
            remote=parameters.remote,
            remote_rtcp=parameters.remote_rtcp,
            media_types=frozenset(parameters.receives),
            clock_rate=VIDEO_CLOCK,
            rtcp_mux=parameters.rtcp_mux,
            signalling_host=parameters.signalling_host,
            security=parameters.security,
            kbps=parameters.limits.kbps,
            rate_feedback=_rate_feedback(parameters),
            direction=parameters.direction,
        )
        with self._gate:
            before = self._parameters
            if before is None or before.feedback != parameters.feedback:
                self._reorder = ReorderBuffer(resent=NACK in parameters.feedback)
            if before is None or (parameters.direction.receives and not before.direction.receives):
                self._keyframe_needed = True
                self._receiving_since = time.monotonic()
            self._parameters = parameters
            self._decoding.limits = parameters.receive_limits
        self._stream.configure(stream_parameters)

    def send(self, payloads: Sequence[bytes], at_s: float) -> None:
        """Send the payloads of one coded picture of monotonic time `at_s`."""
        parameters = self._parameters
        if parameters is None or not parameters.direction.sends:
            return
        at_s = self._sent_at = max(at_s, self._sent_at + 1 / 1000)  # also from one encoding to the next
        timestamp = (self._first_timestamp + int(at_s * VIDEO_CLOCK)) & 0xFFFF_FFFF
        self._stream.send_picture(parameters.send_payload_type, timestamp, payloads)

    def statistics(self, media: MediaType) -> tuple[StreamStatistics, StreamStatistics]:
        """Statistics of the stream sent and of the one received; the size is 0 by 0 where there has been no picture."""
        tx, rx = self._stream.statistics()
        now = time.monotonic()
        encoding, parameters, latest = self.encoding, self._parameters, self._latest
        settings = encoding.made if encoding is not None else None
        codec = parameters.codec if parameters is not None else ""
        width, height = latest[0].size if latest is not None else (0, 0)
        sent = StreamStatistics(
            **structs.asdict(tx),
            media=media,
            direction=MediaDirection.TX,
            codec=_shown(codec),
            width=settings.width if settings is not None else 0,
            height=settings.height if settings is not None else 0,
            pictures_per_s=encoding.rate.per_s(now) if encoding is not None else 0.0,
        )
        received = StreamStatistics(
            **structs.asdict(rx),
            media=media,
            direction=MediaDirection.RX,
            codec=_shown(self._received_codec or codec),
            width=width,
            height=height,
            pictures_per_s=self._decoding.rate.per_s(now),
            refused=self._decoding.refused,
        )
        return sent, received

    def close(self) -> None:
        """Say goodbye on RTCP and free sockets and decoder; twice is harmless."""
        self._closed = True
        self._stream.close()
        self._decoding.stop()
        self._latest = None

    def _on_keyframe_request(self) -> None:
        """Keyframe request of the far end, on the RTP thread.

        One that comes again within a round trip has not seen yet what was sent.
        """
        now = self._time.now()
        round_trip_s = min(LONGEST_ROUND_TRIP_S, self._stream.round_trip_s or 0.0)
        encoding = self.encoding
        if encoding is not None and now - self._keyframe_requested_at >= round_trip_s:
            self._keyframe_requested_at = now
            encoding.request_keyframe()

    def _receive(self, packet: RtpPacket) -> None:
        """On the RTP thread: an accepted packet."""
        now = self._time.now()
        with self._gate:
            parameters = self._parameters
            if parameters is None or not parameters.direction.receives:
                return
            self._reorder.round_trip_s = self._stream.round_trip_s
            ready = self._reorder.put(packet, now)
            may_ask = NACK in parameters.feedback and not self._stream.is_receiving_full
            missing = self._reorder.missing(now) if may_ask else []
        if missing:
            self._stream.send_nack(missing)
        for each, after_loss in ready:
            codec = parameters.receives.get(each.payload_type)
            if codec is not None:
                self._take(video_format(codec), each, after_loss)

    def _take(self, codec: VideoFormat, packet: RtpPacket, after_loss: bool) -> None:
        if self._depacketizer is None or self._depacketizes != codec:
            self._depacketizer = codec.depacketizer()
            self._depacketizes = codec
        try:
            units = self._depacketizer.push(
                packet.payload, packet.timestamp, packet.marker, after_loss=after_loss
            )
        except MalformedPayload:
            self._stream.faults.malformed += 1
            units = []
        if after_loss:
            self._request_keyframe()
        for unit in units:
            self._decode(codec, unit)

    def _decode(self, codec: VideoFormat, unit: AccessUnit) -> None:
        self._received_codec = codec.encoding
        if unit.keyframe and not unit.damaged:
            self._keyframe_needed = False
            self._asked_in_vain = 0
        elif unit.damaged or self._keyframe_needed:
            self._request_keyframe()
        if not self._decoding.put(codec, unit.data):
            self._request_keyframe()

    def _request_keyframe(self) -> None:
        """Ask for a keyframe, unless one has been asked for just now."""
        now = self._time.now()
        self._keyframe_needed = True
        parameters = self._parameters
        if parameters is None or self._closed or now - self._asked_at < self._ask_pause_s:
            return
        self._asked_at = now
        self._asked_in_vain += 1
        if PLI in parameters.feedback:
            self._stream.send_pli()
        elif FIR in parameters.feedback:
            self._stream.send_fir()
        else:
            self._on_keyframe_needed()

    @property
    def _ask_pause_s(self) -> float:
        """Pause before a keyframe is asked for again."""
        round_trip_s = min(LONGEST_ROUND_TRIP_S, self._stream.round_trip_s or 0.0)
        pause_s = max(ASK_PAUSE_S, ROUND_TRIPS * round_trip_s)
        return min(LONGEST_ASK_PAUSE_S, pause_s * 2.0 ** min(8, max(0, self._asked_in_vain - 1)))

    def _refuse(self, reason: str) -> None:
        """On the decoding thread: what comes is beyond what was agreed on."""
        now = self._time.now()
        parameters = self._parameters
        if parameters is not None and now - self._warned_at >= WARNING_PAUSE_S:
            self._warned_at = now
            log.warning("the video from %s is not shown: it sends %s", parameters.remote[0], reason)

    def _show(self, picture: Frame, at_s: float) -> None:
        """On the decoding thread."""
        if not self._closed:
            self._latest = (picture, at_s)
            self.on_picture(picture, at_s)


def _rate_feedback(parameters: VideoParameters) -> RateFeedback:
    if TMMBR in parameters.feedback:
        return RateFeedback.TMMBR
    return RateFeedback.REMB if REMB in parameters.feedback else RateFeedback.NONE


def _shown(codec: str) -> str:
    return video_format(codec).shown if codec else ""
