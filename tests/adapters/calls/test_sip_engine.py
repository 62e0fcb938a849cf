"""The room's proxy of the media process: which commands start it, and what a new one is sent again."""

from __future__ import annotations

import pytest
from tests.waiting import until

from videobar.adapters.calls.sip_engine import SipEngine
from videobar.clock import SystemClock
from videobar.engine.process.configuration import EngineConfiguration
from videobar.engine.signalling.sip_sockets import bind_sip_sockets
from videobar.errors import EngineUnavailable
from videobar.room.audio.port import AcousticFence
from videobar.room.far_cameras import Motion
from videobar.room.video import Snapshot
from videobar.vocabulary import EngineState, Speaker


@pytest.fixture
async def engine():
    configuration = EngineConfiguration(
        product="test/1",
        user="room",
        codecs=("pcmu",),
        first_rtp_port=20000,
        last_rtp_port=39999,
        response_seconds=5,
        near_source="pattern:640x360",
    )
    made = SipEngine.open(configuration, sockets=bind_sip_sockets(["127.0.0.1"], 0), clock=SystemClock())
    yield made
    if made.report().state is not EngineState.IDLE:
        await made.supervisor.running()
    await made.stop(5.0)


async def replaced(engine: SipEngine) -> None:
    """Kill the process, and wait for the next one."""
    before = engine.report().pid
    engine.supervisor._kill()
    await until(lambda: engine.report().pid not in (None, before), "another process")
    await engine.supervisor.running()


async def sounds_quietly(engine: SipEngine) -> bool:
    """Whether the test tone is heard at a tenth of the volume."""
    for _ in range(1000):
        if -70 < (await engine.sound_levels())[-1].left < -30:
            return True
    return False


async def test_what_sets_a_state_or_is_of_the_moment_starts_no_process(engine):
    engine.set_microphones_muted(True)
    engine.set_speaker_volume(30)
    engine.set_acoustic_fence(AcousticFence(True, 3))
    engine.set_video_muted(True)
    engine.use_near_source("pattern:320x180")
    engine.point_camera(1, 2, 3, 4)
    engine.allow_far_control((), 0)
    engine.play_digits("1")
    engine.stop_test_tone()
    engine.hide_content()
    engine.move_far_camera("leg", Motion())
    engine.select_far_source("leg", 1)
    assert await engine.sound_levels() is None
    assert await engine.snapshot(Snapshot.FAR) is None
    for request in (engine.statistics, engine.content_figures, engine.frame_people):
        with pytest.raises(EngineUnavailable):
            await request()
    assert engine.report().state is EngineState.IDLE


@pytest.mark.parametrize(
    "command",
    [
        lambda engine: engine.hang_up("leg"),
        lambda engine: engine.play_test_tone(Speaker.BOTH),
        lambda engine: engine.show_content("slide:"),
        lambda engine: engine.start_sound(),
    ],
    ids=["a command for a leg", "a tone", "content", "sound"],
)
async def test_other_commands_start_it(engine, command):
    command(engine)
    assert engine.report().state is EngineState.STARTING


async def test_a_new_process_is_sent_what_was_set(engine):
    engine.set_speaker_volume(10)
    engine.show_content("slide:")
    await engine.supervisor.running()
    await replaced(engine)
    assert [each.leg for each in await engine.content_figures()] == [None]
    engine.play_test_tone(Speaker.BOTH)
    assert await sounds_quietly(engine), "at the volume that was set"


async def test_content_that_was_hidden_is_not_sent_again(engine):
    engine.show_content("slide:")
    await engine.supervisor.running()
    engine.hide_content()
    await replaced(engine)
    assert await engine.content_figures() == []
