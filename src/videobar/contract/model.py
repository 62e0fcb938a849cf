"""Shapes and value types that several areas share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, Struct


def doc(description: str, **bounds: Any) -> Meta:
    """The documentation of a field, and the bounds of its values."""
    return Meta(description=description, **bounds)


class WireModel(Struct, rename="camel", kw_only=True):
    """A JSON object of the API. Unknown fields are ignored when it is read."""


UNIT = "unit"
"""In the extra metadata of a number: its `Unit`."""


class Unit(StrEnum):
    """Unit of a number, for those who show it to people."""

    EPOCH_MS = "milliseconds since 1970-01-01T00:00Z"
    EPOCH_S = "seconds since 1970-01-01T00:00Z"
    CAUSE = "cause of ITU-T Q.850"


LONGEST_ID = 1024
"""Characters of an id in a path or a request; those of calendars are the longest."""

Word = Annotated[str, Meta(max_length=64)]
Line = Annotated[str, Meta(max_length=256)]
Text = Annotated[str, Meta(max_length=2048)]
Id = Annotated[str, Meta(max_length=LONGEST_ID)]
"""Texts of requests: none is without a bound."""

EpochMs = Annotated[int, doc("Milliseconds since 1970-01-01T00:00Z.", extra={UNIT: Unit.EPOCH_MS})]
EpochSeconds = Annotated[int, doc("Seconds since 1970-01-01T00:00Z.", extra={UNIT: Unit.EPOCH_S})]
CauseCode = Annotated[int, doc("Cause of ITU-T Q.850.", extra={UNIT: Unit.CAUSE})]
Volume = Annotated[int, doc("Speaker volume, 0 (silent) to 100.", ge=0, le=100)]
Rate = Annotated[
    int | Annotated[str, Meta(pattern=r"^[0-9]{1,7}$", max_length=7)],
    doc("Call rate in kbit/s, 0 for the room's default. Group Series clients send it as a string of digits."),
]


class Link(WireModel, kw_only=True):
    """Link, as a path without host."""

    href: Annotated[str, doc("Path of the thing: `/rest/conferences/0/connections/6`.")]
    rel: Annotated[str, doc("Always `item`.")] = "item"


class Success(WireModel, kw_only=True):
    """The answer of actions that say how they went."""

    success: Annotated[bool, doc("Whether it was done.")] = True
    reason: Annotated[str, doc("Reason for the failure; empty when it was done.")] = ""


class ErrorAnswer(WireModel, kw_only=True):
    """The body of every refusal that is JSON."""

    success: Annotated[bool, doc("Always false.")] = False
    reason: Annotated[str, doc("The name of the condition, then for people which field is wrong and how.")]


class Result(WireModel, kw_only=True):
    """A bare truth in an object."""

    result: Annotated[bool, doc("The answer.")]


@dataclass(frozen=True)
class Download:
    """An answer that is a file. `length` is in bytes, `None` when it is not known beforehand."""

    media_type: str
    filename: str
    chunks: AsyncIterator[bytes]
    length: int | None = None


@dataclass(frozen=True)
class Upload:
    """A request body that is a file, with the media type that the client gave it."""

    media_type: str
    content: bytes
    sent: Callable[[int], None] | None = field(default=None, compare=False, repr=False)
    """Called by a client, while it sends, with the number of bytes that are on their way."""
