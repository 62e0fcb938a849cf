"""CalDAV as servers really speak it, by a server that gives what no well-kept one would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from tests.dav_server import CALENDAR, Dav

from videobar.adapters.calendar.factory import Providers
from videobar.adapters.calendar.reading import reader
from videobar.adapters.calendar.servers.caldav import CalDav
from videobar.room.calendar.meeting import Ics, Unusable
from videobar.room.calendar.port import (
    CalendarAccount,
    ProviderError,
    ProviderKind,
    ProviderRefused,
    ProviderUnreachable,
)

USER, SECRET = "room@example.org", "hush-hush"


def account(url):
    return CalendarAccount(kind=ProviderKind.CALDAV, url=url, user=USER, password=SECRET)


@pytest.fixture
def dav(calendar_text, event):
    dav = Dav()
    for name in ("one", "two", "three"):
        dav.put(name, calendar_text(event(name, "DTSTART:20261126T090000Z", f"SUMMARY:{name}")))
    return dav


@pytest.fixture
async def make_provider(https, egress):
    """Hosts that all answer as `dav` does, and the provider for an address: `await make_provider(dav, url, *hosts)`."""
    made = []

    async def make(dav, url, *hosts, allowed=(), heard=None):
        async def answer(request):
            if heard is not None:
                heard.append((request.host.partition(":")[0], "Authorization" in request.headers))
            status, headers, content = dav.answer(request.method, request.path, await request.read())
            return web.Response(status=status, headers=headers, body=content)

        server = await https(dict.fromkeys(hosts, answer))
        providers = Providers(egress, allowed, ca_file=server.ca_file, resolver=server.resolver)
        made.append(providers(account(url)))
        return made[-1]

    yield make
    for each in made:
        await each.close()


HOST = "cal.example.org"


@pytest.fixture
async def provider(make_provider, dav):
    return await make_provider(dav, f"https://{HOST}/", HOST)


def names(items):
    return [item.id.removeprefix(CALENDAR).removesuffix(".ics") for item in items]


# Where it is


@pytest.mark.parametrize(
    ("start", "home"),
    [
        ("https://caldav.icloud.com/", "https://p37-caldav.icloud.com:443/calendars/"),
        ("https://p37-caldav.icloud.com/principal/", "https://p37-caldav.icloud.com:443/calendars/"),
        ("https://caldav.icloud.com:443/", "https://p137-caldav.icloud.com/calendars/"),
        ("https://p37-caldav.icloud.com:443/", "https://p37-caldav.icloud.com/calendars/"),
    ],
)
async def test_icloud_keeps_accounts_on_hosts_of_their_own(make_provider, dav, window, start, home):
    dav.home = home
    heard = []
    hosts = ("caldav.icloud.com", "p37-caldav.icloud.com", "p137-caldav.icloud.com")
    provider = await make_provider(dav, start, *hosts, heard=heard)
    changes = await provider.changes(window, {}, "")
    assert names(changes.changed) == ["one", "two", "three"]
    assert all(told for _, told in heard)
    assert heard[-1][0] == home.removeprefix("https://").partition(":")[0].partition("/")[0]
    later = await provider.changes(window, {item.id: item.version for item in changes.changed}, changes.token)
    assert (later.changed, later.gone) == ([], frozenset())


@pytest.mark.parametrize(
    "home",
    [
        "https://p37-caldav.icloud.com.evil.example/calendars/",
        "https://evil-caldav.icloud.com/calendars/",
        "https://p37-caldav.icloud.example/calendars/",
        "http://p37-caldav.icloud.com/calendars/",
        "https://p37-caldav.icloud.com:8443/calendars/",
    ],
)
async def test_a_strange_host_is_told_nothing_and_named(make_provider, dav, window, home):
    dav.home = home
    heard = []
    strange = home.partition("//")[2].partition("/")[0].partition(":")[0]
    provider = await make_provider(
        dav, "https://caldav.icloud.com/", "caldav.icloud.com", strange, heard=heard
    )
    if ":8443" in home:  # another port of a host that is trusted
        assert names((await provider.changes(window, {}, "")).changed) == ["one", "two", "three"]
        return
    with pytest.raises(ProviderError, match=f"on another server, {strange}, which calendar_hosts would"):
        await provider.changes(window, {}, "")
    assert {host for host, _ in heard} == {"caldav.icloud.com"}


async def test_another_host_that_is_allowed(make_provider, dav, window):
    dav.home = "https://part.example.net/calendars/"
    hosts = (HOST, "part.example.net")
    provider = await make_provider(dav, f"https://{HOST}/", *hosts, allowed=("part.example.net",))
    assert names((await provider.changes(window, {}, "")).changed) == ["one", "two", "three"]


def test_a_port_that_is_the_schemes_own_makes_no_other_server():
    server = CalDav(account("https://p37-caldav.icloud.com/1/principal/"), None)
    there = "https://p37-caldav.icloud.com:443/1/calendars/"
    assert str(server._at(there)) == "https://p37-caldav.icloud.com/1/calendars/"
    server = CalDav(account("https://p37-caldav.icloud.com:443/"), None)
    assert str(server._at("https://P37-caldav.icloud.com/1/")) == "https://p37-caldav.icloud.com/1/"


# What it says


SPOILT = {
    "a vertical tab": lambda text: text.replace(b"SUMMARY:two", b"SUMMARY:t\x0bwo"),
    "a reference to one": lambda text: text.replace(b"SUMMARY:two", b"SUMMARY:t&#x1A;wo"),
    "a null": lambda text: text.replace(b"SUMMARY:two", b"SUMMARY:t\x00wo"),
    "half a character": lambda text: text.replace(b"SUMMARY:two", b"SUMMARY:two\xc3"),
    "a surrogate": lambda text: text.replace(b"SUMMARY:two", b"SUMMARY:two\xed\xa0\x80"),
    "another encoding": lambda text: text.replace(b"SUMMARY:two", b"SUMMARY:two \xe4\xf6"),
    "an ampersand": lambda text: text.replace(b"SUMMARY:two", b"SUMMARY:two & more"),
    "a reference of HTML": lambda text: text.replace(b"SUMMARY:two", b"SUMMARY:two&nbsp;more"),
    "an address in brackets": lambda text: text.replace(b"SUMMARY:two", b"SUMMARY:two <jo@x.example> more"),
    "blank lines before": lambda text: b"\r\n\r\n" + text,
    "a byte order mark": lambda text: b"\xef\xbb\xbf" + text,
}


@pytest.mark.parametrize("how", SPOILT)
async def test_one_text_that_xml_cannot_hold_costs_no_calendar(provider, dav, window, instructions, how):
    dav.spoil = SPOILT[how]
    changes = await provider.changes(window, {}, "")
    read = reader(instructions)
    found = {item.id: read(item) for item in changes.changed}
    assert names(changes.changed) == ["one", "two", "three"]
    assert [len(reading.meetings) for reading in found.values()] in ([1, 1, 1], [1, 0, 1])
    if how != "an address in brackets":
        assert all(reading.meetings for reading in found.values())


@pytest.mark.parametrize("cut", [b"", b"<", b"<d:multistatus xmlns:d='DAV:'>", b"<html></html>", b"{}"])
async def test_an_answer_that_is_none_is_no_empty_calendar(provider, dav, window, cut):
    first = await provider.changes(window, {}, "")
    known = {item.id: item.version for item in first.changed}
    dav.version += 1
    dav.spoil = lambda text: cut
    with pytest.raises(ProviderError, match=f"{HOST}: the answer is not"):
        await provider.changes(window, known, first.token)


async def test_an_event_over_which_the_server_fails_costs_no_other(provider, dav, window):
    dav.fails = {"two"}
    changes = await provider.changes(window, {}, "")
    kinds = {item.id: type(item.content) for item in changes.changed}
    assert {name.removeprefix(CALENDAR): kind for name, kind in kinds.items()} == {
        "one.ics": Ics,
        "two.ics": Unusable,
        "three.ics": Ics,
    }


async def test_a_server_that_only_fails_is_broken(provider, dav, window, monkeypatch):
    monkeypatch.setattr("videobar.adapters.calendar.servers.caldav.MOST_FAILURES", 2)
    dav.fails = {""}
    with pytest.raises(ProviderError, match="HTTP 500"):
        await provider.changes(window, {}, "")


@pytest.mark.parametrize("gone_by", ["propstat", "status"])
async def test_a_deletion_is_one_however_it_is_said(provider, dav, window, gone_by):
    dav.gone_by = gone_by
    first = await provider.changes(window, {}, "")
    known = {item.id: item.version for item in first.changed}
    dav.delete("two")
    later = await provider.changes(window, known, first.token)
    assert (names(later.changed), later.gone) == ([], {f"{CALENDAR}two.ics"})


async def test_when_to_come_again_may_be_a_date(https, egress, window):
    now = datetime.now(UTC).replace(microsecond=0)
    said = {"Date": format_datetime(now, usegmt=True)}

    async def answer(request):
        return web.Response(status=503, headers=said)

    server = await https({HOST: answer})
    provider = Providers(egress, ca_file=server.ca_file, resolver=server.resolver)(
        account(f"https://{HOST}/")
    )
    for value, seconds in (
        (format_datetime(now + timedelta(minutes=5), usegmt=True), 300),
        (format_datetime(now + timedelta(days=5), usegmt=True), 3600),
        (format_datetime(now - timedelta(days=5), usegmt=True), 0),
        ("120", 120),
        ("99999999", 3600),
        ("soon", 0),
        ("", 0),
    ):
        said["Retry-After"] = value
        with pytest.raises(ProviderUnreachable) as busy:
            await provider.changes(window, {}, "")
        assert busy.value.retry_after_s == seconds, value
    await provider.close()


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_a_calendar_that_is_not_given_costs_no_other(provider, dav, window, status):
    other = "/calendars/other/"
    dav.refused = {other: status}
    first = await provider.changes(window, {}, "")
    refused = [item for item in first.changed if isinstance(item.content, Unusable)]
    assert [item.id for item in refused] == [other]
    assert str(status) in refused[0].content.why
    assert len(first.changed) == 1 + len(dav.events)
    known = {item.id: item.version for item in first.changed}

    again = await provider.changes(window, known, first.token)
    assert (again.changed, again.gone) == ([], frozenset())  # told once

    dav.refused = {}
    later = await provider.changes(window, known, again.token)
    assert (later.changed, later.gone) == ([], {other})


async def test_where_no_calendar_is_given_the_account_is_refused(provider, dav, window):
    await provider.changes(window, {}, "")
    dav.refused = {CALENDAR: 403}
    with pytest.raises(ProviderRefused, match="does not accept"):
        await provider.changes(window, {}, "")
    dav.refused = {}
    assert len((await provider.changes(window, {}, "")).changed) == len(dav.events)
