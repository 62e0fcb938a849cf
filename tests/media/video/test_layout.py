from __future__ import annotations

import itertools

import numpy as np
import pytest

from videobar.media.video.active_speaker import CONVINCED_S, LEAST_TURN_S, ActiveSpeaker
from videobar.media.video.composition import Composer
from videobar.media.video.frame import filled
from videobar.media.video.layout import LayoutStyle, places


@pytest.mark.parametrize("style", LayoutStyle)
@pytest.mark.parametrize("size", [(1280, 720), (640, 360), (320, 180), (352, 288)])
@pytest.mark.parametrize("count", range(1, 8))
def test_places_are_within_even_and_apart(style, size, count):
    found = places(count, *size, style)
    assert len(found) == count
    for place in found:
        assert all(number % 2 == 0 for number in (place.left, place.top, place.width, place.height))
        assert 0 <= place.left <= place.left + place.width <= size[0]
        assert 0 <= place.top <= place.top + place.height <= size[1]
        assert place.width >= 2 <= place.height
    for one, other in itertools.combinations(found, 2):
        assert (
            one.left + one.width <= other.left
            or other.left + other.width <= one.left
            or one.top + one.height <= other.top
            or other.top + other.height <= one.top
        )


def test_the_speaker_is_large_and_a_grid_is_equal():
    large, *small = places(5, 1280, 720, LayoutStyle.SPEAKER)
    assert (large.width, large.height) == (1024, 576)
    assert {(place.width, place.height) for place in small} == {(256, 144)}
    assert len({(place.width, place.height) for place in places(5, 1280, 720, LayoutStyle.GRID)}) == 1
    assert places(0, 1280, 720, LayoutStyle.GRID) == []


def test_a_composition_shows_each_in_its_place():
    composer = Composer()
    tiles = [("a", filled(320, 180, y=200)), ("b", filled(160, 90, y=100)), ("c", None)]
    composed = composer.compose(tiles, 640, 360, LayoutStyle.SPEAKER)
    first, second, third = places(3, 640, 360, LayoutStyle.SPEAKER)

    def middle(place):
        return int(composed.y[place.top + place.height // 2, place.left + place.width // 2])

    assert [middle(place) for place in (first, second, third)] == [200, 100, 16]
    assert composed.size == (640, 360)


def test_one_picture_fills_all_and_is_not_scaled_twice():
    composer = Composer()
    picture = filled(320, 180, y=200)
    first = composer.compose([("a", picture)], 640, 360, LayoutStyle.GRID)
    assert composer.compose([("a", picture)], 640, 360, LayoutStyle.GRID) is first
    assert composer.compose([("a", filled(320, 180, y=90))], 640, 360, LayoutStyle.GRID).y[0, 0] == 90
    for name in range(100):
        composer.compose([(name, picture)], 640, 360, LayoutStyle.GRID)
    assert len(composer._scaled) <= 32
    assert int(np.ptp(first.y)) == 0


class Room:
    """Time that passes in steps of 40 ms, and levels that stay until they change."""

    def __init__(self, *names):
        self.levels = dict.fromkeys(names, -70.0)
        self.now = 100.0
        self.active = ActiveSpeaker()

    def pass_(self, seconds, **levels):
        self.levels.update(levels)
        for _ in range(round(seconds / 0.04)):
            self.now += 0.04
            self.active.update(self.levels, self.now)
        return self.active.active


def test_who_speaks_first_is_shown_soon_and_stays_in_silence():
    room = Room("a", "b")
    assert room.pass_(2) is None
    assert room.pass_(0.5, a=-20) == "a"
    assert room.pass_(10, a=-70) == "a"


def test_a_cough_turns_no_picture_around_but_speech_does():
    room = Room("a", "b")
    room.pass_(3, a=-20)
    assert room.pass_(0.2, b=-10) == "a"
    assert room.pass_(2, b=-70) == "a"
    assert room.pass_(CONVINCED_S + 1, a=-70, b=-20) == "b"
    assert room.active.previous == "a"


def test_an_interruption_waits_for_the_least_turn():
    room = Room("a", "b")
    room.pass_(3, a=-20)
    room.pass_(CONVINCED_S + 0.5, b=-8)
    since = room.now
    assert room.active.active == "b"
    room.pass_(LEAST_TURN_S / 2, a=0, b=-20)
    assert room.active.active == "b", since
    assert room.pass_(LEAST_TURN_S, a=0, b=-20) == "a"


def test_two_of_like_loudness_do_not_alternate():
    room = Room("a", "b")
    room.pass_(3, a=-20)
    for _ in range(20):
        assert room.pass_(0.5, b=-17) == "a"


def test_who_leaves_is_forgotten():
    room = Room("a", "b")
    room.pass_(3, a=-20)
    del room.levels["a"]
    assert room.pass_(0.1) is None
    assert room.active.update({}, room.now + 1) is None
