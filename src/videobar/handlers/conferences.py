"""`/rest/conferences`."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET

from videobar.contract import conferences as contract
from videobar.contract.calls import (
    ActiveRequest,
    BlastRequest,
    CallActionRequest,
    Conference,
    ConferenceCapabilities,
    Connection,
    ConnectionRequest,
    DialRequest,
    ReceivedDigit,
    RoomCapabilities,
    Terminal,
)
from videobar.contract.model import Link
from videobar.contract.streams import MediaStatistics, StreamReport, TerminalMediaStatistics
from videobar.errors import InvalidRequest, NoSuchConnection
from videobar.room.calls.conference import ACTIVE, PENDING
from videobar.room.calls.conference import Conference as RoomConference
from videobar.room.calls.connection import Connection as RoomConnection
from videobar.room.calls.connection import Phase
from videobar.room.calls.dialling import Dialling
from videobar.room.calls.port import Refusal, StreamStatistics
from videobar.room.room import Room
from videobar.vocabulary import CallAction, ConnectionAction, ConnectionFilter, HoldState, MediaType, Model


class ConferencesHandler(contract.Conferences):
    """The room's calls, in the wire's words."""

    def __init__(self, room: Room) -> None:
        self._blast_is_shown = (
            room.system.identity.model is not Model.X30
        )  # which says that it cannot (observed)
        self._calls = room.calls
        self._audio = room.audio

    async def all(self) -> list[Conference]:
        """Conferences that are on."""
        return [self._conference(conference) for conference in self._calls.conferences()]

    async def dial(self, request: DialRequest) -> list[Link]:
        """Dial one."""
        return [self._link(self._calls.dial(_dialling(request)))]

    async def blast(self, request: BlastRequest) -> list[Link]:
        """Dial several."""
        diallings = [
            Dialling(item, password=request.password or "")
            if isinstance(item, str)
            else _dialling(item, request.password)
            for item in request.end_point_list
        ]
        fields = [f"endPointList[{number}]." for number in range(len(diallings))]
        return [self._link(connection) for connection in self._calls.blast(diallings, fields)]

    async def capabilities(self) -> RoomCapabilities:
        """Kinds of calls that can be dialled now."""
        free = self._calls.can_dial
        return RoomCapabilities(
            can_blast_dial=free and self._blast_is_shown,
            can_make_audio_call=free,
            can_make_video_call=self._calls.can_dial_video,
        )

    async def active(self) -> Conference:
        """Conference that is on, or nothing."""
        return self._conference(self._calls.active_conference())

    async def act_on_active(self, request: ActiveRequest) -> None:
        """Hang up what is on."""
        self._calls.hang_up_conference(ACTIVE)

    async def call_action(self, request: CallActionRequest) -> None:
        """Answer, ignore or hang up."""
        match request.call_action_type:
            case CallAction.ANSWER:
                self._calls.answer(request.id)
            case CallAction.IGNORE:
                self._calls.reject(request.id, Refusal.IGNORED)
            case CallAction.HANGUP:
                self._calls.hang_up(request.id)

    async def one(self, conference_id: str) -> Conference:
        """One conference."""
        return self._conference(self._calls.conference(conference_id))

    async def hang_up(self, conference_id: str) -> None:
        """End one conference."""
        self._calls.hang_up_conference(conference_id)

    async def connections(
        self, conference_id: str, which: ConnectionFilter = ConnectionFilter.ALL
    ) -> list[Connection]:
        """Connections of a conference."""
        return [self._connection(c) for c in self._calls.connections(conference_id, which)]

    async def add_connection(self, conference_id: str, request: DialRequest) -> list[Link]:
        """Dial into a conference."""
        if self._calls.conference(conference_id).pending:
            raise InvalidRequest(f"confID: nobody can be dialled into {PENDING}")
        return await self.dial(request)

    async def connection(self, conference_id: str, connection_id: str) -> Connection:
        """One connection."""
        return self._connection(self._calls.connection(conference_id, connection_id))

    async def hang_up_connection(self, conference_id: str, connection_id: str) -> None:
        """End one connection."""
        self._calls.hang_up_connection(conference_id, connection_id)

    async def act_on_connection(
        self, conference_id: str, connection_id: str, request: ConnectionRequest
    ) -> None:
        """Answer, reject or hang up one connection."""
        self._calls.connection(conference_id, connection_id)
        match request.action:
            case ConnectionAction.ANSWER:
                self._calls.answer(connection_id)
            case ConnectionAction.REJECT:
                self._calls.reject(connection_id)
            case ConnectionAction.HANGUP:
                self._calls.hang_up(connection_id)

    async def add_video(self, conference_id: str, connection_id: str) -> None:
        """Offer video to one connection."""
        self._calls.conference(conference_id)
        self._calls.add_video(conference_id, connection_id)

    async def terminals(self, conference_id: str) -> list[Terminal]:
        """Systems of those connected."""
        return [self._terminal(c) for c in self._calls.terminals(conference_id)]

    async def terminal(self, conference_id: str, terminal_id: str) -> Terminal:
        """One system."""
        return self._terminal(self._calls.terminal(conference_id, terminal_id))

    async def hang_up_terminal(self, conference_id: str, terminal_id: str) -> None:
        """End the connection of one system."""
        self._calls.hang_up(self._calls.terminal(conference_id, terminal_id).id)

    async def media_statistics(self, conference_id: str) -> list[MediaStatistics]:
        """Streams of a conference."""
        return await self._statistics(self._calls.conference(conference_id).connections)

    async def connection_media_statistics(
        self, conference_id: str, connection_id: str
    ) -> list[MediaStatistics]:
        """Streams of a connection."""
        connection = self._calls.connection(conference_id, connection_id)
        if connection.phase is Phase.ENDED:
            raise NoSuchConnection(f"connection {connection_id!r} has ended")
        return await self._statistics([connection])

    async def terminal_media_statistics(self, conference_id: str, terminal_id: str) -> list[MediaStatistics]:
        """Streams of a system."""
        return await self._statistics([self._calls.terminal(conference_id, terminal_id)])

    async def all_terminal_media_statistics(self, conference_id: str) -> list[TerminalMediaStatistics]:
        """Streams by system."""
        connected = self._calls.terminals(conference_id)
        counted = await self._calls.statistics(connected)
        return [
            TerminalMediaStatistics(
                term_id=c.terminal_id, media_stats=[_row(row) for row in counted.get(c.id, ())]
            )
            for c in connected
        ]

    async def streams(self, conference_id: str) -> list[StreamReport]:
        """Every figure of every stream."""
        counted = await self._calls.statistics(self._calls.conference(conference_id).connections)
        return [_report(connection_id, row) for connection_id, rows in counted.items() for row in rows]

    async def set_hold(self, conference_id: str, held: bool) -> None:
        """Hold everybody, or nobody."""
        self._calls.hold(conference_id, held)

    async def set_connection_hold(self, conference_id: str, connection_id: str, held: bool) -> None:
        """Hold one, or no longer."""
        self._calls.hold_connection(conference_id, connection_id, held)

    async def do_not_disturb(self) -> bool:
        """True if nobody may ring."""
        return self._calls.do_not_disturb.enabled

    async def set_do_not_disturb(self, wanted: bool) -> None:
        """Turn do not disturb on or off."""
        await self._calls.do_not_disturb.set_enabled(wanted)

    async def digits(self) -> list[ReceivedDigit]:
        """Digits that came in."""
        return [
            ReceivedDigit(connection_id=digit.connection_id, digit=digit.digit, time=digit.time_ms)
            for digit in self._calls.digits()
        ]

    async def _statistics(self, connections: Sequence[RoomConnection]) -> list[MediaStatistics]:
        counted = await self._calls.statistics(connections)
        return [_row(row) for rows in counted.values() for row in rows]

    def _conference(self, conference: RoomConference) -> Conference:
        connected = [c for c in conference.connections if c.phase is Phase.CONNECTED]
        since = [c.held_here_ms for c in connected if c.held_here_ms is not None]
        holding = bool(connected) and len(since) == len(connected)
        return Conference(
            capabilities=None if conference.pending else self._capabilities(conference),
            connections=[self._connection(c) for c in conference.connections],
            duration=conference.duration_s,
            hold_start_time=max(since) if holding else None,
            hold_state=_hold_of(connected),
            id=conference.id,
            is_active=conference.active,
            is_holding=holding,
            is_mute=self._audio.muted and not conference.pending,
            start_time=conference.start_ms,
            terminals=[self._terminal(c) for c in connected],
        )

    def _capabilities(self, conference: RoomConference) -> ConferenceCapabilities:
        there = bool(conference.connections)
        return ConferenceCapabilities(
            can_add_terminal=self._calls.can_dial,
            can_add_video=any(map(self._calls.can_add_video, conference.connections)),
            can_blast_dial=self._calls.can_dial,
            can_hangup_conference=there,
            can_hold_conference=conference.active,
            can_present=conference.active and any(c.video for c in conference.connections),
            can_remove_terminal=there,
        )

    def _connection(self, connection: RoomConnection) -> Connection:
        conference_id = self._calls.conference_id(connection)
        terminal = f"/rest/conferences/{conference_id}/terminals/{connection.terminal_id}"
        return Connection(
            address=connection.address,
            answerable=connection.answerable,
            call_info=connection.protocol,
            call_type=connection.protocol,
            cause_code=connection.cause,
            duration=self._calls.duration(connection),
            encrypted=connection.encrypted,
            id=connection.id,
            incoming=connection.incoming,
            can_add_video=self._calls.can_add_video(connection),
            media_type=connection.media,
            parent_conf_id=conference_id,
            percent_connected=connection.percent_connected,
            rate=connection.rate_kbps,
            start_time=connection.start_ms,
            state=connection.state,
            terminals=[Link(href=terminal)] if connection.phase is Phase.CONNECTED else [],
            type=connection.endpoint_type,
        )

    def _terminal(self, connection: RoomConnection) -> Terminal:
        return Terminal(
            address=connection.address,
            caller_id=connection.name,
            system_id=connection.far_product,
            hold_state=_hold_of([connection]),
            id=connection.terminal_id,
            parent_connection_id=connection.id,
            parent_conf_id=self._calls.conference_id(connection),
            name=connection.name,
            muted=connection.muted_by_far_end,
        )

    def _link(self, connection: RoomConnection) -> Link:
        return Link(
            href=f"/rest/conferences/{self._calls.conference_id(connection)}/connections/{connection.id}"
        )


def _dialling(request: DialRequest, password: str | None = None) -> Dialling:
    """`password` is that of all, where the request has none of its own."""
    own = request.password if request.password is not None else password
    return Dialling(request.address, request.dial_type, int(request.rate), own or "")


def _hold_of(connected: Sequence[RoomConnection]) -> HoldState:
    """HOLDING when this room holds them all, else HELD when they all hold it."""
    if connected and all(c.held_here for c in connected):
        return HoldState.HOLDING
    held = bool(connected) and all(c.held_by_far_end for c in connected)
    return HoldState.HELD if held else HoldState.NOT_HELD


def _report(connection_id: str, row: StreamStatistics) -> StreamReport:
    return StreamReport(
        connection_id=connection_id,
        media_type=row.media,
        media_direction=row.direction,
        codec=row.codec,
        bit_rate=round(row.kbps, 1),
        packets=row.packets,
        packets_lost=row.lost,
        percent_lost=round(row.lost_percent, 2),
        jitter=round(row.jitter_ms, 2),
        round_trip=None if row.rtt_ms is None else round(row.rtt_ms, 2),
        frame_rate=round(row.pictures_per_s, 1),
        width=row.width,
        height=row.height,
        crypto_suite=row.suite,
        datagrams_unused=row.unused,
        refused=row.refused,
    )


def _row(row: StreamStatistics) -> MediaStatistics:
    is_video = row.media is not MediaType.AUDIO
    return MediaStatistics(
        actual_bit_rate=round(row.kbps),
        actual_frame_rate=round(row.pictures_per_s, 1) if is_video else UNSET,
        jitter=round(row.jitter_ms, 2),
        media_algorithm=row.codec,
        media_direction=row.direction,
        media_format=_size(row.width, row.height) if is_video else UNSET,
        media_type=row.media,
        packet_loss=row.lost,
        percent_packet_loss=round(row.lost_percent, 2),
        total_packets=row.packets,
    )


def _size(width: int, height: int) -> str:
    """A size as devices word it: `720p` for what has their shape, else width and height; empty for no picture yet."""
    if not width:
        return ""
    return f"{height}p" if abs(width * 9 - height * 16) <= 9 * 16 else f"{width}x{height}"
