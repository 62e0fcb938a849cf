"""Calendars for the tests, made of days around a fixed one."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from xml.sax.saxutils import escape

import pytest
import trustme
from aiohttp import web
from aiohttp.abc import AbstractResolver
from lxml import etree

from videobar.adapters.calendar.web import Web, one_of
from videobar.adapters.host.resolver import SystemResolver
from videobar.room.calendar.meeting import Instructions, Window
from videobar.room.egress import EgressPolicy

DAY_S = 24 * 3600
TODAY_S = int(datetime(2026, 11, 25, tzinfo=UTC).timestamp())


@pytest.fixture
def window() -> Window:
    """A week back and 90 days ahead of 2026-11-25."""
    return Window(TODAY_S - 7 * DAY_S, TODAY_S + 91 * DAY_S)


@pytest.fixture
def instructions(window) -> Instructions:
    return Instructions(window, "room@example.org")


@pytest.fixture
def egress() -> EgressPolicy:
    return EgressPolicy(SystemResolver(), ())


@pytest.fixture
def event():
    """The text of a VEVENT: `event("uid", "DTSTART:…", …)`."""

    def make(uid: str, *lines: str) -> str:
        return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT", ""])

    return make


@pytest.fixture
def calendar_text():
    """The text of a VCALENDAR around events and zones."""

    def make(*parts: str, head: str = "") -> str:
        return (
            f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//tests//\r\n{head}{''.join(parts)}END:VCALENDAR\r\n"
        )

    return make


Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class HttpsServer:
    """Several hosts behind one port of this machine, with certificates of an authority of the test."""

    port: int
    ca_file: Path
    hosts: Mapping[str, Answer]
    asked: list[str] = field(default_factory=list)
    """Names that were looked up."""

    def resolver(self, names: Mapping[str, str] | None = None) -> AbstractResolver:
        """Leads the hosts, and `names` that are made to mean one of them, to the port."""
        return HereResolver(self, {**{host: host for host in self.hosts}, **(names or {})})


class HereResolver(AbstractResolver):
    def __init__(self, server: HttpsServer, names: Mapping[str, str]) -> None:
        self.server = server
        self.names = names

    async def resolve(self, host, port=0, family=socket.AF_INET):
        self.server.asked.append(host)
        if host not in self.names:
            raise OSError(f"{host} has no address")
        return [
            {
                "hostname": host,
                "host": "127.0.0.1",
                "port": self.server.port,
                "family": socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
        ]

    async def close(self):
        pass


@pytest.fixture
async def https(tmp_path):
    """Serve hosts over TLS: `server = await https({"cal.example.org": answer})`."""
    authority = trustme.CA()
    ca_file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    runners = []

    async def serve(hosts: Mapping[str, Answer]) -> HttpsServer:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*hosts).configure_cert(context)

        async def answer(request: web.Request) -> web.StreamResponse:
            return await hosts[request.host.partition(":")[0]](request)

        runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
        await runner.setup()
        runners.append(runner)
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        return HttpsServer(runner.addresses[0][1], ca_file, hosts)

    yield serve
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def make_proxy():
    """An HTTP proxy that leads every tunnel to a port of this machine: `url, asked = await make_proxy(port)`."""
    servers = []

    async def make(port: int) -> tuple[str, list[str]]:
        asked: list[str] = []

        async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with suppress(OSError):
                while content := await source.read(65536):
                    sink.write(content)
                    await sink.drain()
            sink.close()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            asked.append(head.decode().partition("\r\n")[0])
            there, to_there = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(copy(reader, to_there), copy(there, writer))

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked

    yield make
    for server in servers:
        server.close()


@pytest.fixture
def make_web(egress):
    """A client that trusts hosts of a server: `make_web(server, "cal.example.org")`."""

    def make(server: HttpsServer, *trusted: str, names: Mapping[str, str] | None = None, **more) -> Web:
        return Web(
            egress, one_of(set(trusted)), ca_file=server.ca_file, resolver=server.resolver(names), **more
        )

    return make


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
            "whole_days": "false",
            "zone": "",
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
        zones = "".join(
            f'<t:{which}TimeZone Id="{item.zone}" Name="{item.zone}"/>'
            for which in ("Start", "End")
            if item.zone
        )
        return (
            f'<t:CalendarItem><t:ItemId Id="{name}" ChangeKey="{item.key}"/>'
            f"<t:Subject>{escape(item.subject)}</t:Subject>"
            f'<t:Sensitivity>{item.sensitivity}</t:Sensitivity><t:Body BodyType="HTML">{escape(item.body)}</t:Body>'
            f"<t:UID>{item.uid}</t:UID>{original}<t:Start>{item.start:%Y-%m-%dT%H:%M:%SZ}</t:Start>"
            f"<t:End>{item.end:%Y-%m-%dT%H:%M:%SZ}</t:End><t:Location>{escape(item.location)}</t:Location>"
            f"<t:IsAllDayEvent>{item.whole_days}</t:IsAllDayEvent>"
            f"<t:IsCancelled>{item.cancelled}</t:IsCancelled><t:CalendarItemType>{item.type}</t:CalendarItemType>"
            f"<t:MyResponseType>{item.response}</t:MyResponseType>"
            "<t:Organizer><t:Mailbox><t:Name>Jo Doe</t:Name><t:EmailAddress>jo@example.org</t:EmailAddress></t:Mailbox>"
            f"</t:Organizer>{people}{zones}</t:CalendarItem>"
        )


@pytest.fixture
def exchange():
    return Exchange()
