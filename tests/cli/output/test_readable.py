import time

import msgspec
import pytest

from videobar.cli.output.readable import for_people, for_scripts
from videobar.cli.output.views import cell, to_json
from videobar.contract.calendar import Meeting
from videobar.contract.calllog import CallLogEntry
from videobar.contract.calls import Conference, Connection


@pytest.fixture(autouse=True)
def in_berlin(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


AT_MS = 1_795_651_080_123


@pytest.mark.parametrize("cause", [(3, "no route to destination (cause 3)"), (200, "cause 200"), (0, None)])
def test_causes_and_times_of_the_call_log(cause, sample_of):
    number, words = cause
    entry = sample_of(CallLogEntry, causeCode=number, startTime=AT_MS, endTime=0)
    (shown,) = for_people([entry])
    assert cell(shown["causeCode"]) == (words or "-")
    assert (str(shown["startTime"]), shown["endTime"]) == ("2026-11-26 00:58:00", None)
    said = for_scripts(entry)
    assert said["causeCode"] == number
    assert (said["startTime"], said["endTime"]) == ("2026-11-25T23:58:00.123Z", None)


def test_times_in_seconds_and_within_other_things(sample_of):
    meeting = sample_of(Meeting, startTime=AT_MS // 1000)
    assert str(for_people(meeting)["startTime"]) == "2026-11-26 00:58:00"
    assert for_scripts({"lobby": {"answer": [meeting]}})["lobby"]["answer"][0]["startTime"] == (
        "2026-11-25T23:58:00Z"
    )
    connection = msgspec.to_builtins(sample_of(Connection, startTime=AT_MS, causeCode=17))
    conference = sample_of(Conference, startTime=None, connections=[connection])
    assert for_people(conference)["startTime"] is None
    assert str(for_people(conference)["connections"][0]["causeCode"]) == "user busy (cause 17)"


@pytest.mark.parametrize("absurd", [10**18, -(10**18)])
def test_numbers_that_are_no_times_stay(absurd, sample_of):
    entry = sample_of(CallLogEntry, startTime=absurd)
    assert str(for_people(entry)["startTime"]) == str(absurd)
    assert to_json(entry)
