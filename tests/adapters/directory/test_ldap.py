"""The global directory against real servers."""

import asyncio
import base64
import contextlib
import itertools
import socket
import time
import uuid

import pytest

from videobar.adapters.directory.ldap import REFUSED_S, LdapConfiguration, LdapDirectory, tls_context
from videobar.adapters.store.database import Database
from videobar.assembly.directory import directory_over
from videobar.clock import SystemClock
from videobar.errors import DirectoryUnavailable, NoSuchEntry, NotAGroup, ReadOnlyEntry
from videobar.ldap.connection import LdapAddress
from videobar.room.directory.entry import EntryDevice, EntryFields
from videobar.room.directory.search import DirectorySearch, search_words, typed_words
from videobar.vocabulary import DialType, EntryScope, EntryType, GroupScope, ServerScope, SubsystemState

pytestmark = pytest.mark.apt

BASE = "dc=example,dc=org"
PATIENCE_S = 30.0


def person(uid, first, last, **more):
    lines = [
        f"dn: uid={uid},{BASE}",
        "objectClass: inetOrgPerson",
        "objectClass: SIPIdentity",
        f"uid: {uid}",
        f"cn: {first} {last}",
        f"givenName: {first}",
        f"sn: {last}",
        *(f"{name}: {value}" for name, value in more.items()),
    ]
    return "\n".join(lines) + "\n\n"


def group(name, *members):
    lines = [f"dn: cn={name},{BASE}", "objectClass: groupOfNames", f"cn: {name}"]
    return "\n".join([*lines, *(f"member: {member}" for member in members)]) + "\n\n"


PEOPLE = (
    person(
        "mira",
        "Mira",
        "Holt",
        mail="mira@example.org",
        telephoneNumber="+1 555 0141",
        mobile="+1 555 0142",
        SIPIdentitySIPURI="sip:mira@rooms.example.org",
    )
    + person("jo", "Jörg", "Müller", SIPIdentitySIPURI="sip:jo@rooms.example.org")
    + person("odd", "Odd*)(cn=", "Paren", mail="odd@example.org")
    + group("Inner", f"uid=jo,{BASE}")
    + group("Board", f"uid=mira,{BASE}", f"cn=Inner,{BASE}", f"uid=gone,{BASE}")
)


class Elsewhere:
    def __init__(self, ldap, directory) -> None:
        self.ldap, self.directory = ldap, directory

    async def find(self, text="", **more):
        query = await self.directory.begin_query(
            DirectorySearch(search_words(text), typed=typed_words(text), **more)
        )
        names, start = [], 1
        while start is not None:
            page = await self.directory.query(query, start, 100)
            names += [entry.content.display_name for entry in page.entries]
            start = page.next_start
        return names

    async def entry(self, text):
        query = await self.directory.begin_query(
            DirectorySearch(search_words(text), typed=typed_words(text), servers=ServerScope.GLOBAL)
        )
        (entry,) = (await self.directory.query(query, 1, 10)).entries
        return entry

    async def until(self, state):
        deadline = time.monotonic() + PATIENCE_S
        while self.ldap.report().state is not state:
            assert time.monotonic() < deadline, self.ldap.report()
            await asyncio.sleep(0.02)
        return self.ldap.report()


class ImpatientClock(SystemClock):
    """Does not wait for long between looks at a server."""

    async def sleep(self, seconds):
        await super().sleep(min(seconds, 0.1))


@contextlib.asynccontextmanager
async def opened(folder, servers, authority, **more):
    clock = ImpatientClock()
    configuration = LdapConfiguration(
        servers=tuple(map(LdapAddress.of, servers)),
        base=BASE,
        **{"user": f"uid=reader,{BASE}", "password": "reading", "authorities": authority, **more},
    )
    ldap = LdapDirectory(configuration, clock, tls_context(configuration))
    database = Database(folder / "room.sqlite")
    ids = itertools.count(1)
    directory = directory_over(database, clock, elsewhere=ldap, new_id=lambda: f"l{next(ids)}")
    ldap.start()
    try:
        yield Elsewhere(ldap, directory)
    finally:
        await directory.close()
        database.close()


