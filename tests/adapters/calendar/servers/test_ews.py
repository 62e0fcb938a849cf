"""Exchange: the unmodified `exchangelib` in its process, and a server of ours that speaks real SOAP."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from videobar.adapters.calendar.factory import Providers
from videobar.adapters.calendar.reading import reader
from videobar.adapters.calendar.servers.ews import Ews
from videobar.adapters.calendar.servers.ews_child import MOST_AT_ONCE
from videobar.errors import StartError
from videobar.room.calendar.port import (
    CalendarAccount,
    ProviderError,
    ProviderKind,
    ProviderRefused,
    ProviderUnreachable,
)

pytest.importorskip("exchangelib", reason="the extra videobar[exchange] is not installed")

USER, SECRET = "room@example.org", "hush-hush"


@pytest.fixture
async def make_ews(https, exchange, egress):
    server = await https({"localhost": exchange.answer})
    made = []

    def make(**changes) -> Ews:
        account = {
            "kind": ProviderKind.EWS,
            "url": f"https://localhost:{server.port}/EWS/Exchange.asmx",
            "user": USER,
            "password": SECRET,
        }
        made.append(Providers(egress, ca_file=server.ca_file)(CalendarAccount(**{**account, **changes})))
        return made[-1]

    yield make
    for each in made:
        await each.close()


NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


async def test_the_view_is_read_and_later_only_what_changed(make_ews, exchange, window, instructions):
    exchange.hold(
        "one",
        NOON,
        subject="Plans & more",
        location="Room 4",
        body='<html><body><p>Join <a href="sip:a@x.example">here</a></p></body></html>',
    )
    exchange.hold("two", NOON + timedelta(days=80), sensitivity="Private")
    exchange.hold("far", NOON + timedelta(days=400))
    for day in range(2):
        start = NOON + timedelta(days=day)
        exchange.hold(
            f"series-{day}", start, uid="series", type="Occurrence", original=f"{start:%Y-%m-%dT%H:%M:%SZ}"
        )
    exchange.hold("declined", NOON, response="Decline")
    exchange.hold("off", NOON, cancelled="true")
    ews = make_ews()
    first = await ews.changes(window, {}, "")
    assert {item.id for item in first.changed} == {"one", "two", "series-0", "series-1", "declined", "off"}

    read = reader(instructions)
    meetings = {item.id: read(item).meetings for item in first.changed}
    (one,) = meetings["one"]
    assert (one.subject, one.location, one.organizer) == ("Plans & more", "Room 4", "Jo Doe")
    assert (one.required, one.optional) == (("Al",), ("Bo",))
    assert (one.start_s, one.end_s) == (int(NOON.timestamp()), int(NOON.timestamp()) + 3600)
    assert [choice.address for choice in one.choices] == ["a@x.example"]
    assert meetings["two"][0].private
    assert meetings["declined"] == ()
    assert meetings["off"][0].cancelled
    series = [meetings[f"series-{day}"][0] for day in range(2)]
    assert all(meeting.recurring for meeting in series)
    assert len({meeting.id for meeting in series}) == 2

    known = {item.id: item.version for item in first.changed}
    exchange.fetched.clear()
    exchange.items["one"].key = "2"
    del exchange.items["two"]
    later = await ews.changes(window, known, first.token)
    assert ([item.id for item in later.changed], later.gone) == (["one"], {"two"})
    assert exchange.fetched == ["one"]


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        ("W. Europe Standard Time", datetime(2026, 11, 25, 23, tzinfo=UTC)),
        ("Pacific Standard Time", datetime(2026, 11, 26, 8, tzinfo=UTC)),
        ("UTC", datetime(2026, 11, 26, tzinfo=UTC)),
    ],
)
async def test_whole_days_are_those_of_the_room(make_ews, exchange, window, instructions, zone, midnight):
    """Whatever zone the organizer has: the view gives the organizer's midnight."""
    exchange.hold("day", midnight, 2 * 24 * 60, whole_days="true", zone=zone)
    (item,) = (await make_ews().changes(window, {}, "")).changed
    (meeting,) = reader(replace(instructions, zone="Asia/Tokyo"))(item).meetings
    start = int(datetime(2026, 11, 25, 15, tzinfo=UTC).timestamp())
    assert (meeting.start_s, meeting.end_s) == (start, start + 2 * 86400)


