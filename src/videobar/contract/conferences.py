"""`/rest/conferences`: calls."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

from msgspec import UNSET, UnsetType, field

from videobar.contract.model import EpochMs, Link, Rate, Shape, said
from videobar.contract.operation import Certainty, Danger, InPath, InQuery, delete, get, post
from videobar.errors import (
    AddressInvalid,
    DialTypeNotSupported,
    LineBusy,
    NoSuchConference,
    NoSuchConnection,
    NoSuchTerminal,
    NotAnswerable,
    NotInCall,
)
from videobar.vocabulary import (
    CallAction,
    CallMedia,
    CallProtocol,
    ConnectionAction,
    ConnectionFilter,
    ConnectionState,
    DialType,
    EndpointType,
    HoldState,
    MediaDirection,
    MediaType,
)

ConferenceId = Annotated[
    str,
    InPath("confID"),
    said("Id of a conference: `0` for the one that is on, also `active`; `PENDING` for unanswered calls."),
]
ConnectionId = Annotated[str, InPath("connID"), said("Id of a connection.")]
TerminalId = Annotated[str, InPath("termID"), said("Id of a terminal.")]
Password = Annotated[
    str | None,
    said(
        "Password of the conference: digits, `*` and `#`. Decided here: sent as DTMF two seconds after the connection, "
        "with a `#` at its end."
    ),
]
DIAL_ERRORS = (AddressInvalid, DialTypeNotSupported, LineBusy)


class ConferenceCapabilities(Shape, kw_only=True):
    """What can be done with a conference (recorded from a Group 500)."""

    can_acquire_chair: Annotated[bool, said("Take the chair.")] = False
    can_acquire_floor: Annotated[bool, said("Take the floor.")] = False
    can_add_terminal: Annotated[bool, said("Add somebody.")] = False
    can_add_video: Annotated[bool, said("Add video to an audio call.")] = False
    can_blast_dial: Annotated[bool, said("Dial several at once.")] = False
    can_escalate_call: Annotated[bool, said("Move the call to a server.")] = False
    can_get_roster: Annotated[bool, said("Ask who is there.")] = False
    can_hangup_conference: Annotated[bool, said("End it.")] = False
    can_hold_conference: Annotated[bool, said("Put it on hold.")] = False
    can_leave_conference: Annotated[bool, said("Leave it to the others.")] = False
    can_mute_conference: Annotated[bool, said("Mute everybody.")] = False
    can_mute_terminal: Annotated[bool, said("Mute one.")] = False
    can_present: Annotated[bool, said("Share content.")] = False
    can_remove_terminal: Annotated[bool, said("Remove somebody.")] = False
    can_set_floor: Annotated[bool, said("Give the floor.")] = False
    can_show_close_wide: Annotated[bool, said("Switch between close and wide.")] = False


class Connection(Shape, kw_only=True):
    """One far end of a conference (recorded from an X30)."""

    address: Annotated[str, said("As it was dialled, unchanged; of a caller, `user@host`.")]
    answerable: Annotated[bool, said("Whether it waits for an answer.")]
    auth_state: Annotated[str, said("`NONE`.")] = "NONE"
    call_info: Annotated[CallProtocol, said("Same as `callType`.")]
    call_type: Annotated[CallProtocol, said("Signalling protocol.")]
    can_add_video: Annotated[bool, said("Whether video could be added.")] = False
    cause_code: Annotated[int, said("Why it ended, as ITU-T Q.850 numbers causes; 0 while it lives.")] = 0
    duration: Annotated[int, said("Whole seconds since `startTime`.")]
    encrypted: Annotated[bool, said("Whether its media are encrypted.")]
    groupname: Annotated[str, said("Empty.")] = ""
    grouptype: Annotated[str, said("`NONE`.")] = "NONE"
    id: Annotated[str, said("Its id; ids grow from call to call.")]
    incoming: Annotated[bool, said("Whether the far end called.")]
    media_count: Annotated[int, said("0.")] = 0
    media_type: Annotated[CallMedia, said("Audio alone, or audio and video.")]
    parent_conf_id: Annotated[str, said("The conference that it belongs to.")]
    percent_connected: Annotated[int, said("Progress of the set-up: 25 while ringing, 100 connected.")]
    rate: Annotated[int, said("Call rate in kbit/s.")]
    referred_by: Annotated[str, said("Empty.")] = ""
    start_time: Annotated[
        EpochMs, said("When it was dialled or began to ring; once connected, when that was.")
    ]
    state: Annotated[ConnectionState, said("Its state.")]
    terminals: Annotated[list[Link], said("Links to its terminals; none before it is connected.")]
    type: Annotated[EndpointType, said("An endpoint or a conference server.")]
    video_escalation_state: Annotated[str, said("`NONE`.")] = "NONE"


class Terminal(Shape, kw_only=True):
    """A far end's system (recorded from a Group 500)."""

    address: Annotated[str, said("Address of the far end.")]
    caller_id: Annotated[str, said("What the far end calls itself.")] = field(name="callerID")
    term_type: Annotated[str, said("`REAL`.")] = "REAL"
    system_id: Annotated[str, said("Product and version of the far end.")] = field(name="systemID")
    hold_state: Annotated[HoldState, said("Whether the far end holds the call.")]
    id: Annotated[str, said("Its id, unique within the conference.")]
    streams_state: Annotated[str, said("`AVC`.")] = "AVC"
    media_server_type: Annotated[str | None, said("Null.")] = None
    parent_connection_id: Annotated[str, said("Its connection.")]
    parent_conf_id: Annotated[str, said("Its conference.")]
    name: Annotated[str, said("Name of the far end.")]
    muted: Annotated[bool, said("Whether the far end has muted itself, as far as it says.")] = False
    mute_locked: Annotated[bool, said("Whether the far end is muted by a conference server.")] = False
    full_description: Annotated[bool, said("False.")] = False
    can_support_media_status: Annotated[bool, said("Whether there are statistics.")] = True
    organizer: Annotated[bool, said("Whether it organizes the meeting.")] = False


