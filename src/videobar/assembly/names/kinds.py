"""Kinds of device names, by how they are read and set: never, by a part of the room, or by what settings are kept."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from videobar.assembly.configured import Configured
from videobar.room.system.configuration import (
    Value,
    Variable,
    as_text,
    as_whole_number,
    as_yes_or_no,
)

Write = Callable[[Value], Awaitable[None]]
Texts = Mapping[str, str | None]
"""New values of settings, as they are written in files; `None` is the default."""
OFF: Final = "Off"


def each(names: str, variable: Variable) -> Iterator[Variable]:
    """The same under several names."""
    for name in names.split():
        yield replace(variable, name=name)


def read_only(names: str, meaning: str, read: Callable[[], Value], why: str = "") -> Iterator[Variable]:
    """Read-only variables; `why` is the reason."""
    yield from each(names, Variable("", meaning, read, fixed=why or Variable.fixed))


def state(names: str, meaning: str, read: Callable[[], Value], write: Write) -> Iterator[Variable]:
    """Variables whose value a part of the room keeps."""
    yield from each(names, Variable("", meaning, read, write))


def setting(
    names: str,
    configured: Configured,
    settings: str,
    show: Callable[[Any], Value],
    take: Callable[[Value], Texts],
    meaning: str = "",
) -> Iterator[Variable]:
    """Variables kept in settings (their names with spaces between them), the first of which is shown."""
    kept = settings.split()

    async def write(value: Value) -> None:
        await configured.write(take(value))

    item = configured.item(kept[0])
    yield from each(
        names,
        Variable(
            "",
            meaning or item.help,
            lambda: show(configured.value(kept[0])),
            write if any(configured.editable(name) for name in kept) else None,
            at_restart=not all(configured.is_live(name) for name in kept),
            secure=item.secret,
            waits=lambda: configured.waits(*kept),
            fixed="it was set at the start of the room",
        ),
    )


def truth(setting: str) -> Callable[[Value], Texts]:
    """A truth, as a setting has it."""
    return lambda value: {setting: as_text(as_yes_or_no(value))}


def number(setting: str) -> Callable[[Value], Texts]:
    """A whole number, as a setting has it."""
    return lambda value: {setting: as_text(as_whole_number(value))}


def text(setting: str) -> Callable[[Value], Texts]:
    """A text; an empty one goes back to the default."""
    return lambda value: {setting: as_text(value).strip() or None}


def letters(value: Value) -> str:
    """A word as it is compared: `When_Available` and `when available` are the same."""
    return re.sub(r"[\s_-]", "", as_text(value)).lower()
