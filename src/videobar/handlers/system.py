"""`/rest/system`."""

from __future__ import annotations

from videobar.contract import system as contract
from videobar.contract.model import Download, Success, Upload
from videobar.contract.system import (
    DestinationRequest,
    Duplex,
    EngineInfo,
    Hop,
    LanState,
    LanStatus,
    PingResult,
    RebootRequest,
    ResetRequest,
    SetTimeRequest,
    SignallingServer,
    StatusRow,
    SystemInfo,
    SystemTime,
    TimeServerState,
    TracerouteResult,
)
from videobar.handlers.modes import ModeActions
from videobar.handlers.multipart import files_of
from videobar.handlers.security import shown
from videobar.room.room import Room
from videobar.room.system.reset import Keep


class SystemHandler(ModeActions, contract.System):
    """The system as a whole."""

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self._system = room.system
        self._engine = room.engine
        self._health = room.health
        self._diagnostics = room.diagnostics
        self._configuration = room.configuration
        self._logs = room.logs
        self._certificates = room.certificates
        self._reset = room.reset
        self._restart = room.restart

    async def info(self) -> SystemInfo:
        """Product, state and time of the system."""
        system, lan = self._system, self._system.lan()
        return SystemInfo(
            build=system.identity.build,
            build_type="Release",
            hardware_version="1",
            lan_status=LanStatus(
                duplex=Duplex.FULL if lan.full_duplex else Duplex.HALF,
                speed_mbps=lan.speed_mbps,
                state=LanState.UP if lan.up else LanState.DOWN,
            ),
            model=system.identity.model,
            reboot_needed=self._configuration.reboot_needed,
            serial_number=system.identity.serial_number,
            software_version=system.identity.software_version,
            state=system.state,
            system_name=system.name,
            system_time=system.now_ms // 1000 * 1000,
            time_offset=system.tz_offset_ms,
            time_server_state=TimeServerState.OFF,
            uptime=await self.uptime(),
        )

    async def uptime(self) -> float:
        """Uptime in hundredths of a second."""
        return round(self._system.uptime_s, 2)

    async def status(self) -> list[StatusRow]:
        """Health of the parts."""
        return [
            StatusRow(langtag=row.heading, name=row.name, state_list=list(row.states))
            for row in self._health.rows()
        ]

    async def gatekeepers(self) -> list[SignallingServer]:
        """None: there is no H.323."""
        return []

    async def logs(self) -> Download:
        """Logs, settings, health and calls."""
        bundle = await self._logs.collect()
        moment = self._system.local_time().strftime("%Y%m%d-%H%M%S")
        name = f"videobar-{self._system.identity.serial_number}-{moment}.tar"
        return Download("application/x-tar", name, bundle.chunks, bundle.length)

    async def reboot(self, request: RebootRequest | None = None) -> Success:
        """Restart in a moment."""
        self._restart.begin()
        return Success()

    async def reset_settings(self, request: ResetRequest) -> Success:
        """Order the reset, and restart in a moment."""
        await self._reset.order(
            Keep(
                certificates=request.keep_certificates,
                call_log=request.keep_cdr,
                directory=request.keep_directory,
                logs=request.keep_logs,
            )
        )
        self._restart.begin()
        return Success()

    async def install_certificate(self, file: Upload) -> None:
        """Show another certificate."""
        await shown(self._certificates).install(files_of(file))

    async def ping(self, request: DestinationRequest) -> PingResult:
        """Reachability of a host."""
        found = await self._diagnostics.ping(request.destination)
        return PingResult(
            icmp_reachable=found.icmp,
            response_time=round(found.milliseconds),
            h323_reachable=found.h323,
            sip_reachable=found.sip,
        )

    async def traceroute(self, request: DestinationRequest) -> TracerouteResult:
        """The way to a host."""
        way = await self._diagnostics.trace(request.destination)
        return TracerouteResult(
            success=way.arrived,
            total_hops=len(way.hops),
            hops=[Hop(hop=hop.number, address=hop.address, time=round(hop.milliseconds)) for hop in way.hops],
        )

    async def time(self) -> SystemTime:
        """Room time."""
        return SystemTime(time=self._system.now_ms, tz_offset=self._system.tz_offset_ms)

    async def set_time(self, request: SetTimeRequest) -> None:
        """Set room time."""
        await self._system.set_time(request.time, request.tz_offset)

    async def local_time(self) -> str:
        """Room time in its zone."""
        return self._system.local_time().isoformat()

    async def set_name(self, name: str) -> None:
        """Rename the room."""
        await self._system.set_name(name)

    async def sip_servers(self) -> list[SignallingServer]:
        """SIP servers, the preferred one first."""
        return [
            SignallingServer(
                address=server.address,
                model=server.model or "Unknown",
                state=server.state.upper(),
                version=server.version,
            )
            for server in self._engine.report().servers
        ]

    async def engine(self) -> EngineInfo:
        """The engine's own state."""
        report = self._engine.report()
        return EngineInfo(
            kind=report.kind,
            state=report.state,
            pid=report.pid,
            restarts=report.restarts,
            sip_port=report.sip_port,
        )
