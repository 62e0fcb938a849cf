"""Saved content as files: a directory for each session, which nobody needs once its session is over."""

from __future__ import annotations

import asyncio
import os
import shutil
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from zipstream import ZipStream

from videobar.errors import StoreUnavailable
from videobar.room.collaboration.port import OpenedContent

CHUNK: Final = 256 * 1024
UNFINISHED: Final = ".part"


class FileShelves:
    """Shelves below one directory, which is emptied first: no session survives the room that it was in."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        shutil.rmtree(directory, ignore_errors=True)

    def new(self, name: str) -> FileShelf:
        """An empty shelf."""
        return FileShelf(self._directory / name)


class FileShelf:
    """One directory, made when something is kept. Files are written and read in threads."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._readers = 0
        self._unused = asyncio.Event()
        self._unused.set()
        self._removed = False

    @property
    def in_use(self) -> bool:
        """True while something is being read."""
        return self._readers > 0

    async def add(self, name: str, picture: bytes, taken_ms: int) -> None:
        """Keep a picture: written beside, then renamed, so that a half one never has the name."""
        if self._removed:
            raise StoreUnavailable("the session's content was removed")
        try:
            await asyncio.to_thread(self._write, name, picture, taken_ms)
        except OSError as error:
            raise StoreUnavailable(f"content cannot be saved: {error.strerror}") from error

    def read(self, name: str) -> OpenedContent:
        """One picture."""
        try:
            file = (self._directory / name).open("rb")
            length = os.fstat(file.fileno()).st_size
        except OSError as error:
            raise StoreUnavailable(f"saved content cannot be read: {error.strerror}") from error
        return OpenedContent(length, self._chunks(_pieces_of(file), file.close))

    def read_all(self, names: list[str]) -> OpenedContent:
        """A ZIP archive, made while it is read. Its pictures are compressed already, so its length is known."""
        archive = ZipStream(sized=True)
        try:
            for name in names:
                archive.add_path(self._directory / name, name)
        except (OSError, ValueError) as error:
            raise StoreUnavailable(f"saved content cannot be read: {error}") from error
        return OpenedContent(len(archive), self._chunks(_gathered(iter(archive)), lambda: None))

    async def remove(self) -> None:
        """Remove everything, once nothing is read any more."""
        self._removed = True
        await self._unused.wait()
        await asyncio.to_thread(shutil.rmtree, self._directory, ignore_errors=True)

    def _write(self, name: str, picture: bytes, taken_ms: int) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = self._directory / f"{name}{UNFINISHED}"
        try:
            unfinished.write_bytes(picture)
            os.utime(unfinished, ns=(taken_ms * 1_000_000, taken_ms * 1_000_000))
            unfinished.rename(self._directory / name)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise

    def _chunks(self, pieces: Iterator[bytes], close: Callable[[], None]) -> FileChunks:
        self._readers += 1
        self._unused.clear()

        def done() -> None:
            close()
            self._readers -= 1
            if not self._readers:
                self._unused.set()

        return FileChunks(pieces, done)


class FileChunks:
    """Pieces of files, each read in a thread when it is wanted. `done` is called once, at the latest when forgotten."""

    def __init__(self, pieces: Iterator[bytes], done: Callable[[], None]) -> None:
        self._pieces = pieces
        self._finish = weakref.finalize(self, done)
        self._finish.atexit = False

    def __aiter__(self) -> FileChunks:
        return self

    async def __anext__(self) -> bytes:
        piece = await asyncio.to_thread(next, self._pieces, None) if self._finish.alive else None
        if piece is None:
            self._finish()
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        """Read no more."""
        self._finish()


def _pieces_of(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(CHUNK):
        yield piece


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Small pieces put together, so that not each needs a thread's turn."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        if len(waiting) >= CHUNK:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)
