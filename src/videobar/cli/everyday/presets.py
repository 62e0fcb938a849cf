"""`videobar preset`: where cameras look, stored under numbers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from videobar.cli.command.arguments import (
    Act,
    Argument,
    Command,
    Options,
    Surroundings,
    UsageError,
    whole_number,
)
from videobar.cli.output.views import NOTHING, Answer, Table
from videobar.client.camera import Camera
from videobar.contract.index import Areas

WORD = "preset"
HEADINGS = ("preset", "stored", "image")
PRESET = Argument("preset", "number of the preset, 0 to 9", (), "N", whole_number, required=True)


def commands() -> tuple[Command, ...]:
    """The commands for presets."""
    return (
        Command((WORD, "list"), "Show which presets are stored", (), lambda _: _list),
        Command((WORD, "recall"), "Go to a preset", (PRESET,), on_preset(Camera.recall, "at preset")),
        Command(
            (WORD, "store"),
            "Store where the camera looks as a preset",
            (PRESET,),
            on_preset(Camera.store, "stored preset"),
        ),
        Command((WORD, "clear"), "Forget a preset", (PRESET,), on_preset(Camera.clear, "cleared preset")),
    )


def on_preset(do: Callable[[Camera, int], Awaitable[None]], said: str) -> Callable[[Options], Act]:
    """Does something with the preset of the options, and prints a confirmation."""

    def prepare(options: Options) -> Act:
        if not 0 <= options.preset <= 9:
            raise UsageError("N: must be from 0 to 9")

        async def act(room: Areas, around: Surroundings) -> Answer:
            await do(Camera(room, around.clock), options.preset)
            return Answer(NOTHING, f"{said} {options.preset}")

        return act

    return prepare


async def _list(room: Areas, _: Surroundings) -> Answer:
    presets = await room.cameras.near_presets()
    rows = tuple((one.index, one.stored, one.image_location or None) for one in presets)
    return Answer(presets, Table(HEADINGS, rows))
