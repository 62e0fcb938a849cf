from __future__ import annotations

import itertools

import pytest

from videobar.codecs.h264 import H264
from videobar.codecs.vp8 import Vp8
from videobar.media.video.coding import EncoderSettings
from videobar.media.video.ladder import LADDER, UP, step_for

FULL = EncoderSettings(H264(), 1280, 720, 30, 1920)


def sizes(wanted: EncoderSettings, rates: list[float]) -> list[tuple[int, int, int]]:
    now, found = wanted, []
    for kbps in rates:
        now = step_for(wanted, kbps, now)
        found.append((now.width, now.height, now.pictures_per_s))
    return found


@pytest.mark.parametrize(
    ("kbps", "size"),
    [
        (1920, (1280, 720, 30)),
        (700, (1280, 720, 30)),
        (699, (848, 480, 30)),
        (400, (848, 480, 30)),
        (300, (640, 360, 30)),
        (200, (640, 360, 15)),
        (127, (320, 180, 15)),
        (63, (160, 90, 15)),
        (1, (160, 90, 15)),
    ],
)
def test_on_the_way_down_each_rate_has_its_size(kbps: float, size: tuple[int, int, int]) -> None:
    assert sizes(FULL, [kbps]) == [size]


def test_on_the_way_up_there_has_to_be_more_so_that_sizes_do_not_flutter() -> None:
    assert sizes(FULL, [690, 710, 870, 880, 710]) == [
        (848, 480, 30),
        (848, 480, 30),
        (848, 480, 30),
        (1280, 720, 30),
        (1280, 720, 30),
    ]


@pytest.mark.parametrize("wanted_kbps", [64, 130, 250, 410, 710, 1920, 2600])
def test_what_was_agreed_on_is_reached_again_however_near_its_rate_is_to_the_step(wanted_kbps: int) -> None:
    _, width, height, rate = next(each for each in LADDER if each[0] <= wanted_kbps)
    wanted = EncoderSettings(H264(), width, height, rate, wanted_kbps)
    assert step_for(wanted, wanted_kbps, wanted) == wanted
    small = step_for(wanted, 1, wanted)
    assert step_for(wanted, wanted_kbps, small) == wanted


def test_steps_become_smaller_and_need_less_each() -> None:
    rates = [kbps - 1 for kbps, *_ in LADDER[1:-1]]
    found = [step_for(FULL, kbps, FULL) for kbps in rates]
    pixels = [each.width * each.height * each.pictures_per_s for each in found]
    assert pixels == sorted(pixels, reverse=True)
    for kbps, each in zip(rates, found, strict=True):
        assert kbps <= each.kbps <= max(kbps * UP + 2, 96)
    assert all(later.kbps <= earlier.kbps for earlier, later in itertools.pairwise(found))


def test_slices_and_codec_stay() -> None:
    wanted = EncoderSettings(Vp8(), 1280, 720, 30, 1920, 1200)
    step = step_for(wanted, 200, wanted)
    assert (step.codec, step.largest_slice) == (Vp8(), 1200)


@pytest.mark.parametrize(
    "content", [EncoderSettings(H264(), 1920, 1080, 5, 512), EncoderSettings(H264(), 1024, 768, 5, 512)]
)
def test_content_keeps_its_size(content: EncoderSettings) -> None:
    assert step_for(content, 64, content) == content
