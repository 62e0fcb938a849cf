"""The room's calls: the single writer of everything the API shows about them.

One conference at a time: dialling while in a call adds a connection to it, and everybody in it hears all the
others. Incoming calls wait outside it until they are answered. Commands go to the engine and are not
awaited; its reports come back through `hear` and are judged by the table of `connection`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from msgspec import structs

from videobar.clock import Clock
from videobar.errors import InvalidRequest, LineBusy, NoSuchConnection, NotAnswerable, NotInCall
from videobar.room.calls.address import without_password
from videobar.room.calls.conference import Digit
from videobar.room.calls.conference_pin import ConferencePins
from videobar.room.calls.connection import Connection, Happening, Phase
from videobar.room.calls.dialling import MOST_RATE_KBPS, Dialling, order
from videobar.room.calls.do_not_disturb import DoNotDisturb
from videobar.room.calls.log import CallLog, Journal
from videobar.room.calls.port import (
    CallEngine,
    Cause,
    Connected,
    DialOrder,
    DigitReceived,
    Encrypted,
    Ended,
    EngineEvent,
    EngineLost,
    FarPicture,
    HeldByFarEnd,
    HeldHere,
    Incoming,
    LegId,
    MediaChanged,
    MutedByFarEnd,
    Refusal,
    Ringing,
    StreamStatistics,
)
from videobar.room.calls.queries import CallQueries
from videobar.room.calls.totals import CallTotals
from videobar.text import LONGEST_ADDRESS, one_line
from videobar.vocabulary import CallMedia, CallProtocol, DialType, EndpointType, cause_in_words

log = logging.getLogger("videobar.calls")


@dataclass(frozen=True)
class CallLimits:
    """Limits of calls: their number, rates and times."""

    max_connections: int = 6
    max_video_connections: int = 6
    """Maximum number of connections with video; more may be connected without."""
    ring_seconds: float = 60.0
    default_rate_kbps: int = 1920
    auto_answer: bool = False
    max_incoming_rate_kbps: int = 0
    """Maximum rate of callers; 0 for the same as calls that ask for no rate."""
    auto_answer_muted: bool = False
    """True if the microphones are muted when a call is answered automatically."""
    home_domain: str = ""
    """Domain of users without a host, such as a number; empty where no SIP server knows any."""

    @property
    def incoming_rate_kbps(self) -> int:
        """Maximum rate of callers."""
        return self.max_incoming_rate_kbps or self.default_rate_kbps


class Calls(CallQueries):
    """Places, takes and ends calls. `room_name` is asked at each dial for what the far end shall see.

    `mute` is called when a call is answered automatically with the microphones muted.
    """

    def __init__(
        self,
        *,
        engine: CallEngine,
        clock: Clock,
        limits: CallLimits,
        room_name: Callable[[], str],
        call_log: CallLog,
        do_not_disturb: DoNotDisturb,
        mute: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(clock, limits.max_connections, limits.max_video_connections)
        self._engine = engine
        self.limits = limits
        """May be replaced at any time; what is under way goes on as it began."""
        self._room_name = room_name
        self.log = call_log
        """Log of calls that are over."""
        self.totals = CallTotals()
        self.do_not_disturb = do_not_disturb
        self._journal = Journal(call_log, clock)
        self._mute = mute
        self._passwords = ConferencePins(engine, clock)
        self._last_connection = 0
        self._last_terminal = 0
        self._ring_timers: dict[str, asyncio.Task[None]] = {}
        engine.on_event = self.hear

    async def statistics(
        self, connections: Sequence[Connection]
    ) -> Mapping[str, tuple[StreamStatistics, ...]]:
        """Stream statistics by connection id, for those of `connections` that are connected."""
        connected = [c for c in connections if c.phase is Phase.CONNECTED]
        counted = await self._engine.statistics() if connected else {}
        return {c.id: counted.get(c.leg, ()) for c in connected if c.phase is Phase.CONNECTED}

    # What can be done

    def dial(self, dialling: Dialling) -> Connection:
        """Dial one address; returns while it rings.

        Raises `AddressInvalid`, `DialTypeNotSupported` or `LineBusy`; the connection shows what happens
        afterwards.
        """
        return self.blast([dialling], fields=[""])[0]

    def blast(self, diallings: Sequence[Dialling], fields: Sequence[str]) -> list[Connection]:
        """Dial several addresses at once, or none of them when one is invalid or there is no room for all.

        `fields` are the prefixes by which errors name each dialling, such as `endPointList[1].`.
        """
        if not diallings:
            raise InvalidRequest("endPointList: nobody to dial")
        orders = [self._order(dialling, field) for dialling, field in zip(diallings, fields, strict=True)]
        if self._closed or len(orders) > self._free:
            raise self._busy()
        wanted = sum(dialling.dial_type is DialType.VIDEO for dialling in diallings)
        if wanted > self._video_free:
            raise LineBusy(
                f"the room carries {self.limits.max_video_connections} connections with video and has "
                f"{self._video_free} free"
            )
        return [
            self._place(dialling, protocol, order)
            for dialling, (protocol, order) in zip(diallings, orders, strict=True)
        ]

    def can_reach(self, dialling: Dialling) -> bool:
        """True if `dial` would understand this address and have a way to it."""
        try:
            self._order(dialling, "")
        except InvalidRequest:
            return False
        return True

    def answer(self, connection_id: str) -> None:
        """Take an incoming call into the conference.

        Raises `NoSuchConnection`, `NotAnswerable`, or `LineBusy` when the room carries no more.
        """
        connection = self._find_waiting(connection_id)
        if self._free <= 0:
            raise self._busy()
        connection.apply(Happening.ANSWERED_HERE)
        self._stop_ringing(connection)
        self._engine.answer(connection.leg)

    def reject(self, connection_id: str, refusal: Refusal = Refusal.DECLINED) -> None:
        """Do not take an incoming call. Raises `NoSuchConnection` or `NotAnswerable`."""
        self._refuse(self._find_waiting(connection_id), refusal)

    def hang_up(self, connection_id: str) -> None:
        """End one connection, in whatever state. Raises `NoSuchConnection`."""
        self._end(self._find(connection_id))

    def hang_up_conference(self, conference_id: str) -> None:
        """End all connections of a conference, or refuse all calls that wait. Raises `NoSuchConference`."""
        for connection in self.conference(conference_id).connections:
            self._end(connection)

    def hang_up_connection(self, conference_id: str, connection_id: str) -> None:
        """End a connection of that conference. Raises `NoSuchConnection`, also when it has ended already."""
        connection = self.connection(conference_id, connection_id)
        if connection.phase is Phase.ENDED:
            raise NoSuchConnection(f"connection {connection_id!r} has ended")
        self._end(connection)

    def add_video(self, conference_id: str, connection_id: str) -> None:
        """Offer video to a far end that is connected without.

        Raises `NoSuchConnection`, `NotInCall` when it is not connected, `LineBusy` when there is no room for video.
        """
        connection = self.connection(conference_id, connection_id)
        if connection.phase is not Phase.CONNECTED:
            raise NotInCall(f"connection {connection_id!r} is not connected")
        if not connection.video and not self.can_add_video(connection):
            raise LineBusy(f"video cannot be added to connection {connection_id!r}")
        if not connection.video:
            self._engine.add_video(connection.leg)

    def send_digits(self, digits: str) -> None:
        """Send DTMF digits to everybody connected. Raises `NotInCall`."""
        connected = [c for c in self._connections.values() if c.phase is Phase.CONNECTED]
        if not connected:
            raise NotInCall("there is no call to send digits to")
        for connection in connected:
            self._engine.send_digits(connection.leg, digits)

    def hold(self, conference_id: str, held: bool) -> None:
        """Put everybody in a conference on hold, or take them back. Raises `NoSuchConference` or `NotInCall`."""
        connected = [c for c in self.conference(conference_id).connections if c.phase is Phase.CONNECTED]
        if not connected:
            raise NotInCall(f"nobody is connected in conference {conference_id!r}")
        for connection in connected:
            self._engine.hold(connection.leg, held)

    def hold_connection(self, conference_id: str, connection_id: str, held: bool) -> None:
        """Put one connection on hold, or take it back. Raises `NoSuchConnection` or `NotInCall`."""
        connection = self.connection(conference_id, connection_id)
        if connection.phase is not Phase.CONNECTED:
            raise NotInCall(f"connection {connection_id!r} is not connected")
        self._engine.hold(connection.leg, held)

    async def written(self) -> None:
        """Wait until the log has all that happened."""
        await self._journal.close()

    def hang_up_all(self) -> None:
        """End all connections, and refuse all calls that wait."""
        for connection in list(self._connections.values()):
            self._end(connection)

    def close(self) -> None:
        """End everything and take no more calls."""
        self._closed = True
        self._passwords.close()
        self.hang_up_all()

    # What the engine says

    def hear(self, event: EngineEvent) -> None:
        """Take a report of the engine."""
        match event:
            case Incoming():
                self._ring_in(event)
            case Ringing(leg):
                self._on(leg, lambda c: c.apply(Happening.RANG))
            case Connected(leg):
                self._on(leg, lambda c: self._connect(c, event))
            case MediaChanged(leg, media, rate_kbps):
                self._on(leg, lambda c: self._change_media(c, media, rate_kbps))
            case FarPicture(leg, muted, locked):
                self._on(leg, lambda c: self._change_far_picture(c, muted, locked))
            case Encrypted(leg, encrypted):
                self._on(leg, lambda c: setattr(c, "encrypted", encrypted))
            case HeldByFarEnd(leg, held):
                self._on(leg, lambda c: setattr(c, "held_by_far_end", held))
            case HeldHere(leg, held):
                self._on(leg, lambda c: self._held_here(c, held))
            case MutedByFarEnd(leg, muted):
                self._on(leg, lambda c: setattr(c, "muted_by_far_end", muted))
            case DigitReceived(leg, digit):
                self._on(leg, lambda c: self._digits.append(Digit(c.id, digit, self._clock.now_ms())))
            case Ended(leg, cause, detail):
                self._on(leg, lambda c: self._over(c, cause, detail))
            case EngineLost():
                for connection in list(self._connections.values()):
                    self._over(connection, Cause.TEMPORARY_FAILURE, "the media process ended")

    # How

    def _busy(self) -> LineBusy:
        most, free = self.limits.max_connections, max(0, self._free)
        return LineBusy(f"the room carries {most} connections and has {free} free")

    def _order(self, dialling: Dialling, field: str) -> tuple[CallProtocol, DialOrder]:
        limits = self.limits
        try:
            return order(dialling, self._room_name(), limits.default_rate_kbps, limits.home_domain)
        except InvalidRequest as error:
            raise type(error)(field + error.detail) from None

    def _place(self, dialling: Dialling, protocol: CallProtocol, dial_order: DialOrder) -> Connection:
        connection = self._new(
            leg="",
            address=without_password(dialling.address),
            incoming=False,
            dial_type=dialling.dial_type,
            protocol=protocol,
            rate_kbps=dial_order.rate_kbps,
            phase=Phase.DIALLING,
        )
        if dial_order.video and self._video_free <= 0:
            dial_order = structs.replace(dial_order, video=False)
        connection.password = dialling.password
        connection.media = CallMedia.AUDIO_VIDEO if dial_order.video else CallMedia.AUDIO_ONLY
        self._journal.began(connection)
        log.info("connection %s: dialling %s", connection.id, connection.address)
        self._engine.dial(connection.leg, dial_order)
        return connection

    def _ring_in(self, event: Incoming) -> None:
        if any(c.leg == event.leg for c in self._connections.values()):
            log.error("ignored a second call with the id %r", event.leg)
            return
        address = one_line(without_password(event.far_address), LONGEST_ADDRESS)
        name, product = one_line(event.far_name), one_line(event.far_product)
        has_line = self.can_dial and self._may_ring(event.source)
        if not has_line or not self.do_not_disturb.may_ring:
            why = "do not disturb" if has_line else "busy"
            log.info("refused %s: %s", address, why)
            self._engine.refuse(event.leg, Refusal.BUSY)
            if not self._closed:
                self._journal.missed(address, name, event.rate_kbps, Cause.BUSY)
            return
        connection = self._new(
            leg=event.leg,
            address=address,
            incoming=True,
            dial_type=DialType.SIP,
            protocol=CallProtocol.SIP,
            rate_kbps=min(event.rate_kbps or MOST_RATE_KBPS, self.limits.incoming_rate_kbps),
            phase=Phase.RINGING_IN,
        )
        connection.far_name, connection.far_product, connection.media = name, product, event.media
        connection.source = event.source
        log.info("connection %s: call from %s", connection.id, connection.address)
        self._journal.began(connection)
        if self.limits.auto_answer:
            if self.limits.auto_answer_muted:
                self._mute()
            self.answer(connection.id)

    def _new(
        self,
        *,
        leg: LegId,
        address: str,
        incoming: bool,
        dial_type: DialType,
        protocol: CallProtocol,
        rate_kbps: int,
        phase: Phase,
    ) -> Connection:
        self._last_connection += 1
        connection_id = str(self._last_connection)
        connection = Connection(
            id=connection_id,
            leg=leg or f"out-{connection_id}",
            address=address,
            incoming=incoming,
            dial_type=dial_type,
            protocol=protocol,
            rate_kbps=rate_kbps,
            start_ms=self._clock.now_ms(),
            since=self._clock.monotonic(),
            phase=phase,
        )
        self._connections[connection_id] = connection
        self._ring_timers[connection_id] = asyncio.ensure_future(self._ring_out(connection))
        return connection

    async def _ring_out(self, connection: Connection) -> None:
        await self._clock.sleep(self.limits.ring_seconds)
        if connection.phase in (Phase.DIALLING, Phase.RINGING_OUT):
            self._engine.hang_up(connection.leg)
            self._over(connection, Cause.NO_ANSWER, "nobody answered")
        elif connection.phase is Phase.RINGING_IN:
            self._refuse(connection, Refusal.NO_ANSWER)

    def _connect(self, connection: Connection, event: Connected) -> None:
        if not connection.apply(Happening.MEDIA_FLOWS):
            return
        self._stop_ringing(connection)
        self._last_terminal += 1
        connection.terminal_id = str(self._last_terminal)
        connection.start_ms, connection.since = self._clock.now_ms(), self._clock.monotonic()
        connection.rate_kbps, connection.media = event.rate_kbps, event.media
        connection.encrypted = event.encrypted
        connection.far_name = one_line(event.far_name) or connection.far_name
        connection.far_product = one_line(event.far_product) or connection.far_product
        if event.is_conference_server:
            connection.endpoint_type = EndpointType.MCU
        if self._start is None:
            self._start = (connection.start_ms, connection.since)
        log.info("connection %s: connected", connection.id)
        self._journal.connected(connection)
        self._passwords.enter(connection)

    def _change_media(self, connection: Connection, media: CallMedia, rate_kbps: int) -> None:
        connection.media, connection.rate_kbps = media, rate_kbps

    def _held_here(self, connection: Connection, held: bool) -> None:
        connection.held_here_ms = self._clock.now_ms() if held else None

    def _change_far_picture(self, connection: Connection, muted: bool, locked: bool) -> None:
        connection.far_picture_muted, connection.far_picture_locked = muted, locked

    def _refuse(self, connection: Connection, refusal: Refusal) -> None:
        self._engine.refuse(connection.leg, refusal)
        connection.refusal = refusal
        cause = Cause.NO_ANSWER if refusal is Refusal.NO_ANSWER else Cause.REJECTED
        self._over(connection, cause, refusal.value)

    def _end(self, connection: Connection) -> None:
        if connection.phase is Phase.RINGING_IN:
            self._refuse(connection, Refusal.DECLINED)
        else:
            self._engine.hang_up(connection.leg)
            self._over(connection, Cause.NORMAL, "hung up here")

    def _over(self, connection: Connection, cause: int, detail: str) -> None:
        now = self._clock.monotonic()
        connection.duration_s = connection.lasted(now)
        if not connection.apply(Happening.OVER):
            return
        connection.cause, connection.detail = cause, detail
        connection.held_here_ms = None
        self._journal.ended(connection)
        if connection.terminal_id:
            self.totals.add(connection.duration_s)
        self._stop_ringing(connection)
        del self._connections[connection.id]
        self._ended.append((now, connection))
        if not any(not c.pending for c in self._connections.values()):
            self._start = None
            self._last_terminal = 0
        log.info("connection %s: ended: %s: %s", connection.id, cause_in_words(cause), detail)

    def _stop_ringing(self, connection: Connection) -> None:
        timer = self._ring_timers.pop(connection.id, None)
        if timer is not None and timer is not asyncio.current_task():
            timer.cancel()

    def _on(self, leg: LegId, act: Callable[[Connection], object]) -> None:
        for connection in list(self._connections.values()):
            if connection.leg == leg:
                act(connection)

    def _find_waiting(self, connection_id: str) -> Connection:
        connection = self._find(connection_id)
        if not connection.answerable:
            raise NotAnswerable(f"connection {connection_id!r} is not a call that waits for an answer")
        return connection
