"""The camera of a room that has none: it looks into a drawn room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from videobar.room.cameras.digital import DigitalCamera
from videobar.room.cameras.port import CameraFacts

if TYPE_CHECKING:
    from videobar.adapters.cameras.configured import Surroundings

MODEL: Final = "BUILT_IN_1.0"
"""That of a Studio X30's built-in camera (recorded)."""


def drawn_camera(url: str, surroundings: Surroundings) -> DigitalCamera:
    """The camera behind `drawn:`. It is always there, and can focus."""
    pointing = surroundings.pointing
    facts = CameraFacts(
        MODEL, pan=pointing, tilt=pointing, zoom=pointing, focus=pointing, trackable=surroundings.tracking
    )
    return DigitalCamera(facts, url, clock=surroundings.clock)
