import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.errors import InvalidRequest
from videobar.room.faults import MOST_FAULTS, Faults
from videobar.vocabulary import FaultKind


@pytest.fixture
def restarts():
    return []


@pytest.fixture
def faults(clock, restarts):
    return Faults(clock, restarts.append)


def kinds(met):
    return [fault.kind for fault in met]


def test_a_fault_ends_with_its_requests(faults):
    faults.add(FaultKind.DROPPED, seconds=60, requests=2)
    assert [kinds(faults.strike(login=False)) for _ in range(3)] == [["dropped"], ["dropped"], []]
    assert faults.active() == []


async def test_a_fault_ends_with_its_time(faults, clock):
    fault = faults.add(FaultKind.SERVER_ERROR, seconds=5, status=502)
    assert (fault.status, faults.seconds_left(fault)) == (502, 5)
    await clock.advance(4.9)
    assert kinds(faults.strike(login=False)) == ["serverError"]
    await clock.advance(0.2)
    assert faults.strike(login=False) == []
    assert faults.active() == []


def test_slow_goes_with_one_other(faults):
    faults.add(FaultKind.DROPPED, seconds=60)
    faults.add(FaultKind.SERVER_ERROR, seconds=60)
    faults.add(FaultKind.SLOW, seconds=60, delay_ms=10)
    assert kinds(faults.strike(login=False)) == ["slow", "dropped"]
    assert [fault.struck for fault in faults.active()] == [1, 0, 1]


def test_sessions_are_refused_at_logins_and_lost_elsewhere(faults):
    faults.add(FaultKind.REFUSED_SESSIONS, seconds=60)
    faults.add(FaultKind.LOST_SESSIONS, seconds=60)
    assert kinds(faults.strike(login=True)) == ["refusedSessions"]
    assert kinds(faults.strike(login=False)) == ["lostSessions"]


def test_an_outage_restarts_once_and_strikes_nothing_itself(faults, restarts):
    faults.add(FaultKind.OUTAGE, seconds=3, requests=1)
    assert restarts == [3]
    assert faults.strike(login=False) == []
    with pytest.raises(InvalidRequest, match="kind"):
        faults.add(FaultKind.OUTAGE, seconds=3)
    faults.clear()
    assert kinds(faults.active()) == ["outage"]


def test_there_are_not_too_many(faults):
    for _ in range(MOST_FAULTS):
        faults.add(FaultKind.DROPPED, seconds=60)
    with pytest.raises(InvalidRequest, match="kind"):
        faults.add(FaultKind.DROPPED, seconds=60)
    faults.clear()
    assert faults.active() == []


@given(
    st.lists(
        st.tuples(st.sampled_from([k for k in FaultKind if k != "outage"]), st.integers(1, 5)), max_size=20
    )
)
def test_no_fault_strikes_more_often_than_it_may(planned):
    class Clock:
        def monotonic(self):
            return 0.0

    faults = Faults(Clock(), lambda _: None)
    added = [faults.add(kind, seconds=1, requests=count) for kind, count in planned]
    for turn in range(400):
        faults.strike(login=turn % 2 == 0)
    assert [fault.struck for fault in added] == [count for _, count in planned]
    assert faults.active() == []
