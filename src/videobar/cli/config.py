"""`videobar config get` and `set`: the configuration of a room by names, on devices and on rooms of this project."""

from __future__ import annotations

from videobar.cli.arguments import Act, Argument, Command, Options, Surroundings
from videobar.cli.output import Answer, Table
from videobar.contract.config import ConfigChange, ConfigRequest, ConfigVariable
from videobar.contract.index import Areas
from videobar.errors import InvalidRequest

AREA = "config"
NO_ERROR = "NOERROR"


def commands() -> tuple[Command, ...]:
    """The two of them."""
    return (
        Command(
            (AREA, "get"),
            "Show the configuration, or some of its names",
            (Argument("names", "names with commas between them; all when left out", (), "NAMES"),),
            _get,
            "Show the configuration, or some of its names. A device must be told which; rooms of this project can list "
            "all that they know.",
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
    names = [name.strip() for name in (options.names or "").split(",") if name.strip()]

    async def act(room: Areas, _: Surroundings) -> Answer:
        if not names:
            known = await room.config.variables()
            shown = tuple((each.name, each.value, each.meaning) for each in known)
            return Answer(known, Table(("name", "value", "meaning"), shown))
        answer = await room.config.act(ConfigRequest(names=names))
        rows = tuple((each.name, each.value or "", each.result) for each in answer.vars)
        return Answer(answer, Table(("name", "value", "result"), rows))

    return act


def _set(options: Options) -> Act:
    change = ConfigChange(name=options.name, value=options.value)

    async def act(room: Areas, _: Surroundings) -> Answer:
        answer = await room.config.act(ConfigRequest(vars=[change]))
        for each in answer.vars:
            if each.result != NO_ERROR:
                raise _refused(each)
        return Answer(answer, "set, from the next start on" if answer.reboot_needed is True else "set")

    return act


def _refused(row: ConfigVariable) -> InvalidRequest:
    reason = f": {row.reason}" if isinstance(row.reason, str) else ""
    return InvalidRequest(f"{row.name}: {row.result}{reason}")
