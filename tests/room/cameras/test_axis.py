import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.room.cameras.axis import Axis

FULL, RATE = 40_000.0, 80_000.0


def axis(position=0.0):
    return Axis(position, full_speed=FULL, acceleration=RATE)


def test_it_accelerates_then_keeps_its_speed():
    motor = axis()
    motor.drive(0.5, 10.0)
    assert motor.position(10.0) == 0
    assert motor.position(10.1) == pytest.approx(400)  # 80000 / 2 * 0.1²
    assert motor.speed(10.1) == pytest.approx(8_000)
    assert motor.position(10.25) == pytest.approx(2_500)
    assert motor.speed(10.25) == pytest.approx(20_000)
    assert motor.position(11.25) == pytest.approx(22_500)


def test_it_brakes_before_its_limit_and_rests_on_it():
    motor = axis()
    motor.drive(1.0, 0.0)
    # half a second to full speed (10000 units), 30000 units in 0.75 s, half a second to brake
    assert motor.rests_from == pytest.approx(1.75)
    assert motor.position(1.25) == pytest.approx(40_000)
    assert motor.speed(1.5) == pytest.approx(20_000)
    assert motor.position(1.75) == motor.position(99) == 50_000
    assert motor.moves(1.7)
    assert not motor.moves(1.75)


def test_a_stop_brakes():
    motor = axis()
    motor.drive(-0.5, 0.0)
    motor.stop(1.0)
    at_stop = -(2_500 + 20_000 * 0.75)
    assert motor.position(1.0) == pytest.approx(at_stop)
    assert motor.position(5.0) == pytest.approx(at_stop - 2_500)
    assert motor.rests_from == pytest.approx(1.25)


def test_turning_round_passes_through_rest():
    motor = axis()
    motor.go_to(50_000, 0.0)
    motor.go_to(0, 0.75)
    turning = 0.75 + FULL / RATE
    assert motor.speed(turning) == pytest.approx(0, abs=1e-6)
    assert motor.position(turning) == pytest.approx(30_000)
    assert motor.position(100.0) == 0


def test_a_short_way_never_reaches_full_speed():
    motor = axis()
    motor.go_to(1_000, 0.0)
    duration = 2 * math.sqrt(1_000 / RATE)
    assert motor.rests_from == pytest.approx(duration)
    assert motor.speed(duration / 2) == pytest.approx(math.sqrt(1_000 * RATE))


def test_a_slower_pace_while_moving_slows_down_first():
    motor = axis(-50_000.0)
    motor.go_to(50_000, 0.0)
    motor.go_to(50_000, 1.0, 0.25)
    assert motor.speed(1.0) == pytest.approx(FULL)
    assert motor.speed(1.0 + 30_000 / RATE) == pytest.approx(10_000)
    assert motor.position(60.0) == 50_000


def test_going_where_it_is_takes_no_time():
    motor = axis(7.0)
    motor.go_to(7, 3.0)
    assert motor.position(3.0) == 7
    assert not motor.moves(3.0)
    assert motor.duration_to(7, 3.0) == 0


@given(distance=st.integers(-50_000, 50_000), longer=st.floats(1.0, 20.0))
def test_the_pace_for_a_duration(distance, longer):
    motor = axis()
    duration = motor.duration_to(distance, 0.0) * longer
    pace = motor.pace_for(distance, 0.0, duration)
    assert motor.duration_to(distance, 0.0, pace) == pytest.approx(duration, rel=1e-6, abs=1e-6)


orders = st.lists(
    st.tuples(
        st.floats(0.0, 3.0),
        st.one_of(
            st.tuples(st.just("drive"), st.integers(-1000, 1000).map(lambda share: share / 1000)),
            st.tuples(st.just("go"), st.integers(-60_000, 60_000), st.floats(0.01, 1.0)),
            st.tuples(st.just("stop")),
        ),
    ),
    max_size=12,
)


@given(start=st.integers(-50_000, 50_000), orders=orders)
def test_whatever_is_ordered_it_is_a_motor(start, orders):
    """Within limits, no faster than it can, no jump in place or speed, and at rest in the end."""
    motor, at = axis(float(start)), 0.0
    for pause, order in orders:
        steps = 20
        place, speed = motor.position(at), motor.speed(at)
        for number in range(1, steps + 1):
            moment = at + pause * number / steps
            assert -50_000 <= motor.position(moment) <= 50_000
            assert abs(motor.speed(moment)) <= FULL * (1 + 1e-9)
            assert abs(motor.position(moment) - place) <= FULL * pause / steps + 1e-3
            assert abs(motor.speed(moment) - speed) <= RATE * pause / steps + 1e-3
            place, speed = motor.position(moment), motor.speed(moment)
        at += pause
        before = motor.position(at), motor.speed(at)
        match order:
            case ("drive", fraction):
                motor.drive(fraction, at)
            case ("go", target, pace):
                motor.go_to(target, at, pace)
                assert motor.position(1e6) == min(max(target, -50_000), 50_000)
            case _:
                motor.stop(at)
                assert motor.rests_from - at <= FULL / RATE + 1e-6
        assert motor.position(at) == pytest.approx(before[0], abs=1e-3)
        assert motor.speed(at) == pytest.approx(before[1], abs=1e-3)
    assert math.isfinite(motor.rests_from)
