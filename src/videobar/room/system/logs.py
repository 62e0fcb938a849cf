"""Support archive: logs, settings, health and calls, in one archive."""

from __future__ import annotations

import platform
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from videobar.room.calls.log import MOST_ENTRIES, CallLog
from videobar.room.system.configuration import Configuration
from videobar.room.system.service import Identity, StatusRow

Document = Callable[[], Awaitable[bytes] | bytes]


@dataclass(frozen=True)
class Bundle:
    """The archive: its exact length in bytes, and its bytes."""

    length: int
    chunks: AsyncIterator[bytes]


def build_page(identity: Identity) -> bytes:
    """Build page of the archive: product, versions, interpreter and host."""
    lines = (
        f"model {identity.model}",
        f"serial number {identity.serial_number}",
        f"software version {identity.software_version}",
        f"build {identity.build}",
        f"videobar {identity.release}",
        f"Python {platform.python_version()} on {platform.platform()}",
    )
    return _page(lines)


def settings_page(configuration: Configuration) -> bytes:
    """Every name and the value in use; of secrets only that they are."""
    return _page(
        f"{variable.name} = {'(secret)' if variable.secure else variable.read()}"
        for variable in configuration.all()
    )


def status_page(rows: Sequence[StatusRow]) -> bytes:
    """Health of the parts."""
    return _page(f"{row.name} {' '.join(row.states)}" for row in rows)


async def calls_page(calls: CallLog) -> bytes:
    """The call log as JSON, newest first."""
    return msgspec.json.format(msgspec.json.encode(await calls.latest(MOST_ENTRIES)))


def _page(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")


class LogFiles(Protocol):
    """Port: the log files."""

    async def bundle(self, documents: Mapping[str, bytes]) -> Bundle:
        """All log files and `documents`, by name, as a tar archive."""
        ...


class Logs:
    """Gathers. `documents` are asked when somebody wants the archive; one that fails is replaced by its error."""

    def __init__(self, files: LogFiles, documents: Mapping[str, Document]) -> None:
        self._files = files
        self._documents = documents

    async def collect(self) -> Bundle:
        """The archive as of now."""
        written: dict[str, bytes] = {}
        for name, document in self._documents.items():
            try:
                found = document()
                written[name] = found if isinstance(found, bytes) else await found
            except Exception as error:
                written[name] = f"could not be had: {type(error).__name__}: {error}\n".encode()
        return await self._files.bundle(written)
