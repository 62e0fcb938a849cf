import asyncio
from contextlib import aclosing

import pytest

from videobar.client.watch import (
    CallStateChanged,
    CameraChanged,
    MutedChanged,
    RoomAway,
    RoomBack,
    SystemStateChanged,
    VideoMuteChanged,
    VolumeChanged,
)
from videobar.errors import CertificateChanged, SessionInvalidUserNamePassword, Unreachable

AUDIO, CALLS = "GET /rest/audio", "GET /rest/conferences"
VIDEO, SYSTEM = "GET /rest/video/local/mute", "GET /rest/system"
CAMERA = "GET /rest/cameras/near/selectedpeople"
PROBES = {AUDIO, CALLS, VIDEO, SYSTEM, CAMERA}


@pytest.fixture
def state(far, answered):
    """Sets what the room says; what is left out stays."""

    def audio(muted=False, volume=40):
        far.answers[AUDIO] = answered(
            body={"muted": muted, "volume": volume, "muteLocked": False, "numOfMicsConnected": 1}
        )

    def calls(*pairs):
        connections = [{"id": identity, "state": state} for identity, state in pairs]
        far.answers[CALLS] = answered(body=[{"id": "0", "connections": connections}] if pairs else [])

    def set_state(**values):
        if "calls" in values:
            calls(*values.pop("calls"))
        if "hidden" in values:
            far.answers[VIDEO] = answered(body={"result": values.pop("hidden")})
        if "system" in values:
            far.answers[SYSTEM] = answered(body={"state": values.pop("system")})
        if "camera" in values:
            far.answers[CAMERA] = answered(body={"cameraIndex": values.pop("camera")})
        if values:
            audio(**values)

    audio()
    set_state(calls=(), hidden=False, system="READY", camera=1)
    return set_state


async def next_of(changes, clock, patience=400):
    """The next change, while time passes."""
    task = asyncio.ensure_future(anext(changes))
    for _ in range(patience):
        await clock.advance(0.5)
        if task.done():
            return task.result()
    task.cancel()
    raise AssertionError("nothing changed")


async def asleep(clock):
    """Wait until the watcher pauses."""
    for _ in range(1000):
        if clock.sleepers:
            return
        await asyncio.sleep(0)
    raise AssertionError("there was no pause")


async def begun(changes, far, clock):
    """Wait for the end of the first round; returns the task that waits for the first change."""
    task = asyncio.ensure_future(anext(changes))
    await asleep(clock)
    return task


async def after(task, clock):
    for _ in range(400):
        if task.done():
            return task.result()
        await clock.advance(0.5)
    raise AssertionError("nothing changed")


async def test_one_change_after_the_other(room, far, state, clock):
    async with aclosing(room.watch()) as changes:
        waiting = await begun(changes, far, clock)
        state(muted=True, volume=55, hidden=True, system="ASLEEP", camera=2)
        assert await after(waiting, clock) == MutedChanged(False, True)
        assert [await next_of(changes, clock) for _ in range(4)] == [
            VolumeChanged(40, 55),
            VideoMuteChanged(False, True),
            SystemStateChanged("READY", "ASLEEP"),
            CameraChanged(1, 2),
        ]


async def test_the_first_values_on_request(room, far, state, clock):
    state(calls=[("6", "RINGING")])
    async with aclosing(room.watch(initial=True)) as changes:
        first = await next_of(changes, clock)
        assert (first.before, first.after, first.connection.id) == (None, "RINGING", "6")
        assert await next_of(changes, clock) == MutedChanged(None, False)


async def test_the_life_of_a_call(room, far, state, clock):
    async with aclosing(room.watch()) as changes:
        waiting = await begun(changes, far, clock)
        state(calls=[("6", "RINGING")])
        seen = [await after(waiting, clock)]
        for calls in ([("6", "CONNECTED"), ("7", "RINGING")], [("7", "RINGING")]):
            state(calls=calls)
            seen.append(await next_of(changes, clock))
            if len(calls) == 2:
                seen.append(await next_of(changes, clock))
    assert all(isinstance(change, CallStateChanged) for change in seen)
    assert [(change.connection.id, change.before, change.after) for change in seen] == [
        ("6", None, "RINGING"),
        ("6", "RINGING", "CONNECTED"),
        ("7", None, "RINGING"),
        ("6", "CONNECTED", "DISCONNECTED"),
    ]


async def test_one_question_at_a_time_and_a_pause_after_each_round(room, far, state, clock):
    async with aclosing(room.watch(interval=3)) as changes:
        waiting = await begun(changes, far, clock)
        assert sorted(far.lines[1:]) == sorted(PROBES)
        await clock.advance(2.9)
        assert len(far.lines) == 6
        await clock.advance(0.2)
        await asleep(clock)
        assert len(far.lines) == 11
        assert far.most_at_once == 1
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_what_the_room_lacks_is_not_asked_again(room, far, state, clock, answered, status):
    far.answers[CAMERA] = answered(status)
    async with aclosing(room.watch()) as changes:
        waiting = await begun(changes, far, clock)
        await clock.advance(10)
        state(volume=1)
        assert await after(waiting, clock) == VolumeChanged(40, 1)
    assert far.lines.count(CAMERA) == 1


async def test_what_is_refused_or_nonsense_is_skipped_and_asked_again(room, far, state, clock, answered):
    far.answers[CAMERA] = answered(400, {"reason": "NotInThisMode"})
    far.answers[SYSTEM] = answered(body=None, raw=b"null")
    async with aclosing(room.watch()) as changes:
        waiting = await begun(changes, far, clock)
        state(volume=1)
        assert await after(waiting, clock) == VolumeChanged(40, 1)
        state(camera=3)
        assert await next_of(changes, clock) == CameraChanged(None, 3)


async def test_a_room_that_goes_away_and_comes_back(room, far, state, clock):
    async with aclosing(room.watch(interval=2)) as changes:
        waiting = await begun(changes, far, clock)
        gone = Unreachable("gone")
        far.answers[CALLS] = gone
        assert await after(waiting, clock) == RoomAway(gone)
        asked = far.lines.count(CALLS)
        pending = asyncio.ensure_future(anext(changes))
        for _ in range(600):
            await clock.advance(0.5)
        assert 8 <= far.lines.count(CALLS) - asked <= 12
        state(calls=(), volume=7)
        assert await after(pending, clock) == RoomBack()
        assert await next_of(changes, clock) == VolumeChanged(40, 7)


async def test_a_call_that_ends_while_the_room_is_away(room, far, state, clock):
    state(calls=[("6", "CONNECTED")])
    async with aclosing(room.watch()) as changes:
        waiting = await begun(changes, far, clock)
        far.answers[CALLS] = Unreachable("gone")
        assert isinstance(await after(waiting, clock), RoomAway)
        state(calls=())
        assert await next_of(changes, clock) == RoomBack()
        ended = await next_of(changes, clock)
        assert (ended.connection.id, ended.after) == ("6", "DISCONNECTED")


@pytest.mark.parametrize("error", [CertificateChanged("x"), SessionInvalidUserNamePassword()])
async def test_what_is_hopeless_is_raised(room, far, state, clock, error):
    far.answers["POST /rest/session"] = error
    with pytest.raises(type(error)):
        await next_of(room.watch(), clock)


async def test_an_interval_that_would_hammer_is_lengthened(room, far, state, clock):
    async with aclosing(room.watch(interval=0)) as changes:
        waiting = await begun(changes, far, clock)
        assert clock.sleepers[0][0] - clock.monotonic() == pytest.approx(0.2)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
