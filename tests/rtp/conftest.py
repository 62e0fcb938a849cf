from __future__ import annotations

from collections.abc import Iterator

import pytest

from videobar.rtp.io import MediaTime, RtpIo


class DrivenTime:
    """Monotonic seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def driven_time() -> DrivenTime:
    return DrivenTime()


@pytest.fixture
def io(driven_time: DrivenTime) -> Iterator[RtpIo]:
    """Not started: a test calls `poll`."""
    served = RtpIo(MediaTime(driven_time, lambda: 1_000_000.0))
    yield served
    served.close()
    assert served.failures == 0