@pytest.mark.parametrize("kind", ["starttls", "ldaps", "plain"])
async def test_search_over_every_kind_of_connection(start_slapd, tmp_path, kind):
    server = start_slapd(PEOPLE, security="security simple_bind=128" if kind != "plain" else "")
    url = server.tls_url if kind == "ldaps" else server.url
    async with opened(tmp_path, [url], server.ca, start_tls=kind == "starttls") as far:
        report = await far.until(SubsystemState.UP)
        assert (report.kind, report.address, report.reason) == ("LDAP", url, "")
        entry = await far.entry("mira")
        assert entry.content == EntryFields(
            EntryType.SINGLE,
            "Mira Holt",
            "Mira",
            "Holt",
            "Mira Holt",
            "mira@example.org",
            "",
            "+1 555 0141",
            "+1 555 0142",
            "",
            (
                EntryDevice("1", "sip:mira@rooms.example.org", DialType.SIP),
                EntryDevice("2", "+1 555 0141", DialType.VOICE, 0, "AUDIO"),
            ),
        )
        assert str(uuid.UUID(entry.id)) == entry.id
        assert (entry.server_id, entry.protocol, entry.local) == ("global", "LDAP", False)
        assert await far.directory.entry("global", entry.id) == entry


async def test_what_is_asked_is_what_is_found(start_slapd, tmp_path):
    server = start_slapd(PEOPLE)
    async with opened(tmp_path, [server.url], server.ca) as far:
        mira = await far.directory.add(EntryFields(display_name="Mira Local"))
        await far.directory.add(EntryFields(display_name="Zed"))
        assert await far.find("mira") == ["Mira Holt", "Mira Local"]
        assert await far.find("mira", servers=ServerScope.LOCAL) == ["Mira Local"]
        assert await far.find("mira", servers=ServerScope.GLOBAL) == ["Mira Holt"]
        everything = [
            "Board",
            "Inner",
            "Jörg Müller",
            "Mira Holt",
            "Mira Local",
            "Odd*)(cn= Paren",
            "Reader",
            "Zed",
        ]
        assert await far.find() == everything
        assert await far.find(entries=EntryScope.GROUP) == ["Board", "Inner"]
        assert (await far.find(entries=EntryScope.ANY_TIERED))[:3] == ["Board", "Inner", "Jörg Müller"]
        for text, found in (
            ("mü", "Jörg Müller"),
            ("ho", "Mira Holt"),
            ("mira@example.org", "Mira Holt"),
            ("5550141", "Mira Holt"),
            ("0141 holt", "Mira Holt"),
            ("0141 jo", None),
        ):
            assert await far.find(text, servers=ServerScope.GLOBAL) == ([found] if found else []), text
        assert await far.find("*)(cn=*", servers=ServerScope.GLOBAL) == []
        with pytest.raises(NoSuchEntry):
            await far.directory.entry("global", mira.id)
        with pytest.raises(NoSuchEntry):
            await far.directory.entry("global", str(uuid.uuid4()))


async def test_pages_of_both_directories_go_together(start_slapd, tmp_path):
    names = [f"Person {number:03}" for number in range(700)]
    server = start_slapd("".join(person(f"p{n}", "Person", f"{n:03}") for n in range(0, 700, 2)))
    async with opened(tmp_path, [server.url], server.ca) as far:
        for number in range(1, 700, 2):
            await far.directory.add(EntryFields(display_name=names[number]))
        query = await far.directory.begin_query(DirectorySearch(search_words("person"), typed=("person",)))
        found, start = [], 1
        while start is not None:
            page = await far.directory.query(query, start, 37)
            found += [entry.content.display_name for entry in page.entries]
            start = page.next_start
        assert found == names
        page = await far.directory.query(query, 501, 3)
        assert [entry.content.display_name for entry in page.entries] == names[500:503]


