import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.media.video.lens import CLOSEST, LIMIT, Lens

UNITS = st.integers(-LIMIT, LIMIT)
LENSES = st.builds(Lens, st.integers(64, 4000), st.integers(64, 3000), st.floats(0.3, 1.0))


def test_the_widest_view_of_a_plain_picture_is_all_of_it():
    for pan, tilt in ((0, 0), (LIMIT, LIMIT), (-LIMIT, -LIMIT)):
        window = Lens(1280, 720).window(pan, tilt, -LIMIT)
        assert (window.left, window.top, window.width, window.height) == pytest.approx((0, 0, 1280, 720))


def test_the_closest_view():
    window = Lens(3000, 1500, 0.5).window(0, 0, LIMIT)
    assert window.width == pytest.approx(3000 * 0.5 / CLOSEST)
    assert window.height == pytest.approx(1500 * 0.5 / CLOSEST)
    assert window.left + window.width / 2 == pytest.approx(1500)


def test_right_and_up():
    lens = Lens(1000, 1000, 0.5)
    ahead, aside = lens.window(0, 0, 0), lens.window(10_000, 10_000, 0)
    assert aside.left > ahead.left
    assert aside.top < ahead.top


def test_the_closest_view_reaches_every_corner():
    lens = Lens(1000, 500, 0.6)
    corner = lens.window(LIMIT, -LIMIT, LIMIT)
    assert corner.left + corner.width == pytest.approx(1000)
    assert corner.top + corner.height == pytest.approx(500)


@given(LENSES, UNITS, UNITS, UNITS)
def test_a_view_is_inside_the_picture_and_has_its_shape(lens, pan, tilt, zoom):
    window = lens.window(pan, tilt, zoom)
    assert window.left >= -1e-6
    assert window.left + window.width <= lens.width + 1e-6
    assert window.top >= -1e-6
    assert window.top + window.height <= lens.height + 1e-6
    assert window.width / window.height == pytest.approx(lens.width / lens.height)


@given(LENSES, UNITS, UNITS, UNITS)
def test_the_position_of_a_view_shows_that_view(lens, pan, tilt, zoom):
    window = lens.window(pan, tilt, zoom)
    middle = (window.left + window.width / 2, window.top + window.height / 2)
    again = lens.window(*lens.position(*middle, window.width))
    assert again.width == pytest.approx(window.width, rel=1e-3)
    assert again.left == pytest.approx(window.left, abs=lens.width * 1e-3)
    assert again.top == pytest.approx(window.top, abs=lens.height * 1e-3)


@given(LENSES, st.floats(-9000, 9000), st.floats(-9000, 9000), st.floats(1, 9000))
def test_any_wish_becomes_a_position(lens, x, y, width):
    assert all(-LIMIT <= value <= LIMIT for value in lens.position(x, y, width))
