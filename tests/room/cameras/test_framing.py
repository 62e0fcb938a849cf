from videobar.room.cameras.framing import GroupFraming
from videobar.room.cameras.position import HOME, Position

HERE = Position(0, 0, 0)
THERE = Position(20_000, 0, 0)


def test_people_about_where_it_looks_are_left_alone():
    framing = GroupFraming(0.0)
    for second in range(60):
        assert framing.update(Position(900, -900, 3_000), HERE, float(second)) is None


def test_people_elsewhere_are_followed_after_a_while():
    framing = GroupFraming(0.0)
    assert framing.update(THERE, HERE, 0.0) is None
    assert framing.update(THERE, HERE, 1.0) is None
    assert framing.update(THERE, HERE, 1.5) == THERE
    # It is on its way there, which is no reason to order it again.
    assert framing.update(THERE, HERE, 2.0) is None
    assert framing.update(THERE, THERE, 9.0) is None


def test_a_glimpse_is_no_reason_to_move():
    framing = GroupFraming(0.0)
    for second in range(60):
        assert framing.update(THERE if second % 2 else HERE, HERE, float(second)) is None


def test_the_room_is_shown_once_when_nobody_is_there():
    framing = GroupFraming(0.0)
    assert framing.update(None, HERE, 9.0) is None
    assert framing.update(None, HERE, 10.0) == HOME
    assert framing.update(None, HOME, 30.0) is None
    assert framing.update(THERE, HOME, 31.0) is None
    assert framing.update(THERE, HOME, 33.0) == THERE
    assert framing.update(None, THERE, 42.0) is None
    assert framing.update(None, THERE, 43.5) == HOME
