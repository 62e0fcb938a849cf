"""The room's own sound: levels, test tone, digits, mute and fence, in a whole endpoint."""

from __future__ import annotations

import asyncio
import wave

import numpy as np
import pytest

from videobar.engine.mixing.sound_ports import state_of, uses_devices
from videobar.engine.process.configuration import SoundConfiguration
from videobar.room.audio.port import AcousticFence, SoundState
from videobar.vocabulary import EchoControl, NoiseSuppression, PortDirection, Speaker


async def levels_become(room, condition, what):
    levels = None
    for _ in range(3000):
        await asyncio.sleep(0.01)
        levels = await room.endpoint.sound_levels()
        if condition(levels):
            return levels
    raise AssertionError(f"the levels never became {what}: {levels}")


def near(level, expected):
    return abs(level - expected) < 0.5


@pytest.mark.parametrize(
    ("microphones", "speaker", "names"),
    [
        (("silence",), "none", ["Loudspeakers"]),
        (("silence", "tone"), "none", ["Loudspeakers"]),
        (("tone", "tone:300"), "none", ["Tone", "Tone of 300 Hz", "Loudspeakers"]),
        (("tone:440",), "/tmp/heard.wav", ["Tone of 440 Hz", "heard.wav"]),
        (("/srv/talk.wav", "silence"), "none", ["talk.wav", "Silence", "Loudspeakers"]),
        (("device",), "device:USB", ["Default microphone", "USB"]),
    ],
)
def test_ports(microphones, speaker, names):
    configuration = SoundConfiguration(microphones, speaker)
    ports = state_of(configuration).ports
    assert [port.name for port in ports] == names
    assert [port.direction for port in ports] == [PortDirection.IN] * (len(ports) - 1) + [PortDirection.OUT]
    assert [port.connected for port in ports] == [not uses_devices(configuration)] * len(ports)


@pytest.mark.parametrize(
    ("microphone", "speaker", "wanted", "suppression", "echo"),
    [
        ("tone", "none", {}, NoiseSuppression.OFF, False),
        ("device", "none", {}, NoiseSuppression.MODERATE, False),
        ("device", "device", {}, NoiseSuppression.MODERATE, True),
        (
            "device",
            "device",
            {"noise_suppression": NoiseSuppression.OFF, "echo_control": EchoControl.OFF},
            NoiseSuppression.OFF,
            False,
        ),
        (
            "tone",
            "none",
            {"noise_suppression": NoiseSuppression.HIGH, "echo_control": EchoControl.ON},
            NoiseSuppression.HIGH,
            True,
        ),
    ],
)
def test_what_is_done_to_the_sound(microphone, speaker, wanted, suppression, echo):
    state = state_of(SoundConfiguration((microphone,), speaker, **wanted))
    assert (state.noise_suppression, state.echo_control, state.tells_speech) == (suppression, echo, True)


def test_without_the_package_no_noise_is_taken_away(monkeypatch):
    monkeypatch.setattr("videobar.engine.mixing.sound_ports.find_spec", lambda name: None)
    state = state_of(SoundConfiguration(("device",)))
    assert (state.noise_suppression, state.tells_speech) == (NoiseSuppression.OFF, False)


async def test_mute_silences_the_meter_and_the_far_end(rooms):
    ours, theirs = await rooms(microphones=("tone",)), await rooms()
    await ours.call(theirs, video=False)
    (heard,) = await levels_become(theirs, lambda levels: near(levels[0].left, -20), "the tone")
    assert heard.right == heard.left
    ours.endpoint.set_microphones_muted(True)
    assert (
        (await ours.endpoint.sound_levels())[0].left == (await ours.endpoint.sound_levels())[0].peak == -100.0
    )
    await levels_become(theirs, lambda levels: levels[0].left < -60, "silent")
    ours.endpoint.set_microphones_muted(False)
    await levels_become(theirs, lambda levels: near(levels[0].left, -20), "the tone again")


async def test_a_test_tone_is_heard_here_and_not_there(rooms):
    ours, theirs = await rooms(), await rooms()
    await ours.call(theirs, video=False)
    ours.endpoint.play_test_tone(Speaker.LEFT)
    await levels_become(ours, lambda levels: near(levels[0].left, -20), "a tone on the left")
    (levels,) = await ours.endpoint.sound_levels()
    assert levels.right == -100.0
    assert levels.peak == pytest.approx(-17, abs=0.1)
    ours.endpoint.play_test_tone(Speaker.RIGHT)
    ours.endpoint.set_speaker_volume(50)
    await levels_become(ours, lambda levels: near(levels[0].right, -45.25), "a quieter tone on the right")
    assert (await theirs.endpoint.sound_levels())[0].left < -80
    ours.endpoint.stop_test_tone()
    await levels_become(ours, lambda levels: levels[0].right == -100.0, "silent")


async def test_digits_are_heard_in_the_room(rooms, tmp_path, patience):
    path = tmp_path / "heard.wav"
    room = await rooms(speaker=str(path))
    room.endpoint.play_digits("5")

    def sounds():
        with wave.open(str(path), "rb") as file:
            sound = np.frombuffer(file.readframes(file.getnframes()), "<i2")[::2] / 32768
        at = np.flatnonzero(np.abs(sound) > 0.02)
        return sound[at[0] : at[0] + 4800] if len(at) and len(sound) > at[0] + 4800 else None

    await patience(lambda: sounds() is not None, "a digit")
    spectrum = np.abs(np.fft.rfft(sounds() * np.hanning(4800)))
    low, high = (int(np.argmax(spectrum[a:b]) + a) * 10 for a, b in ((60, 100), (110, 170)))
    assert abs(low - 770) <= 10
    assert abs(high - 1336) <= 10


async def test_the_fence_can_be_raised_while_the_room_runs(rooms):
    room = await rooms(microphones=("tone",))
    room.endpoint.set_acoustic_fence(AcousticFence(True, 0))
    fence = room.endpoint._sound._near.fence
    assert (fence.enabled, fence.margin_db) == (True, 12.0)


async def test_files_that_cannot_be_used_are_silent_and_say_so(rooms, tmp_path, patience):
    text = tmp_path / "talk.wav"
    text.write_text("no sound")
    room = await rooms(microphones=(str(text),), speaker=str(tmp_path / "missing" / "heard.wav"))
    await patience(lambda: len(room.of(SoundState)) == 2, "both to be told")
    microphone, speaker = room.of(SoundState)[-1].ports
    assert (microphone.connected, speaker.connected) == (False, False)
    assert "talk.wav" in microphone.detail
    assert "No such file" in speaker.detail
    assert [levels.left for levels in await room.endpoint.sound_levels()] == [-100.0, -100.0]
