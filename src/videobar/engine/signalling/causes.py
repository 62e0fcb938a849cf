"""Between SIP status codes and ITU-T Q.850 causes (RFC 3398 sections 7.2.4.1 and 8.2.6.1)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from videobar.room.calls.port import Cause, Refusal

CAUSES: Mapping[int, int] = MappingProxyType(
    {
        400: Cause.TEMPORARY_FAILURE,
        401: Cause.REJECTED,
        402: Cause.REJECTED,
        403: Cause.REJECTED,
        404: Cause.UNALLOCATED,
        407: Cause.REJECTED,
        408: Cause.NO_RESPONSE,
        410: Cause.UNALLOCATED,
        415: Cause.NOT_ACCEPTABLE,
        480: Cause.NO_RESPONSE,
        484: Cause.INVALID_ADDRESS,
        485: Cause.UNALLOCATED,
        486: Cause.BUSY,
        487: Cause.NORMAL,
        488: Cause.NOT_ACCEPTABLE,
        503: Cause.TEMPORARY_FAILURE,
        504: Cause.TIMER_EXPIRED,
        600: Cause.BUSY,
        603: Cause.REJECTED,
        604: Cause.UNALLOCATED,
        606: Cause.NOT_ACCEPTABLE,
    }
)

STATUSES: Mapping[Refusal, int] = MappingProxyType(
    {Refusal.DECLINED: 603, Refusal.BUSY: 486, Refusal.NO_ANSWER: 480, Refusal.IGNORED: 480}
)


def cause_of(status: int | None) -> int:
    """The cause that a final SIP status means; the end of a connected call is a normal one."""
    if status is None or status < 300:
        return Cause.NORMAL
    if status >= 500:
        return CAUSES.get(status, Cause.TEMPORARY_FAILURE)
    return CAUSES.get(status, Cause.UNSPECIFIED)
