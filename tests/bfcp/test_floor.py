"""Client and server with each other, over a wire that a test drives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from videobar.bfcp.association import MOST_SENT
from videobar.bfcp.client import Holding
from videobar.bfcp.message import BfcpMessage, numbered, parse
from videobar.bfcp.vocabulary import AttributeType, ErrorCode, Primitive


def test_asked_granted_released(wire: Any) -> None:
    wire.client.hello()
    wire.client.ask()
    wire.deliver()
    assert wire.client.holding is Holding.HELD
    assert wire.server.granted
    wire.client.give_back()
    wire.deliver()
    assert not wire.server.granted
    assert wire.released == 1
    assert wire.holdings == [Holding.ASKED, Holding.HELD, Holding.NONE]


def test_granted_later(wire: Any) -> None:
    wire.grant_at_once = False
    wire.client.ask()
    wire.deliver()
    assert (wire.client.holding, wire.server.wanted) == (Holding.ASKED, True)
    wire.server.grant()
    wire.deliver()
    assert wire.client.holding is Holding.HELD


def test_denied(wire: Any) -> None:
    wire.grant_at_once = False
    wire.client.ask()
    wire.deliver()
    wire.server.deny()
    wire.deliver()
    assert wire.client.holding is Holding.NONE
    wire.grant_at_once = True
    wire.client.ask()
    wire.deliver()
    assert wire.client.holding is Holding.HELD


def test_revoked_and_asked_for_again(wire: Any) -> None:
    wire.client.hello()
    wire.client.ask()
    wire.deliver()
    wire.server.revoke()
    wire.deliver()
    assert wire.client.holding is Holding.NONE
    wire.client.ask()
    wire.deliver()
    assert wire.client.holding is Holding.HELD


def test_a_client_sees_whether_somebody_else_holds_the_floor(wire: Any) -> None:
    wire.server.hold(True)
    wire.client.hello()
    wire.deliver()
    assert wire.others == [True]
    wire.server.hold(False)
    wire.deliver()
    wire.client.ask()
    wire.deliver()
    assert wire.others == [True, False]
    wire.server.revoke()
    wire.server.hold(True)
    wire.deliver()
    assert wire.others == [True, False, True]


def test_given_back_before_it_was_granted(wire: Any) -> None:
    wire.client.ask()
    wire.client.give_back()
    wire.deliver()
    assert not wire.server.granted
    assert wire.client.holding is Holding.NONE


def test_over_udp_everything_is_repeated_until_heard(udp_wire: Any) -> None:
    wire = udp_wire
    wire.client.ask()
    wire.lose()
    wire.advance(0.5)
    wire.deliver()
    assert wire.client.holding is Holding.HELD
    wire.server.revoke()
    wire.lose()
    assert wire.client.holding is Holding.HELD
    wire.advance(0.5)
    wire.deliver()
    assert wire.client.holding is Holding.NONE
    assert wire.client_side.due == wire.server_side.due == float("inf")


def test_a_lost_answer_does_not_make_a_second_request(udp_wire: Any) -> None:
    wire = udp_wire
    wire.client.ask()
    request = wire.to_server[0]
    wire.deliver()
    wire.server_side.receive(request)
    wire.deliver()
    assert wire.wanted == 1
    assert wire.client.holding is Holding.HELD


def test_a_silent_server_is_given_up(udp_wire: Any) -> None:
    wire = udp_wire
    wire.client.ask()
    for _ in range(10):
        wire.lose()
        wire.advance(8.0)
    assert wire.client.holding is Holding.NONE
    assert len(wire.seen) == MOST_SENT


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (BfcpMessage(Primitive.FLOOR_REQUEST, 8, 1, 3), ErrorCode.NO_SUCH_CONFERENCE),
        (BfcpMessage(Primitive.HELLO, 7, 1, 4), ErrorCode.NO_SUCH_USER),
        (BfcpMessage(99, 7, 1, 3), ErrorCode.UNKNOWN_PRIMITIVE),
        (
            BfcpMessage(Primitive.FLOOR_REQUEST, 7, 1, 3, (numbered(AttributeType.FLOOR_ID, 2),)),
            ErrorCode.INVALID_FLOOR,
        ),
        (BfcpMessage(Primitive.FLOOR_REQUEST, 7, 1, 3), ErrorCode.INVALID_FLOOR),
        (
            BfcpMessage(Primitive.FLOOR_RELEASE, 7, 1, 3, (numbered(AttributeType.FLOOR_REQUEST_ID, 2),)),
            ErrorCode.NO_SUCH_FLOOR_REQUEST,
        ),
        (BfcpMessage(Primitive.CHAIR_ACTION, 7, 1, 3), ErrorCode.UNAUTHORIZED),
    ],
)
def test_what_cannot_be_done_is_refused(udp_wire: Any, message: BfcpMessage, code: ErrorCode) -> None:
    udp_wire.server_side.receive(message.pack())
    answer = parse(udp_wire.to_client[-1])
    assert answer.primitive == Primitive.ERROR
    assert answer.response
    assert (answer.transaction, answer.user) == (message.transaction, message.user)
    error = answer.find(AttributeType.ERROR_CODE)
    assert error is not None
    assert error.value[0] == code


def test_unknown_mandatory_attributes_are_named(udp_wire: Any) -> None:
    datagram = bytes.fromhex("40 0b 0001 00000007 0001 0003  43 04 0000")
    udp_wire.server_side.receive(datagram)
    error = parse(udp_wire.to_client[-1]).find(AttributeType.ERROR_CODE)
    assert error is not None
    assert error.value == bytes((ErrorCode.UNKNOWN_MANDATORY_ATTRIBUTE, 33 << 1))


@settings(max_examples=examples(200))
@given(st.lists(st.sampled_from(["ask", "give_back", "revoke", "lose", "deliver", "advance"]), max_size=30))
def test_both_agree_in_the_end(make_wire: Any, steps: list[str]) -> None:
    """Whatever is done and lost: once the wire works and all is repeated, both sides agree who has the floor."""
    wire = make_wire(reliable=False)
    for step in steps:
        if step in ("ask", "give_back"):
            getattr(wire.client, step)()
        elif step == "revoke":
            wire.server.revoke()
        elif step == "advance":
            wire.advance(0.5)
        else:
            getattr(wire, step)()
    for _ in range(8):
        wire.deliver()
        wire.advance(4.0)
    assert wire.client.holding is not Holding.ASKED
    if wire.client.holding is Holding.HELD:
        assert wire.server.granted


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=10))
def test_noise_harms_nobody(make_wire: Any, noise: list[bytes]) -> None:
    wire = make_wire(reliable=False)
    wire.client.ask()
    wire.deliver()
    for data in noise:
        for datagram in (data, b"\x40\x0b\x00\x00\x00\x00\x00\x07" + data, b"\x50\x04" + data):
            wire.client_side.receive(datagram)
            wire.server_side.receive(datagram)
    wire.deliver()
    assert wire.client.holding is Holding.HELD
