"""Requests and answers of the actions on calls."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import field

from videobar.contract.model import LONGEST_ID, CauseCode, EpochMs, Line, Link, Rate, Text, WireModel, doc
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
    doc(
        "Id of a conference: `0` for the one that is on, also `active`; `PENDING` for unanswered calls.",
        max_length=LONGEST_ID,
    ),
]
ConnectionId = Annotated[str, InPath("connID"), doc("Id of a connection.", max_length=LONGEST_ID)]
TerminalId = Annotated[str, InPath("termID"), doc("Id of a terminal.", max_length=LONGEST_ID)]
Password = Annotated[
    Line | None,
    doc(
        "Password of the conference: digits, `*` and `#`. Decided here: sent as DTMF two seconds after the connection, "
        "with a `#` at its end."
    ),
]


class ConferenceCapabilities(WireModel, kw_only=True):
    """Capabilities of a conference (recorded from a Group 500)."""

    can_acquire_chair: Annotated[bool, doc("Take the chair.")] = False
    can_acquire_floor: Annotated[bool, doc("Take the floor.")] = False
    can_add_terminal: Annotated[bool, doc("Add somebody.")] = False
    can_add_video: Annotated[bool, doc("Add video to an audio call.")] = False
    can_blast_dial: Annotated[bool, doc("Dial several at once.")] = False
    can_escalate_call: Annotated[bool, doc("Move the call to a server.")] = False
    can_get_roster: Annotated[bool, doc("Ask who is there.")] = False
    can_hangup_conference: Annotated[bool, doc("End it.")] = False
    can_hold_conference: Annotated[bool, doc("Put it on hold.")] = False
    can_leave_conference: Annotated[bool, doc("Leave it to the others.")] = False
    can_mute_conference: Annotated[bool, doc("Mute everybody.")] = False
    can_mute_terminal: Annotated[bool, doc("Mute one.")] = False
    can_present: Annotated[bool, doc("Share content.")] = False
    can_remove_terminal: Annotated[bool, doc("Remove somebody.")] = False
    can_set_floor: Annotated[bool, doc("Give the floor.")] = False
    can_show_close_wide: Annotated[bool, doc("Switch between close and wide.")] = False


class Connection(WireModel, kw_only=True):
    """One far end of a conference (recorded from an X30)."""

    address: Annotated[str, doc("As it was dialled, unchanged; of a caller, `user@host`.")]
    answerable: Annotated[bool, doc("Whether it waits for an answer.")]
    auth_state: Annotated[str, doc("`NONE`.")] = "NONE"
    call_info: Annotated[CallProtocol, doc("Same as `callType`.")]
    call_type: Annotated[CallProtocol, doc("Signalling protocol.")]
    can_add_video: Annotated[bool, doc("Whether video could be added.")] = False
    cause_code: Annotated[CauseCode, doc("Cause of the end (ITU-T Q.850); 0 while it lasts.")] = 0
    duration: Annotated[int, doc("Whole seconds since `startTime`.")]
    encrypted: Annotated[bool, doc("Whether its media are encrypted.")]
    groupname: Annotated[str, doc("Empty.")] = ""
    grouptype: Annotated[str, doc("`NONE`.")] = "NONE"
    id: Annotated[str, doc("Its id; ids grow from call to call.")]
    incoming: Annotated[bool, doc("Whether the far end called.")]
    media_count: Annotated[int, doc("0.")] = 0
    media_type: Annotated[CallMedia, doc("Audio alone, or audio and video.")]
    parent_conf_id: Annotated[str, doc("The conference that it belongs to.")]
    percent_connected: Annotated[int, doc("Progress of the set-up: 25 while ringing, 100 connected.")]
    rate: Annotated[int, doc("Call rate in kbit/s.")]
    referred_by: Annotated[str, doc("Empty.")] = ""
    start_time: Annotated[
        EpochMs, doc("Time at which it was dialled or began to ring; once connected, time of the connection.")
    ]
    state: Annotated[ConnectionState, doc("Its state.")]
    terminals: Annotated[list[Link], doc("Links to its terminals; none before it is connected.")]
    type: Annotated[EndpointType, doc("An endpoint or a conference server.")]
    video_escalation_state: Annotated[str, doc("`NONE`.")] = "NONE"


class Terminal(WireModel, kw_only=True):
    """A far end's system (recorded from a Group 500)."""

    address: Annotated[str, doc("Address of the far end.")]
    caller_id: Annotated[str, doc("Name that the far end gives itself.")] = field(name="callerID")
    term_type: Annotated[str, doc("`REAL`.")] = "REAL"
    system_id: Annotated[str, doc("Product and version of the far end.")] = field(name="systemID")
    hold_state: Annotated[HoldState, doc("Whether the far end holds the call.")]
    id: Annotated[str, doc("Its id, unique within the conference.")]
    streams_state: Annotated[str, doc("`AVC`.")] = "AVC"
    media_server_type: Annotated[str | None, doc("Null.")] = None
    parent_connection_id: Annotated[str, doc("Its connection.")]
    parent_conf_id: Annotated[str, doc("Its conference.")]
    name: Annotated[str, doc("Name of the far end.")]
    muted: Annotated[bool, doc("Whether the far end has muted itself, as far as it says.")] = False
    mute_locked: Annotated[bool, doc("Whether the far end is muted by a conference server.")] = False
    full_description: Annotated[bool, doc("False.")] = False
    can_support_media_status: Annotated[bool, doc("Whether there are statistics.")] = True
    organizer: Annotated[bool, doc("Whether it organizes the meeting.")] = False


