"""Google Calendar: a server of ours in the place of Google's two hosts, which checks the signature."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from videobar.adapters.calendar.factory import Providers
from videobar.adapters.calendar.reading import reader
from videobar.errors import StartError
from videobar.room.calendar.port import CalendarAccount, ProviderError, ProviderKind, ProviderRefused

API, TOKENS = "www.googleapis.com", "oauth2.googleapis.com"
ROOM = "room@example.org"
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def row(name, start=NOON, **more):
    return {
        "id": name,
        "etag": '"1"',
        "iCalUID": f"{name}@google.com",
        "status": "confirmed",
        "summary": name,
        "start": {"dateTime": start.isoformat()},
        "end": {"dateTime": (start + timedelta(hours=1)).isoformat()},
        **more,
    }


class GoogleHere:
    """Tokens for a signed assertion, and `events.list` in pages of two with sync tokens."""

    def __init__(self) -> None:
        self.rows: list[dict] = []
        self.news: list[dict] = []
        self.lists: list[dict] = []
        self.gone = False

    async def tokens(self, request):
        form = parse_qs(await request.text())
        signed, _, signature = form["assertion"][0].rpartition(".")
        claims = json.loads(decode(signed.partition(".")[2]))
        assert claims["aud"] == f"https://{TOKENS}/token"
        assert claims["exp"] - claims["iat"] == 3600
        KEY.public_key().verify(decode(signature), signed.encode(), padding.PKCS1v15(), SHA256())
        if claims["iss"] != "robot@example.iam.gserviceaccount.com":
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response({"access_token": "token", "expires_in": 3600})

    async def events(self, request):
        assert request.headers["Authorization"] == "Bearer token"
        assert request.path == f"/calendar/v3/calendars/{ROOM}/events"
        self.lists.append(dict(request.query))
        assert request.query["singleEvents"] == "true"
        if "syncToken" in request.query:
            if self.gone:
                return web.json_response({}, status=410)
            return web.json_response({"items": self.news, "nextSyncToken": "sync-2"})
        first = int(request.query.get("pageToken", "0"))
        page = {"items": self.rows[first : first + 2]}
        more = first + 2 < len(self.rows)
        return web.json_response(
            page | ({"nextPageToken": str(first + 2)} if more else {"nextSyncToken": "sync-1"})
        )


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.fixture
def google():
    return GoogleHere()


@pytest.fixture
def key_file(tmp_path):
    def write(**changes):
        pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        content = {
            "type": "service_account",
            "client_email": "robot@example.iam.gserviceaccount.com",
            "private_key": pem,
            "token_uri": f"https://{TOKENS}/token",
        }
        file = tmp_path / "key.json"
        file.write_text(json.dumps({**content, **changes}))
        return str(file)

    return write


@pytest.fixture
async def make_google(https, google, egress):
    server = await https({API: google.events, TOKENS: google.tokens})
    made = []

    def make(file):
        providers = Providers(egress, ca_file=server.ca_file, resolver=server.resolver)
        made.append(providers(CalendarAccount(kind=ProviderKind.GOOGLE, mailbox=ROOM, key_file=file)))
        return made[-1]

    yield make
    for each in made:
        await each.close()


async def test_it_lists_once_and_then_synchronises(make_google, google, key_file, window):
    google.rows = [row(f"e{n}") for n in range(5)] + [row("off", status="cancelled")]
    provider = make_google(key_file())
    first = await provider.changes(window, {}, "")
    known = {item.id: item.version for item in first.changed}
    assert set(known) == {f"e{n}" for n in range(5)}
    assert google.lists[0]["timeMin"] == "2026-11-18T00:00:00Z"

    google.news = [
        row("e1", etag='"2"'),
        {"id": "e0", "status": "cancelled"},
        {"id": "other", "status": "cancelled"},
    ]
    later = await provider.changes(window, known, first.token)
    assert ([item.id for item in later.changed], later.gone) == (["e1"], {"e0"})
    assert "timeMin" not in google.lists[-1]

    google.gone = True
    google.rows = [row("e4")]
    stale = await provider.changes(window, known, later.token)
    assert (stale.changed, stale.gone) == ([], {"e0", "e1", "e2", "e3"})


async def test_what_a_row_says(make_google, google, key_file, window, instructions):
    google.rows = [
        row(
            "full",
            organizer={"email": "jo@example.org", "displayName": "Jo Doe"},
            location="Room 4",
            description="<p>Agenda</p>",
            attendees=[
                {"email": "al@example.org", "displayName": "Al"},
                {"email": "bo@example.org", "optional": True},
                {"email": ROOM, "self": True, "resource": True, "responseStatus": "accepted"},
            ],
            conferenceData={
                "entryPoints": [
                    {"entryPointType": "video", "uri": "https://meet.google.com/abc-defg-hij"},
                    {"entryPointType": "phone", "uri": "tel:+1-555-0100", "pin": "123"},
                    {"entryPointType": "sip", "uri": "sip:123@meet.example.org"},
                ]
            },
        ),
        {**row("day"), "start": {"date": "2026-11-26"}, "end": {"date": "2026-11-27"}},
        row("one", recurringEventId="series", originalStartTime={"dateTime": NOON.isoformat()}),
        row("two", recurringEventId="series", originalStartTime={"date": "2026-11-27"}),
        {"id": "timeless", "start": {"date": "soon"}},
        row("secret", visibility="private"),
        row("declined", attendees=[{"email": ROOM.upper(), "responseStatus": "declined"}]),
    ]
    changes = await make_google(key_file()).changes(window, {}, "")
    read = reader(instructions)
    meetings = {item.id: read(item).meetings for item in changes.changed}
    (full,) = meetings["full"]
    assert (full.organizer, full.location, full.body) == ("Jo Doe", "Room 4", "Agenda")
    assert (full.required, full.optional) == (("Al",), ("bo@example.org",))
    assert [choice.address for choice in full.choices] == ["123@meet.example.org", "+15550100,,123#"]
    (day,) = meetings["day"]
    assert (day.start_s, day.end_s - day.start_s) == (int(NOON.replace(hour=0).timestamp()), 86400)
    assert meetings["one"][0].id != meetings["two"][0].id
    assert meetings["one"][0].recurring
    assert meetings["secret"][0].private
    assert meetings["declined"] == ()


async def test_a_key_that_is_not_accepted(make_google, key_file, window):
    with pytest.raises(ProviderRefused, match="gives no token"):
        await make_google(key_file(client_email="stranger@example.com")).changes(window, {}, "")


@pytest.mark.parametrize(
    "changes", [{"private_key": "nonsense"}, {"private_key": 3}, {"client_email": None, "private_key": None}]
)
async def test_a_file_that_is_no_key(make_google, key_file, window, changes):
    with pytest.raises(ProviderError, match=r"calendar_key_file: key\.json is not the key"):
        await make_google(key_file(**changes)).changes(window, {}, "")


async def test_a_file_that_is_not_there(make_google, window):
    with pytest.raises(ProviderError, match=r"calendar_key_file: nothing\.json: No such file"):
        await make_google("/nowhere/nothing.json").changes(window, {}, "")


async def test_a_token_address_elsewhere_is_not_asked(make_google, key_file, window):
    with pytest.raises(ProviderError):
        await make_google(key_file(token_uri="http://evil.example.com/token")).changes(window, {}, "")


def test_what_is_missing_is_named(egress):
    with pytest.raises(StartError, match="^calendar_key_file: "):
        Providers(egress)(CalendarAccount(kind=ProviderKind.GOOGLE, mailbox=ROOM))
