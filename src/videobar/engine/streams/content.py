"""The content of one call: its video line and its floor."""

from __future__ import annotations

import errno
import random
from collections.abc import Callable, Sequence
from typing import Final

from videobar.bfcp.client import Holding
from videobar.bfcp.floor import Floor
from videobar.bfcp.transport import TcpTransport, UdpTransport
from videobar.engine.call.description import Agreement, CallDescription
from videobar.engine.call.keying import LineKeying, security_of
from videobar.engine.mixing.presentation import ContentHub
from videobar.engine.streams.floor import CONTENT_LABEL, AgreedFloor, FloorLine
from videobar.engine.streams.main_video import video_row
from videobar.engine.streams.video import VideoLeg
from videobar.engine.streams.video_formats import VideoParameters, video_line, video_parameters
from videobar.media.video.encoder_thread import EncoderThread
from videobar.media.video.frame import Frame
from videobar.room.calls.port import LegId, StreamStatistics
from videobar.room.content import ContentFigures
from videobar.rtp.io import RtpIo
from videobar.rtp.ports import PortRange, PortsExhausted
from videobar.sip.sdp.description import MediaRole
from videobar.vocabulary import MediaDirection, MediaType

SLIDES: Final = (("content", "slides"), ("label", CONTENT_LABEL))
"""RFC 4796, and RFC 4574 by which the floor names the stream."""
ROLES: Final = (MediaRole.VIDEO_CONTENT, MediaRole.FLOOR_CONTROL)
MOST_KBPS: Final = 1500
_PORTS_TRIED: Final = 20


