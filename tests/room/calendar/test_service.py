"""The calendar's state, its meetings and its calls, over a provider that does as the test says."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.examples import examples

from videobar.errors import InvalidRequest, MeetingNotDialable, NoSuchMeeting, StoreUnavailable
from videobar.room.calendar.meeting import Event, Ics
from videobar.room.calendar.port import ProviderError, ProviderRefused, ProviderUnreachable
from videobar.room.calendar.service import DAY_S
from videobar.room.calls.conference_pin import DELAY_S
from videobar.room.calls.dialling import Dialling
from videobar.room.calls.port import Cause, Connected, Ended
from videobar.vocabulary import CalendarState

NOW_S = 1_700_000_000


def event(uid, start_s=NOW_S + 600, minutes=30, **more):
    return Event(uid=uid, start_s=start_s, end_s=start_s + minutes * 60, subject=uid, **more)


@pytest.fixture
async def calls(make_calls):
    return make_calls(max_connections=2)


@pytest.fixture
async def made(make_calendar, calls):
    calendar, provider = make_calendar(calls)
    yield calendar, provider
    calendar.joining.close()
    await calendar.close()


async def started(made, *contents):
    calendar, provider = made
    provider.hold(*contents)
    await calendar.use(provider, provider.account)
    await provider.synced(calendar)
    return calendar, provider


async def polls(provider, clock, seconds):
    """In which of the next seconds the provider is asked."""
    times = []
    for second in range(1, seconds + 1):
        before = len(provider.asked)
        await clock.advance(1)
        if len(provider.asked) > before:
            times.append(second)
    return times


def subjects(meetings):
    return [meeting.subject for meeting in meetings]


async def test_without_a_provider_it_is_disabled_and_empty(made):
    calendar, _ = made
    assert calendar.state is CalendarState.DISABLED
    assert calendar.meetings() == []
    with pytest.raises(NoSuchMeeting):
        calendar.meeting("x")


async def test_it_connects_and_is_online(made):
    calendar, provider = made
    provider.hold(event("one"))
    await calendar.use(provider, provider.account)
    assert calendar.state is CalendarState.CONNECTING
    await provider.synced(calendar)
    assert calendar.state is CalendarState.ONLINE
    assert calendar.last_sync_s == NOW_S
    assert subjects(calendar.meetings()) == ["one"]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ProviderUnreachable("away"), CalendarState.OFFLINE),
        (ProviderRefused("no"), CalendarState.ERR_AUTHENTICATION),
        (ProviderError("odd"), CalendarState.ERR_UNKNOWN),
        (ZeroDivisionError(), CalendarState.ERR_UNKNOWN),
    ],
)
async def test_trouble_has_its_state_and_the_last_good_data_stays(made, clock, error, state):
    calendar, provider = await started(made, event("one"))
    provider.fail = error
    await clock.advance(60)
    await provider.synced(calendar, 2)
    assert calendar.state is state
    assert calendar.trouble
    assert subjects(calendar.meetings()) == ["one"]
    assert calendar.last_sync_s == NOW_S
    provider.fail = None
    await clock.advance(600)
    await provider.synced(calendar, 3)
    assert (calendar.state, calendar.trouble) == (CalendarState.ONLINE, "")
    assert calendar.last_sync_s == NOW_S + 660


async def test_it_asks_more_rarely_while_it_fails(made, clock):
    calendar, provider = made
    provider.fail = ProviderUnreachable("away")
    await calendar.use(provider, provider.account)
    await provider.synced(calendar)
    assert await polls(provider, clock, 4000) == [120, 360, 840, 1740, 2640, 3540]


@pytest.mark.parametrize(
    ("failure", "rest_s"),
    [
        pytest.param(
            ProviderUnreachable("busy", retry_after_s=500), 500, id="a server that asks for peace gets it"
        ),
        pytest.param(ProviderRefused("no"), 300, id="refused credentials are not sent every minute"),
    ],
)
async def test_failures_that_ask_for_a_longer_rest(made, clock, failure, rest_s):
    calendar, provider = made
    provider.fail = failure
    await calendar.use(provider, provider.account)
    await provider.synced(calendar)
    await clock.advance(rest_s - 1)
    assert len(provider.asked) == 1
    await clock.advance(1)
    assert len(provider.asked) == 2


async def test_polls_of_many_rooms_spread(made, clock):
    calendar, provider = made
    draws = iter([0.0, 1.0, 0.5, 0.5])
    calendar._chance = lambda: next(draws)
    await calendar.use(provider, provider.account)
    await provider.synced(calendar)
    assert await polls(provider, clock, 180) == [48, 120, 180]


async def test_later_rounds_ask_for_changes_only(made, clock):
    calendar, provider = await started(made, event("one"), event("two", NOW_S + 1200))
    first = calendar.meetings()
    provider.hold(event("one"), event("zwei", NOW_S + 1200), event("three", NOW_S + 1800))
    await clock.advance(60)
    await provider.synced(calendar, 2)
    _, known, token = provider.asked[1]
    assert set(known) == {"item-0", "item-1"}
    assert token == "token-1"
    assert subjects(calendar.meetings()) == ["one", "zwei", "three"]
    assert calendar.meetings()[0].id == first[0].id
    provider.hold()
    await clock.advance(60)
    await provider.synced(calendar, 3)
    assert calendar.meetings() == []


async def test_another_day_begins_anew(made, clock):
    calendar, provider = await started(made, event("one"))
    clock.epoch_ms += DAY_S * 1000
    await clock.advance(60)
    await provider.synced(calendar, 2)
    window, known, token = provider.asked[1]
    assert (known, token) == ({}, "")
    assert window.start_s == provider.asked[0][0].start_s + DAY_S


async def test_another_time_zone_begins_anew(made, clock):
    calendar, provider = await started(made, event("one"))
    clock.tz_offset_ms = 3_600_000
    await clock.advance(60)
    await provider.synced(calendar, 2)
    assert provider.asked[1][1:] == ({}, "")


async def test_what_was_read_is_there_after_a_restart(make_calendar, calls, clock):
    calendar, provider = make_calendar(calls)
    cache = calendar._cache
    await started((calendar, provider), event("one"))
    await calendar.close()
    clock.epoch_ms += 30_000
    again, second = make_calendar(calls, cache)
    second.fail = ProviderUnreachable("away")
    second.hold(event("one"))
    await again.use(second, second.account)
    await second.synced(again)
    assert again.state is CalendarState.OFFLINE
    assert subjects(again.meetings()) == ["one"]
    assert again.last_sync_s == NOW_S
    assert set(second.asked[0][1]) == {"item-0"}
    await again.close()


async def test_rules_that_have_changed_have_everything_read_again(make_calendar, calls):
    calendar, provider = make_calendar(calls)
    cache = calendar._cache
    await started((calendar, provider), event("one"))
    await calendar.close()
    again, second = make_calendar(calls, cache, gateways=(("zoom", "{id}@gw.example.org"),))
    await again.use(second, second.account)
    await second.synced(again)
    assert second.asked[0][1:] == ({}, "")
    await again.close()


async def test_a_store_that_fails_does_not_hide_the_meetings(made):
    calendar, _ = made
    calendar._cache.fail = StoreUnavailable("full")
    await started(made, event("one"))
    assert calendar.state is CalendarState.ONLINE
    assert subjects(calendar.meetings()) == ["one"]


async def test_another_provider_takes_over_and_the_old_one_is_closed(made, make_calendar, calls):
    calendar, provider = await started(made, event("one"))
    _, other = make_calendar(calls)
    await calendar.use(other, other.account)
    assert provider.closed == 1
    await other.synced(calendar)
    assert calendar.meetings() == []
    await calendar.use(None, None)
    assert calendar.state is CalendarState.DISABLED
    assert other.closed == 1


async def test_the_same_meeting_in_two_places_is_one(made):
    calendar, _ = await started(made, event("one"), event("one"))
    assert len(calendar.meetings()) == 1


async def test_own_declined_ones_are_left_out(made):
    calendar, _ = await started(made, event("one", declined=True), event("two"))
    assert subjects(calendar.meetings()) == ["two"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["on", "next", "later"]),
        ({"number": 2}, ["on", "next"]),
        ({"number": 0}, []),
        ({"number": 10**12}, ["on", "next", "later"]),
        ({"start_s": 0}, ["over", "on", "next", "later"]),
        ({"start_s": NOW_S - 3600, "end_s": NOW_S}, ["over", "on"]),
        ({"end_s": NOW_S + 600}, ["on"]),
        ({"end_s": NOW_S + 601}, ["on", "next"]),
        ({"start_s": NOW_S + 2400}, ["later"]),
        ({"start_s": NOW_S + 600, "end_s": NOW_S + 600}, ["on"]),
    ],
)
async def test_spans(made, asked, expected):
    calendar, _ = await started(
        made,
        event("over", NOW_S - 3600, 30),
        event("on", NOW_S - 600, 30),
        event("next", NOW_S + 600, 30),
        event("later", NOW_S + 7200, 0),
    )
    assert subjects(calendar.meetings(**asked)) == expected


@pytest.mark.parametrize(
    ("asked", "field"), [({"number": -1}, "number"), ({"start_s": 5, "end_s": 4}, "end")]
)
async def test_spans_without_meaning(made, asked, field):
    calendar, _ = made
    with pytest.raises(InvalidRequest, match=f"^InvalidRequest: {field}: "):
        calendar.meetings(**asked)


moments = st.integers(NOW_S - 3 * DAY_S, NOW_S + 3 * DAY_S)


@given(
    spans=st.lists(st.tuples(moments, st.integers(0, 600)), max_size=12),
    number=st.none() | st.integers(0, 15),
    start=moments,
    length=st.integers(0, 4 * DAY_S),
)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(60), deadline=None
)
async def test_pages_are_what_a_plain_reading_of_the_span_gives(
    make_calendar, calls, spans, number, start, length
):
    calendar, provider = make_calendar(calls)
    await started((calendar, provider), *(event(str(n), s, m) for n, (s, m) in enumerate(spans)))
    found = calendar.meetings(number, start, start + length)
    touching = {
        str(n) for n, (s, m) in enumerate(spans) if s < start + length and (s + m * 60 > start or s >= start)
    }
    assert {m.subject for m in found} <= touching
    assert len(found) == (len(touching) if number is None else min(number, len(touching)))
    assert [m.start_s for m in found] == sorted(m.start_s for m in found)
    everything = calendar.meetings(None, start, start + length)
    assert found == everything[: len(found)]
    await calendar.close()


SIP = ("sip:first@192.0.2.1", "sip:second@192.0.2.2", "h323:192.0.2.3", "sip:third@192.0.2.4")


async def test_dialling_uses_the_first_address_and_says_when_the_call_is_up(made, calls, engine):
    calendar, _ = await started(made, event("one", links=SIP))
    (meeting,) = calendar.meetings()
    assert [c.uri for c in calendar.joining.dialable(meeting)] == [SIP[0], SIP[1], SIP[3]]
    connection = calendar.joining.dial(meeting)
    assert connection.address == "first@192.0.2.1"
    assert not calendar.in_call(meeting)
    calls.hear(Connected("out-1", "", "", False, 64))
    assert calendar.in_call(meeting)
    assert calendar.joining.dial(meeting) is connection
    calls.hang_up(connection.id)
    assert not calendar.in_call(meeting)


async def test_the_digits_behind_a_telephone_number_are_entered_when_it_answers(
    make_calendar, make_calls, clock, engine
):
    calls = make_calls(home_domain="home.example")
    calendar, _ = await started(make_calendar(calls), event("one", body="+1 555-010-9999,,1234#,,*77#"))
    (meeting,) = calendar.meetings()
    assert [choice.uri for choice in calendar.joining.dialable(meeting)] == ["tel:+15550109999,,1234#,,*77#"]
    calendar.joining.dial(meeting)
    calls.hear(Connected("out-1", "", "", False, 64))
    assert calendar.in_call(meeting)
    await clock.advance(DELAY_S)
    assert [what[2] for what in engine.told if what[0] == "dial"] == ["sip:+15550109999@home.example"]
    assert ("digits", "out-1", "1234#*77#") in engine.told
    calendar.joining.close()
    await calendar.close()


async def test_where_a_call_fails_the_next_address_is_tried(made, calls, clock, engine):
    calendar, _ = await started(made, event("one", links=SIP))
    (meeting,) = calendar.meetings()
    calendar.joining.dial(meeting)
    calls.hear(Ended("out-1", Cause.BUSY, "busy"))
    await clock.advance(1)
    calls.hear(Ended("out-2", Cause.NO_ROUTE, "nowhere"))
    await clock.advance(1)
    assert [what[2] for what in engine.told if what[0] == "dial"] == [
        "sip:first@192.0.2.1",
        "sip:second@192.0.2.2",
        "sip:third@192.0.2.4",
    ]
    calls.hear(Connected("out-3", "", "", False, 64))
    assert calendar.in_call(meeting)
    await clock.advance(1)
    calls.hear(Ended("out-3", Cause.NORMAL, "bye"))
    await clock.advance(1)
    assert len(engine.told) == 3


async def test_after_the_last_address_nothing_is_tried_and_it_can_be_dialled_again(
    made, calls, clock, engine
):
    calendar, _ = await started(made, event("one", links=SIP[:1]))
    (meeting,) = calendar.meetings()
    first = calendar.joining.dial(meeting)
    calls.hear(Ended("out-1", Cause.REJECTED, "no"))
    await clock.advance(1)
    assert len(engine.told) == 1
    assert calendar.joining.dial(meeting) is not first


async def test_who_hangs_up_while_it_rings_does_not_want_the_next_address(made, calls, clock, engine):
    calendar, _ = await started(made, event("one", links=SIP))
    (meeting,) = calendar.meetings()
    connection = calendar.joining.dial(meeting)
    calls.hang_up(connection.id)
    await clock.advance(1)
    assert [what[0] for what in engine.told] == ["dial", "hang up"]


@pytest.mark.parametrize(
    "more",
    [{"links": SIP, "cancelled": True}, {"links": ("h323:192.0.2.3",)}, {"body": "mail bob@example.com"}],
)
async def test_what_cannot_be_dialled_says_so(made, more):
    calendar, _ = await started(made, event("one", **more))
    (meeting,) = calendar.meetings()
    assert calendar.joining.dialable(meeting) == []
    with pytest.raises(MeetingNotDialable):
        calendar.joining.dial(meeting)


async def test_a_call_by_hand_to_a_meeting_that_is_on_counts(made, calls):
    calendar, _ = await started(
        made, event("on", NOW_S - 60, links=SIP[:1]), event("tomorrow", NOW_S + DAY_S, links=SIP[:1])
    )
    on, tomorrow = calendar.meetings()
    calls.dial(Dialling("sip:first@192.0.2.1"))
    calls.hear(Connected("out-1", "", "", False, 64))
    assert calendar.in_call(on)
    assert not calendar.in_call(tomorrow)


async def test_the_call_of_one_of_a_series_is_not_that_of_another(made, calls):
    calendar, _ = await started(
        made, event("on", NOW_S - 60, links=SIP[:1]), event("tomorrow", NOW_S + DAY_S, links=SIP[:1])
    )
    on, tomorrow = calendar.meetings()
    calendar.joining.dial(tomorrow)
    calls.hear(Connected("out-1", "", "", False, 64))
    assert calendar.in_call(tomorrow)
    assert not calendar.in_call(on)


async def test_when_all_lines_are_taken_the_next_address_is_not_tried(made, calls, clock, engine):
    calendar, _ = await started(made, event("one", links=SIP))
    (meeting,) = calendar.meetings()
    calendar.joining.dial(meeting)
    calls.hear(Ended("out-1", Cause.BUSY, "busy"))
    calls.dial(Dialling("sip:a@192.0.2.9"))
    calls.dial(Dialling("sip:b@192.0.2.9"))
    await clock.advance(1)
    assert len([what for what in engine.told if what[0] == "dial"]) == 3
    assert calendar.joining._attempts[meeting.id].watch.exception() is None


BROKEN = (
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20231114T230000Z\r\nDTEND:{}\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)


async def test_what_is_left_out_is_counted_until_it_is_put_right(make_calendar, calls, clock):
    calendar, provider = make_calendar(calls)
    cache = calendar._cache
    provider.hold(Ics(BROKEN.format("None")), event("one"))
    await calendar.use(provider, provider.account)
    await provider.synced(calendar)
    assert (calendar.left_out, len(calendar.meetings())) == (1, 2)
    await calendar.close()

    again, same = make_calendar(calls, cache)
    same.fail = ProviderUnreachable("away")
    await again.use(same, same.account)
    await same.synced(again)
    assert (again.left_out, again.state) == (1, CalendarState.OFFLINE)
    same.fail = None
    same.hold(Ics(BROKEN.format("20231114T233000Z")), event("one"))
    await clock.advance(120)
    await same.synced(again, 2)
    assert (again.left_out, len(again.meetings())) == (0, 2)
    await again.use(None, None)
    assert again.left_out == 0
    await again.close()
