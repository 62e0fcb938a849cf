"""The people in the room: what they look like, and what they do at any moment.

Faces have the proportions and the light and dark of real ones, so that detectors made for those find them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Final

from videobar.media.drawn.brush import Brush, Colour, shade

_EYE: Final = (44, 34, 30)
_HIDDEN_BELOW: Final = 1720
"""The table is in front of everybody from this line on."""
_TALK_S: Final = 6.0
"""Length of a turn to speak."""
_CROSSING_S: Final = 42.0
"""Time in which the one who stands walks to and fro."""


class Hair(Enum):
    """Hair style."""

    SHORT = "short"
    LONG = "long"
    BUN = "bun"
    CURLY = "curly"


@dataclass(frozen=True)
class Looks:
    """Appearance of a person."""

    skin: Colour
    hair: Colour
    style: Hair
    shirt: Colour
    glasses: bool = False
    beard: bool = False


@dataclass(frozen=True)
class Pose:
    """Pose of a person at a moment. Lengths are in pixels of the whole picture."""

    x: float
    y: float
    """Middle of the face."""
    body_x: float
    mouth: float
    """Opening of the mouth, 0 to 1."""
    lids: float
    """Opening of the eyes, 0 to 1."""
    gaze: float
    """Direction of the eyes, -1 (left) to 1."""


@dataclass(frozen=True)
class Box:
    """A part of the picture, in whole pixels; `right` and `bottom` are not part of it."""

    left: int
    top: int
    right: int
    bottom: int

    def touches(self, other: Box) -> bool:
        """True if they have a pixel in common."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def around(self, other: Box) -> Box:
        """The smallest box that holds both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def within(self, width: int, height: int) -> Box:
        """The part of it inside a picture, widened to even numbers, as the chroma planes need it."""
        return Box(
            max(0, self.left & ~1),
            max(0, self.top & ~1),
            min(width, (self.right + 1) & ~1),
            min(height, (self.bottom + 1) & ~1),
        )


@dataclass(frozen=True)
class DrawnPerson:
    """Somebody who sits or stands at a place. `size` is about the height of the face."""

    looks: Looks
    x: float
    y: float
    size: float
    walks: float = 0.0
    """Distance to either side, in pixels."""

    def pose(self, at_s: float, turn: float) -> Pose:
        """Pose at a time; `turn` (0 to 1) tells people apart and says when it is their turn to speak."""
        phase = at_s + turn * 37
        place = self.x
        if self.walks:
            # Walks, stands for a while, walks back.
            swing = math.sin(at_s * 2 * math.pi / _CROSSING_S)
            place += self.walks * max(-1.0, min(1.0, 1.6 * swing))
        speaks = (at_s / _TALK_S) % 1.0 < 0.9 and int(at_s / _TALK_S) % 4 == round(turn * 4)
        mouth = abs(math.sin(phase * 8.3)) * (0.55 + 0.45 * math.sin(phase * 2.9)) if speaks else 0.0
        blink = phase * 0.29 % 1.0
        nod = 0.02 * self.size * math.sin(phase * (3.1 if speaks else 0.9))
        return Pose(
            x=place + 0.03 * self.size * math.sin(phase * 0.7),
            y=self.y + nod,
            body_x=place,
            mouth=max(0.0, mouth),
            lids=0.12 if blink < 0.035 else 1.0,
            gaze=0.8 * math.sin(phase * 0.37),
        )

    def changed(self, before: Pose, after: Pose) -> Box:
        """Boxes that differ between two poses: the head, and the whole of somebody who walked."""
        if before.body_x != after.body_x:
            return self.outline(before).around(self.outline(after))
        return self._area(before, 1.0, 1.35).around(self._area(after, 1.0, 1.35))

    def outline(self, pose: Pose) -> Box:
        """All of them."""
        return self._area(pose, 1.6, 6.2)

    def _area(self, pose: Pose, across: float, below: float) -> Box:
        return Box(
            math.floor(pose.x - across * self.size),
            math.floor(pose.y - 1.2 * self.size),
            math.ceil(pose.x + across * self.size),
            min(_HIDDEN_BELOW, math.ceil(pose.y + below * self.size)),
        )

    def draw(self, brush: Brush, pose: Pose) -> None:
        """Draw them, from the back to the front."""
        self._hair_behind(brush, pose)
        self._body(brush, pose)
        self._head(brush, pose)
        self._face(brush, pose)
        self._hair_before(brush, pose)
        if self.looks.glasses:
            self._glasses(brush, pose)

    def _body(self, brush: Brush, pose: Pose) -> None:
        s, x, y, shirt = self.size, pose.body_x, self.y, self.looks.shirt
        dark = shade(shirt, 0.82)
        if self.walks:
            brush.box(x - 0.74 * s, y + 3.4 * s, 0.70 * s, 3.0 * s, (58, 62, 78), 0.1 * s)
            brush.box(x + 0.04 * s, y + 3.4 * s, 0.70 * s, 3.0 * s, (52, 56, 70), 0.1 * s)
        else:
            brush.box(x - 0.98 * s, y + 0.75 * s, 1.96 * s, 3.2 * s, (64, 68, 76), 0.28 * s)  # the chair
        length = 3.1 if self.walks else 3.3
        for side in (-1, 1):
            arm = [
                (x + side * 0.95 * s, y + 1.32 * s),
                (x + side * 1.28 * s, y + 1.62 * s),
                (x + side * 1.36 * s, y + 2.9 * s),
                (x + side * 1.02 * s, y + 3.1 * s),
                (x + side * 0.86 * s, y + 2.0 * s),
            ]
            brush.polygon(arm, dark)
            brush.ellipse(x + side * 0.98 * s, y + 1.66 * s, 0.30 * s, 0.34 * s, dark)
            brush.ellipse(x + side * 1.2 * s, y + 3.08 * s, 0.18 * s, 0.2 * s, self.looks.skin)
        brush.ellipse(x, y + 1.72 * s, 1.14 * s, 0.62 * s, shirt)
        brush.box(x - 1.05 * s, y + 1.6 * s, 2.1 * s, length * s - 1.0 * s, shirt, 0.2 * s)
        brush.box(x - 0.03 * s, y + 1.5 * s, 0.05 * s, 2.0 * s, dark)
        skin = shade(self.looks.skin, 0.86)
        brush.box(x - 0.25 * s, y + 0.5 * s, 0.5 * s, 0.72 * s, skin, 0.1 * s)
        brush.ellipse(x, y + 1.17 * s, 0.3 * s, 0.2 * s, skin)
        for side in (-1, 1):
            brush.polygon(
                [
                    (x, y + 1.44 * s),
                    (x + side * 0.26 * s, y + 1.0 * s),
                    (x + side * 0.5 * s, y + 1.2 * s),
                    (x + side * 0.2 * s, y + 1.52 * s),
                ],
                shade(shirt, 1.14),
            )

    def _head(self, brush: Brush, pose: Pose) -> None:
        s, x, y, skin = self.size, pose.x, pose.y, self.looks.skin
        for side in (-1, 1):
            brush.ellipse(x + side * 0.53 * s, y + 0.02 * s, 0.1 * s, 0.17 * s, shade(skin, 0.9))
        brush.ellipse(x, y, 0.54 * s, 0.72 * s, shade(skin, 0.93))
        brush.ellipse(x, y - 0.02 * s, 0.50 * s, 0.68 * s, skin)
        brush.ellipse(x, y - 0.28 * s, 0.34 * s, 0.2 * s, shade(skin, 1.06))
        if self.looks.beard:
            tone = shade(self.looks.hair, 1.1)
            brush.ellipse(x, y + 0.3 * s, 0.5 * s, 0.44 * s, tone, arc=(0, 180))
            brush.ellipse(x, y + 0.26 * s, 0.30 * s, 0.13 * s, skin)

    def _face(self, brush: Brush, pose: Pose) -> None:
        s, x, y, skin = self.size, pose.x, pose.y, self.looks.skin
        for side in (-1, 1):
            brush.ellipse(
                x + side * 0.3 * s, y + 0.18 * s, 0.11 * s, 0.07 * s, _blend(skin, (226, 120, 110), 0.22)
            )
            eye_x, eye_y = x + side * 0.22 * s, y - 0.1 * s
            brush.ellipse(eye_x, eye_y - 0.01 * s, 0.15 * s, 0.10 * s, shade(skin, 0.84))
            brush.ellipse(eye_x, eye_y, 0.115 * s, 0.068 * s * pose.lids, (250, 248, 246))
            if pose.lids > 0.5:
                brush.ellipse(eye_x + 0.03 * s * pose.gaze, eye_y, 0.058 * s, 0.06 * s, _EYE)
                brush.ellipse(
                    eye_x + 0.03 * s * pose.gaze + 0.02 * s,
                    eye_y - 0.022 * s,
                    0.014 * s,
                    0.014 * s,
                    (255, 255, 255),
                )
            brush.ellipse(
                eye_x, eye_y + 0.012 * s, 0.125 * s, 0.085 * s, _EYE, arc=(195, 345), line=0.026 * s
            )
            brush.ellipse(
                eye_x,
                eye_y - 0.12 * s,
                0.15 * s,
                0.06 * s,
                shade(self.looks.hair, 0.8),
                arc=(200, 340),
                line=0.045 * s,
            )
        brush.ellipse(x, y + 0.02 * s, 0.05 * s, 0.16 * s, shade(skin, 1.05))
        brush.ellipse(x, y + 0.15 * s, 0.085 * s, 0.06 * s, shade(skin, 0.88))
        brush.ellipse(x, y + 0.13 * s, 0.07 * s, 0.05 * s, shade(skin, 1.02))
        lips = _blend(skin, (168, 52, 62), 0.62)
        if pose.mouth > 0.08:
            brush.ellipse(x, y + 0.37 * s, 0.18 * s, (0.04 + 0.1 * pose.mouth) * s, lips)
            brush.ellipse(x, y + 0.37 * s, 0.14 * s, 0.085 * s * pose.mouth, (92, 28, 34))
            brush.box(x - 0.1 * s, y + 0.345 * s - 0.05 * s * pose.mouth, 0.2 * s, 0.032 * s, (250, 248, 246))
        else:
            brush.ellipse(x, y + 0.30 * s, 0.2 * s, 0.1 * s, lips, arc=(25, 155), line=0.05 * s)

    def _hair_behind(self, brush: Brush, pose: Pose) -> None:
        s, x, y, hair = self.size, pose.x, pose.y, self.looks.hair
        match self.looks.style:
            case Hair.LONG:
                brush.ellipse(x, y - 0.08 * s, 0.72 * s, 0.84 * s, hair)
                brush.box(x - 0.72 * s, y - 0.1 * s, 1.44 * s, 1.3 * s, shade(hair, 0.92), 0.22 * s)
            case Hair.BUN:
                brush.ellipse(x, y - 0.86 * s, 0.27 * s, 0.25 * s, shade(hair, 0.92))
                brush.ellipse(x, y - 0.12 * s, 0.61 * s, 0.72 * s, hair)
            case Hair.CURLY:
                for number in range(11):
                    angle = math.radians(168 + number * 20.4)
                    brush.ellipse(
                        x + 0.54 * s * math.cos(angle),
                        y - 0.16 * s + 0.62 * s * math.sin(angle),
                        0.25 * s,
                        0.25 * s,
                        hair,
                    )
            case Hair.SHORT:
                brush.ellipse(x, y - 0.16 * s, 0.6 * s, 0.7 * s, hair)

    def _hair_before(self, brush: Brush, pose: Pose) -> None:
        s, x, y, hair = self.size, pose.x, pose.y, self.looks.hair
        light = shade(hair, 1.16)
        match self.looks.style:
            case Hair.LONG:
                for side in (-1, 1):
                    brush.ellipse(x + side * 0.34 * s, y - 0.5 * s, 0.34 * s, 0.22 * s, hair, turn=side * 38)
                    brush.ellipse(x + side * 0.58 * s, y + 0.1 * s, 0.12 * s, 0.56 * s, hair)
            case Hair.CURLY:
                for number in range(5):
                    brush.ellipse(
                        x + (number - 2) * 0.19 * s,
                        y - (0.62 - 0.05 * abs(number - 2)) * s,
                        0.17 * s,
                        0.15 * s,
                        hair,
                    )
            case _:
                brush.ellipse(x, y - 0.42 * s, 0.52 * s, 0.34 * s, hair, arc=(180, 360))
                brush.ellipse(x - 0.1 * s, y - 0.46 * s, 0.4 * s, 0.16 * s, hair, turn=-8)
        brush.ellipse(
            x - 0.12 * s, y - 0.6 * s, 0.3 * s, 0.07 * s, light, turn=-14, arc=(190, 350), line=0.035 * s
        )

    def _glasses(self, brush: Brush, pose: Pose) -> None:
        s, x, y = self.size, pose.x, pose.y
        for side in (-1, 1):
            brush.ellipse(x + side * 0.22 * s, y - 0.09 * s, 0.18 * s, 0.145 * s, (96, 80, 72), line=0.02 * s)
            brush.path(
                [(x + side * 0.4 * s, y - 0.11 * s), (x + side * 0.54 * s, y - 0.07 * s)],
                (96, 80, 72),
                0.02 * s,
            )
        brush.path([(x - 0.05 * s, y - 0.1 * s), (x + 0.05 * s, y - 0.1 * s)], (96, 80, 72), 0.02 * s)


def _blend(colour: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


PRESENTER: Final = DrawnPerson(
    Looks((224, 176, 142), (88, 52, 34), Hair.LONG, (206, 92, 84)), 1700, 800, 128, walks=330
)
SEATED: Final = (
    DrawnPerson(Looks((236, 190, 160), (58, 44, 38), Hair.SHORT, (74, 112, 158)), 1140, 1130, 150),
    DrawnPerson(Looks((196, 146, 108), (30, 26, 28), Hair.BUN, (96, 140, 104)), 2250, 1130, 146),
    DrawnPerson(Looks((168, 120, 88), (34, 28, 28), Hair.CURLY, (222, 178, 84), beard=True), 2700, 1135, 150),
)
PEOPLE: Final = (PRESENTER, *SEATED)
"""People from the back to the front."""
