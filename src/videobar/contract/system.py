"""`/rest/system`: the system as a whole."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Protocol

from msgspec import Meta, field

from videobar.contract.model import Download, EpochMs, Result, Success, Upload, WireModel, Word, doc
from videobar.contract.modes import AppState, EnvironmentState, InstalledApp, Mode, ModeAnswer, ModeRequest
from videobar.contract.operation import Certainty, Danger, delete, get, post, put
from videobar.errors import AddressForbidden, HostNotFound, Unavailable
from videobar.vocabulary import EngineState, Model, SubsystemState, SystemState


class LanState(StrEnum):
    """State of the network interface. LAN_UP is observed; the other is decided here."""

    UP = "LAN_UP"
    DOWN = "LAN_DOWN"


class Duplex(StrEnum):
    """Duplex of the network interface. FULL is observed; the other is decided here."""

    FULL = "FULL"
    HALF = "HALF"


class LanStatus(WireModel, kw_only=True):
    """The network interface."""

    duplex: Annotated[Duplex, doc("Duplex.")]
    speed_mbps: Annotated[int, doc("Mbit/s, 0 when the interface does not say.")]
    state: Annotated[LanState, doc("Whether it is up.")]


class TimeServerState(StrEnum):
    """State of the time server. TIMESERVER_UP is observed; the others are decided here."""

    UP = "TIMESERVER_UP"
    DOWN = "TIMESERVER_DOWN"
    OFF = "TIMESERVER_OFF"


class SystemInfo(WireModel, kw_only=True):
    """Model, versions, state and time of the system (recorded from an X30)."""

    build: Annotated[str, doc("Build of the software: six digits, as on devices (recorded).")]
    build_type: Annotated[str, doc("`Release`.")]
    hardware_version: Annotated[str, doc("Version of the hardware.")]
    lan_status: Annotated[LanStatus, doc("The network interface.")]
    model: Annotated[Model, doc("The model, without spaces.")]
    reboot_needed: Annotated[bool, doc("Whether a setting waits for a restart.")]
    serial_number: Annotated[str, doc("The serial number, which is also the first password.")]
    software_version: Annotated[str, doc("Version of the firmware.")]
    state: Annotated[SystemState, doc("State of the system.")]
    system_name: Annotated[str, doc("Name of the room.")]
    system_time: Annotated[EpochMs, doc("Room time, whole seconds.")]
    time_offset: Annotated[int, doc("Milliseconds by which local time is ahead of UTC.")]
    time_server_state: Annotated[TimeServerState, doc("State of the time server.")]
    uptime: Annotated[float, doc("Seconds since the start.")]


HOST_ERRORS = (HostNotFound, AddressForbidden, Unavailable)


class StatusRow(WireModel, kw_only=True):
    """Health of one part of the system (recorded from an X30)."""

    langtag: Annotated[str, doc("Name of a heading for people.")]
    name: Annotated[str, doc("Name of the part: `system.status.sipserver`.")]
    state_list: Annotated[list[SubsystemState], doc("Its state.")]


class SignallingServer(WireModel, kw_only=True):
    """A SIP registrar or H.323 gatekeeper (recorded from an X30)."""

    address: Annotated[str, doc("Its address.")]
    model: Annotated[str, doc("Its model, or `Unknown`.")]
    state: Annotated[str, doc("`UP` when registered; clients do not mind the case.")]
    version: Annotated[str, doc("Its version.")]


class DestinationRequest(WireModel, kw_only=True):
    """Host to try."""

    destination: Annotated[str, doc("Address or name of the host.", max_length=512)]


class PingResult(WireModel, kw_only=True):
    """Reachability of a host."""

    icmp_reachable: Annotated[bool, doc("It answers ICMP echo.")]
    response_time: Annotated[int, doc("Milliseconds.")]
    h323_reachable: Annotated[bool, doc("It answers H.323.")] = field(name="h323Reachable")
    sip_reachable: Annotated[bool, doc("It answers SIP.")]


class Hop(WireModel, kw_only=True):
    """One hop. Decided here: this shape."""

    hop: Annotated[int, doc("Distance, from 1.")]
    address: Annotated[str, doc("Address that answered; empty when none did.")]
    time: Annotated[int, doc("Milliseconds.")]


class TracerouteResult(WireModel, kw_only=True):
    """The way to a host."""

    success: Annotated[bool, doc("Whether the host was reached.")]
    total_hops: Annotated[int, doc("Number of hops.")]
    hops: Annotated[list[Hop], doc("The hops in order.")]


class RebootRequest(WireModel, kw_only=True):
    """Nothing in it matters: clients of real devices send `action`, `restartAll`, nothing, or no body."""

    action: Annotated[Word | None, doc("`reboot`.")] = None
    restart_all: Annotated[bool | None, doc("True in newer firmware.")] = None


class ResetRequest(WireModel, kw_only=True):
    """Parts to keep when settings are reset."""

    action: Annotated[Literal["resetsettings"], doc("Only resetsettings.")]
    keep_certificates: Annotated[bool, doc("Keep certificates.")] = False
    keep_cdr: Annotated[bool, doc("Keep call records.")] = False
    keep_directory: Annotated[bool, doc("Keep the directory.")] = False
    keep_logs: Annotated[bool, doc("Keep logs.")] = False


class SystemTime(WireModel, kw_only=True):
    """Room time."""

    time: Annotated[EpochMs, doc("Room time.")]
    tz_offset: Annotated[
        int,
        doc("Milliseconds by which local time is ahead of UTC. Decided here: the unit, after `timeOffset`."),
    ]


class SetTimeRequest(WireModel, kw_only=True):
    """Room time to set; what is left out stays."""

    time: Annotated[EpochMs | None, doc("Room time.")] = None
    tz_offset: Annotated[int | None, doc("Milliseconds by which local time is ahead of UTC.")] = None


class EngineInfo(WireModel, kw_only=True):
    """The part that carries calls."""

    kind: Annotated[str, doc("`sip`: real signalling and media; `simulated`: neither.")]
    state: Annotated[EngineState, doc("Its state.")]
    pid: Annotated[int | None, doc("Process id while it runs.")]
    restarts: Annotated[int, doc("Number of restarts after it died.")]
    sip_port: Annotated[int, doc("Port of SIP over UDP and TCP.")]


SystemName = Annotated[str, Meta(min_length=1, max_length=64, description="Name of the room.")]


class System(Protocol):
    """Actions on the system."""

    @get("system_get", "/system", documented=False, certainty=Certainty.RECORDED)
    async def info(self) -> SystemInfo:
        """Product, state and time of the system."""
        ...

    @get("system_uptime_get", "/system/uptime", documented=False, certainty=Certainty.CLIENT)
    async def uptime(self) -> float:
        """Seconds since the start, as a bare number (clients of the Group Series)."""
        ...

    @get("system_h323gatekeepers_get", "/system/h323gatekeepers", certainty=Certainty.RECORDED)
    async def gatekeepers(self) -> list[SignallingServer]:
        """H.323 gatekeepers; none when unregistered."""
        ...

    @get(
        "system_logs_get",
        "/system/logs",
        decided=(
            "not compressed; the logs of all processes, settings without secrets, health, build and calls."
        ),
    )
    async def logs(self) -> Download:
        """Logs as a tar archive."""
        ...

    @post(
        "system_network_ping",
        "/system/network/ping",
        errors=HOST_ERRORS,
        decided="`responseTime` is the mean of three, rounded, and 0 when there was no answer.",
    )
    async def ping(self, request: DestinationRequest) -> PingResult:
        """Reachability of a host by ICMP, SIP and H.323."""
        ...

    @post(
        "system_network_traceroute",
        "/system/network/traceroute",
        errors=HOST_ERRORS,
        decided="hops that nobody answered for stand in the list with an empty address.",
    )
    async def traceroute(self, request: DestinationRequest) -> TracerouteResult:
        """The way to a host."""
        ...

    @post("system_reboot", "/system/reboot", certainty=Certainty.CLIENT, danger=Danger.RESTARTS)
    async def reboot(self, request: RebootRequest | None = None) -> Success:
        """Restart the system; sessions and calls end."""
        ...

    @post(
        "system_resetsettings",
        "/system/resetsettings",
        danger=Danger.RESTARTS,
        decided="it restarts; the serial number stays, and the password is that of a new room again.",
    )
    async def reset_settings(self, request: ResetRequest) -> Success:
        """Reset settings and restart; what was is kept in a backup on the room's host."""
        ...

    @get(
        "system_sipservers_get",
        "/system/sipservers",
        certainty=Certainty.RECORDED,
        decided=(
            "a server is `OFF` while a better one knows the room, and `DOWN` where it should know it and "
            "does not."
        ),
    )
    async def sip_servers(self) -> list[SignallingServer]:
        """SIP servers that the room registers with, the preferred one first."""
        ...

    @get("system_status_get", "/system/status", certainty=Certainty.RECORDED)
    async def status(self) -> list[StatusRow]:
        """Health of the parts of the system."""
        ...

    @get("system_time_get", "/system/time")
    async def time(self) -> SystemTime:
        """Room time and zone."""
        ...

    @post(
        "system_time_set",
        "/system/time",
        decided="the answer is empty.",
    )
    async def set_time(self, request: SetTimeRequest) -> None:
        """Set room time, zone or both."""
        ...

    @get(
        "system_time_local_get",
        "/system/time/local",
        decided="a JSON string.",
    )
    async def local_time(self) -> str:
        """Room time in the room's zone, ISO 8601 with offset."""
        ...

    @post("system_name_set", "/system/name", own=True, documented=False)
    async def set_name(self, name: SystemName) -> None:
        """Rename the room; the body is a bare string. Survives a restart."""
        ...

    @get("system_engine_get", "/system/engine", own=True, documented=False)
    async def engine(self) -> EngineInfo:
        """Engine that carries calls, and its state."""
        ...

    @put(
        "system_certificates_install",
        "/system/certificates",
        documented=False,
        certainty=Certainty.CLIENT,
        largest_body=256 * 1024,
        decided=(
            "the key may be left out when it waits from a signing request; connections that exist go on."
        ),
    )
    async def install_certificate(self, file: Upload) -> None:
        """Show another certificate: PEM with its chain and key, raw or as `multipart/form-data`."""
        ...

    @get("system_mode_get", "/system/mode", documented=False, certainty=Certainty.CLIENT)
    async def mode(self) -> Mode:
        """Mode of the room: the application that has it."""
        ...

    @post(
        "system_mode_set",
        "/system/mode",
        documented=False,
        certainty=Certainty.CLIENT,
        danger=Danger.ENDS_CALLS,
    )
    async def set_mode(self, request: ModeRequest) -> ModeAnswer:
        """Let another application have the room. Device Mode ends all calls."""
        ...

    @get("system_mode_device_get", "/system/mode/device", documented=False, certainty=Certainty.RECORDED)
    async def device(self) -> Result:
        """Device mode, in which the system is a camera and speaker for a computer: on or off."""
        ...

    @post(
        "system_mode_device_on",
        "/system/mode/device",
        documented=False,
        certainty=Certainty.CLIENT,
        danger=Danger.ENDS_CALLS,
    )
    async def enter_device(self) -> Success:
        """Go into device mode; all calls end, and nothing can be controlled."""
        ...

    @delete("system_mode_device_off", "/system/mode/device", documented=False, certainty=Certainty.CLIENT)
    async def leave_device(self) -> Success:
        """Leave device mode."""
        ...

    @get("system_mode_signage_get", "/system/mode/signage", documented=False, certainty=Certainty.RECORDED)
    async def signage(self) -> Result:
        """Signage on an idle display: on or off."""
        ...

    @post("system_mode_signage_on", "/system/mode/signage", documented=False, certainty=Certainty.CLIENT)
    async def show_signage(self) -> Success:
        """Let an idle display show signage."""
        ...

    @delete("system_mode_signage_off", "/system/mode/signage", documented=False, certainty=Certainty.CLIENT)
    async def hide_signage(self) -> Success:
        """Let an idle display show no signage."""
        ...

    @get("system_apps_get", "/system/apps", documented=False, certainty=Certainty.RECORDED)
    async def apps(self) -> list[InstalledApp]:
        """The applications that can have the room."""
        ...

    @get("system_apps_all_get", "/system/apps/all", documented=False, certainty=Certainty.CLIENT)
    async def all_apps(self) -> list[InstalledApp]:
        """All applications; the same ones."""
        ...

    @get("system_apps_state_get", "/system/apps/state", documented=False, certainty=Certainty.CLIENT)
    async def app_states(self) -> list[AppState]:
        """Applications, and whether they are in a meeting."""
        ...

    @get(
        "system_apps_environment_get",
        "/system/apps/environment",
        documented=False,
        certainty=Certainty.CLIENT,
    )
    async def environment(self) -> list[EnvironmentState]:
        """State of the application for room control: shown or not."""
        ...

    @post(
        "system_apps_environment_show",
        "/system/apps/environment",
        documented=False,
        certainty=Certainty.CLIENT,
    )
    async def show_environment(self) -> None:
        """Show the application for room control."""
        ...

    @delete(
        "system_apps_environment_hide",
        "/system/apps/environment",
        documented=False,
        certainty=Certainty.CLIENT,
    )
    async def hide_environment(self) -> None:
        """Hide the application for room control."""
        ...
