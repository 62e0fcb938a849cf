"""A tar archive that is made while it is sent, with a length that is known before.

The size of a file is settled when its header is written: a log that grows meanwhile is cut there, and one that was cut
short is filled up with zeros, so that the archive is sound whatever happens to the files.
"""

from __future__ import annotations

import asyncio
import tarfile
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

BLOCK = tarfile.BLOCKSIZE
CHUNK = 256 * 1024


@dataclass(frozen=True)
class Member:
    """A file of the archive; its content is given, or read from a file on the disk."""

    name: str
    content: bytes | Path
    modified: float
    """Seconds since 1970."""


class Archive:
    """Opens all files at once, so that none can be rotated away. Files that cannot be opened are left out."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._open = ExitStack()
        self._parts: list[tuple[bytes, bytes | BinaryIO, int]] = []
        for member in members:
            try:
                self._add(member)
            except OSError:
                continue

    @property
    def length(self) -> int:
        """Bytes that `chunks` gives."""
        return sum(len(header) + _padded(size) for header, _, size in self._parts) + 2 * BLOCK

    async def chunks(self) -> AsyncIterator[bytes]:
        """The archive; reading happens in a thread."""
        with self._open:
            for header, content, size in self._parts:
                yield header
                if isinstance(content, bytes):
                    yield content + bytes(_padded(size) - size)
                    continue
                left = size
                while left:
                    chunk = await asyncio.to_thread(content.read, min(CHUNK, left))
                    if not chunk:
                        break
                    left -= len(chunk)
                    yield chunk
                yield bytes(left + _padded(size) - size)
            yield bytes(2 * BLOCK)

    def _add(self, member: Member) -> None:
        content: bytes | BinaryIO
        if isinstance(member.content, bytes):
            content, size = member.content, len(member.content)
        else:
            content = self._open.enter_context(member.content.open("rb"))
            size = content.seek(0, 2)
            content.seek(0)
        header = tarfile.TarInfo(member.name)
        header.size, header.mtime, header.mode = size, int(member.modified), 0o600
        self._parts.append((header.tobuf(tarfile.PAX_FORMAT), content, size))


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK
