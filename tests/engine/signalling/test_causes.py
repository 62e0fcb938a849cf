import pytest

from videobar.engine.signalling.causes import STATUSES, cause_of
from videobar.room.calls.port import Refusal


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (None, 16),
        (200, 16),
        (404, 1),
        (408, 18),
        (480, 18),
        (484, 28),
        (486, 17),
        (488, 88),
        (599, 41),
        (600, 17),
        (603, 21),
        (499, 31),
    ],
)
def test_causes_of_statuses(status, cause):
    assert cause_of(status) == cause


def test_every_final_status_has_a_cause():
    assert all(0 < cause_of(status) < 128 for status in range(300, 700))


def test_every_refusal_has_a_status():
    assert set(STATUSES) == set(Refusal)
