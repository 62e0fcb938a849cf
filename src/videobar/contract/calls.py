"""What the actions on calls take and answer."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import field

from videobar.contract.model import LONGEST_ID, CauseCode, EpochMs, Line, Link, Rate, Shape, Text, said
from videobar.contract.operation import InPath
from videobar.vocabulary import (
    CallAction,
    CallMedia,
    CallProtocol,
    ConnectionAction,
    ConnectionState,
    DialType,
    EndpointType,
    HoldState,
)

MOST_ENDPOINTS = 100
"""That one request can dial; the room has lines for fewer."""

ConferenceId = Annotated[
    str,
    InPath("confID"),
    said(
        "Id of a conference: `0` for the one that is on, also `active`; `PENDING` for unanswered calls.",
        max_length=LONGEST_ID,
    ),
]
ConnectionId = Annotated[str, InPath("connID"), said("Id of a connection.", max_length=LONGEST_ID)]
TerminalId = Annotated[str, InPath("termID"), said("Id of a terminal.", max_length=LONGEST_ID)]
Password = Annotated[
    Line | None,
    said(
        "Password of the conference: digits, `*` and `#`. Decided here: sent as DTMF two seconds after the connection, "
        "with a `#` at its end."
    ),
]


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
    cause_code: Annotated[
        CauseCode, said("Why it ended, as ITU-T Q.850 numbers causes; 0 while it lives.")
    ] = 0
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
        str, said("`sip:user@host`, `user@host` or `host`, each with an optional `:port`.", max_length=2048)
    ] = ""
    rate: Rate = 0
    dial_type: Annotated[DialType, said("How to dial.")] = DialType.AUTO
    password: Password = None


class BlastRequest(Shape, kw_only=True):
    """Whom to dial at once.

    Decided here: an item is what one dials alone, or just an address.
    """

    end_point_list: Annotated[
        list[DialRequest | Text],
        said("The endpoints.", max_length=MOST_ENDPOINTS),
    ]
    password: Password = None


class RoomCapabilities(Shape, kw_only=True):
    """What calls the room can make now (recorded from an X30)."""

    can_blast_dial: Annotated[bool, said("Dial several at once.")]
    can_make_audio_call: Annotated[bool, said("Dial one more with audio.")]
    can_make_video_call: Annotated[bool, said("Dial one more with video.")]


class ActiveRequest(Shape, kw_only=True):
    """What to do with the conference that is on."""

    action: Annotated[Literal["hangup"], said("Only hangup.")]


class CallActionRequest(Shape, kw_only=True):
    """What to do with a connection, wherever it is."""

    id: Annotated[str, said("Id of the connection.", max_length=LONGEST_ID)]
    call_action_type: Annotated[CallAction, said("Answer, ignore or hang up.")]


class ConnectionRequest(Shape, kw_only=True):
    """What to do with a connection."""

    action: Annotated[ConnectionAction, said("Hang up, answer or reject.")]


class ReceivedDigit(Shape, kw_only=True):
    """A DTMF digit that came in."""

    connection_id: Annotated[str, said("Who sent it.")]
    digit: Annotated[str, said("One of `0123456789*#ABCD`.")]
    time: Annotated[EpochMs, said("When.")]
