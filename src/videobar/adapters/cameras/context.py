"""Context that every camera is made with."""

from __future__ import annotations

from dataclasses import dataclass

from videobar.clock import Clock
from videobar.room.egress import EgressPolicy


@dataclass(frozen=True)
class CameraContext:
    """The room about a camera."""

    clock: Clock
    egress: EgressPolicy
    tracking: bool
    """True if people can be found in pictures."""
    pointing: bool = True
    """True if a part of a picture can be shown: that of content is always shown whole."""
