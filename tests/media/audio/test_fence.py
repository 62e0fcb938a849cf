from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from videobar.media.audio.capture import AudioCapture
from videobar.media.audio.fence import FenceProcessor
from videobar.media.audio.levels import level_dbfs
from videobar.media.audio.voice import VoiceProcessor

Samples = NDArray[np.float32]
SECOND = 48_000
FRAME = 960


class Recording:
    """A microphone that plays what it is given, once."""

    def __init__(self, sound: Samples) -> None:
        self._sound = sound
        self._at = 0
        self.closed = False

    def read(self, count: int = FRAME) -> Samples:
        frame = self._sound[self._at : self._at + count]
        self._at += count
        return frame

    def close(self) -> None:
        self.closed = True


def heard_by_far_ends(
    microphones: Sequence[Samples],
    *,
    voice: VoiceProcessor | None = None,
    radius: int = 5,
    enabled: bool = True,
) -> Samples:
    near = AudioCapture([Recording(sound) for sound in microphones])
    near.voice = voice
    near.fence.enabled, near.fence.radius = enabled, radius
    return np.concatenate([near.read() for _ in range(len(microphones[0]) // FRAME)])


def in_turns(inside: Samples, outside: Samples, *, separation_db: float) -> tuple[Samples, Samples]:
    """Two talkers, a second each: what the first microphone and the one at the fence hear.

    Each is `separation_db` louder at the nearer microphone.
    """
    first, second = np.zeros_like(inside), np.zeros_like(inside)
    quieter = np.float32(10 ** (-separation_db / 20))
    for at in range(0, len(inside), 2 * SECOND):
        first[at : at + SECOND] = inside[at : at + SECOND]
        second[at : at + SECOND] = inside[at : at + SECOND] * quieter
        other = slice(at + SECOND, at + 2 * SECOND)
        first[other], second[other] = outside[other] * quieter, outside[other]
    return first, second


def turns(sound: Samples, which: int) -> Samples:
    """The turns of the one inside (0) or outside (1), without the first third of a second, when the gate may hold."""
    return np.concatenate(
        [sound[at + SECOND // 3 : at + SECOND] for at in range(which * SECOND, len(sound), 2 * SECOND)]
    )


def test_of_two_talkers_only_the_near_one_is_heard(talker: Callable[..., Samples]) -> None:
    first, second = in_turns(talker(120, 6), talker(200, 6), separation_db=10)
    heard = heard_by_far_ends([first, second], voice=VoiceProcessor(0))
    assert level_dbfs(turns(heard, 0)) == pytest.approx(level_dbfs(turns(first, 0)), abs=1)
    assert level_dbfs(turns(heard, 1)) == pytest.approx(level_dbfs(turns(first, 1)) - 40, abs=1)
    both = heard_by_far_ends([first, second], voice=VoiceProcessor(0), enabled=False)
    np.testing.assert_array_equal(both, first)


def test_when_both_speak_the_near_one_is_heard(talker: Callable[..., Samples]) -> None:
    inside, outside = talker(120, 4), talker(200, 4) * np.float32(0.1)
    heard = heard_by_far_ends([inside + outside * np.float32(0.3), inside * np.float32(0.1) + outside])
    assert level_dbfs(heard) == pytest.approx(level_dbfs(inside), abs=1)


def test_noise_suppression_does_not_move_the_fence(talker: Callable[..., Samples]) -> None:
    """Levels are compared as the microphones give them: noise that is everywhere makes nobody seem farther."""
    hiss = (0.01 * np.random.default_rng(1).standard_normal(8 * SECOND)).astype(np.float32)
    before = np.zeros(4 * SECOND, np.float32)
    inside = np.concatenate((before, talker(120, 4) * np.float32(4)))
    heard = heard_by_far_ends([inside + hiss, inside * np.float32(0.3) + hiss], voice=VoiceProcessor(4))
    assert level_dbfs(heard[5 * SECOND :]) == pytest.approx(level_dbfs(inside[5 * SECOND :]), abs=1.5)
    assert level_dbfs(heard[3 * SECOND : 4 * SECOND - FRAME]) < level_dbfs(hiss) - 55


@pytest.mark.parametrize(("radius", "hears"), [(0, False), (4, False), (6, True), (10, True)])
def test_the_radius(talker: Callable[..., Samples], radius: int, hears: bool) -> None:
    """Somebody who is 6 dB louder inside is near enough from radius 5 on."""
    voice = talker(150, 2)
    heard = heard_by_far_ends([voice, voice * np.float32(0.5)], radius=radius)
    assert (level_dbfs(heard[SECOND:]) > -30) is hears


def test_noise_inside_is_no_reason_to_open() -> None:
    noise = (0.05 * np.random.default_rng(1).standard_normal(3 * SECOND)).astype(np.float32)
    quiet = noise * np.float32(0.01)
    heard = heard_by_far_ends([noise, quiet], voice=VoiceProcessor(0))
    assert level_dbfs(heard[2 * SECOND :]) < -60
    assert level_dbfs(heard_by_far_ends([noise, quiet])) == pytest.approx(level_dbfs(noise))


def test_with_one_microphone_all_speech_is_heard_and_no_noise(talker: Callable[..., Samples]) -> None:
    noise = (0.002 * np.random.default_rng(1).standard_normal(4 * SECOND)).astype(np.float32)
    said = np.concatenate((np.zeros(2 * SECOND, np.float32), talker(150, 2))) + noise
    heard = heard_by_far_ends([said], voice=VoiceProcessor(0))
    assert level_dbfs(heard[SECOND : 2 * SECOND]) < level_dbfs(noise) - 35
    assert level_dbfs(heard[2 * SECOND + SECOND // 2 :]) == pytest.approx(-26, abs=1.5)
    np.testing.assert_array_equal(heard_by_far_ends([said]), said)  # nobody can tell


def test_it_holds_for_a_while_and_shuts_without_a_click() -> None:
    fence = FenceProcessor()
    fence.enabled = True
    loud, quiet = np.full(FRAME, 0.5, np.float32), np.full(FRAME, 0.001, np.float32)
    assert fence.process(loud, [loud, quiet], None) is loud
    passed = []
    for _ in range(20):
        heard = fence.process(loud, [loud, loud * np.float32(2)], None)
        passed.append(fence.is_open)
        assert np.abs(np.diff(heard)).max() < 0.002
    assert passed == [True] * 9 + [False] * 11
    assert heard[-1] == pytest.approx(0.005)
    opened = fence.process(loud * np.float32(4), [loud * np.float32(4), quiet], None)
    assert fence.is_open
    assert np.abs(np.diff(opened)).max() < 0.01


def test_every_microphone_has_a_meter() -> None:
    near = AudioCapture(
        [Recording(np.full(SECOND, 0.1, np.float32)), Recording(np.zeros(SECOND, np.float32))]
    )
    for _ in range(50):
        near.read()
    assert [meter.level for meter in near.meters] == [pytest.approx(-20, abs=0.1), -100.0]