@pytest.mark.parametrize("most", ["100", "unlimited"])
async def test_limits_cut_a_search_off(start_slapd, tmp_path, most):
    server = start_slapd("".join(person(f"p{n}", "Person", f"{n:03}") for n in range(300)), most=most)
    async with opened(tmp_path, [server.url], server.ca, most=200) as far:
        assert len(await far.find("person")) == (100 if most == "100" else 200)
        assert far.ldap.report().state is SubsystemState.UP


async def test_groups_are_read_and_not_written(start_slapd, tmp_path):
    server = start_slapd(PEOPLE)
    async with opened(tmp_path, [server.url], server.ca) as far:
        board, mira = await far.entry("board"), await far.entry("mira")
        members, more = await far.directory.members("global", board.id)
        assert ([entry.content.display_name for entry in members], more) == (["Inner", "Mira Holt"], None)
        assert await far.find(group_id=board.id) == ["Inner", "Jörg Müller", "Mira Holt"]
        assert await far.find(group_id=board.id, groups=GroupScope.ONE_LEVEL) == ["Inner", "Mira Holt"]
        assert await far.find("mira", group_id=board.id) == ["Mira Holt"]
        with pytest.raises(ReadOnlyEntry):
            await far.directory.add_member("global", board.id, mira.id)
        with pytest.raises(NotAGroup):
            await far.directory.members("global", mira.id)


async def test_members_in_other_directories_are_left_out(start_slapd, tmp_path):
    people = PEOPLE + group("Wide", f"uid=mira,{BASE}", "cn=far,dc=elsewhere,dc=test")
    server = start_slapd(people, security="referral ldap://elsewhere.test")
    async with opened(tmp_path, [server.url], server.ca) as far:
        members, _ = await far.directory.members("global", (await far.entry("wide")).id)
        assert [entry.content.display_name for entry in members] == ["Mira Holt"]


async def test_favourites_stay_while_the_server_is_away(start_slapd, tmp_path):
    server = start_slapd(PEOPLE)
    async with opened(tmp_path, [server.url], server.ca) as far:
        mira, jo = await far.entry("mira"), await far.entry("müller")
        local = await far.directory.add(EntryFields(display_name="Ann"), favorite=True)
        for one in (mira, jo):
            await far.directory.set_favorite("global", one.id, favorite=True)
        await far.directory.move_favorite("global", jo.id, 0)
        assert (await far.entry("mira")).favorite
        server.kill()
        await far.until(SubsystemState.DOWN)
        page = await far.directory.favorites(1, 10)
        assert [entry.id for entry in page.entries] == [jo.id, local.id, mira.id]
        assert (await far.directory.entry("global", mira.id)).content == mira.content
        assert await far.find(servers=ServerScope.FAVORITES) == ["Ann", "Jörg Müller", "Mira Holt"]
        await far.directory.set_favorite("global", jo.id, favorite=False)
        assert await far.find("m", servers=ServerScope.FAVORITES) == ["Mira Holt"]
        with pytest.raises(DirectoryUnavailable):
            await far.directory.entry("global", jo.id)


async def test_a_server_that_is_killed_and_returns_while_searches_go_on(start_slapd, tmp_path):
    server = start_slapd(PEOPLE)
    async with opened(tmp_path, [server.url], server.ca) as far:
        await far.directory.add(EntryFields(display_name="Mira Local"))
        assert await far.find("mira") == ["Mira Holt", "Mira Local"]
        searches = [asyncio.create_task(far.find("mira")) for _ in range(20)]
        await asyncio.sleep(0)
        server.kill()
        for found in await asyncio.gather(*searches):
            assert found in (["Mira Holt", "Mira Local"], ["Mira Local"])
        report = await far.until(SubsystemState.DOWN)
        assert server.url in report.reason
        assert await far.find("mira") == ["Mira Local"]
        server.start()
        await far.until(SubsystemState.UP)
        assert await far.find("mira") == ["Mira Holt", "Mira Local"]


