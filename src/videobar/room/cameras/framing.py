"""People tracking: when to move; a camera that corrects every small move is worse than one that stands still.

what is seen                       what is done
─────────────────────────────────  ─────────────────────────────────────────────
people, about where it looks       nothing: a dead zone, smaller the closer it looks
people, elsewhere, for a while     go there, slowly
people, elsewhere, but only now    wait: they may come back, or the detector errs
nobody, for long                   look at the whole room
"""

from __future__ import annotations

from typing import Final

from videobar.room.cameras.position import HIGHEST, HOME, LOWEST, Position

STEADY_S: Final = 1.5
"""Time for which people must be elsewhere."""
EMPTY_S: Final = 10.0
"""Time for which nobody must be seen."""
DEAD_ZONE: Final = 3_000
"""Dead zone in units of pan and tilt, with the widest view; zoom has twice as much at any."""


def closeness(zoom: int) -> float:
    """Factor for slower and finer movement at this zoom: 1 at the widest, 0.3 at the closest."""
    return 1.0 - 0.7 * (zoom - LOWEST) / (HIGHEST - LOWEST)


class GroupFraming:
    """Decides for one camera. `update` is called about once in a second."""

    def __init__(self, at: float) -> None:
        self._elsewhere_since: float | None = None
        self._seen_at = at
        self._aim: Position | None = None

    def update(self, seen: Position | None, looks: Position, at: float) -> Position | None:
        """Position to go to now, or `None` to stay.

        `seen` frames all people (`None`: there are none), `looks` is where the camera looks.
        """
        if seen is None:
            self._elsewhere_since = None
            if at - self._seen_at < EMPTY_S or self._aim == HOME:
                return None
            self._aim = HOME
            return HOME
        self._seen_at = at
        if self._is_near(seen, self._aim or looks):
            self._elsewhere_since = None
            return None
        if self._elsewhere_since is None:
            self._elsewhere_since = at
        if at - self._elsewhere_since < STEADY_S:
            return None
        self._elsewhere_since = None
        self._aim = seen
        return seen

    def _is_near(self, one: Position, other: Position) -> bool:
        zone = DEAD_ZONE * closeness(other.zoom)
        return (
            abs(one.pan - other.pan) <= zone
            and abs(one.tilt - other.tilt) <= zone
            and abs(one.zoom - other.zoom) <= 2 * DEAD_ZONE
        )
