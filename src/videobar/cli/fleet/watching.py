"""`videobar watch`: what changes in rooms, a line for each change, as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from enum import Enum
from typing import Any

from videobar.cli.command.arguments import (
    Act,
    Argument,
    Command,
    Kind,
    Options,
    Surroundings,
    UsageError,
    decimal_number,
    whole_number,
)
from videobar.cli.command.catalog import summary_of
from videobar.cli.command.everywhere import profiles_like
from videobar.cli.output.readable import Cause, Moment
from videobar.cli.output.views import NOTHING, Answer, cell
from videobar.client.watch import (
    SHORTEST_INTERVAL_S,
    CallStateChanged,
    CameraChanged,
    Change,
    MutedChanged,
    MuteLockChanged,
    RoomAway,
    RoomBack,
    SystemStateChanged,
    VideoMuteChanged,
    VolumeChanged,
    watch,
)
from videobar.contract.index import Areas
from videobar.errors import VideobarError

DEFAULT_INTERVAL_S = 2.0
NAMES: dict[type[Any], str] = {
    MutedChanged: "muted",
    MuteLockChanged: "mute locked",
    VolumeChanged: "volume",
    VideoMuteChanged: "video muted",
    SystemStateChanged: "system",
    CameraChanged: "camera",
    CallStateChanged: "call",
    RoomAway: "away",
    RoomBack: "back",
}
ROOMS = Argument(
    "rooms",
    "rooms, in place of --room: profiles, hosts and patterns",
    (),
    "ROOM",
    kind=Kind.REPEATED,
    complete=profiles_like,
)


def command() -> Command:
    """The verb."""
    return Command(
        ("watch",),
        summary_of("watch"),
        (
            ROOMS,
            Argument("initial", "begin with what is so now", ("--initial",), kind=Kind.SWITCH),
            Argument(
                "interval",
                f"pause between two looks at a room (default: {DEFAULT_INTERVAL_S:g})",
                ("--interval",),
                "SECONDS",
                decimal_number,
            ),
            Argument("seconds", "end after so long", ("--for",), "SECONDS", decimal_number),
            Argument("count", "end after so many changes of a room", ("--count",), "N", whole_number),
        ),
        _prepare,
        "Until Ctrl-C, unless --for or --count say otherwise. Each room is asked every two seconds, one question at a "
        "time, and less and less often while it does not answer. With --json each line is an object: time, "
        "room, change, before, after, and of calls connection, address, incoming and cause.",
        emits=True,
    )


def _prepare(options: Options) -> Act:
    interval = DEFAULT_INTERVAL_S if options.interval is None else options.interval
    if not SHORTEST_INTERVAL_S <= interval <= 3600:
        raise UsageError(f"--interval: must be from {SHORTEST_INTERVAL_S:g} to 3600")
    if options.seconds is not None and not 0 < options.seconds < float("inf"):
        raise UsageError("--for: must be more than 0")
    if options.count is not None and options.count < 1:
        raise UsageError("--count: must be 1 or more")

    async def act(room: Areas, around: Surroundings) -> Answer:
        changes = watch(room, around.clock, interval, initial=bool(options.initial))
        try:
            async with asyncio.timeout(options.seconds):
                await _follow(changes, around, options.count)
        except TimeoutError:
            pass
        except VideobarError as error:
            around.emit(_record(around, "ended", None, error.reason), f"ended: {error.reason}")
            raise
        return Answer(NOTHING, "")

    return act


async def _follow(changes: AsyncGenerator[Change, None], around: Surroundings, count: int | None) -> None:
    seen = 0
    async with aclosing(changes):
        async for change in changes:
            around.emit(record_of(change, around), line_of(change))
            seen += 1
            if seen == count:
                return


def record_of(change: Change, around: Surroundings) -> dict[str, Any]:
    """A change as fields, the same ones for each; what a change does not have is `None`."""
    name = NAMES[type(change)]
    match change:
        case RoomAway():
            return _record(around, name, None, change.error.reason)
        case RoomBack():
            return _record(around, name, None, None)
        case CallStateChanged():
            one = change.connection
            cause = Cause(one.cause_code) if one.cause_code else None
            return _record(
                around, name, change.before, change.after, one.id, one.address, one.incoming, cause
            )
        case _:
            return _record(around, name, change.before, change.after)


def _record(
    around: Surroundings,
    change: str,
    before: Any,
    after: Any,
    connection: str | None = None,
    address: str | None = None,
    incoming: bool | None = None,
    cause: Cause | None = None,
) -> dict[str, Any]:
    return {
        "time": Moment(around.clock.now_ms(), 1000),
        "room": around.room,
        "change": change,
        "before": _word(before),
        "after": _word(after),
        "connection": connection,
        "address": address,
        "incoming": incoming,
        "cause": cause,
    }


def line_of(change: Change) -> str:
    """A change in words."""
    name = NAMES[type(change)]
    match change:
        case RoomAway():
            return f"{name}: {change.error.reason}"
        case RoomBack():
            return name
        case CallStateChanged():
            one = change.connection
            way = "from" if one.incoming else "to"
            cause = f", {Cause(one.cause_code)}" if one.cause_code else ""
            return f"{name} {one.id} {way} {one.address}: {_step(change.before, change.after)}{cause}"
        case _:
            return f"{name}: {_step(change.before, change.after)}"


def _step(before: Any, after: Any) -> str:
    return cell(_word(after)) if before is None else f"{cell(_word(before))} -> {cell(_word(after))}"


def _word(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
