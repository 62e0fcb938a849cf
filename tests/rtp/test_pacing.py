from __future__ import annotations

import itertools

import pytest

from videobar.rtp.pacing import GROUP, LONGEST_STEP_S, SPREAD_S, Pacing


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
