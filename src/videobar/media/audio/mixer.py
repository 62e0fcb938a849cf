"""Mixer (mix-minus): everybody hears the room and everybody else, but not himself."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from videobar.media.audio.format import Samples, silence
from videobar.media.audio.levels import level_dbfs
from videobar.media.audio.limiter import soft_limited
from videobar.media.audio.loudspeakers import Loudspeakers
from videobar.media.audio.sources import AudioSource
from videobar.media.audio.volume import SILENCE_DBFS

log = logging.getLogger("videobar.media")


class Participant(Protocol):
    """Somebody in the mix. Both methods are called from the thread that ticks, with frames of 960 samples."""

    def pull(self) -> Samples:
        """The next frame of what the participant says."""
        ...

    def push(self, frame: Samples) -> None:
        """Take the next frame of what the participant hears; not to be changed."""
        ...


class Mixer:
    """Mixes one near source and any number of participants, a frame of 20 ms for each `tick`.

    `muted` may be set, and everything else called, from any thread; `tick` from one.
    """

    def __init__(self, source: AudioSource, loudspeakers: Loudspeakers) -> None:
        self.muted = False
        """True while far ends do not hear the near source."""
        self.near_level = SILENCE_DBFS
        """Level of what far ends hear of the near source, in dBFS."""
        self.far_level = SILENCE_DBFS
        """Level of what the room hears, after the volume, in dBFS."""
        self.failures = 0
        """Exceptions out of participants: each is a defect, the first is logged."""
        self._source = source
        self._loudspeakers = loudspeakers
        self._gate = threading.Lock()
        self._participants: tuple[Participant, ...] = ()
        self._levels: dict[int, float] = {}

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
        if self.muted:
            near = silence()
        self.near_level = level_dbfs(near)
        present = [(participant, self._pulled(participant)) for participant in self._participants]
        self._levels = {id(participant): level_dbfs(said) for participant, said in present}
        far = sum((said for _, said in present), start=silence())
        self.far_level = level_dbfs(self._loudspeakers.play(far))
        total = near + far
        for participant, said in present:
            heard = soft_limited(total - said)
            self._guarded(lambda to=participant, frame=heard: to.push(frame))  # type: ignore[misc]

    def close(self) -> None:
        """Close the near source and the loudspeakers, after the last tick."""
        self._source.close()
        self._loudspeakers.close()

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
