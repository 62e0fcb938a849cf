from __future__ import annotations

import pytest
from tests.room.calls.far_ends import connect, dial

from videobar.errors import InvalidRequest
from videobar.room.calls.conference_pin import DELAY_S, LONGEST
from videobar.room.calls.dialling import Dialling
from videobar.room.calls.port import Ended


def digits(engine):
    return [told for told in engine.told if told[0] == "digits"]


@pytest.mark.parametrize(("password", "sent"), [("1234", "1234#"), ("*7#", "*7#"), ("0", "0#")])
async def test_a_password_is_sent_once_the_far_end_listens(calls, engine, clock, password, sent):
    connection = dial(calls, password=password)
    await clock.advance(10)
    connect(calls, connection)
    await clock.advance(DELAY_S / 2)
    assert digits(engine) == []
    await clock.advance(DELAY_S)
    assert digits(engine) == [("digits", connection.leg, sent)]
    connect(calls, connection)
    await clock.advance(10 * DELAY_S)
    assert len(digits(engine)) == 1


async def test_each_of_several_gets_its_own(calls, engine, clock):
    one, two, none = calls.blast(
        [
            Dialling("a@b.example", password="1"),
            Dialling("b@b.example", password="2"),
            Dialling("c@b.example"),
        ],
        ["", "", ""],
    )
    for connection in (none, two, one):
        connect(calls, connection)
    await clock.advance(DELAY_S)
    assert sorted(digits(engine)) == [("digits", one.leg, "1#"), ("digits", two.leg, "2#")]


async def test_a_far_end_that_is_gone_gets_none(calls, engine, clock):
    connection = connect(calls, dial(calls, password="1234"))
    calls.hear(Ended(connection.leg, 16))
    await clock.advance(DELAY_S)
    assert digits(engine) == []


@pytest.mark.parametrize("password", ["secret", "12 34", "1" * (LONGEST + 1), "1\r\n", "A"])
async def test_what_cannot_be_sent_as_digits_is_refused_and_nothing_dialled(calls, engine, password):
    with pytest.raises(InvalidRequest, match="endPointList\\[1\\].password: must be"):
        calls.blast(
            [Dialling("a@b.example"), Dialling("a@b.example", password=password)],
            ["endPointList[0].", "endPointList[1]."],
        )
    assert engine.told == []
    assert calls.conferences() == []


def test_passwords_are_not_shown():
    assert "1234" not in repr(Dialling("a@b.example", password="1234"))
