"""Microsoft Graph: a server of ours in the place of Microsoft's two hosts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from aiohttp import web

from videobar.adapters.calendar.factory import Providers
from videobar.adapters.calendar.reading import reader
from videobar.errors import StartError
from videobar.room.calendar.port import (
    CalendarAccount,
    ProviderError,
    ProviderKind,
    ProviderRefused,
    ProviderUnreachable,
)

GRAPH, LOGIN, STRANGER = "graph.microsoft.com", "login.microsoftonline.com", "evil.example.com"
ROOM = "room@example.org"
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def row(name, start=NOON, minutes=60, **more):
    def moment(at):
        return {"dateTime": f"{at:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}

    return {
        "id": name,
        "changeKey": "1",
        "iCalUId": f"uid-{name}",
        "type": "singleInstance",
        "subject": name,
        "start": moment(start),
        "end": moment(start + timedelta(minutes=minutes)),
        **more,
    }


class Microsoft:
    """Tokens, `calendarView` in pages of two, and its delta."""

    def __init__(self) -> None:
        self.rows: list[dict] = []
        self.revision = 0
        self.secret = "client-secret"
        self.token = "token-1"
        self.tokens_given = 0
        self.views = 0
        self.fail: web.Response | None = None
        self.heard: list[tuple[str, str]] = []
        self.next_host = f"https://{GRAPH}"

    async def login(self, request):
        form = {name: values[0] for name, values in parse_qs(await request.text()).items()}
        assert request.path == "/contoso/oauth2/v2.0/token"
        assert form["scope"] == "https://graph.microsoft.com/.default"
        if (form["client_id"], form["client_secret"]) != ("client", self.secret):
            return web.json_response({"error": "invalid_client"}, status=401)
        self.tokens_given += 1
        return web.json_response({"access_token": self.token, "expires_in": 3600})

    async def graph(self, request):
        self.heard.append((request.host, request.headers.get("Authorization", "")))
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.json_response({"error": {"code": "InvalidAuthenticationToken"}}, status=401)
        if self.fail is not None:
            return web.Response(status=self.fail.status, headers=self.fail.headers)
        view = f"/v1.0/users/{ROOM}/calendarView"
        if request.path == f"{view}/delta":
            if "since" in request.query:
                since = int(request.query["since"])
                if since < 0:
                    return web.json_response({"error": {"code": "syncStateNotFound"}}, status=410)
                value = [{"id": "x"}] if since < self.revision else []
                return web.json_response({"value": value, **self.delta_link()})
            if "skip" not in request.query:
                return web.json_response(
                    {"value": [], "@odata.nextLink": f"https://{GRAPH}{view}/delta?skip=1"}
                )
            return web.json_response({"value": [], **self.delta_link()})
        assert request.path == view
        assert 'outlook.timezone="UTC"' in request.headers["Prefer"]
        skip = int(request.query.get("skip", "0"))
        self.views += skip == 0
        page = {"value": self.rows[skip : skip + 2]}
        if skip + 2 < len(self.rows):
            page["@odata.nextLink"] = f"{self.next_host}{view}?skip={skip + 2}"
        return web.json_response(page)

    def delta_link(self):
        return {
            "@odata.deltaLink": f"https://{GRAPH}/v1.0/users/{ROOM}/calendarView/delta?since={self.revision}"
        }


@pytest.fixture
def microsoft():
    return Microsoft()


@pytest.fixture
async def make_graph(https, microsoft, egress):
    server = await https({GRAPH: microsoft.graph, LOGIN: microsoft.login, STRANGER: microsoft.graph})
    made = []

    def make(**changes):
        account = {
            "kind": ProviderKind.GRAPH,
            "mailbox": ROOM,
            "tenant": "contoso",
            "client_id": "client",
            "client_secret": "client-secret",
        }
        providers = Providers(egress, ca_file=server.ca_file, resolver=server.resolver)
        made.append(providers(CalendarAccount(**{**account, **changes})))
        return made[-1]

    yield make
    for each in made:
        await each.close()


async def test_the_view_is_read_in_pages_and_again_only_after_a_change(make_graph, microsoft, window):
    microsoft.rows = [row(f"e{n}") for n in range(5)] + [row("master", type="seriesMaster")]
    graph = make_graph()
    first = await graph.changes(window, {}, "")
    known = {item.id: item.version for item in first.changed}
    assert set(known) == {f"e{n}" for n in range(5)}

    same = await graph.changes(window, known, first.token)
    assert (same.changed, same.gone, microsoft.views) == ([], frozenset(), 1)

    microsoft.rows = microsoft.rows[1:]
    microsoft.rows[0]["changeKey"] = "2"
    microsoft.revision = 1
    later = await graph.changes(window, known, same.token)
    assert ([item.id for item in later.changed], later.gone) == (["e1"], {"e0"})
    assert microsoft.tokens_given == 1

    stale = await graph.changes(window, known, first.token.replace("since=0", "since=-1"))
    assert ([item.id for item in stale.changed], stale.gone) == (["e1"], {"e0"})


async def test_what_a_row_says(make_graph, microsoft, window, instructions):
    person = {"emailAddress": {"name": "Al", "address": "al@example.org"}}
    microsoft.rows = [
        row(
            "full",
            organizer={"emailAddress": {"name": "Jo Doe", "address": "jo@example.org"}},
            location={"displayName": "Room 4"},
            locations=[{"displayName": "Room 4"}, {"displayName": "", "locationUri": "sip:loc@x.example"}],
            body={
                "contentType": "html",
                "content": "<p>acme@t.plcm.vc<br>Video Conference ID: 112 345 678 9</p>",
            },
            attendees=[
                {**person, "type": "required"},
                {"emailAddress": {"address": "bo@example.org"}, "type": "optional"},
            ],
            onlineMeeting={"joinUrl": "https://teams.microsoft.com/l/meetup-join/19%3ameeting"},
            sensitivity="normal",
        ),
        row("day", start=NOON.replace(hour=0), minutes=24 * 60, isAllDay=True),
        row("occurrence", seriesMasterId="s", type="occurrence", originalStart="2026-11-26T12:00:00Z"),
        row("exception", seriesMasterId="s", type="exception", originalStart="2026-11-27T12:00:00Z"),
        row("secret", sensitivity="private"),
        row("off", isCancelled=True),
        row("declined", responseStatus={"response": "declined"}),
        {"id": "timeless"},
        {"id": "odd time", "start": {"dateTime": "soon"}, "end": None},
        row("odd", organizer=None, attendees=[None, 3], body=None, location=[], onlineMeeting="x"),
    ]
    read = reader(instructions)
    zoned = reader(type(instructions)(window, ROOM, "Europe/Berlin"))
    changes = await make_graph().changes(window, {}, "")
    meetings = {item.id: read(item).meetings for item in changes.changed}
    (full,) = meetings["full"]
    assert (full.organizer, full.location) == ("Jo Doe", "Room 4 sip:loc@x.example")
    assert (full.required, full.optional) == (("Al",), ("bo@example.org",))
    assert [choice.address for choice in full.choices] == ["loc@x.example", "acme.1123456789@t.plcm.vc"]
    (day,) = next(zoned(item).meetings for item in changes.changed if item.id == "day")
    midnight = int(NOON.replace(hour=0).timestamp())
    assert (day.start_s, day.end_s) == (midnight - 3600, midnight - 3600 + 86400)
    assert meetings["occurrence"][0].recurring
    assert meetings["occurrence"][0].id != meetings["exception"][0].id
    assert meetings["secret"][0].private
    assert meetings["off"][0].cancelled
    assert meetings["declined"] == ()
    assert meetings["odd"][0].subject == "odd"


async def test_a_token_that_has_run_out_is_renewed_once(make_graph, microsoft, window):
    graph = make_graph()
    first = await graph.changes(window, {}, "")
    microsoft.token = "token-2"
    await graph.changes(window, {}, first.token)
    assert microsoft.tokens_given == 2


async def test_a_wrong_secret_is_told_without_it(make_graph, window):
    with pytest.raises(ProviderRefused) as refused:
        await make_graph(client_secret="wrong-secret").changes(window, {}, "")
    assert "wrong-secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "error"), [(403, ProviderRefused), (429, ProviderUnreachable), (500, ProviderError)]
)
async def test_refusals_and_throttling(make_graph, microsoft, window, status, error):
    microsoft.fail = web.Response(status=status, headers={"Retry-After": "120"})
    with pytest.raises(ProviderError) as caught:
        await make_graph().changes(window, {}, "")
    assert type(caught.value) is error
    if status == 429:
        assert caught.value.retry_after_s == 120


async def test_a_next_page_elsewhere_is_not_followed_with_the_token(make_graph, microsoft, window):
    microsoft.rows = [row(f"e{n}") for n in range(5)]
    microsoft.next_host = f"https://{STRANGER}"
    with pytest.raises(ProviderError, match="another server"):
        await make_graph().changes(window, {}, "")
    assert {host for host, _ in microsoft.heard} == {GRAPH}


@pytest.mark.parametrize("name", ["tenant", "client_id", "client_secret", "mailbox"])
def test_what_is_missing_is_named(make_graph, name):
    with pytest.raises(StartError, match=f"^calendar_{name}: "):
        make_graph(**{name: ""})


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"[" * 100_000, b'{"value": 3}', json.dumps({"value": [{}]}).encode()]
)
async def test_answers_without_sense(https, egress, microsoft, window, content):
    async def nonsense(request):
        return web.Response(body=content, content_type="application/json")

    server = await https({GRAPH: nonsense, LOGIN: microsoft.login})
    account = CalendarAccount(
        kind=ProviderKind.GRAPH,
        mailbox=ROOM,
        tenant="contoso",
        client_id="client",
        client_secret="client-secret",
    )
    graph = Providers(egress, ca_file=server.ca_file, resolver=server.resolver)(account)
    try:
        changes = await graph.changes(window, {}, "")
        assert changes.changed == []
    except ProviderError:
        pass
    await graph.close()
