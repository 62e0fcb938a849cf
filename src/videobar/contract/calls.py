"""The shapes of calls: conferences, their connections and terminals, and media statistics."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from videobar.contract.model import Kbps, Link, Shape, known
from videobar.vocabulary import (
    CallAction,
    CallMedia,
    CallProtocol,
    ConnectionAction,
    ConnectionState,
    DialType,
    EndpointType,
    HoldState,
    MediaDirection,
    MediaType,
)

ConferenceKey = Annotated[str, Meta(description="Id of a conference; `PENDING` while a call is unanswered.")]
ConnectionKey = Annotated[str, Meta(description="Id of a connection, unique across calls.")]
Seconds = Annotated[int, Meta(description="Whole seconds that it has lasted.")]
Password = Annotated[str | None, Meta(description="Password or PIN of the far conference.")]


class DialRequest(Shape, frozen=True, kw_only=True):
    """One address to dial."""

    address: Annotated[str, Meta(description="What to dial: a SIP URI, `user@host`, a host, a number.")] = ""
    rate: Kbps = 0
    dial_type: Annotated[DialType, Meta(description="How to dial it.")] = DialType.AUTO
    password: Password = None


class BlastTarget(Shape, frozen=True, kw_only=True):
    """One of several addresses to dial at once."""

    address: Annotated[str, Meta(description="What to dial.")]
    rate: Kbps = 0
    dial_type: Annotated[DialType, Meta(description="How to dial it.")] = DialType.AUTO


class BlastRequest(Shape, frozen=True, kw_only=True):
    """Several addresses to dial at once."""

    end_point_list: Annotated[
        list[BlastTarget | str],
        Meta(max_length=100, description="Whom to dial; a bare string is an address to dial as AUTO."),
    ]
    password: Password = None


class CallActionRequest(Shape, frozen=True, kw_only=True):
    """What to do with one connection, wherever it is."""

    id: ConnectionKey
    call_action_type: Annotated[CallAction, Meta(description="What to do with it.")]


class ConnectionRequest(Shape, frozen=True, kw_only=True):
    """What to do with the connection that the path names."""

    action: Annotated[ConnectionAction, Meta(description="What to do with it.")]


class ActiveRequest(Shape, frozen=True, kw_only=True):
    """What to do with the conference that is on; there is only one thing."""

    action: Annotated[Literal["hangup"], Meta(description="What to do with it.")]


class CallCapabilities(Shape, frozen=True, kw_only=True):
    """What kinds of calls can be placed now."""

    can_blast_dial: Annotated[bool, Meta(description="Whether several addresses can be dialled at once.")]
    can_make_audio_call: Annotated[bool, Meta(description="Whether one more audio call can be placed.")]
    can_make_video_call: Annotated[bool, Meta(description="Whether one more video call can be placed.")]


class ConferenceCapabilities(Shape, frozen=True, kw_only=True):
    """What can be done in one conference now."""

    can_acquire_chair: Annotated[bool, Meta(description="Whether the chair can be taken.")]
    can_acquire_floor: Annotated[bool, Meta(description="Whether the floor can be taken.")]
    can_add_terminal: Annotated[bool, Meta(description="Whether somebody can be added.")]
    can_add_video: Annotated[bool, Meta(description="Whether video can be added to an audio call.")]
    can_blast_dial: Annotated[bool, Meta(description="Whether several addresses can be dialled at once.")]
    can_escalate_call: Annotated[bool, Meta(description="Whether the call can be moved to a bridge.")]
    can_get_roster: Annotated[bool, Meta(description="Whether the bridge tells who is in it.")]
    can_hangup_conference: Annotated[bool, Meta(description="Whether it can be ended for everybody here.")]
    can_hold_conference: Annotated[bool, Meta(description="Whether it can be put on hold.")]
    can_leave_conference: Annotated[bool, Meta(description="Whether the room can leave it.")]
    can_mute_conference: Annotated[bool, Meta(description="Whether everybody can be muted.")]
    can_mute_terminal: Annotated[bool, Meta(description="Whether somebody can be muted.")]
    can_present: Annotated[bool, Meta(description="Whether content can be sent.")]
    can_remove_terminal: Annotated[bool, Meta(description="Whether somebody can be removed.")]
    can_set_floor: Annotated[bool, Meta(description="Whether the floor can be given to somebody.")]
    can_show_close_wide: Annotated[bool, Meta(description="Whether views can be switched close and wide.")]


class Terminal(Shape, frozen=True, kw_only=True):
    """Somebody in a conference."""

    address: Annotated[str, Meta(description="Address of the far end.")]
    caller_id: Annotated[str, Meta(description="What the far end calls itself.")] = field(name="callerID")
    term_type: Annotated[str, Meta(description="`REAL` for a far end of its own (observed).")]
    system_id: Annotated[str, Meta(description="Product and version of the far end; empty when unknown.")] = (
        field(name="systemID")
    )
    hold_state: Annotated[str, known(HoldState, "Whether it is on hold.")]
    id: Annotated[str, Meta(description="Id of the terminal within its conference.")]
    streams_state: Annotated[str, Meta(description="`AVC` for ordinary streams (observed).")]
    media_server_type: Annotated[str | None, Meta(description="Kind of media server, or null.")]
    parent_connection_id: ConnectionKey
    parent_conf_id: ConferenceKey
    name: Annotated[str, Meta(description="Name for people.")]
    muted: Annotated[bool, Meta(description="Whether its microphones are muted.")]
    mute_locked: Annotated[bool, Meta(description="Whether its mute state is locked.")]
    full_description: Annotated[bool, Meta(description="Whether more is known of it than its connection.")]
    can_support_media_status: Annotated[bool, Meta(description="Whether it has media statistics.")]
    organizer: Annotated[bool, Meta(description="Whether it is the organizer.")]


class Connection(Shape, frozen=True, kw_only=True):
    """One line to one far end, from the dialling on."""

    address: Annotated[str, Meta(description="What was dialled, as it was dialled, or who calls.")]
    answerable: Annotated[bool, Meta(description="Whether it is a call that waits for an answer.")]
    auth_state: Annotated[str, Meta(description="`NONE`, unless the far end asks for a password (observed).")]
    call_info: Annotated[str, known(CallProtocol, "Protocol, as shown to people.")]
    call_type: Annotated[str, known(CallProtocol, "Protocol of the call.")]
    can_add_video: Annotated[bool, Meta(description="Whether video can be added to it.")]
    cause_code: Annotated[
        int, Meta(description="Why it ended, as a Q.850 cause; 0 while it lasts.", ge=0, le=127)
    ]
    duration: Seconds
    encrypted: Annotated[bool, Meta(description="Whether its media are encrypted.")]
    groupname: Annotated[str, Meta(description="Name of its group; empty when it has none.")]
    grouptype: Annotated[str, Meta(description="Kind of its group; `NONE` when it has none (observed).")]
    id: ConnectionKey
    incoming: Annotated[bool, Meta(description="Whether the far end called.")]
    media_count: Annotated[int, Meta(description="A count of media; 0 in all that was observed.")]
    media_type: Annotated[str, known(CallMedia, "Which media it has.")]
    parent_conf_id: ConferenceKey
    percent_connected: Annotated[int, Meta(description="How far it is: 25 ringing, 100 connected.")]
    rate: Annotated[int, Meta(description="Call rate in kbit/s.")]
    referred_by: Annotated[str, Meta(description="Who transferred the call here; empty when nobody did.")]
    start_time: Annotated[
        int | None,
        Meta(description="When it began to ring or was connected, in milliseconds since 1970 UTC."),
    ]
    state: Annotated[str, known(ConnectionState, "State of the connection.")]
    terminals: Annotated[list[Link], Meta(description="Links to its terminals; empty until it is connected.")]
    type: Annotated[str, known(EndpointType, "What the far end is.")]
    video_escalation_state: Annotated[
        str, Meta(description="`NONE`, unless video is being added (observed).")
    ]


class Conference(Shape, frozen=True, kw_only=True):
    """A conference: everybody whom the room is in a call with, or all unanswered calls (`PENDING`)."""

    capabilities: Annotated[
        ConferenceCapabilities | None, Meta(description="What can be done in it, or null while it rings.")
    ]
    connections: Annotated[list[Connection], Meta(description="Its connections.")]
    duration: Seconds
    hold_start_time: Annotated[
        int | None,
        Meta(description="Since when it is on hold, in milliseconds since 1970 UTC; 0 or null if not."),
    ]
    hold_state: Annotated[str, known(HoldState, "Whether it is on hold.")]
    id: ConferenceKey
    is_active: Annotated[bool, Meta(description="Whether somebody is connected.")]
    is_holding: Annotated[bool, Meta(description="Whether this room put it on hold.")]
    is_mute: Annotated[bool, Meta(description="Whether everybody in it is muted.")]
    is_svc_conference: Annotated[bool, Meta(description="Whether it uses scalable video.")]
    is_waiting_in_lobby: Annotated[bool, Meta(description="Whether the room waits to be let in.")]
    media_server_control_event: Annotated[str | None, Meta(description="Last event of a bridge, or null.")]
    media_server_type: Annotated[str | None, Meta(description="Kind of bridge, or null.")]
    start_time: Annotated[
        int | None, Meta(description="When it began, in milliseconds since 1970 UTC; null while it rings.")
    ]
    terminals: Annotated[list[Terminal], Meta(description="Who is in it.")]


class StreamStatistics(Shape, frozen=True, kw_only=True):
    """One media stream in one direction. Picture size and rate are left out for audio."""

    actual_bit_rate: Annotated[int, Meta(description="Bit rate in kbit/s.")]
    actual_frame_rate: Annotated[float | UnsetType, Meta(description="Pictures per second; video only.")] = (
        UNSET
    )
    jitter: Annotated[float, Meta(description="Jitter in milliseconds.")]
    media_algorithm: Annotated[str, Meta(description="Name of the codec.")]
    media_direction: Annotated[str, known(MediaDirection, "Direction, as seen from the room.")]
    media_format: Annotated[
        str | UnsetType, Meta(description="Size of the picture, as text; video only.")
    ] = UNSET
    media_type: Annotated[str, known(MediaType, "Kind of stream.")]
    packet_loss: Annotated[int, Meta(description="Packets lost since the stream began.")]
    percent_packet_loss: Annotated[float, Meta(description="Packets lost, in percent.")]
    total_packets: Annotated[int, Meta(description="Packets since the stream began.")]


class TerminalStatistics(Shape, frozen=True, kw_only=True):
    """The media streams of one terminal."""

    term_id: Annotated[str, Meta(description="Id of the terminal within its conference.")]
    media_stats: Annotated[list[StreamStatistics], Meta(description="Its streams.")]
