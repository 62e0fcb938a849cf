from __future__ import annotations

import itertools

import pytest

from videobar.rtp.rate.pacing import (
    GROUP,
    HEADROOM,
    LONGEST_SPREAD_S,
    LONGEST_STEP_S,
    MOST_BEHIND_S,
    SPREAD_S,
    Pacing,
    spread_s,
)


def schedule(pacing: Pacing[int]) -> list[tuple[float, list[int]]]:
    """Everything that waits, with the times at which it may be taken."""
    taken = []
    while (due := pacing.due) != float("inf"):
        taken.append((due, pacing.take(due)))
    return taken


def test_a_small_picture_is_not_held_back() -> None:
    pacing: Pacing[int] = Pacing()
    pacing.put(range(GROUP), 5.0)
    assert schedule(pacing) == [(5.0, list(range(GROUP)))]


@pytest.mark.parametrize("count", [GROUP + 1, 60, 400])
def test_a_larger_one_goes_out_in_steps(count: int) -> None:
    pacing: Pacing[int] = Pacing()
    pacing.put(range(count), 5.0)
    taken = schedule(pacing)
    assert [packet for _, packets in taken for packet in packets] == list(range(count))
    assert all(len(packets) <= GROUP for _, packets in taken)
    times = [at_s for at_s, _ in taken]
    steps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert times[0] == 5.0
    assert steps == pytest.approx([steps[0]] * len(steps))
    assert 0 < steps[0] <= LONGEST_STEP_S
    assert times[-1] <= 5.0 + SPREAD_S + 1e-9


def test_a_picture_does_not_overtake_the_one_before() -> None:
    pacing: Pacing[int] = Pacing()
    pacing.put(range(100), 5.0)
    assert pacing.take(5.0) == list(range(GROUP))
    pacing.put(range(100, 103), 5.001)
    taken = schedule(pacing)
    assert [packet for _, packets in taken for packet in packets] == list(range(GROUP, 103))
    assert taken[-1][0] > taken[-2][0], "nor does it go out together with its end"


def test_nothing_makes_nothing_due() -> None:
    pacing: Pacing[int] = Pacing()
    pacing.put([], 5.0)
    assert schedule(pacing) == []


def test_on_a_narrow_path_a_picture_takes_its_share_of_the_rate() -> None:
    assert spread_s(30_000, 600) == pytest.approx(30_000 * 8 / 600_000 / HEADROOM)
    assert spread_s(30_000, None) == 0
    assert spread_s(1_000_000, 64) == LONGEST_SPREAD_S
    pacing: Pacing[int] = Pacing()
    pacing.put(range(25), 5.0, 0.15)
    taken = schedule(pacing)
    assert [packet for _, packets in taken for packet in packets] == list(range(25))
    assert max(len(packets) for _, packets in taken) <= 2
    assert 5.12 < taken[-1][0] < 5.15
    pacing.put([25], 5.0, 0.01)
    assert schedule(pacing) == [(pytest.approx(5.15), [25])]


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 61, 400])
@pytest.mark.parametrize("over_s", [0.0, 0.021, 0.3])
def test_steps_end_within_their_time(count: int, over_s: float) -> None:
    pacing: Pacing[int] = Pacing()
    pacing.put(range(count), 5.0, over_s)
    taken = schedule(pacing)
    assert [packet for _, packets in taken for packet in packets] == list(range(count))
    assert all(len(packets) <= GROUP for _, packets in taken)
    assert taken[-1][0] <= 5.0 + max(SPREAD_S, over_s) + 1e-9


def test_what_waits_does_not_grow_without_end() -> None:
    """Where more comes than the path is said to carry, it goes out faster than that."""
    pacing: Pacing[int] = Pacing()
    for index in range(100):
        pacing.put(range(10), 5.0 + index / 30, LONGEST_SPREAD_S)
        pacing.take(5.0 + index / 30)
    assert schedule(pacing)[-1][0] < 5.0 + 100 / 30 + MOST_BEHIND_S + 2 * SPREAD_S


def test_what_waits_can_be_dropped() -> None:
    pacing: Pacing[int] = Pacing()
    pacing.put(range(100), 5.0)
    pacing.take(5.0)
    pacing.clear()
    assert pacing.due == float("inf")
    pacing.put([7], 5.0)
    assert schedule(pacing) == [(5.0, [7])]
