"""Pan, tilt, zoom and focus of a camera that has no motors: what moves is the part of its picture that is shown."""

from __future__ import annotations

from videobar.clock import Clock
from videobar.room.cameras.axis import Axis
from videobar.room.cameras.position import HOME, Aim, Drive, Position

FULL_SPEED = 40_000.0
"""Units per second: from one limit to the other in two and a half seconds."""
ACCELERATION = 80_000.0
"""Units per second, squared: full speed after half a second."""


class Motors:
    """Four axes that move as motors do."""

    def __init__(self, clock: Clock, position: Position = HOME) -> None:
        self._clock = clock
        self._axes = {
            axis: Axis(float(value), full_speed=FULL_SPEED, acceleration=ACCELERATION)
            for axis, value in vars(position).items()
        }

    def position(self) -> Position:
        """Position of the motors now."""
        at = self._clock.monotonic()
        return Position(**{name: round(axis.position(at)) for name, axis in self._axes.items()})

    def move(self) -> bool:
        """True while any of them moves."""
        at = self._clock.monotonic()
        return any(axis.moves(at) for axis in self._axes.values())

    def drive(self, drive: Drive) -> None:
        """Move with these speeds, until something else is ordered or a limit is reached."""
        at = self._clock.monotonic()
        for name, speed in drive.given():
            if speed is not None:
                self._axes[name].drive(speed, at)

    def go_to(self, aim: Aim, pace: float = 1.0) -> None:
        """Go there, all axes arriving together, none faster than `pace` of full speed."""
        at = self._clock.monotonic()
        going = [
            (self._axes[name], float(target)) for name, target in aim.limited().given() if target is not None
        ]
        duration = max((axis.duration_to(target, at, pace) for axis, target in going), default=0.0)
        for axis, target in going:
            axis.go_to(target, at, min(pace, axis.pace_for(target, at, duration)))
