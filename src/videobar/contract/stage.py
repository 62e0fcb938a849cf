"""`/x/stage`: what integrators can make happen to a room, to see what their control code makes of it."""

from __future__ import annotations

from typing import Annotated, Protocol

from msgspec import Meta

from videobar.contract.model import LONGEST_ID, WireModel, doc
from videobar.contract.operation import Danger, InPath, delete, get, post
from videobar.errors import FaultsNotAllowed, NoSuchConnection, NotInCall, NotSimulated
from videobar.vocabulary import FarAct, FaultKind

LONGEST_DELAY_MS = 60_000
LONGEST_FAULT_S = 3600
MOST_REQUESTS = 100_000
STAGED = (NotSimulated,)
FAULTY = (FaultsNotAllowed,)


class StagedCall(WireModel, kw_only=True):
    """Somebody who shall call the room."""

    address: Annotated[str, doc("`user@host` of the caller.", min_length=1, max_length=200)] = "caller@sim"
    name: Annotated[str, doc("Name of the caller.", max_length=200)] = ""


class StagedConnection(WireModel, kw_only=True):
    """The call of somebody who was let call."""

    id: Annotated[
        str | None,
        doc("Id of its connection; null where the room refused it at once: busy, or not to be disturbed."),
    ]


class StagedAct(WireModel, kw_only=True):
    """Act of a simulated far end."""

    act: Annotated[FarAct, doc("Act of the far end.")]
    digits: Annotated[str, doc("With `digits`: what it sends, of `0123456789*#ABCD`.", max_length=64)] = ""


class FaultRequest(WireModel, kw_only=True):
    """A fault that the room shall show, for so many requests or seconds, whatever ends first."""

    kind: Annotated[FaultKind, doc("Kind of fault.")]
    requests: Annotated[
        Annotated[int, Meta(ge=1, le=MOST_REQUESTS)] | None,
        doc("Number of requests that it strikes; every request when left out."),
    ] = None
    seconds: Annotated[
        float,
        doc("Maximum duration. For `outage`: time for which the room is away.", gt=0, le=LONGEST_FAULT_S),
    ] = 60.0
    delay_ms: Annotated[
        int, doc("With `slow`: milliseconds by which answers are late.", ge=0, le=LONGEST_DELAY_MS)
    ] = 2000
    status: Annotated[int, doc("With `serverError`: the status.", ge=500, le=599)] = 503


class Fault(WireModel, kw_only=True):
    """A fault that the room shows now."""

    id: Annotated[str, doc("Its id.")]
    kind: Annotated[FaultKind, doc("Kind of fault.")]
    requests_left: Annotated[
        int | None, doc("Number of requests that it will still strike; null: not counted.")
    ]
    seconds_left: Annotated[float, doc("After how many seconds it ends at the latest.")]
    struck: Annotated[int, doc("Number of requests that it has struck.")]
    delay_ms: Annotated[int, doc("Milliseconds by which answers are late; 0 but for `slow`.")]
    status: Annotated[int, doc("The status of answers; 0 but for `serverError`.")]


class Stage(Protocol):
    """Actions that stage what happens to a room: calls, far ends, faults. Real devices have none of them."""

    @post("stage_incoming", "/stage/incoming", own=True, documented=False, errors=STAGED)
    async def incoming(self, request: StagedCall) -> StagedConnection:
        """Let somebody call the room; only where the far ends are simulated (`--engine simulated`).

        Below `/x/stage` fields that are not known are refused.
        """
        ...

    @post(
        "stage_far_end",
        "/stage/farends/{connID}",
        own=True,
        documented=False,
        errors=(*STAGED, NoSuchConnection, NotInCall),
    )
    async def far_end(
        self,
        connection_id: Annotated[str, InPath("connID"), doc("Id of the connection.", max_length=LONGEST_ID)],
        request: StagedAct,
    ) -> None:
        """Let a connected far end do something; only where the far ends are simulated."""
        ...

    @get("stage_faults_get", "/stage/faults", own=True, documented=False, errors=FAULTY)
    async def faults(self) -> list[Fault]:
        """The faults that the room shows now, oldest first.

        No fault strikes actions below `/x/stage`, so that faults can be seen and cleared; but nothing reaches a room
        during an outage.
        """
        ...

    @post(
        "stage_faults_add",
        "/stage/faults",
        own=True,
        documented=False,
        danger=Danger.ENDS_CALLS,
        errors=FAULTY,
    )
    async def add_fault(self, request: FaultRequest) -> Fault:
        """Let the room show a fault; only with `--engine simulated` or `--allow-faults`.

        An outage begins when this has been answered: calls and sessions end, the port refuses connections for so many
        seconds, and the room is back with its uptime at zero.
        """
        ...

    @delete("stage_faults_clear", "/stage/faults", own=True, documented=False, errors=FAULTY)
    async def clear_faults(self) -> None:
        """End all faults."""
        ...
