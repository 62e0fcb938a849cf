import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from videobar.adapters.store.memory import MemoryStore
from videobar.clock import SystemClock
from videobar.errors import InvalidRequest
from videobar.room.system.service import EARLIEST_MS, LATEST_MS, Identity, Lan, System
from videobar.vocabulary import Model


class Machine:
    def lan(self):
        return Lan(True, True, 1000)


def make(clock, store):
    identity = Identity(Model.G7500, "8L", "3.12.0", "1")
    return System(identity=identity, clock=clock, store=store, host=Machine())


async def test_time_is_an_offset_that_survives(clock):
    store = MemoryStore()
    system = make(clock, store)
    before = clock.now_ms()
    await system.set_time(before + 60_000, 7_200_000)
    assert system.now_ms == before + 60_000
    assert system.local_time().isoformat() == "2023-11-15T00:14:20+02:00"
    await clock.advance(2)
    assert system.now_ms == before + 62_000
    clock.offset_ms = clock.tz_offset_ms = 0
    again = make(clock, store)
    assert (again.now_ms, again.tz_offset_ms) == (before + 62_000, 7_200_000)


async def test_either_half_alone(clock):
    system = make(clock, MemoryStore())
    before = clock.now_ms()
    await system.set_time(None, -3_600_000)
    assert (system.now_ms, system.tz_offset_ms) == (before, -3_600_000)
    await system.set_time(before - 1000, None)
    assert (system.now_ms, system.tz_offset_ms) == (before - 1000, -3_600_000)


@pytest.mark.parametrize(
    ("time", "zone", "field"),
    [
        (None, None, "time"),
        (EARLIEST_MS - 1, None, "time"),
        (LATEST_MS, 0, "time"),
        (10**18, 0, "time"),
        (None, 60_000_000, "tzOffset"),
        (None, -14_400, "tzOffset"),
    ],
)
async def test_absurd_times_change_nothing(clock, time, zone, field):
    system = make(clock, MemoryStore())
    before = system.now_ms, system.tz_offset_ms
    with pytest.raises(InvalidRequest, match=f"^InvalidRequest: {field}"):
        await system.set_time(time, zone)
    assert (system.now_ms, system.tz_offset_ms) == before


async def test_many_at_once_leave_the_last(clock):
    system = make(clock, MemoryStore())
    before = clock.now_ms()
    await asyncio.gather(*(system.set_time(before + n, None) for n in range(1, 50)))
    assert system.now_ms == before + 49


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "a\nb"])
async def test_names_without_meaning(clock, name):
    with pytest.raises(InvalidRequest, match="name"):
        await make(clock, MemoryStore()).set_name(name)


async def test_a_name_survives(clock):
    store = MemoryStore()
    await make(clock, store).set_name(" Besprechung Süd ")
    assert make(clock, store).name == "Besprechung Süd"


def test_the_system_clock_moves_by_its_offset_only():
    clock = SystemClock()
    plain = clock.now_ms()
    clock.offset_ms = 1_000_000
    assert 0 <= clock.now_ms() - plain - 1_000_000 < 60_000
    zone = clock.tz_offset_ms
    assert abs(zone) <= 14 * 3_600_000
    clock.tz_offset_ms = 3_600_000
    assert clock.tz_offset_ms == 3_600_000


def test_a_zone_has_its_seasons_until_an_offset_is_set():
    clock = SystemClock(zone=ZoneInfo("Europe/Zurich"))
    for moment, hours in ((datetime(2026, 1, 15, tzinfo=UTC), 1), (datetime(2026, 7, 15, tzinfo=UTC), 2)):
        clock.offset_ms += int(moment.timestamp() * 1000) - clock.now_ms()
        assert clock.tz_offset_ms == hours * 3_600_000
    clock.tz_offset_ms = 0
    assert clock.tz_offset_ms == 0


def test_the_name_of_the_zone_stays_over_the_year_until_an_offset_is_set():
    clock = SystemClock(zone=ZoneInfo("Europe/Zurich"))
    assert clock.zone_name == "Europe/Zurich"
    assert SystemClock().zone_name == ""
    for offset_ms, name in ((0, "UTC+00:00"), (-12_600_000, "UTC-03:30"), (20_700_000, "UTC+05:45")):
        clock.tz_offset_ms = offset_ms
        assert clock.zone_name == name
    clock.follow_zone()
    assert clock.zone_name == "Europe/Zurich"


async def test_an_offset_that_is_the_zones_own_stops_no_summer_time():
    def now():
        return SystemClock(zone=ZoneInfo("Europe/Zurich"))

    winter, summer = (int(datetime(2026, month, 15, tzinfo=UTC).timestamp() * 1000) for month in (1, 7))
    store = MemoryStore()
    system = make(now(), store)
    await system.set_time(winter, -3_600_000)
    await system.set_time(summer, None)
    assert make(now(), store).tz_offset_ms == -3_600_000
    await system.set_time(winter, 3_600_000)
    await system.set_time(summer, None)
    assert system.tz_offset_ms == make(now(), store).tz_offset_ms == 7_200_000
