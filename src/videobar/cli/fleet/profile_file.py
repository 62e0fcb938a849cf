"""Changes of the file of profiles that leave everything else in it as it is: comments, order, blank lines."""

from __future__ import annotations

import fcntl
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from videobar.cli.command.arguments import UsageError
from videobar.files import write_private

BARE = re.compile(r"[A-Za-z0-9_-]+")
HEADER = re.compile(r"\s*\[\s*(?P<key>[A-Za-z0-9_-]+|\"(?:[^\"\\]|\\.)*\"|'[^']*')\s*\]\s*(?:#.*)?")
NAME = re.compile(r"[^\s,*?\[\]](?:[^,*?\[\]\x00-\x1f\x7f]{0,98}[^\s,*?\[\]])?")

Table = dict[str, Any]


def check_name(name: str) -> None:
    """Raise `UsageError` for a name by which no room could be named with --room."""
    if not NAME.fullmatch(name) or not name.isprintable():
        raise UsageError(
            f"{name[:100]!r} cannot be the name of a room: at most 100 characters, no commas, no *, ? or ["
        )


def edit(
    path: Path, change: Callable[[dict[str, Table]], dict[str, Table]], *, dry_run: bool = False
) -> None:
    """Change the tables by name. What stays the same is not touched; what is new stands at the end.

    Raises `UsageError` for a file that makes no sense, that is written in a way that cannot be changed here, or that
    cannot be written; then it is as before.
    """
    path = path.resolve()
    if dry_run:
        _changed(_read(path), change, path)
        return
    try:
        with _alone(path):
            before = _read(path)
            after = _changed(before, change, path)
            if after != before:
                write_private(path, after.encode())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None


def tables_in(path: Path) -> dict[str, Table]:
    """The tables of the file as they are written. Raises `UsageError`."""
    return _parsed(_read(path), path)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from None


def _parsed(text: str, path: Path) -> dict[str, Table]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}") from None


def _changed(text: str, change: Callable[[dict[str, Table]], dict[str, Table]], path: Path) -> str:
    before = _parsed(text, path)
    wanted = change(
        {name: dict(table) if isinstance(table, dict) else table for name, table in before.items()}
    )
    gone = {name for name in before if name not in wanted or wanted[name] != before[name]}
    replaced = {name: wanted[name] for name in gone if name in wanted}
    lines = _without(text.splitlines(keepends=True), gone, replaced)
    for name, table in wanted.items():
        if name not in before:
            lines += [*_gap(lines), *_written(name, table)]
    after = "".join(lines)
    try:
        done = tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        done = {}
    if done != wanted:
        raise UsageError(f"{path}: is written in a way that only people can change; edit it by hand")
    return after


def _without(lines: list[str], gone: set[str], replaced: Mapping[str, Table]) -> list[str]:
    """The lines without the tables `gone`, some of which have others in their place."""
    kept: list[str] = []
    leaving, dropped = False, list[str]()
    for line in lines:
        header = HEADER.fullmatch(line.rstrip("\r\n"))
        if header:
            (name,) = tomllib.loads(f"[{header['key']}]")
            if leaving:
                kept += _of_the_next(dropped)
            leaving, dropped = name in gone, []
            if name in replaced:
                kept += _written(name, replaced[name])
        if leaving:
            dropped.append(line)
        else:
            kept.append(line)
    if leaving:
        kept += _of_the_next(dropped)
    return kept


def _of_the_next(dropped: list[str]) -> list[str]:
    """Blank lines and comments at the end of a table: they belong to what follows."""
    count = 0
    while count < len(dropped) - 1 and re.fullmatch(r"\s*(?:#.*)?\s*", dropped[-1 - count]):
        count += 1
    return dropped[len(dropped) - count :]


def _gap(lines: list[str]) -> Iterator[str]:
    if lines and not lines[-1].endswith("\n"):
        yield "\n"
    if lines and lines[-1].strip():
        yield "\n"


def _written(name: str, table: Table) -> list[str]:
    key = name if BARE.fullmatch(name) else _quoted(name)
    return [f"[{key}]\n", *(f"{field} = {_value(value)}\n" for field, value in table.items())]


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            return _quoted(str(value))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from writing at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
