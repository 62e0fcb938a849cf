"""`videobar devices`: the microphones, loudspeakers and cameras of this computer, in the words of the settings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from videobar.cli.command.arguments import Argument, Kind, LocalCommand, Options
from videobar.cli.command.catalog import summary_of
from videobar.cli.command.exits import Exit
from videobar.cli.output.printing import print_answer
from videobar.cli.output.views import Answer, Blocks, Table, View

DEVICES = Path("/dev")
NO_SOUND = "there is none; with PulseAudio or PipeWire, is the sound server running?"
JSON = Argument("json", "print JSON", ("--json",), kind=Kind.SWITCH)
HEADINGS = ("setting", "name")


def commands() -> tuple[LocalCommand, ...]:
    """The one command."""
    text = "List them as --microphone, --speaker and --cameras of 'videobar serve' take them."
    return (LocalCommand("devices", summary_of("devices"), text, (JSON,), _run),)


def _run(options: Options) -> int:
    print_answer(_devices(), "json" if options.json else "table")
    return Exit.DONE


def _devices() -> Answer:
    from videobar.media.audio.devices.listing import sound_devices  # only to list them

    sound = sound_devices()
    cameras, no_cameras = _cameras()
    parts = (
        ("microphones", "microphone", _sound(sound.input, sound.default_input), sound.problem or NO_SOUND),
        ("loudspeakers", "speaker", _sound(sound.output, sound.default_output), sound.problem or NO_SOUND),
        ("cameras", "cameras", cameras, no_cameras),
    )
    shown: list[tuple[str, View]] = []
    wire: dict[str, Any] = {}
    for name, setting, found, problem in parts:
        wire[name] = [dict(zip(HEADINGS, row, strict=True)) for row in found]
        shown.append((f"{name} (--{setting})", Table(HEADINGS, tuple(found)) if found else problem))
    wire["problems"] = list(dict.fromkeys(problem for *_, found, problem in parts if not found))
    return Answer(wire, Blocks(tuple(shown)))


def _sound(names: tuple[str, ...], default: str) -> list[tuple[str, str]]:
    first = [("device", f"{default} (the default)")] if default else []
    return [*first, *((f"device:{name}", name) for name in names)]


def _cameras() -> tuple[list[tuple[str, str]], str]:
    """Settings and names of cameras, and why there are none."""
    if not sys.platform.startswith("linux"):
        return [], "cameras of this computer are for Linux (Video4Linux)"
    from videobar.adapters.cameras.v4l2 import V4l2Device
    from videobar.files import require_video_device

    found: list[tuple[str, str]] = []
    refused: list[str] = []
    paths = sorted(DEVICES.glob("video[0-9]*"), key=lambda path: (len(path.name), path.name))
    for path in map(str, paths):
        try:
            require_video_device(path)
            card = V4l2Device(path).card()
        except OSError as error:
            refused.append(f"{path}: {error.strerror or error}")
            continue
        if card is not None:
            found.append((f"v4l2:{path}", card))
    if found:
        return found, ""
    return [], "; ".join(refused) or f"there is no video device (Video4Linux, {DEVICES}/video0 and so on)"
