"""Exchange: the unmodified `exchangelib` in its process, and a server of ours that speaks real SOAP."""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from xml.sax.saxutils import escape

import pytest
from aiohttp import web
from lxml import etree

from videobar.adapters.calendar.ews import Ews
from videobar.adapters.calendar.ews_child import MOST_AT_ONCE
from videobar.adapters.calendar.providers import AccountIncomplete, Providers
from videobar.adapters.calendar.reading import reader
from videobar.room.calendar.port import Account, Kind, ProviderError, ProviderRefused, ProviderUnreachable

pytest.importorskip("exchangelib", reason="the extra videobar[exchange] is not installed")

USER, SECRET = "room@example.org", "hush-hush"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
NAMES = {"s": SOAP, "m": MESSAGES, "t": TYPES}


class Exchange:
    """As much of Exchange as a calendar needs, with Basic authentication."""

    def __init__(self) -> None:
        self.items: dict[str, SimpleNamespace] = {}
        self.asked: list[str] = []
        self.fetched: list[str] = []
        self.password = SECRET

    def hold(self, name: str, start: datetime, minutes: int = 60, **more) -> None:
        defaults = {
            "key": "1",
            "uid": name,
            "subject": name,
            "body": "",
            "location": "",
            "sensitivity": "Normal",
            "cancelled": "false",
            "type": "Single",
            "original": "",
            "response": "Accept",
        }
        self.items[name] = SimpleNamespace(
            **{**defaults, **more, "start": start, "end": start + timedelta(minutes=minutes)}
        )

    async def answer(self, request: web.Request) -> web.Response:
        expected = "Basic " + base64.b64encode(f"{USER}:{self.password}".encode()).decode()
        if request.headers.get("Authorization") != expected:
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="exchange"'})
        body = etree.fromstring(await request.read()).find("s:Body", NAMES)[0]
        operation = etree.QName(body).localname
        self.asked.append(operation)
        operations = {"GetFolder": self.get_folder, "FindItem": self.find_item, "GetItem": self.get_item}
        if operation == "ConvertId":  # how exchangelib asks for the version, with an id that Exchange refuses
            return self.envelope(operation, [], error="ErrorInvalidIdMalformed")
        return self.envelope(operation, operations[operation](body))

    def envelope(self, operation: str, messages: list[str], error: str = "") -> web.Response:
        kind, code = ("Error", error) if error else ("Success", "NoError")
        text = f"<m:MessageText>{error}</m:MessageText>" if error else ""
        inner = "".join(
            f'<m:{operation}ResponseMessage ResponseClass="{kind}">{text}<m:ResponseCode>{code}</m:ResponseCode>'
            f"{message}</m:{operation}ResponseMessage>"
            for message in (messages or [""])
        )
        build = 'MajorVersion="15" MinorVersion="2" MajorBuildNumber="1544" MinorBuildNumber="4"'
        content = (
            '<?xml version="1.0" encoding="utf-8"?>'
            f'<s:Envelope xmlns:s="{SOAP}" xmlns:m="{MESSAGES}" xmlns:t="{TYPES}">'
            f'<s:Header><t:ServerVersionInfo {build} Version="V2017_07_11"/></s:Header>'
            f"<s:Body><m:{operation}Response><m:ResponseMessages>{inner}</m:ResponseMessages></m:{operation}Response>"
            "</s:Body></s:Envelope>"
        )
        return web.Response(body=content.encode(), content_type="text/xml", charset="utf-8")

    def get_folder(self, body) -> list[str]:
        names = [each.get("Id") for each in body.iterfind(".//t:DistinguishedFolderId", NAMES)]
        return [
            f'<m:Folders><t:CalendarFolder><t:FolderId Id="F-{name}" ChangeKey="1"/><t:TotalCount>0</t:TotalCount>'
            "<t:ChildFolderCount>0</t:ChildFolderCount></t:CalendarFolder></m:Folders>"
            for name in names
        ]

    def find_item(self, body) -> list[str]:
        view = body.find("m:CalendarView", NAMES)
        start, end = (datetime.fromisoformat(view.get(name)) for name in ("StartDate", "EndDate"))
        most = int(view.get("MaxEntriesReturned", "1000"))
        found = [name for name, item in self.items.items() if item.start < end and item.end > start][:most]
        rows = "".join(
            f'<t:CalendarItem><t:ItemId Id="{name}" ChangeKey="{self.items[name].key}"/></t:CalendarItem>'
            for name in found
        )
        head = f'<m:RootFolder TotalItemsInView="{len(found)}" IncludesLastItemInRange="true">'
        return [f"{head}<t:Items>{rows}</t:Items></m:RootFolder>"]

    def get_item(self, body) -> list[str]:
        names = [each.get("Id") for each in body.iterfind(".//t:ItemId", NAMES)]
        self.fetched += names
        return [f"<m:Items>{self.xml(name)}</m:Items>" for name in names]

    def xml(self, name: str) -> str:
        item = self.items[name]
        original = f"<t:RecurrenceId>{item.original}</t:RecurrenceId>" if item.original else ""
        people = "".join(
            f"<t:{kind}><t:Attendee><t:Mailbox><t:Name>{person}</t:Name><t:EmailAddress>{person}@example.org"
            f"</t:EmailAddress></t:Mailbox></t:Attendee></t:{kind}>"
            for kind, person in (("RequiredAttendees", "Al"), ("OptionalAttendees", "Bo"))
        )
        return (
            f'<t:CalendarItem><t:ItemId Id="{name}" ChangeKey="{item.key}"/>'
            f"<t:Subject>{escape(item.subject)}</t:Subject>"
            f'<t:Sensitivity>{item.sensitivity}</t:Sensitivity><t:Body BodyType="HTML">{escape(item.body)}</t:Body>'
            f"<t:UID>{item.uid}</t:UID>{original}<t:Start>{item.start:%Y-%m-%dT%H:%M:%SZ}</t:Start>"
            f"<t:End>{item.end:%Y-%m-%dT%H:%M:%SZ}</t:End><t:Location>{escape(item.location)}</t:Location>"
            f"<t:IsCancelled>{item.cancelled}</t:IsCancelled><t:CalendarItemType>{item.type}</t:CalendarItemType>"
            f"<t:MyResponseType>{item.response}</t:MyResponseType>"
            "<t:Organizer><t:Mailbox><t:Name>Jo Doe</t:Name><t:EmailAddress>jo@example.org</t:EmailAddress></t:Mailbox>"
            f"</t:Organizer>{people}</t:CalendarItem>"
        )


