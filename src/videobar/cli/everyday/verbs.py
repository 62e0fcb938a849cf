"""The everyday verbs: what people do with a room most, in one word."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from videobar.cli.command.arguments import (
    Act,
    Argument,
    Command,
    Kind,
    Options,
    Surroundings,
    UsageError,
    ValueInvalid,
    chosen,
    whole_number,
)
from videobar.cli.command.catalog import summary_of
from videobar.cli.everyday import meetings
from videobar.cli.everyday.calls import answer, calls, dial, hang_up, table_of
from videobar.cli.fleet import forgetting, inventory, watching
from videobar.cli.output import downloads
from videobar.cli.output.views import Answer, Blocks, Properties, Table, View, view_of
from videobar.cli.rest import conform
from videobar.client import search as directory
from videobar.contract.calls import DialRequest
from videobar.contract.directory import Device, Entry, Page
from videobar.contract.index import Areas
from videobar.contract.operation import Danger
from videobar.contract.system import RebootRequest
from videobar.errors import AnswerNotUnderstood, NotBuiltYet, NotThere, Unavailable, VideobarError
from videobar.vocabulary import DialType

SNAPSHOTS = {"near": "near_image_1.jpg", "far": "far_image_1.jpg", "content": "content_image_1.jpg"}


def commands() -> tuple[Command, ...]:
    """All verbs, in the order that help shows them."""
    return (
        *_call_verbs(),
        *meetings.commands(),
        *_sound_verbs(),
        *_room_verbs(),
        watching.command(),
        conform.command(),
        forgetting.forget(),
        inventory.command(),
        forgetting.logout(),
    )


def _call_verbs() -> tuple[Command, ...]:
    types = tuple(DialType)
    return (
        Command(
            ("dial",),
            summary_of("dial"),
            (
                Argument("address", "address to dial: sip:user@host, user@host or host", required=True),
                Argument(
                    "rate",
                    "call rate in kbit/s; the room's own when left out",
                    ("--rate",),
                    "N",
                    whole_number,
                ),
                Argument(
                    "type", f"how to dial: {', '.join(types)}", ("--type",), "WORD", chosen(types), types
                ),
                Argument("wait", "wait until the call is connected", ("--wait",), kind=Kind.SWITCH),
            ),
            _dial,
            "With --wait, the status is 1 when the call ends before it is connected. Ctrl-C stops the waiting, "
            "not the call.",
        ),
        Command(
            ("answer",),
            summary_of("answer"),
            (Argument("id", "id of the connection; the one that waits longest when left out"),),
            lambda options: lambda room, _: answer(room, options.id),
        ),
        Command(
            ("hangup",),
            summary_of("hangup"),
            (Argument("id", "id of the connection, as calls shows it; all when left out"),),
            lambda options: lambda room, _: hang_up(room, options.id),
            "Asks first, unless --yes is given. Calls that still ring end too.",
            Danger.ENDS_CALLS,
        ),
        Command(("calls",), summary_of("calls"), (), lambda _: _plain(calls)),
    )


def _sound_verbs() -> tuple[Command, ...]:
    return (
        Command(("mute",), summary_of("mute"), (), lambda _: _setting_mute(True)),
        Command(("unmute",), summary_of("unmute"), (), lambda _: _setting_mute(False)),
        Command(
            ("volume",),
            summary_of("volume"),
            (
                Argument(
                    "volume",
                    "0 (silent) to 100, or a change: +5, -5; shows the volume when left out",
                    (),
                    "N",
                    _level,
                ),
            ),
            _volume,
        ),
    )


def _room_verbs() -> tuple[Command, ...]:
    return (
        Command(("status",), summary_of("status"), (), lambda _: _plain(status)),
        Command(
            ("snapshot",),
            summary_of("snapshot"),
            (
                Argument(
                    downloads.OUTPUT,
                    "where to write, - for standard output",
                    (),
                    "FILE",
                    required=True,
                    is_file=True,
                ),
                Argument(
                    "source",
                    f"which picture: {', '.join(SNAPSHOTS)} (default: near)",
                    ("--source",),
                    "WORD",
                    chosen(SNAPSHOTS),
                    tuple(SNAPSHOTS),
                ),
            ),
            _snapshot,
        ),
        Command(
            ("search",),
            summary_of("search"),
            (Argument("text", "words or digits to look for", (), "TEXT", required=True),),
            lambda options: lambda room, _: search(room, options.text),
        ),
        Command(
            ("reboot",),
            summary_of("reboot"),
            (),
            lambda _: _plain(reboot),
            "Asks first, unless --yes is given. Sessions and calls end.",
            Danger.RESTARTS,
        ),
        Command(
            ("logs",),
            summary_of("logs"),
            (
                Argument(
                    downloads.OUTPUT,
                    "where to write, - for standard output",
                    (),
                    "FILE",
                    required=True,
                    is_file=True,
                ),
            ),
            _logs,
        ),
    )


def _plain(verb: Callable[[Areas], Awaitable[Answer]]) -> Act:
    return lambda room, _: verb(room)


def _dial(options: Options) -> Act:
    request = DialRequest(
        address=options.address, rate=options.rate or 0, dial_type=DialType(options.type or DialType.AUTO)
    )
    if request.rate != 0 and not 0 < int(request.rate) < 10_000_000:
        raise UsageError("--rate: must be from 0 to 9999999")
    return lambda room, around: dial(room, request, around, wait=bool(options.wait))


def _setting_mute(muted: bool) -> Act:
    async def act(room: Areas, _: Surroundings) -> Answer:
        await room.audio.set_muted(muted)
        return Answer(muted, "muted" if muted else "not muted")

    return act


def _volume(options: Options) -> Act:
    wanted: _Level | None = options.volume

    async def act(room: Areas, _: Surroundings) -> Answer:
        if wanted is None or wanted.relative:
            volume = await room.audio.volume()
        else:
            volume = wanted.number
        if wanted is not None:
            if wanted.relative:
                volume = min(max(volume + wanted.number, 0), 100)
            await room.audio.set_volume(volume)
        return Answer(volume, str(volume))

    return act


@dataclass(frozen=True)
class _Level:
    """A volume, or with `relative` a change of it."""

    number: int
    relative: bool


def _level(text: str) -> _Level:
    """A parser of volumes and of changes of it."""
    number = whole_number(text)
    relative = text.strip().startswith(("+", "-"))
    if not (-100 if relative else 0) <= number <= 100:
        raise ValueInvalid("must be from 0 to 100, or a change of at most 100")
    return _Level(number, relative)


async def status(room: Areas) -> Answer:
    """System, sound, calls and health. Where a room lacks a part or answers nonsense, that is printed in its place.

    With none of the parts, that is the error.
    """
    parts: dict[str, Any] = {}
    shown: list[tuple[str, View]] = []
    asked: tuple[tuple[str, Callable[[], Awaitable[Any]], Callable[[Any], View]], ...] = (
        ("system", room.system.info, view_of),
        ("audio", room.audio.state, view_of),
        ("conferences", room.conferences.all, table_of),
        ("status", room.system.status, _health),
    )
    failed: VideobarError | None = None
    for title, ask, show in asked:
        try:
            value = await ask()
        except (AnswerNotUnderstood, NotBuiltYet, NotThere, Unavailable) as error:
            failed = error
            parts[title] = None
            shown.append((title, error.reason))
        else:
            parts[title] = value
            shown.append((title, show(value)))
    if failed is not None and all(value is None for value in parts.values()):
        raise failed
    return Answer(parts, Blocks(tuple(shown)))


def _health(rows: Any) -> View:
    return Properties(tuple((str(row["name"]), row.get("stateList")) for row in msgspec.to_builtins(rows)))


def _snapshot(options: Options) -> Act:
    picture = SNAPSHOTS[options.source or "near"]

    async def act(room: Areas, around: Surroundings) -> Answer:
        return await downloads.save(
            await room.cameras.snapshot(picture), getattr(options, downloads.OUTPUT), around
        )

    return act


def _logs(options: Options) -> Act:
    async def act(room: Areas, around: Surroundings) -> Answer:
        return await downloads.save(await room.system.logs(), getattr(options, downloads.OUTPUT), around)

    return act


async def search(room: Areas, text: str) -> Answer:
    """All entries that the room finds for `text`; the wire value is one page with all of them."""
    entries = await directory.search(room, text)
    rows = tuple(row for entry in entries for row in _entry_rows(entry))
    return Answer(Page(entries=entries, next=None), Table(("name", "address", "type", "email", "id"), rows))


def _entry_rows(entry: Entry) -> list[tuple[Any, ...]]:
    name = entry.display_name or entry.full_name or f"{entry.first_name} {entry.last_name}".strip()
    devices: list[Device | None] = [*entry.devices] or [None]
    return [
        (
            name,
            device.address if device else None,
            device.dial_type if device else entry.type,
            entry.email,
            entry.id,
        )
        for device in devices
    ]


async def reboot(room: Areas) -> Answer:
    """Restart, in the way that all firmware understands."""
    result = await room.system.reboot(RebootRequest(action="reboot"))
    return Answer(result, "restarts")
