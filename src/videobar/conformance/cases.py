"""One safe case for each action: with what it is asked, and what an operator must have allowed before.

A case that changes something writes back what it has read before. What cannot be done without a trace (dialling,
moving cameras, entries of the directory, restarts) is only done when it is allowed, and then with things of its own.
An action that is not listed here is asked if it is a GET, and not asked otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from videobar.conformance.examine import MADE_UP
from videobar.contract.audio import AcousticFenceRequest, AudioAction, AudioRequest, DtmfRequest
from videobar.contract.calendar import DiscoverRequest, DiscoveryDomain
from videobar.contract.calls import (
    ActiveRequest,
    BlastRequest,
    CallActionRequest,
    ConnectionRequest,
    DialRequest,
)
from videobar.contract.cameras import (
    CameraAction,
    CameraDirection,
    CameraPosition,
    CameraRequest,
    PositionRequest,
)
from videobar.contract.collaboration import CollaborationBeginning, CollaborationRequest
from videobar.contract.config import ConfigRequest
from videobar.contract.content import ContentStart
from videobar.contract.directory import (
    EntryContent,
    EntryRequest,
    FavoriteRequest,
    MembersRequest,
    QueryRequest,
    ReorderRequest,
)
from videobar.contract.model import Upload
from videobar.contract.operation import Operation
from videobar.contract.stage import FaultRequest, StagedAct, StagedCall
from videobar.contract.system import DestinationRequest, RebootRequest, ResetRequest, SetTimeRequest
from videobar.contract.video import VideoMute
from videobar.vocabulary import CallAction, ConnectionAction, FarAct, FaultKind, MembersAction

PIN = "0000"
HERE = "127.0.0.1"
OWN_ENTRY = "videobar conformance"


class Permission(StrEnum):
    """Kinds of actions that leave traces, which an operator can allow."""

    CALLS = "calls"
    """Dial the address that was given, again and again, and hang up."""
    CAMERAS = "cameras"
    """Move cameras, and overwrite the last preset."""
    DIRECTORY = "directory"
    """Make an entry in the local directory, change and delete it, and import what was exported."""
    SETTINGS = "settings"
    """Write settings that cannot be read before, set the clock to what it says, end content."""
    RESTART = "restart"
    """Restart the system, at the very end."""
    RESET = "reset"
    """Reset all settings, at the very end: the room must be set up anew."""


@dataclass
class Heard:
    """The answers of the room so far, by action id, and the options of the operator."""

    values: dict[str, Any] = field(default_factory=dict)
    address: str = ""
    conference: str = MADE_UP
    connection: str = MADE_UP
    terminal: str = MADE_UP
    own_entry: str = MADE_UP

    def value(self, action: str, default: Any = None) -> Any:
        """The room's answer to an action, or the default without one."""
        found = self.values.get(action)
        return default if found is None else found

    def first(self, action: str, attribute: str) -> str:
        """An attribute of the first thing in a list, or something made up."""
        found = self.value(action, [])
        found = getattr(found, "entries", found)
        return str(getattr(found[0], attribute, "") or MADE_UP) if found else MADE_UP

    def attribute(self, action: str, attribute: str) -> str:
        """An attribute of what an action answered, or something made up."""
        return str(getattr(self.value(action), attribute, "") or MADE_UP)


class CannotAsk(Exception):
    """There is nothing to ask this with; the text says what is lacking."""


Arguments = Callable[[Heard], Mapping[str, Any]]


@dataclass(frozen=True)
class Case:
    """With what an action is asked; raises `CannotAsk` where what was heard is not enough."""

    arguments: Arguments = lambda _: {}
    needs: Permission | None = None


def case_of(operation: Operation) -> Case | None:
    """The case of an action; nothing when it is not known how to ask it safely."""
    if operation.id in CASES:
        return CASES[operation.id]
    needs_nothing = operation.body is None and not operation.path_parameters
    return Case() if operation.method == "GET" and needs_nothing else None


def _read_before(action: str, name: str) -> Arguments:
    """Write back what was read."""

    def arguments(heard: Heard) -> Mapping[str, Any]:
        value = heard.value(action)
        if value is None:
            raise CannotAsk(f"{action} did not say what to write back")
        return {name: getattr(value, "result", value)}

    return arguments