async def test_a_server_that_hangs_never_holds_up_the_room(start_slapd, tmp_path, monkeypatch):
    monkeypatch.setattr("videobar.room.directory.service.GLOBAL_DEADLINE_S", 0.3)
    monkeypatch.setattr("videobar.adapters.directory.ldap.ANSWER_S", 1.0)
    server = start_slapd(PEOPLE)
    async with opened(tmp_path, [server.url], server.ca) as far:
        await far.directory.add(EntryFields(display_name="Mira Local"))
        assert len(await far.find("mira")) == 2
        gaps = []

        async def tick():
            last = time.monotonic()
            while True:
                await asyncio.sleep(0.01)
                now = time.monotonic()
                gaps.append(now - last)
                last = now

        ticking = asyncio.create_task(tick())
        server.freeze()
        assert await far.find("mira") == ["Mira Local"]
        await far.until(SubsystemState.DOWN)
        assert await far.find("mira") == ["Mira Local"]
        ticking.cancel()
        assert sorted(gaps)[len(gaps) // 2] < 0.2  # the loop ran all the time, however busy the machine is
        server.thaw()
        await far.until(SubsystemState.UP)
        assert len(await far.find("mira")) == 2


async def test_the_next_server_takes_over_and_gives_back(start_slapd, tmp_path):
    first, second = start_slapd(PEOPLE), start_slapd(PEOPLE)
    async with opened(tmp_path, [first.url, second.url], first.ca) as far:
        assert (await far.until(SubsystemState.UP)).address == first.url
        first.kill()
        deadline = time.monotonic() + PATIENCE_S
        while far.ldap.report().address != second.url or not await far.find("mira"):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        first.start()
        while far.ldap.report().address != first.url:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        assert await far.find("mira") == ["Mira Holt"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"authorities": None}, "certificate is refused"),
        ({"password": "wrong"}, "the user or the password is refused"),
        ({"user": "", "password": ""}, "anonymous bind disallowed"),
        ({"verify": False, "authorities": None}, ""),
    ],
)
async def test_why_a_server_cannot_be_used(start_slapd, tmp_path, more, why):
    server = start_slapd(PEOPLE, security="disallow bind_anon")
    async with opened(tmp_path, [server.tls_url], server.ca, **more) as far:
        report = await far.until(SubsystemState.DOWN if why else SubsystemState.UP)
        if why:
            assert why in report.reason


async def test_a_server_that_takes_nobodys_searches_is_not_up(start_slapd, tmp_path):
    server = start_slapd(PEOPLE, security="require authc")
    async with opened(tmp_path, [server.url], server.ca, user="", password="") as far:
        assert "authentication required" in (await far.until(SubsystemState.DOWN)).reason


async def test_refused_credentials_are_not_tried_again_soon(start_slapd, tmp_path, monkeypatch):
    pauses = []

    async def sleep(self, seconds):
        pauses.append(seconds)
        await asyncio.Event().wait()

    monkeypatch.setattr(ImpatientClock, "sleep", sleep)
    server = start_slapd(PEOPLE)
    async with opened(tmp_path, [server.url], server.ca, password="wrong") as far:
        await far.until(SubsystemState.DOWN)
    assert pauses == [REFUSED_S]


async def test_the_certificate_of_another_host(start_slapd, tmp_path):
    server = start_slapd(PEOPLE, identity="other.example.org")
    for url in (server.url, server.tls_url):
        (tmp_path / url[-5:]).mkdir()
        async with opened(tmp_path / url[-5:], [url], server.ca) as far:
            assert "mismatch" in (await far.until(SubsystemState.DOWN)).reason


