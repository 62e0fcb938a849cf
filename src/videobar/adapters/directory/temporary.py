"""A file that is written at once and read at leisure."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable

PIECE = 256 * 1024


class TemporaryChunks:
    """The text `parts` as UTF-8, `length` bytes in a file without a name, which goes away with the last reader."""

    def __init__(self, parts: Iterable[str]) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by aclose)
        try:
            waiting: list[str] = []
            size = 0
            for part in parts:
                waiting.append(part)
                size += len(part)
                if size > PIECE:
                    self._file.write("".join(waiting).encode())
                    waiting, size = [], 0
            self._file.write("".join(waiting).encode())
            self.length = self._file.tell()
            self._file.seek(0)
        except BaseException:
            self._file.close()
            raise

    def __aiter__(self) -> TemporaryChunks:
        return self

    async def __anext__(self) -> bytes:
        piece = await asyncio.to_thread(self._file.read, PIECE)
        if not piece:
            await self.aclose()
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        """Read no more; may be called twice."""
        self._file.close()