def _stop(**path: Callable[[Heard], str]) -> Arguments:
    request = CameraRequest(action=CameraAction.MOVE_STOP, direction=CameraDirection.LEFT)
    return lambda heard: {**{name: find(heard) for name, find in path.items()}, "request": request}


def _in_call(*names: str, **more: Any) -> Arguments:
    """The ids of the call that is on, or made up ones."""
    places = {"conference_id": "conference", "connection_id": "connection", "terminal_id": "terminal"}
    return lambda heard: {
        **{name: getattr(heard, places[name]) for name in names},
        **{name: make(heard) if callable(make) else make for name, make in more.items()},
    }


def _dial(heard: Heard) -> DialRequest:
    if not heard.address:
        raise CannotAsk("no address to dial was given")
    return DialRequest(address=heard.address)


def _own_time(heard: Heard) -> Mapping[str, Any]:
    time = heard.value("system_time_get")
    if time is None:
        raise CannotAsk("system_time_get did not say what to write back")
    return {"request": SetTimeRequest(tz_offset=time.tz_offset)}


def _own_picture(heard: Heard) -> Mapping[str, Any]:
    muted = _read_before("video_local_mute_get", "mute")(heard)["mute"]
    return {"request": VideoMute(mute=muted)}


def _export(heard: Heard) -> Mapping[str, Any]:
    exported = heard.value("directory_export")
    if not isinstance(exported, bytes):
        raise CannotAsk("directory_export did not give anything to import")
    return {"file": Upload("application/xml", exported)}


def _entry(_: Heard) -> EntryContent:
    return EntryContent(display_name=OWN_ENTRY, first_name="videobar", last_name="conformance")


def _local(**more: Any) -> Arguments:
    return lambda heard: {"entry_id": heard.own_entry, **more}


def _served(**more: Any) -> Arguments:
    def arguments(heard: Heard) -> Mapping[str, Any]:
        if heard.own_entry != MADE_UP:
            server, entry = heard.attribute("directory_local_server_get", "id"), heard.own_entry
        else:
            server, entry = (heard.first("directory_queries_get", name) for name in ("server_id", "id"))
        return {"server_id": server, "entry_id": entry, **more}

    return arguments


def _near(heard: Heard) -> str:
    return heard.first("cameras_near_all_get", "camera_index")


def _far(heard: Heard) -> str:
    return heard.first("cameras_far_all_get", "camera_index")


def _meeting(heard: Heard) -> str:
    return heard.first("calendar_meetings_get", "id")


HANG_UP = ConnectionAction.HANGUP
CALLS, CAMERAS, DIRECTORY = Permission.CALLS, Permission.CAMERAS, Permission.DIRECTORY
SETTINGS, RESTART, RESET = Permission.SETTINGS, Permission.RESTART, Permission.RESET
LAST_PRESET = 9
READ_VARIABLES = ("comm.callpreference.sipenable", "audio.volume.speakervolume")
"""Variables that are not secret, and that clients read of real devices."""

