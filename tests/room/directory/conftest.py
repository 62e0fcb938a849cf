"""A directory over a database of its own."""

import itertools
from contextlib import asynccontextmanager

import pytest

from videobar.adapters.store.database import Database
from videobar.assembly.directory import directory_over
from videobar.room.directory.search import DirectorySearch, search_words


class Everything:
    """A directory, and shorter ways to ask it."""

    def __init__(self, directory) -> None:
        self.directory = directory

    async def find(self, text="", **more):
        """The ids of all that is found, read in pages of three."""
        query = await self.directory.begin_query(DirectorySearch(search_words(text), **more))
        found, start = [], 1
        while start is not None:
            page = await self.directory.query(query, start, 3)
            found += [entry.id for entry in page.entries]
            start = page.next_start
        self.directory.delete_query(query)
        return found

    async def favorites(self):
        return [entry.id for entry in (await self.directory.favorites(1, 1000)).entries]


@asynccontextmanager
async def opened(path, clock, **more):
    database = Database(path)
    ids = itertools.count(1)
    directory = directory_over(database, clock, **{"new_id": lambda: str(next(ids)), **more})
    try:
        yield Everything(directory)
    finally:
        await directory.close()
        database.close()


@pytest.fixture
def open_there(clock):
    """Opens a directory over the file at a path, to be used with `async with`."""
    return lambda path, **more: opened(path, clock, **more)


@pytest.fixture
async def everything(tmp_path, clock):
    async with opened(tmp_path / "room.sqlite", clock) as made:
        yield made


@pytest.fixture
def directory(everything):
    return everything.directory
