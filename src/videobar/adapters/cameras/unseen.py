"""Who is seen by the cameras of a room without media."""

from __future__ import annotations

from videobar.errors import EngineUnavailable
from videobar.room.cameras.position import Position


class Unseen:
    """Implements `People` where there is no picture in which somebody could be found."""

    async def frame_people(self) -> Position | None:
        """Nobody can be looked for."""
        raise EngineUnavailable("there is no media process")