async def test_a_server_without_tls_is_not_asked_in_the_clear(start_slapd, tmp_path):
    server = start_slapd(PEOPLE)
    text = (server.folder / "slapd.conf").read_text()
    (server.folder / "slapd.conf").write_text(
        "\n".join(line for line in text.splitlines() if not line.startswith("TLS"))
    )
    server.stop()
    server.tls_url, server.tls_port = "", server.port
    server.start()
    async with opened(tmp_path, [server.url], None) as far:
        assert server.url in (await far.until(SubsystemState.DOWN)).reason
        with pytest.raises(DirectoryUnavailable):
            await far.directory.entry("global", str(uuid.uuid4()))


async def test_what_does_not_speak_ldap(tmp_path):
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"ldap://127.0.0.1:{listening.getsockname()[1]}"

    async def answer(_, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, sock=listening)
    async with server, opened(tmp_path, [url], None) as far:
        assert "does not speak LDAP" in (await far.until(SubsystemState.DOWN)).reason


def of_ad(name, number, kind="person", **more):
    classes = {"person": "user", "group": "group"}
    lines = [
        f"dn: cn={name},{BASE}",
        f"objectClass: {classes[kind]}",
        f"cn: {name}",
        f"objectCategory: {kind}",
    ]
    if kind == "person":
        lines.append(f"sn: {name.split()[-1]}")
    lines.append(f"objectGUID:: {_guid(number)}")
    return "\n".join([*lines, *(f"{key}: {value}" for key, value in more.items())]) + "\n\n"


def _guid(number):
    return base64.b64encode(uuid.UUID(int=number << 64 | 7).bytes_le).decode()


async def test_active_directory(start_slapd, tmp_path):
    people = (
        of_ad("Mira Holt", 1, **{"msRTCSIP-PrimaryUserAddress": "sip:mira@corp.example", "ipPhone": "4711"})
        + of_ad("Computer", 2).replace("objectCategory: person", "objectCategory: computer")
        + of_ad("Board", 3, "group", member=f"cn=Mira Holt,{BASE}")
    )
    server = start_slapd(people, schema=start_slapd.ad_schema)
    async with opened(tmp_path, [server.tls_url], server.ca, schema="ad") as far:
        assert (await far.until(SubsystemState.UP)).kind == "Microsoft"
        assert await far.find() == ["Board", "Mira Holt"]
        mira = await far.entry("mira")
        assert mira.id == str(uuid.UUID(int=1 << 64 | 7))
        assert [device.address for device in mira.content.devices] == ["sip:mira@corp.example", "4711"]
        assert await far.directory.entry("global", mira.id) == mira
        board = await far.entry("board")
        assert await far.find(group_id=board.id) == ["Mira Holt"]


def test_the_same_on_the_loop_that_rooms_run_on(start_slapd, tmp_path):
    uvloop = pytest.importorskip("uvloop")
    server = start_slapd(PEOPLE)

    async def run():
        for number, url in enumerate((server.url, server.tls_url)):
            folder = tmp_path / str(number)
            folder.mkdir()
            async with opened(folder, [url], server.ca) as far:
                assert await far.find("mira") == ["Mira Holt"]
                server.kill()
                await far.until(SubsystemState.DOWN)
                server.start()
                await far.until(SubsystemState.UP)
                assert await far.find("mira") == ["Mira Holt"]

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


async def test_what_is_kept_of_a_favourite_is_renewed(start_slapd, tmp_path):
    server = start_slapd(PEOPLE)
    async with opened(tmp_path, [server.url], server.ca) as far:
        jo = await far.entry("mü")
        await far.directory.set_favorite("global", jo.id, favorite=True)
        server.change(f"dn: uid=jo,{BASE}\nchangetype: modify\nreplace: mail\nmail: jo@example.org\n")
        assert (await far.directory.entry("global", jo.id)).content.email == "jo@example.org"
        (kept,) = (await far.directory.favorites(1, 10)).entries
        assert kept.content.email == "jo@example.org"
