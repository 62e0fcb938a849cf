import asyncio

import pytest

from videobar.errors import NoSuchQuery
from videobar.room.directory.entry import EntryFields
from videobar.room.directory.port import DirectoryChange
from videobar.room.directory.queries import IDLE_S, MOST_QUERIES
from videobar.room.directory.search import DirectorySearch
from videobar.vocabulary import EntryScope, EntryType


async def fill(directory, names, kind=EntryType.SINGLE):
    return {name: (await directory.add(EntryFields(kind, name))).id for name in names}


def shown(page):
    return "".join(entry.content.display_name for entry in page.entries)


@pytest.mark.parametrize("scope", [EntryScope.ANY, EntryScope.ANY_TIERED, EntryScope.SINGLE])
async def test_pages_go_together_whatever_changes_between_them(directory, scope):
    ids = await fill(directory, "bdfhjlnp")
    query = await directory.begin_query(DirectorySearch(entries=scope))
    first = await directory.query(query, 1, 3)
    assert (shown(first), first.next_start) == ("bdf", 4)
    await fill(directory, "aceg")
    await directory.remove(ids["b"])
    await directory.remove(ids["j"])
    second = await directory.query(query, 4, 3)
    assert (shown(second), second.next_start) == ("hln", 7)
    assert shown(await directory.query(query, 7, 3)) == "p"
    assert (await directory.query(query, 7, 3)).next_start is None
    assert shown(await directory.query(query, 1, 100)) == "dfhlnp"
    assert (
        shown(await directory.query(await directory.begin_query(DirectorySearch()), 1, 100)) == "acdefghlnp"
    )


async def test_pages_can_be_asked_for_in_any_order(directory):
    await fill(directory, "abcdefgh")
    query = await directory.begin_query(DirectorySearch())
    for start, limit in ((5, 2), (2, 3), (8, 9), (9, 1), (1000, 1000), (1, 1), (3, 4), (7, 2)):
        page = await directory.query(query, start, limit)
        assert shown(page) == "abcdefgh"[start - 1 : start - 1 + limit]
        assert page.next_start == (start + limit if start + limit <= 8 else None)


async def test_tiers_and_pages(directory):
    await fill(directory, "bd", EntryType.GROUP)
    await fill(directory, "ace")
    query = await directory.begin_query(DirectorySearch(entries=EntryScope.ANY_TIERED))
    assert [shown(await directory.query(query, start, 1)) for start in range(1, 6)] == list("bdace")
    query = await directory.begin_query(DirectorySearch())
    assert [shown(await directory.query(query, start, 1)) for start in range(1, 6)] == list("abcde")


async def test_entries_of_the_same_name_are_all_there(directory):
    await fill(directory, ["x"])
    for _ in range(9):
        await directory.add(EntryFields(display_name="x"))
    query = await directory.begin_query(DirectorySearch())
    ids = [entry.id for s in (1, 4, 7, 10) for entry in (await directory.query(query, s, 3)).entries]
    assert len(set(ids)) == 10


async def test_a_query_ends_when_it_is_deleted_not_used_or_too_old(directory, clock):
    query = await directory.begin_query(DirectorySearch())
    directory.delete_query(query)
    with pytest.raises(NoSuchQuery):
        directory.delete_query(query)
    query = await directory.begin_query(DirectorySearch())
    clock.seconds += IDLE_S - 1
    await directory.query(query, 1, 1)
    clock.seconds += IDLE_S - 1
    await directory.query(query, 1, 1)
    clock.seconds += IDLE_S
    with pytest.raises(NoSuchQuery):
        await directory.query(query, 1, 1)


async def test_queries_are_bounded_and_the_one_not_used_for_longest_gives_way(directory, clock):
    first, second, *_ = [await directory.begin_query(DirectorySearch()) for _ in range(MOST_QUERIES)]
    await directory.query(first, 1, 1)
    await directory.begin_query(DirectorySearch())
    await directory.query(first, 1, 1)
    with pytest.raises(NoSuchQuery, match=second):
        await directory.query(second, 1, 1)


async def test_many_ask_and_write_at_once(directory):
    ids = await fill(directory, "abcdefghij")

    async def read():
        query = await directory.begin_query(DirectorySearch())
        return shown(await directory.query(query, 1, 5)) + shown(await directory.query(query, 6, 5))

    async def write(name):
        await directory.change(ids[name], DirectoryChange({"email": f"{name}@example.org"}, favorite=True))

    answers = await asyncio.gather(*[read() for _ in range(20)], *map(write, ids))
    assert answers[:20] == ["abcdefghij"] * 20
