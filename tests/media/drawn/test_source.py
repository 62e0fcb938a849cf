import numpy as np
import pytest

from videobar.media.drawn.people import PEOPLE, Box
from videobar.media.drawn.scene import Scene
from videobar.media.drawn.source import DrawnSource
from videobar.media.video.faces import FaceFinder, Group
from videobar.media.video.frame import Frame

WIDE = (0, 0, -50_000)


@pytest.fixture(scope="module")
def source():
    return DrawnSource(640, 360, clock=lambda: (10, 8, 30))


def difference(one: Frame, other: Frame) -> float:
    return float(np.abs(one.y.astype(int) - other.y.astype(int)).mean())


def look(source, at_s, *view):
    source.point(*view)
    return source.frame(at_s)


def test_people_move_and_the_room_does_not(source):
    before, after = look(source, 20.0, *WIDE), look(source, 24.0, *WIDE)
    assert before.size == (640, 360)
    changed = np.abs(before.y.astype(int) - after.y.astype(int)) > 8
    assert 0.001 < changed.mean() < 0.25
    assert not changed[:40].any()


def test_nothing_new_is_the_same_picture(source):
    assert look(source, 30.001, *WIDE) is look(source, 30.002, *WIDE)


@pytest.mark.parametrize(
    "view", [(9_000, 0, -50_000), (0, 9_000, -50_000), (0, 0, 0), (0, 0, -50_000, 30_000)]
)
def test_another_view_is_another_picture(source, view):
    assert difference(look(source, 40.0, *WIDE), look(source, 40.0, *view)) > 4


def test_a_pan_moves_the_picture_to_the_other_side(source):
    """What is seen after a pan to the right is what was to the right before."""
    lens = source.lens
    straight, right = lens.window(*WIDE), lens.window(12_000, 0, -50_000)
    shift = round((right.left - straight.left) / straight.width * 640)
    before, after = look(source, 40.0, *WIDE), look(source, 40.0, 12_000, 0, -50_000)
    moved = np.abs(before.y[:, shift:].astype(int) - after.y[:, : 640 - shift].astype(int)).mean()
    still = np.abs(before.y.astype(int) - after.y.astype(int)).mean()
    assert shift > 50
    assert moved < still / 4


def test_unsharp_is_unsharp(source):
    def edges(picture):
        return np.abs(np.diff(picture.y.astype(int), axis=1)).mean()

    sharp, unsharp = look(source, 50.0, *WIDE), look(source, 50.0, *WIDE, -40_000)
    assert edges(unsharp) < edges(sharp) / 2


def test_the_clock_goes():
    time = [9, 0, 0]
    source = DrawnSource(640, 360, clock=lambda: tuple(time))
    view = source.lens.position(1216, 560, 400)
    nine = look(source, 1.0, *view)
    time[:] = [9, 30, 15]
    assert difference(nine, look(source, 1.0, *view)) > 1


def test_only_what_is_seen_is_drawn(source):
    """What was out of sight is up to date when it comes into sight, wherever the view has been."""
    look(source, 60.0, *WIDE)
    look(source, 75.0, 50_000, 50_000, 50_000)
    fresh = DrawnSource(640, 360, clock=lambda: (10, 8, 30))
    assert difference(look(source, 75.0, *WIDE), look(fresh, 75.0, *WIDE)) < 0.02


def test_whatever_was_drawn_in_parts_is_as_if_drawn_at_once():
    parts, once = Scene(lambda: (1, 2, 3)), Scene(lambda: (1, 2, 3))

    everything = Box(0, 0, 3840, 2160)
    for step in range(60):
        parts.update(step / 5, everything)
    once.update(59 / 5, everything)
    for one, other in zip(parts.planes, once.planes, strict=True):
        # OpenCV smooths edges a little differently where they are cut off.
        assert (np.abs(one.astype(int) - other.astype(int)) > 2).sum() < 200


def test_a_detector_made_for_real_faces_finds_the_people(source):
    finder = FaceFinder()
    found = [0] * len(PEOPLE)
    wrong = 0
    times = [number * 5.3 for number in range(12)]
    for at_s in times:
        survey = source.survey(at_s)
        poses = [person.pose(int(at_s * 15) / 15, number / 4) for number, person in enumerate(PEOPLE)]
        for face in finder.find(survey.luma):
            near = [
                number
                for number, pose in enumerate(poses)
                if abs(pose.x - face.x * 3840) < 80 and abs(pose.y - face.y * 2160) < 100
            ]
            wrong += not near
            for number in near:
                found[number] += 1
    assert min(found) >= len(times) * 0.6
    assert sum(found) >= len(times) * len(PEOPLE) * 0.85
    assert wrong <= 2


def test_the_framing_of_the_group_shows_every_face(source):
    group, finder = Group(), FaceFinder()
    for at_s in (1.0, 1.5, 2.0):
        group.see(finder.find(source.survey(at_s).luma), at_s)
    window = source.lens.window(*group.framing(source.lens))
    assert window.width < 2560  # closer than the widest view
    for number, person in enumerate(PEOPLE):
        pose = person.pose(2.0, number / 4)
        assert window.left < pose.x - 70
        assert pose.x + 70 < window.left + window.width
        assert window.top < pose.y - 100
        assert pose.y + 100 < window.top + window.height


def test_nobody_is_framed_by_nothing(source):
    group = Group()
    group.see([], 1.0)
    assert group.framing(source.lens) is None


def test_who_has_gone_is_forgotten(source):
    group, finder = Group(), FaceFinder()
    group.see(finder.find(source.survey(1.0).luma), 1.0)
    group.see([], 3.5)
    assert group.framing(source.lens) is not None
    group.see([], 4.5)
    assert group.framing(source.lens) is None
