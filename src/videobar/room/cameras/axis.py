"""One motor: where it is at any moment, from the plan of its movement.

A plan is a few stretches of constant acceleration, so that position and speed at a moment are exact and need no
ticking. Every plan ends at rest within the limits: whatever is ordered, the motor brakes in time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from videobar.room.cameras.position import HIGHEST, LOWEST


@dataclass(frozen=True)
class Stretch:
    """Movement from `start` on (seconds), with this speed and acceleration at first (units per second, squared)."""

    start: float
    position: float
    speed: float
    acceleration: float

    def position_at(self, at: float) -> float:
        """Position in units at the moment `at`."""
        passed = at - self.start
        return self.position + self.speed * passed + self.acceleration * passed * passed / 2

    def speed_at(self, at: float) -> float:
        """Speed in units per second at the moment `at`."""
        return self.speed + self.acceleration * (at - self.start)


class Axis:
    """A motor with a full speed, an acceleration and limits. All times are seconds of one monotonic clock."""

    def __init__(self, position: float, *, full_speed: float, acceleration: float) -> None:
        self._full_speed = full_speed
        self._acceleration = acceleration
        self._plan: tuple[Stretch, ...] = (Stretch(0.0, position, 0.0, 0.0),)

    def position(self, at: float) -> float:
        """Position of the motor, in units."""
        return min(max(self._now(at).position_at(at), LOWEST), HIGHEST)

    def speed(self, at: float) -> float:
        """Speed in units per second."""
        return self._now(at).speed_at(at)

    def moves(self, at: float) -> bool:
        """True while the motor moves."""
        return at < self.rests_from

    @property
    def rests_from(self) -> float:
        """The moment from which it rests, if nothing else is ordered."""
        return self._plan[-1].start

    def drive(self, speed: float, at: float) -> None:
        """Move with a share of full speed, -1 to 1, until something else is ordered or the limit is reached."""
        if speed:
            self.go_to(HIGHEST if speed > 0 else LOWEST, at, min(abs(speed), 1.0))
        else:
            self.stop(at)

    def stop(self, at: float) -> None:
        """Brake to a halt."""
        self.go_to(self.position(at) + self._braking(self.speed(at)), at, 1.0)

    def go_to(self, target: float, at: float, pace: float = 1.0) -> None:
        """Go to a position and rest there, with at most `pace` (above 0, up to 1) of full speed."""
        self._plan = self._to(min(max(target, LOWEST), HIGHEST), at, pace * self._full_speed)

    def duration_to(self, target: float, at: float, pace: float = 1.0) -> float:
        """Duration in seconds that `go_to` would take."""
        return max(0.0, self._to(target, at, pace * self._full_speed)[-1].start - at)

    def pace_for(self, target: float, at: float, duration: float) -> float:
        """The pace with which a motor at rest arrives at `target` after `duration` seconds, at most 1."""
        distance = abs(target - self.position(at))
        product = self._acceleration * duration
        spare = product * product - 4 * self._acceleration * distance
        if self.moves(at) or not distance or spare < 0:
            return 1.0
        return min(1.0, 2 * distance / (product + math.sqrt(spare)) * self._acceleration / self._full_speed)

    def _now(self, at: float) -> Stretch:
        return next((stretch for stretch in reversed(self._plan) if stretch.start <= at), self._plan[0])

    def _braking(self, speed: float) -> float:
        """Braking distance from `speed`, with its sign."""
        return speed * abs(speed) / (2 * self._acceleration)

    def _to(self, target: float, at: float, cap: float) -> tuple[Stretch, ...]:
        position, speed = self.position(at), self.speed(at)
        beyond = target - position - self._braking(speed)
        # Seen in the direction in which the target lies beyond the point where braking now would end.
        direction = math.copysign(1.0, beyond)
        distance, speed = (target - position) * direction, speed * direction
        rate = self._acceleration
        peak = min(cap, math.sqrt(max(0.0, rate * distance + speed * speed / 2)))
        if speed > cap:
            cruise = (distance - speed * speed / (2 * rate)) / cap
        else:
            cruise = (distance - (2 * peak * peak - speed * speed) / (2 * rate)) / peak if peak else 0.0
        stretches: list[Stretch] = []
        moment, place = at, position
        for duration, acceleration in (
            (abs(peak - speed) / rate, math.copysign(rate, peak - speed)),
            (max(0.0, cruise), 0.0),
            (peak / rate, -rate),
        ):
            if duration > 0:
                stretch = Stretch(moment, place, speed * direction, acceleration * direction)
                stretches.append(stretch)
                moment += duration
                place = stretch.position_at(moment)
                speed += acceleration * duration
        return (*stretches, Stretch(moment, target, 0.0, 0.0))
