"""Published calendars, as files and on the web."""

from __future__ import annotations

import os

import pytest
from aiohttp import web

from videobar.adapters.calendar.factory import Providers
from videobar.adapters.calendar.servers.ics import IcsFeed, IcsFile, text_of
from videobar.errors import StartError
from videobar.room.calendar.port import (
    CalendarAccount,
    ProviderError,
    ProviderKind,
    ProviderRefused,
    ProviderUnreachable,
)


def known(changes):
    return {item.id: item.version for item in changes.changed}


async def test_a_file_is_read_once_until_it_changes(tmp_path, window, calendar_text, event, egress):
    file = tmp_path / "room.ics"
    file.write_text(
        calendar_text(event("1", "DTSTART:20261126T090000Z"), event("2", "DTSTART:20261127T090000Z"))
    )
    provider = Providers(egress)(CalendarAccount(kind=ProviderKind.ICS, url=file.as_uri()))
    assert isinstance(provider, IcsFile)
    first = await provider.changes(window, {}, "")
    assert set(known(first)) == {"1", "2"}
    second = await provider.changes(window, known(first), first.token)
    assert (second.changed, second.gone) == ([], frozenset())
    file.write_text(
        calendar_text(
            event("2", "DTSTART:20261127T090000Z", "SUMMARY:x"), event("3", "DTSTART:20261128T090000Z")
        )
    )
    third = await provider.changes(window, known(first), second.token)
    assert (set(known(third)), third.gone) == ({"2", "3"}, frozenset({"1"}))
    file.unlink()
    with pytest.raises(ProviderUnreachable, match=r"room\.ics: No such file"):
        await provider.changes(window, {}, third.token)


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff\xfe\x00", b"PK\x03\x04"])
async def test_a_file_that_is_no_calendar(tmp_path, window, content):
    file = tmp_path / "room.ics"
    file.write_bytes(content)
    with pytest.raises(ProviderError, match="is not a calendar"):
        await IcsFile(CalendarAccount(kind=ProviderKind.ICS, url=str(file))).changes(window, {}, "")


async def test_bytes_that_are_no_text_harm_only_themselves(tmp_path, window, calendar_text, event):
    file = tmp_path / "room.ics"
    file.write_bytes(
        calendar_text(event("1", "DTSTART:20261126T090000Z", "SUMMARY:caf@"))
        .replace("@", "\xe9")
        .encode("latin-1")
    )
    changes = await IcsFile(CalendarAccount(kind=ProviderKind.ICS, url=str(file))).changes(window, {}, "")
    assert "SUMMARY:caf\ufffd" in changes.changed[0].content.text


async def test_a_letter_that_folding_broke_is_whole_again(tmp_path, window, calendar_text, event):
    file = tmp_path / "room.ics"
    whole = calendar_text(event("1", "DTSTART:20261126T090000Z", "SUMMARY:Café の")).encode()
    for letter in ("é", "の"):
        at = whole.index(letter.encode()) + 1
        file.write_bytes(whole[:at] + b"\r\n " + whole[at:])
        changes = await IcsFile(CalendarAccount(kind=ProviderKind.ICS, url=str(file))).changes(window, {}, "")
        assert "SUMMARY:Café の\r\n" in changes.changed[0].content.text


async def test_single_events_of_the_past_are_not_even_looked_at(tmp_path, window, calendar_text, event):
    file = tmp_path / "room.ics"
    file.write_text(
        calendar_text(
            event("old", "DTSTART:20200101T090000Z", "DTEND:20200101T100000Z"),
            event("old series", "DTSTART:20200101T090000Z", "RRULE:FREQ=DAILY"),
            event("long", "DTSTART:20200101T090000Z", "DURATION:P3000D"),
        )
    )
    changes = await IcsFile(CalendarAccount(kind=ProviderKind.ICS, url=str(file))).changes(window, {}, "")
    assert set(known(changes)) == {"old series", "long"}


async def test_what_is_no_file_is_not_opened(tmp_path, window):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(ProviderError, match="is not a file"):
            await IcsFile(CalendarAccount(kind=ProviderKind.ICS, url=str(path))).changes(window, {}, "")


