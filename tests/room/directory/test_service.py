import pytest

from videobar.errors import (
    GroupCycle,
    InvalidRequest,
    NoDefaultGroup,
    NoSuchDirectoryServer,
    NoSuchEntry,
    NotAFavorite,
    NotAGroup,
)
from videobar.room.directory.entry import EntryDevice, EntryFields
from videobar.room.directory.port import DirectoryChange
from videobar.vocabulary import (
    DialType,
    EntryOrder,
    EntryScope,
    EntryType,
    GroupScope,
    Presence,
    ServerScope,
    SubsystemState,
)

MIRA = EntryFields(
    first_name="Mira",
    last_name="Holt",
    email="mira.holt@example.org",
    work_phone="+1 (555) 010-1234",
    devices=(EntryDevice("", "mira@rooms.example.org", DialType.SIP), EntryDevice("", "1234")),
)


def person(name, **more):
    return EntryFields(display_name=name, **more)


def group(name):
    return EntryFields(EntryType.GROUP, name)


async def test_an_entry_comes_back_with_all_that_was_written(directory):
    everything = EntryFields(
        EntryType.SINGLE,
        "Mira",
        "M",
        "H",
        "Mira Holt",
        "m@h",
        "1",
        "2",
        "3",
        "file:/x",
        (EntryDevice("a", "x@y", DialType.SIP, 768, "AUDIO"), EntryDevice("", "z")),
    )
    added = await directory.add(everything, favorite=True)
    read = await directory.entry("local", added.id)
    assert read == added
    assert read.content.devices[1].id == "1"
    assert (read.favorite, read.local, read.presence) == (True, True, Presence.UNKNOWN)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (EntryFields(), "displayName: an entry needs a name"),
        (EntryFields(display_name="  "), "displayName"),
        (EntryFields(display_name="x" * 257), "displayName: longer than 256"),
        (EntryFields(display_name="a\0b"), r"displayName: has the character U\+0000"),
        (EntryFields(display_name="a", email="\ud800"), r"email: has the character U\+D800"),
        (EntryFields(display_name="a", devices=(EntryDevice("", " "),)), r"devices\[0\].address: is missing"),
        (
            EntryFields(display_name="a", devices=(EntryDevice("1", "a"), EntryDevice("1", "b"))),
            "devices: two",
        ),
        (EntryFields(display_name="a", devices=(EntryDevice("", "a", rate_kbps=-1),)), r"devices\[0\].rate"),
        (EntryFields(display_name="a", devices=(EntryDevice("", "a"),) * 33), "devices: more than 32"),
    ],
)
async def test_what_makes_no_sense_names_its_field(directory, everything, content, why):
    with pytest.raises(InvalidRequest, match=why):
        await directory.add(content)
    assert await everything.find() == []


async def test_an_id_of_a_device_is_never_made_up_twice(directory):
    devices = (EntryDevice("", "a"), EntryDevice("1", "b"), EntryDevice("", "c"), EntryDevice("3", "d"))
    added = await directory.add(person("x", devices=devices))
    assert [device.id for device in added.content.devices] == ["2", "1", "4", "3"]


async def test_a_change_leaves_alone_what_it_does_not_name(directory, everything):
    mira = await directory.add(MIRA)
    changed = await directory.change(mira.id, DirectoryChange({"last_name": "Stone", "display_name": ""}))
    assert changed == await directory.entry("local", mira.id)
    assert changed.content.display_name == "Mira Stone"
    assert changed.content.devices == mira.content.devices
    assert await everything.find("holt") == [mira.id]  # the e-mail address still has it
    await directory.change(mira.id, DirectoryChange({"email": ""}, devices=()))
    assert await everything.find("holt") == []
    assert await everything.find("stone") == [mira.id]


async def test_a_change_that_makes_no_sense_changes_nothing(directory):
    mira = await directory.add(MIRA)
    for change, why in (
        (DirectoryChange({"email": "x\0", "last_name": "B"}), "email"),
        (DirectoryChange({"last_name": "B"}, EntryType.GROUP), "type"),
        (DirectoryChange({"first_name": "", "last_name": "", "display_name": ""}), "displayName"),
    ):
        with pytest.raises(InvalidRequest, match=why):
            await directory.change(mira.id, change)
    assert await directory.entry("local", mira.id) == mira


