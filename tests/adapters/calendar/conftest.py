"""Calendars for the tests, made of days around a fixed one."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from aiohttp import web
from aiohttp.abc import AbstractResolver

from videobar.adapters.calendar.web import Web, one_of
from videobar.adapters.host.resolver import SystemResolver
from videobar.room.calendar.meeting import Instructions, Window
from videobar.room.reach import Reach

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
def reach() -> Reach:
    return Reach(SystemResolver(), ())


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
def make_web(reach):
    """A client that trusts hosts of a server: `make_web(server, "cal.example.org")`."""

    def make(server: HttpsServer, *trusted: str, names: Mapping[str, str] | None = None, **more) -> Web:
        return Web(
            reach, one_of(set(trusted)), ca_file=server.ca_file, resolver=server.resolver(names), **more
        )

    return make
