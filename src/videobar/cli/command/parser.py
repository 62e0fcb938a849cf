"""The tree of commands: click's, made from what the commands say of themselves, each when it is typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any, TypeAlias

import click
from click.shell_completion import CompletionItem

from videobar.cli.command import catalog
from videobar.cli.command.arguments import Argument, Command, Kind, LocalCommand, Options, ValueInvalid
from videobar.cli.command.everywhere import EVERYWHERE, TAKEN

Run: TypeAlias = Callable[[Command, Options], int]
"""Does a command in rooms; returns the exit status."""

PROGRAM = "videobar"
DESCRIPTION = "An open video room system, and a client for such rooms and for real devices."
EPILOG = (
    "exit status: 0 done, 1 refused by the room, 2 usage error, 3 not reached, 4 login refused, "
    "130 Ctrl-C, 141 broken pipe; of several rooms' the largest."
)
ROOMS_AND_OUTPUT = "Rooms and output"
NEGATIVE_NUMBER = re.compile(r"-\.?\d")
BRANCHES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "camera": ("everyday.camera", "Movements"),
        "preset": ("everyday.presets", "Presets"),
        "rooms": ("fleet.saved_rooms", "Saved rooms"),
    }
)
"""Verbs with commands below them: the module that has the `commands()`, and the title of help."""


class _Text(click.ParamType[Any]):
    """A value of an argument."""

    name = "text"

    def __init__(self, argument: Argument) -> None:
        self._argument = argument

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._argument.parse(value)
        except ValueInvalid as error:
            self.fail(str(error), param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[Any]]:
        argument = self._argument
        if argument.is_file:
            return [CompletionItem(incomplete, type="file")]
        if argument.complete is not None:
            return [CompletionItem(text) for text in argument.complete(incomplete)]
        folded = incomplete.casefold()
        return [CompletionItem(word) for word in argument.choices if word.casefold().startswith(folded)]


def _parameter(argument: Argument) -> click.Parameter:
    """The parameter of click for an argument; its value is kept under `dest`, which may have dots."""
    made: click.Parameter
    kind = _Text(argument)
    if not argument.flags:
        many = argument.kind is Kind.REPEATED
        made = click.Argument(
            [re.sub(r"\W", "_", argument.dest)],
            type=kind,
            metavar=argument.shown,
            required=argument.required,
            nargs=-1 if many else 1,
        )
        made.name = argument.dest
        return made
    options: dict[str, Any] = {"help": argument.meaning, "required": argument.required}
    if not argument.required and argument.kind is not Kind.REPEATED:
        options["default"] = None  # a switch that was not typed is not a no
    flags = argument.flags
    match argument.kind:
        case Kind.SWITCH:
            options["is_flag"] = True
        case Kind.YES_NO:
            flags = ("/".join(argument.spellings),)
        case Kind.OPTIONAL:
            options |= {"type": kind, "metavar": argument.metavar, "is_flag": False, "flag_value": "true"}
        case _:
            options |= {"type": kind, "metavar": argument.shown}
            if argument.kind is Kind.REPEATED:
                options["multiple"] = True
    made = click.Option(["value", *flags], **options)
    made.name = argument.dest
    return made


def _options_of(ctx: click.Context) -> Options:
    """The values of flags before and after the command, of which the last wins; `None` where not typed."""
    values: dict[str, Any] = {}
    chain: list[click.Context] = []
    at: click.Context | None = ctx
    while at is not None:
        chain.insert(0, at)
        at = at.parent
    for one in chain:
        for name, value in one.params.items():
            given = list(value) or None if isinstance(value, tuple) else value
            if given is not None or name not in values:
                values[name] = given
    return Options(**values)


class _WithHelp(click.Command):
    """A command whose help is grouped."""

    def __init__(self, name: str, *, arguments: Sequence[Argument] = (), rooms: bool, **options: Any) -> None:
        self.arguments = arguments
        self.rooms = rooms
        options["params"] = [_parameter(one) for one in (*arguments, *(EVERYWHERE if rooms else ()))]
        super().__init__(name, **options)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; what is wrong names this command, so that its usage can be shown."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix="usage: ")

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Options, then the positionals: those that may be left out in brackets."""
        pieces = ["[OPTIONS]"]
        for one in self.arguments:
            if not one.flags:
                shown = one.shown + ("..." if one.kind is Kind.REPEATED else "")
                pieces.append(shown if one.required else f"[{shown}]")
        return pieces

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for paragraph in (self.help or "").split("\n\n"):
            formatter.write_paragraph()
            formatter.write_text(paragraph)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, rows in self.sections():
            with formatter.section(title):
                formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.epilog:
            formatter.write_paragraph()
            formatter.write_text(self.epilog)

    def sections(self) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """The parts of its help: a title, and rows of a spelling and a meaning."""
        positionals = [(one.shown, one.meaning) for one in self.arguments if not one.flags]
        if positionals:
            yield "Arguments", positionals
        themes: dict[str, list[tuple[str, str]]] = {}
        for one in self.arguments:
            if one.flags:
                themes.setdefault(one.theme or "Options", []).append((_spelled(one), one.meaning))
        themes.setdefault("Options", []).append(("--help", "show this"))
        yield from themes.items()
        if self.rooms:
            yield ROOMS_AND_OUTPUT, self.rows_of_everywhere()

    def rows_of_everywhere(self) -> list[tuple[str, str]]:
        """The flags of all commands, in short; the help of the program has them in full."""
        told = {one.dest: one for one in EVERYWHERE}
        rows = [(_spelled(told[dest]), told[dest].meaning) for dest in ("room", "password")]
        others = ", ".join(
            flag for dest, one in told.items() if dest not in ("room", "password") for flag in one.flags
        )
        return [*rows, ("and", f"{others}: see {PROGRAM} --help")]


