from __future__ import annotations

import logging
import threading

import pytest

from videobar.media.clock import AudioClock, Deadlines


def test_deadlines_are_absolute() -> None:
    deadlines = Deadlines(0.0)
    assert deadlines.wait_s(0.005) == pytest.approx(0.015)
    assert deadlines.wait_s(0.025) == pytest.approx(0.015)  # 5 ms late, yet the next is at 0.04
    assert deadlines.overruns == 0


def test_a_little_lateness_is_caught_up() -> None:
    deadlines = Deadlines(0.0)
    assert [deadlines.wait_s(0.07) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert deadlines.wait_s(0.07) == pytest.approx(0.01)
    assert (deadlines.overruns, deadlines.resyncs) == (3, 0)


def test_much_lateness_is_forgotten_without_a_burst() -> None:
    deadlines = Deadlines(0.0)
    assert deadlines.wait_s(10.0) == 0.0
    assert deadlines.wait_s(10.0) == pytest.approx(0.02)
    assert (deadlines.overruns, deadlines.resyncs) == (1, 1)


def test_a_driven_clock_never_drifts() -> None:
    now = 0.0
    deadlines = Deadlines(now)
    for _ in range(1000):
        now += deadlines.wait_s(now) + 0.003  # each tick takes 3 ms
    assert now == pytest.approx(1000 * 0.02 + 0.003, abs=1e-6)


def test_the_thread_ticks_survives_failures_and_stops(caplog: pytest.LogCaptureFixture) -> None:
    enough = threading.Event()
    names: set[str] = set()
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1
        names.add(threading.current_thread().name)
        if count >= 5:
            enough.set()
        raise RuntimeError("broken tick")

    clock = AudioClock(tick)
    with caplog.at_level(logging.ERROR):
        clock.start()
        clock.start()
        assert enough.wait(10)
        clock.stop()
        clock.stop()
    assert names == {"audio-clock"}
    assert clock.failures == clock.ticks == count
    assert len(caplog.records) == 1
    assert "audio-clock" not in {thread.name for thread in threading.enumerate()}


def test_stopping_before_starting_is_harmless() -> None:
    AudioClock(lambda: None).stop()


def test_a_tick_may_stop_the_clock() -> None:
    stopped = threading.Event()

    def tick() -> None:
        clock.stop()
        stopped.set()

    clock = AudioClock(tick)
    clock.start()
    assert stopped.wait(10)
    clock.stop()
    assert clock.overruns >= 0