async def test_people_of_a_meeting_are_not_called(make_ews, exchange, window, instructions):
    exchange.hold("one", NOON, body="<p>sip:jo@example.org SIP: al@example.org sip:room4@vc.example</p>")
    (item,) = (await make_ews().changes(window, {}, "")).changed
    (meeting,) = reader(instructions)(item).meetings
    assert [choice.address for choice in meeting.choices] == ["room4@vc.example"]


async def test_exchange_is_asked_through_a_proxy(https, exchange, window, egress, make_proxy):
    exchange.hold("one", NOON)
    server = await https({"mail.example.org": exchange.answer})
    url, asked = await make_proxy(server.port)
    account = CalendarAccount(
        kind=ProviderKind.EWS, url="https://mail.example.org/EWS/Exchange.asmx", user=USER, password=SECRET
    )
    ews = Providers(egress, ca_file=server.ca_file, proxy=url)(account)
    assert [item.id for item in (await ews.changes(window, {}, "")).changed] == ["one"]
    assert {line.rpartition(" ")[0] for line in asked} == {"CONNECT mail.example.org:443"}
    await ews.close()


async def test_more_than_the_server_gives_at_once(make_ews, exchange, window):
    for number in range(MOST_AT_ONCE + 200):
        exchange.hold(f"e{number}", NOON + timedelta(minutes=10 * number), 5)
    known = dict.fromkeys(exchange.items, "1")
    del known["e1150"]
    changes = await make_ews().changes(window, known, "")
    assert ([item.id for item in changes.changed], changes.gone) == (["e1150"], frozenset())
    assert exchange.asked.count("FindItem") > 4


async def test_a_wrong_password(make_ews, window):
    with pytest.raises(ProviderRefused) as refused:
        await make_ews(password="wrong-secret").changes(window, {}, "")
    assert "wrong-secret" not in str(refused.value)


async def test_nobody_there_and_nobody_to_trust(make_ews, https, exchange, window, egress):
    with pytest.raises(ProviderUnreachable):
        await make_ews(url="https://localhost:9/EWS/Exchange.asmx").changes(window, {}, "")
    server = await https({"localhost": exchange.answer})
    account = CalendarAccount(
        kind=ProviderKind.EWS, url=f"https://localhost:{server.port}/EWS", user=USER, password=SECRET
    )
    stranger = Providers(egress)(account)
    with pytest.raises(ProviderError, match="certificate"):
        await stranger.changes(window, {}, "")
    await stranger.close()
    assert exchange.asked == []


async def test_a_server_that_never_answers_is_given_up_and_the_next_question_is_answered(
    https, exchange, window, egress, monkeypatch
):
    recovered = asyncio.Event()

    async def answer(request):
        if not recovered.is_set():
            await asyncio.sleep(3600)
        return await exchange.answer(request)

    server = await https({"localhost": answer})
    monkeypatch.setattr("videobar.adapters.calendar.servers.ews.PATIENCE_S", 1.0)
    account = CalendarAccount(
        kind=ProviderKind.EWS, url=f"https://localhost:{server.port}/EWS", user=USER, password=SECRET
    )
    ews = Providers(egress, ca_file=server.ca_file)(account)
    with pytest.raises(ProviderUnreachable, match="TimeoutError"):
        await ews.changes(window, {}, "")
    recovered.set()
    monkeypatch.setattr("videobar.adapters.calendar.servers.ews.PATIENCE_S", 60.0)
    assert (await ews.changes(window, {}, "")).changed == []
    await ews.close()


def test_what_is_missing_is_named(egress, monkeypatch):
    providers = Providers(egress)
    account = CalendarAccount(kind=ProviderKind.EWS, url="https://x.example/", user="room", password="s")
    with pytest.raises(StartError, match="^calendar_mailbox: "):
        providers(account)
    with pytest.raises(StartError, match="^calendar_url: must be an https"):
        providers(CalendarAccount(kind=ProviderKind.EWS, url="http://x.example/", user=USER, password="s"))
    monkeypatch.setattr("videobar.adapters.calendar.factory.installed", lambda: False)
    with pytest.raises(StartError, match=r"videobar\[exchange\]"):
        providers(CalendarAccount(kind=ProviderKind.EWS, url="https://x.example/", user=USER, password="s"))
