"""`videobar rooms`: the saved rooms, listed, changed, and carried in and out as CSV."""

from __future__ import annotations

import csv
import difflib
import fnmatch
import io
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from videobar.cli.command.arguments import (
    Act,
    Argument,
    Command,
    Kind,
    Options,
    UsageError,
    ValueInvalid,
    decimal_number,
    truth,
    whole_number,
)
from videobar.cli.command.everywhere import profiles_like
from videobar.cli.fleet import profile_file
from videobar.cli.output.views import Answer, Table
from videobar.cli.rooms import profiles
from videobar.cli.rooms.profiles import PATTERN_CHARACTERS, TRUSTING, Profile
from videobar.files import write_private

WORD = "rooms"
PARSERS: dict[str, Callable[[str], Any]] = {
    "host": str,
    "port": whole_number,
    "user": str,
    "timeout": decimal_number,
    "trust_first_use": truth,
    "insecure": truth,
    "ca_file": str,
    "fingerprint": str,
    "password_file": str,
    "password_command": str,
    "session_cache": truth,
}
"""The columns of CSV besides the name, which are the names in the file, and how their texts are read."""
MOST_BYTES = 16 * 1024 * 1024
DRY_RUN = Argument("dry_run", "only say what would be done", ("--dry-run",), kind=Kind.SWITCH)
REPLACE = Argument("replace", "replace a room of that name", ("--replace",), kind=Kind.SWITCH)
FILE = Argument("file", "CSV file, - for standard input", (), "FILE", required=True, is_file=True)


def commands() -> tuple[Command, ...]:
    """The commands for saved rooms."""
    return (
        _command(
            "list",
            "Show the saved rooms",
            (
                Argument(
                    "names",
                    "names and patterns with commas; all when left out",
                    (),
                    "NAMES",
                    complete=profiles_like,
                ),
            ),
            _list,
            "Their addresses, the certificates that are trusted, and the sources of their passwords.",
        ),
        _command(
            "add",
            "Save a room under a name",
            (
                Argument("name", "what to call it", (), "NAME", required=True),
                Argument("host", "host or host:port", (), "HOST", required=True),
                Argument(
                    "password_file",
                    "a file of mode 0600 that has its password",
                    ("--password-file",),
                    "FILE",
                    is_file=True,
                ),
                Argument(
                    "password_command",
                    "a command that prints its password; {name}, {host}, {port} and {user} stand for the room's",
                    ("--password-command",),
                    "COMMAND",
                ),
                REPLACE,
                DRY_RUN,
            ),
            _add,
            "Saves --user, --timeout, --session-cache and how to trust its certificate with it, and never a "
            "password.",
        ),
        _command(
            "remove",
            "Remove saved rooms",
            (
                Argument(
                    "names",
                    "names and patterns with commas",
                    (),
                    "NAMES",
                    required=True,
                    complete=profiles_like,
                ),
                DRY_RUN,
            ),
            _remove,
            "Comments above a room stay in the file.",
        ),
        _command(
            "import",
            "Save the rooms of a CSV file",
            (FILE, REPLACE, DRY_RUN),
            _import,
            f"The first line has the names of columns: name, and of {', '.join(PARSERS)} those that are wanted; fields "
            "are separated by commas, semicolons or tabs. All rooms are saved or, where a line is wrong, none.",
        ),
        _command(
            "export",
            "Write the saved rooms as a CSV file",
            (Argument("file", "where to write, - for standard output", (), "FILE", is_file=True),),
            _export,
            "In the form that import reads.",
        ),
    )


def _command(
    word: str, summary: str, arguments: tuple[Argument, ...], do: Callable[[Options], Answer], text: str
) -> Command:
    return Command((WORD, word), summary, arguments, _never, f"{summary}. {text}", needs_login=False, here=do)


def _never(_: Options) -> Act:
    raise UsageError("rooms are saved here")


def _path() -> Path:
    return profiles.file_of_profiles(os.environ, Path.home())


