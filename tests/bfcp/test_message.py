from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videobar.bfcp.fragments import MOST_INCOMPLETE, Reassembly
from videobar.bfcp.message import (
    LARGEST_PAYLOAD,
    Attribute,
    BfcpMessage,
    MalformedBfcp,
    numbered,
    parse,
    parse_piece,
    request_status,
)
from videobar.bfcp.vocabulary import AttributeType, ErrorCode, Primitive, RequestStatus

attributes = st.builds(
    Attribute,
    kind=st.sampled_from([1, 2, 5, 7, 9, 19, 100, 127]),
    value=st.binary(max_size=253),
    mandatory=st.booleans(),
)
messages = st.builds(
    BfcpMessage,
    primitive=st.integers(0, 255),
    conference=st.integers(0, 0xFFFF_FFFF),
    transaction=st.integers(0, 0xFFFF),
    user=st.integers(0, 0xFFFF),
    attributes=st.lists(attributes, max_size=12).map(tuple),
    response=st.booleans(),
    version=st.sampled_from([1, 2]),
)


def test_a_floor_request_byte_by_byte() -> None:
    message = BfcpMessage(
        Primitive.FLOOR_REQUEST, 0x01020304, 0x0506, 0x0708, (numbered(AttributeType.FLOOR_ID, 9),)
    )
    assert message.pack() == bytes.fromhex("40 01 0001 01020304 0506 0708  05 04 0009")
    assert parse(message.pack()) == message


def test_groups_hold_attributes_and_are_padded() -> None:
    group = numbered(
        AttributeType.FLOOR_REQUEST_INFORMATION,
        5,
        numbered(AttributeType.OVERALL_REQUEST_STATUS, 5, request_status(RequestStatus.GRANTED)),
    )
    assert group.pack() == bytes.fromhex("1f 0c 0005  25 08 0005  0b 04 03 00")
    (overall,) = group.members
    assert overall.members[0].status is RequestStatus.GRANTED
    assert Attribute(AttributeType.STATUS_INFO, b"abc").pack() == bytes.fromhex("13 05 61 62 63 00 00 00")


@given(messages)
def test_what_is_packed_is_parsed(message: BfcpMessage) -> None:
    assert parse(message.pack()) == message


@given(messages, st.integers(24, 300))
def test_fragments_in_any_order_make_the_message(message: BfcpMessage, largest: int) -> None:
    reassembly = Reassembly()
    pieces = list(message.fragments(largest))
    assert all(len(piece) <= largest for piece in pieces)
    found = [reassembly.add(parse_piece(piece)) for piece in reversed(pieces)]
    assert found[:-1] == [None] * (len(pieces) - 1)
    assert found[-1] == message


def test_incomplete_messages_do_not_pile_up() -> None:
    reassembly = Reassembly()
    for transaction in range(100):
        long = BfcpMessage(
            Primitive.USER_STATUS, 1, transaction, 1, (Attribute(AttributeType.STATUS_INFO, bytes(200)),)
        )
        assert reassembly.add(parse_piece(next(iter(long.fragments(64))))) is None
    assert len(reassembly._incomplete) <= MOST_INCOMPLETE


@pytest.mark.parametrize(
    ("datagram", "code"),
    [
        ("", ErrorCode.UNPARSABLE),
        ("40 01 0001 01020304 0506", ErrorCode.UNPARSABLE),
        ("60 01 0000 01020304 0506 0708", ErrorCode.UNSUPPORTED_VERSION),
        ("40 01 0002 01020304 0506 0708 05040009", ErrorCode.INCORRECT_LENGTH),
        ("40 01 ffff 01020304 0506 0708", ErrorCode.INCORRECT_LENGTH),
        ("48 01 0001 01020304 0506 0708 00", ErrorCode.INCORRECT_LENGTH),
        ("48 01 0001 01020304 0506 0708 0001 0001 05040009", ErrorCode.INCORRECT_LENGTH),
        ("48 01 0001 01020304 0506 0708 0000 0000", ErrorCode.INCORRECT_LENGTH),
        ("40 01 0001 01020304 0506 0708 05000009", ErrorCode.UNPARSABLE),
        ("40 01 0001 01020304 0506 0708 05ff0009", ErrorCode.UNPARSABLE),
        ("40 01 0001 01020304 0506 0708 1f020009", ErrorCode.UNPARSABLE),
    ],
)
def test_malformed_messages_say_what_is_wrong(datagram: str, code: ErrorCode) -> None:
    with pytest.raises(MalformedBfcp) as raised:
        parse(bytes.fromhex(datagram))
    assert raised.value.code is code


def test_groups_do_not_nest_for_ever() -> None:
    group = numbered(AttributeType.OVERALL_REQUEST_STATUS, 1)
    for _ in range(60):
        group = numbered(AttributeType.FLOOR_REQUEST_INFORMATION, 1, group)
    with pytest.raises(MalformedBfcp):
        parse(BfcpMessage(Primitive.FLOOR_STATUS, 1, 1, 1, (group,)).pack())


@given(st.binary(max_size=120), messages, st.data())
def test_nothing_but_malformed_message_escapes(
    noise: bytes, message: BfcpMessage, data: st.DataObject
) -> None:
    packed = bytearray(message.pack())
    for _ in range(3):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    for datagram in (noise, bytes(packed), b"\x48" + noise, b"\x40\x01\x00\x05" + noise):
        with contextlib.suppress(MalformedBfcp):
            found = parse(datagram)
            assert len(found.pack()) <= 12 + LARGEST_PAYLOAD
