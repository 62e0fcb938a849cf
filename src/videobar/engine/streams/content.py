"""Content line of one call: its video and its floor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from videobar.bfcp.client import Holding
from videobar.engine.call.description import Agreement
from videobar.engine.call.keying import security_of
from videobar.engine.mixing.presentation import ContentHub
from videobar.engine.streams.floor_line import FloorLine
from videobar.engine.streams.floor_negotiation import CONTENT_LABEL
from videobar.engine.streams.line import LineContext, new_cname
from videobar.engine.streams.video import VideoLeg
from videobar.engine.streams.video_formats import VideoParameters, video_line, video_parameters
from videobar.media.video.encoder_thread import EncoderThread
from videobar.media.video.frame import Frame
from videobar.room.calls.port import StreamStatistics
from videobar.room.content import ContentFigures
from videobar.sip.sdp import offer_answer
from videobar.sip.sdp.description import MediaRole
from videobar.sip.sdp.rtp_line import RtpLine
from videobar.vocabulary import MediaType

SLIDES: Final = (("content", "slides"), ("label", CONTENT_LABEL))
"""RFC 4796, and RFC 4574 by which the floor names the stream."""
MOST_KBPS: Final = 1500


class ContentLine:
    """Implements `MediaLine` for content both ways, with its floor, and `ContentParty`. Belongs to the event loop."""

    def __init__(
        self,
        context: LineContext,
        hub: ContentHub,
        codecs: Sequence[str],
        *,
        add: Callable[[], None],
        takes: Callable[[int], None],
    ) -> None:
        """`add` is to offer content in a call that has none; `takes` gets its rate in kbit/s."""
        self._context = context
        self._name = context.leg
        self._hub = hub
        self._codecs = codecs
        self._add = add
        self._takes = takes
        self._kbps = 0
        self._leg: VideoLeg | None = None
        self._terms: RtpLine | None = None
        self._parameters: VideoParameters | None = None
        self._floor = FloorLine(context, self, lambda: self._wanted)
        self._wanted = False
        """True if the far end is to see content that somebody shows."""
        self.refused = False
        """True if the far end has refused the line: it is not offered again."""

    @property
    def terms(self) -> Mapping[MediaRole, offer_answer.MediaLine]:
        """The video line of the content, and its floor."""
        return {MediaRole.VIDEO_CONTENT: self._terms, **self._floor.terms} if self._terms is not None else {}

    @property
    def parameters(self) -> VideoParameters | None:
        """Agreed parameters."""
        return self._parameters

    @property
    def encoding(self) -> EncoderThread | None:
        """Encoding that is sent."""
        return self._leg.encoding if self._leg is not None else None

    @encoding.setter
    def encoding(self, encoding: EncoderThread | None) -> None:
        if self._leg is None:
            return
        before, self._leg.encoding = self._leg.encoding, encoding
        if (before is None) is not (encoding is None):
            self._takes(self._parameters.limits.kbps if encoding is not None and self._parameters else 0)

    @property
    def allowed_kbps(self) -> float:
        """Bandwidth for content on the path to the far end."""
        return self._leg.allowed_kbps if self._leg is not None else float("inf")

    @property
    def latest(self) -> Frame | None:
        """Latest content picture of the far end."""
        return self._leg.latest if self._leg is not None else None

    @property
    def sending(self) -> bool:
        """True if content may be sent now: it is wanted, and we have the floor where we need it."""
        if not self._wanted or self._parameters is None or not self._parameters.direction.sends:
            return False
        return self._floor.lets_us_send

    def open(self, kbps: int) -> bool:
        """Open it, unless the far end has refused it."""
        if self._leg is not None:
            return True
        if not self._codecs or self.refused:
            return False
        context = self._context
        try:
            self._leg = VideoLeg(context.io, context.ports, context.address, new_cname())
        except OSError:
            return False
        if not self._floor.open(kbps):
            self.close()
            return False
        self._kbps = min(MOST_KBPS, kbps // 2)
        self._leg.on_picture = self._show_on_decoding_thread
        self._terms = video_line(self._leg.port, codecs=self._codecs, kbps=self._kbps, attributes=SLIDES)
        self._terms.security = context.keying.line()
        return True

    def agree(self, agreement: Agreement) -> None:
        """Use what was agreed on. Raises `ValueError`. What the far end left out of its answer it refuses."""
        chosen = agreement.lines.get(MediaRole.VIDEO_CONTENT)
        if chosen is None or self._leg is None:
            self.refused = self.refused or (agreement.answered and self._leg is not None)
            self._withdraw()
            if MediaRole.VIDEO_MAIN in agreement.lines and not self.refused:
                self._hub.join(self._name, self)
            return
        kbps = agreement.video_kbps(2 * self._kbps) // 2
        parameters = video_parameters(chosen, kbps, security_of(chosen))
        self._leg.apply(parameters)
        self._parameters = parameters
        self._floor.agree(agreement)
        self._hub.join(self._name, self)

    def begin(self) -> None:
        """See `ContentParty`."""
        self._wanted = True
        self._floor.begin()

    def open_line(self) -> None:
        """See `ContentParty`."""
        if self._wanted and self._leg is None and not self.refused:
            self._add()

    def unanswered(self) -> None:
        """Close it, and do not offer it again, if it was never agreed on."""
        if self._parameters is None and self._leg is not None:
            self.refused = True
            self._withdraw()

    def end(self) -> None:
        """See `ContentParty`."""
        self._wanted = False
        self._floor.end()

    def send(self, payloads: Sequence[bytes], at_s: float) -> None:
        """Let the far end see a coded picture."""
        leg = self._leg
        if leg is not None:
            leg.send(payloads, at_s)

    def figures(self, *, sent: bool) -> ContentFigures | None:
        """See `ContentParty`."""
        if self._leg is None or self._parameters is None:
            return None
        tx, rx = self._leg.statistics(MediaType.CONTENT)
        one = tx if sent else rx
        return ContentFigures(self._name, one.width, one.height, one.pictures_per_s, one.kbps)

    def statistics(self) -> tuple[StreamStatistics, ...]:
        """Content sent and content received, while there is any."""
        if self._leg is None or self._parameters is None:
            return ()
        tx, rx = self._leg.statistics(MediaType.CONTENT)
        receives = self._hub.presenter == self._name or rx.refused
        return (*((tx,) if self.sending else ()), *((rx,) if receives else ()))

    def close(self) -> None:
        """Let go of sockets and codecs; twice is harmless."""
        self._hub.leave(self._name)
        self._wanted = False
        self._free()

    # From the floor: see `FloorListener`

    def on_holding(self, holding: Holding) -> None:
        """Send, or cease."""
        if holding is Holding.HELD:
            self._hub.arrange()
        elif holding is Holding.NONE and self._wanted:
            self._hub.floor_lost(self._name)

    def on_others(self, held: bool) -> None:
        """The far end, or another behind its server, shows or has ceased."""
        if held:
            self._hub.far_begins(self._name)
        else:
            self._hub.far_ends(self._name)

    def on_wanted(self) -> None:
        """The far end begins to show."""
        self._hub.far_begins(self._name)

    def on_released(self) -> None:
        """The far end has ceased to show."""
        self._hub.far_ends(self._name)

    # How

    def _withdraw(self) -> None:
        """There is no line (any more)."""
        if self._leg is not None:
            self._hub.leave(self._name)
            self._free()

    def _free(self) -> None:
        leg, self._leg = self._leg, None
        self._parameters = self._terms = None
        self._floor.close()
        if leg is not None:
            leg.close()

    def _show_on_decoding_thread(self, picture: Frame, at_s: float) -> None:
        self._hub.show_far(self._name, picture, at_s)