def _checked(name: str, table: dict[str, Any]) -> dict[str, Any]:
    """The table, if it can be that of a room. Raises `UsageError`."""
    profile_file.check_name(name)
    profiles.profile_of(name, table, _path().parent)
    return table


# --- list ---------------------------------------------------------------------------------------------------


def _list(options: Options) -> Answer:
    saved = profiles.load(_path())
    chosen = _named(options.names, saved) if options.names else list(saved)
    rows = [_row(name, saved[name]) for name in chosen]
    headings = ("name", "host", "port", "user", "trust", "password")
    return Answer([dict(zip(headings, row, strict=True)) for row in rows], Table(headings, tuple(rows)))


def _row(name: str, profile: Profile) -> tuple[Any, ...]:
    trust = next((way for way in TRUSTING if getattr(profile, way)), "authorities")
    password = "file" if profile.password_file else "command" if profile.password_command else None
    return name, profile.host, profile.port or 443, profile.user or "admin", trust.replace("_", "-"), password


def _named(words: str, saved: Iterable[str]) -> list[str]:
    """The saved rooms that names and patterns mean. Raises `UsageError` for one that means none."""
    known = list(saved)
    found: dict[str, None] = {}
    for word in filter(None, (part.strip() for part in words.split(","))):
        meant = [word] if word in known else []
        if not meant and PATTERN_CHARACTERS & set(word):
            meant = [name for name in known if fnmatch.fnmatchcase(name, word)]
        if not meant:
            alike = difflib.get_close_matches(word, known, 1)
            raise UsageError(
                f"no saved room is called {word!r}" + (f"; did you mean {alike[0]}?" if alike else "")
            )
        found |= dict.fromkeys(meant)
    if not found:
        raise UsageError("NAMES: names no room")
    return list(found)


# --- changes ------------------------------------------------------------------------------------------------


def _add(options: Options) -> Answer:
    if options.password is not None:
        raise UsageError(
            "passwords are not saved; say --password-file or --password-command, or use a keyring"
        )
    typed = {
        "host": options.host,
        "user": options.user,
        "timeout": options.timeout,
        **{way: getattr(options, way) for way in TRUSTING},
        "password_file": _absolute(options.password_file),
        "password_command": options.password_command,
        "session_cache": options.session_cache,
    }
    typed["ca_file"] = _absolute(options.ca_file)
    table = _checked(options.name, {name: value for name, value in typed.items() if value is not None})
    return _save({options.name: table}, replace=bool(options.replace), dry_run=bool(options.dry_run))


def _absolute(path: str | None) -> str | None:
    """A path as it is meant where it was typed, whatever folder the file of profiles is in."""
    return path if path is None or path.startswith("~") else str(Path(path).absolute())


def _save(new: dict[str, dict[str, Any]], *, replace: bool, dry_run: bool) -> Answer:
    done: list[tuple[str, str]] = []

    def change(tables: dict[str, Any]) -> dict[str, Any]:
        for name, table in new.items():
            before = tables.get(name)
            if before is not None and before != table and not replace:
                raise UsageError(f"there is a room called {name!r} already; say --replace to replace it")
            done.append((name, "added" if before is None else "same" if before == table else "replaced"))
            tables[name] = table
        return tables

    profile_file.edit(_path(), change, dry_run=dry_run)
    return _told(done, dry_run=dry_run)


def _remove(options: Options) -> Answer:
    done: list[tuple[str, str]] = []

    def change(tables: dict[str, Any]) -> dict[str, Any]:
        for name in _named(options.names, tables):
            del tables[name]
            done.append((name, "removed"))
        return tables

    profile_file.edit(_path(), change, dry_run=bool(options.dry_run))
    return _told(done, dry_run=bool(options.dry_run))


def _told(done: Sequence[tuple[str, str]], *, dry_run: bool) -> Answer:
    words = [(name, f"would be {word}" if dry_run and word != "same" else word) for name, word in done]
    wire = [{"name": name, "done": word} for name, word in words]
    if len(words) == 1:
        return Answer(wire, f"{words[0][0]}: {words[0][1]}")
    return Answer(wire, Table(("name", "done"), tuple(words)))


