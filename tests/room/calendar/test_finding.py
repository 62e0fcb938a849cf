"""Using what was found."""

from __future__ import annotations

import pytest

from videobar.errors import InvalidRequest, NoCalendarFound, StoreUnavailable
from videobar.room.calendar.finding import Finding, SipAccount
from videobar.room.calendar.port import CalendarAccount, ProviderKind, Search
from videobar.vocabulary import CalendarState

FOUND = CalendarAccount(kind=ProviderKind.CALDAV, url="https://cal.example.org/", user="room")
SIP = SipAccount("room@example.org", "auth-user", "sip-secret")


class Finder:
    def __init__(self) -> None:
        self.asked: list[Search] = []
        self.fail: Exception | None = None

    async def find(self, search):
        self.asked.append(search)
        if self.fail is not None:
            raise self.fail
        return FOUND


@pytest.fixture
async def make(make_calendar, make_calls):
    calendar, provider = make_calendar(make_calls())
    remembered = []

    async def remember(account):
        remembered.append(account)

    def make(sip=None, remember=remember):
        finder = Finder()
        finding = Finding(
            calendar=calendar,
            finder=finder,
            providers=lambda account: provider,
            remember=remember,
            sip_account=sip,
        )
        return finding, finder, calendar, remembered

    yield make
    await calendar.close()


async def test_what_is_found_is_remembered_and_used(make):
    finding, _, calendar, remembered = make()
    assert await finding.by_email(Search(address="room@example.org", password="x")) is FOUND
    assert remembered == [FOUND]
    assert calendar.state is CalendarState.CONNECTING


@pytest.mark.parametrize("error", [NoCalendarFound("none"), StoreUnavailable("full")])
async def test_what_fails_changes_nothing(make, error):
    async def full(account):
        raise error

    finding, finder, calendar, _ = make(remember=full)
    finder.fail = error if isinstance(error, NoCalendarFound) else None
    with pytest.raises(type(error)):
        await finding.by_email(Search(address="room@example.org"))
    assert calendar.state is CalendarState.DISABLED


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("", ("room@example.org", "auth-user", "sip-secret")),
        ("sip:other@EXAMPLE.org;transport=tls", ("other@EXAMPLE.org", "auth-user", "sip-secret")),
        ("sips:room@example.com", ("room@example.com", "", "")),
    ],
)
async def test_the_registrations_credentials_are_for_its_own_domain(make, address, sent):
    finding, finder, _, _ = make(SIP)
    await finding.by_sip(Search(address=address))
    (search,) = finder.asked
    assert (search.address, search.user, search.password) == sent


async def test_given_credentials_win(make):
    finding, finder, _, _ = make(SIP)
    await finding.by_sip(Search(address="room@example.org", user="me", password="mine"))
    assert (finder.asked[0].user, finder.asked[0].password) == ("me", "mine")


async def test_without_a_registration_an_address_is_needed(make):
    finding, _, _, _ = make()
    with pytest.raises(InvalidRequest, match="email: the room is not registered"):
        await finding.by_sip(Search(address=""))


@pytest.mark.parametrize(
    ("search", "field"),
    [
        ({"address": ""}, "email"),
        ({"address": "room"}, "email"),
        ({"address": "room@localhost"}, "email"),
        ({"address": "room@exa mple.org"}, "email"),
        ({"address": "a/../b@example.org@x.org"}, "email"),
        ({"address": "room@example.org/evil"}, "email"),
        ({"address": "room@-example.org"}, "email"),
        ({"address": "room@" + "a" * 64 + ".org"}, "email"),
        ({"address": "room@" + ".".join(["a" * 60] * 5)}, "email"),
        ({"address": "room@example.org", "user": "x" * 256}, "username"),
        ({"address": "room@example.org", "password": "a\r\nb"}, "password"),
        ({"address": "room@example.org", "windows_domain": "\0"}, "userdomain"),
    ],
)
async def test_searches_without_sense_name_the_field(make, search, field):
    finding, finder, _, _ = make()
    with pytest.raises(InvalidRequest, match=f"^InvalidRequest: {field}: "):
        await finding.by_email(Search(**search))
    assert finder.asked == []
    with pytest.raises(InvalidRequest):
        await finding.by_sip(Search(**search))


def test_secrets_do_not_show():
    assert "hush" not in repr(Search(address="a@b.example", password="hush"))
    assert "hush" not in repr(SipAccount("a@b.example", "a", "hush"))
