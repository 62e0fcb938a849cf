import asyncio

import pytest

from videobar.room.system.restart import ANSWER_S, Restart
from videobar.vocabulary import SystemState


class System:
    state = SystemState.READY

    def shutting_down(self):
        self.state = SystemState.SHUTTING_DOWN


@pytest.fixture
def gone():
    return []


@pytest.fixture
def restart(clock, gone):
    return Restart(clock=clock, system=System(), away_s=7, go=gone.append)


async def test_it_goes_once_after_the_answer(restart, clock, gone):
    restart.begin()
    restart.begin(3)
    await clock.advance(ANSWER_S / 2)
    assert (gone, restart._system.state) == ([], SystemState.READY)
    await clock.advance(ANSWER_S)
    assert (gone, restart._system.state) == ([7], SystemState.SHUTTING_DOWN)
    restart.begin()
    await clock.advance(60)
    assert gone == [7]


async def test_it_is_away_as_long_as_it_is_told(restart, clock, gone):
    restart.begin(0)
    await clock.advance(ANSWER_S)
    assert gone == [0]


async def test_it_can_be_given_up(restart, clock, gone):
    restart.begin()
    await asyncio.sleep(0)
    restart.close()
    await clock.advance(60)
    assert gone == []