class Conference(Shape, kw_only=True):
    """A conference, or the pseudo-conference `PENDING` of unanswered calls (recorded from an X30)."""

    capabilities: Annotated[ConferenceCapabilities | None, said("What can be done; null for `PENDING`.")]
    connections: Annotated[list[Connection], said("Its far ends.")]
    duration: Annotated[int, said("Whole seconds since `startTime`, else 0.")]
    hold_start_time: Annotated[EpochMs | None, said("When hold began, or null.")] = None
    hold_state: Annotated[HoldState, said("Whether it is on hold.")] = HoldState.NOT_HELD
    id: Annotated[str, said("`0`, or `PENDING`.")]
    is_active: Annotated[bool, said("Whether somebody is connected. Decided here: not while it only rings.")]
    is_holding: Annotated[bool, said("Whether this room holds it.")] = False
    is_mute: Annotated[bool, said("Whether this room's microphones are muted in it.")]
    is_svc_conference: Annotated[bool, said("False.")] = False
    is_waiting_in_lobby: Annotated[bool, said("False.")] = False
    media_server_control_event: Annotated[str | None, said("Null.")] = None
    media_server_type: Annotated[str | None, said("Null.")] = None
    start_time: Annotated[EpochMs | None, said("When the first far end was connected; null before.")]
    terminals: Annotated[list[Terminal], said("The systems of those connected.")]


class DialRequest(Shape, kw_only=True):
    """Whom to dial, and how."""

    address: Annotated[
        str, said("`sip:user@host`, `user@host` or `host`, each with an optional `:port`.")
    ] = ""
    rate: Rate = 0
    dial_type: Annotated[DialType, said("How to dial.")] = DialType.AUTO
    password: Password = None


class BlastRequest(Shape, kw_only=True):
    """Whom to dial at once.

    Decided here: an item is what one dials alone, or just an address.
    """

    end_point_list: Annotated[list[DialRequest | str], said("The endpoints.")]
    password: Password = None


class RoomCapabilities(Shape, kw_only=True):
    """What calls the room can make now (recorded from an X30)."""

    can_blast_dial: Annotated[bool, said("Dial several at once.")]
    can_make_audio_call: Annotated[bool, said("Dial one more with audio.")]
    can_make_video_call: Annotated[bool, said("Dial one more with video.")]


