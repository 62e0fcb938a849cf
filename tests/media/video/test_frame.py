from __future__ import annotations

import io

import av
import numpy as np
import pytest

from videobar.media.video.frame import (
    Frame,
    Scaler,
    black,
    filled,
    fitting,
    from_frame,
    from_rgb,
    jpeg,
    paste,
    to_frame,
    to_rgb,
    yuv,
)


def test_planes_must_be_those_of_the_size():
    picture = black(64, 36)
    assert picture.u.shape == (18, 32)
    with pytest.raises(ValueError, match="planes"):
        Frame(64, 36, picture.y, picture.y, picture.v)
    with pytest.raises(ValueError, match="halved"):
        filled(63, 36)


@pytest.mark.parametrize("colour", [(235, 16, 16), (16, 235, 16), (16, 16, 235), (200, 200, 200), (0, 0, 0)])
def test_colours_survive_the_way_there_and_back(colour):
    pixels = np.full((36, 64, 3), colour, np.uint8)
    picture = from_rgb(pixels)
    assert np.abs(np.array([plane[5, 5] for plane in picture.planes], int) - yuv(*colour)).max() <= 1
    assert np.abs(to_rgb(picture).astype(int) - pixels).max() <= 6


def test_a_frame_is_a_copy_of_its_own():
    picture = filled(34, 18, y=100)
    first, second = to_frame(picture), to_frame(picture)
    np.frombuffer(first.planes[0], np.uint8)[:] = 3
    assert from_frame(second).y[0, 0] == picture.y[0, 0] == 100


def test_another_shape_keeps_the_whole_picture_between_black_bars():
    fitted = Scaler().fit(filled(64, 48, y=200), 128, 72)
    assert fitted.size == (128, 72)
    assert fitted.y[36, 4] == 16
    assert fitted.y[36, 64] >= 198
    assert fitted.y[36, 124] == 16
    assert fitting((64, 48), (128, 72)) == (96, 72)
    same = black(64, 36)
    assert Scaler().fit(same, 64, 36) is same


def test_pasting_covers_what_is_below():
    canvas = black(32, 32)
    paste(canvas, filled(16, 8, y=99, u=1, v=2), 4, 6)
    assert canvas.y[6, 4] == canvas.y[13, 19] == 99
    assert canvas.y[5, 4] == canvas.y[14, 19] == 16
    assert canvas.u[3, 2] == 1
    assert canvas.v[6, 9] == 2


def test_jpeg_opens_elsewhere_with_the_same_colours():
    image = jpeg(from_rgb(np.full((72, 128, 3), (235, 16, 16), np.uint8)))
    frame = next(av.open(io.BytesIO(image)).decode(video=0))
    assert (frame.width, frame.height) == (128, 72)
    assert np.abs(frame.to_ndarray(format="rgb24")[30, 60].astype(int) - (235, 16, 16)).max() < 10
