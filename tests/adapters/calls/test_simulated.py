import asyncio

import pytest

from videobar.adapters.calls.simulated import SimulatedEngine
from videobar.adapters.store.memory import MemoryCallLog, MemoryStore
from videobar.room.calls.dialling import Dialling
from videobar.room.calls.do_not_disturb import DoNotDisturb
from videobar.room.calls.port import Refusal
from videobar.room.calls.service import CallLimits, Calls
from videobar.vocabulary import CallMedia, ConnectionState, DialType, PortDirection, Speaker


@pytest.fixture
async def simulated(clock):
    engine = SimulatedEngine(clock)
    calls = Calls(
        engine=engine,
        clock=clock,
        limits=CallLimits(),
        room_name=lambda: "Lobby",
        call_log=MemoryCallLog(),
        do_not_disturb=DoNotDisturb(MemoryStore()),
    )
    yield engine, calls
    calls.close()
    await engine.stop(0)


def dial(calls, address, **more):
    return calls.dial(Dialling(address, **more))


async def test_most_far_ends_ring_and_answer(simulated, clock):
    engine, calls = simulated
    connection = dial(calls, "ada@sim")
    await clock.advance(0.1)
    assert connection.state is ConnectionState.RINGING
    await clock.advance(1)
    assert connection.state is ConnectionState.CONNECTED
    await clock.advance(10)
    rows = (await engine.statistics())[connection.leg]
    assert [(row.media, row.direction, row.packets, row.height) for row in rows] == [
        ("AUDIO", "TX", 500, 0),
        ("AUDIO", "RX", 500, 0),
        ("VIDEO", "TX", 2320, 720),
        ("VIDEO", "RX", 2320, 720),
    ]
    assert connection.media is CallMedia.AUDIO_VIDEO
    calls.hang_up(connection.id)
    assert await engine.statistics() == {}


async def test_video_comes_later_where_it_was_not_offered_or_not_taken(simulated, clock):
    engine, calls = simulated
    voice = dial(calls, "ada@sim", dial_type=DialType.VOICE)
    plain = dial(calls, "audio@sim")
    await clock.advance(0.1)
    await clock.advance(1)
    for connection in (voice, plain):
        assert (connection.media, connection.rate_kbps) == (CallMedia.AUDIO_ONLY, 64)
        calls.add_video("0", connection.id)
        assert connection.media is CallMedia.AUDIO_VIDEO
        assert len((await engine.statistics())[connection.leg]) == 4


@pytest.mark.parametrize(
    ("address", "seconds", "cause"),
    [
        ("busy@sim", 1, 17),
        ("reject@sim", 2, 21),
        ("unreachable@sim", 16, 18),
        ("noanswer@sim", 61, 19),
        ("sip:drop-after-30s@sim:5060", 32, 16),
        ("drop@sim", 12, 16),
    ],
)
async def test_far_ends_that_do_not_stay(simulated, clock, address, seconds, cause):
    _, calls = simulated
    connection = dial(calls, address)
    for _ in range(seconds):
        assert connection.cause == 0 or connection.cause == cause
        await clock.advance(1)
    assert connection.cause == cause
    assert calls.conferences() == []


async def test_a_slow_one_answers_when_it_says(simulated, clock):
    _, calls = simulated
    connection = dial(calls, "answer-after-30s@sim")
    for _ in range(29):
        await clock.advance(1)
    assert connection.state is ConnectionState.RINGING
    await clock.advance(2)
    assert connection.state is ConnectionState.CONNECTED


async def test_mute_and_hold(simulated, clock):
    _, calls = simulated
    muted, held = dial(calls, "mute@sim"), dial(calls, "hold@sim")
    for _ in range(4):
        await clock.advance(1)
    assert (muted.muted_by_far_end, muted.held_by_far_end) == (True, False)
    assert (held.muted_by_far_end, held.held_by_far_end) == (False, True)


async def test_a_loopback(simulated, clock):
    _, calls = simulated
    connection = dial(calls, "", dial_type=DialType.LOOPBACK)
    await clock.advance(0)
    assert connection.state is ConnectionState.CONNECTED


async def test_callers_on_request(simulated, clock):
    engine, calls = simulated
    engine.ring_in("bob@sim", "Bob")
    (pending,) = calls.conferences()
    calls.answer(pending.connections[0].id)
    await clock.advance(0)
    assert calls.connected
    engine.ring_in("eve@sim", "Eve")
    waiting = calls.conference("PENDING").connections[0]
    calls.reject(waiting.id, Refusal.DECLINED)
    assert len(calls.conferences()) == 1


async def test_nothing_happens_after_hanging_up(simulated, clock):
    _, calls = simulated
    connection = dial(calls, "ada@sim")
    calls.hang_up(connection.id)
    await clock.advance(5)
    assert calls.conferences() == []
    assert len([task for task in asyncio.all_tasks() if task.get_name().startswith("simulated")]) == 0


async def levels(engine):
    return [(row.left, row.right) for row in await engine.sound_levels()]


async def test_meters_show_what_would_be_heard(simulated, clock):
    engine, calls = simulated
    assert [port.direction for port in engine.sound_state().ports] == [PortDirection.IN, PortDirection.OUT]
    assert await levels(engine) == [(-30, -30), (-100, -100)]
    engine.set_microphones_muted(True)
    engine.play_test_tone(Speaker.LEFT)
    assert await levels(engine) == [(-100, -100), (-20, -100)]
    dial(calls, "ada@sim")
    await clock.advance(2)
    assert await levels(engine) == [(-100, -100), (-20, -30)]
    engine.set_speaker_volume(1)
    assert await levels(engine) == [(-100, -100), (-70, -80)]
    engine.set_speaker_volume(0)
    assert await levels(engine) == [(-100, -100), (-100, -100)]


async def test_a_test_tone_ends_by_itself_and_on_request(simulated, clock):
    engine, _ = simulated
    engine.play_test_tone(Speaker.BOTH)
    await clock.advance(29.9)
    assert (await levels(engine))[1] == (-20, -20)
    await clock.advance(0.2)
    assert (await levels(engine))[1] == (-100, -100)
    engine.play_test_tone(Speaker.RIGHT)
    assert (await levels(engine))[1] == (-100, -20)
    engine.stop_test_tone()
    assert (await levels(engine))[1] == (-100, -100)
