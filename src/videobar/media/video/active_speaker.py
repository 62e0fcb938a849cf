"""Active-speaker detection from sound levels, so that a cough does not turn every picture around."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Final, Generic, TypeVar

from videobar.media.audio.volume import SILENCE_DBFS

TALKING_DBFS: Final = -45.0
"""Quieter is not speech."""
LOUDER_DB: Final = 6.0
"""Margin by which a new speaker must be louder than the present one."""
CONVINCED_S: Final = 0.6
"""Time for which a new speaker must be louder, with short pauses."""
LEAST_TURN_S: Final = 2.0
"""Shortest turn of a speaker, unless silent."""
_RISE_S: Final = 0.1
_FALL_S: Final = 0.8

Name = TypeVar("Name", bound=Hashable)


class ActiveSpeaker(Generic[Name]):
    """Chooses one of several by their levels. Time is given with each `update`, in monotonic seconds."""

    def __init__(self) -> None:
        self.active: Name | None = None
        """The active speaker, or the last one; `None` while nobody has spoken."""
        self.previous: Name | None = None
        """The one before."""
        self._smooth: dict[Name, float] = {}
        self._candidate: Name | None = None
        self._evidence_s = 0.0
        self._since = 0.0
        self._then: float | None = None

    def update(self, levels: Mapping[Name, float], now: float) -> Name | None:
        """Take the present levels in dBFS of all who are there; who is gone is forgotten."""
        passed = 0.0 if self._then is None else max(0.0, min(1.0, now - self._then))
        self._then = now
        self._smooth = {name: self._smoothed(name, level, passed) for name, level in levels.items()}
        if self.active not in levels:
            self.active = None
        if self.previous not in levels:
            self.previous = None
        loudest = max(self._smooth, key=self._smooth.__getitem__, default=None)
        if loudest is None or loudest == self.active or self._smooth[loudest] < TALKING_DBFS:
            self._evidence_s = max(0.0, self._evidence_s - passed)
            return self.active
        if loudest != self._candidate:
            self._candidate, self._evidence_s = loudest, 0.0
        present = self._smooth[self.active] if self.active is not None else SILENCE_DBFS
        if self._smooth[loudest] >= present + LOUDER_DB:
            self._evidence_s += passed
        turn_is_over = now - self._since >= LEAST_TURN_S or present < TALKING_DBFS
        if self.active is None or (self._evidence_s >= CONVINCED_S and turn_is_over):
            self.previous, self.active = self.active, loudest
            self._since, self._evidence_s = now, 0.0
        return self.active

    def _smoothed(self, name: Name, level: float, passed: float) -> float:
        before = self._smooth.get(name, SILENCE_DBFS)
        reach = _RISE_S if level > before else _FALL_S
        return before + (level - before) * min(1.0, passed / reach)