class Conference(WireModel, kw_only=True):
    """A conference, or the pseudo-conference `PENDING` of unanswered calls (recorded from an X30)."""

    capabilities: Annotated[
        ConferenceCapabilities | None, doc("Actions that are possible; null for `PENDING`.")
    ]
    connections: Annotated[list[Connection], doc("Its far ends.")]
    duration: Annotated[int, doc("Whole seconds since `startTime`, else 0.")]
    hold_start_time: Annotated[EpochMs | None, doc("Time at which hold began, or null.")] = None
    hold_state: Annotated[HoldState, doc("Whether it is on hold.")] = HoldState.NOT_HELD
    id: Annotated[str, doc("`0`, or `PENDING`.")]
    is_active: Annotated[bool, doc("Whether somebody is connected. Decided here: not while it only rings.")]
    is_holding: Annotated[bool, doc("Whether this room holds it.")] = False
    is_mute: Annotated[bool, doc("Whether this room's microphones are muted in it.")]
    is_svc_conference: Annotated[bool, doc("False.")] = False
    is_waiting_in_lobby: Annotated[bool, doc("False.")] = False
    media_server_control_event: Annotated[str | None, doc("Null.")] = None
    media_server_type: Annotated[str | None, doc("Null.")] = None
    start_time: Annotated[EpochMs | None, doc("Time at which the first far end was connected; null before.")]
    terminals: Annotated[list[Terminal], doc("The systems of those connected.")]


class DialRequest(WireModel, kw_only=True):
    """Dial request: the address, and how to dial it."""

    address: Annotated[
        str, doc("`sip:user@host`, `user@host` or `host`, each with an optional `:port`.", max_length=2048)
    ] = ""
    rate: Rate = 0
    dial_type: Annotated[DialType, doc("Manner of dialling.")] = DialType.AUTO
    password: Password = None


class BlastRequest(WireModel, kw_only=True):
    """Dial request for several addresses at once.

    Decided here: an item is what one dials alone, or just an address.
    """

    end_point_list: Annotated[
        list[DialRequest | Text],
        doc("The endpoints.", max_length=MOST_ENDPOINTS),
    ]
    password: Password = None


class RoomCapabilities(WireModel, kw_only=True):
    """Capabilities of calls that the room can make now (recorded from an X30)."""

    can_blast_dial: Annotated[bool, doc("Dial several at once.")]
    can_make_audio_call: Annotated[bool, doc("Dial one more with audio.")]
    can_make_video_call: Annotated[bool, doc("Dial one more with video.")]


class ActiveRequest(WireModel, kw_only=True):
    """Action on the conference that is on."""

    action: Annotated[Literal["hangup"], doc("Only hangup.")]


class CallActionRequest(WireModel, kw_only=True):
    """Action on a connection, wherever it is."""

    id: Annotated[str, doc("Id of the connection.", max_length=LONGEST_ID)]
    call_action_type: Annotated[CallAction, doc("Answer, ignore or hang up.")]


class ConnectionRequest(WireModel, kw_only=True):
    """Action on a connection."""

    action: Annotated[ConnectionAction, doc("Hang up, answer or reject.")]


class ReceivedDigit(WireModel, kw_only=True):
    """A DTMF digit that came in."""

    connection_id: Annotated[str, doc("Id of the connection that sent it.")]
    digit: Annotated[str, doc("One of `0123456789*#ABCD`.")]
    time: Annotated[EpochMs, doc("Time of the digit.")]