async def test_what_is_not_there(directory):
    for act in (
        lambda: directory.entry("local", "9"),
        lambda: directory.change("9", DirectoryChange({})),
        lambda: directory.remove("9"),
        lambda: directory.add_member("local", "9", "8"),
        lambda: directory.set_favorite("local", "9", favorite=True),
        lambda: directory.set_favorite("local", "9", favorite=False),
        lambda: directory.move_favorite("local", "9", 0),
        lambda: directory.members("local", "9"),
    ):
        with pytest.raises(NoSuchEntry, match="9"):
            await act()
    with pytest.raises(NoSuchDirectoryServer):
        await directory.entry("mars", "1")
    with pytest.raises(NoSuchDirectoryServer):
        await directory.set_favorite("global", "1", favorite=True)
    assert directory.report().state is SubsystemState.OFF


@pytest.mark.parametrize(
    "text",
    [
        "mira",
        "MIRA HOLT",
        "ho mi",
        "olt",
        "m",
        "mira.holt@example.org",
        "@rooms",
        "555",
        "5550101234",
        "(555) 010",
        "15550",
        "1 5",
        "12",
        '"mira"',
        "mira OR xx",
        "mirá",
    ],
)
async def test_what_finds_an_entry(directory, everything, text):
    mira = await directory.add(MIRA)
    await directory.add(person("Or", email="or@mirabel.example", work_phone="+49 30 9999"))
    found = await everything.find(text)
    assert (mira.id in found) is (text != "mira OR xx")


@pytest.mark.parametrize("text", ["holm", "ir", "miraholt", "99", "mira nobody", "x" * 500])
async def test_what_does_not(directory, everything, text):
    await directory.add(MIRA)
    assert await everything.find(text) == []


async def test_names_without_spaces_are_found_by_any_part(directory, everything):
    tanaka = await directory.add(person("田中太郎"))
    kim = await directory.add(person("김철수"))
    for text in ("田", "中太", "太郎", "田中太"):
        assert await everything.find(text) == [tanaka.id]
    assert await everything.find("철수") == [kim.id]


async def test_orders(directory, everything):
    ids = {}
    for name, first, last in (("B", "Zoe", "Adams"), ("A", "Yan", "Brown"), ("C", "", "")):
        entry = await directory.add(EntryFields(display_name=name, first_name=first, last_name=last))
        ids[entry.id] = name
    expected = {
        EntryOrder.DISPLAY_NAME: "ABC",
        EntryOrder.FIRST_NAME: "CAB",
        EntryOrder.LAST_NAME: "BAC",
    }
    for order, names in expected.items():
        assert "".join(ids[one] for one in await everything.find(order=order)) == names


async def test_scopes_of_entries(directory, everything):
    people = [(await directory.add(person(name))).id for name in ("Mo", "Al")]
    groups = [(await directory.add(group(name))).id for name in ("Nights", "Bands")]
    by_scope = {
        EntryScope.SINGLE: people[::-1],
        EntryScope.GROUP: groups[::-1],
        EntryScope.ANY_TIERED: groups[::-1] + people[::-1],
        EntryScope.ANY: [people[1], groups[1], people[0], groups[0]],
    }
    for scope, expected in by_scope.items():
        assert await everything.find(entries=scope) == expected
        assert await everything.find("s", entries=scope) == []
    assert await everything.find("n", entries=EntryScope.ANY_TIERED) == [groups[0]]


