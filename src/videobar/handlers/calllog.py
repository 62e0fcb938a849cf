"""`/rest/calllog`."""

from __future__ import annotations

from videobar.contract import calllog as contract
from videobar.contract.calllog import CallLogEntry
from videobar.errors import NoSuchLogEntry
from videobar.room.calls.log import MOST_ENTRIES, LoggedCall
from videobar.room.calls.recent import DEFAULT_MOST
from videobar.room.room import Room


class CallLogHandler(contract.CallLog):
    """The call log, in the wire's words."""

    def __init__(self, room: Room) -> None:
        self._log = room.calls.log
        self._recent = room.recent

    async def entries(self, limit: int | None = None) -> list[CallLogEntry]:
        """The latest, or those that are shown as recent."""
        if limit is None:
            recent = self._recent
            limit = DEFAULT_MOST if recent is None else recent.most if recent.shown else 0
        return [_entry(call) for call in await self._log.latest(min(limit, MOST_ENTRIES))]

    async def clear(self) -> None:
        """Forget all."""
        await self._log.clear()

    async def delete(self, row_id: int) -> None:
        """Forget one."""
        if not await self._log.delete(row_id):
            raise NoSuchLogEntry(f"there is no entry {row_id}")


def _entry(call: LoggedCall) -> CallLogEntry:
    return CallLogEntry(
        address=call.address,
        caller_id=call.name,
        cause_code=call.cause,
        connected=call.connected,
        duration=call.duration_s,
        end_time=call.end_ms if call.end_ms is not None else call.start_ms,
        name=call.name,
        rate=call.rate_kbps,
        row_id=call.row,
        start_time=call.start_ms,
        transport_type=call.transport,
        type=call.kind,
        outgoing_call=call.outgoing,
    )
