"""The rows of the system's status, each asked of the part that it is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from videobar.room.audio.service import Audio
from videobar.room.calls.port import CallEngine
from videobar.room.cameras.service import Cameras
from videobar.room.system.service import Host, StatusRow
from videobar.vocabulary import CalendarState, EngineState, PortDirection, SubsystemState

OFF = SubsystemState.OFF
CALENDAR = {
    CalendarState.DISABLED: OFF,
    CalendarState.CONNECTING: SubsystemState.UNKNOWN,
    CalendarState.ONLINE: SubsystemState.UP,
    CalendarState.OFFLINE: SubsystemState.DOWN,
    CalendarState.ERR_AUTHENTICATION: SubsystemState.DOWN,
    CalendarState.ERR_UNKNOWN: SubsystemState.DOWN,
}


class LogSpace(Protocol):
    """Port: the log files."""

    def nearly_full(self) -> bool:
        """True if there is hardly any space left for logs."""
        ...


class Health:
    """Health of all parts. Rows, names and headings are those of a Studio X30 (observed).

    A part that this room does not have is `off`: there is no gatekeeper, provisioning service or remote
    control that could be up.
    """

    def __init__(
        self,
        *,
        host: Host,
        audio: Audio,
        cameras: Cameras,
        engine: CallEngine,
        logs: LogSpace,
        answers_itself: Callable[[], bool],
        calendar: Callable[[], CalendarState],
        directory: Callable[[], SubsystemState],
    ) -> None:
        self._host = host
        self._audio = audio
        self._cameras = cameras
        self._engine = engine
        self._logs = logs
        self._answers_itself = answers_itself
        self._calendar = calendar
        self._directory = directory

    def rows(self) -> list[StatusRow]:
        """All rows, in the order of the recording."""
        return [
            _row("ipnetwork", "LAN_NETWORK_HEADING", _up(self._host.lan().up)),
            _row("trackablecamera", "CAMERA_MODEL_BUILT_IN_1.0", self._tracking()),
            _row("autoanswerp2p", "AUTO_ANSWER_P2P_HEADING", _on(self._answers_itself())),
            _row("sipserver", "SIP_SERVER_HEADING", self._sip()),
            _row("gatekeeper", "GATEKEEPER_HEADING", OFF),
            _row("mr.camera", "CAMERAS_HEADING", self._seeing()),
            _row("provisioning", "PROVISIONING_SERVICE_HEADING", OFF),
            _row("mr.audio", "MICROPHONES_HEADING", self._microphones()),
            _row("remotecontrol", "REMOTE_CONTROL_HEADING", OFF),
            _row("logthreshold", "LOG_THRESHOLD_HEADING", self._log_space()),
            _row("globaldirectory", "SYSTEM_STATUS_GLOBALDIRECTORY_SERVER", self._directory()),
            _row("calendar", "CALENDAR_SERVICE_HEADING", CALENDAR[self._calendar()]),
        ]

    def _sip(self) -> SubsystemState:
        """Up where a SIP server knows the room, off where none is configured; down while the media process is."""
        report = self._engine.report()
        if report.state is EngineState.DOWN:
            return SubsystemState.DOWN
        if not report.servers:
            return OFF
        return _up(any(server.state is SubsystemState.UP for server in report.servers))

    def _log_space(self) -> SubsystemState:
        return SubsystemState.FULL if self._logs.nearly_full() else SubsystemState.UP

    def _tracking(self) -> SubsystemState:
        trackable = any(source.facts.trackable for source in self._cameras.sources())
        return SubsystemState.UP if trackable else OFF

    def _seeing(self) -> SubsystemState:
        """State of the cameras that the room was configured with, taken together."""
        working = [source.connected for source in self._cameras.sources() if source.camera is not None]
        return _together(working)

    def _microphones(self) -> SubsystemState:
        """State of the microphones that the room was configured with, taken together."""
        working = [port.connected for port in self._audio.ports if port.direction is PortDirection.IN]
        return _together(working)


def _together(working: Sequence[bool]) -> SubsystemState:
    if not any(working):
        return SubsystemState.NONE_UP
    return SubsystemState.ALL_UP if all(working) else SubsystemState.SOME_UP


def _up(up: bool) -> SubsystemState:
    return SubsystemState.UP if up else SubsystemState.DOWN


def _on(on: bool) -> SubsystemState:
    return SubsystemState.UP if on else OFF


def _row(name: str, heading: str, state: SubsystemState) -> StatusRow:
    return StatusRow(f"system.status.{name}", heading, (state,))
