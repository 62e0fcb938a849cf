"""`videobar config get` and `set`: the configuration of a room by names, on devices and on rooms of this project."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Sequence

from videobar.cli.command.arguments import Act, Argument, Command, Options, Surroundings, UsageError
from videobar.cli.output.views import Answer, Table
from videobar.contract.config import (
    ConfigAnswer,
    ConfigChange,
    ConfigDescription,
    ConfigRequest,
    ConfigVariable,
)
from videobar.contract.index import Areas
from videobar.errors import AccessDenied, AnswerNotUnderstood, InvalidRequest, NotBuiltYet, NotThere

AREA = "config"
NO_ERROR = "NOERROR"
NO_SUCH_NAME = "NOSUCHNAME"
WILDCARDS = frozenset("*?[")


def commands() -> tuple[Command, ...]:
    """The two of them."""
    return (
        Command(
            (AREA, "get"),
            "Show the configuration, or some of its names",
            (
                Argument(
                    "names",
                    "names, beginnings of names (audio) and patterns ('audio.*') with commas between them; all when "
                    "left out",
                    (),
                    "NAMES",
                ),
            ),
            _get,
            "Show the configuration, or some of its names. A device must be told whole names; rooms of this project "
            "list all that they know, and find beginnings and patterns among them. The status is 1 when there is no "
            "such name.",
        ),
        Command(
            (AREA, "set"),
            "Set one name of the configuration",
            (
                Argument("name", "which one: audio.volume.speakervolume", (), "NAME", required=True),
                Argument("value", "the new value", (), "VALUE", required=True),
            ),
            _set,
            "Set one name of the configuration. Says when the new value is only used from the next start on.",
        ),
    )


def _get(options: Options) -> Act:
    if options.names is None:
        return _get_all
    words = [name.strip() for name in options.names.split(",") if name.strip()]
    if not words:
        raise UsageError("NAMES: names nothing")

    async def act(room: Areas, _: Surroundings) -> Answer:
        return await _get_some(room, words)

    return act


async def _get_all(room: Areas, _: Surroundings) -> Answer:
    known = await room.config.variables()
    rows = tuple((each.name, each.value, each.meaning) for each in known)
    return Answer(known, Table(("name", "value", "meaning"), rows))


async def _get_some(room: Areas, words: Sequence[str]) -> Answer:
    """The variables that the words name: whole names, else beginnings and patterns of names that the room lists."""
    whole = [word for word in words if not WILDCARDS & set(word)]
    asked = await room.config.act(ConfigRequest(names=whole)) if whole else ConfigAnswer(vars=[])
    read = {each.name.casefold(): each for each in asked.vars}
    exact = {name: each for name, each in read.items() if each.result == NO_ERROR}
    known = None if exact.keys() >= {word.casefold() for word in words} else await _listed(room)
    found: dict[str, ConfigVariable] = {}
    missing: list[str] = []
    for word in words:
        one = exact.get(word.casefold())
        matches = [one] if one else [_read(each) for each in known or () if _means(word, each.name)]
        found |= {each.name.casefold(): each for each in matches}
        if not matches:
            missing.append(_missing(word, read.get(word.casefold()), known))
    if not found:
        raise InvalidRequest("; ".join(missing), heard="; ".join(missing))
    return Answer(
        ConfigAnswer(vars=[*found.values()]),
        Table(("name", "value"), tuple((each.name, each.value or "") for each in found.values())),
        good=not missing,
        complaint="; ".join(missing),
    )


async def _listed(room: Areas) -> Sequence[ConfigDescription] | None:
    """All names of the room, or `None` where it does not list them, as devices do not."""
    try:
        return await room.config.variables()
    except (AccessDenied, NotThere, NotBuiltYet, AnswerNotUnderstood):
        return None


def _means(word: str, name: str) -> bool:
    word, name = word.casefold(), name.casefold()
    return fnmatch.fnmatchcase(name, word) or name.startswith(f"{word.rstrip('.')}.")


def _read(description: ConfigDescription) -> ConfigVariable:
    """The answer that reading the variable by its name would give."""
    return ConfigVariable(
        name=description.name,
        result=NO_ERROR,
        value=description.value,
        is_editable=description.is_editable,
        is_hidden=False,
        is_secure=description.is_secure,
    )


def _missing(word: str, read: ConfigVariable | None, known: Sequence[ConfigDescription] | None) -> str:
    if read is not None and read.result != NO_SUCH_NAME:
        return f"{word}: {read.result}"
    if known is None and read is None:
        return f"{word}: this room does not list its configuration, so patterns find nothing; say whole names"
    alike = difflib.get_close_matches(word, [each.name for each in known or ()], 1)
    return f"no variable is named {word!r}" + (f"; did you mean {alike[0]}?" if alike else "")


def _set(options: Options) -> Act:
    change = ConfigChange(name=options.name, value=options.value)

    async def act(room: Areas, _: Surroundings) -> Answer:
        answer = await room.config.act(ConfigRequest(vars=[change]))
        for each in answer.vars:
            if each.result != NO_ERROR:
                raise _refused(each)
        return Answer(answer, await _how_set(room, change.name, waits=answer.reboot_needed is True))

    return act


async def _how_set(room: Areas, name: str, *, waits: bool) -> str:
    """Message after a change: the answer only says that some value waits for the next start, not which."""
    if not waits:
        return "set"
    known = {each.name.casefold(): each for each in await _listed(room) or ()}
    mine = known.get(name.casefold())
    if mine is None:
        return "set; the room waits for a restart"
    return "set, from the next start on" if mine.at_restart else "set"


def _refused(row: ConfigVariable) -> InvalidRequest:
    if row.result == NO_SUCH_NAME:
        said = f"no variable is named {row.name!r}"
        return InvalidRequest(said, heard=said)
    reason = f": {row.reason}" if isinstance(row.reason, str) else ""
    return InvalidRequest(f"{row.name}: {row.result}{reason}")
