"""`/rest/calllog`: who was called, who called, who was missed. Not in the guide; recorded from an X30."""

from __future__ import annotations

from typing import Annotated, Protocol

from msgspec import Meta

from videobar.contract.model import CauseCode, EpochMs, WireModel, doc
from videobar.contract.operation import Certainty, Danger, InPath, InQuery, delete, get
from videobar.errors import NoSuchLogEntry
from videobar.vocabulary import CallTransport, LoggedCallType

Limit = Annotated[int, Meta(ge=0)]


class CallLogEntry(WireModel, kw_only=True):
    """One call that is over."""

    address: Annotated[str, doc("As it was dialled, unchanged; of a caller, `user@host`.")]
    call_type: Annotated[str, doc("`UNKNOWN`.")] = "UNKNOWN"
    caller_id: Annotated[str, doc("Name that the far end gives itself.")]
    cause_code: Annotated[
        CauseCode, doc("0 for a call that was connected and ended as calls do, else a cause of ITU-T Q.850.")
    ]
    connected: Annotated[bool, doc("Whether it was connected.")]
    duration: Annotated[int, doc("Whole seconds from connection to end; 0 where there was none.")]
    end_time: Annotated[EpochMs, doc("Time at which it ended.")]
    name: Annotated[str, doc("Name of the far end.")]
    precedence_level: Annotated[str, doc("`none`.")] = "none"
    rate: Annotated[int, doc("Call rate in kbit/s.")]
    row_id: Annotated[int, doc("Its number; numbers grow from call to call.")]
    start_time: Annotated[EpochMs, doc("Time at which it was dialled or began to ring.")]
    transport_type: Annotated[CallTransport, doc("`voice_sip` for a call without video.")]
    type: Annotated[
        LoggedCallType,
        doc(
            "MISSED is a call that nobody here took. Decided here: RECEIVED, also for one that was declined."
        ),
    ]
    outgoing_call: Annotated[bool, doc("Whether this room called.")]


class CallLog(Protocol):
    """Actions on the call log."""

    @get(
        "calllog_entries_get",
        "/calllog/entries",
        documented=False,
        certainty=Certainty.RECORDED,
        decided=(
            "without `limit`, those that are to be shown as recent calls: 100, unless "
            "`call.recentCalls.enable` or `call.recentCalls.maxNumberToDisplay` is set otherwise."
        ),
    )
    async def entries(
        self,
        limit: Annotated[Limit | None, InQuery("limit"), doc("At most so many.")] = None,
    ) -> list[CallLogEntry]:
        """The latest calls that are over, newest first. The room remembers 1000."""
        ...

    @delete("calllog_entries_clear", "/calllog/entries", own=True, documented=False, danger=Danger.DELETES)
    async def clear(self) -> None:
        """Forget all calls."""
        ...

    @delete(
        "calllog_entry_delete",
        "/calllog/entries/{rowId}",
        own=True,
        documented=False,
        danger=Danger.DELETES,
        errors=(NoSuchLogEntry,),
    )
    async def delete(
        self, row_id: Annotated[int, InPath("rowId"), doc("Number of the entry.", ge=0, le=2**63 - 1)]
    ) -> None:
        """Forget one call."""
        ...