class CallContent:
    """Content both ways in one call; implements `ContentParty`. Belongs to the event loop."""

    def __init__(
        self,
        leg: LegId,
        hub: ContentHub,
        codecs: Sequence[str],
        io: RtpIo,
        ports: PortRange,
        *,
        add: Callable[[], None],
        takes: Callable[[int], None],
    ) -> None:
        """`add` is to offer content in a call that has none; `takes` hears how many kbit/s it takes."""
        self._name = leg
        self._hub = hub
        self._codecs = codecs
        self._io = io
        self._ports = ports
        self._add = add
        self._takes = takes
        self._kbps = 0
        self._leg: VideoLeg | None = None
        self._parameters: VideoParameters | None = None
        self._udp: UdpTransport | None = None
        self._tcp: TcpTransport | None = None
        self._floor_line: FloorLine | None = None
        self._floor: Floor | None = None
        self._wanted = False
        """Whether the far end is to see what somebody shows."""
        self.refused = False
        """Whether the far end has refused the line: it is not offered again."""

    @property
    def parameters(self) -> VideoParameters | None:
        """What was agreed on."""
        return self._parameters

    @property
    def encoding(self) -> EncoderThread | None:
        """What is sent."""
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
        """What content may take on the path to the far end."""
        return self._leg.allowed_kbps if self._leg is not None else float("inf")

    @property
    def latest(self) -> Frame | None:
        """What the far end shows."""
        return self._leg.latest if self._leg is not None else None

    @property
    def sending(self) -> bool:
        """Whether content may be sent now: it is wanted, and we have the floor where we need it."""
        if not self._wanted or self._parameters is None or not self._parameters.direction.sends:
            return False
        client = self._floor.client if self._floor is not None else None
        return client is None or client.holding is Holding.HELD

    def open(
        self, description: CallDescription, address: str, kbps: int, new_security: Callable[[], LineKeying]
    ) -> bool:
        """Have lines in our descriptions from now on. Whether there are any."""
        if self._leg is not None:
            return True
        if not self._codecs or self.refused:
            return False
        try:
            self._leg = VideoLeg(self._io, self._ports, address, f"{random.getrandbits(48):012x}")
            self._udp, self._tcp = _floor_transports(self._ports, address)
        except OSError:
            self.close()
            return False
        self._kbps = min(MOST_KBPS, kbps // 2)
        self._leg.on_picture = self._show_on_decoding_thread
        line = video_line(self._leg.port, codecs=self._codecs, kbps=self._kbps, attributes=SLIDES)
        line.security = new_security()
        self._floor_line = FloorLine(self._udp.port, self._tcp.port)
        description.lines[MediaRole.VIDEO_CONTENT] = line
        description.lines[MediaRole.FLOOR_CONTROL] = self._floor_line
        return True

    def agree(self, agreement: Agreement, description: CallDescription, *, answered: bool) -> None:
        """Use what was agreed on. Raises `ValueError`.

        `answered` tells that the far end has answered our offer: what it left out it refuses.
        """
        chosen = agreement.lines.get(MediaRole.VIDEO_CONTENT)
        if chosen is None or self._leg is None:
            self.refused = self.refused or (answered and self._leg is not None)
            self._withdraw(description)
            if MediaRole.VIDEO_MAIN in agreement.lines and not self.refused:
                self._hub.join(self._name, self)
            return
        kbps = agreement.video_kbps(2 * self._kbps) // 2
        parameters = video_parameters(chosen, kbps, security_of(chosen))
        self._leg.apply(parameters)
        self._parameters = parameters
        self._agree_on_floor(agreement.lines.get(MediaRole.FLOOR_CONTROL))
        self._hub.join(self._name, self)

    def begin(self) -> None:
        """See `ContentParty`."""
        self._wanted = True
        if self._floor is not None:
            self._floor.revoke()
            self._claim(self._floor)

    def open_line(self) -> None:
        """See `ContentParty`."""
        if self._wanted and self._leg is None and not self.refused:
            self._add()

    def unanswered(self, description: CallDescription) -> None:
        """The far end has refused the offer that was to add the line."""
        if self._parameters is None and self._leg is not None:
            self.refused = True
            self._withdraw(description)

    def end(self) -> None:
        """See `ContentParty`."""
        self._wanted = False
        if self._floor is not None:
            self._floor.give_back()
            self._floor.hold(False)

    def send(self, payloads: Sequence[bytes], at_s: float) -> None:
        """Let the far end see a coded picture."""
        leg = self._leg
        if leg is not None:
            leg.send(payloads, at_s)

    def figures(self, *, sent: bool) -> ContentFigures | None:
        """See `ContentParty`."""
        if self._leg is None or self._parameters is None:
            return None
        both = self._leg.statistics()
        one = both.sent if sent else both.received
        return ContentFigures(self._name, *one.size, one.pictures_per_s, one.counted.kbps)

    def statistics(self) -> tuple[StreamStatistics, ...]:
        """Content sent and content received, while there is any."""
        if self._leg is None or self._parameters is None:
            return ()
        figures = self._leg.statistics()
        rows = []
        if self.sending:
            rows.append(video_row(MediaType.CONTENT, MediaDirection.TX, figures.sent))
        if self._hub.presenter == self._name or figures.refused:
            rows.append(video_row(MediaType.CONTENT, MediaDirection.RX, figures.received, figures.refused))
        return tuple(rows)

    def close(self) -> None:
        """Let go of sockets and codecs; twice is harmless."""
        self._hub.leave(self._name)
        self._wanted = False
        self._free()

    # How

    def _withdraw(self, description: CallDescription) -> None:
        """There is no line (any more)."""
        if self._leg is not None:
            self._hub.leave(self._name)
            self._free()
        for role in ROLES:
            description.lines.pop(role, None)

    def _free(self) -> None:
        leg, self._leg = self._leg, None
        self._parameters = None
        self._drop_floor()
        for transport in (self._udp, self._tcp):
            if transport is not None:
                transport.close()
        self._udp = self._tcp = self._floor_line = None
        if leg is not None:
            leg.close()

    def _agree_on_floor(self, agreed: AgreedFloor | None) -> None:
        if self._floor_line is not None:
            self._floor_line.commit(agreed)
        if agreed is None:
            self._drop_floor()
            return
        transport = self._transport(agreed)
        if transport is None or (self._floor is not None and self._floor.terms == agreed.terms):
            return
        self._drop_floor()
        self._floor = Floor(
            transport,
            agreed.terms,
            on_holding=self._holding_changed,
            on_others=self._others_hold,
            on_wanted=self._far_wants,
            on_released=lambda: self._hub.far_ends(self._name),
        )
        self._floor.start()
        if self._wanted:
            self._claim(self._floor)

    def _claim(self, floor: Floor) -> None:
        """What is shown here is shown with the floor: that of the far end's server, or our own."""
        floor.ask()
        floor.hold(True)

    def _transport(self, agreed: AgreedFloor) -> UdpTransport | TcpTransport | None:
        if agreed.reliable and self._tcp is not None:
            self._tcp.connect(agreed.remote_address, agreed.remote_port, active=agreed.active)
            return self._tcp
        if self._udp is not None:
            self._udp.connect(agreed.remote_address, agreed.remote_port)
        return self._udp

    def _drop_floor(self) -> None:
        floor, self._floor = self._floor, None
        if floor is not None:
            floor.close()

    def _holding_changed(self, holding: Holding) -> None:
        if holding is Holding.HELD:
            self._hub.arrange()
        elif holding is Holding.NONE and self._wanted:
            self._hub.floor_lost(self._name)

    def _others_hold(self, held: bool) -> None:
        """What the far end's server says of its floor."""
        if held:
            self._hub.far_begins(self._name)
        else:
            self._hub.far_ends(self._name)

    def _far_wants(self) -> None:
        """Whoever asks gets it: the latest to begin shows."""
        if self._floor is not None:
            self._floor.grant()
        self._hub.far_begins(self._name)

    def _show_on_decoding_thread(self, picture: Frame, at_s: float) -> None:
        self._hub.show_far(self._name, picture, at_s)


def _floor_transports(ports: PortRange, address: str) -> tuple[UdpTransport, TcpTransport]:
    """Both ways to the floor on one port number; what is free for UDP may be taken for TCP by anything else here."""
    for _ in range(_PORTS_TRIED):
        udp = UdpTransport(ports.allocate_one(address))
        try:
            return udp, TcpTransport.bind(address, udp.port)
        except OSError:
            udp.close()
    raise PortsExhausted(errno.EADDRINUSE, f"no port on {address} is free for UDP and TCP")
