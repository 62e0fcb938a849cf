"""Turns of many rooms to log in with one password."""

import asyncio

import pytest

from videobar.cli.rooms.logins import MOST_REFUSALS, LoginTurns
from videobar.errors import SessionInvalidUserNamePassword, Unreachable


class Fleet:
    """Rooms that answer logins when told to, and count them."""

    def __init__(self, patience_s=3600.0):
        self.turns = LoginTurns(patience_s)
        self.tried = []
        self.gates = {}

    async def log_in(self, room, verdict=None, password="p", gate=None):
        async with self.turns.turn(room, "admin", password):
            self.tried.append(room)
            if gate is not None:
                await gate.wait()
            if verdict is not None:
                raise verdict

    def all(self, names, verdict=None, **options):
        return asyncio.gather(
            *(self.log_in(name, verdict, **options) for name in names), return_exceptions=True
        )


ROOMS = [f"room-{number}" for number in range(30)]


async def test_a_wrong_password_is_tried_in_two_rooms_only():
    fleet = Fleet()
    errors = await fleet.all(ROOMS, SessionInvalidUserNamePassword())
    assert fleet.tried == ROOMS[:MOST_REFUSALS]
    assert all(isinstance(error, SessionInvalidUserNamePassword) for error in errors)
    assert str(errors[-1]) == "not tried, since room-0 and room-1 refused the same password"


async def test_a_right_password_lets_all_in():
    fleet = Fleet()
    assert await fleet.all(ROOMS) == [None] * 30
    assert sorted(fleet.tried) == sorted(ROOMS)


async def test_one_room_with_another_password_disturbs_nobody():
    fleet = Fleet()
    first, *others = await asyncio.gather(
        fleet.log_in("odd", SessionInvalidUserNamePassword()),
        *(fleet.log_in(room) for room in ROOMS),
        return_exceptions=True,
    )
    assert isinstance(first, SessionInvalidUserNamePassword)
    assert others == [None] * 30


async def test_rooms_that_are_not_there_do_not_count():
    fleet = Fleet()
    away = [fleet.log_in(f"away-{number}", Unreachable("no route")) for number in range(5)]
    *_, last = await asyncio.gather(*away, fleet.log_in("here"), return_exceptions=True)
    assert last is None


async def test_rooms_that_do_not_answer_hold_up_nobody_for_long():
    fleet = Fleet(patience_s=0.0)
    gate = asyncio.Event()
    silent = [asyncio.create_task(fleet.log_in(f"silent-{number}", gate=gate)) for number in range(6)]
    await fleet.log_in("here")
    gate.set()
    await asyncio.gather(*silent)
    assert len(fleet.tried) == 7


async def test_each_password_has_a_trial_of_its_own():
    fleet = Fleet()
    await fleet.all(ROOMS, SessionInvalidUserNamePassword())
    await fleet.log_in("room-9", password="another")
    assert fleet.tried == ["room-0", "room-1", "room-9"]


async def test_who_is_cancelled_gives_the_turn_to_the_next():
    fleet = Fleet()
    gate = asyncio.Event()
    stuck = [asyncio.create_task(fleet.log_in(name, gate=gate)) for name in ("a", "b")]
    waiting = asyncio.create_task(fleet.log_in("c"))
    await asyncio.sleep(0)
    for task in stuck:
        task.cancel()
    await asyncio.gather(*stuck, return_exceptions=True)
    await waiting
    assert fleet.tried == ["a", "b", "c"]


@pytest.mark.parametrize("verdict", [SessionInvalidUserNamePassword(), Unreachable("x")])
async def test_an_error_goes_through(verdict):
    with pytest.raises(type(verdict)):
        await Fleet().log_in("a", verdict)