def _spelled(argument: Argument) -> str:
    spelled = ", ".join(argument.flags)
    if argument.kind is Kind.YES_NO:
        return " / ".join(argument.spellings)
    if argument.kind is Kind.OPTIONAL:
        return f"{spelled} [{argument.metavar}]"
    return f"{spelled} {argument.shown}" if argument.takes_value else spelled


class _Leaf(_WithHelp):
    """A command without commands below it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; a negative number is a value and no flag."""
        ctx.ignore_unknown_options = any(NEGATIVE_NUMBER.match(each) for each in args)
        return super().parse_args(ctx, args)


class _Branch(_WithHelp, click.Group):
    """A command with commands below it, which are only made when they are typed."""

    def __init__(
        self,
        name: str,
        words: Callable[[], Mapping[str, Mapping[str, str]]],
        make: Callable[[str], click.Command],
        **options: Any,
    ) -> None:
        """`words` gives the words below with their summaries, by title; `make` the command of one of them."""
        super().__init__(name, **options)
        self._words = words
        self._make = make

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return ["[OPTIONS]", self.subcommand_metavar, "..."]

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [word for words in self._words().values() for word in words]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self._make(cmd_name) if cmd_name in self.list_commands(ctx) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if self.get_command(ctx, args[0]) is not None or args[0].startswith("-"):
                raise
            raise click.UsageError(_no_such_command(args[0], self.list_commands(ctx)), error.ctx) from None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[Any]]:
        words = [
            CompletionItem(word, help=summary)
            for group in self._words().values()
            for word, summary in group.items()
            if word.startswith(incomplete)
        ]
        return [*words, *click.Command.shell_complete(self, ctx, incomplete)]

    def sections(self) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        for title, words in self._words().items():
            yield title, list(words.items())
        yield from super().sections()

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _WithHelp.format_options(self, ctx, formatter)


def _no_such_command(word: str, words: Sequence[str]) -> str:
    import difflib

    alike = difflib.get_close_matches(word, words, 3)
    hint = f"; did you mean {' or '.join(alike)}?" if alike else ""
    return f"there is no command {word!r}{hint}"


class _Root(_Branch):
    """The program."""

    def sections(self) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        for title, rows in super().sections():
            if title == "Options":
                rows.append(("--version", "show the version"))
            yield title, rows

    def rows_of_everywhere(self) -> list[tuple[str, str]]:
        return [(_spelled(one), one.meaning) for one in EVERYWHERE]