@pytest.fixture
def exchange():
    return Exchange()


@pytest.fixture
async def make_ews(https, exchange, reach):
    server = await https({"localhost": exchange.answer})
    made = []

    def make(**changes) -> Ews:
        account = {
            "kind": Kind.EWS,
            "url": f"https://localhost:{server.port}/EWS/Exchange.asmx",
            "user": USER,
            "password": SECRET,
        }
        made.append(Providers(reach, ca_file=server.ca_file)(Account(**{**account, **changes})))
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


async def test_nobody_there_and_nobody_to_trust(make_ews, https, exchange, window, reach):
    with pytest.raises(ProviderUnreachable):
        await make_ews(url="https://localhost:9/EWS/Exchange.asmx").changes(window, {}, "")
    server = await https({"localhost": exchange.answer})
    account = Account(kind=Kind.EWS, url=f"https://localhost:{server.port}/EWS", user=USER, password=SECRET)
    stranger = Providers(reach)(account)
    with pytest.raises(ProviderError, match="certificate"):
        await stranger.changes(window, {}, "")
    await stranger.close()
    assert exchange.asked == []


async def test_a_server_that_never_answers_is_given_up_and_the_next_question_is_answered(
    https, exchange, window, reach, monkeypatch
):
    recovered = asyncio.Event()

    async def answer(request):
        if not recovered.is_set():
            await asyncio.sleep(3600)
        return await exchange.answer(request)

    server = await https({"localhost": answer})
    monkeypatch.setattr("videobar.adapters.calendar.ews.PATIENCE_S", 1.0)
    account = Account(kind=Kind.EWS, url=f"https://localhost:{server.port}/EWS", user=USER, password=SECRET)
    ews = Providers(reach, ca_file=server.ca_file)(account)
    with pytest.raises(ProviderUnreachable, match="TimeoutError"):
        await ews.changes(window, {}, "")
    recovered.set()
    monkeypatch.setattr("videobar.adapters.calendar.ews.PATIENCE_S", 60.0)
    assert (await ews.changes(window, {}, "")).changed == []
    await ews.close()


def test_what_is_missing_is_named(reach, monkeypatch):
    providers = Providers(reach)
    account = Account(kind=Kind.EWS, url="https://x.example/", user="room", password="s")
    with pytest.raises(AccountIncomplete, match="^calendar_mailbox: "):
        providers(account)
    with pytest.raises(AccountIncomplete, match="^calendar_url: must be an https"):
        providers(Account(kind=Kind.EWS, url="http://x.example/", user=USER, password="s"))
    monkeypatch.setattr("videobar.adapters.calendar.providers.installed", lambda: False)
    with pytest.raises(AccountIncomplete, match=r"videobar\[exchange\]"):
        providers(Account(kind=Kind.EWS, url="https://x.example/", user=USER, password="s"))
