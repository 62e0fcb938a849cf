import json

import pytest

from videobar.client.trust import KnownRooms


@pytest.fixture
def known(videobar):
    rooms = KnownRooms()
    for host, port in (("10.0.0.5", 443), ("lobby.example.org", 8443), ("::1", 443)):
        rooms.remember(host, port, b"\1" * 32)
    return rooms


@pytest.mark.parametrize(
    ("words", "name", "place"),
    [
        (("10.0.0.5",), "10.0.0.5:443", ("10.0.0.5", 443)),
        (("https://10.0.0.5/",), "10.0.0.5:443", ("10.0.0.5", 443)),
        (("lobby",), "lobby.example.org:8443", ("lobby.example.org", 8443)),
        (("-r", "[::1]:443"), "[::1]:443", ("::1", 443)),
    ],
)
def test_a_room_is_forgotten(words, name, place, videobar, save_profiles, known):
    save_profiles('[lobby]\nhost = "lobby.example.org:8443"\n')
    ran = videobar("forget", *words)
    assert (ran.status, ran.out, ran.err) == (0, f"forgot {name}\n", "")
    assert known.find(*place) is None
    assert len(json.loads(known.path.read_text())) == 2
    assert videobar.opened == []
    again = videobar("forget", *words)
    assert (again.status, again.out) == (1, f"{name} is not in {known.path}\n")


def test_which_room(videobar, monkeypatch, known):
    assert videobar("forget", "nothing-*").status == 2
    assert videobar("forget", "a/b").status == 2
    assert videobar("forget", "10.0.0.5,[::1]", "--json").json == {"10.0.0.5:443": True, "[::1]:443": True}


def test_a_file_that_cannot_be_read_is_one_line(videobar, known):
    known.path.write_text("{")
    ran = videobar("forget", "10.0.0.5")
    assert (ran.status, len(ran.err.splitlines())) == (2, 1)
    assert str(known.path) in ran.err