async def test_groups_in_groups(directory, everything):
    mo = (await directory.add(person("Mo"))).id
    al = (await directory.add(person("Al"))).id
    outer, inner, third = [(await directory.add(group(name))).id for name in ("Outer", "Inner", "Third")]
    for one, other in ((outer, inner), (inner, mo), (outer, mo), (inner, third), (third, al)):
        await directory.add_member("local", one, other)
        await directory.add_member("local", one, other)
    assert await everything.find(group_id=outer, groups=GroupScope.ONE_LEVEL) == [inner, mo]
    assert await everything.find(group_id=outer) == [al, inner, mo, third]
    assert await everything.find("m", group_id=outer) == [mo]
    assert await everything.find("al", group_id=outer, groups=GroupScope.ONE_LEVEL) == []
    for one, other in ((inner, outer), (third, outer), (outer, outer)):
        with pytest.raises(GroupCycle):
            await directory.add_member("local", one, other)
    members, more = await directory.members("local", outer)
    assert ([entry.id for entry in members], more) == ([inner, mo], None)
    await directory.remove_member("local", outer, mo)
    with pytest.raises(NoSuchEntry, match="no member"):
        await directory.remove_member("local", outer, mo)
    await directory.remove(inner)
    assert await everything.find(group_id=outer) == []
    with pytest.raises(NoSuchEntry, match="groupID"):
        await everything.find(group_id=inner)
    with pytest.raises(NotAGroup):
        await everything.find(group_id=mo)
    with pytest.raises(NotAGroup):
        await directory.add_member("local", mo, al)


async def test_a_group_with_many_members_goes_on_as_a_query(directory, everything, monkeypatch):
    monkeypatch.setattr("videobar.room.directory.service.MEMBERS_AT_ONCE", 2)
    crowd = (await directory.add(group("Crowd"))).id
    people = [(await directory.add(person(f"P{number}"))).id for number in range(5)]
    for one in people:
        await directory.add_member("local", crowd, one)
    members, query = await directory.members("local", crowd)
    rest = await directory.query(query, 3, 1000)
    assert [entry.id for entry in members + rest.entries] == people


async def test_favourites(directory, everything):
    ids = [(await directory.add(person(name), favorite=name < "d")).id for name in "abcdef"]
    a, b, c, d, *_ = ids
    await directory.set_favorite("local", d, favorite=True)
    await directory.set_favorite("local", a, favorite=True)
    assert await everything.favorites() == [a, b, c, d]
    await directory.move_favorite("local", d, 0)
    await directory.move_favorite("local", a, 3)
    await directory.move_favorite("local", b, 1)
    assert await everything.favorites() == [d, b, c, a]
    with pytest.raises(InvalidRequest, match="index"):
        await directory.move_favorite("local", b, 4)
    with pytest.raises(NotAFavorite):
        await directory.move_favorite("local", ids[5], 0)
    await directory.set_favorite("local", c, favorite=False)
    await directory.set_favorite("local", c, favorite=False)
    await directory.remove(d)
    await directory.change(a, DirectoryChange({}, favorite=True))
    assert await everything.favorites() == [b, a]
    assert await everything.find(servers=ServerScope.FAVORITES) == [a, b]
    assert await everything.find("b", servers=ServerScope.FAVORITES) == [b]
    page = await directory.favorites(2, 1)
    assert ([entry.id for entry in page.entries], page.next_start) == ([a], None)


async def test_pages_of_the_favourites_go_together(directory):
    for name in "abcde":
        await directory.add(person(name), favorite=True)
    page = await directory.favorites(1, 2)
    assert ([entry.content.display_name for entry in page.entries], page.next_start) == (["a", "b"], 3)
    page = await directory.favorites(5, 2)
    assert ([entry.content.display_name for entry in page.entries], page.next_start) == (["e"], None)


async def test_everything_survives_a_restart(open_there, tmp_path):
    async with open_there(tmp_path / "room.sqlite") as first:
        for name in "abcd":
            await first.directory.add(person(name), favorite=True)
        for _ in range(200):  # until no number is left between two
            await first.directory.move_favorite("local", (await first.favorites())[3], 1)
        before, found = await first.favorites(), await first.find()
    async with open_there(tmp_path / "room.sqlite") as second:
        assert await second.favorites() == before
        assert await second.find() == found


async def test_the_default_group(open_there, tmp_path):
    async with open_there(tmp_path / "room.sqlite", default_group="1") as made:
        with pytest.raises(NoDefaultGroup, match="'1'"):
            await made.directory.default_group()
        await made.directory.add(group("Board"))
        assert (await made.directory.default_group()).content.display_name == "Board"
    async with open_there(tmp_path / "room.sqlite") as made:
        with pytest.raises(NoDefaultGroup):
            await made.directory.default_group()