async def test_a_file_that_is_too_long(tmp_path, window):
    with (tmp_path / "long.ics").open("wb") as file:
        file.truncate(33 * 1024 * 1024)
    with pytest.raises(ProviderError, match="longer than"):
        await IcsFile(CalendarAccount(kind=ProviderKind.ICS, url=str(tmp_path / "long.ics"))).changes(
            window, {}, ""
        )


@pytest.fixture
def published(calendar_text, event):
    """What the web server publishes, and what it was asked."""

    class Published:
        text = calendar_text(event("1", "DTSTART:20261126T090000Z"))
        status = 200
        headers: dict = {}
        asked: list = []

        async def answer(self, request):
            self.asked.append(request.headers.copy())
            if self.status != 200:
                return web.Response(status=self.status, headers=self.headers)
            tag = f'"{len(self.text)}"'
            if request.headers.get("If-None-Match") == tag:
                return web.Response(status=304)
            return web.Response(text=self.text, headers={"ETag": tag}, content_type="text/calendar")

    published = Published()
    published.asked = []
    return published


@pytest.fixture
async def feed(https, published, make_web):
    server = await https({"cal.example.org": published.answer})
    account = CalendarAccount(
        kind=ProviderKind.ICS, url="webcal://cal.example.org/token/room.ics", user="room", password="secret"
    )
    feed = IcsFeed(account, make_web(server, "cal.example.org"))
    yield feed
    await feed.close()


async def test_a_feed_is_fetched_again_only_when_it_changed(feed, published, window, calendar_text, event):
    first = await feed.changes(window, {}, "")
    assert set(known(first)) == {"1"}
    second = await feed.changes(window, known(first), first.token)
    assert (second.changed, second.gone, second.token) == ([], frozenset(), first.token)
    published.text = calendar_text(event("22", "DTSTART:20261126T090000Z"))
    third = await feed.changes(window, known(first), first.token)
    assert (set(known(third)), third.gone) == ({"22"}, frozenset({"1"}))
    assert [headers.get("Authorization", "")[:6] for headers in published.asked] == ["Basic "] * 3


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, ProviderRefused),
        (403, ProviderRefused),
        (503, ProviderUnreachable),
        (429, ProviderUnreachable),
        (404, ProviderError),
        (500, ProviderError),
    ],
)
async def test_what_statuses_mean_and_that_no_secret_is_told(feed, published, window, status, error):
    published.status, published.headers = status, {"Retry-After": "7"}
    with pytest.raises(ProviderError) as caught:
        await feed.changes(window, {}, "")
    assert type(caught.value) is error
    assert str(status) in str(caught.value)
    assert "token" not in str(caught.value)
    assert "secret" not in str(caught.value)
    if error is ProviderUnreachable:
        assert caught.value.retry_after_s == 7


def test_an_account_shows_no_secret():
    account = CalendarAccount(
        kind=ProviderKind.ICS, url="https://x/token", user="u", password="pw", client_secret="hush"
    )
    assert "token" not in repr(account)
    assert "pw" not in repr(account)
    assert "hush" not in repr(account)


@pytest.mark.parametrize("url", ["https://", "http:///x", "webcal:", "https://[::1/x"])
def test_an_address_without_a_host(egress, url):
    with pytest.raises(StartError, match="^calendar_url: "):
        Providers(egress)(CalendarAccount(kind=ProviderKind.ICS, url=url))


@pytest.mark.parametrize(
    ("encoding", "charset"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-16", ""),
        ("cp1252", "windows-1252"),
        ("iso-8859-15", "ISO-8859-15"),
        ("utf-8", "x"),
    ],
)
def test_letters_of_other_encodings(calendar_text, event, encoding, charset):
    text = calendar_text(event("1", "SUMMARY:Grüße"), event("2", "SUMMARY:plain"))
    assert "SUMMARY:Grüße" in text_of(text.encode(encoding), "x", charset)


def test_one_line_of_another_encoding_costs_no_letters_elsewhere(calendar_text, event):
    text = calendar_text(event("1", "SUMMARY:Grüße"), event("2", "SUMMARY:Größe")).encode()
    mixed = text_of(text.replace("Größe".encode(), b"Gr\xf6\xdfe"), "x")
    assert "Grüße" in mixed
    assert "Gr\ufffd\ufffde" in mixed
