"""Camera position, in the units of the API: -50000 to 50000 over each axis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace
from typing import Final

LOWEST: Final = -50_000
HIGHEST: Final = 50_000


@dataclass(frozen=True)
class Position:
    """Pan (positive is right), tilt (positive is up), zoom (-50000 is widest) and focus (0 is sharp)."""

    pan: int = 0
    tilt: int = 0
    zoom: int = LOWEST
    focus: int = 0


HOME: Final = Position()
"""Straight ahead, and as wide as possible."""


@dataclass(frozen=True)
class Aim:
    """Target position, axis by axis; `None` leaves an axis where it is, or where it was going."""

    pan: int | None = None
    tilt: int | None = None
    zoom: int | None = None
    focus: int | None = None

    @classmethod
    def at(cls, position: Position) -> Aim:
        """The aim to be exactly at `position`."""
        return cls(*astuple(position))

    def limited(self) -> Aim:
        """The same within the limits of each axis."""
        kept = {
            axis: None if value is None else min(max(value, LOWEST), HIGHEST) for axis, value in self.given()
        }
        return replace(self, **kept)

    def given(self) -> Iterator[tuple[str, int | None]]:
        """Each axis by name, with its value."""
        yield from vars(self).items()


@dataclass(frozen=True)
class Drive:
    """Speed of each axis, from -1 to 1 of an axis's full speed; 0 stops it and `None` leaves it alone."""

    pan: float | None = None
    tilt: float | None = None
    zoom: float | None = None
    focus: float | None = None

    def given(self) -> Iterator[tuple[str, float | None]]:
        """Each axis by name, with its value."""
        yield from vars(self).items()


STOP: Final = Drive(0.0, 0.0, 0.0, 0.0)
"""Stops all axes."""
