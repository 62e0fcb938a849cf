"""All that carries calls, in one class: signalling, media streams and the mix. Runs on one event loop.

Its methods return at once; their results are sent to `report`. The supervised process around it is `host`.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence

from videobar.engine.call import description
from videobar.engine.call.call import Call
from videobar.engine.call.leg import NO_LEG, Dialling, Leg
from videobar.engine.call.loopback import Loopback
from videobar.engine.call.media import MediaSide
from videobar.engine.call.shared import SharedMedia
from videobar.engine.mixing.people import PeopleFinder
from videobar.engine.mixing.presentation import ContentHub
from videobar.engine.mixing.snapshots import Snapshots
from videobar.engine.mixing.sound import Sound
from videobar.engine.mixing.video_router import VideoRouter
from videobar.engine.process import memory
from videobar.engine.process.configuration import EngineConfiguration, TlsConfiguration
from videobar.engine.process.protocol import Report
from videobar.engine.signalling.registering import Registering
from videobar.engine.signalling.sip_signalling import SipSignalling
from videobar.engine.signalling.sip_sockets import SipSockets, local_address
from videobar.engine.streams.far_camera import FarControl
from videobar.engine.streams.main_video import SharedVideo, VideoCapacity
from videobar.media.clock import AudioClock
from videobar.media.video.capture import VideoCapture
from videobar.room.audio.port import AcousticFence, PortLevels, SoundState
from videobar.room.calls.port import (
    Cause,
    DialOrder,
    Ended,
    Incoming,
    LegEvent,
    LegId,
    Refusal,
    StreamStatistics,
)
from videobar.room.cameras.port import Framing
from videobar.room.content import ContentFigures
from videobar.room.far_cameras import CameraAbility, Motion
from videobar.room.video import NearSourceState, Snapshot
from videobar.rtp.dtls import DtlsIdentity
from videobar.rtp.io import RtpIo
from videobar.rtp.ports import PortRange
from videobar.sip.errors import DestinationUnreachable, SipError
from videobar.sip.registration.account import Account
from videobar.sip.registration.account_registrations import OutboundRoute
from videobar.sip.session.session import Session, SessionListener
from videobar.sip.syntax.uri import NameAddr, SipUri
from videobar.sip.transport.tls import Tls, TlsFiles
from videobar.sip.transport.transport import Transport
from videobar.sip.user_agent import UserAgent
from videobar.text import LONGEST_ADDRESS, one_line
from videobar.vocabulary import Speaker

log = logging.getLogger("videobar.engine")

WATCH_S = 0.5
"""Interval at which calls are checked for far ends that show nothing any more, or again."""
IDLE_S = 1.0
"""Delay after the last call before memory is given back."""
CHECK_EVERY = 20
"""Number of checks between two searches for far ends that have gone."""


class Endpoint:
    """One SIP endpoint with one microphone and one speaker, and any number of calls between them.

    Made by `open`; the sockets are its own from then on.
    """

    def __init__(
        self,
        configuration: EngineConfiguration,
        transport: Transport,
        bound: Sequence[str],
        tls: Tls | None,
        report: Callable[[Report], None],
    ) -> None:
        self._configuration = configuration
        self._bound = bound
        self._tls = tls
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._io = RtpIo()
        self._sound = Sound(configuration.sound, self._sound_changed)
        self._mixer = self._sound.mixer
        self._audio_clock = AudioClock(self._mixer.tick)
        self._near = VideoCapture(configuration.near_source, self._near_changed)
        self._snapshots = Snapshots(self._near)
        self._people = PeopleFinder(self._near)
        self._routing = VideoRouter(self._near, configuration.layout, lambda: self._mixer.near_level)
        self._snapshots.sources[Snapshot.FAR] = self._routing.far_picture
        self._content = ContentHub(self._report, self._loop.call_soon_threadsafe)
        self._snapshots.sources[Snapshot.CONTENT] = self._content.picture
        self._far_control = FarControl()
        self._shared = SharedMedia(
            io=self._io,
            ports=PortRange(configuration.first_rtp_port, configuration.last_rtp_port),
            mixer=self._mixer,
            codecs=configuration.codecs,
            video=SharedVideo(
                self._routing, VideoCapacity(configuration.most_video_calls), configuration.video_codecs
            ),
            content=self._content,
            far_control=lambda: self._far_control,
            report=self._report,
            rate_kbps=configuration.rate_kbps,
            encryption=configuration.encryption,
            identity=functools.cache(DtlsIdentity),
        )
        self._agent = UserAgent(transport, product=configuration.product, on_invite=self._on_invite)
        self._calls: dict[LegId, Leg] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._incoming = 0
        self._user = configuration.user
        self._registering = Registering(self._agent, report)
        self._registering.use(configuration.account)
        self._checking = asyncio.create_task(self._check(), name="check calls")
        self._io.start()
        self._audio_clock.start()

    @classmethod
    async def open(
        cls,
        configuration: EngineConfiguration,
        *,
        sockets: SipSockets,
        report: Callable[[Report], None],
    ) -> Endpoint:
        """Begin to listen on bound sockets, to tick and to exchange media."""
        hosts = sockets.hosts
        tls = _tls(configuration.tls) if configuration.tls is not None else None
        transport = await Transport.open(sockets, tls=tls)
        transport.drop = _dropper(configuration.drop_every)
        return cls(configuration, transport, hosts, tls, report)

    async def close(self) -> None:
        """Hang up everything, then stop."""
        for task in (self._checking, *self._tasks):
            task.cancel()
        for call in list(self._calls.values()):
            call.hang_up()
        await self._agent.close()
        self._audio_clock.stop()
        self._mixer.close()
        self._content.close()
        self._routing.close()
        self._near.close()
        self._snapshots.close()
        self._people.close()
        self._io.close()

    # Commands and requests: `process.interface.Engine`. A leg that is gone is passed over.

    def dial(self, leg: LegId, order: DialOrder) -> None:
        """Call a far end, or the room's own media."""
        if order.loopback:
            self._dial_loopback(leg)
            return
        dialling = self._calls[leg] = Dialling(leg, self._on_event)
        self._begin(self._dial_sip(leg, dialling, order))

    def answer(self, leg: LegId) -> None:
        """Take an incoming leg."""
        self._call(leg).answer()

    def refuse(self, leg: LegId, refusal: Refusal) -> None:
        """Do not take an incoming leg."""
        self._call(leg).refuse(refusal)

    def hang_up(self, leg: LegId) -> None:
        """End a leg in whatever state it is."""
        self._call(leg).hang_up()

    def add_video(self, leg: LegId) -> None:
        """Offer video on a leg that has none."""
        self._call(leg).add_video()

    def send_digits(self, leg: LegId, digits: str) -> None:
        """Send DTMF digits on a leg."""
        self._call(leg).send_digits(digits)

    def hold(self, leg: LegId, held: bool) -> None:
        """Put a leg on hold, or take it back."""
        self._call(leg).hold(held)

    def move_far_camera(self, leg: LegId, motion: Motion) -> None:
        """Move a far end's camera until the next order."""
        self._call(leg).move_far_camera(motion)

    def select_far_source(self, leg: LegId, number: int) -> None:
        """Ask a far end to show another source."""
        self._call(leg).select_far_source(number)

    def allow_far_control(self, sources: tuple[CameraAbility, ...], presets: int) -> None:
        """Let far ends move these sources of ours, in calls that begin from now on."""
        self._far_control = FarControl(sources, presets)

    def use_account(self, user: str, account: Account | None) -> None:
        """Call as this user, and register this account or none."""
        self._user = user
        self._registering.use(account)

    def show_content(self, url: str) -> None:
        """Share content with all far ends."""
        self._content.show(url)

    def hide_content(self) -> None:
        """Stop sharing."""
        self._content.hide()

    def set_microphones_muted(self, muted: bool) -> None:
        """Silence the near end for all far ends."""
        self._mixer.muted = muted

    def set_speaker_volume(self, volume: int) -> None:
        """Loudness of the far ends in the room, 0 to 100."""
        self._sound.speakers.volume = volume

    def set_acoustic_fence(self, fence: AcousticFence) -> None:
        """Raise or lower the acoustic fence."""
        self._sound.raise_fence(fence)

    def start_sound(self) -> None:
        """Sound runs for as long as the process does."""

    def play_test_tone(self, speaker: Speaker) -> None:
        """Sound a tone in the room."""
        self._sound.speakers.play_test_tone(
            left=speaker is not Speaker.RIGHT, right=speaker is not Speaker.LEFT
        )

    def stop_test_tone(self) -> None:
        """End the tone."""
        self._sound.speakers.stop_test_tone()

    def play_digits(self, digits: str) -> None:
        """Play DTMF digits in the room."""
        self._sound.speakers.play_digits(digits)

    def set_video_muted(self, muted: bool) -> None:
        """Hide the room's picture; the streams go on."""
        self._routing.muted = muted

    def use_near_source(self, url: str) -> None:
        """Take the room's picture from `url`."""
        self._near.open(url)

    def point_camera(self, pan: int, tilt: int, zoom: int, focus: int) -> None:
        """Point the near source."""
        self._near.point(pan, tilt, zoom, focus)

    async def statistics(self) -> Mapping[LegId, tuple[StreamStatistics, ...]]:
        """Statistics of all connected legs."""
        return {leg: call.statistics() for leg, call in self._calls.items() if call.connected}

    async def pulse(self) -> int:
        """Ticks of the audio clock."""
        return self._audio_clock.ticks

    async def sound_levels(self) -> Sequence[PortLevels]:
        """Levels of all ports."""
        return self._sound.levels()

    async def frame_people(self) -> Framing | None:
        """The view that shows all people."""
        return await self._people.frame()

    async def content_figures(self) -> Sequence[ContentFigures]:
        """Figures of all content that is shown."""
        return self._content.figures()

    async def content_fingerprint(self) -> bytes | None:
        """Fingerprint of the content picture."""
        return self._content.fingerprint()

    async def content_picture(self) -> bytes | None:
        """The content picture as JPEG."""
        return await self.snapshot(Snapshot.CONTENT)

    async def snapshot(self, which: Snapshot) -> bytes | None:
        """A picture as JPEG."""
        return await self._snapshots.image(which)

    # How

    def _call(self, leg: LegId) -> Leg:
        return self._calls.get(leg, NO_LEG)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        """Do what takes longer."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _dial_loopback(self, leg: LegId) -> None:
        try:
            loopback = Loopback(leg, self._shared, self._on_event)
        except OSError as error:
            self._on_event(Ended(leg, Cause.NO_CIRCUIT, str(error)))
            return
        self._calls[leg] = loopback
        loopback.connect()

    async def _dial_sip(self, leg: LegId, dialling: Dialling, order: DialOrder) -> None:
        """Find out from which address to call, then call; the room may have given up meanwhile."""
        call: Dialling | Call = dialling
        try:
            target = SipUri.parse(order.target)
            outbound = self._registering.route_to(target)
            way = (await self._agent.locate(target, outbound.route))[0]
            if dialling.over:
                return
            media = MediaSide(
                leg,
                self._shared,
                local_address(self._bound, way.host),
                rate_kbps=order.rate_kbps,
                offers_video=order.video,
            )
            signalling = SipSignalling(media)
            self._calls[leg] = call = Call(leg, media, signalling, self._on_event)
            signalling.dial(
                lambda offer: self._invite(signalling, media.address, order, target, outbound, offer)
            )
        except DestinationUnreachable as error:
            call.on_ended(Cause.NO_ROUTE, str(error))
        except (SipError, OSError) as error:
            call.on_ended(Cause.OUT_OF_ORDER, str(error))

    def _invite(
        self,
        listener: SessionListener,
        address: str,
        order: DialOrder,
        target: SipUri,
        outbound: OutboundRoute,
        offer: bytes,
    ) -> Session:
        own = outbound.address or SipUri(address, user=self._user)
        return self._agent.invite(
            target,
            from_=NameAddr(own, display_name=order.display_name),
            offer=offer,
            listener=listener,
            no_response_timeout=self._configuration.response_seconds,
            route=outbound.route,
            credentials=outbound.credentials,
        )

    def _on_invite(self, session: Session) -> None:
        self._incoming += 1
        leg = f"in-{self._incoming}-{session.local_tag}"
        # The way back is the way to the caller's media, or where none is named, to where the INVITE came from.
        towards = description.media_address(session.offer) or session.signalling_host
        try:
            media = MediaSide(leg, self._shared, local_address(self._bound, towards))
        except OSError as error:
            log.info("leg %s: no address or port for its media: %s", leg, error)
            session.reject(488)
            return
        signalling = SipSignalling(media)
        call = Call(leg, media, signalling, self._on_event)
        if not signalling.take(session):
            session.reject(488)
            return
        self._calls[leg] = call
        session.ring()
        offered, rate_kbps = signalling.offered
        self._on_event(
            Incoming(
                leg,
                one_line(_address(session.remote), LONGEST_ADDRESS),
                one_line(session.remote.display_name),
                one_line(session.remote_agent),
                offered,
                rate_kbps,
                session.signalling_host,
            )
        )

    async def _check(self) -> None:
        """Find calls whose far end has gone without a word."""
        for turn in itertools.count(1):
            await asyncio.sleep(WATCH_S)
            for call in list(self._calls.values()):
                call.watch()
            self._content.watch()
            if turn % CHECK_EVERY:
                continue
            if self._tls is not None:
                self._refresh_certificate(self._tls)
            for call in list(self._calls.values()):
                call.check()

    def _sound_changed(self, state: SoundState) -> None:
        """On whatever thread."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._report, state)

    def _near_changed(self, url: str, delivering: bool, detail: str) -> None:
        """On the near thread."""
        if not delivering:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._routing.near_lost)
            log.warning("near source %s gives no picture: %s", url, detail)
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._report, NearSourceState(url, delivering, detail))

    def _refresh_certificate(self, tls: Tls) -> None:
        try:
            tls.refresh()
        except OSError as error:
            log.error("the certificate of SIP over TLS cannot be read again: %s", error)

    def _give_back_memory(self) -> None:
        """Give memory back, if there is still no call."""
        if not self._calls:
            memory.give_back()

    def _on_event(self, event: LegEvent) -> None:
        if isinstance(event, Ended):
            self._calls.pop(event.leg, None)
            if not self._calls:
                self._loop.call_later(IDLE_S, self._give_back_memory)
        self._report(event)


def _address(remote: NameAddr) -> str:
    """`user@host` of a far end, or whatever it calls itself."""
    uri = remote.uri
    if not isinstance(uri, SipUri):
        return str(uri)
    return f"{uri.user}@{uri.host}" if uri.user else uri.host


def _tls(configuration: TlsConfiguration) -> Tls | None:
    files = TlsFiles(
        configuration.certificate, configuration.key, configuration.verify, configuration.authorities
    )
    try:
        return Tls(files)
    except OSError as error:
        log.error("no SIP over TLS: %s", error)
        return None


def _dropper(every: int) -> Callable[[bytes], bool] | None:
    """Filter that ignores every n-th datagram, for tests of retransmission."""
    if not every:
        return None
    received = 0

    def drop(_: bytes) -> bool:
        nonlocal received
        received += 1
        return received % every == 0

    return drop
