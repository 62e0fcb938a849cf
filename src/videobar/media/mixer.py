"""Mix-minus: everybody hears the room and everybody else, but not himself."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final, Protocol

import numpy as np

from videobar.media.format import Samples, silence
from videobar.media.levels import SILENCE_DBFS, gain_of_volume, level_dbfs
from videobar.media.sinks import SpeakerSink
from videobar.media.sources import NearSource

log = logging.getLogger("videobar.media")

_KNEE: Final = 0.8
"""Amplitude up to which the soft clipper changes nothing."""


class Participant(Protocol):
    """Somebody in the mix. Both methods are called from the thread that ticks, with frames of 960 samples."""

    def pull(self) -> Samples:
        """What the participant says in this frame."""
        ...

    def push(self, frame: Samples) -> None:
        """What the participant hears in this frame; not to be changed."""
        ...


class Mixer:
    """Mixes one near source and any number of participants, a frame of 20 ms for each `tick`.

    `muted` and `volume` (0 to 100) may be set, and everything else called, from any thread; `tick` from one.
    """

    def __init__(self, source: NearSource, sink: SpeakerSink) -> None:
        self.muted = False
        """Whether nobody hears the near source. Its level is still measured."""
        self.near_level = SILENCE_DBFS
        """Level of the near source, in dBFS."""
        self.far_level = SILENCE_DBFS
        """Level of what the room hears, after the volume, in dBFS."""
        self.failures = 0
        """Exceptions out of participants: each is a defect, the first is logged."""
        self._source = source
        self._sink = sink
        self._volume = 100
        self._gain = 1.0
        self._gate = threading.Lock()
        self._participants: tuple[Participant, ...] = ()
        self._levels: dict[int, float] = {}

    @property
    def volume(self) -> int:
        """Speaker volume, 0 to 100: what the room hears; the far ends do not notice."""
        return self._volume

    @volume.setter
    def volume(self, volume: int) -> None:
        if not 0 <= volume <= 100:
            raise ValueError(f"volume {volume} is not in 0 to 100")
        self._volume = volume
        self._gain = gain_of_volume(volume)

    def add(self, participant: Participant) -> None:
        """Let `participant` take part from the next tick on; twice is harmless."""
        with self._gate:
            if all(present is not participant for present in self._participants):
                self._participants = (*self._participants, participant)

    def remove(self, participant: Participant) -> None:
        """End it; a tick that is under way may still use it. Twice is harmless."""
        with self._gate:
            self._participants = tuple(p for p in self._participants if p is not participant)

    def level_of(self, participant: Participant) -> float:
        """Level of what the participant said in the last frame, in dBFS."""
        return self._levels.get(id(participant), SILENCE_DBFS)

    def tick(self) -> None:
        """Mix one frame."""
        near = self._source.read()
        self.near_level = level_dbfs(near)
        if self.muted:
            near = silence()
        present = [(participant, self._pulled(participant)) for participant in self._participants]
        self._levels = {id(participant): level_dbfs(said) for participant, said in present}
        far = sum((said for _, said in present), start=silence())
        room = soft_clipped(far * np.float32(self._gain))
        self.far_level = level_dbfs(room)
        self._sink.write(room)
        total = near + far
        for participant, said in present:
            heard = soft_clipped(total - said)
            self._guarded(lambda to=participant, frame=heard: to.push(frame))  # type: ignore[misc]

    def close(self) -> None:
        """Close the sink, after the last tick."""
        self._sink.close()

    def _pulled(self, participant: Participant) -> Samples:
        said = self._guarded(participant.pull)
        return silence() if said is None else said

    def _guarded(self, action: Callable[[], Samples | None]) -> Samples | None:
        """One participant's defect must not silence the others."""
        try:
            return action()
        except Exception:
            self.failures += 1
            if self.failures == 1:
                log.exception("a participant of the mix failed; further failures are only counted")
            return None


def soft_clipped(samples: Samples) -> Samples:
    """`samples` bent below full scale where they exceed the knee; the same array where none does."""
    magnitude = np.abs(samples)
    if float(magnitude.max(initial=0.0)) <= _KNEE:
        return samples
    room = np.float32(1.0 - _KNEE)
    bent = np.float32(_KNEE) + room * np.tanh((magnitude - np.float32(_KNEE)) / room)
    return np.where(magnitude > _KNEE, np.copysign(bent, samples), samples).astype(np.float32)