CASES: Mapping[str, Case] = MappingProxyType(
    {
        # audio
        "audio_action": Case(lambda _: {"request": AudioRequest(action=AudioAction.STOP_PLAYING_TEST_TONE)}),
        "audio_acousticfence_action": Case(
            lambda _: {"request": AcousticFenceRequest(action="stop")}, SETTINGS
        ),
        "audio_muted_set": Case(_read_before("audio_muted_get", "muted")),
        "audio_volume_set": Case(_read_before("audio_volume_get", "volume")),
        "audio_playdtmf": Case(lambda _: {"request": DtmfRequest(dtmf_char="5")}, CALLS),
        "audio_mutelock_set": Case(_read_before("audio_mutelock_get", "locked")),
        # calendar
        "calendar_meetings_get_one": Case(lambda heard: {"meeting_id": _meeting(heard)}),
        "calendar_meetings_dial": Case(lambda heard: {"meeting_id": MADE_UP}, CALLS),
        "calendar_discover": Case(
            lambda _: {
                "request": DiscoverRequest(
                    domain=DiscoveryDomain.EMAIL,
                    email="nobody@example.invalid",
                    username="",
                    password="",
                    userdomain="",
                )
            },
            SETTINGS,
        ),
        # cameras
        "cameras_near_source_get": Case(lambda heard: {"source_id": _near(heard)}),
        "cameras_near_source_move": Case(_stop(source_id=_near)),
        "cameras_near_selectedpeople_move": Case(_stop()),
        "cameras_near_selectedcontent_move": Case(_stop()),
        "cameras_near_presets_index_get": Case(lambda _: {"index": 0}),
        "cameras_near_presets_index_update": Case(
            lambda _: {"index": LAST_PRESET, "request": CameraRequest(action=CameraAction.STORE)}, CAMERAS
        ),
        "cameras_near_position_move": Case(
            lambda _: {
                "source_id": "SELECTED_PEOPLE",
                "request": PositionRequest(cam_position=CameraPosition(), relative=True),
            },
            CAMERAS,
        ),
        "cameras_far_selectedpeople_move": Case(_stop()),
        "cameras_far_source_get": Case(lambda heard: {"source_id": _far(heard)}),
        "cameras_far_source_move": Case(_stop(source_id=_far)),
        "cameras_snapshot_get": Case(lambda _: {"snapshot_id": "near_image_1.jpg"}),
        "cameras_near_presets_index_image_get": Case(lambda _: {"index": 0}),
        "cameras_near_source_view_get": Case(lambda heard: {"source_id": _near(heard)}),
        "cameras_near_tracking_start": Case(lambda heard: {"index": _near(heard)}, CAMERAS),
        "cameras_near_tracking_stop": Case(lambda heard: {"index": _near(heard)}, CAMERAS),
        # collaboration
        "collaboration_end": Case(lambda _: {"request": CollaborationRequest(action="END")}, SETTINGS),
        "collaboration_begin": Case(lambda _: {"request": CollaborationBeginning()}, SETTINGS),
        "collaboration_content_start": Case(lambda _: {"pin": PIN}, SETTINGS),
        "collaboration_content_get": Case(lambda _: {"pin": PIN, "context_id": MADE_UP}),
        "collaboration_contentsavestatus_get": Case(lambda _: {"pin": PIN, "context_id": MADE_UP}),
        "collaboration_content_all_get": Case(lambda _: {"pin": PIN}),
        # conferences
        "conferences_dial": Case(_in_call(request=_dial), CALLS),
        "conferences_blast": Case(
            _in_call(request=lambda heard: BlastRequest(end_point_list=[_dial(heard)])), CALLS
        ),
        "conferences_active_action": Case(_in_call(request=ActiveRequest(action="hangup")), CALLS),
        "conferences_callaction": Case(
            _in_call(
                request=lambda heard: CallActionRequest(
                    id=heard.connection, call_action_type=CallAction.HANGUP
                )
            ),
            CALLS,
        ),
        "conferences_get_one": Case(_in_call("conference_id")),
        "conferences_hangup": Case(_in_call("conference_id"), CALLS),
        "conferences_connections_get": Case(_in_call("conference_id")),
        "conferences_connections_add": Case(_in_call("conference_id", request=_dial), CALLS),
        "conferences_connection_get": Case(_in_call("conference_id", "connection_id")),
        "conferences_connection_hangup": Case(_in_call("conference_id", "connection_id"), CALLS),
        "conferences_connection_action": Case(
            _in_call("conference_id", "connection_id", request=ConnectionRequest(action=HANG_UP)), CALLS
        ),
        "conferences_terminals_get": Case(_in_call("conference_id")),
        "conferences_terminal_get": Case(_in_call("conference_id", "terminal_id")),
        "conferences_terminal_hangup": Case(_in_call("conference_id", "terminal_id"), CALLS),
        "conferences_mediastats_get": Case(_in_call("conference_id")),
        "conferences_connection_mediastat_get": Case(_in_call("conference_id", "connection_id")),
        "conferences_terminal_mediastats_get": Case(_in_call("conference_id", "terminal_id")),
        "conferences_term_mediastats_get": Case(_in_call("conference_id")),
        "conferences_hold_set": Case(_in_call("conference_id", held=False), CALLS),
        "conferences_connection_hold_set": Case(
            _in_call("conference_id", "connection_id", held=False), CALLS
        ),
        "conferences_connection_addvideo": Case(_in_call("conference_id", "connection_id"), CALLS),
        "conferences_donotdisturb_set": Case(_read_before("conferences_donotdisturb_get", "wanted")),
        "video_remote_conf_mute_get": Case(_in_call("conference_id")),
        "video_remote_conf_mutelock_get": Case(_in_call("conference_id")),
        # configuration and content
        "config_act": Case(lambda _: {"request": ConfigRequest(names=list(READ_VARIABLES))}),
        "content_start": Case(lambda _: {"request": ContentStart()}, SETTINGS),
        "content_stop": Case(needs=SETTINGS),
        # directory
        "directory_local_entries_add": Case(lambda heard: {"entry": _entry(heard)}, DIRECTORY),
        "directory_local_entries_get": Case(_local()),
        "directory_local_entries_delete": Case(_local(), DIRECTORY),
        "directory_local_entries_update": Case(
            lambda heard: {"entry_id": heard.own_entry, "entry": _entry(heard)}, DIRECTORY
        ),
        "directory_local_entries_action": Case(
            lambda _: {"entry_id": MADE_UP, "request": EntryRequest(action="dial")}, CALLS
        ),
        "directory_local_entries_favorite_set": Case(
            _local(request=FavoriteRequest(favorite=True)), DIRECTORY
        ),
        "directory_local_entries_favorite_reorder": Case(_local(request=ReorderRequest(index=0)), DIRECTORY),
        "directory_local_entries_members": Case(_local(request=MembersRequest(action=MembersAction.QUERY))),
        "directory_queries_start": Case(lambda _: {"request": QueryRequest(search_string="a")}),
        "directory_queries_get": Case(
            lambda heard: {
                "query_id": heard.attribute("directory_queries_start", "id"),
                "start": 1,
                "limit": 20,
            }
        ),
        "directory_queries_delete": Case(
            lambda heard: {"query_id": heard.attribute("directory_queries_start", "id")}
        ),
        "directory_server_entry_get": Case(_served()),
        "directory_server_entry_action": Case(
            lambda _: {
                "server_id": MADE_UP,
                "entry_id": MADE_UP,
                "request": EntryRequest(action="dial"),
            },
            CALLS,
        ),
        "directory_server_entry_favorite_set": Case(
            lambda _: {
                "server_id": MADE_UP,
                "entry_id": MADE_UP,
                "request": FavoriteRequest(favorite=False),
            },
            DIRECTORY,
        ),
        "directory_server_entry_favorite_reorder": Case(
            lambda _: {"server_id": MADE_UP, "entry_id": MADE_UP, "request": ReorderRequest(index=0)},
            DIRECTORY,
        ),
        "directory_server_entry_members": Case(_served(request=MembersRequest(action=MembersAction.QUERY))),
        "directory_import": Case(_export, DIRECTORY),
        # system
        "system_network_ping": Case(lambda _: {"request": DestinationRequest(destination=HERE)}),
        "system_network_traceroute": Case(lambda _: {"request": DestinationRequest(destination=HERE)}),
        "system_reboot": Case(lambda _: {"request": RebootRequest(action="reboot")}, RESTART),
        "system_resetsettings": Case(
            lambda _: {
                "request": ResetRequest(
                    action="resetsettings",
                    keep_certificates=True,
                    keep_cdr=True,
                    keep_directory=True,
                    keep_logs=True,
                )
            },
            RESET,
        ),
        "system_time_set": Case(_own_time, SETTINGS),
        "system_name_set": Case(lambda heard: {"name": heard.attribute("system_get", "system_name")}),
        # video
        "video_local_mute_set": Case(_own_picture),
        # the stage of our own rooms
        "stage_incoming": Case(lambda _: {"request": StagedCall()}, CALLS),
        "stage_far_end": Case(
            _in_call("connection_id", request=StagedAct(act=FarAct.UNMUTE)),
        ),
        "stage_faults_add": Case(
            lambda _: {"request": FaultRequest(kind=FaultKind.SLOW, requests=1, seconds=0.001, delay_ms=0)}
        ),
        "stage_faults_clear": Case(needs=SETTINGS),
    }
)
