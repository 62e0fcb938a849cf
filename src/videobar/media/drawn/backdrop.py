"""The room itself: everything that does not move. Drawing it takes some hundred milliseconds."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from videobar.media.drawn.brush import Brush, Colour, Pixels, darken, gradient, shade, shadow

WIDTH: Final = 3840
HEIGHT: Final = 2160
TABLE_TOP: Final = 1490
"""Nothing of the table is above this line."""
CLOCK: Final = (1216, 560, 80)
"""Centre and radius of the clock on the wall."""

LAPTOPS: Final = (1140, 2700)
"""Places of the laptops on the table, with people behind them."""

_FLOOR: Final = 1560
_INK: Final = (52, 58, 70)


@dataclass(frozen=True)
class Backdrop:
    """The room without people, and which of its pixels are in front of them.

    `front` is uint8, 255 where the table is, and begins at line `TABLE_TOP`.
    """

    pixels: Pixels
    front: NDArray[np.uint8]


@functools.cache
def draw_backdrop() -> Backdrop:
    """Draw it: once in a process, so that later calls need not wait. It cannot be written to."""
    pixels: Pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    brush = Brush(pixels)
    _walls(brush)
    _window(brush, 150, 330, 930, 830)
    _display(brush, 1400, 400, 1060, 600)
    _whiteboard(brush, 2640, 430, 760, 540)
    _clock_face(brush)
    _poster(brush, 3480, 480)
    _sideboard(brush)
    _plant(brush, 1235, 1180, 1.0)
    _plant(brush, 3650, 1290, 1.25)
    _lamps(brush)
    front: NDArray[np.uint8] = np.zeros((HEIGHT - TABLE_TOP, WIDTH), np.uint8)
    _table(brush, front)
    pixels.flags.writeable = front.flags.writeable = False
    return Backdrop(pixels, front)


def _walls(brush: Brush) -> None:
    pixels = brush.pixels
    gradient(pixels[:250], (236, 234, 229), (246, 244, 240))
    gradient(pixels[250:_FLOOR], (222, 217, 208), (203, 197, 187))
    gradient(pixels[_FLOOR:], (120, 104, 90), (86, 74, 64))
    pixels[238:252] = (206, 210, 212)
    # An accent wall behind the display, of wooden slats.
    for number in range(29):
        x = 1330 + number * 42
        tone = (172, 138, 104) if number % 2 else (163, 129, 96)
        brush.box(x, 252, 38, _FLOOR - 252, tone)
        brush.box(x + 38, 252, 4, _FLOOR - 252, (118, 91, 68))
    for x in (0, 620, 1290, 2560, 3180):
        brush.box(x, 252, 3, _FLOOR - 252, (190, 184, 175))
    brush.box(0, _FLOOR - 46, WIDTH, 46, (232, 229, 223))
    brush.box(0, _FLOOR - 50, WIDTH, 4, (180, 174, 166))
    # Light falls from above: darker towards the corners.
    across = np.abs(np.linspace(-1, 1, WIDTH // 8, dtype=np.float32))[None, :]
    down = np.linspace(0, 1, HEIGHT // 8, dtype=np.float32)[:, None]
    light = ((1.04 - 0.20 * across**3 - 0.06 * down) * 200).astype(np.uint8)
    darken(pixels, cv2.resize(light, (WIDTH, HEIGHT)), 1 / 200)


def _window(brush: Brush, x: int, y: int, width: int, height: int) -> None:
    pixels = brush.pixels
    brush.box(x - 26, y - 26, width + 52, height + 52, (246, 246, 244), 6)
    glass = pixels[y : y + height, x : x + width]
    gradient(glass, (126, 178, 224), (222, 236, 244))
    view = Brush(glass, x, y)
    for cloud_x, cloud_y, size in ((240, 480, 60), (620, 420, 80), (900, 560, 50)):
        for dx, dy, scale in ((-1.1, 0.2, 0.7), (0, 0, 1), (1.1, 0.25, 0.75), (0.3, -0.45, 0.7)):
            view.ellipse(
                cloud_x + dx * size, cloud_y + dy * size, size * scale, size * 0.62 * scale, (248, 250, 252)
            )
    bottom = y + height
    for number, tall in enumerate((210, 330, 260, 400, 300, 360, 230, 310, 280)):
        left = x + number * 108 - 10
        tone = shade((148, 166, 184), 0.94 + 0.03 * (number % 4))
        view.box(left, bottom - tall, 98, tall, tone)
        for row in range(int(tall / 46)):
            for column in range(3):
                lit = (number * 7 + row * 3 + column * 5) % 6 == 0
                colour = (250, 226, 160) if lit else shade(tone, 1.12)
                view.box(left + 14 + column * 27, bottom - tall + 16 + row * 46, 16, 24, colour)
    for number in range(16):
        size = 46 + (number * 37) % 34
        view.ellipse(
            x + number * 64, bottom - 18, size, size, shade((92, 138, 96), 0.9 + 0.02 * (number % 7))
        )
    for number in (1, 2):
        brush.box(x + width * number / 3 - 9, y, 18, height, (246, 246, 244))
    brush.box(x, y + height * 0.33, width, 12, (240, 240, 238))
    brush.box(x - 50, bottom + 26, width + 100, 30, (252, 251, 248), 4)
    brush.box(x - 50, bottom + 56, width + 100, 10, (186, 180, 172), 4)
    for number in range(5):
        brush.box(x - 20, y - 22 + number * 17, width + 40, 13, (236, 232, 224), 3)


def _display(brush: Brush, x: int, y: int, width: int, height: int) -> None:
    mask = np.zeros(brush.pixels.shape[:2], np.uint8)
    cv2.rectangle(mask, (x - 10, y + 20), (x + width + 30, y + height + 50), 255, -1)
    rows = slice(y - 60, y + height + 140)
    shadow(brush.pixels[rows], mask[rows], 60, 0.35)
    brush.box(x - 22, y - 22, width + 44, height + 44, (26, 27, 30), 14)
    brush.box(x, y, width, height, (247, 248, 250))
    brush.box(x, y, width, 92, (34, 74, 128))
    brush.text("Project review", x + 44, y + 64, 44, (255, 255, 255), 3)
    brush.text("Week 48", x + width - 220, y + 62, 30, (190, 214, 244), 2)
    for number, line in enumerate(("New rooms opened", "Energy use down", "Travel saved")):
        top = y + 190 + number * 86
        brush.ellipse(x + 62, top - 10, 11, 11, (238, 140, 58))
        brush.text(line, x + 92, top, 26, _INK, 2)
    for number, share in enumerate((0.35, 0.5, 0.44, 0.68, 0.82, 0.95)):
        tall = share * 340
        left = x + 520 + number * 84
        tone = (238, 140, 58) if number == 5 else (96, 152, 212)
        brush.box(left, y + 520 - tall, 58, tall, tone, 5)
    brush.box(x + 500, y + 522, 530, 4, _INK)
    brush.path(
        [
            (x + 549 + number * 84, y + 500 - share * 330)
            for number, share in enumerate((0.4, 0.52, 0.5, 0.72, 0.86, 0.97))
        ],
        (40, 160, 120),
        6,
    )
    brush.box(x + width / 2 - 60, y + height + 24, 120, 12, (20, 20, 22), 5)
    # The camera of this very room, so to say: its reflection of a bar below the display.
    brush.box(x + width / 2 - 210, y + height + 52, 420, 58, (44, 46, 52), 26)
    brush.ellipse(x + width / 2, y + height + 81, 20, 20, (18, 18, 22))
    brush.ellipse(x + width / 2 - 6, y + height + 75, 6, 6, (110, 130, 170))


def _whiteboard(brush: Brush, x: int, y: int, width: int, height: int) -> None:
    mask = np.zeros(brush.pixels.shape[:2], np.uint8)
    cv2.rectangle(mask, (x, y + 20), (x + width + 20, y + height + 30), 255, -1)
    rows = slice(y - 60, y + height + 120)
    shadow(brush.pixels[rows], mask[rows], 48, 0.25)
    brush.box(x - 14, y - 14, width + 28, height + 28, (176, 180, 184), 8)
    brush.box(x, y, width, height, (249, 250, 250))
    blue, red, green = (44, 82, 172), (200, 58, 52), (36, 140, 88)
    brush.text("Ideas", x + 40, y + 74, 40, blue, 4)
    wave = [
        (x + 60 + step * 4, y + 330 - 90 * math.sin(step / 13) * math.exp(-step / 90)) for step in range(80)
    ]
    brush.path(wave, blue, 5)
    brush.path([(x + 56, y + 430), (x + 56, y + 150)], _INK, 4)
    brush.path([(x + 56, y + 430), (x + 390, y + 430)], _INK, 4)
    for box_x, box_y, word, colour in (
        (460, 120, "ask", green),
        (460, 270, "try", red),
        (460, 420, "learn", blue),
    ):
        corners = [(box_x, box_y), (box_x + 200, box_y), (box_x + 200, box_y + 84), (box_x, box_y + 84)]
        brush.path([(x + px, y + py) for px, py in corners], colour, 4, closed=True)
        brush.text(word, x + box_x + 40, y + box_y + 56, 32, colour, 3)
    for top in (206, 356):
        brush.path([(x + 560, y + top), (x + 560, y + top + 60)], _INK, 4)
        brush.path([(x + 545, y + top + 42), (x + 560, y + top + 60), (x + 575, y + top + 42)], _INK, 4)
    for number, colour in enumerate(((252, 226, 110), (160, 220, 170), (250, 180, 190))):
        brush.box(x + 84 + number * 112, y + 452, 92, 66, colour, 3)
    brush.box(x + 60, y + height + 8, width - 120, 18, (150, 154, 158), 5)
    for number, colour in enumerate((blue, red, green)):
        brush.box(x + 150 + number * 90, y + height, 62, 12, colour, 5)


def _clock_face(brush: Brush) -> None:
    x, y, radius = CLOCK
    brush.ellipse(x + 6, y + 10, radius + 8, radius + 8, (176, 168, 158))
    brush.ellipse(x, y, radius + 8, radius + 8, (46, 48, 54))
    brush.ellipse(x, y, radius - 2, radius - 2, (250, 249, 246))
    for hour in range(12):
        angle = math.radians(hour * 30)
        inner = radius - (26 if hour % 3 == 0 else 18)
        brush.path(
            [
                (x + inner * math.sin(angle), y - inner * math.cos(angle)),
                (x + (radius - 10) * math.sin(angle), y - (radius - 10) * math.cos(angle)),
            ],
            _INK,
            6 if hour % 3 == 0 else 3,
        )


def _poster(brush: Brush, x: int, y: int) -> None:
    brush.box(x, y, 250, 350, (58, 54, 52), 4)
    brush.box(x + 14, y + 14, 222, 322, (244, 236, 220))
    brush.ellipse(x + 125, y + 140, 70, 70, (240, 150, 70))
    brush.polygon([(x + 14, y + 250), (x + 90, y + 160), (x + 160, y + 250)], (70, 120, 130))
    brush.polygon([(x + 90, y + 260), (x + 170, y + 180), (x + 236, y + 260)], (50, 96, 110))
    brush.box(x + 14, y + 250, 222, 86, (42, 80, 92))


def _sideboard(brush: Brush) -> None:
    brush.box(2680, 1200, 800, 300, (214, 184, 148), 8)
    brush.box(2660, 1180, 840, 30, (228, 202, 168), 6)
    for number in range(3):
        brush.box(2704 + number * 258, 1230, 238, 250, (204, 172, 136), 6)
        brush.box(2704 + number * 258 + 104, 1252, 30, 8, (110, 92, 74), 3)
    for number, tone in enumerate(
        ((176, 84, 70), (70, 104, 140), (224, 190, 100), (96, 134, 104), (84, 78, 92))
    ):
        brush.box(2740 + number * 34, 1064 + (number % 3) * 12, 28, 116 - (number % 3) * 12, tone, 3)
    brush.box(3260, 1110, 90, 70, (246, 246, 244), 12)
    brush.ellipse(3305, 1096, 52, 40, (96, 146, 98))
    brush.ellipse(3275, 1082, 28, 34, (84, 132, 88))


def _plant(brush: Brush, x: float, y: float, size: float) -> None:
    ground = y + 330 * size
    for number in range(11):
        angle = math.radians(-165 + number * 15)
        reach = (250 + 46 * math.sin(number * 2.3)) * size
        tip = (x + reach * 0.72 * math.cos(angle), y + 130 * size + reach * math.sin(angle))
        middle = (x + reach * 0.42 * math.cos(angle), y + 90 * size + reach * 0.66 * math.sin(angle))
        tone: Colour = shade((74, 128, 82), 0.86 + 0.05 * (number % 5))
        brush.path([(x, ground - 150 * size), middle, tip], shade(tone, 0.8), 7 * size)
        turn = math.degrees(math.atan2(tip[1] - middle[1], tip[0] - middle[0]))
        centre = ((tip[0] + middle[0]) / 2, (tip[1] + middle[1]) / 2)
        brush.ellipse(*centre, 92 * size, 27 * size, tone, turn=turn)
    brush.polygon(
        [
            (x - 92 * size, ground - 170 * size),
            (x + 92 * size, ground - 170 * size),
            (x + 68 * size, ground + 30 * size),
            (x - 68 * size, ground + 30 * size),
        ],
        (232, 228, 222),
    )
    brush.polygon(
        [
            (x + 30 * size, ground - 170 * size),
            (x + 92 * size, ground - 170 * size),
            (x + 68 * size, ground + 30 * size),
            (x + 24 * size, ground + 30 * size),
        ],
        (212, 207, 200),
    )


def _lamps(brush: Brush) -> None:
    for x in (980, 1930, 2880):
        brush.path([(x, 0), (x, 150)], (70, 70, 72), 5)
        brush.polygon([(x - 40, 150), (x + 40, 150), (x + 130, 236), (x - 130, 236)], (58, 62, 70))
        brush.ellipse(x, 236, 130, 18, (255, 240, 204))
    pixels = brush.pixels
    glow = np.zeros((HEIGHT // 8, WIDTH // 8), np.float32)
    for x in (980, 1930, 2880):
        cv2.ellipse(glow, (x // 8, 62), (90, 70), 0, 0, 360, 1.0, -1)
    fading = np.clip(np.linspace(1.6, -0.6, glow.shape[0], dtype=np.float32), 0, 1)[:, None]
    soft = cv2.GaussianBlur(glow, (0, 0), 26).astype(np.float32) * fading
    warm = (soft[:, :, None] * np.array([14, 22, 26], np.float32)).astype(np.uint8)
    pixels[:] = cv2.add(pixels, cv2.resize(warm, (WIDTH, HEIGHT)))


def _table(brush: Brush, front: NDArray[np.uint8]) -> None:
    pixels = brush.pixels
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(mask, (1920, 2050), (1880, 520), 0, 180, 360, 255, -1)
    shadow(pixels[TABLE_TOP - 200 :], mask[TABLE_TOP - 200 :], 120, 0.45)
    cv2.ellipse(front, (1920, 2090 - TABLE_TOP), (1800, 560), 0, 180, 360, 255, -1, cv2.LINE_AA)
    front[2090 - TABLE_TOP :, 120:3720] = 255
    brush.ellipse(1920, 2090, 1800, 560, (170, 124, 84), arc=(180, 360))
    brush.box(120, 2090, 3600, 70, (140, 100, 66))
    brush.ellipse(1920, 2090, 1770, 530, (190, 144, 102), arc=(180, 360))
    for number in range(9):
        half = 1700 - number * 150
        brush.ellipse(
            1920, 2090, half, half * 0.3, shade((190, 144, 102), 0.97), arc=(190 + number * 4, 350), line=3
        )
    spot = np.zeros(((HEIGHT - TABLE_TOP) // 4, WIDTH // 4), np.uint8)
    cv2.ellipse(spot, (1920 // 4, (1720 - TABLE_TOP) // 4), (900 // 4, 90 // 4), 0, 0, 360, 255, -1)
    soft = cv2.GaussianBlur(spot, (0, 0), 22)
    sheen = cv2.bitwise_and(cv2.resize(soft, (WIDTH, HEIGHT - TABLE_TOP)), front)
    region = pixels[TABLE_TOP:]
    region[:] = cv2.add(region, cv2.merge([sheen // 8, sheen // 7, sheen // 6]))
    for x in LAPTOPS:
        _laptop(brush, x, 1640)
        cv2.rectangle(front, (x - 168, 1510 - TABLE_TOP), (x + 167, 1720 - TABLE_TOP), 255, -1)
    for x, y, tone in (
        (1480, 1690, (236, 236, 232)),
        (2390, 1700, (66, 110, 150)),
        (2010, 1650, (206, 96, 72)),
    ):
        brush.ellipse(x + 8, y + 62, 58, 15, (132, 94, 62))
        brush.box(x - 38, y - 30, 76, 90, tone, 16)
        brush.ellipse(x, y - 30, 38, 12, shade(tone, 0.9))
        brush.ellipse(x, y - 28, 31, 9, (84, 56, 40))
        brush.ellipse(x + 44, y + 10, 18, 22, tone, line=9)
    for x, y in ((1720, 1770), (2200, 1790)):
        brush.polygon([(x, y), (x + 190, y - 16), (x + 224, y + 84), (x + 18, y + 104)], (250, 249, 246))
        for number in range(4):
            brush.path(
                [(x + 30 + 5 * number, y + 22 + 17 * number), (x + 170 + 5 * number, y + 10 + 17 * number)],
                (176, 182, 190),
                3,
            )
    # A table microphone.
    brush.ellipse(1935, 1902, 100, 34, (120, 84, 56))
    brush.ellipse(1930, 1888, 92, 34, (52, 54, 60))
    brush.ellipse(1930, 1878, 70, 23, (74, 76, 84))
    brush.ellipse(1930, 1872, 16, 6, (70, 210, 120))


def _laptop(brush: Brush, x: float, y: float) -> None:
    brush.polygon(
        [(x - 190, y + 90), (x + 190, y + 90), (x + 220, y + 122), (x - 220, y + 122)], (150, 108, 72)
    )
    brush.box(x - 168, y - 130, 336, 214, (158, 162, 170), 14)
    brush.box(x - 160, y - 122, 320, 198, (176, 180, 188), 10)
    brush.ellipse(x, y - 20, 22, 22, (226, 228, 232))
    brush.polygon(
        [(x - 176, y + 82), (x + 176, y + 82), (x + 204, y + 112), (x - 204, y + 112)], (196, 199, 206)
    )
