"""The camera of a room that has none: it looks into a drawn room."""

from __future__ import annotations

from typing import Final

from videobar.adapters.cameras.context import CameraContext
from videobar.room.cameras.digital import DigitalCamera, FoundCamera
from videobar.room.cameras.port import CameraFacts

MODEL: Final = "BUILT_IN_1.0"
"""Model of a Studio X30's built-in camera (recorded)."""


def digital_facts(model: str, context: CameraContext, *, focus: bool = False) -> CameraFacts:
    """Abilities that any picture has: a part of it can be shown, and people can be found in it."""
    pointing = context.pointing
    return CameraFacts(
        model,
        pan=pointing,
        tilt=pointing,
        zoom=pointing,
        focus=focus and pointing,
        trackable=context.tracking,
    )


def drawn_camera(url: str, context: CameraContext) -> DigitalCamera:
    """The camera behind `drawn:` and `pattern:`. It is always there; the drawn one can focus."""
    drawn = url.startswith("drawn:")
    facts = digital_facts(MODEL, context, focus=True) if drawn else CameraFacts("PATTERN")
    return DigitalCamera(FoundCamera(facts, url), clock=context.clock)
