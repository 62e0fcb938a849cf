"""`videobar content start SOURCE`: the action, with the source as an argument."""

from __future__ import annotations

from dataclasses import replace

from videobar.cli.command.arguments import Act, Argument, Command, Options, UsageError

AREA = "content"
START = (AREA, "start")
FLAG = "--source"


def with_source(command: Command) -> Command:
    """The command that starts content, which takes a source without a flag too; any other one as it is."""
    if command.path != START:
        return command
    flag = next(one for one in command.arguments if FLAG in one.flags)
    name = Argument("name", "the same as --source: a file among the room's content, or slide", (), "SOURCE")

    def prepare(options: Options) -> Act:
        said = getattr(options, flag.dest)
        if options.name is not None:
            if said not in (None, options.name):
                raise UsageError(f"SOURCE {options.name} and {FLAG} {said} contradict each other")
            setattr(options, flag.dest, options.name)
        return command.prepare(options)

    return replace(command, arguments=(name, *command.arguments), prepare=prepare)
