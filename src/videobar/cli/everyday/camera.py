"""`videobar camera left`: moves the camera that is in use, for a while."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from videobar.cli.command.arguments import (
    Act,
    Argument,
    Command,
    Kind,
    Options,
    Surroundings,
    UsageError,
    decimal_number,
)
from videobar.cli.everyday.presets import PRESET, on_preset
from videobar.cli.output.views import NOTHING, Answer
from videobar.client.camera import LONGEST_MOVE_S, Camera
from videobar.contract.cameras import CameraDirection
from videobar.contract.index import Areas

WORD = "camera"
DEFAULT_S = 0.5
MOVES = {
    "left": (CameraDirection.LEFT, "Turn left"),
    "right": (CameraDirection.RIGHT, "Turn right"),
    "up": (CameraDirection.UP, "Tilt up"),
    "down": (CameraDirection.DOWN, "Tilt down"),
    "zoom-in": (CameraDirection.ZOOM_IN, "Zoom in"),
    "zoom-out": (CameraDirection.ZOOM_OUT, "Zoom out"),
}
FAR = Argument("far", "the camera of the far end", ("--far",), kind=Kind.SWITCH)
SECONDS = Argument(
    "seconds",
    f"how long to move, at most {LONGEST_MOVE_S:g}; {DEFAULT_S} when left out",
    (),
    "SECONDS",
    decimal_number,
)


def commands() -> tuple[Command, ...]:
    """The commands to a camera."""
    moves = (
        Command(
            (WORD, word),
            summary,
            (SECONDS, FAR),
            _moving(direction, word),
            f"{summary}, and stop; also when it is interrupted with Ctrl-C.",
        )
        for word, (direction, summary) in MOVES.items()
    )
    return (
        *moves,
        Command(
            (WORD, "stop"), "Stop the move that is under way", (FAR,), lambda options: _act(options, _stop)
        ),
        Command((WORD, "recall"), "Go to a preset", (PRESET,), on_preset(Camera.recall, "at preset")),
        Command(
            (WORD, "store"),
            "Store where it looks as a preset",
            (PRESET,),
            on_preset(Camera.store, "stored preset"),
        ),
    )


def _moving(direction: CameraDirection, word: str) -> Callable[[Options], Act]:
    def prepare(options: Options) -> Act:
        seconds = DEFAULT_S if options.seconds is None else options.seconds
        if not 0 < seconds <= LONGEST_MOVE_S:
            raise UsageError(f"SECONDS: must be more than 0 and at most {LONGEST_MOVE_S:g}")

        async def move(camera: Camera) -> str:
            await camera.move(direction, seconds)
            return f"moved {word} for {seconds:g} s"

        return _act(options, move)

    return prepare


async def _stop(camera: Camera) -> str:
    await camera.stop()
    return "stopped"


def _act(options: Options, do: Callable[[Camera], Awaitable[str]]) -> Act:
    async def act(room: Areas, around: Surroundings) -> Answer:
        said = await do(Camera(room, around.clock, far=bool(getattr(options, FAR.dest, False))))
        return Answer(NOTHING, said)

    return act
