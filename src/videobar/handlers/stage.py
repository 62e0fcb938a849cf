"""`/x/stage`."""

from __future__ import annotations

from videobar.contract import stage as contract
from videobar.contract.stage import Fault, FaultRequest, StagedAct, StagedCall, StagedConnection
from videobar.errors import FaultsNotAllowed, InvalidRequest, NoSuchConnection, NotInCall, NotSimulated
from videobar.room.calls.connection import Connection, Phase
from videobar.room.calls.port import Stage
from videobar.room.faults import Fault as RoomFault
from videobar.room.faults import Faults
from videobar.room.room import Room
from videobar.vocabulary import FarAct, FaultKind

DTMF = frozenset("0123456789*#ABCD")


class StageHandler(contract.Stage):
    """Staging, for integrators: of calls where far ends are simulated, and of faults where they are allowed."""

    def __init__(self, room: Room) -> None:
        self._calls = room.calls
        self._stage = room.stage
        self._faults = room.faults

    async def incoming(self, request: StagedCall) -> StagedConnection:
        """Simulate an incoming call."""
        leg = self._simulated().ring_in(request.address, request.name)
        connections = (one for conference in self._calls.conferences() for one in conference.connections)
        return StagedConnection(id=next((one.id for one in connections if one.leg == leg), None))

    async def far_end(self, connection_id: str, request: StagedAct) -> None:
        """Simulate an act of a far end."""
        stage = self._simulated()
        if (request.act is FarAct.DIGITS) != bool(request.digits):
            raise InvalidRequest("digits: belong to the act digits, which needs some")
        if set(request.digits) - DTMF:
            raise InvalidRequest(f"digits: must be of {''.join(sorted(DTMF))}")
        stage.act(self._connected(connection_id).leg, request.act, request.digits)

    async def faults(self) -> list[Fault]:
        """Those shown now."""
        faults = self._allowed()
        return [_fault(fault, faults) for fault in faults.active()]

    async def add_fault(self, request: FaultRequest) -> Fault:
        """Show one."""
        faults = self._allowed()
        if request.kind is FaultKind.OUTAGE and request.requests is not None:
            raise InvalidRequest("requests: an outage is not counted in requests")
        added = faults.add(
            request.kind,
            seconds=request.seconds,
            requests=request.requests,
            delay_ms=request.delay_ms,
            status=request.status,
        )
        return _fault(added, faults)

    async def clear_faults(self) -> None:
        """End all."""
        self._allowed().clear()

    def _simulated(self) -> Stage:
        if self._stage is None:
            raise NotSimulated("far ends are real here; start the room with --engine simulated")
        return self._stage

    def _allowed(self) -> Faults:
        if self._faults is None:
            raise FaultsNotAllowed("start the room with --engine simulated or --allow-faults")
        return self._faults

    def _connected(self, connection_id: str) -> Connection:
        for conference in self._calls.conferences():
            for connection in conference.connections:
                if connection.id == connection_id:
                    if connection.phase is not Phase.CONNECTED:
                        raise NotInCall(f"connection {connection_id!r} is not connected")
                    return connection
        raise NoSuchConnection(f"there is no connection {connection_id!r}")


def _fault(fault: RoomFault, faults: Faults) -> Fault:
    return Fault(
        id=fault.id,
        kind=fault.kind,
        requests_left=fault.requests_left,
        seconds_left=round(faults.seconds_left(fault), 3),
        struck=fault.struck,
        delay_ms=fault.delay_ms,
        status=fault.status,
    )
