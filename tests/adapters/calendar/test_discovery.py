"""Discovery: names by a real DNS server of this machine, servers behind TLS, and who is given the credentials."""

from __future__ import annotations

import base64
from contextlib import suppress

import pytest
from aiohttp import web
from dnslib import QTYPE, RR, SRV, TXT
from dnslib.server import BaseResolver, DNSLogger, DNSServer

from videobar.adapters.calendar.discovery import POX, Discovery
from videobar.adapters.calendar.factory import Providers
from videobar.adapters.calendar.service_records import DnsServiceRecords, Offer
from videobar.errors import CalendarLoginRefused, NoCalendarFound
from videobar.room.calendar.port import CalendarAccount, ProviderKind, Search

DOMAIN = "example.org"
USER, SECRET = f"room@{DOMAIN}", "hush-hush"
BASIC = "Basic " + base64.b64encode(f"{USER}:{SECRET}".encode()).decode()


class Zone(BaseResolver):
    """Answers by what `records` holds for a name and a type."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list] = {}

    def resolve(self, request, handler):
        reply = request.reply()
        name, kind = str(request.q.qname).rstrip("."), QTYPE[request.q.qtype]
        for data in self.records.get((name, kind), []):
            reply.add_answer(RR(name, getattr(QTYPE, kind), rdata=data, ttl=60))
        return reply


@pytest.fixture
def zone():
    zone = Zone()
    server = DNSServer(zone, port=0, address="127.0.0.1", logger=DNSLogger(logf=lambda line: None))
    server.start_thread()
    zone.address = ("127.0.0.1", server.server.server_address[1])
    yield zone
    server.stop()
    server.server.server_close()


class Hosts:
    """What the hosts answer, and what each of them heard: host, path and credentials."""

    def __init__(self) -> None:
        self.paths: dict[tuple[str, str], object] = {}
        self.heard: list[tuple[str, str, str]] = []

    async def answer(self, request):
        host = request.host.partition(":")[0]
        self.heard.append((host, request.path, request.headers.get("Authorization", "")))
        answer = self.paths.get((host, request.path))
        if answer is None:
            return web.Response(status=404)
        return await answer(request)

    @property
    def told(self):
        """The hosts that were given credentials."""
        return {host for host, _, told in self.heard if told}

    def redirect(self, host, path, target):
        async def answer(request):
            return web.Response(status=302, headers={"Location": target})

        self.paths[host, path] = answer

    def json(self, host, path, value):
        async def answer(request):
            assert request.query["Protocol"] == "EWS"
            return web.json_response(value)

        self.paths[host, path] = answer

    def pox(self, host, inner):
        async def answer(request):
            if request.headers.get("Authorization") != BASIC:
                return web.Response(status=401)
            assert USER in await request.text()
            space = "http://schemas.microsoft.com/exchange/autodiscover"
            return web.Response(
                text=f'<?xml version="1.0"?><Autodiscover xmlns="{space}/responseschema/2006"><Response '
                f'xmlns="{space}/outlook/responseschema/2006a"><Account>{inner}</Account></Response></Autodiscover>',
                content_type="text/xml",
            )

        self.paths[host, POX] = answer

    def caldav(self, host, path="/.well-known/caldav"):
        """A CalDAV server with one calendar."""
        resource = "<d:resourcetype><d:collection/>{}</d:resourcetype>"

        def props(href, inner):
            return (
                '<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">'
                f"<d:response><d:href>{href}</d:href><d:propstat>"
                f"<d:prop>{inner}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
                "</d:multistatus>"
            )

        answers = {
            path: props(path, "<d:current-user-principal><d:href>/me/</d:href></d:current-user-principal>"),
            "/me/": props("/me/", "<c:calendar-home-set><d:href>/home/</d:href></c:calendar-home-set>"),
            "/home/": props("/home/meetings/", resource.format("<c:calendar/>")),
        }

        async def answer(request):
            if request.headers.get("Authorization") != BASIC:
                return web.Response(status=401)
            return web.Response(status=207, text=answers[request.path], content_type="application/xml")

        for each in answers:
            self.paths[host, each] = answer


@pytest.fixture
def hosts():
    return Hosts()


NAMES = (
    DOMAIN,
    f"cal.{DOMAIN}",
    f"autodiscover.{DOMAIN}",
    f"mail.{DOMAIN}",
    "evil.example.com",
    "autodiscover.evil.example.com",
    "outlook.office365.com",
    "graph.microsoft.com",
    "login.microsoftonline.com",
)


@pytest.fixture
async def find(https, hosts, zone, egress, exchange):
    server = await https({**dict.fromkeys(NAMES, hosts.answer), "localhost": exchange.answer})

    async def find(password=SECRET, allowed=(), microsoft=None, address=USER, **more):
        providers = Providers(egress, allowed, server.ca_file, server.resolver)
        discovery = Discovery(providers, DnsServiceRecords([zone.address]), microsoft)
        return await discovery.find(Search(address=address, password=password, **more))

    find.ews = f"https://localhost:{server.port}/EWS/Exchange.asmx"
    return find


async def test_records_by_priority_and_the_path_that_goes_with_them(zone):
    name = f"_caldavs._tcp.{DOMAIN}"
    zone.records[name, "SRV"] = [SRV(20, 0, 443, "b.example.org"), SRV(10, 0, 8443, "a.example.org")]
    zone.records[name, "TXT"] = [TXT("path=/dav")]
    records = DnsServiceRecords([zone.address])
    assert await records.offers("_caldavs._tcp", DOMAIN) == [
        Offer("a.example.org", 8443, "/dav"),
        Offer("b.example.org", 443, "/dav"),
    ]
    assert await records.offers("_none._tcp", DOMAIN) == []
    zone.records[name, "SRV"] = [SRV(0, 0, 0, ".")]
    assert await records.offers("_caldavs._tcp", DOMAIN) == []


async def test_caldav_at_the_well_known_place(find, hosts):
    hosts.caldav(DOMAIN)
    account = await find()
    assert (account.kind, account.user, account.mailbox) == (ProviderKind.CALDAV, USER, USER)
    assert account.url == f"https://{DOMAIN}/me/"


async def test_caldav_by_service_records_comes_first(find, hosts, zone):
    hosts.caldav(DOMAIN)
    hosts.caldav(f"cal.{DOMAIN}", "/dav")
    zone.records[f"_caldavs._tcp.{DOMAIN}", "SRV"] = [SRV(0, 0, 443, f"cal.{DOMAIN}")]
    zone.records[f"_caldavs._tcp.{DOMAIN}", "TXT"] = [TXT("path=/dav")]
    assert (await find()).url == f"https://cal.{DOMAIN}/me/"


async def test_a_redirect_inside_the_domain_is_where_the_calendar_is(find, hosts):
    hosts.redirect(DOMAIN, "/.well-known/caldav", f"https://cal.{DOMAIN}/dav")
    hosts.caldav(f"cal.{DOMAIN}", "/dav")
    assert (await find()).url == f"https://cal.{DOMAIN}/me/"


async def test_a_server_outside_of_the_domain_is_told_nothing(find, hosts, zone):
    zone.records[f"_caldavs._tcp.{DOMAIN}", "SRV"] = [SRV(0, 0, 443, "evil.example.com")]
    zone.records[f"_autodiscover._tcp.{DOMAIN}", "SRV"] = [SRV(0, 0, 443, "evil.example.com")]
    hosts.caldav("evil.example.com")
    hosts.redirect(DOMAIN, "/.well-known/caldav", "https://evil.example.com/.well-known/caldav")
    hosts.redirect(f"autodiscover.{DOMAIN}", POX, f"https://evil.example.com{POX}")
    hosts.pox(
        "evil.example.com", "<Protocol><Type>EXPR</Type><EwsUrl>https://evil.example.com/</EwsUrl></Protocol>"
    )
    hosts.json(
        DOMAIN,
        f"/autodiscover/autodiscover.json/v1.0/{USER}",
        {"Url": "https://evil.example.com/EWS/Exchange.asmx"},
    )
    hosts.pox(DOMAIN, f"<RedirectUrl>https://evil.example.com{POX}</RedirectUrl>")
    with suppress(CalendarLoginRefused, NoCalendarFound):
        await find()
        raise AssertionError("found what is outside")
    assert "evil.example.com" in {host for host, _, _ in hosts.heard}
    assert "evil.example.com" not in hosts.told
    assert hosts.told <= {DOMAIN, f"autodiscover.{DOMAIN}"}


async def test_a_redirect_to_the_mail_domain_of_somebody_else(find, hosts):
    hosts.pox(DOMAIN, "<RedirectAddr>room@evil.example.com</RedirectAddr>")
    hosts.pox("autodiscover.evil.example.com", "")
    with pytest.raises(NoCalendarFound, match=r"autodiscover\.evil\.example\.com is outside of example\.org"):
        await find()
    assert "autodiscover.evil.example.com" not in {host for host, _, _ in hosts.heard}


async def test_it_is_told_once_it_is_allowed(find, hosts, zone):
    zone.records[f"_caldavs._tcp.{DOMAIN}", "SRV"] = [SRV(0, 0, 443, "evil.example.com")]
    hosts.caldav("evil.example.com")
    with pytest.raises(NoCalendarFound, match="allowed by calendar_hosts"):
        await find()
    assert (await find(allowed=("evil.example.com",))).url == "https://evil.example.com/me/"


async def test_exchange_by_json_without_credentials(find, hosts, exchange):
    path = f"/autodiscover/autodiscover.json/v1.0/{USER}"
    hosts.json(f"autodiscover.{DOMAIN}", path, {"Protocol": "EWS", "Url": find.ews})
    account = await find(allowed=("localhost",))
    assert (account.kind, account.url, account.mailbox) == (ProviderKind.EWS, find.ews, USER)
    assert "FindItem" in exchange.asked
    assert (f"autodiscover.{DOMAIN}", path, "") in hosts.heard


@pytest.mark.parametrize("host", [DOMAIN, f"autodiscover.{DOMAIN}", f"mail.{DOMAIN}"])
async def test_exchange_by_xml(find, hosts, zone, exchange, host):
    zone.records[f"_autodiscover._tcp.{DOMAIN}", "SRV"] = [SRV(0, 0, 443, f"mail.{DOMAIN}")]
    hosts.pox(
        host,
        "<AccountType>email</AccountType><Action>settings</Action>"
        "<Protocol><Type>WEB</Type></Protocol>"
        f"<Protocol><Type>EXPR</Type><EwsUrl>{find.ews}</EwsUrl></Protocol>",
    )
    account = await find(allowed=("localhost",))
    assert (account.kind, account.url) == (ProviderKind.EWS, find.ews)


async def test_redirects_of_autodiscover_inside_the_domain_end(find, hosts):
    hosts.pox(DOMAIN, f"<RedirectUrl>https://mail.{DOMAIN}{POX}</RedirectUrl>")
    hosts.pox(f"mail.{DOMAIN}", f"<RedirectUrl>https://{DOMAIN}{POX}</RedirectUrl>")
    with pytest.raises(NoCalendarFound):
        await find()
    assert sum(path == POX for _, path, _ in hosts.heard) <= 12


async def test_a_wrong_password_is_told_with_the_server_and_without_the_password(find, hosts):
    hosts.caldav(DOMAIN)
    with pytest.raises(CalendarLoginRefused, match=f"^CalendarLoginRefused: password: {DOMAIN}") as refused:
        await find(password="wrong-secret")
    assert "wrong-secret" not in str(refused.value)


async def test_a_windows_domain_goes_before_the_user(find, hosts):
    hosts.caldav(DOMAIN)
    with pytest.raises(CalendarLoginRefused, match=r"for EX\\room9"):
        await find(user="room9", windows_domain="EX")


async def test_a_mailbox_in_microsoft_365_says_what_it_needs(find, hosts):
    path = f"/autodiscover/autodiscover.json/v1.0/{USER}"
    hosts.json(DOMAIN, path, {"Url": "https://outlook.office365.com/EWS/Exchange.asmx"})
    with pytest.raises(NoCalendarFound, match="Microsoft 365, which needs calendar_tenant"):
        await find(allowed=(".office365.com",))
    assert "outlook.office365.com" not in hosts.told


async def test_with_the_credentials_of_an_application_microsoft_365_is_used(find, hosts):
    async def token(request):
        return web.json_response({"access_token": "t", "expires_in": 60})

    async def graph(request):
        return web.json_response({"value": [], "@odata.deltaLink": "https://graph.microsoft.com/x"})

    view = f"/v1.0/users/{USER}/calendarView"
    hosts.paths["login.microsoftonline.com", "/contoso/oauth2/v2.0/token"] = token
    hosts.paths["graph.microsoft.com", view] = hosts.paths["graph.microsoft.com", f"{view}/delta"] = graph
    microsoft = CalendarAccount(kind=ProviderKind.GRAPH, tenant="contoso", client_id="c", client_secret="s")
    account = await find(microsoft=microsoft)
    assert (account.kind, account.mailbox, account.tenant) == (ProviderKind.GRAPH, USER, "contoso")


@pytest.mark.parametrize(
    "content", [b"", b"<", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", b"<a>" * 10_000, b"\xff"]
)
async def test_answers_without_sense(find, hosts, content):
    async def nonsense(request):
        return web.Response(body=content, status=207 if request.method == "PROPFIND" else 200)

    for host in (DOMAIN, f"autodiscover.{DOMAIN}"):
        for path in ("/.well-known/caldav", POX, f"/autodiscover/autodiscover.json/v1.0/{USER}"):
            hosts.paths[host, path] = nonsense
    with pytest.raises(NoCalendarFound):
        await find()


async def test_nobody_there_at_all(find):
    with pytest.raises(
        NoCalendarFound, match=r"^NoCalendarFound: email: nothing found for nowhere\.example\.net"
    ):
        await find(address="room@nowhere.example.net")