class MediaStatistics(Shape, kw_only=True):
    """Counters of one media stream in one direction. Lost packets of TX are what the far end reports.

    Keys that clients of real devices read; rows for audio leave out frame rate and size.
    """

    actual_bit_rate: Annotated[int, said("kbit/s over the last two seconds.")]
    actual_frame_rate: Annotated[float | UnsetType, said("Pictures per second; video only.")] = UNSET
    jitter: Annotated[float, said("Interarrival jitter in ms (RFC 3550).")]
    media_algorithm: Annotated[str, said("Codec.")]
    media_direction: Annotated[MediaDirection, said("Sent or received.")]
    media_format: Annotated[str | UnsetType, said("Size of the picture; video only.")] = UNSET
    media_type: Annotated[MediaType, said("Kind of stream.")]
    packet_loss: Annotated[int, said("Packets lost since the stream began.")]
    percent_packet_loss: Annotated[float, said("Lost of all, in per cent.")]
    total_packets: Annotated[int, said("Packets since the stream began.")]


class StreamReport(Shape, kw_only=True):
    """All that is known of one media stream in one direction. Lost packets and jitter of TX are as the far end says."""

    connection_id: Annotated[str, said("Its connection.")]
    media_type: Annotated[MediaType, said("Kind of stream.")]
    media_direction: Annotated[MediaDirection, said("Sent or received.")]
    codec: Annotated[str, said("Codec.")]
    bit_rate: Annotated[float, said("kbit/s over the last two seconds.")]
    packets: Annotated[int, said("Packets since the stream began.")]
    packets_lost: Annotated[int, said("Packets lost since the stream began.")]
    percent_lost: Annotated[float, said("Lost of all, in per cent.")]
    jitter: Annotated[float, said("Interarrival jitter in ms (RFC 3550).")]
    round_trip: Annotated[float | None, said("Round trip in ms; null until the far end's reports tell.")]
    frame_rate: Annotated[float, said("Pictures per second; 0 of sound.")]
    width: Annotated[int, said("Of the pictures; 0 of sound.")]
    height: Annotated[int, said("Of the pictures; 0 of sound.")]
    crypto_suite: Annotated[str, said("What its packets are encrypted with; empty where nothing is.")]
    datagrams_unused: Annotated[
        int,
        said("RX: datagrams that came and were not used, since they made no sense or were not authentic."),
    ]


class TerminalMediaStatistics(Shape, kw_only=True):
    """The streams of one terminal. Decided here: this shape."""

    term_id: Annotated[str, said("Id of the terminal.")]
    media_stats: Annotated[list[MediaStatistics], said("Its streams.")]


class ActiveRequest(Shape, kw_only=True):
    """What to do with the conference that is on."""

    action: Annotated[Literal["hangup"], said("Only hangup.")]


class CallActionRequest(Shape, kw_only=True):
    """What to do with a connection, wherever it is."""

    id: Annotated[str, said("Id of the connection.")]
    call_action_type: Annotated[CallAction, said("Answer, ignore or hang up.")]


class ConnectionRequest(Shape, kw_only=True):
    """What to do with a connection."""

    action: Annotated[ConnectionAction, said("Hang up, answer or reject.")]


