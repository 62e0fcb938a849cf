"""The port through which saved content is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol


class Chunks(Protocol):
    """Bytes that are read as they are wanted. `aclose` must be called, also when nothing was read."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The iterator itself."""
        ...

    async def __anext__(self) -> bytes:
        """The next piece."""
        ...

    async def aclose(self) -> None:
        """Read no more."""
        ...


@dataclass(frozen=True)
class OpenedContent:
    """Content that is about to be read: its exact length in bytes, and its pieces."""

    length: int
    chunks: Chunks


class Shelf(Protocol):
    """Port: store of the pictures of one session."""

    async def add(self, name: str, picture: bytes, taken_ms: int) -> None:
        """Keep a picture under a new name, whole or not at all. Raises `StoreUnavailable`."""
        ...

    def read(self, name: str) -> OpenedContent:
        """One picture. Raises `StoreUnavailable`."""
        ...

    def read_all(self, names: list[str]) -> OpenedContent:
        """All of `names`, in this order, as a ZIP archive. Raises `StoreUnavailable`."""
        ...

    @property
    def in_use(self) -> bool:
        """True while something is being read."""
        ...

    async def remove(self) -> None:
        """Wait until nothing is read any more, then remove everything; nothing can be read or added from now on."""
        ...


class Shelves(Protocol):
    """Port: maker of a store for each session."""

    def new(self, name: str) -> Shelf:
        """An empty shelf."""
        ...
