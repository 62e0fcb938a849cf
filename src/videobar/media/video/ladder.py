"""Bit-rate ladder: size and frame rate that a bit rate is good for."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from videobar.media.video.coding import EncoderSettings

FULL_HD_KBPS: Final = 2500
HALF_HD_KBPS: Final = 700

LADDER: Final = (
    (FULL_HD_KBPS, 1920, 1080, 30),
    (HALF_HD_KBPS, 1280, 720, 30),
    (400, 848, 480, 30),
    (240, 640, 360, 30),
    (128, 640, 360, 15),
    (64, 320, 180, 15),
    (0, 160, 90, 15),
)
"""From which rate in kbit/s on which size and how many pictures a second are worth while."""
UP: Final = 1.25
"""Hysteresis: a step up needs so much more than its rate, so that sizes do not flutter."""
NARROW_BUFFER_MS: Final = 300
"""Of the rate, for what is made smaller because the path carries no more: a keyframe must not fill its queues."""


def step_for(wanted: EncoderSettings, kbps: float, now: EncoderSettings) -> EncoderSettings:
    """Step of the ladder where `kbps` may be sent, for whom `wanted` was agreed on; `now` is what is encoded.

    Content, whose pictures are larger than its rate is good for on the ladder, keeps its size: only its rate changes.
    """
    steps = _steps(wanted)
    for least, step in steps[:-1]:
        enough = min(least * UP, wanted.kbps) if _pixels_per_s(step) > _pixels_per_s(now) else least
        if kbps >= enough:
            return step
    return steps[-1][1]


def _steps(wanted: EncoderSettings) -> list[tuple[int, EncoderSettings]]:
    """The steps from `wanted` down, each with the rate from which on it is worth while."""
    own = (wanted.width, wanted.height)
    least = next(
        (
            kbps
            for kbps, *size, rate in LADDER
            if tuple(size) == own and rate <= max(15, wanted.pictures_per_s)
        ),
        None,
    )
    if least is None or wanted.kbps < least:
        return [(0, wanted)]
    steps = [(least, wanted)]
    for kbps, width, height, rate in LADDER:
        step = replace(
            wanted,
            width=width,
            height=height,
            pictures_per_s=min(rate, wanted.pictures_per_s),
            kbps=min(wanted.kbps, int(steps[-1][0] * UP)),
            buffer_ms=NARROW_BUFFER_MS,
        )
        fits = width <= wanted.width and height <= wanted.height
        if kbps < steps[-1][0] and fits and _pixels_per_s(step) < _pixels_per_s(steps[-1][1]):
            steps.append((kbps, step))
    return steps


def _pixels_per_s(settings: EncoderSettings) -> int:
    return settings.width * settings.height * settings.pictures_per_s