def build(run: Run) -> click.Group:
    """The whole tree; `run` does the commands that talk to rooms."""
    root = _Root(
        PROGRAM,
        lambda: {**catalog.GROUPS, catalog.AREAS_TITLE: catalog.AREAS},
        lambda word: _top(word, run),
        help=DESCRIPTION,
        epilog=EPILOG,
        rooms=True,
        subcommand_metavar="COMMAND",
    )
    version = click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_version)
    root.params.append(version)
    return root


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"{PROGRAM} {version(PROGRAM)}")
        ctx.exit()


def _top(word: str, run: Run) -> click.Command:
    if word in catalog.LOCAL:
        return _local(next(one for one in local_commands(word) if one.word == word))
    if word in catalog.AREAS or word in BRANCHES:
        return _area(word, run)
    return _of_rooms(next(one for one in _verbs() if one.path == (word,)), run)


def _local(command: LocalCommand) -> click.Command:
    @click.pass_context
    def callback(ctx: click.Context, /, **_: Any) -> int:
        return command.run(_options_of(ctx))

    return _Leaf(
        command.word,
        callback=callback,
        help=command.description,
        epilog=command.epilog,
        arguments=command.arguments,
        rooms=False,
    )


def _area(area: str, run: Run) -> click.Command:
    def commands() -> dict[str, Command]:
        return {one.path[1]: one for one in _below(area)}

    def words() -> dict[str, dict[str, str]]:
        title = BRANCHES[area][1] if area in BRANCHES else "Actions"
        return {title: {word: _line(one.summary) for word, one in commands().items()}}

    return _Branch(
        area,
        words,
        lambda word: _of_rooms(commands()[word], run),
        help=f"{catalog.summary_of(area)}.",
        rooms=True,
        subcommand_metavar="ACTION",
    )


def _of_rooms(command: Command, run: Run) -> click.Command:
    @click.pass_context
    def callback(ctx: click.Context, /, **_: Any) -> int:
        return run(command, _options_of(ctx))

    return _Leaf(
        command.path[-1],
        callback=callback,
        help=description(command),
        arguments=command.arguments,
        rooms=True,
    )


def local_commands(word: str) -> tuple[LocalCommand, ...]:
    """The commands of the module that has `word`."""
    found: tuple[LocalCommand, ...] = import_module(f"videobar.cli.{catalog.LOCAL[word]}").commands()
    return found


def _verbs() -> tuple[Command, ...]:
    from videobar.cli.everyday import verbs

    return verbs.commands()


def _below(area: str) -> tuple[Command, ...]:
    from videobar.cli.everyday import content
    from videobar.cli.rest import actions, config, directory_import

    if area in BRANCHES:
        found: tuple[Command, ...] = import_module(f"videobar.cli.{BRANCHES[area][0]}").commands()
        return found
    special = {
        config.AREA: config.commands,
        directory_import.AREA: directory_import.commands,
    }
    first = special[area]() if area in special else ()
    return (*first, *map(content.with_source, actions.commands(TAKEN, {area})))


def room_commands() -> tuple[Command, ...]:
    """All commands that talk to a room: the verbs, then the actions by area."""
    words = [word for group in catalog.GROUPS.values() for word in group if word not in catalog.LOCAL]
    verbs = {one.path[0]: one for one in _verbs()}
    found: list[Command] = []
    for word in words:
        found += _below(word) if word in BRANCHES else [verbs[word]]
    for area in catalog.AREAS:
        found += _below(area)
    return tuple(found)


def description(command: Command) -> str:
    """The help text of a command, in paragraphs."""
    if len(command.path) > 1 and command.description:
        return command.description
    return _paragraphs((command.summary, command.description))


def _paragraphs(parts: Iterable[str]) -> str:
    return "\n\n".join(f"{part.rstrip('.')}." for part in parts if part)


def _line(text: str) -> str:
    return " ".join(text.replace("`", "'").split()).rstrip(".")