# --- CSV ----------------------------------------------------------------------------------------------------


def _import(options: Options) -> Answer:
    new = rooms_of(_content(options.file), options.file)
    return _save(new, replace=bool(options.replace), dry_run=bool(options.dry_run))


def _content(name: str) -> str:
    try:
        if name == "-":
            content = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror or error}") from None
    if len(content) > MOST_BYTES:
        raise UsageError(f"{name}: is longer than {MOST_BYTES // (1024 * 1024)} MiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{name}: is not UTF-8; save it as 'CSV UTF-8'") from None


def rooms_of(text: str, origin: str) -> dict[str, dict[str, Any]]:
    """The tables of the rooms in a CSV file, by name. Raises `UsageError` that names every line that is wrong."""
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    complaints: list[str] = []
    found: dict[str, dict[str, Any]] = {}
    try:
        columns = _columns(next(reader, []), origin)
        for row in reader:
            if not any(field.strip() for field in row):
                continue
            try:
                name, table = _of_row(columns, row)
                if name in found:
                    raise UsageError(f"{name!r} was there before")
                found[name] = table
            except UsageError as error:
                complaints.append(f"line {reader.line_num}: {error}")
    except csv.Error as error:
        complaints.append(f"line {reader.line_num}: {error}")
    if complaints:
        raise UsageError(f"{origin}: nothing was saved: " + "; ".join(complaints))
    if not found:
        raise UsageError(f"{origin}: there is no room in it")
    return found


def _columns(header: Sequence[str], origin: str) -> list[str]:
    columns = [title.strip().casefold().replace(" ", "_").replace("-", "_") for title in header]
    if "password" in columns:
        raise UsageError(
            f"{origin}: line 1: passwords do not belong into the file of rooms; take the column out, and say "
            "password_file or password_command"
        )
    for number, column in enumerate(columns):
        if column != "name" and column not in PARSERS:
            known = ", ".join(("name", *PARSERS))
            raise UsageError(f"{origin}: line 1: {header[number]!r} is no column; there are: {known}")
        if column in columns[:number]:
            raise UsageError(f"{origin}: line 1: {column!r} is there twice")
    missing = [needed for needed in ("name", "host") if needed not in columns]
    if missing:
        raise UsageError(f"{origin}: line 1: there is no column {' and no column '.join(missing)}")
    return columns


def _of_row(columns: Sequence[str], row: Sequence[str]) -> tuple[str, dict[str, Any]]:
    if len(row) > len(columns):
        raise UsageError(f"has {len(row)} fields, and there are {len(columns)} columns")
    fields = {column: text.strip() for column, text in zip(columns, row, strict=False) if text.strip()}
    name = fields.pop("name", "")
    if not name:
        raise UsageError("name is missing")
    table: dict[str, Any] = {}
    for column, text in fields.items():
        try:
            table[column] = PARSERS[column](text)
        except ValueInvalid as error:
            raise UsageError(f"{column}: {error}") from None
    return name, _checked(name, table)


def _export(options: Options) -> Answer:
    tables = profile_file.tables_in(_path())
    profiles.load(_path())  # complains of what makes no sense
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    used = [
        column for column in PARSERS if column == "host" or any(column in table for table in tables.values())
    ]
    writer.writerow(["name", *used])
    for name, table in tables.items():
        writer.writerow([name, *(_text(table.get(column)) for column in used)])
    if options.file in (None, "-"):
        sys.stdout.write(out.getvalue())
        return Answer(None, "")
    try:
        write_private(Path(options.file), out.getvalue().encode())
    except OSError as error:
        raise UsageError(f"{options.file}: {error.strerror or error}") from None
    return Answer({"rooms": len(tables)}, f"wrote {options.file}, {len(tables)} rooms")


def _text(value: Any) -> str:
    import shlex

    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return shlex.join(value)
        case _:
            return str(value)
