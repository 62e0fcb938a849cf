"""`videobar demo`: two rooms on this host call each other with video, to be looked at."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from msgspec import UNSET

from videobar.cli.command.arguments import Argument, LocalCommand, Options
from videobar.cli.command.catalog import summary_of
from videobar.cli.command.exits import Exit
from videobar.cli.output.views import Table

if TYPE_CHECKING:
    from videobar.client.aio import AsyncRoom
    from videobar.contract.streams import MediaStatistics

SECONDS = Argument("seconds", "how long to call, in seconds; 15 if left out", ("--seconds",), "N")
FOLDER = Argument(
    "folder", "where to leave the pictures; videobar-demo if left out", ("--folder",), "DIR", is_file=True
)
DEFAULT_SECONDS = 15
LONGEST_S = 3600
DEFAULT_FOLDER = "videobar-demo"
CONNECT_S = 30.0
TURN_S = 1.0
UP_TO = "\x1b[{lines}A\x1b[J"
"""Moves the cursor up and clears what is below (ECMA-48, CUU and ED)."""
ROOMS = {"lobby": "drawn:", "board": "pattern:"}
"""The rooms, and what their cameras see."""
HEADINGS = (
    "room",
    "media",
    "way",
    "codec",
    "size",
    "fps",
    "kbit/s",
    "packets",
    "lost",
    "lost %",
    "jitter ms",
)


def commands() -> tuple[LocalCommand, ...]:
    """The one command."""
    return (
        LocalCommand(
            "demo",
            summary_of("demo"),
            "Run two rooms on this host, one with a drawn room before its camera and one with a pattern. They call "
            "each other with video over the loopback interface while a table shows the statistics of all streams; at "
            "the end, the pictures that each took and saw are left as JPEG files.",
            (SECONDS, FOLDER),
            _run,
        ),
    )


def _run(options: Options) -> int:
    """Run the demonstration; returns the exit status."""
    seconds = _seconds(options.seconds)
    if seconds is None:
        print(f"videobar: --seconds must be a whole number from 1 to {LONGEST_S}", file=sys.stderr)
        return Exit.USAGE
    from videobar.errors import StartError, VideobarError

    folder = Path(options.folder or DEFAULT_FOLDER)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        asyncio.run(_demonstrate(seconds, folder, sys.stdout))
    except OSError as error:
        print(f"videobar: {error.filename or folder}: {error.strerror or error}", file=sys.stderr)
        return Exit.REFUSED
    except (StartError, VideobarError) as error:
        print(f"videobar: {getattr(error, 'detail', '') or error}", file=sys.stderr)
        return Exit.REFUSED
    return Exit.DONE


def _seconds(text: str | None) -> int | None:
    if text is None:
        return DEFAULT_SECONDS
    good = text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= LONGEST_S
    return int(text) if good else None


async def _demonstrate(seconds: int, folder: Path, out: TextIO) -> None:
    from videobar.in_process import local_room

    lobby, board = ROOMS
    async with (
        local_room(cameras=ROOMS[lobby], microphone="tone:440") as caller,
        local_room(cameras=ROOMS[board], microphone="tone:660", auto_answer="true") as called,
    ):
        rooms = {lobby: caller, board: called}
        port = (await called.system.engine()).sip_port
        print(f"{lobby} calls {board} at sip:room@127.0.0.1:{port}", file=out, flush=True)
        call = await caller.dial(f"sip:room@127.0.0.1:{port}")
        await call.connected(timeout=CONNECT_S)
        await _show(rooms, seconds, out)
        for name, room in rooms.items():
            await _leave_pictures(name, room, folder, out)
        await call.hang_up()


async def _show(rooms: dict[str, AsyncRoom], seconds: int, out: TextIO) -> None:
    """The table once a second, in place on a terminal; elsewhere only the last one."""
    terminal = out.isatty()
    from videobar.cli.output.painting import Painter

    painter = Painter.of(out)
    lines: list[str] = []
    for _ in range(seconds):
        await asyncio.sleep(TURN_S)
        if terminal and lines:
            out.write(UP_TO.format(lines=len(lines)))
        lines = painter.lines(await _table(rooms))
        if terminal:
            print("\n".join(lines), file=out, flush=True)
    if not terminal:
        print("\n".join(lines), file=out, flush=True)


async def _table(rooms: dict[str, AsyncRoom]) -> Table:
    rows: list[tuple[Any, ...]] = []
    for name, room in rooms.items():
        rows += _rows(name, await room.conferences.media_statistics("0"))
    return Table(HEADINGS, tuple(rows))


def _rows(name: str, statistics: Sequence[MediaStatistics]) -> list[tuple[Any, ...]]:
    return [
        (
            name,
            row.media_type,
            row.media_direction,
            row.media_algorithm,
            "" if row.media_format is UNSET else row.media_format,
            "" if row.actual_frame_rate is UNSET else row.actual_frame_rate,
            row.actual_bit_rate,
            row.total_packets,
            row.packet_loss,
            row.percent_packet_loss,
            row.jitter,
        )
        for row in statistics
    ]


async def _leave_pictures(name: str, room: AsyncRoom, folder: Path, out: TextIO) -> None:
    from videobar.errors import NoSuchResource

    for which in ("near", "far"):
        file = folder / f"{name}_{which}.jpg"
        try:
            picture = await room.cameras.snapshot(f"{which}_image_1.jpg")
        except NoSuchResource:
            print(f"{name}: no {which} picture", file=out, flush=True)
            continue
        file.write_bytes(b"".join([chunk async for chunk in picture.chunks]))
        print(f"{file}: {'taken' if which == 'near' else 'seen'} by {name}", file=out, flush=True)
