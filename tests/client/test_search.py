import re

import pytest

from videobar.client.search import MOST_PAGES, PAGE
from videobar.client.wire import Answer

QUERY = "/rest/directory/queries/7"


class Directory:
    """A device with so many entries; `stuck` ones have a single page that they always send, with a next one."""

    def __init__(self, count, *, stuck=False, endless=False, more='"/next"'):
        self.count, self.stuck, self.endless, self.next = count, stuck, endless, more
        self.asked = []

    async def exchange(self, ask, headers):
        self.asked.append(f"{ask.method} {ask.target}")
        if ask.target == "/rest/session":
            return Answer(200, (("set-cookie", "session_id=PSa; Path=/"),), b'{"success": true}')
        if ask.target == "/rest/directory/queries":
            return Answer(200, (), b'{"id": "7"}')
        if ask.method == "DELETE":
            return Answer(404, (), b"")
        return self.page(ask.target)

    def page(self, target):
        start, limit = map(int, re.findall(r"\d+", target.partition("?")[2]))
        start = 1 if self.stuck else start
        last = start + limit - 1 if self.endless else min(start + limit - 1, self.count)
        entries = ",".join(
            f'{{"id": "{number}", "displayName": "E{number}"}}' for number in range(start, last + 1)
        )
        more = self.stuck or self.endless or last < self.count
        return Answer(
            200, (), f'{{"entries": [{entries}], "next": {self.next if more else "null"}}}'.encode()
        )

    async def open_file(self, ask, headers):
        raise AssertionError(ask)

    async def close(self):
        pass


@pytest.fixture
def searched():
    from videobar.client.aio import AsyncRoom

    async def search(directory, **options):
        async with AsyncRoom("device.test", password="x", transport=directory) as room:
            return [entry.display_name for entry in await room.search("ada", **options)]

    return search


@pytest.mark.parametrize("count", [0, 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE])
async def test_all_entries_whatever_the_pages(searched, count):
    directory = Directory(count)
    assert await searched(directory) == [f"E{number}" for number in range(1, count + 1)]
    assert f"DELETE {QUERY}" in directory.asked


@pytest.mark.parametrize(
    "more", ['{"href": "/rest/x?start=101", "rel": "next"}', '{"href": "/x"}', "101", "true"]
)
async def test_whatever_next_is(searched, more):
    assert len(await searched(Directory(250, more=more))) == 250


@pytest.mark.parametrize("limit", [1, PAGE, PAGE + 5])
async def test_no_more_than_wanted(searched, limit):
    assert len(await searched(Directory(1000), limit=limit)) == limit


async def test_a_room_that_always_sends_its_only_page(searched):
    directory = Directory(3, stuck=True)
    assert await searched(directory) == ["E1", "E2", "E3"]
    assert sum("start" in line for line in directory.asked) == 2


async def test_a_room_whose_pages_never_end(searched):
    assert len(await searched(Directory(0, endless=True))) == PAGE * MOST_PAGES


async def test_a_limit_that_makes_no_sense(searched):
    with pytest.raises(ValueError, match="limit"):
        await searched(Directory(1), limit=0)
