import asyncio
import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.examples import examples

from videobar.errors import ImportRefused
from videobar.room.directory.entry import GLOBAL, Entry, EntryDevice, EntryFields
from videobar.vocabulary import EntryType, GroupScope

OWN = '<?xml version="1.0" encoding="UTF-8"?>\n<directory version="1">%s</directory>'


async def exported(directory):
    export = await directory.export()
    text = b"".join([chunk async for chunk in export.chunks])
    assert len(text) == export.length
    return text


async def take_in(directory, text):
    _, counts = await directory.take_in(text if isinstance(text, bytes) else text.encode())
    return counts.added, counts.updated, counts.skipped


async def furnish(directory):
    a = await directory.add(
        EntryFields(display_name="Åsa <&>", devices=(EntryDevice("", "a@h"), EntryDevice("x", "b@h")))
    )
    b = await directory.add(EntryFields(first_name="B", last_name="C", email='"b"@h\n'), favorite=True)
    inner = await directory.add(EntryFields(EntryType.GROUP, "Inner"))
    outer = await directory.add(EntryFields(EntryType.GROUP, "Outer"), favorite=True)
    for group, member in ((outer, inner), (inner, b), (outer, a)):
        await directory.add_member("local", group.id, member.id)
    await directory.set_favorite("local", a.id, favorite=True)
    await directory.move_favorite("local", a.id, 0)


async def test_everything_comes_back_exactly(directory, open_there, tmp_path):
    await furnish(directory)
    file = await exported(directory)
    async with open_there(tmp_path / "other.sqlite") as other:
        assert await take_in(other.directory, file) == (4, 0, 0)
        assert await exported(other.directory) == file
        assert await take_in(other.directory, file) == (0, 0, 4)
        assert await exported(other.directory) == file
    assert await take_in(directory, file) == (0, 0, 4)
    assert await exported(directory) == file


async def test_favourites_of_other_servers_come_along(directory, everything, open_there, tmp_path):
    kept = Entry("x-1", GLOBAL, EntryFields(display_name="Far"), "LDAP", favorite=True)
    await directory._favorites.add(kept)
    await directory.add(EntryFields(display_name="A"), favorite=True)
    file = await exported(directory)
    async with open_there(tmp_path / "other.sqlite") as other:
        await take_in(other.directory, file)
        page = await other.directory.favorites(1, 9)
        assert page.entries[0] == kept
        assert await exported(other.directory) == file


async def test_an_import_changes_what_is_there_and_says_so(directory, everything):
    await furnish(directory)
    file = (await exported(directory)).decode()
    text = file.replace("Åsa", "Eva").replace("<member>1</member>", "")
    assert await take_in(directory, text) == (0, 2, 2)
    assert await everything.find("eva") == ["1"]
    assert await everything.find("asa") == []
    assert await everything.find(group_id="4", groups=GroupScope.ONE_LEVEL) == ["3"]
    assert await everything.favorites() == ["1", "2", "4"]


async def test_a_file_without_ids_adds_nothing_twice(directory, everything):
    text = "name,address\nAnn,1\nBob,2\nAnn,1\nAnn,3\n"
    assert await take_in(directory, text) == (3, 0, 1)
    assert await take_in(directory, text) == (0, 0, 4)
    assert len(await everything.find()) == 3


def element(entry_id, *members, kind="GROUP"):
    inside = "".join(f"<member>{member}</member>" for member in members)
    return f'\n<entry id="{entry_id}" type="{kind}"><displayName>N</displayName>{inside}</entry>'


@pytest.mark.parametrize(
    ("inside", "why"),
    [
        (element("n") + element("n"), "line 4: id: that of line 3"),
        (element("1"), "line 3: type"),
        (element("n", "zz"), "line 3: member: there is no entry 'zz'"),
        (element("n", "n"), "line 3: member: the group"),
        (element("3", "4"), "line 3: member: the group"),
        (element("m", "n") + element("n", "o") + element("o", "m"), "line 3.*line 4.*line 5"),
    ],
)
async def test_all_or_nothing(directory, everything, inside, why):
    await furnish(directory)
    before = await exported(directory)
    found = await everything.find()
    good = "<entry><displayName>Good</displayName></entry>"
    with pytest.raises(ImportRefused, match=why):
        await take_in(directory, OWN % (inside + good))
    assert await exported(directory) == before
    assert await everything.find() == found
    assert await everything.find("good") == []


async def test_members_may_be_in_the_room_already(directory, everything):
    await directory.add(EntryFields(display_name="Old"))
    text = OWN % '<entry id="n" type="GROUP"><displayName>N</displayName><member>1</member></entry>'
    assert await take_in(directory, text) == (1, 0, 0)
    assert await everything.find(group_id="n") == ["1"]


async def test_an_export_can_be_given_up(directory):
    await furnish(directory)
    export = await directory.export()
    await export.chunks.aclose()
    await export.chunks.aclose()


async def test_an_empty_directory(directory):
    file = await exported(directory)
    assert await take_in(directory, file) == (0, 0, 0)


NUMBERS = itertools.count()


@given(
    st.lists(st.tuples(st.text("abc Å<&\n", min_size=1).filter(str.strip), st.booleans()), max_size=8),
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=12),
)
@settings(
    max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_directory_comes_back_exactly(open_there, tmp_path, names, pairs):

    async def run():
        here, there = (tmp_path / f"{next(NUMBERS)}.sqlite" for _ in range(2))
        async with open_there(here) as one, open_there(there) as other:
            made = [
                await one.directory.add(EntryFields(EntryType.GROUP, name), favorite=favorite)
                for name, favorite in names
            ]
            for group, member in pairs:
                if group < member < len(made):
                    await one.directory.add_member("local", made[group].id, made[member].id)
            file = await exported(one.directory)
            await take_in(other.directory, file)
            assert await exported(other.directory) == file
            assert await other.find() == await one.find()

    asyncio.run(run())
