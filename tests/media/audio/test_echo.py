from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from videobar.media.audio.capture import AudioCapture
from videobar.media.audio.echo import EchoSuppressor
from videobar.media.audio.levels import level_dbfs
from videobar.media.audio.loudspeakers import Loudspeakers
from videobar.media.audio.sinks import NoSink

Samples = NDArray[np.float32]
SECOND = 48_000
FRAME = 960


class Room:
    """A microphone that hears the loudspeakers, late and quieter, and somebody in the room."""

    def __init__(self, *, echo_db: float, late_s: float) -> None:
        self.echo = EchoSuppressor()
        self._gain = np.float32(10 ** (echo_db / 20))
        self._air = np.zeros(int(late_s * SECOND), np.float32)

    def run(self, played: Samples, said: Samples) -> Samples:
        """What far ends hear, while the loudspeakers play one and somebody says the other."""
        heard = []
        for at in range(0, len(played), FRAME):
            frame = played[at : at + FRAME]
            self._air = np.concatenate((self._air, frame))
            echo, self._air = self._air[:FRAME] * self._gain, self._air[FRAME:]
            heard.append(self.echo.process(echo + said[at : at + FRAME]))
            self.echo.hear_played(frame)
        return np.concatenate(heard)


NOBODY = np.zeros(4 * SECOND, np.float32)


@pytest.mark.parametrize("late_s", [0.01, 0.08, 0.2])
@pytest.mark.parametrize("echo_db", [-30, -15, 0])
def test_far_ends_do_not_hear_themselves(
    talker: Callable[..., Samples], echo_db: float, late_s: float
) -> None:
    far = talker(120, 4)
    heard = Room(echo_db=echo_db, late_s=late_s).run(far, NOBODY)
    assert level_dbfs(heard[SECOND:]) == pytest.approx(level_dbfs(far[SECOND:]) + echo_db - 30, abs=2)


def test_somebody_in_the_room_is_heard_alone(talker: Callable[..., Samples]) -> None:
    near = talker(200, 4)
    room = Room(echo_db=-15, late_s=0.08)
    np.testing.assert_array_equal(room.run(NOBODY, near), near)


def test_somebody_in_the_room_is_heard_after_and_over_the_far_end(talker: Callable[..., Samples]) -> None:
    far, near = talker(120, 4), talker(200, 4)
    room = Room(echo_db=-20, late_s=0.08)
    room.run(far, NOBODY)
    assert room.echo.echo_db == pytest.approx(-20, abs=3)
    both = room.run(far, near)
    assert level_dbfs(both[SECOND:]) > level_dbfs(near[SECOND:]) - 2
    alone = room.run(NOBODY, near)
    np.testing.assert_array_equal(alone[SECOND:], near[SECOND:])


def test_a_louder_echo_is_learnt(talker: Callable[..., Samples]) -> None:
    """As when somebody turns up an amplifier that the room knows nothing of."""
    far = talker(120, 4)
    room = Room(echo_db=-40, late_s=0.05)
    room.run(far, NOBODY)
    room._gain = np.float32(10 ** (-25 / 20))
    for _ in range(20):
        heard = room.run(far, NOBODY)
    assert level_dbfs(heard) == pytest.approx(level_dbfs(far) - 25 - 30, abs=2)


def test_it_hears_what_the_speakers_play_and_acts_on_the_microphone(talker: Callable[..., Samples]) -> None:
    far = talker(120, 3)
    echo = EchoSuppressor()
    air: list[Samples] = [np.zeros(FRAME, np.float32)]

    class Microphone:
        def read(self, count: int = FRAME) -> Samples:
            return air[-1] * np.float32(0.2)

        def close(self) -> None:
            pass

    near = AudioCapture([Microphone()], echo=echo)
    speakers = Loudspeakers(NoSink(), echo.hear_played)
    heard = []
    for at in range(0, len(far), FRAME):
        heard.append(near.read())
        air.append(speakers.play(far[at : at + FRAME]))
    assert level_dbfs(np.concatenate(heard[50:])) == pytest.approx(level_dbfs(far) - 14 - 30, abs=2)
    near.close()
