"""Confinement of files named through the API: to those below the room's data directory.

A flag, a variable and the settings file may name any file: who gives them can read the host's files anyway. An
administrator of the room may not be one of its host.

All raise `ValueError` with words that go on after the value: "must be …".
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from videobar.adapters.cameras.setting import ENTRY
from videobar.files import is_directory, is_free, is_regular
from videobar.settings.room_kinds import is_sink_without_file, is_source_without_file

ON_WEB: Final = ("https:", "http:", "webcal:")
RECORDING: Final = ".wav"

Confine = Callable[[str, Path], str]
"""Makes a text that came in through the API one that names no other file than may be, by the data directory."""


def unconfined(value: str, data: Path) -> str:
    """Names no file."""
    return value


def file_below(value: str, data: Path) -> str:
    """A file below the data directory, as an absolute path; a relative one begins there. Empty for none."""
    if not value:
        return value
    found = _below(value, data)
    if found is None or not is_regular(found):
        raise ValueError("must be a file below the room's data directory")
    return str(found)


def directory_below(value: str, data: Path) -> str:
    """A directory below the data directory, which need not exist yet."""
    if not value:
        return value
    found = _below(value, data)
    if found is None or not (is_directory(found) or is_free(found)):
        raise ValueError("must be a directory below the room's data directory")
    return str(found)


def source_below(value: str, data: Path) -> str:
    """A microphone; a sound file only below the data directory."""
    return value if is_source_without_file(value) else _file(value, data)


def sources_below(value: str, data: Path) -> str:
    """Several of them, separated by commas, or `none`."""
    return (
        value if value == "none" else ",".join(source_below(each.strip(), data) for each in value.split(","))
    )


def sink_below(value: str, data: Path) -> str:
    """Loudspeakers; a file only below the data directory, where no file of the room itself is called `.wav`."""
    if is_sink_without_file(value):
        return value
    found = _below(value, data) if value else None
    if found is None or found.suffix.lower() != RECORDING or not (is_regular(found) or is_free(found)):
        raise ValueError(
            f"must be none, device, device:NAME, or a {RECORDING} file to write below the room's data directory"
        )
    return str(found)


def cameras_below(value: str, data: Path) -> str:
    """URLs of cameras; a `file:` only below the data directory."""
    return ",".join(_camera(each.strip(), data) for each in value.split(","))


def calendar_below(value: str, data: Path) -> str:
    """An address on the web, or a file below the data directory."""
    if not value or value.startswith(ON_WEB):
        return value
    path = unquote(urlsplit(value).path) if value.startswith("file:") else value
    found = _below(path, data)
    if found is None or not is_regular(found):
        raise ValueError(
            "must be an address such as https://host/, or a file below the room's data directory"
        )
    return str(found)


def _camera(entry: str, data: Path) -> str:
    match = ENTRY.fullmatch(entry)
    if match is None or match[3] != "file":
        return entry
    found = _below(unquote(match[4].removeprefix("//")), data)
    if found is None or not is_regular(found):
        raise ValueError("must have after file: a file below the room's data directory")
    return f"{entry[: match.start(3)]}file:{quote(str(found))}"


def _file(value: str, data: Path) -> str:
    if not value:
        raise ValueError("must not be empty")
    return file_below(value, data)


def _below(value: str, data: Path) -> Path | None:
    """The path without links, if it is below the data directory."""
    try:
        root = data.resolve()
        found = (root / value).resolve()
    except (OSError, ValueError, RuntimeError):
        return None
    return found if found.is_relative_to(root) and found != root else None