class Conferences(Protocol):
    """Actions on calls."""

    @get("conferences_get", "/conferences", certainty=Certainty.RECORDED)
    async def all(self) -> list[Conference]:
        """The conference that is on, and `PENDING` while calls wait; an empty list when the room is idle."""
        ...

    @post("conferences_dial", "/conferences", certainty=Certainty.CLIENT, errors=DIAL_ERRORS)
    async def dial(self, request: DialRequest) -> list[Link]:
        """Dial one far end; in a call, this adds it to the conference.

        The answer links to the new connection, at once, while the far end still rings. Decided here: status 200.
        """
        ...

    @post("conferences_blast", "/conferences/blast", certainty=Certainty.INFERRED, errors=DIAL_ERRORS)
    async def blast(self, request: BlastRequest) -> list[Link]:
        """Dial several far ends at once, or none when one address is invalid.

        Decided here: the answer is that of dialling, with a link for each.
        """
        ...

    @get("conferences_capabilities_get", "/conferences/capabilities", certainty=Certainty.RECORDED)
    async def capabilities(self) -> RoomCapabilities:
        """What calls the room can make now."""
        ...

    @get("conferences_active_get", "/conferences/active", documented=False, certainty=Certainty.CLIENT)
    async def active(self) -> Conference:
        """The conference that is on, without connections when the room is idle."""
        ...

    @post(
        "conferences_active_action",
        "/conferences/active",
        documented=False,
        certainty=Certainty.CLIENT,
        danger=Danger.ENDS_CALLS,
        errors=(NoSuchConference,),
    )
    async def act_on_active(self, request: ActiveRequest) -> None:
        """Hang up the conference that is on."""
        ...

    @post(
        "conferences_callaction",
        "/conferences/callaction",
        documented=False,
        certainty=Certainty.CLIENT,
        danger=Danger.ENDS_CALLS,
        errors=(NoSuchConnection, NotAnswerable),
    )
    async def call_action(self, request: CallActionRequest) -> None:
        """Answer or ignore an incoming call, or hang up any connection."""
        ...

    @get(
        "conferences_get_one", "/conferences/{confID}", certainty=Certainty.CLIENT, errors=(NoSuchConference,)
    )
    async def one(self, conference_id: ConferenceId) -> Conference:
        """One conference."""
        ...

    @delete(
        "conferences_hangup",
        "/conferences/{confID}",
        certainty=Certainty.CLIENT,
        danger=Danger.ENDS_CALLS,
        errors=(NoSuchConference,),
    )
    async def hang_up(self, conference_id: ConferenceId) -> None:
        """End a conference; for `PENDING`, refuse all calls that wait. Decided here: the answer is empty."""
        ...

    @get("conferences_connections_get", "/conferences/{confID}/connections", errors=(NoSuchConference,))
    async def connections(
        self,
        conference_id: ConferenceId,
        which: Annotated[ConnectionFilter, InQuery("filter"), said("Which of them.")] = ConnectionFilter.ALL,
    ) -> list[Connection]:
        """The connections of a conference.

        Decided here: ACTIVE are those connected, PENDING those that are not yet.
        """
        ...

    @post(
        "conferences_connections_add",
        "/conferences/{confID}/connections",
        errors=(NoSuchConference, *DIAL_ERRORS),
    )
    async def add_connection(self, conference_id: ConferenceId, request: DialRequest) -> list[Link]:
        """Add a far end to a conference. Decided here: request and answer are those of dialling."""
        ...

    @get(
        "conferences_connection_get",
        "/conferences/{confID}/connections/{connID}",
        certainty=Certainty.CLIENT,
        errors=(NoSuchConference, NoSuchConnection),
    )
    async def connection(self, conference_id: ConferenceId, connection_id: ConnectionId) -> Connection:
        """One connection; for a moment after its end too, with its cause."""
        ...

    @delete(
        "conferences_connection_hangup",
        "/conferences/{confID}/connections/{connID}",
        danger=Danger.ENDS_CALLS,
        errors=(NoSuchConference, NoSuchConnection),
    )
    async def hang_up_connection(self, conference_id: ConferenceId, connection_id: ConnectionId) -> None:
        """End one connection. Decided here: the answer is empty."""
        ...

    @post(
        "conferences_connection_action",
        "/conferences/{confID}/connections/{connID}",
        documented=False,
        certainty=Certainty.CLIENT,
        danger=Danger.ENDS_CALLS,
        errors=(NoSuchConference, NoSuchConnection, NotAnswerable),
    )
    async def act_on_connection(
        self, conference_id: ConferenceId, connection_id: ConnectionId, request: ConnectionRequest
    ) -> None:
        """Answer, reject or hang up one connection."""
        ...

    @post(
        "conferences_connection_addvideo",
        "/conferences/{confID}/connections/{connID}/video",
        own=True,
        documented=False,
        errors=(NoSuchConference, NoSuchConnection, NotInCall, LineBusy),
    )
    async def add_video(self, conference_id: ConferenceId, connection_id: ConnectionId) -> None:
        """Offer video to a far end that is connected without; where there is video already, nothing happens."""
        ...

    @get("conferences_terminals_get", "/conferences/{confID}/terminals", errors=(NoSuchConference,))
    async def terminals(self, conference_id: ConferenceId) -> list[Terminal]:
        """The systems of those connected."""
        ...

    @get(
        "conferences_terminal_get",
        "/conferences/{confID}/terminals/{termID}",
        certainty=Certainty.RECORDED,
        errors=(NoSuchConference, NoSuchTerminal),
    )
    async def terminal(self, conference_id: ConferenceId, terminal_id: TerminalId) -> Terminal:
        """One far end's system."""
        ...

    @delete(
        "conferences_terminal_hangup",
        "/conferences/{confID}/terminals/{termID}",
        danger=Danger.ENDS_CALLS,
        errors=(NoSuchConference, NoSuchTerminal),
    )
    async def hang_up_terminal(self, conference_id: ConferenceId, terminal_id: TerminalId) -> None:
        """End the connection of one terminal. Decided here: the answer is empty."""
        ...

    @get(
        "conferences_mediastats_get",
        "/conferences/{confID}/mediastats",
        certainty=Certainty.CLIENT,
        errors=(NoSuchConference,),
    )
    async def media_statistics(self, conference_id: ConferenceId) -> list[MediaStatistics]:
        """Statistics of all streams of a conference."""
        ...

    @get(
        "conferences_connection_mediastat_get",
        "/conferences/{confID}/connections/{connID}/mediastat",
        certainty=Certainty.CLIENT,
        errors=(NoSuchConference, NoSuchConnection),
    )
    async def connection_media_statistics(
        self, conference_id: ConferenceId, connection_id: ConnectionId
    ) -> list[MediaStatistics]:
        """Statistics of one connection's streams: audio sent, audio received."""
        ...

    @get(
        "conferences_terminal_mediastats_get",
        "/conferences/{confID}/mediastats/terminals/{termID}",
        errors=(NoSuchConference, NoSuchTerminal),
    )
    async def terminal_media_statistics(
        self, conference_id: ConferenceId, terminal_id: TerminalId
    ) -> list[MediaStatistics]:
        """Statistics of one terminal's streams. Decided here: the shape is that of a connection's."""
        ...

    @get(
        "conferences_term_mediastats_get",
        "/conferences/{confID}/termmediastats",
        certainty=Certainty.INFERRED,
        errors=(NoSuchConference,),
    )
    async def all_terminal_media_statistics(
        self, conference_id: ConferenceId
    ) -> list[TerminalMediaStatistics]:
        """Statistics of all streams, by terminal. Decided here: the shape."""
        ...

    @get(
        "conferences_streams_get",
        "/conferences/{confID}/streams",
        own=True,
        documented=False,
        errors=(NoSuchConference,),
    )
    async def streams(self, conference_id: ConferenceId) -> list[StreamReport]:
        """All that is known of the streams of a conference: round trip, loss that far ends report, encryption."""
        ...

    @post(
        "conferences_hold_set",
        "/conferences/{confID}/hold",
        own=True,
        documented=False,
        errors=(NoSuchConference, NotInCall),
    )
    async def set_hold(self, conference_id: ConferenceId, held: bool) -> None:
        """Put everybody in a conference on hold (`true`), or take them back (`false`).

        `holdState` follows when the far ends have agreed.
        """
        ...

    @post(
        "conferences_connection_hold_set",
        "/conferences/{confID}/connections/{connID}/hold",
        own=True,
        documented=False,
        errors=(NoSuchConference, NoSuchConnection, NotInCall),
    )
    async def set_connection_hold(
        self, conference_id: ConferenceId, connection_id: ConnectionId, held: bool
    ) -> None:
        """Put one far end on hold (`true`), or take it back (`false`)."""
        ...

    @get("conferences_donotdisturb_get", "/conferences/donotdisturb", own=True, documented=False)
    async def do_not_disturb(self) -> bool:
        """Whether nobody may ring, as a bare boolean."""
        ...

    @post("conferences_donotdisturb_set", "/conferences/donotdisturb", own=True, documented=False)
    async def set_do_not_disturb(self, wanted: bool) -> None:
        """Let nobody ring (`true`), or everybody again (`false`); survives a restart.

        Who calls is told that the room is busy, and is in the call log as missed. Calls that ring already go on.
        """
        ...

    @get("conferences_digits_get", "/conferences/digits", own=True, documented=False)
    async def digits(self) -> list[ReceivedDigit]:
        """The latest DTMF digits that far ends sent, oldest first; at most 200."""
        ...


class ReceivedDigit(Shape, kw_only=True):
    """A DTMF digit that came in."""

    connection_id: Annotated[str, said("Who sent it.")]
    digit: Annotated[str, said("One of `0123456789*#ABCD`.")]
    time: Annotated[EpochMs, said("When.")]
