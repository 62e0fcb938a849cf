"""The command line as a page for people, docs/cli.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from videobar.cli.command.arguments import Argument, Command, Kind
from videobar.cli.command.catalog import AREAS, GROUPS
from videobar.cli.command.everywhere import EVERYWHERE
from videobar.cli.command.parser import local_commands, room_commands

EXPORTER = "exporter"

HEAD = """# The command line

Made by `python tools/generate.py`; a test compares the two.

`videobar serve` runs a room ([settings](settings.md)). All other commands talk to rooms over HTTPS, to real
devices and to ours alike: the verbs for what people do every day, and a command for every action of the
API, `videobar AREA ACTION` ([what they mean](actions.md)). `videobar COMMAND --help` says the same as this
page.

## Which room

`--room` or the variable `VIDEOBAR_ROOM` names a host (`10.0.0.5`, `lobby.example.org:8443`, `[::1]:8443`,
`https://lobby.example.org:8443/`), a saved profile, or several of both with commas. A pattern such as
`board-*` (quoted, where the shell has patterns of its own) means all profiles whose name
is like it. Profiles are in `~/.config/videobar/rooms.toml` (below `$XDG_CONFIG_HOME` where that is set):

```toml
[lobby]
host = "10.0.0.5"
port = 443               # this and all below may be left out
user = "admin"
timeout = 10             # seconds
password_file = "lobby.password"   # or password_command = "pass show {name}"
session_cache = true     # keep the session for the next command
trust_first_use = true   # or one of: fingerprint = "…" (SHA-256), ca_file = "ca.pem", insecure = true
```

Several rooms are asked at the same time. Lists become one table with a column for the room, properties one with
a column for each room or, where that is too wide or there are more than four, a row for each, everything else
lines that begin with the room's name. Columns that do not fit are named at the end. `--columns` chooses them.
[Many rooms](many-rooms.md) has more.

## Passwords and certificates

The password is that of `--password` (dangerous: other users of the machine can read it, and shells remember
it), else that of the room's own variable (`VIDEOBAR_PASSWORD_BOARD_1` of `board-1`), else what its profile
says with `password_file` (the first line of a file that nobody else may read) or `password_command` (the first
line that a command prints; `{name}`, `{host}`, `{port}` and `{user}` stand for the room's), else that of the
variable `VIDEOBAR_PASSWORD`, else what the package `keyring` has for the service `videobar` and the user
`admin@HOST:PORT`, if that package is installed, else it is asked for on the terminal. Of several rooms two are
logged in to first; when both refuse a password, it is not tried in the others.

With `--session-cache` a session is kept in a file of mode 0600 below `~/.cache/videobar/sessions` (below
`$XDG_CACHE_HOME` where that is set), used by the next command, renewed when it has ended, and given back by
`videobar logout`.

Certificates are checked against the authorities of the system. Devices come with self-signed
certificates: `--trust-first-use` trusts the one that the room shows first, and from then on only that, also
without the flag; `videobar forget ROOM` forgets it again, for a room that has a new one for a reason that is
known. `--fingerprint` trusts the one with that SHA-256 (as `openssl x509 -fingerprint -sha256` prints it),
`--ca-file` those that the authorities in a file signed. `--insecure` checks nothing. A flag replaces what the
profile says.

## Output

People get tables and lines, in colour on a terminal unless `NO_COLOR` is set. Tables are folded to the width of
the terminal; where there is none, a row is a line. Times are local, and why a call ended is in words. `--format
csv` prints the same rows for programs, of properties one row, and of several rooms the room first, with times
by ISO 8601. `--format json`, or `--json` for short, prints the answer as it is on the wire, except for times,
which are by ISO 8601 in UTC, and nothing where that is empty; of several rooms, an object by room with `{"ok": true,
"answer": ...}` or `{"ok": false, "reason": "..."}`. Files go where `--output` says, `-` is standard output,
and `{room}` in the name stands for the room; progress is shown on standard error. Complaints are one line
on standard error, after the usage of the command for usage errors. Variables that
begin with `VIDEOBAR_` and are no setting are told there too.

| status | meaning |
|---|---|
| 0 | done |
| 1 | refused by the room, or a file could not be written |
| 2 | usage error, or something dangerous was not confirmed |
| 3 | not reached: no connection, no usable answer in time, or a certificate that is not trusted |
| 4 | the login was refused |
| 130 | Ctrl-C |
| 141 | broken pipe: the output is not read any more |

Of several rooms' statuses the largest counts. What ends calls, deletes data or restarts a system asks
first; `--yes` answers in advance, and is needed where there is no terminal.

## Bodies

The fields of a body are flags, those of objects within it with dots (`--cam-position.pan 100`), lists are
given one by one. A field whose flag every command has already is spelled with the body's name in front
(`--request.password`). A body that is a bare value is an argument. `--body` takes the whole body as JSON,
from a file with `@`, from standard input with `-`; flags win over it.

## Completion

```console
$ mkdir -p ~/.local/share/bash-completion/completions ~/.zfunc ~/.config/fish/completions
$ videobar completion bash > ~/.local/share/bash-completion/completions/videobar
$ videobar completion zsh > ~/.zfunc/_videobar
$ videobar completion fish > ~/.config/fish/completions/videobar.fish
```

The scripts ask the program what can follow, saved profiles after `--room` too, so they need not be made again
for another version."""


def page() -> str:
    """The whole page, in Markdown."""
    commands = room_commands()
    lines = [HEAD, "", "## What every command has", "", *_arguments(EVERYWHERE), ""]
    for title, words in GROUPS.items():
        of_group = [command for command in commands if command.path[0] in words]
        lines += [f"## {title}", ""] if of_group else []
        for command in of_group:
            lines += _command(command, command.summary, command.description)
        if EXPORTER in words:
            (exporter,) = local_commands(EXPORTER)
            lines += [f"### {EXPORTER}", "", exporter.description, "", *_arguments(exporter.arguments), ""]
    for area, summary in AREAS.items():
        lines += [f"## {area}", "", f"{summary}.", ""]
        for command in commands:
            if command.path[0] == area:
                lines += _command(command, "", command.description)
    return "\n".join(lines).rstrip() + "\n"


def _command(command: Command, *texts: str) -> Iterator[str]:
    yield f"### {_usage(command)}"
    yield ""
    for text in filter(None, texts):
        for paragraph in text.split("\n\n"):
            yield paragraph if paragraph.endswith((".", ")")) else _closed(paragraph)
            yield ""
    if command.arguments:
        yield from _arguments(command.arguments)
        yield ""


def _closed(paragraph: str) -> str:
    wire = "On the wire: "
    return f"{wire}`{paragraph.removeprefix(wire)}`" if paragraph.startswith(wire) else f"{paragraph}."


def _usage(command: Command) -> str:
    positionals = (one for one in command.arguments if not one.flags)
    return " ".join(
        (command.name, *(_name(one) if one.required else f"[{_name(one)}]" for one in positionals))
    )


def _name(argument: Argument) -> str:
    return argument.shown + ("..." if argument.kind is Kind.REPEATED and not argument.flags else "")


def _arguments(arguments: Sequence[Argument]) -> Iterator[str]:
    yield "| argument | meaning |"
    yield "|---|---|"
    for argument in arguments:
        spelled = ", ".join(f"`{flag}`" for flag in argument.spellings) or f"`{_name(argument)}`"
        if argument.flags and argument.takes_value:
            spelled += f" {argument.metavar}".replace("|", "\\|")
        yield f"| {spelled} | {argument.meaning} |".replace(" |  |", " | |")
